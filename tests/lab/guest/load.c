// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load generator of the lab.
 *
 *	load committed|noreserve|step MIB RATE [hold]	memory of its own
 *	load locked|secret|shared MIB RATE [hold]	that can't be swapped, or is shared
 *	load chunks|promises MIB RATE			a MiB at a time
 *	load cache MIB RATE DEVICE			page cache of a device
 *	load map|read MIB RATE DEVICE			a device that is mapped, or read
 *	load fragments MIB SEED DEVICE			both, and half of it freed
 *
 * Memory is touched at RATE MiB/s (0: as fast as it goes), every page with a
 * pattern made from its number, then checked round after round until SIGTERM,
 * or, with "hold", left alone until then. Then every page is checked once more
 * and the verdict printed. With "hold" a pattern has a word in each cache line,
 * not every word: to be as fast as memory is.
 *
 *	touched MIB in SECONDS s until TIME	when all is touched
 *	checked PAGES bad BAD			at the end; the exit status says it too
 *
 * "committed" counts in the kernel's commit charge, "noreserve" does not, as
 * the heaps of many language runtimes do not. "step" is "noreserve" that the
 * kernel is asked for in one call. "locked" is locked when it is touched, "secret"
 * is out of the kernel's own reach, "shared" is the kernel's shmem. "chunks" are asked for and touched one after
 * the other, "promises" are not touched; both end where the kernel refuses the
 * next. "cache" reads the device round after round
 * and ends at SIGTERM. "map" reads pieces of 128 KiB of it, chosen at random, and
 * prints how long each pass over as much as a twelfth of it took; "read" does so
 * with a system call for each piece. "fragments" takes both in turns, and then
 * frees half of both in pieces of random size, from a page to 32 MiB, chosen at
 * random.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096
#define WORDS		(PAGE / sizeof(uint64_t))
#define PAGES_PER_MIB	256

#define LINE_WORDS	(64 / sizeof(uint64_t))

#define MAP_PIECE	(128UL << 10)	/* bytes that are read together */
#define MAP_PASSES	12		/* so many passes to read as much as all */

#define TURN		(8UL << 20)	/* bytes of the one, then of the other */
#define PIECE_BITS	14		/* the largest piece: half of it, in pages */

static volatile sig_atomic_t stop;
static size_t stride = 1;		/* words */

static void on_term(int number)
{
	(void)number;
	stop = 1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Sleeps as long as the work done is ahead of the rate asked for. */
static void pace(double start, double mib, double rate)
{
	double ahead = rate > 0 ? start + mib / rate - now() : 0;

	if (ahead > 0)
		usleep(ahead * 1e6);
}

static uint64_t pattern(size_t page, size_t word)
{
	return (page * WORDS + word) * 0x9e3779b97f4a7c15ULL + 1;
}

static void fill(uint64_t *memory, size_t page)
{
	for (size_t word = 0; word < WORDS; word += stride)
		memory[page * WORDS + word] = pattern(page, word);
}

static int good(const uint64_t *memory, size_t page)
{
	for (size_t word = 0; word < WORDS; word += stride)
		if (memory[page * WORDS + word] != pattern(page, word))
			return 0;
	return 1;
}

/* Until SIGTERM, or until a page is bad. */
static void check_rounds(const uint64_t *memory, size_t pages)
{
	size_t page;

	for (page = 0; pages && !stop; page = (page + 1) % pages) {
		if (!good(memory, page))
			break;
		if (page % PAGES_PER_MIB == 0)
			usleep(5000);
	}
}

/* Kernels of late count it against a limit of locked memory, root's too. */
static int secret(size_t size)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	int fd = syscall(SYS_memfd_secret, 0);

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || fd < 0 || ftruncate(fd, size)) {
		perror("memfd_secret");
		exit(1);
	}
	return fd;
}

