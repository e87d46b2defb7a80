/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocations of one task that fail: see fault.c. */
#ifndef _HVB_FAULT_H
#define _HVB_FAULT_H

struct kunit;

void hvb_fault_begin(struct kunit *test);
void hvb_fault_end(void);

#endif
