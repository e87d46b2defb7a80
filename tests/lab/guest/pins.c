// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins single pages for long, all over memory, as io_uring's registered buffers
 * are.
 *
 *	pins MIB STEP-MIB BLOCK-MIB SPARED
 *
 * Touches MIB of memory, registers one page of it in each STEP-MIB of physical
 * memory, and gives the rest back. Of SPARED memory blocks of BLOCK-MIB, the
 * last gets none, and so on. Prints "pinned PAGES in BLOCKS blocks" and the
 * numbers of these blocks, then waits until it is ended.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE		4096UL
#define PAGES_PER_MIB	256
#define MOST		1024		/* the kernel's limit for a table */
#define FRAME_BITS	55
#define CHUNK		512

static struct iovec pins[MOST];
static unsigned long steps[MOST];
static unsigned int nr_pins;

static int is_new(unsigned long step)
{
	unsigned int i;

	for (i = nr_pins; i-- > 0;)
		if (steps[i] == step)
			return 0;
	return nr_pins < MOST;
}

/* Chooses from the pages that are mapped at memory. */
static int choose(char *memory, size_t pages, unsigned long step_pages,
		  unsigned long block_pages, unsigned long spared)
{
	int map = open("/proc/self/pagemap", O_RDONLY);
	unsigned long entries[CHUNK];
	size_t page, i;

	for (page = 0; page + CHUNK <= pages; page += CHUNK) {
		off_t at = ((uintptr_t)memory / PAGE + page) * sizeof(*entries);

		if (pread(map, entries, sizeof(entries), at) != sizeof(entries))
			return -1;
		for (i = 0; i < CHUNK; i++) {
			unsigned long frame = entries[i] &
					      ((1UL << FRAME_BITS) - 1);

			if (frame / block_pages % spared == spared - 1 ||
			    !is_new(frame / step_pages))
				continue;
			steps[nr_pins] = frame / step_pages;
			pins[nr_pins++] = (struct iovec){
				memory + (page + i) * PAGE, PAGE };
		}
	}
	return close(map);
}

/* Frees what lies between the pins, which stay mapped. */
static void free_rest(char *memory, size_t size)
{
	char *at = memory;
	unsigned int i;

	for (i = 0; i < nr_pins; i++) {
		char *pin = pins[i].iov_base;

		if (pin > at)
			munmap(at, pin - at);
		at = pin + PAGE;
	}
	if (at < memory + size)
		munmap(at, memory + size - at);
}

static void print_blocks(unsigned long steps_per_block)
{
	static unsigned char seen[1 << 16];
	unsigned int i, blocks = 0;

	for (i = 0; i < nr_pins; i++) {
		unsigned long block = steps[i] / steps_per_block;

		if (block < sizeof(seen) && !seen[block]++)
			blocks++;
	}
	printf("pinned %u in %u blocks:", nr_pins, blocks);
	for (i = 0; i < sizeof(seen); i++)
		if (seen[i])
			printf(" %u", i);
	puts("");
}

int main(int argc, char **argv)
{
	struct io_uring_params params = { 0 };
	unsigned long step, block, spared;
	size_t size, at;
	char *memory;
	int ring;

	if (argc != 5)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	size = strtoul(argv[1], NULL, 0) << 20;
	step = strtoul(argv[2], NULL, 0);
	block = strtoul(argv[3], NULL, 0);
	spared = strtoul(argv[4], NULL, 0);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED || madvise(memory, size, MADV_NOHUGEPAGE)) {
		perror("mmap");
		return 1;
	}
	for (at = 0; at < size; at += PAGE)
		memory[at] = 1;
	if (choose(memory, size / PAGE, step * PAGES_PER_MIB,
		   block * PAGES_PER_MIB, spared)) {
		perror("pagemap");
		return 1;
	}
	ring = syscall(SYS_io_uring_setup, 4, &params);
	if (ring < 0 || syscall(SYS_io_uring_register, ring,
				IORING_REGISTER_BUFFERS, pins, nr_pins)) {
		perror("io_uring");
		return 1;
	}
	free_rest(memory, size);
	print_blocks(block / step);
	for (;;)
		pause();
}
