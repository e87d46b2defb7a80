// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page cache is dropped on request, before memory is short.
 */
#include <linux/swap.h>

#include "reclaim.h"

/**
 * hvb_reclaim_cache() - drop clean page cache
 * @pages: how many guest pages to drop
 *
 * Nothing is swapped.
 *
 * Context: may sleep.
 * Return: 0; -EAGAIN if there was less; or another errno, and then it can't be
 * done.
 */
int hvb_reclaim_cache(unsigned long pages)
{
	int swappiness = 0;

	return proactive_reclaim(NULL, NULL, pages, &swappiness);
}
