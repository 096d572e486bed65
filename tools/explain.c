/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* explain.c: s2pt explain: registers by their fields, what they say together, and what in them does not fit. */
#include "explain.h"
#include "fail.h"
#include "report.h"
#include "verb.h"

#include <ctype.h>
#include <inttypes.h>
#include <s2pt/s2pt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define RECORD_WORDS 4 /* of an STE that are of interest here, and of an event record */

/* --- Words ------------------------------------------------------------------------------------ */

/* The fields of a register: words 1 and 2 of an event that is not about an access have none. */
static const struct reg_field *
fields_of(const struct values *v, enum reg reg)
{
	static const struct reg_field none[] = { { NULL, 0, 0, NULL, NULL } };
	const uint64_t type_alone[S2PT_SMMU_EVENT_WORDS] = { v->is[REG_EVENT0] };
	struct s2pt_smmu_event event;

	if (v->given[REG_EVENT0] && (reg == REG_EVENT1 || reg == REG_EVENT2) &&
	    (s2pt_smmu_event_decode(type_alone, &event) != S2PT_OK || event.kind == S2PT_FAULT_OTHER))
		return none;
	return reg_fields(reg, v->is[reg]);
}

/* Is @word of @length the register's name, with or without its _ELn? */
static bool
is_name(const char *word, size_t length, const char *name)
{
	const char *const suffix = strstr(name, "_EL");
	const size_t whole = strlen(name), less = suffix ? (size_t)(suffix - name) : whole;

	return (length == whole || length == less) && strncasecmp(word, name, length) == 0;
}

static int
take(struct values *values, unsigned reg, struct batch_text text)
{
	if (values->given[reg])
		return fail("explain", "%s is given twice", reg_descriptions[reg].name);
	if (!value_hex(text, &values->is[reg]))
		return fail("explain", "%s: %s is not 64 bits of hexadecimal, or of binary behind 0b",
			    reg_descriptions[reg].name, fail_quote(text).text);
	values->given[reg] = true;
	return 0;
}

/* Words that follow each other, from @first on, separated by commas. */
static int
take_words(struct values *values, unsigned first, const char *name, const char *text)
{
	struct batch_text words[RECORD_WORDS];
	const size_t count = batch_split(batch_text_of(text), words, RECORD_WORDS);
	int status = 0;

	if (count != RECORD_WORDS)
		return fail("explain", "%s has four words of 64 bits, separated by commas", name);
	for (unsigned i = 0; i < RECORD_WORDS && status == 0; i++)
		status = take(values, first + i, words[i]);
	return status;
}

/* "0xVTTBR-0xVTCR-s2-enabled", or -disabled: how Linux names the file of a guest's guest's table in debugfs. */
static bool
is_debugfs(const char *word, struct batch_text *vttbr, struct batch_text *vtcr)
{
	const char *const slash = strrchr(word, '/'), *const begin = slash ? slash + 1 : word;
	const char *const dash = strchr(begin, '-'), *const end = dash ? strchr(dash + 1, '-') : NULL;

	if (!end || (strcmp(end, "-s2-enabled") != 0 && strcmp(end, "-s2-disabled") != 0))
		return false;
	*vttbr = (struct batch_text){ begin, (size_t)(dash - begin) };
	*vtcr = (struct batch_text){ dash + 1, (size_t)(end - dash - 1) };
	return true;
}

static int
parse_word(struct values *values, const char *word)
{
	const char *equals = strchr(word, '=');
	struct batch_text vttbr, vtcr;
	size_t length;

	if (!equals && is_debugfs(word, &vttbr, &vtcr)) {
		const int status = take(values, REG_VTTBR, vttbr);

		return status ? status : take(values, REG_VTCR, vtcr);
	}
	if (!equals)
		return fail("explain", "%s: write REGISTER=VALUE", fail_quote(batch_text_of(word)).text);
	length = (size_t)(equals - word);
	if (is_name(word, length, "STE"))
		return take_words(values, REG_STE0, "STE", equals + 1);
	if (is_name(word, length, "EVENT"))
		return take_words(values, REG_EVENT0, "EVENT", equals + 1);
	for (unsigned reg = 0; reg < REG_COUNT; reg++)
		if (is_name(word, length, reg_descriptions[reg].name))
			return take(values, reg, batch_text_of(equals + 1));
	return fail("explain", "%s is not a register that is known here; see s2pt explain --help",
		    fail_quote((struct batch_text){ word, length }).text);
}

