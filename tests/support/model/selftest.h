/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The self-test's formats and its tiny engine, written by hand and by the manual. */
#ifndef S2PT_MODEL_SELFTEST_H
#define S2PT_MODEL_SELFTEST_H

#include "model.h"

#define BIT(n)  (UINT64_C(1) << (n))
#define MASK(n) (BIT(n) - 1)

extern unsigned checks, failures;

#define CHECK(cond)                                                               \
	do {                                                                      \
		checks++;                                                         \
		if (!(cond)) {                                                    \
			failures++;                                               \
			printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #cond); \
		}                                                                 \
	} while (0)

#define N_SHAPES 10

struct shape {
	const char *name;
	unsigned g, ia;
	int start;
	bool ds;
	unsigned pa_bits;
	uint64_t pool;
};

extern const struct shape shapes[N_SHAPES];

struct bench {
	struct model *m;
	struct model_config cfg;
	struct model_regs regs;
	const struct shape *s;
	unsigned g, stride;
	uint64_t root;
	bool primed;
};

#define AF   BIT(10)
#define W    BIT(7)
#define R    BIT(6)
#define XN   BIT(54)
#define C    BIT(52)
#define NT   BIT(16)
#define DBM  BIT(51)
#define FNXS BIT(11)

#define DATA UINT64_C(0x100000000000) /* some output address */

#define NO_HINT 4

enum setup {
	PLAIN,
	BBM1 = 1,
	BBM2 = 2,
	SMMU = 4,
	VMIDS = 8,
	SECURE = 16,
	XS = 32,
	HAHD = 64,
	SCAN = 128,
	DVM = 256,
	NESTED = 512
};

unsigned t_lg2_of(const struct bench *b, int level);
unsigned t_group_of(const struct bench *b);
uint64_t t_root_bytes(const struct bench *b);
uint64_t t_addr(const struct bench *b, uint64_t pa);
uint64_t t_table_desc(const struct bench *b, uint64_t pa);
uint64_t t_normal(const struct bench *b);
uint64_t t_leaf(const struct bench *b, int level, uint64_t pa, uint64_t attr);
uint64_t t_vtcr(const struct bench *b);
uint64_t t_vttbr(const struct bench *b, unsigned vmid);
void t_prepare(struct bench *b, const struct shape *s);
void t_start(struct bench *b);
uint64_t t_load(struct bench *b, uint64_t pa);
void t_st(struct bench *b, uint64_t pa, uint64_t v);
uint64_t t_new_table(struct bench *b);
uint64_t t_next_of(const struct bench *b, uint64_t d);
uint64_t t_slot(struct bench *b, uint64_t ipa, int level);
void t_map(struct bench *b, uint64_t ipa, uint64_t pa, int level);
void t_unmap(struct bench *b, uint64_t ipa, int level);
uint64_t t_xt(const struct bench *b, uint64_t ipa, int level);
uint64_t t_rxt(const struct bench *b, uint64_t ipa, unsigned scale, unsigned num, unsigned ttl);
void t_dsb(struct bench *b);
void t_tlbi(struct bench *b, unsigned op, uint64_t operand);
void t_vmalle1(struct bench *b);
void t_flush_page(struct bench *b, uint64_t ipa);
void t_flush_pages(struct bench *b, uint64_t ipa, unsigned n, unsigned ttl);
void t_flush_all(struct bench *b);
void t_begin(struct bench *b);
void t_end(struct bench *b);
uint64_t t_base(const struct bench *b);
void t_setup_pages(struct bench *b, unsigned n);
uint64_t t_setup_table(struct bench *b);
void t_setup_group(struct bench *b, uint64_t attr);
struct model_outcome t_look(struct bench *b, uint64_t ipa, enum model_kind kind, unsigned el);
void t_configure(struct bench *b, unsigned setup);

void test_sequences(void);
void test_walker(void);
void test_caches(void);
void test_map(void);
void test_random(void);

#endif
