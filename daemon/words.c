/* See words.h. */
#include "words.h"

#include "daemon.h"

#include <stdio.h>

const char *words_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

const char *words_slot(usec_t slot, char buf[static CLOCK_TEXT_SIZE])
{
	int digits = slot % USEC_PER_SEC == 0 ? 0 : slot % USEC_PER_MSEC == 0 ? 3 : 6;

	return clock_format_local(slot, digits, buf);
}

usec_t words_age(const struct engine_run *er)
{
	const struct run_tail *tail = engine_run_look(er);
	usec_t begun = tail->run.adopted
			       ? tail->run.adopted_since
			       : atomic_load_explicit(&tail->run.begun, memory_order_relaxed);
	usec_t age = er->state == RUN_WAITING
			     ? clock_wall() - er->accepted
			     : clock_elapsed() - (begun ? begun : tail->run.queued);

	return age > 0 ? age : 0;
}

pid_t words_pid(const struct engine_run *er)
{
	const struct run_tail *tail = engine_run_look(er);
	pid_t pid = tail->in_pool ? atomic_load(&tail->run.pid) : 0;

	/* A worker has yet to watch it. */
	return pid == 0 && tail->in_pool ? tail->run.adopted : pid;
}

unsigned words_attempt(const struct engine_run *run, const struct run_result *result)
{
	/* The next one was to be made already, and came to nothing. */
	bool earlier = result == &run->result && run->state != RUN_BACKOFF;

	return run->attempt - (earlier && run->attempt > 1);
}

const char *words_notice(const struct engine_notice *notice, char buf[static WORDS_NOTICE_SIZE])
{
	static const char *const names[HOOK_COUNT] = {
		[HOOK_START] = "on_start",     [HOOK_SUCCESS] = "on_success",
		[HOOK_FAILURE] = "on_failure", [HOOK_RECOVERY] = "on_recovery",
		[HOOK_MISSED] = "on_missed",
	};
	int at = 0;

	for (int hook = 0; hook < HOOK_COUNT; hook++)
		if (notice->hooks >> (unsigned)hook & 1)
			at += snprintf(buf + at, WORDS_NOTICE_SIZE - (size_t)at, "%s%s",
				       at > 0 ? ", " : "", names[hook]);
	if (notice->mail)
		(void)snprintf(buf + at, WORDS_NOTICE_SIZE - (size_t)at, "%smail",
			       at > 0 ? ", " : "");
	return buf;
}
