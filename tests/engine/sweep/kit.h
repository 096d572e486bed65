/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * kit.h: a simulated machine with a table, what the table should say, and a record of what the
 * engine asked of its host. For tests of one operation at a time.
 */
#ifndef S2PT_TESTS_KIT_H
#define S2PT_TESTS_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine.h"

#define KIT_REQUESTS 64
#define KIT_EVENTS   4096

/* What happened, in order. */
enum kit_event_kind {
	KIT_STORE,
	KIT_INVALIDATE,
	KIT_CLEAN,
	KIT_ICACHE,
	KIT_RETIRE,
	KIT_COPY,
};

struct kit_event {
	enum kit_event_kind kind;
	uint64_t addr; /* of the entry, or of the memory */
	uint64_t size; /* of the memory */
	uint64_t before, after;
};

/* What the engine asked for since kit_forget(). */
struct kit_log {
	unsigned calls; /* of invalidate */
	unsigned requests;
	struct s2pt_tlbi_request request[KIT_REQUESTS];
	unsigned tlbi[S2PT_TLBI_OP_COUNT]; /* instructions, by operation */
	unsigned local;                    /* requests for this CPU alone */
	unsigned stores;                   /* to entries that walkers can reach, but for what links know */
	unsigned breaks;                   /* ... that made a valid one invalid */
	unsigned cleans, icaches;          /* calls */
	uint64_t clean_bytes, icache_bytes;
	unsigned retires, publishes;
	unsigned events;
	struct kit_event event[KIT_EVENTS];
};

struct kit {
	struct machine machine;     /* the first member: the host's context */
	struct s2pt_host_ops inner; /* the machine's own host */
	struct model_map *map;      /* what the table should say */
	struct kit_log log;
	bool uneven; /* clean_data came while something was stale */
};

/* A granule, 40 bits of IPA, 48 of PA, FWB, XNX, TTL and range TLBIs, poisoned memory, an SMMU. */
struct machine_shape kit_shape(enum s2pt_granule granule);

/* False where the shape is impossible. */
bool kit_open(struct kit *kit, const struct machine_shape *shape);
/* Destroys the table; nothing may be left. */
void kit_close(struct kit *kit);
void kit_forget(struct kit *kit);

/* All TLB instructions in the log. */
unsigned kit_tlbis(const struct kit *kit);

/* The seed of a random test: S2PT_SEED, or 0. It is printed, so that a failure can be had again. */
uint64_t kit_seed(void);

/* Bytes that an entry of a level maps. */
uint64_t kit_bytes(const struct kit *kit, int level);

/* An ordinary leaf: writable, readable, not executable, accessed. */
struct s2pt_leaf kit_leaf(const struct kit *kit, enum s2pt_memtype type);
/* Its attributes as the flat map has them. */
uint64_t kit_attr(const struct kit *kit, const struct s2pt_leaf *leaf);

/* An operation begins and ends for the model's judge. */
void kit_begin(struct kit *kit, uint64_t ipa, uint64_t size);
void kit_end(struct kit *kit);
void kit_end_relax(struct kit *kit);

/* Map, with the mapping that @leaf says, and let the flat map follow as far as op->done. */
enum s2pt_status kit_try_map(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size,
			     uint64_t pa, const struct s2pt_leaf *leaf);
/* The same; must succeed. No entry is above @highest_level, and none has the Contiguous hint; 0: any. */
void kit_map(struct kit *kit, uint64_t ipa, uint64_t size, uint64_t pa,
	     const struct s2pt_leaf *leaf, int highest_level);
void kit_unmap(struct kit *kit, uint64_t ipa, uint64_t size);
enum s2pt_status kit_try_unmap(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size);
enum s2pt_status kit_try_protect(struct kit *kit, struct s2pt_op *op, uint64_t ipa, uint64_t size,
				 const struct s2pt_change *change);

/* The machine has nothing to object to, the table says what @map says, and every table is counted.
 */
void kit_check_map(struct kit *kit, const struct model_map *map);
void kit_check(struct kit *kit);

/* @before, with what @after says in [ipa, ipa + size). */
struct model_map *kit_splice(const struct model_map *before, const struct model_map *after,
			     uint64_t ipa, uint64_t size);

/* A data access of CPU @cpu. */
enum model_result kit_access(struct kit *kit, unsigned cpu, enum model_kind kind, uint64_t ipa,
			     struct model_outcome *out);

/* The leaf that maps @ipa, or fails the test. */
struct s2pt_leaf kit_leaf_at(struct kit *kit, uint64_t ipa, int *level, uint64_t *pa);

#endif
