/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "registers.h"

#include <inttypes.h>
#include <s2pt/s2pt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* --- Meanings that are made of the number ----------------------------------------------------- */

static void
say_txsz(uint64_t value, char *buf, size_t size)
{
	snprintf(buf, size, "%u bits of input address", 64u - (unsigned)value);
}

static void
say_mair(uint64_t value, char *buf, size_t size)
{
	struct s2pt_attr attr;

	if (s2pt_mair_decode(S2PT_FEAT_XS | S2PT_FEAT_MTE2, (uint8_t)value, S2PT_SH_NSH, &attr) == S2PT_OK)
		snprintf(buf, size, "%s", s2pt_kind_name(s2pt_attr_kind(&attr)));
	else
		snprintf(buf, size, "reserved");
}

static void
say_fsc(uint64_t value, char *buf, size_t size)
{
	const struct s2pt_fault_regs regs = { UINT64_C(0x24) << 26 | value, 0, 0 };
	struct s2pt_fault fault;

	if (s2pt_fault_decode(&regs, &fault) != S2PT_OK || fault.kind == S2PT_FAULT_OTHER)
		snprintf(buf, size, "not of stage 2");
	else if (s2pt_fault_has_level(fault.kind))
		snprintf(buf, size, "%s, level %d", s2pt_fault_kind_name(fault.kind), fault.level);
	else
		snprintf(buf, size, "%s", s2pt_fault_kind_name(fault.kind));
}

static void
say_fipa(uint64_t value, char *buf, size_t size)
{
	snprintf(buf, size, "IPA 0x%" PRIx64, value << 12);
}

static void
say_page(uint64_t value, char *buf, size_t size)
{
	snprintf(buf, size, "0x%" PRIx64, value << 12);
}

static void
say_ec(uint64_t value, char *buf, size_t size)
{
	static const struct {
		uint8_t ec;
		const char *text;
	} classes[] = {
		{ 0x00, "unknown reason" },
		{ 0x01, "WFI, WFE" },
		{ 0x07, "access to SVE, SIMD or FP" },
		{ 0x0e, "illegal execution state" },
		{ 0x15, "SVC from AArch64" },
		{ 0x16, "HVC from AArch64" },
		{ 0x17, "SMC from AArch64" },
		{ 0x18, "MSR, MRS or a system instruction" },
		{ 0x1a, "ERET" },
		{ 0x20, "Instruction Abort from a lower level" },
		{ 0x21, "Instruction Abort from EL2" },
		{ 0x22, "PC alignment" },
		{ 0x24, "Data Abort from a lower level" },
		{ 0x25, "Data Abort from EL2" },
		{ 0x26, "SP alignment" },
		{ 0x2f, "SError" },
		{ 0x3c, "BRK from AArch64" },
	};

	snprintf(buf, size, "see the list of exception classes");
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (classes[i].ec == value)
			snprintf(buf, size, "%s", classes[i].text);
}

/* --- Fields ----------------------------------------------------------------------------------- */

#define OFF_ON     "off|on"
#define WALK_CACHE "Non-cacheable|Write-Back RWA|Write-Through RA|Write-Back RA"
#define SHARED     "Non-shareable|reserved|Outer Shareable|Inner Shareable"
#define PA_SIZES   "32 bits|36 bits|40 bits|42 bits|44 bits|48 bits|52 bits|56 bits"

