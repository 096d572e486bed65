/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * insn_plugin.c: a plugin of QEMU's user emulation that counts the instructions between two calls of getppid, which
 * bench/once.c makes around what is measured, and prints the number.
 *
 * Debian has no package with qemu-plugin.h: the parts of the interface (version 1) that are used here are declared.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;

enum plugin_op {
	PLUGIN_INLINE_ADD_U64,
};

typedef void (*on_translation)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*on_syscall)(plugin_id id, unsigned vcpu, int64_t number, uint64_t a1, uint64_t a2, uint64_t a3,
			   uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, on_translation callback);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, enum plugin_op op, void *counter,
						uint64_t addend);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id id, on_syscall callback);

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv);

/* getppid, in the numbering of arm64. */
#define SYS_GETPPID 173

static uint64_t executed, begun;

/* Each instruction counts when it is executed: a block may be left in its middle. */
static void
translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		qemu_plugin_register_vcpu_insn_exec_inline(qemu_plugin_tb_get_insn(tb, i), PLUGIN_INLINE_ADD_U64,
							   &executed, 1);
}

static void
called(plugin_id id, unsigned vcpu, int64_t number, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
       uint64_t a6, uint64_t a7, uint64_t a8)
{
	(void)id, (void)vcpu, (void)a1, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
	if (number != SYS_GETPPID)
		return;
	if (begun)
		fprintf(stderr, "%" PRIu64 "\n", executed - begun);
	begun = begun ? 0 : executed;
}

int
qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info, (void)argc, (void)argv;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_vcpu_syscall_cb(id, called);
	return 0;
}