/* --- What they are together ------------------------------------------------------------------- */

static void
read_cpu(struct values *v)
{
	struct s2pt_id_regs regs = { { 0 } };

	v->knows_cpu = v->given[REG_MMFR0] && v->given[REG_MMFR1] && v->given[REG_MMFR2];
	regs.value[S2PT_ID_AA64MMFR0] = v->is[REG_MMFR0];
	regs.value[S2PT_ID_AA64MMFR1] = v->is[REG_MMFR1];
	regs.value[S2PT_ID_AA64MMFR2] = v->is[REG_MMFR2];
	regs.value[S2PT_ID_AA64MMFR3] = v->is[REG_MMFR3];
	regs.value[S2PT_ID_AA64MMFR4] = v->is[REG_MMFR4];
	if (v->knows_cpu) {
		s2pt_features_from_id_regs(&v->cpu, &regs);
		return;
	}
	v->cpu = (struct s2pt_features){
		.feats = ~(S2PT_FEAT_HAFT | S2PT_FEAT_HDBSS) & ((UINT64_C(1) << S2PT_FEAT_COUNT) - 1),
		.pa_bits = 52,
		.granule_4k = true,
		.granule_16k = true,
		.granule_64k = true,
		.lpa2_4k = true,
		.lpa2_16k = true,
	};
}

static enum s2pt_status
read_format(struct values *v)
{
	struct s2pt_vtcr_extra extra;
	const uint64_t vtcr = s2pt_vtcr_strip(&v->cpu, S2PT_SPACE_NONSECURE, v->is[REG_VTCR], &extra);
	const enum s2pt_status status = s2pt_vtcr_decode(&v->cpu, v->hcr.fwb && (v->cpu.feats & S2PT_FEAT_S2FWB),
							 S2PT_SPACE_NONSECURE, vtcr, &v->format);

	v->has_format = status == S2PT_OK;
	return status;
}

/* --- Summaries -------------------------------------------------------------------------------- */

/* Of a CPU that nobody has described, only what the registers turn on. */
static void
sum_vtcr(const struct values *v, char *buf, size_t size)
{
	struct s2pt_format format = v->format;

	if (!v->knows_cpu)
		format.feats &= S2PT_FEAT_LPA2 | S2PT_FEAT_S2FWB | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM |
				S2PT_FEAT_VMID16;
	s2pt_text_format(buf, size, &format);
}

static void
sum_vttbr(const struct values *v, char *buf, size_t size)
{
	struct s2pt_vttbr vttbr;
	uint64_t res0, stripped;

	if (!v->has_format) {
		snprintf(buf, size, "root 0x%" PRIx64 ", if VTCR_EL2 has no 52-bit form; VMID %u",
			 v->is[REG_VTTBR] & UINT64_C(0xfffffffffffe), (unsigned)(v->is[REG_VTTBR] >> 48));
		return;
	}
	stripped = s2pt_vttbr_strip(&v->format, v->is[REG_VTTBR], &res0);
	if (s2pt_vttbr_decode(&v->format, stripped, &vttbr) != S2PT_OK)
		snprintf(buf, size, "root beyond the PA size");
	else
		snprintf(buf, size, "root 0x%" PRIx64 ", %u bytes in %u table(s); VMID %u", vttbr.root.addr,
			 1u << v->format.root_lg2, v->format.root_tables, vttbr.vmid);
}

static void
sum_hcr(const struct values *v, char *buf, size_t size)
{
	snprintf(buf, size, "stage 2 %s%s%s%s%s%s", v->hcr.stage2 ? "on" : "off", v->hcr.fwb ? ", FWB" : "",
		 v->hcr.ptw ? ", PTW" : "", v->hcr.cd ? ", CD" : "", v->hcr.dc ? ", DC" : "",
		 v->hcr.host ? ", for the host's own EL0" : "");
}

