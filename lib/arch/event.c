/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * event.c: event records of an SMMUv3 (IHI 0070, 7.3).
 *
 * A table says which types there are, and what each has besides the stream: an access that was not made, or an address
 * that could not be fetched.
 */
#include <s2pt/smmu.h>

#include "arch/field.h"

/* Word 0 */
/* clang-format off */
static const struct field TYPE        = { 0, 8 };
static const struct field SSV         = { 11, 1 };
static const struct field SUBSTREAMID = { 12, 20 };
static const struct field STREAMID    = { 32, 32 };
/* clang-format on */

/* Word 1, of an access */
/* clang-format off */
static const struct field STAG  = { 0, 16 };
static const struct field STALL = { 31, 1 };
static const struct field PNU   = { 33, 1 };
static const struct field IND   = { 34, 1 };
static const struct field RNW   = { 35, 1 };
static const struct field S2    = { 39, 1 };
static const struct field CLASS = { 40, 2 };
static const struct field TTRNW = { 44, 1 };
/* clang-format on */

/* Word 3: an IPA, or the address of what was to be fetched */
static const struct field ADDRESS = { 12, 40 };
static const struct field FETCH = { 3, 49 };

#define PAGE_LG2 12

/* What a record has. */
#define HAS_ACCESS (1u << 0)
#define HAS_FETCH  (1u << 1)

/* clang-format off */
static const struct {
	uint8_t type;
	uint8_t kind;
	uint8_t has;
} types[] = {
	{ 0x01, S2PT_FAULT_OTHER, 0 },                           /* F_UUT */
	{ 0x02, S2PT_FAULT_OTHER, 0 },                           /* C_BAD_STREAMID */
	{ 0x03, S2PT_FAULT_OTHER, HAS_FETCH },                   /* F_STE_FETCH */
	{ 0x04, S2PT_FAULT_OTHER, 0 },                           /* C_BAD_STE */
	{ 0x05, S2PT_FAULT_OTHER, 0 },                           /* F_BAD_ATS_TREQ */
	{ 0x06, S2PT_FAULT_OTHER, 0 },                           /* F_STREAM_DISABLED */
	{ 0x07, S2PT_FAULT_OTHER, 0 },                           /* F_TRANSL_FORBIDDEN */
	{ 0x08, S2PT_FAULT_OTHER, 0 },                           /* C_BAD_SUBSTREAMID */
	{ 0x09, S2PT_FAULT_OTHER, HAS_FETCH },                   /* F_CD_FETCH */
	{ 0x0a, S2PT_FAULT_OTHER, 0 },                           /* C_BAD_CD */
	{ 0x0b, S2PT_FAULT_WALK_ABORT, HAS_ACCESS | HAS_FETCH }, /* F_WALK_EABT */
	{ 0x10, S2PT_FAULT_TRANSLATION, HAS_ACCESS },            /* F_TRANSLATION */
	{ 0x11, S2PT_FAULT_ADDRESS_SIZE, HAS_ACCESS },           /* F_ADDR_SIZE */
	{ 0x12, S2PT_FAULT_ACCESS_FLAG, HAS_ACCESS },            /* F_ACCESS */
	{ 0x13, S2PT_FAULT_PERMISSION, HAS_ACCESS },             /* F_PERMISSION */
	{ 0x20, S2PT_FAULT_TLB_CONFLICT, HAS_ACCESS },           /* F_TLB_CONFLICT */
	{ 0x21, S2PT_FAULT_OTHER, 0 },                           /* F_CFG_CONFLICT */
	{ 0x24, S2PT_FAULT_OTHER, 0 },                           /* E_PAGE_REQUEST */
	{ 0x25, S2PT_FAULT_OTHER, HAS_FETCH },                   /* F_VMS_FETCH */
};
/* clang-format on */
#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

static void
clear_event(struct s2pt_smmu_event *event)
{
	event->stage2 = false;
	event->of = S2PT_SMMU_CLASS_CD;
	event->access = S2PT_FAULT_READ;
	event->device_writes = false;
	event->privileged = false;
	event->stalled = false;
	event->tag = 0;
	event->ipa_known = false;
	event->address = 0;
	event->ipa = s2pt_ipa_of(UINT64_MAX);
	event->fetch = s2pt_pa_of(0);
}

/* A walk of stage-1 tables has a direction of its own, since hardware may update them; a CD is only read. */
static enum s2pt_fault_access
access_of(enum s2pt_smmu_class of, uint64_t word)
{
	if (of == S2PT_SMMU_CLASS_IN && field_bit(IND, word))
		return S2PT_FAULT_FETCH;
	if (of == S2PT_SMMU_CLASS_CD)
		return S2PT_FAULT_READ;
	return field_bit(of == S2PT_SMMU_CLASS_TT ? TTRNW : RNW, word) ? S2PT_FAULT_READ : S2PT_FAULT_WRITE;
}

static void
read_access(const uint64_t *record, struct s2pt_smmu_event *event)
{
	event->stage2 = field_bit(S2, record[1]);
	event->of = (enum s2pt_smmu_class)field_get(CLASS, record[1]);
	event->access = access_of(event->of, record[1]);
	event->device_writes = !field_bit(RNW, record[1]);
	event->privileged = field_bit(PNU, record[1]);
	event->stalled = field_bit(STALL, record[1]);
	event->tag = event->stalled ? (uint16_t)field_get(STAG, record[1]) : 0;
	event->address = record[2];
	event->ipa_known = event->stage2 && event->kind != S2PT_FAULT_WALK_ABORT;
	if (!event->ipa_known)
		return;
	event->ipa.addr = record[3] & field_mask(ADDRESS);
	if (event->of == S2PT_SMMU_CLASS_IN)
		event->ipa.addr |= event->address & bits_below(PAGE_LG2);
}

enum s2pt_status
s2pt_smmu_event_decode(const uint64_t record[S2PT_SMMU_EVENT_WORDS], struct s2pt_smmu_event *event)
{
	const uint64_t type = field_get(TYPE, record[0]);
	size_t i = 0;

	while (i < TYPE_COUNT && types[i].type != type)
		i++;
	if (i == TYPE_COUNT)
		return S2PT_ERR_FAULT;
	if ((types[i].has & HAS_ACCESS) && field_get(CLASS, record[1]) > S2PT_SMMU_CLASS_IN)
		return S2PT_ERR_RESERVED;
	clear_event(event);
	event->type = types[i].type;
	event->kind = (enum s2pt_fault_kind)types[i].kind;
	event->stream = (uint32_t)field_get(STREAMID, record[0]);
	event->ssv = field_bit(SSV, record[0]);
	event->substream = event->ssv ? (uint32_t)field_get(SUBSTREAMID, record[0]) : 0;
	if (types[i].has & HAS_ACCESS)
		read_access(record, event);
	if (types[i].has & HAS_FETCH)
		event->fetch = s2pt_pa_of(record[3] & field_mask(FETCH));
	return S2PT_OK;
}
