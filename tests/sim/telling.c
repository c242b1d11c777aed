/* Who is told of what: the books of notices and of what is expected. */
#include "world_internal.h"

static bool is_failure(enum verdict verdict)
{
	return verdict == VERDICT_FAILED || verdict == VERDICT_TIMEOUT || verdict == VERDICT_LOST;
}

static bool has_hook(const struct job_settings *settings, enum hook hook)
{
	return settings->hooks[hook].args;
}

static bool has_audience(const struct job_settings *settings)
{
	return has_hook(settings, HOOK_FAILURE) || has_hook(settings, HOOK_RECOVERY) ||
	       settings->mail_to.n > 0;
}

/* What a verdict asks for, by the definition of it all. */
static struct engine_notice wanted(const struct book *book, const struct job_settings *settings,
				   enum verdict verdict, const struct run_result *result)
{
	struct engine_notice want = {.failures = book->failures};
	bool failed = is_failure(verdict);
	bool succeeded = verdict == VERDICT_OK;
	bool alarm = failed && book->failures >= settings->notify_after &&
		     (!book->told || settings->notify_when == NOTIFY_ALWAYS);
	bool recovery = succeeded && book->told && !book->waits_unheard;

	if (settings->mail_to.n > 0 && (failed || succeeded))
		want.mail = settings->mail_when == MAIL_ALWAYS ||
			    (settings->mail_when == MAIL_OUTPUT && result && result->printed > 0) ||
			    (settings->mail_when == MAIL_FAILURE && alarm) ||
			    (settings->mail_when == MAIL_CHANGE && (alarm || recovery));
	/* What an alarm that waits would have told must not be lost. */
	want.first = alarm && (!book->told || book->waits_unheard);
	if (want.mail && failed && book->waits_with_alarm) {
		alarm = true;
		want.first = want.first || book->waits_unheard;
	}
	if (alarm && has_hook(settings, HOOK_FAILURE))
		want.hooks |= 1U << HOOK_FAILURE;
	if (succeeded && has_hook(settings, HOOK_SUCCESS))
		want.hooks |= 1U << HOOK_SUCCESS;
	if (recovery && has_hook(settings, HOOK_RECOVERY))
		want.hooks |= 1U << HOOK_RECOVERY;
	want.alarm = alarm;
	return want;
}

static bool wants_recovery(const struct job_settings *settings)
{
	return has_hook(settings, HOOK_RECOVERY) ||
	       (settings->mail_to.n > 0 && settings->mail_when == MAIL_CHANGE);
}

static void forget_alarm(struct world *world, struct book *book)
{
	world->forgotten += book->owes_alarm;
	book->owes_alarm = false;
}

void telling_end(struct world *world, const struct effect *effect)
{
	struct engine_run *run = effect->run;
	const struct engine_notice *notice = &run->notice;
	const struct job_settings *settings = run->def->settings;
	size_t number = job_number(run->def);
	struct book *book = &world->books[number];
	const struct job_plan *plan = &world->plan.jobs[number];
	struct run_tail *tail = engine_run_tail(run);
	struct engine_notice want;

	if (run->job->streak.count > 0)
		world_fail(world, "run %d gets its verdict in a streak", (int)run->id);
	if (is_failure(effect->verdict))
		book->failures++;
	want = wanted(book, settings, effect->verdict, effect->result);
	if (notice->hooks != want.hooks || notice->mail != want.mail)
		world_fail(world, "run %d: hooks %x and mail %d instead of %x and %d", (int)run->id,
			   notice->hooks, notice->mail, want.hooks, want.mail);
	if (engine_run_is_notice(run) &&
	    (notice->alarm != want.alarm || notice->first != want.first ||
	     notice->verdict != effect->verdict || notice->reason != effect->reason ||
	     notice->failures != want.failures))
		world_fail(world, "run %d: its notice says what is not so", (int)run->id);
	if (is_failure(effect->verdict) && want.alarm && has_audience(settings))
		book->told = true;
	if (effect->verdict == VERDICT_OK) {
		book->failures = 0;
		/* An alarm that nobody has heard comes before the recovery, or not at all. */
		book->told = book->waits_unheard && !engine_run_is_notice(run) &&
			     wants_recovery(settings);
		forget_alarm(world, book);
		book->expect_at = plan->present && !world->stopping && plan->expect_within > 0
					  ? world->elapsed + plan->expect_within
					  : book->expect_at;
	}
	if (effect->verdict <= VERDICT_LOST) {
		book->last_id = run->id;
		book->last_verdict = effect->verdict;
	}
	if (!engine_run_is_notice(run))
		return;
	/* What was missed is owed again without a word. */
	if (book->ended && book->waits && book->waits_with_missed == 0)
		world_fail(world, "a notice of %s is lost", run->def->name);
	if (book->ended)
		book->waits = book->ended;
	tail->line = book->waits ? book->line : 0;
	tail->cancelled = REASON_NONE;
	book->ended = run;
	book->waits_with_alarm = notice->alarm;
	book->waits_unheard = notice->first;
	world->n_notices++;
}

