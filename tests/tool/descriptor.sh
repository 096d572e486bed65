# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt decode and s2pt encode: known answers in both directions, and rows that cannot be encoded.
. "$(dirname "$0")/lib.sh"

format=granule,pa_bits,ds,fwb,features,space,pbha_mask,level
fields=status,kind,oa,type,sh,r,w,x_el1,x_el0,af,dbm,contiguous,nt,fnxs,ns,exec_uncached,sw,pbha,raw

# FORMAT|DESCRIPTOR|FIELDS. Every field differs from the first row in some row.
cat >"$work/table" <<'END'
4k,48,0,0,base,nonsecure,0,3|0x00000000800007ff|ok,page,0x80000000,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,base,nonsecure,0,3|0x000000008000077f|ok,page,0x80000000,normal-wb,ISH,1,0,1,1,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,base,nonsecure,0,3|0x00400000800007bf|ok,page,0x80000000,normal-wb,ISH,0,1,0,0,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,xnx,nonsecure,0,3|0x00200000800007ff|ok,page,0x80000000,normal-wb,ISH,1,1,0,1,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,xnx,nonsecure,0,3|0x00400000800007ff|ok,page,0x80000000,normal-wb,ISH,1,1,0,0,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,xnx,nonsecure,0,3|0x00600000800007ff|ok,page,0x80000000,normal-wb,ISH,1,1,1,0,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,base,nonsecure,0,3|0x00000000800003ff|ok,page,0x80000000,normal-wb,ISH,1,1,1,1,0,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,base,nonsecure,0,3|0x00000000800004ff|ok,page,0x80000000,normal-wb,NSH,1,1,1,1,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,base,nonsecure,0,3|0x00000000800006ff|ok,page,0x80000000,normal-wb,OSH,1,1,1,1,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,hafdbs,nonsecure,0,3|0x00080000800007ff|ok,page,0x80000000,normal-wb,ISH,1,1,1,1,1,1,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,base,nonsecure,0,3|0x00100000800007ff|ok,page,0x80000000,normal-wb,ISH,1,1,1,1,1,0,1,0,0,0,0,0x0,0x0,-
4k,48,0,0,bbml1,nonsecure,0,2|0x00000000800107fd|ok,block,0x80000000,normal-wb,ISH,1,1,1,1,1,0,0,1,0,0,0,0x0,0x0,-
4k,48,0,0,xs,nonsecure,0,3|0x0000000080000fff|ok,page,0x80000000,normal-wb,ISH,1,1,1,1,1,0,0,0,1,0,0,0x0,0x0,-
4k,48,0,0,base,realm,0,3|0x00800000800007ff|ok,page,0x80000000,normal-wb,ISH,1,1,1,1,1,0,0,0,0,1,0,0x0,0x0,-
4k,48,0,0,base,nonsecure,0,3|0x00000000800007d7|ok,page,0x80000000,normal-nc,ISH,1,1,1,1,1,0,0,0,0,0,1,0x0,0x0,-
4k,48,0,0,base,nonsecure,0,3|0x02800000800007ff|ok,page,0x80000000,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0x5,0x0,-
4k,48,0,0,base,nonsecure,15,3|0x50000000800007ff|ok,page,0x80000000,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0x0,0xa,-
4k,48,0,0,base,secure,0,1|0x00400000c0000701|ok,block,0xc0000000,device-nGnRnE,ISH,0,0,0,0,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,base,nonsecure,0,3|0x0040000080000707|ok,page,0x80000000,device-nGnRE,ISH,0,0,0,0,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,1,base,nonsecure,0,3|0x000000008000071b|ok,page,0x80000000,normal-wb,ISH,0,0,1,1,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,1,base,nonsecure,0,3|0x000000008000071f|ok,page,0x80000000,as-stage1,ISH,0,0,1,1,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,1,mte_perm,nonsecure,0,3|0x000000008000073b|ok,page,0x80000000,normal-wb-notagaccess,ISH,0,0,1,1,1,0,0,0,0,0,0,0x0,0x0,-
4k,48,0,0,base,nonsecure,0,3|0x000000008000071b|ok,page,0x80000000,normal-oNC-iWT,ISH,0,0,1,1,1,0,0,0,0,0,0,0x0,0x0,-
4k,52,1,0,base,nonsecure,0,3|0x00010000800007ff|ok,page,0xd000080000000,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0x0,0x0,-
4k,52,1,0,base,nonsecure,0,0|0x000200800000043d|ok,block,0x2008000000000,normal-wb,ISH,0,0,1,1,1,0,0,0,0,0,0,0x0,0x0,-
16k,48,0,0,base,nonsecure,0,2|0x0000000082000ffd|desc_res0,block,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0x0000000082000ffd
16k,48,0,0,xs,nonsecure,0,2|0x0000000082000ffd|ok,block,0x82000000,normal-wb,ISH,1,1,1,1,1,0,0,0,1,0,0,0x0,0x0,-
64k,52,0,0,base,nonsecure,0,3|0x000000008000a7ff|ok,page,0xa000080000000,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0x0,0x0,-
64k,52,0,0,base,nonsecure,0,1|0x00000400000017fd|ok,block,0x1040000000000,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0x0,0x0,-
64k,48,0,0,lpa,nonsecure,0,1|0x00000400000007fd|ok,block,0x40000000000,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0x0,0x0,-
64k,48,0,0,base,nonsecure,0,1|0x00000400000007fd|block_level,invalid,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0x00000400000007fd
4k,48,0,0,base,nonsecure,0,1|0x0000000041000003|ok,table,0x41000000,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-
4k,52,1,0,base,nonsecure,0,-1|0x0002000041000103|ok,table,0x6000041000000,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-
4k,48,0,0,base,nonsecure,0,3|0x0000000000000000|ok,invalid,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0x0000000000000000
4k,48,0,0,base,nonsecure,0,3|0xfffffffffffffffe|ok,invalid,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0xfffffffffffffffe
4k,48,0,0,base,nonsecure,0,3|0x00000000800007fd|block_level,invalid,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0x00000000800007fd
4k,48,0,0,base,nonsecure,0,3|0x00000000800007e3|reserved,page,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0x00000000800007e3
4k,48,0,0,base,nonsecure,0,3|0x00000000800005ff|sh,page,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0x00000000800005ff
4k,40,0,0,base,nonsecure,0,3|0x00000100800007ff|oa_size,page,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0x00000100800007ff
4k,48,0,0,base,nonsecure,0,3|0x80000000800007ff|desc_res0,page,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0x80000000800007ff
4k,48,0,0,base,nonsecure,0,1|0x0000000041000013|desc_res0,table,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0x0000000041000013
4k,40,0,0,base,nonsecure,0,0|0x0000000041000003|level,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0x0000000041000003
64k,48,1,0,base,nonsecure,0,3|0x00000000800007ff|ds_granule,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,0x00000000800007ff
END
{ echo "$format,desc"; sed 's/|.*//' "$work/table" |
	paste -d, - <(cut -d'|' -f2 "$work/table"); } >"$work/descriptors"
{ echo "$format,$fields"; cut -d'|' -f1 "$work/table" |
	paste -d, - <(cut -d'|' -f3 "$work/table"); } >"$work/named"

