/* See credentials.h. */
#include "control/credentials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The most groups a process has (NGROUPS_MAX, getgroups(2)). */
#define GROUPS_MAX 65536

static void close_file(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

/* The id in a line "NAME:PASSWORD:ID:MEMBERS", if it is of that name; else CREDENTIALS_NO_GROUP. */
static gid_t read_line(const char *line, const char *name)
{
	size_t len = strlen(name);
	unsigned long number;
	const char *id;
	char *end;

	if (strncmp(line, name, len) != 0 || line[len] != ':')
		return CREDENTIALS_NO_GROUP;
	id = strchr(line + len + 1, ':');
	if (!id || id[1] < '0' || id[1] > '9')
		return CREDENTIALS_NO_GROUP;
	errno = 0;
	number = strtoul(id + 1, &end, 10);
	return errno || *end != ':' || number >= CREDENTIALS_NO_GROUP ? CREDENTIALS_NO_GROUP
								      : (gid_t)number;
}

/* Not by fgetgrent_r(3), which comes back to the line of a group that has more members than there
   is room for, again and again. */
gid_t credentials_group(const char *file, const char *name)
{
	_cleanup_(close_file) FILE *groups = fopen(file, "re");
	_cleanup_free_ char *line = NULL;
	gid_t group = CREDENTIALS_NO_GROUP;
	size_t size = 0;

	while (groups && group == CREDENTIALS_NO_GROUP && getline(&line, &size, groups) > 0)
		group = read_line(line, name);
	return group;
}

/* Is the peer's process in the group, by its effective or a supplementary one? */
static bool is_member(int fd, gid_t own, gid_t group)
{
	_cleanup_free_ gid_t *groups = NULL;
	socklen_t size = 0;

	if (group == CREDENTIALS_NO_GROUP)
		return false;
	if (own == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 || errno != ERANGE ||
	    size > GROUPS_MAX * sizeof(*groups))
		return false;
	groups = malloc(size);
	if (!groups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}

int credentials_of_peer(int fd, gid_t group, struct credentials *ret_credentials)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	enum privilege privilege = PRIVILEGE_NONE;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	if (peer.uid == 0 || peer.uid == geteuid())
		privilege = PRIVILEGE_CHANGE;
	else if (is_member(fd, peer.gid, group))
		privilege = PRIVILEGE_READ;
	*ret_credentials =
		(struct credentials){.pid = peer.pid, .uid = peer.uid, .privilege = privilege};
	return 0;
}

const char *credentials_name(const struct credentials *credentials,
			     char buf[static CREDENTIALS_NAME_SIZE])
{
	if (credentials->uid == 0)
		(void)snprintf(buf, CREDENTIALS_NAME_SIZE, "root (uid 0, pid %d)",
			       (int)credentials->pid);
	else
		(void)snprintf(buf, CREDENTIALS_NAME_SIZE, "uid %u, pid %d",
			       (unsigned)credentials->uid, (int)credentials->pid);
	return buf;
}
