/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* drive.c: the loop of every range operation. See drive.h. */
#include "table/drive.h"

#include "table/reclaim.h"
#include "table/resize.h"
#include "table/unlink.h"

/* The range cuts the leaf where it goes on: do as op->partial says. */
static enum s2pt_status
partial_leaf(struct s2pt_range *r)
{
	if (r->op->partial == S2PT_PARTIAL_SPLIT)
		return s2pt__split_step(r, S2PT_LEVEL_LAST, 1);
	return r->op->partial == S2PT_PARTIAL_ZAP && !r->keeps ? s2pt__zap(r) : S2PT_ERR_WOULD_SPLIT;
}

bool
s2pt__prepare_step(struct s2pt_range *r, enum s2pt_status *status)
{
	if (*status == S2PT_ERR_WOULD_SPLIT)
		*status = partial_leaf(r);
	/*
	 * Tables that were unlinked count against the page limit, and are not the host's, until they are given back.
	 * Once at a place: what the step itself has unlinked, it needs again.
	 */
	if (*status == S2PT_ERR_MEMORY && has_unlinked(r->table) && r->table->short_at != r->ipa) {
		r->table->short_at = r->ipa;
		s2pt__gather_drain(r->table);
		*status = S2PT_OK;
		return true;
	}
	if (*status != S2PT_OK || r->ipa >= r->end)
		return false;
	if (r->op->budget && r->spent >= r->op->budget) {
		*status = S2PT_ERR_BUDGET;
		return false;
	}
	if (!gather_has_room(r->table))
		s2pt__gather_drain(r->table);
	return true;
}
