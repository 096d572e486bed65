/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* update.c: a change of attributes over a range. See update.h. */
#include "table/update.h"

#include "table/cmo.h"

void
s2pt__update_init(struct s2pt_update *update, struct s2pt_table *table)
{
	update->table = table;
	entry_update_init(&update->entry);
	update->clean = false;
	update->icache = false;
	update->unfolds = false;
	update->level = LEVELS;
}

/* Can the host do the maintenance that the change needs? */
static enum s2pt_status
check_host(const struct s2pt_update *update)
{
	const struct s2pt_host_ops *host = update->table->host;

	if (update->clean && !host->clean_data)
		return S2PT_ERR_HOST_DATA;
	return update->icache && !host->invalidate_icache ? S2PT_ERR_HOST_ICACHE : S2PT_OK;
}

enum s2pt_status
s2pt__protect_update(struct s2pt_update *update, struct s2pt_table *table, const struct s2pt_change *change)
{
	enum s2pt_status status;

	update->table = table;
	update->unfolds = false;
	update->level = LEVELS;
	status = s2pt__entry_update_make(table->format, change, table->tracking_bit, &update->entry);
	if (status != S2PT_OK)
		return status;
	update->clean = change->retype && change->ram;
	update->icache = update->entry.makes_executable && change->ram && needs_icache(table);
	return check_host(update);
}

enum s2pt_status
s2pt__relax_update(struct s2pt_update *update, struct s2pt_table *table, const struct s2pt_change *rights)
{
	enum s2pt_status status;

	if (!s2pt__change_only_adds(rights))
		return S2PT_ERR_CHANGE;
	status = s2pt__protect_update(update, table, rights);
	/* A CPU that has cached an entry with fewer permissions faults, and relaxes in its turn. */
	update->entry.stale = 0;
	return status;
}

void
s2pt__update_prepare(const struct s2pt_update *update, uint64_t raw, int level)
{
	const struct s2pt_table *table = update->table;

	if (update->icache && !entry_is_executable(raw))
		table->host->invalidate_icache(table->host->context,
					       s2pt_pa_of(s2pt__address_of(table, raw, level)),
					       level_bytes(table, level));
}
