/*
 * How long runs are taken to last in a simulation, and which of them fail: as somebody says, as the
 * ledger has it, or by assumption. What is drawn for an attempt follows from seed, job, slot and
 * attempt alone, so that another number of workers meets the same runs.
 */
#pragma once

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;

/* The longest run that is simulated. */
#define SIM_SPAN_MAX (3652 * USEC_PER_DAY)

/* How many run times of a job are drawn from: the last ones that the ledger has. */
#define SIM_SAMPLES_MAX 64

/* Failures are counted in parts of a million. */
#define SIM_ALWAYS 1000000

/* Where the run times of a job are from. */
enum sim_source {
	SIM_ASSUMED,
	SIM_RECORDED,
	SIM_GIVEN,
};

/* Of one job. */
struct sim_habit {
	enum sim_source source;
	uint32_t fails;        /* parts of SIM_ALWAYS */
	uint32_t n_samples;    /* SIM_RECORDED: 1 or more, sorted */
	const usec_t *samples; /* the arena's */
	usec_t span;           /* what it takes, or the median of the samples */
	uint64_t seed;
};

struct sim_guess {
	struct arena arena;
	const struct model *model; /* not owned */
	struct sim_habit *habits;  /* of each job of the model, in its order */
	size_t n_jobs;
	uint64_t seed;
};

struct sim_draw {
	usec_t span;
	bool fails;
};

/* All jobs of the model take `span`, and none fails. Returns 0 or -ENOMEM. */
int sim_guess_init(struct sim_guess *guess, const struct model *model, uint64_t seed,
		   usec_t span) _must_check_;
void sim_guess_done(struct sim_guess *guess);

/*
 * Run times of a job of which somebody has a record, 1 or more; a job that the model does not have
 * is passed over, and so is one whose run time is given. The samples are copied. Returns 0 or
 * -ENOMEM.
 */
int sim_guess_record(struct sim_guess *guess, const char *job, const usec_t *samples,
		     size_t n) _must_check_;

/* Those whose names match `pattern` take that long, or fail in `fails` of SIM_ALWAYS cases. Return
   how many do match. */
size_t sim_guess_give(struct sim_guess *guess, const char *pattern, usec_t span);
size_t sim_guess_fail(struct sim_guess *guess, const char *pattern, uint32_t fails);

/* What becomes of an attempt of the job with that number in the model. */
struct sim_draw sim_guess_draw(const struct sim_guess *guess, size_t job, usec_t slot,
			       unsigned attempt);

/* Does it match? "*" stands for anything, also nothing. */
bool sim_guess_matches(const char *pattern, const char *name);

/* Reads "10%" or "0.5%". Returns 0 or -EINVAL. */
int sim_guess_parse_share(const char *text, uint32_t *ret_share) _must_check_;
