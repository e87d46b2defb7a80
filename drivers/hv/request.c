// SPDX-License-Identifier: GPL-2.0-only
/*
 * What requests have in common: how much may be given, and how the host is
 * told.
 *
 * Context: the device's worker; all functions may sleep.
 */
#include "base.h"
#include "channel.h"
#include "memory.h"
#include "request.h"
#include "signs.h"

/**
 * hvb_request_may_give() - may a request take memory from the guest?
 * @reqs: what carries it out
 *
 * Not while a hot-add request is put off: memory is very short then, or blocks
 * wait to be online; and the host may not know yet of all that it has added.
 *
 * Return: true if it may.
 */
bool hvb_request_may_give(struct hvb_requests *reqs)
{
	return !reqs->base->can_hibernate && !reqs->adding.is_put_off &&
	       hvb_channel_is_serving(reqs->channel);
}

/*
 * The floors move with the load. What is above them from one moment to the next
 * is no reason to break a huge page into ranges, here and at the host.
 */
static unsigned long without_crumbs(u64 limit, unsigned long wanted)
{
	limit >>= HVB_WIRE_SHIFT;
	return limit < wanted ? round_down(limit, HVB_LARGE_PAGES) : wanted;
}

/* How many pages may go when so many must stay besides the floor. */
static unsigned long limit_beside(const struct hvb_counters *now, u64 ahead,
				  unsigned long wanted)
{
	u64 avail = hvb_promise_room(now);

	avail -= min(ahead, avail);
	return without_crumbs(hvb_demand_can_give(now->total_pages, avail),
			      wanted);
}

/**
 * hvb_request_room() - how many of the wanted pages may go now, and from where
 * @reqs: what carries out the request
 * @start: hvb_memory_read_room() when the request arrived
 * @wanted: how many pages the host still wants
 * @room: the result
 *
 * The floor stays, and so does what a burst will need soon. So does the floor
 * of what the kernel itself can have. No page may go once giving has begun to
 * cost something: the guest has no more to give. What may go is a multiple of
 * 2 MiB, unless it is all that is wanted.
 */
void hvb_request_room(struct hvb_requests *reqs,
		      const struct hvb_counters *start, unsigned long wanted,
		      struct hvb_room *room)
{
	u64 ahead = hvb_signs_ahead(reqs->signs);
	struct hvb_counters now;

	*room = (struct hvb_room) {};
	hvb_memory_read_room(reqs->mem, start, &now);
	if (hvb_demand_is_squeezed(start, &now,
				   hvb_signs_is_reclaiming(reqs->signs)))
		return;
	room->pages = limit_beside(&now, ahead, wanted);
	room->kernel_pages = without_crumbs(hvb_demand_can_give_kernel(&now),
					    room->pages);
}

/**
 * hvb_request_limit() - how many of the wanted pages may go now
 * @reqs: what carries out the request
 * @start: the counters when the request arrived
 * @wanted: how many pages the host still wants
 *
 * Return: pages, wherever they lie: see hvb_request_room().
 */
unsigned long hvb_request_limit(struct hvb_requests *reqs,
				const struct hvb_counters *start,
				unsigned long wanted)
{
	struct hvb_room room;

	hvb_request_room(reqs, start, wanted, &room);
	return room.pages;
}

/**
 * hvb_request_may_grow() - could more pages go if a burst turns out to be over?
 * @reqs: what carries out the request
 * @start: the counters when the request arrived
 * @wanted: how many pages the host wants
 *
 * Return: true if only what a burst will need stands in the way of some.
 */
bool hvb_request_may_grow(struct hvb_requests *reqs,
			  const struct hvb_counters *start,
			  unsigned long wanted)
{
	u64 ahead = hvb_signs_ahead(reqs->signs);
	u64 lasting = hvb_signs_lasting(reqs->signs);
	struct hvb_counters now;

	if (ahead <= lasting)
		return false;
	hvb_memory_read_room(reqs->mem, start, &now);
	return limit_beside(&now, ahead, wanted) <
	       limit_beside(&now, lasting, wanted);
}

static int tell_one(struct hvb_requests *reqs, enum dm_type type, u32 trans_id,
		    bool is_last)
{
	struct hvb_packer packer;
	unsigned long end;
	bool more;
	int err;

	hvb_pack_start(&packer, reqs->send_buf, type);
	end = hvb_fresh_pack(reqs->mem, &packer);
	more = !is_last ||
	       packer.nr_pages < hvb_fresh_pages(reqs->mem);
	err = hvb_channel_send(reqs->channel, reqs->send_buf,
			       hvb_pack_finish(&packer, trans_id, more));
	if (!err)
		hvb_fresh_told(reqs->mem, end);
	return err;
}

/**
 * hvb_request_tell() - tell the host about fresh pages
 * @reqs: what carries out the request
 * @type: DM_BALLOON_RESPONSE or DM_MEM_HOT_REMOVE_RESPONSE
 * @trans_id: the transaction answered
 * @is_last: tell it about all of them and end the transaction; otherwise send
 *	only full messages
 *
 * Return: 0; or the error from sending, and then the host doesn't know about
 * the pages that are still fresh.
 */
int hvb_request_tell(struct hvb_requests *reqs, enum dm_type type, u32 trans_id,
		     bool is_last)
{
	int err = 0;

	while (!err &&
	       hvb_fresh_ranges(reqs->mem) > DM_RESPONSE_RANGES_MAX)
		err = tell_one(reqs, type, trans_id, false);
	if (!is_last)
		return err;

	/* A range of 64 GiB or more takes several entries in a message. */
	do {
		if (!err)
			err = tell_one(reqs, type, trans_id, true);
	} while (!err && hvb_fresh_pages(reqs->mem));
	return err;
}