static int own_memory(size_t mib, double rate, int flags, int fd, int hold)
{
	size_t pages = mib * PAGES_PER_MIB, page, bad = 0;
	double start = now(), end;
	uint64_t *memory;

	memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (memory == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	for (page = 0; page < pages && !stop; page++) {
		fill(memory, page);
		if (page % PAGES_PER_MIB == PAGES_PER_MIB - 1)
			pace(start, (double)page / PAGES_PER_MIB, rate);
	}
	pages = page;
	end = now();
	printf("touched %zu in %.2f s until %.2f\n", pages / PAGES_PER_MIB,
	       end - start, end);
	while (hold && !stop)
		usleep(20000);
	check_rounds(memory, pages);
	for (page = 0; page < pages; page++)
		bad += !good(memory, page);
	printf("checked %zu bad %zu\n", pages, bad);
	return bad != 0;
}

static const struct {
	const char *name;
	int flags;
} kinds[] = {
	{ "committed", MAP_PRIVATE | MAP_ANONYMOUS },
	{ "noreserve", MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE },
	{ "step", MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE },
	{ "locked", MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED },
	{ "shared", MAP_SHARED | MAP_ANONYMOUS },
};

static int chunks(size_t mib, double rate, int touches)
{
	double start = now(), end;
	size_t done;

	for (done = 0; done < mib && !stop; done++) {
		void *chunk = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (chunk == MAP_FAILED) {
			printf("refused after %zu\n", done);
			return 1;
		}
		if (touches)
			memset(chunk, 1, 1 << 20);
		pace(start, done, rate);
	}
	end = now();
	printf("touched %zu in %.2f s until %.2f\n", done, end - start, end);
	while (!stop)
		usleep(20000);
	return 0;
}

static int cache(size_t mib, double rate, const char *device)
{
	static char buf[1 << 20];
	int fd = open(device, O_RDONLY);

	if (fd < 0) {
		perror(device);
		return 1;
	}
	while (!stop) {
		double start = now();

		for (size_t done = 0; done < mib && !stop; done++) {
			if (pread(fd, buf, sizeof(buf), done << 20) <= 0)
				break;
			pace(start, done, rate);
		}
	}
	return 0;
}

/* As a database does: a working set of MIB in page cache, mapped or not. */
static int pieces(size_t mib, double rate, const char *device, int is_mapped)
{
	size_t size = mib << 20, count = size / MAP_PIECE;
	int fd = open(device, O_RDONLY);
	static char buf[MAP_PIECE];
	volatile char sum = 0;
	char *memory = buf;

	if (is_mapped)
		memory = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (fd < 0 || memory == MAP_FAILED) {
		perror(device);
		return 1;
	}
	while (!stop) {
		double start = now();

		for (size_t n = 0; n < count / MAP_PASSES && !stop; n++) {
			size_t at = random() % count * MAP_PIECE;

			if (!is_mapped && pread(fd, buf, MAP_PIECE, at) <= 0)
				return 1;
			for (size_t page = 0; page < MAP_PIECE; page += PAGE)
				sum += memory[page + (is_mapped ? at : 0)];
			pace(start, n * (MAP_PIECE / 1048576.0), rate);
		}
		printf("pass %.3f s\n", now() - start);
	}
	return 0;
}

/* Frees half of what there is, from start on, of both. */
static void free_half(char *memory, int fd, size_t size)
{
	size_t at = 0, piece;

	while (at < size) {
		piece = PAGE * (1UL << random() % PIECE_BITS);
		if (piece > size - at)
			piece = size - at;
		if (random() % 2)
			madvise(memory + at, piece, MADV_DONTNEED);
		if (random() % 2)
			posix_fadvise(fd, at, piece, POSIX_FADV_DONTNEED);
		at += piece;
	}
}

static int fragments(size_t mib, unsigned int seed, const char *device)
{
	size_t size = (mib << 20) / 2, at;
	int fd = open(device, O_RDONLY);
	static char buf[TURN];
	double start = now(), end;
	char *memory;

	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || memory == MAP_FAILED) {
		perror(device);
		return 1;
	}
	for (at = 0; at + TURN <= size && !stop; at += TURN) {
		memset(memory + at, 1, TURN);
		if (pread(fd, buf, TURN, at) != TURN)
			break;
	}
	srandom(seed);
	free_half(memory, fd, at);
	end = now();
	printf("touched %zu in %.2f s until %.2f\n", 2 * at >> 20, end - start,
	       end);
	while (!stop)
		usleep(20000);
	return 0;
}

/* The agent protects itself from the OOM killer; its load must not be. */
static void be_ordinary(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	if (fd < 0 || write(fd, "0", 1) != 1)
		perror("oom_score_adj");
	close(fd);
	setpriority(PRIO_PROCESS, 0, 0);
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	size_t mib;
	double rate;
	int hold;

	if (argc < 4)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGTERM, &term, NULL);
	be_ordinary();
	mib = strtoul(argv[2], NULL, 0);
	rate = strtod(argv[3], NULL);
	hold = argc == 5 && !strcmp(argv[4], "hold");
	if (hold)
		stride = LINE_WORDS;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(argv[1], kinds[i].name))
			return own_memory(mib, rate, kinds[i].flags, -1, hold);
	if (!strcmp(argv[1], "secret"))
		return own_memory(mib, rate, MAP_SHARED, secret(mib << 20),
				  hold);
	if (!strcmp(argv[1], "chunks"))
		return chunks(mib, rate, 1);
	if (!strcmp(argv[1], "promises"))
		return chunks(mib, rate, 0);
	if (!strcmp(argv[1], "cache") && argc == 5)
		return cache(mib, rate, argv[4]);
	if (!strcmp(argv[1], "map") && argc == 5)
		return pieces(mib, rate, argv[4], 1);
	if (!strcmp(argv[1], "read") && argc == 5)
		return pieces(mib, rate, argv[4], 0);
	if (!strcmp(argv[1], "fragments") && argc == 5)
		return fragments(mib, rate, argv[4]);
	return 2;
}
