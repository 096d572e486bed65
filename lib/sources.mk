# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# The library's sources and the flags that freestanding builds need, in the one form that Make, Kbuild
# and CMake can all read: one "NAME += value" a line, paths from the project's root. To link s2pt into
# a hypervisor built with Make or Kbuild, include this file; docs/building.md has both recipes.

# In layers, from the bottom up: a file uses only what those above it in this list define (tests/package/freestanding/layers).
S2PT_SOURCES += lib/arch/memattr.c
S2PT_SOURCES += lib/arch/combine.c
S2PT_SOURCES += lib/arch/features.c
S2PT_SOURCES += lib/arch/format.c
S2PT_SOURCES += lib/arch/desc.c
S2PT_SOURCES += lib/arch/entry_update.c
S2PT_SOURCES += lib/arch/tlbi.c
S2PT_SOURCES += lib/arch/tlbi_decode.c
S2PT_SOURCES += lib/arch/fault.c
S2PT_SOURCES += lib/arch/event.c
S2PT_SOURCES += lib/arch/hcr.c
S2PT_SOURCES += lib/arch/smmu.c
S2PT_SOURCES += lib/arch/smmu_cmd.c
S2PT_SOURCES += lib/table/geometry.c
S2PT_SOURCES += lib/table/report.c
S2PT_SOURCES += lib/table/ring.c
S2PT_SOURCES += lib/table/store.c
S2PT_SOURCES += lib/table/walk.c
S2PT_SOURCES += lib/table/cmo.c
S2PT_SOURCES += lib/table/mapping.c
S2PT_SOURCES += lib/table/gather.c
S2PT_SOURCES += lib/table/pages.c
S2PT_SOURCES += lib/table/build.c
S2PT_SOURCES += lib/table/reclaim.c
S2PT_SOURCES += lib/table/contig.c
S2PT_SOURCES += lib/table/range.c
S2PT_SOURCES += lib/table/update.c
S2PT_SOURCES += lib/table/resize.c
S2PT_SOURCES += lib/table/unlink.c
S2PT_SOURCES += lib/table/drive.c
S2PT_SOURCES += lib/table/map.c
S2PT_SOURCES += lib/table/list.c
S2PT_SOURCES += lib/table/plan.c
S2PT_SOURCES += lib/table/unmap.c
S2PT_SOURCES += lib/table/split.c
S2PT_SOURCES += lib/table/collapse.c
S2PT_SOURCES += lib/table/protect.c
S2PT_SOURCES += lib/table/move.c
S2PT_SOURCES += lib/table/annotate.c
S2PT_SOURCES += lib/table/dirty.c
S2PT_SOURCES += lib/table/shared.c
S2PT_SOURCES += lib/table/table.c
S2PT_SOURCES += lib/table/visit.c
S2PT_SOURCES += lib/table/look.c

# Optional: tables that never change. Nothing else refers to it.
S2PT_BUILD_SOURCES += lib/build/static_tables.c

# Optional: what hardware makes of stage-2 tables in memory. Nothing else refers to it but `va`.
S2PT_WALK_SOURCES += lib/walk/descend.c
S2PT_WALK_SOURCES += lib/walk/stage2.c

# Optional: the same of stage 1, and of both stages. Needs `walk`; nothing else refers to it.
S2PT_VA_SOURCES += lib/va/stage1.c
S2PT_VA_SOURCES += lib/va/both.c

# Optional: what real parts do otherwise. Nothing else refers to it.
S2PT_ERRATA_SOURCES += lib/errata/rows.c
S2PT_ERRATA_SOURCES += lib/errata/errata.c

# Optional: decisions. Nothing else refers to it.
S2PT_POLICY_SOURCES += lib/policy/alias.c
S2PT_POLICY_SOURCES += lib/policy/choose.c
S2PT_POLICY_SOURCES += lib/policy/dma.c
S2PT_POLICY_SOURCES += lib/policy/procedure.c

# Optional: words. Nothing else refers to it.
S2PT_TEXT_SOURCES += lib/text/text.c
S2PT_TEXT_SOURCES += lib/text/reason.c
S2PT_TEXT_SOURCES += lib/text/errata_text.c
S2PT_TEXT_SOURCES += lib/text/walk_text.c

# For every build of the library.
S2PT_CFLAGS += -std=c11
S2PT_CFLAGS += -ffreestanding

# For AArch64 besides: no calls to the compiler's atomics helpers. The CMake target hands it on.
S2PT_CFLAGS_AARCH64 += -mno-outline-atomics
