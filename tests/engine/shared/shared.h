/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* shared.h: the kit for tables that are used while they change: shared operations, faults, dirty state. */
#ifndef S2PT_TESTS_SHARED_H
#define S2PT_TESTS_SHARED_H

#include <s2pt/tracking.h>

#include "kit.h"

#include <string.h>

#define GIB(n) ((uint64_t)(n) << 30)
#define MIB(n) ((uint64_t)(n) << 20)
#define KIB(n) ((uint64_t)(n) << 10)

/* The software bit that is the tracking bit where hardware does not manage dirty state: bit 58. */
#define TRACKING_BIT 8u

extern struct kit kit;
extern struct s2pt_leaf ram;
extern struct s2pt_table *table;
/* Called in the middle of each invalidation, as another CPU would run then; once. */
extern void (*during_invalidate)(void);
/* Called by the host whenever memory is maintained or taken; once. */
extern void (*during_callback)(void);

void shared_open(const struct machine_shape *shape);
/* A machine of 4K pages without hardware updates; and one with both. */
int shared_setup(void **state);
int shared_setup_hardware(void **state);
/* The table says what the flat map says, and nothing is left of it. */
int shared_teardown(void **state);
/* The same, whatever it says: the test knows better. */
int shared_teardown_any(void **state);

/* The machine has nothing to object to. */
void shared_judge(void);
/* Operations of CPU @cpu from here on. */
void shared_cpu(unsigned cpu);

/* One shared operation, between the judge's marks. @lg2 of a map: with the sequence as it is now. */
enum s2pt_status shared_map_as(struct s2pt_map_request *request, struct s2pt_cursor *cursor, uint64_t ipa,
			       uint64_t pa, const struct s2pt_leaf *leaf);
enum s2pt_status shared_map(uint64_t ipa, unsigned lg2, uint64_t pa, const struct s2pt_leaf *leaf);
enum s2pt_status shared_replace(uint64_t ipa, unsigned lg2, uint64_t pa, const struct s2pt_leaf *leaf,
				s2pt_desc *before);
enum s2pt_status shared_relax(uint64_t ipa, const struct s2pt_change *rights);
enum s2pt_status shared_mark_dirty(uint64_t ipa, unsigned max_lg2);
enum s2pt_status shared_set_af(uint64_t ipa);

/* The entry for @ipa. */
uint64_t shared_raw(uint64_t ipa);
struct s2pt_found shared_found(uint64_t ipa);

/* What the flat map shall follow. */
void shared_set(uint64_t ipa, uint64_t size, uint64_t pa, const struct s2pt_leaf *leaf);

/* A bitmap of the pages from @base on, none set; room for 64 * SHARED_WORDS. */
#define SHARED_WORDS 128
extern uint64_t shared_word[SHARED_WORDS];
extern struct s2pt_bitmap shared_bitmap;
void shared_blank(uint64_t base);
/* How many bits are set; whether exactly [@first, @first + @count) are. */
unsigned shared_count(void);
bool shared_only(unsigned first, unsigned count);

/* Exclusive operations that must succeed, between the judge's marks. */
void shared_start(uint64_t ipa, uint64_t size);
void shared_stop(uint64_t ipa, uint64_t size);
enum s2pt_status shared_collect(struct s2pt_op *op, uint64_t ipa, uint64_t size, bool clear);
enum s2pt_status shared_age(struct s2pt_op *op, uint64_t ipa, uint64_t size, enum s2pt_age age,
			    struct s2pt_bitmap *bitmap);

#endif
