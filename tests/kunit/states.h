/* SPDX-License-Identifier: GPL-2.0-only */
/* The conversation's state machine: see states.c. */
#ifndef _HVB_TEST_STATES_H
#define _HVB_TEST_STATES_H

#include <linux/types.h>

/* What the host can send. */
enum message {
	MESSAGE_VERSION,
	MESSAGE_CAPS,
	MESSAGE_BALLOON,
	MESSAGE_UNBALLOON,
	MESSAGE_UNBALLOON_MORE,
	MESSAGE_HOT_ADD,
	MESSAGE_HOT_REMOVE,
	MESSAGE_INFO,
	MESSAGE_OTHER,
	MESSAGE_MALFORMED,
	NR_MESSAGES,
};

/* Where the conversation can stand when it is there to be read. */
enum state {
	STATE_CLOSED,
	STATE_FAILED,
	STATE_AWAIT_VERSION,
	STATE_AWAIT_CAPS,
	STATE_IDLE,
	STATE_BALLOON_UP,
	STATE_BALLOON_DOWN,
	STATE_MORE_TO_COME,
	STATE_ADDING,
	STATE_ADDING_LATER,
	STATE_REMOVING,
	NR_STATES,
};

/**
 * enum action - what becomes of a message
 * @TAKE: the handshake goes on
 * @KEEP: it is noted
 * @SERVE: it is carried out and answered, once
 * @PART: it is carried out, and the last message of its transaction is answered
 * @REFUSE: it changes nothing but a counter, and isn't answered
 * @WAIT: it stays in the ring until what is under way was answered; then it is
 *	as when idle
 * @DROP: it isn't read, and goes with the channel
 */
enum action { TAKE, KEEP, SERVE, PART, REFUSE, WAIT, DROP };

enum message message_of(const void *buf, size_t len);
const char *message_title(enum message message);
const char *state_title(enum state state);
enum action action_of(enum state state, enum message message);

#endif
