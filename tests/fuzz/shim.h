/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pure files take from the kernel, for user space: see run.py, which
 * puts this before each file. Only what they use, as the kernel means it.
 */
#ifndef _HVB_FUZZ_SHIM_H
#define _HVB_FUZZ_SHIM_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef unsigned long long u64;
typedef unsigned int gfp_t;

#define GFP_KERNEL	0
#define U32_MAX		UINT32_MAX
#define U64_MAX		UINT64_MAX
#define SZ_1M		0x00100000
#define USEC_PER_MSEC	1000L
#define USEC_PER_SEC	1000000L

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define struct_size(p, member, n) \
	(sizeof(*(p)) + (n) * sizeof((p)->member[0]))

#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK(high, low)	((~0UL << (low)) & (~0UL >> (63 - (high))))
#define GENMASK_ULL(high, low)	((~0ULL << (low)) & (~0ULL >> (63 - (high))))
#define FIELD_SHIFT(mask)	__builtin_ctzll(mask)
#define FIELD_GET(mask, value) \
	((__typeof__(mask))(((value) & (mask)) >> FIELD_SHIFT(mask)))
#define FIELD_PREP(mask, value) \
	(((__typeof__(mask))(value) << FIELD_SHIFT(mask)) & (mask))

#define min_t(kind, a, b) ({			\
	kind min_a = (a), min_b = (b);		\
	min_a < min_b ? min_a : min_b; })
#define max_t(kind, a, b) ({			\
	kind max_a = (a), max_b = (b);		\
	max_a > max_b ? max_a : max_b; })
#define min(a, b)		min_t(__typeof__(1 ? (a) : (b)), a, b)
#define max(a, b)		max_t(__typeof__(1 ? (a) : (b)), a, b)
#define min3(a, b, c)		min(min(a, b), c)
#define clamp(value, low, high)	min(max(value, low), high)

#define ALIGN_DOWN(value, to)	((value) & ~((__typeof__(value))(to) - 1))
#define ALIGN(value, to)	ALIGN_DOWN((value) + (to) - 1, to)
#define ilog2(value)		(63 - __builtin_clzll(value))
#define __ffs(value)		((unsigned long)__builtin_ctzl(value))

static inline u64 div64_u64(u64 value, u64 by)
{
	return value / by;
}

static inline u64 div_u64(u64 value, u32 by)
{
	return value / by;
}

#include "maple.h"

#endif
