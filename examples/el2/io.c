/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* io.c: QEMU's virt machine: a PL011 that needs no set-up, and semihosting. */
#include "io.h"

#include <stdarg.h>

#include <s2pt/text.h>

#include "sysreg.h"

#define PL011_DR UINT64_C(0x09000000)

#define SYS_WRITE0                   0x04u
#define SYS_GET_CMDLINE              0x15u
#define SYS_EXIT                     0x18u
#define ADP_STOPPED_APPLICATION_EXIT UINT64_C(0x20026)

static uint64_t
semihost(uint64_t operation, void *block)
{
	register uint64_t x0 __asm__("x0") = operation;
	register void *x1 __asm__("x1") = block;

	__asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
	return x0;
}

void
machine_arguments(char *buf, size_t size)
{
	uint64_t block[2] = { (uint64_t)(uintptr_t)buf, size };

	if (semihost(SYS_GET_CMDLINE, block) != 0)
		buf[0] = '\0';
}

void
machine_say(const char *text)
{
	semihost(SYS_WRITE0, (void *)(uintptr_t)text);
}

bool
has_word(const char *text, const char *word)
{
	while (*text != '\0') {
		const char *w = word;

		while (*w != '\0' && *text == *w) {
			text++;
			w++;
		}
		if (*w == '\0' && (*text == '\0' || *text == ' '))
			return true;
		while (*text != '\0' && *text++ != ' ')
			;
	}
	return false;
}

_Noreturn void
machine_exit(uint64_t status)
{
	uint64_t block[2] = { ADP_STOPPED_APPLICATION_EXIT, status };

	for (;;)
		semihost(SYS_EXIT, block);
}

_Noreturn void
refuse(const char *why)
{
	print("error: %s\n", why);
	machine_exit(2);
}

void
machine_need_el2(void)
{
	if (read_current_el() >> 2 != 2)
		refuse("not at EL2: -machine virt,virtualization=on,secure=off");
}

_Noreturn void
machine_exception(uint64_t esr, uint64_t elr, uint64_t far)
{
	static bool met;

	if (met) {
		print("no way out: -semihosting-config enable=on,target=native\n");
		for (;;)
			__asm__ volatile("wfe");
	}
	met = true;
	print("unexpected exception: ESR_EL2 %lx ELR_EL2 %lx FAR_EL2 %lx\n", esr, elr, far);
	machine_exit(2);
}

void
must(enum s2pt_status status, const char *what)
{
	if (status == S2PT_OK)
		return;
	print("%s: %s\n", what, s2pt_status_name(status));
	machine_exit(2);
}

static void
print_char(char c)
{
	*(volatile uint32_t *)PL011_DR = (uint32_t)(unsigned char)c;
}

/* How to pad: to @width with @pad, or on the right with blanks. */
struct field {
	unsigned width;
	bool left;
	char pad;
};

static void
print_padded(const struct field *field, const char *text, size_t length)
{
	size_t missing = length < field->width ? field->width - length : 0;

	for (size_t i = 0; !field->left && i < missing; i++)
		print_char(field->pad);
	for (size_t i = 0; i < length; i++)
		print_char(text[i]);
	for (size_t i = 0; field->left && i < missing; i++)
		print_char(' ');
}

static void
print_string(const struct field *field, const char *text)
{
	size_t length = 0;

	while (text[length] != '\0')
		length++;
	print_padded(field, text, length);
}

static void
print_number(const struct field *field, uint64_t value, unsigned base, bool negative)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	if (negative)
		digits[--at] = '-';
	print_padded(field, digits + at, sizeof(digits) - at);
}

/* Read the flags and the width between '%' and the conversion. */
static const char *
read_field(const char *format, struct field *field)
{
	*field = (struct field){ .pad = ' ' };
	for (; *format == '-' || *format == '0'; format++) {
		field->left |= *format == '-';
		field->pad = *format == '0' ? '0' : field->pad;
	}
	for (; *format >= '0' && *format <= '9'; format++)
		field->width = field->width * 10u + (unsigned)(*format - '0');
	return format;
}

static void
print_conversion(const struct field *field, char conversion, bool wide, va_list *args)
{
	int64_t number;

	switch (conversion) {
	case 's':
		print_string(field, va_arg(*args, const char *));
		break;
	case 'd':
		number = va_arg(*args, int);
		print_number(field, (uint64_t)(number < 0 ? -number : number), 10u, number < 0);
		break;
	case 'u':
	case 'x':
		print_number(field, wide ? va_arg(*args, uint64_t) : va_arg(*args, unsigned),
			     conversion == 'u' ? 10u : 16u, false);
		break;
	default:
		print_char(conversion);
	}
}

void
print(const char *format, ...)
{
	struct field field;
	va_list args;
	bool wide;

	va_start(args, format);
	for (; *format != '\0'; format++) {
		if (*format != '%') {
			print_char(*format);
			continue;
		}
		format = read_field(format + 1, &field);
		wide = *format == 'l';
		format += wide;
		print_conversion(&field, *format, wide, &args);
	}
	va_end(args);
}
