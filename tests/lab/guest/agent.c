// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in the guest and answers requests from the lab over a virtio port:
 * read a file, or run a shell command with a time limit. It must answer while
 * the guest has no memory left: all it needs is allocated and locked at the
 * start, and reading a file starts no process.
 *
 * Request:	"<R|X> <number> <seconds> <length>\n", then paths or a shell command
 * Answer:	"@<number> <status> <length> <time>\n", then the files or the output
 *
 * Paths stand on a line each; the files follow one another in the answer. time
 * is the guest's monotonic clock in seconds. status is the errno of a failed
 * read, or the exit status of a command: 128 and the signal's number if one
 * ended it, 124 if its time was up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char request[64 << 10];
static char answer[2 << 20];

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Reads exactly size bytes; a port without a host end reads as empty. */
static void receive(int port, char *buf, size_t size)
{
	while (size) {
		ssize_t got = read(port, buf, size);

		if (got > 0) {
			buf += got;
			size -= got;
		} else if (got == 0 || errno == EAGAIN) {
			usleep(20000);
		} else if (errno != EINTR) {
			exit(1);
		}
	}
}

static void transmit(int port, const char *buf, size_t size)
{
	while (size) {
		ssize_t put = write(port, buf, size);

		if (put > 0) {
			buf += put;
			size -= put;
		} else if (put < 0 && errno != EINTR && errno != EAGAIN) {
			exit(1);
		}
	}
}

/* Appends what fd holds to the answer; more than fits is dropped. */
static ssize_t collect(int fd, size_t *used)
{
	static char dropped[4096];
	size_t room = sizeof(answer) - *used;
	ssize_t got;

	if (!room)
		return read(fd, dropped, sizeof(dropped));
	got = read(fd, answer + *used, room);
	if (got > 0)
		*used += got;
	return got;
}

static int read_file(const char *path, size_t *used)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;
	int error;

	if (fd < 0)
		return errno;
	do {
		got = collect(fd, used);
	} while (got > 0);
	error = got < 0 ? errno : 0;
	close(fd);
	return error;
}

static int read_files(char *paths, size_t *used)
{
	char *path;
	int error, first = 0;

	while ((path = strsep(&paths, "\n"))) {
		error = read_file(path, used);
		if (!first)
			first = error;
	}
	return first;
}

static pid_t start(char *command, int output)
{
	char *argv[] = { "sh", "-c", command, NULL };
	char *env[] = { "PATH=/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin",
			"HOME=/tmp", NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	pid_t pid;
	int error;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, output, 1);
	posix_spawn_file_actions_adddup2(&files, output, 2);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	error = posix_spawn(&pid, "/bin/sh", &files, &attr, argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return error ? -error : pid;
}

/*
 * A command ends when its shell does: what it left in the background may hold
 * the pipe open for ever.
 */
static int run(char *command, double seconds, size_t *used)
{
	double limit = now() + seconds;
	int status, pipes[2], timed_out = 0;
	pid_t pid;

	/* Only this end: who finds the pipe full must wait. */
	if (pipe2(pipes, O_CLOEXEC) || fcntl(pipes[0], F_SETFL, O_NONBLOCK))
		return errno;
	pid = start(command, pipes[1]);
	close(pipes[1]);
	if (pid < 0) {
		close(pipes[0]);
		return -pid;
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct pollfd output = { .fd = pipes[0], .events = POLLIN };

		if (!timed_out && now() > limit) {
			timed_out = 1;
			kill(-pid, SIGKILL);
		}
		poll(&output, 1, 10);
		if (output.revents & POLLIN)
			collect(pipes[0], used);
		else if (output.revents & POLLHUP)
			usleep(2000);
	}
	while (collect(pipes[0], used) > 0)
		;
	close(pipes[0]);
	if (timed_out)
		return 124;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void serve(int port)
{
	char header[64], kind;
	size_t at = 0, used = 0;
	unsigned int number, length;
	double seconds;
	int status;

	do {
		receive(port, header + at, 1);
	} while (header[at++] != '\n' && at < sizeof(header) - 1);
	header[at] = '\0';
	if (sscanf(header, "%c %u %lf %u", &kind, &number, &seconds,
		   &length) != 4 || length >= sizeof(request))
		exit(1);
	receive(port, request, length);
	request[length] = '\0';

	if (kind == 'R')
		status = read_files(request, &used);
	else
		status = run(request, seconds, &used);

	at = snprintf(header, sizeof(header), "@%u %d %zu %.6f\n", number,
		      status, used, now());
	transmit(port, header, at);
	transmit(port, answer, used);
}

int main(int argc, char **argv)
{
	int port, oom;

	if (argc != 2)
		return 2;
	port = open(argv[1], O_RDWR | O_CLOEXEC);
	if (port < 0) {
		perror(argv[1]);
		return 1;
	}
	oom = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (oom < 0 || write(oom, "-1000", 5) != 5)
		perror("oom_score_adj");
	close(oom);
	setpriority(PRIO_PROCESS, 0, -20);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		perror("mlockall");
	for (;;)
		serve(port);
}
