# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt walk and s2pt map, on a table that Linux's KVM made, and on tables made here, good and bad.
. "$(dirname "$0")/lib.sh"

data=$(dirname "$0")/data

# --- A table of Linux's --------------------------------------------------------------------------------------

# 4K, DS = 1, FWB, two concatenated tables of level 1, as KVM of Linux 7.2 made it; its ranges as a walker saw them
# that has nothing to do with this program.
kvm=(--vtcr 0x1802e3558 --vttbr 0x1000044b58001 --hcr 0x4038807f223f)
gunzip -c "$data/kvm-max.elf.gz" >"$work/kvm.elf"
good map --csv "${kvm[@]}" "$work/kvm.elf"
{
	echo ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw
	gunzip -c "$data/kvm-max.ranges.gz" | sed -n 's/None/-/; s/[(),]//g; s/ L\([0-3]\) / \1 leaf /p' | tr ' ' ,
} >"$work/want"
[ "$(wc -l <"$work/want")" = 881 ] || failed "the list of ranges is not what it was"
diff -u "$work/want" "$work/out" >"$work/differs" || failed "KVM's table: $(head -n 5 "$work/differs")"

# Every range begins and ends where a walk says so.
mapfile -t ranges < <(tail -n +2 "$work/want" | awk -F, 'NR % 11 == 1')
for range in "${ranges[@]}"; do
	IFS=, read -r ipa size pa level _ memattr _ s2ap _ <<<"$range"
	run walk --json "${kvm[@]}" "$work/kvm.elf" "$(printf '0x%x' $((ipa + size - 1)))"
	for fact in "\"status\": \"ok\"" "\"pa\": \"$(printf 0x%x $((pa + size - 1)))\"" "\"level\": $level," \
		"\"memattr\": $memattr," "\"el1\": \"r$([ $((s2ap & 2)) = 0 ] && echo - || echo w)"; do
		grep -qF "$fact" "$work/out" || failed "walk of $range: no $fact: $(cat "$work/out")"
	done
done
good walk "${kvm[@]}" "$work/kvm.elf" 0x41005123
same "a walk" <<'END'
IPA 0x41005123
  level 1 0x44b58008: table 0x44d0c000
  level 2 0x44d0c040: table 0x44d03000
  level 3 0x44d03028: page 0x45805000 normal-wb ISH rw EL1:- EL0:-
  PA 0x45805123, EL1 rw-, EL0 rw-
  for this access hardware changes the bits 0x400 of the last descriptor
END
good walk "${kvm[@]}" "$work/kvm.elf" 0x41001000 0x10000000000
same "walks that fault" <<'END'
IPA 0x41001000
  level 1 0x44b58008: table 0x44d0c000
  level 2 0x44d0c040: table 0x44d03000
  level 3 0x44d03008: invalid 0x0
  translation fault, level 3, read, page of IPA 0x41001000
IPA 0x10000000000
  translation fault, level 0, read, page of IPA 0x10000000000
END
good walk "${kvm[@]}" --access fetch --el0 "$work/kvm.elf" 0x41005000
grep -q '^  permission fault, level 3, fetch$' "$work/out" || failed "a fetch: $(cat "$work/out")"
good map "${kvm[@]}" "$work/kvm.elf"
[ "$(wc -l <"$work/out")" = 880 ] || failed "a line a range"
# (The README shows the first two, and the walk above.)
[ "$(head -n 1 "$work/out")" = "0x000010000000..0x000010000fff  level 3  0x000009010000  device-nGnRE ISH rw EL1:- EL0:- AF" ] ||
	failed "the first range: $(head -n 1 "$work/out")"
good map --json "${kvm[@]}" "$work/kvm.elf"
[ "$(grep -c '"kind": "leaf"' "$work/out")" = 880 ] || failed "map --json has not every range"

# --- Made here -----------------------------------------------------------------------------------------------

