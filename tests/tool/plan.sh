# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt plan: known answers, one at a time and in batch.
. "$(dirname "$0")/lib.sh"

header=granule,ipa_bits,pa_bits,ds,ttst,start_level
more=status,t0sz,sl0,sl2,levels,tables,root_bytes,root_align,vtcr

good plan --batch <<END
$header
4k,40,48,0,0,auto
4k,40,48,0,0,1
4k,48,48,0,0,0
4k,43,48,0,0,1
4k,44,48,0,0,auto
4k,0x1f,48,0,0,auto
4k,24,48,0,1,auto
4k,52,52,1,0,-1
4k,52,52,1,0,0
16k,48,48,0,0,auto
16k,52,52,1,0,0
64k,52,52,0,0,auto
64k,42,48,0,0,2
END
same "possible plans" <<END
$header,$more
4k,40,48,0,0,auto,ok,24,1,0,3,2,8192,8192,0x80053558
4k,40,48,0,0,1,ok,24,1,0,3,2,8192,8192,0x80053558
4k,48,48,0,0,0,ok,16,2,0,4,1,4096,4096,0x80053590
4k,43,48,0,0,1,ok,21,1,0,3,16,65536,65536,0x80053555
4k,44,48,0,0,auto,ok,20,2,0,4,1,256,256,0x80053594
4k,0x1f,48,0,0,auto,ok,33,0,0,2,2,8192,8192,0x80053521
4k,24,48,0,1,auto,ok,40,3,0,1,8,32768,32768,0x800535e8
4k,52,52,1,0,-1,ok,12,0,1,5,1,128,128,0x38006350c
4k,52,52,1,0,0,ok,12,2,0,4,16,65536,65536,0x18006358c
16k,48,48,0,0,auto,ok,16,2,0,3,2,32768,32768,0x8005b590
16k,52,52,1,0,0,ok,12,3,0,4,1,256,256,0x18006b5cc
64k,52,52,0,0,auto,ok,12,2,0,3,1,8192,8192,0x8006758c
64k,42,48,0,0,2,ok,22,1,0,2,1,65536,65536,0x80057556
END

good plan --batch <<END
$header
4k,0,48,0,0,auto
4k,255,48,0,0,auto
4k,24,48,0,0,auto
4k,49,52,0,0,auto
4k,41,40,0,0,auto
4k,40,0,0,0,auto
4k,40,56,0,0,auto
4k,40,47,0,0,auto
64k,40,48,1,0,auto
4k,40,48,0,0,-1
4k,25,48,0,0,3
4k,40,40,0,0,0
4k,44,48,0,0,1
4k,30,48,0,0,1
END
same "impossible plans" <<END
$header,$more
4k,0,48,0,0,auto,ipa_below_min,-,-,-,-,-,-,-,-
4k,255,48,0,0,auto,ipa_above_format,-,-,-,-,-,-,-,-
4k,24,48,0,0,auto,ipa_below_min,-,-,-,-,-,-,-,-
4k,49,52,0,0,auto,ipa_above_format,-,-,-,-,-,-,-,-
4k,41,40,0,0,auto,ipa_above_pa,-,-,-,-,-,-,-,-
4k,40,0,0,0,auto,pa_bits,-,-,-,-,-,-,-,-
4k,40,56,0,0,auto,pa_bits,-,-,-,-,-,-,-,-
4k,40,47,0,0,auto,pa_bits,-,-,-,-,-,-,-,-
64k,40,48,1,0,auto,ds_granule,-,-,-,-,-,-,-,-
4k,40,48,0,0,-1,start_reserved,-,-,-,-,-,-,-,-
4k,25,48,0,0,3,start_ttst,-,-,-,-,-,-,-,-
4k,40,40,0,0,0,start_pa,-,-,-,-,-,-,-,-
4k,44,48,0,0,1,start_tables,-,-,-,-,-,-,-,-
4k,30,48,0,0,1,start_unused,-,-,-,-,-,-,-,-
END

# Every row that parses has an answer.
awk -v header=$header 'BEGIN {
	print header
	split("4k 16k 64k", granule); split("auto -1 0 1 2 3", level)
	for (g = 1; g <= 3; g++) for (ipa = 0; ipa < 256; ipa += 3) for (pa = 0; pa < 64; pa += 4)
		for (ds = 0; ds < 2; ds++) for (ttst = 0; ttst < 2; ttst++) for (l = 1; l <= 6; l++)
			printf "%s,%d,%d,%d,%d,%s\n", granule[g], ipa, pa, ds, ttst, level[l]
}' >"$work/all"
good plan --batch <"$work/all"
cut -d, -f1-6 "$work/out" | cmp - "$work/all" || failed "plan --batch does not echo its input"
awk -F, 'NF != 15 || ($7 == "ok") != ($15 ~ /^0x/) && NR > 1 { exit 1 }' "$work/out" ||
	failed "plan --batch: an ill-formed row"

