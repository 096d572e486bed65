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

good combine --s1-mair 2 --s1-sh 1 --memattr 8 --s2-sh 1
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
good combine --want Normal-WB
members "types none"
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