# 4K, 39 bits from level 1, at 0x40000000: tables of level 1 and 2 and two of level 3; the second goes on where the first
# ends. An annotation twice, and another one; a block; a page with every field of its own.
page=$((0x80000000 | 1 << 10 | 3 << 8 | 3 << 6 | 15 << 2 | 3))
odd=$((0x123456000 | 2 << 53 | 1 << 52 | 1 << 51 | 11 << 55 | 2 << 8 | 2 << 6 | 5 << 2 | 3))
table=$work/table
{
	words 0x40001003
	zeros 511
	words 0x40002003 0x40003003 $((0x40200000 | 1 << 10 | 1 << 6 | 1))
	zeros 509
	zeros 510
	words $page $((page + 4096))
	words $((page + 2 * 4096)) 0 0x10 0x10 0x20 $odd
	zeros 506
} >"$table"
regs=(--vtcr 0x80053559 --vttbr 0x40000000)
good map --csv "${regs[@]}" "$table@0x40000000"
same "map of raw memory" <<'END'
ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw
0x1fe000,0x3000,0x80000000,3,leaf,15,3,3,0,1,0,0,0
0x202000,0x2000,0x10,3,annotation,-,-,-,-,-,-,-,-
0x204000,0x1000,0x20,3,annotation,-,-,-,-,-,-,-,-
0x205000,0x1000,0x123456000,3,leaf,5,2,2,2,0,1,1,11
0x400000,0x200000,0x40200000,2,leaf,0,0,1,0,1,0,0,0
END
good map "${regs[@]}" "$table@0x40000000"
same "map in words" <<'END'
0x0000001fe000..0x000000200fff  level 3  0x000080000000  normal-wb ISH rw EL1:x EL0:x AF
0x000000202000..0x000000203fff  level 3  annotation 0x10
0x000000204000..0x000000204fff  level 3  annotation 0x20
0x000000205000..0x000000205fff  level 3  0x000123456000  normal-nc OSH -w EL1:- EL0:- contiguous sw=11 RES0=0x8000000000000
0x000000400000..0x0000005fffff  level 2  0x000040200000  device-nGnRnE NSH r- EL1:x EL0:x AF
END

# The same memory in pieces, which do not come in order.
head -c 4096 "$table" >"$work/root"
tail -c +4097 "$table" >"$work/rest"
good map --csv "${regs[@]}" "$work/rest@0x40001000" "$work/root@0x40000000"
[ "$(wc -l <"$work/out")" = 6 ] || failed "memory in pieces: $(cat "$work/out")"

# Memory that is there twice, as the kernel's text is in cores of kdump, and the same.
head -c 8192 "$table" >"$work/begin"
tail -c +4097 "$table" | head -c 4096 >"$work/middle"
good map --csv "${regs[@]}" "$work/begin@0x40000000" "$table@0x40000000" "$work/middle@0x40001000"
[ "$(wc -l <"$work/out")" = 6 ] || failed "memory that is there twice: $(cat "$work/out")"

# Both stages: VA 0x5000 by three tables of stage 1, which are IPAs, in memory that stage 2 maps by 1 GiB to 0x40000000.
{
	words $((0x40000000 | 1 << 10 | 3 << 8 | 3 << 6 | 15 << 2 | 1))
	zeros 511
	words 0x2003
	zeros 511
	words 0x3003
	zeros 511
	zeros 5
	words $((0x7000 | 1 << 10 | 3 << 8 | 1 << 2 | 3))
	zeros 506
} >"$work/guest"
both=(--tcr "$(printf 0x%x $((25 | 25 << 16 | 2 << 30 | 2 << 32)))" --ttbr0 0x1000 --mair 0x44ff)
good walk "${regs[@]}" "${both[@]}" "$work/guest@0x40000000" 0x5042
same "both stages" <<'END'
VA 0x5042
  stage 1, table of step 1:
    level 1 0x40000000: block 0x40000000 normal-wb ISH rw EL1:x EL0:x AF
    PA 0x40001000, EL1 rwx, EL0 rwx
  level 1 0x1000: stage-1 descriptor 0x2003
  stage 1, table of step 2:
    level 1 0x40000000: block 0x40000000 normal-wb ISH rw EL1:x EL0:x AF
    PA 0x40002000, EL1 rwx, EL0 rwx
  level 2 0x2000: stage-1 descriptor 0x3003
  stage 1, table of step 3:
    level 1 0x40000000: block 0x40000000 normal-wb ISH rw EL1:x EL0:x AF
    PA 0x40003028, EL1 rwx, EL0 rwx
  level 3 0x3028: stage-1 descriptor 0x7707
  stage 1:
    level 1 0x1000: stage-1 descriptor 0x2003
    level 2 0x2000: stage-1 descriptor 0x3003
    level 3 0x3028: stage-1 descriptor 0x7707
    IPA 0x7042, EL1 rwx, EL0 --x
  stage 2:
    level 1 0x40000000: block 0x40000000 normal-wb ISH rw EL1:x EL0:x AF
    PA 0x40007042, EL1 rwx, EL0 rwx
  memory type: Normal inner NC outer NC OSH XS=1
  PAR_EL1 0x4400000040007900