/* It waits no longer, for better or worse. */
static void settle(struct world *world, struct engine_run *run, bool displaced)
{
	struct book *book = &world->books[job_number(run->def)];
	const struct run_tail *tail = engine_run_tail(run);

	if (!engine_run_is_notice(run))
		world_fail(world, "run %d is no notice", (int)run->id);
	if (tail->state == POOL_ENDED && run != book->ended && run != book->waits)
		world_fail(world, "a notice out of nowhere");
	if (tail->state != POOL_ENDED && tail->state != POOL_NEVER)
		world_fail(world, "a notice is told of twice");
	/* One that displaces another is known before that is dropped. */
	if (run == book->ended)
		book->ended = NULL;
	if (run == book->waits)
		book->waits = NULL;
	if (!displaced)
		book->line = 0;
	if (!book->ended && !book->waits)
		book->waits_with_alarm = book->waits_unheard = false;
	if (run->notice.hooks & 1U << HOOK_MISSED) {
		if (run->notice.missed == 0 || run->notice.missed > book->missed)
			world_fail(world, "%s: %d told as missed of %d", run->def->name,
				   (int)run->notice.missed, (int)book->missed);
		book->missed -= run->notice.missed;
	}
	if (run->notice.hooks & 1U << HOOK_START)
		world->start_seen = true;
}

static size_t notice_limit(const struct world *world)
{
	return world->plan.workers / 4 > 0 ? world->plan.workers / 4 : 1;
}

/* A notice that was not there before. */
static void look_at_new(struct book *book, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);

	if (tail->known)
		return;
	tail->known = true;
	if (run->notice.reason != REASON_OVERDUE)
		return;
	book->owes_alarm = false;
	book->told = true;
}

void telling_notice(struct world *world, struct engine_run *run)
{
	const struct engine_notice *notice = &run->notice;
	struct book *book = &world->books[job_number(run->def)];
	size_t n = 1;

	settle(world, run, false);
	look_at_new(book, run);
	if (notice->alarm)
		book->owes_alarm = false;
	for (size_t i = 0; i < world->n_pool; i++) {
		const struct run_tail *tail = engine_run_tail(world->pool[i]);

		n += tail->is_notice;
		if (tail->is_notice && world->pool[i]->job == run->job)
			world_fail(world, "%s: two notices at a time", run->def->name);
	}
	if (n > notice_limit(world))
		world_fail(world, "%zu notices at a time", n);
	if (world->n_pool >= (size_t)world->plan.workers + world->plan.queue)
		world_fail(world, "a notice though the pool is full");
	if (notice->reason == REASON_OVERDUE &&
	    (run->slot != USEC_INFINITY || !notice->alarm ||
	     notice->mail != (run->def->settings->mail_to.n > 0) ||
	     (world->event->kind == ENGINE_OVERDUE &&
	      (run->id != book->last_id ||
	       notice->verdict != (run->id > 0 ? book->last_verdict : VERDICT_SKIPPED)))))
		world_fail(world, "%s: an overdue notice that is wrong", run->def->name);
	world->notices++;
	for (int hook = 0; hook < HOOK_COUNT; hook++)
		world->told[hook] += notice->hooks >> hook & 1;
	world->mails += notice->mail;
}

