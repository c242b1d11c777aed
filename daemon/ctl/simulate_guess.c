/* See simulate_guess.h. */
#include "ctl/simulate_guess.h"

#include "base/hash.h"
#include "core/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int sim_guess_init(struct sim_guess *guess, const struct model *model, uint64_t seed, usec_t span)
{
	*guess = (struct sim_guess){.model = model, .n_jobs = model->n_jobs, .seed = seed};
	arena_init(&guess->arena);
	guess->habits = calloc(guess->n_jobs > 0 ? guess->n_jobs : 1, sizeof(*guess->habits));
	if (!guess->habits)
		return -ENOMEM;
	for (size_t i = 0; i < guess->n_jobs; i++) {
		const char *name = model->jobs[i].name;
		uint64_t hash = hash_bytes(HASH_INIT, &seed, sizeof(seed));

		guess->habits[i] = (struct sim_habit){
			.source = SIM_ASSUMED,
			.span = span,
			.seed = hash_bytes(hash, name, strlen(name)),
		};
	}
	return 0;
}

void sim_guess_done(struct sim_guess *guess)
{
	free(guess->habits);
	arena_done(&guess->arena);
	*guess = (struct sim_guess){0};
}

static int compare(const void *a, const void *b)
{
	const usec_t *x = a;
	const usec_t *y = b;

	return (*x > *y) - (*x < *y);
}

int sim_guess_record(struct sim_guess *guess, const char *job, const usec_t *samples, size_t n)
{
	const struct job *def = model_find_job(guess->model, job);
	struct sim_habit *habit;
	usec_t *sorted;

	if (!def || n == 0)
		return 0;
	habit = &guess->habits[def - guess->model->jobs];
	if (habit->source == SIM_GIVEN)
		return 0;
	n = n < SIM_SAMPLES_MAX ? n : SIM_SAMPLES_MAX;
	sorted = arena_alloc(&guess->arena, n * sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = samples[i] < 0              ? 0
			    : samples[i] < SIM_SPAN_MAX ? samples[i]
							: SIM_SPAN_MAX;
	qsort(sorted, n, sizeof(*sorted), compare);
	habit->source = SIM_RECORDED;
	habit->samples = sorted;
	habit->n_samples = (uint32_t)n;
	habit->span = sorted[n / 2];
	return 0;
}

/* The usual way with one star at a time: where what is behind it does not match, it takes one more
   character. */
bool sim_guess_matches(const char *pattern, const char *name)
{
	const char *star = NULL;
	const char *taken = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			taken = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++taken;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

size_t sim_guess_give(struct sim_guess *guess, const char *pattern, usec_t span)
{
	size_t n = 0;

	for (size_t i = 0; i < guess->n_jobs; i++) {
		if (!sim_guess_matches(pattern, guess->model->jobs[i].name))
			continue;
		guess->habits[i].source = SIM_GIVEN;
		guess->habits[i].span = span;
		n++;
	}
	return n;
}

size_t sim_guess_fail(struct sim_guess *guess, const char *pattern, uint32_t fails)
{
	size_t n = 0;

	for (size_t i = 0; i < guess->n_jobs; i++) {
		if (!sim_guess_matches(pattern, guess->model->jobs[i].name))
			continue;
		guess->habits[i].fails = fails;
		n++;
	}
	return n;
}

/* A number in [0, n); from hardly more than 32 bits, which is fine for the small n there are. */
static uint64_t below(uint64_t random, uint64_t n)
{
	return (random >> 32) * n >> 32;
}

struct sim_draw sim_guess_draw(const struct sim_guess *guess, size_t job, usec_t slot,
			       unsigned attempt)
{
	const struct sim_habit *habit = &guess->habits[job];
	struct sim_draw draw = {.span = habit->span};
	uint64_t key[2] = {(uint64_t)slot, attempt};
	uint64_t hash;

	if (habit->source != SIM_RECORDED && habit->fails == 0)
		return draw;
	hash = hash_finish(hash_bytes(habit->seed, key, sizeof(key)));
	draw.fails = below(hash, SIM_ALWAYS) < habit->fails;
	if (habit->source == SIM_RECORDED)
		draw.span = habit->samples[below(hash_finish(hash), habit->n_samples)];
	return draw;
}

int sim_guess_parse_share(const char *text, uint32_t *ret_share)
{
	char *end;
	double share;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	share = strtod(text, &end);
	if (strcmp(end, "%") != 0 || !(share >= 0 && share <= 100))
		return -EINVAL;
	*ret_share = (uint32_t)(share / 100 * SIM_ALWAYS + 0.5);
	return 0;
}
