/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "table/change.h"

static bool
contradicts(const struct s2pt_change *change)
{
	return (change->set_r && change->clear_r) || (change->set_w && change->clear_w) ||
	       (change->set_x_el1 && change->clear_x_el1) ||
	       (change->set_x_el0 && change->clear_x_el0) ||
	       (change->set_af && change->clear_af) || (change->set_sw & change->clear_sw);
}

static bool
fits_format(const struct s2pt_format *format, const struct s2pt_change *change)
{
	bool together = change->set_x_el1 == change->set_x_el0 &&
			change->clear_x_el1 == change->clear_x_el0;

	return (together || (format->feats & S2PT_FEAT_XNX)) &&
	       !((change->set_sw | change->clear_sw) & ~software_bits(format));
}

static bool
only_adds_rights(const struct s2pt_change *change)
{
	return !(change->retype || change->clear_r || change->clear_w || change->clear_x_el1 ||
		 change->clear_x_el0 || change->clear_af || change->set_sw || change->clear_sw);
}

static uint64_t
bits_if(bool condition, struct field field)
{
	return condition ? field_mask(field) : 0;
}

void
s2pt__begin_recipe(struct recipe *recipe, struct s2pt_range *r)
{
	recipe->r = r;
	recipe->clear = 0;
	recipe->set = 0;
	recipe->when = 0;
	recipe->stale = field_mask(DESC_S2AP_R) | field_mask(DESC_S2AP_W) | field_mask(DESC_DBM) |
			field_mask(DESC_XN0) | field_mask(DESC_XN1);
	recipe->changes_xn = false;
	recipe->makes_executable = false;
	recipe->retypes = false;
	recipe->clean = false;
	recipe->dissolves = false;
	recipe->icache = false;
	recipe->level = LEVELS;
}

static NOINLINE void
make_recipe(struct recipe *recipe, struct s2pt_range *r, const struct s2pt_change *change)
{
	unsigned set = (unsigned)change->set_x_el1 | (unsigned)change->set_x_el0 << 1;
	unsigned clear = (unsigned)change->clear_x_el1 | (unsigned)change->clear_x_el0 << 1;

	s2pt__begin_recipe(recipe, r);
	recipe->set = bits_if(change->set_r, DESC_S2AP_R) | bits_if(change->set_w, DESC_S2AP_W) |
		      bits_if(change->set_af, DESC_AF) | field_put(DESC_SW, change->set_sw);
	recipe->clear = bits_if(change->clear_r, DESC_S2AP_R) | bits_if(change->clear_w, DESC_S2AP_W) |
			bits_if(change->clear_af, DESC_AF) | field_put(DESC_SW, change->clear_sw);
	/* Without the marker gone too, hardware or s2pt_live_write() would give the right to write back. */
	if (change->clear_w)
		recipe->clear |= r->table->marker;
	recipe->stale |= bits_if(change->clear_af, DESC_AF);
	recipe->changes_xn = set || clear;
	recipe->makes_executable = set;
	recipe->retypes = change->retype;
	recipe->clean = change->retype && change->ram;
	recipe->icache = set && change->ram;
	for (unsigned xn = 0; xn < 4; xn++)
		recipe->xn[xn] = xn_of_rights[(rights_of_xn[xn] | set) & ~clear & RIGHTS_MASK];
}

uint64_t
s2pt__apply(const struct recipe *recipe, uint64_t raw)
{
	if (~raw & recipe->when)
		return raw;
	raw = (raw & ~recipe->clear) | recipe->set;
	if (recipe->changes_xn)
		raw = (raw & ~field_mask(DESC_XN)) |
		      field_put(DESC_XN, recipe->xn[field_get(DESC_XN, raw)]);
	return raw;
}

bool
s2pt__is_forbidden(const struct recipe *recipe, uint64_t raw, uint64_t wanted)
{
	if (!recipe->makes_executable && !recipe->retypes)
		return false;
	return entry_is_uncached(wanted) && entry_is_executable(wanted) &&
	       (!entry_is_uncached(raw) || !entry_is_executable(raw));
}

