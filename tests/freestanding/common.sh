# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Shared by the scripts of this folder: where the sources are, and how to fail.
set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

# The values of a variable of lib/sources.mk.
sources_mk() {
	sed -n "s/^$1 += //p" lib/sources.mk
}

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

need_tools() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || fail "$tool is not installed; ./dev verify installs it"
	done
}
