# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# The command line: help, version, and what is refused.
. "$(dirname "$0")/lib.sh"

good --version
grep -qE '^s2pt [0-9]+\.[0-9]+\.[0-9]+$' "$work/out" || failed "--version: $(cat "$work/out")"

good --help
for verb in combine decode diff encode errata explain gen lint map plan policy scan tlbi walk; do
	grep -q "^  $verb " "$work/out" || failed "--help does not name $verb"
done

for verb in combine decode diff encode errata explain gen lint map plan policy scan tlbi walk; do
	good "$verb" --help
	grep -q "^s2pt $verb: " "$work/out" || failed "$verb --help does not begin with its name"
	good "$verb" -h
	bad "no option '--nonsense'" "$verb" --nonsense
	bad "no option '-x'" "$verb" -xy
	bad "no option '--json=1'" "$verb" --json=1
done
for verb in combine decode encode errata plan policy; do
	good "$verb" --help
	grep -q -- '^  --batch  ' "$work/out" || failed "$verb --help does not name --batch"
	bad "--json does not go with --batch" "$verb" --batch --json
	bad "takes no operand" "$verb" --batch operand
done

# Numbers: an option is decimal, or 0x.., 0b.., with '_' between digits, and may be in K, M, G or T; case does not matter.
good combine --s1-mair 0XFf --s1-sh 0b1_1 --memattr 1_5 --s2-sh 3 --access DATA --features XS
members "kind Normal-WB"
good tlbi --ipa 0x4000_0000 --size 1g --features base --max-ops 1
members "operations 262144"
bad "'1x' is not a number" tlbi --ipa 0 --size 1x
bad "'16777216T' is not a number" tlbi --ipa 0 --size 16777216T
bad "'K' is not a number" tlbi --ipa 0 --size K
# A register or an address that is an option: digits alone could be read both ways, but for one digit.
bad "'40201000' is not a number of 64 bits, 0x.. or 0b..: digits alone could be read both ways" tlbi --ipa 40201000

# With --json a refusal is an object, too.
bad "plan: ipa_above_format: " plan --ipa 49 --json
members '"schema": "s2pt/1"' '"verb": "plan"'
grep -q '"error": "ipa_above_format: ' "$work/out" || failed "a refusal as JSON: $(cat "$work/out")"
bad "no option '--nonsense'" plan --nonsense --json
members '"schema": "s2pt/1"'
bad "no option '--nonsense'" plan --nonsense
[ ! -s "$work/out" ] || failed "a refusal on standard output: $(cat "$work/out")"

# The manual page and completions: every verb and option is there, and the programs that read them take them.
good --man
cp "$work/out" "$work/s2pt.1"
for shell in bash zsh fish; do
	good --completion $shell
	cp "$work/out" "$work/$shell"
	if command -v $shell >/dev/null; then
		$shell -n "$work/$shell" || failed "--completion $shell is not $shell"
	fi
done
for verb in combine decode diff encode errata explain gen lint map plan policy scan tlbi walk; do
	grep -q "^\.SH \"S2PT $verb\"" "$work/s2pt.1" || failed "--man: no $verb"
	good "$verb" --help
	while read -r option; do
		grep -qF -- ".B \\-\\-${option//-/\\-}" "$work/s2pt.1" || failed "--man: no --$option"
		grep -q -- "^	\*:$verb:\*).*--$option\b" "$work/bash" || failed "bash: $verb has no --$option"
		grep -q -- "'--$option\[" "$work/zsh" || failed "zsh: no --$option"
		grep -q -- "seen_subcommand_from $verb' -l $option " "$work/fish" || failed "fish: $verb has no --$option"
	done < <(sed -n 's/^  --\([a-z0-9-]*\).*/\1/p' "$work/out")
done
if command -v man >/dev/null; then
	[ -z "$(man --warnings -l "$work/s2pt.1" 2>&1 >/dev/null)" ] || failed "man: $(man --warnings -l "$work/s2pt.1" 2>&1 >/dev/null)"
fi
complete_words()
{
	bash -c '. "$1" && COMP_WORDS=("${@:2}") && COMP_CWORD=$(($# - 2)) && _s2pt && echo "${COMPREPLY[*]}"' - "$work/bash" "$@"
}
[ "$(complete_words s2pt de)" = decode ] || failed "bash: $(complete_words s2pt de)"
[ "$(complete_words s2pt decode --gr)" = --granule ] || failed "bash: $(complete_words s2pt decode --gr)"
[ "$(complete_words s2pt decode --granule "")" = "4k 16k 64k" ] || failed "bash: $(complete_words s2pt decode --granule "")"
bad "--completion takes bash, zsh or fish" --completion tcsh
bad "--completion takes bash, zsh or fish" --completion

bad "no verb"
bad "'frobnicate' is not a verb" frobnicate
bad "'a?b' is not a verb" $'a\nb'

