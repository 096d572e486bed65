/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A consumer's program: plan a format, and say what comes out. */
#include <inttypes.h>
#include <stdio.h>

#include <s2pt/s2pt.h>

int
main(void)
{
	const struct s2pt_features cpu = { .pa_bits = 48, .granule_4k = true };
	struct s2pt_config config;
	struct s2pt_format format;
	char text[128];

	s2pt_config_init(&config, S2PT_GRANULE_4K, &cpu);
	config.ipa_bits = 40;
	if (s2pt_format_init(&format, &cpu, &config) != S2PT_OK)
		return 1;
	s2pt_text_format(text, sizeof(text), &format);
	printf("VTCR_EL2 0x%" PRIx64 ": %s\n", s2pt_vtcr_encode(&format), text);
	return 0;
}
