/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * types.h: the few types that every module shares, and the statuses.
 *
 * Addresses and descriptors are wrapped in structs, so that an IPA cannot be passed where a PA is
 * meant and a descriptor cannot be mistaken for either. Levels are Arm's: -1, 0, 1, 2, 3, with 3 the
 * level of pages. Sizes in log2 end in _lg2; sizes of an address space are counted in bits.
 *
 * Nothing in the library allocates, logs, panics, keeps state of its own or calls the C library. Every
 * function of all modules but table and shared is pure: it reads its arguments, writes its out-parameters, and
 * may be called from any context, on any number of CPUs. Out-parameters are written only where the status
 * is S2PT_OK, unless the function says otherwise. A pointer is NULL only where the function says that it
 * may be, and an enum has one of its names for value.
 */
#ifndef S2PT_TYPES_H
#define S2PT_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The result must be looked at: a refusal that goes unseen is a mapping that is not there. */
#if defined(__GNUC__) || defined(__clang__)
#define S2PT_NODISCARD __attribute__((warn_unused_result))
#else
#define S2PT_NODISCARD
#endif

/* An intermediate physical address: what stage 1 puts out and stage 2 takes in. */
typedef struct s2pt_ipa {
	uint64_t addr;
} s2pt_ipa;

/* A physical address: what stage 2 puts out, and where tables live. */
typedef struct s2pt_pa {
	uint64_t addr;
} s2pt_pa;

/* A 64-bit VMSAv8-64 stage-2 descriptor as it stands in memory (in the byte order of the walker). */
typedef struct s2pt_desc {
	uint64_t raw;
} s2pt_desc;

static inline s2pt_ipa
s2pt_ipa_of(uint64_t addr)
{
	s2pt_ipa ipa = { addr };
	return ipa;
}

static inline s2pt_pa
s2pt_pa_of(uint64_t addr)
{
	s2pt_pa pa = { addr };
	return pa;
}

static inline s2pt_desc
s2pt_desc_of(uint64_t raw)
{
	s2pt_desc desc = { raw };
	return desc;
}

/* The granule of a table: its value is log2 of its size in bytes. */
enum s2pt_granule {
	S2PT_GRANULE_4K = 12,
	S2PT_GRANULE_16K = 14,
	S2PT_GRANULE_64K = 16,
};

/* Shareability, in the encoding of SH[1:0] in descriptors, VTCR_EL2.SH0 and PAR_EL1.SH. */
enum s2pt_sh {
	S2PT_SH_NSH = 0,
	S2PT_SH_RESERVED = 1,
	S2PT_SH_OSH = 2,
	S2PT_SH_ISH = 3,
};

/*
 * The result of a call. S2PT_OK is zero; everything else is a refusal that names the broken rule. The numbers stay what
 * they are from version to version: a new status is added at the end.
 * s2pt_status_name() and s2pt_status_text() (text.h) put each into words.
 */
enum s2pt_status {
	S2PT_OK = 0,