static void
sum_esr(const struct values *v, char *buf, size_t size)
{
	const struct s2pt_fault_regs regs = { v->is[REG_ESR] | (v->given[REG_FAR] ? 0 : 1u << 10), v->is[REG_HPFAR],
					      v->is[REG_FAR] };
	struct s2pt_fault fault;

	if (s2pt_fault_decode(&regs, &fault) != S2PT_OK) {
		snprintf(buf, size, "no abort from a lower level");
		return;
	}
	if (!v->given[REG_HPFAR])
		fault.ipa_known = false;
	/* As the register says it: s2pt_fault_decode() takes some faults of the stage-1 walker for writes. */
	fault.access = S2PT_FAULT_FETCH;
	if (v->is[REG_ESR] >> 26 & 4)
		fault.access = v->is[REG_ESR] >> 6 & 1 ? S2PT_FAULT_WRITE : S2PT_FAULT_READ;
	s2pt_text_fault(buf, size, &fault);
}

static void
sum_par(const struct values *v, char *buf, size_t size)
{
	struct s2pt_attr attr;
	struct s2pt_par par;
	char type[200] = "a type that is reserved", level[16] = "";

	s2pt_par_read(v->is[REG_PAR], &par);
	if (par.fault) {
		if (s2pt_fault_has_level(par.kind))
			snprintf(level, sizeof(level), ", level %d", par.level);
		snprintf(buf, size, "%s fault at stage %d%s%s", s2pt_fault_kind_name(par.kind), par.stage2 ? 2 : 1,
			 level, par.s1_walk ? ", on a stage-1 walk" : "");
		return;
	}
	if (s2pt_par_decode(v->cpu.feats, par.attr, par.sh, &attr) == S2PT_OK)
		s2pt_text_attr(type, sizeof(type), &attr);
	snprintf(buf, size, "page 0x%" PRIx64 ", %s", par.pa.addr, type);
}

static void
sum_midr(const struct values *v, char *buf, size_t size)
{
	struct s2pt_errata errata = { 0 };

	s2pt_errata_add_cpu(&errata, v->is[REG_MIDR], 0);
	if (errata.unknown_cpu)
		snprintf(buf, size, "this part is not in the list of errata");
	else if (s2pt_text_errata(buf, size, errata.set) == 0)
		snprintf(buf, size, "no erratum of stage 2 is known of it");
}

/* Were all four words given, from @first on? */
static bool
has_words(const struct values *v, enum reg first)
{
	return v->given[first] && v->given[first + 1] && v->given[first + 2] && v->given[first + 3];
}

static enum s2pt_status
read_ste(const struct values *v, struct s2pt_format *format, struct s2pt_smmu_stream *stream)
{
	const struct s2pt_smmu smmu = { .features = v->cpu, .stage1 = true, .coherent = true, .types_ovr = true };

	return s2pt_smmu_ste_decode(&smmu, &v->is[REG_STE0], format, stream);
}

static void
sum_ste(const struct values *v, char *buf, size_t size)
{
	struct s2pt_smmu_stream stream;
	struct s2pt_format format;
	enum s2pt_status status;
	char text[300];

	if (!has_words(v, REG_STE0))
		return;
	status = read_ste(v, &format, &stream);
	if (status != S2PT_OK) {
		snprintf(buf, size, "stage 2: %s", s2pt_status_text(status));
		return;
	}
	/* Of an SMMU that nobody has described, only what the STE turns on. */
	format.feats &= S2PT_FEAT_LPA2 | S2PT_FEAT_S2FWB | S2PT_FEAT_HAFDBS_AF | S2PT_FEAT_HAFDBS_DBM;
	s2pt_text_format(text, sizeof(text), &format);
	snprintf(buf, size, "stage 2: %s; root 0x%" PRIx64 ", VMID %u", text, stream.root.addr, stream.vmid);
}

static void
sum_event(const struct values *v, char *buf, size_t size)
{
	static const char *const classes[] = {
		[S2PT_SMMU_CLASS_CD] = ", of a Context Descriptor",
		[S2PT_SMMU_CLASS_TT] = ", of a stage-1 table",
		[S2PT_SMMU_CLASS_IN] = "",
	};
	struct s2pt_smmu_event event;
	char ipa[40] = "";

	if (!has_words(v, REG_EVENT0) || s2pt_smmu_event_decode(&v->is[REG_EVENT0], &event) != S2PT_OK)
		return;
	if (event.kind == S2PT_FAULT_OTHER) {
		snprintf(buf, size, "stream 0x%x: of the configuration, not of a table", event.stream);
		return;
	}
	if (event.ipa_known)
		snprintf(ipa, sizeof(ipa), ", IPA 0x%" PRIx64, event.ipa.addr);
	snprintf(buf, size, "stream 0x%x: %s fault at stage %d, %s%s, input address 0x%" PRIx64 "%s%s", event.stream,
		 s2pt_fault_kind_name(event.kind), event.stage2 ? 2 : 1, s2pt_fault_access_name(event.access),
		 classes[event.of], event.address, ipa, event.stalled ? ", waits for CMD_RESUME" : "");
}

