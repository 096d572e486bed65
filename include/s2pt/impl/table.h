/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * impl/table.h: what a struct s2pt_table is made of, so that a host can provide its storage. Nothing here is for a host
 * to use: names and members may change with any version.
 */
#ifndef S2PT_IMPL_TABLE_H
#define S2PT_IMPL_TABLE_H

#include <s2pt/tlbi.h>
#include <s2pt/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How much may be pending before it is invalidated. */
#define S2PT_GATHER_RANGES 8
#define S2PT_GATHER_TABLES 16
#define S2PT_GATHER_CLEANS 8
#define S2PT_GATHER_PAGES  16

/* The low bits of the key of a mapping: which maintenance its memory needs. */
#define S2PT_MAPPING_CACHES (1u << 0) /* a guest may leave lines in caches: clean_data when it is unmapped, */
#define S2PT_MAPPING_DIRTY  (1u << 1) /* ... and before it becomes visible */
#define S2PT_MAPPING_ICACHE (1u << 2) /* invalidate_icache before it becomes visible */
#define S2PT_MAPPING_NEEDS  (S2PT_MAPPING_CACHES | S2PT_MAPPING_DIRTY | S2PT_MAPPING_ICACHE)

/* A level of a table. */
struct s2pt_level {
	uint8_t lg2;         /* log2 of the bytes that an entry maps */
	uint8_t entries_lg2; /* log2 of the entries of a table */
	uint8_t group_lg2;   /* log2 of the entries of a contiguous group; 0: no groups */
	bool leaves;         /* may there be leaves? */
};

/* A subtree that was unlinked, until the host has it back. */
struct s2pt_unlinked {
	s2pt_pa table;
	uint64_t at; /* how far that got: bytes of what it mapped */
	int8_t level;
};

/* Physical memory that is to be cleaned after the invalidation. */
struct s2pt_clean {
	s2pt_pa pa;
	uint64_t bytes;
};

/* A range operation in progress. */
struct s2pt_range {
	struct s2pt_table *table;
	struct s2pt_op *op;
	uint64_t begin;
	uint64_t ipa;   /* where the next step begins */
	uint64_t end;   /* one past the range */
	uint64_t spent; /* of the budget */
	bool keeps;     /* all that is mapped stays mapped: S2PT_PARTIAL_ZAP is S2PT_PARTIAL_REFUSE */
};

/* A change of attributes, as it applies to descriptors. */
struct s2pt_entry_update {
	uint64_t when; /* it applies to leaves in which all of these bits are set: */
	uint64_t clear;
	uint64_t set;
	uint64_t perm;  /* and with maps_perm the new permission value, by the old one: four bits each */
	uint64_t stale; /* where one of these bits changes, what is cached has become wrong */
	bool maps_perm;
	bool makes_executable;
	bool breaks; /* by break-before-make: a change of type, or one that an erratum wants so */
};

/* A change of attributes over a range. */
struct s2pt_update {
	struct s2pt_table *table;
	struct s2pt_entry_update entry;
	bool clean;   /* a change of type needs data-cache maintenance */
	bool icache;  /* what becomes executable needs instruction-cache maintenance */
	bool unfolds; /* contiguous groups are unfolded */
	int8_t level; /* of all leaves that were passed; S2PT_TLBI_ANY_LEVEL where they differ, and 5 as long as
	                 there was none */
};

struct s2pt_segment;
struct s2pt_mapping;

/* A list of segments that is being mapped. */
struct s2pt_list {
	const struct s2pt_segment *segment;
	const struct s2pt_mapping *mapping;
	size_t count;
	size_t next;      /* the segment to go on with, */
	uint64_t skipped; /* ... from this byte on */
	uint64_t done;    /* bytes of the segments before it */
	bool prepares;    /* the host deals with the caches of many segments at once, */
	size_t ready;     /* ... and has done so for those before this one: */
	uint32_t waived;  /* ... table->waived, to which it adds for these */
	size_t end;       /* where the run in progress ends; 0: there is none */
	bool is_short;    /* pages that are alone go straight into their tables */
	uint64_t *pages;  /* the leaf table of the last page that was alone, or NULL, */
	uint64_t at;      /* ... which maps this IPA */
};

#ifdef __cplusplus
}
#endif

#endif