/* The type and shareability that a change asks for, as bits to set in place of those that are there. */
static enum s2pt_status
add_type(struct recipe *recipe, const struct s2pt_format *format, const struct s2pt_change *change)
{
	struct field sh = DESC_SH;
	enum s2pt_status status;
	uint8_t memattr;

	if (!change->retype)
		return S2PT_OK;
	status = s2pt_memattr_encode(format->feats, change->type, &memattr);
	if (status != S2PT_OK)
		return status;
	if (change->sh == S2PT_SH_RESERVED || change->sh > S2PT_SH_ISH ||
	    (is_ds(format) && change->sh != format->sh0))
		return S2PT_ERR_SH;
	if (is_ds(format))
		sh.width = 0;
	recipe->clear |= field_mask(DESC_MEMATTR) | field_mask(sh);
	recipe->set |= field_put(DESC_MEMATTR, memattr) | (field_put(sh, change->sh) & field_mask(sh));
	return S2PT_OK;
}

/* Can the port do what the change owes? */
static enum s2pt_status
check_port(const struct recipe *recipe)
{
	const struct s2pt_port *port = recipe->r->table->port;

	if ((recipe->clean && !port->clean_data) || (recipe->icache && !port->invalidate_icache))
		return S2PT_ERR_PORT;
	return S2PT_OK;
}

/* Where in a run what is cached became wrong. */
struct stale {
	uint64_t first;
	uint64_t last;
	bool any;
};

static inline void
none_stale(struct stale *stale)
{
	stale->first = 0;
	stale->last = 0;
	stale->any = false;
}

static inline void
note_stale(struct stale *stale, uint64_t n)
{
	if (!stale->any)
		stale->first = n;
	stale->any = true;
	stale->last = n;
}

void
s2pt__prepare_fetches(const struct recipe *recipe, uint64_t raw, int level)
{
	const struct s2pt_table *table = recipe->r->table;

	if (recipe->icache && !entry_is_executable(raw))
		table->port->invalidate_icache(table->port->context,
					       s2pt_pa_of(s2pt__address_of(table, raw, level)),
					       level_bytes(table, level));
}

/* A leaf that is @n entries behind @w was @raw, and is @made: has it lost the right to write? */
static void
note_lost(const struct recipe *recipe, const struct walk *w, uint64_t n, uint64_t raw, uint64_t made)
{
	struct s2pt_range *r = recipe->r;

	if (!(made & field_mask(DESC_S2AP_W)))
		s2pt__note_dirty(r, r->ipa + (n << level_lg2(r->table, w->level)), raw, w->level);
}

/* Change one leaf, which hardware may be writing to; answers with what it was. */
static uint64_t
change_leaf(const struct recipe *recipe, const struct walk *w, uint64_t n, uint64_t raw)
{
	uint64_t *entry = &w->entry[n];
	uint64_t wanted = s2pt__apply(recipe, raw);

	s2pt__prepare_fetches(recipe, raw, w->level);
	if (recipe->r->table->written)
		while (!entry_compare_exchange(entry, &raw, wanted))
			wanted = s2pt__apply(recipe, raw);
	else
		entry_store(entry, wanted);
	live_trace(recipe->r->table, entry, raw, wanted);
	note_lost(recipe, w, n, raw, wanted);
	return raw;
}

/*
 * May the leaves of a run be changed with plain stores, with nobody to be told about each; and does a change
 * of one make stale always, or never?
 */
static bool
is_plain(const struct recipe *recipe)
{
	const struct s2pt_table *table = recipe->r->table;
	const uint64_t changes = recipe->clear | recipe->set;

	return !table->written && !table->traced && !recipe->changes_xn && !recipe->r->op->dirty &&
	       (!(changes & ~recipe->stale) || !(changes & recipe->stale) ||
		(recipe->clear & recipe->when & recipe->stale));
}

