/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * stage2.c: an IPA through stage 2, as its registers say.
 *
 * s2pt_vtcr_decode() refuses what no careful host writes. Hardware does not refuse: it ignores, clamps, or faults at
 * every access. So a value is first brought into the form in which hardware takes it.
 */
#include "walk/descend.h"

#include "arch/entry.h"
#include "arch/fault.h"
#include "arch/ttbr.h"
#include "arch/vtcr.h"

/* MemAttr of "as stage 1 says": without and with FWB. */
enum {
	AS_STAGE1 = 15,
	AS_STAGE1_FWB = 7,
};

/* --- The registers --------------------------------------------------------------------------------- */

/* 0: reserved. */
static unsigned
granule_of(uint64_t vtcr)
{
	const uint64_t tg0 = field_get(VTCR_TG0, vtcr);

	return tg0 < TG0_COUNT ? tg0_granule[tg0] : 0;
}

/* Does this CPU take notice of DS with this granule? */
static bool
has_ds(const struct s2pt_features *cpu, unsigned granule)
{
	return (granule == S2PT_GRANULE_4K && cpu->lpa2_4k) || (granule == S2PT_GRANULE_16K && cpu->lpa2_16k);
}

/* The features that @vtcr turns on, of those that the CPU has. HD is nothing without HA. */
static s2pt_feats
feats_on(const struct s2pt_features *cpu, uint64_t vtcr)
{
	s2pt_feats on = 0;

	for (size_t i = 0; i < VTCR_FEAT_COUNT; i++)
		if (field_bit(vtcr_feats[i].bit, vtcr))
			on |= vtcr_feats[i].feat & cpu->feats;
	if (!has_ds(cpu, granule_of(vtcr)))
		on &= ~S2PT_FEAT_LPA2;
	return on & S2PT_FEAT_HAFDBS_AF ? on : on & ~S2PT_FEAT_HAFDBS_DBM;
}

/* The value as the CPU takes it; in Secure state, with VSTCR_EL2's geometry in it. */
static uint64_t
effective(const struct s2pt_features *cpu, uint64_t vtcr)
{
	const s2pt_feats on = feats_on(cpu, vtcr);
	const unsigned ps = ps_within(cpu, (unsigned)field_get(VTCR_PS, vtcr));

	for (size_t i = 0; i < VTCR_FEAT_COUNT; i++)
		if (!(on & vtcr_feats[i].feat))
			vtcr &= ~field_mask(vtcr_feats[i].bit);
	if (!(cpu->feats & S2PT_FEAT_HPDS2))
		vtcr &= ~field_mask(VTCR_HWU);
	if (field_get(VTCR_SH0, vtcr) == S2PT_SH_RESERVED)
		vtcr &= ~field_mask(VTCR_SH0);
	/* SL2 is there for 4K with DS=1. */
	if (!(on & S2PT_FEAT_LPA2) || granule_of(vtcr) != S2PT_GRANULE_4K)
		vtcr &= ~field_mask(VTCR_SL2);
	return (vtcr & ~field_mask(VTCR_PS)) | field_put(VTCR_PS, ps);
}

static enum s2pt_status
read_format(struct s2pt_format *format, const struct s2pt_features *cpu, const struct s2pt_stage2_regs *regs,
	    bool hcr_fwb, uint32_t *notes)
{
	const bool secure = regs->space == S2PT_SPACE_SECURE, fwb = hcr_fwb && (cpu->feats & S2PT_FEAT_S2FWB);
	struct s2pt_vtcr_extra extra;
	uint64_t vtcr = regs->vtcr;

	if (secure)
		vtcr = (vtcr & ~vstcr_mask()) | (regs->vstcr & vstcr_mask());
	vtcr = s2pt_vtcr_strip(cpu, secure ? S2PT_SPACE_NONSECURE : regs->space, vtcr, &extra);
	if (extra.unsupported)
		return S2PT_ERR_UNSUPPORTED;
	if (field_get(VTCR_SH0, vtcr) == S2PT_SH_RESERVED)
		*notes |= S2PT_WALK_NOTE_SH;
	vtcr = effective(cpu, vtcr);
	if (secure)
		return s2pt_vstcr_decode(cpu, fwb, vtcr & vstcr_mask(), vtcr, format);
	return s2pt_vtcr_decode(cpu, fwb, regs->space, vtcr, format);
}

