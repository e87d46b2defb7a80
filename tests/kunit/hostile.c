// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the messages of a hostile host: such as a host may send, from its own
 * record of what it holds; the same with bytes, lengths and numbers changed;
 * and plain rubbish. Only one thing is never said: that there is memory where
 * the machine has none, as no guest could know.
 */
#include "hostile.h"
#include "states.h"

/* The longest message that is made, and the most pages asked for, as a rule. */
#define MOST_BYTES	640
#define MOST_PAGES	2048
#define FEW_PAGES	20

static u64 number(struct rnd_state *rnd)
{
	static const u64 edges[] = {
		0, 1, 2, 7, 8, 15, 16, 17, 24, 0xff, 0x7fff, 0xffff, 0x1ffffffe,
		0x20000001, 0x7fffffff, 0x80000000, 0xffffffff, 1ULL << 40,
		(1ULL << 40) - 1, 1ULL << 63, ~0ULL,
	};

	if (random_below(rnd, 4))
		return edges[random_below(rnd, ARRAY_SIZE(edges))];
	return (u64)prandom_u32_state(rnd) << 32 | prandom_u32_state(rnd);
}

/* Any pages or none, the end of the numbers among them. */
static u64 foreign_range(struct rnd_state *rnd)
{
	u64 start = random_below(rnd, 8) ? random_below(rnd, 2 * HOST_MEMORY) :
					   DM_RANGE_START_MASK;

	return WIRE_RANGE(start, random_below(rnd, 65));
}

/* Pages that the host holds, or some of them, or a page more on each side. */
static u64 own_range(struct host *host, struct rnd_state *rnd)
{
	u32 from = random_below(rnd, 2 * HOST_MEMORY);
	struct hvb_range part;
	u32 skip;

	if (!hvb_ranges_next(&host->holds, from, ULONG_MAX, &part) &&
	    !hvb_ranges_next(&host->holds, 0, ULONG_MAX, &part))
		return foreign_range(rnd);
	switch (random_below(rnd, 4)) {
	case 0:
		return WIRE_RANGE(part.start - 1, part.count + 2);
	case 1:
		skip = random_below(rnd, part.count);
		return WIRE_RANGE(part.start + skip,
				  1 + random_below(rnd, part.count - skip));
	default:
		return WIRE_RANGE(part.start, part.count);
	}
}

static size_t unballoon(struct host *host, struct rnd_state *rnd, u64 *words)
{
	u32 nr = random_below(rnd, 16) ? random_below(rnd, 4) :
					 random_below(rnd, 70);

	words[1] = (u64)nr << 32 | !random_below(rnd, 3);
	for (u32 i = 0; i < nr; i++) {
		words[2 + i] = random_below(rnd, 8) ? own_range(host, rnd) :
						      foreign_range(rnd);
		if (i && !random_below(rnd, 8))
			words[2 + i] = words[1 + i];
	}
	return 16 + 8 * nr;
}

static size_t hot_add(struct rnd_state *rnd, u64 *words)
{
	u32 most = HOSTILE_BLOCKS * block_pages();
	u32 start = random_below(rnd, most);
	u32 count = 1 + random_below(rnd, most - start);

	words[1] = WIRE_RANGE(HOST_MEMORY + start,
			      random_below(rnd, 16) ? count : 0);
	words[2] = WIRE_RANGE(HOST_MEMORY, most);
	return random_below(rnd, 2) ? 16 : 24;
}

