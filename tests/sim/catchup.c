/* Slots that nobody acted on at their time: what becomes of them, by the definition of it, and how
   those that are caught up follow each other. */
#include "world_internal.h"

/* So often each second is somebody caught up at most; beyond that rate there are several at once.
 */
#define TICKS_MAX 100

/* With one slot at a time all are the last. */
static enum catch_up_policy how(const struct job_plan *plan)
{
	return plan->catch_up == CATCH_UP_ALL && !schedule_is_grid(&plan->schedule)
		       ? CATCH_UP_LAST
		       : plan->catch_up;
}

static void expect_fate(struct book *book, enum fate fate, enum reason reason,
			const struct slots *slots)
{
	slots_add_all(&book->expected[fate], slots);
	book->reasons[fate] |= 1U << reason;
}

/* Takes those that are older than the window allows. */
static void expect_window(struct world *world, size_t number, struct slots *slots, enum fate fate,
			  enum reason reason)
{
	const struct job_plan *plan = &world->plan.jobs[number];
	struct slots old = {0};

	if (plan->catch_up_window == 0)
		return;
	slots_take_before(slots, world->wall - plan->schedule.delay - plan->catch_up_window, &old);
	expect_fate(&world->books[number], fate, reason, &old);
	slots_done(&old);
}

/* Takes all but the last: of those of a grid that is the latest, of others the one that was last to
   come. */
static void expect_all_but_last(struct world *world, size_t number, struct slots *slots,
				const struct slots *fresh, enum fate fate, enum reason reason)
{
	struct book *book = &world->books[number];
	bool by_time = schedule_is_grid(&world->plan.jobs[number].schedule) || fresh->n == 0;
	struct range last = {slots_last(by_time ? slots : fresh), 1, 1};
	struct slots before = {0};

	if (slots->n == 0)
		return;
	slots_add_all(&before, slots);
	slots_take(&before, last);
	slots_clear(slots);
	slots_add(slots, last);
	expect_fate(book, fate, reason, &before);
	slots_done(&before);
}

/* Slots that have become due while the job is paused. */
static void expect_paused(struct world *world, size_t number, const struct slots *fresh)
{
	struct book *book = &world->books[number];
	struct slots *wait = &book->may_wait;

	if (fresh->n == 0)
		return;
	slots_add_all(wait, fresh);
	book->waits_because = REASON_PAUSED;
	switch (how(&world->plan.jobs[number])) {
	case CATCH_UP_NONE:
		expect_fate(book, FATE_PAUSED, REASON_PAUSED, wait);
		slots_clear(wait);
		break;
	case CATCH_UP_LAST:
		expect_all_but_last(world, number, wait, fresh, FATE_PAUSED, REASON_PAUSED);
		break;
	case CATCH_UP_ALL:
		expect_window(world, number, wait, FATE_PAUSED, REASON_PAUSED);
		break;
	}
}

/* Found in time: the last runs, unless others wait that come before it. */
static void expect_in_time(struct world *world, size_t number, const struct slots *fresh)
{
	struct book *book = &world->books[number];
	struct slots *wait = &book->may_wait;

	if (how(&world->plan.jobs[number]) == CATCH_UP_ALL) {
		if (wait->n == 0 && slots_count(fresh) == 1)
			return;
		if (wait->n == 0)
			book->waits_because = REASON_LATE;
		slots_add_all(wait, fresh);
		return;
	}
	expect_fate(book, FATE_COALESCED, book->waits_because, wait);
	slots_clear(wait);
	slots_add_all(wait, fresh);
	expect_all_but_last(world, number, wait, fresh, FATE_COALESCED, REASON_LATE);
	slots_clear(wait);
}

void catchup_again(struct world *world, size_t number)
{
	struct book *book = &world->books[number];

	if (how(&world->plan.jobs[number]) == CATCH_UP_ALL)
		return;
	expect_fate(book, FATE_COALESCED, book->waits_because, &book->may_wait);
	slots_clear(&book->may_wait);
}

