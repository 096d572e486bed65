/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the simulated machine share. Not for users of model.h. */
#ifndef S2PT_MODEL_INTERNAL_H
#define S2PT_MODEL_INTERNAL_H

#include "model.h"

#define BIT(n)           (UINT64_C(1) << (n))
#define MASK(n)          (BIT(n) - 1)
#define FIELD(v, hi, lo) (((v) >> (lo)) & MASK((hi) - (lo) + 1))
#define UNIT_LG2         12u
#define WINDOWS_MAX      16u
#define OBSERVERS_MAX    (MODEL_CPUS_MAX + 1)
#define LEVEL_MIN        (-1)
#define TRACE_EVENTS     64u

/* ---- format: the registers, decoded ---- */

struct fmt {
	bool on;       /* HCR_EL2.VM */
	bool bad;      /* T0SZ or SL0: every walk is a level 0 Translation fault */
	bool bad_root; /* VTTBR above PS: level 0 Address size fault */
	bool ds, oa52, ha, hd, fwb, cd;
	unsigned g, s, ia, ps, sh0;
	int start;
	unsigned root_lg2; /* log2 of the number of start entries */
	uint64_t root;
	uint64_t pbha; /* descriptor bits in use as PBHA */
};

enum dkind {
	D_INVALID,
	D_LEAF,
	D_TABLE,
};

struct perms {
	bool r, w, x1, x0;
};

/* ---- tables: one node a block of table memory ---- */

enum node_state {
	NODE_FREE,
	NODE_FRESH,
	NODE_LINKED,
	NODE_DEAD,
	NODE_RETIRED,
};

struct node {
	enum node_state state;
	int level;
	uint64_t pa, bytes, ipa;
	unsigned long retired; /* the count of retires at its own */
};

struct window {
	uint64_t pa;
	size_t bytes;
	void *base;         /* as allocated */
	unsigned char *mem; /* aligned */
};

/* ---- TLBs ---- */

enum tlb_kind {
	TLB_LEAF,
	TLB_WALK,
	TLB_COMBINED,
	TLB_KINDS,
};

struct tlb_entry {
	uint64_t ipa, last;            /* what it answers for */
	uint64_t oa;                   /* leaf: at ipa; walk: the next table */
	uint64_t va;                   /* combined: VA of ipa */
	uint64_t desc, desc_pa, table; /* table: the block of memory it was read from */
	unsigned long born;
	uint16_t vmid;
	int8_t level;
	bool xs0; /* XS is 0 for sure */
};

struct tlb {
	struct tlb_entry *e;
	unsigned n, cap, victim;
};

struct observer {
	struct tlb tlb[TLB_KINDS];
	uint16_t vmid;
	bool unsynced; /* VTTBR_EL2 written, no ISB yet */
	bool tge;
};

/* ---- invalidations ---- */

enum inval_kind {
	INV_IPA,
	INV_S1,
	INV_S12,
};

struct inval {
	enum inval_kind kind;
	uint64_t ctx; /* contexts concerned */
	uint64_t ipa, last;
	bool leaf_only, nxs;
	int ttl; /* -2: any level */
	unsigned scope, cpu;
	unsigned long event;
};

/* ---- the ledger ---- */

/* What an entry's change asks for, from little to much. */
enum need {
	NEED_NONE,
	NEED_AGE,
	NEED_RELAX,
	NEED_STALE,
	NEED_BREAK,
};

struct ghost {
	uint64_t ipa, last;
	uint64_t origin;                  /* the table it was read from */
	uint64_t next;                    /* a table entry: the table it points to */
	uint64_t desc, entry_pa;          /* of the first entry of the run */
	uint64_t s2, comb;                /* contexts that may still hold it, alone or combined with stage 1 */
	unsigned long born, s2_event;     /* s2_event: when s2 was last cleared */
	unsigned long vis_local, vis_all; /* the DSB after the store: NSH, wider */
	enum need need;
	unsigned cpu;
	unsigned others; /* CPUs, a bit each, that have written to the entry since */
	int8_t level;
	bool dead; /* may be read again through a stale walk cache */
	bool xs0, early, tolerated;
};

struct ghosts {
	struct ghost *e;
	size_t n, cap;
};

struct touched {
	uint64_t table;
	unsigned first;
};

struct trace_event {
	unsigned long event;
	const char *what;
	unsigned cpu;
	uint64_t a, b, c;
};

/* [ipa, last], at pa on. */
struct span {
	uint64_t ipa, last, pa;
	unsigned attr;
};

struct spans {
	struct span *e;
	size_t n, cap;
};

struct rewound {
	uint64_t pa, desc;
};

struct tear {
	bool on;
	uint64_t *ipas;
	struct model_outcome *old;
	size_t n;
	model_expect expect;
	void *arg;
};

