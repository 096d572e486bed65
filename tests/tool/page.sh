# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# s2pt map --html and --svg: what is in them against map --csv, and with a Chromium what it makes of the page. It needs
# python3; S2PT_NEED_CHROMIUM=1 makes it fail where there is no Chromium.
. "$(dirname "$0")/lib.sh"

data=$(dirname "$0")/data

# --- What is in them -----------------------------------------------------------------------------------------

# pictures NAME ARGUMENT...: $work/NAME.csv, .html and .svg, of which the latter two must have all that is in the first.
pictures()
{
	local name=$1 way
	shift
	for way in csv html svg; do
		run map --$way "$@"
		[ "$status" = "$expected" ] || failed "$name, --$way: exit status $status: $(cat "$work/err")"
		mv "$work/out" "$work/$name.$way"
	done
	PYTHONDONTWRITEBYTECODE=1 python3 "$(dirname "$0")/page.py" "$work/$name" || failed "$name: see above"
}

expected=0
kvm=(--vtcr 0x1802e3558 --vttbr 0x1000044b58001 --hcr 0x4038807f223f)
gunzip -c "$data/kvm-max.elf.gz" >"$work/kvm.elf"
pictures kvm "${kvm[@]}" "$work/kvm.elf"

# Every MemAttr, with every S2AP, and XN = 0 and 2; annotations; what is reserved; a block; a hole at the end.
leaf=$((0x80000000 | 1 << 10 | 3 << 8 | 3))
{
	words 0x40001003
	zeros 511
	words 0x40002003 0 $((0x40200000 | 1 << 10 | 1 << 6 | 1)) 0x50000003
	zeros 508
	for ((i = 0; i < 128; i++)); do
		words $((leaf + i * 8192 | i / 8 << 2 | (i & 3) << 6 | (i & 4) << 52))
	done
	words 0 0x10 0x10 0x20 $((leaf & ~(2 << 8) | 15 << 2))
	zeros 379
} >"$work/table"
regs=(--vtcr 0x80053559 --vttbr 0x40000000)
expected=1
pictures kinds "${regs[@]}" "$work/table@0x40000000"

# A table that links itself: more problems than a page lists; and nothing at all.
for ((i = 0; i < 512; i++)); do
	words 0x40000003
done >"$work/loop"
pictures loop "${regs[@]}" "$work/loop@0x40000000"
expected=0
zeros 512 >"$work/nothing"
pictures nothing "${regs[@]}" "$work/nothing@0x40000000"

# More pages than a picture has cells, none beside the one before, in 2 MiB each but for the last.
python3 - >"$work/many.raw" <<'END'
import struct, sys
put = lambda *words: sys.stdout.buffer.write(struct.pack("<%dQ" % len(words), *words))
put(0x40001003, *[0] * 511)
put(*[0x40002003 + i * 4096 for i in range(90)], *[0] * 422)
for table in range(89):
    put(*[((table * 512 + (i ^ 1)) * 4096 | (15 if i & 64 else 5) << 2 | 0x7c3) for i in range(512)])
put(*[0x7ff] + [0] * 511)
END
pictures many "${regs[@]}" "$work/many.raw@0x40000000"

# --- Wrong use -----------------------------------------------------------------------------------------------

for two in csv,html csv,svg json,html json,svg html,svg; do
	one=--${two%,*} other=--${two#*,}
	bad "$one and $other do not go together" map "$other" "$one" "${regs[@]}" "$work/table@0x40000000"
done
for way in html svg; do
	status=0
	"$program" map --$way "${kvm[@]}" "$work/kvm.elf" >/dev/full 2>"$work/err" || status=$?
	[ "$status" = 3 ] || failed "/dev/full: exit status $status, not 3"
done

# --- In a browser --------------------------------------------------------------------------------------------

# browse PAGE WIDTH: what the script on standard input, which has `page`, says by say() of the page $work/PAGE in a frame of
# this width.
browse()
{
	cat >"$work/ask.html" <<-END
		<!DOCTYPE html><body><pre id="said"></pre>
		<iframe id="frame" style="width: $2px; height: 800px; border: 0" src="$1"></iframe>
		<script>
		const frame = document.getElementById("frame");
		const say = line => document.getElementById("said").append(line + "\n");
		frame.onload = () => {
			const page = frame.contentDocument;
			say(page.documentElement.scrollWidth > $2 ? "wider than " + $2 : "fits " + $2);
			$(cat)
			say("over");
		};
		</script>
	END
	timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --allow-file-access-from-files \
		"--user-data-dir=$work/profile" --window-size=1400,900 \
		--dump-dom "file://$work/ask.html" 2>"$work/err" |
		sed -n '/<pre/,/<\/pre/ { s/.*<pre id="said">//; s/<\/pre>.*//; p }' >"$work/out"
	checks=$((checks + 1))
	grep -qx over "$work/out" || failed "the page $1 at $2: $(cat "$work/out") $(tail -n 3 "$work/err")"
}

# ask NAME#ADDRESS WIDTH: what the page $work/NAME.html says when it is opened at this address, then after the key Right,
# and then for what is on standard input, a search in each line.
ask()
{
	local searches
	searches=$(python3 -c 'import json, sys; print(json.dumps(sys.stdin.read().splitlines()))')
	browse "${1/\#/.html#}" "$2" <<-END
		const key = new frame.contentWindow.KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true });
		const facts = page.querySelector("#details dl").children;
		const details = () => [...facts].map(fact => fact.textContent).join(" ");
		const shown = () => page.querySelectorAll("#rows tbody tr:not([hidden])").length;
		say("rows " + shown() + " cells " + page.querySelectorAll(".cells rect").length);
		say("details " + details());
		for (const id of ["joined", "problems"])
			if (!page.getElementById(id).hidden)
				say(page.getElementById(id).textContent);
		page.querySelector(".cells [tabindex='0']").focus();
		page.activeElement.dispatchEvent(key);
		say("right " + details() + ", focus " + page.activeElement.querySelector("title").textContent);
		for (const search of $searches) {
			const box = page.getElementById("filter");
			box.value = search;
			box.dispatchEvent(new Event("input"));
			say("search " + search + ": " + shown() + " rows, details " + details());
		}
	END
}

