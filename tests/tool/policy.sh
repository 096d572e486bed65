# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt policy: known answers to each question, and in batch.
. "$(dirname "$0")/lib.sh"

# --- A region ---

good policy --backing pfn --vouches owner
members "answer allowed" "type normal-nc" "memattr 0x5" "sh OSH" "executable no" "on_map none" \
	"on_unmap none" "on_caches_on none" "reason owner_vouches" "maintenance no_lines" "exec_uncached no" "mapping_ram no" "host_alias no" \
	"facts pfn, stands_nc, untaggable, stands_GRE, stands_nGRE, stands_nGnRE, vouched"
good policy --backing mmio --prefetchable --json
members '"answer": "allowed"' '"type": "device-nGnRE"' '"memattr": "0x1"' '"reason": "prefetchable_alone"' \
	'"executable": false'
found policy --backing mmio --exec
members "answer refused" "reason mmio_exec" "text refused: registers are not memory to execute from."
! grep -q '^type' "$work/out" || failed "a refusal has a type"

# Each fact changes the answer: REASON TYPE OPTIONS.
while read -r reason type options; do
	# shellcheck disable=SC2086
	if [ "$type" = - ]; then
		found policy $options
		members "reason $reason" "answer refused"
	else
		good policy $options
		members "reason $reason" "type $type"
	fi
done <<'END'
ram normal-wb --backing ram
host_nc normal-nc --backing ram --host nc
host_device device-nGnRE --backing ram --host device
noncoherent_dma as-stage1 --backing ram --fwb --dma noncoherent
noncoherent_dma as-stage1 --backing ram --fwb --noncoherent-dma
noncoherent_dma as-stage1 --backing ram --fwb --noncoherent-dma --canwbs
owner_vouches device-GRE --backing pfn --vouches owner --stands early-ack+reorder+gather
owner_limits device-nGnRnE --backing pfn --vouches owner --stands nothing
confined device-nGRE --backing pfn --vouches owner --gives-up gather
confined normal-nc --backing ram --gives-up cached
host_nc normal-nc --backing ram --host nc --exec
untaggable - --backing pfn --asks owner --fwb --mte --mte2 --tags possible
no_tags normal-wb-notagaccess --backing pfn --asks owner --fwb --mte --mte2 --mte-perm --tags possible
ram normal-wb --backing ram --fwb --dma coherent
trusted as-stage1 --backing mmio --trusted
device device-nGnRE --backing pfn
guest_word device-nGnRE --backing pfn --vouches guest
guest_word device-nGnRE --backing pfn --asks guest
owner_asks normal-wb --backing pfn --asks owner --fwb
pfn_no_fwb - --backing pfn --asks owner
pfn_noncoherent - --backing pfn --asks owner --fwb --noncoherent-dma
pfn_noncoherent - --backing pfn --asks owner --fwb --noncoherent-p2p
ram normal-wb --backing ram --fwb --noncoherent-p2p
pfn_confined - --backing pfn --asks owner --fwb --gives-up atomic
pfn_icache - --backing pfn --asks owner --fwb --exec
owner_asks normal-wb --backing pfn --asks owner --fwb --exec --dic
pfn_icache - --backing pfn --asks owner --fwb --exec --idc
owner_asks normal-wb --backing pfn --asks owner --fwb --exec --dic --idc
host_cacheable - --backing pfn --host cacheable
host_uncached - --backing pfn --host nc --asks owner
side_effects - --backing mmio --asks owner
uncached_exec - --backing pfn --exec
untaggable - --backing ram --mte --mte2
no_tags normal-wb-notagaccess --backing ram --mte --mte2 --mte-perm
ram normal-wb --backing ram --mte
ram normal-wb --backing ram --mte --mte2 --tags set
END

good policy --backing ram --mte --mte2 --tags possible --exec
members "on_map clean_poc, clean_pou, icache, tags" "on_unmap clean_poc" "on_caches_on clean_poc"

# --- Rules ---

good policy --rules
members "rule 1" "list type" "needs mmio, exec" "so refuse" "list tags" "so notagaccess"
good policy --rules --json
members '"rule 1": {' '"reason": "mmio_exec"'

good policy --procedures
members "plug" "step 6 turn its bus mastering on" "revoke" "step 6 reset it" "step 7 map it"

# --- Aliases ---

good policy --alias --mair-a 0xff --mair-b 0x44 --sh-a OSH --writes-a --writes-b
members "matched no" "lost order, coherency, exclusives, writes" "beyond exclusives" "repair maintain" \
	"coherent_a no" "coherent_b no"
