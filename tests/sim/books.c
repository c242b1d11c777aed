/*
 * The books: from the plans and the clock alone they know which slots are due, and from the effects
 * what became of each. They never ask the engine what to expect.
 */
#include "world_internal.h"

#include <stdlib.h>
#include <string.h>

#define NONE USEC_INFINITY

void books_init(struct world *world)
{
	world->books = calloc(world->plan.n_jobs, sizeof(*world->books));
	if (!world->books)
		abort();
	for (size_t i = 0; i < world->plan.n_jobs; i++) {
		world->books[i].accounted = INT64_MIN;
		world->books[i].held = NONE;
		world->books[i].cursor = NONE;
	}
}

void books_done(struct world *world)
{
	for (size_t i = 0; i < world->plan.n_jobs; i++) {
		struct book *book = &world->books[i];

		slots_done(&book->open);
		slots_done(&book->in_hand);
		slots_done(&book->waiting);
		slots_done(&book->may_wait);
		for (int fate = 0; fate < FATE_COUNT; fate++)
			slots_done(&book->expected[fate]);
	}
	free(world->books);
}

/* The first slot of a grid that is due after t. */
static usec_t first_after(const struct schedule *schedule, usec_t t)
{
	return grid_after(schedule, t - schedule->delay);
}

static void account_for(struct book *book, usec_t slot)
{
	if (slot > book->accounted)
		book->accounted = slot;
}

void books_settle(struct world *world, size_t number, usec_t slot, enum verdict verdict,
		  enum reason reason)
{
	struct book *book = &world->books[number];
	struct range range = {slot, 1, 1};

	if (slots_take(&book->open, range) == 0)
		world_fail(world, "job %zu: verdict %s for slot %lld, which needs none", number,
			   verdict_info(verdict)->name, (long long)slot);
	world->verdicts[verdict]++;
	world->reasons[reason]++;
	if (verdict != VERDICT_CANCELLED || reason != REASON_STOPPING)
		books_post_settled(world, number, range);
}

void books_end(struct world *world, const struct engine_run *run, enum verdict verdict,
	       enum reason reason)
{
	size_t number = job_number(run->def);

	if (!run->manual) {
		books_settle(world, number, run->slot, verdict, reason);
		return;
	}
	world->verdicts[verdict]++;
	world->reasons[reason]++;
	if (verdict != VERDICT_CANCELLED || reason != REASON_STOPPING)
		record_post(&world->record, &(struct posting){.kind = POST_BY_HAND, .job = number});
}

void books_post_settled(struct world *world, size_t number, struct range range)
{
	record_post(&world->record, &(struct posting){
					    .kind = POST_SETTLED,
					    .job = number,
					    .range = range,
					    .at = world->books[number].cursor,
				    });
}

/* What is not of a grid is open by what happened alone. */
static void open_slot(struct world *world, size_t number, usec_t slot)
{
	struct record_job *job = &world->record.jobs[number];

	/* In time that comes a second time there may have been one at the same moment. */
	if (slot <= world->books[number].accounted && slot >= job->again)
		job->again = slot + 1;
	slots_add(&world->books[number].open, (struct range){slot, 1, 1});
	record_post(&world->record,
		    &(struct posting){.kind = POST_OPEN, .job = number, .at = slot});
}

/* The slots of a grid that become due at this moment are open from now on. After the clock went
   back slots that were acted on run again as they come, but nothing is made up for if they do not.
 */
static void open_due(struct world *world, size_t number, struct slots *ret_fresh)
{
	const struct schedule *schedule = &world->plan.jobs[number].schedule;
	struct book *book = &world->books[number];
	usec_t until = world->wall - schedule->delay;
	usec_t first = book->cursor;

	if (until < book->cursor)
		return;
	grid_add(schedule, first - 1, until, ret_fresh);
	book->cursor = grid_after(schedule, until);
	slots_take_before(ret_fresh, usec_add(book->accounted, 1), NULL);
	slots_add_all(&book->open, ret_fresh);
	if (ret_fresh->n > 0 || grid_after(schedule, first) <= until ||
	    until - first > CATCHUP_IN_TIME || book->paused)
		return;
	slots_add(&book->open, (struct range){first, 1, 1});
	catchup_again(world, number);
}

