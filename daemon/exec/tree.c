/* See tree.h. */
#include "exec/tree_internal.h"

#include "base/clock.h"
#include "exec/census.h"
#include "exec/identity.h"
#include "exec/marks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* In a description. */
#define NAMES_MAX 8

/* Room for a list of orphans, and how many of them, the last to come, are looked at when a run
   ends: so much it costs at most, whatever other runs left behind. */
#define ORPHANS_SIZE 16384
#define ORPHANS_MAX  256

/* --- descriptors --- */

void tree_keep_spares(struct tree *tree)
{
	for (size_t i = 0; i < TREE_SPARES; i++)
		if (tree->spares[i] < 0)
			tree->spares[i] = eventfd(0, EFD_CLOEXEC);
}

/* Returns whether there were any. */
static bool drop_spares(struct tree *tree)
{
	bool any = false;

	for (size_t i = 0; i < TREE_SPARES; i++) {
		if (tree->spares[i] < 0)
			continue;
		(void)close(tree->spares[i]);
		tree->spares[i] = -1;
		any = true;
	}
	return any;
}

static bool have_run_out(int r)
{
	return r == -EMFILE || r == -ENFILE;
}

int tree_hold(struct tree *tree, pid_t pid, struct process *ret_process)
{
	int pidfd = process_hold(pid, ret_process);

	if (have_run_out(pidfd) && drop_spares(tree))
		pidfd = process_hold(pid, ret_process);
	return pidfd;
}

void tree_let_go(struct tree *tree, int pidfd)
{
	if (pidfd >= 0)
		(void)close(pidfd);
	tree_keep_spares(tree);
}

/* Was it held by the spare descriptors? */
static bool is_short(const struct tree *tree)
{
	return tree->spares[0] < 0;
}

/* --- who is in it --- */

/* By number alone: in the leader's session or group. */
static bool is_home(const struct tree *tree, pid_t pid, pid_t session, pid_t group)
{
	return pid != tree->leader && (session == tree->leader || group == tree->leader);
}

/* Of those to be signalled by it. */
static bool is_in_group(const struct tree *tree, pid_t group)
{
	return !tree_is_adopted(tree) && group == tree->leader;
}

bool tree_has(const struct tree *tree, pid_t pid)
{
	for (size_t i = 0; i < tree->n; i++)
		if (tree->members[i].pid == pid)
			return true;
	return false;
}

void tree_add(struct tree *tree, const struct process *process, int pidfd)
{
	bool in_group = is_in_group(tree, process->group);
	struct tree_member *member = &tree->members[tree->n];
	bool room = tree->n < (in_group ? TREE_GROUP_MEMBERS : TREE_MEMBERS);

	tree->count++;
	tree->group |= in_group;
	if (pidfd >= 0 && (!room || is_short(tree))) {
		if (room)
			tree->trouble = EMFILE;
		tree_let_go(tree, pidfd);
		pidfd = -1;
	}
	if (!room)
		return;
	member->pidfd = pidfd;
	member->pid = process->pid;
	member->start = process->start;
	member->in_group = in_group;
	memcpy(member->name, process->name, sizeof(member->name));
	tree->n++;
}

/* One that is there but cannot be looked at: nor will its children be, as it is not sure to be
   their parent, and it may be come upon again. */
static void add_unknown(struct tree *tree, const struct census_entry *entry, int code)
{
	struct process process = {.pid = entry->pid, .group = entry->group, .name = "?"};

	tree->trouble = code;
	if (tree->n < TREE_MEMBERS && !tree_has(tree, entry->pid))
		tree_add(tree, &process, -1);
}

/* Adds it if belongs() says so of what it is now that it is held. Returns whether it was. */
static bool add_held(struct tree *tree, const struct census_entry *entry,
		     bool (*belongs)(struct tree *tree, const struct census_entry *entry,
				     const struct process *process, int pidfd))
{
	struct process process;
	int pidfd = tree_hold(tree, entry->pid, &process);

	if (pidfd < 0) {
		if (pidfd != -ESRCH)
			add_unknown(tree, entry, -pidfd);
		tree_keep_spares(tree);
		return false;
	}
	if (!belongs(tree, entry, &process, pidfd)) {
		tree_let_go(tree, pidfd);
		return false;
	}
	tree_add(tree, &process, pidfd);
	return true;
}

