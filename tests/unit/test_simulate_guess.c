/* What run times and failures a simulation assumes. */
#include "ctl/simulate_guess.h"

#include "engine_fixture.h"

#include <errno.h>

static const struct model_spec three = {
	.jobs = {{.name = "backup-db"}, {.name = "backup-files"}, {.name = "report"}},
};

static struct sim_guess guess_for(struct model *model, uint64_t seed)
{
	struct sim_guess guess;

	assert_int_equal(sim_guess_init(&guess, model, seed, S(1)), 0);
	return guess;
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern;
		const char *name;
		bool matches;
	} rows[] = {
		{"backup", "backup", true},
		{"backup", "backups", false},
		{"backups", "backup", false},
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "anything", true},
		{"b*", "backup", true},
		{"*p", "backup", true},
		{"*k*", "backup", true},
		{"b*u", "backup", false},
		{"*ab", "aab", true},
		{"*ab*b", "aabab", true},
		{"a*b*c", "axxbyyc", true},
		{"a*b*c", "axxbyy", false},
		{"**", "a", true},
		{"?", "a", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		if (sim_guess_matches(rows[i].pattern, rows[i].name) != rows[i].matches)
			fail_msg("%s and %s", rows[i].pattern, rows[i].name);
}

static void test_shares(void **state)
{
	static const struct {
		const char *text;
		int share; /* negative: it is none */
	} rows[] = {
		{"0%", 0},      {"10%", 100000}, {"0.5%", 5000}, {"100%", SIM_ALWAYS},
		{"101%", -1},   {"-1%", -1},     {"10", -1},     {"%", -1},
		{"", -1},       {"10%%", -1},    {" 10%", -1},   {"ten%", -1},
		{"0.0001%", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		uint32_t share = 77;
		int r = sim_guess_parse_share(rows[i].text, &share);

		if (rows[i].share < 0 ? r != -EINVAL || share != 77
				      : r != 0 || share != (uint32_t)rows[i].share)
			fail_msg("'%s': %d, %u", rows[i].text, r, share);
	}
}

static void test_where_they_are_from(void **state)
{
	const usec_t samples[] = {S(9), S(3), S(5)};
	struct model *model = build_model(&three);
	struct sim_guess guess = guess_for(model, 1);

	(void)state;
	assert_int_equal(sim_guess_give(&guess, "*-db", S(7)), 1);
	assert_int_equal(sim_guess_give(&guess, "nothing*", S(7)), 0);
	assert_int_equal(sim_guess_record(&guess, "backup-db", samples, 3), 0);
	assert_int_equal(sim_guess_record(&guess, "report", samples, 3), 0);
	assert_int_equal(sim_guess_record(&guess, "unknown", samples, 3), 0);
	assert_int_equal(guess.habits[0].source, SIM_GIVEN);
	assert_int_equal(guess.habits[0].span, S(7));
	assert_int_equal(guess.habits[1].source, SIM_ASSUMED);
	assert_int_equal(guess.habits[1].span, S(1));
	assert_int_equal(guess.habits[2].source, SIM_RECORDED);
	assert_int_equal(guess.habits[2].span, S(5));
	assert_int_equal(sim_guess_draw(&guess, 0, S(100), 1).span, S(7));
	assert_int_equal(sim_guess_draw(&guess, 1, S(100), 1).span, S(1));
	sim_guess_done(&guess);
	model_unref(model);
}

/* Each sample comes about as often as any other, and so often it fails. */
static void test_draws_are_even(void **state)
{
	const usec_t samples[] = {S(1), S(2), S(3), S(4)};
	struct model *model = build_model(&three);
	struct sim_guess guess = guess_for(model, 42);
	int seen[5] = {0};
	int failed = 0;

	(void)state;
	assert_int_equal(sim_guess_record(&guess, "report", samples, 4), 0);
	assert_int_equal(sim_guess_fail(&guess, "rep*", SIM_ALWAYS / 10), 1);
	for (int i = 0; i < 10000; i++) {
		struct sim_draw draw = sim_guess_draw(&guess, 2, S(60 * i), 1);

		seen[draw.span / S(1)]++;
		failed += draw.fails;
	}
	for (int i = 1; i <= 4; i++)
		assert_in_range(seen[i], 2350, 2650);
	assert_in_range(failed, 900, 1100);
	sim_guess_done(&guess);
	model_unref(model);
}

static void test_draws_repeat(void **state)
{
	struct model *model = build_model(&three);
	struct sim_guess one = guess_for(model, 1);
	struct sim_guess same = guess_for(model, 1);
	struct sim_guess other = guess_for(model, 2);
	int differ = 0;
	int retries_differ = 0;

	(void)state;
	assert_int_equal(sim_guess_fail(&one, "*", SIM_ALWAYS / 2), 3);
	assert_int_equal(sim_guess_fail(&same, "*", SIM_ALWAYS / 2), 3);
	assert_int_equal(sim_guess_fail(&other, "*", SIM_ALWAYS / 2), 3);
	for (int i = 0; i < 1000; i++) {
		bool fails = sim_guess_draw(&one, 0, S(i), 1).fails;

		assert_int_equal(fails, sim_guess_draw(&same, 0, S(i), 1).fails);
		differ += fails != sim_guess_draw(&other, 0, S(i), 1).fails;
		retries_differ += fails != sim_guess_draw(&one, 0, S(i), 2).fails;
	}
	assert_in_range(differ, 400, 600);
	assert_in_range(retries_differ, 400, 600);
	sim_guess_done(&one);
	sim_guess_done(&same);
	sim_guess_done(&other);
	model_unref(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_where_they_are_from),
		cmocka_unit_test(test_draws_are_even),
		cmocka_unit_test(test_draws_repeat),
	};

	return cmocka_run_group_tests_name("simulate_guess", tests, NULL, NULL);
}
