/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * log.h: which of 64 pages did the guest write? @first is a multiple of 64; bit n of a mask stands for page
 * first + n. With vm_lock() taken.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_PAGES 64u

/* From here on their writes are logged; and no longer. */
void log_begin(uint32_t first);
void log_end(uint32_t first);

/* Those that were written. They are clean again with @clear; without (KVM_GET_DIRTY_LOG) they stay dirty */
uint64_t log_get(uint32_t first, bool clear);

/* ... until these are about to be copied (KVM_CLEAR_DIRTY_LOG). */
void log_clear(uint32_t first, uint64_t mask);

#endif