/* Found too late, or in the past: they wait, by the job's policy. */
static void expect_late(struct world *world, size_t number, const struct slots *fresh,
			enum reason reason)
{
	struct book *book = &world->books[number];
	struct slots *wait = &book->may_wait;
	enum reason waited_because = book->waits_because;
	bool waited = wait->n > 0;

	slots_add_all(wait, fresh);
	expect_window(world, number, wait, FATE_WINDOW, REASON_WINDOW);
	switch (how(&world->plan.jobs[number])) {
	case CATCH_UP_NONE:
		expect_fate(book, FATE_MISSED, reason, wait);
		slots_clear(wait);
		break;
	case CATCH_UP_LAST:
		if (waited)
			book->reasons[FATE_COALESCED] |= 1U << waited_because;
		expect_all_but_last(world, number, wait, fresh, FATE_COALESCED, reason);
		book->waits_because = reason;
		break;
	case CATCH_UP_ALL:
		if (!waited)
			book->waits_because = reason;
		break;
	}
}

/* Those that are due now. */
void catchup_expect(struct world *world, size_t number, const struct slots *fresh,
		    enum reason reason)
{
	struct book *book = &world->books[number];
	usec_t late = CATCHUP_IN_TIME + 1;

	if (fresh->n > 0 && reason != REASON_DOWN)
		late = world->wall - world->plan.jobs[number].schedule.delay - slots_last(fresh);

	if (book->paused && book->until <= world->wall)
		catchup_resume(world, number);
	if (book->paused)
		expect_paused(world, number, fresh);
	else if (late <= CATCHUP_IN_TIME)
		expect_in_time(world, number, fresh);
	else if (fresh->n > 0)
		expect_late(world, number, fresh, reason);
}

/* Another policy. */
void catchup_load(struct world *world, size_t number, const struct job_plan *before,
		  const struct job_plan *after)
{
	struct book *book = &world->books[number];
	struct slots *wait = &book->may_wait;
	enum reason reason = book->paused ? REASON_PAUSED : book->waits_because;
	const struct slots none = {0};

	book->withdrawn = !after->present || !grid_same(&before->schedule, &after->schedule);
	if (book->withdrawn)
		slots_clear(wait);
	if (wait->n == 0 || how(before) == how(after))
		return;
	switch (how(after)) {
	case CATCH_UP_NONE:
		expect_fate(book, book->paused ? FATE_PAUSED : FATE_MISSED, reason, wait);
		slots_clear(wait);
		break;
	case CATCH_UP_LAST:
		expect_all_but_last(world, number, wait, &none,
				    book->paused ? FATE_PAUSED : FATE_COALESCED, reason);
		break;
	case CATCH_UP_ALL:
		/* One that others have overtaken is held from now on. */
		slots_take_before(wait, usec_add(book->accounted, 1), NULL);
		break;
	}
}

/* With CATCH_UP_ALL runs that had been accepted are at once, in order, as if they were due now. */
static void find_accepted(struct world *world, size_t number, struct slots *slots)
{
	const struct book *book = &world->books[number];
	struct slots accepted = {0};

	if (how(&world->plan.jobs[number]) != CATCH_UP_ALL)
		return;
	slots_take_before(slots, usec_add(book->accounted, 1), &accepted);
	if (!book->paused || book->until <= world->wall)
		expect_window(world, number, &accepted, FATE_WINDOW, REASON_WINDOW);
	slots_done(&accepted);
}

void catchup_find(struct world *world, size_t number, bool continued)
{
	const struct record_job *job = &world->record.jobs[number];
	struct slots slots = {0};

	if (!continued) {
		catchup_expect(world, number, &slots, REASON_DOWN);
		return;
	}
	slots_add_all(&slots, &world->books[number].open);
	for (size_t i = 0; i < job->n_rows; i++)
		if (job->rows[i].state != ROW_ACCEPTED && !job->rows[i].manual)
			slots_take(&slots, (struct range){job->rows[i].slot, 1, 1});
	find_accepted(world, number, &slots);
	catchup_expect(world, number, &slots, REASON_DOWN);
	slots_done(&slots);
}