static void
summarise(const struct values *v, enum reg reg, enum s2pt_status format, char *buf, size_t size)
{
	static void (*const sums[REG_COUNT])(const struct values *, char *, size_t) = {
		[REG_VTTBR] = sum_vttbr,
		[REG_HCR] = sum_hcr,
		[REG_ESR] = sum_esr,
		[REG_PAR] = sum_par,
		[REG_MIDR] = sum_midr,
		[REG_STE0] = sum_ste,
		[REG_EVENT0] = sum_event,
	};

	buf[0] = '\0';
	if (sums[reg])
		sums[reg](v, buf, size);
	else if (reg == REG_VTCR && v->has_format)
		sum_vtcr(v, buf, size);
	else if (reg == REG_VTCR)
		snprintf(buf, size, "%s", s2pt_status_text(format));
	else if (reg == REG_HPFAR)
		snprintf(buf, size, "page of IPA 0x%" PRIx64, (v->is[REG_HPFAR] >> 4 & UINT64_C(0xfffffffffff)) << 12);
	else if (reg == REG_MMFR0 && v->knows_cpu)
		s2pt_text_feats(buf, size, v->cpu.feats);
}

/* What the values say that others follow from; returns the status of VTCR_EL2's. */
static enum s2pt_status
prepare(struct values *v)
{
	read_cpu(v);
	s2pt_hcr_read(v->is[REG_HCR], &v->hcr);
	return v->given[REG_VTCR] ? read_format(v) : S2PT_OK;
}

bool
explain_find(struct batch_text name, enum reg *reg)
{
	for (unsigned n = 0; n < REG_COUNT; n++)
		if (is_name(name.at, name.len, reg_descriptions[n].name)) {
			*reg = (enum reg)n;
			return true;
		}
	return false;
}

void
explain_summary(struct values *v, enum reg reg, char *buf, size_t size)
{
	const enum s2pt_status format = prepare(v);

	summarise(v, reg, format, buf, size);
}

/* --- Findings --------------------------------------------------------------------------------- */

struct findings {
	json_t *list; /* with --json */
	unsigned errors;
};

__attribute__((format(printf, 4, 5))) static void
find(struct findings *findings, const char *severity, const char *ref, const char *format, ...)
{
	char text[400];
	json_t *item;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	findings->errors += strcmp(severity, "note") != 0;
	if (!findings->list) {
		printf("%s: %s%s%s%s\n", severity, text, ref[0] ? " (" : "", ref, ref[0] ? ")" : "");
		return;
	}
	item = report_add_item(findings->list);
	report_add_text(item, "severity", severity);
	report_add_text(item, "text", text);
	report_add_text(item, "ref", ref);
}

/* VTCR_EL2.PS and TCR_EL1.IPS, in bits. */
static const uint8_t pa_sizes[] = { 32, 36, 40, 42, 44, 48, 52, 56 };

