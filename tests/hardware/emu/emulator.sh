# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# emulator.sh: sourced by the scripts that run an image.
# shellcheck source=tests/support/emulator.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../support/emulator.sh"
limit=60  # seconds of CPU time
cpus=1
memory=256  # MiB
machine=    # more of it
devices=()

# command_for CPU IMAGE ARGUMENT...: sets command, which runs the image.
command_for()
{
	local cpu=$1 image=$2 config=enable=on,target=native argument

	shift 2
	command -v "$qemu" >/dev/null || fail "no $qemu: nothing was tested"
	[ -f "$image" ] || fail "no image $image"
	for argument in "$@"; do
		config+=,arg=$argument
	done
	command=("$qemu" -machine "virt,virtualization=on,gic-version=3$machine" -cpu "$cpu" -smp "$cpus" -m "$memory"
		"${devices[@]}" -nic none -display none -monitor none -serial stdio
		-semihosting-config "$config" -kernel "$image")
}

# start CPU IMAGE ARGUMENT...: run the image. Sets output, status, and complaints: what the emulator itself
# has to say. Prints both.
start()
{
	local errors

	command_for "$@"
	errors=$(mktemp)
	status=0
	output=$(bounded "$limit" "${command[@]}" </dev/null 2>"$errors") || status=$?
	hang_status
	complaints=$(<"$errors")
	rm -f "$errors"
	printf '%s\n' "$output"
	[ -z "$complaints" ] || printf '%s\n' "$complaints" >&2
}

# A hang, or any status but 0 and 1, is a failure.
check_end()
{
	[ "$status" -ne 124 ] || fail "no end within $limit s of CPU time, or ten times as long"
	[ "$status" -le 1 ] || fail "exit status $status"
}

emulate()
{
	start "$@"
	check_end
}

# The emulator's version: 10.0.2.
emulator_version()
{
	local version

	version=$("$qemu" --version | sed -n 's/^QEMU emulator version \([0-9][0-9.]*\).*/\1/p')
	[ -n "$version" ] || fail "$qemu does not tell its version"
	echo "$version"
}

declare -A n=()

# read_numbers LINE: n[WORD] for each word of the line that a number follows.
read_numbers()
{
	local word last=

	n=()
	for word in $1; do
		[[ ! $word =~ ^[0-9]+$ ]] || n[$last]=$word
		last=$word
	done
}
