# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# emulator.sh: sourced by the scripts that run an image. The environment can name another emulator
# (QEMU).
qemu=${QEMU:-qemu-system-aarch64}
limit=60
cpus=1

fail()
{
	echo "FAIL: $*"
	exit 1
}

# emulate CPU IMAGE ARGUMENT...: sets output and status, and prints the output. A hang, or any
# status but 0 and 1, is a failure.
emulate()
{
	local cpu=$1 image=$2 config=enable=on,target=native argument

	shift 2
	command -v "$qemu" >/dev/null || fail "no $qemu: nothing was tested"
	[ -f "$image" ] || fail "no image $image"
	for argument in "$@"; do
		config+=,arg=$argument
	done
	status=0
	output=$(timeout "$limit" "$qemu" -machine virt,virtualization=on,gic-version=3 \
		-cpu "$cpu" -smp "$cpus" -m 256 -nic none -display none -monitor none -serial stdio \
		-semihosting-config "$config" -kernel "$image" </dev/null) || status=$?
	printf '%s\n' "$output"
	[ "$status" -ne 124 ] || fail "no end after $limit s"
	[ "$status" -le 1 ] || fail "exit status $status"
}
