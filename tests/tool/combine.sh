# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt combine: known answers, one at a time and in batch.
. "$(dirname "$0")/lib.sh"

header=s1_mair,s1_sh,s2_memattr,s2_sh,fwb,cd
more=status,memtype,device,outer,inner,outer_alloc,inner_alloc,outer_transient,inner_transient
more=$more,sh,par_attr,par_sh,xs,tagged,notagaccess

# --- Batch ---

good combine --batch --features base <<END
$header
0xff,3,15,3,0,0
0xff,0,0xf,2,0,0
255,3,5,3,0,0
0xFF,3,0,3,0,0
0x04,0,3,0,0,0
0x00,2,0x03,0,1,0
0x4f,3,15,0,0,0
0x77,3,10,0,0,0
0x44,0,6,0,1,0
0xbb,0,6,0,1,0
0xff,3,6,3,1,1
0x1b,0,15,0,0,0
0xee,0,15,0,0,0
0x02,0,0,0,0,0
0xff,0,8,0,0,0
0xff,1,15,0,0,0
0xff,0,15,1,0,0
0x10,1,4,1,0,0
0xf0,0,15,0,0,0
END
same "base batch" <<END
$header,$more
0xff,3,15,3,0,0,ok,Normal,-,WB,WB,RWA,RWA,0,0,ISH,0xff,3,0,0,0
0xff,0,0xf,2,0,0,ok,Normal,-,WB,WB,RWA,RWA,0,0,OSH,0xff,2,0,0,0
255,3,5,3,0,0,ok,Normal,-,NC,NC,-,-,-,-,OSH,0x44,2,0,0,0
0xFF,3,0,3,0,0,ok,Device,nGnRnE,-,-,-,-,-,-,OSH,0x00,2,0,0,0
0x04,0,3,0,0,0,ok,Device,nGnRE,-,-,-,-,-,-,OSH,0x04,2,1,0,0
0x00,2,0x03,0,1,0,ok,Device,nGnRnE,-,-,-,-,-,-,OSH,0x00,2,1,0,0
0x4f,3,15,0,0,0,ok,Normal,-,NC,WB,-,RWA,-,0,ISH,0x4f,3,1,0,0
0x77,3,10,0,0,0,ok,Normal,-,WT,WT,RWA,RWA,1,1,ISH,0x33,3,0,0,0
0x44,0,6,0,1,0,ok,Normal,-,WB,WB,RWA,RWA,0,0,NSH,0xff,0,0,0,0
0xbb,0,6,0,1,0,ok,Normal,-,WB,WB,RWA,RWA,0,0,NSH,0xff,0,0,0,0
0xff,3,6,3,1,1,ok,Normal,-,NC,NC,-,-,-,-,OSH,0x44,2,0,0,0
0x1b,0,15,0,0,0,ok,Normal,-,WT,WT,WA,RWA,1,0,NSH,0x1b,0,1,0,0
0xee,0,15,0,0,0,ok,Normal,-,WB,WB,RA,RA,0,0,NSH,0xee,0,0,0,0
0x02,0,0,0,0,0,s1_reserved,-,-,-,-,-,-,-,-,-,-,-,-,-,-
0xff,0,8,0,0,0,s2_reserved,-,-,-,-,-,-,-,-,-,-,-,-,-,-
0xff,1,15,0,0,0,s1_sh_reserved,-,-,-,-,-,-,-,-,-,-,-,-,-,-
0xff,0,15,1,0,0,s2_sh_reserved,-,-,-,-,-,-,-,-,-,-,-,-,-,-
0x10,1,4,1,0,0,s1_reserved+s2_reserved+s1_sh_reserved+s2_sh_reserved,-,-,-,-,-,-,-,-,-,-,-,-,-,-
0xf0,0,15,0,0,0,s1_reserved,-,-,-,-,-,-,-,-,-,-,-,-,-,-
END

