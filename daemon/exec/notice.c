/* See notice.h. */
#include "exec/notice.h"

#include "base/cleanup.h"
#include "core/verdict.h"
#include "exec/context.h"
#include "exec/facts.h"
#include "exec/identity.h"
#include "exec/keep.h"
#include "exec/launch.h"
#include "exec/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* In the order in which they are carried out. */
static const struct {
	enum hook hook;
	const char *fact; /* EVERYD_HOOK */
	const char *name; /* of the option */
} hooks[] = {
	{HOOK_START, "start", "on_start"},          {HOOK_SUCCESS, "success", "on_success"},
	{HOOK_RECOVERY, "recovery", "on_recovery"}, {HOOK_FAILURE, "failure", "on_failure"},
	{HOOK_MISSED, "missed", "on_missed"},
};

/* Says what is wrong with how it ended, if anything is. */
static void report(const struct launch *launch, const struct run_result *result)
{
	char end[FACTS_END_SIZE];

	if (result->cancelled)
		launch_note(launch, LOG_LEVEL_WARNING, "stopped before it was through");
	else if (result->timed_out)
		launch_note(launch, LOG_LEVEL_WARNING, "stopped after hook_timeout");
	else if (result->kind != RESULT_EXITED || result->code != 0)
		launch_note(launch, LOG_LEVEL_WARNING, "%s", facts_end(result, end));
}

static void report_error(const struct launch *launch, const struct spawn_error *error)
{
	report(launch, &(struct run_result){
			       .kind = RESULT_SPAWN_FAILED,
			       .stage = error->stage,
			       .code = error->code,
		       });
}

static int write_all(int fd, const void *data, size_t len)
{
	for (const char *at = data; len > 0;) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* --- the output, for hooks --- */

static int write_output(int fd, const struct kept_output *output)
{
	uint64_t missing = output->total - output->head - output->tail;
	char gap[64] = "";
	int r = write_all(fd, output->bytes, output->head);

	if (missing > 0)
		(void)snprintf(gap, sizeof(gap), "\n... %" PRIu64 " bytes left out ...\n", missing);
	if (r == 0)
		r = write_all(fd, gap, strlen(gap));
	return r < 0 ? r : write_all(fd, output->bytes + output->head, output->tail);
}

static int fill_file(int fd, const struct kept_output *output, const struct identity *identity)
{
	int r = write_output(fd, output);

	if (r == 0 && identity->change && fchown(fd, identity->uid, identity->gid) < 0)
		r = -errno;
	return r;
}

/* Makes a file of its own that only the user can read. Returns 0 or -errno. */
static int make_file(const struct launch *launch, char *path, size_t size)
{
	_cleanup_close_ int fd = -1;
	int n = snprintf(path, size, "%s/" CONTEXT_FILE_PREFIX "XXXXXX",
			 launch->context->directory);
	int r;

	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fill_file(fd, launch->run->output, launch->identity);
	if (r < 0)
		(void)unlink(path);
	return r;
}

/* Returns 0, or -1 after saying so. */
static int set_fact(struct launch *launch, const char *name, const char *value)
{
	int r = environment_set(&launch->local->command.environment, name, value);

	if (r < 0)
		report_error(launch, &(struct spawn_error){"environment", -r});
	return r < 0 ? -1 : 0;
}

/* --- hooks --- */

/* What those of one notice have in common, beside the environment. */
struct surroundings {
	char directory[PATH_MAX]; /* empty: the user's home */
	char file[PATH_MAX];      /* EVERYD_OUTPUT_FILE; empty: none */
};

/*
 * What the hooks may have been called for the lack of does not keep them from being run:
 * environment files, the directory. Returns 0, or -1 when none can be carried out.
 */
static int prepare_hooks(struct launch *launch, struct surroundings *surroundings)
{
	const struct job_settings *settings = launch->settings;
	struct spawn_error error;
	int r;

	if (launch_find_user(launch, settings->user, settings->user_group, &error) < 0 ||
	    launch_begin(launch, false, &error) < 0) {
		report_error(launch, &error);
		return -1;
	}
	r = facts_set(&launch->local->command.environment, launch->run);
	if (r < 0) {
		report_error(launch, &(struct spawn_error){"environment", -r});
		return -1;
	}
	if (settings->workdir && launch_expand(launch, settings->workdir, surroundings->directory,
					       sizeof(surroundings->directory)) < 0)
		surroundings->directory[0] = '\0';
	if (launch->run->output) {
		r = make_file(launch, surroundings->file, sizeof(surroundings->file));
		if (r < 0) {
			launch_note(launch, LOG_LEVEL_WARNING, "EVERYD_OUTPUT_FILE: %s",
				    strerrordesc_np(-r));
			surroundings->file[0] = '\0';
		}
	}
	return set_fact(launch, "EVERYD_OUTPUT_FILE",
			surroundings->file[0] ? surroundings->file : "/dev/null");
}

static void run_hook(struct launch *launch, size_t index, const char *directory)
{
	const struct job_settings *settings = launch->settings;
	struct job_settings log = launch_log_settings(settings);
	struct run_result result = {0};
	struct launch_order order = {
		.line = &settings->hooks[hooks[index].hook],
		.settings = settings,
		.output = &log,
		.directory = *directory ? directory : NULL,
		.input = -1,
		.timeout = settings->hook_timeout,
	};

	if (set_fact(launch, "EVERYD_HOOK", hooks[index].fact) < 0)
		return;
	launch_command(launch, &order, &result);
	report(launch, &result);
}

static bool is_wanted(const struct launch *launch, size_t index)
{
	return launch->run->notice.hooks & 1U << hooks[index].hook &&
	       command_line_is_set(&launch->settings->hooks[hooks[index].hook]);
}

static void run_hooks(struct launch *launch)
{
	struct surroundings surroundings;
	bool prepared = false;

	surroundings.directory[0] = '\0';
	surroundings.file[0] = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(hooks); i++) {
		if (!is_wanted(launch, i))
			continue;
		launch->name = hooks[i].name;
		if (launch_is_cancelled(launch) ||
		    (!prepared && prepare_hooks(launch, &surroundings) < 0))
			break;
		prepared = true;
		run_hook(launch, i, surroundings.directory);
	}
	if (surroundings.file[0])
		(void)unlink(surroundings.file);
}

