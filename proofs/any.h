/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * any.h: what the harnesses begin with: any CPU, any format that can be made for one, any request to invalidate
 * a part of a table of that format.
 */
#ifndef S2PT_PROOFS_ANY_H
#define S2PT_PROOFS_ANY_H

#include <s2pt/format.h>
#include <s2pt/tlbi.h>

#include "proof.h"

#define UNSUPPORTED_FEATS (S2PT_FEAT_HAFT | S2PT_FEAT_HDBSS | S2PT_FEAT_HACDBS | S2PT_FEAT_S2PIE | \
			   S2PT_FEAT_S2POE | S2PT_FEAT_D128 | S2PT_FEAT_THE | S2PT_FEAT_MEC)

/* What s2pt_features_from_id_regs() and its kin promise of a CPU: proofs/features.c proves it. */
static inline bool
is_cpu(const struct s2pt_features *cpu)
{
	return (cpu->pa_bits == 32 || cpu->pa_bits == 36 || cpu->pa_bits == 40 || cpu->pa_bits == 42 ||
		cpu->pa_bits == 44 || cpu->pa_bits == 48 || cpu->pa_bits == 52 || cpu->pa_bits == 56) &&
	       (cpu->pa_bits >= 52) == ((cpu->feats & S2PT_FEAT_LPA) != 0) &&
	       (cpu->lpa2_4k || cpu->lpa2_16k) == ((cpu->feats & S2PT_FEAT_LPA2) != 0) &&
	       (cpu->granule_4k || !cpu->lpa2_4k) && (cpu->granule_16k || !cpu->lpa2_16k);
}

static inline void
any_cpu(struct s2pt_features *cpu)
{
	const uint8_t sizes[8] = { 32, 36, 40, 42, 44, 48, 52, 56 };

	cpu->pa_bits = sizes[any_below(8)];
	cpu->granule_4k = any_mostly(1) & 1u;
	cpu->granule_16k = any_mostly(1) & 1u;
	cpu->granule_64k = any_mostly(1) & 1u;
	cpu->xn_breaks = any_bool();
	cpu->lpa2_4k = cpu->granule_4k && any_bool();
	cpu->lpa2_16k = cpu->granule_16k && any_bool();
	cpu->feats = any_u64() & ~(S2PT_FEAT_LPA | S2PT_FEAT_LPA2);
	if (cpu->pa_bits >= 52)
		cpu->feats |= S2PT_FEAT_LPA;
	if (cpu->lpa2_4k || cpu->lpa2_16k)
		cpu->feats |= S2PT_FEAT_LPA2;
	prove(is_cpu(cpu));
}

static inline void
any_config(struct s2pt_config *config, const struct s2pt_features *cpu)
{
	config->granule = (enum s2pt_granule)(any_mostly(12u + 2u * any_below(3)) & 0xffffu);
	config->space = (enum s2pt_space)(any_mostly(any_below(3)) & 0xffffu);
	config->ipa_bits = (uint8_t)(any_mostly(any_bool() ? 0 : 16u + any_below(37)) & 0xffu);
	config->pa_bits = (uint8_t)(any_mostly(0) & 0xffu);
	config->start_level = (int8_t)((int)(any_mostly(any_bool() ? 0 : 127u + any_below(5)) & 0xffu) - 128);
	config->feats = any_mostly(cpu->feats & ~UNSUPPORTED_FEATS & any_u64());
	config->pbha = (uint8_t)(any_mostly(any_bool() ? 0 : any_below(16)) & 0xffu);
	config->sh0 = (uint8_t)(any_mostly(S2PT_SH_ISH) & 0xffu);
	config->irgn0 = (uint8_t)(any_mostly(S2PT_WALK_WB_RWA) & 0xffu);
	config->orgn0 = (uint8_t)(any_mostly(S2PT_WALK_WB_RWA) & 0xffu);
	config->sw = any_mostly(0) & 1u;
	config->sa = any_mostly(0) & 1u;
}

/*
 * What s2pt_format_init() and its kin promise of a format: proofs/format.c proves it. Other proofs presuppose no
 * more, which spares them the making of a format.
 */