good policy --alias --mair-a 0xff --mair-b 0x44 --sh-a OSH
members "lost order, exclusives" "coherent_a yes" "coherent_b yes"
good policy --alias --mair-a 0xff --mair-b 0x44 --writes-b --domain OSH --json
members '"repair": "around"' '"coherent_a": false' '"coherent_b": true'
good policy --alias --mair-a 0x04 --mair-b 0x44 --writes-a
members "lost order, speculation, gathering, reordering" "beyond speculation, gathering, reordering" "repair dmb" \
	"coherent_a yes" "coherent_b no"
good policy --alias --mair-a 0x00 --mair-b 0x44 --idle-a
members "lost none" "beyond none" "repair none"
good policy --alias --mair-a 0x00 --mair-b 0x44 --relation independent --stands nc
members "lost speculation, gathering, reordering" "beyond none"
good policy --alias --mair-a 0xff --mair-b 0x04 --relation handover --writes-a --writes-b
members "lost coherency, speculation, writes" "beyond speculation"
good policy --alias --mair-a 0xff --mair-b 0x04 --relation handover --stands nc --idle-b
members "lost none" "beyond none"
good policy --alias --mair-a 0xff --mair-b 0xee --sh-b ISH
members "matched yes" "lost none" "repair none"

# --- Masters ---

good policy --master --memattr 15 --pcie --no-snoop
members "coherent no" "on_map clean_poc" "on_unmap clean_poc" "guest_maintains yes" "reason dma_no_snoop" \
	"attribute Normal inner NC outer NC OSH XS=1"
good policy --master --memattr 15 --pcie --no-snoop --no-snoop-stopped
members "coherent yes" "reason dma_no_snoop_stopped" "on_map none"
good policy --master --memattr 15 --pcie --no-snoop --canwbs --json
members '"coherent": true' '"reason": "dma_canwbs"'
good policy --master --memattr 6 --fwb --incoming 0x44
members "coherent yes" "reason dma_coherent"
good policy --master --memattr 15 --incoming 0x44 --incoming-sh OSH
members "reason dma_uncached" "on_map clean_poc"
good policy --master --memattr 15 --incoming 0x44 --backing pfn
members "reason dma_uncached" "on_map none"
good policy --master --memattr 15 --incoming 0x44 --override-type 15
members "reason dma_coherent"
good policy --master --memattr 15 --incoming 0x44 --override-type 15 --stage1
members "reason dma_uncached"
good policy --master --memattr 15 --s2-sh NSH
members "reason dma_unshared"
good policy --master --memattr 4 --mte-perm
members "reason dma_coherent"

good policy --master --memattr 1 --pcie
members "coherent no" "reason dma_device" "on_map clean_poc"
good policy --master --memattr 1 --pcie --canwbs
members "coherent yes" "reason dma_canwbs"
good policy --master --memattr 1 --pcie --canwbs --backing pfn
members "coherent no" "reason dma_device" "on_map none"

# --- Why ---

good policy --backing pfn --prefetchable --explain
members "rule 1 mmio_exec, not without mmio exec" "looser_if_so" "stands_nc the device's driver" "rule 25 device-nGnRE decides"
good policy --backing ram --host nc --json
members '"looser_if_not": {' '"host_nc": "the host'"'"'s memory management"'

bad "--stands: 'nc,cached' is not some of" policy --backing pfn --vouches owner --stands nc,cached

# --- A machine ---

found policy --regions - <<'END'
region a base=0x1000 size=0x1000 backing=pfn vouches=owner
region b base=0x1800 size=0x1000 backing=pfn
END
members "holds_together no" "a b the regions overlap: say once of each piece what it is"
found policy --regions - <<'END'
region a base=0 size=0x1800 backing=pfn
region b base=0x1800 size=0x800 backing=ram
END
members "holds_together no" \
	"a b no type is right for a granule that they share"
found policy --regions - <<'END'
region a base=0x1000 size=0x1000 backing=ram host=nc asks=owner
region b base=0x2000 size=0x1000 backing=ram
END
members "answer refused" "holds_together yes"

cat >"$work/machine" <<'END'
# Two functions, of which one bypasses the caches; and a BAR that shares its last granule.
machine granule=64k fwb mte2 idc dic
guest mte
master nic pcie no-snoop fwb
master gpu pcie no-snoop canwbs fwb mte-perm
region ram base=0x40000000 size=0x40000000 backing=ram host=cacheable tags=possible
region bar base=0x10000000 size=0x18000 backing=pfn host=device vouches=owner  # of the nic
region msix base=0x10018000 size=0x1000 backing=mmio host=device
END
good policy --regions "$work/machine"
members "noncoherent_dma yes" "type as-stage1" "on_map clean_poc, tags" "type normal-nc" "type device-nGnRE" \
	"shared_by bar, msix" "nic dma_no_snoop" "gpu dma_canwbs" "holds_together yes"
