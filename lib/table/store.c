/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* store.c: stores beside which hardware may write AF and dirty state. See store.h. */
#include "table/store.h"

void
s2pt__trace_store(const struct s2pt_table *table, uint64_t *entry, uint64_t before, uint64_t after)
{
	const struct s2pt_host_ops *host = table->host;

	if (host->trace)
		host->trace(host->context, entry, s2pt_desc_of(before), s2pt_desc_of(after));
	if (host->flags & S2PT_HOST_NONCOHERENT)
		host->clean_tables(host->context, entry, sizeof(*entry));
}

uint64_t
s2pt__clear_entry(const struct s2pt_table *table, uint64_t *entry, uint64_t after)
{
	uint64_t before = entry_load(entry);

	if (table->hw_updates)
		before = entry_exchange(entry, after);
	else
		entry_store(entry, after);
	trace_store(table, entry, before, after);
	return before;
}

void
s2pt__set_nt(const struct s2pt_table *table, uint64_t *entry)
{
	uint64_t raw = entry_fetch_or(entry, ENTRY_NT);

	trace_store(table, entry, raw, raw | ENTRY_NT);
}

/* Only bits 1:0 change, which hardware never writes: what it writes to the others meanwhile stays. */
void
s2pt__break_entries(const struct s2pt_table *table, uint64_t *entry, uint64_t count)
{
	const uint64_t first = entry_load(entry), flip = first ^ entry_broken(first);
	const uint64_t *const end = entry + count;

	for (; entry < end && (table->has_observer || table->hw_updates); entry++) {
		const uint64_t raw = entry_fetch_xor(entry, flip);

		trace_store(table, entry, raw, raw ^ flip);
	}
	for (; entry < end; entry++)
		entry_store(entry, entry_load(entry) ^ flip);
}
