/* See exec_diff.h. */
#include "ctl/exec_diff.h"

#include "base/account.h"
#include "ctl/comparison.h"
#include "ctl/exec.h"
#include "ctl/json.h"
#include "ctl/surroundings.h"
#include "exec/context.h"
#include "exec/facts.h"
#include "exec/identity.h"
#include "exec/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ioprio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sections; those of a difference are compared by where they are. */
static const char environment_section[] = "environment";
static const char identity_section[] = "identity";
static const char place_section[] = "place";
static const char priority_section[] = "priority";
static const char limit_section[] = "limits (soft, hard)";
static const char group_section[] = "control group";

/* The kernel numbers them. */
static const char a_pipe[] = "a pipe";

#define VALUE_SIZE  64
#define NUMBER_SIZE 24

/* As setrlimit(2) and the option `limits` call them. */
static const char *const limit_names[RLIM_NLIMITS] = {
	[RLIMIT_AS] = "AS",
	[RLIMIT_CORE] = "CORE",
	[RLIMIT_CPU] = "CPU",
	[RLIMIT_DATA] = "DATA",
	[RLIMIT_FSIZE] = "FSIZE",
	[RLIMIT_LOCKS] = "LOCKS",
	[RLIMIT_MEMLOCK] = "MEMLOCK",
	[RLIMIT_MSGQUEUE] = "MSGQUEUE",
	[RLIMIT_NICE] = "NICE",
	[RLIMIT_NOFILE] = "NOFILE",
	[RLIMIT_NPROC] = "NPROC",
	[RLIMIT_RSS] = "RSS",
	[RLIMIT_RTPRIO] = "RTPRIO",
	[RLIMIT_RTTIME] = "RTTIME",
	[RLIMIT_SIGPENDING] = "SIGPENDING",
	[RLIMIT_STACK] = "STACK",
};

/* Both sides: who asks, and a run of the job. */
struct sides {
	const struct exec *exec;
	const struct job_settings *settings;
	const struct launch *launch;
	const struct launch_order *order;
	struct comparison *comparison;
};

static int add(const struct sides *sides, const char *section, const char *name, const char *here,
	       const char *there)
{
	return comparison_add(sides->comparison, section, name, here, there);
}

static int add_numbers(const struct sides *sides, const char *section, const char *name, int here,
		       int there)
{
	char ours[NUMBER_SIZE];
	char theirs[NUMBER_SIZE];

	(void)snprintf(ours, sizeof(ours), "%d", here);
	(void)snprintf(theirs, sizeof(theirs), "%d", there);
	return add(sides, section, name, ours, theirs);
}

/* --- identity --- */

/* "34(backup)", or the number alone where it has no name. */
static void append_group(FILE *file, gid_t gid)
{
	_cleanup_free_ char *name = NULL;

	if (account_find_group_name(gid, &name) == 0)
		(void)fprintf(file, "%u(%s)", (unsigned)gid, name);
	else
		(void)fprintf(file, "%u", (unsigned)gid);
}

static int compare_gids(const void *a, const void *b)
{
	const gid_t *first = a;
	const gid_t *second = b;

	return (*first > *second) - (*first < *second);
}

/* As id(1) shows them, in order. NULL: out of memory. */
static char *describe_groups(const gid_t *gids, size_t n)
{
	/* At least one byte: malloc(0) may be NULL. */
	_cleanup_free_ void *room = malloc(n * sizeof(*gids) + 1);
	gid_t *sorted = room;
	char *text = NULL;
	size_t size;
	FILE *file = room ? open_memstream(&text, &size) : NULL;

	if (!file)
		return NULL;
	if (n > 0)
		memcpy(sorted, gids, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_gids);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			(void)fputc(' ', file);
		append_group(file, sorted[i]);
	}
	return fclose(file) == 0 ? text : NULL;
}

