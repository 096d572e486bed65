/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "stage2.h"
#include "fail.h"
#include "verb.h"

#include <string.h>

/* A CPU that has whatever the registers may turn on: what they do not turn on is not in force. */
static struct s2pt_features
cpu_of(const struct value *v)
{
	const s2pt_feats usual = S2PT_FEAT_XNX | S2PT_FEAT_XS | S2PT_FEAT_MTE2 | S2PT_FEAT_BBML1 | S2PT_FEAT_BBML2 |
				 S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM | S2PT_FEAT_LPA;
	const s2pt_feats by_register = S2PT_FEAT_S2FWB | S2PT_FEAT_HPDS2 | S2PT_FEAT_VMID16 | S2PT_FEAT_TTCNP |
				       S2PT_FEAT_TTST | S2PT_FEAT_SEL2 | S2PT_FEAT_RME;
	const s2pt_feats said = value_or(v[STAGE2_FEATURES], usual);
	const uint8_t most = said & S2PT_FEAT_LPA ? 52 : 48, wanted = (uint8_t)value_or(v[STAGE2_CPU_PA], most);
	const uint8_t pa_bits = wanted < most ? wanted : most;
	const bool lpa = pa_bits == 52;
	struct s2pt_features cpu = {
		.feats = (said & ~S2PT_FEAT_LPA) | by_register | (lpa ? S2PT_FEAT_LPA | S2PT_FEAT_LPA2 : 0),
		.pa_bits = pa_bits,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = lpa,
		.lpa2_16k = lpa,
	};

	return cpu;
}

int
stage2_read(struct stage2 *stage2, const char *verb, const struct value *v)
{
	const struct s2pt_stage2_regs values = {
		.space = (enum s2pt_space)v[STAGE2_SPACE].is,
		.hcr = value_or(v[STAGE2_HCR], 1),
		.vtcr = v[STAGE2_VTCR].is,
		.vstcr = v[STAGE2_VSTCR].is,
		.vttbr = v[STAGE2_VTTBR].is,
	};
	enum s2pt_status status;

	if (!v[STAGE2_VTCR].given || !v[STAGE2_VTTBR].given)
		return fail(verb, "--%s is missing; see s2pt %s --help", v[STAGE2_VTCR].given ? "vttbr" : "vtcr", verb);
	if (values.space == S2PT_SPACE_SECURE && !v[STAGE2_VSTCR].given)
		return fail(verb, "--vstcr is missing: the Secure space has its geometry there");
	stage2->cpu = cpu_of(v);
	status = s2pt_walker_init(&stage2->walker, &stage2->format, &stage2->cpu, &values);
	if (status != S2PT_OK)
		return fail(verb, "--vtcr: %s: %s", s2pt_status_name(status), s2pt_status_text(status));
	return 0;
}

int
stage2_open(struct stage2 *stage2, struct dump *dump, const char *verb, const struct value *values, char **words,
	    size_t count)
{
	struct value own[STAGE2_END];
	int status = 0;

	memcpy(own, values, sizeof(own));
	if (own[STAGE2_SYMBOL].given && own[STAGE2_VTTBR].given)
		return fail(verb, "--symbol and --vttbr do not go together");
	if (own[STAGE2_SYMBOL].given) {
		own[STAGE2_VTTBR].given = true;
		status = dump_symbol(verb, words, count, own[STAGE2_SYMBOL].text, &own[STAGE2_VTTBR].is);
	}
	if (status == 0)
		status = stage2_read(stage2, verb, own);
	return status ? status : dump_open(dump, verb, words, count);
}
