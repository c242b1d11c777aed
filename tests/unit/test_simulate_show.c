/* What is said of a simulation, and drawn: sentences, changes of clocks, and a picture that is XML
   whatever the names. */
#include "ctl/simulate.h"

#include "calendar/cron.h"
#include "calendar/zone.h"
#include "ctl/simulate_advice.h"
#include "ctl/simulate_driver.h"

#include "engine_fixture.h"

#define START S(1774652400) /* 2026-03-28 00:00 in Berlin */

/* A simulation of a day, and all that it is of. */
struct show {
	struct simulation simulation;
	struct model *model;
	struct sim_guess guess;
	struct sim_book book;
	struct sim_shifts shifts;
	struct sim_advice advice;
	usec_t next[8];
	bool shown[8];
};

static struct show *show_of(const struct model_spec *spec, const char *slow, int takes)
{
	struct show *show = calloc(1, sizeof(*show));
	usec_t to = START + USEC_PER_DAY;
	struct sim *sim = NULL;

	assert_non_null(show);
	show->model = build_model(spec);
	assert_int_equal(sim_guess_init(&show->guess, show->model, 1, S(1)), 0);
	if (slow)
		assert_true(sim_guess_give(&show->guess, slow, S(takes)) > 0);
	assert_int_equal(sim_book_init(&show->book, show->model->n_jobs,
				       show->model->daemon.workers, START, to, 0, true),
			 0);
	assert_int_equal(
		sim_new(show->model, &show->guess, START, sim_book_sink(&show->book), &sim), 0);
	assert_int_equal(sim_run(sim, to, SIZE_MAX), 1);
	sim_free(sim);
	for (size_t i = 0; i < show->model->n_jobs; i++)
		show->next[i] = schedule_next(&show->model->jobs[i].schedule, to - 1);
	for (size_t i = 0; i < ARRAY_LENGTH(show->shown); i++)
		show->shown[i] = true;
	show->simulation = (struct simulation){
		.model = show->model,
		.guess = &show->guess,
		.book = &show->book,
		.shifts = &show->shifts,
		.next = show->next,
		.shown = show->shown,
		.zone = zone_utc(),
		.from = START,
		.to = to,
	};
	return show;
}

static void show_free(struct show *show)
{
	sim_book_done(&show->book);
	sim_guess_done(&show->guess);
	model_unref(show->model);
	free(show);
}