static bool belongs_home(struct tree *tree, const struct census_entry *entry,
			 const struct process *process, int pidfd)
{
	(void)entry;
	(void)pidfd;
	return is_home(tree, process->pid, process->session, process->group) &&
	       (!tree_is_adopted(tree) || process->start < tree->seen ||
		!process_has_ended(tree->leader_fd));
}

static bool belongs_to_parent(struct tree *tree, const struct census_entry *entry,
			      const struct process *process, int pidfd)
{
	(void)pidfd;
	return process->parent == entry->parent &&
	       (entry->parent != tree->leader || !tree_is_adopted(tree) ||
		!process_has_ended(tree->leader_fd));
}

static bool add_descendant(void *ctx, const struct census_entry *entry)
{
	return add_held(ctx, entry, belongs_to_parent);
}

static int is_marked(const struct tree *tree, pid_t pid)
{
	return marks_match(pid, tree->marks, tree->identity);
}

/* The environment is that of whoever had the number when it was read: of the one that is held, if
   that has not ended since. */
static bool belongs_by_marks(struct tree *tree, const struct census_entry *entry,
			     const struct process *process, int pidfd)
{
	int r;

	(void)entry;
	if (process->parent != tree->heir)
		return false;
	r = is_marked(tree, process->pid);
	if (have_run_out(r) && drop_spares(tree))
		r = is_marked(tree, process->pid);
	if (have_run_out(r))
		tree->trouble = -r;
	return r > 0 && !process_has_ended(pidfd);
}

/* Those who live after the census had their numbers in it. */
static void keep_living(struct tree *tree, const struct census *census)
{
	size_t n = tree->n;

	tree->n = 0;
	tree->group = false;
	for (size_t i = 0; i < n; i++) {
		struct tree_member member = tree->members[i];
		struct census_entry *entry = census_find(census, member.pid);

		if (member.pidfd < 0)
			continue;
		if (process_has_ended(member.pidfd)) {
			(void)close(member.pidfd);
			continue;
		}
		if (entry) {
			entry->in = true;
			member.in_group = is_in_group(tree, entry->group);
		}
		tree->group |= member.in_group;
		tree->members[tree->n++] = member;
	}
	tree->count = tree->n;
}

/* Returns whether the session or the group has somebody. */
static bool find_home(struct tree *tree, const struct census *census)
{
	bool any = false;

	for (size_t i = 0; i < census->n; i++) {
		struct census_entry *entry = &census->entries[i];

		if (entry->dead || !is_home(tree, entry->pid, entry->session, entry->group))
			continue;
		any = true;
		if (!entry->in)
			entry->in = add_held(tree, entry, belongs_home);
	}
	return any;
}

static void find_strays(struct tree *tree, const struct census *census, bool reaped)
{
	for (size_t i = 0; i < census->n; i++) {
		struct census_entry *entry = &census->entries[i];

		if (!entry->dead && !entry->in && entry->parent == tree->heir &&
		    (reaped || entry->pid != tree->leader))
			entry->in = add_held(tree, entry, belongs_by_marks);
	}
}

/*
 * Is any of the last orphans of this run, or may one be? The kernel makes them children of the
 * process's first thread, behind those that it has.
 */
static bool has_ended_meanwhile(pid_t pid)
{
	struct process process;

	return process_read(pid, &process) < 0 || process_is_dead(&process);
}

/* Looks through the orphans once. `ret_ended`: one of them has ended, whose own may have become
   orphans behind the list. */
static bool look_for_stray(const struct tree *tree, bool *ret_ended)
{
	char list[ORPHANS_SIZE];
	ssize_t n = tree->orphans < 0 ? 0 : pread(tree->orphans, list, sizeof(list) - 1, 0);
	char *end;

	*ret_ended = false;
	if (n <= 0)
		return false;
	/* Where the newest do not fit, somebody has to look at all processes. */
	if ((size_t)n == sizeof(list) - 1)
		return true;
	list[n] = '\0';
	end = list + n;
	for (int looked = 0; looked < ORPHANS_MAX && end > list; looked++) {
		pid_t pid;
		int r;

		/* Each number has a blank behind it. */
		*--end = '\0';
		while (end > list && end[-1] != ' ')
			end--;
		pid = (pid_t)strtol(end, NULL, 10);
		r = is_marked(tree, pid);
		if (r > 0 || have_run_out(r))
			return true;
		*ret_ended |= has_ended_meanwhile(pid);
	}
	return false;
}

