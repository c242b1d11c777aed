/*
 * The engine under a virtual clock. Prints TAP: one line for each scripted scenario, one for each
 * batch of random ones.
 *
 *	sim [-v] [--seeds N] [--seed N]
 *
 * A random scenario that fails prints its seed; --seed plays that one alone, -v shows each event
 * and effect. Odd seeds are single lives of a daemon, even ones several in a row.
 */
#include "grids.h"
#include "scenarios.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#define BATCHES 10

/* Seconds of processor time after which a scenario is taken to hang; it needs a few at most. */
#define PATIENCE 60

/* For the handler of a failed assertion. */
static uint64_t current_seed;
static const char *current_name;

static void say_where(int sig)
{
	dprintf(STDOUT_FILENO, "not ok - %s: %s; sim -v --seed %" PRIu64 "\n", current_name,
		sig == SIGPROF ? "it hangs" : "a failed assertion or a crash", current_seed);
	_exit(1);
}

/* False if it failed, after saying how. */
static bool play(const struct scenario *scenario, uint64_t seed, bool verbose)
{
	static const struct itimerval patience = {.it_value.tv_sec = PATIENCE};
	struct world *world = world_new(seed, scenario->wall, scenario->n_jobs);

	current_seed = seed;
	current_name = scenario->name;
	world->verbose = verbose;
	(void)setitimer(ITIMER_PROF, &patience, NULL);
	if (setjmp(world->failed) != 0) {
		printf("# %s, at %.6f in step %" PRIu64 ": %s\n", scenario->name,
		       (double)world->wall / 1e6, world->steps, world->message);
		return false;
	}
	scenario->play(world);
	world_free(world);
	return true;
}

static bool play_seed(uint64_t seed, bool verbose)
{
	struct rng rng = {.state = ~seed};
	struct scenario scenario = {
		.name = seed % 2 ? "a random life" : "random lives",
		.play = seed % 2 ? play_random : play_lives,
		.wall = (usec_t)rng_below(&rng, 2000000000 * (uint64_t)USEC_PER_SEC),
		.n_jobs = RANDOM_JOBS,
	};

	/* Often local time is about to change. */
	if (rng_below(&rng, 3) == 0)
		scenario.wall = grid_change_after(scenario.wall) -
				(usec_t)rng_below(&rng, (uint64_t)(5 * USEC_PER_MIN));
	if (play(&scenario, seed, verbose))
		return true;
	printf("# replay: sim -v --seed %" PRIu64 "\n", seed);
	return false;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"seed", required_argument, NULL, 's'},
		{"seeds", required_argument, NULL, 'n'},
		{0},
	};
	static const struct scenario *const tables[] = {scripted, scripted_lives,
							scripted_schedules};
	uint64_t seeds = 5000;
	uint64_t first = 1;
	bool verbose = false;
	int failed = 0;
	int test = 0;
	int c;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGABRT, say_where);
	signal(SIGSEGV, say_where);
	signal(SIGPROF, say_where);
	while ((c = getopt_long(argc, argv, "v", options, NULL)) != -1) {
		switch (c) {
		case 'v':
			verbose = true;
			break;
		case 's':
			first = strtoull(optarg, NULL, 0);
			printf("1..1\n");
			failed = !play_seed(first, verbose);
			printf("%sok 1 - seed %" PRIu64 "\n", failed ? "not " : "", first);
			return failed;
		case 'n':
			seeds = strtoull(optarg, NULL, 0);
			break;
		default:
			return 2;
		}
	}

	for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
		for (const struct scenario *scenario = tables[i]; scenario->name; scenario++) {
			bool ok = play(scenario, 1, verbose);

			printf("%sok %d - %s\n", ok ? "" : "not ", ++test, scenario->name);
			failed += !ok;
		}
	}
	for (int batch = 0; batch < BATCHES; batch++) {
		uint64_t last = first + seeds / BATCHES - 1;
		bool ok = true;

		for (uint64_t seed = first; ok && seed <= last; seed++)
			ok = play_seed(seed, verbose);
		printf("%sok %d - random lives with seeds %" PRIu64 " to %" PRIu64 "\n",
		       ok ? "" : "not ", ++test, first, last);
		failed += !ok;
		first = last + 1;
	}
	printf("1..%d\n", test);
	return failed > 0;
}
