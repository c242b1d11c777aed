/* See identity.h. */
#include "exec/identity.h"

#include "base/account.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Of the calling thread alone: those of glibc set every thread's. Some architectures have older
   calls for numbers of 16 bits under the plain names. */
#ifdef SYS_setgroups32
#define RAW_SETGROUPS SYS_setgroups32
#define RAW_SETRESGID SYS_setresgid32
#define RAW_SETRESUID SYS_setresuid32
#else
#define RAW_SETGROUPS SYS_setgroups
#define RAW_SETRESGID SYS_setresgid
#define RAW_SETRESUID SYS_setresuid
#endif

/* What setresuid(2) and setresgid(2) leave as it is. */
#define NO_ID (-1)

/* What was asked for, and what came of it. */
struct entry {
	struct identity identity; /* the first: one is the other */
	/*
	 * Who holds it: the cache, and whoever got it. The count only grows from 1 or more, as the
	 * cache, under its lock, holds what it hands out; so whoever makes it 0 is the last.
	 */
	_Atomic unsigned refs;
	struct entry *next;
	char *user;  /* NULL: the daemon's own */
	char *group; /* NULL: the user's */
	char *name;
	char *home;
};

/* The files of local users and groups, by which one tells whether they were changed. */
static const char *const account_files[] = {"/etc/passwd", "/etc/group"};

struct stamp {
	ino_t inode;
	struct timespec changed;
};

struct identities {
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t n_groups;
	pthread_mutex_t lock; /* of what follows */
	unsigned generation;  /* of the entries */
	struct entry *entries;
	struct stamp stamps[ARRAY_LENGTH(account_files)]; /* when the entries were looked up */
};

/* --- looking up --- */

static void entry_free(struct entry *entry)
{
	if (!entry)
		return;
	free(entry->identity.groups);
	free(entry->user);
	free(entry->group);
	free(entry->name);
	free(entry->home);
	free(entry);
}

static void cleanup_entry(struct entry **entry)
{
	entry_free(*entry);
}

static void entry_put(struct entry *entry)
{
	if (atomic_fetch_sub_explicit(&entry->refs, 1, memory_order_acq_rel) == 1)
		entry_free(entry);
}

/* The groups of the calling thread, which are the process's. */
static int read_groups(gid_t **ret_groups, size_t *ret_n)
{
	_cleanup_free_ gid_t *groups = NULL;
	int n = getgroups(0, NULL);

	if (n < 0)
		return -errno;
	/* One more, as none at all would be no memory. */
	groups = calloc((size_t)n + 1, sizeof(*groups));
	if (!groups)
		return -ENOMEM;
	n = getgroups(n, groups);
	if (n < 0)
		return -errno;
	*ret_groups = steal_ptr(groups);
	*ret_n = (size_t)n;
	return 0;
}

/* The one that the daemon has, with the group that it has: that of whoever is not root, who cannot
   have another, is his even if he is named and his entry says another (newgrp(1)). */
static bool is_own(const struct identities *identities, const struct entry *entry)
{
	return !entry->user || (identities->uid != 0 && entry->identity.uid == identities->uid);
}

/* Only a name service that has no such user is no failure: then a number is the name. */
static int find_user(const struct identities *identities, struct entry *entry, gid_t *ret_gid)
{
	struct account account;
	int r = entry->user ? account_find(entry->user, &account)
			    : account_find_uid(identities->uid, &account);

	if (r < 0 && (entry->user || r != -ENOENT))
		return r;
	if (r < 0) {
		entry->identity.uid = identities->uid;
		entry->home = strdup("/");
		if (asprintf(&entry->name, "%u", identities->uid) < 0)
			entry->name = NULL;
	} else {
		entry->identity.uid = account.uid;
		*ret_gid = account.gid;
		entry->name = steal_ptr(account.name);
		entry->home = *account.home == '/' ? steal_ptr(account.home) : strdup("/");
		account_done(&account);
	}
	if (is_own(identities, entry))
		*ret_gid = identities->gid;
	entry->identity.name = entry->name;
	entry->identity.home = entry->home;
	return entry->name && entry->home ? 0 : -ENOMEM;
}

static int copy_groups(const struct identities *identities, struct identity *identity)
{
	identity->groups = calloc(identities->n_groups + 1, sizeof(*identity->groups));
	if (!identity->groups)
		return -ENOMEM;
	if (identities->n_groups > 0)
		memcpy(identity->groups, identities->groups,
		       identities->n_groups * sizeof(*identity->groups));
	identity->n_groups = identities->n_groups;
	return 0;
}

