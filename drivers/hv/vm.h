/* SPDX-License-Identifier: GPL-2.0-only */
/* Swap in use and what the kernel promises: see vm.c. */
#ifndef _HVB_VM_H
#define _HVB_VM_H

#include <linux/types.h>

struct hvb_counters;

u64 hvb_vm_swap_used_pages(const struct hvb_counters *now);
void hvb_vm_look(struct hvb_counters *now);

#endif
