/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * report.h: one answer, for people or as JSON. Both are printed from the same members in the same
 * order, so that neither can say what the other does not.
 */
#ifndef S2PT_TOOL_REPORT_H
#define S2PT_TOOL_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* An answer is a JSON object; report_new() makes one, report_add_object() one inside another. */
json_t *report_new(void);
json_t *report_add_object(json_t *report, const char *key);

/* report_add_array - an array of objects; report_add_item() adds the next. */
json_t *report_add_array(json_t *report, const char *key);
json_t *report_add_item(json_t *array);

void report_add_text(json_t *report, const char *key, const char *text);
void report_add_number(json_t *report, const char *key, int64_t number);
void report_add_flag(json_t *report, const char *key, bool flag);

/* report_add_hex - a string "0x..", because JSON has no hexadecimal and not 64 bits everywhere. */
void report_add_hex(json_t *report, const char *key, uint64_t number, int digits);

/* report_add_words - an array of the words of @text, which blanks separate. */
void report_add_words(json_t *report, const char *key, const char *text);

/*
 * report_print - print and free; JSON begins with the name of this program's formats, "schema". Returns 0, the exit
 * status.
 */
int report_print(json_t *report, bool json);

#endif
