// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Linux's first process, on a machine that has KVM: run a guest of a few instructions whose memory is of all kinds
// that KVM maps differently, and say where the guest's pages are according to Linux (/proc/self/pagemap):
//
//   page IPA PA RIGHTS KIND
//
// for every page of the guest's memory that is there: KIND is touched where the guest has written or read it. It
// writes a page's own address into it. The last line is "guest spins": KVM's table is in use from then on.
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE     0x1000ull
#define BLOCK    0x200000ull
#define CODE     0x40000000ull
#define DOORBELL 0x1000ull // in no slot: a store there leaves the guest

enum {
	ROM = KVM_MEM_READONLY,
	LOGGED = KVM_MEM_LOG_DIRTY_PAGES,
};

// A piece of the guest's memory, of which it touches every stride-th page.
struct memory {
	const char *name;
	uint64_t ipa;
	uint64_t size;
	uint64_t stride;
	bool huge;      // blocks, where Linux has a free one
	uint32_t flags; // of the slot
	unsigned char *at;
};

static struct memory memories[] = {
	{ .name = "code", .ipa = CODE, .size = PAGE, .stride = PAGE },
	{ .name = "blocks", .ipa = 0x80000000, .size = 8 * BLOCK, .stride = PAGE, .huge = true },
	{ .name = "pages", .ipa = 0xc0000000, .size = 2 * BLOCK, .stride = PAGE },
	{ .name = "sparse", .ipa = 0x100000000, .size = 16 * BLOCK, .stride = 37 * PAGE },
	{ .name = "rom", .ipa = 0x140001000, .size = 64 * PAGE, .stride = PAGE, .flags = ROM },
	{ .name = "logged", .ipa = 0x180000000, .size = BLOCK, .stride = PAGE, .huge = true, .flags = LOGGED },
	{ .name = "last", .ipa = 0xffffffe000, .size = 2 * PAGE, .stride = PAGE }, // up to 40 bits, KVM's default
};

#define MEMORIES (sizeof memories / sizeof memories[0])

// x0: the first page; x1: behind the last; x2: the stride; x3: whether to write. Again for every entry of the vCPU.
extern const unsigned char guest_begin[], guest_end[];
__asm__("	.pushsection .rodata\n"
	".globl guest_begin, guest_end\n"
	"guest_begin:\n"
	"1:	cmp	x0, x1\n"
	"	b.hs	3f\n"
	"	cbz	x3, 2f\n"
	"	str	x0, [x0]\n"
	"2:	ldr	x4, [x0]\n"
	"	add	x0, x0, x2\n"
	"	b	1b\n"
	"3:	mov	x4, #0x1000\n"
	"	cbz	x2, 4f\n"
	"	str	x0, [x4]\n"
	"4:	b	4b\n"
	"guest_end:\n"
	"	.popsection\n");

static bool
is_rom(const struct memory *memory)
{
	return memory->flags & ROM;
}

static void
end(int status)
{
	fflush(stdout);
	reboot(RB_POWER_OFF);
	exit(status);
}

static int
must(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		end(1);
	}
	return result;
}

static void
add_memory(int vm, uint32_t slot, struct memory *memory)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .flags = memory->flags, .guest_phys_addr = memory->ipa, .memory_size = memory->size
	};
	// A block of Linux begins at a multiple of its size.
	size_t room = memory->size + 2 * BLOCK;
	unsigned char *at = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		must(-1, memory->name);
	memory->at = at + (BLOCK - (uintptr_t)at % BLOCK) + memory->ipa % BLOCK;
	madvise(memory->at, memory->size, memory->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	if (is_rom(memory)) {
		for (uint64_t at_page = 0; at_page < memory->size; at_page += PAGE)
			*(uint64_t *)(void *)(memory->at + at_page) = memory->ipa + at_page;
	}
	region.userspace_addr = (uintptr_t)memory->at;
	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), memory->name);
}

static void
set_register(int vcpu, unsigned number, uint64_t value)
{
	struct kvm_one_reg reg = {
		// PC follows X0 to X30 and SP. KVM counts in units of 32 bits.
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | number * 2,
		.addr = (uintptr_t)&value,
	};

	must(ioctl(vcpu, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
}

// Enter the guest with these registers; back at the doorbell.
static void
enter(int vcpu, struct kvm_run *run, uint64_t begin, uint64_t behind, uint64_t stride, bool write)
{
	const uint64_t registers[] = { begin, behind, stride, write };

	for (unsigned i = 0; i < 4; i++)
		set_register(vcpu, i, registers[i]);
	set_register(vcpu, 32, CODE);
	must(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
	if (run->exit_reason != KVM_EXIT_MMIO || run->mmio.phys_addr != DOORBELL) {
		fprintf(stderr, "exit %u at 0x%llx\n", run->exit_reason, (unsigned long long)run->mmio.phys_addr);
		end(1);
	}
	// The store is over when the vCPU is entered again: it goes on behind it, and only then takes other registers.
	run->immediate_exit = 1;
	if (ioctl(vcpu, KVM_RUN, 0) == 0 || errno != EINTR)
		must(-1, "immediate_exit");
	run->immediate_exit = 0;
}

static void
report(int pagemap, const struct memory *memory)
{
	for (uint64_t at = 0; at < memory->size; at += PAGE) {
		uint64_t entry;

		if (pread(pagemap, &entry, sizeof entry, (off_t)(((uintptr_t)memory->at + at) / PAGE * sizeof entry)) !=
		    sizeof entry)
			must(-1, "pagemap");
		if (!(entry >> 63)) // nothing is there
			continue;
		printf("page 0x%llx 0x%llx %s %s\n", (unsigned long long)(memory->ipa + at),
		       (unsigned long long)((entry & ((1ull << 55) - 1)) * PAGE), is_rom(memory) ? "r" : "rw",
		       at % memory->stride ? "-" : "touched");
	}
}

int
main(void)
{
	struct kvm_vcpu_init target = { 0 };
	struct kvm_run *run;
	int kvm, vm, vcpu, pagemap, size;

	mount("none", "/dev", "devtmpfs", 0, NULL);
	mkdir("/proc", 0555);
	mount("none", "/proc", "proc", 0, NULL);
	kvm = must(open("/dev/kvm", O_RDWR), "/dev/kvm");
	vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	for (uint32_t i = 0; i < MEMORIES; i++)
		add_memory(vm, i, &memories[i]);
	memcpy(memories[0].at, guest_begin, (size_t)(guest_end - guest_begin));
	vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	must(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &target), "KVM_ARM_PREFERRED_TARGET");
	must(ioctl(vcpu, KVM_ARM_VCPU_INIT, &target), "KVM_ARM_VCPU_INIT");
	size = must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		must(-1, "kvm_run");

	for (unsigned i = 1; i < MEMORIES; i++)
		enter(vcpu, run, memories[i].ipa, memories[i].ipa + memories[i].size, memories[i].stride,
		      !is_rom(&memories[i]));
	pagemap = must(open("/proc/self/pagemap", O_RDONLY), "pagemap");
	for (unsigned i = 0; i < MEMORIES; i++)
		report(pagemap, &memories[i]);
	printf("guest spins\n");
	fflush(stdout);
	enter(vcpu, run, 0, 0, 0, false);
	end(1);
}
