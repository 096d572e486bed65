/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* jansson answers NULL and -1 where memory is out: nothing can be said then. */
static json_t *
must(json_t *made)
{
	if (!made)
		abort();
	return made;
}

static void
add(json_t *report, const char *key, json_t *made)
{
	if (json_object_set_new(report, key, must(made)) != 0)
		abort();
}

json_t *
report_new(void)
{
	return must(json_object());
}

json_t *
report_add_object(json_t *report, const char *key)
{
	json_t *inside = json_object();

	add(report, key, inside);
	return inside;
}

json_t *
report_add_array(json_t *report, const char *key)
{
	json_t *array = json_array();

	add(report, key, array);
	return array;
}

json_t *
report_add_item(json_t *array)
{
	json_t *item = must(json_object());

	if (json_array_append_new(array, item) != 0)
		abort();
	return item;
}

void
report_add_text(json_t *report, const char *key, const char *text)
{
	add(report, key, json_string(text));
}

void
report_add_number(json_t *report, const char *key, int64_t number)
{
	add(report, key, json_integer(number));
}

void
report_add_flag(json_t *report, const char *key, bool flag)
{
	add(report, key, json_boolean(flag));
}

void
report_add_hex(json_t *report, const char *key, uint64_t number, int digits)
{
	char text[20];

	snprintf(text, sizeof(text), "0x%0*" PRIx64, digits, number);
	report_add_text(report, key, text);
}

void
report_add_words(json_t *report, const char *key, const char *text)
{
	json_t *words = json_array();

	add(report, key, words);
	while (*text) {
		size_t len = strcspn(text, " ");

		if (len > 0 && json_array_append_new(words, must(json_stringn(text, len))) != 0)
			abort();
		text += len + strspn(text + len, " ");
	}
}

static void
print_words(json_t *words)
{
	json_t *word;
	size_t i;

	if (json_array_size(words) == 0)
		printf("none");
	json_array_foreach(words, i, word)
		printf("%s%s", i ? ", " : "", json_string_value(word));
}

/* How wide the column @key of @rows is. */
static int
width_of(json_t *rows, const char *key)
{
	size_t width = strlen(key), i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		json_t *value = json_object_get(row, key);
		const size_t length = json_is_string(value) ? json_string_length(value) : 4;

		width = length > width ? length : width;
	}
	return (int)width;
}

/* Prints @text behind the blanks that the cells before it left, and leaves those up to the next column. */
static void
print_cell(const char *text, int width, int *blanks)
{
	if (*text) {
		printf("%*s%s", *blanks, "", text);
		*blanks = 0;
	}
	*blanks += width - (int)strlen(text) + 2;
}

/* Objects with the same keys are the rows of a table below these keys. */
static void
print_rows(json_t *rows, int indent)
{
	json_t *row, *value;
	const char *key;
	size_t i;
	int blanks = indent;

	json_object_foreach(json_array_get(rows, 0), key, value)
		print_cell(key, width_of(rows, key), &blanks);
	putchar('\n');
	json_array_foreach(rows, i, row)
	{
		char number[24];

		blanks = indent;
		json_object_foreach(row, key, value)
		{
			snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
			print_cell(json_is_integer(value) ? number : json_string_value(value), width_of(rows, key),
				   &blanks);
		}
		putchar('\n');
	}
}

static void
print_value(json_t *value)
{
	if (json_is_string(value))
		printf("%s", json_string_value(value));
	else if (json_is_integer(value))
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_array(value))
		print_words(value);
	else
		printf("%s", json_is_true(value) ? "yes" : "no");
	putchar('\n');
}

/* An answer has objects, and these may have objects again: each is indented by two. */
static void
print_text(json_t *report, int indent)
{
	const char *key;
	json_t *value;

	json_object_foreach(report, key, value)
	{
		if (json_is_object(value)) {
			printf("%*s%s\n", indent, "", key);
			print_text(value, indent + 2);
		} else if (json_is_object(json_array_get(value, 0))) {
			printf("%*s%s\n", indent, "", key);
			print_rows(value, indent + 2);
		} else {
			printf("%*s%-*s ", indent, "", 18 - indent, key);
			print_value(value);
		}
	}
}

int
report_print(json_t *report, bool json)
{
	if (json) {
		json_t *whole = report_new();

		report_add_text(whole, "schema", "s2pt/1");
		if (json_object_update(whole, report) != 0)
			abort();
		json_dumpf(whole, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(whole);
	} else {
		print_text(report, 0);
	}
	json_decref(report);
	return 0;
}