/* The one slot of another job. */
static void open_other(struct world *world, size_t number, struct slots *ret_fresh)
{
	const struct schedule *schedule = &world->plan.jobs[number].schedule;
	struct book *book = &world->books[number];

	if (book->cursor == NONE || book->cursor + schedule->delay > world->wall)
		return;
	slots_add(ret_fresh, (struct range){book->cursor, 1, 1});
	open_slot(world, number, book->cursor);
	account_for(book, book->cursor);
	book->cursor = NONE;
}

/* Only one slot can be on record as waiting: where another one is held, this one cannot. */
static bool finds_another(const struct world *world, size_t number, const struct slots *fresh)
{
	const struct book *book = &world->books[number];
	usec_t delay = world->plan.jobs[number].schedule.delay;

	return book->held != NONE && fresh->n > 0 &&
	       (book->paused || world->wall - delay - slots_last(fresh) > CATCHUP_IN_TIME);
}

void books_due(struct world *world, size_t number, enum reason reason)
{
	struct book *book = &world->books[number];
	struct slots fresh = {0};

	if (world->stopping || !world->plan.jobs[number].present)
		return;
	if (book->paused && book->until <= world->wall) {
		catchup_resume(world, number);
		if (book->live < books_limit(&world->plan.jobs[number]))
			book->held = NONE;
	}
	if (schedule_is_grid(&world->plan.jobs[number].schedule))
		open_due(world, number, &fresh);
	else
		open_other(world, number, &fresh);
	if (!schedule_is_grid(&world->plan.jobs[number].schedule) &&
	    finds_another(world, number, &fresh))
		slots_clear(&fresh);
	catchup_expect(world, number, &fresh, reason);
	slots_done(&fresh);
}

void books_event(struct world *world, enum schedule_event event)
{
	for (size_t i = 0; i < world->plan.n_jobs; i++) {
		const struct job_plan *plan = &world->plan.jobs[i];
		struct book *book = &world->books[i];

		if (world->stopping || !plan->present || plan->schedule.kind != SCHEDULE_ON ||
		    !(plan->schedule.on & event))
			continue;
		world->occurred++;
		if (book->cursor != NONE) {
			/* For this one, the one that waits for its delay will do. */
			open_slot(world, i, world->wall);
			continue;
		}
		book->cursor = world->wall;
		books_due(world, i, REASON_LATE);
	}
}

/* The clock went back, too far to wait for it: slots that were acted on may be seen again; those
   that were not, and will be due again, do not wait any more. */
static void see_again(struct world *world, size_t number)
{
	const struct schedule *schedule = &world->plan.jobs[number].schedule;
	struct book *book = &world->books[number];
	struct slots stays = {0};

	book->cursor = first_after(schedule, world->wall);
	slots_add_all(&stays, &book->waiting);
	slots_take_before(&stays, usec_add(book->accounted, 1), NULL);
	slots_take_before(&stays, book->cursor, NULL);
	for (size_t i = 0; i < stays.n; i++) {
		slots_take(&book->open, stays.ranges[i]);
		slots_take(&book->may_wait, stays.ranges[i]);
	}
	slots_done(&stays);
}

/* Is the next slot too far away to wait for? It is not, if that is for the delay alone. */
static bool is_standstill(struct world *world, size_t number, const struct schedule *schedule)
{
	const struct book *book = &world->books[number];
	struct record_job *job = &world->record.jobs[number];

	if (grid_before(schedule, book->cursor) <= world->wall ||
	    book->cursor + schedule->delay - world->wall <= grid_patience(schedule, book->cursor))
		return false;
	if (book->accounted + 1 > job->again)
		job->again = book->accounted + 1;
	return true;
}