# --- One at a time ---

good plan --granule 4k --ipa 40 --pa 48
members "granule 4k" "space nonsecure" "ipa_bits 40" "pa_bits 48" "oa_bits 48" "start_level 1" \
	"levels 3" "root_tables 2" "root_bytes 8192" "root_align 8192" \
	"vtcr_el2 0x0000000080053558" "T0SZ 24" "SL0 1" "IRGN0 1" "ORGN0 1" "SH0 3" "PS 5" "HA 0" \
	"DS 0" "level 1 2^30 bytes each, blocks, tables, contiguous groups of 16" \
	"level 3 2^12 bytes each, pages, contiguous groups of 16"

good plan --granule 16k --ipa 52 --pa 52 --ds --fwb --ha --hd --vs --pbha-mask 5 --json
members '"granule": "16k"' '"start_level": 0' '"vtcr_el2": "0x000000018a6eb5cc"' '"HA": 1' \
	'"HD": 1' '"VS": 1' '"HWU59": 1' '"HWU60": 0' '"HWU61": 1' '"HWU62": 0' '"DS": 1' '"TG0": 2'

# A CPU with 52-bit addresses has FEAT_LPA, and with it 64K blocks at level 1.
good plan --granule 64k --pa 52
members "level 1 2^42 bytes each, blocks, tables"
good plan --granule 64k --pa 48
members "level 1 2^42 bytes each, tables"

good plan --space secure --ipa 40
members "space secure" "vtcr_el2 0x0000000080053500" "vstcr_el2 0x0000000080000058"
good plan --space realm --ipa 40
members "space realm"
good plan --ttst --ipa 25 --start-level 3
members "start_level 3" "levels 1"

# The STE of an SMMU: S2TTB, S2VMID, S2AA64 (bit 51), S2R (bit 58), VTCR_EL2[18:0] in 50:32; S2FWB; S2HA, S2HD; S2DS;
# SHCFG = 1 (bits 45:44): the shareability of the device.
good plan --ipa 40 --base 0x44000000 --vmid 3
members "ste0 0x000000000000000d" "ste1 0x0000100000000000" "ste2 0x040d355800000003" "ste3 0x0000000044000000"
good plan --granule 64k --pa 52 --ha --hd --fwb --pbha-mask 3
members "ste1 0x0000100002000300" "ste2 0x058e758c00000000"
good plan --ds --pa 52
members "ste3 0x0000000000000008"
good plan --space secure
! grep -q ste "$work/out" || failed "an STE of the Secure space"
bad "--base, --vmid: root_align: " plan --ipa 40 --base 0x1000
bad "--base, --vmid: vmid: " plan --vmid 256
good plan --vs --vmid 256

# How many tables a layout takes: what s2pt gen makes of it.
printf '40000000 +1G 80000000 rw\n1000 +4K 1000 rw\n%x +4K 1000 rw\n' $((2 << 30)) >"$work/layout"
good plan --ipa 40 --layout "$work/layout"
members "table_bytes 24576" "table_pages 6"
good gen --base 0 --ipa 40 "$work/layout"
members "bytes 24576" "pages 6"
bad "line 1: ipa_size: " plan --ipa 30 --layout "$work/layout"

# What cannot be: the nearest that can, which can.
while IFS='|' read -r options nearest; do
	# shellcheck disable=SC2086
	bad "; the nearest that can be has $nearest" plan $options
	case $nearest in
	--*)
		# shellcheck disable=SC2086
		good plan $options $nearest
		;;
	esac
done <<'END'
--ipa 49|--ipa 48
--ipa 41 --pa 40|--ipa 40
--ipa 24|--ipa 25
--pa 47|--pa 48
--ipa 53 --pa 52 --ds|--ipa 52
--ipa 40 --start-level 3|start level 1
--granule 16k --ipa 48 --start-level 0|start level 1
END

# --- Bad rows ---

while IFS='|' read -r row text; do
	bad "line 2, $text" plan --batch <<<"$header"$'\n'"$row"
done <<'END'
4M,40,48,0,0,auto|column granule: '4M' is not one of 4k, 16k, 64k
4k,256,48,0,0,auto|column ipa_bits: '256' is not a number from 0 to 255
4k,40,256,0,0,auto|column pa_bits: '256' is not a number from 0 to 255
4k,40,48,2,0,auto|column ds: '2' is not a number from 0 to 1
4k,40,48,0,x,auto|column ttst: 'x' is not a number from 0 to 1
4k,40,48,0,0,4|column start_level: '4' is not one of auto, -1, 0, 1, 2, 3
4k,40,48,0,0,|column start_level: '' is not one of
END

finish
