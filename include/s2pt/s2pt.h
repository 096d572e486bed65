/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* s2pt.h: every module at once, and the version. */
#ifndef S2PT_S2PT_H
#define S2PT_S2PT_H

#define S2PT_VERSION_MAJOR 0
#define S2PT_VERSION_MINOR 1
#define S2PT_VERSION_PATCH 0

#include <s2pt/build.h>
#include <s2pt/combine.h>
#include <s2pt/desc.h>
#include <s2pt/errata.h>
#include <s2pt/fault.h>
#include <s2pt/features.h>
#include <s2pt/format.h>
#include <s2pt/host.h>
#include <s2pt/memattr.h>
#include <s2pt/policy.h>
#include <s2pt/shared.h>
#include <s2pt/smmu.h>
#include <s2pt/table.h>
#include <s2pt/text.h>
#include <s2pt/tlbi.h>
#include <s2pt/tracking.h>
#include <s2pt/types.h>
#include <s2pt/va.h>
#include <s2pt/walk.h>

#endif
