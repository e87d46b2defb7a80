/* SPDX-License-Identifier: GPL-2.0-only */
/* A device in one of the conversation's states: see stage.c. */
#ifndef _HVB_TEST_STAGE_H
#define _HVB_TEST_STAGE_H

#include <linux/workqueue.h>

#include "host.h"
#include "states.h"

/* Pages that the host holds, and asks for in a balloon request under way. */
#define STAGE_HELD	64
#define STAGE_PAGES	7

/**
 * struct stage - a device in a state
 * @host: the host
 * @state: the state
 * @handshake: runs the handshake, where that is the state
 * @err: how it ended
 */
struct stage {
	struct host *host;
	enum state state;
	struct work_struct handshake;
	int err;
};

void stage_enter(struct stage *stage, struct host *host, enum state state);
void stage_let_go(struct stage *stage);

#endif