	/* Making a format (format.h) */
	S2PT_ERR_FEATURE = 1,          /* asks for a feature that the CPU does not have */
	S2PT_ERR_UNSUPPORTED = 2,      /* asks for a mode that this library does not support */
	S2PT_ERR_HD = 3,               /* hardware dirty state (HD) without hardware access flag (HA) */
	S2PT_ERR_GRANULE = 4,          /* not a granule, or the CPU lacks it at stage 2 */
	S2PT_ERR_DS_GRANULE = 5,       /* DS=1 with 64K: VTCR_EL2.DS is RES0 there */
	S2PT_ERR_PA_BITS = 6,          /* not an output size of VTCR_EL2.PS, or above the CPU's */
	S2PT_ERR_IPA_BELOW_MIN = 7,    /* T0SZ above its maximum (39; with FEAT_TTST 48, 64K: 47) */
	S2PT_ERR_IPA_ABOVE_PA = 8,     /* IPA size above the implemented PA size */
	S2PT_ERR_IPA_ABOVE_FORMAT = 9, /* IPA size above 48 bits with 4K or 16K and DS=0 */
	S2PT_ERR_START_RESERVED = 10,  /* no SL0/SL2 value starts at this level in this format */
	S2PT_ERR_START_TTST = 11,      /* 4K starting at level 3 needs FEAT_TTST */
	S2PT_ERR_START_PA = 12,        /* this start level needs a larger implemented PA size */
	S2PT_ERR_START_TABLES = 13,    /* this start level needs more than 16 concatenated tables */
	S2PT_ERR_START_UNUSED = 14,    /* this start level would resolve no IPA bit */
	S2PT_ERR_SH = 15,              /* SH = 0b01 is reserved; SH0 is the only one with DS=1 */
	S2PT_ERR_WALK_CACHE = 16,      /* IRGN0 or ORGN0 above 3 */
	S2PT_ERR_PBHA = 17,            /* a PBHA bit that VTCR_EL2.HWUnn does not hand to hardware */
	S2PT_ERR_SPACE = 18,           /* not a translation regime of this CPU, or controls that it lacks */

	/* Reading registers back */
	S2PT_ERR_REG_RES0 = 19,   /* a RES0 bit is 1, or a RES1 bit is 0 */
	S2PT_ERR_CNP = 20,        /* CnP without FEAT_TTCNP */
	S2PT_ERR_VMID = 21,       /* VMID wider than VTCR_EL2.VS allows, or where there is none */
	S2PT_ERR_ROOT_ALIGN = 22, /* start table not aligned to its size */
	S2PT_ERR_ROOT_PA = 23,    /* start table beyond the output size */

	/* Memory attributes (memattr.h, combine.h) */
	S2PT_ERR_RESERVED = 24, /* a reserved encoding was met */
	S2PT_ERR_MEMTYPE = 25,  /* this type cannot be encoded in this mode */
	S2PT_ERR_ACCESS = 26,   /* no such access (a stage-1 walk with stage 1 off) */
	S2PT_ERR_PTW = 27,      /* the access takes a stage-2 Permission fault: HCR_EL2.PTW */

	/* Descriptors (desc.h) */
	S2PT_ERR_LEVEL = 28,         /* not a level of this format */
	S2PT_ERR_BLOCK_LEVEL = 29,   /* no block descriptor at this level */
	S2PT_ERR_TABLE_LEVEL = 30,   /* no table descriptor at level 3 */
	S2PT_ERR_OA_ALIGN = 31,      /* output address not aligned to what the descriptor maps */
	S2PT_ERR_OA_SIZE = 32,       /* output address beyond the output size */
	S2PT_ERR_EXEC_UNCACHED = 33, /* executable Device or Normal-NC, not asked for by name */
	S2PT_ERR_XNX = 34,           /* EL0 and EL1 execute rights differ without FEAT_XNX */
	S2PT_ERR_DBM = 35,           /* DBM without hardware dirty state */
	S2PT_ERR_CONTIGUOUS = 36,    /* no contiguous group at this level */
	S2PT_ERR_NT = 37,            /* nT outside a block, or without FEAT_BBM level 1 */
	S2PT_ERR_FNXS = 38,          /* FnXS without FEAT_XS */
	S2PT_ERR_NS = 39,            /* NS outside Realm stage 2 */
	S2PT_ERR_SW = 40,            /* a software bit that this format does not leave to software, or the
	                                tracking bit */
	S2PT_ERR_DESC_RES0 = 41,     /* bits set that this format does not define here */
	S2PT_ERR_DESC_KIND = 42,     /* not a descriptor of the kind that was asked for */

	/* Invalidation and faults (tlbi.h, fault.h) */
	S2PT_ERR_TLBI = 43,  /* not a range, level or scope that can be invalidated */
	S2PT_ERR_FAULT = 44, /* the syndrome is not that of an abort from a lower level */

