/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Windows of RAM in a sparse physical address space. */
#include <stdatomic.h>
#include <stdlib.h>

#include "model_internal.h"

bool
model_add_ram(struct model *m, uint64_t pa, size_t bytes)
{
	struct window *w;
	unsigned i;

	for (i = 0; i < m->n_win; i++) {
		w = &m->win[i];
		if (pa < w->pa + w->bytes && w->pa < pa + bytes)
			return false;
	}
	bytes = (bytes + 0xffff) & ~(size_t)0xffff;
	if (m->n_win == WINDOWS_MAX || !bytes)
		return false;
	w = &m->win[m->n_win];
	/* Not aligned_alloc() and memset(): zeroes that nobody reads cost nothing this way. */
	w->base = calloc(1, bytes + 0xffff);
	if (!w->base)
		return false;
	w->mem = (unsigned char *)w->base + (-(uintptr_t)w->base & 0xffff);
	w->pa = pa;
	w->bytes = bytes;
	m->n_win++;
	return true;
}

void *
model_virt(struct model *m, uint64_t pa)
{
	unsigned i;

	for (i = 0; i < m->n_win; i++)
		if (pa - m->win[i].pa < m->win[i].bytes)
			return m->win[i].mem + (pa - m->win[i].pa);
	return NULL;
}

uint64_t
model_phys(struct model *m, const void *virt)
{
	uintptr_t at = (uintptr_t)virt, base;
	unsigned i;

	for (i = 0; i < m->n_win; i++) {
		base = (uintptr_t)m->win[i].mem;
		if (at - base < m->win[i].bytes)
			return m->win[i].pa + (at - base);
	}
	return UINT64_MAX;
}

static _Atomic(uint64_t) *
cell(struct model *m, uint64_t pa)
{
	return (_Atomic(uint64_t) *)model_virt(m, pa & ~UINT64_C(7));
}

bool
mi_read(struct model *m, uint64_t pa, uint64_t *v)
{
	_Atomic(uint64_t) *p = cell(m, pa);

	if (!p)
		return false;
	*v = atomic_load_explicit(p, memory_order_acquire);
	return true;
}

void
mi_write(struct model *m, uint64_t pa, uint64_t v)
{
	_Atomic(uint64_t) *p = cell(m, pa);

	if (p)
		atomic_store_explicit(p, v, memory_order_release);
}

/* What the hardware does to set AF or the dirty state. */
bool
mi_cas(struct model *m, uint64_t pa, uint64_t old, uint64_t v)
{
	_Atomic(uint64_t) *p = cell(m, pa);

	return p && atomic_compare_exchange_strong(p, &old, v);
}

bool
mi_in_pool(const struct model *m, uint64_t pa)
{
	return pa - m->win[0].pa < m->win[0].bytes;
}

uint64_t *
mi_shadow(struct model *m, uint64_t pa)
{
	return &m->shadow[(pa - m->win[0].pa) >> 3];
}
