/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * entry_update.h: a change of the attributes of leaves, as data.
 *
 * What a host asks for is checked against the format once. It becomes bits to clear and bits to set, and where
 * permissions cannot be changed so, a map over their values: XN and S2AP together have sixteen, as a permission index
 * would have. To apply that to a leaf takes a few instructions, which cannot fail, and the engine need not know which
 * bits they are about.
 */
#ifndef S2PT_ARCH_ENTRY_UPDATE_H
#define S2PT_ARCH_ENTRY_UPDATE_H

#include <s2pt/impl/table.h>

#include "arch/entry.h"

/* An update that changes nothing. */
static inline void
entry_update_init(struct s2pt_entry_update *update)
{
	update->when = 0;
	update->clear = 0;
	update->set = 0;
	update->perm = 0;
	update->stale = field_mask(DESC_S2AP_R) | field_mask(DESC_S2AP_W) | field_mask(DESC_DBM) |
			field_mask(DESC_XN0) | field_mask(DESC_XN1);
	update->maps_perm = false;
	update->makes_executable = false;
	update->breaks = false;
}

/*
 * The update that a host asks for. @tracking_bit: the table's, or 0; who loses write permission loses it, too.
 * S2PT_ERR_CHANGE: it contradicts itself or the format. S2PT_ERR_MEMTYPE, S2PT_ERR_SH.
 */
enum s2pt_status s2pt__entry_update_make(const struct s2pt_format *format, const struct s2pt_change *change,
					 uint64_t tracking_bit, struct s2pt_entry_update *update);

/* Does a change only add permissions, and set AF? */
bool s2pt__change_only_adds(const struct s2pt_change *change);

/* Writable leaves become clean ones whose writes are tracked. */
static inline void
entry_update_track(struct s2pt_entry_update *update, uint64_t tracking_bit)
{
	update->when = ENTRY_DIRTY;
	update->clear = ENTRY_DIRTY;
	update->set = tracking_bit;
}

/* Writable leaves become dirty ones whose writes are tracked. A cached entry permits the same: it may stay. */
static inline void
entry_update_track_dirty(struct s2pt_entry_update *update, uint64_t tracking_bit)
{
	update->when = ENTRY_DIRTY;
	update->set = tracking_bit;
	update->stale = 0;
}

/* Tracked leaves become writable ones. A cached entry is stricter, or lets hardware set what is set: it may stay. */
static inline void
entry_update_untrack(struct s2pt_entry_update *update, uint64_t tracking_bit)
{
	update->when = tracking_bit;
	update->clear = tracking_bit;
	update->set = ENTRY_DIRTY;
	update->stale = 0;
}

/* Tracked leaves become dirty. */
static inline void
entry_update_dirty(struct s2pt_entry_update *update, uint64_t tracking_bit)
{
	update->when = tracking_bit;
	update->set = tracking_bit ? ENTRY_DIRTY : 0;
}

/* What an update makes of the leaf @raw. */
static inline uint64_t
entry_update_apply(const struct s2pt_entry_update *update, uint64_t raw)
{
	if (~raw & update->when)
		return raw;
	raw = (raw & ~update->clear) | update->set;
	if (update->maps_perm)
		raw = entry_with_perm(
			raw, (unsigned)(update->perm >> entry_perm(raw) * ENTRY_PERM_BITS & (ENTRY_PERMS - 1u)));
	return raw;
}

/* May the update make memory executable, or of another type? */
static inline bool
entry_update_may_forbid(const struct s2pt_entry_update *update)
{
	return update->makes_executable || update->breaks;
}

/* Would the update, which makes @wanted of the leaf @raw, make Device or Normal-NC memory executable? */
static inline bool
entry_update_forbidden(const struct s2pt_entry_update *update, uint64_t raw, uint64_t wanted)
{
	if (!entry_update_may_forbid(update))
		return false;
	return entry_is_uncached(wanted) && entry_is_executable(wanted) &&
	       (!entry_is_uncached(raw) || !entry_is_executable(raw));
}

#endif