static int add_groups(const struct sides *sides)
{
	const struct identity *identity = sides->launch->identity;
	_cleanup_free_ char *ours = NULL;
	_cleanup_free_ char *theirs = NULL;
	int n = getgroups(0, NULL);
	_cleanup_free_ gid_t *gids = n < 0 ? NULL : calloc((size_t)n + 1, sizeof(*gids));

	if (n < 0)
		return -errno;
	if (!gids)
		return -ENOMEM;
	n = getgroups(n, gids);
	if (n < 0)
		return -errno;
	ours = describe_groups(gids, (size_t)n);
	theirs = describe_groups(identity->groups, identity->n_groups);
	return ours && theirs ? add(sides, identity_section, "groups", ours, theirs) : -ENOMEM;
}

/* NULL: out of memory. */
static char *describe_user(uid_t uid, const char *name)
{
	char *text;

	return asprintf(&text, "%u(%s)", (unsigned)uid, name) < 0 ? NULL : text;
}

static char *describe_own_user(void)
{
	struct account account;
	char *text;

	if (account_find_uid(geteuid(), &account) < 0)
		return describe_user(geteuid(), "?");
	text = describe_user(account.uid, account.name);
	account_done(&account);
	return text;
}

static int add_identity(const struct sides *sides)
{
	const struct identity *identity = sides->launch->identity;
	gid_t gid = getegid();
	_cleanup_free_ char *our_user = describe_own_user();
	_cleanup_free_ char *their_user = describe_user(identity->uid, identity->name);
	_cleanup_free_ char *our_group = describe_groups(&gid, 1);
	_cleanup_free_ char *their_group = describe_groups(&identity->gid, 1);
	int r;

	if (!our_user || !their_user || !our_group || !their_group)
		return -ENOMEM;
	r = add(sides, identity_section, "user", our_user, their_user);
	if (r == 0)
		r = add(sides, identity_section, "group", our_group, their_group);
	return r < 0 ? r : add_groups(sides);
}

/* --- place --- */

/* Where the program is started: spawn() falls back to "/". */
static const char *find_directory(const struct sides *sides)
{
	const struct identity *identity = sides->launch->identity;
	const char *directory = sides->order->directory ? sides->order->directory : identity->home;
	struct identity_before before;
	bool there;

	if (sides->order->directory_required || identity_enter(identity, &before) < 0)
		return directory;
	there = faccessat(AT_FDCWD, directory, X_OK, AT_EACCESS) == 0;
	identity_leave(identity, &before);
	return there ? directory : "/";
}

static int add_descriptor(const struct sides *sides, int fd, const char *name, const char *there)
{
	char path[VALUE_SIZE];
	char here[PATH_MAX];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, here, sizeof(here) - 1);
	here[n < 0 ? 0 : n] = '\0';
	return add(sides, place_section, name, strncmp(here, "pipe:", 5) == 0 ? a_pipe : here,
		   there);
}

static bool has_terminal(void)
{
	_cleanup_close_ int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	return fd >= 0;
}

static int add_place(const struct sides *sides)
{
	const struct job_settings *settings = sides->settings;
	_cleanup_free_ char *here = getcwd(NULL, 0);
	char input[PATH_MAX] = "/dev/null";
	char ours[NUMBER_SIZE];
	char theirs[NUMBER_SIZE];
	int r;

	if (settings->stdin_file &&
	    launch_expand(sides->launch, settings->stdin_file, input, sizeof(input)) < 0)
		return -ENAMETOOLONG;
	(void)snprintf(ours, sizeof(ours), "%04o", (unsigned)sides->exec->umask);
	(void)snprintf(theirs, sizeof(theirs), "%04o",
		       settings->umask.set ? (unsigned)settings->umask.value : EXEC_UMASK);
	r = add(sides, place_section, "directory", here, find_directory(sides));
	if (r == 0)
		r = add(sides, place_section, "umask", ours, theirs);
	if (r == 0)
		r = add_descriptor(sides, STDIN_FILENO, "stdin", input);
	if (r == 0)
		r = add_descriptor(sides, STDOUT_FILENO, "stdout", a_pipe);
	if (r == 0)
		r = add_descriptor(sides, STDERR_FILENO, "stderr", a_pipe);
	if (r == 0)
		r = add(sides, place_section, "terminal", has_terminal() ? "yes" : "none", "none");
	return r;
}