/* Of an alarm that nobody has heard. */
static void take_back(struct world *world, struct book *book, const struct engine_run *run)
{
	const struct job_plan *plan = &world->plan.jobs[job_number(run->def)];

	if (!run->notice.first)
		return;
	if (book->waits_with_alarm) {
		book->waits_unheard = true;
		return;
	}
	book->told = false;
	if (plan->present && !world->stopping && plan->expect_within > 0 && book->expect_at == 0 &&
	    !book->owes_alarm)
		book->expect_at = world->elapsed + plan->expect_within;
}

static void book_drop(struct world *world, struct book *book, const struct engine_run *run,
		      enum reason reason)
{
	world->dropped++;
	if (reason != book->drop_reason) {
		if (book->drops > 1)
			world_fail(world, "%s: %d drops, and nobody says so", run->def->name,
				   (int)book->drops);
		book->drops = 0;
	}
	book->drop_reason = reason;
	book->drops++;
	if (run->job->drops != book->drops)
		world_fail(world, "%s: %d drops instead of %d", run->def->name,
			   (int)run->job->drops, (int)book->drops);
}

static bool count_notice(void *ctx, struct engine_run *run)
{
	size_t *n = ctx;

	*n += engine_run_is_notice(run);
	return true;
}

/* Also those that have come in this step. */
static size_t count_notices(struct world *world)
{
	size_t n = 0;

	engine_each_run(world->engine, count_notice, &n);
	return n;
}

void telling_dropped(struct world *world, struct engine_run *run, enum reason reason)
{
	struct book *book = &world->books[job_number(run->def)];
	const struct run_tail *tail = engine_run_tail(run);
	bool returned = tail->state == POOL_BACK && run == world->event->run;
	bool right = false;

	if (!returned)
		settle(world, run, reason == REASON_HELD);
	book_drop(world, book, run, reason);
	if (reason != REASON_HELD)
		take_back(world, book, run);
	switch (reason) {
	case REASON_HELD: /* something of the same job waits, or did */
		right = book->ended || book->waits || world->event->kind == ENGINE_OVERDUE;
		break;
	case REASON_NO_ROOM:
		right = count_notices(world) > (size_t)world->plan.workers + world->plan.queue;
		break;
	case REASON_NO_RESOURCES:
		right = returned && tail->result.kind == RESULT_NO_RESOURCES;
		break;
	case REASON_STOPPING:
		right = world->stopping;
		break;
	case REASON_OPERATOR:
		right = (world->event->kind == ENGINE_KILL && run == world->event->run) ||
			(returned && tail->cancelled == REASON_OPERATOR);
		break;
	default:
		break;
	}
	world->n_notices -= world->n_notices > 0;
	if (!right)
		world_fail(world, "a notice of %s is dropped because %s", run->def->name,
			   reason_text(reason));
}

void telling_returned(struct world *world, struct engine_run *run)
{
	const struct run_tail *tail = engine_run_tail(run);
	struct book *book = &world->books[job_number(run->def)];

	/* The one that was dropped before has been said. */
	if (tail->result.kind < RESULT_NOT_STARTED && book->drops == 1)
		book->drops = 0;
}

void telling_drops_end(struct world *world, const struct engine_job *job)
{
	struct book *book = &world->books[job_number(job->def)];

	if (job->drops != book->drops || book->drops < 2)
		world_fail(world, "%s: %d drops instead of %d", job->def->name, (int)job->drops,
			   (int)book->drops);
	book->drops = 0;
}

