/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in for the maple tree, as far as ranges.c goes: entries in an array,
 * in order. Slow and plain, so that what is fuzzed is ranges.c.
 */
#ifndef _HVB_FUZZ_MAPLE_H
#define _HVB_FUZZ_MAPLE_H

#define MAPLE_ENTRIES	1024

/**
 * struct maple_entry - what the tree has to say of a stretch
 * @first: first index
 * @last: last index
 * @entry: not NULL
 */
struct maple_entry {
	unsigned long first;
	unsigned long last;
	void *entry;
};

/**
 * struct maple_tree - the entries in order; no two overlap
 * @nr: how many
 * @entries: these
 */
struct maple_tree {
	unsigned int nr;
	struct maple_entry entries[MAPLE_ENTRIES];
};

/**
 * struct ma_state - a place in a tree
 * @tree: the tree
 * @index: where to look; then the start of what was found
 * @last: the end of what was found, or of what is to be stored
 */
struct ma_state {
	struct maple_tree *tree;
	unsigned long index;
	unsigned long last;
};

#define MA_STATE(name, mt, from, to) \
	struct ma_state name = { .tree = (mt), .index = (from), .last = (to) }

#define xa_mk_value(value)	((void *)((value) << 1 | 1UL))

/* Set while nothing can be allocated. */
extern bool maple_no_memory;

static inline void mt_init(struct maple_tree *tree)
{
	tree->nr = 0;
}

static inline void mtree_destroy(struct maple_tree *tree)
{
	tree->nr = 0;
}

static inline void mas_lock(struct ma_state *mas)
{
}

static inline void mas_unlock(struct ma_state *mas)
{
}

static inline void mas_set_range(struct ma_state *mas, unsigned long first,
				 unsigned long last)
{
	mas->index = first;
	mas->last = last;
}

static inline void mas_set(struct ma_state *mas, unsigned long index)
{
	mas_set_range(mas, index, index);
}

/* The entry at the index, or else the next that begins up to @max. */
static inline void *mas_find(struct ma_state *mas, unsigned long max)
{
	for (unsigned int i = 0; i < mas->tree->nr; i++) {
		const struct maple_entry *at = &mas->tree->entries[i];

		if (at->last < mas->index)
			continue;
		if (at->first > max)
			break;
		mas_set_range(mas, at->first, at->last);
		return at->entry;
	}
	return NULL;
}

static inline void *mas_walk(struct ma_state *mas)
{
	return mas_find(mas, mas->index);
}

static inline void maple_put(struct maple_tree *tree, unsigned long first,
			     unsigned long last, void *entry)
{
	if (tree->nr == MAPLE_ENTRIES)
		abort();
	tree->entries[tree->nr++] = (struct maple_entry) { first, last, entry };
}

/* Stores over what is there; NULL removes it. */
static inline int mas_store_gfp(struct ma_state *mas, void *entry, gfp_t gfp)
{
	struct maple_tree old = *mas->tree;
	bool is_put = !entry;

	if (maple_no_memory)
		return -ENOMEM;
	mas->tree->nr = 0;
	for (unsigned int i = 0; i < old.nr; i++) {
		const struct maple_entry *at = &old.entries[i];

		if (at->first < mas->index)
			maple_put(mas->tree, at->first,
				  min(at->last, mas->index - 1), at->entry);
		if (!is_put && at->last >= mas->index) {
			maple_put(mas->tree, mas->index, mas->last, entry);
			is_put = true;
		}
		if (at->last > mas->last)
			maple_put(mas->tree, max(at->first, mas->last + 1),
				  at->last, at->entry);
	}
	if (!is_put)
		maple_put(mas->tree, mas->index, mas->last, entry);
	return 0;
}

#endif
