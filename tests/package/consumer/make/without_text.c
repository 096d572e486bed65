/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A program without words. */
#include <s2pt/combine.h>
#include <s2pt/desc.h>

int
main(void)
{
	const struct s2pt_controls controls = { .access = S2PT_ACCESS_DATA, .sctlr_c = true };
	uint32_t types;

	if (s2pt_combine_types(&controls, NULL, 1u << S2PT_KIND_DEVICE_nGnRnE, &types) != S2PT_OK)
		return 1;
	return types == 1u << S2PT_MEM_DEVICE_nGnRnE ? 0 : 1;
}
