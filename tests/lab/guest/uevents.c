// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the kernel's uevents of one subsystem, a line each, until it is ended:
 * "ACTION@DEVPATH", as udev gets them. The first line says that it listens.
 *
 *	uevents SUBSYSTEM
 */
#define _GNU_SOURCE
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define KERNEL_GROUP	1
#define ROOM		(16 << 20)

/* Whether one of the strings that follow the first is SUBSYSTEM=name. */
static int is_of(const char *event, size_t length, const char *name)
{
	const char *at = event, *end = event + length;

	for (; at < end; at += strlen(at) + 1)
		if (!strncmp(at, "SUBSYSTEM=", 10) && !strcmp(at + 10, name))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = KERNEL_GROUP,
	};
	static char event[64 << 10];
	int room = ROOM, port;
	ssize_t length;

	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	port = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	if (port < 0 ||
	    setsockopt(port, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    bind(port, (struct sockaddr *)&address, sizeof(address))) {
		perror("netlink");
		return 1;
	}
	puts("listening");
	while ((length = recv(port, event, sizeof(event) - 1, 0)) > 0) {
		event[length] = '\0';
		if (is_of(event, length, argv[1]))
			puts(event);
	}
	perror("recv");		/* events were lost */
	return 1;
}