/* What is not of a grid moves with the clock, but never further away than it was at first. */
static void shift(struct world *world, size_t number, usec_t by)
{
	const struct schedule *schedule = &world->plan.jobs[number].schedule;
	struct book *book = &world->books[number];
	usec_t latest = world->wall;

	if (schedule->kind == SCHEDULE_AFTER)
		latest += schedule->interval;
	if (book->cursor != NONE)
		book->cursor = book->cursor + by < latest ? book->cursor + by : latest;
}

void books_clock_stepped(struct world *world, usec_t by, bool suspended)
{
	for (size_t i = 0; i < world->plan.n_jobs; i++) {
		const struct schedule *schedule = &world->plan.jobs[i].schedule;

		if (!world->plan.jobs[i].present || world->stopping)
			continue;
		if (!schedule_is_grid(schedule))
			shift(world, i, by);
		else if (is_standstill(world, i, schedule))
			see_again(world, i);
		books_due(world, i, REASON_STEPPED);
	}
	if (suspended)
		books_event(world, SCHEDULE_ON_RESUME);
}

void books_continue(struct world *world, size_t number, const struct schedule *schedule)
{
	struct book *book = &world->books[number];

	book->cursor = grid_after(schedule, book->accounted);
	if (is_standstill(world, number, schedule))
		book->cursor = first_after(schedule, world->wall);
}

/* What is not of a grid begins now, or with a longer or a shorter span where the last one did. */
static void begin_other(struct world *world, struct book *book, const struct schedule *schedule)
{
	usec_t due = world->wall - schedule->delay;

	account_for(book, book->since);
	book->cursor = NONE;
	if (schedule->kind == SCHEDULE_AFTER) {
		book->cursor = book->since + schedule->interval;
		if (book->cursor < due)
			book->cursor = due;
	}
}

/* The slots of a job that is new, or has others than before: what was due by now does not count,
   nor do those before the last one that was acted on, as long as that is not far in the future. */
void books_begin(struct world *world, size_t number, const struct schedule *schedule)
{
	struct book *book = &world->books[number];
	usec_t due = world->wall - schedule->delay;

	if (!schedule_is_grid(schedule)) {
		begin_other(world, book, schedule);
		return;
	}
	account_for(book, due);
	if (book->may_wait.n > 0)
		account_for(book, slots_last(&book->may_wait));
	books_continue(world, number, schedule);
}

/* The same in a life. A job that begins anew may come to slots that it had before. */
static void begin_slots(struct world *world, size_t number, const struct schedule *before,
			const struct schedule *schedule)
{
	struct book *book = &world->books[number];
	struct record_job *job = &world->record.jobs[number];

	book->since = world->wall;
	if (before && before->kind == SCHEDULE_AFTER && book->cursor != NONE)
		book->since = book->cursor - before->interval;
	if (!book->job) {
		book->accounted = INT64_MIN;
		if (job->started.n > 0 && slots_last(&job->started) >= job->again)
			job->again = slots_last(&job->started) + 1;
	}
	books_begin(world, number, schedule);
}

static void post_dropped(struct world *world, size_t number, const struct slots *slots)
{
	for (size_t i = 0; i < slots->n; i++)
		record_post(&world->record, &(struct posting){
						    .kind = POST_DROPPED,
						    .job = number,
						    .range = slots->ranges[i],
					    });
}

/* All that wait are those that there are now, from the first one on. */
static void renew_waiting(struct world *world, size_t number, const struct schedule *schedule)
{
	struct book *book = &world->books[number];
	usec_t due = world->wall - schedule->delay;
	usec_t first = slots_first(&book->may_wait);

	post_dropped(world, number, &book->may_wait);
	account_for(book, first - 1);
	book->since = first - 1;
	book->renewed = true;
	for (size_t i = 0; i < book->may_wait.n; i++)
		slots_take(&book->open, book->may_wait.ranges[i]);
	slots_clear(&book->may_wait);
	book->cursor = grid_after(schedule, due > book->accounted ? due : book->accounted);
	if (is_standstill(world, number, schedule))
		book->cursor = first_after(schedule, world->wall);
	grid_add(schedule, first - 1, book->cursor - 1, &book->may_wait);
	slots_add_all(&book->open, &book->may_wait);
}