/* A message as it should be. Return: its bytes. */
static size_t good(struct host *host, struct rnd_state *rnd, u64 *words)
{
	static const u8 types[] = {
		DM_VERSION_RESPONSE, DM_CAPABILITIES_RESPONSE,
		DM_BALLOON_REQUEST, DM_BALLOON_REQUEST, DM_BALLOON_REQUEST,
		DM_UNBALLOON_REQUEST, DM_UNBALLOON_REQUEST,
		DM_UNBALLOON_REQUEST, DM_UNBALLOON_REQUEST,
		DM_MEM_HOT_ADD_REQUEST, DM_MEM_HOT_ADD_REQUEST,
		DM_MEM_HOT_REMOVE_REQUEST, DM_INFO_MESSAGE,
	};
	u16 type = types[random_below(rnd, ARRAY_SIZE(types))];
	size_t size = 16;

	words[1] = random_below(rnd, MOST_PAGES);
	if (type == DM_UNBALLOON_REQUEST)
		size = unballoon(host, rnd, words);
	if (type == DM_MEM_HOT_ADD_REQUEST)
		size = hot_add(rnd, words);
	if (type == DM_INFO_MESSAGE) {
		size = 32;
		words[1] = 16ULL << 32;
		words[2] = 8ULL << 32 | !random_below(rnd, 4);
	}
	if (type == DM_MEM_HOT_REMOVE_REQUEST) {
		size = 24;
		words[1] = (u64)random_below(rnd, 2 * block_pages()) << 32;
	}
	words[0] = (u64)prandom_u32_state(rnd) << 32 | size << 16 | type;
	return size;
}

/* Changes one thing of it. Return: its bytes then. */
static size_t spoil(struct rnd_state *rnd, u64 *words, size_t len)
{
	struct dm_header *hdr = (void *)words;
	u8 *bytes = (u8 *)words;
	u32 at = random_below(rnd, len / 4 + 1);

	switch (random_below(rnd, 6)) {
	case 0:
		bytes[random_below(rnd, len + 1)] ^= BIT(random_below(rnd, 8));
		break;
	case 1:
		((u32 *)words)[at] = number(rnd);
		break;
	case 2:
		words[at / 2] = number(rnd);
		break;
	case 3:
		hdr->size = number(rnd);
		break;
	case 4:
		len = random_below(rnd, len + 1);
		break;
	default:
		len = min(len + random_below(rnd, 64), (size_t)MOST_BYTES);
	}
	return len;
}

static size_t rubbish(struct rnd_state *rnd, u64 *words)
{
	u32 nr = 1 + random_below(rnd, 12);

	for (u32 i = 0; i < nr; i++)
		words[i] = number(rnd);
	if (random_below(rnd, 2))
		((u16 *)words)[0] = random_below(rnd, 16);
	return 8 * nr - random_below(rnd, 8);
}

/* Pages that exist already, or that no machine has. */
static bool is_refused(struct hvb_wire_range range)
{
	return range.start + range.count <= HOST_MEMORY ||
	       range.start >= DM_PAGE_NUMBER_END / 2;
}

/*
 * What can't be told from a request of an honest host is made one. Many pages
 * are asked for now and then only, and blocks removed: that takes the kernel
 * long.
 */
static void tame(struct rnd_state *rnd, u64 *words, size_t len)
{
	u32 most = HOSTILE_BLOCKS * block_pages();
	struct hvb_wire_range range;

	switch (message_of(words, len)) {
	case MESSAGE_BALLOON:
		words[1] = (u32)words[1] %
			   (random_below(rnd, 64) ? FEW_PAGES : MOST_PAGES);
		break;
	case MESSAGE_HOT_REMOVE:
		if (random_below(rnd, 32))
			words[1] %= (u64)block_pages() << 32;
		break;
	case MESSAGE_HOT_ADD:
		range = hvb_msg_range(words[1]);
		if (!range.count || is_refused(range))
			break;
		range.start %= most;
		range.count = 1 + range.count % (most - range.start);
		words[1] = WIRE_RANGE(HOST_MEMORY + range.start, range.count);
		break;
	default:
		break;
	}
}

/**
 * hostile_message() - make up a message
 * @host: the host; what it holds is used
 * @rnd: where random numbers come from
 * @buf: room for it, DM_MESSAGE_MAX bytes, aligned to 8
 *
 * Return: its bytes; 0 can be all.
 */
size_t hostile_message(struct host *host, struct rnd_state *rnd, void *buf)
{
	u32 fate = random_below(rnd, 100);
	size_t len;

	memset(buf, 0, MOST_BYTES + 64);
	if (fate < 15) {
		len = rubbish(rnd, buf);
	} else {
		len = good(host, rnd, buf);
		for (; fate >= 55; fate -= 15)
			len = spoil(rnd, buf, len);
	}
	tame(rnd, buf, len);
	return len;
}
