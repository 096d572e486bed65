/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The flat map: what a table should say, as sorted runs without overlap. */
#include <stdlib.h>
#include <string.h>

#include "model_internal.h"

struct model_map {
	struct model_leaf *run;
	size_t n, cap;
};

struct model_map *
model_map_new(void)
{
	struct model_map *map = calloc(1, sizeof(*map));

	if (!map)
		abort();
	return map;
}

struct model_map *
model_map_copy(const struct model_map *map)
{
	struct model_map *copy = model_map_new();

	copy->run = mi_grow(copy->run, &copy->cap, map->n, sizeof(*copy->run));
	if (map->n)
		memcpy(copy->run, map->run, map->n * sizeof(*copy->run));
	copy->n = map->n;
	return copy;
}

void
model_map_free(struct model_map *map)
{
	if (map)
		free(map->run);
	free(map);
}

size_t
model_map_runs(const struct model_map *map)
{
	return map->n;
}

bool
model_map_run(const struct model_map *map, size_t index, struct model_leaf *leaf)
{
	if (index >= map->n)
		return false;
	*leaf = map->run[index];
	return true;
}

/* The first run that ends at or after ipa. */
static size_t
find(const struct model_map *map, uint64_t ipa)
{
	size_t lo = 0, hi = map->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (map->run[mid].last < ipa)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct model_leaf
part(const struct model_leaf *run, uint64_t ipa, uint64_t last)
{
	struct model_leaf leaf = *run;

	if (!leaf.note)
		leaf.pa += ipa - leaf.ipa;
	leaf.ipa = ipa;
	leaf.last = last;
	return leaf;
}

bool
model_map_get(const struct model_map *map, uint64_t ipa, struct model_leaf *leaf)
{
	size_t i = find(map, ipa);

	if (i == map->n || map->run[i].ipa > ipa)
		return false;
	*leaf = map->run[i];
	if (!leaf->note)
		leaf->pa += ipa - leaf->ipa;
	return true;
}

static void
insert(struct model_map *map, size_t at, const struct model_leaf *leaf)
{
	map->run = mi_grow(map->run, &map->cap, map->n + 1, sizeof(*map->run));
	memmove(&map->run[at + 1], &map->run[at], (map->n - at) * sizeof(*map->run));
	map->run[at] = *leaf;
	map->n++;
}

static void
erase(struct model_map *map, size_t at, size_t n)
{
	if (!n)
		return;
	memmove(&map->run[at], &map->run[at + n], (map->n - at - n) * sizeof(*map->run));
	map->n -= n;
}

/* Makes ipa the start of a run if it is inside one. */
static void
split(struct model_map *map, uint64_t ipa)
{
	size_t i = find(map, ipa);
	struct model_leaf right;

	if (i == map->n || map->run[i].ipa >= ipa)
		return;
	right = part(&map->run[i], ipa, map->run[i].last);
	map->run[i].last = ipa - 1;
	insert(map, i + 1, &right);
}

static void
split_around(struct model_map *map, uint64_t ipa, uint64_t last)
{
	split(map, ipa);
	if (last != UINT64_MAX)
		split(map, last + 1);
}

/* Empties the range and returns where a run for it belongs. */
static size_t
make_room(struct model_map *map, uint64_t ipa, uint64_t last)
{
	size_t at, end;

	split_around(map, ipa, last);
	at = find(map, ipa);
	for (end = at; end < map->n && map->run[end].ipa <= last; end++)
		;
	erase(map, at, end - at);
	return at;
}

/* Joins run i with the one after it if they are one. */
static void
join(struct model_map *map, size_t i)
{
	struct model_leaf *a, *b;

	if (i + 1 >= map->n)
		return;
	a = &map->run[i];
	b = &map->run[i + 1];
	if (a->last + 1 != b->ipa || a->note != b->note || a->attr != b->attr)
		return;
	if (!a->note && a->pa + (b->ipa - a->ipa) != b->pa)
		return;
	a->last = b->last;
	erase(map, i + 1, 1);
}

static void
put(struct model_map *map, const struct model_leaf *leaf)
{
	size_t at = make_room(map, leaf->ipa, leaf->last);

	insert(map, at, leaf);
	join(map, at);
	if (at)
		join(map, at - 1);
}

void
model_map_set(struct model_map *map, uint64_t ipa, uint64_t last, uint64_t pa, uint64_t attr)
{
	struct model_leaf leaf = { .ipa = ipa, .last = last, .pa = pa, .attr = attr };

	put(map, &leaf);
}

void
model_map_note(struct model_map *map, uint64_t ipa, uint64_t last, uint64_t value)
{
	struct model_leaf leaf = { .ipa = ipa, .last = last, .attr = value, .note = true };

	put(map, &leaf);
}

void
model_map_clear(struct model_map *map, uint64_t ipa, uint64_t last)
{
	make_room(map, ipa, last);
}

void
model_map_protect(struct model_map *map, uint64_t ipa, uint64_t last, uint64_t clear, uint64_t set)
{
	size_t i, first;

	split_around(map, ipa, last);
	first = find(map, ipa);
	for (i = first; i < map->n && map->run[i].ipa <= last; i++)
		if (!map->run[i].note)
			map->run[i].attr = (map->run[i].attr & ~clear) | set;
	/* Backwards, so that the indices still to come stay right. */
	while (i-- > first)
		join(map, i);
	if (first)
		join(map, first - 1);
}
