/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * tlbi_decode.c: TLBI instructions as others execute them: what they make be forgotten.
 *
 * op1 and op2 name the operation, and CRm says who must forget, and whether the operand is a range. Operations by IPA
 * have a CRm of their own, of which op2 takes part in the scope.
 */
#include "arch/tlbi.h"

/* Xt of operations by VA. A range has the fields of RIPAS2, and its ASID here. */
/* clang-format off */
static const struct field VA_VA   = { 0, 44 };   /* VA[55:12] */
static const struct field VA_ASID = { 48, 16 };  /* of ASIDE1, too */
/* clang-format on */

#define VA_TOP_BIT 55u

/* CRm of operations by VA and of wholes: alone, or of a range; by scope. */
enum {
	CRM_OS = 1,
	CRM_RANGE_IS = 2,
	CRM_IS = 3,
	CRM_RANGE_OS = 5,
	CRM_RANGE_LOCAL = 6,
	CRM_LOCAL = 7,
	/* of operations by IPA */
	CRM_IPA_IS = 0,
	CRM_IPA = 4,
	CRM_COUNT = 16,
};

/* Which of an operation's forms a CRm is. */
enum form {
	NONE,
	ALONE,
	RANGE,
};

static const struct {
	uint8_t form;
	uint8_t scope;
} forms[CRM_COUNT] = {
	[CRM_OS] = { ALONE, S2PT_TLBI_OS },
	[CRM_IS] = { ALONE, S2PT_TLBI_IS },
	[CRM_LOCAL] = { ALONE, S2PT_TLBI_LOCAL },
	[CRM_RANGE_OS] = { RANGE, S2PT_TLBI_OS },
	[CRM_RANGE_IS] = { RANGE, S2PT_TLBI_IS },
	[CRM_RANGE_LOCAL] = { RANGE, S2PT_TLBI_LOCAL },
};

/* Of what a row of `operations` says besides. */
#define STAGE1 (1u << 0)
#define STAGE2 (1u << 1)
#define LAST   (1u << 2)
#define CLEANS (1u << 3)

/* clang-format off */
static const struct {
	uint8_t op1;
	uint8_t op2;
	uint8_t form;
	uint8_t el;
	uint8_t by;
	uint8_t flags;
} operations[] = {
	{ 0, 0, ALONE, 1, S2PT_TLBI_BY_VMID,        STAGE1 },          /* VMALLE1 */
	{ 0, 1, ALONE, 1, S2PT_TLBI_BY_VA,          STAGE1 },          /* VAE1 */
	{ 0, 2, ALONE, 1, S2PT_TLBI_BY_ASID,        STAGE1 },          /* ASIDE1 */
	{ 0, 3, ALONE, 1, S2PT_TLBI_BY_VA_ANY_ASID, STAGE1 },          /* VAAE1 */
	{ 0, 5, ALONE, 1, S2PT_TLBI_BY_VA,          STAGE1 | LAST },   /* VALE1 */
	{ 0, 7, ALONE, 1, S2PT_TLBI_BY_VA_ANY_ASID, STAGE1 | LAST },   /* VAALE1 */
	{ 0, 1, RANGE, 1, S2PT_TLBI_BY_VA,          STAGE1 },          /* RVAE1 */
	{ 0, 3, RANGE, 1, S2PT_TLBI_BY_VA_ANY_ASID, STAGE1 },          /* RVAAE1 */
	{ 0, 5, RANGE, 1, S2PT_TLBI_BY_VA,          STAGE1 | LAST },   /* RVALE1 */
	{ 0, 7, RANGE, 1, S2PT_TLBI_BY_VA_ANY_ASID, STAGE1 | LAST },   /* RVAALE1 */
	{ 4, 4, ALONE, 1, S2PT_TLBI_BY_REGIME,      STAGE1 | STAGE2 }, /* ALLE1 */
	{ 4, 6, ALONE, 1, S2PT_TLBI_BY_VMID,        STAGE1 | STAGE2 }, /* VMALLS12E1 */
	{ 4, 2, RANGE, 1, S2PT_TLBI_BY_VMID,        CLEANS },          /* VMALLWS2E1 */
	{ 4, 0, ALONE, 2, S2PT_TLBI_BY_REGIME,      STAGE1 },          /* ALLE2 */
	{ 4, 1, ALONE, 2, S2PT_TLBI_BY_VA,          STAGE1 },          /* VAE2 */
	{ 4, 5, ALONE, 2, S2PT_TLBI_BY_VA,          STAGE1 | LAST },   /* VALE2 */
	{ 4, 1, RANGE, 2, S2PT_TLBI_BY_VA,          STAGE1 },          /* RVAE2 */
	{ 4, 5, RANGE, 2, S2PT_TLBI_BY_VA,          STAGE1 | LAST },   /* RVALE2 */
	{ 6, 0, ALONE, 3, S2PT_TLBI_BY_REGIME,      STAGE1 },          /* ALLE3 */
	{ 6, 1, ALONE, 3, S2PT_TLBI_BY_VA,          STAGE1 },          /* VAE3 */
	{ 6, 5, ALONE, 3, S2PT_TLBI_BY_VA,          STAGE1 | LAST },   /* VALE3 */
	{ 6, 1, RANGE, 3, S2PT_TLBI_BY_VA,          STAGE1 },          /* RVAE3 */
	{ 6, 5, RANGE, 3, S2PT_TLBI_BY_VA,          STAGE1 | LAST },   /* RVALE3 */
};

