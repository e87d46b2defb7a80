/* SPDX-License-Identifier: GPL-2.0-only */
/* What several pure files calculate with. */
#ifndef _HVB_ARITH_H
#define _HVB_ARITH_H

#include <linux/math64.h>
#include <linux/types.h>

/* MiB as pages of the wire. */
#define HVB_MIB_PAGES(mib)	((u64)(mib) << 8)

/**
 * hvb_decay() - move a value towards 0
 * @value: the value
 * @passed_us: how long ago it was right
 * @constant_us: if called often, half of it is left after 0.7 of this, and an
 *	eighth after twice as long as this
 *
 * Return: what is left of it; 0 if @constant_us is.
 */
static inline u64 hvb_decay(u64 value, u64 passed_us, u64 constant_us)
{
	if (!constant_us)
		return 0;
	return div64_u64(value * constant_us, constant_us + passed_us);
}

#endif
