/* See credentials.h. */
#include "control/credentials.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The most groups a process has (NGROUPS_MAX, getgroups(2)). */
#define GROUPS_MAX 65536

/* What a line of group(5) may be long: one with more members is passed over. */
#define LINE_MAX_SIZE ((size_t)64 * 1024)

static void close_file(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

gid_t credentials_group(const char *file, const char *name)
{
	_cleanup_(close_file) FILE *groups = fopen(file, "re");
	_cleanup_free_ char *buf = malloc(LINE_MAX_SIZE);
	struct group group;
	struct group *found;
	int r;

	if (!groups || !buf)
		return CREDENTIALS_NO_GROUP;
	while ((r = fgetgrent_r(groups, &group, buf, LINE_MAX_SIZE, &found)) == 0 || r == ERANGE)
		if (r == 0 && strcmp(group.gr_name, name) == 0)
			return group.gr_gid;
	return CREDENTIALS_NO_GROUP;
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