/* --- what the kernel holds it to --- */

static const char *describe_ioprio(int ioprio, char buf[static VALUE_SIZE])
{
	static const char *const classes[] = {"none", "realtime", "best-effort", "idle"};
	unsigned class = (unsigned)IOPRIO_PRIO_CLASS(ioprio);

	(void)snprintf(buf, VALUE_SIZE, "%s:%u",
		       class < ARRAY_LENGTH(classes) ? classes[class] : "?",
		       (unsigned)IOPRIO_PRIO_DATA(ioprio));
	return buf;
}

/* "0-3,8". NULL: out of memory. */
static char *describe_cpus(const unsigned char *bytes, size_t size)
{
	const size_t n = size * 8;
	char *text = NULL;
	size_t text_size;
	FILE *file = open_memstream(&text, &text_size);
	const char *comma = "";

	if (!file)
		return NULL;
	for (size_t cpu = 0; cpu < n; cpu++) {
		size_t last = cpu;

		if (!(bytes[cpu / 8] >> cpu % 8 & 1))
			continue;
		while (last + 1 < n && bytes[(last + 1) / 8] >> (last + 1) % 8 & 1)
			last++;
		(void)fprintf(file, last > cpu ? "%s%zu-%zu" : "%s%zu", comma, cpu, last);
		comma = ",";
		cpu = last;
	}
	return fclose(file) == 0 ? text : NULL;
}

static int add_cpus(const struct sides *sides)
{
	const struct cpu_mask *cpus = &sides->settings->cpus;
	const cpu_set_t *inherited = &sides->exec->base->cpus;
	_cleanup_free_ char *ours =
		describe_cpus((const unsigned char *)&sides->exec->caller.cpus, sizeof(cpu_set_t));
	_cleanup_free_ char *theirs =
		cpus->bytes ? describe_cpus(cpus->bytes, cpus->size)
			    : describe_cpus((const unsigned char *)inherited, sizeof(*inherited));

	return ours && theirs ? add(sides, priority_section, "cpus", ours, theirs) : -ENOMEM;
}

static int chosen(struct optional_int option, int otherwise)
{
	return option.set ? option.value : otherwise;
}

static int add_priorities(const struct sides *sides)
{
	const struct surroundings *here = &sides->exec->caller;
	const struct surroundings *base = sides->exec->base;
	const struct job_settings *settings = sides->settings;
	char ours[VALUE_SIZE];
	char theirs[VALUE_SIZE];
	int r = add_numbers(sides, priority_section, "nice", here->nice,
			    chosen(settings->nice, base->nice));

	if (r == 0)
		r = add(sides, priority_section, "ionice", describe_ioprio(here->ioprio, ours),
			describe_ioprio(chosen(settings->ioprio, base->ioprio), theirs));
	if (r == 0)
		r = add_numbers(sides, priority_section, "oom_score_adj", here->oom_score_adj,
				chosen(settings->oom_score_adj, base->oom_score_adj));
	if (r == 0)
		r = add_cpus(sides);
	if (r == 0)
		r = add(sides, priority_section, "no_new_privileges",
			here->no_new_privileges ? "true" : "false",
			settings->no_new_privileges || base->no_new_privileges ? "true" : "false");
	return r;
}

static char *append_limit(char *at, uint64_t limit)
{
	if (limit == RLIM64_INFINITY)
		return stpcpy(at, "unlimited");
	return at + sprintf(at, "%llu", (unsigned long long)limit);
}

static const char *describe_limit(const struct rlimit64 *limit, char buf[static VALUE_SIZE])
{
	char *at = append_limit(buf, limit->rlim_cur);

	*at++ = ' ';
	(void)append_limit(at, limit->rlim_max);
	return buf;
}

