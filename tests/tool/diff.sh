# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt diff: tables that are the same by other entries, every kind of difference, and what it takes to get from one to
# the other.
. "$(dirname "$0")/lib.sh"

regs=(--vtcr 0x80253559 --vttbr 0x40000000)

# table NAME: from a layout on standard input.
table()
{
	good gen "${regs[@]}" --raw "$work/$1" -
}
# differ ARGUMENT...: of the tables a and b.
differ()
{
	found diff "${regs[@]}" "$@" "$work/a@40000000" "$work/b@40000000"
}

# The same memory by blocks, groups and pages.
table a <<<'40000000 +4M 80000000 rw x'
{
	echo '40000000..0x401fffff level 3 80000000 rw x AF'
	echo '40200000..0x403fffff level 3 80200000 rw x AF contiguous'
} | table b
good diff "${regs[@]}" "$work/a@40000000" "$work/b@40000000"
has "count              0"
differ --bbm
has "0x000040000000..0x0000401fffff  size" "0x000040200000..0x0000403fffff  size" \
	"  =  break-before-make: store 0, invalidate, store it" "count              2"

# Every kind of difference, each in a page; A is on the left.
while IFS='|' read -r kind one other action; do
	table a <<<"0 +4K 0 rw"$'\n'"$one"
	table b <<<"0 +4K 0 rw"$'\n'"$other"
	differ
	has "count              1" "0x000000001000..0x000000001fff  $kind"
	differ --bbm
	grep -q "^  =  $action" "$work/out" || failed "$kind: not '$action': $(cat "$work/out")"
	case $action in
	store\ it:*) ! grep -q TLBI "$work/out" || failed "$kind: an invalidation: $(cat "$work/out")" ;;
	*) grep -q 'TLBI IPAS2E1IS  0x0000000000000001' "$work/out" || failed "$kind: no invalidation: $(cat "$work/out")" ;;
	esac
	good diff "${regs[@]}" --ignore "${kind// /,}" "$work/a@40000000" "$work/b@40000000"
done <<'END'
mapped||1000 +4K 2000 rw|store it: nothing
mapped|1000 +4K 2000 rw||store it, and invalidate
mapped|1000 +4K level 3 annotation 10|1000 +4K 2000 rw|store it: nothing
address|1000 +4K 2000 rw|1000 +4K 3000 rw|break-before-make
type|1000 +4K 2000 rw|1000 +4K 2000 rw normal-nc|break-before-make
sh|1000 +4K 2000 rw|1000 +4K 2000 rw OSH|break-before-make
rights|1000 +4K 2000 rw|1000 +4K 2000 r-|store it, and invalidate
rights|1000 +4K 2000 rw|1000 +4K 2000 rw x|store it, and invalidate
rights|1000 +4K 2000 rw EL1:x|1000 +4K 2000 rw EL0:x|store it, and invalidate
af|1000 +4K 2000 rw|1000 +4K 2000 rw no-AF|store it, and invalidate
af|1000 +4K 2000 rw no-AF|1000 +4K 2000 rw|store it: nothing
software|1000 +4K 2000 rw|1000 +4K 2000 rw sw=3|store it: nothing
software|1000 +4K level 3 annotation 10|1000 +4K level 3 annotation 20|store it: nothing
software||1000 +4K level 3 annotation 20|store it: nothing
other|1000 +4K 2000 rw|1000 +4K 2000 rw FnXS|store it, and invalidate
type rights|1000 +4K 2000 rw|1000 +4K 2000 -- normal-nc|break-before-make
END

# Dirty state, where hardware has it.
regs=(--vtcr 0x80653559 --vttbr 0x40000000)
table a <<<'1000 +4K 2000 rw DBM'
table b <<<'1000 +4K 2000 r- DBM'
differ
has "0x000000001000..0x000000001fff  dirty"
table b <<<'1000 +4K 2000 rw'
differ --json
members '"ipa": "0x1000"' '"size": "0x1000"' '"dirty"' '"count": 1'

# A run of differences that are alike is one; what has a hole is not.
regs=(--vtcr 0x80053559 --vttbr 0x40000000)
printf '1000..0x3fff level 3 2000 rw AF\n5000..0x5fff level 3 6000 rw AF\n' | table a
printf '1000..0x3fff level 3 2000 r- AF\n5000..0x5fff level 3 6000 r- AF\n' | table b
differ --bbm
has "0x000000001000..0x000000003fff  rights" "0x000000005000..0x000000005fff  rights" "count              2"

# Another format, another root in the same dump: FWB or not, the same types.
table a <<<'1000 +4K 2000 rw'
good gen --vtcr 0x80053559 --vttbr 0x50000000 --hcr 0x400000000001 --raw "$work/b" - <<<'1000 +4K 2000 rw'
good diff "${regs[@]}" --vttbr-b 0x50000000 --hcr-b 0x400000000001 "$work/a@40000000" "$work/b@50000000"
has "count              0"
found diff "${regs[@]}" --vttbr-b 0x50000000 "$work/a@40000000" "$work/b@50000000"

# Reserved encodings are compared bit by bit.
csv=ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw
printf '%s\n' $csv 0x1000,0x1000,0x2000,3,leaf,4,3,3,2,1,0,0,0 | table a
printf '%s\n' $csv 0x1000,0x1000,0x2000,3,leaf,4,3,1,2,1,0,0,0 | table b
good diff "${regs[@]}" "$work/a@40000000" "$work/a@40000000"
differ
has "0x000000001000..0x000000001fff  other"