/* By IPA: all have op1 4. */
static const struct {
	uint8_t crm;
	uint8_t op2;
	uint8_t form;
	uint8_t scope;
	uint8_t flags;
} by_ipa[] = {
	{ CRM_IPA_IS, 1, ALONE, S2PT_TLBI_IS,    0 },     /* IPAS2E1IS */
	{ CRM_IPA_IS, 2, RANGE, S2PT_TLBI_IS,    0 },     /* RIPAS2E1IS */
	{ CRM_IPA_IS, 5, ALONE, S2PT_TLBI_IS,    LAST },  /* IPAS2LE1IS */
	{ CRM_IPA_IS, 6, RANGE, S2PT_TLBI_IS,    LAST },  /* RIPAS2LE1IS */
	{ CRM_IPA,    0, ALONE, S2PT_TLBI_OS,    0 },     /* IPAS2E1OS */
	{ CRM_IPA,    1, ALONE, S2PT_TLBI_LOCAL, 0 },     /* IPAS2E1 */
	{ CRM_IPA,    2, RANGE, S2PT_TLBI_LOCAL, 0 },     /* RIPAS2E1 */
	{ CRM_IPA,    3, RANGE, S2PT_TLBI_OS,    0 },     /* RIPAS2E1OS */
	{ CRM_IPA,    4, ALONE, S2PT_TLBI_OS,    LAST },  /* IPAS2LE1OS */
	{ CRM_IPA,    5, ALONE, S2PT_TLBI_LOCAL, LAST },  /* IPAS2LE1 */
	{ CRM_IPA,    6, RANGE, S2PT_TLBI_LOCAL, LAST },  /* RIPAS2LE1 */
	{ CRM_IPA,    7, RANGE, S2PT_TLBI_OS,    LAST },  /* RIPAS2LE1OS */
};
/* clang-format on */

/* --- Which instruction ----------------------------------------------------------------------------- */

/* An operation, its form and its scope. */
struct operation {
	uint8_t form; /* NONE: the instruction is none of these */
	uint8_t scope;
	uint8_t el;
	uint8_t by;
	uint8_t flags;
};

static struct operation
find_by_ipa(const struct s2pt_sys *sys)
{
	struct operation found;

	found.form = NONE;
	found.scope = S2PT_TLBI_IS;
	found.el = 1;
	found.by = S2PT_TLBI_BY_IPA;
	found.flags = STAGE2;
	for (size_t i = 0; i < sizeof(by_ipa) / sizeof(by_ipa[0]); i++)
		if (sys->crm == by_ipa[i].crm && sys->op2 == by_ipa[i].op2) {
			found.form = by_ipa[i].form;
			found.scope = by_ipa[i].scope;
			found.flags |= by_ipa[i].flags;
		}
	return found;
}

static struct operation
find_operation(const struct s2pt_sys *sys)
{
	struct operation found;

	found.form = NONE;
	found.scope = S2PT_TLBI_IS;
	found.el = 0;
	found.by = S2PT_TLBI_BY_REGIME;
	found.flags = 0;
	if ((sys->crn != 8 && sys->crn != 9) || sys->crm >= CRM_COUNT)
		return found;
	if (sys->op1 == 4 && (sys->crm == CRM_IPA_IS || sys->crm == CRM_IPA))
		return find_by_ipa(sys);
	found.scope = forms[sys->crm].scope;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (sys->op1 == operations[i].op1 && sys->op2 == operations[i].op2 &&
		    forms[sys->crm].form == operations[i].form) {
			found.form = operations[i].form;
			found.el = operations[i].el;
			found.by = operations[i].by;
			found.flags = operations[i].flags;
		}
	return found;
}

