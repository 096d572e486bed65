# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# emulator.sh: sourced by everything that runs an emulator. The environment can name another one (QEMU).
qemu=${QEMU:-qemu-system-aarch64}

fail()
{
	echo "FAIL: $*"
	exit 1
}

# bounded SECONDS COMMAND [ARGUMENT...]: end the command when it has used so much CPU time, with status 124:
# a machine that has other work to do is slow, and nothing is wrong. One that waits for what never comes uses
# none, and is ended when ten times as long has passed.
bounded()
{
	local seconds=$1 status=0

	shift
	(
		ulimit -t "$seconds"
		exec timeout $((10 * seconds)) "$@"
	) || status=$?
	# 128 and the signals by which that limit is enforced, SIGKILL and SIGXCPU.
	case $status in 137 | 152) status=124 ;; esac
	return "$status"
}
