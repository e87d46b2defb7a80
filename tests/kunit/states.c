// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the table of the conversation: what becomes of each message in each
 * state. states_test.c has a test for each pair, fuzz_test.c takes from here
 * what is owed, and tests/check compares it with dynmem-states.rst, which says
 * more. And it owns what kind of message a packet is, in other words than
 * msg.c: bytes, and what dynmem-protocol.rst says of them.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/unaligned.h>

#include "states.h"

static const char * const message_titles[NR_MESSAGES] = {
	[MESSAGE_VERSION] = "version response",
	[MESSAGE_CAPS] = "capabilities response",
	[MESSAGE_BALLOON] = "balloon request",
	[MESSAGE_UNBALLOON] = "last unballoon request",
	[MESSAGE_UNBALLOON_MORE] = "unballoon request, more follow",
	[MESSAGE_HOT_ADD] = "hot-add request",
	[MESSAGE_HOT_REMOVE] = "hot-remove request",
	[MESSAGE_INFO] = "info",
	[MESSAGE_OTHER] = "type that no host sends",
	[MESSAGE_MALFORMED] = "malformed message",
};

/* The actions are in the order of the messages. */
static const struct {
	const char *title;
	enum action actions[NR_MESSAGES];
} table[NR_STATES] = {
	[STATE_CLOSED] = { "closed", {
		DROP, DROP, DROP, DROP, DROP,
		DROP, DROP, DROP, DROP, DROP } },
	[STATE_FAILED] = { "handshake failed", {
		DROP, DROP, DROP, DROP, DROP,
		DROP, DROP, DROP, DROP, DROP } },
	[STATE_AWAIT_VERSION] = { "awaiting the version", {
		TAKE, REFUSE, REFUSE, REFUSE, REFUSE,
		REFUSE, REFUSE, KEEP, REFUSE, REFUSE } },
	[STATE_AWAIT_CAPS] = { "awaiting the capabilities", {
		REFUSE, TAKE, REFUSE, REFUSE, REFUSE,
		REFUSE, REFUSE, KEEP, REFUSE, REFUSE } },
	[STATE_IDLE] = { "idle", {
		REFUSE, REFUSE, SERVE, SERVE, PART,
		SERVE, SERVE, KEEP, REFUSE, REFUSE } },
	[STATE_BALLOON_UP] = { "balloon up", {
		WAIT, WAIT, WAIT, WAIT, WAIT,
		WAIT, WAIT, WAIT, WAIT, WAIT } },
	[STATE_BALLOON_DOWN] = { "balloon down", {
		WAIT, WAIT, WAIT, WAIT, WAIT,
		WAIT, WAIT, WAIT, WAIT, WAIT } },
	[STATE_MORE_TO_COME] = { "balloon down, more to come", {
		REFUSE, REFUSE, SERVE, SERVE, PART,
		SERVE, SERVE, KEEP, REFUSE, REFUSE } },
	[STATE_ADDING] = { "hot-add", {
		WAIT, WAIT, WAIT, WAIT, WAIT,
		WAIT, WAIT, WAIT, WAIT, WAIT } },
	[STATE_ADDING_LATER] = { "hot-add, the rest later", {
		REFUSE, REFUSE, SERVE, SERVE, PART,
		SERVE, SERVE, KEEP, REFUSE, REFUSE } },
	[STATE_REMOVING] = { "hot-remove", {
		WAIT, WAIT, WAIT, WAIT, WAIT,
		WAIT, WAIT, WAIT, WAIT, WAIT } },
};

const char *message_title(enum message message)
{
	return message_titles[message];
}

const char *state_title(enum state state)
{
	return table[state].title;
}

enum action action_of(enum state state, enum message message)
{
	return table[state].actions[message];
}

/* 40 bits of page number, 24 of count. */
static bool is_range(const u8 *at)
{
	u64 packed = get_unaligned_le64(at);
	u64 first = packed % BIT_ULL(40), count = packed / BIT_ULL(40);

	return first + count <= BIT_ULL(40);
}

static enum message unballoon(const u8 *at, size_t size)
{
	u64 count = get_unaligned_le32(at + 12);
	u64 i;

	if (16 + 8 * count > size)
		return MESSAGE_MALFORMED;
	for (i = 0; i < count; i++)
		if (!is_range(at + 16 + 8 * i))
			return MESSAGE_MALFORMED;
	return at[8] & 1 ? MESSAGE_UNBALLOON_MORE : MESSAGE_UNBALLOON;
}

static enum message hot_add(const u8 *at, size_t size)
{
	bool is_fine = is_range(at + 8);

	if (size > 16)
		is_fine = is_fine && size >= 24 && is_range(at + 16);
	return is_fine ? MESSAGE_HOT_ADD : MESSAGE_MALFORMED;
}

static enum message info(const u8 *at, size_t size)
{
	u64 info_size = get_unaligned_le32(at + 12);
	u64 data_size;

	if (info_size < 8 || 16 + info_size > size)
		return MESSAGE_MALFORMED;
	data_size = get_unaligned_le32(at + 20);
	if (8 + data_size > info_size)
		return MESSAGE_MALFORMED;
	if (!get_unaligned_le32(at + 16) && data_size != 8)
		return MESSAGE_MALFORMED;
	return MESSAGE_INFO;
}

static enum message by_type(const u8 *at, size_t size, u16 type)
{
	switch (type) {
	case 2:
		return MESSAGE_VERSION;
	case 4:
		return MESSAGE_CAPS;
	case 6:
		return MESSAGE_BALLOON;
	case 8:
		return unballoon(at, size);
	case 10:
		return hot_add(at, size);
	case 12:
		return info(at, size);
	default:
		return size < 24 ? MESSAGE_MALFORMED : MESSAGE_HOT_REMOVE;
	}
}

/**
 * message_of() - what kind of message is a packet?
 * @buf: the packet
 * @len: its bytes
 *
 * Return: its column in the table.
 */
enum message message_of(const void *buf, size_t len)
{
	const u8 *at = buf;
	u16 type, size;

	if (len < 8)
		return MESSAGE_MALFORMED;
	type = get_unaligned_le16(at);
	if (type > 13 || (type != 13 && (type % 2 || !type)))
		return MESSAGE_OTHER;
	size = get_unaligned_le16(at + 2);
	if (size < 16 || size > len)
		return MESSAGE_MALFORMED;
	return by_type(at, size, type);
}