/* The start table(s). Where these are too large an address, the format is there all the same. */
static enum s2pt_status
read_root(struct s2pt_walker *walker, uint64_t value)
{
	struct s2pt_vttbr vttbr;
	uint64_t res0;
	enum s2pt_status status = s2pt_vttbr_decode(walker->format, s2pt_vttbr_strip(walker->format, value, &res0),
						    &vttbr);

	/* An address bit below the alignment; VMID bits and CnP that are not there change no walk. */
	if (res0 & bits_below(BADDR_BITS) & ~UINT64_C(1))
		walker->notes |= S2PT_WALK_NOTE_ROOT;
	if (status == S2PT_OK)
		walker->root = vttbr.root;
	return status;
}

enum s2pt_status
s2pt_walker_init(struct s2pt_walker *walker, struct s2pt_format *format, const struct s2pt_features *cpu,
		 const struct s2pt_stage2_regs *regs)
{
	enum s2pt_status status;
	struct s2pt_hcr hcr;
	uint32_t notes = 0;

	s2pt_hcr_read(regs->hcr, &hcr);
	status = read_format(format, cpu, regs, hcr.fwb, &notes);
	if (status == S2PT_ERR_UNSUPPORTED || status == S2PT_ERR_GRANULE || status == S2PT_ERR_SPACE)
		return status;
	/* Above what the CPU has an input size faults with FEAT_LPA: AArch64.S2TxSZFaults(). */
	if (status == S2PT_ERR_IPA_BELOW_MIN ||
	    ((status == S2PT_ERR_IPA_ABOVE_FORMAT || status == S2PT_ERR_IPA_ABOVE_PA) && cpu->pa_bits < 52))
		notes |= S2PT_WALK_NOTE_T0SZ;
	walker->format = format;
	walker->root = s2pt_pa_of(0);
	walker->notes = notes;
	s2pt_hcr_read(regs->hcr, &walker->hcr); /* (made twice rather than copied, which would call memcpy()) */
	walker->status = status == S2PT_OK ? read_root(walker, regs->vttbr) : status;
	return S2PT_OK;
}

void
s2pt_walker_of_format(struct s2pt_walker *walker, const struct s2pt_format *format, s2pt_pa root)
{
	walker->format = format;
	walker->root = root;
	walker->status = S2PT_OK;
	walker->notes = 0;
	s2pt_hcr_read(1, &walker->hcr);
	walker->hcr.fwb = (format->feats & S2PT_FEAT_S2FWB) != 0;
}

/* --- The walk -------------------------------------------------------------------------------------- */

/* Bits of the path that are RES0: somebody may have meant something by them. (Contiguous has a note of its own.) */
static NOINLINE void
note_res0(const struct s2pt_format *format, struct s2pt_walk *walk)
{
	const struct s2pt_walk_step *step = &walk->step[walk->steps];
	struct s2pt_extra_bits extra;

	while (step-- != walk->step) {
		s2pt_desc_strip(format, step->level, step->desc, &extra);
		if (extra.res0 & ~ENTRY_CONTIGUOUS)
			walk->notes |= S2PT_WALK_NOTE_RES0;
	}
}

static NOINLINE void
read_attributes(const struct s2pt_format *format, struct s2pt_walk *walk)
{
	const uint64_t raw = walk_leaf(walk);
	const unsigned rights = rights_of_xn[field_get(DESC_XN, raw) &
					     (format->feats & S2PT_FEAT_XNX ? RIGHTS_MASK : XN_NEVER)];
	const bool hardware = field_bit(DESC_DBM, raw) && (format->feats & S2PT_FEAT_HAFDBS_DBM);
	unsigned both = field_bit(DESC_S2AP_R, raw) ? S2PT_RIGHT_READ : 0;
	enum s2pt_memtype type;

	if (field_bit(DESC_S2AP_W, raw) || hardware)
		both |= S2PT_RIGHT_WRITE;
	walk->el1 = (uint8_t)(both | (rights & 1u ? S2PT_RIGHT_EXEC : 0));
	walk->el0 = (uint8_t)(both | (rights & 2u ? S2PT_RIGHT_EXEC : 0));
	walk->s2.memattr = entry_memattr(raw);
	walk->s2.sh = is_ds(format) ? format->sh0 : (uint8_t)field_get(DESC_SH, raw);
	walk->s2.fnxs = (format->feats & S2PT_FEAT_XS) && field_bit(DESC_FNXS, raw);
	if (s2pt_memattr_decode(format->feats, walk->s2.memattr, &type) != S2PT_OK)
		walk->notes |= S2PT_WALK_NOTE_MEMATTR;
	if (walk->s2.sh == S2PT_SH_RESERVED)
		walk->notes |= S2PT_WALK_NOTE_SH;
}