/* A write that is under way. */
struct flying {
	uint64_t ipa, pa;
	unsigned cpu, waited;
	bool lands; /* no barrier has waited for it */
};

#define FLYING_MAX 64u

struct model {
	struct model_config cfg;
	struct model_regs regs;
	struct fmt f;
	struct window win[WINDOWS_MAX]; /* [0] is the pool */
	unsigned n_win;
	uint64_t *shadow;   /* the pool as the judge knows it */
	struct node *nodes; /* by unit of the pool; a block is known by its first unit */
	uint32_t *owner;    /* unit -> first unit, or UINT32_MAX */
	size_t units, brk;
	unsigned long n_retired;
	unsigned live, fail_nth;
	bool fail_all;
	struct observer obs[OBSERVERS_MAX];
	unsigned n_obs;
	unsigned n_vmids;
	uint16_t vmids[MODEL_VMIDS_MAX];
	struct inval *pending; /* of all observers, in order of issue */
	size_t n_pending, cap_pending;
	struct inval *once; /* that an SMMU has completed, and not done */
	size_t n_once, cap_once;
	struct flying flying[FLYING_MAX];
	unsigned long n_flying;
	bool broadcast[OBSERVERS_MAX]; /* it has broadcast a TLBI since its last DSB */
	struct ghosts leaves, tables;
	struct touched *groups;
	size_t n_groups, cap_groups;
	bool in_host;                  /* nobody stores: no need to look */
	bool ram;                      /* the operation maps RAM */
	bool ram_needs;                /* some RAM is not forced Write-Back */
	struct spans was;              /* leaves that the operation took out, or changed */
	struct spans debts;            /* memory whose lines must be cleaned before the end */
	struct spans cleaned, fetched; /* by the operation so far */
	struct rewound *rewound;       /* entries that changed after their table was linked */
	size_t n_rewound, cap_rewound;
	unsigned long unsynced_store[OBSERVERS_MAX]; /* a live store without DSB: its event */
	bool stopped, rooted;
	uint64_t root;
	struct {
		bool open;
		unsigned cpu;
		uint64_t ipa, last;
	} op;
	struct tear tear;
	model_listener listener;
	void *listener_arg;
	unsigned long event;
	struct trace_event trace[TRACE_EVENTS];
	struct model_violation first;
	struct model_stats stats;
	uint64_t rng;
};