good decode --batch <"$work/descriptors"
same "decode" <"$work/named"
good encode --batch <"$work/named"
same "encode" <"$work/descriptors"

# Other spellings of a descriptor come back canonical.
good decode --batch <<END
$format,desc
4k,48,0,0,base,nonsecure,0,3,0x800007FF
4k,48,0x0,0,base,nonsecure,0,3,0
END
cp "$work/out" "$work/spelled"
good encode --batch <"$work/spelled"
same "spelling" <<END
$format,desc
4k,48,0,0,base,nonsecure,0,3,0x00000000800007ff
4k,48,0x0,0,base,nonsecure,0,3,0x0000000000000000
END

# --- One at a time ---

good decode --level 3 0x00000000800007ff
members "status ok" "kind page" "level 3" "raw 0x00000000800007ff" "oa 0x80000000" \
	"type normal-wb" "sh ISH" "r yes" "w yes" "x_el1 yes" "x_el0 yes" "af yes" "dbm no" \
	"contiguous no" "nt no" "fnxs no" "ns no" "exec_uncached no" "sw 0x0" "pbha 0x0"
good decode --granule 64k --pa 52 --fwb --features xnx,xs --pbha-mask 8 --space realm --level 2 \
	--json 0x408000006000381d
members '"status": "ok"' '"kind": "block"' '"level": 2' '"oa": "0x3000060000000"' \
	'"type": "as-stage1"' '"sh": "NSH"' '"r": false' '"fnxs": true' '"ns": true' '"af": false' \
	'"pbha": "0x8"' '"x_el1": true'
