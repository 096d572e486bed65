# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt decode --batch | s2pt encode --batch gives its input back: structured and random descriptors,
# at every level of every format. The generator's numbers are those of every other run.
. "$(dirname "$0")/lib.sh"

# A descriptor is four numbers of 16 bits, because awk may not have 64: words[3] holds bits 63:48.
cat >"$work/generate.awk" <<'END'
function random(below) {
	seed = seed * 16807 % 2147483647
	return int(seed / 2147483647 * below)
}
function set(bit, value,  word, weight) {
	word = int(bit / 16)
	weight = 2 ^ (bit % 16)
	words[word] += (value - int(words[word] / weight) % 2) * weight
}
function put(low, count, value,  i) {
	for (i = 0; i < count; i++)
		set(low + i, int(value / 2 ^ i) % 2)
}
function emit() {
	printf "%s,%d,0x%04x%04x%04x%04x\n", format, level, words[3], words[2], words[1], words[0]
}
function clear() {
	words[0] = words[1] = words[2] = words[3] = 0
}
# Mostly a leaf or table that the format can say.
function structured(  i, kind) {
	clear()
	kind = random(8) ? (level == 3 ? 3 : 1) : 3
	put(0, 2, kind)
	for (i = lg2; i < pa && i < 48; i++)
		set(i, random(2))
	if (kind == 3 && level < 3) {
		for (i = granule_lg2; i < lg2; i++)
			set(i, random(2))
		return
	}
	put(2, 4, attrs[1 + random(count)])
	put(6, 2, random(4))
	put(8, 2, ds ? random(4) : 3 * random(2))
	put(10, 1, random(2))
	put(54, 1, random(2))
	if (ds && pa == 52)
		put(48, 2, random(4))
	if (granule_lg2 == 16 && pa == 52)
		put(12, 4, random(16))
	put(56, 2, random(4))
	# One bit that some formats have and others do not.
	if (random(2))
		set(substr("11165152535558596061", 1 + 2 * random(10), 2), 1)
}
function uniform(  i) {
	for (i = 0; i < 4; i++)
		words[i] = random(65536)
}
function descriptors(  i, bit) {
	for (i = 0; i < 20; i++) {
		structured()
		emit()
	}
	# One bit away from a descriptor that may be valid.
	for (bit = 0; bit < 64; bit++) {
		structured()
		set(bit, random(2))
		set(random(64), random(2))
		emit()
	}
	for (i = 0; i < 6; i++) {
		uniform()
		emit()
	}
}
function formats(  g, p, d, f, s, k) {
	for (g = 1; g <= 3; g++) for (p = 1; p <= 7; p++) for (d = 0; d < 2; d++)
		for (f = 0; f < 2; f++) for (s = 1; s <= 3; s++) for (k = 1; k <= kinds; k++) {
			ds = d
			pa = pas[p]
			granule_lg2 = 10 + 2 * g
			count = split(f ? "0 1 2 3 5 6 7 14 15" : "0 1 2 3 5 6 7 10 13 15 4", attrs)
			format = granules[g] "," pa "," d "," f "," features[k] "," spaces[s] "," \
				(k - 1) * 3 % 16
			for (level = -1; level <= 3; level++) {
				lg2 = granule_lg2 + (granule_lg2 - 3) * (3 - level)
				descriptors()
			}
		}
}
BEGIN {
	seed = 20240607
	split("4k 16k 64k", granules); split("32 36 40 42 44 48 52", pas)
	split("nonsecure secure realm", spaces)
	kinds = split("base xnx+xs xnx+xs+mte_perm+bbml1+hafdbs+lpa lpa+bbml1", features)
	print "granule,pa_bits,ds,fwb,features,space,pbha_mask,level,desc"
	formats()
}
END
awk -f "$work/generate.awk" >"$work/in"
rows=$(($(wc -l <"$work/in") - 1))

begin=$(date +%s%N)
good decode --batch <"$work/in"
mv "$work/out" "$work/named"
middle=$(date +%s%N)
good encode --batch <"$work/named"
end=$(date +%s%N)
cmp "$work/out" "$work/in" || failed "decode, encode: not the input again"
printf '%d rows: decode %d, encode %d rows a second\n' "$rows" \
	$((rows * 1000000000 / (middle - begin))) $((rows * 1000000000 / (end - middle)))

# The same through a pipe.
"$program" decode --batch <"$work/in" | "$program" encode --batch | cmp - "$work/in" ||
	failed "decode | encode: not the input again"

# It proves nothing if most are raw: there must be many of each kind, in each granule, at every
# level that there is; and where the fields are named nothing may be raw.
awk -F, '
	NF != 27 { print "row " NR ": " NF " fields"; exit 1 }
	NR == 1 { next }
	{
		count[$9 == "ok" ? $10 : "not ok"]++
		named = $9 == "ok" && $10 != "invalid"
		if (named != ($27 == "-") || named != ($11 != "-")) {
			print "row " NR ": raw beside fields: " $0
			exit 1
		}
		if (named)
			seen[$1 " level " $8 " " $10]++
		for (i = 14; i <= 24; i++)
			if ($i == 1)
				flag[i]++
	}
	END {
		split("page block table invalid", kinds, " ")
		for (i in kinds) {
			print kinds[i] ": " count[kinds[i]]
			if (count[kinds[i]] < 5000) {
				print "too few " kinds[i]
				exit 1
			}
		}
		print "not ok: " count["not ok"]
		for (where in seen)
			places++
		if (places != 19) {
			print places " places for leaves and tables, not 19"
			exit 1
		}
		for (i = 14; i <= 24; i++)
			if (flag[i] < 100) {
				print "too few descriptors with flag " i
				exit 1
			}
	}' "$work/named" || failed "decode: the fields are not what they should be"

finish