/* model_core.c */
void mi_event(struct model *m, const char *what, unsigned cpu, uint64_t a, uint64_t b, uint64_t c);
void mi_violate(struct model *m, const char *name, uint64_t ipa, uint64_t pa, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
uint64_t mi_random(struct model *m);
void *mi_grow(void *p, size_t *cap, size_t n, size_t each);
uint64_t mi_ctx(const struct model *m, unsigned obs, uint16_t vmid);
uint64_t mi_ctx_obs(const struct model *m, unsigned obs);
uint64_t mi_ctx_all(const struct model *m);
uint64_t mi_ctx_combined(const struct model *m);
void mi_ctx_text(const struct model *m, uint64_t ctx, char *buf, size_t n);
void mi_add_vmid(struct model *m, uint16_t vmid);

/* model_memory.c */
bool mi_read(struct model *m, uint64_t pa, uint64_t *v);
void mi_write(struct model *m, uint64_t pa, uint64_t v);
bool mi_cas(struct model *m, uint64_t pa, uint64_t old, uint64_t v);
bool mi_in_pool(const struct model *m, uint64_t pa);
uint64_t *mi_shadow(struct model *m, uint64_t pa);

/* model_errata.c */
void mi_fly(struct model *m, unsigned obs, const struct model_access *acc, const struct model_outcome *out);
void mi_errata_dsb(struct model *m, unsigned cpu, unsigned scope);
void mi_errata_end(struct model *m);
void mi_errata_update(struct model *m, const struct tlb_entry *e);
void mi_errata_reach(const struct model *m, struct inval *inv);
bool mi_errata_counts(struct model *m, const struct inval *inv);
bool mi_errata_groups(const struct model *m, const struct inval *inv, int level, uint64_t desc, uint64_t *from,
		      uint64_t *to);

/* model_alloc.c */
bool mi_alloc_init(struct model *m);
struct node *mi_node(const struct model *m, uint64_t pa);
void mi_check_poison(struct model *m, const struct node *n);

/* model_format.c */
void mi_decode_regs(struct model *m);
unsigned mi_lg2(const struct fmt *f, int level);
enum dkind mi_kind(const struct model *m, uint64_t desc, int level);
uint64_t mi_next_table(const struct fmt *f, uint64_t desc);
uint64_t mi_oa(const struct fmt *f, uint64_t desc, int level);
struct perms mi_perms(const struct model *m, uint64_t desc);
bool mi_contiguous(const struct model *m, uint64_t desc, int level);
unsigned mi_group_lg2(const struct fmt *f, int level);
unsigned mi_entries_lg2(const struct fmt *f, int level);
bool mi_xs0(const struct model *m, uint64_t desc);
const char *mi_malformed(const struct model *m, uint64_t desc, int level);
uint64_t mi_attr(const struct model *m, uint64_t desc, int level);
void mi_memory_type(const struct model *m, uint64_t desc, struct model_outcome *out);

/* model_walk.c */
struct walk {
	const struct model_access *acc;
	bool update_af, update_dirty;
	unsigned n; /* table entries passed */
	struct {
		uint64_t desc, desc_pa;
		int level;
	} step[6];
};

void mi_walk(struct model *m, struct walk *w, struct model_outcome *out);
void mi_walk_from(struct model *m, struct walk *w, uint64_t table, int level, unsigned index_lg2,
		  struct model_outcome *out);
void mi_leaf(struct model *m, struct walk *w, uint64_t desc, uint64_t desc_pa, int level,
	     uint64_t oa, uint64_t base, struct model_outcome *out);
void mi_fault(struct model_outcome *out, enum model_result result, int level);

/* model_tlb.c */
bool mi_tlb_init(struct model *m);
void mi_tlb_free(struct model *m);
void mi_tlb_apply(struct model *m, const struct inval *inv);
void mi_tlb_check_retired(struct model *m, const struct node *n);
void mi_tlb_check_end(struct model *m, unsigned flags);

/* model_tlbi.c */
bool mi_hits_leaf(const struct model *m, const struct inval *inv, int level, bool xs0,
		  uint64_t ipa, uint64_t last, uint64_t *from, uint64_t *to);
bool mi_hits_walk(const struct inval *inv, int level, uint64_t ipa, uint64_t last);

/* model_ledger.c */
struct ghost mi_ghost(struct model *m, unsigned cpu, const struct node *n, uint64_t entry_pa,
		      uint64_t ipa, uint64_t desc, enum need need, bool dead);
void mi_ledger_add_leaf(struct model *m, const struct ghost *g);
void mi_ledger_add_table(struct model *m, const struct ghost *g);
void mi_ledger_upgrade(struct model *m, uint64_t ipa, uint64_t last, enum need need);
void mi_ledger_issue(struct model *m, const struct inval *inv);
void mi_ledger_apply(struct model *m, const struct inval *inv);
void mi_ledger_overwrite(struct model *m, unsigned cpu, uint64_t ipa, uint64_t last);
void mi_ledger_dsb(struct model *m, unsigned cpu, bool wide);
const struct ghost *mi_ledger_find(const struct model *m, uint64_t ipa, uint64_t last,
				   enum need least);
const struct ghost *mi_ledger_find_table(const struct model *m, uint64_t table);
void mi_ledger_violate(struct model *m, const struct ghost *g, const char *name, const char *what);
void mi_ledger_end(struct model *m, unsigned flags);
void mi_ledger_free(struct model *m);

/* model_change.c */
unsigned mi_memattr(const struct model *m, uint64_t desc);
enum need mi_leaf_need(const struct model *m, uint64_t old, uint64_t new_desc, int level);
bool mi_same_part(struct model *m, uint64_t leaf, int level, uint64_t desc, unsigned i);
bool mi_same_translation(struct model *m, uint64_t leaf, int level, const struct node *table);
void mi_contiguous_store(struct model *m, const struct node *n, unsigned index, uint64_t old,
			 uint64_t new_desc);
void mi_contiguous_table(struct model *m, const struct node *n);
void mi_contiguous_end(struct model *m);

/* model_tree.c */
void mi_attach(struct model *m, uint64_t pa, int level, uint64_t ipa, uint64_t entry_pa);
void mi_detach(struct model *m, unsigned cpu, struct node *n, enum need need);
void mi_ghosts_of(struct model *m, unsigned cpu, struct node *n, enum need need, bool dead);
unsigned mi_table_entries_at(const struct model *m, int level);
unsigned mi_table_entries(const struct model *m, const struct node *n);

/* model_judge.c */
void mi_hw_update(struct model *m, uint64_t pa, uint64_t v);

/* model_caches.c */
void mi_caches_gone(struct model *m, uint64_t ipa, uint64_t desc, int level);
void mi_caches_visible(struct model *m, uint64_t ipa, uint64_t desc, int level);
void mi_caches_begin(struct model *m);
void mi_caches_end(struct model *m);
void mi_caches_free(struct model *m);

/* model_tear.c */
void mi_tear_check(struct model *m, uint64_t pa);
void mi_tear_free(struct model *m);

#endif