static int add_limits(const struct sides *sides)
{
	const struct job_rlimits *own = &sides->settings->rlimits;
	struct rlimit64 limits[RLIM_NLIMITS];

	memcpy(limits, sides->exec->base->limits, sizeof(limits));
	limits[RLIMIT_NOFILE] = sides->exec->context->files;
	for (uint32_t i = 0; i < own->n; i++)
		limits[own->items[i].resource] =
			(struct rlimit64){own->items[i].soft, own->items[i].hard};
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		char ours[VALUE_SIZE];
		char theirs[VALUE_SIZE];
		int r = add(sides, limit_section, limit_names[i],
			    describe_limit(&sides->exec->caller.limits[i], ours),
			    describe_limit(&limits[i], theirs));

		if (r < 0)
			return r;
	}
	return 0;
}

/* What only the job has. */
static int add_group(const struct sides *sides)
{
	const struct job_settings *settings = sides->settings;
	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
		{"memory_max", settings->memory_max},
		{"cpu_max", settings->cpu_max},
		{"tasks_max", settings->tasks_max},
		{"cpu_weight", settings->cpu_weight},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char text[NUMBER_SIZE];
		int r;

		if (rows[i].value == 0)
			continue;
		(void)snprintf(text, sizeof(text), "%lld", (long long)rows[i].value);
		r = add(sides, group_section, rows[i].name, NULL, text);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- all of it --- */

static int compare(const struct sides *sides)
{
	static int (*const parts[])(const struct sides *sides) = {
		add_identity, add_place, add_priorities, add_limits, add_group,
	};
	struct environment *environment = &sides->launch->local->command.environment;
	int r = environment_finish(environment);

	if (r == 0)
		r = comparison_add_environment(sides->comparison, environment_section,
					       sides->exec->caller.environment, environment->items);
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(parts); i++)
		r = parts[i](sides);
	return r;
}

static int print_json(const struct exec *exec, const struct comparison *comparison)
{
	json_t *list = json_array();
	json_t *all =
		json_pack("{s:o, s:o}", "job", json_text(exec->job->name), "differences", list);
	int r = all ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < comparison->n; i++) {
		const struct difference *item = &comparison->items[i];

		if (json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o}", "section",
							  json_text(item->section), "name",
							  json_text(item->name), "here",
							  json_text(item->here), "there",
							  json_text(item->there))) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		return json_print(all);
	json_decref(all);
	return r;
}

static int print(const struct exec *exec, const struct comparison *comparison)
{
	_cleanup_free_ char *there = NULL;

	if (exec->ctl->json)
		return print_json(exec, comparison);
	if (asprintf(&there, "the job %s", exec->job->name) < 0) {
		there = NULL;
		return -ENOMEM;
	}
	return comparison_print(comparison, "here", there, exec->ctl->color, stdout);
}

int exec_diff(const struct exec *exec)
{
	struct run run = exec_make_run(exec);
	struct run_result failure = {.kind = RESULT_SPAWN_FAILED};
	struct comparison comparison;
	struct launch launch;
	struct launch_order order;
	struct spawn_error error;
	struct sides sides = {exec, exec->job->settings, &launch, &order, &comparison};
	char directory[PATH_MAX];
	char text[FACTS_END_SIZE];
	int r;

	if (exec->base == &exec->caller)
		exec_say(exec, "no everyd runs: what the job would have from it is as it is here");
	launch_init(&launch, &run, exec->context, exec->local, NULL);
	comparison_init(&comparison);
	if (launch_prepare(&launch, directory, &order, &error) < 0) {
		failure.stage = error.stage;
		failure.code = error.code;
		exec_say(exec, "%s", facts_end(&failure, text));
		r = -EINVAL;
	} else {
		r = compare(&sides);
		if (r == 0)
			r = print(exec, &comparison);
		if (r < 0)
			exec_say(exec, "%s", strerrordesc_np(-r));
	}
	comparison_done(&comparison);
	launch_done(&launch);
	return r < 0 ? EXEC_FAILED : CTL_OK;
}
