/* Slots of many schedules come in the order of their time, each as often as is asked for. */
#include "calendar/schedule.h"
#include "ctl/upcoming.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct schedule every(usec_t interval, usec_t offset, usec_t delay)
{
	return (struct schedule){
		.kind = SCHEDULE_EVERY, .interval = interval, .offset = offset, .delay = delay};
}

static void in_order_of_due_time(void **state)
{
	const struct schedule a = every(10 * USEC_PER_SEC, 0, 7 * USEC_PER_SEC);
	const struct schedule b = every(4 * USEC_PER_SEC, 0, 0);
	static const struct {
		const char *name;
		usec_t slot;
		usec_t due;
	} expected[] = {
		/* The slot of 90 s is due within the time asked for, before it is its time. */
		{"a", 90, 97},   {"b", 100, 100}, {"b", 104, 104},
		{"a", 100, 107}, {"b", 108, 108}, {"a", 110, 117},
	};
	struct upcoming upcoming = {0};
	struct upcoming_slot slot;

	(void)state;
	assert_int_equal(upcoming_add(&upcoming, "a", &a, 97 * USEC_PER_SEC, 3), 0);
	assert_int_equal(upcoming_add(&upcoming, "b", &b, 97 * USEC_PER_SEC, 3), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
		assert_true(upcoming_take(&upcoming, &slot));
		assert_string_equal(slot.name, expected[i].name);
		assert_int_equal(slot.slot, expected[i].slot * USEC_PER_SEC);
		assert_int_equal(slot.due, expected[i].due * USEC_PER_SEC);
	}
	assert_false(upcoming_take(&upcoming, &slot));
	upcoming_done(&upcoming);
}

static void at_the_time_itself(void **state)
{
	const struct schedule s = every(USEC_PER_SEC, 0, 0);
	struct upcoming upcoming = {0};
	struct upcoming_slot slot;

	(void)state;
	assert_int_equal(upcoming_add(&upcoming, "s", &s, 5 * USEC_PER_SEC, 1), 0);
	assert_true(upcoming_take(&upcoming, &slot));
	assert_int_equal(slot.due, 5 * USEC_PER_SEC);
	upcoming_done(&upcoming);
}

static void what_has_no_slots(void **state)
{
	const struct schedule after = {.kind = SCHEDULE_AFTER, .interval = USEC_PER_SEC};
	struct upcoming upcoming = {0};

	(void)state;
	assert_int_equal(upcoming_add(&upcoming, "after", &after, 0, 1), -ENOENT);
	assert_false(upcoming_take(&upcoming, &(struct upcoming_slot){0}));
	upcoming_done(&upcoming);
}

/* Random schedules, many of them due at once: never backwards, all of them, and those due at once
   in the order in which they were added. */
static void many(void **state)
{
	enum { N = 300, EACH = 50 };
	static struct schedule schedules[N];
	static unsigned taken[N];
	struct upcoming upcoming = {0};
	struct upcoming_slot slot;
	struct upcoming_slot before = {.due = 0};
	uint64_t seed = 7;
	size_t total = 0;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		schedules[i] = every((usec_t)(seed >> 33) % 20 * USEC_PER_SEC + USEC_PER_SEC, 0,
				     (usec_t)(seed >> 60) * USEC_PER_SEC);
		assert_int_equal(
			upcoming_add(&upcoming, "x", &schedules[i], 1000 * USEC_PER_SEC, EACH), 0);
	}
	while (upcoming_take(&upcoming, &slot)) {
		assert_true(slot.due >= before.due);
		assert_true(slot.due >= 1000 * USEC_PER_SEC);
		assert_int_equal(slot.due, slot.slot + slot.schedule->delay);
		if (slot.due == before.due)
			assert_true(slot.schedule > before.schedule);
		taken[slot.schedule - schedules]++;
		before = slot;
		total++;
	}
	assert_int_equal(total, (size_t)N * EACH);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(taken[i], EACH);
	upcoming_done(&upcoming);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order_of_due_time),
		cmocka_unit_test(at_the_time_itself),
		cmocka_unit_test(what_has_no_slots),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