void telling_expect(struct world *world, struct engine_job *job, usec_t span)
{
	struct job_tail *tail = engine_job_tail(job);

	if (span <= 0)
		world_fail(world, "%s is expected at once", job->def->name);
	tail->expect_at = span == USEC_INFINITY ? 0 : world->elapsed + span;
}

void telling_overdue(struct world *world, struct engine_job *job)
{
	struct book *book = &world->books[job_number(job->def)];

	if (world->event->kind != ENGINE_OVERDUE || job != world->event->job || world->overdue_seen)
		world_fail(world, "%s: overdue, but not so", job->def->name);
	world->overdue_seen = true;
	if (book->told || !has_audience(job->def->settings))
		return;
	if (has_hook(job->def->settings, HOOK_FAILURE) || job->def->settings->mail_to.n > 0)
		book->owes_alarm = true; /* for this moment at least */
	else
		book->told = true;
}

void telling_missed(struct world *world, size_t number, uint64_t count, bool begins)
{
	const struct job_plan *plan = &world->plan.jobs[number];
	struct book *book = &world->books[number];

	if (world->stopping || !plan->present || !(plan->hooks & 1U << HOOK_MISSED))
		return;
	if (begins || book->missed > 0)
		book->missed += count;
}

void telling_load(struct world *world, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_jobs; i++) {
		const struct job_plan *after = &plan->jobs[i];
		const struct job_plan *before = world->loaded ? &world->plan.jobs[i] : NULL;
		usec_t expected = before && before->present ? before->expect_within : 0;
		usec_t expect = after->present ? after->expect_within : 0;
		struct book *book = &world->books[i];

		if (expect != expected)
			book->expect_at = expect > 0 ? world->elapsed + expect : 0;
		if (expect != expected || !after->present ||
		    !(after->hooks & 1U << HOOK_FAILURE || after->mail))
			forget_alarm(world, book);
		/* What is owed, and does not wait yet, is forgotten with the hook. */
		if (after->present && after->hooks & 1U << HOOK_MISSED)
			continue;
		world->forgotten += book->missed > book->waits_with_missed;
		book->missed = book->waits_with_missed;
	}
	if (world->loaded)
		world->shrunk = world->shrunk || plan->workers + plan->queue <
							 world->plan.workers + world->plan.queue;
}

void telling_stop(struct world *world)
{
	for (size_t i = 0; world->loaded && i < world->plan.n_jobs; i++) {
		struct book *book = &world->books[i];

		book->expect_at = 0;
		forget_alarm(world, book);
		world->forgotten += book->missed > book->waits_with_missed;
		book->missed = book->waits_with_missed;
	}
}

void telling_check_notice(struct world *world, struct engine_run *run)
{
	struct book *book = &world->books[job_number(run->def)];
	struct run_tail *tail = engine_run_tail(run);

	look_at_new(book, run);
	world->n_notices++;
	world->n_telling += run->state != RUN_WAITING;
	if (run->job != book->job)
		world_fail(world, "a notice of nobody's");
	if (run->notice.hooks & 1U << HOOK_START)
		world->start_seen = true;
	if (run->state != RUN_WAITING)
		return;
	if (book->waits)
		world_fail(world, "%s: two notices wait", run->def->name);
	if (run->job->notice != run)
		world_fail(world, "%s: another notice waits", run->def->name);
	book->waits = run;
	book->waits_with_alarm = run->notice.alarm;
	if (run->notice.first != (run->notice.alarm && book->waited_unheard) &&
	    run->notice.reason != REASON_OVERDUE)
		world_fail(world, "%s: its alarm was heard, or was it?", run->def->name);
	book->waits_unheard = run->notice.first;
	if (run->notice.hooks & 1U << HOOK_MISSED)
		book->waits_with_missed = run->notice.missed;
	if (book->ended == run)
		book->ended = NULL;
	if (!run->group != (run->job->telling != NULL))
		world_fail(world, "%s: its notice is not in line", run->def->name);
	world->n_lined_up += run->group != NULL;
	if (run->group && tail->line == 0)
		tail->line = book->line > 0 ? book->line : ++world->lines;
	book->line = tail->line;
}