bad "'--s1-mair' needs an argument" combine --s1-mair
bad "'256' is not a number from 0 to 255" combine --s1-mair 256
bad "'4' is not a number from 0 to 3" combine --s1-sh 4
bad "'16' is not a number from 0 to 15" combine --memattr 16
bad "'-1' is not a number from 0 to 15" combine --memattr -1
bad "'' is not a number from 0 to 15" combine --memattr ""
bad "'0x' is not a number from 0 to 15" combine --memattr 0x
bad "'1 ' is not a number from 0 to 15" combine --memattr "1 "
bad "'2' is not a number from 0 to 1" combine --c 2
bad "'normal' is not one of device-nGnRnE" combine --type normal
bad "'tlb' is not one of data, fetch, walk" combine --access tlb
bad "'xs,base' is not some of base, xs, mte2, mte_perm" combine --features xs,base
bad "'xs,' is not some of" combine --features xs,
bad "is not some of Device-nGnRnE" combine --want Normal
bad "'operand' is one operand too many" combine operand
bad "stage 1 is missing" combine --memattr 5 --s2-sh 3
bad "stage 1 is missing" combine --s1-mair 5 --memattr 5 --s2-sh 3
bad "stage 2 is not clear" combine --s1-off --s2-sh 3
bad "stage 2 is not clear" combine --s1-off --memattr 5
bad "stage 2 is not clear" combine --s1-off --memattr 5 --type normal-nc --s2-sh 3
bad "--s1-sh needs --s1-mair" combine --want Device --s1-sh 1
bad "--want asks for the stage-2 type" combine --want Device --memattr 5
bad "--fwb does not go with --batch" combine --batch --fwb
bad "memtype: " combine --s1-off --type normal-oNC-iWT --fwb --s2-sh 3
bad "access: " combine --s1-off --memattr 5 --s2-sh 3 --access walk
bad "access: " combine --want Device --s1-off --access walk

bad "'8k' is not one of 4k, 16k, 64k" plan --granule 8k
bad "'4' is not one of auto, -1, 0, 1, 2, 3" plan --start-level 4
bad "'256' is not a number from 0 to 255" plan --ipa 256
bad "ipa_above_format: " plan --ipa 49
bad "ipa_above_pa: " plan --ipa 41 --pa 40
bad "ipa_below_min: " plan --ipa 24
bad "ipa_below_min: " plan --ipa 0
bad "pa_bits: " plan --pa 0
bad "pa_bits: " plan --pa 47
bad "ds_granule: " plan --granule 64k --ds
bad "hd: " plan --hd
bad "start_ttst: " plan --ipa 25 --start-level 3

bad "--backing is needed" policy
bad "'rom' is not one of mmio, pfn, ram" policy --backing rom
bad "--memattr does not go with a question about a region" policy --backing ram --memattr 5
bad "--backing does not go with --rules" policy --rules --backing ram
bad "--exec does not go with --master" policy --master --memattr 5 --exec
bad "--dic does not go with --alias" policy --alias --mair-a 0xff --mair-b 0xff --dic
bad "--alias needs --mair-a and --mair-b" policy --alias --mair-a 0xff
bad "--alias needs --mair-a and --mair-b" policy --alias --mair-b 0xff
bad "--mair-a is a reserved encoding" policy --alias --mair-a 0x10 --mair-b 0xff
bad "--mair-b is a reserved encoding" policy --alias --mair-a 0xff --mair-b 0x10
bad "--master needs --memattr" policy --master
bad "reserved: " policy --master --memattr 8
bad "reserved: " policy --master --memattr 15 --incoming 0xf0
bad "--fwb does not go with --batch" policy --batch --fwb

for word in zz 0x 0b 0b2 0x1_ _1 1__2 0x10000000000000000 18446744073709551616; do
	bad "DESCRIPTOR: '$word' is not 64 bits of hexadecimal" decode --level 3 "$word"
done
bad "--fwb and --no-fwb do not go together" decode --fwb --no-fwb 3
bad "'3' is not one of 1, 2" decode --stage 3 3
bad "'auto' is not one of -1, 0, 1, 2, 3" decode --level auto 3
bad "level: " decode --level -1 3
bad "ds_granule: " decode --level 3 --granule 64k --ds 3
bad "'47' is not one of 32, 36" decode --level 3 --pa 47 3

bad "--level and --oa are needed" encode --level 3
bad "--level and --oa are needed" encode --oa 0
bad "'1' is one operand too many" encode --level 3 --oa 0 1
bad "--table takes --oa" encode --level 2 --oa 0 --table --r
bad "table_level: " encode --level 3 --oa 0 --table
bad "oa_align: " encode --level 2 --oa 0x1000
bad "exec_uncached: " encode --level 3 --oa 0 --type normal-nc --x-el1 --x-el0
bad "'reserved' is not one of NSH, OSH, ISH" encode --level 3 --oa 0 --sh reserved

finish