/* --- mail --- */

/* The program takes it as its standard input. Returns a descriptor or -errno. */
static int compose(const struct launch *launch)
{
	const struct run *run = launch->run;
	_cleanup_free_ char *facts = NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	char subject[FACTS_LINE_SIZE];
	usec_t wall = clock_wall();
	struct mail mail = {
		.from = run->daemon->mail_from,
		.to = run->job->settings->mail_to,
		.host = launch->context->host,
		.subject = subject,
		.job = run->job->name,
		.verdict = verdict_info(run->notice.verdict)->name,
		.run = run->id,
		.wall = wall,
		.output = run->output,
	};
	size_t len = 0;
	int r = facts_text(run, wall, clock_elapsed(), &facts);

	if (r < 0)
		return r;
	facts_subject(run, launch->context->host, subject);
	mail.text = facts;
	r = mail_compose(&mail, &text, &len);
	if (r < 0)
		return r;
	fd = memfd_create("everyd-mail", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, len);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : steal_fd(&fd);
}

/* As the daemon's own user: the job's may not be allowed to mail, or not want it to be known. */
static int prepare_mail(struct launch *launch)
{
	struct spawn_error error;

	if (launch_find_user(launch, NULL, NULL, &error) < 0 ||
	    launch_begin(launch, true, &error) < 0) {
		report_error(launch, &error);
		return -1;
	}
	return set_fact(launch, "EVERYD_HOOK", "mail");
}

static void send_mail(struct run *run, const struct run_context *context, struct run_local *local,
		      const struct run_control *control)
{
	_cleanup_(launch_done) struct launch launch;
	const struct job_settings *of = run->job->settings;
	/* What the job's settings say of its commands is not for this program; and one that goes on
	   delivering in the background is let do so. */
	const struct job_settings plain = {
		.max_running = 1,
		.shell = of->shell,
		.kill_signal = SIGTERM,
		.kill_grace = of->kill_grace,
		.leftover = LEFTOVER_LEAVE,
	};
	struct job_settings log = launch_log_settings(of);
	_cleanup_free_ char *args = NULL;
	_cleanup_close_ int fd = -1;
	struct run_result result = {0};
	struct command_line line = {.n_args = 3};

	launch_init(&launch, run, context, local, control);
	launch.name = "mail";
	launch.settings = &plain;
	if (prepare_mail(&launch) < 0)
		return;
	fd = compose(&launch);
	if (fd >= 0 && asprintf(&args, "%s%c-i%c-t", run->daemon->sendmail, 0, 0) < 0) {
		args = NULL;
		(void)close(fd);
		fd = -ENOMEM;
	}
	if (fd < 0) {
		report_error(&launch, &(struct spawn_error){"compose", -fd});
		return;
	}
	line.args = args;
	launch_command(&launch,
		       &(struct launch_order){
			       .line = &line,
			       .settings = &plain,
			       .output = &log,
			       .input = fd,
			       .timeout = of->hook_timeout,
		       },
		       &result);
	report(&launch, &result);
}

void notice_execute(struct run *run, const struct run_context *context, struct run_local *local,
		    const struct run_control *control)
{
	_cleanup_(launch_done) struct launch launch;

	atomic_store_explicit(&run->begun, clock_elapsed(), memory_order_relaxed);
	launch_init(&launch, run, context, local, control);
	run_hooks(&launch);
	if (run->notice.mail && !launch_is_cancelled(&launch))
		send_mail(run, context, local, control);
}
