# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt gen: tables from layouts; that what s2pt map says of a table is a layout of it; layouts that are none.
. "$(dirname "$0")/lib.sh"

# --- Regions: the largest leaves that fit ---

cat >"$work/layout" <<'END'
# RAM, a device, and a window of both alignments
40000000..0x7fffffff 0x80000000 rw x      # a block of level 1
09000000 +64K 09000000 device-nGnRE rw    # a contiguous group
0x80200000 +4M 10200000 r- EL1:x EL0:x NSH no-AF sw=5

c0001000 +4K 1000 normal-nc ISH --
END
good gen --base 0x44000000 --ipa 40 --vmid 7 --raw "$work/tables" "$work/layout"
has "vtcr_el2           0x0000000080053558" "vttbr_el2          0x0007000044000000" "bytes              28672" "pages              7"
[ "$(stat -c %s "$work/tables")" = 28672 ] || failed "raw: $(stat -c %s "$work/tables") bytes"
regs=(--vtcr 0x80053558 --vttbr 0x0007000044000000)
good map "${regs[@]}" "$work/tables@44000000"
same "regions" <<'END'
0x000009000000..0x00000900ffff  level 3  0x000009000000  device-nGnRE ISH rw EL1:- EL0:- AF contiguous
0x000040000000..0x00007fffffff  level 1  0x000080000000  normal-wb ISH rw EL1:x EL0:x AF
0x000080200000..0x0000805fffff  level 2  0x000010200000  normal-wb NSH r- EL1:x EL0:x sw=5
0x0000c0001000..0x0000c0001fff  level 3  0x000000001000  normal-nc ISH -- EL1:- EL0:- AF
END
run lint "${regs[@]}" "$work/tables@44000000"
grep -q '^errors  *0$' "$work/out" || failed "lint of what was made: $(cat "$work/out")"

# What is mapped twice is refused, whichever comes first; a group only where it is whole.
bad "line 2: something is mapped there already" gen --base 0 - <<<$'1000 +4K 0 rw\n1000 +4K 0 rw'
bad "line 2: a block is there already" gen --base 0 - <<<$'200000 +2M 0 rw\n201000 +4K 0 rw'
bad "line 2: something is mapped there already" gen --base 0 - <<<$'201000 +4K 0 rw\n200000 +2M 200000 rw'
good gen --base 0 --raw "$work/tables" - <<<'4000 +124K 104000 rw'
good map --vtcr "$(good gen --base 0 --json - <<<'4000 +124K 104000 rw' && sed -n 's/.*"vtcr_el2": "\(.*\)",/\1/p' "$work/out")" \
	--vttbr 0 "$work/tables@0"
same "groups" <<'END'
0x000000004000..0x00000000ffff  level 3  0x000000104000  normal-wb ISH rw EL1:- EL0:- AF
0x000000010000..0x00000001ffff  level 3  0x000000110000  normal-wb ISH rw EL1:- EL0:- AF contiguous
0x000000020000..0x000000022fff  level 3  0x000000120000  normal-wb ISH rw EL1:- EL0:- AF
END

# --- What map says comes back ---

data=$(dirname "$0")/data
gunzip -c "$data/kvm-max.elf.gz" >"$work/kvm.elf"
kvm=(--vtcr 0x1802e3558 --vttbr 0x1000044b58001 --hcr 0x4038807f223f)
for how in --csv ""; do
	good map $how "${kvm[@]}" "$work/kvm.elf"
	cp "$work/out" "$work/before"
	good gen "${kvm[@]}" --raw "$work/again" "$work/before"
	good map $how "${kvm[@]}" "$work/again@44b58000"
	same "KVM's table ${how:-as text}" <"$work/before"
done

# Every kind of entry, at every level that has it: OPTIONS|LAYOUT (VTCR, HCR), as text and as CSV.
while IFS='|' read -r options lines; do
	# shellcheck disable=SC2086
	set -- $options
	printf '%b' "$lines" >"$work/entries"
	good gen "$@" --raw "$work/tables" "$work/entries"
	for how in "" --csv; do
		good map $how "$@" "$work/tables@40000000"
		[ -n "$how" ] || same "$*" <"$work/entries"
		cp "$work/out" "$work/before"
		good gen "$@" --raw "$work/again" - <"$work/before"
		good map $how "$@" "$work/again@40000000"
		same "$* $how" <"$work/before"
	done
done <<'END'
--vtcr 0x80053559 --vttbr 0x40000000|0x000000000000..0x0000003fffff  level 2  annotation 0xabc0\n0x000000400000..0x0000005fffff  level 2  0x000000600000  normal-wb ISH rw EL1:- EL0:x AF nT FnXS sw=15\n0x000040000000..0x00007fffffff  level 1  0x0000c0000000  device-GRE OSH -w EL1:- EL0:-\n0x000080000000..0x0000bfffffff  level 1  annotation 0x2\n
--vtcr 0x80653559 --vttbr 0x40000000|0x000000001000..0x000000001fff  level 3  0x0ffffffff000  normal-oNC-iWT NSH r- EL1:x EL0:- AF DBM\n
--vtcr 0x1800e3558 --vttbr 0x40000000 --hcr 0x400000000001|0x000000000000..0x000000000fff  level 3  0x004000000000  as-stage1 ISH rw EL1:x EL0:x AF\n
END

# Reserved encodings have no words: CSV has their numbers.
printf '%s\n' ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw 0x1000,0x1000,0x2000,3,leaf,4,1,3,2,1,0,0,0 >"$work/reserved"
good gen "${regs[@]}" --raw "$work/tables" "$work/reserved"
good map --csv "${regs[@]}" "$work/tables@44000000"
same "reserved" <"$work/reserved"