# The matrix of s2pt combine: each cell by keyboard, and what it says then.
matrix()
{
	browse matrix.html "$1" <<-'END'
		const cells = [...page.querySelectorAll("td")];
		say("cells " + cells.length);
		for (const cell of [cells[0], cells[38], cells[cells.length - 2]]) {
			cell.focus();
			say((page.activeElement === cell ? "" : "no focus: ") + page.getElementById("means").textContent);
		}
	END
	has "fits $1" "cells 160" \
		"Device-nGnRnE at stage 1, 0x0 device-nGnRnE at stage 2 (Device, whatever stage 1 says; of two Device types the stronger): Device-nGnRnE OSH: bypass" \
		"Normal-WB at stage 1, 0x5 normal-nc at stage 2 (Device of stage 1 stays; Normal becomes Non-cacheable): Normal-NC OSH: unaligned, gather, reorder, early-ack, speculate, bypass" \
		"Normal-WB at stage 1, 0x7 as-stage1 at stage 2 (what stage 1 says): Normal-WB ISH: unaligned, gather, reorder, early-ack, speculate, cached"
}

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -n "$chromium" ]; then
	for width in 1280 390; do
		ask kvm#0x41005123 $width <<<$'0x40201000\n40201000\ndevice-ngnre\nnormal-wb r-'
		has "rows 1621 cells 1621" "fits $width" \
			"details IPA 0x41005000..0x41005fff Size 4 KiB PA 0x45805000..0x45805fff Level 3 Type normal-wb SH ISH Rights rw EL1:- EL0:- Bits AF=0 DBM=0 contiguous=0 Descriptor 0x00400000458050db" \
			"right IPA 0x41006000..0x41009fff Size 16 KiB Says hole, focus 0x41006000..0x41009fff, 16 KiB: hole" \
			"search 0x40201000: 1 rows, details IPA 0x40200000..0x403fffff Size 2 MiB Says hole" \
			"search 40201000: 1 rows, details IPA 0x40200000..0x403fffff Size 2 MiB Says hole"
		grep -q "^search device-ngnre: 2 rows" "$work/out" || failed "a search for a type: $(cat "$work/out")"
		grep -q "^search normal-wb r-: $(grep -c ',15,[0-3],1,\|,6,-,1,' "$work/kvm.csv") rows" "$work/out" ||
			failed "a search for two words: $(cat "$work/out")"
	done
	good combine --matrix --html
	cp "$work/out" "$work/matrix.html"
	matrix 1280
	matrix 390
	ask kinds#0x601000 390 </dev/null
	problem="the table of level 3 at 0x50000000, for IPA 0x600000 on, is not in the dump"
	has "rows 136 cells 136" "fits 390" "details IPA 0x600000..0x7fffff Size 2 MiB Says $problem" "Problems$problem"
	ask many#0x0 1280 <<<0xb201000
	has "details IPA 0x0..0x3fff Size 16 KiB Says ranges: 4" \
		"45568 ranges are not shown as rows of their own: neighbours were joined, since there are too many. s2pt map --csv has them all." \
		"search 0xb201000: 1 rows, details IPA 0xb201000..0x7fffffffff Size 511.8 GiB Says hole"
elif [ -n "${S2PT_NEED_CHROMIUM-}" ]; then
	failed "there is no Chromium"
else
	echo "there is no Chromium: nobody has looked at the pages"
fi

finish
