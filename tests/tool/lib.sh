# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# lib.sh PROGRAM: sourced by the tests. A test calls finish at its end.
set -euo pipefail
export LC_ALL=C
exec </dev/null  # a program that wrongly reads must not wait for a terminal

program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0
failures=0

failed()
{
	printf 'FAILED: %s\n' "$1"
	failures=$((failures + 1))
}

# run ARGUMENT...: run the program; outputs are in $work/out and $work/err, the status in $status.
run()
{
	status=0
	"$program" "$@" >"$work/out" 2>"$work/err" || status=$?
	checks=$((checks + 1))
}

# same WHAT: standard input is what $work/out must be.
same()
{
	cat >"$work/want"
	diff -u "$work/want" "$work/out" || failed "$1: output differs"
}

# words NUMBER...: as little-endian words of 64 bits.
words()
{
	local number hex bytes=
	for number; do
		printf -v hex %016x "$number"
		bytes+="\\x${hex:14:2}\\x${hex:12:2}\\x${hex:10:2}\\x${hex:8:2}\\x${hex:6:2}\\x${hex:4:2}\\x${hex:2:2}\\x${hex:0:2}"
	done
	# shellcheck disable=SC2059
	printf "$bytes"
}

# zeros COUNT: so many words of 0.
zeros()
{
	head -c $(($1 * 8)) /dev/zero
}

# good ARGUMENT...: exit status 0 and a silent stderr; standard input is handed on.
good()
{
	run "$@"
	[ "$status" = 0 ] || failed "$*: exit status $status: $(cat "$work/err")"
	[ ! -s "$work/err" ] || failed "$*: unexpected stderr: $(cat "$work/err")"
}

# found ARGUMENT...: exit status 1, and a silent stderr: something is wrong with what was looked at.
found()
{
	run "$@"
	[ "$status" = 1 ] || failed "$*: exit status $status, not 1: $(cat "$work/err")"
	[ ! -s "$work/err" ] || failed "$*: unexpected stderr: $(cat "$work/err")"
}

# says TEXT ARGUMENT...: exit status $expected and one line on stderr, which holds TEXT.
says()
{
	local text=$1
	shift
	run "$@"
	[ "$status" = "$expected" ] || failed "$*: exit status $status, not $expected"
	[ "$(wc -l <"$work/err")" = 1 ] || failed "$*: not one line: $(cat "$work/err")"
	grep -qF -- "$text" "$work/err" || failed "$*: '$(cat "$work/err")' lacks '$text'"
	grep -q '^s2pt' "$work/err" || failed "$*: the line does not begin with s2pt"
}

# bad TEXT ARGUMENT...: wrong input.
bad()
{
	expected=2
	says "$@"
}

# has LINE...: each is a line of $work/out.
has()
{
	local line
	for line in "$@"; do
		grep -qxF -- "$line" "$work/out" || failed "no line '$line' in: $(cat "$work/out")"
	done
}

# members LINE...: each is a line of $work/out, blanks squeezed and without a comma at the end.
members()
{
	sed -e 's/  */ /g' -e 's/^ //' -e 's/,$//' "$work/out" >"$work/squeezed"
	mv "$work/squeezed" "$work/out"
	has "$@"
}

finish()
{
	printf '%d runs, %d failures\n' "$checks" "$failures"
	[ "$failures" = 0 ]
}