static bool has_stray(const struct tree *tree)
{
	bool ended;

	return look_for_stray(tree, &ended) || (ended && look_for_stray(tree, &ended));
}

/* --- a tree --- */

void tree_init(struct tree *tree)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	tree->orphans = open(path, O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < TREE_SPARES; i++)
		tree->spares[i] = -1;
	tree_keep_spares(tree);
	tree->n = 0;
}

void tree_done(struct tree *tree)
{
	tree_close(tree);
	(void)drop_spares(tree);
	if (tree->orphans >= 0)
		(void)close(tree->orphans);
	tree->orphans = -1;
}

void tree_begin(struct tree *tree, pid_t leader, struct cgroup *cgroup, char *const *marks,
		const struct identity *identity)
{
	tree->leader = leader;
	tree->leader_fd = -1;
	tree->heir = getpid();
	tree->seen = 0;
	tree->cgroup = cgroup;
	tree->marks = marks;
	tree->identity = identity;
	tree->group = false;
	tree->homeless = false;
	tree->trouble = 0;
	tree->count = 0;
	tree->n = 0;
}

void tree_adopt(struct tree *tree, int leader_fd, const struct process *leader)
{
	tree->leader_fd = leader_fd;
	tree->heir = leader->parent;
	tree_see_leader(tree);
}

void tree_see_leader(struct tree *tree)
{
	usec_t now = clock_elapsed();
	struct process leader;

	if (!tree_is_adopted(tree) || process_read(tree->leader, &leader) < 0 ||
	    process_has_ended(tree->leader_fd))
		return;
	tree->seen = (long)(now / (USEC_PER_SEC / sysconf(_SC_CLK_TCK)));
	/* The daemon before may have been the parent for a moment longer. */
	tree->heir = leader.parent;
}

bool tree_is_alone(const struct tree *tree)
{
	if (tree_has_cgroup(tree))
		return tree_cgroup_is_empty(tree);
	return !tree_is_adopted(tree) && kill(-tree->leader, 0) < 0 && errno == ESRCH &&
	       !has_stray(tree);
}

/* By session, group, parents and environment. */
static void scan_all(struct tree *tree, struct census *census, bool reaped)
{
	if (tree_is_adopted(tree))
		(void)find_home(tree, census);
	else if (reaped && census_find(census, tree->leader))
		tree->homeless = true;
	else if (!tree->homeless && !find_home(tree, census))
		tree->homeless = reaped;
	if (!tree_has_cgroup(tree))
		find_strays(tree, census, reaped);
	census_follow(census, reaped ? -1 : tree->leader, add_descendant, tree);
}

void tree_scan(struct tree *tree, bool reaped)
{
	_cleanup_(census_done) struct census census = {0};
	/* Without /proc there is nothing to be known of those who were not found before. */
	int r = tree_has_cgroup(tree) && reaped ? 0 : census_take(&census);

	tree->trouble = 0;
	tree_see_leader(tree);
	if (have_run_out(r) && drop_spares(tree))
		r = census_take(&census);
	tree_keep_spares(tree);
	if (r < 0)
		tree->trouble = -r;
	keep_living(tree, &census);
	if (census.n > 0)
		scan_all(tree, &census, reaped);
	if (tree_has_cgroup(tree))
		tree_join_cgroup(tree, reaped ? -1 : tree->leader);
}

void tree_close(struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++)
		if (tree->members[i].pidfd >= 0)
			(void)close(tree->members[i].pidfd);
	tree->n = 0;
}

/* One that could not be kept. */
static void signal_again(struct tree *tree, const struct tree_member *member, int sig)
{
	struct process process;
	int pidfd = tree_hold(tree, member->pid, &process);

	if (pidfd >= 0 && process.start == member->start)
		tree_signal_one(pidfd, sig);
	tree_let_go(tree, pidfd);
}