good combine --batch --features xs,mte2,mte_perm <<END
$header
0xff,3,5,3,0,0
0xff,3,0,3,0,0
0xee,0,10,0,0,0
0x05,0,0,0,0,0
0xf0,3,15,3,0,0
0xf0,3,4,3,0,0
0xf0,3,15,3,1,0
0xf0,3,5,3,1,0
0xe0,3,5,3,1,0
END
same "batch with features" <<END
$header,$more
0xff,3,5,3,0,0,ok,Normal,-,NC,NC,-,-,-,-,OSH,0x40,2,0,0,0
0xff,3,0,3,0,0,ok,Device,nGnRnE,-,-,-,-,-,-,OSH,0x01,2,0,0,0
0xee,0,10,0,0,0,ok,Normal,-,WT,WT,RA,RA,0,0,NSH,0xa0,0,0,0,0
0x05,0,0,0,0,0,ok,Device,nGnRnE,-,-,-,-,-,-,OSH,0x01,2,0,0,0
0xf0,3,15,3,0,0,ok,Normal,-,WB,WB,RWA,RWA,0,0,ISH,0xf0,3,0,1,0
0xf0,3,4,3,0,0,ok,Normal,-,WB,WB,RWA,RWA,0,0,ISH,0xe0,3,0,1,1
0xf0,3,15,3,1,0,ok,Normal,-,WB,WB,RWA,RWA,0,0,ISH,0xe0,3,0,1,1
0xf0,3,5,3,1,0,ok,Normal,-,NC,NC,-,-,-,-,OSH,0x40,2,0,0,0
0xe0,3,5,3,1,0,s1_reserved,-,-,-,-,-,-,-,-,-,-,-,-,-,-
END

# --- One at a time ---

good combine --s1-mair 0x4f --s1-sh 3 --memattr 15 --s2-sh 0
members "status ok" "notes none" "memattr 0xf" "kind Normal-mixed" "memtype Normal" "sh ISH" \
	"xs yes" "tagged no" "notagaccess no" "par_attr 0x4f" "par_sh 3" \
	"cacheability NC" "cacheability WB" "alloc RWA" "transient no"

good combine --s1-mair 0xff --s1-sh 3 --type device-nGRE --s2-sh 3 --features xs --json
members '{' '"status": "ok"' '"notes": []' '"memattr": "0x2"' '"kind": "Device-nGRE"' \
	'"memtype": "Device"' '"device": "nGRE"' '"sh": "OSH"' '"xs": false' '"par_attr": "0x09"' \
	'"par_sh": 2' '"means": [' '}'

found combine --s1-mair 2 --s1-sh 1 --memattr 8 --s2-sh 1
members "status reserved" "notes s1_reserved, s2_reserved, s1_sh_reserved, s2_sh_reserved"

# Each control changes the answer: OPTIONS = KIND.
while read -r kind options; do
	# shellcheck disable=SC2086
	good combine --s2-sh 3 $options
	members "kind $kind"
done <<'END'
Normal-WB --s1-mair 0xff --s1-sh 3 --memattr 6 --fwb
Normal-mixed --s1-mair 0xff --s1-sh 3 --memattr 6
Normal-NC --s1-mair 0xff --s1-sh 3 --memattr 15 --cd
Normal-WB --s1-mair 0xff --s1-sh 3 --memattr 15 --id
Normal-NC --s1-mair 0xff --s1-sh 3 --memattr 15 --id --access fetch
Normal-NC --s1-mair 0xff --s1-sh 3 --memattr 15 --c 0
Normal-WB --s1-mair 0xff --s1-sh 3 --memattr 15 --i 0
Normal-NC --s1-mair 0xff --s1-sh 3 --memattr 15 --i 0 --access fetch
Device-nGnRnE --s1-off --memattr 15
Normal-WB --dc --memattr 15
Normal-WT --s1-off --memattr 15 --access fetch
Normal-NC --s1-mair 0xff --s1-sh 3 --memattr 0 --access walk
END

