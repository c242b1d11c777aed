/*
 * Users and groups of the system, by getpwnam_r(3), getgrnam_r(3) and their like. They may block
 * for as long as a name service does: not for the loop. Any thread.
 */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>
#include <sys/types.h>

struct account {
	uid_t uid;
	gid_t gid;
	char *name;
	char *home;
};

void account_done(struct account *account);

/*
 * By name or, if the text is digits only and no name, by number. Returns 0, then the account is to
 * be freed by account_done(); -ENOENT when there is no such user; or -errno of the name service or
 * for want of memory.
 */
int account_find(const char *text, struct account *ret_account) _must_check_;

/* By number. The same returns. */
int account_find_uid(uid_t uid, struct account *ret_account) _must_check_;

/* A group by name or, if the text is digits only and no name, by number. The same returns. */
int account_find_group(const char *text, gid_t *ret_gid) _must_check_;

/* The name of a group, to be freed. The same returns. */
int account_find_group_name(gid_t gid, char **ret_name) _must_check_;

/* All groups of a user, `gid` among them (getgrouplist(3)); *ret_gids is to be freed. Returns 0 or
   -errno. */
int account_find_groups(const char *name, gid_t gid, gid_t **ret_gids, size_t *ret_n) _must_check_;