# What KVM prints into debugfs of the same table, and of another; its words for rights, those of older kernels too.
regs=(--vtcr 0x80053559 --vttbr 0x40000000)
table a <<'END'
1000 +8K 2000 rw x
4000 +4K 9000 r- EL0:x
5000 +4K 9000 r- EL1:x
6000 +4K 9000 -w no-AF
200000 +2M 80000000 rw
END
cat >"$work/stage2_page_tables" <<'END'
---[ Guest IPA ]---
0x0000000000000000-0x0000000000001000           4K 3
0x0000000000001000-0x0000000000003000           8K 3   R W px ux  AF    
0x0000000000003000-0x0000000000004000           4K 3 F                  
0x0000000000004000-0x0000000000005000           4K 3   R   PXNux  AF    
0x0000000000005000-0x0000000000006000           4K 3   R   px UXN AF    
0x0000000000006000-0x0000000000007000           4K 3     W PXNUXN       
0x0000000000200000-0x0000000000400000           2M 2   R W XN     AF BLK
0x0000000000400000-0x0000008000000000         508G 1
---[ (null) ]---
END
good diff "${regs[@]}" "$work/a@40000000" "$work/stage2_page_tables"
has "count              0"
good diff "$work/stage2_page_tables" "$work/stage2_page_tables"
has "count              0"
sed -e 's/R W px ux/R   px ux/' -e '/2M 2/d' -e 's/PXNUXN      /PXNUXN AF   /' -e 's/px UXN/PXNUXN/' "$work/stage2_page_tables" >"$work/other"
found diff "${regs[@]}" "$work/a@40000000" "$work/other"
has "0x000000001000..0x000000002fff  rights" "0x000000005000..0x000000005fff  rights" "0x000000006000..0x000000006fff  af" \
	"0x000000200000..0x0000003fffff  mapped" "  B  level 3 r- EL1:x EL0:x AF" "  B  nothing" "count              4"
printf -- '---[ Guest IPA ]---\n0x1000-0x2000 4K 3 R Q\n' >"$work/bad"
bad "line 2: '0x1000-0x2000 4K 3 R Q' is not a range as KVM prints one" diff "$work/bad" "$work/bad"
for range in '0x2000-0x2000 0K 3 R' '0x2000-0x1000 4K 3 R' '0x1000-0x2000 4K 4 R' '0x1000-0x2000 4K -2 R' '0x1000-0x2000 4K' 'none'; do
	printf -- '---[ Guest IPA ]---\n%s\n' "$range" >"$work/bad"
	bad "line 2: '$range' is not a range" diff "$work/bad" "$work/bad"
done
printf -- '---[ Guest IPA ]---\n0x2000-0x3000 4K 3 R\n0x1000-0x2000 4K 3 R\n' >"$work/bad"
bad "line 3:" diff "$work/bad" "$work/bad"
bad "--bbm: what KVM prints" diff --bbm "$work/other" "$work/other"

# Breaks that are not changes of a field that has words: another address space, reserved types, a block that is to be a table.
regs=(--vtcr 0x80053559 --vttbr 0x40000000)
csv=ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw
printf '%s\n' $csv 0x1000,0x1000,0x2000,3,leaf,5,3,3,2,1,0,0,0 | table a
for other in 4,3:type 5,1:sh; do
	printf '%s\n' $csv 0x1000,0x1000,0x2000,3,leaf,${other%:*},3,2,1,0,0,0 | table b
	differ --bbm
	has "0x000000001000..0x000000001fff  ${other#*:}" "  =  break-before-make: store 0, invalidate, store it"
done
table a <<<'200000 +2M 80200000 rw'
table b <<<'200000..0x200fff level 3 80200000 rw AF'
differ --bbm
has "0x000000201000..0x0000003fffff  mapped"
[ "$(grep -c '^  =  break-before-make' "$work/out")" = 2 ] || failed "a block to a table: $(cat "$work/out")"
# A whole block, and behind it a part of one: of both the block is invalidated, once.
table a <<<'200000 +4M 80200000 rw'
table b <<<$'200000 +2M 80200000 r-\n400000..0x400fff level 3 80400000 rw AF'
differ --bbm
[ "$(sed -n 's/^  TLBI IPAS2E1IS  *//p' "$work/out")" = "$(printf '0x%016x\n' 0x200 0x400)" ] ||
	failed "a block and a part of one: $(cat "$work/out")"
regs=(--space realm --vtcr 0x80053559 --vttbr 0x40000000)
table a <<<'1000 +4K 2000 rw'
table b <<<'1000 +4K 2000 rw NS'
differ --bbm
has "0x000000001000..0x000000001fff  address" "  =  break-before-make: store 0, invalidate, store it"

bad "two dumps are compared, and 1 are here" diff "${regs[@]}" "$work/a@40000000"
bad "--vtcr is missing" diff "$work/a@40000000" "$work/b@40000000"
bad "--bbm: VTCR_EL2 changes, too" diff "${regs[@]}" --vtcr-b 0x80043559 --bbm "$work/a@40000000" "$work/b@40000000"
bad "is not some of nothing, mapped" diff "${regs[@]}" --ignore size "$work/a@40000000" "$work/b@40000000"
expected=1
says "is not in the dump" diff "${regs[@]}" "$work/a@40000000" "$work/b@50000000"

finish
