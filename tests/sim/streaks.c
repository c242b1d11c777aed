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
		right = plan->overlap == OVERLAP_ALLOW && job->live >= books_limit(plan);
		break;
	case REASON_HELD:
		right = (plan->overlap == OVERLAP_QUEUE && job->live > 0) ||
			plan->schedule.kind == SCHEDULE_ON; /* see books.c */
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
	case REASON_OPERATOR:
		right = world->event->kind == ENGINE_WITHDRAW && world->event->job == job &&
			streak->verdict == VERDICT_CANCELLED;
		break;
	case REASON_RESCHEDULED:
		right = world->event->kind == ENGINE_LOAD && plan->present;
		break;
	case REASON_LATE:
	case REASON_DOWN:
	case REASON_STEPPED:
	case REASON_WINDOW:
	case REASON_PAUSED:
		right = true; /* see catchup.c */
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
	return streak->reason != REASON_CONDITION && streak->verdict != VERDICT_CANCELLED &&
	       streak->verdict != VERDICT_PAUSED;
}

static bool is_last_word(const struct engine_streak *streak)
{
	return streak->verdict != VERDICT_CANCELLED || streak->reason != REASON_STOPPING;
}

/* One that begins has a number that no other has had; one that grows keeps its own. */
static void check_id(struct world *world, struct book *book, const struct engine_streak *streak)
{
	if (book->streak > 0 ? streak->id != book->streak_id : streak->id <= world->newest_streak)
		world_fail(world, "streak %d after %d", (int)streak->id, (int)world->newest_streak);
	if (streak->id > world->newest_streak)
		world->newest_streak = streak->id;
	book->streak_id = streak->id;
}

struct search {
	const struct engine_run *wanted;
	struct engine_run *run;
};

static bool look_for(void *ctx, struct engine_run *run)
{
	struct search *search = ctx;

	if (run == search->wanted)
		search->run = run;
	return !search->run;
}

/* A run that came to nothing is one of the streak instead. */
static void end_unrun(struct world *world, const struct effect *effect)
{
	struct search search = {.wanted = effect->unrun};

	if (!effect->unrun)
		return;
	engine_each_run(world->engine, look_for, &search);
	if (!search.run || search.run->job != effect->job)
		world_fail(world, "%s: a run of a streak that is none", effect->job->def->name);
	books_run_ends(world, search.run);
}

/* Which slots they are is seen after the step: those that nobody has in hand. */
static void book_growth(struct world *world, const struct engine_job *job,
			const struct engine_streak *streak)
{
	size_t number = job_number(job->def);
	struct book *book = &world->books[number];
	uint64_t grown = streak->count - book->streak;

	if (streak->count <= book->streak)
		world_fail(world, "%s: a streak of %d after one of %d", job->def->name,
			   (int)streak->count, (int)book->streak);
	check_id(world, book, streak);
	check_streak(world, job, streak);
	if (streak->reason == REASON_QUEUE_FULL)
		world->refused += grown;
	world->verdicts[streak->verdict] += grown;
	world->reasons[streak->reason] += grown;
	catchup_came(world, number, streak, grown);
	book->grown += grown;
	book->unrecorded += is_last_word(streak) ? 0 : grown;
	if (is_missed(streak))
		telling_missed(world, number, grown, book->streak == 0);
	book->streak = streak->count;
}

void streaks_check(struct world *world, const struct engine_job *job)
{
	const struct book *book = &world->books[job_number(job->def)];

	if (job->streak.count != book->streak)
		world_fail(world, "%s: a streak of %d, said was one of %d", job->def->name,
			   (int)job->streak.count, (int)book->streak);
}

void streaks_effect(struct world *world, const struct effect *effect)
{
	const struct engine_streak *streak = effect->streak;
	struct book *book = &world->books[job_number(effect->job->def)];

	if (effect->kind == EFFECT_NOT_RUN) {
		book_growth(world, effect->job, streak);
		end_unrun(world, effect);
		return;
	}
	if (streak->count != book->streak || streak->id != book->streak_id)
		world_fail(world, "%s: a streak of %d, said was one of %d", effect->job->def->name,
			   (int)streak->count, (int)book->streak);
	if (effect->kind == EFFECT_STREAK_BEGIN && streak->verdict == VERDICT_COALESCED)
		world_fail(world, "%s: coalescing has a beginning", effect->job->def->name);
	if (effect->kind == EFFECT_STREAK_END)
		book->streak = 0;
}
