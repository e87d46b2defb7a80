// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what is in files of sysfs, and again each time that poll() says that
 * one has changed, as a user without rights: "NAME VALUE", until it is ended.
 *
 *	polls FILE...
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOBODY	65534
#define MOST	8

/* Reading is also what tells the kernel that we know this value. */
static int show(int file, const char *path)
{
	char text[64];
	ssize_t length = pread(file, text, sizeof(text) - 1, 0);

	if (length < 0) {
		perror(path);
		return 1;
	}
	text[length] = '\0';
	printf("%s %s", strrchr(path, '/') + 1, text);
	return 0;
}

int main(int argc, char **argv)
{
	struct pollfd files[MOST];
	int i, count = argc - 1;

	if (count < 1 || count > MOST)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (setgid(NOBODY) || setuid(NOBODY)) {
		perror("setuid");
		return 1;
	}
	for (i = 0; i < count; i++) {
		files[i].events = POLLPRI;
		files[i].fd = open(argv[i + 1], O_RDONLY);
		if (files[i].fd < 0) {
			perror(argv[i + 1]);
			return 1;
		}
		if (show(files[i].fd, argv[i + 1]))
			return 1;
	}
	while (poll(files, count, -1) > 0)
		for (i = 0; i < count; i++)
			if (files[i].revents && show(files[i].fd, argv[i + 1]))
				return 1;
	return 1;
}
