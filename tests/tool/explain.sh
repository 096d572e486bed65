# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt explain: fields by their bits, what registers say together, and what in them does not fit.
. "$(dirname "$0")/lib.sh"

good explain vtcr=0x1802e3558 VTTBR_EL2=1000044b58001 Hcr_El2=0x4038_807f_223f
grep '^[A-Zn]' "$work/out" >"$work/heads"
mv "$work/heads" "$work/out"
same "what KVM had" <<'END'
VTCR_EL2 0x1802e3558: 4k nonsecure ipa=40 pa=52 levels 1..3 root 8192 bytes in 2 tables FEAT_LPA2 FEAT_S2FWB FEAT_HAFDBS_AF FEAT_VMID16
VTTBR_EL2 0x1000044b58001: root 0x44b58000, 8192 bytes in 2 table(s); VMID 1
HCR_EL2 0x4038807f223f: stage 2 on, FWB, PTW
note: PTW = 1: stage-1 walks of Device memory take a stage-2 Permission fault (HCR_EL2.PTW)
END
good explain esr=0x93c08007 hpfar=410010 far=0xffff000040001123
for line in "ESR_EL2 0x93c08007: translation fault, level 3, read, IPA 0x41001123, VA 0xffff000040001123" \
	"HPFAR_EL2 0x410010: page of IPA 0x41001000" "  DFSC         5:0    0x7  translation, level 3" \
	"note: if the table has a valid entry there (s2pt walk), a stale TLB entry is suspect: IPAS2E1IS, DSB, VMALLE1IS, DSB after the change (D8.16)"; do
	grep -qxF "$line" "$work/out" || failed "an abort: no '$line': $(cat "$work/out")"
done

# head WANT ARGUMENT...: a line of what explain says.
head_is()
{
	local want=$1
	shift
	run explain "$@"
	grep -qxF -- "$want" "$work/out" || failed "$*: no '$want': $(cat "$work/out")"
}

head_is "ESR_EL2 0x9200040f: permission fault, level 3, read" esr=0x9200040f
head_is "ESR_EL2 0x9200008f: permission fault, level 3, read, on a stage-1 walk" esr=0x9200008f
head_is "ESR_EL2 0x82000087: translation fault, level 3, fetch, on a stage-1 walk" esr=0x82000087
head_is "  IFSC         5:0    0x7  translation, level 3" esr=0x82000087
head_is "ESR_EL2 0x92000021: alignment fault, read" esr=0x92000021
head_is "  DFSC         5:0    0x21  alignment" esr=0x92000021
head_is "  SF           15     0x1  64-bit register" esr=0x93c08007
head_is "ESR_EL2 0x5a000000: no abort from a lower level" esr=0x5a000000
head_is "  EC           31:26  0x16  HVC from AArch64" esr=0x5a000000
head_is "note: HPFAR_EL2 is UNKNOWN for this fault: take the VA through AT S1E1R (HPFAR_EL2)" esr=0x9200000f hpfar=0 far=0
head_is "note: it is the guest's page table that is at this IPA, not what it accessed (ESR_EL2.S1PTW)" esr=0x92000087
head_is "PAR_EL1 0xff00000044d01b80: page 0x44d01000, Normal inner WB RWA outer WB RWA ISH XS=0" par=0xff00000044d01b80
head_is "PAR_EL1 0xb0f: translation fault at stage 2, level 3, on a stage-1 walk" par=0xb0f
head_is "PAR_EL1 0xa43: alignment fault at stage 2" par=0xa43
head_is "MIDR_EL1 0x413fd0c1: tlbi-writes bbm-conflict splintered nc-load-order dic" midr=413fd0c1
head_is "MIDR_EL1 0x0: this part is not in the list of errata" midr=0
head_is "VTCR_EL2 0x80053519: this start level needs more than 16 concatenated tables: start higher" vtcr=80053519
head_is "VTTBR_EL2 0x44b58001: root 0x44b58000, if VTCR_EL2 has no 52-bit form; VMID 0" vttbr=44b58001
head_is "HCR_EL2 0x408000001: stage 2 off, for the host's own EL0" hcr=408000001
head_is "  Attr1        15:8   0x4  Device-nGnRE" mair=ff44040400
head_is "  TGran4       31:28  0xf  no 4K" ID_AA64MMFR0=f0000000
head_is "  PS           18:16  0x2  40 bits" vtcr=0b10_00000_00000010_00110101_01011000

