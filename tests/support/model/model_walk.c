/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The hardware walker: AArch64.S2Translate and AArch64.S2Walk over raw memory. */
#include <string.h>

#include "model_internal.h"

/* EncodeLDFSC */
static unsigned
fault_code(enum model_result result, int level)
{
	unsigned ll = (unsigned)level & 3;

	switch (result) {
	case MODEL_ADDRESS_SIZE:
		return level < 0 ? 0x29 : ll;
	case MODEL_TRANSLATION:
		return level < 0 ? 0x2b : 0x04 | ll;
	case MODEL_ACCESS_FLAG:
		return 0x08 | ll;
	case MODEL_PERMISSION:
		return 0x0c | ll;
	case MODEL_EXTERNAL_ABORT:
		return level < 0 ? 0x13 : 0x14 | ll;
	case MODEL_TLB_CONFLICT:
		return 0x30;
	default:
		return 0;
	}
}

void
mi_fault(struct model_outcome *out, enum model_result result, int level)
{
	out->result = result;
	out->level = level;
	out->fsc = fault_code(result, level);
}

static bool
permitted(const struct model_access *acc, const struct perms *p)
{
	switch (acc->kind) {
	case MODEL_READ:
		return p->r;
	case MODEL_WRITE:
		return p->w;
	default:
		return acc->el ? p->x1 : p->x0;
	}
}

/* Sets AF and the dirty state in memory, atomically. False if the entry is another one by now. */
static bool
hardware_update(struct model *m, const struct walk *w, uint64_t *desc, uint64_t desc_pa)
{
	uint64_t updated = *desc;

	if (m->f.ha && w->update_af)
		updated |= MODEL_ATTR_AF;
	if (m->f.hd && w->update_dirty && w->acc->kind == MODEL_WRITE && FIELD(*desc, 51, 51))
		updated |= MODEL_ATTR_DIRTY;
	if (updated == *desc)
		return true;
	if (!mi_cas(m, desc_pa, *desc, updated))
		return false;
	mi_hw_update(m, desc_pa, updated);
	*desc = updated;
	return true;
}

/*
 * The end of a walk: `oa` is what `base` translates to. Sets a fault or the answer; if the
 * hardware update lost its race the result is a Translation fault at level 0 (the caller walks).
 */
void
mi_leaf(struct model *m, struct walk *w, uint64_t desc, uint64_t desc_pa, int level, uint64_t oa,
	uint64_t base, struct model_outcome *out)
{
	struct perms p = mi_perms(m, desc);

	out->level = level;
	out->desc_pa = desc_pa;
	out->size_lg2 = mi_lg2(&m->f, level);
	out->pa = oa + (w->acc->ipa - base);
	out->r = p.r;
	out->w = p.w;
	out->x1 = p.x1;
	out->x0 = p.x0;
	out->desc = desc;
	mi_memory_type(m, desc, out);
	/* AArch64.OAOutOfRange() is about the address of the byte. */
	if (out->pa >> m->f.ps) {
		mi_fault(out, MODEL_ADDRESS_SIZE, level);
		return;
	}
	if (!(desc & MODEL_ATTR_AF) && !m->f.ha) {
		mi_fault(out, MODEL_ACCESS_FLAG, level);
		return;
	}
	if (!permitted(w->acc, &p))
		mi_fault(out, MODEL_PERMISSION, level);
	if (out->result != MODEL_OK)
		w->update_dirty = false;
	if (!hardware_update(m, w, &out->desc, desc_pa))
		mi_fault(out, MODEL_TRANSLATION, 0);
}

/* Continues a walk in the table at `table`, whoever told where it is. */
void
mi_walk_from(struct model *m, struct walk *w, uint64_t table, int level, unsigned index_lg2,
	     struct model_outcome *out)
{
	const struct fmt *f = &m->f;
	uint64_t ipa = w->acc->ipa, desc, pa;
	unsigned lg2;

	for (;; level++, index_lg2 = f->s) {
		lg2 = mi_lg2(f, level);
		pa = table + ((ipa >> lg2) & MASK(index_lg2)) * 8;
		if (!mi_read(m, pa, &desc)) {
			mi_fault(out, MODEL_EXTERNAL_ABORT, level);
			return;
		}
		switch (mi_kind(m, desc, level)) {
		case D_INVALID:
			mi_fault(out, MODEL_TRANSLATION, level);
			return;
		case D_LEAF:
			mi_leaf(m, w, desc, pa, level, mi_oa(f, desc, level), ipa & ~MASK(lg2), out);
			return;
		case D_TABLE:
			break;
		}
		table = mi_next_table(f, desc);
		if (table >> f->ps) {
			mi_fault(out, MODEL_ADDRESS_SIZE, level);
			return;
		}
		w->step[w->n].desc = desc;
		w->step[w->n].desc_pa = pa;
		w->step[w->n++].level = level;
	}
}

void
mi_walk(struct model *m, struct walk *w, struct model_outcome *out)
{
	const struct fmt *f = &m->f;

	memset(out, 0, sizeof(*out));
	w->n = 0;
	m->stats.walks++;
	if (!f->on) {
		out->pa = w->acc->ipa;
		out->r = out->w = out->x1 = out->x0 = true;
		out->outer = out->inner = MODEL_WB;
		return;
	}
	if (f->bad || w->acc->ipa >> f->ia) {
		mi_fault(out, MODEL_TRANSLATION, 0);
		return;
	}
	if (f->bad_root) {
		mi_fault(out, MODEL_ADDRESS_SIZE, 0);
		return;
	}
	mi_walk_from(m, w, f->root, f->start, f->root_lg2, out);
}

void
model_walk(struct model *m, const struct model_access *acc, struct model_outcome *out)
{
	struct walk w = { .acc = acc };

	mi_walk(m, &w, out);
}
