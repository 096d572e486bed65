/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * VTTBR_EL2 and VSTTBR_EL2: what is written is read back, what is read is written again, and nothing is set beside it.
 */
#include "any.h"

static void
vttbr(const struct s2pt_format *format)
{
	const uint64_t raw = any_u64();
	struct s2pt_vttbr in, out;
	uint64_t value;

	in.root = s2pt_pa_of(any_mostly(any_u64() >> 16 << format->root_align_lg2));
	in.vmid = (uint16_t)(any_u64() & 0xffffu);
	in.cnp = any_bool();
	if (s2pt_vttbr_encode(format, &in, &value) == S2PT_OK) {
		/* CnP, BADDR, VMID where DDI 0487 has them. */
		prove((value & 1u) == in.cnp && value >> 48 == in.vmid);
		prove((value & 0xfffffffffffeu & ~((UINT64_C(1) << format->root_align_lg2) - 1)) ==
		      (in.root.addr & 0xffffffffffffu));
		prove(s2pt_vttbr_decode(format, value, &out) == S2PT_OK);
		prove(out.root.addr == in.root.addr && out.vmid == in.vmid && out.cnp == in.cnp);
		reach();
	}
	if (s2pt_vttbr_decode(format, raw, &out) == S2PT_OK) {
		prove(out.root.addr >> format->oa_bits == 0);
		prove(!(out.root.addr & ((UINT64_C(1) << format->root_align_lg2) - 1)));
		prove(s2pt_vttbr_encode(format, &out, &value) == S2PT_OK && value == raw);
		reach();
	}
}

static void
proof(void)
{
	struct s2pt_format format;

	any_format(&format);
	vttbr(&format);
}