good decode --level 1 0x41000003
members "kind table" "oa 0x41000000"
good decode --level 3 0
members "kind invalid" "raw 0x0000000000000000"
found decode --level 3 0x80000000800007ff
members "status desc_res0" "kind page" "res0 0x8000000000000000" "oa 0x80000000" "type normal-wb"
good decode --level 0 0x004000017f0f377f
members "status ok" "kind table" "ignored 0x004000000000077c" "oa 0x17f0f3000" "raw 0x004000017f0f377f"
found decode --level 3 0x0800000080000fff --json
members '"status": "desc_res0"' '"ignored": "0x0800000000000000"' '"res0": "0x0000000000000800"' '"oa": "0x80000000"'
found decode --level 0 0x0000008000000001
members "status block_level" "kind invalid"
found decode --level 3 0x0040000080000713
members "status reserved" "descriptor page 0x40000080000713 reserved MemAttr=0x4" \
	"MemAttr 5:2 0x4 without FWB reserved (with FEAT_MTE_PERM normal-wb-notagaccess), with FWB reserved Table D8-96, D8-100"

# Without a level: the likeliest, and the others; without FWB or its negation both readings where they differ.
good decode 800007ff
members "descriptor page 0x80000000 normal-wb ISH rw EL1:x EL0:x AF" "level 3" \
	"MemAttr 5:2 0xf without FWB normal-wb, with FWB reserved (with FEAT_MTE_PERM as-stage1-notagaccess) Table D8-96, D8-100" \
	"2 without FWB table 0x80000000 IGNORED=0x7fc" "3 with FWB page 0x800007ff reserved MemAttr=0xf"
good decode --no-fwb --level 3 800007ff
members "MemAttr 5:2 0xf normal-wb Table D8-96, D8-100" "Normal-WB Normal-WB ISH" "Device-nGnRE Device-nGnRE OSH"
! grep -q also "$work/out" || failed "a reading that was not asked for: $(cat "$work/out")"
good decode --fwb 0x80000717
members "descriptor page 0x80000000 normal-nc ISH -- EL1:x EL0:x AF" "Normal-WB Normal-NC OSH" "Device-nGnRnE Device-nGnRnE OSH" \
	"note this may be a stage-1 descriptor, which --stage 1 reads"
# 1 GiB of alignment: either; 2 MiB: not at level 1.
good decode 40000701
members "level 2" "1 without FWB block 0x40000000 device-nGnRnE ISH -- EL1:x EL0:x AF"
good decode 40200701
members "level 2"
! grep -q also "$work/out" || failed "a level at which bits are RES0: $(cat "$work/out")"
# Each field that a format has, by name; what it has not, by the feature that would define it.
good decode --level 2 --features xnx,xs,bbml1,hafdbs --no-fwb --pbha-mask 15 0x7fb8000000210bd5
members "PBHA 62:59 0xf for the system, as far as VTCR_EL2.HWUnn hands it over Table D8-53" "software 58:55 0xf software's Table D8-53" \
	"XN 54:53 0x1 EL0 may execute Table D8-78" "Contiguous 52 0x1 one of a group that one TLB entry may hold Table D8-104" \
	"DBM 51 0x1 dirty D8.4.6" "OA 47:21 0x1 0x200000 Table D8-53" "nT 16 0x1 a split or merge is going on R_MRRPW" \
	"FnXS 11 0x1 XS = 0, whatever stage 1 says Table D8-53" "AF 10 0x0 hardware sets it at an access D8.4.4" \
	"SH 9:8 0x3 Inner Shareable Table D8-53" "S2AP 7:6 0x3 read, write Table D8-77" "type 1:0 0x1 block Table D8-48"
found decode --level 2 --no-fwb 0x7fb8000000210bd5
members "RES0 53 0x1 set: XN[0] with FEAT_XNX (--features xnx) Table D8-53" \
	"RES0 51 0x1 set: DBM with FEAT_HAFDBS (--features hafdbs) Table D8-53" \
	"RES0 16 0x1 set: nT of a block with FEAT_BBM level 1 (--features bbml1) Table D8-53" \
	"RES0 11 0x1 set: FnXS with FEAT_XS (--features xs) Table D8-53" "AF 10 0x0 the next access takes an Access flag fault D8.4.4"
