/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* alias.c: two mappings of one piece of memory: do they agree, and what is lost where they do not (B2.8)? */
#include <s2pt/policy.h>

static bool
is_uncached(const struct s2pt_attr *attr)
{
	return !(s2pt_attr_properties(attr) & S2PT_PROPERTY_CACHED);
}

static bool
is_write_back(const struct s2pt_attr *attr)
{
	return !attr->device &&
	       (attr->outer.cacheability == S2PT_WB || attr->inner.cacheability == S2PT_WB);
}

/* Hints and tags do not count; shareability is the effective one. */
static bool
is_matched(const struct s2pt_attr *a, const struct s2pt_attr *b)
{
	return a->device == b->device && a->device_type == b->device_type &&
	       a->outer.cacheability == b->outer.cacheability &&
	       a->inner.cacheability == b->inner.cacheability && a->xs == b->xs &&
	       s2pt_par_sh(a) == s2pt_par_sh(b);
}

/*
 * What a Device mapping forbids, a looser one allows, and a mismatch may therefore lose; early acknowledgement it may
 * not.
 */
static const struct {
	uint32_t property;
	uint8_t loss;
	uint8_t stands;
} device_losses[] = {
	{ S2PT_PROPERTY_SPECULATE, S2PT_LOSS_SPECULATION, S2PT_STANDS_SPECULATE },
	{ S2PT_PROPERTY_GATHER, S2PT_LOSS_GATHERING, S2PT_STANDS_GATHER },
	{ S2PT_PROPERTY_REORDER, S2PT_LOSS_REORDERING, S2PT_STANDS_REORDER },
};

#define DEVICE_LOSSES (S2PT_LOSS_SPECULATION | S2PT_LOSS_GATHERING | S2PT_LOSS_REORDERING)

/* The losses that those accesses may cause which an attribute allows and another forbids. */
static unsigned
lost_to(const struct s2pt_attr *strict, const struct s2pt_attr *loose)
{
	const uint32_t allowed = s2pt_attr_properties(loose) & ~s2pt_attr_properties(strict);
	unsigned lost = 0;

	for (size_t i = 0; i < sizeof(device_losses) / sizeof(device_losses[0]); i++)
		if (allowed & device_losses[i].property)
			lost |= device_losses[i].loss;
	return lost;
}

/*
 * Of a mapping that is not accessed no guarantee is lost, and speculation alone happens by way of it. The same holds
 * of each side of a hand-over while it waits.
 */
static unsigned
device_lost(const struct s2pt_view *a, const struct s2pt_view *b, bool apart)
{
	const unsigned by_b = a->idle ? 0 : lost_to(&a->attr, &b->attr);
	const unsigned by_a = b->idle ? 0 : lost_to(&b->attr, &a->attr);

	return (by_b & (apart || b->idle ? S2PT_LOSS_SPECULATION : DEVICE_LOSSES)) |
	       (by_a & (apart || a->idle ? S2PT_LOSS_SPECULATION : DEVICE_LOSSES));
}

static uint8_t
losses(const struct s2pt_view *a, const struct s2pt_view *b, enum s2pt_relation relation)
{
	const bool apart = relation == S2PT_RELATION_HANDOVER;
	unsigned lost = device_lost(a, b, apart);

	/* All accesses are by one mapping. */
	if (a->idle || b->idle)
		return (uint8_t)lost;
	if (relation == S2PT_RELATION_ANY)
		lost |= S2PT_LOSS_ORDER;
	/* With no cache in the way, that is all. */
	if (is_uncached(&a->attr) && is_uncached(&b->attr))
		return (uint8_t)lost;
	if (a->writes || b->writes)
		lost |= S2PT_LOSS_COHERENCY;
	if (!apart)
		lost |= S2PT_LOSS_EXCLUSIVES;
	/* A line that one makes dirty takes what the other has written beside it. */
	if (a->writes && b->writes && (is_write_back(&a->attr) || is_write_back(&b->attr)))
		lost |= S2PT_LOSS_WRITES;
	return (uint8_t)lost;
}

/* What no barrier and no maintenance brings back; but what is there may stand the loss of a property of Device. */
static uint8_t
beyond_repair(uint8_t lost, uint32_t stands)
{
	unsigned beyond = lost & (DEVICE_LOSSES | S2PT_LOSS_EXCLUSIVES);

	for (size_t i = 0; i < sizeof(device_losses) / sizeof(device_losses[0]); i++)
		if (stands & device_losses[i].stands)
			beyond &= ~(unsigned)device_losses[i].loss;
	return (uint8_t)beyond;
}

/* By what the rest comes back. */
static enum s2pt_repair
repair_of(const struct s2pt_attr *a, const struct s2pt_attr *b, uint8_t lost)
{
	const unsigned by_maintenance = S2PT_LOSS_ORDER | S2PT_LOSS_COHERENCY | S2PT_LOSS_WRITES;

	if (!(lost & by_maintenance))
		return S2PT_REPAIR_NONE;
	if (is_uncached(a) && is_uncached(b))
		return S2PT_REPAIR_DMB;
	return s2pt_par_sh(a) == s2pt_par_sh(b) ? S2PT_REPAIR_MAINTAIN : S2PT_REPAIR_AROUND;
}

/* NSH < ISH < OSH; their encodings are not in that order. */
static unsigned
reach(enum s2pt_sh sh)
{
	return sh == S2PT_SH_NSH ? 0
	     : sh == S2PT_SH_ISH ? 1
				 : 2;
}

static bool
covers(const struct s2pt_attr *attr, enum s2pt_sh domain)
{
	return reach(s2pt_par_sh(attr)) >= reach(domain);
}

/*
 * Accesses by @own stay coherent with each other where all writes are theirs, and either are Non-cacheable
 * or every mapping's shareability holds every agent.
 */
static bool
stays_coherent(const struct s2pt_view *own, const struct s2pt_view *other, enum s2pt_sh domain)
{
	return (!other->writes || other->idle) &&
	       (is_uncached(&own->attr) || (covers(&own->attr, domain) && covers(&other->attr, domain)));
}

static bool
is_shareability(unsigned sh)
{
	return sh <= S2PT_SH_ISH && sh != S2PT_SH_RESERVED;
}

static bool
is_sound(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing)
{
	return is_shareability((unsigned)sharing->domain) && is_shareability(a->attr.sh) &&
	       is_shareability(b->attr.sh) && (unsigned)sharing->relation < S2PT_RELATION_COUNT &&
	       !(sharing->stands & ~S2PT_STANDS_NC);
}

enum s2pt_status
s2pt_policy_alias(const struct s2pt_view *a, const struct s2pt_view *b, const struct s2pt_sharing *sharing,
		  struct s2pt_alias *alias)
{
	if (!is_sound(a, b, sharing))
		return S2PT_ERR_FACT;
	alias->matched = is_matched(&a->attr, &b->attr);
	if (alias->matched) {
		alias->lost = 0;
		alias->repair = S2PT_REPAIR_NONE;
		alias->coherent[0] = alias->coherent[1] =
			is_uncached(&a->attr) || covers(&a->attr, sharing->domain);
	} else {
		alias->lost = losses(a, b, sharing->relation);
		alias->repair = repair_of(&a->attr, &b->attr, alias->lost);
		alias->coherent[0] = stays_coherent(a, b, sharing->domain);
		alias->coherent[1] = stays_coherent(b, a, sharing->domain);
	}
	alias->beyond = beyond_repair(alias->lost, sharing->stands);
	return S2PT_OK;
}