/* Change the page at @entry, @raw, and the next three, if they are all alike in @bits. Answers whether. */
static inline bool
change_four(uint64_t *entry, uint64_t raw, uint64_t bits, uint64_t keep, uint64_t set)
{
	uint64_t b = entry_load(&entry[1]), c = entry_load(&entry[2]), d = entry_load(&entry[3]);

	if (((raw ^ b) | (raw ^ c) | (raw ^ d)) & bits)
		return false;
	entry_store(&entry[0], (raw & keep) | set);
	entry_store(&entry[1], (b & keep) | set);
	entry_store(&entry[2], (c & keep) | set);
	entry_store(&entry[3], (d & keep) | set);
	return true;
}

/* A run of pages, as is_plain() says. Not inline: all stays in registers. */
static NOINLINE void
change_pages(const struct recipe *recipe, uint64_t *entries, uint64_t count, struct stale *stale)
{
	const uint64_t when = recipe->when | ENTRY_VALID, keep = ~recipe->clear, set = recipe->set;
	const uint64_t bits = when | ~keep | set;
	uint64_t first = count, end = 0;

	for (uint64_t n = 0; n < count; n++) {
		uint64_t *entry = &entries[n];
		uint64_t raw = entry_load(entry);

		if ((~raw & when) || ((raw & keep) | set) == raw)
			continue;
		first = least_u64(first, n);
		if (count - n >= 4 && change_four(entry, raw, bits, keep, set))
			n += 3;
		else
			entry_store(entry, (raw & keep) | set);
		end = n + 1u;
	}
	if (!end || !((~keep | set) & recipe->stale))
		return;
	stale->first = first;
	stale->last = end - 1u;
	stale->any = true;
}

/*
 * Change the leaves among @count entries at @w, up to a table or to one that must not change. Answers
 * with how many entries were passed.
 */
static uint64_t
change_run(const struct recipe *recipe, const struct walk *w, uint64_t count, struct stale *stale)
{
	const bool pages = w->level == S2PT_LEVEL_LAST;
	uint64_t n = 0;

	if (pages && is_plain(recipe)) {
		change_pages(recipe, w->entry, count, stale);
		return count;
	}
	for (; n < count; n++) {
		uint64_t raw = entry_load(&w->entry[n]);
		uint64_t wanted = s2pt__apply(recipe, raw);

		if (!pages && entry_is_table(raw, w->level))
			break;
		if (wanted == raw || !entry_is_valid(raw))
			continue;
		if (s2pt__is_forbidden(recipe, raw, wanted))
			break;
		raw = change_leaf(recipe, w, n, raw);
		if ((raw ^ wanted) & recipe->stale)
			note_stale(stale, n);
	}
	return n;
}

/* --- Break, invalidate, clean, make: changes of type (R_WHZWS, E11), and of groups (E13) ------------- */

/* How many entries of a run may change: up to a table, or to one that must not. */
static uint64_t
count_changeable(const struct recipe *recipe, const struct walk *w, uint64_t count)
{
	uint64_t n = 0;

	for (; n < count; n++) {
		uint64_t raw = entry_load(&w->entry[n]);

		if (entry_is_table(raw, w->level) ||
		    (entry_is_valid(raw) && s2pt__is_forbidden(recipe, raw, s2pt__apply(recipe, raw))))
			break;
	}
	return n;
}

static void
make_again(const struct recipe *recipe, const struct walk *w, uint64_t n)
{
	const struct s2pt_table *table = recipe->r->table;
	uint64_t *entry = &w->entry[n];
	uint64_t raw = entry_load(entry);
	uint64_t made = s2pt__apply(recipe, entry_mended(raw, w->level));

	if (recipe->clean)
		table->port->clean_data(table->port->context,
					s2pt_pa_of(s2pt__address_of(table, raw, w->level)),
					level_bytes(table, w->level));
	s2pt__prepare_fetches(recipe, raw, w->level);
	live_store(table, entry, raw, made);
	note_lost(recipe, w, n, raw, made);
}

/* Does the change concern any of the @count leaves from @entry on? */
static bool
changes_any(const struct recipe *recipe, const uint64_t *entry, uint64_t count)
{
	uint64_t n = 0;

	for (; n < count; n++) {
		uint64_t raw = entry_load(&entry[n]);

		if (entry_is_valid(raw) && s2pt__apply(recipe, raw) != raw)
			break;
	}
	return n < count;
}