good decode --level 3 fffffffffffffffe
members "kind invalid" "software 63:1 0x7fffffffffffffff software's, all of them D8.3"
good decode --level 3 --features xs,hafdbs --no-fwb 800007ff
members "FnXS 11 0x0 XS of stage 1 Table D8-53" "DBM 51 0x0 hardware makes no dirty state D8.4.6"
! grep -q PBHA "$work/out" || failed "PBHA, which nobody uses: $(cat "$work/out")"
good decode --level 3 --features hafdbs --no-fwb 800008000077f
members "DBM 51 0x1 clean: hardware sets S2AP[1] at a write D8.4.6"
# Every bit that is set has a row: of 52-bit addresses, of tables, of reserved types; and tables have no hints of leaves.
good decode --ds --pa 52 --no-fwb --level 3 3000080000303
members "OA[49:48] 49:48 0x3 part of the address below Table D8-53" "OA[51:50] 9:8 0x3 part of the address below Table D8-53" \
	"OA 47:12 0x80000 0xf000080000000 Table D8-53"
good decode --granule 64k --pa 52 --level 2 8000f003
members "OA[51:48] 15:12 0xf part of the address below Table D8-51" "next table 47:16 0x8000 0xf000080000000 Table D8-51"
found decode --level 3 405
members "- 63:2 0x101 not looked at: the type is reserved Table D8-48" "type 1:0 0x1 reserved: no blocks at this level Table D8-48"
found decode --level 2 FFF0000080000003
members "IGNORED 58:52 0x7f set Table D8-51" "RES0 63:59 0x1f set Table D8-51"
# Stage 1.
good decode --stage 1 0x60000040000f03
members "descriptor page 0x40000000 of stage 1, EL1&0" "UXN 54 0x1 EL0 may not execute Table D8-49, D8-52" \
	"AP[2:1] 7:6 0x0 EL1: rw, EL0: -- Table D8-49, D8-52" "AttrIndx 4:2 0x0 the type is MAIR_EL1.Attr0 Table D8-49, D8-52"
good decode --stage 1 --level 2 1000000040001003
members "kind table" "UXNTable 60 0x1 EL0 may not execute Table D8-49, D8-52" "next table 47:12 0x40001 0x40001000 Table D8-49, D8-52"
good decode --stage 1 --level 1 --granule 64k 0x40000000705
members "descriptor block 0x40000000000 of stage 1, EL1&0"
# Several, and those on standard input.
good decode 3 0b1_0000_0000_0011
[ "$(grep -c '^descriptor' "$work/out")" = 2 ] || failed "two descriptors: $(cat "$work/out")"
found decode --json --no-fwb <<'END'
# a comment, an empty line, and two

800007ff
  0x80000713 and what stands behind it
END
[ "$(grep -c '"descriptor":' "$work/out")" = 4 ] || failed "two, with another level each: $(cat "$work/out")"
members '"items": [' '"status": "ok"' '"status": "reserved"'
bad "DESCRIPTOR: 'x' is not" decode < <(echo x)

good encode --level 3 --oa 0x80000000 --r --w --x-el1 --x-el0 --af
members "desc 0x00000000800007ff" "level 3"
good encode --level 2 --oa 0x80000000 --type device-nGnRE --sh NSH --r --w --json
members '"desc": "0x00400000800000c5"' '"level": 2'
good encode --level 1 --oa 0x41000000 --table
members "desc 0x0000000041000003"
good encode --ds --pa 52 --level 3 --oa 0xd000080000000 --r --w --x-el1 --x-el0 --af
members "desc 0x00010000800007ff"
good encode --level 2 --oa 0 --features xnx,xs,bbml1,hafdbs --pbha-mask 15 --x-el0 --dbm \
	--contiguous --nt --fnxs --sw 15 --pbha 15 --type normal-nc --exec-uncached
members "desc 0x7fb8000000010b15"
good encode --level 3 --oa 0 --space realm --ns
members "desc 0x00c000000000033f"

# --- Rows that are not descriptors ---

while IFS='|' read -r verb row text; do
	header=$format,$fields
	[ "$verb" = encode ] || header=$format,desc
	bad "line 2, $text" "$verb" --batch <<<"$header"$'\n'"$row"
