/* See exec.h; and the command "exec". */
#include "ctl/exec.h"

#include "config/path.h"
#include "core/names.h"
#include "ctl/commands.h"
#include "ctl/exec_diff.h"
#include "ctl/exec_foreground.h"
#include "ctl/exec_shell.h"
#include "exec/reaper.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the directory of the ledger; whoever has it locked is its daemon. */
#define LOCK_NAME "everyd.lock"

/* See everyd(8). */
#define DELEGATED "EVERYD_DELEGATED"

enum {
	OPT_DIFF,
	OPT_ENVIRONMENT,
	OPT_FORCE,
	OPT_SHELL,
};

const struct ctl_option exec_options[] = {
	[OPT_DIFF] = {'d', "diff", NULL,
		      "run nothing; show how its surroundings differ from yours"},
	[OPT_ENVIRONMENT] = {'e', "environment", "NAME=VALUE", "set this variable, too"},
	[OPT_FORCE] = {'f', "force", NULL, "run it even if its only_if says no"},
	[OPT_SHELL] = {'s', "shell", NULL, "start a shell in its place"},
	{0},
};

/* What is asked for. */
struct wish {
	const char *job;
	bool diff;
	bool force;
	bool shell;
	char *environment; /* assignments, each with its NUL */
	size_t size;       /* of them together */
	uint32_t n;
};

struct run exec_make_run(const struct exec *exec)
{
	return (struct run){
		.job = exec->job,
		.daemon = &exec->daemon,
		.slot = clock_wall(),
		.queued = clock_elapsed(),
		.attempt = 1,
		.environment = &exec->environment,
	};
}

