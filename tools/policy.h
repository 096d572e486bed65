/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* policy.h: what the parts of `s2pt policy` share. */
#ifndef S2PT_TOOL_POLICY_H
#define S2PT_TOOL_POLICY_H

#include "value.h"
#include "verb.h"

#include <jansson.h>
#include <s2pt/s2pt.h>

/* The name of the verb. */
#define POLICY_VERB "policy"

/* Options, counted from OPTION_OWN as struct verb's are. The first ones are batch columns, too. */
enum {
	POLICY_BACKING,
	POLICY_HOST,
	POLICY_VOUCHES,
	POLICY_ASKS,
	POLICY_TAGS,
	POLICY_DMA,
	POLICY_PREFETCHABLE,
	POLICY_EXEC,
	POLICY_FWB,
	POLICY_MTE2,
	POLICY_MTE_PERM,
	POLICY_DIC,
	POLICY_IDC,
	POLICY_CANWBS,
	POLICY_TRUSTED,
	POLICY_MTE,
	POLICY_NONCOHERENT_DMA,
	POLICY_FACTS, /* so many */

	POLICY_NONCOHERENT_P2P = POLICY_FACTS,
	POLICY_STANDS,
	POLICY_GIVES_UP,
	POLICY_EXPLAIN,
	POLICY_RULES,
	POLICY_PROCEDURES,
	POLICY_ALIAS,
	POLICY_MAIR_A,
	POLICY_SH_A,
	POLICY_WRITES_A,
	POLICY_IDLE_A,
	POLICY_MAIR_B,
	POLICY_SH_B,
	POLICY_WRITES_B,
	POLICY_IDLE_B,
	POLICY_RELATION,
	POLICY_DOMAIN,
	POLICY_MASTER,
	POLICY_INCOMING,
	POLICY_INCOMING_SH,
	POLICY_MEMATTR,
	POLICY_S2_SH,
	POLICY_STAGE1,
	POLICY_PCIE,
	POLICY_NO_SNOOP,
	POLICY_NO_SNOOP_STOPPED,
	POLICY_OVERRIDE_TYPE,
	POLICY_REGIONS,
	POLICY_OPTIONS,
};

/* The facts of one question. */
struct policy_facts {
	struct s2pt_region region;
	struct s2pt_platform platform;
	struct s2pt_guest guest;
};

/* policy_facts_of - from POLICY_FACTS values; those that were not given are 0. */
struct policy_facts policy_facts_of(const struct value *own);

/* policy_master_of - a master, from the options from POLICY_MASTER on, and its SMMU's features. */
enum s2pt_status policy_master_of(const struct value *own, struct s2pt_master *master);

/* policy_options - what goes by the name of an option of this verb, counted as above. */
extern const struct verb_option policy_options[POLICY_OPTIONS];

/* policy_add_answer - the answer to a question about a region. Returns whether it is allowed. */
bool policy_add_answer(json_t *report, const struct policy_facts *facts, bool explain);

/* The other questions. Each returns the exit status. */
int policy_rules(bool json);
int policy_procedures(bool json);
int policy_alias(const struct value *own, bool json);
int policy_master(const struct value *own, bool json);
int policy_regions(const char *file, bool json);
int policy_batch(void);

#endif
