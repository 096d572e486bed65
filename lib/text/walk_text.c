/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* walk_text.c: words for walks and faults: what a panic handler prints when a guest is where it should not be. */
#include <s2pt/text.h>

#include "text/writer.h"

static const char fault_names[][16] = {
	[S2PT_FAULT_TRANSLATION] = "translation",
	[S2PT_FAULT_ADDRESS_SIZE] = "address_size",
	[S2PT_FAULT_ACCESS_FLAG] = "access_flag",
	[S2PT_FAULT_PERMISSION] = "permission",
	[S2PT_FAULT_ALIGNMENT] = "alignment",
	[S2PT_FAULT_EXCLUSIVE] = "exclusive",
	[S2PT_FAULT_TLB_CONFLICT] = "tlb_conflict",
	[S2PT_FAULT_WALK_ABORT] = "walk_abort",
	[S2PT_FAULT_ATOMIC] = "atomic",
	[S2PT_FAULT_GPC_WALK] = "gpc_walk",
	[S2PT_FAULT_GPC] = "gpc",
	[S2PT_FAULT_OTHER] = "other",
};
_Static_assert(COUNT(fault_names) == S2PT_FAULT_KIND_COUNT, "a name for each kind of fault");

static const char access_names[][8] = { "read", "write", "fetch" };

static const char cause_names[][16] = {
	"dirty",
	"overlay",
	"assured_only",
	"top_level",
	"gcs",
	"tag_access",
	"tnd",
	"hdbss",
};
_Static_assert(COUNT(cause_names) == S2PT_FAULT_CAUSE_COUNT, "a name for each cause");

static const char note_names[][12] = {
	"t0sz",
	"root",
	"res0",
	"memattr",
	"sh",
	"contiguous",
	"nt",
	"oa",
};
_Static_assert(COUNT(note_names) == S2PT_WALK_NOTE_COUNT, "a name for each note");

static const char note_texts[][104] = {
	"T0SZ is beyond what the CPU has: it may be taken for another, and no fault.",
	"The root register has bits below its alignment: they are RES0.",
	"A descriptor has RES0 bits: a later architecture may give them a meaning.",
	"The memory type is reserved: a CPU may take it for any other.",
	"The shareability is reserved: a CPU may take it for any other.",
	"A contiguous group that is larger than the address space, or cannot be: it may be a Translation fault.",
	"nT is set: a block on its way to be a table, which may be a Translation fault.",
	"Address bits that this CPU does not have are set: it may be an Address size fault.",
};
_Static_assert(COUNT(note_texts) == S2PT_WALK_NOTE_COUNT, "a sentence for each note");

const char *
s2pt_fault_kind_name(enum s2pt_fault_kind kind)
{
	return NAME(fault_names, kind);
}

const char *
s2pt_fault_access_name(enum s2pt_fault_access access)
{
	return NAME(access_names, access);
}

const char *
s2pt_fault_cause_name(uint32_t cause)
{
	return NAME(cause_names, bit_index(cause));
}

const char *
s2pt_walk_note_name(uint32_t note)
{
	return NAME(note_names, bit_index(note));
}

const char *
s2pt_walk_note_text(uint32_t note)
{
	return NAME(note_texts, bit_index(note));
}

size_t
s2pt_text_walk_notes(char *buf, size_t size, uint32_t notes)
{
	struct writer w = writer_of(buf, size);

	PUT_SET(&w, note_names, notes);
	return w.length;
}

static void
put_level(struct writer *w, int level)
{
	put_text(w, "level ");
	if (level < 0)
		put_char(w, '-');
	put_decimal(w, (uint64_t)(level < 0 ? -level : level));
}

size_t
s2pt_text_fault(char *buf, size_t size, const struct s2pt_fault *fault)
{
	struct writer w = writer_of(buf, size);

	put_text(&w, s2pt_fault_kind_name(fault->kind));
	put_text(&w, " fault, ");
	if (s2pt_fault_has_level(fault->kind)) {
		put_level(&w, fault->level);
		put_text(&w, ", ");
	}
	put_text(&w, s2pt_fault_access_name(fault->access));
	if (fault->s1_walk)
		put_text(&w, ", on a stage-1 walk");
	if (fault->maintenance)
		put_text(&w, ", cache maintenance or AT");
	if (fault->ipa_known) {
		put_text(&w, fault->ipa_page_only ? ", page of IPA " : ", IPA ");
		put_hex(&w, fault->ipa.addr);
	}
	if (fault->va_known) {
		put_text(&w, ", VA ");
		put_hex(&w, fault->va);
	}
	if (fault->causes) {
		put_text(&w, ", for");
		PUT_SET(&w, cause_names, fault->causes);
	}
	return w.length;
}

size_t
s2pt_text_walk_step(char *buf, size_t size, const struct s2pt_format *format, const struct s2pt_walk_step *step)
{
	struct writer w = writer_of(buf, size);
	size_t at;

	put_level(&w, step->level);
	put_char(&w, ' ');
	put_hex(&w, step->address);
	put_text(&w, ": ");
	at = w.length < size ? w.length : size;
	return w.length + s2pt_text_desc(size ? buf + at : buf, size - at, format, step->level, step->desc);
}