/* The zone has other data: what is due by now, by these alone, does not count. `last`: of those
   that waited before the load, of which a new policy may have given up some. */
static void renew_slots(struct world *world, size_t number, const struct job_plan *plan,
			usec_t last)
{
	struct book *book = &world->books[number];

	if (plan->catch_up == CATCH_UP_ALL && book->may_wait.n > 0) {
		renew_waiting(world, number, &plan->schedule);
		return;
	}
	post_dropped(world, number, &book->may_wait);
	if (book->may_wait.n > 0)
		record_post(&world->record, &(struct posting){
						    .kind = POST_OPEN,
						    .job = number,
						    .at = slots_first(&book->may_wait),
					    });
	if (last != NONE)
		account_for(book, last);
	books_begin(world, number, &plan->schedule);
}

static bool same_job(const struct job_plan *a, const struct job_plan *b)
{
	return schedule_equal(&a->schedule, &b->schedule) && a->overlap == b->overlap &&
	       a->max_running == b->max_running && a->group == b->group &&
	       a->command % 2 == b->command % 2 && a->retries == b->retries &&
	       a->retry_backoff == b->retry_backoff && a->retry_delay == b->retry_delay &&
	       a->retry_max_delay == b->retry_max_delay &&
	       a->retry_timeouts_only == b->retry_timeouts_only && a->hooks == b->hooks &&
	       a->mail == b->mail && a->mail_when == b->mail_when &&
	       a->notify_when == b->notify_when && a->notify_after == b->notify_after &&
	       a->expect_within == b->expect_within && a->catch_up == b->catch_up &&
	       a->catch_up_window == b->catch_up_window;
}

/* Is the timer that of the slot, or of the end of the pause? */
static bool has_right_timer(const struct book *book, const struct schedule *schedule)
{
	const struct job_tail *tail = engine_job_tail(book->job);
	usec_t at = usec_add(book->cursor, schedule->delay);

	if (book->paused && book->until < at)
		at = book->until;
	return tail->armed ? tail->at == at : at == NONE;
}

/* A job that changes is looked at if its timer is not right any more. */
static void look_at_timers(struct world *world, const struct plan *plan)
{
	for (size_t i = 0; world->loaded && i < plan->n_jobs; i++) {
		const struct job_plan *before = &world->plan.jobs[i];
		const struct job_plan *after = &plan->jobs[i];
		struct book *book = &world->books[i];

		book->looked_at = before->present && after->present && !same_job(before, after) &&
				  (!has_right_timer(book, &after->schedule) ||
				   (book->paused && book->until <= world->wall));
	}
}

void books_load(struct world *world, const struct plan *plan)
{
	bool again = world->loaded;

	world->diff = (struct engine_diff){0};
	if (world->stopping)
		return;
	for (size_t i = 0; i < plan->n_jobs; i++) {
		const struct job_plan *after = &plan->jobs[i];
		const struct job_plan *before = world->loaded ? &world->plan.jobs[i] : NULL;
		bool was = before && before->present;
		usec_t last;

		world->diff.added += !was && after->present;
		world->diff.removed += was && !after->present;
		world->diff.unchanged += was && after->present && same_job(before, after);
		world->diff.changed += was && after->present && !same_job(before, after);
		if (world->loaded && after->present &&
		    !(was && grid_same(&before->schedule, &after->schedule)))
			begin_slots(world, i, was ? &before->schedule : NULL, &after->schedule);
		last = slots_last(&world->books[i].may_wait);
		if (was)
			catchup_load(world, i, before, after);
		if (was && after->present && grid_same(&before->schedule, &after->schedule) &&
		    !grid_same_slots(&before->schedule, &after->schedule))
			renew_slots(world, i, after, last);
		if (!after->present)
			world->books[i].paused = false;
	}
	telling_load(world, plan);
	look_at_timers(world, plan);
	for (size_t i = 0; i < WORLD_GROUPS; i++)
		if (plan->limits[i] > 0)
			world->group_limit[i] = plan->limits[i];
	plan_done(&world->plan);
	world->plan = plan_copy(plan);
	for (size_t i = 0; i < plan->n_jobs; i++)
		if (world->books[i].looked_at)
			books_due(world, i, REASON_LATE);
	world->loaded = true;
	world->loads++;
	if (again)
		books_event(world, SCHEDULE_ON_RELOAD);
}

