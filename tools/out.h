/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* out.h: buffered output of batch rows. stdio's locks and formats cost more than the rows. */
#ifndef S2PT_TOOL_OUT_H
#define S2PT_TOOL_OUT_H

#include "batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OUT_SIZE ((size_t)1 << 18)

/* Output on its way to a file descriptor. Zero but for @fd to begin with. */
struct out {
	int fd;
	int error; /* errno of the first write that failed; what follows is dropped */
	size_t len;
	char buf[OUT_SIZE];
};

/* out_flush - write what is buffered. Returns false if this or an earlier write failed. */
bool out_flush(struct out *out);

/* out_bytes - append @len bytes, of any length. */
void out_bytes(struct out *out, const char *at, size_t len);

/* out_number - append @value in decimal. */
void out_number(struct out *out, uint64_t value);

/* out_hex - append "0x" and @value in at least @digits lower-case digits. */
void out_hex(struct out *out, uint64_t value, unsigned digits);

static inline void
out_char(struct out *out, char c)
{
	if (out->len == OUT_SIZE)
		out_flush(out);
	out->buf[out->len++] = c;
}

static inline void
out_text(struct out *out, struct batch_text text)
{
	out_bytes(out, text.at, text.len);
}

static inline void
out_word(struct out *out, const char *word)
{
	out_bytes(out, word, strlen(word));
}

#endif