struct signalling {
	struct tree *tree;
	int sig;
};

/* One of the leader's session who has not been found or kept. */
static bool signal_other(void *ctx, const struct process *process)
{
	struct signalling *signalling = ctx;
	struct tree *tree = signalling->tree;
	struct process held;
	int pidfd;

	if (!is_home(tree, process->pid, process->session, process->group) ||
	    tree_has(tree, process->pid))
		return true;
	pidfd = tree_hold(tree, process->pid, &held);
	if (pidfd >= 0 && belongs_home(tree, NULL, &held, pidfd))
		tree_signal_one(pidfd, signalling->sig);
	tree_let_go(tree, pidfd);
	return true;
}

void tree_signal(struct tree *tree, bool reaped, int sig)
{
	bool group = !tree_is_adopted(tree) && (!reaped || tree->group);
	struct signalling signalling = {tree, sig};

	/* Then it does not end before all of its session has been told, nor goes on with what is
	   next when a child of it has. */
	if (tree_is_adopted(tree))
		process_signal(tree->leader_fd, SIGSTOP);
	if (group) {
		(void)kill(-tree->leader, sig);
		(void)kill(-tree->leader, SIGCONT);
	}
	for (size_t i = 0; i < tree->n; i++) {
		const struct tree_member *member = &tree->members[i];

		if (group && member->in_group)
			continue;
		if (member->pidfd >= 0)
			tree_signal_one(member->pidfd, sig);
		else
			signal_again(tree, member, sig);
	}
	if (tree_is_adopted(tree)) {
		(void)!process_each(signal_other, &signalling);
		tree_signal_one(tree->leader_fd, sig);
	}
	if (tree_has_cgroup(tree))
		tree_signal_cgroup(tree, group, sig);
}

struct tracing {
	struct tree *tree;
	pid_t tracer; /* who is asked about; 0 when it is clear that it traces */
	struct process *ret_tracer;
	bool any;
};

static void compare_tracer(void *ctx, pid_t tracer)
{
	struct tracing *tracing = ctx;

	if (tracer == tracing->tracer)
		tracing->tracer = 0;
}

/* Of the tracers that root has, or the daemon's own user, none means ill: who looks into a job from
   outside it has a right to, or looks into the daemon. */
static bool may_kill_tracer(const struct tree *tree, pid_t pid)
{
	uid_t uid;

	return tree_has(tree, pid) ||
	       (tree->identity && tree->identity->change &&
		process_read_real_user(pid, &uid) == 0 && uid == tree->identity->uid);
}

static void kill_tracer(void *ctx, pid_t pid)
{
	struct tracing *tracing = ctx;
	struct tree *tree = tracing->tree;
	struct process process;
	int pidfd = tree_hold(tree, pid, &process);

	/* What is said of the number is said of who is held, if that lives. */
	tracing->tracer = pid;
	if (pidfd >= 0 && may_kill_tracer(tree, pid) &&
	    process_each_tracer(tree->leader, compare_tracer, tracing) == 0 &&
	    tracing->tracer == 0 &&
	    (!tree_is_adopted(tree) || !process_has_ended(tree->leader_fd))) {
		process_signal(pidfd, SIGKILL);
		*tracing->ret_tracer = process;
		tracing->any = true;
	}
	tree_let_go(tree, pidfd);
}

bool tree_kill_tracers(struct tree *tree, struct process *ret_tracer)
{
	struct tracing tracing = {.tree = tree, .ret_tracer = ret_tracer};

	(void)!process_each_tracer(tree->leader, kill_tracer, &tracing);
	return tracing.any;
}

void tree_describe(const struct tree *tree, char *buf, size_t size)
{
	size_t shown = tree->n < NAMES_MAX ? tree->n : NAMES_MAX;
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < shown && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s (%d)", i > 0 ? ", " : "",
					tree->members[i].name, tree->members[i].pid);
	if (tree->count > shown && len < size)
		(void)snprintf(buf + len, size - len, " and %zu more", tree->count - shown);
}
