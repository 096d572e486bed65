/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* alias.c: two mappings of one piece of memory: do they agree, and what is lost where they do not (B2.8)? */
#include <s2pt/policy.h>

static bool
is_uncached(const struct s2pt_attr *attr)
{
	return attr->device ||
	       (attr->outer.cacheability == S2PT_NC && attr->inner.cacheability == S2PT_NC);
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

static uint8_t
losses(const struct s2pt_attr *a, const struct s2pt_attr *b)
{
	bool device = a->device != b->device || (a->device && a->device_type != b->device_type);
	unsigned lost = S2PT_LOSS_ORDER | (device ? S2PT_LOSS_DEVICE : 0);

	/* With no cache in the way, that is all. */
	if (is_uncached(a) && is_uncached(b))
		return (uint8_t)lost;
	lost |= S2PT_LOSS_COHERENCY | S2PT_LOSS_EXCLUSIVES;
	if (is_write_back(a) || is_write_back(b))
		lost |= S2PT_LOSS_WRITES;
	return (uint8_t)lost;
}

static enum s2pt_repair
repair_of(const struct s2pt_attr *a, const struct s2pt_attr *b)
{
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
	return !other->writes &&
	       (is_uncached(&own->attr) || (covers(&own->attr, domain) && covers(&other->attr, domain)));
}

static bool
is_shareability(unsigned sh)
{
	return sh <= S2PT_SH_ISH && sh != S2PT_SH_RESERVED;
}

enum s2pt_status
s2pt_policy_alias(const struct s2pt_view *a, const struct s2pt_view *b, enum s2pt_sh domain,
		  struct s2pt_alias *alias)
{
	if (!is_shareability((unsigned)domain) || !is_shareability(a->attr.sh) ||
	    !is_shareability(b->attr.sh))
		return S2PT_ERR_FACT;
	alias->matched = is_matched(&a->attr, &b->attr);
	if (alias->matched) {
		alias->lost = 0;
		alias->repair = S2PT_REPAIR_NONE;
		alias->coherent[0] = alias->coherent[1] =
			is_uncached(&a->attr) || covers(&a->attr, domain);
	} else {
		alias->lost = losses(&a->attr, &b->attr);
		alias->repair = repair_of(&a->attr, &b->attr);
		alias->coherent[0] = stays_coherent(a, b, domain);
		alias->coherent[1] = stays_coherent(b, a, domain);
	}
	alias->beyond = alias->lost & (S2PT_LOSS_DEVICE | S2PT_LOSS_EXCLUSIVES);
	return S2PT_OK;
}
