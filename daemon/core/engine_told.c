/* What is told of the end of a run, and to whom. */
#include "core/engine_internal.h"

bool notice_is_possible(const struct job_settings *settings)
{
	for (int hook = 0; hook < HOOK_COUNT; hook++)
		if (notice_has_hook(settings, (enum hook)hook))
			return true;
	return settings->mail_to.n > 0;
}

bool notice_of_overdue_is_possible(const struct job_settings *settings)
{
	return notice_has_hook(settings, HOOK_FAILURE) || settings->mail_to.n > 0;
}

bool notice_has_audience(const struct job_settings *settings)
{
	return notice_of_overdue_is_possible(settings) || notice_has_hook(settings, HOOK_RECOVERY);
}

static bool is_failure(enum verdict verdict)
{
	return verdict == VERDICT_FAILED || verdict == VERDICT_TIMEOUT || verdict == VERDICT_LOST;
}

static bool wants_mail(const struct job_settings *settings, const struct engine_notice *notice,
		       bool recovers, const struct run_result *result)
{
	if (settings->mail_to.n == 0 ||
	    !(is_failure(notice->verdict) || notice->verdict == VERDICT_OK))
		return false;
	switch (settings->mail_when) {
	case MAIL_FAILURE:
		return notice->alarm;
	case MAIL_CHANGE:
		return notice->alarm || recovers;
	case MAIL_OUTPUT:
		return result->printed > 0;
	case MAIL_ALWAYS:
		break;
	}
	return true;
}

/* A failure: is it to be told? */
static void book_failure(struct engine_job *job, const struct job_settings *settings, bool unheard,
			 struct engine_notice *notice)
{
	job->failures += job->failures < UINT32_MAX;
	notice->failures = job->failures;
	notice->alarm = job->failures >= settings->notify_after &&
			(!job->told || settings->notify_when == NOTIFY_ALWAYS);
	notice->first = notice->alarm && (!job->told || unheard);
	job->told = job->told || (notice->alarm && notice_has_audience(settings));
}

/* A success: does it end a failure that was told? */
static bool book_success(struct engine *engine, struct engine_job *job, bool unheard,
			 struct engine_notice *notice)
{
	bool recovers = job->told && !unheard;

	notice->failures = job->failures;
	job->failures = 0;
	job->told = false;
	job->overdue = false;
	notice_forget(engine, job, false, true);
	return recovers;
}

static bool wants_recovery(const struct job_settings *settings)
{
	return notice_has_hook(settings, HOOK_RECOVERY) ||
	       (settings->mail_to.n > 0 && settings->mail_when == MAIL_CHANGE);
}

struct engine_notice notice_of_end(struct engine *engine, const struct engine_run *run,
				   enum verdict verdict, enum reason reason,
				   const struct run_result *result)
{
	const struct job_settings *settings = run->def->settings;
	struct engine_job *job = run->job;
	struct engine_notice notice = {
		.verdict = verdict, .reason = reason, .failures = job->failures};
	/* An alarm waits, and is the first that anybody would hear. */
	bool unheard = job->notice && job->notice->notice.first;
	bool recovers = false;

	if (is_failure(verdict) || verdict == VERDICT_OK || verdict == VERDICT_KILLED) {
		job->last_id = run->id;
		job->last_verdict = verdict;
	}
	if (is_failure(verdict)) {
		book_failure(job, settings, unheard, &notice);
	} else if (verdict == VERDICT_OK) {
		recovers = book_success(engine, job, unheard, &notice);
		notice.hooks |= notice_hook(settings, HOOK_SUCCESS);
		if (recovers)
			notice.hooks |= notice_hook(settings, HOOK_RECOVERY);
	}
	notice.mail = wants_mail(settings, &notice, recovers, result);
	/* An alarm that it would take the place of goes on with it. */
	if (notice.mail && is_failure(verdict) && job->notice && job->notice->notice.alarm) {
		notice.alarm = true;
		notice.first = notice.first || unheard;
		job->told = true;
	}
	if (notice.alarm)
		notice.hooks |= notice_hook(settings, HOOK_FAILURE);
	/* If nothing takes its place it is told: then the next success is that of the recovery. */
	if (verdict == VERDICT_OK && unheard && !notice.hooks && !notice.mail)
		job->told = wants_recovery(settings);
	return notice;
}