static void
check_vtcr(const struct values *v, enum s2pt_status status, struct findings *f)
{
	const unsigned ps = pa_sizes[v->is[REG_VTCR] >> 16 & 7], ipa = 64u - (unsigned)(v->is[REG_VTCR] & 0x3f);
	struct s2pt_vtcr_extra extra;

	s2pt_vtcr_strip(&v->cpu, S2PT_SPACE_NONSECURE, v->is[REG_VTCR], &extra);
	if (extra.unsupported)
		find(f, "warning", "VTCR_EL2", "0x%" PRIx64 " turns on modes in which descriptors mean something else",
		     extra.unsupported);
	if (extra.res0)
		find(f, "warning", "VTCR_EL2", "0x%" PRIx64 " is RES0", extra.res0);
	if (extra.res1)
		find(f, "warning", "VTCR_EL2", "bit 31 is RES1, and clear");
	if (status != S2PT_OK && !extra.unsupported)
		find(f, "error", "AArch64.S2InvalidSL, S2InconsistentSL", "VTCR_EL2: %s", s2pt_status_text(status));
	if (ipa > ps)
		find(f, "warning", "D8.2.3", "T0SZ says %u bits of IPA, PS says %u bits of PA: fewer", ipa, ps);
	if (v->knows_cpu && ps > v->cpu.pa_bits)
		find(f, "warning", "AArch64.PhysicalAddressSize", "PS says %u bits, the CPU has %u, and takes those",
		     ps, v->cpu.pa_bits);
	if (!(v->is[REG_VTCR] & 0xf00))
		find(f, "note", "AArch64.S2Walk", "walks are Non-cacheable: what is in a cache they do not see");
	if ((v->is[REG_VTCR] >> 21 & 3) == 2)
		find(f, "warning", "VTCR_EL2.HD", "HD has no effect without HA");
}

static void
check_vttbr(const struct values *v, struct findings *f)
{
	struct s2pt_vttbr vttbr;
	uint64_t res0;
	const uint64_t value = s2pt_vttbr_strip(&v->format, v->is[REG_VTTBR], &res0);

	if (res0 >> 48)
		find(f, "warning", "VTCR_EL2.VS", "the VMID has 8 bits (VS = 0): those above are ignored");
	if (res0 & ((UINT64_C(1) << 48) - 1))
		find(f, "error", "AArch64.S2TTBaseAddress",
		     "VTTBR_EL2: 0x%" PRIx64 " is RES0; the root is aligned to %u bytes",
		     res0 & ((UINT64_C(1) << 48) - 1), 1u << v->format.root_align_lg2);
	if (s2pt_vttbr_decode(&v->format, value, &vttbr) == S2PT_ERR_ROOT_PA)
		find(f, "error", "R_BFHQH",
		     "the root is beyond the PA size: every access is an Address size fault, level 0");
}

static void
check_hcr(const struct values *v, struct findings *f)
{
	if (!v->hcr.stage2)
		find(f, "note", "HCR_EL2.VM", "stage 2 is off: none of it is in force");
	if (v->hcr.ptw)
		find(f, "note", "HCR_EL2.PTW",
		     "PTW = 1: stage-1 walks of Device memory take a stage-2 Permission fault");
	if (v->hcr.cd)
		find(f, "note", "HCR_EL2.CD",
		     "CD = 1: data accesses and stage-2 walks are Non-cacheable, with FWB as well");
	if (v->hcr.fwb && v->knows_cpu && !(v->cpu.feats & S2PT_FEAT_S2FWB))
		find(f, "error", "HCR_EL2.FWB", "FWB = 1, and the CPU has no FEAT_S2FWB: MemAttr is read as without");
	if (!v->hcr.rw)
		find(f, "note", "HCR_EL2.RW", "RW = 0: EL1 is AArch32");
}

/* Where to look next. */
static void
check_esr(const struct values *v, struct findings *f)
{
	const struct s2pt_fault_regs regs = { v->is[REG_ESR], v->is[REG_HPFAR], v->is[REG_FAR] };
	struct s2pt_fault fault;

	if (s2pt_fault_decode(&regs, &fault) != S2PT_OK)
		return;
	if (!fault.ipa_known && v->given[REG_HPFAR])
		find(f, "note", "HPFAR_EL2", "HPFAR_EL2 is UNKNOWN for this fault: take the VA through AT S1E1R");
	if (fault.s1_walk)
		find(f, "note", "ESR_EL2.S1PTW",
		     "it is the guest's page table that is at this IPA, not what it accessed");
	switch (fault.kind) {
	case S2PT_FAULT_TRANSLATION:
		if (fault.level <= 0)
			find(f, "note", "AArch64.S2Translate",
			     "at the first level: the IPA is beyond T0SZ, or SL0 and T0SZ do not fit, "
			     "or nothing is linked there");
		else
			find(f, "note", "D8.16",
			     "if the table has a valid entry there (s2pt walk), a stale TLB entry is suspect: "
			     "IPAS2E1IS, DSB, VMALLE1IS, DSB after the change");
		break;
	case S2PT_FAULT_ADDRESS_SIZE:
		find(f, "note", "AArch64.OAOutOfRange", "an address in the table%s is beyond VTCR_EL2.PS",
		     fault.level <= 0 ? ", or in VTTBR_EL2," : "");
		break;
	case S2PT_FAULT_PERMISSION:
		find(f, "note", "S2HasPermissionsFault",
		     "look at S2AP and XN of the leaf, at DBM if VTCR_EL2.HD, and at HCR_EL2.PTW");
		break;
	case S2PT_FAULT_ALIGNMENT:
		find(f, "note", "B2.7.2",
		     "the memory is Device: where stage 1 says Normal, stage-2 Normal-NC makes it Normal");
		break;
	default:
		break;
	}
}

