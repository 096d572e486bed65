/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* live.h: the kit for tables that are used while they change: shared operations, faults, dirty state. */
#ifndef S2PT_TESTS_LIVE_H
#define S2PT_TESTS_LIVE_H

#include "kit.h"

#include <string.h>

#define GIB(n) ((uint64_t)(n) << 30)
#define MIB(n) ((uint64_t)(n) << 20)
#define KIB(n) ((uint64_t)(n) << 10)

/* The software bit that is the marker where hardware does not manage dirty state: bit 58. */
#define MARKER 8u

extern struct kit kit;
extern struct s2pt_leaf ram;
extern struct s2pt_table *table;
/* Called in the middle of each invalidation, as another CPU would run then; once. */
extern void (*during_invalidate)(void);
/* Called by the port whenever memory is maintained or taken; once. */
extern void (*during_callback)(void);

void live_open(const struct machine_shape *shape);
/* A machine of 4K pages without hardware updates; and one with both. */
int live_setup(void **state);
int live_setup_hardware(void **state);
/* The table says what the flat map says, and nothing is left of it. */
int live_teardown(void **state);
/* The same, whatever it says: the test knows better. */
int live_teardown_any(void **state);

/* The machine has nothing to object to. */
void live_judge(void);
/* Operations of CPU @cpu from here on. */
void live_cpu(unsigned cpu);

/* One shared operation, between the judge's marks. @lg2 of a map: with the sequence as it is now. */
enum s2pt_status live_map_as(struct s2pt_answer *answer, struct s2pt_cursor *cursor, uint64_t ipa,
			     uint64_t pa, const struct s2pt_leaf *leaf);
enum s2pt_status live_map(uint64_t ipa, unsigned lg2, uint64_t pa, const struct s2pt_leaf *leaf);
enum s2pt_status live_replace(uint64_t ipa, unsigned lg2, uint64_t pa, const struct s2pt_leaf *leaf,
			      s2pt_desc *before);
enum s2pt_status live_relax(uint64_t ipa, const struct s2pt_change *rights);
enum s2pt_status live_write(uint64_t ipa, unsigned max_lg2);
enum s2pt_status live_young(uint64_t ipa);

/* The entry for @ipa. */
uint64_t live_raw(uint64_t ipa);
struct s2pt_found live_found(uint64_t ipa);

/* What the flat map shall follow. */
void live_set(uint64_t ipa, uint64_t size, uint64_t pa, const struct s2pt_leaf *leaf);

/* A bitmap of the pages from @base on, none set; room for 64 * LIVE_WORDS. */
#define LIVE_WORDS 128
extern uint64_t live_word[LIVE_WORDS];
extern struct s2pt_bitmap live_bitmap;
void live_blank(uint64_t base);
/* How many bits are set; whether exactly [@first, @first + @count) are. */
unsigned live_count(void);
bool live_only(unsigned first, unsigned count);

/* Exclusive operations that must succeed, between the judge's marks. */
void live_start(uint64_t ipa, uint64_t size);
void live_stop(uint64_t ipa, uint64_t size);
enum s2pt_status live_collect(struct s2pt_op *op, uint64_t ipa, uint64_t size, bool clear);
enum s2pt_status live_age(struct s2pt_op *op, uint64_t ipa, uint64_t size, enum s2pt_age age,
			  struct s2pt_bitmap *bitmap);

#endif
