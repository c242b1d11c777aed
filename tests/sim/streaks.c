/* Occurrences that do not run: the books of streaks. */
#include "world_internal.h"

/* Was it right not to run the occurrence? */
static void check_streak(struct world *world, const struct engine_job *job,
			 const struct engine_streak *streak)
{
	const struct job_plan *plan = &world->plan.jobs[job_number(job->def)];
	size_t total = engine_submitted(world->engine) + engine_waiting(world->engine);
	const struct engine_event *ended =
		world->event->kind == ENGINE_FINISHED ? world->event : NULL;
	bool right = false;

	switch (streak->reason) {
	case REASON_OVERLAP:
		right = plan->overlap == OVERLAP_SKIP && job->live > 0;
		break;
	case REASON_MAX_RUNNING:
		right = plan->overlap == OVERLAP_ALLOW && job->live >= plan->max_running;
		break;
	case REASON_HELD:
		right = plan->overlap == OVERLAP_QUEUE && job->live > 0;
		break;
	case REASON_REPLACED:
		right = (plan->overlap == OVERLAP_REPLACE && job->live > 0) ||
			(ended && ended->result->kind == RESULT_NOT_STARTED &&
			 ((struct run_tail *)engine_run_tail(ended->run))->cancelled ==
				 REASON_REPLACED);
		break;
	case REASON_NO_RESOURCES:
		right = ended && ended->result->kind == RESULT_NO_RESOURCES;
		break;
	case REASON_QUEUE_FULL:
		right = total >= (size_t)world->plan.workers + world->plan.queue;
		/* An idle worker takes more, unless a lowered bound is far exceeded. */
		if (plan->group < 0 && world->event->kind == ENGINE_DUE)
			right = right &&
				(world->n_pool >= world->plan.workers ||
				 total >= 2 * (size_t)world->plan.workers + world->plan.queue);
		break;
	case REASON_REMOVED:
		right = !plan->present;
		break;
	case REASON_STOPPING:
		right = world->stopping;
		break;
	case REASON_CONDITION:
		right = ended && ended->result->kind == RESULT_UNWANTED;
		break;
	default:
		break;
	}
	if (!right)
		world_fail(world, "%s: %s because %s, but that is not so", job->def->name,
			   verdict_info(streak->verdict)->name, reason_text(streak->reason));
}

static bool is_missed(const struct engine_streak *streak)
{
	return streak->reason != REASON_CONDITION && streak->verdict != VERDICT_CANCELLED;
}

/* Books what has come to a streak since it was looked at last. It names the first; the others are
   those slots that nobody has in hand after the step. */
static void book_streak(struct world *world, const struct engine_job *job,
			const struct engine_streak *streak)
{
	size_t number = job_number(job->def);
	struct book *book = &world->books[number];

	for (; book->streak < streak->count; book->streak++) {
		if (streak->reason == REASON_QUEUE_FULL)
			world->refused++;
		if (book->streak == 0) {
			books_settle(world, number, streak->first, streak->verdict, streak->reason);
		} else {
			book->grown++;
			world->verdicts[streak->verdict]++;
			world->reasons[streak->reason]++;
		}
		if (is_missed(streak))
			telling_missed(world, number, 1, book->streak == 0);
	}
	if (streak->count < book->streak)
		world_fail(world, "%s: a streak of %d after one of %d", job->def->name,
			   (int)streak->count, (int)book->streak);
}

/* Those that the streak did not name. */
void streaks_settle(struct book *book)
{
	for (size_t i = 0; book->grown > 0 && i < book->n_open;) {
		if (book->open[i].in_hand) {
			i++;
			continue;
		}
		book->open[i] = book->open[--book->n_open];
		book->grown--;
	}
}

void streaks_look(struct world *world, const struct engine_job *job)
{
	book_streak(world, job, &job->streak);
}

static void book_coalesced(struct world *world, const struct engine_job *job,
			   const struct engine_streak *streak)
{
	size_t number = job_number(job->def);
	usec_t interval = world->plan.jobs[number].schedule.interval;
	uint64_t count = 0;

	for (usec_t slot = streak->first; slot <= streak->last; slot += interval, count++)
		books_settle(world, number, slot, VERDICT_COALESCED, REASON_LATE);
	if (count != streak->count)
		world_fail(world, "%s: %d coalesced, counted %d", job->def->name, (int)count,
			   (int)streak->count);
	telling_missed(world, number, count, true);
}

void streaks_effect(struct world *world, const struct effect *effect)
{
	struct book *book = &world->books[job_number(effect->job->def)];
	bool begins = effect->kind == EFFECT_STREAK_BEGIN;

	if (effect->streak->verdict == VERDICT_COALESCED) {
		if (begins || book->streak > 0)
			world_fail(world, "coalescing inside a streak");
		book_coalesced(world, effect->job, effect->streak);
		return;
	}
	if (begins && (book->streak > 0 || effect->streak->count != 1))
		world_fail(world, "%s: a streak inside a streak", effect->job->def->name);
	if (begins)
		check_streak(world, effect->job, effect->streak);
	book_streak(world, effect->job, effect->streak);
	if (!begins)
		book->streak = 0;
}