static void
check_ste(const struct values *v, struct findings *f)
{
	const unsigned config = v->is[REG_STE0] >> 1 & 7;
	struct s2pt_smmu_stream stream;
	struct s2pt_format format;
	enum s2pt_status status;

	if (!(v->is[REG_STE0] & 1))
		find(f, "error", "IHI 0070, 5.2", "V = 0: every access of the stream is C_BAD_STE");
	if (config < 6)
		find(f, "warning", "IHI 0070, 5.2", "Config = %u: stage 2 is not in force",
		     config);
	if (!has_words(v, REG_STE0))
		return;
	status = read_ste(v, &format, &stream);
	if (status != S2PT_OK) {
		find(f, "error", "IHI 0070, 5.2", "stage 2: %s: %s", s2pt_status_name(status),
		     s2pt_status_text(status));
		return;
	}
	if (!stream.record)
		find(f, "note", "IHI 0070, 5.2", "S2R = 0: faults at stage 2 leave no event");
	if (v->has_format && s2pt_vtcr_encode(&format) != s2pt_vtcr_encode(&v->format))
		find(f, "warning", "IHI 0070, 5.2",
		     "the STE and VTCR_EL2 are of two formats: CPU and device do not read one table alike");
	if (v->given[REG_HCR] && v->hcr.fwb != !!(v->is[REG_STE1] >> 25 & 1))
		find(f, "error", "IHI 0070, 5.2", "S2FWB is not HCR_EL2.FWB: MemAttr means two things in one table");
}

/* Where to look next. */
static void
check_event(const struct values *v, struct findings *f)
{
	struct s2pt_smmu_event event;

	if (!has_words(v, REG_EVENT0))
		return;
	if (s2pt_smmu_event_decode(&v->is[REG_EVENT0], &event) != S2PT_OK)
		find(f, "warning", "IHI 0070, 7.3", "a type of event, or a CLASS, that is reserved");
	else if (event.stage2 && event.kind == S2PT_FAULT_TRANSLATION)
		find(f, "note", "IHI 0070, 4.4",
		     "if the table has a valid entry there (s2pt walk), the SMMU may hold a stale one: "
		     "s2pt tlbi --smmu");
	else if (event.stage2 && event.kind == S2PT_FAULT_PERMISSION)
		find(f, "note", "IHI 0070, 3.13", "look at S2AP and XN of the leaf, and at STE.S2PTW");
}

static void
check_all(const struct values *v, enum s2pt_status format, struct findings *f)
{
	if (!v->knows_cpu && (v->given[REG_MMFR0] || v->given[REG_MMFR1] || v->given[REG_MMFR2]))
		find(f, "note", "",
		     "nothing is checked against the CPU: that takes ID_AA64MMFR0_EL1, "
		     "MMFR1 and MMFR2 together");
	if (v->given[REG_VTCR])
		check_vtcr(v, format, f);
	if (v->given[REG_VTTBR] && v->has_format)
		check_vttbr(v, f);
	if (v->given[REG_HCR])
		check_hcr(v, f);
	if (v->given[REG_ESR])
		check_esr(v, f);
	if (v->given[REG_STE0])
		check_ste(v, f);
	check_event(v, f);
	if (v->given[REG_TCR] && v->has_format) {
		const unsigned ips = pa_sizes[v->is[REG_TCR] >> 32 & 7];

		if (ips > v->format.ipa_bits)
			find(f, "note", "AArch64.S2Translate",
			     "stage 1 may put out %u bits (TCR_EL1.IPS), and stage 2 takes %u: what is "
			     "above faults at level 0",
			     ips, v->format.ipa_bits);
	}
}

