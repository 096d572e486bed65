# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt lint: each rule on a table that breaks it alone, and on tables that break none.
. "$(dirname "$0")/lib.sh"

data=$(dirname "$0")/data

af=$((1 << 10)) rw=$((3 << 6)) ish=$((3 << 8)) wb=$((15 << 2)) xn=$((2 << 53)) cont=$((1 << 52)) dbm=$((1 << 51))
good_page=$((0x80000000 | xn | af | ish | rw | wb | 3))
regs=(--vtcr 0x80053559 --vttbr 0x40000000 --cpu-pa 48)

# leaf LEVEL DESCRIPTOR...: a table of 4K pages and three levels, at 0x40000000: level 1, 2 and 3, in which the descriptors
# are the first of their level.
leaf()
{
	local level=$1
	shift
	{
		case $level in
		2)
			words 0x40001003
			zeros 511
			words "$@"
			zeros $((512 - $#))
			;;
		3)
			words 0x40001003
			zeros 511
			words 0x40002003
			zeros 511
			words "$@"
			zeros $((512 - $#))
			;;
		esac
	} >"$work/table"
}

# finds RULE... : exactly these, of the table that was made last, with the options in $options.
options=()
finds()
{
	local want
	run lint --notes "${regs[@]}" "${options[@]}" "$work/table@0x40000000"
	want=$(printf '%s\n' "$@" | sort)
	[ "$(awk '$1 ~ /^(error|warning|note)$/ { print $2 }' "$work/out" | sort)" = "$want" ] ||
		failed "not '$*': $(cat "$work/out")"
	case $want in
	'' | af-clear | exec-writable | nt-set | dbm-alone) [ "$status" = 0 ] || failed "$*: exit status $status" ;;
	*) [ "$status" = 1 ] || failed "$*: exit status $status" ;;
	esac
}

leaf 3 $good_page
finds
leaf 3 $((good_page & ~wb | 4 << 2))
finds reserved-memattr
options=(--features mte_perm)
finds
options=()
leaf 3 $((good_page & ~ish | 1 << 8))
finds reserved-sh
leaf 3 $((good_page & ~2))
finds block-level
leaf 3 $((good_page | 1 << 50))
finds res0
leaf 2 $((0x80201000 | xn | af | ish | rw | wb | 1))
finds res0
options=(--vtcr 0x80003559)
leaf 3 $((good_page | 1 << 36))
finds oa-size
options=()
leaf 3 $((good_page & ~ish))
finds cacheable-nsh
leaf 3 $((good_page & ~wb & ~ish))
finds
leaf 3 $((good_page & ~wb & ~xn & ~rw | 1 << 6))
finds exec-device
leaf 3 $((good_page & ~xn))
finds exec-writable
leaf 3 $((good_page & ~af))
finds af-clear
options=(--vtcr 0x80253559)
finds
options=()
leaf 3 $((good_page | dbm))
finds dbm-alone
options=(--vtcr 0x80653559)
finds
options=()
leaf 2 $((0x80200000 | 1 << 16 | xn | af | ish | rw | wb | 1))
finds nt-set

# Findings of leaves and of tables come in order of IPA.
leaf 2 $((0x80200001 | xn | af | rw | wb)) 0x50000003
finds cacheable-nsh table-absent
[ "$(head -n 1 "$work/out" | cut -d ' ' -f 2)" = cacheable-nsh ] || failed "not in order of IPA: $(cat "$work/out")"

# Memory that is in the dump is RAM; a guest that may write to a table; to read one is no error.
leaf 3 $((0x40002000 | xn | af | ish | rw | wb | 3))
finds table-writable
leaf 3 $((0x40002000 | xn | af | ish | 1 << 6 | wb | 3))
finds
leaf 2 $((0x40000000 | xn | af | ish | rw | wb | 1))
finds table-writable table-writable
leaf 3 $((0x40002000 | xn | af | ish | 1 << 6 | 3))
finds ram-device
leaf 3 $((0x40002000 | xn | af | ish | 1 << 6 | dbm | wb | 3))
options=(--vtcr 0x80653559)
finds table-writable
options=()

# Aliases: the same memory twice, in one type and in two; next to each other it is no alias.
leaf 3 $good_page $good_page
finds
leaf 3 $good_page $((good_page & ~wb | 5 << 2))
finds alias
leaf 3 $good_page $((good_page & ~ish | 2 << 8))
finds alias
leaf 3 $good_page $(((good_page | 0x1000) & ~wb | 5 << 2))
finds
leaf 2 0x40002003 $((0x80000000 | xn | af | ish | rw | 5 << 2 | 1))
{ words $((good_page | 0x13000)); zeros 511; } >>"$work/table"
finds alias

# Groups: whole; with a hole; members without the bit, of another type, with memory that is elsewhere, or of a group that
# does not lie as its IPA does; AF and software bits may differ.
group=()
for ((i = 0; i < 16; i++)); do
	group+=($((good_page + i * 0x1000 | cont)))
