/* Equal cron schedules are one. */
#include "cron_fixture.h"

#include "base/arena.h"
#include "calendar/zone.h"
#include "config/crons.h"

#include <stdio.h>

static const struct cron *share(struct crons *crons, struct arena *arena, const struct cron *cron)
{
	const struct cron *shared = crons_share(crons, arena, cron);

	assert_non_null(shared);
	assert_true(cron_equal(shared, cron));
	return shared;
}

static void what_differs_stays_apart(void **state)
{
	const struct cron_expr daily = cron_fixture_parse("@daily");
	const struct cron_expr same = cron_fixture_parse("0 0 * * *");
	const struct cron_expr hourly = cron_fixture_parse("@hourly");
	const struct cron_expr both[] = {daily, hourly};
	const struct cron_expr turned[] = {hourly, daily};
	struct arena arena;
	struct crons crons = {0};
	const struct zone *zone;
	const struct cron *first;

	(void)state;
	arena_init(&arena);
	assert_int_equal(zone_parse_posix(&arena, "UTC", "UTC0", &zone), 0);
	{
		const struct cron cron = {zone_utc(), DST_GAP_SHIFT, DST_OVERLAP_FIRST, 1, &daily};
		const struct cron equal = {zone_utc(), DST_GAP_SHIFT, DST_OVERLAP_FIRST, 1, &same};
		const struct cron others[] = {
			{zone, DST_GAP_SHIFT, DST_OVERLAP_FIRST, 1, &daily},
			{zone_utc(), DST_GAP_SKIP, DST_OVERLAP_FIRST, 1, &daily},
			{zone_utc(), DST_GAP_SHIFT, DST_OVERLAP_LAST, 1, &daily},
			{zone_utc(), DST_GAP_SHIFT, DST_OVERLAP_FIRST, 1, &hourly},
			{zone_utc(), DST_GAP_SHIFT, DST_OVERLAP_FIRST, 2, both},
			{zone_utc(), DST_GAP_SHIFT, DST_OVERLAP_FIRST, 2, turned},
		};
		const struct cron *shared[ARRAY_LENGTH(others)];

		first = share(&crons, &arena, &cron);
		assert_ptr_not_equal(first->exprs, &daily);
		assert_ptr_equal(share(&crons, &arena, &equal), first);
		for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
			shared[i] = share(&crons, &arena, &others[i]);
			assert_ptr_not_equal(shared[i], first);
			for (size_t j = 0; j < i; j++)
				assert_ptr_not_equal(shared[i], shared[j]);
			assert_ptr_equal(shared[i]->zone, others[i].zone);
		}
		assert_int_equal(crons.count, 1 + ARRAY_LENGTH(others));
	}
	crons_done(&crons);
	arena_done(&arena);
}

static void many_are_found_again(void **state)
{
	enum { COUNT = 60 * 24 };
	static const struct cron *shared[COUNT];
	struct arena arena;
	struct crons crons = {0};

	(void)state;
	arena_init(&arena);
	for (int i = 0; i < 2 * COUNT; i++) {
		char text[40];
		struct cron_expr expr;
		const struct cron cron = {zone_utc(), DST_GAP_SHIFT, DST_OVERLAP_FIRST, 1, &expr};

		(void)snprintf(text, sizeof(text), "%d %d * * *", i % 60, i / 60 % 24);
		expr = cron_fixture_parse(text);
		if (i < COUNT)
			shared[i] = share(&crons, &arena, &cron);
		else
			assert_ptr_equal(share(&crons, &arena, &cron), shared[i - COUNT]);
	}
	assert_int_equal(crons.count, COUNT);
	crons_done(&crons);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_differs_stays_apart),
		cmocka_unit_test(many_are_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