/* --- Its operand ----------------------------------------------------------------------------------- */

/* log2 of the granule that TG, or the upper half of TTL, says; 0 where it says none. */
static uint8_t
granule_of(uint64_t tg)
{
	return (uint8_t)(tg ? 10u + 2u * tg : 0);
}

/* May there be a hint of this level? Levels 0 of 4K and 1 of 16K have leaves with DS alone. */
static bool
has_hint(unsigned granule_lg2, unsigned level, bool ds)
{
	if (granule_lg2 == S2PT_GRANULE_64K)
		return level >= 1;
	return level >= (granule_lg2 == S2PT_GRANULE_4K ? 1u : 2u) - ds;
}

/* Bits above @top are those of the upper or the lower half of all VAs. */
static uint64_t
sign_extended(uint64_t va, unsigned top)
{
	return va >> top & 1u ? va | ~bits_below(top) : va & bits_below(top);
}

/* One address, and what the hint says of the entry that maps it. */
static void
read_address(uint64_t operand, bool ds, struct s2pt_tlbi_cover *cover)
{
	const uint64_t ttl = field_get(IPAS2_TTL, operand);
	const unsigned level = ttl & 3u;

	if (cover->by == S2PT_TLBI_BY_IPA)
		cover->address = field_get(IPAS2_IPA, operand) << 12;
	else
		cover->address = sign_extended(field_get(VA_VA, operand) << 12, VA_TOP_BIT);
	if (!granule_of(ttl >> 2) || !has_hint(granule_of(ttl >> 2), level, ds))
		return;
	cover->granule_lg2 = granule_of(ttl >> 2);
	cover->level = (int8_t)level;
	cover->size = UINT64_C(1) << (cover->granule_lg2 + (3u - level) * (cover->granule_lg2 - 3u));
	cover->address &= ~(cover->size - 1u);
}

static void
read_range(uint64_t operand, bool ds, struct s2pt_tlbi_cover *cover)
{
	const unsigned level = (unsigned)field_get(RIPAS2_TTL, operand);
	unsigned base_lg2;

	cover->granule_lg2 = granule_of(field_get(RIPAS2_TG, operand));
	base_lg2 = ds ? DS_BASE_LG2 : cover->granule_lg2;
	cover->address = field_get(RIPAS2_BASE, operand) << base_lg2;
	if (cover->by != S2PT_TLBI_BY_IPA)
		cover->address = sign_extended(cover->address, RIPAS2_BASE.width - 1u + base_lg2);
	/* Level 0 is "any" here. */
	if (level && has_hint(cover->granule_lg2, level, ds))
		cover->level = (int8_t)level;
	cover->size = (field_get(RIPAS2_NUM, operand) + 1u)
		   << (SCALE_LG2((unsigned)field_get(RIPAS2_SCALE, operand)) + cover->granule_lg2);
}

static bool
is_by_address(const struct operation *operation)
{
	return operation->by >= S2PT_TLBI_BY_VA;
}

enum s2pt_status
s2pt_tlbi_decode(const struct s2pt_sys *sys, uint64_t operand, bool ds, struct s2pt_tlbi_cover *cover)
{
	const struct operation operation = find_operation(sys);
	const bool range = is_by_address(&operation) && operation.form == RANGE;

	if (operation.form == NONE)
		return S2PT_ERR_TLBI;
	if (range && !field_get(RIPAS2_TG, operand))
		return S2PT_ERR_RESERVED;
	cover->by = (enum s2pt_tlbi_by)operation.by;
	cover->scope = (enum s2pt_tlbi_scope)operation.scope;
	cover->nxs = sys->crn == 9;
	cover->el = operation.el;
	cover->stage1 = operation.flags & STAGE1;
	cover->stage2 = operation.flags & STAGE2;
	cover->cleans = operation.flags & CLEANS;
	cover->last_level = operation.flags & LAST;
	cover->ns = operation.by == S2PT_TLBI_BY_IPA && field_bit(IPAS2_NS, operand);
	cover->asid = operation.by == S2PT_TLBI_BY_ASID || operation.by == S2PT_TLBI_BY_VA
			    ? (uint16_t)field_get(VA_ASID, operand)
			    : 0;
	cover->level = is_by_address(&operation) ? S2PT_TLBI_ANY_LEVEL : 0;
	cover->granule_lg2 = 0;
	cover->address = 0;
	cover->size = 0;
	if (range)
		read_range(operand, ds, cover);
	else if (is_by_address(&operation))
		read_address(operand, ds, cover);
	return S2PT_OK;
}
