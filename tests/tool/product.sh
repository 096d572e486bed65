# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt combine --batch over every input there is: 262,144 rows. Values are checked elsewhere; here
# each row must be there, be well-formed, and call reserved what is reserved.
. "$(dirname "$0")/lib.sh"

awk 'BEGIN {
	print "s1_mair,s1_sh,s2_memattr,s2_sh,fwb,cd"
	for (mair = 0; mair < 256; mair++) for (s1_sh = 0; s1_sh < 4; s1_sh++)
		for (memattr = 0; memattr < 16; memattr++) for (s2_sh = 0; s2_sh < 4; s2_sh++)
			for (fwb = 0; fwb < 2; fwb++) for (cd = 0; cd < 2; cd++)
				printf "%d,%d,%d,%d,%d,%d\n", mair, s1_sh, memattr, s2_sh, fwb, cd
}' >"$work/in"

# check XS MTE2 MTE_PERM: are the rows of $work/out right for these features?
cat >"$work/check.awk" <<'END'
function s1_reserved(mair,  high, low) {
	high = int(mair / 16); low = mair % 16
	if (high == 0)
		return low % 4 > 1 || low % 4 == 1 && !xs
	if (mair == 64 || mair == 160)
		return !xs
	return mair == 240 ? !mte2 : low == 0
}
function s2_reserved(memattr, fwb) {
	if (fwb)
		return memattr == 4 || memattr >= 8 && (!mte_perm || memattr < 14)
	return memattr >= 8 && memattr % 4 == 0 || memattr == 4 && !mte_perm
}
function add(words, is, word) {
	return !is ? words : words == "" ? word : words "+" word
}
function wrong(why) {
	print "row " NR ": " why ": " $0
	exit 1
}
BEGIN {
	FS = ","
	cache = "^(NC|WT|WB)$"; alloc = "^(No|RA|WA|RWA)$"; bit = "^[01]$"
}
NF != 21 { wrong(NF " fields") }
NR == 1 { next }
{
	want = add(add(add(add("", s1_reserved($1), "s1_reserved"), s2_reserved($3, $5),
		"s2_reserved"), $2 == 1, "s1_sh_reserved"), $4 == 1, "s2_sh_reserved")
	if ($7 != (want == "" ? "ok" : want))
		wrong("status is not " want)
	for (i = 8; i <= 21; i++)
		if (want != "" && $i != "-")
			wrong("a value without a result")
	if (want != "")
		next
	ok++
	if ($16 !~ /^(NSH|ISH|OSH)$/ || $17 !~ /^0x[0-9a-f][0-9a-f]$/ || $18 !~ /^[023]$/ ||
	    $19 !~ bit || $20 !~ bit || $21 !~ bit)
		wrong("ill-formed")
	if ($8 == "Device") {
		if ($9 !~ /^(nGnRnE|nGnRE|nGRE|GRE)$/ || $10 $11 $12 $13 $14 $15 != "------")
			wrong("ill-formed Device")
		next
	}
	if ($8 != "Normal" || $9 != "-" || $10 !~ cache || $11 !~ cache)
		wrong("ill-formed Normal")
	for (i = 10; i <= 11; i++) {
		if ($i == "NC" && ($(i + 2) != "-" || $(i + 4) != "-"))
			wrong("hints without a cache")
		if ($i != "NC" && ($(i + 2) !~ alloc || $(i + 4) !~ bit))
			wrong("ill-formed hints")
	}
}
END { print ok + 0 " rows with a result" }
END

check()
{
	local features=$1
	local begin end
	shift
	begin=$(date +%s%N)
	good combine --batch --features "$features" <"$work/in"
	end=$(date +%s%N)
	printf '%s: %d rows a second\n' "$features" $((262144 * 1000000000 / (end - begin)))
	[ "$(wc -l <"$work/out")" = 262145 ] || failed "$features: not 262,145 lines"
	cut -d, -f1-6 "$work/out" | cmp - "$work/in" || failed "$features: the input is not echoed"
	awk -v xs="$1" -v mte2="$2" -v mte_perm="$3" -f "$work/check.awk" "$work/out" ||
		failed "$features: a wrong row"
}

check base 0 0 0
check xs 1 0 0
check xs,mte2 1 1 0
check xs+mte2+mte_perm 1 1 1

finish
