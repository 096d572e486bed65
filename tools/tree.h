/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* tree.h: everything that a stage-2 table in a dump maps, in order of IPA, as the longest runs of entries alike. */
#ifndef S2PT_TOOL_TREE_H
#define S2PT_TOOL_TREE_H

#include "dump.h"

#include <s2pt/s2pt.h>

/* A run of entries of one level whose attributes are the same, and whose memory lies in a row. */
struct tree_run {
	uint64_t ipa;
	uint64_t size;
	uint64_t pa;    /* of a leaf */
	s2pt_desc desc; /* the first of them */
	int level;
	bool annotation; /* invalid entries that are not 0: all the same */
};

/* A table that is not as it should be. */
enum tree_problem {
	TREE_ABSENT, /* it, or a part, is not in the dump */
	TREE_BEYOND, /* its address is beyond the PA size */
	TREE_CIRCLE, /* it is on the way to itself */
	TREE_MANY,   /* tables are linked again too often: the last that is said */
};

/* How often tables may be linked again before that ends it. */
#define TREE_AGAIN 256u

/* Where a problem is. */
struct tree_place {
	uint64_t ipa, size; /* what the table, or what is missing of it, maps */
	uint64_t pa;        /* where it, or that part, should be */
	int level;          /* of its entries */
	s2pt_desc link;     /* the descriptor that leads there; 0: it is the start table */
};

struct tree_visitor {
	uint64_t attributes; /* descriptor bits that tell runs apart; 0: tree_attribute_bits() */
	void (*run)(void *context, const struct tree_run *run);
	/* A table at @pa, or as much of it as the dump has, of @bytes, that a descriptor links for @at on; or NULL. */
	void (*table)(void *context, uint64_t pa, uint64_t bytes, uint64_t at, int level, s2pt_desc link);
	/* In order of IPA with the runs; after TREE_MANY nothing else is said. */
	void (*problem)(void *context, enum tree_problem problem, const struct tree_place *place);
	void *context;
};

/* tree_visit - go through the table of @walker, whose status is S2PT_OK. */
void tree_visit(struct dump *dump, const struct s2pt_walker *walker, const struct tree_visitor *visitor);

/* Bits of a leaf at @level that may hold its address. */
uint64_t tree_address_bits(const struct s2pt_format *format, int level);

/* The attribute bits that tell runs apart; SH is among them where the format has it in descriptors. */
uint64_t tree_attribute_bits(const struct s2pt_format *format);

#endif