good combine --s1-mair 0xff --s1-sh 3 --memattr 0 --s2-sh 3 --access walk --ptw
members "status ptw"
good combine --dc --memattr 15 --s2-sh 3 --features mte2
members "tagged no" "sh ISH"
good combine --dc --dct --memattr 15 --s2-sh 3 --features mte2
members "tagged yes"
good combine --s1-mair 0x44 --s1-sh 0 --memattr 5 --s2-sh 0 --features xs
members "xs yes" "par_attr 0x44"
good combine --s1-mair 0x44 --s1-sh 0 --memattr 5 --s2-sh 0 --features xs --fnxs
members "xs no" "par_attr 0x40"
good combine --s1-mair 0x44 --s1-sh 0 --memattr 6 --s2-sh 0 --fwb
members "sh NSH"
good combine --s1-mair 0x44 --s1-sh 0 --memattr 6 --s2-sh 0 --fwb --s1-effective-sh
members "sh OSH"

# --- The inverse question ---

good combine --want Device --fwb
members "types device-nGnRnE, device-nGnRE, device-nGRE, device-GRE" "device-GRE 0x3"
good combine --want Normal-WB --fwb --json
members '"types": [' '"normal-wb"' '"normal-wb": "0x6"'
found combine --want Normal-WB
members "types none" "normal-wb 0x00 0 Device-nGnRnE OSH what stage 1 says"
# (No FWB: what stage 1 says; its Device keeps a guest from Write-Back.)

# A shareability that is wanted, too: by every attribute of stage 1, or by one.
good combine --want Normal-WB --want-sh OSH --fwb
members "types normal-wb" "normal-wb OSH"
found combine --want Normal-WB --want-sh ISH --fwb
members "types none" "normal-wb 0x00 2 Normal-WB OSH Normal Write-Back, whatever stage 1 says"
good combine --want Normal-WB --want-sh ISH --s1-mair 0xff --s1-sh 0
members "types normal-wb, as-stage1" "normal-wb ISH"
good combine --want Normal-NC --want-sh OSH --s1-mair 0xff --s1-sh 3 --json
members '"OSH"' '"NSH"' '"ISH"'
found combine --want Device-nGnRE --want-sh ISH --s1-mair 0xff
members "device-nGnRE 0xff 0 Device-nGnRE OSH Device, whatever stage 1 says; of two Device types the stronger"

# How it comes to be, step by step.
good combine --s1-mair 0xff --s1-sh 3 --memattr 5 --s2-sh 3
members "stage 1: attribute byte 0xff, SH 0x3 Normal inner WB RWA outer WB RWA ISH XS=0 MAIR_EL1, Table D8-93" \
	"stage 2: MemAttr 0x5, without FWB normal-nc: Device of stage 1 stays; Normal becomes Non-cacheable Table D8-96" \
	"both, with SH 0x3 of stage 2 Normal inner NC outer NC OSH XS=0 S2CombineS1MemAttrs, R_GSDKZ"
good combine --s1-mair 0xff --s1-sh 3 --memattr 6 --s2-sh 0 --fwb --cd --c 0
members "SCTLR_EL1.C = 0, I = 1: stage 2 is handed Normal inner NC outer NC OSH XS=0 SCTLR_EL1" \
	"HCR_EL2.CD = 1, ID = 0 what both stages make becomes Non-cacheable, if the access is of that kind AArch64.S2Translate" \
	"both, with SH 0x0 of stage 2 Normal inner NC outer NC OSH XS=0 AArch64.S2ApplyFWBMemAttrs, R_GSDKZ"
good combine --dc --memattr 15 --s2-sh 3
members "stage 1 is off, and HCR_EL2.DC = 1 Normal inner WB RWA outer WB RWA NSH XS=0 HCR_EL2.DC"

# --- The matrix: each of its cells is the answer to the question about it ---

good combine --matrix --csv
cp "$work/out" "$work/cells"
[ "$(wc -l <"$work/cells")" = $((1 + 8 * (13 + 7))) ] || failed "the matrix has $(wc -l <"$work/cells") lines"
tail -n +2 "$work/cells" | awk 'NR % 7 == 1' >"$work/some"
while IFS=, read -r fwb mair stage1 memattr stage2 kind sh means; do
	good combine --s1-mair "$mair" --s1-sh 3 --memattr "$memattr" --s2-sh 3 $([ "$fwb" = 0 ] || echo --fwb)
	members "kind $kind" "sh $sh" "means ${means// /, }"
