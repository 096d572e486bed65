# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt errata: parts, the whole list, and in batch.
. "$(dirname "$0")/lib.sh"

# --- A part ---

good errata --midr 0x413fd0c1
members "cpu Neoverse N1 r3p1" "known yes" "withheld FEAT_BBML2" "cures repeat, firmware, dic-0" \
	"errata tlbi-writes, bbm-conflict, splintered, nc-load-order, dic" "number 4193800" "number 1542419"
good errata --midr 0x413fd0c1 --json
members '"cpu": "Neoverse N1 r3p1"' '"known": true' '"number": "4193800"' '"security": true'

# Numbers of all that this revision has, and of no other.
good errata --midr 0x410fd0b0
members "number 1130799, 1262888, 1073348"
good errata --midr 0x414fd0b1
members "number 1073348"
! grep -q 'number .*1262888' "$work/out" || failed "r4p1 has what ended with r3p0"

# REVIDR_EL1 mends r1p2, and no earlier one.
good errata --midr 0x411fd8b2
members "errata sme-dsb"
good errata --midr 0x411fd8b2 --revidr 1
members "errata none" "cures none"
good errata --midr 0x411fd8b1 --revidr 1
members "errata sme-dsb"

# An SMMU, alone and beside a CPU.
good errata --iidr 0x4871143b
members "smmu Arm MMU-700 r1p1" "errata smmu-groups, smmu-btm" "cures smmu-groups, smmu-commands"
good errata --iidr 0x4981143b
members "smmu Arm SMMU S3 r1p1" "errata smmu-btm"
good errata --midr 0x411fd4d0 --iidr 0x4870043b
members "cpu Cortex-A715 r1p0" "smmu Arm MMU-700 r0p0" "known yes" \
	"errata xn-syndrome, smmu-nested, smmu-batch, smmu-groups, smmu-btm"

# What nobody knows is said to be so.
good errata --midr 0x610f0221
members "cpu unknown r0p1" "known no" "errata bbm-conflict"
good errata --iidr 0x12345678
members "smmu unknown r4p5" "known no" "errata none"

# --- The list ---

good errata --all
[ "$(grep -c '^  effect ' "$work/out")" -ge 40 ] || failed "--all: $(grep -c '^  effect ' "$work/out") errata"
grep -qE '^    Cortex-A65 up to r1p2 +1541130' "$work/out" || failed "--all: no A65"
grep -qE '^    Neoverse N1 r3p0 to r4p0 +1542419' "$work/out" || failed "--all: no DIC"
grep -qE '^    Cortex-X4 from r0p3 on is free of it' "$work/out" || failed "--all: X4 is not free of conflicts"
good errata --all --json

# --- Batch ---

printf '%s\n' midr,revidr,iidr 0x413fd0c1,-,- 0x411fd8b2,1,- -,-,0x4870043b 0x610f0221,0,0x4871143b >"$work/in"
good errata --batch <"$work/in"
diff - "$work/out" <<'END' || failed "--batch"
midr,revidr,iidr,known,errata,security,withheld,cures
0x413fd0c1,-,-,1,tlbi-writes+bbm-conflict+splintered+nc-load-order+dic,tlbi-writes,FEAT_BBML2,repeat+firmware+dic-0
0x411fd8b2,1,-,1,-,-,-,-
-,-,0x4870043b,1,smmu-nested+smmu-batch+smmu-groups+smmu-btm,smmu-groups,-,smmu-groups+smmu-sync+smmu-flat+smmu-commands
0x610f0221,0,0x4871143b,0,bbm-conflict+smmu-groups+smmu-btm,smmu-groups,FEAT_BBML2,smmu-groups+smmu-commands
END

# --- What is refused ---

bad "--midr or --iidr is needed, or --all" errata
bad "--all goes with no other question" errata --all --midr 1
bad "--revidr goes with --midr" errata --revidr 1
bad "--revidr goes with --midr" errata --iidr 1 --revidr 1
bad "--midr" errata --midr 0x100000000
bad "--midr" errata --midr 410fd0b1
printf 'midr,revidr,iidr\n-,-,-\n' >"$work/in"
bad "and iidr are both -" errata --batch <"$work/in"
printf 'midr,revidr,iidr\n-,1,0x4870043b\n' >"$work/in"
bad "goes with a midr" errata --batch <"$work/in"

finish
