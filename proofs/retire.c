/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A dead subtree of two levels, of any contents and under any budget: each table under it is retired once, and no
 * other; the count of tables goes down by as many, that of annotations by those that were in it; the memory of each
 * leaf that needs it is cleaned, before the table is anybody else's; and no array is overrun.
 */
#include "table/gather.c"
#include "table/reclaim.c"

#define SMALL_LG2       1u
#define SMALL_GROUP_LG2 1u
#include "small.h"

static struct {
	uint64_t top[SMALL], leaf[SMALL][SMALL];
	unsigned retired[SMALL];
	uint64_t pa; /* any page */
	bool needed, cleaned;
} it;

#define LEAF_PA(i) (UINT64_C(0x10000) + ((uint64_t)(i) << 12))

static void *
to_virt(void *context, s2pt_pa pa)
{
	(void)context;
	if (pa.addr == 0x8000)
		return it.top;
	for (unsigned i = 0; i < SMALL; i++)
		if (pa.addr == LEAF_PA(i))
			return it.leaf[i];
	prove(!"a table that there is");
	return it.top;
}

static void
retire(void *context, enum s2pt_memory what, size_t bytes, const struct s2pt_page *pages, size_t count)
{
	(void)context;
	prove(what == S2PT_MEMORY_TABLE && bytes == 4096 && count && count <= S2PT_GATHER_PAGES);
	prove(!it.needed || it.cleaned || small.table.n_cleans == 0);
	for (size_t n = 0; n < count; n++)
		for (unsigned i = 0; i < SMALL; i++)
			if (pages[n].pa.addr == LEAF_PA(i)) {
				prove(pages[n].virt == it.leaf[i]);
				it.retired[i]++;
			}
}

static bool
clean_data(void *context, s2pt_pa pa, uint64_t bytes)
{
	(void)context;
	it.cleaned = it.cleaned || it.pa - pa.addr < bytes;
	return true;
}

static void
proof(void)
{
	struct s2pt_table *t = &small.table;
	struct s2pt_unlinked dead;
	uint64_t links = 0, annotated = 0, others = any_below(100), kept = any_below(100);
	const unsigned any = (unsigned)any_below(SMALL);
	const uint64_t budget = any_bool() ? UINT64_MAX : 1 + any_below(3);

	small_init();
	small.host.to_virt = to_virt;
	small.host.retire = retire;
	small.host.clean_data = clean_data;
	it.pa = any_below(64) << 12;
	it.needed = it.cleaned = false;
	for (unsigned i = 0; i < SMALL; i++) {
		const bool link = any_bool();

		it.retired[i] = 0;
		/* A link, a block, an annotation or nothing. */
		it.top[i] = link       ? LEAF_PA(i) | 3u
			  : any_bool() ? (any_u64() & ~UINT64_C(3) & ~bits_below(48)) | 1u
			  : any_bool() ? any_u64() & ~UINT64_C(3)
				       : 0;
		annotated += !link && entry_is_annotation(it.top[i]);
		links += link;
		for (unsigned n = 0; n < SMALL; n++) {
			it.leaf[i][n] = any_bool() ? (any_u64() & ~bits_below(48)) | any_below(64) << 12 |
							     any_below(16) << 2 | 3u
				      : any_bool() ? any_u64() & ~UINT64_C(3)
						   : 0;
			annotated += link && entry_is_annotation(it.leaf[i][n]);
			if (link && (it.leaf[i][n] & 1u) &&
			    ((unsigned)t->cmo_memattrs >> (it.leaf[i][n] >> 2 & 15u) & 1u) && t->needs_clean &&
			    (it.leaf[i][n] & bits_below(48) & ~bits_below(12)) == it.pa)
				it.needed = true;
		}
	}
	/* Others have annotations and tables, too; the dead table itself is one of them. */
	t->annotations = annotated + kept;
	t->pages = links + others;
	s2pt__begin_retiring(&dead, s2pt_pa_of(0x8000), 2);
	const bool done = s2pt__retire_below(t, &dead, budget);

	retire_pages(t);
	prove(t->n_pages == 0 && t->n_cleans == 0);
	prove(it.retired[any] <= ((it.top[any] & 3u) == 3u));
	if (done) {
		prove(it.retired[any] == ((it.top[any] & 3u) == 3u));
		prove(t->pages == others);
		prove(!it.needed || it.cleaned);
		/* Where there were none at all nobody looked for any. */
		prove(t->annotations == kept);
		reach();
	} else {
		prove(budget <= links && t->pages + budget == links + others);
		reach();
	}
	if (it.cleaned)
		reach();
}
