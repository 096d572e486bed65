/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * value.h: what a value may be, whether it is an option's argument or a field of batch input, and
 * how to say so.
 */
#ifndef S2PT_TOOL_VALUE_H
#define S2PT_TOOL_VALUE_H

#include "batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An option or field: whether it was given, and what it is. */
struct value {
	bool given;
	uint64_t is;
	const char *text; /* of VALUE_TEXT */
};

/* A word and what it stands for. Lists end with a NULL word. */
struct value_word {
	const char *word;
	uint64_t is;
};

enum value_kind {
	VALUE_NUMBER,   /* 0..max */
	VALUE_REGISTER, /* 64 bits, 0x.. or 0b..: digits alone could be read both ways */
	VALUE_CHOICE,   /* one of the words */
	VALUE_SET,      /* words joined by '+' or ','; a word that stands for 0 stands alone */
	VALUE_TEXT,     /* anything, such as the name of a file; not in batch input */
};

struct value_rule {
	enum value_kind kind;
	uint64_t max;
	const struct value_word *words;
};

/* value_parse - is @text what @rule wants? Writes @value only then. */
bool value_parse(const struct value_rule *rule, struct batch_text text, uint64_t *value);

/*
 * value_hex - a descriptor, an address or the value of a register that stands for itself: hexadecimal, with or without
 * 0x, or binary behind 0b; '_' may stand between digits. Not in @text: false, and @value is not written.
 */
bool value_hex(struct batch_text text, uint64_t *value);

/* value_address - an address: hexadecimal alone, with or without 0x. As value_hex() in all else. */
bool value_address(struct batch_text text, uint64_t *value);

/* value_wants - what @rule wants, in words: "a number from 0 to 255", "one of 4k, 16k, 64k". */
void value_wants(const struct value_rule *rule, char *buf, size_t size);

/* value_name - the word of a choice that stands for @value, or "?". */
const char *value_name(const struct value_rule *rule, uint64_t value);

/*
 * The rules of the program. Levels are negative at times, values never: a level is kept as level +
 * VALUE_LEVEL_0.
 */
#define VALUE_LEVEL_0    16u
#define VALUE_LEVEL_AUTO 0u

extern const struct value_rule value_bit;
extern const struct value_rule value_two_bits;
extern const struct value_rule value_nibble;
extern const struct value_rule value_byte;
extern const struct value_rule value_vmid;
extern const struct value_rule value_stands;
extern const struct value_rule value_gives_up;
extern const struct value_rule value_relation;
extern const struct value_rule value_file;
extern const struct value_rule value_any;
extern const struct value_rule value_register;
extern const struct value_rule value_granule;
extern const struct value_rule value_space;
extern const struct value_rule value_pa_size;
extern const struct value_rule value_level;
extern const struct value_rule value_start_level;
extern const struct value_rule value_sh;
extern const struct value_rule value_access;
extern const struct value_rule value_desc_kind;
extern const struct value_rule value_status;
extern const struct value_rule value_memtype;
extern const struct value_rule value_kinds;
extern const struct value_rule value_attr_feats; /* features that combining looks at */
extern const struct value_rule value_backing;
extern const struct value_rule value_host_view;
extern const struct value_rule value_source;
extern const struct value_rule value_tags;
extern const struct value_rule value_dma;
extern const struct value_rule value_table_feats; /* features that descriptors look at */

/* The S2PT_FEAT_* that a value of value_space needs. */
extern const uint64_t value_space_feats[];

/* value_init - fill the lists whose words are the library's. To be called before anything else. */
void value_init(void);

/* value_bits - bits @high to @low of a register or descriptor. */
static inline uint64_t
value_bits(uint64_t value, unsigned high, unsigned low)
{
	return value >> low & ((UINT64_C(2) << (high - low)) - 1);
}

/* value_bits_name - "63:48", "10". */
void value_bits_name(char *buf, size_t size, unsigned high, unsigned low);

/* The level that a value of value_level stands for. */
static inline int
value_to_level(uint64_t value)
{
	return (int)value - (int)VALUE_LEVEL_0;
}

#endif
