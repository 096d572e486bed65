# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt tlbi: known sequences, and what instructions are for. The encodings are those of the Arm manual, by hand.
. "$(dirname "$0")/lib.sh"

# A 2 MiB block: TTL 0b0110 (4K, level 2) in bits 47:44, IPA[51:12] in 39:0; the order of D8.17.6.1.
good tlbi --ipa 0x40200000 --size 2M --level 2 --last-level
members "operations 1" "TLBI IPAS2LE1IS 0x0000600000040200" "TLBI VMALLE1IS" "ISB"
steps=$(sed -n 's/^\(DSB\|TLBI\|ISB\) *\([A-Z0-9]*\).*/\1 \2/p' "$work/out" | tr '\n' ';')
[ "$steps" = "DSB ISHST;TLBI IPAS2LE1IS;DSB ISH;TLBI VMALLE1IS;DSB ISH;ISB ;" ] || failed "order: $steps"

# A range: TG 0b01 in 47:46, SCALE 0, NUM 15 in 43:39 are 32 granules; the same back.
good tlbi --ipa 0x40200000 --size 128K
members "TLBI RIPAS2E1IS 0x0000478000040200"
good tlbi RIPAS2E1IS=0x0000478000040200 --json
members '"ipa": "0x40200000"' '"size": "0x20000"' '"granule": "4k"' '"leaves_alone": false' '"level": "any"'
good tlbi --ipa 0x40200000 --size 128K --features base
members "operations 32"

# Everything of a VMID, of all of them, with nXS; who must forget.
good tlbi --vmid
members "TLBI VMALLS12E1IS"
good tlbi --all --nxs --features xs
members "TLBI ALLE1ISNXS" "DSB ISHnXS"
good tlbi --vmid --scope os --features tlbios
members "TLBI VMALLS12E1OS" "DSB OSH"
good tlbi --ipa 0x1000 --scope local
members "TLBI IPAS2E1 0x0000000000000001" "DSB NSH"
good tlbi --ipa 0 --size 1G --max-ops 1 --features base
members "TLBI VMALLS12E1IS"

# An SMMU's: opcode 0x2a, VMID in 47:32.
good tlbi --ipa 0x40201000 --smmu --smmu-vmid 3
members "CMD_TLBI_S2_IPA 0x000000030000002a 0x0000000040201000" "CMD_SYNC 0x0000000000000046 0x0000000000000000"
good tlbi --ipa 0 --size 2M --smmu --no-ril
members "operations 512"

# Names, in any case; the operands of those by VA.
for name in ALLE1 ALLE2IS ALLE3OS VMALLE1 vmalle1is VMALLS12E1OSNXS VMALLWS2E1IS ASIDE1=5000000000000 VAE1=1 VALE1NXS \
	VAAE1IS VAALE1 VAE2=1 VALE3IS RVAE1=400000000000 RVAALE1OS=400000000000 IPAS2E1 IPAS2LE1OS RIPAS2LE1=400000000000; do
	good tlbi "$name"
	members "instruction $(echo "${name%=*}" | tr a-z A-Z)"
done
good tlbi VAE1IS=0x0007000000040201
members "asid 7" "va 0x40201000" "entries of stage 1, and of both stages combined"
good tlbi ALLE3
members "regime EL3" "scope this PE"
good tlbi ALLE2OS
members "regime EL2 or EL2&0" "scope Outer Shareable domain"
good tlbi IPAS2E1IS=40201 VMALLE1
[ -n "$(head -n 1 "$work/out")" ] && [ "$(grep -c '^$' "$work/out")" = 1 ] || failed "two: $(cat "$work/out")"
members "note entries that combine both stages stay: after a DSB, VMALLE1 takes them (D8.17.6.1)" "operand 0x40201"
members "ipa 0x40201000" "entries of stage 2 alone" "by everything of the current VMID"

# A range that begins within an entry of the level that it hints at.
good tlbi RIPAS2E1IS=0x0000404000000001
members "level 2" "warning the range does not begin where an entry of that level does: UNPREDICTABLE"
good tlbi RIPAS2E1IS=0x0000404000000200
! grep -q warning "$work/out" || failed "a range that is aligned: $(cat "$work/out")"

bad "--ipa, --vmid or --all is needed" tlbi
bad "--ipa and --vmid do not go together" tlbi --ipa 0 --vmid
bad "--all asks for instructions" tlbi --all ALLE1
bad "'IPAS3E1' is not a TLBI instruction" tlbi IPAS3E1=1
bad "TG, bits 47:46, is 0" tlbi RIPAS2E1IS=1
bad "IPAS2E1: 'x' is not 64 bits" tlbi IPAS2E1=x
bad "tlbi: " tlbi --ipa 0x1001
bad "tlbi: " tlbi --ipa 0 --size 1
bad "feature: " tlbi --all --nxs
bad "feature: " tlbi --all --scope os
bad "digits alone could be read both ways" tlbi --ipa 40201000
bad "'65536' is not a number from 0 to 65535" tlbi --ipa 0 --smmu --smmu-vmid 65536

finish
