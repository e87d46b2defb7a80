// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel knows of swap and of what it promises (vm.overcommit_memory),
 * and modules can only guess or read from a file (fs.c).
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "demand.h"
#include "fs.h"
#include "promise.h"
#include "vm.h"

/* How often the settings are looked at: they hardly ever change. */
#define LOOK_S	60

/**
 * struct settings - what the admin lets the kernel promise
 * @overcommit: see enum hvb_overcommit
 * @limit_percent: see struct hvb_counters
 */
struct settings {
	enum hvb_overcommit overcommit;
	u32 limit_percent;
};

/**
 * hvb_vm_swap_used_pages() - swap in use
 * @now: the counters
 *
 * Modules see how much swap is free, but not how much there is. Swap in use is
 * the most ever seen free, less the swap free now, but no more than was ever
 * written: swap that was turned off isn't in use.
 *
 * Context: any.
 * Return: 4 KiB pages.
 */
u64 hvb_vm_swap_used_pages(const struct hvb_counters *now)
{
	static u64 most_free_pages;
	u64 most = READ_ONCE(most_free_pages);

	if (now->swap_free_pages >= most) {
		WRITE_ONCE(most_free_pages, now->swap_free_pages);
		return 0;
	}
	return min(most - now->swap_free_pages, now->swapped_out_pages);
}

/* Return: the number in a file of vm's; 0 when it can't be read. */
static unsigned long read_setting(const char *path)
{
	struct file *file = hvb_fs_open(HVB_FS_PROC, path, O_RDONLY);
	unsigned long value = 0;
	char text[24] = "";
	loff_t pos = 0;

	if (IS_ERR(file))
		return 0;
	if (kernel_read(file, text, sizeof(text) - 1, &pos) <= 0 ||
	    kstrtoul(strim(text), 10, &value))
		value = 0;
	__fput_sync(file);
	return value;
}

static void look(struct settings *seen)
{
	unsigned long mode = read_setting("sys/vm/overcommit_memory");
	u32 percent = 0;

	if (mode == HVB_OVERCOMMIT_NEVER &&
	    !read_setting("sys/vm/overcommit_kbytes"))
		percent = read_setting("sys/vm/overcommit_ratio");
	WRITE_ONCE(seen->limit_percent, percent);
	WRITE_ONCE(seen->overcommit, mode);
}

/**
 * hvb_vm_promises() - what the kernel promises
 * @now: its overcommit and limit_percent are filled in
 *
 * Files are only opened in kernel threads; others get what was seen last.
 *
 * Context: may sleep.
 */
void hvb_vm_promises(struct hvb_counters *now)
{
	static unsigned long looked_at;
	static struct settings seen;
	unsigned long last = READ_ONCE(looked_at);

	if (current->flags & PF_KTHREAD &&
	    (!last || time_after(jiffies, last + LOOK_S * HZ))) {
		WRITE_ONCE(looked_at, jiffies ?: 1);
		look(&seen);
	}
	now->overcommit = READ_ONCE(seen.overcommit);
	now->limit_percent = READ_ONCE(seen.limit_percent);
}
