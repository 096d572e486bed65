# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt scan: registers and descriptors as logs have them, and numbers that are none.
. "$(dirname "$0")/lib.sh"

cat >"$work/log" <<'END'
[    1.234567] Unhandled stage-2 abort
ESR_EL2 = 0x93c08007  FAR_EL2: ffff000040001123
HPFAR_EL2	0x410010
esr (0x0000000092000405), pc 0xffff800008012345
(XEN) entry 3: 0x00400000458057db, next 0x0000000044d0c003
pte=0040000080000713 and 00000000800007ff, small 0x3
VTCR_EL2: 0x80023558
VTTBR_EL2=0x0001000044b58000 tpidr_el2=0xffff000000001001
no number here, nor deadbeef, nor 12345
level 2 descriptor 800007fd
END
good scan "$work/log"
same "a log" <<'END'
[    1.234567] Unhandled stage-2 abort
ESR_EL2 = 0x93c08007  FAR_EL2: ffff000040001123
    ^ ESR_EL2: translation fault, level 3, read
    ^ FAR_EL2
HPFAR_EL2	0x410010
    ^ HPFAR_EL2: page of IPA 0x41001000
esr (0x0000000092000405), pc 0xffff800008012345
    ^ ESR_EL2: translation fault, level 1, read
(XEN) entry 3: 0x00400000458057db, next 0x0000000044d0c003
    ^ descriptor: page 0x45805000 normal-oNC-iWT ISH rw EL1:- EL0:- AF
    ^ descriptor: table 0x44d0c000
pte=0040000080000713 and 00000000800007ff, small 0x3
    ^ descriptor: page 0x80000000 normal-wb ISH rw EL1:x EL0:x AF
VTCR_EL2: 0x80023558
    ^ VTCR_EL2: 4k nonsecure ipa=40 pa=40 levels 1..3 root 8192 bytes in 2 tables
VTTBR_EL2=0x0001000044b58000 tpidr_el2=0xffff000000001001
    ^ VTTBR_EL2: root 0x44b58000, 8192 bytes in 2 table(s); VMID 1
no number here, nor deadbeef, nor 12345
level 2 descriptor 800007fd
    ^ descriptor: block 0x80000000 normal-wb ISH rw EL1:x EL0:x AF
END

# (A second ESR_EL2 begins another syndrome, to which HPFAR_EL2 of the first does not belong.)
good scan --only <<<$'far=0x1123\nhpfar=0x410010\nesr=0x92000005\nnothing'
same "a syndrome in three lines" <<'END'
far=0x1123
    ^ FAR_EL2
hpfar=0x410010
    ^ HPFAR_EL2: page of IPA 0x41001000
esr=0x92000005
    ^ ESR_EL2: translation fault, level 1, read, IPA 0x41001123, VA 0x1123
END
# Addresses of a kernel, even numbers and small ones are no descriptors; of a line as many are said as there is room for.
good scan --only <<<'0xffff8000800007ff 0x00000001800007fe 0x0000000000000fff'
[ ! -s "$work/out" ] || failed "no descriptors: $(cat "$work/out")"
good scan --only <<<"$(printf '0x00000001800007ff %.0s' {1..20})"
[ "$(grep -c '\^ descriptor: page 0x180000000' "$work/out")" = 16 ] || failed "twenty: $(cat "$work/out")"
# What a mode has not is no descriptor of it.
good scan --fwb --only <<<'0x00600001800007db 0x00000001800007ff'
[ ! -s "$work/out" ] || failed "reserved: $(cat "$work/out")"
good scan --fwb --features xnx,xs <<<'0x00600001800007db'
has "    ^ descriptor: page 0x180000000 normal-wb ISH rw EL1:x EL0:- AF"
good scan --json "$work/log" "$work/log"
members '"line": 2' '"column": 1' '"text": "ESR_EL2: translation fault, level 3, read"' '"column": 23' "\"file\": \"$work/log\""
[ "$(grep -c '"line": 10$' "$work/out")" = 2 ] || failed "two logs: $(grep -c '"line": 12' "$work/out")"

# Logs of no text: any byte, lines without an end.
head -c 300000 /dev/zero | tr '\0' '\377' >"$work/bytes"
run scan "$work/bytes"
[ "$status" = 0 ] || failed "bytes: exit status $status"
head -c 300000 "$program" >"$work/bytes"
run scan "$work/bytes"
[ "$status" = 0 ] || failed "a program: exit status $status"
good scan - <<<'hpfar=0x410010'
has "    ^ HPFAR_EL2: page of IPA 0x41001000"
expected=3
says "cannot read '$work/none'" scan "$work/none"
says "cannot read" scan "$work"

finish
