/* Holds: which jobs are on which page, in what order, and that no look at them takes long. */
#include "engine_fixture.h"

#include "control/listing.h"

#include <event2/buffer.h>

#include <errno.h>
#include <jansson.h>

/* A host that tells of each job what stands here, by its number in the model. */
struct lister {
	struct rig rig;
	struct control_host host;
	struct control_job_facts facts[1000];
};

static void tell_job(void *daemon, const struct engine_job *job,
		     struct control_job_facts *ret_facts)
{
	struct lister *lister = daemon;
	const struct model *model = engine_model(lister->rig.engine);
	size_t n = (size_t)(job->def - model->jobs);

	*ret_facts = n < 1000 ? lister->facts[n] : (struct control_job_facts){.number = 0};
}

static void tell_run(void *daemon, const struct engine_run *run,
		     struct control_run_facts *ret_facts)
{
	(void)daemon;
	*ret_facts = (struct control_run_facts){.pid = run->state == RUN_STARTED ? 812 : 0};
}

static const struct control_host_ops ops = {.job_facts = tell_job, .run_facts = tell_run};

static struct lister *begin_lister(const struct model_spec *spec)
{
	struct lister *lister = calloc(1, sizeof(*lister));

	assert_non_null(lister);
	lister->rig = begin(5, spec);
	lister->host = (struct control_host){
		.ops = &ops,
		.daemon = lister,
		.engine = lister->rig.engine,
	};
	return lister;
}

static void end_lister(struct lister *lister)
{
	end(&lister->rig);
	free(lister);
}

static void ignore_effect(void *ctx, const struct effect *effect)
{
	(void)ctx;
	(void)effect;
}

/* Jobs "job-0000" to ... */
static void load_many(struct rig *rig, size_t count)
{
	static const struct job_settings settings = {.max_running = 1, .shell = "/bin/sh"};
	struct model *model = model_new();
	struct engine_load *loaded = NULL;

	assert_non_null(model);
	model->daemon = (struct daemon_settings){.workers = 1};
	model->jobs = arena_alloc(&model->arena, count * sizeof(*model->jobs));
	assert_non_null(model->jobs);
	model->n_jobs = count;
	for (size_t i = 0; i < count; i++) {
		char name[32];

		sprintf(name, "job-%04d", (int)i);
		model->jobs[i] = (struct job){
			.name = arena_copy(&model->arena, name, strlen(name)),
			.schedule = {.interval = S(1000), .delay = S((int)(i * 7919 % count))},
			.settings = &settings,
			.command = {"true", 1, false},
		};
		assert_non_null(model->jobs[i].name);
	}
	assert_int_equal(engine_prepare(rig->engine, model, NULL, &loaded), 0);
	model_unref(model);
	engine_step(rig->engine, &(struct engine_event){.kind = ENGINE_LOAD, .load = loaded},
		    rig->now, (struct effect_sink){.apply = ignore_effect});
}

/* Works until it is done. Returns how often that was. */
static unsigned work_off(struct listing *listing)
{
	unsigned times = 1;
	int r;

	while ((r = listing_work(listing)) == 0)
		times++;
	assert_int_equal(r, 1);
	return times;
}

static json_t *read_page(struct listing *listing)
{
	struct evbuffer *text = listing_text(listing);
	size_t len = evbuffer_get_length(text);
	json_t *page = json_loadb((const char *)evbuffer_pullup(text, -1), len, 0, NULL);

	assert_non_null(page);
	return page;
}

/* The names on a page with a space behind each, added to `names`. Returns the cursor of the next
   one, to be freed; NULL: there is none. */
static char *list(const struct lister *lister, const struct listing_filter *filter,
		  enum listing_order order, unsigned limit, const char *cursor, char *names)
{
	struct listing *listing;
	json_t *page;
	json_t *item;
	size_t i;
	char *next = NULL;

	assert_int_equal(listing_new(&lister->host, filter, order, limit, cursor, false, &listing),
			 0);
	(void)work_off(listing);
	page = read_page(listing);
	assert_true(json_array_size(json_object_get(page, "items")) <= limit);
	json_array_foreach(json_object_get(page, "items"), i, item)
		strcat(strcat(names, json_string_value(json_object_get(item, "name"))), " ");
	if (json_is_string(json_object_get(page, "next")))
		next = strdup(json_string_value(json_object_get(page, "next")));
	else
		assert_true(json_is_null(json_object_get(page, "next")));
	json_decref(page);
	listing_free(listing);
	return next;
}

