/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * text.h: words for everything, into a buffer of the caller's, without libc. The same words appear in
 * a panic handler, in a failing test and in the command-line tool.
 *
 * The module is optional: nothing else in the library refers to it.
 */
#ifndef S2PT_TEXT_H
#define S2PT_TEXT_H

#include <s2pt/combine.h>
#include <s2pt/desc.h>
#include <s2pt/errata.h>
#include <s2pt/fault.h>
#include <s2pt/features.h>
#include <s2pt/format.h>
#include <s2pt/memattr.h>
#include <s2pt/policy.h>
#include <s2pt/types.h>
#include <s2pt/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Names: constant strings, "?" for a value that has none. One word each, without spaces, and stable:
 * programs may compare them.
 */
const char *s2pt_status_name(enum s2pt_status status);               /* "ok", "ipa_above_pa", ... */
const char *s2pt_status_text(enum s2pt_status status);               /* a sentence */
const char *s2pt_memtype_name(enum s2pt_memtype type);               /* "device-nGnRE", "normal-nc", ... */
const char *s2pt_device_name(enum s2pt_device type);                 /* "nGnRnE", ... */
const char *s2pt_cacheability_name(enum s2pt_cacheability c);        /* "NC", "WT", "WB" */
const char *s2pt_alloc_name(enum s2pt_alloc alloc);                  /* "No", "RA", "WA", "RWA" */
const char *s2pt_sh_name(enum s2pt_sh sh);                           /* "NSH", "OSH", "ISH", "reserved" */
const char *s2pt_kind_name(enum s2pt_kind kind);                     /* "Device-nGnRE", "Normal-WB", ... */
const char *s2pt_granule_name(enum s2pt_granule granule);            /* "4k", "16k", "64k" */
const char *s2pt_space_name(enum s2pt_space space);                  /* "nonsecure", "secure", "realm" */
const char *s2pt_desc_kind_name(enum s2pt_desc_kind kind);           /* "invalid", "table", "block", "page" */
const char *s2pt_feat_name(s2pt_feats feat);                         /* "FEAT_S2FWB"; one bit at a time */
const char *s2pt_property_name(uint32_t means);                      /* "unaligned", ...; one bit at a time */
const char *s2pt_note_name(uint32_t note);                           /* "s1_reserved", ...; one bit at a time */
const char *s2pt_policy_reason_name(enum s2pt_policy_reason reason); /* "ram", "mmio_exec", ... */
const char *s2pt_policy_reason_text(enum s2pt_policy_reason reason); /* a sentence */
const char *s2pt_policy_reason_by(enum s2pt_policy_reason reason);   /* who says so: a manual, a system, an argument */
const char *s2pt_fact_name(uint32_t fact);                           /* "ram", "host_nc", ...; one bit at a time */
const char *s2pt_fact_who(uint32_t fact);                            /* who could state it; one bit at a time */
const char *s2pt_procedure_name(enum s2pt_procedure procedure);      /* "plug", "unplug", "revoke", ... */
const char *s2pt_step_text(enum s2pt_procedure_step step);           /* what to do, as a sentence */
const char *s2pt_stands_name(uint32_t access);                       /* "early-ack", ...; one bit at a time */
const char *s2pt_needs_name(uint32_t need);                          /* "clean_poc", ...; one bit at a time */
const char *s2pt_loss_name(uint32_t loss);                           /* "order", ...; one bit at a time */
const char *s2pt_repair_name(enum s2pt_repair repair);               /* "none", "dmb", "maintain", "around" */
const char *s2pt_repair_text(enum s2pt_repair repair);               /* a sentence */
const char *s2pt_erratum_name(enum s2pt_erratum erratum);            /* "tlbi-writes", ... */
const char *s2pt_erratum_text(enum s2pt_erratum erratum);            /* what goes wrong, as a sentence */
const char *s2pt_erratum_library(enum s2pt_erratum erratum);         /* what the library does, once it is applied */
const char *s2pt_erratum_host(enum s2pt_erratum erratum);            /* what is left to the host, or its firmware */
const char *s2pt_erratum_source(enum s2pt_erratum erratum);          /* who says so */
const char *s2pt_cure_name(uint32_t cure);                           /* "repeat", ...; one bit at a time */
const char *s2pt_fault_kind_name(enum s2pt_fault_kind kind);         /* "translation", "access_flag", ... */
const char *s2pt_fault_access_name(enum s2pt_fault_access access);   /* "read", "write", "fetch" */
const char *s2pt_fault_cause_name(uint32_t cause);                   /* "dirty", ...; one bit at a time */
const char *s2pt_walk_note_name(uint32_t note);                      /* "memattr", ...; one bit at a time */
const char *s2pt_walk_note_text(uint32_t note);                      /* a sentence; one bit at a time */