done <<'END'
decode|5k,48,0,0,base,nonsecure,0,3,0|column granule: '5k' is not one of 4k, 16k, 64k
decode|4k,47,0,0,base,nonsecure,0,3,0|column pa_bits: '47' is not one of 32, 36
decode|4k,48,2,0,base,nonsecure,0,3,0|column ds: '2' is not a number from 0 to 1
decode|4k,48,0,2,base,nonsecure,0,3,0|column fwb: '2' is not a number from 0 to 1
decode|4k,48,0,0,,nonsecure,0,3,0|column features: '' is not some of base, xnx
decode|4k,48,0,0,xnx+base,nonsecure,0,3,0|column features: 'xnx+base' is not some of
decode|4k,48,0,0,xnx+,nonsecure,0,3,0|column features: 'xnx+' is not some of
decode|4k,48,0,0,base,root,0,3,0|column space: 'root' is not one of nonsecure, secure, realm
decode|4k,48,0,0,base,nonsecure,16,3,0|column pbha_mask: '16' is not a number from 0 to 15
decode|4k,48,0,0,base,nonsecure,0,4,0|column level: '4' is not one of -1, 0, 1, 2, 3
decode|4k,48,0,0,base,nonsecure,0,3,x|column desc: 'x' is not a number of 64 bits
decode|4k,48,0,0,base,nonsecure,0,3,-|column desc: '-' is not a number of 64 bits
encode|4k,48,0,0,base,nonsecure,0,3,fine,page,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column status: 'fine' is not one of ok,
encode|4k,48,0,0,base,nonsecure,0,3,level,page,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column status: it must be ok
encode|4k,48,0,0,base,nonsecure,0,3,ok,leaf,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column kind: 'leaf' is not one of invalid, table, block, page, or -
encode|4k,48,0,0,base,nonsecure,0,3,ok,-,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column kind: it must be table
encode|4k,48,0,0,base,nonsecure,0,3,ok,invalid,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-|column kind: it must be table
encode|4k,48,0,0,base,nonsecure,0,3,ok,block,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column kind: a page stands
encode|4k,48,0,0,base,nonsecure,0,2,ok,page,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column kind: a page stands
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,-,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column oa: '-', but
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,-,0,-|column sw: '-', but
encode|4k,48,0,0,base,nonsecure,0,2,ok,table,0,-,-,1,-,-,-,-,-,-,-,-,-,-,-,-,-|column r: not '-', but
encode|4k,48,0,0,base,nonsecure,0,2,ok,table,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-|column oa: '-', but
encode|4k,48,0,0,base,nonsecure,0,3,ok,table,0,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-|column level:
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,0x0|column oa: not '-', but
encode|4k,48,0,0,base,nonsecure,0,-1,ok,table,0,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-,-|column level: not a level
encode|4k,48,0,0,base,nonsecure,0,0,ok,block,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column level:
encode|4k,48,0,0,base,nonsecure,0,2,ok,block,0x1000,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column oa:
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,0x1000000000000,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column oa:
encode|4k,48,0,1,base,nonsecure,0,3,ok,page,0,normal-oNC-iWT,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column type:
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,0,normal-wb,reserved,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column sh: 'reserved' is not one of NSH, OSH, ISH, or -
encode|4k,52,1,0,base,nonsecure,0,3,ok,page,0,normal-wb,OSH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column sh:
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,0,normal-wb,ISH,2,1,1,1,1,0,0,0,0,0,0,0,0,-|column r: '2' is not a number from 0 to 1, or -
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,0,normal-wb,ISH,1,1,1,0,1,0,0,0,0,0,0,0,0,-|column x_el0:
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,0,normal-nc,ISH,1,1,1,1,1,0,0,0,0,0,0,0,0,-|column exec_uncached:
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,0,normal-wb,ISH,1,1,1,1,1,1,0,0,0,0,0,0,0,-|column dbm:
encode|4k,52,1,0,base,nonsecure,0,0,ok,block,0,normal-wb,ISH,1,1,1,1,1,0,1,0,0,0,0,0,0,-|column contiguous:
encode|4k,48,0,0,bbml1,nonsecure,0,3,ok,page,0,normal-wb,ISH,1,1,1,1,1,0,0,1,0,0,0,0,0,-|column nt:
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,0,normal-wb,ISH,1,1,1,1,1,0,0,0,1,0,0,0,0,-|column fnxs:
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,1,0,0,0,-|column ns:
encode|4k,48,0,0,base,realm,0,3,ok,page,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,1,0,-|column sw:
encode|4k,48,0,0,base,nonsecure,7,3,ok,page,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,8,-|column pbha:
encode|4k,48,0,0,base,nonsecure,0,3,ok,page,0,normal-wb,ISH,1,1,1,1,1,0,0,0,0,0,0,0,16,-|column pbha: '16' is not a number from 0 to 15, or -
END

finish
