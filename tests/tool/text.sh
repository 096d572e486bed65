# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Memory as debuggers print it, and tables in programs, found by their symbols.
. "$(dirname "$0")/lib.sh"

regs=(--vtcr 0x80053559 --vttbr 0x40000000)
{
	printf '40000000 +4M 80000000 rw x\n1000 +4K 2000 r-\n'
	for ((i = 0; i < 40; i++)); do
		printf '%x +4K 3000 rw\n' $((0x800000 + i * 8192))
	done
} >"$work/layout"
good gen "${regs[@]}" --raw "$work/table" "$work/layout"
good map "${regs[@]}" "$work/table@40000000"
cp "$work/out" "$work/ranges"

# What each program prints of it: words of 64 and of 32 bits, bytes, bytes in pairs.
python3 - "$work" <<'END'
import struct, sys
work = sys.argv[1]
data = open(work + "/table", "rb").read()
base = 0x40000000
def lines(name, size, put):
    with open(f"{work}/{name}", "w") as out:
        for at in range(0, len(data), size):
            out.write(put(base + at, data[at:at + size]) + "\n")
lines("gdb-g", 16, lambda a, d: "0x%x:\t" % a + "\t".join("0x%016x" % w for w in struct.unpack("<2Q", d)))
lines("gdb-w", 16, lambda a, d: "0x%x <s2_tables+%d>:\t" % (a, a - base) + "\t".join("0x%08x" % w for w in struct.unpack("<4I", d)))
lines("gdb-h", 16, lambda a, d: "0x%x:\t" % a + "\t".join("0x%04x" % w for w in struct.unpack("<8H", d)))
lines("gdb-b", 8, lambda a, d: "0x%x <s2 tables of it>:\t" % a + "\t".join("0x%02x" % b for b in d))
lines("xp", 16, lambda a, d: "%016x: " % a + " ".join("0x%016x" % w for w in struct.unpack("<2Q", d)))
text = lambda d: "".join(chr(b) if 32 <= b < 127 else "." for b in d)
lines("xxd", 16, lambda a, d: "%08x: " % a + " ".join(d[i:i + 2].hex() for i in range(0, 16, 2)) + "  " + text(d))
lines("xxd-g1", 16, lambda a, d: "%08x: " % a + " ".join(d[i:i + 1].hex() for i in range(16)) + "  abcdef00")
with open(work + "/hexdump", "w") as out:
    before = star = None
    for at in range(0, len(data), 16):
        d = data[at:at + 16]
        if d == before:
            if not star:
                out.write("*\n")
            star = True
            continue
        star, before = False, d
        out.write("%08x  %s  %s  |%s|\n" % (base + at, " ".join("%02x" % b for b in d[:8]), " ".join("%02x" % b for b in d[8:]), text(d)))
    out.write("%08x\n" % (base + len(data)))
END
for name in gdb-g gdb-w gdb-h gdb-b xp xxd xxd-g1 hexdump; do
	good map "${regs[@]}" "$work/$name"
	same "$name" <"$work/ranges"
	# In a log, with other lines, and lines of DOS.
	{ echo "(gdb) x/512gx 0x40000000" && sed 's/$/\r/' "$work/$name" && echo "and so on"; } >"$work/log"
	good map "${regs[@]}" "$work/log"
	same "$name in a log" <"$work/ranges"
done
grep -q '^\*$' "$work/hexdump" || failed "hexdump: no line repeats another"

# A byte 0b is no prefix of a binary number, nor is one of an address: in text, behind @, in a layout, of walk.
printf '0b000000 +4K 80b0000 rw\n' >"$work/0b"
good gen --vtcr 0x80053559 --vttbr 0x0b000000 --raw "$work/table" "$work/0b"
PYTHONDONTWRITEBYTECODE=1 python3 - "$work" <<'END'
import sys
data = open(sys.argv[1] + "/table", "rb").read()
with open(sys.argv[1] + "/xxd", "w") as out:
    for at in range(0, len(data), 16):
        d = data[at:at + 16]
        out.write("%08x: " % (0x0b000000 + at) + " ".join(d[i:i + 2].hex() for i in range(0, 16, 2)) + "  ................\n")
END
for dump in "$work/xxd" "$work/table@0b000000"; do
	good map --vtcr 0x80053559 --vttbr 0x0b000000 "$dump"
	has "0x00000b000000..0x00000b000fff  level 3  0x0000080b0000  normal-wb ISH rw EL1:- EL0:- AF"
	good walk --vtcr 0x80053559 --vttbr 0x0b000000 "$dump" 0b000010
	has "  PA 0x80b0010, EL1 rw-, EL0 rw-"
done

# Of a line as many bytes count as a line may have; what is no number of a memory's width ends it.
printf '0x40000000:' >"$work/long"
for ((i = 0; i < 9; i++)); do
	printf ' 0x0000000040001003' >>"$work/long"
done
run map "${regs[@]}" "$work/long"
grep -q 'at 0x40000040, for IPA 0x200000000 on, is not in the dump' "$work/err" || failed "a long line: $(cat "$work/err")"
printf '0x40000000: 0x0 0x0000000040001003\n' >"$work/odd"
expected=3
says "neither an ELF file" map "${regs[@]}" "$work/odd"

# A part of it: the rest is not there.
head -n 4 "$work/gdb-g" >"$work/part"
run map "${regs[@]}" "$work/part"
grep -q "at 0x40000040, for IPA 0x200000000 on, is not in the dump" "$work/err" || failed "a part: $(cat "$work/err")"
good walk "${regs[@]}" "$work/gdb-g" 40001000
grep -q 'PA 0x80001000' "$work/out" || failed "a walk through text: $(cat "$work/out")"

# No text, too much of it, a file of nothing.
expected=3
echo "nothing of this is memory" >"$work/prose"
says "neither an ELF file nor memory as a debugger prints it" map "${regs[@]}" "$work/prose"
printf '0x0: 0x01\n*\n0x7fffffff0: 0x02\n' >"$work/much"
says "of at most 256 MiB" map "${regs[@]}" "$work/much"
printf '00000000\n*\n00001000\n' >"$work/nothing"
says "neither an ELF file" map "${regs[@]}" "$work/nothing"

# A program that has the table: linked at a virtual address that is not the physical one.
if command -v ld >/dev/null && command -v as >/dev/null && printf '.data\n' | as -o "$work/probe.o" - 2>/dev/null; then
	good gen --base 0x40000000 --ipa 39 --asm --name guest_tables "$work/layout"
	cp "$work/out" "$work/tables.s"
	as -o "$work/tables.o" "$work/tables.s"
	cat >"$work/script" <<-'END'
		SECTIONS { . = 0xffff000040000000; .data : AT(0x40000000) { *(.data) } }
	END
	ld -T "$work/script" -e 0 -o "$work/program" "$work/tables.o" 2>/dev/null
	good map --vtcr 0x80053559 --symbol guest_tables "$work/program"
	same "a program" <"$work/ranges"
	bad "'nobody' is in none of the files' symbols" map --vtcr 0x80053559 --symbol nobody "$work/program"
	bad "'guest_tables_vtcr_el2' lies in no segment" map --vtcr 0x80053559 --symbol guest_tables_vtcr_el2 "$work/program"
	bad "--symbol and --vttbr do not go together" map "${regs[@]}" --symbol guest_tables "$work/program"
fi
bad "--symbol goes with a dump" gen --base 0 --symbol x "$work/layout"
bad "is in none of the files' symbols" map --vtcr 0x80053559 --symbol x "$work/table@40000000"

finish