void exec_say(const struct exec *exec, const char *format, ...)
{
	va_list ap;

	(void)fprintf(stderr, "everyctl: %s: ", exec->job->name);
	va_start(ap, format);
	(void)vfprintf(stderr, format, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

/* --- what is asked for --- */

static int add_assignment(struct wish *wish, const char *name, const char *value)
{
	size_t len = strlen(name) + 1 + strlen(value) + 1;
	char *text = realloc(wish->environment, wish->size + len);

	if (!text)
		return -ENOMEM;
	wish->environment = text;
	(void)sprintf(text + wish->size, "%s=%s", name, value);
	wish->size += len;
	wish->n++;
	return 0;
}

static int add_given(struct wish *wish, struct ctl_args *args, char *assignment)
{
	char *equals = strchr(assignment, '=');

	if (!equals || !name_is_variable(assignment, (size_t)(equals - assignment)))
		return ctl_usage(args, "'%s' is not NAME=VALUE", assignment);
	*equals = '\0';
	return add_assignment(wish, assignment, equals + 1) < 0 ? ctl_fail("out of memory") : 0;
}

/* Returns 0, or the exit status after saying what is wrong. */
static int read_wish(struct ctl_args *args, struct wish *wish)
{
	const char *value;
	int option;

	while ((option = ctl_option(args, &value)) >= 0) {
		_cleanup_free_ char *copy = NULL;
		int r;

		switch (option) {
		case OPT_DIFF:
			wish->diff = true;
			break;
		case OPT_ENVIRONMENT:
			copy = strdup(value);
			r = copy ? add_given(wish, args, copy) : ctl_fail("out of memory");
			if (r != 0)
				return r;
			break;
		case OPT_FORCE:
			wish->force = true;
			break;
		case OPT_SHELL:
			wish->shell = true;
			break;
		}
	}
	if (option == -2)
		return CTL_USAGE;
	if (args->next + 1 != args->argc)
		return ctl_usage(args,
				 args->next == args->argc ? "which job?" : "one job at a time");
	if (wish->diff && wish->shell)
		return ctl_usage(args, "--diff and --shell do not go together");
	wish->job = args->argv[args->next];
	return 0;
}

/* --- getting ready --- */

/* Is it what the system's daemon reads, or somewhere else root's? Whoever is not root would run its
   jobs as somebody else than they are run as, or may not even read it. */
static bool is_of_root(const struct ctl *ctl)
{
	struct stat st;

	return geteuid() != 0 && ctl->config &&
	       (stat(ctl->config, &st) == 0 ? st.st_uid == 0 : errno == EACCES);
}

static bool is_of_system(const struct ctl *ctl)
{
	struct stat given;
	struct stat system;

	return geteuid() != 0 && ctl->config && stat(ctl->config, &given) == 0 &&
	       stat(EVERYD_SYSCONFDIR "/everyd/everyd.conf", &system) == 0 &&
	       given.st_dev == system.st_dev && given.st_ino == system.st_ino;
}

static void tell_root(const struct wish *wish)
{
	(void)ctl_fail("jobs of root's everyd are root's to run: sudo everyctl exec %s", wish->job);
}

/* A limit that only a control group can keep. */
static void check_limits(const struct exec *exec)
{
	const struct job_settings *settings = exec->job->settings;
	const struct {
		const char *option;
		bool wanted;
		enum cgroup_controller controller;
	} rows[] = {
		{"memory_max", settings->memory_max > 0, CGROUP_MEMORY},
		{"cpu_max", settings->cpu_max > 0, CGROUP_CPU},
		{"cpu_weight", settings->cpu_weight > 0, CGROUP_CPU},
		{"tasks_max", settings->tasks_max > 0, CGROUP_PIDS},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		if (rows[i].wanted && !run_context_can(exec->context, rows[i].controller))
			exec_say(exec,
				 "without its %s: there is no control group here for it; "
				 "behind systemd-run --scope -p Delegate=yes there may be",
				 rows[i].option);
}

/* As the daemon has them: of what is inherited, nothing reaches a job by accident. */
static int tidy_process(struct exec *exec)
{
	sigset_t all;

	exec->umask = umask(EXEC_UMASK);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	return reaper_init();
}

/* The daemon that has the ledger of this configuration; 0: there is none. */
static pid_t find_daemon(const struct model *model)
{
	char path[PATH_MAX];
	char lock[PATH_MAX + sizeof(LOCK_NAME) + 1];
	bool own;

	if (path_state(model->daemon.state_dir, path, sizeof(path), &own) < 0)
		return 0;
	(void)snprintf(lock, sizeof(lock), "%s/" LOCK_NAME, path);
	return surroundings_find_daemon(lock);
}

/* Takes on what a job inherits from the daemon, as far as there is one. Returns 0 or -errno. */
static int take_surroundings(struct exec *exec, const struct model *model,
			     struct surroundings *of_daemon)
{
	pid_t daemon = find_daemon(model);
	const char *delegated;
	const char *what;
	int r = surroundings_read(getpid(), &exec->caller);

	if (r < 0)
		return r;
	exec->base = &exec->caller;
	if (daemon == 0)
		return 0;
	r = surroundings_read(daemon, of_daemon);
	/* It may have just ended. */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	exec->base = of_daemon;
	delegated = getenv(DELEGATED);
	r = surroundings_take(of_daemon, &what);
	/* That says something of where a process is. */
	if ((delegated ? setenv(DELEGATED, delegated, 1) : unsetenv(DELEGATED)) < 0)
		return -errno;
	if (r < 0)
		exec_say(exec, "without the %s of everyd: %s", what, strerrordesc_np(-r));
	return 0;
}

static int run_as_wished(struct exec *exec, struct foreground *foreground, const struct wish *wish)
{
	if (wish->diff)
		return exec_diff(exec);
	if (wish->shell)
		return exec_shell(exec, foreground_signals(foreground));
	check_limits(exec);
	return foreground_run(foreground, exec);
}

/* What runs need, made in this order and given back in the other. */
static int prepare(struct exec *exec, struct wish *wish, struct foreground **ret_foreground)
{
	struct run_sink sink;
	int r = add_assignment(wish, "EVERYD_JOB", exec->job->name);

	/* No number is recorded anywhere. */
	if (r == 0)
		r = add_assignment(wish, "EVERYD_RUN", "0");
	if (r == 0)
		r = foreground_new(ret_foreground);
	if (r < 0)
		return r;
	exec->environment = (struct text_list){wish->environment, wish->n};
	sink = foreground_sink(*ret_foreground);
	r = run_context_new(&sink, NULL, &exec->context);
	if (r < 0)
		return r;
	exec->local = run_local_new();
	return exec->local ? 0 : -ENOMEM;
}

static int start(struct exec *exec, const struct model *model, struct wish *wish)
{
	struct foreground *foreground = NULL;
	struct surroundings of_daemon = {.environment = NULL};
	char **own = environ;
	int status = EXEC_FAILED;
	int r = tidy_process(exec);

	if (r == 0)
		r = take_surroundings(exec, model, &of_daemon);
	if (r == 0)
		r = prepare(exec, wish, &foreground);
	if (r == 0)
		status = run_as_wished(exec, foreground, wish);
	else
		(void)ctl_fail("%s", strerrordesc_np(-r));
	run_local_free(exec->local);
	run_context_free(exec->context);
	foreground_free(foreground);
	environ = own;
	surroundings_done(&of_daemon);
	surroundings_done(&exec->caller);
	return status;
}

int exec_run(struct ctl *ctl, struct ctl_args *args)
{
	_cleanup_(cleanup_model) struct model *model = NULL;
	struct job_settings settings;
	const struct job *found;
	struct job job;
	struct wish wish = {0};
	struct exec exec = {.ctl = ctl, .daemon = {.durability = DURABILITY_NONE}, .job = &job};
	int status = read_wish(args, &wish);

	if (status == 0) {
		status = EXEC_FAILED;
		if (is_of_system(ctl)) {
			tell_root(&wish);
		} else if (ctl_load(ctl, false, &model) < 0) {
			if (is_of_root(ctl))
				tell_root(&wish);
		} else if ((found = ctl_find_job(model, wish.job))) {
			settings = *found->settings;
			if (wish.force)
				settings.only_if = (struct command_line){0};
			job = *found;
			job.settings = &settings;
			status = start(&exec, model, &wish);
		}
	}
	free(wish.environment);
	return status;
}
