/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fuzz targets share. */
#ifndef _HVB_FUZZ_H
#define _HVB_FUZZ_H

/* What must hold, or the input is kept as a failure. */
#define MUST(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,	\
			#condition);					\
		abort();						\
	}								\
} while (0)

/**
 * struct input - what the fuzzer made up, eaten from the front
 * @data: what is left
 * @size: its bytes
 */
struct input {
	const u8 *data;
	size_t size;
};

/* The next bytes as a number; 0 when nothing is left. */
static inline u64 eat(struct input *input, size_t bytes)
{
	u64 value = 0;

	bytes = min(bytes, input->size);
	memcpy(&value, input->data, bytes);
	input->data += bytes;
	input->size -= bytes;
	return value;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif
