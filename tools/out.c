/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "out.h"

#include <errno.h>
#include <unistd.h>

bool
out_flush(struct out *out)
{
	size_t done = 0;

	while (done < out->len && !out->error) {
		ssize_t put = write(out->fd, out->buf + done, out->len - done);

		if (put > 0)
			done += (size_t)put;
		else if (errno != EINTR)
			out->error = errno;
	}
	out->len = 0;
	return out->error == 0;
}

void
out_bytes(struct out *out, const char *at, size_t len)
{
	while (len > OUT_SIZE - out->len) {
		size_t part = OUT_SIZE - out->len;

		memcpy(out->buf + out->len, at, part);
		out->len += part;
		at += part;
		len -= part;
		out_flush(out);
	}
	memcpy(out->buf + out->len, at, len);
	out->len += len;
}

/* Digits come from the last to the first: write them from the end of a small buffer. */
static void
digits_of(struct out *out, uint64_t value, unsigned base, unsigned digits)
{
	char text[20];
	size_t at = sizeof(text);

	do {
		text[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value || sizeof(text) - at < digits);
	out_bytes(out, text + at, sizeof(text) - at);
}

void
out_number(struct out *out, uint64_t value)
{
	digits_of(out, value, 10, 1);
}

void
out_hex(struct out *out, uint64_t value, unsigned digits)
{
	out_bytes(out, "0x", 2);
	digits_of(out, value, 16, digits);
}