/* Break what changes: a leaf, or all members of a group, though some may be so already. */
static void
break_run(const struct recipe *recipe, const struct walk *w, uint64_t count, struct stale *stale)
{
	struct s2pt_table *table = recipe->r->table;
	const uint64_t group = s2pt__group_entries(table, w->level);

	for (uint64_t n = 0; n < count;) {
		uint64_t *entry = &w->entry[n];
		uint64_t end = n + (entry_is_member(entry_load(entry), w->level) ? group : 1u);

		if (!changes_any(recipe, entry, end - n)) {
			n = end;
			continue;
		}
		for (; n < end; n++, entry++) {
			s2pt__break(table, entry);
			note_stale(stale, n);
		}
	}
}

static NOINLINE void
remake_run(struct recipe *recipe, const struct walk *w, uint64_t count)
{
	struct s2pt_table *table = recipe->r->table;
	uint64_t *entry = w->entry;
	struct stale stale;
	unsigned lg2 = level_lg2(table, w->level);

	none_stale(&stale);
	break_run(recipe, w, count, &stale);
	if (!stale.any)
		return;
	s2pt__gather_leaves(table, recipe->r->ipa + (stale.first << lg2),
			    (stale.last - stale.first + 1u) << lg2, w->level);
	s2pt__invalidate(table);
	table->owes_clean = table->owes_clean || recipe->clean;
	for (uint64_t n = stale.first; n <= stale.last; n++)
		if (entry_is_broken(entry_load(&entry[n])))
			make_again(recipe, w, n);
}

/* --- Runs ------------------------------------------------------------------------------------------ */

/* Does the change set or clear what all members of a contiguous group must have in common (E13)? */
static bool
breaks_groups(const struct recipe *recipe)
{
	const uint64_t own = field_mask(DESC_AF) | field_mask(DESC_SW);

	return recipe->changes_xn || ((recipe->set | recipe->clear) & ~own);
}

/* Of @count entries at @w, how many are members of groups, or how many are none, as the first is? */
static uint64_t
count_of_kind(const struct s2pt_table *table, const struct walk *w, uint64_t count)
{
	const uint64_t group = s2pt__group_entries(table, w->level);
	const bool members = entry_is_member(w->raw, w->level);
	uint64_t n = group == 1 ? count : group - (w->index & (group - 1u));

	while (n < count && entry_is_member(entry_load(&w->entry[n]), w->level) == members)
		n += group;
	return least_u64(n, count);
}

/* Change what must be broken first, by batches. Answers with how many entries were passed. */
static uint64_t
remake_entries(struct recipe *recipe, struct walk *w, uint64_t count, uint64_t covered)
{
	struct s2pt_range *r = recipe->r;

	if (r->op->batch)
		count = least_u64(count, r->op->batch);
	count = count_changeable(recipe, w, count);
	if (!count)
		return 0;
	while (s2pt__cuts_group(r->table, w, &count, covered))
		s2pt__dissolve(r->table, w);
	remake_run(recipe, w, count);
	return count;
}

static NOINLINE uint64_t
change_entries(struct recipe *recipe, const struct walk *w, uint64_t count)
{
	struct s2pt_range *r = recipe->r;
	const unsigned lg2 = level_lg2(r->table, w->level);
	struct stale stale;

	none_stale(&stale);
	count = change_run(recipe, w, count, &stale);
	if (stale.any)
		s2pt__gather_leaves(r->table, r->ipa + (stale.first << lg2),
				    (stale.last - stale.first + 1u) << lg2, w->level);
	return count;
}