END
good walk --json "${regs[@]}" "${both[@]}" "$work/guest@0x40000000" 0x5042
for fact in '"par": "0x4400000040007900"' '"ipa": "0x7042"' '"pa": "0x40007042"'; do
	grep -qF "$fact" "$work/out" || failed "both stages, JSON: no $fact"
done
good walk "${regs[@]}" "${both[@]}" --el0 "$work/guest@0x40000000" 0x5042
grep -q 'stage 1: permission fault, level 3, read, VA 0x5042' "$work/out" || failed "EL0: $(cat "$work/out")"

# What the CPU does not have is not in force.
leafless=$((page & ~(1 << 10)))
{ words 0x40001003; zeros 511; words 0x40002003; zeros 511; words $leafless; zeros 511; } >"$work/young"
good walk --vtcr 0x80253559 --vttbr 0x40000000 "$work/young@0x40000000" 0
grep -q 'hardware changes the bits 0x400' "$work/out" || failed "HA: $(cat "$work/out")"
good walk --features xnx --vtcr 0x80253559 --vttbr 0x40000000 "$work/young@0x40000000" 0
grep -q 'access_flag fault, level 3' "$work/out" || failed "HA without FEAT_HAFDBS: $(cat "$work/out")"
run walk --json "${regs[@]}" "$work/root@0x40000000" 0x1000
grep -q '"absent": "0x40001000"' "$work/out" || failed "JSON does not say which table is absent: $(cat "$work/out")"

# Without VM there is no stage 2.
good walk --hcr 0 "${regs[@]}" "$table@0x40000000" 0x1234
grep -q 'no translation: stage 2 is off' "$work/out" || failed "VM = 0: $(cat "$work/out")"

# --- Tables that are wrong -----------------------------------------------------------------------------------

expected=1
head -c 12288 "$table" >"$work/short"
says "the table of level 3 at 0x40003000, for IPA 0x200000 on, is not in the dump" \
	map --csv "${regs[@]}" "$work/short@0x40000000"
[ "$(wc -l <"$work/out")" = 3 ] || failed "what is there is missing: $(cat "$work/out")"
head -c 12296 "$table" >"$work/short"
says "the table of level 3 at 0x40003008, for IPA 0x201000 on, is not in the dump" \
	map --csv "${regs[@]}" "$work/short@0x40000000"
words 0xf00000000003 >"$work/short"
zeros 511 >>"$work/short"
says "the table of level 2 at 0xf00000000000, for IPA 0x0 on, is beyond the PA size" \
	map --vtcr 0x80033559 --vttbr 0x40000000 "$work/short@0x40000000"

# A table that links itself, 512 times.
for ((i = 0; i < 512; i++)); do
	words 0x40000003
done >"$work/loop"
run map --csv "${regs[@]}" "$work/loop@0x40000000"
[ "$status" = 1 ] || failed "a loop: exit status $status"
[ "$(wc -l <"$work/err")" = 10 ] || failed "a loop: more lines than ten: $(wc -l <"$work/err")"
grep -q "^s2pt map: the table of level 2 at 0x40000000, for IPA 0x0 on, is on the way to itself$" "$work/err" ||
	failed "a loop: $(head -n 1 "$work/err")"

