/* The simulator's timers: they come in order of time, then as they were set. */
#include "ctl/simulate_agenda.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TIMERS 1000

static void test_empty(void **state)
{
	struct sim_agenda agenda = {0};
	struct sim_timer timer = {0};

	(void)state;
	assert_int_equal(sim_agenda_next(&agenda), USEC_INFINITY);
	sim_agenda_unset(&agenda, &timer);
	sim_agenda_done(&agenda);
}

static void test_same_instant(void **state)
{
	struct sim_agenda agenda = {0};
	struct sim_timer timers[5] = {0};

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(sim_agenda_set(&agenda, &timers[i], 7), 0);
	/* It was set last now. */
	assert_int_equal(sim_agenda_set(&agenda, &timers[1], 7), 0);
	sim_agenda_unset(&agenda, &timers[3]);
	assert_ptr_equal(sim_agenda_take(&agenda), &timers[0]);
	assert_ptr_equal(sim_agenda_take(&agenda), &timers[2]);
	assert_ptr_equal(sim_agenda_take(&agenda), &timers[4]);
	assert_ptr_equal(sim_agenda_take(&agenda), &timers[1]);
	assert_int_equal(agenda.count, 0);
	sim_agenda_done(&agenda);
}

static uint64_t random_number(uint64_t *seed)
{
	*seed += UINT64_C(0x9e3779b97f4a7c15);
	return hash_finish(*seed);
}

/* Against a plain array of times. */
static void test_against_a_scan(void **state)
{
	static struct sim_timer timers[TIMERS];
	static usec_t at[TIMERS];
	struct sim_agenda agenda = {0};
	uint64_t seed = 1;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < TIMERS; i++)
		at[i] = USEC_INFINITY;
	for (int i = 0; i < 20 * TIMERS; i++) {
		uint64_t random = random_number(&seed);
		size_t which = random % TIMERS;
		usec_t earliest = USEC_INFINITY;

		if (random >> 32 & 1) {
			n += at[which] == USEC_INFINITY;
			at[which] = (usec_t)(random >> 40);
			assert_int_equal(sim_agenda_set(&agenda, &timers[which], at[which]), 0);
		} else if (random >> 33 & 1) {
			n -= at[which] != USEC_INFINITY;
			at[which] = USEC_INFINITY;
			sim_agenda_unset(&agenda, &timers[which]);
			assert_int_equal(timers[which].place, 0);
		} else if (n > 0) {
			for (int j = 0; j < TIMERS; j++)
				if (at[j] < earliest)
					earliest = at[j];
			assert_int_equal(sim_agenda_next(&agenda), earliest);
			which = (size_t)(sim_agenda_take(&agenda) - timers);
			assert_int_equal(at[which], earliest);
			at[which] = USEC_INFINITY;
			n--;
		}
		assert_int_equal(agenda.count, n);
	}
	assert_true(n > 0);
	sim_agenda_done(&agenda);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_same_instant),
		cmocka_unit_test(test_against_a_scan),
	};

	return cmocka_run_group_tests_name("simulate_agenda", tests, NULL, NULL);
}
