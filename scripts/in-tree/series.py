# SPDX-License-Identifier: GPL-2.0-only
"""Owns what the kernel must export or grow before the driver can do without
the files that user space writes: one function and one message for each patch.
"""

from edit import editing


def blocks(kernel):
    """driver core: Let modules change the state of memory blocks

    A driver that adds memory knows when it has to be online, and one that
    gives memory away can set whole blocks offline instead of allocating
    their pages. Both have to write to the state files of the blocks now,
    as user space does.

    Export what they need for a block: to find it, to take the hotplug lock,
    and to bring it online or set it offline.

    A driver may have to do that while it is removed, which is with the lock
    of its device held. Hibernation takes device locks with the hotplug lock
    held. So add a way to only try the hotplug lock.
    """
    with editing(kernel / "drivers/base/core.c") as core:
        core.below("void unlock_device_hotplug(void)", """\
EXPORT_SYMBOL_GPL(unlock_device_hotplug);

/**
 * trylock_device_hotplug() - take the hotplug lock if nobody has it
 *
 * For callers that may have the lock of a device.
 *
 * Return: true if it was taken.
 */
bool trylock_device_hotplug(void)
{
	return mutex_trylock(&device_hotplug_lock);
}
EXPORT_SYMBOL_GPL(trylock_device_hotplug);
""")
        core.below("int device_offline(", "EXPORT_SYMBOL_GPL(device_offline);\n")
        core.below("int device_online(", "EXPORT_SYMBOL_GPL(device_online);\n")
    with editing(kernel / "include/linux/device.h") as device:
        device.after("void unlock_device_hotplug(void);",
                     "bool trylock_device_hotplug(void);\n")
    with editing(kernel / "drivers/base/memory.c") as memory:
        memory.below("struct memory_block *memory_block_get(",
                     "EXPORT_SYMBOL_GPL(memory_block_get);\n")


def offline_timeout(kernel):
    """mm/memory_hotplug: Let the time for setting a block offline be limited

    A block goes offline when all of its pages are free, however long that
    takes: only a signal ends the attempt. That is right for an admin who
    wants this block. A driver that would take any block as well should
    rather try the next one, and it has nobody who would send a signal.

    Let it set a limit in the block. The time begins when the block begins to
    go: what comes before, like waiting for all CPUs, isn't the block's fault.
    """
    with editing(kernel / "include/linux/memory.h") as header:
        header.after("enum mmop online_type;", """\
	unsigned long offline_timeout;	/* in jiffies; 0: none */
""")
    with editing(kernel / "include/linux/memory_hotplug.h") as header:
        header.replace(" struct zone *zone, struct memory_group *group);\n"
                       "extern int remove_memory(",
                       " struct zone *zone, struct memory_group *group,\n"
                       "\t\t\t unsigned long timeout);\n"
                       "extern int remove_memory(")
        header.replace("\t\t\t\tstruct zone *zone, struct memory_group *group)"
                       "\n{\n\treturn -EINVAL;",
                       "\t\t\t\tstruct zone *zone, struct memory_group *group,"
                       "\n\t\t\t\tunsigned long timeout)\n{\n\treturn -EINVAL;")
    with editing(kernel / "drivers/base/memory.c") as memory:
        memory.replace("mem->zone, mem->group);",
                       "mem->zone, mem->group,\n"
                       "\t\t\t    mem->offline_timeout);",
                       of="static int memory_block_offline(")
    with editing(kernel / "mm/memory_hotplug.c") as hotplug:
        of = "int offline_pages("
        hotplug.replace("struct memory_group *group)\n",
                        "struct memory_group *group,\n"
                        "\t\t\tunsigned long timeout)\n", of)
        hotplug.after("unsigned long normal_pages", "\tunsigned long deadline;\n",
                      of)
        hotplug.replace("""\
		reason = "notifier failure";
		goto failed_removal_isolated;
	}
""", """\
		reason = "notifier failure";
		goto failed_removal_isolated;
	}
	deadline = jiffies + timeout;
""", of)
        hotplug.before("cond_resched();", """\
			if (timeout && time_after(jiffies, deadline)) {
				ret = -ETIMEDOUT;
				reason = "timeout";
				goto failed_removal_isolated;
			}

""", of)


