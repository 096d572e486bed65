/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * descend.c: from the start table to a leaf, by descriptors that may hold anything.
 *
 * Each level is read once, so that no loop of tables makes a walk longer. An address is checked before it is used.
 */
#include "walk/descend.h"

#include "arch/entry.h"

void
s2pt__walk_begin(struct s2pt_walk *walk, uint64_t input, uint32_t notes)
{
	walk->steps = 0;
	walk->notes = notes;
	walk->input = input;
	walk->leaf = false;
	walk->off = false;
	walk->lg2 = 0;
	walk->output = 0;
	walk->el1 = 0;
	walk->el0 = 0;
	walk->updates = 0;
	walk->s1.off = false;
	walk->s1.mair = 0;
	walk->s1.sh = 0;
	walk->s2.memattr = 0;
	walk->s2.sh = 0;
	walk->s2.fnxs = false;
	walk->faults = false;
	walk->fault.kind = S2PT_FAULT_TRANSLATION;
	walk->fault.access = S2PT_FAULT_READ;
	walk->fault.level = 0;
	walk->fault.s1_walk = false;
	walk->fault.maintenance = false;
	walk->fault.ipa_known = false;
	walk->fault.ipa_page_only = false;
	walk->fault.ns = false;
	walk->fault.va_known = false;
	walk->fault.causes = 0;
	walk->fault.ipa = s2pt_ipa_of(UINT64_MAX);
	walk->fault.va = 0;
}

void
s2pt__walk_off(struct s2pt_walk *walk)
{
	walk->off = true;
	walk->leaf = true;
	walk->output = walk->input;
	walk->el1 = RIGHTS_ALL;
	walk->el0 = RIGHTS_ALL;
}

bool
s2pt__walk_fault(struct s2pt_walk *walk, enum s2pt_fault_kind kind, int level)
{
	walk->faults = true;
	walk->updates = 0;
	walk->fault.kind = kind;
	walk->fault.level = (int8_t)level;
	return false;
}

/* What a leaf has beside its attributes. False: a fault. */
static bool
read_leaf(const struct s2pt_format *format, int level, uint64_t raw, bool block, struct s2pt_walk *walk)
{
	const unsigned lg2 = s2pt_format_level_lg2(format, level);
	const uint64_t output = address_get(format, lg2, raw) | (walk->input & bits_below(lg2));

	if ((raw & ENTRY_CONTIGUOUS) && !s2pt_format_contiguous_lg2(format, level))
		walk->notes |= S2PT_WALK_NOTE_CONTIGUOUS;
	if (block && (raw & ENTRY_NT) && (format->feats & S2PT_FEAT_BBML1))
		walk->notes |= S2PT_WALK_NOTE_NT;
	/* (Of the byte: a block may be larger than all the addresses that there are.) */
	if (output >> format->oa_bits)
		return s2pt__walk_fault(walk, S2PT_FAULT_ADDRESS_SIZE, level);
	walk->leaf = true;
	walk->lg2 = (uint8_t)lg2;
	walk->output = output;
	return true;
}

bool
s2pt__descend(const struct s2pt_format *format, uint64_t root, const struct s2pt_reader *reader,
	      struct s2pt_walk *walk)
{
	uint64_t table = root, resolved = bits_below(format->ipa_bits);

	for (int level = format->start_level;; level++) {
		const unsigned lg2 = s2pt_format_level_lg2(format, level);
		struct s2pt_walk_step *step = &walk->step[walk->steps];
		enum s2pt_desc_kind kind;

		step->level = (int8_t)level;
		step->address = table + (walk->input & resolved) / (UINT64_C(1) << lg2) * sizeof(uint64_t);
		if (!reader->read(reader->context, step->address, &step->desc.raw))
			return s2pt__walk_fault(walk, S2PT_FAULT_WALK_ABORT, level);
		walk->steps++;
		kind = s2pt_desc_kind(format, level, step->desc);
		if (kind == S2PT_DESC_INVALID)
			return s2pt__walk_fault(walk, S2PT_FAULT_TRANSLATION, level);
		/* (Where it has no address bits. With FEAT_LPA, and in other granules, they are others.) */
		if (format->granule_lg2 == S2PT_GRANULE_64K && !(format->feats & S2PT_FEAT_LPA) &&
		    (step->desc.raw & (bits_below(S2PT_GRANULE_64K) & ~bits_below(S2PT_GRANULE_4K))))
			walk->notes |= S2PT_WALK_NOTE_OA;
		if (kind != S2PT_DESC_TABLE)
			return read_leaf(format, level, step->desc.raw, kind == S2PT_DESC_BLOCK, walk);
		table = address_get(format, format->granule_lg2, step->desc.raw);
		if (table >> format->oa_bits)
			return s2pt__walk_fault(walk, S2PT_FAULT_ADDRESS_SIZE, level);
		resolved = bits_below(lg2);
	}
}

/* The right that an access needs. The walker of stage 1 reads descriptors, whatever they are wanted for. */
static unsigned
right_of(const struct s2pt_walk_access *access)
{
	if (access->kind == S2PT_FAULT_WRITE)
		return S2PT_RIGHT_WRITE;
	return access->kind == S2PT_FAULT_FETCH && !access->s1_walk ? S2PT_RIGHT_EXEC : S2PT_RIGHT_READ;
}

bool
s2pt__walk_end(const struct s2pt_format *format, const struct s2pt_walk_access *access, uint64_t dirty,
	       struct s2pt_walk *walk)
{
	const int level = walk->step[walk->steps - 1u].level;

	if (!(walk_leaf(walk) & ENTRY_AF)) {
		if (!(format->feats & S2PT_FEAT_HAFDBS_AF))
			return s2pt__walk_fault(walk, S2PT_FAULT_ACCESS_FLAG, level);
		walk->updates = ENTRY_AF;
	}
	if (!((access->el0 ? walk->el0 : walk->el1) & right_of(access)))
		return s2pt__walk_fault(walk, S2PT_FAULT_PERMISSION, level);
	if (access->kind == S2PT_FAULT_WRITE)
		walk->updates |= dirty;
	return true;
}