# As text they have their bits behind raw=, and what IGNORED= and RES0= may have is what the format does not define.
printf '%s\n' ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw 0x1000,0x1000,0x2000,3,leaf,4,3,3,2,1,0,0,0 \
	0x2000,0x1000,0x3000,3,leaf,15,1,1,0,0,0,0,5 >"$work/reserved"
good gen "${regs[@]}" --raw "$work/tables" "$work/reserved"
good map "${regs[@]}" "$work/tables@44000000"
has "0x000000001000..0x000000001fff  level 3  0x000000002000  reserved MemAttr=0x4 raw=0x400000000027d3" \
	"0x000000002000..0x000000002fff  level 3  0x000000003000  sh raw=0x28000000000317f"
cp "$work/out" "$work/before"
good gen "${regs[@]}" --raw "$work/again" "$work/before"
cmp -s "$work/tables" "$work/again" || failed "reserved encodings as text"
good gen "${regs[@]}" --raw "$work/tables" - <<<'0..fff level 3 2000 rw IGNORED=0x7800000000000000 RES0=0x8000000000000000'
for bits in IGNORED=0x80 RES0=0x44000000 RES0=1 IGNORED=0x8080000000000000; do
	bad "has bits that are neither here" gen "${regs[@]}" - <<<"0..fff level 3 2000 r- $bits"
done

# --- As sources ---

good gen --base 0x40000000 --ipa 32 --c --name guest --raw "$work/tables" - <<<'40000000 +2M 80000000 rw x'
has "const uint64_t guest_vtcr_el2 = UINT64_C(0x80053520);" "const uint64_t guest_vttbr_el2 = UINT64_C(0x40000000);"
if command -v cc >/dev/null; then
	cp "$work/out" "$work/tables.c"
	printf '#include <stdio.h>\nint main(void) { return fwrite(guest, sizeof(guest), 1, stdout) != 1; }\n' >>"$work/tables.c"
	cc -o "$work/tables.run" "$work/tables.c" && "$work/tables.run" >"$work/from-c"
	cmp -s "$work/from-c" "$work/tables" || failed "--c is not what --raw is"
	good gen --base 0x40000000 --ipa 32 --asm --name guest - <<<'40000000 +2M 80000000 rw x'
	cp "$work/out" "$work/tables.s"
	cc -c -o "$work/tables.o" "$work/tables.s" && objcopy -O binary -j .data "$work/tables.o" "$work/from-asm"
	cmp -s "$work/from-asm" "$work/tables" || failed "--asm is not what --raw is"
fi

# --- What is no layout ---

while IFS='|' read -r line text; do
	bad "standard input: line 1: $text" gen --base 0x40000000 --ipa 40 - <<<"$line"
done <<'END'
xyz|'xyz' is not an IPA
1000..0 0|'1000..0' is not IPA..LAST
1000 4K 0|behind the IPA stands ..LAST, or +SIZE
1000 +4Q 0|behind the IPA stands ..LAST, or +SIZE
1000 +4K|the PA is missing
1000 +4K level 4 0|the level is not a number from -1 to 3
1000 +4K level 3 annotation|the value of the annotation is missing
1000 +4K level 3 annotation 3|an annotation is an invalid descriptor
1000 +4K level 3 annotation 0|an annotation is an invalid descriptor
1000 +4K 0 rwx|'rwx' is not a word of a layout
1000 +4K 0 sw=16|'sw=16' is not a word of a layout
1000 +4K 0 reserved|'reserved' is not a word of a layout
1000 +4K 0 EL1:x|xnx: 
1000 +4K 0 DBM|dbm: 
1000 +2K 0 rw|the IPAs do not begin and end where an entry does
1000 +4K level 2 0 rw|the IPAs do not begin and end where an entry does
1000 +4K 800 rw|oa_align: 
1000 +4K 1000000000000 rw|oa_size: 
ffffffffff000 +4K 0 rw|ipa_size: 
0 +512G level 0 0 rw|level: 
0 +512G level 0 0 raw=ff|level: 
END
bad "line 2: the columns are not" gen --base 0 - <<<$'ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw\n1,2'
bad "'16' is not the value" gen --base 0 - <<<$'ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw\n0,0x1000,0,3,leaf,16,0,0,0,0,0,0,0'
for row in x,0x1000,0,3,leaf 0,x,0,3,leaf 0,0x1000,x,3,leaf 0,0x1000,x,3,annotation 0,0x1000,0,3,page; do
	bad "line 2: ipa, size, pa or kind is not one" gen --base 0 - \
		<<<$'ipa,size,pa,level,kind,memattr,sh,s2ap,xn,af,dbm,contiguous,sw\n'"$row,0,0,0,0,0,0,0,0"
done
# Tables that lie beyond what the format can say.
bad "line 1: oa_size: " gen --vtcr 0x80003559 --vttbr 0xfffff000 - <<<'1000 +4K 0 rw'
bad "--base is missing" gen "$work/layout"
bad "do not go with --vtcr" gen "${regs[@]}" --base 0 "$work/layout"
bad "go with --vtcr" gen --base 0 --hcr 1 "$work/layout"
bad "LAYOUT is missing" gen --base 0
bad "one operand too many" gen --base 0 "$work/layout" "$work/layout"
bad "--c, --asm and --json" gen --base 0 --c --asm "$work/layout"
bad "'1x' is not a name of C" gen --base 0 --c --name 1x "$work/layout"
bad "root_align: " gen --base 0x1000 --ipa 40 "$work/layout"
expected=3
says "cannot read '$work/none'" gen --base 0 "$work/none"
says "cannot write '$work/none/x'" gen --base 0 --raw "$work/none/x" "$work/layout"

finish