# --- What does not fit ---------------------------------------------------------------------------------------

# finds STATUS TEXT ARGUMENT...
finds()
{
	local want=$1 text=$2
	shift 2
	run explain "$@"
	[ "$status" = "$want" ] || failed "$*: exit status $status"
	grep -qE "^(error|warning|note): .*$text" "$work/out" || failed "$*: no '$text': $(cat "$work/out")"
}

finds 1 "T0SZ says 48 bits of IPA, PS says 40 bits of PA" vtcr=80023590
finds 1 "this start level needs more than 16" vtcr=80053519
finds 1 "HD has no effect without HA" vtcr=80453558
finds 1 "0x1000000000 turns on modes" vtcr=1080053558
finds 1 "bit 31 is RES1" vtcr=53558
finds 1 "0x1000000000000000 is RES0" vtcr=1000000080053558
finds 0 "walks are Non-cacheable" vtcr=80053058
finds 1 "0x1000 is RES0; the root is aligned to 8192 bytes" vtcr=80053558 vttbr=40001000
finds 1 "beyond the PA size: every access is an Address size fault" vtcr=80023558 vttbr=f00000000000
finds 1 "the VMID has 8 bits" vtcr=80053558 vttbr=1ff000040000000
finds 0 "nothing is checked against the CPU" vtcr=80053558 id_aa64mmfr0=0
finds 0 "stage 2 is off" hcr=0
finds 0 "CD = 1" hcr=180000001
finds 0 "EL1 is AArch32" hcr=1
finds 1 "the CPU has no FEAT_S2FWB" hcr=400080000001 id_aa64mmfr0=5 id_aa64mmfr1=0 id_aa64mmfr2=0
finds 1 "PS says 48 bits, the CPU has 40" vtcr=80053558 id_aa64mmfr0=1002 id_aa64mmfr1=0 id_aa64mmfr2=0
finds 0 "stage 1 may put out 48 bits .TCR_EL1.IPS., and stage 2 takes 40" vtcr=80053558 tcr=500000000
finds 0 "the IPA is beyond T0SZ, or SL0" esr=92000004
finds 0 "in the table, or in VTTBR_EL2, is beyond" esr=92000000
finds 0 "in the table is beyond" esr=92000002
finds 0 "look at S2AP and XN" esr=9200000f
finds 0 "stage-2 Normal-NC makes it Normal" esr=92000021

# --- Fields: each is the bits that it says, of any value -------------------------------------------------------