/* Entries that the range covers. */
static enum s2pt_status
protect_entries(struct recipe *recipe, struct walk *w, uint64_t covered)
{
	struct s2pt_range *r = recipe->r;
	const bool member = entry_is_member(w->raw, w->level) && breaks_groups(recipe);
	uint64_t count = least_u64(covered, s2pt__range_budget(r));

	if (member && recipe->dissolves) {
		w->group = w->entry - (w->index & (s2pt__group_entries(r->table, w->level) - 1u));
		s2pt__dissolve(r->table, w);
		r->spent++;
		return S2PT_OK;
	}
	if (!recipe->retypes && breaks_groups(recipe))
		count = count_of_kind(r->table, w, count);
	if (recipe->retypes || member)
		count = remake_entries(recipe, w, count, covered);
	else
		count = change_entries(recipe, w, count);
	s2pt__range_pass(r, w, count);
	return count ? S2PT_OK : S2PT_ERR_EXEC_UNCACHED;
}

/* A step is about leaves of the level of @w, if about any. */
static void
note_level(struct recipe *recipe, const struct walk *w)
{
	if (!level_of(recipe->r->table, w->level)->leaves)
		return;
	if (recipe->level != LEVELS && recipe->level != w->level)
		recipe->level = S2PT_TLBI_ANY_LEVEL;
	else
		recipe->level = (int8_t)w->level;
}

enum s2pt_status
s2pt__change_step(struct recipe *recipe)
{
	struct s2pt_range *r = recipe->r;
	uint64_t covered;
	struct walk w;

	walk_to(r->table, r->ipa, S2PT_LEVEL_LAST, &w);
	note_level(recipe, &w);
	covered = s2pt__range_covers(r, &w);
	if (!(r->ipa & (level_bytes(r->table, w.level) - 1u)) && covered)
		return protect_entries(recipe, &w, covered);
	/* The range cuts this entry. */
	if (entry_is_leaf(w.raw, w.level) && s2pt__apply(recipe, w.raw) != w.raw)
		return S2PT_ERR_WOULD_SPLIT;
	s2pt__range_pass(r, &w, 1);
	return S2PT_OK;
}

enum s2pt_status
s2pt_table_protect(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
		   const struct s2pt_change *change)
{
	struct recipe recipe;
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	if (status == S2PT_OK && (contradicts(change) || !fits_format(table->format, change)))
		status = S2PT_ERR_CHANGE;
	if (status == S2PT_OK) {
		make_recipe(&recipe, &table->running, change);
		status = add_type(&recipe, table->format, change);
	}
	if (status == S2PT_OK)
		status = check_port(&recipe);
	if (status != S2PT_OK)
		return status;
	s2pt__takes_away(table);
	return change_range(&recipe);
}

enum s2pt_status
s2pt__relax_recipe(struct recipe *recipe, struct s2pt_range *r, const struct s2pt_change *rights)
{
	if (!only_adds_rights(rights) || !fits_format(r->table->format, rights))
		return S2PT_ERR_CHANGE;
	make_recipe(recipe, r, rights);
	/* An entry that says less than the table costs a fault, and that CPU's own relax. */
	recipe->stale = 0;
	return check_port(recipe);
}

/* This CPU forgets what it knows of a range, that may begin or end inside of a leaf. */
static void
forget_here(const struct recipe *recipe, uint64_t ipa, uint64_t size)
{
	const struct s2pt_table *table = recipe->r->table;
	int level = recipe->level;

	if (level == LEVELS ||
	    (level != S2PT_TLBI_ANY_LEVEL && ((ipa | size) & (level_bytes(table, level) - 1u))))
		level = S2PT_TLBI_ANY_LEVEL;
	s2pt__forget(table, ipa, size, level, true);
}

enum s2pt_status
s2pt_table_relax(struct s2pt_table *table, struct s2pt_op *op, s2pt_ipa ipa, uint64_t size,
		 const struct s2pt_change *rights)
{
	struct recipe recipe;
	enum s2pt_status status = s2pt__range_begin(table, op, ipa, size);

	if (status == S2PT_OK)
		status = s2pt__relax_recipe(&recipe, &table->running, rights);
	if (status != S2PT_OK)
		return status;
	status = change_range(&recipe);
	if (op->done)
		forget_here(&recipe, ipa.addr, op->done);
	return status;
}