unsigned books_limit(const struct job_plan *plan)
{
	return plan->overlap == OVERLAP_ALLOW && plan->schedule.kind != SCHEDULE_AFTER
		       ? plan->max_running
		       : 1;
}

static void take_in_hand(struct book *book, usec_t slot)
{
	slots_add(&book->in_hand, (struct range){slot, 1, 1});
}

static void check_waiting_run(struct world *world, struct engine_run *run)
{
	struct run_tail *tail = engine_run_tail(run);
	int group = group_number(run->def);
	bool between = tail->state == POOL_BETWEEN;
	bool waits = run->state == RUN_WAITING;

	if ((run->state == RUN_BACKOFF) != (tail->retry_at > 0) || (tail->retry_at > 0 && !between))
		world_fail(world, "run %d: its timer is wrong", (int)run->id);
	if (waits != (tail->state == POOL_NEVER || (between && tail->retry_at == 0)))
		world_fail(world, "run %d waits, or does it?", (int)run->id);
	/* What a life before this one has left waits for room as what is tried again does. */
	if (waits && group < 0 && !between && run->id > world->first_id)
		world_fail(world, "run %d waits for no group", (int)run->id);
	if (waits && (group < 0 || world->group_running[group] < world->group_limit[group]) &&
	    world->n_pool < (size_t)world->plan.workers + world->plan.queue)
		world_fail(world, "run %d waits though there is room", (int)run->id);
	if (waits && tail->line == 0)
		tail->line = ++world->lines;
	world->n_waiting += waits;
	world->n_backed_off += run->attempt > 1 || between;
}

/* Its slot is one of the schedule's; one that was asked for has nothing to do with these. */
static void take_scheduled(struct world *world, struct book *book, const struct engine_run *run)
{
	take_in_hand(book, run->slot);
	if (run->id > world->last_id)
		account_for(book, run->slot);
	if (run->id > world->last_id && book->paused && !lives_had_accepted(world, run))
		world_fail(world, "%s is paused, but starts", run->def->name);
	if (run->id > book->newest)
		book->newest = run->id;
}

static bool check_run(void *ctx, struct engine_run *run)
{
	struct world *world = ctx;
	struct book *book = &world->books[job_number(run->def)];

	if (engine_run_is_notice(run)) {
		telling_check_notice(world, run);
		return true;
	}
	/* Those of lives before this one come in the order of their jobs. */
	if (run->id > world->first_id && run->id <= world->id_before)
		world_fail(world, "run %d is behind run %d", (int)run->id, (int)world->id_before);
	if (run->id > world->first_id)
		world->id_before = run->id;
	if (!run->manual)
		take_scheduled(world, book, run);
	check_waiting_run(world, run);
	world->n_live++;
	book->live++;
	if (run->id > world->newest_id)
		world->newest_id = run->id;
	return true;
}

/* It is never without a slot, unless something of it is under way: then it has none. */
static void follow(struct world *world, const struct engine_job *job)
{
	const struct schedule *schedule = &job->def->schedule;
	struct book *book = &world->books[job_number(job->def)];
	bool busy = book->live > 0 || job->held != NONE || job->backlog != NONE;

	if (schedule->kind != SCHEDULE_AFTER)
		return;
	if (busy)
		book->cursor = NONE;
	else if (book->cursor == NONE)
		book->cursor = world->wall + schedule->interval;
	if (!busy && world->wall - world->elapsed == world->ahead &&
	    book->cursor > world->wall + schedule->interval)
		world_fail(world, "%s: it waits for more than its span", job->def->name);
}

