/* See account.h. */
#include "base/account.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Room for an entry to begin with, and the most: a group may have many members. */
#define ENTRY_SIZE     ((size_t)1024)
#define ENTRY_SIZE_MAX ((size_t)16 * 1024 * 1024)

/* Groups of one user to begin with. */
#define GROUPS_SIZE 32

/* One question to a name service. */
struct query {
	const char *name; /* NULL: by number */
	id_t id;
	struct passwd user;
	struct group group;
};

/* As getpwnam_r(3): sets *ret_found and returns 0 or an errno. */
typedef int ask_fn(struct query *query, char *buf, size_t size, bool *ret_found);

static int ask_user(struct query *query, char *buf, size_t size, bool *ret_found)
{
	struct passwd *found = NULL;
	int e = query->name ? getpwnam_r(query->name, &query->user, buf, size, &found)
			    : getpwuid_r(query->id, &query->user, buf, size, &found);

	*ret_found = found;
	return e;
}

static int ask_group(struct query *query, char *buf, size_t size, bool *ret_found)
{
	struct group *found = NULL;
	int e = query->name ? getgrnam_r(query->name, &query->group, buf, size, &found)
			    : getgrgid_r(query->id, &query->group, buf, size, &found);

	*ret_found = found;
	return e;
}

/* Asks with as much room as the answer needs, which *ret_buf then holds. */
static int ask(ask_fn *fn, struct query *query, char **ret_buf)
{
	for (size_t size = ENTRY_SIZE; size <= ENTRY_SIZE_MAX; size *= 2) {
		_cleanup_free_ char *buf = malloc(size);
		bool found;
		int e;

		if (!buf)
			return -ENOMEM;
		do
			e = fn(query, buf, size, &found);
		while (e == EINTR);
		if (e == ERANGE)
			continue;
		/* Some services say "none" like this, which getpwnam(3) tells. */
		if ((e == 0 && !found) || e == ENOENT || e == ESRCH)
			return -ENOENT;
		if (e != 0)
			return -e;
		*ret_buf = steal_ptr(buf);
		return 0;
	}
	return -ERANGE;
}

/* (uid_t)-1 is nobody's: for setresuid(2) it means "as it is". */
static bool parse_id(const char *text, id_t *ret_id)
{
	uint64_t id = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		id = id * 10 + (uint64_t)(*text - '0');
		if (id >= UINT32_MAX)
			return false;
	}
	*ret_id = (id_t)id;
	return true;
}

/* By name, then by number if it is one. */
static int ask_text(ask_fn *fn, const char *text, struct query *query, char **ret_buf)
{
	int r;

	query->name = text;
	r = ask(fn, query, ret_buf);
	if (r != -ENOENT || !parse_id(text, &query->id))
		return r;
	query->name = NULL;
	return ask(fn, query, ret_buf);
}

static int take_account(const struct passwd *user, struct account *ret_account)
{
	struct account account = {.uid = user->pw_uid, .gid = user->pw_gid};

	account.name = strdup(user->pw_name);
	account.home = strdup(user->pw_dir ? user->pw_dir : "");
	if (!account.name || !account.home) {
		account_done(&account);
		return -ENOMEM;
	}
	*ret_account = account;
	return 0;
}

void account_done(struct account *account)
{
	free(account->name);
	free(account->home);
	*account = (struct account){0};
}

int account_find(const char *text, struct account *ret_account)
{
	_cleanup_free_ char *buf = NULL;
	struct query query = {0};
	int r = ask_text(ask_user, text, &query, &buf);

	return r < 0 ? r : take_account(&query.user, ret_account);
}

int account_find_uid(uid_t uid, struct account *ret_account)
{
	_cleanup_free_ char *buf = NULL;
	struct query query = {.id = uid};
	int r = ask(ask_user, &query, &buf);

	return r < 0 ? r : take_account(&query.user, ret_account);
}

int account_find_group(const char *text, gid_t *ret_gid)
{
	_cleanup_free_ char *buf = NULL;
	struct query query = {0};
	int r = ask_text(ask_group, text, &query, &buf);

	if (r == 0)
		*ret_gid = query.group.gr_gid;
	return r;
}

int account_find_group_name(gid_t gid, char **ret_name)
{
	_cleanup_free_ char *buf = NULL;
	struct query query = {.id = gid};
	char *name;
	int r = ask(ask_group, &query, &buf);

	if (r < 0)
		return r;
	name = strdup(query.group.gr_name);
	if (!name)
		return -ENOMEM;
	*ret_name = name;
	return 0;
}

int account_find_groups(const char *name, gid_t gid, gid_t **ret_gids, size_t *ret_n)
{
	for (int size = GROUPS_SIZE;;) {
		_cleanup_free_ gid_t *gids = calloc((size_t)size, sizeof(*gids));
		int n = size;

		if (!gids)
			return -ENOMEM;
		if (getgrouplist(name, gid, gids, &n) >= 0) {
			*ret_gids = steal_ptr(gids);
			*ret_n = (size_t)n;
			return 0;
		}
		/* It says how many there are, which may be more the next time. */
		if (n <= size)
			return -ENOMEM;
		if (n > NGROUPS_MAX)
			return -E2BIG;
		size = n;
	}
}