/* Device by stage 2: so it stays for the walker of stage 1, whatever TCR_EL1 says. */
static bool
is_device(const struct s2pt_walk *walk)
{
	return walk->s2.memattr <= S2PT_MEM_DEVICE_GRE;
}

static bool
walk_tables(const struct s2pt_walker *walker, const struct s2pt_reader *reader,
	    const struct s2pt_walk_access *access, struct s2pt_walk *walk)
{
	const struct s2pt_format *format = walker->format;
	uint64_t dirty;
	bool came;

	if (walker->status != S2PT_OK && walker->status != S2PT_ERR_ROOT_PA)
		return s2pt__walk_fault(walk, S2PT_FAULT_TRANSLATION, 0);
	if (walk->input >> format->ipa_bits)
		return s2pt__walk_fault(walk, S2PT_FAULT_TRANSLATION, 0);
	if (walker->status == S2PT_ERR_ROOT_PA)
		return s2pt__walk_fault(walk, S2PT_FAULT_ADDRESS_SIZE, 0);
	came = s2pt__descend(format, walker->root.addr, reader, walk);
	note_res0(format, walk);
	if (!came)
		return false;
	read_attributes(format, walk);
	dirty = walk->el1 & S2PT_RIGHT_WRITE ? ~walk_leaf(walk) & field_mask(DESC_S2AP_W) : 0;
	if (!s2pt__walk_end(format, access, dirty, walk))
		return false;
	if (access->s1_walk && walker->hcr.ptw && is_device(walk))
		return s2pt__walk_fault(walk, S2PT_FAULT_PERMISSION, walk->step[walk->steps - 1u].level);
	return true;
}

/* As the registers report it: they do not always hold the IPA, and without a VA only its page. */
static void
report(const struct s2pt_walk_access *access, const uint64_t *va, struct s2pt_walk *walk)
{
	struct s2pt_fault *fault = &walk->fault;

	fault->access = access->kind;
	fault->s1_walk = access->s1_walk;
	fault->va_known = va != NULL;
	fault->va = va ? *va : 0;
	fault->ipa_known = s2pt__fault_has_ipa(fault);
	if (!fault->ipa_known)
		return;
	fault->ipa_page_only = fault->s1_walk || !va;
	fault->ipa = s2pt_ipa_of(walk->input & bits_below(HPFAR_IPA_BITS));
	if (fault->ipa_page_only)
		fault->ipa.addr &= ~bits_below(FIPA_SHIFT);
}

bool
s2pt__walk_stage2(const struct s2pt_walker *walker, const struct s2pt_reader *reader,
		  const struct s2pt_walk_access *access, uint64_t ipa, const uint64_t *va, struct s2pt_walk *walk)
{
	s2pt__walk_begin(walk, ipa, walker->notes);
	if (!walker->hcr.stage2) {
		s2pt__walk_off(walk);
		/* As stage 1 says, in either mode. */
		walk->s2.memattr = walker->hcr.fwb ? AS_STAGE1_FWB : AS_STAGE1;
		return true;
	}
	if (walk_tables(walker, reader, access, walk))
		return true;
	report(access, va, walk);
	return false;
}

bool
s2pt_walk_stage2(const struct s2pt_walker *walker, const struct s2pt_reader *reader,
		 const struct s2pt_walk_access *access, s2pt_ipa ipa, struct s2pt_walk *walk)
{
	return s2pt__walk_stage2(walker, reader, access, ipa.addr, NULL, walk);
}