done
leaf 3 "${group[@]}"
finds
leaf 3 "${group[@]:0:5}" 0 "${group[@]:6}"
finds
leaf 3 "${group[@]:0:5}" $((group[5] ^ cont)) "${group[@]:6}"
finds group-mixed group-mixed
leaf 3 "${group[@]:0:15}" $((group[15] ^ cont))
finds group-mixed
leaf 3 $((group[0] ^ cont)) "${group[@]:1}"
finds group-mixed
leaf 3 "${group[@]:0:15}" $((group[15] & ~rw | 1 << 6))
finds group-mixed
leaf 3 "${group[@]:0:15}" $((group[15] + 0x1000000))
finds group-mixed
leaf 3 "${group[@]:0:5}" 0 "${group[@]:5:10}"
finds group-mixed
leaf 3 "${group[@]:0:15}" $((group[15] | 1 << 55))
finds
options=(--vtcr 0x80253559)
leaf 3 "${group[@]:0:15}" $((group[15] & ~af))
finds
options=()
leaf 3 "${group[@]}" $(((good_page + 0x10000) & ~wb | 5 << 2))
finds
# 16 bits of IPA: 16 pages of 4K are a group, and 4 of 16K less than one.
options=(--vtcr 0x800535f0)
words "${group[@]}" >"$work/table"
finds
options=(--vtcr 0x8005b530)
words $((good_page | cont)) 0 0 0 >"$work/table"
finds group-none
options=()

# Tables: twice, absent, beyond, endless, RES0 bits of a link; IGNORED ones are software's.
leaf 2 0x40002003 0x40002003
{ words $good_page; zeros 511; } >>"$work/table"
finds table-twice
leaf 2 0x40002003
finds table-absent
options=(--vtcr 0x80013559)
leaf 2 0xf40002003
finds table-absent
leaf 2 0x1f40002003
finds table-beyond
options=()
for ((i = 0; i < 512; i++)); do
	words 0x40000003
done >"$work/table"
run lint "${regs[@]}" "$work/table@0x40000000"
[ "$(grep -c '^error table-circle ' "$work/out")" = 512 ] || failed "a loop: $(head -n 3 "$work/out")"
{ words 0x40001003; zeros 511; } >"$work/table"
for ((i = 0; i < 512; i++)); do
	words 0x40002003
done >>"$work/table"
{ words $good_page; zeros 511; } >>"$work/table"
run lint "${regs[@]}" "$work/table@0x40000000"
[ "$(grep -c '^error table-many ' "$work/out")" = 1 ] || failed "a table 512 times: $(head -n 3 "$work/out")"
[ "$(grep -c '^error table-twice ' "$work/out")" = 257 ] || failed "a table 512 times: $(head -n 3 "$work/out")"

# All that the guest may write to, and where what is absent would be.
leaf 2 $((0x40000000 | xn | af | ish | rw | wb | 1))
run lint "${regs[@]}" "$work/table@0x40000000"
[ "$(grep -c '^error table-writable ' "$work/out")" = 2 ] || failed "two tables: $(cat "$work/out")"
leaf 2 0x40002003
run lint "${regs[@]}" "$work/table@0x40000000"
grep -q '^error table-absent IPA 0x0..0x1fffff level 3 descriptor 0x40002003 PA 0x40002000: ' "$work/out" ||
	failed "what is absent: $(cat "$work/out")"
leaf 2 $((0x40002003 | 1 << 50))
{ words $good_page; zeros 511; } >>"$work/table"
finds res0
leaf 2 $((0x40002003 | 255 << 51 | 4))
{ words $good_page; zeros 511; } >>"$work/table"
finds
options=(--vtcr 0x80053519)
finds faults
options=()

# --- How it is said ------------------------------------------------------------------------------------------

leaf 3 $((good_page & ~wb | 4 << 2))
run lint "${regs[@]}" "$work/table@0x40000000"
same "one finding" <<'END'
error reserved-memattr IPA 0x0..0xfff level 3 descriptor 0x400000800007d3 PA 0x80000000: MemAttr is reserved in this mode: a CPU may take it for any type (Table D8-96, D8-100; K1.2.19)
errors             1
warnings           0
notes              0
END
run lint --json "${regs[@]}" "$work/table@0x40000000"
for fact in '"schema": "s2pt/1"' '"rule": "reserved-memattr"' '"severity": "error"' '"errors": 1' '"ref": "Table D8-96'; do
	grep -qF "$fact" "$work/out" || failed "JSON: no $fact"
done
leaf 3 $((good_page & ~af))
run lint "${regs[@]}" "$work/table@0x40000000"
[ "$(wc -l <"$work/out")" = 3 ] || failed "a note without --notes: $(cat "$work/out")"
grep -q '^notes *1$' "$work/out" || failed "notes are counted"

# What Linux's KVM made has nothing of all that.
gunzip -c "$data/kvm-max.elf.gz" >"$work/kvm.elf"
good lint --notes --vtcr 0x1802e3558 --vttbr 0x1000044b58001 --hcr 0x4038807f223f "$work/kvm.elf"
same "KVM's table" <<'END'
errors             0
warnings           0
notes              0
END
bad "--vtcr is missing" lint "$work/kvm.elf"
bad "DUMP is missing" lint "${regs[@]}"

finish