static void check_timer(struct world *world, const struct engine_job *job)
{
	const struct book *book = &world->books[job_number(job->def)];
	const struct job_tail *tail = engine_job_tail(book->job);
	usec_t at = usec_add(job->next, job->def->schedule.delay);

	if (job->next != book->cursor)
		world_fail(world, "%s: armed for %lld instead of %lld", job->def->name,
			   (long long)job->next, (long long)book->cursor);
	if ((job->pause != NULL) != book->paused ||
	    (book->paused && job->pause->until != book->until))
		world_fail(world, "%s: it is paused, or is it?", job->def->name);
	if (book->paused && book->until < at)
		at = book->until;
	if (tail->armed != (at != NONE) || (tail->armed && tail->at != at))
		world_fail(world, "%s: the timer is not that of the slot", job->def->name);
}

static void check_held(struct world *world, const struct engine_job *job)
{
	size_t number = job_number(job->def);
	struct book *book = &world->books[number];

	if (job->held != NONE && job->held != book->held)
		account_for(book, job->held);
	book->held = job->held;
	if (job->held == NONE)
		return;
	if (book->live < books_limit(&world->plan.jobs[number]) && !book->paused)
		world_fail(world, "%s: slot %lld is held for nothing", job->def->name,
			   (long long)job->held);
	take_in_hand(book, job->held);
}

static bool check_job(void *ctx, struct engine_job *job)
{
	struct world *world = ctx;
	size_t number = job_number(job->def);
	struct book *book = &world->books[number];
	const struct job_tail *tail = engine_job_tail(job);

	if (!world->plan.jobs[number].present || book->job != job)
		world_fail(world, "%s is not in the plan", job->def->name);
	if (tail->armed && world->stopping)
		world_fail(world, "%s: its timer is wrong", job->def->name);
	if (world->stopping)
		return true;
	if (shell_records(world) && !grid_same(&book->known, &job->def->schedule))
		world_fail(world, "%s is not on record", job->def->name);
	streaks_check(world, job);
	telling_check_job(world, job);
	follow(world, job);
	check_timer(world, job);
	check_held(world, job);
	catchup_check_job(world, job);
	return true;
}

static void check_totals(struct world *world)
{
	const struct engine_counters *counters = engine_counters(world->engine);
	size_t total = engine_submitted(world->engine) + engine_waiting(world->engine);
	struct engine_job *job;
	usec_t earliest = NONE;

	if (memcmp(counters->verdicts, world->verdicts, sizeof(world->verdicts)) != 0 ||
	    counters->started != world->started || counters->retries != world->retries)
		world_fail(world, "the counters are wrong");
	if (engine_submitted(world->engine) != world->n_pool)
		world_fail(world, "%zu submitted instead of %zu", engine_submitted(world->engine),
			   world->n_pool);
	if (world->event->kind == ENGINE_FINISHED && world->in_burst &&
	    total <= world->plan.workers + world->plan.queue / 2)
		world_fail(world, "a burst does not end");
	if (!world->in_burst && world->refused > 0)
		world_fail(world, "refused outside a burst");
	for (size_t i = 0; world->loaded && i < world->plan.n_jobs; i++) {
		const struct job_tail *tail;

		if (!world->books[i].job)
			continue;
		tail = engine_job_tail(world->books[i].job);
		if (tail->armed && tail->at < earliest)
			earliest = tail->at;
	}
	if (engine_next_due(world->engine, &job) != earliest)
		world_fail(world, "the agenda and the timers differ");
	if (world->stopping && world->n_pool == 0 && !world->drained)
		world_fail(world, "nothing runs, but it is not drained");
	if (world->drained && (world->n_notices > 0 || world->n_backed_off > 0))
		world_fail(world, "it is drained, but something is left");
}

