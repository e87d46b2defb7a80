/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of a host that can't be trusted: see hostile.c. */
#ifndef _HVB_TEST_HOSTILE_H
#define _HVB_TEST_HOSTILE_H

#include "host.h"
#include "random.h"

/* Memory that a hostile host may really add: so many blocks. */
#define HOSTILE_BLOCKS	2

size_t hostile_message(struct host *host, struct rnd_state *rnd, void *buf);

#endif