# A table that is linked 512 times, by one that is, too.
{
	words 0x40001003
	zeros 511
	for ((i = 0; i < 512; i++)); do
		words 0x40002003
	done
	words $page
	zeros 511
} >"$work/many"
says "the table of level 3 at 0x40002000, for IPA 0x20200000 on, is linked again, as many before: this is the end" \
	map --csv "${regs[@]}" "$work/many@0x40000000"
good walk "${regs[@]}" "$work/loop@0x40000000" 0x1234567
[ "$(grep -c level "$work/out")" = 4 ] || failed "a walk of a loop: $(cat "$work/out")"

# What is reserved is no silent answer.
run walk "${regs[@]}" "$table@0x40000000" 0x205000
[ "$status" = 1 ] || failed "RES0 bits, and exit status $status"
grep -q 'note: res0: ' "$work/out" || failed "no word of RES0 bits: $(cat "$work/out")"
run walk "${regs[@]}" "$work/root@0x40000000" 0x1000
[ "$status" = 1 ] || failed "an absent table, and exit status $status"
grep -q '  the descriptor at 0x40001000 is not in the dump' "$work/out" || failed "an absent table: $(cat "$work/out")"
expected=1
says "every access faults: start_tables" map --vtcr 0x80053519 --vttbr 0x40000000 "$table@0x40000000"

# --- Wrong use -----------------------------------------------------------------------------------------------

bad "'0x' is not an address" walk "${regs[@]}" "$table@0" 0x
bad "'0x1ffffffffffffffff' is not an address" walk "${regs[@]}" "$table@0" 0x1ffffffffffffffff
bad "--vtcr is missing" map "$table@0"
bad "--vttbr is missing" map --vtcr 0x80053559 "$table@0"
bad "DUMP is missing" map "${regs[@]}"
bad "DUMP is missing" walk "${regs[@]}" 0x1000
bad "the address is missing" walk "${regs[@]}" "$table@0"
bad "'x' is not an address" walk "${regs[@]}" "$table@0" 0x1000 x
(cd "$work" && : >beef && bad "'beef' is an address, and a file: write 0xbeef, or ./beef" walk "${regs[@]}" beef 0x1000 &&
	[ "$failures" = 0 ]) || failed "a word that is both"
bad "the base behind @" map "${regs[@]}" "$table@here"
bad "two pieces of memory have the address 0x1000, and are not the same" map "${regs[@]}" "$table@0x0" "$table@0x1000"
bad "does not fit 64 bits" map "${regs[@]}" "$table@0xfffffffffffff000"
bad "--csv and --json" map --csv --json "${regs[@]}" "$table@0"
bad "there is no --batch" map --batch
bad "--mair goes with --tcr" walk "${regs[@]}" --mair 0 "$table@0" 0
bad "--vtcr: granule" map --vtcr 0x8005f559 --vttbr 0 "$table@0"
bad "--vtcr: unsupported" map --vtcr 0x1080053559 --vttbr 0 "$table@0"
bad "--vstcr is missing" map --space secure "${regs[@]}" "$table@0"
expected=3
says "cannot read '$work/absent'" map "${regs[@]}" "$work/absent"
says "it is neither an ELF file" map "${regs[@]}" "$table"
says "it is not a file" map "${regs[@]}" "$work@0"
mkfifo "$work/pipe"
says "it is not a file" map "${regs[@]}" "$work/pipe@0"
: >"$work/nothing"
says "it is empty" map "${regs[@]}" "$work/nothing@0"
head -c 100 "$work/kvm.elf" >"$work/cut.elf"
says "cannot read '$work/cut.elf'" map "${kvm[@]}" "$work/cut.elf"
head -c 20000 "$work/kvm.elf" >"$work/cut.elf"
run map --csv "${kvm[@]}" "$work/cut.elf"
[ "$status" = 1 ] || failed "a core that was cut off: exit status $status"
status=0
"$program" map "${kvm[@]}" "$work/kvm.elf" >/dev/full 2>"$work/err" || status=$?
[ "$status" = 3 ] || failed "/dev/full: exit status $status, not 3"

finish
