/* See run.h. */
#include "exec/run.h"

#include "base/cleanup.h"
#include "exec/facts.h"
#include "exec/launch.h"
#include "exec/outfile.h"

#include <errno.h>
#include <limits.h>

/* An attempt under way, and what stays the same for all of its commands. */
struct attempt {
	struct launch launch;
	char directory[PATH_MAX];
	struct launch_order order;
};

/* What an attempt before printed is no longer what the run is judged by. */
static void drop_output(struct run *run)
{
	free(run->output);
	run->output = NULL;
}

static int fail(struct run *run, const char *stage, int code)
{
	drop_output(run);
	run->result.kind = RESULT_SPAWN_FAILED;
	run->result.stage = stage;
	run->result.code = code;
	return -1;
}

/* Told to stop before there was anything to be stopped. */
static void cancel(struct run *run)
{
	run->result.kind = RESULT_NOT_STARTED;
	run->result.cancelled = true;
}

/* Is what it prints of interest when it has ended, to the ledger or to who is told of it? */
static bool is_of_interest(const struct run *run)
{
	const struct job_settings *settings = run->job->settings;

	return settings->output_keep > 0 &&
	       (run->daemon->durability != DURABILITY_NONE || settings->mail_to.n > 0 ||
		command_line_is_set(&settings->hooks[HOOK_SUCCESS]) ||
		command_line_is_set(&settings->hooks[HOOK_FAILURE]) ||
		command_line_is_set(&settings->hooks[HOOK_RECOVERY]));
}

/* User, environment, directory. Returns 0, or -1 with the run failed. */
static int prepare(struct attempt *attempt)
{
	struct launch *launch = &attempt->launch;
	struct spawn_error error;

	if (launch_prepare(launch, attempt->directory, &attempt->order, &error) < 0)
		return fail(launch->run, error.stage, error.code);
	return 0;
}

/* Lets only_if say whether the command is to be run. Returns 0, or -1 with the result set. */
static int ask_condition(struct attempt *attempt)
{
	struct launch *launch = &attempt->launch;
	const struct job_settings *settings = launch->settings;
	struct job_settings output = launch_log_settings(settings);
	struct launch_order order = attempt->order;
	struct run_result result = {0};
	struct run *run = launch->run;
	char end[FACTS_END_SIZE];

	order.line = &settings->only_if;
	order.output = &output;
	order.timeout = settings->hook_timeout;
	launch->name = "only_if";
	launch_command(launch, &order, &result);
	if (result.cancelled || launch_is_cancelled(launch)) {
		cancel(run);
	} else if (result.kind == RESULT_SPAWN_FAILED) {
		launch_note(launch, LOG_LEVEL_WARNING, "%s", facts_end(&result, end));
		(void)fail(run, "only_if", result.code);
	} else if (result.timed_out) {
		launch_note(launch, LOG_LEVEL_WARNING, "stopped after hook_timeout");
		(void)fail(run, "only_if", ETIMEDOUT);
	} else if (result.kind == RESULT_SIGNALLED) {
		launch_note(launch, LOG_LEVEL_WARNING, "%s", facts_end(&result, end));
		(void)fail(run, "only_if", ECANCELED);
	} else if (result.code != 0) {
		run->result.kind = RESULT_UNWANTED;
		run->result.code = result.code;
	} else {
		launch->name = NULL;
		return 0;
	}
	return -1;
}

/* Opens what becomes its standard input; negative: /dev/null. Returns 0, or -1 with the run failed.
 */
static int open_input(struct attempt *attempt, int *ret_fd)
{
	const struct launch *launch = &attempt->launch;
	char path[PATH_MAX];
	int fd;

	if (!launch->settings->stdin_file)
		return 0;
	fd = launch_expand(launch, launch->settings->stdin_file, path, sizeof(path));
	if (fd == 0)
		fd = outfile_open_input(path, launch->identity, false);
	if (fd < 0)
		return fail(launch->run, "stdin", -fd);
	*ret_fd = fd;
	return 0;
}

static bool succeeded(const struct run_result *result, const struct job_settings *settings)
{
	const struct outcome_set *success = &settings->success;

	if (result->kind != RESULT_EXITED || result->timed_out || result->cancelled)
		return false;
	return result->code == 0 ||
	       success->exits[result->code / 64] >> (unsigned)(result->code % 64) & 1;
}

static void run_command(struct attempt *attempt)
{
	_cleanup_close_ int input = -1;
	struct launch *launch = &attempt->launch;
	const struct job_settings *settings = launch->settings;
	struct run_result *result = &launch->run->result;
	struct launch_order order = attempt->order;
	usec_t took;

	if (open_input(attempt, &input) < 0)
		return;
	drop_output(launch->run);
	order.line = &launch->run->job->command;
	order.output = settings;
	order.input = input;
	order.timeout = settings->timeout;
	order.max_runtime = settings->max_runtime;
	order.own = true;
	order.keep = is_of_interest(launch->run);
	launch_command(launch, &order, result);
	took = result->ended - result->started;
	if (took < settings->min_runtime && succeeded(result, settings))
		launch_note(launch, LOG_LEVEL_WARNING,
			    "succeeded after %d.%03d s already, sooner than min_runtime",
			    (int)(took / USEC_PER_SEC), (int)(took % USEC_PER_SEC / USEC_PER_MSEC));
}

void run_execute(struct run *run, const struct run_context *context, struct run_local *local,
		 const struct run_control *control)
{
	struct attempt attempt;

	run->result = (struct run_result){.queued = run->queued, .taken = clock_elapsed()};
	atomic_store_explicit(&run->begun, run->result.taken, memory_order_relaxed);
	launch_init(&attempt.launch, run, context, local, control);
	if (prepare(&attempt) == 0 && (!command_line_is_set(&attempt.launch.settings->only_if) ||
				       ask_condition(&attempt) == 0))
		run_command(&attempt);
	launch_done(&attempt.launch);
}
