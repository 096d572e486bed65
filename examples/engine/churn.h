/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * churn.h: let the guest walk about its window, and afterwards do the same walk in a copy of the
 * data: every word must have arrived, and every load must have seen what it should.
 */
#ifndef CHURN_H
#define CHURN_H

#include "host.h"

void churn(unsigned steps, bool (*fault)(const struct s2pt_fault *fault), void (*yield)(void));

/* The page of the window that a fault is about; world.pages, and a trouble, if about none. */
unsigned churn_page_of(const struct s2pt_fault *fault);

#endif
