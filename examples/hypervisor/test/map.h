/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* map.h: for a test: what the MMU makes of every address, to compare with what others make of the tables. */
#ifndef MAP_H
#define MAP_H

#include <stdbool.h>

/* @asked: map_report() is to do something. */
void map_init(bool asked);

/*
 * If it was asked for: print a line a run of addresses that are mapped alike, in hexadecimal: "mapped IPA SIZE PA",
 * the rights to read and write, PAR_EL1.ATTR and SH under a guest's Write-Back; then "map ends"; and stay, for
 * somebody to look into the machine. The guest's stage 1 is gone.
 */
void map_report(void);

#endif