def psi(kernel):
    """sched/psi: Let the kernel have triggers of its own

    A guest's driver can ask the host for memory when tasks stall, if it
    learns of that in time. Triggers are made for this, but only user space
    can have one: psi_trigger_create() wants the file that it belongs to.

    Do without a file, and add psi_trigger_create_kernel(). Whoever has such
    a trigger puts an entry into its wait queue and asks with
    psi_trigger_fired(), as poll() does.

    Drivers that include psi.h may not have seen struct delayed_work yet.
    """
    with editing(kernel / "include/linux/psi_types.h") as header:
        header.after("#include <linux/wait.h>",
                     "#include <linux/workqueue.h>\n")
    with editing(kernel / "include/linux/psi.h") as header:
        header.after("void psi_trigger_destroy(", """\
struct psi_trigger *psi_trigger_create_kernel(enum psi_res res, char *buf);
bool psi_trigger_fired(struct psi_trigger *t);
""")
    with editing(kernel / "kernel/sched/psi.c") as source:
        of = "struct psi_trigger *psi_trigger_create("
        source.replace("privileged = cap_raised(",
                       "privileged = !file || cap_raised(", of)
        source.after("delegate the write to an unprivileged one.",
                     "\t * The kernel's own triggers have no file.\n", of)
        source.below("void psi_trigger_destroy(", """\
EXPORT_SYMBOL_GPL(psi_trigger_destroy);

/**
 * psi_trigger_create_kernel() - create a trigger that no file belongs to
 * @res: the resource
 * @buf: the trigger, as user space writes it
 *
 * It watches the whole system. Its event_wait is woken when it fires.
 *
 * Context: may sleep, and fork a kernel thread.
 * Return: the trigger, for psi_trigger_destroy(); -EOPNOTSUPP if PSI is
 * disabled; or another error.
 */
struct psi_trigger *psi_trigger_create_kernel(enum psi_res res, char *buf)
{
	bool need_rtpoll_worker;
	struct psi_trigger *t;
	int ret;

	t = psi_trigger_create(&psi_system, buf, res, NULL, NULL,
			       &need_rtpoll_worker);
	if (IS_ERR(t) || !need_rtpoll_worker)
		return t;

	ret = psi_trigger_create_rtpoll_worker(&psi_system);
	if (ret) {
		psi_trigger_destroy(t);
		return ERR_PTR(ret);
	}
	return t;
}
EXPORT_SYMBOL_GPL(psi_trigger_create_kernel);

/**
 * psi_trigger_fired() - has a trigger fired?
 * @t: the trigger
 *
 * Context: any.
 * Return: true if it has since the last call.
 */
bool psi_trigger_fired(struct psi_trigger *t)
{
	return cmpxchg(&t->event, 1, 0) == 1;
}
EXPORT_SYMBOL_GPL(psi_trigger_fired);
""")
        source.replace("if (cmpxchg(&t->event, 1, 0) == 1)",
                       "if (psi_trigger_fired(t))", "__poll_t psi_trigger_poll(")


def limits(kernel):
    """mm: Export the overcommit policy, the size of swap and of huge pages

    A guest's driver that tells the host how much memory is needed has to
    count what is in swap, and has to know whether the commit charge has a
    limit, and one that grows with memory other than huge pages. Modules see
    how much swap is free, but neither how much there is nor the policy, nor
    how large the pools of huge pages are.

    Export these, and add vm_overcommit_percent() for the limit.
    """
    with editing(kernel / "include/linux/mman.h") as header:
        header.after("extern int sysctl_overcommit_memory;",
                     "unsigned int vm_overcommit_percent(void);\n")
    with editing(kernel / "mm/util.c") as util:
        util.after("int sysctl_overcommit_memory __read_mostly",
                   "EXPORT_SYMBOL_GPL(sysctl_overcommit_memory);\n")
        util.below("unsigned long vm_commit_limit(void)", """\

/**
 * vm_overcommit_percent() - which share of memory may be promised
 *
 * It is a limit where the policy is OVERCOMMIT_NEVER.
 *
 * Return: the percentage; 0 if the limit doesn't depend on memory.
 */
unsigned int vm_overcommit_percent(void)
{
	return sysctl_overcommit_kbytes ? 0 : sysctl_overcommit_ratio;
}
EXPORT_SYMBOL_GPL(vm_overcommit_percent);
""")
    with editing(kernel / "mm/hugetlb.c") as hugetlb:
        hugetlb.below("unsigned long hugetlb_total_pages(void)",
                      "EXPORT_SYMBOL_GPL(hugetlb_total_pages);\n")
    with editing(kernel / "mm/swapfile.c") as swapfile:
        swapfile.after("long total_swap_pages;",
                       "EXPORT_SYMBOL_GPL(total_swap_pages);\n")


