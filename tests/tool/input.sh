# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Batch input, whatever the verb: headers, line ends, sizes, and input and output that fail.
. "$(dirname "$0")/lib.sh"

combine=s1_mair,s1_sh,s2_memattr,s2_sh,fwb,cd
plan=granule,ipa_bits,pa_bits,ds,ttst,start_level
decode=granule,pa_bits,ds,fwb,features,space,pbha_mask,level,desc
encode=granule,pa_bits,ds,fwb,features,space,pbha_mask,level
encode=$encode,status,kind,oa,type,sh,r,w,x_el1,x_el0,af,dbm,contiguous,nt,fnxs,ns,exec_uncached
encode=$encode,sw,pbha,raw

# --- Headers ---

for verb in combine plan decode encode; do
	header=${!verb}
	good "$verb" --batch <<<"$header"
	[ "$(wc -l <"$work/out")" = 1 ] || failed "$verb: not a header alone"
	good "$verb" --batch < <(printf '%s' "$header")
	good "$verb" --batch < <(printf '%s\r\n' "$header")
	bad "line 1: no header; it must be '$header'" "$verb" --batch </dev/null
	bad "line 1: the header is ''; it must be '$header'" "$verb" --batch <<<""
	bad "line 1: the header is " "$verb" --batch <<<" $header"
	bad "line 1: the header is " "$verb" --batch <<<"$header,"
	bad "line 1: the header is " "$verb" --batch <<<"${header^^}"
	bad "line 2: 1 field; the header has " "$verb" --batch <<<"$header"$'\n'
	bad "line 2: 1 field; the header has " "$verb" --batch <<<"$header"$'\n'"0"
	bad "line 2: 60 fields; the header has " "$verb" --batch \
		<<<"$header"$'\n'"$(printf ',%.0s' {1..59})"
done
bad "line 3: 7 fields; the header has 6 columns, s1_mair to cd" combine --batch \
	<<<"$combine"$'\n'"0,0,0,0,0,0"$'\n'"0,0,0,0,0,0,"
bad "line 3: 5 fields; the header has 6 columns" combine --batch \
	<<<"$combine"$'\n'"0,0,0,0,0,0"$'\n'"0,0,0,0,0"

# --- Line ends ---

row=0xff,3,15,3,0,0
want=$row,ok,Normal,-,WB,WB,RWA,RWA,0,0,ISH,0xff,3,0,0,0
for ends in '%s\n%s\n' '%s\r\n%s\r\n' '%s\n%s' '%s\r\n%s\r' '%s\n%s\r'; do
	# shellcheck disable=SC2059
	good combine --batch < <(printf "$ends" "$combine" "$row")
	[ "$(tail -n 1 "$work/out")" = "$want" ] || failed "line ends '$ends': $(cat "$work/out")"
	[ "$(wc -l <"$work/out")" = 2 ] || failed "line ends '$ends': not two lines"
done
bad "line 2, column cd: '0?' is not" combine --batch < <(printf '%s\n%s\r\r\n' "$combine" "$row")
bad "line 2, column cd: '0?' is not" combine --batch < <(printf '%s\n%s\0\n' "$combine" "$row")
bad "line 2, column cd: '0?[31m' is not" combine --batch \
	< <(printf '%s\n%s\033[31m\n' "$combine" "$row")

# The rows before a bad one are written.
bad "line 3" combine --batch <<<"$combine"$'\n'"$row"$'\n'bad
[ "$(tail -n 1 "$work/out")" = "$want" ] || failed "the row before a bad row is missing"

# --- Sizes ---

# Input in dribs and drabs.
good combine --batch < <(printf '%s' "${combine:0:9}"; sleep 0.1; printf '%s\n%s' "${combine:9}" \
	"${row:0:3}"; sleep 0.1; printf '%s' "${row:3}"; sleep 0.1; printf '\n%s\n' "$row")
[ "$(tail -n 2 "$work/out" | uniq)" = "$want" ] || failed "pieces: $(cat "$work/out")"
[ "$(wc -l <"$work/out")" = 3 ] || failed "pieces: not three lines"

# A long field is a number nonetheless, and a line may be too long.
zeros=$(head -c 100000 /dev/zero | tr '\0' 0)
good combine --batch < <(printf '%s\n0x%sff,%s\n%s\n' "$combine" "$zeros" "${row#*,}" "$row")
[ "$(tail -n 1 "$work/out")" = "$want" ] || failed "the row after a long row is wrong"
[ "$(wc -c <"$work/out")" -gt 100000 ] || failed "a long row is not echoed"
bad "line 2: longer than 262144 bytes" combine --batch \
	< <(printf '%s\n' "$combine"; head -c 300000 /dev/zero | tr '\0' 0)
bad "line 2, column s1_mair: '${zeros:0:60}...' is not" \
	combine --batch < <(printf '%s\n%s9999,0,0,0,0,0\n' "$combine" "$zeros")

# --- Input and output that fail ---

expected=3
says "cannot read standard input" combine --batch </
status=0
"$program" combine --batch <<<"$combine" >/dev/full 2>"$work/err" || status=$?
[ "$status" = 3 ] || failed "/dev/full: exit status $status, not 3"
grep -q '^s2pt combine: cannot write standard output' "$work/err" || failed "/dev/full: no message"
[ "$(wc -l <"$work/err")" = 1 ] || failed "/dev/full: not one line: $(cat "$work/err")"
status=0
"$program" --help >/dev/full 2>"$work/err" || status=$?
[ "$status" = 3 ] || failed "--help >/dev/full: exit status $status, not 3"

finish
