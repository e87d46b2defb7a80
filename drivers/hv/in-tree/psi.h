/* SPDX-License-Identifier: GPL-2.0-only */
/* One PSI trigger: see psi.c. */
#ifndef _HVB_PSI_H
#define _HVB_PSI_H

#include <linux/err.h>
#include <linux/poll.h>
#include <linux/wait.h>

#include "trigger.h"

struct hvb_psi;

#ifdef CONFIG_PSI

struct hvb_psi *hvb_psi_arm(const char *text, wait_queue_head_t *sleepers);
void hvb_psi_disarm(struct hvb_psi *psi);
bool hvb_psi_is_woken(const struct hvb_psi *psi);
const char *hvb_psi_armed(const struct hvb_psi *psi);
__poll_t hvb_psi_ask(struct hvb_psi *psi);
ssize_t hvb_psi_read(struct hvb_psi *psi, char *text, size_t size);
const char *hvb_psi_why(int err);

#else

static inline struct hvb_psi *hvb_psi_arm(const char *text,
					  wait_queue_head_t *sleepers)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline void hvb_psi_disarm(struct hvb_psi *psi)
{
}

static inline bool hvb_psi_is_woken(const struct hvb_psi *psi)
{
	return false;
}

static inline const char *hvb_psi_armed(const struct hvb_psi *psi)
{
	return "none";
}

static inline __poll_t hvb_psi_ask(struct hvb_psi *psi)
{
	return 0;
}

static inline ssize_t hvb_psi_read(struct hvb_psi *psi, char *text, size_t size)
{
	return -EOPNOTSUPP;
}

static inline const char *hvb_psi_why(int err)
{
	return "this kernel was built without PSI";
}

#endif

#endif
