/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* job.h: CSV from standard input to standard output, a row for a row. */
#ifndef S2PT_TOOL_JOB_H
#define S2PT_TOOL_JOB_H

#include "batch.h"
#include "out.h"
#include "value.h"

#define JOB_COLUMNS 32

struct job_column {
	const char *name;
	const struct value_rule *rule;
	bool dash; /* may be "-": then the value is not given */
};

/* A row of input, parsed by the columns' rules. */
struct job_row {
	struct batch_text kept; /* the first fields, as they were given */
	struct value values[JOB_COLUMNS];
};

/* What is wrong with a row that parsed: which column, and why. */
struct job_error {
	const char *column;
	const char *text;
};

struct job {
	const char *verb;
	const struct job_column *columns; /* of the input */
	size_t count;
	size_t kept;      /* so many begin the output too */
	const char *more; /* the other columns of the output */
	/* Append the output row, without its newline; or append nothing, say why, return false. */
	bool (*row)(void *context, const struct job_row *row, struct out *out,
		    struct job_error *error);
	void *context;
};

/* job_run - do it. Returns the exit status, having said what is wrong. */
int job_run(const struct job *job);

#endif
