/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "dump.h"
#include "dump_text.h"
#include "fail.h"
#include "grow.h"
#include "value.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is mapped. */
struct file {
	const char *name;
	const unsigned char *at;
	uint64_t bytes;
};

static int
cannot_read(const char *verb, const char *name, const char *why)
{
	fail(verb, "cannot read %s: %s", fail_quote(batch_text_of(name)).text, why);
	return EXIT_IO;
}

static int
map_file(struct file *file, const char *verb, const char *name)
{
	const int fd = open(name, O_RDONLY | O_NONBLOCK);
	struct stat info;
	void *at;

	if (fd < 0)
		return cannot_read(verb, name, strerror(errno));
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
		close(fd);
		return cannot_read(verb, name, "it is not a file");
	}
	if (info.st_size == 0) {
		close(fd);
		return cannot_read(verb, name, "it is empty");
	}
	at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return cannot_read(verb, name, strerror(errno));
	file->name = name;
	file->at = at;
	file->bytes = (uint64_t)info.st_size;
	return 0;
}

static int
add_segment(struct dump *dump, const char *verb, uint64_t pa, uint64_t bytes, const unsigned char *at)
{
	if (bytes - 1u > UINT64_MAX - pa)
		return fail(verb, "memory at 0x%llx does not fit 64 bits of address", (unsigned long long)pa);
	dump->segment = grow(dump->segment, (dump->count + 1) * sizeof(*dump->segment));
	dump->segment[dump->count++] = (struct dump_segment){ pa, bytes, at };
	return 0;
}

/* --- ELF -------------------------------------------------------------------------------------- */

/* The part of a segment that the file has: dumps are cut off at times. */
static uint64_t
bytes_there(const struct file *file, const GElf_Phdr *header)
{
	if (header->p_offset >= file->bytes)
		return 0;
	return header->p_filesz < file->bytes - header->p_offset ? header->p_filesz : file->bytes - header->p_offset;
}

static int
add_segments(struct dump *dump, const char *verb, const struct file *file, Elf *elf)
{
	const size_t before = dump->count;
	size_t headers;
	int status = 0;

	if (elf_getphdrnum(elf, &headers) != 0)
		return cannot_read(verb, file->name, elf_errmsg(-1));
	for (size_t i = 0; i < headers && status == 0; i++) {
		GElf_Phdr header;
		uint64_t bytes;

		if (!gelf_getphdr(elf, (int)i, &header))
			return cannot_read(verb, file->name, elf_errmsg(-1));
		bytes = header.p_type == PT_LOAD ? bytes_there(file, &header) : 0;
		if (bytes)
			status = add_segment(dump, verb, header.p_paddr, bytes, file->at + header.p_offset);
	}
	if (status == 0 && dump->count == before)
		return cannot_read(verb, file->name, "it holds no memory: no PT_LOAD segment lies in the file");
	return status;
}

static Elf *
open_elf(const struct file *file)
{
	Elf *elf;

	elf_version(EV_CURRENT);
	/* (Only a file that is opened for writing is written to.) */
	elf = elf_memory((char *)(uintptr_t)file->at, (size_t)file->bytes);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		return elf;
	elf_end(elf);
	return NULL;
}

/* The physical address of the virtual one @va of a program; false where none of its segments has it. */
static bool
to_physical(Elf *elf, uint64_t va, uint64_t *pa)
{
	GElf_Phdr header;
	size_t headers;

	if (elf_getphdrnum(elf, &headers) != 0)
		return false;
	for (size_t i = 0; i < headers; i++)
		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_LOAD && va >= header.p_vaddr &&
		    va - header.p_vaddr < header.p_memsz) {
			*pa = header.p_paddr + (va - header.p_vaddr);
			return true;
		}
	return false;
}

/* The value of the symbol @name, of whichever table of symbols has it. */
static bool
find_symbol(Elf *elf, const char *name, uint64_t *value)
{
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		Elf_Data *data;
		GElf_Shdr header;
		GElf_Sym symbol;

		if (!gelf_getshdr(section, &header) || (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
			const char *const text = elf_strptr(elf, header.sh_link, symbol.st_name);

			if (text && strcmp(text, name) == 0 && symbol.st_shndx != SHN_UNDEF) {
				*value = symbol.st_value;
				return true;
			}
		}
	}
	return false;
}

/* --- Text ------------------------------------------------------------------------------------- */

static int
add_text(struct dump *dump, const char *verb, const struct file *file)
{
	struct dump_text text;
	int status = 0;

	if (!dump_text_read(&text, (const char *)file->at, (size_t)file->bytes))
		return cannot_read(verb, file->name,
				   "it is neither an ELF file nor memory as a debugger prints it, "
				   "of at most 256 MiB; of raw memory say FILE@BASE");
	dump->text = grow(dump->text, (dump->texts + 1) * sizeof(*dump->text));
	dump->text[dump->texts++].at = text.bytes;
	for (size_t i = 0; i < text.pieces && status == 0; i++)
		status = add_segment(dump, verb, text.piece[i].address, text.piece[i].bytes,
				     text.bytes + text.piece[i].at);
	free(text.piece);
	return status;
}

/* --- All of them ------------------------------------------------------------------------------ */

