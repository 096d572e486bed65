/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* migrate.h: pages move to other frames while the guest uses them, and some time later back home. */
#ifndef MIGRATE_H
#define MIGRATE_H

/* Poison the spare frames. */
void migrate_init(void);

/* No frame that no page lives in was written. With vm_lock() taken. */
void migrate_check(void);

#endif
