# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Shared by the scripts of this folder: where the sources are, and how to fail.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

# The values of a variable of lib/sources.mk, at least one.
sources_mk() {
	sed -n "s/^$1 += //p" lib/sources.mk | grep . || fail "lib/sources.mk has no $1"
}

# Every source of the library, with its optional modules, from the bottom up.
all_sources() {
	sources_mk '[A-Z0-9_]*_SOURCES'
}

need_tools() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || fail "$tool is not installed; ./dev verify installs it"
	done
}
