# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# emulator.sh: sourced by everything that runs an emulator. The environment can name another one (QEMU).
qemu=${QEMU:-qemu-system-aarch64}

fail()
{
	echo "FAIL: $*"
	exit 1
}

# bounded SECONDS COMMAND [ARGUMENT...]: become the command, which ends when it has used so much CPU time: a
# machine that has other work to do is slow, and nothing is wrong. What waits for something that never comes
# uses none, and ends when ten times as long has passed. In a subshell; then hang_status.
bounded()
{
	ulimit -t "$1"
	exec timeout $((10 * $1)) "${@:2}"
}

# The statuses that this gives (128 and SIGKILL or SIGXCPU, or timeout's own) become one: 124.
hang_status()
{
	case $status in 137 | 152) status=124 ;; esac
}

# stop PID: end what runs in the background, if there is such a thing. How it ends is no matter: it is told to.
stop()
{
	if [ "$1" ] && kill "$1" 2>/dev/null; then
		wait "$1" || true
	fi
}
