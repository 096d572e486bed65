/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* io.h: words out, arguments in, and the way out of the machine. */
#ifndef IO_H
#define IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <s2pt/types.h>

/*
 * Print, in printf()'s manner: %s, %u and %x (unsigned), %d (int), %lu and %lx (64 bits), each with
 * a width; '-' pads on the right, '0' with zeros.
 */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print a text in one piece, past the UART, which a guest may be using at the same time. */
void machine_say(const char *text);

/* The arguments given with -semihosting-config arg=..., separated by spaces. */
void machine_arguments(char *buf, size_t size);

/* Is @word one of the words of @text? */
bool has_word(const char *text, const char *word);

/* Leave QEMU with this exit status. */
_Noreturn void machine_exit(uint64_t status);

/* The machine is not as it should be: say why, and how to start it, and leave with status 2. */
_Noreturn void refuse(const char *why);

/* Go on at EL2 alone. */
void machine_need_el2(void);

/* An exception that nobody expected: say so and leave with status 2. */
_Noreturn void machine_exception(uint64_t esr, uint64_t elr, uint64_t far);

/* End the run, with status 2, if a call failed after which there is no way to go on. */
void must(enum s2pt_status status, const char *what);

#endif