void catchup_pause(struct world *world, size_t number, usec_t until)
{
	struct book *book = &world->books[number];

	if (world->stopping || !world->plan.jobs[number].present)
		return;
	/* That is over already. */
	if (until <= world->wall) {
		catchup_resume(world, number);
		return;
	}
	book->paused = true;
	book->until = until;
}

void catchup_resume(struct world *world, size_t number)
{
	struct book *book = &world->books[number];

	if (!book->paused || world->stopping)
		return;
	book->paused = false;
	book->waits_because = REASON_PAUSED;
	expect_window(world, number, &book->may_wait, FATE_PAUSED, REASON_PAUSED);
}

void catchup_withdraw(struct world *world, size_t number)
{
	struct book *book = &world->books[number];

	if (world->stopping || !world->plan.jobs[number].present)
		return;
	book->withdrawn = true;
	slots_clear(&book->may_wait);
}

void catchup_came(struct world *world, size_t number, const struct engine_streak *streak,
		  uint64_t count)
{
	static const unsigned char verdicts[VERDICT_COUNT] = {
		[VERDICT_COALESCED] = 1 + FATE_COALESCED,
		[VERDICT_MISSED] = 1 + FATE_MISSED,
		[VERDICT_PAUSED] = 1 + FATE_PAUSED,
	};
	struct book *book = &world->books[number];
	int fate = verdicts[streak->verdict] - 1;

	if (fate < 0)
		return;
	if (fate == FATE_MISSED && streak->reason == REASON_WINDOW)
		fate = FATE_WINDOW;
	else if (!(book->reasons[fate] >> streak->reason & 1))
		world_fail(world, "job %zu: %s because %s, but that is not so", number,
			   verdict_info(streak->verdict)->name, reason_text(streak->reason));
	book->came_to[fate] += count;
}

void catchup_timer(struct world *world, usec_t span)
{
	unsigned rate = world->plan.catch_up_rate;

	if (world->catch_up_at > 0 || world->stopping)
		world_fail(world, "another timer to catch up");
	if (rate == 0 ||
	    span != (rate <= TICKS_MAX ? USEC_PER_SEC / rate : USEC_PER_SEC / TICKS_MAX))
		world_fail(world, "the next is caught up after %lld", (long long)span);
	world->catch_up_at = world->elapsed + span;
}

/* --- after a step --- */

void catchup_check_job(struct world *world, const struct engine_job *job)
{
	size_t number = job_number(job->def);
	const struct job_plan *plan = &world->plan.jobs[number];
	struct book *book = &world->books[number];
	bool blocked = how(plan) == CATCH_UP_ALL &&
		       (book->live >= books_limit(plan) ||
			engine_submitted(world->engine) + engine_waiting(world->engine) >=
				(size_t)world->plan.workers + world->plan.queue);

	if (job->backlog == USEC_INFINITY)
		return;
	if (how(plan) == CATCH_UP_ALL)
		grid_add(&plan->schedule, job->backlog - 1, job->next - 1, &book->waiting);
	else
		slots_add(&book->waiting, (struct range){job->backlog, 1, 1});
	book->has_turn = !book->paused && !blocked;
	world->n_caught_up += book->has_turn;
	if (book->paused == job->in_line && (book->paused || !blocked))
		world_fail(world, "%s: it is in line to be caught up, or is it?", job->def->name);
}

static uint64_t count_in(const struct slots *slots, const struct slots *in)
{
	struct slots copy = {0};
	uint64_t n = 0;

	slots_add_all(&copy, in);
	for (size_t i = 0; i < slots->n; i++)
		n += slots_take(&copy, slots->ranges[i]);
	slots_done(&copy);
	return n;
}