static inline bool
is_format(const struct s2pt_format *f)
{
	const bool is_64k = f->granule_lg2 == 16, ds = f->feats & S2PT_FEAT_LPA2;
	const unsigned most = is_64k || ds ? 52 : 48;
	const unsigned entry_lg2 = f->granule_lg2 + (f->granule_lg2 - 3u) * (unsigned)(3 - f->start_level);
	const unsigned whole_lg2 = entry_lg2 + f->granule_lg2 - 3u;

	if (!(f->granule_lg2 == 12 || f->granule_lg2 == 14 || is_64k) || (ds && is_64k))
		return false;
	if (f->feats & UNSUPPORTED_FEATS || ((f->feats & S2PT_FEAT_HAFDBS_DBM) && !(f->feats & S2PT_FEAT_HAFDBS_AF)))
		return false;
	if (!(f->pa_bits == 32 || f->pa_bits == 36 || f->pa_bits == 40 || f->pa_bits == 42 || f->pa_bits == 44 ||
	      f->pa_bits == 48 || f->pa_bits == 52) ||
	    f->oa_bits != (f->pa_bits < most ? f->pa_bits : most) ||
	    (f->pa_bits == 52 && !(f->feats & S2PT_FEAT_LPA)))
		return false;
	if (f->ipa_bits < 16 || f->ipa_bits > most || (f->ipa_bits > 48 && !(f->feats & S2PT_FEAT_LPA)))
		return false;
	if (f->start_level < (f->granule_lg2 == 12   ? -(int)ds
			      : f->granule_lg2 == 14 ? !ds
						     : 1) ||
	    f->start_level > 3)
		return false;
	if (f->ipa_bits <= entry_lg2 || f->ipa_bits > whole_lg2 + 4u)
		return false;
	if (f->root_tables != (f->ipa_bits > whole_lg2 ? 1u << (f->ipa_bits - whole_lg2) : 1u) ||
	    f->root_lg2 != f->ipa_bits - entry_lg2 + 3u ||
	    f->root_align_lg2 != ((ds || (is_64k && f->pa_bits == 52)) && f->root_lg2 < 6 ? 6u : f->root_lg2))
		return false;
	if (f->space > S2PT_SPACE_REALM || (f->space == S2PT_SPACE_REALM && (f->sw || f->sa)))
		return false;
	return f->pbha <= 15 && (!f->pbha || (f->feats & S2PT_FEAT_HPDS2)) && f->sh0 <= 3 && f->sh0 != 1 &&
	       f->irgn0 <= 3 && f->orgn0 <= 3;
}

/* Any format that s2pt_format_init() makes; CBMC takes all that is_format() allows. */
static inline void
any_format(struct s2pt_format *format)
{
#ifdef __CPROVER__
	format->granule_lg2 = (uint8_t)(any_u64() & 0xffu);
	format->ipa_bits = (uint8_t)(any_u64() & 0xffu);
	format->pa_bits = (uint8_t)(any_u64() & 0xffu);
	format->oa_bits = (uint8_t)(any_u64() & 0xffu);
	format->start_level = (int8_t)((int)any_below(5) - 1);
	format->root_tables = (uint8_t)(any_u64() & 0xffu);
	format->root_lg2 = (uint8_t)(any_u64() & 0xffu);
	format->root_align_lg2 = (uint8_t)(any_u64() & 0xffu);
	format->space = (uint8_t)(any_u64() & 0xffu);
	format->pbha = (uint8_t)(any_u64() & 0xffu);
	format->sh0 = (uint8_t)(any_u64() & 0xffu);
	format->irgn0 = (uint8_t)(any_u64() & 0xffu);
	format->orgn0 = (uint8_t)(any_u64() & 0xffu);
	format->sw = any_bool();
	format->sa = any_bool();
	format->feats = any_u64();
	assume(is_format(format));
#else
	struct s2pt_features cpu;
	struct s2pt_config config;
	int tries = 0;

	do {
		assume(tries++ < 64);
		any_cpu(&cpu);
		any_config(&config, &cpu);
	} while (s2pt_format_init(format, &cpu, &config) != S2PT_OK);
	prove(is_format(format));
#endif
}

/* log2 of what one operation without a range takes away: an entry where its level is known, else a granule. */
static inline unsigned
request_unit_lg2(const struct s2pt_format *format, const struct s2pt_tlbi_request *request)
{
	const int level = request->level == S2PT_TLBI_ANY_LEVEL ? 3 : request->level;

	return format->granule_lg2 + (format->granule_lg2 - 3u) * (unsigned)(3 - level);
}

/* Any request by IPA that s2pt_tlbi_begin() takes, in tlbi.h's words: proofs/tlbi.c proves that it is those. */
static inline bool
is_request(const struct s2pt_format *format, const struct s2pt_tlbi_request *request)
{
	const uint64_t limit = (uint64_t)1 << format->ipa_bits;

	if (request->level != S2PT_TLBI_ANY_LEVEL && request->level != S2PT_LEVEL_LAST &&
	    !s2pt_format_has_block(format, request->level))
		return false;
	return request->size &&
	       !((request->ipa.addr | request->size) & (((uint64_t)1 << request_unit_lg2(format, request)) - 1)) &&
	       request->ipa.addr < limit && request->size <= limit - request->ipa.addr;
}

static inline void
any_request(const struct s2pt_format *format, struct s2pt_tlbi_request *request)
{
	request->all = false;
	request->vmid = false;
	request->level = any_bool() ? S2PT_TLBI_ANY_LEVEL : (int8_t)((int)any_below(5) - 1);
	request->last_level = any_bool();
	request->local = any_bool();
	request->ipa.addr = any_mostly(any_below(16) << (request_unit_lg2(format, request) & 63u));
	request->size = any_mostly((any_u64() & 0xffffu) << (request_unit_lg2(format, request) & 63u));
}

/* For what the granule only scales: shifts by an unknown number are dear to a solver. */
static inline unsigned
any_granule_lg2(void)
{
#ifdef __CPROVER__
	return 12;
#else
	return 12u + 2u * (unsigned)any_below(3);
#endif
}

#endif