void telling_check_job(struct world *world, const struct engine_job *job)
{
	const struct book *book = &world->books[job_number(job->def)];
	const struct job_tail *tail = engine_job_tail(book->job);

	if (job->failures != book->failures || job->told != book->told)
		world_fail(world, "%s: %u failures, told %d, instead of %u and %d", job->def->name,
			   job->failures, job->told, book->failures, book->told);
	if (job->owes_alarm != book->owes_alarm || job->drops != book->drops)
		world_fail(world, "%s: it owes an alarm: %d, %d drops, instead of %d and %d",
			   job->def->name, job->owes_alarm, (int)job->drops, book->owes_alarm,
			   (int)book->drops);
	if (job->owes_alarm && !job->notice &&
	    world->n_notices < (size_t)world->plan.workers + world->plan.queue)
		world_fail(world, "%s: nobody is told that it is overdue", job->def->name);
	if (job->overdue != (job->def->settings->expect_within > 0 && book->expect_at == 0))
		world_fail(world, "%s: it is overdue, or is it?", job->def->name);
	if (tail->expect_at != book->expect_at)
		world_fail(world, "%s: it is expected at the wrong time", job->def->name);
	if (book->missed != book->waits_with_missed + job->owed.count)
		world_fail(world, "%s: %d missed, %d known", job->def->name, (int)book->missed,
			   (int)(book->waits_with_missed + job->owed.count));
	if (job->owed.count > 0 && !job->notice &&
	    world->n_notices < (size_t)world->plan.workers + world->plan.queue)
		world_fail(world, "%s: what was missed is not told", job->def->name);
}

void telling_check(struct world *world)
{
	const struct engine_counters *counters = engine_counters(world->engine);
	size_t bound = (size_t)world->plan.workers + world->plan.queue;
	size_t limit = notice_limit(world);
	const struct engine_event *event = world->event;
	bool starts = event->kind == ENGINE_STARTED && !engine_run_is_notice(event->run) &&
		      event->run->attempt == 1 && !event->run->adopted &&
		      has_hook(event->run->def->settings, HOOK_START);
	uint64_t dropped = world->dropped + world->forgotten;

	if (world->n_notices > bound && world->n_notices > world->had_notices)
		world_fail(world, "%zu notices", world->n_notices);
	world->had_notices = world->n_notices;
	if (world->n_lined_up > 0 && world->n_telling < limit && world->n_pool < bound)
		world_fail(world, "a notice waits for nothing");
	if (world->hurried && world->n_notices > world->n_telling)
		world_fail(world, "a notice waits, but there is a hurry");
	if (event->kind == ENGINE_STARTED && !engine_run_is_notice(event->run) &&
	    event->run->job->streak.count > 0)
		world_fail(world, "a run has started, but the streak goes on");
	for (size_t i = 0; world->loaded && i < world->plan.n_jobs; i++) {
		const struct book *book = &world->books[i];
		const struct job_tail *tail = book->job ? engine_job_tail(book->job) : NULL;

		if (book->ended)
			world_fail(world, "job %zu: a notice is lost", i);
		if (tail && tail->expect_at > 0 &&
		    (world->stopping || !world->plan.jobs[i].present))
			world_fail(world, "job %zu is expected to succeed", i);
	}
	/* What could not even be said is counted. */
	if (counters->notices != world->notices || counters->notices_dropped < dropped ||
	    (counters->notices_dropped > dropped && !world->shrunk))
		world_fail(world, "notices are counted wrong");
	if (starts && !world->start_seen && !world->shrunk)
		world_fail(world, "a start is not told");
	if (event->kind == ENGINE_OVERDUE && !world->stopping && !world->overdue_seen)
		world_fail(world, "overdue, but nobody says so");
	world->start_seen = false;
	world->overdue_seen = false;
}