/* All pages of that size. */
static void list_all(const struct lister *lister, enum listing_order order, unsigned limit,
		     char *names)
{
	const struct listing_filter all = {.name = NULL};
	char *cursor = NULL;

	do {
		char *next = list(lister, &all, order, limit, cursor, names);

		free(cursor);
		cursor = next;
	} while (cursor);
}

static const struct model_spec four_jobs = {
	.jobs =
		{
			{.name = "backup-db", .every = 100, .group = "db"},
			{.name = "backup-home",
			 .every = 50,
			 .with = &(const struct job_settings){.user = "alice"}},
			{.name = "report", .after = 20},
			{.name = "zz", .every = 10},
		},
	.groups = {{.name = "db", .limit = 1}},
};

static void start_run(struct lister *lister, const char *name)
{
	struct engine_job *job = engine_find_job(lister->rig.engine, name);
	struct engine_asked asked = {.force = true};

	step(&lister->rig,
	     (struct engine_event){.kind = ENGINE_RUN_NOW, .job = job, .asked = &asked});
	assert_non_null(asked.run);
}

static void test_filters(void **state)
{
	static const struct {
		struct listing_filter filter;
		const char *names;
	} table[] = {
		{{.name = NULL}, "backup-db backup-home report zz "},
		{{.name = "backup-*"}, "backup-db backup-home "},
		{{.name = "zz"}, "zz "},
		{{.name = "z"}, ""},
		{{.group = "db"}, "backup-db "},
		{{.group = "d"}, ""},
		{{.user = "alice"}, "backup-home "},
		{{.user = "bob"}, ""},
		{{.states = 1U << LISTING_PAUSED}, "zz "},
		{{.states = 1U << LISTING_RUNNING}, "report "},
		{{.states = 1U << LISTING_WAITING}, "backup-db "},
		{{.states = 1U << LISTING_FAILING}, ""},
		{{.states = 1U << LISTING_PAUSED | 1U << LISTING_RUNNING}, "report zz "},
		{{.verdicts = 1U << VERDICT_OK}, "backup-db "},
		{{.verdicts = 1U << VERDICT_FAILED}, "backup-home "},
		{{.verdicts = 1U << VERDICT_OK | 1U << VERDICT_FAILED}, "backup-db backup-home "},
		{{.name = "backup-*", .verdicts = 1U << VERDICT_OK}, "backup-db "},
		{{.name = "b*", .user = "alice", .verdicts = 1U << VERDICT_OK}, ""},
	};
	struct lister *lister = begin_lister(&four_jobs);
	struct engine_pause *pause = calloc(1, sizeof(*pause) + 1);

	(void)state;
	assert_non_null(pause);
	pause->until = USEC_INFINITY;
	lister->facts[0] = (struct control_job_facts){.last_ended = S(3)};
	lister->facts[1] =
		(struct control_job_facts){.last_ended = S(4), .last_verdict = VERDICT_FAILED};
	step(&lister->rig, (struct engine_event){.kind = ENGINE_PAUSE,
						 .job = engine_find_job(lister->rig.engine, "zz"),
						 .pause = pause});
	start_run(lister, "report");
	step(&lister->rig,
	     (struct engine_event){.kind = ENGINE_STARTED,
				   .run = engine_find_job(lister->rig.engine, "report")->runs});
	start_run(lister, "backup-db");
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		char names[200] = "";

		assert_null(list(lister, &table[i].filter, LISTING_BY_NAME, 100, NULL, names));
		if (strcmp(names, table[i].names) != 0)
			fail_msg("row %zu: %s", i, names);
	}
	end_lister(lister);
}

static void test_orders(void **state)
{
	static const struct {
		enum listing_order order;
		const char *names;
	} table[] = {
		{LISTING_BY_NAME, "backup-db backup-home report zz "},
		/* At 100, 50, 25, and 10 s. */
		{LISTING_BY_NEXT, "zz report backup-home backup-db "},
		{LISTING_BY_LAST, "report backup-home backup-db zz "},
		{LISTING_BY_FAILURES, "backup-db backup-home report zz "},
	};
	struct lister *lister = begin_lister(&four_jobs);

	(void)state;
	lister->facts[1].last_ended = S(3);
	lister->facts[2].last_ended = S(4);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		for (unsigned limit = 1; limit <= 5; limit++) {
			char names[200] = "";

			list_all(lister, table[i].order, limit, names);
			assert_string_equal(names, table[i].names);
		}
	}
	end_lister(lister);
}