/* What a check finds out. */
static void clear(struct book *book)
{
	book->live = 0;
	book->renewed = false;
	book->has_turn = false;
	book->newest = 0;
	slots_clear(&book->in_hand);
	slots_clear(&book->waiting);
	book->waits = NULL;
	book->waits_with_alarm = false;
	book->waited_unheard = book->waits_unheard;
	book->waits_unheard = false;
	book->waits_with_missed = 0;
}

/* Each open slot is in hand, or waits, or is one of those that ran not: of these there are as many.
 */
static void check_slots(struct world *world, size_t number)
{
	struct book *book = &world->books[number];
	struct slots *left = &book->open;

	slots_add_all(&book->in_hand, &book->waiting);
	for (size_t i = 0; i < book->in_hand.n; i++) {
		struct range range = book->in_hand.ranges[i];

		if (slots_take(left, range) < range.count)
			world_fail(world, "job %zu: slot %lld is in hand, but not open", number,
				   (long long)range.first);
	}
	if (slots_count(left) != book->grown)
		world_fail(world, "job %zu: %d slots are in nobody's hands, %d ran not", number,
			   (int)slots_count(left), (int)book->grown);
	if (left->n > 0)
		account_for(book, slots_last(left));
	catchup_check_slots(world, number, left);
	if (book->unrecorded > 0 && book->unrecorded != book->grown)
		world_fail(world, "job %zu: some are cancelled, some are not", number);
	for (size_t i = 0; book->unrecorded == 0 && i < left->n; i++)
		books_post_settled(world, number, left->ranges[i]);
	slots_clear(left);
	slots_add_all(left, &book->in_hand);
	book->grown = book->unrecorded = 0;
}

/* What nobody but the engine remembers has to be on record. */
static void post_truth(struct world *world, size_t number)
{
	struct book *book = &world->books[number];
	struct job_facts facts = {book->failures, book->told, book->paused,
				  book->paused ? book->until : 0};

	if (!book->job ||
	    (facts.failures == book->posted.failures && facts.told == book->posted.told &&
	     facts.paused == book->posted.paused && facts.until == book->posted.until))
		return;
	book->posted = facts;
	record_post(&world->record,
		    &(struct posting){.kind = POST_TRUTH, .job = number, .facts = facts});
}

/* One that is not armed has not been seen yet. */
static bool meet_job(void *ctx, struct engine_job *job)
{
	struct world *world = ctx;
	struct book *book = &world->books[job_number(job->def)];

	if (!book->job)
		book->job = job;
	return true;
}

void books_check(struct world *world)
{
	for (size_t i = 0; world->loaded && i < world->plan.n_jobs; i++)
		clear(&world->books[i]);
	world->n_notices = 0;
	world->n_backed_off = 0;
	world->n_telling = 0;
	world->n_lined_up = 0;
	world->n_waiting = 0;
	world->n_live = 0;
	world->id_before = 0;
	if (world->event->kind == ENGINE_LOAD)
		engine_each_job(world->engine, meet_job, world);
	engine_each_run(world->engine, check_run, world);
	engine_each_job(world->engine, check_job, world);
	for (size_t i = 0; world->loaded && i < world->plan.n_jobs; i++) {
		const struct book *book = &world->books[i];

		if (book->newest > world->last_id && book->live > books_limit(&world->plan.jobs[i]))
			world_fail(world, "job %zu runs %u at a time", i, book->live);
		check_slots(world, i);
		post_truth(world, i);
	}
	if (engine_waiting(world->engine) != world->n_waiting)
		world_fail(world, "%zu wait, %zu counted", world->n_waiting,
			   engine_waiting(world->engine));
	if (world->n_live != world->n_accepted)
		world_fail(world, "%zu runs are live, %zu are on record as such", world->n_live,
			   world->n_accepted);
	if (world->n_backed_off != world->backed_off)
		world_fail(world, "%zu runs are tried again instead of %zu", world->n_backed_off,
			   world->backed_off);
	world->last_id = world->newest_id;
	catchup_check(world);
	telling_check(world);
	check_totals(world);
}