static bool has_group(const gid_t *groups, size_t n, gid_t gid)
{
	for (size_t i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* The same groups, in any order? */
static bool same_groups(const struct identities *identities, const struct identity *identity)
{
	for (size_t i = 0; i < identity->n_groups; i++)
		if (!has_group(identities->groups, identities->n_groups, identity->groups[i]))
			return false;
	for (size_t i = 0; i < identities->n_groups; i++)
		if (!has_group(identity->groups, identity->n_groups, identities->groups[i]))
			return false;
	return true;
}

/* Whoever is not root has the groups that he has, and cannot have others. */
static bool is_another(const struct identities *identities, const struct identity *identity)
{
	return identity->uid != identities->uid || identity->gid != identities->gid ||
	       (identities->uid == 0 && !same_groups(identities, identity));
}

static int look_up(const struct identities *identities, struct entry *entry, const char **ret_stage)
{
	struct identity *identity = &entry->identity;
	gid_t user_gid = 0;
	int r = find_user(identities, entry, &user_gid);

	if (r < 0) {
		*ret_stage = "user";
		return r;
	}
	identity->gid = user_gid;
	r = entry->group ? account_find_group(entry->group, &identity->gid) : 0;
	if (r < 0) {
		*ret_stage = "group";
		return r;
	}
	r = !is_own(identities, entry) || identity->gid != identities->gid
		    ? account_find_groups(entry->name, identity->gid, &identity->groups,
					  &identity->n_groups)
		    : copy_groups(identities, identity);
	if (r < 0) {
		*ret_stage = "groups";
		return r;
	}
	identity->change = is_another(identities, identity);
	return 0;
}

/* Takes a reference for the caller. */
static int entry_new(const struct identities *identities, const char *user, const char *group,
		     struct entry **ret_entry, const char **ret_stage)
{
	_cleanup_(cleanup_entry) struct entry *entry = calloc(1, sizeof(*entry));
	int r;

	*ret_stage = "user";
	if (!entry)
		return -ENOMEM;
	atomic_init(&entry->refs, 1);
	entry->user = user ? strdup(user) : NULL;
	entry->group = group ? strdup(group) : NULL;
	if ((user && !entry->user) || (group && !entry->group))
		return -ENOMEM;
	r = look_up(identities, entry, ret_stage);
	if (r < 0)
		return r;
	*ret_entry = steal_ptr(entry);
	return 0;
}

/* --- the cache --- */

int identities_new(struct identities **ret_identities)
{
	struct identities *identities = calloc(1, sizeof(*identities));
	int r;

	if (!identities)
		return -ENOMEM;
	identities->uid = geteuid();
	identities->gid = getegid();
	r = read_groups(&identities->groups, &identities->n_groups);
	if (r < 0) {
		free(identities);
		return r;
	}
	(void)pthread_mutex_init(&identities->lock, NULL);
	*ret_identities = identities;
	return 0;
}

void identities_free(struct identities *identities)
{
	if (!identities)
		return;
	identities_forget(identities);
	(void)pthread_mutex_destroy(&identities->lock);
	free(identities->groups);
	free(identities);
}

/* Takes all out of the cache. Under the lock. */
static struct entry *take_entries(struct identities *identities)
{
	identities->generation++;
	return steal_ptr(identities->entries);
}

static void put_entries(struct entry *entries)
{
	while (entries) {
		struct entry *next = entries->next;

		entry_put(entries);
		entries = next;
	}
}

void identities_forget(struct identities *identities)
{
	struct entry *entries;

	(void)pthread_mutex_lock(&identities->lock);
	entries = take_entries(identities);
	(void)pthread_mutex_unlock(&identities->lock);
	put_entries(entries);
}

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
	return a->inode == b->inode && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

/* A user who is deleted may leave his number to another: what was remembered goes with a change of
   the files of local users. Others are remembered until a reload. */
static void heed_changes(struct identities *identities)
{
	struct stamp stamps[ARRAY_LENGTH(account_files)] = {0};
	struct entry *entries = NULL;

	for (size_t i = 0; i < ARRAY_LENGTH(account_files); i++) {
		struct stat st;

		if (stat(account_files[i], &st) == 0)
			stamps[i] = (struct stamp){st.st_ino, st.st_ctim};
	}
	(void)pthread_mutex_lock(&identities->lock);
	for (size_t i = 0; i < ARRAY_LENGTH(account_files); i++) {
		if (same_stamp(&stamps[i], &identities->stamps[i]))
			continue;
		identities->stamps[i] = stamps[i];
		if (!entries)
			entries = take_entries(identities);
	}
	(void)pthread_mutex_unlock(&identities->lock);
	put_entries(entries);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* With a reference for the caller. Under the lock. */
static struct entry *find_entry(const struct identities *identities, const char *user,
				const char *group)
{
	for (struct entry *entry = identities->entries; entry; entry = entry->next) {
		if (!same_text(entry->user, user) || !same_text(entry->group, group))
			continue;
		atomic_fetch_add_explicit(&entry->refs, 1, memory_order_relaxed);
		return entry;
	}
	return NULL;
}

int identity_get(struct identities *identities, const char *user, const char *group,
		 const struct identity **ret_identity, const char **ret_stage)
{
	struct entry *entry;
	unsigned generation;
	int r;

	if (user || group)
		heed_changes(identities);
	(void)pthread_mutex_lock(&identities->lock);
	entry = find_entry(identities, user, group);
	generation = identities->generation;
	(void)pthread_mutex_unlock(&identities->lock);
	if (!entry) {
		r = entry_new(identities, user, group, &entry, ret_stage);
		if (r < 0)
			return r;
		/* Not if it was asked for before others were told to ask anew; and if two asked at
		   the same time, both are right, and the first to be found is. */
		(void)pthread_mutex_lock(&identities->lock);
		if (generation == identities->generation) {
			atomic_fetch_add_explicit(&entry->refs, 1, memory_order_relaxed);
			entry->next = identities->entries;
			identities->entries = entry;
		}
		(void)pthread_mutex_unlock(&identities->lock);
	}
	*ret_identity = &entry->identity;
	return 0;
}

void identity_put(const struct identity *identity)
{
	union {
		const struct identity *identity;
		struct entry *entry;
	} both = {identity};

	if (identity)
		entry_put(both.entry);
}

/* --- for a thread's access to files --- */

/* Each returns whether it has them. */
static bool set_groups(const gid_t *groups, size_t n)
{
	return syscall(RAW_SETGROUPS, n, groups) == 0;
}

static bool set_gid(gid_t gid)
{
	return syscall(RAW_SETRESGID, NO_ID, gid, NO_ID) == 0;
}

static bool set_uid(uid_t uid)
{
	return syscall(RAW_SETRESUID, NO_ID, uid, NO_ID) == 0;
}

/* Does the kernel let it do what only root may? It does with SECBIT_NO_SETUID_FIXUP
   (capabilities(7)). */
static bool is_powerful(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	return syscall(SYS_capget, &header, data) < 0 || data[0].effective || data[1].effective;
}

/*
 * The effective user goes last, and comes back first: with root go the capabilities, and come back
 * as the real and the saved user stay root. These two also keep the user from signals to the
 * thread and from tracing it, and the permitted capabilities from its nice value and its CPUs; and
 * the kernel makes the memory one that is not dumped, so that the thread's files in /proc stay
 * root's (PR_SET_DUMPABLE in prctl(2)).
 */
int identity_enter(const struct identity *identity, struct identity_before *ret_before)
{
	struct identity_before before = {.uid = geteuid(), .gid = getegid()};
	int r;

	if (!identity->change) {
		*ret_before = before;
		return 0;
	}
	r = read_groups(&before.groups, &before.n_groups);
	if (r < 0)
		return r;
	if (!set_groups(identity->groups, identity->n_groups) || !set_gid(identity->gid) ||
	    !set_uid(identity->uid) || (identity->uid != 0 && is_powerful())) {
		identity_leave(identity, &before);
		return -EPERM;
	}
	*ret_before = before;
	return 0;
}

void identity_leave(const struct identity *identity, struct identity_before *before)
{
	if (!identity->change)
		return;
	if (!set_uid(before->uid) || !set_gid(before->gid))
		abort();
	/* Where groups cannot be set, they never were. */
	if (!set_groups(before->groups, before->n_groups)) {
		_cleanup_free_ gid_t *groups = NULL;
		size_t n = 0;

		if (read_groups(&groups, &n) < 0 || n != before->n_groups ||
		    (n > 0 && memcmp(groups, before->groups, n * sizeof(*groups)) != 0))
			abort();
	}
	free(before->groups);
	before->groups = NULL;
}