/* clang-format off */
static const struct reg_field vtcr[] = {
	{ "HDBSS", 45, 45, OFF_ON, NULL },
	{ "HAFT", 44, 44, OFF_ON, NULL },
	{ "TL0", 41, 41, OFF_ON, NULL },
	{ "GCSH", 40, 40, OFF_ON, NULL },
	{ "D128", 38, 38, "64-bit descriptors|128-bit descriptors", NULL },
	{ "S2POE", 37, 37, "no overlay|permission overlay", NULL },
	{ "S2PIE", 36, 36, "direct permissions|indirect permissions", NULL },
	{ "TL1", 35, 35, OFF_ON, NULL },
	{ "AssuredOnly", 34, 34, OFF_ON, NULL },
	{ "SL2", 33, 33, NULL, NULL },
	{ "DS", 32, 32, "OA of 48 bits with 4K and 16K|OA of 52 bits with 4K and 16K, leaves take SH0", NULL },
	{ "RES1", 31, 31, "should be 1|", NULL },
	{ "NSA", 30, 30, NULL, NULL },
	{ "NSW", 29, 29, NULL, NULL },
	{ "HWU62..59", 28, 25, NULL, NULL },
	{ "HD", 22, 22, "software's dirty state|hardware's dirty state", NULL },
	{ "HA", 21, 21, "software's access flag|hardware's access flag", NULL },
	{ "VS", 19, 19, "VMID of 8 bits|VMID of 16 bits", NULL },
	{ "PS", 18, 16, PA_SIZES, NULL },
	{ "TG0", 15, 14, "4K|64K|16K|reserved", NULL },
	{ "SH0", 13, 12, SHARED, NULL },
	{ "ORGN0", 11, 10, WALK_CACHE, NULL },
	{ "IRGN0", 9, 8, WALK_CACHE, NULL },
	{ "SL0", 7, 6, NULL, NULL },
	{ "T0SZ", 5, 0, NULL, say_txsz },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field vttbr[] = {
	{ "VMID", 63, 48, NULL, NULL },
	{ "BADDR", 47, 1, NULL, NULL },
	{ "CnP", 0, 0, "this CPU's own|common to all CPUs", NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field hcr[] = {
	{ "TWEDEL", 63, 60, NULL, NULL },
	{ "TID5", 58, 58, NULL, NULL },
	{ "DCT", 57, 57, "untagged|with DC: tagged", NULL },
	{ "ATA", 56, 56, "no Allocation Tags for EL1, EL0|Allocation Tags", NULL },
	{ "TTLBOS", 55, 55, "|TLBI OS of EL1 is trapped", NULL },
	{ "TTLBIS", 54, 54, "|TLBI IS of EL1 is trapped", NULL },
	{ "FWB", 46, 46, "stages combine|stage 2 forces Write-Back", NULL },
	{ "NV2", 45, 45, NULL, NULL },
	{ "AT", 44, 44, "|AT S1E1 is trapped", NULL },
	{ "NV1", 43, 43, NULL, NULL },
	{ "NV", 42, 42, "|EL1 is a virtual EL2", NULL },
	{ "API", 41, 41, NULL, NULL },
	{ "APK", 40, 40, NULL, NULL },
	{ "TEA", 37, 37, "|external aborts of EL1 come to EL2", NULL },
	{ "E2H", 34, 34, "|the host is at EL2", NULL },
	{ "ID", 33, 33, "|stage 2 fetches are Non-cacheable", NULL },
	{ "CD", 32, 32, "|stage 2 data and walks are Non-cacheable", NULL },
	{ "RW", 31, 31, "EL1 is AArch32|EL1 is AArch64", NULL },
	{ "TRVM", 30, 30, NULL, NULL },
	{ "TGE", 27, 27, "|exceptions to EL1 come to EL2", NULL },
	{ "TVM", 26, 26, NULL, NULL },
	{ "TTLB", 25, 25, "|TLBI of EL1 is trapped", NULL },
	{ "TSC", 19, 19, "|SMC is trapped", NULL },
	{ "DC", 12, 12, "|stage 1 is off, and cacheable", NULL },
	{ "FB", 9, 9, "|TLBI of EL1 is broadcast", NULL },
	{ "AMO", 5, 5, NULL, NULL },
	{ "IMO", 4, 4, NULL, NULL },
	{ "FMO", 3, 3, NULL, NULL },
	{ "PTW", 2, 2, "|stage-1 walks of Device memory fault", NULL },
	{ "SWIO", 1, 1, NULL, NULL },
	{ "VM", 0, 0, "stage 2 is off|stage 2 is on", NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field tcr[] = {
	{ "DS", 59, 59, "OA of 48 bits with 4K and 16K|OA of 52 bits with 4K and 16K", NULL },
	{ "E0PD1", 56, 56, "|EL0 faults in the upper half", NULL },
	{ "E0PD0", 55, 55, "|EL0 faults in the lower half", NULL },
	{ "HPD1", 42, 42, "|tables of the upper half pass no permissions down", NULL },
	{ "HPD0", 41, 41, "|tables of the lower half pass no permissions down", NULL },
	{ "HD", 40, 40, "software's dirty state|hardware's dirty state", NULL },
	{ "HA", 39, 39, "software's access flag|hardware's access flag", NULL },
	{ "TBI1", 38, 38, "|the top byte is ignored in the upper half", NULL },
	{ "TBI0", 37, 37, "|the top byte is ignored in the lower half", NULL },
	{ "AS", 36, 36, "ASID of 8 bits|ASID of 16 bits", NULL },
	{ "IPS", 34, 32, PA_SIZES, NULL },
	{ "TG1", 31, 30, "reserved|16K|4K|64K", NULL },
	{ "SH1", 29, 28, SHARED, NULL },
	{ "ORGN1", 27, 26, WALK_CACHE, NULL },
	{ "IRGN1", 25, 24, WALK_CACHE, NULL },
	{ "EPD1", 23, 23, "|no walks of the upper half: it faults", NULL },
	{ "A1", 22, 22, "ASID of TTBR0_EL1|ASID of TTBR1_EL1", NULL },
	{ "T1SZ", 21, 16, NULL, say_txsz },
	{ "TG0", 15, 14, "4K|64K|16K|reserved", NULL },
	{ "SH0", 13, 12, SHARED, NULL },
	{ "ORGN0", 11, 10, WALK_CACHE, NULL },
	{ "IRGN0", 9, 8, WALK_CACHE, NULL },
	{ "EPD0", 7, 7, "|no walks of the lower half: it faults", NULL },
	{ "T0SZ", 5, 0, NULL, say_txsz },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field mair[] = {
	{ "Attr7", 63, 56, NULL, say_mair }, { "Attr6", 55, 48, NULL, say_mair },
	{ "Attr5", 47, 40, NULL, say_mair }, { "Attr4", 39, 32, NULL, say_mair },
	{ "Attr3", 31, 24, NULL, say_mair }, { "Attr2", 23, 16, NULL, say_mair },
	{ "Attr1", 15, 8, NULL, say_mair },  { "Attr0", 7, 0, NULL, say_mair },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field esr_fetch[] = {
	{ "HDBSSF", 43, 43, NULL, NULL },
	{ "AssuredOnly", 39, 39, NULL, NULL },
	{ "Overlay", 38, 38, "|the permission overlay refuses", NULL },
	{ "DirtyBit", 37, 37, NULL, NULL },
	{ "EC", 31, 26, NULL, say_ec },
	{ "IL", 25, 25, "16-bit instruction|32-bit instruction", NULL },
	{ "FnV", 10, 10, "FAR is valid|FAR is not valid", NULL },
	{ "EA", 9, 9, NULL, NULL },
	{ "S1PTW", 7, 7, "of the fetch|on a stage-1 walk", NULL },
	{ "IFSC", 5, 0, NULL, say_fsc },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field esr_abort[] = {
	{ "HDBSSF", 43, 43, NULL, NULL },
	{ "TnD", 42, 42, NULL, NULL },
	{ "TagAccess", 41, 41, "|tags of memory that has none", NULL },
	{ "GCS", 40, 40, NULL, NULL },
	{ "AssuredOnly", 39, 39, NULL, NULL },
	{ "Overlay", 38, 38, "|the permission overlay refuses", NULL },
	{ "DirtyBit", 37, 37, "|a write to what is clean", NULL },
	{ "EC", 31, 26, NULL, say_ec },
	{ "IL", 25, 25, "16-bit instruction|32-bit instruction", NULL },
	{ "ISV", 24, 24, "the instruction is not described|the instruction is described", NULL },
	{ "SAS", 23, 22, "byte, if ISV|halfword, if ISV|word, if ISV|doubleword, if ISV", NULL },
	{ "SRT", 20, 16, NULL, NULL },
	{ "SF", 15, 15, "32-bit register|64-bit register", NULL },
	{ "FnV", 10, 10, "FAR is valid|FAR is not valid", NULL },
	{ "EA", 9, 9, NULL, NULL },
	{ "CM", 8, 8, "|cache maintenance or AT", NULL },
	{ "S1PTW", 7, 7, "of the access|on a stage-1 walk", NULL },
	{ "WnR", 6, 6, "read|write", NULL },
	{ "DFSC", 5, 0, NULL, say_fsc },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field esr_other[] = {
	{ "ISS2", 55, 32, NULL, NULL },
	{ "EC", 31, 26, NULL, say_ec },
	{ "IL", 25, 25, "16-bit instruction|32-bit instruction", NULL },
	{ "ISS", 24, 0, NULL, NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field hpfar[] = {
	{ "NS", 63, 63, NULL, NULL },
	{ "FIPA", 47, 4, NULL, say_fipa },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field far_el2[] = {
	{ "VA", 63, 0, NULL, NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field par_ok[] = {
	{ "ATTR", 63, 56, NULL, say_mair },
	{ "PA", 51, 12, NULL, say_page },
	{ "NS", 9, 9, NULL, NULL },
	{ "SH", 8, 7, SHARED, NULL },
	{ "F", 0, 0, "translated", NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field par_fault[] = {
	{ "DirtyBit", 15, 15, NULL, NULL },
	{ "Overlay", 14, 14, NULL, NULL },
	{ "TopLevel", 13, 13, NULL, NULL },
	{ "AssuredOnly", 12, 12, NULL, NULL },
	{ "S", 9, 9, "of stage 1|of stage 2", NULL },
	{ "PTW", 8, 8, "of the access|on a stage-1 walk", NULL },
	{ "FST", 6, 1, NULL, say_fsc },
	{ "F", 0, 0, "|a fault", NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field mmfr0[] = {
	{ "ECV", 63, 60, NULL, NULL },
	{ "FGT", 59, 56, NULL, NULL },
	{ "ExS", 47, 44, NULL, NULL },
	{ "TGran4_2", 43, 40, "as TGran4|no 4K at stage 2|4K at stage 2|4K at stage 2, also 52 bits", NULL },
	{ "TGran64_2", 39, 36, "as TGran64|no 64K at stage 2|64K at stage 2", NULL },
	{ "TGran16_2", 35, 32, "as TGran16|no 16K at stage 2|16K at stage 2|16K at stage 2, also 52 bits", NULL },
	{ "TGran4", 31, 28, "4K|4K, also 52 bits||||||||||||||no 4K", NULL },
	{ "TGran64", 27, 24, "64K|||||||||||||||no 64K", NULL },
	{ "TGran16", 23, 20, "no 16K|16K|16K, also 52 bits", NULL },
	{ "BigEndEL0", 19, 16, NULL, NULL },
	{ "SNSMem", 15, 12, NULL, NULL },
	{ "BigEnd", 11, 8, NULL, NULL },
	{ "ASIDBits", 7, 4, "8 bits||16 bits", NULL },
	{ "PARange", 3, 0, PA_SIZES, NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field mmfr1[] = {
	{ "ECBHB", 63, 60, NULL, NULL },
	{ "CMOW", 59, 56, NULL, NULL },
	{ "TIDCP1", 55, 52, NULL, NULL },
	{ "nTLBPA", 51, 48, NULL, NULL },
	{ "AFP", 47, 44, NULL, NULL },
	{ "HCX", 43, 40, NULL, NULL },
	{ "ETS", 39, 36, NULL, NULL },
	{ "TWED", 35, 32, NULL, NULL },
	{ "XNX", 31, 28, "XN has one bit|FEAT_XNX: EL1 and EL0 apart", NULL },
	{ "SpecSEI", 27, 24, NULL, NULL },
	{ "PAN", 23, 20, NULL, NULL },
	{ "LO", 19, 16, NULL, NULL },
	{ "HPDS", 15, 12, "no HPD|HPD|FEAT_HPDS2: HPD and PBHA", NULL },
	{ "VH", 11, 8, "no VHE|VHE", NULL },
	{ "VMIDBits", 7, 4, "8 bits||16 bits", NULL },
	{ "HAFDBS", 3, 0, "none|access flag|access flag, dirty state|... of tables, too|... and their structure", NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field mmfr2[] = {
	{ "E0PD", 63, 60, NULL, NULL },
	{ "EVT", 59, 56, NULL, NULL },
	{ "BBM", 55, 52, "level 0|level 1: nT|level 2: sizes change without a break|level 3", NULL },
	{ "TTL", 51, 48, "no level hints|level hints in TLBI", NULL },
	{ "FWB", 43, 40, "no forced Write-Back|FEAT_S2FWB", NULL },
	{ "IDS", 39, 36, NULL, NULL },
	{ "AT", 35, 32, NULL, NULL },
	{ "ST", 31, 28, "T0SZ up to 39|FEAT_TTST: T0SZ up to 48", NULL },
	{ "NV", 27, 24, NULL, NULL },
	{ "CCIDX", 23, 20, NULL, NULL },
	{ "VARange", 19, 16, "48 bits|52 bits with 64K", NULL },
	{ "IESB", 15, 12, NULL, NULL },
	{ "LSM", 11, 8, NULL, NULL },
	{ "UAO", 7, 4, NULL, NULL },
	{ "CnP", 3, 0, "no CnP|CnP", NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field mmfr3[] = {
	{ "Spec_FPACC", 63, 60, NULL, NULL },
	{ "D128_2", 39, 36, "none|128-bit descriptors at stage 2", NULL },
	{ "D128", 35, 32, "none|128-bit descriptors", NULL },
	{ "MEC", 31, 28, NULL, NULL },
	{ "AIE", 27, 24, NULL, NULL },
	{ "S2POE", 23, 20, "none|overlays at stage 2", NULL },
	{ "S1POE", 19, 16, NULL, NULL },
	{ "S2PIE", 15, 12, "none|indirect permissions at stage 2", NULL },
	{ "S1PIE", 11, 8, NULL, NULL },
	{ "SCTLRX", 7, 4, NULL, NULL },
	{ "TCRX", 3, 0, NULL, NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field mmfr4[] = {
	{ "E2H0", 27, 24, NULL, NULL },
	{ "NV_frac", 23, 20, NULL, NULL },
	{ "HACDBS", 15, 12, "none|an accelerator of cleaning", NULL },
	{ "ASID2", 11, 8, NULL, NULL },
	{ NULL, 0, 0, NULL, NULL },
};

/* Words of a Stream Table Entry (IHI 0070, 5.2); of stage 1 only what decides whether stage 2 is in force. */
static const struct reg_field ste0[] = {
	{ "S1ContextPtr", 51, 6, NULL, NULL },
	{ "Config", 3, 1,
	  "abort, without an event|reserved|reserved|reserved|bypass|stage 1|stage 2|stage 1 and stage 2", NULL },
	{ "V", 0, 0, "the STE is not valid: C_BAD_STE|valid", NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field ste1[] = {
	{ "SHCFG", 45, 44, "Non-shareable|as the device says|Outer Shareable|Inner Shareable", NULL },
	{ "ALLOCCFG", 40, 37, NULL, NULL },
	{ "MTCFG", 36, 36, "the device's memory type|the memory type is MemAttr", NULL },
	{ "MemAttr", 35, 32, NULL, NULL },
	{ "STRW", 31, 30, NULL, NULL },
	{ "EATS", 29, 28, "ATS is refused|ATS|ATS of stage 1 alone", NULL },
	{ "S1STALLD", 27, 27, NULL, NULL },
	{ "S2FWB", 25, 25, "stages combine|stage 2 forces Write-Back", NULL },
	{ "S2HWU59..62", 11, 8, NULL, NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field ste2[] = {
	{ "S2POE", 61, 61, "no overlay|permission overlay", NULL },
	{ "S2PIE", 60, 60, "direct permissions|indirect permissions", NULL },
	{ "S2HAFT", 59, 59, OFF_ON, NULL },
	{ "S2R", 58, 58, "faults leave no event|faults are recorded", NULL },
	{ "S2S", 57, 57, "faults end the access|faults stall", NULL },
	{ "S2HA", 56, 56, "software's access flag|hardware's access flag", NULL },
	{ "S2HD", 55, 55, "software's dirty state|hardware's dirty state", NULL },
	{ "S2PTW", 54, 54, "|stage-1 walks of Device memory fault", NULL },
	{ "S2AFFD", 53, 53, "AF = 0 faults|AF = 0 does not fault", NULL },
	{ "S2ENDI", 52, 52, "little-endian tables|big-endian tables", NULL },
	{ "S2AA64", 51, 51, "VMSAv8-32 LPAE|VMSAv8-64", NULL },
	{ "S2PS", 50, 48, PA_SIZES, NULL },
	{ "S2TG", 47, 46, "4K|64K|16K|reserved", NULL },
	{ "S2SH0", 45, 44, SHARED, NULL },
	{ "S2OR0", 43, 42, WALK_CACHE, NULL },
	{ "S2IR0", 41, 40, WALK_CACHE, NULL },
	{ "S2SL0", 39, 38, NULL, NULL },
	{ "S2T0SZ", 37, 32, NULL, say_txsz },
	{ "S2VMID", 15, 0, NULL, NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field ste3[] = {
	{ "S2TTB", 51, 4, NULL, NULL },
	{ "S2DS", 3, 3, "OA of 48 bits with 4K and 16K|OA of 52 bits with 4K and 16K, leaves take S2SH0", NULL },
	{ "S2SL0_2", 2, 2, NULL, NULL },
	{ "S2NSA", 1, 1, NULL, NULL },
	{ "S2NSW", 0, 0, NULL, NULL },
	{ NULL, 0, 0, NULL, NULL },
};

/* Words of an event record of an SMMU (IHI 0070, 7.3). */
static void
say_event(uint64_t value, char *buf, size_t size)
{
	static const char *const names[] = {
		[0x01] = "F_UUT",
		[0x02] = "C_BAD_STREAMID",
		[0x03] = "F_STE_FETCH",
		[0x04] = "C_BAD_STE",
		[0x05] = "F_BAD_ATS_TREQ",
		[0x06] = "F_STREAM_DISABLED",
		[0x07] = "F_TRANSL_FORBIDDEN",
		[0x08] = "C_BAD_SUBSTREAMID",
		[0x09] = "F_CD_FETCH",
		[0x0a] = "C_BAD_CD",
		[0x0b] = "F_WALK_EABT",
		[0x10] = "F_TRANSLATION",
		[0x11] = "F_ADDR_SIZE",
		[0x12] = "F_ACCESS",
		[0x13] = "F_PERMISSION",
		[0x20] = "F_TLB_CONFLICT",
		[0x21] = "F_CFG_CONFLICT",
		[0x24] = "E_PAGE_REQUEST",
		[0x25] = "F_VMS_FETCH",
	};
	const bool known = value < sizeof(names) / sizeof(names[0]) && names[value];

	snprintf(buf, size, "%s", known ? names[value] : "reserved");
}

static const struct reg_field event0[] = {
	{ "StreamID", 63, 32, NULL, NULL },
	{ "SubstreamID", 31, 12, NULL, NULL },
	{ "SSV", 11, 11, "no SubstreamID|with a SubstreamID", NULL },
	{ "Type", 7, 0, NULL, say_event },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field event1[] = {
	{ "TTRnW", 44, 44, "write|read", NULL },
	{ "CLASS", 41, 40, "a Context Descriptor|a stage-1 table|what the device asked for", NULL },
	{ "S2", 39, 39, "at stage 1|at stage 2", NULL },
	{ "RnW", 35, 35, "write|read", NULL },
	{ "InD", 34, 34, "data|instruction", NULL },
	{ "PnU", 33, 33, "unprivileged|privileged", NULL },
	{ "STALL", 31, 31, "the access was ended|the access waits for CMD_RESUME", NULL },
	{ "STAG", 15, 0, NULL, NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field event2[] = {
	{ "InputAddr", 63, 0, NULL, NULL },
	{ NULL, 0, 0, NULL, NULL },
};

static void
say_fetch(uint64_t value, char *buf, size_t size)
{
	snprintf(buf, size, "0x%" PRIx64, value << 3);
}

static const struct reg_field event3[] = {
	{ "IPA or FetchAddr", 51, 3, NULL, say_fetch },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct reg_field midr[] = {
	{ "Implementer", 31, 24, NULL, NULL },
	{ "Variant", 23, 20, NULL, NULL },
	{ "Architecture", 19, 16, NULL, NULL },
	{ "PartNum", 15, 4, NULL, NULL },
	{ "Revision", 3, 0, NULL, NULL },
	{ NULL, 0, 0, NULL, NULL },
};
/* clang-format on */

const struct reg_description reg_descriptions[REG_COUNT] = {
	[REG_VTCR] = { "VTCR_EL2", vtcr },
	[REG_VTTBR] = { "VTTBR_EL2", vttbr },
	[REG_HCR] = { "HCR_EL2", hcr },
	[REG_TCR] = { "TCR_EL1", tcr },
	[REG_MAIR] = { "MAIR_EL1", mair },
	[REG_ESR] = { "ESR_EL2", esr_abort },
	[REG_HPFAR] = { "HPFAR_EL2", hpfar },
	[REG_FAR] = { "FAR_EL2", far_el2 },
	[REG_PAR] = { "PAR_EL1", par_ok },
	[REG_MMFR0] = { "ID_AA64MMFR0_EL1", mmfr0 },
	[REG_MMFR1] = { "ID_AA64MMFR1_EL1", mmfr1 },
	[REG_MMFR2] = { "ID_AA64MMFR2_EL1", mmfr2 },
	[REG_MMFR3] = { "ID_AA64MMFR3_EL1", mmfr3 },
	[REG_MMFR4] = { "ID_AA64MMFR4_EL1", mmfr4 },
	[REG_MIDR] = { "MIDR_EL1", midr },
	[REG_STE0] = { "STE0", ste0 },
	[REG_STE1] = { "STE1", ste1 },
	[REG_STE2] = { "STE2", ste2 },
	[REG_STE3] = { "STE3", ste3 },
	[REG_EVENT0] = { "EVENT0", event0 },
	[REG_EVENT1] = { "EVENT1", event1 },
	[REG_EVENT2] = { "EVENT2", event2 },
	[REG_EVENT3] = { "EVENT3", event3 },
};

const struct reg_field *
reg_fields(enum reg reg, uint64_t value)
{
	const uint64_t ec = value >> 26 & 0x3f;

	/* Instruction and Data Aborts, from a lower level or not. */
	if (reg == REG_ESR && (ec & 0x3a) != 0x20)
		return esr_other;
	if (reg == REG_ESR && !(ec & 4))
		return esr_fetch;
	if (reg == REG_PAR && (value & 1))
		return par_fault;
	return reg_descriptions[reg].fields;
}

const char *
reg_meaning(const struct reg_field *field, uint64_t value, char *buf, size_t size)
{
	const char *at = field->values;
	size_t length;

	buf[0] = '\0';
	if (field->say) {
		field->say(value, buf, size);
		return buf;
	}
	for (uint64_t n = 0; at && n < value; n++) {
		at = strchr(at, '|');
		at = at ? at + 1 : NULL;
	}
	if (!at && field->values)
		snprintf(buf, size, "reserved");
	if (!at)
		return buf;
	length = strcspn(at, "|");
	snprintf(buf, size, "%.*s", (int)length, at);
	return buf;
}
