/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "job.h"
#include "fail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INPUT_SIZE ((size_t)1 << 18)

static ptrdiff_t
fill_from_stdin(void *source, char *buf, size_t size)
{
	ssize_t got;

	(void)source;
	do
		got = read(STDIN_FILENO, buf, size);
	while (got < 0 && errno == EINTR);
	return got;
}

/* The header of the first @count columns. */
static void
header_of(const struct job *job, size_t count, char *buf, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < count && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? "," : "",
					job->columns[i].name);
}

/* BATCH_END is right where @wants is NULL, which is after the header. */
static int
fail_line(const struct job *job, const struct batch_reader *reader, enum batch_status status,
	  const char *wants)
{
	if (status == BATCH_UNREADABLE) {
		fail(job->verb, "cannot read standard input: %s", strerror(errno));
		return EXIT_IO;
	}
	if (status == BATCH_TOO_LONG)
		return fail(job->verb, "line %" PRIu64 ": longer than %zu bytes", reader->line,
			    INPUT_SIZE);
	return wants ? fail(job->verb, "line 1: no header; it must be '%s'", wants) : 0;
}

static int
read_header(const struct job *job, struct batch_reader *reader, struct out *out)
{
	char wants[FAIL_TEXT];
	struct batch_text line;
	enum batch_status status = batch_line(reader, &line);

	header_of(job, job->count, wants, sizeof(wants));
	if (status != BATCH_OK)
		return fail_line(job, reader, status, wants);
	if (!batch_is(line, wants))
		return fail(job->verb, "line 1: the header is %s; it must be '%s'",
			    fail_quote(line).text, wants);
	header_of(job, job->kept, wants, sizeof(wants));
	out_word(out, wants);
	out_char(out, ',');
	out_word(out, job->more);
	out_char(out, '\n');
	return 0;
}

static int
fail_field(const struct job *job, uint64_t line, const struct job_column *column,
	   struct batch_text field)
{
	char wants[FAIL_TEXT];

	value_wants(column->rule, wants, sizeof(wants));
	return fail(job->verb, "line %" PRIu64 ", column %s: %s is not %s%s", line, column->name,
		    fail_quote(field).text, wants, column->dash ? ", or -" : "");
}

static int
parse_row(const struct job *job, uint64_t number, struct batch_text line, struct job_row *row)
{
	struct batch_text fields[JOB_COLUMNS];
	size_t count = batch_split(line, fields, JOB_COLUMNS);

	if (count != job->count)
		return fail(job->verb, "line %" PRIu64 ": %zu field%s; the header has %zu columns, "
				       "%s to %s",
			    number, count, count == 1 ? "" : "s", job->count,
			    job->columns[0].name, job->columns[job->count - 1].name);
	for (size_t i = 0; i < count; i++) {
		const struct job_column *column = &job->columns[i];
		struct value *value = &row->values[i];

		value->given = !(column->dash && batch_is(fields[i], "-"));
		if (value->given && !value_parse(column->rule, fields[i], &value->is))
			return fail_field(job, number, column, fields[i]);
	}
	row->kept.at = line.at;
	row->kept.len = (size_t)(fields[job->kept - 1].at - line.at) + fields[job->kept - 1].len;
	return 0;
}

static int
run_rows(const struct job *job, struct batch_reader *reader, struct out *out)
{
	struct job_row row = { 0 };
	struct batch_text line;

	while (!out->error) {
		enum batch_status status = batch_line(reader, &line);
		struct job_error error;
		int bad;

		if (status != BATCH_OK)
			return fail_line(job, reader, status, NULL);
		bad = parse_row(job, reader->line, line, &row);
		if (bad)
			return bad;
		if (!job->row(job->context, &row, out, &error))
			return fail(job->verb, "line %" PRIu64 ", column %s: %s", reader->line,
				    error.column, error.text);
		out_char(out, '\n');
	}
	return 0;
}

int
job_run(const struct job *job)
{
	static char input[INPUT_SIZE];
	static struct out out;
	struct batch_reader reader;
	int status;

	out.fd = STDOUT_FILENO;
	batch_open(&reader, fill_from_stdin, NULL, input, sizeof(input));
	status = read_header(job, &reader, &out);
	if (status == 0)
		status = run_rows(job, &reader, &out);
	if (!out_flush(&out) && status == 0) {
		fail(job->verb, "cannot write standard output: %s", strerror(out.error));
		status = EXIT_IO;
	}
	return status;
}