/* Of those that were caught up in this step: their turn may have come too late. */
static void check_released(struct world *world, size_t number, struct slots *gone,
			   const struct slots *left)
{
	const struct job_plan *plan = &world->plan.jobs[number];
	struct book *book = &world->books[number];

	if (book->waiting.n > 0 && gone->n > 0 && slots_last(gone) > slots_first(&book->waiting))
		world_fail(world, "job %zu: slot %lld is caught up before %lld", number,
			   (long long)slots_last(gone), (long long)slots_first(&book->waiting));
	expect_window(world, number, gone, FATE_WINDOW, REASON_WINDOW);
	if (how(plan) == CATCH_UP_ALL && count_in(gone, left) > 0)
		world_fail(world, "job %zu: slot %lld is caught up, but does not run", number,
			   (long long)slots_first(gone));
	world->n_released += slots_count(gone);
	if (gone->n > 0)
		book->passed_by = 0;
}

static void check_fates(struct world *world, size_t number, const struct slots *left)
{
	struct book *book = &world->books[number];
	static const char *const names[] = {"coalesced", "missed", "out of the window", "paused"};

	for (int fate = 0; fate < FATE_COUNT; fate++) {
		const struct slots *expected = &book->expected[fate];
		uint64_t count = slots_count(expected);

		if (book->came_to[fate] != count)
			world_fail(world, "job %zu: %d slots %s instead of %d", number,
				   (int)book->came_to[fate], names[fate], (int)count);
		if (count_in(expected, left) != count)
			world_fail(world, "job %zu: other slots than those are %s", number,
				   names[fate]);
	}
}

void catchup_check_slots(struct world *world, size_t number, const struct slots *left)
{
	struct book *book = &world->books[number];
	struct slots gone = {0};

	slots_add_all(&gone, &book->may_wait);
	for (size_t i = 0; i < book->waiting.n; i++)
		slots_take(&gone, book->waiting.ranges[i]);
	if (!world->stopping && book->job && !book->withdrawn)
		check_released(world, number, &gone, left);
	check_fates(world, number, left);

	slots_clear(&book->may_wait);
	slots_add_all(&book->may_wait, &book->waiting);
	for (int fate = 0; fate < FATE_COUNT; fate++) {
		slots_clear(&book->expected[fate]);
		book->came_to[fate] = 0;
		book->reasons[fate] = 0;
	}
	book->withdrawn = false;
	slots_done(&gone);
}

/* So many may follow at once. */
static uint64_t at_once(const struct world *world)
{
	unsigned rate = world->plan.catch_up_rate;

	return rate == 0 ? UINT64_MAX : rate <= TICKS_MAX ? 1 : (rate + TICKS_MAX - 1) / TICKS_MAX;
}

/* Jobs take turns. There may be two lines, one of those that wait for room besides: hence twice. */
static void check_turns(struct world *world)
{
	for (size_t i = 0; i < world->plan.n_jobs; i++) {
		struct book *book = &world->books[i];

		book->passed_by = book->has_turn ? book->passed_by + world->n_released : 0;
		if (book->passed_by > 2 * world->plan.n_jobs + world->n_released)
			world_fail(world, "job %zu is passed by %d times", i, (int)book->passed_by);
	}
}

void catchup_check(struct world *world)
{
	bool turn = !world->catch_up_was_on;
	bool paced = world->plan.catch_up_rate > 0;

	if (world->n_released > (turn ? at_once(world) : 0))
		world_fail(world, "%d are caught up at once", (int)world->n_released);
	if (world->n_caught_up > 0 && world->catch_up_at == 0)
		world_fail(world, "nobody will be caught up");
	/* After the last one too: who has more to catch up lines up when its run has ended. */
	if (turn && (world->catch_up_at > 0) != (world->n_released > 0 && paced))
		world_fail(world, "there is a timer to catch up, or is there?");
	check_turns(world);
	world->released += world->n_released;
	world->n_released = world->n_caught_up = 0;
	world->catch_up_was_on = world->catch_up_at > 0;
}
