// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cache that only a shrinker empties, as filesystems and ZFS have them.
 *
 *	insmod cache.ko size_mib=2048 kind=slab|pages
 *
 * It fills when it is loaded, gives what its shrinker is asked for, and never
 * fills again. "slab" are objects that the kernel counts as reclaimable
 * (SReclaimable). "pages" are counted nowhere, as the pages of ZFS's ARC: to the
 * kernel's figures they are in use. left_mib says what is left.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "compat.h"

/* The first words of an object. */
struct object {
	struct list_head list;
	struct page *page;
};

static unsigned int size_mib = 2048;
module_param(size_mib, uint, 0444);
MODULE_PARM_DESC(size_mib, "Size at the start (default 2048)");

static char *kind = "slab";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "slab or pages (default slab)");

static struct hvb_compat_shrinker shrinker;
static struct kmem_cache *slab;
static DEFINE_SPINLOCK(lock);
static LIST_HEAD(objects);
static unsigned long nr_objects;

static int get_left(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%lu\n", READ_ONCE(nr_objects) >> (20 - PAGE_SHIFT));
}

static const struct kernel_param_ops left_ops = { .get = get_left };
module_param_cb(left_mib, &left_ops, NULL, 0444);
MODULE_PARM_DESC(left_mib, "MiB that are left");

static struct object *make(void)
{
	struct object *object;
	struct page *page;

	if (slab)
		return kmem_cache_alloc(slab, GFP_KERNEL | __GFP_NORETRY);
	page = alloc_page(GFP_KERNEL | __GFP_NORETRY);
	if (!page)
		return NULL;
	object = page_address(page);
	object->page = page;
	return object;
}

static void drop(struct object *object)
{
	if (slab)
		kmem_cache_free(slab, object);
	else
		__free_page(object->page);
}

static struct object *take(void)
{
	struct object *object;

	spin_lock(&lock);
	object = list_first_entry_or_null(&objects, struct object, list);
	if (object) {
		list_del(&object->list);
		nr_objects--;
	}
	spin_unlock(&lock);
	return object;
}

static unsigned long count(struct shrinker *unused, struct shrink_control *sc)
{
	return READ_ONCE(nr_objects) ?: SHRINK_EMPTY;
}

static unsigned long scan(struct shrinker *unused, struct shrink_control *sc)
{
	struct object *object;
	unsigned long nr;

	for (nr = 0; nr < sc->nr_to_scan; nr++) {
		object = take();
		if (!object)
			break;
		drop(object);
	}
	sc->nr_scanned = nr;
	return nr ?: SHRINK_STOP;
}

static void empty(void)
{
	struct object *object;

	while ((object = take())) {
		drop(object);
		cond_resched();
	}
	kmem_cache_destroy(slab);
}

static int __init cache_init(void)
{
	unsigned long left = (unsigned long)size_mib << (20 - PAGE_SHIFT);
	struct object *object;
	int err;

	if (!strcmp(kind, "slab")) {
		slab = kmem_cache_create("lab_cache", PAGE_SIZE, 0,
					 SLAB_RECLAIM_ACCOUNT, NULL);
		if (!slab)
			return -ENOMEM;
	}
	for (; left && (object = make()); left--) {
		list_add(&object->list, &objects);
		nr_objects++;
		cond_resched();
	}
	err = left ? -ENOMEM :
		     hvb_compat_shrinker_register(&shrinker, NULL, count, scan);
	if (err)
		empty();
	return err;
}
module_init(cache_init);

static void __exit cache_exit(void)
{
	hvb_compat_shrinker_unregister(&shrinker);
	empty();
}
module_exit(cache_exit);

MODULE_DESCRIPTION("A cache behind a shrinker, for the lab");
MODULE_LICENSE("GPL");