	/* The engine (table.h) */
	S2PT_ERR_HOST = 45,            /* there are no host operations */
	S2PT_ERR_HOST_SIZE = 46,       /* struct s2pt_host_ops is smaller than the first version */
	S2PT_ERR_HOST_ALLOC = 47,      /* the host has no alloc */
	S2PT_ERR_HOST_RETIRE = 48,     /* the host has no retire */
	S2PT_ERR_HOST_INVALIDATE = 49, /* the host has no invalidate */
	S2PT_ERR_HOST_PUBLISH = 50,    /* the host has no publish */
	S2PT_ERR_HOST_TABLES = 51,     /* the host has no clean_tables, which S2PT_HOST_NONCOHERENT needs */
	S2PT_ERR_HOST_DATA = 52,       /* the host has no clean_data, which this memory needs */
	S2PT_ERR_HOST_ICACHE = 53,     /* the host has no invalidate_icache, which executable memory needs */
	S2PT_ERR_MEMORY = 54,          /* no memory, or the table's page limit is reached */
	S2PT_ERR_BUDGET = 55,          /* the budget is spent: go on from op->done */
	S2PT_ERR_TABLE_PA = 56,        /* table memory that is beyond the output size, or not aligned */
	S2PT_ERR_IPA_ALIGN = 57,       /* the IPA is not a multiple of the granule, or of the size of the leaf */
	S2PT_ERR_PA_ALIGN = 58,        /* the PA is not a multiple of the granule, or of the size of the leaf */
	S2PT_ERR_SIZE_ALIGN = 59,      /* the size is not a multiple of the granule */
	S2PT_ERR_EMPTY = 60,           /* the size is 0 */
	S2PT_ERR_IPA_SIZE = 61,        /* beyond the IPA size */
	S2PT_ERR_BITMAP = 62,          /* no bitmap, or one that begins inside a granule, or has no bits for
	                                  the range */
	S2PT_ERR_EXISTS = 63,          /* something else is mapped there */
	S2PT_ERR_WOULD_SPLIT = 64,     /* the range cuts a block, and that was to be refused */
	S2PT_ERR_FLAGS = 65,           /* a flag that this function does not have */
	S2PT_ERR_MAPPING = 66,         /* the mapping was made for another format, or was not made */
	S2PT_ERR_CHANGE = 67,          /* the change contradicts itself or the format */
	S2PT_ERR_NOT_MAPPED = 68,      /* nothing is mapped there */
	S2PT_ERR_DESTROYED = 69,       /* the table is being destroyed */

	/* Shared operations (shared.h) */
	S2PT_RACED = 70,         /* another CPU, or a later unmap, came first: let the guest try again */
	S2PT_ERR_EXCLUSIVE = 71, /* only an exclusive operation can do this */
	S2PT_ERR_READ_ONLY = 72, /* a write to what is not writable */

	/* Policy (policy.h) */
	S2PT_ERR_POLICY = 73, /* refused: the answer's reason says by which fact */
	S2PT_ERR_FACT = 74,   /* a fact has a value that is not one of its values */

	/* Of SMMUs and faults (smmu.h, fault.h) */
	S2PT_ERR_STALL = 75,     /* the stream stalls where the SMMU never does, or does not where it must */
	S2PT_ERR_FAULT_IPA = 76, /* HPFAR_EL2 does not hold the IPA of this fault */

	/* The engine again */
	S2PT_ERR_POSITION = 77,  /* op->resume, and op->done is not a multiple of the granule within the range */
	S2PT_ERR_CLEAN = 78,     /* clean_data failed */
	S2PT_ERR_RING = 79,      /* the count of a dirty ring is not a power of two */
	S2PT_ERR_RING_FULL = 80, /* a dirty ring is full */

	S2PT_STATUS_COUNT,
};

#ifdef __cplusplus
}
#endif

#endif
