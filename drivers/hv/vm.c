// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel knows of swap, of pools of huge pages, of what it promises
 * (vm.overcommit_memory) and of how it ages page cache (lru_gen), and modules can
 * only read from files (fs.c).
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "arith.h"
#include "demand.h"
#include "fs.h"
#include "promise.h"
#include "vm.h"

/* How often it is looked at: it hardly ever changes. */
#define LOOK_S		10

/* When more swap goes than was written to, some was turned off. */
#define GONE_PAGES	HVB_MIB_PAGES(16)

/* More than /proc/meminfo has, as pools come near its end. */
#define MEMINFO_BYTES	4096

/**
 * struct seen - what was seen last; pages of 4 KiB
 * @at: when, in jiffies, 0 before the first time
 * @overcommit: see enum hvb_overcommit
 * @limit_percent: see struct hvb_counters
 * @pool_pages: all pools of huge pages
 * @swap_pages: all swap
 * @swap_free_pages: of it, what was free
 * @swapped_out_pages: what had ever been written to it
 * @has_generations: see struct hvb_counters
 */
struct seen {
	unsigned long at;
	enum hvb_overcommit overcommit;
	u32 limit_percent;
	u64 pool_pages;
	u64 swap_pages;
	u64 swap_free_pages;
	u64 swapped_out_pages;
	bool has_generations;
};

/* The kernel's, whatever devices there are. Written under the lock. */
static DEFINE_MUTEX(seen_lock);
static struct seen seen;

/**
 * hvb_vm_swap_used_pages() - swap in use
 * @now: the counters
 *
 * No more than was ever written: what was turned off isn't in use, though it looks
 * like that until the next look.
 *
 * Context: any.
 * Return: 4 KiB pages.
 */
u64 hvb_vm_swap_used_pages(const struct hvb_counters *now)
{
	u64 all = READ_ONCE(seen.swap_pages);

	return min(all - min(all, now->swap_free_pages), now->swapped_out_pages);
}

/* Reads the start of a file. Return: true if there is any. */
static bool read_text(enum hvb_filesystem which, const char *path, char *text,
		      size_t size)
{
	struct file *file = hvb_fs_open(which, path, O_RDONLY);
	loff_t pos = 0;
	ssize_t got;

	if (IS_ERR(file))
		return false;
	got = kernel_read(file, text, size - 1, &pos);
	__fput_sync(file);
	if (got <= 0)
		return false;
	text[got] = '\0';
	return true;
}

/* Return: true if there is a number in that file. */
static bool read_setting(const char *path, unsigned long *value)
{
	char text[24];

	return read_text(HVB_FS_PROC, path, text, sizeof(text)) &&
	       !kstrtoul(strim(text), 10, value);
}

/* Return: what is after a label, 4 KiB pages; 0 when there is no such label. */
static u64 find_pages(const char *text, const char *label)
{
	const char *found = strstr(text, label);
	unsigned long kib;

	if (!found || sscanf(found + strlen(label), " %lu kB", &kib) != 1)
		return 0;
	return kib / 4;
}

/* As with those below: when it can't be read, all stays as it was. */
static void look_at_limit(void)
{
	unsigned long mode, kib = 0, percent = 0;

	if (!read_setting("sys/vm/overcommit_memory", &mode))
		return;
	if (mode == HVB_OVERCOMMIT_NEVER &&
	    !(read_setting("sys/vm/overcommit_kbytes", &kib) &&
	      read_setting("sys/vm/overcommit_ratio", &percent)))
		return;
	WRITE_ONCE(seen.limit_percent, kib ? 0 : percent);
	WRITE_ONCE(seen.overcommit, mode);
}

static void look_at_meminfo(void)
{
	char *text = kmalloc(MEMINFO_BYTES, GFP_KERNEL);

	if (text && read_text(HVB_FS_PROC, "meminfo", text, MEMINFO_BYTES)) {
		WRITE_ONCE(seen.swap_pages, find_pages(text, "SwapTotal:"));
		WRITE_ONCE(seen.pool_pages, find_pages(text, "Hugetlb:"));
	}
	kfree(text);
}

/* A mask of what there is of it; the first bit says whether it is on at all. */
static void look_at_generations(void)
{
	unsigned int mask;
	char text[16];

	if (IS_ENABLED(CONFIG_LRU_GEN) &&
	    read_text(HVB_FS_SYSFS, "kernel/mm/lru_gen/enabled", text,
		      sizeof(text)) &&
	    !kstrtouint(strim(text), 0, &mask))
		WRITE_ONCE(seen.has_generations, mask & 1);
}

static bool is_due(const struct hvb_counters *now)
{
	u64 gone = seen.swap_free_pages -
		   min(seen.swap_free_pages, now->swap_free_pages);
	u64 written = now->swapped_out_pages - seen.swapped_out_pages;

	return !seen.at || time_after(jiffies, seen.at + LOOK_S * HZ) ||
	       now->swap_free_pages > seen.swap_pages ||
	       gone > written + GONE_PAGES;
}

/* Whoever looks may be the one who asks for memory, so he never reclaims. */
static void tend(const struct hvb_counters *now)
{
	if (!mutex_trylock(&seen_lock))
		return;
	if (is_due(now)) {
		unsigned int flags = memalloc_noreclaim_save();

		seen.at = jiffies ?: 1;
		look_at_limit();
		look_at_meminfo();
		look_at_generations();
		memalloc_noreclaim_restore(flags);
	}
	seen.swap_free_pages = now->swap_free_pages;
	seen.swapped_out_pages = now->swapped_out_pages;
	mutex_unlock(&seen_lock);
}

/**
 * hvb_vm_look() - what the kernel promises, how much swap there is, and so on
 * @now: its overcommit, limit_percent, pool_pages and has_generations are filled
 *	in; its swap_free_pages and swapped_out_pages tell whether swap was turned
 *	on or off
 *
 * Files are only opened in kernel threads; others get what was seen last.
 *
 * Context: may sleep.
 */
void hvb_vm_look(struct hvb_counters *now)
{
	if (current->flags & PF_KTHREAD)
		tend(now);
	now->overcommit = READ_ONCE(seen.overcommit);
	now->limit_percent = READ_ONCE(seen.limit_percent);
	now->pool_pages = READ_ONCE(seen.pool_pages);
	now->has_generations = READ_ONCE(seen.has_generations);
}