def generations(kernel):
    """mm/vmscan: Let drivers ask whether the multi-gen LRU is on

    With it, WORKINGSET_RESTORE counts a page that was read by system call
    only after several uses. A guest's driver that tells the host of page
    cache in steady use which doesn't fit has to know that.
    """
    with editing(kernel / "include/linux/swap.h") as header:
        header.after("long remove_mapping(", "bool lru_gen_is_on(void);\n")
    with editing(kernel / "mm/vmscan.c") as vmscan:
        vmscan.below("int user_proactive_reclaim(", """\

/**
 * lru_gen_is_on() - does page cache age in generations?
 *
 * Return: true if it does.
 */
bool lru_gen_is_on(void)
{
	return lru_gen_enabled();
}
EXPORT_SYMBOL_GPL(lru_gen_is_on);
""")


def reclaim(kernel):
    """mm/vmscan: Let drivers reclaim proactively

    A balloon that takes much memory had better have the page cache dropped
    at once than find its pages one by one: that frees long runs and whole
    memory blocks. memory.reclaim does this for user space, and can leave swap
    alone.

    Move what follows the parsing of such a request into a function of its
    own. Without a cgroup and a node it is for the whole system.
    """
    with editing(kernel / "include/linux/swap.h") as header:
        header.before("void check_move_unevictable_folios(", """\
int proactive_reclaim(struct mem_cgroup *memcg, pg_data_t *pgdat,
		      unsigned long nr_to_reclaim, int *swappiness);

""")
    with editing(kernel / "mm/vmscan.c") as vmscan:
        split(vmscan)


REST = """\
	return proactive_reclaim(memcg, pgdat, nr_to_reclaim,
				 swappiness == -1 ? NULL : &swappiness);
}

/**
 * proactive_reclaim() - reclaim memory before it is short
 * @memcg: of this cgroup, or NULL
 * @pgdat: of this node, or NULL; of the whole system if both are NULL
 * @nr_to_reclaim: how many pages
 * @swappiness: as vm.swappiness, for this call; NULL for what is set
 *
 * Context: may sleep.
 * Return: 0; -EAGAIN if so many can't be had; -EBUSY if the node is being
 * reclaimed; -ERESTARTSYS if a signal is pending; -EOPNOTSUPP if there are no
 * memory cgroups, which the whole system takes.
 */
int proactive_reclaim(struct mem_cgroup *memcg, pg_data_t *pgdat,
		      unsigned long nr_to_reclaim, int *swappiness)
{
	unsigned int nr_retries = MAX_RECLAIM_RETRIES;
	unsigned long nr_reclaimed = 0;
	gfp_t gfp_mask = GFP_KERNEL;

	if (!memcg && !pgdat)
		memcg = root_mem_cgroup;
	if (!memcg && !pgdat)
		return -EOPNOTSUPP;

"""


def split(vmscan):
    of = "int user_proactive_reclaim("
    if REST in vmscan.text:
        return
    vmscan.replace("\tunsigned int nr_retries = MAX_RECLAIM_RETRIES;\n", "", of)
    vmscan.replace("unsigned long nr_to_reclaim, nr_reclaimed = 0;",
                   "unsigned long nr_to_reclaim;", of)
    vmscan.replace("\tgfp_t gfp_mask = GFP_KERNEL;\n", "", of)
    vmscan.replace("swappiness == -1 ? NULL : &swappiness", "swappiness", of,
                   times=2)
    vmscan.below(of, "EXPORT_SYMBOL_GPL(proactive_reclaim);\n")
    vmscan.before("while (nr_reclaimed < nr_to_reclaim)", REST, of)


PATCHES = [blocks, offline_timeout, psi, limits, generations, reclaim]
