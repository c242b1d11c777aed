/*
 * Who is at the other end of a Unix socket, by what the kernel says (SO_PEERCRED and SO_PEERGROUPS,
 * unix(7)), and what that allows. No name service is asked, which may block: the group is looked up
 * in /etc/group.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a client may do; each includes those before. */
enum privilege {
	PRIVILEGE_NONE,
	PRIVILEGE_READ,   /* members of the group */
	PRIVILEGE_CHANGE, /* root and the daemon's user */
};

/* Room for what credentials_name() writes. */
#define CREDENTIALS_NAME_SIZE 64

struct credentials {
	pid_t pid;
	uid_t uid;
	enum privilege privilege;
};

/* No group has this id (chown(2)). */
#define CREDENTIALS_NO_GROUP ((gid_t)-1)

/* The group's id by a file as group(5) describes; CREDENTIALS_NO_GROUP: it has none of that name,
   or cannot be read. */
gid_t credentials_group(const char *file, const char *name);

/* Of the process that connected. Returns 0 or -errno. */
int credentials_of_peer(int fd, gid_t group, struct credentials *ret_credentials) _must_check_;

/* "root (uid 0, pid 812)" or "uid 1000, pid 812". Returns buf. */
const char *credentials_name(const struct credentials *credentials,
			     char buf[static CREDENTIALS_NAME_SIZE]);
