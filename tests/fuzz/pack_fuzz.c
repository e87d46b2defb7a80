// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the fuzzing of the packer of responses. The input is which response, and
 * a list of runs of pages. What a message says must be these pages, in this
 * order, to the page at which it was full.
 */
#include "fuzz.h"
#include "msg.h"

#define TRANS	7

/* Goes through the ranges of a message, as the host does. */
struct reader {
	const u64 *ranges;
	u32 at;
};

static void must_read(struct reader *reader, u64 start, u64 count)
{
	while (count) {
		struct hvb_wire_range range;

		range = hvb_msg_range(reader->ranges[reader->at++]);
		MUST(range.start == start);
		MUST(range.count && range.count <= count);
		start += range.count;
		count -= range.count;
	}
}

/* Return: that the message is full. */
static bool fill(struct hvb_packer *packer, struct input *runs,
		 struct reader *reader)
{
	u64 done = 0, count = 0, total = 0;

	while (runs->size && done == count) {
		u64 start = eat(runs, 5);

		count = min(eat(runs, 5), DM_PAGE_NUMBER_END - start);
		done = hvb_pack_range(packer, start, count);
		MUST(done <= count);
		total += done;
		must_read(reader, start, done);
	}
	MUST(packer->range_count == reader->at && packer->nr_pages == total);
	return done < count;
}

static void must_be_balloon(struct hvb_packer *packer, bool more)
{
	const struct dm_balloon_response *resp = packer->buf;
	size_t bytes = hvb_pack_finish(packer, TRANS, more);

	MUST(resp->hdr.type == DM_BALLOON_RESPONSE);
	MUST(bytes == struct_size(resp, range_array, packer->range_count));
	MUST(!more || bytes + sizeof(u64) > DM_MESSAGE_MAX);
	MUST(FIELD_GET(DM_RESPONSE_COUNT_MASK, resp->more_and_count) ==
	     packer->range_count);
	MUST((resp->more_and_count & DM_MORE_PAGES) == more);
	MUST(!resp->reservedz);
	MUST(resp->hdr.size == bytes);
}

static void must_be_removal(struct hvb_packer *packer, bool more)
{
	const struct dm_hot_remove_response *resp = packer->buf;
	size_t bytes = hvb_pack_finish(packer, TRANS, more);

	MUST(resp->hdr.type == DM_MEM_HOT_REMOVE_RESPONSE);
	MUST(bytes == struct_size(resp, range_array, packer->range_count));
	MUST(!more || bytes + sizeof(u64) > DM_MESSAGE_MAX);
	MUST(resp->range_count == packer->range_count);
	MUST(resp->flags == (more ? DM_MORE_PAGES : 0));
	MUST(resp->hdr.size == bytes);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct dm_header *hdr = malloc(DM_MESSAGE_MAX);
	struct input runs = { data, size };
	bool is_removal = eat(&runs, 1) & 1;
	struct hvb_packer packer;
	struct reader reader = {};
	bool more;

	if (!hdr)
		abort();
	hvb_pack_start(&packer, hdr, is_removal ? DM_MEM_HOT_REMOVE_RESPONSE :
						  DM_BALLOON_RESPONSE);
	reader.ranges = packer.ranges;
	more = fill(&packer, &runs, &reader);
	if (is_removal)
		must_be_removal(&packer, more);
	else
		must_be_balloon(&packer, more);
	MUST(hdr->size <= DM_MESSAGE_MAX && hdr->trans_id == TRANS);
	free(hdr);
	return 0;
}
