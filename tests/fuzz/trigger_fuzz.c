// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the fuzzing of trigger.c. The input is what an admin writes. What is
 * taken must be within PSI's limits, and say the same when it is written out.
 */
#include "fuzz.h"
#include "trigger.h"

static void must_be_sane(const struct hvb_trigger *trigger)
{
	MUST(trigger->window_us && trigger->window_us <= 10 * USEC_PER_SEC);
	MUST(trigger->threshold_us &&
	     trigger->threshold_us <= trigger->window_us);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct hvb_trigger trigger, again;
	char *text = malloc(size + 1), *out = malloc(HVB_TRIGGER_MAX);
	int err;

	if (!text || !out)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	err = hvb_trigger_parse(text, &trigger);
	MUST(!err || err == -EINVAL || err == -ERANGE);
	if (!err) {
		must_be_sane(&trigger);
		hvb_trigger_format(&trigger, out);
		MUST(!hvb_trigger_parse(out, &again));
		MUST(again.full == trigger.full &&
		     again.threshold_us == trigger.threshold_us &&
		     again.window_us == trigger.window_us);
		if (hvb_trigger_widen(&trigger))
			must_be_sane(&trigger);
		MUST(!hvb_trigger_widen(&trigger));
	}
	free(out);
	free(text);
	return 0;
}