good policy --regions - --json < <(grep -v nic "$work/machine")
members '"noncoherent_dma": false' '"type": "normal-wb"' '"holds_together": true'
found policy --regions - < <(sed 's/master nic pcie no-snoop fwb/master nic pcie/' "$work/machine")
members "holds_together no" "nic FWB is in force for the CPU or for its SMMU and not for both: no table is right for both"
while IFS='|' read -r line text; do
	bad "--regions: line 2: $text" policy --regions - <<<"guest"$'\n'"$line"
done <<'END'
bus x|'bus' is not one of machine, guest, master, region
guest|a second guest
region|a region needs a name
region x base=1 size=0 backing=ram|a region needs base=, size= (not 0, not beyond 64 bits) and backing=
region x base=0xffffffffffffffff size=2 backing=ram|a region needs base=, size= (not 0, not beyond 64 bits) and backing=
region x base=1 size=1|a region needs base=, size= (not 0, not beyond 64 bits) and backing=
region x base=1 size=1 backing=rom|'backing=rom' is not one of mmio, pfn, ram
region x fwb|'fwb' is not a fact of a region, or needs a value: NAME=VALUE
region x exec=1|'exec=1' is not a fact of a region, or takes no value
region x base|'base' is not a fact of a region, or needs a value: NAME=VALUE
master x incoming=0x01|incoming= is a reserved encoding
machine granule=5k|'granule=5k' is not one of 4k, 16k, 64k
END

expected=3
says "--regions: $work/nothing: No such file" policy --regions "$work/nothing"
says "--regions: $work: Is a directory" policy --regions "$work"
bad "--regions does not go with --rules" policy --rules --regions "$work/machine"

# --- Batch ---

header=backing,host,vouches,asks,tags,dma,prefetchable,exec,fwb,mte2,mte_perm,dic,idc,canwbs,trusted,mte,noncoherent_dma
good policy --batch <<END
$header
ram,cacheable,nobody,nobody,possible,none,0,1,0,1,0,0,0,0,0,1,0
ram,cacheable,nobody,nobody,none,none,0,0,1,0,0,1,1,0,0,0,0
pfn,device,owner,nobody,none,none,1,0,1,0,0,1,1,0,0,0,0
pfn,device,owner,nobody,none,none,1,1,1,0,0,1,1,0,0,0,0
mmio,device,nobody,nobody,none,none,0,0,1,0,0,1,1,0,1,0,0
END
same "batch" <<END
$header,answer,type,sh,executable,on_map,on_unmap,on_caches_on,reason,maintenance
ram,cacheable,nobody,nobody,possible,none,0,1,0,1,0,0,0,0,0,1,0,allowed,normal-wb,ISH,1,clean_poc+clean_pou+icache+tags,clean_poc,clean_poc,ram,caches_off
ram,cacheable,nobody,nobody,none,none,0,0,1,0,0,1,1,0,0,0,0,allowed,normal-wb,ISH,0,-,-,-,ram,forced_wb
pfn,device,owner,nobody,none,none,1,0,1,0,0,1,1,0,0,0,0,allowed,normal-nc,OSH,0,-,-,-,owner_vouches,no_lines
pfn,device,owner,nobody,none,none,1,1,1,0,0,1,1,0,0,0,0,refused,-,-,-,-,-,-,uncached_exec,-
mmio,device,nobody,nobody,none,none,0,0,1,0,0,1,1,0,1,0,0,allowed,as-stage1,ISH,0,-,-,-,trusted,own_maintenance
END

while IFS='|' read -r row text; do
	bad "line 2, $text" policy --batch <<<"$header"$'\n'"$row"
done <<'END'
rom,cacheable,nobody,nobody,none,none,0,0,1,0,0,1,1,0,0,0,0|column backing: 'rom' is not one of mmio, pfn, ram
ram,-,nobody,nobody,none,none,0,0,1,0,0,1,1,0,0,0,0|column host: '-' is not one of unmapped
ram,cacheable,all,nobody,none,none,0,0,1,0,0,1,1,0,0,0,0|column vouches: 'all' is not one of nobody
ram,cacheable,nobody,nobody,some,none,0,0,1,0,0,1,1,0,0,0,0|column tags: 'some' is not one of none
ram,cacheable,nobody,nobody,none,some,0,0,1,0,0,1,1,0,0,0,0|column dma: 'some' is not one of none
ram,cacheable,nobody,nobody,none,none,2,0,1,0,0,1,1,0,0,0,0|column prefetchable: '2' is not a number from 0 to 1
END

finish