done <"$work/some"
for way in markdown html json; do
	good combine --matrix --$way
	while IFS=, read -r fwb mair stage1 memattr stage2 kind sh means; do
		case $way in
		markdown) grep -q "| 0x$(printf %x "$memattr") $stage2 |.* $kind $sh |" "$work/out" ;;
		html) grep -q ">0x$(printf %x "$memattr") $stage2</th>.*<td class=\"$kind\" tabindex=\"0\" title=\"$means\">$kind $sh</td>" "$work/out" ;;
		json) grep -q "\"stage2\": \"$stage2\"" "$work/out" && grep -q "\"kind\": \"$kind\"" "$work/out" ;;
		esac || failed "--$way: no $stage1 x $stage2: $kind $sh"
	done <"$work/some"
done
good combine --matrix --markdown --fwb
[ "$(sed -n 2p "$work/out")" = "|---|---|---|---|---|---|---|---|---|" ] || failed "Markdown: $(sed -n 2p "$work/out")"
good combine --matrix --fwb
grep -q '^without FWB' "$work/out" && failed "--matrix --fwb has a matrix without"
grep -q '^  *Device-nGnRnE  *Device-nGnRE .* Normal-WB  *Normal-oNC-iWB$' "$work/out" || failed "the heading: $(cat "$work/out")"
grep -q '^  0x6 normal-wb  *Normal-WB ISH  *Normal-WB ISH' "$work/out" || failed "as text: $(cat "$work/out")"
good combine --matrix --ptw --access walk --no-fwb
grep -q 'Device-nGnRnE OSH' "$work/out" && failed "PTW: a walk of Device memory does not fault"

bad "--s1-mair does not go with --matrix" combine --matrix --s1-mair 0
bad "--csv, --markdown, --html and --json do not go together" combine --matrix --csv --html
bad "go with --matrix" combine --html --s1-off --memattr 5 --s2-sh 3
bad "--want-sh goes with --want" combine --want-sh ISH --s1-off --memattr 5 --s2-sh 3
bad "--fwb and --no-fwb" combine --fwb --no-fwb --s1-off --memattr 5 --s2-sh 3
good combine --want Normal-NC,Device-nGnRE --s1-mair 0xff
members "types device-nGnRE, normal-nc" "device-nGnRE 0x1" "normal-nc 0x5"

# --- Bad rows ---

while IFS='|' read -r row text; do
	bad "line 3, $text" combine --batch <<<"$header"$'\n'"0,0,0,0,0,0"$'\n'"$row"
done <<'END'
256,0,0,0,0,0|column s1_mair: '256' is not a number from 0 to 255
0,4,0,0,0,0|column s1_sh: '4' is not a number from 0 to 3
0,0,0x10,0,0,0|column s2_memattr: '0x10' is not a number from 0 to 15
0,0,0,4,0,0|column s2_sh: '4' is not a number from 0 to 3
0,0,0,0,2,0|column fwb: '2' is not a number from 0 to 1
0,0,0,0,0,2|column cd: '2' is not a number from 0 to 1
,0,0,0,0,0|column s1_mair: '' is not
-1,0,0,0,0,0|column s1_mair: '-1' is not
+1,0,0,0,0,0|column s1_mair: '+1' is not
 1,0,0,0,0,0|column s1_mair: ' 1' is not
0Y1,0,0,0,0,0|column s1_mair: '0Y1' is not
0xg,0,0,0,0,0|column s1_mair: '0xg' is not
1f,0,0,0,0,0|column s1_mair: '1f' is not
-,0,0,0,0,0|column s1_mair: '-' is not
0x100000000000000ff,0,0,0,0,0|column s1_mair: '0x100000000000000ff' is not
END

finish