/* However large the pages, together they have each job once, in order. */
static void test_pages_have_each_job_once(void **state)
{
	static const unsigned limits[] = {1, 7, 100, 249, 250, 251, 1000};
	struct lister *lister = begin_lister(&(struct model_spec){.jobs = {{.name = "a"}}});
	char *names = malloc(10000);
	char *expected = malloc(10000);

	(void)state;
	assert_true(names && expected);
	load_many(&lister->rig, 250);
	for (size_t i = 0; i < 250; i++)
		lister->facts[i].last_ended = S(1 + i * 31 % 17);
	for (int order = 0; order < LISTING_ORDERS; order++) {
		*expected = '\0';
		list_all(lister, (enum listing_order)order, 1000, expected);
		assert_int_equal(strlen(expected), 250 * strlen("job-0000 "));
		for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
			*names = '\0';
			list_all(lister, (enum listing_order)order, limits[i], names);
			assert_string_equal(names, expected);
		}
	}
	free(names);
	free(expected);
	end_lister(lister);
}

static void test_no_look_takes_long(void **state)
{
	const struct listing_filter none = {.name = "x"};
	/* Sixty-four characters, which may take as many times as long. */
	const struct listing_filter hard = {
		.name = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*x"};
	const struct listing_filter all = {.name = NULL};
	struct lister *lister = begin_lister(&(struct model_spec){.jobs = {{.name = "a"}}});
	struct listing *listing;

	(void)state;
	load_many(&lister->rig, 9000);
	/* Jobs that are not wanted have to be looked at, too. */
	assert_int_equal(
		listing_new(&lister->host, &none, LISTING_BY_NAME, 10, NULL, false, &listing), 0);
	assert_in_range(work_off(listing), 18, 19);
	listing_free(listing);
	assert_int_equal(
		listing_new(&lister->host, &hard, LISTING_BY_NAME, 10, NULL, false, &listing), 0);
	assert_in_range(work_off(listing), 90, 91);
	listing_free(listing);
	assert_int_equal(
		listing_new(&lister->host, &all, LISTING_BY_NEXT, 1000, NULL, false, &listing), 0);
	assert_in_range(work_off(listing), 118, 120);
	listing_free(listing);
	/* Of those by name only as many as there is room for. */
	assert_int_equal(
		listing_new(&lister->host, &all, LISTING_BY_NAME, 10, NULL, false, &listing), 0);
	assert_int_equal(work_off(listing), 1);
	listing_free(listing);
	end_lister(lister);
}

/* What was gathered may be gone when it is to be told, and what was looked at may have others in
   front. */
static void test_a_reload_may_come_in_between(void **state)
{
	const struct listing_filter all = {.name = NULL};
	struct lister *lister = begin_lister(&(struct model_spec){.jobs = {{.name = "a"}}});
	struct listing *listing;
	json_t *page;

	(void)state;
	load_many(&lister->rig, 5000);
	assert_int_equal(
		listing_new(&lister->host, &all, LISTING_BY_NEXT, 1000, NULL, false, &listing), 0);
	assert_int_equal(listing_work(listing), 0);
	assert_int_equal(listing_work(listing), 0);
	assert_int_equal(listing_work(listing), 0);
	load_many(&lister->rig, 10);
	(void)work_off(listing);
	page = read_page(listing);
	assert_in_range(json_array_size(json_object_get(page, "items")), 1, 1000);
	json_decref(page);
	listing_free(listing);

	assert_int_equal(
		listing_new(&lister->host, &all, LISTING_BY_NEXT, 1000, NULL, false, &listing), 0);
	load_many(&lister->rig, 5000);
	assert_int_equal(listing_work(listing), 0);
	load_many(&lister->rig, 10);
	(void)work_off(listing);
	listing_free(listing);
	end_lister(lister);
}

static void test_cursors(void **state)
{
	static const char *const bad[] = {
		"", ":", "1", "1:", "x:a", ":a", "1x:a", "99999999999999999999:a"};
	const struct listing_filter all = {.name = NULL};
	struct lister *lister = begin_lister(&four_jobs);
	struct listing *listing = NULL;
	char names[200] = "";
	char large[MODEL_NAME_MAX + 10];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		assert_int_equal(listing_new(&lister->host, &all, LISTING_BY_NAME, 1, bad[i], false,
					     &listing),
				 -EINVAL);
	memset(large, 'a', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	memcpy(large, "0:", 2);
	assert_int_equal(
		listing_new(&lister->host, &all, LISTING_BY_NAME, 1, large, false, &listing),
		-EINVAL);
	assert_null(listing);
	/* The job that it names need not be there any more. */
	free(list(lister, &all, LISTING_BY_NAME, 9, "0:c", names));
	assert_string_equal(names, "report zz ");
	end_lister(lister);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_pages_have_each_job_once),
		cmocka_unit_test(test_no_look_takes_long),
		cmocka_unit_test(test_a_reload_may_come_in_between),
		cmocka_unit_test(test_cursors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
