/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocations that fail: see fault.c. */
#ifndef _HVB_FAULT_H
#define _HVB_FAULT_H

struct kunit;

void hvb_fault_begin(struct kunit *test);
void hvb_fault_end(void);

void hvb_fault_nth(unsigned int nth);
bool hvb_fault_came(void);
unsigned int hvb_fault_pause(void);
void hvb_fault_go_on(unsigned int nth);

#endif