int
dump_add(struct dump *dump, const char *verb, const char *name, const unsigned char *at, uint64_t bytes,
	 const uint64_t *base)
{
	const struct file file = { name, at, bytes };
	Elf *elf;
	int status;

	if (base)
		return add_segment(dump, verb, *base, bytes, at);
	elf = open_elf(&file);
	if (!elf)
		return add_text(dump, verb, &file);
	status = add_segments(dump, verb, &file, elf);
	elf_end(elf);
	return status;
}

static int
add_word(struct dump *dump, const char *verb, const char *word)
{
	const char *base = strrchr(word, '@');
	struct file file;
	uint64_t pa = 0;
	char *name;
	int status;

	if (base && !value_address(batch_text_of(base + 1), &pa))
		return fail(verb, "%s: the base behind @ is not an address, 64 bits of hexadecimal",
			    fail_quote(batch_text_of(word)).text);
	name = base ? strndup(word, (size_t)(base - word)) : strdup(word);
	if (!name)
		return cannot_read(verb, word, strerror(errno));
	status = map_file(&file, verb, name);
	if (status == 0)
		status = dump_add(dump, verb, name, file.at, file.bytes, base ? &pa : NULL);
	free(name);
	return status;
}

static int
by_address(const void *a, const void *b)
{
	const struct dump_segment *one = a, *other = b;

	return (one->pa > other->pa) - (one->pa < other->pa);
}

/* The part of a segment that is there already, at the end of what is sorted: the same bytes, or @bytes is written. */
static bool
is_same(struct dump *sorted, const struct dump_segment *segment, uint64_t *bytes)
{
	const unsigned char *at;
	uint64_t there;

	for (*bytes = 0; *bytes < segment->bytes; *bytes += there) {
		at = dump_at(sorted, segment->pa + *bytes, &there);
		if (!at)
			break;
		if (there > segment->bytes - *bytes)
			there = segment->bytes - *bytes;
		if (memcmp(at, segment->at + *bytes, there) != 0)
			return false;
	}
	return true;
}

/* Of memory that is there twice, as the kernel's text is in kdump's cores, one is enough. */
int
dump_sort(struct dump *dump, const char *verb)
{
	struct dump sorted = { .segment = dump->segment };

	if (dump->count > 1)
		qsort(dump->segment, dump->count, sizeof(*dump->segment), by_address);
	for (size_t i = 0; i < dump->count; i++) {
		struct dump_segment segment = dump->segment[i];
		uint64_t same;

		if (!is_same(&sorted, &segment, &same))
			return fail(verb, "two pieces of memory have the address 0x%llx, and are not the same",
				    (unsigned long long)segment.pa);
		if (same == segment.bytes)
			continue;
		sorted.segment[sorted.count++] =
			(struct dump_segment){ segment.pa + same, segment.bytes - same, segment.at + same };
	}
	dump->count = sorted.count;
	dump->last = 0;
	return 0;
}

int
dump_open(struct dump *dump, const char *verb, char **words, size_t count)
{
	int status = 0;

	*dump = (struct dump){ 0 };
	for (size_t i = 0; i < count && status == 0; i++)
		status = add_word(dump, verb, words[i]);
	if (status == 0)
		status = dump_sort(dump, verb);
	if (status != 0)
		dump_close(dump);
	return status;
}

void
dump_close(struct dump *dump)
{
	for (size_t i = 0; i < dump->texts; i++)
		free(dump->text[i].at);
	free(dump->text);
	free(dump->segment);
	*dump = (struct dump){ 0 };
}

int
dump_symbol(const char *verb, char **words, size_t count, const char *name, uint64_t *pa)
{
	bool found = false, placed = false;

	for (size_t i = 0; i < count && !found; i++) {
		struct file file;
		Elf *elf;
		int status = strchr(words[i], '@') ? 0 : map_file(&file, verb, words[i]);

		if (status != 0)
			return status;
		elf = strchr(words[i], '@') ? NULL : open_elf(&file);
		if (!elf)
			continue;
		found = find_symbol(elf, name, pa);
		placed = found && to_physical(elf, *pa, pa);
		elf_end(elf);
	}
	if (placed)
		return 0;
	return fail(verb, "--symbol: %s %s", fail_quote(batch_text_of(name)).text,
		    found ? "lies in no segment that is loaded" : "is in none of the files' symbols");
}

static bool
holds(const struct dump_segment *segment, uint64_t pa)
{
	return pa >= segment->pa && pa - segment->pa < segment->bytes;
}

const unsigned char *
dump_at(struct dump *dump, uint64_t pa, uint64_t *bytes)
{
	size_t low = 0, high = dump->count;

	if (dump->count == 0)
		return NULL;
	while (!holds(&dump->segment[dump->last], pa)) {
		if (low == high)
			return NULL;
		dump->last = low + (high - low) / 2;
		if (dump->segment[dump->last].pa > pa)
			high = dump->last;
		else
			low = dump->last + 1;
	}
	*bytes = dump->segment[dump->last].bytes - (pa - dump->segment[dump->last].pa);
	return dump->segment[dump->last].at + (pa - dump->segment[dump->last].pa);
}

bool
dump_read(void *context, uint64_t address, uint64_t *value)
{
	uint64_t bytes;
	const unsigned char *at = dump_at(context, address, &bytes);

	if (!at || bytes < sizeof(*value))
		return false;
	*value = dump_number(at);
	return true;
}
