/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Rules that a whole of facts, answer, table, guest, devices and lives keeps, whatever the policy thinks.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <s2pt/s2pt.h>

/* What a host puts together, and the library that it asks: through here it can be made to lie. */
struct library {
	enum s2pt_status (*choose)(const struct s2pt_region *region, const struct s2pt_platform *platform,
				   const struct s2pt_guest *guest, struct s2pt_policy *policy);
	enum s2pt_status (*dma)(const struct s2pt_master *master, struct s2pt_dma_policy *dma);
	enum s2pt_status (*assign)(const struct s2pt_master *master, struct s2pt_platform *platform,
				   struct s2pt_guest *guest);
	enum s2pt_status (*alias)(const struct s2pt_view *a, const struct s2pt_view *b,
				  const struct s2pt_sharing *sharing, struct s2pt_alias *alias);
	enum s2pt_status (*meet)(struct s2pt_region *region, const struct s2pt_region *other);
	void (*loosen)(uint32_t facts, uint32_t *if_so, uint32_t *if_not);
};

extern const struct library library_true;
extern struct library library;

struct facts {
	struct s2pt_region region;
	struct s2pt_platform platform; /* after s2pt_policy_assign() */
	struct s2pt_guest guest;
	uint32_t masters; /* a set of 1 << index of kinds: those that may walk the table with these facts */
};

/* The rules: an enum name, a word, a sentence. */
#define RULES(X)                                                                                                    \
	X(RULE_STATUS, "status", "the facts are valid, and get an answer or a refusal")                             \
	X(RULE_ENCODABLE, "encodable", "the answer can be written down, and means what the tables say")             \
	X(RULE_EXCUSE, "excuse", "exec_uncached is said exactly where the encoder needs it")                        \
	X(RULE_EXEC, "exec", "no executable Device, no executable Non-cacheable memory that is not RAM")            \
	X(RULE_ASKED, "asked", "it is executable as asked, and cacheable as the owner asks, if nobody gives it up") \
	X(RULE_RAM, "ram", "ram is not said of a trusted guest's memory, or of what is not RAM")                    \
	X(RULE_OWED, "owed", "nothing is owed that nobody can do")                                                  \
	X(RULE_ENGINE, "engine", "what is owed is what the engine asks of its host")                                \
	X(RULE_VOUCHED, "vouched", "no access but those that are vouched for and not given up")                     \
	X(RULE_CACHEABLE, "cacheable", "no cacheable view of registers, or of what the host maps uncached")         \
	X(RULE_SHAREABLE, "shareable", "no cacheable view that is Non-shareable")                                   \
	X(RULE_OWN, "own", "a trusted guest gets uncached what it maps uncached")                                   \
	X(RULE_TAGS_OLD, "tags_old", "a guest with MTE reads no tags of an earlier owner")                          \
	X(RULE_TAGS_NONE, "tags_none", "... and reaches none where nobody can initialise them")                     \
	X(RULE_OLD_DATA, "old_data", "nobody reads what an earlier owner left, or misses what was written since")   \
	X(RULE_OLD_CODE, "old_code", "... or fetches it")                                                           \
	X(RULE_LAST, "last", "a correct driver reads what it or its device wrote last")                             \
	X(RULE_CACHES_ON, "caches_on", "... also after its caches came on")                                         \
	X(RULE_WRITE_BACK, "write_back", "no write-back takes newer data of a correct driver away")                 \
	X(RULE_HOST_SEES, "host_sees", "afterwards the host reads what a correct guest wrote last")                 \
	X(RULE_HOST_KEEPS, "host_keeps", "... and what it wrote itself since")                                      \
	X(RULE_NEXT, "next", "the next owner does not meet what was left")                                          \
	X(RULE_HANDED_ON, "handed_on", "content that is handed on as it is, is read as it was")                     \
	X(RULE_ALIAS, "alias", "alias is said exactly where the guest can disagree with the host's mapping")        \
	X(RULE_LOOSEST, "loosest", "no looser type keeps every rule")                                               \
	X(RULE_REFUSAL, "refusal", "a refusal means that no type that does what was asked keeps every rule")        \
	X(RULE_DMA_DEFINED, "dma_defined", "what a master reads in the table is defined")                           \
	X(RULE_DMA_ATTR, "dma_attr", "its attribute is the reference's")                                            \
	X(RULE_DMA_COHERENT, "dma_coherent", "... and so is its coherency")                                         \
	X(RULE_DMA_COVERED, "dma_covered", "what its accesses need is owed, and its guest can maintain")            \
	X(RULE_FOLD, "fold", "masters add up to what the worst of them allows, in any order")                       \
	X(RULE_SAME, "same", "words that do not count make no difference")                                          \
	X(RULE_MEET_LOOSER, "meet_looser", "regions that meet get nothing that one of them may not have")           \
	X(RULE_MEET_LEFT, "meet_left", "... and nobody reads what an earlier owner left in either")                 \
	X(RULE_MEET_REFUSAL, "meet_refusal", "... and are refused where no type is right for both, and else not")   \
	X(RULE_MEET_ALGEBRA, "meet_algebra", "meeting is commutative, associative and idempotent")                  \
	X(RULE_PAIR_MATCHED, "pair_matched", "mappings match by type, shareability, cacheability and XS")           \
	X(RULE_PAIR_LOST, "pair_lost", "two mappings lose what section 8 says")                                     \
	X(RULE_PAIR_EXCESS, "pair_excess", "... and nothing else, nor without a writer what takes one")             \
	X(RULE_PAIR_REPAIR, "pair_repair", "what can be repaired is, and by enough")                                \
	X(RULE_PAIR_COHERENT, "pair_coherent", "accesses by one definition stay coherent where section 8 says so")  \
	X(RULE_PAIR_ORDER, "pair_order", "two mappings have no order, and to know more makes nothing worse")        \
	X(RULE_FACTS, "facts", "the same facts get the same answer")                                                \
	X(RULE_LOOSEN, "loosen", "the facts that would loosen an answer are those that do")

enum rule {
#define X(name, word, text) name,
	RULES(X)
#undef X
		RULE_COUNT,
};

#define RULE(r) (UINT64_C(1) << (r))

extern const char *const rule_word[RULE_COUNT];
extern const char *const rule_text[RULE_COUNT];

/* judge_begin - to be called for each fact and answer of the policy, before judge_ready() and then judge(). */
void judge_begin(void);
void judge_meet_tenant(const struct facts *facts, const struct s2pt_policy *answer);
void judge_ready(void);

/* judge - the rules that an answer breaks: RULE() of each. */
uint64_t judge(const struct facts *facts, enum s2pt_status status, const struct s2pt_policy *answer);

/* judge_safety - ... of those that are about the type alone, and of those about lives, for an answer that was given
 * for other facts. */
uint64_t judge_safety(const struct facts *facts, const struct s2pt_policy *answer, bool with_lives);

/* judge_level - the highest rank of type whose accesses are all vouched for and not given up: 0 to 4, 5 for cached. */
unsigned judge_level(const struct facts *facts);

/* judge_compare - is one type looser than another in this mode: above 0, 0, below 0; tags count last. */
int judge_compare(const struct facts *facts, const struct s2pt_policy *a, const struct s2pt_policy *b);

extern unsigned long judge_comparisons;

#endif
