/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The library's accesses to what others may read at the same time, for the explorer: takes the place of
 * lib/table/atomic.h, whose functions these are. Each is a point at which another CPU may go on.
 */
#ifndef S2PT_TABLE_MEMORY_H
#define S2PT_TABLE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

uint64_t entry_load(const uint64_t *entry);
void entry_store(uint64_t *entry, uint64_t raw);
void entry_init(uint64_t *entry, uint64_t raw);
void entry_store_release(uint64_t *entry, uint64_t raw);
uint64_t entry_exchange(uint64_t *entry, uint64_t raw);
bool entry_compare_exchange(uint64_t *entry, uint64_t *before, uint64_t after);
uint64_t entry_fetch_and(uint64_t *entry, uint64_t bits);
uint64_t entry_fetch_or(uint64_t *entry, uint64_t bits);
uint64_t entry_fetch_xor(uint64_t *entry, uint64_t bits);

uint64_t count_load(const uint64_t *count);
void count_add(uint64_t *count, uint64_t n);
bool count_up_to(uint64_t *count, uint64_t n, uint64_t limit);
void count_store(uint64_t *count, uint64_t n);
bool flag_is_set(const bool *flag);
void flag_set(bool *flag);
void flag_clear(bool *flag);

#endif
