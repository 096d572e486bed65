# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# boot.sh: sourced by the scripts that boot Linux. They set DIR, where Image and initramfs are.
# shellcheck source=tests/support/emulator.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../support/emulator.sh"
limit=300    # seconds of CPU time, of all emulated CPUs
emulator=()  # more arguments for it

# Where the hypervisor's layout.h has the guest's RAM: the kernel 2 MiB into it, the RAM disk 96 MiB.
ram=$((0x48000000))
image=$((ram + 0x200000))
initrd=$((ram + 0x6000000))
initrd_ipa=$((0x46000000))

# Kernel parameters that every boot has.
parameters="quiet console=ttyAMA0 rdinit=/init panic=-1 oops=panic"

# A kernel that has panicked is not always able to end the run; and QEMU's status is 0 if it is killed.
watch()
{
	local pid=$1 log=$2

	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
		grep -q 'Kernel panic' "$log" || continue
		sleep 1
		kill "$pid" 2>/dev/null || true
	done
}

# emulate ARGUMENT...: sets output and status, and prints the output.
emulate()
{
	local log=$DIR/log pid

	: >"$log"
	bounded "$limit" "$qemu" -nic none -display none -monitor none -serial stdio "${emulator[@]}" \
		"$@" </dev/null >"$log" 2>&1 &
	pid=$!
	watch "$pid" "$log"
	status=0
	wait "$pid" || status=$?
	hang_status
	! grep -q 'Kernel panic' "$log" || [ "$status" -ne 0 ] || status=1
	output=$(tr -d '\r' <"$log")
	printf '%s\n' "$output"
}

# boot CPU CPUS IMAGE "HYPERVISOR'S ARGUMENTS" "KERNEL PARAMETERS"; the last CPU is the worker's.
boot()
{
	local config=enable=on,target=native argument

	for argument in $4; do
		config+=,arg=$argument
	done
	emulate -machine virt,virtualization=on,gic-version=3,its=off -cpu "$1" -smp "$2" -m 512 \
		-object memory-backend-ram,id=bar,size=1M,share=on -device ivshmem-plain,memdev=bar \
		-semihosting-config "$config" -kernel "$3" \
		-device loader,file="$DIR/Image",addr=$image,force-raw=on \
		-device loader,file="$DIR/initramfs",addr=$initrd,force-raw=on \
		-append "$parameters initrd=$initrd_ipa,$(stat -c %s "$DIR/initramfs") $5"
}

# boot_bare CPU CPUS: the same kernel, with as many CPUs and as much RAM as the guest has.
boot_bare()
{
	emulate -machine virt,gic-version=3,its=off -cpu "$1" -smp "$2" -m 256 \
		-object memory-backend-ram,id=bar,size=1M,share=on -device ivshmem-plain,memdev=bar \
		-kernel "$DIR/Image" -initrd "$DIR/initramfs" -append "$parameters bare=yes"
}

# The number after a word of the line of the output that begins with other words.
number()
{
	sed -n "s/^$1 .*\<$2 \([0-9.]*\).*/\1/p; s/^$1 $2 \([0-9.]*\).*/\1/p" <<<"$output" | head -n 1
}

# What every run that is to go well must say.
check_ok()
{
	[ "$status" -eq 0 ] || fail "exit status $status"
	grep -q '^errors 0$' <<<"$output" || fail "no word of errors"
}