static void test_advice(void **state)
{
	const struct job_settings hasty = {.timeout = S(60)};
	const struct job_settings expected = {.expect_within = S(3600)};
	static const struct {
		struct model_spec model;
		int takes;
		const char *texts[3];
	} rows[] = {
		{.model = {.jobs = {{.name = "a", .every = 300}}}, .takes = 10},
		{.model = {.jobs = {{.name = "a", .every = 300}}},
		 .takes = 420,
		 .texts = {"a is due every 5m but takes 7m: half of its slots are skipped (144 of "
			   "288)"}},
		{.model = {.jobs = {{.name = "a", .every = 300}}},
		 .takes = 800,
		 .texts =
			 {"a is due every 5m but takes 13m20s: two thirds of its slots are skipped "
			  "(192 of 288)"}},
		{.model = {.jobs = {{.name = "a", .every = 600, .overlap = OVERLAP_REPLACE}}},
		 .takes = 1000,
		 .texts = {"a is replaced by its next slot before it has ended: 99 % of its runs "
			   "are "
			   "stopped (143 of 144)"}},
		{.model = {.jobs = {{.name = "a", .every = 4000000}}},
		 .takes = 1,
		 .texts = {"a is not due in this time: its next slot is 2026-04-12 13:20:00 UTC"}},
		{.model = {.workers = 1,
			   .queue = 0,
			   .jobs = {{.name = "a", .every = 600}, {.name = "b", .every = 600}}},
		 .takes = 60,
		 .texts = {"the queue is full at times, and 144 slots are refused, first that of "
			   "2026-03-27 23:00:00 UTC: raise 'workers' (1) or 'queue' (0), or spread "
			   "the jobs with 'splay'",
			   "all workers (1) are busy 10 % of the time: raise 'workers', or spread "
			   "the "
			   "jobs"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct show *show = show_of(&rows[i].model, "*", rows[i].takes);
		size_t n = 0;

		sim_advice_find(&show->simulation, &show->advice);
		while (rows[i].texts[n])
			n++;
		for (size_t j = 0; j < n && j < show->advice.count; j++)
			assert_string_equal(show->advice.texts[j], rows[i].texts[j]);
		assert_int_equal(show->advice.count, n);
		/* Of what is not shown nothing is said, but what goes for all. */
		show->shown[0] = false;
		sim_advice_find(&show->simulation, &show->advice);
		assert_int_equal(show->advice.count, i == 5 ? n : 0);
		show_free(show);
	}

	struct show *show = show_of(
		&(struct model_spec){.jobs = {{.name = "a", .every = 600, .with = &hasty},
					      {.name = "b", .every = 7200, .with = &expected}}},
		"a", 100);

	sim_advice_find(&show->simulation, &show->advice);
	assert_int_equal(show->advice.count, 2);
	assert_string_equal(
		show->advice.texts[0],
		"a takes longer than its timeout of 1m: all of its runs are stopped (144 of 144)");
	assert_string_equal(show->advice.texts[1],
			    "b is to succeed within 1h of its last success, and does not: it is "
			    "overdue 12 times");
	show_free(show);
}

static void add_cron(struct show *show, size_t job, const struct zone *zone)
{
	struct cron *cron = arena_alloc(&show->model->arena, sizeof(*cron));

	assert_non_null(cron);
	cron->zone = zone;
	show->model->jobs[job].schedule.kind = SCHEDULE_CRON;
	show->model->jobs[job].schedule.cron = cron;
}

/* Each change of each zone, how many jobs go by it, in order of time; the last instant does not
   count, the first does. */
static void test_shifts(void **state)
{
	const struct model_spec spec = {.jobs = {{.name = "a"}, {.name = "b"}, {.name = "c"}}};
	struct show *show = show_of(&spec, NULL, 0);
	const struct zone *berlin = NULL;
	const struct zone *york = NULL;
	const usec_t forward = S(1774746000); /* 2026-03-29 01:00 UTC */

	(void)state;
	assert_int_equal(zone_parse_posix(&show->model->arena, "Berlin",
					  "CET-1CEST,M3.5.0,M10.5.0/3", &berlin),
			 0);
	assert_int_equal(
		zone_parse_posix(&show->model->arena, "York", "EST5EDT,M3.2.0,M11.1.0", &york), 0);
	add_cron(show, 0, berlin);
	add_cron(show, 1, york);
	add_cron(show, 2, berlin);
	assert_int_equal(
		sim_shifts_find(show->model, START, START + 365 * USEC_PER_DAY, &show->shifts), 0);
	assert_int_equal(show->shifts.count, 4);
	assert_int_equal(show->shifts.items[0].change.time, forward / USEC_PER_SEC);
	assert_int_equal(show->shifts.items[0].n_jobs, 2);
	assert_int_equal(show->shifts.items[1].change.after, 3600);
	assert_ptr_equal(show->shifts.items[2].zone, york);
	assert_int_equal(show->shifts.items[3].change.after, -4 * 3600);
	assert_int_equal(sim_shifts_find(show->model, START, forward, &show->shifts), 0);
	assert_int_equal(show->shifts.count, 0);
	assert_int_equal(sim_shifts_find(show->model, START, forward + 1, &show->shifts), 0);
	assert_int_equal(show->shifts.count, 1);
	assert_int_equal(sim_shifts_find(show->model, forward, forward + 1, &show->shifts), 0);
	assert_int_equal(show->shifts.count, 1);
	assert_int_equal(
		sim_shifts_find(show->model, forward + 1, forward + USEC_PER_DAY, &show->shifts),
		0);
	assert_int_equal(show->shifts.count, 0);
	/* The first ones. */
	assert_int_equal(
		sim_shifts_find(show->model, START, START + 36525 * USEC_PER_DAY, &show->shifts),
		0);
	assert_int_equal(show->shifts.count, SIM_SHIFTS_MAX);
	assert_int_equal(show->shifts.count + show->shifts.unlisted, 400);
	assert_int_equal(show->shifts.items[0].change.time, forward / USEC_PER_SEC);
	for (size_t i = 1; i < SIM_SHIFTS_MAX; i++)
		assert_true(show->shifts.items[i].change.time >=
			    show->shifts.items[i - 1].change.time);
	assert_true(show->shifts.items[SIM_SHIFTS_MAX - 1].change.time <
		    START / USEC_PER_SEC + 17 * 366 * 86400);
	/* Those were no schedules to go by. */
	for (size_t i = 0; i < 3; i++)
		show->model->jobs[i].schedule = (struct schedule){.interval = S(10)};
	show_free(show);
}

/* "<" and "&" only where XML has them, and nothing that XML does not know. */
static void check_xml(const char *text)
{
	size_t depth = 0;

	while ((text = strpbrk(text, "<&"))) {
		if (*text == '&') {
			assert_true(
				strncmp(text, "&amp;", 5) == 0 || strncmp(text, "&lt;", 4) == 0 ||
				strncmp(text, "&gt;", 4) == 0 || strncmp(text, "&quot;", 6) == 0 ||
				strncmp(text, "&#39;", 5) == 0);
			text++;
			continue;
		}
		if (text[1] == '/') {
			assert_true(depth > 0);
			depth--;
		} else {
			assert_true(text[1] >= 'a' && text[1] <= 'z');
			depth++;
		}
		text = strchr(text, '>');
		assert_non_null(text);
		if (text[-1] == '/')
			depth--;
	}
	assert_int_equal(depth, 0);
}

static void test_picture_with_hostile_names(void **state)
{
	const struct model_spec spec = {
		.jobs = {{.name = "</text><script>&\"'", .every = 3600},
			 {.name = "\033[2J\x01\xff", .every = 3600},
			 {.name = "]]>&amp;", .every = 3600},
			 {.name = "one that is much too long to stand beside its lane",
			  .every = 3600}},
	};
	struct show *show = show_of(&spec, "*", 600);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	assert_int_equal(sim_write_svg(&show->simulation, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(strncmp(text, "<svg ", 5), 0);
	check_xml(text);
	assert_non_null(strstr(text, "&lt;/text&gt;&lt;script&gt;&amp;&quot;&#39;<"));
	assert_non_null(strstr(text, "\\x1b[2J\\x01\\xff<"));
	assert_non_null(strstr(text, "]]&gt;&amp;amp;<"));
	assert_non_null(strstr(text, ">one that is much too l\u2026<"));
	free(text);
	show_free(show);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_shifts),
		cmocka_unit_test(test_picture_with_hostile_names),
	};

	return cmocka_run_group_tests_name("simulate_show", tests, NULL, NULL);
}