/* --- The verb --------------------------------------------------------------------------------- */

static void
add_item(json_t *items, const struct values *v, enum reg reg, const char *summary)
{
	json_t *item = report_add_item(items), *fields;
	char bits[8], meaning[200];

	report_add_text(item, "register", reg_descriptions[reg].name);
	report_add_hex(item, "value", v->is[reg], 1);
	fields = report_add_array(item, "fields");
	for (const struct reg_field *field = fields_of(v, reg); field->name; field++) {
		const uint64_t value = reg_get(field, v->is[reg]);
		json_t *one = report_add_item(fields);

		value_bits_name(bits, sizeof(bits), field->high, field->low);
		report_add_text(one, "name", field->name);
		report_add_text(one, "bits", bits);
		report_add_hex(one, "value", value, 1);
		report_add_text(one, "meaning", reg_meaning(field, value, meaning, sizeof(meaning)));
	}
	report_add_text(item, "summary", summary);
}

/* Fields that are 0 and say nothing by that are left out. */
static void
print_item(const struct values *v, enum reg reg, const char *summary)
{
	char bits[8], meaning[200];

	printf("%s 0x%" PRIx64 "%s%s\n", reg_descriptions[reg].name, v->is[reg], summary[0] ? ": " : "", summary);
	for (const struct reg_field *field = fields_of(v, reg); field->name; field++) {
		const uint64_t value = reg_get(field, v->is[reg]);
		const char *says = reg_meaning(field, value, meaning, sizeof(meaning));

		if (value == 0 && says[0] == '\0')
			continue;
		value_bits_name(bits, sizeof(bits), field->high, field->low);
		printf("  %-12s %-6s 0x%" PRIx64 "%s%s\n", field->name, bits, value, says[0] ? "  " : "", says);
	}
}

static int
explain(struct values *v, bool json)
{
	json_t *report = report_new(), *items = NULL;
	struct findings findings = { 0 };
	const enum s2pt_status format = prepare(v);
	char summary[600];

	if (json) {
		items = report_add_array(report, "items");
		findings.list = report_add_array(report, "findings");
	}
	for (unsigned reg = 0; reg < REG_COUNT; reg++) {
		if (!v->given[reg])
			continue;
		summarise(v, (enum reg)reg, format, summary, sizeof(summary));
		if (json)
			add_item(items, v, (enum reg)reg, summary);
		else
			print_item(v, (enum reg)reg, summary);
	}
	check_all(v, format, &findings);
	report_print(report, json);
	return findings.errors ? EXIT_FOUND : 0;
}

static int
run_words(const struct value *v, char **words, size_t count)
{
	struct values values = { 0 };
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++)
		status = parse_word(&values, words[i]);
	return status ? status : explain(&values, v[OPTION_JSON].given);
}

const struct verb verb_explain = {
	.name = "explain",
	.summary = "registers by their fields, and what in them does not fit",
	.synopsis = "  s2pt explain [--json] REGISTER=VALUE...\n",
	.words = "REGISTER=VALUE",
	.more = "\nREGISTER is VTCR_EL2, VTTBR_EL2, HCR_EL2, TCR_EL1, MAIR_EL1, ESR_EL2, HPFAR_EL2, FAR_EL2,\n"
		"PAR_EL1, ID_AA64MMFR0_EL1 to ID_AA64MMFR4_EL1 or MIDR_EL1, in any case, also without _ELn;\n"
		"STE0 to STE3 or STE=WORD,WORD,WORD,WORD of an SMMU's Stream Table Entry, EVENT likewise of an event\n"
		"record; or the name of a file of Linux's debugfs, 0xVTTBR-0xVTCR-s2-enabled.\n"
		"VALUE is hexadecimal, with or without 0x, or binary behind 0b; '_' may divide it. Registers that\n"
		"are given together are checked against each other; without ID registers the CPU is one that has\n"
		"everything. Exit status 1: there are errors or warnings.\n"
		"\nExamples:\n"
		"  s2pt explain vtcr=0x80053558 vttbr=0x1000044b58001 hcr=0x400000000001\n"
		"  s2pt explain esr=0x93c08007 hpfar=0x410010 far=0xffff000040001123\n"
		"  s2pt explain event=0x500000010,0x0000028000000000,0x40201008,0x40201000\n",
	.run_words = run_words,
};