/*
 * Renderers. Each writes at most @size bytes at @buf, always ending in NUL if @size is not zero, and
 * returns the length of the whole text without the NUL: a return of @size or more means that it was
 * cut. No text ends in a newline.
 */

/* "Normal inner WB RWA outer WB RWA ISH XS=0 tagged", "Device-nGnRE OSH XS=1" */
size_t s2pt_text_attr(char *buf, size_t size, const struct s2pt_attr *attr);

/* "4k nonsecure ipa=40 pa=48 levels 1..3 root 8192 bytes in 2 tables FEAT_S2FWB FEAT_XNX" */
size_t s2pt_text_format(char *buf, size_t size, const struct s2pt_format *format);

/*
 * "page 0x80000000 normal-wb ISH rw EL1:x EL0:- AF", "table 0x41000000", "invalid 0x0"; where a
 * descriptor cannot be decoded its raw value and the status: "block 0x80000021 reserved".
 */
size_t s2pt_text_desc(char *buf, size_t size, const struct s2pt_format *format, int level,
		      s2pt_desc desc);

/* "level 2 0x41000010: block 0x80200000 normal-wb ISH rw EL1:x EL0:x AF": a step of a walk, by s2pt_text_desc(). */
size_t s2pt_text_walk_step(char *buf, size_t size, const struct s2pt_format *format,
			   const struct s2pt_walk_step *step);

/* "translation fault, level 3, write, on a stage-1 walk, page of IPA 0x40201000, VA 0xffff000000001234" */
size_t s2pt_text_fault(char *buf, size_t size, const struct s2pt_fault *fault);

/* The members of a set, separated by a space: of S2PT_FEAT_*, S2PT_PROPERTY_*, S2PT_NOTE_*, of
 * types, of S2PT_FACT_*, S2PT_NEEDS_*, S2PT_LOSS_*, of errata, S2PT_CURE_*, S2PT_WALK_NOTE_*. */
size_t s2pt_text_feats(char *buf, size_t size, s2pt_feats feats);
size_t s2pt_text_properties(char *buf, size_t size, uint32_t means);
size_t s2pt_text_notes(char *buf, size_t size, uint32_t notes);
size_t s2pt_text_memtypes(char *buf, size_t size, uint32_t types);
size_t s2pt_text_facts(char *buf, size_t size, uint32_t facts);
size_t s2pt_text_needs(char *buf, size_t size, uint32_t needed);
size_t s2pt_text_losses(char *buf, size_t size, uint32_t losses);
size_t s2pt_text_stands(char *buf, size_t size, uint32_t stands);
size_t s2pt_text_errata(char *buf, size_t size, uint64_t set);
size_t s2pt_text_cures(char *buf, size_t size, uint32_t cures);
size_t s2pt_text_walk_notes(char *buf, size_t size, uint32_t notes);

/*
 * An answer of s2pt_policy_choose(), with the status that it came with, as a sentence or two:
 * "normal-nc OSH: the owner of the device vouches ... . Needs nothing: ...",
 * "refused: registers are not memory to execute from.".
 */
size_t s2pt_text_policy(char *buf, size_t size, enum s2pt_status status,
			const struct s2pt_policy *policy);

#ifdef __cplusplus
}
#endif

#endif
