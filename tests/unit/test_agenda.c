/* Holds: the agenda always knows the earliest job, whatever is added, moved and removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/agenda.h"
#include "core/engine.h"

#define JOBS 200

static uint64_t draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static void make_room(struct agenda *agenda, size_t capacity)
{
	struct agenda_entry *entries = calloc(capacity, sizeof(*entries));

	assert_non_null(entries);
	agenda_grow(agenda, entries, capacity);
}

/* The heap's order, and that each job knows its place. */
static void check(const struct agenda *agenda)
{
	for (size_t i = 0; i < agenda->count; i++) {
		assert_int_equal(agenda->entries[i].job->agenda_index, i);
		if (i > 0)
			assert_true(agenda->entries[(i - 1) / 2].due <= agenda->entries[i].due);
	}
}

static void test_an_empty_agenda_has_no_first(void **state)
{
	struct agenda agenda = {0};
	struct engine_job job = {.agenda_index = AGENDA_NONE};

	(void)state;
	assert_null(agenda_first(&agenda));
	agenda_remove(&agenda, &job);
	make_room(&agenda, 1);
	agenda_add(&agenda, &job, 7);
	assert_ptr_equal(agenda_first(&agenda)->job, &job);
	assert_int_equal(agenda_first(&agenda)->due, 7);
	agenda_remove(&agenda, &job);
	assert_int_equal(job.agenda_index, AGENDA_NONE);
	assert_null(agenda_first(&agenda));
	agenda_done(&agenda);
}

static void test_jobs_come_out_in_order(void **state)
{
	struct agenda agenda = {0};
	struct engine_job jobs[JOBS];
	uint64_t seed = 1;
	usec_t last = INT64_MIN;

	(void)state;
	make_room(&agenda, JOBS);
	for (size_t i = 0; i < JOBS; i++)
		agenda_add(&agenda, &jobs[i], (usec_t)(draw(&seed) % 50) - 25);
	for (size_t i = 0; i < JOBS; i++) {
		assert_true(agenda_first(&agenda)->due >= last);
		last = agenda_first(&agenda)->due;
		agenda_remove(&agenda, agenda_first(&agenda)->job);
		check(&agenda);
	}
	assert_null(agenda_first(&agenda));
	agenda_done(&agenda);
}

static void test_random_changes_agree_with_a_scan(void **state)
{
	struct agenda agenda = {0};
	struct engine_job jobs[JOBS];
	usec_t dues[JOBS];
	uint64_t seed = 2;

	(void)state;
	make_room(&agenda, JOBS / 2);
	for (size_t i = 0; i < JOBS; i++)
		jobs[i].agenda_index = AGENDA_NONE;
	for (int round = 0; round < 20000; round++) {
		size_t i = draw(&seed) % JOBS;
		usec_t due = (usec_t)(draw(&seed) % 1000);
		usec_t earliest = USEC_INFINITY;

		if (agenda.count == agenda.capacity && agenda.capacity < JOBS)
			make_room(&agenda, JOBS);
		if (jobs[i].agenda_index == AGENDA_NONE)
			agenda_add(&agenda, &jobs[i], due);
		else if (draw(&seed) % 3 == 0)
			agenda_remove(&agenda, &jobs[i]);
		else
			agenda_move(&agenda, &jobs[i], due);
		dues[i] = due;

		for (size_t k = 0; k < JOBS; k++)
			if (jobs[k].agenda_index != AGENDA_NONE && dues[k] < earliest)
				earliest = dues[k];
		if (agenda_first(&agenda))
			assert_int_equal(agenda_first(&agenda)->due, earliest);
		else
			assert_int_equal(earliest, USEC_INFINITY);
		if (round % 100 == 0)
			check(&agenda);
	}
	agenda_done(&agenda);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_agenda_has_no_first),
		cmocka_unit_test(test_jobs_come_out_in_order),
		cmocka_unit_test(test_random_changes_agree_with_a_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