names=(VTCR_EL2 VTTBR_EL2 HCR_EL2 TCR_EL1 MAIR_EL1 ESR_EL2 HPFAR_EL2 FAR_EL2 PAR_EL1 ID_AA64MMFR{0,1,2,3,4}_EL1 MIDR_EL1)
for name in "${names[@]}"; do
	for value in 0x0 0xffffffffffffffff 0xfedcba9876543210 0x0123456789abcdef 0x92000047 0x8007; do
		run explain "$name=$value"
		lines=0
		while read -r field bits number _; do
			high=${bits%:*} low=${bits#*:}
			mask=$((high - low == 63 ? -1 : (1 << (high - low + 1)) - 1))
			[ $((number)) = $((value >> low & mask)) ] ||
				failed "$name $value: $field $bits is not $number"
			lines=$((lines + 1))
		done < <(grep '^  [A-Za-z]' "$work/out")
		[ "$lines" -gt 0 ] || [ "$value" = 0x0 ] || [ "$value" = 0x8007 ] || failed "$name $value: no fields"
		run explain --json "$name=$value"
		for key in '"schema": "s2pt/1"' '"items"' "\"register\": \"$name\"" '"fields"' '"bits"' '"meaning"' '"summary"' \
			'"findings"'; do
			grep -qF "$key" "$work/out" || failed "--json $name=$value: no $key"
		done
	done
done
run explain --json vtcr=80023590
for key in '"severity": "warning"' '"text": "T0SZ says 48 bits' '"ref": "'; do
	grep -qF "$key" "$work/out" || failed "a finding as JSON: no $key"
done

head_is "HCR_EL2 0x300001005: stage 2 on, PTW, CD, DC" hcr=300001005
run explain hcr=1
grep -q 'TWEDEL\|SWIO' "$work/out" && failed "fields that are 0 and say nothing: $(cat "$work/out")"

# --- SMMUs, and files of Linux's debugfs ----------------------------------------------------------------------

# What s2pt plan makes comes back.
good plan --ipa 40 --base 0x44000000 --vmid 3 --fwb --json
ste=$(sed -n 's/.*"ste[0-9]": "\(.*\)".*/\1/p' "$work/out" | paste -sd,)
head_is "STE0 0xd: stage 2: 4k nonsecure ipa=40 pa=48 levels 1..3 root 8192 bytes in 2 tables FEAT_S2FWB; root 0x44000000, VMID 3" "ste=$ste"
head_is "  S2VMID       15:0   0x3" "ste=$ste"
IFS=, read -r ste0 ste1 ste2 ste3 <<<"$ste"
run explain ste0=$ste0 ste1=$ste1 ste2=$ste2 ste3=$ste3
[ "$status" = 0 ] || failed "the words apart: $(cat "$work/out")"
while IFS='|' read -r words says; do
	# shellcheck disable=SC2086
	run explain $words
	grep -qF "$says" "$work/out" || failed "$words: no '$says': $(cat "$work/out")"
	[ "$status" = $([[ $says == note* ]] && echo 0 || echo 1) ] || failed "$words: exit status $status"
done <<END
ste=c,$ste1,$ste2,$ste3|error: V = 0
ste=9,$ste1,$ste2,$ste3|warning: Config = 4: stage 2 is not in force
ste=d,$ste1,0x0005355800000003,$ste3|error: stage 2: unsupported
ste=d,$ste1,0x000df55800000003,$ste3|error: stage 2: 
ste=d,$ste1,0x000d355800000003,$ste3|note: S2R = 0
ste=$ste vtcr=80023558|warning: the STE and VTCR_EL2 are of two formats
ste=$ste hcr=1|error: S2FWB is not HCR_EL2.FWB
event=10,8000000000,0,0|note: if the table has a valid entry there (s2pt walk), the SMMU may hold a stale one
event=13,8000000000,0,0|note: look at S2AP and XN of the leaf
event=30,0,0,0|warning: a type of event
END
head_is "EVENT0 0x500000010: stream 0x5: translation fault at stage 2, write, input address 0x40201008, IPA 0x40201008" \
	event=500000010,28000000000,40201008,40201000
head_is "EVENT0 0x500000013: stream 0x5: permission fault at stage 2, read, of a stage-1 table, input address 0x123456, IPA 0x40201000, waits for CMD_RESUME" \
	event=500000013,0x0000118080000007,123456,40201000
head_is "  Type         7:0    0x4  C_BAD_STE" event=4,0,0,0
run explain event=3,0,0,0x40201000
grep -q 'CLASS' "$work/out" && failed "an event that is not about an access has a CLASS"
grep -q '^  IPA or FetchAddr 51:3   0x8040200  0x40201000$' "$work/out" || failed "a fetch: $(cat "$work/out")"
head_is "VTTBR_EL2 0x1000044b58001: root 0x44b58000, 8192 bytes in 2 table(s); VMID 1" \
	/sys/kernel/debug/kvm/1-2/nested/0x1000044b58001-0x1802e3558-s2-enabled
bad "STE has four words" explain ste=1,2,3
bad "STE2: 'x' is not 64 bits" explain ste=1,2,x,4
bad "STE0 is given twice" explain ste0=1 ste=1,2,3,4
bad "write REGISTER=VALUE" explain 0x1-0x2-s2-no

# --- Wrong use -----------------------------------------------------------------------------------------------

bad "REGISTER=VALUE is missing" explain
bad "'vtcr': write REGISTER=VALUE" explain vtcr
bad "'vtcx' is not a register" explain vtcx=1
bad "'vtcr_el' is not a register" explain vtcr_el=1
bad "VTCR_EL2 is given twice" explain vtcr=1 VTCR_EL2=1
for value in '' g 0x 12345678901234567 0x_1 0b2 "0b$(printf '1%.0s' {1..65})" 1.5 -1; do
	bad "VTCR_EL2: '${value:0:60}" explain "vtcr=$value"
done

finish
