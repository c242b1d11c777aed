/* Metrics count every occurrence once, in the row of its job or with the others, and print as
   Prometheus reads them. */
#include "engine_fixture.h"

#include "control/metrics.h"
#include "control/scraper.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

struct setting {
	struct rig rig;
	struct metrics metrics;
	struct control_host host;
	struct control_facts facts;
};

static void tell_facts(void *daemon, struct control_facts *ret_facts)
{
	*ret_facts = ((struct setting *)daemon)->facts;
}

static void tell_job(void *daemon, const struct engine_job *job,
		     struct control_job_facts *ret_facts)
{
	(void)daemon;
	*ret_facts = (struct control_job_facts){.last_ended = 0};
	if (strcmp(job->def->name, "b") == 0)
		*ret_facts = (struct control_job_facts){
			.last_ended = S(12), .last_took = 1500000, .last_success = S(12)};
}

static const struct control_host_ops ops = {.facts = tell_facts, .job_facts = tell_job};

static void take_effect(void *ctx, const struct effect *effect)
{
	struct setting *setting = ctx;

	metrics_effect(&setting->metrics, effect);
}

static void give_event(struct setting *setting, struct engine_event event)
{
	engine_step(setting->rig.engine, &event, setting->rig.now,
		    (struct effect_sink){take_effect, setting});
}

static void put_in_force(struct setting *setting, const struct model_spec *spec, unsigned rows)
{
	struct model *model = build_model(spec);
	struct engine_load *new = NULL;

	model->daemon.metrics_jobs = rows;
	assert_int_equal(engine_prepare(setting->rig.engine, model, NULL, &new), 0);
	model_unref(model);
	give_event(setting, (struct engine_event){.kind = ENGINE_LOAD, .load = new});
	metrics_configure(&setting->metrics, &setting->host);
}

static void set_up(struct setting *setting, const struct model_spec *spec, unsigned rows)
{
	*setting = (struct setting){
		.rig = begin_bare(0),
		.facts = {.config_path = "",
			  .needs = "",
			  .ledger = "",
			  .has_ledger = true,
			  .started = S(1),
			  .workers = 4},
	};
	setting->host = (struct control_host){
		.ops = &ops, .daemon = setting, .engine = setting->rig.engine};
	put_in_force(setting, spec, rows);
}

static void tear_down(struct setting *setting)
{
	metrics_done(&setting->metrics);
	end(&setting->rig);
}

/* Everything that is due up to then; runs of jobs in `quick` end at once, with that status. */
static void go_on(struct setting *setting, int now, const char *quick, int status)
{
	struct engine_job *job;
	usec_t due;

	while ((due = engine_next_due(setting->rig.engine, &job)) <= S(now)) {
		setting->rig.now = due;
		give_event(setting, (struct engine_event){.kind = ENGINE_DUE, .job = job});
		if (!job->runs || !strstr(quick, job->def->name))
			continue;
		give_event(setting, (struct engine_event){
					    .kind = ENGINE_FINISHED,
					    .run = job->runs,
					    .result = &(struct run_result){.kind = RESULT_EXITED,
									   .code = status,
									   .queued = S(1),
									   .taken = S(1) + 300,
									   .started = S(1) + 400,
									   .spawned = S(1) + 2300,
									   .ended = S(3) + 400},
				    });
	}
	setting->rig.now = S(now);
}

static struct metrics_page *take_page(struct setting *setting)
{
	struct metrics_page *page = metrics_page_new(&setting->metrics, &setting->host);

	assert_non_null(page);
	/* Nothing is lost, nothing is there twice. */
	for (int v = 0; v < VERDICT_COUNT; v++) {
		uint64_t sum = page->others.verdicts[v];

		for (size_t i = 0; i < page->n_rows; i++)
			sum += page->rows[i].tally.verdicts[v];
		assert_int_equal(sum, engine_counters(setting->rig.engine)->verdicts[v]);
	}
	return page;
}

static bool has_row(const struct metrics_page *page, const char *name, size_t *ret_row)
{
	for (*ret_row = 0; *ret_row < page->n_rows; ++*ret_row)
		if (strcmp(page->names + page->rows[*ret_row].name, name) == 0)
			return true;
	return false;
}

static const struct metrics_job *row_of(const struct metrics_page *page, const char *name)
{
	size_t row;

	assert_true(has_row(page, name, &row));
	return &page->rows[row];
}

static void each_occurrence_is_counted_once(void **state)
{
	_cleanup_(cleanup_metrics_page) struct metrics_page *page = NULL;
	const struct model_spec spec = {.jobs = {{.name = "a"}, {.name = "b"}, {.name = "c"}}};
	struct setting setting;

	(void)state;
	set_up(&setting, &spec, 2);
	go_on(&setting, 30, "a", 0);
	go_on(&setting, 40, "a", 3);
	page = take_page(&setting);
	assert_int_equal(page->n_rows, 2);
	assert_int_equal(row_of(page, "a")->tally.verdicts[VERDICT_OK], 3);
	assert_int_equal(row_of(page, "a")->tally.verdicts[VERDICT_FAILED], 1);
	assert_int_equal(row_of(page, "a")->tally.runs, 4);
	assert_int_equal(row_of(page, "a")->tally.took, 4 * S(2));
	assert_int_equal(row_of(page, "a")->failures, 1);
	assert_int_equal(row_of(page, "b")->tally.verdicts[VERDICT_SKIPPED], 3);
	assert_int_equal(row_of(page, "b")->running, 1);
	assert_int_equal(page->others.verdicts[VERDICT_SKIPPED], 3);
	assert_int_equal(page->totals.took.counts[4], 4);
	assert_int_equal(page->totals.late[PART_QUEUE].counts[1], 4);
	assert_int_equal(page->totals.late[PART_SPAWN].sum, 4 * 2000);
	assert_int_equal(page->totals.loads, 1);
	tear_down(&setting);
}

static void slots_that_are_missed_together_count_as_many(void **state)
{
	_cleanup_(cleanup_metrics_page) struct metrics_page *page = NULL;
	const struct model_spec spec = {.jobs = {{.name = "a"}}};
	struct setting setting;
	struct engine_job *job;

	(void)state;
	set_up(&setting, &spec, 10);
	setting.rig.now = S(1005);
	assert_true(engine_next_due(setting.rig.engine, &job) <= setting.rig.now);
	give_event(&setting, (struct engine_event){.kind = ENGINE_DUE, .job = job});
	page = take_page(&setting);
	assert_true(row_of(page, "a")->tally.verdicts[VERDICT_COALESCED] +
			    row_of(page, "a")->tally.verdicts[VERDICT_MISSED] >
		    90);
	tear_down(&setting);
}

static void what_jobs_leave_behind_stays_with_the_others(void **state)
{
	struct metrics_page *page;
	const struct model_spec both = {.jobs = {{.name = "a"}, {.name = "b"}}};
	const struct model_spec other = {.jobs = {{.name = "b"}, {.name = "c"}}};
	struct setting setting;
	size_t row;

	(void)state;
	set_up(&setting, &both, 1);
	go_on(&setting, 20, "ab", 0);
	page = take_page(&setting);
	assert_true(has_row(page, "a", &row));
	assert_int_equal(page->others.verdicts[VERDICT_OK], 2);
	metrics_page_free(page);
	put_in_force(&setting, &other, 1);
	go_on(&setting, 40, "bc", 0);
	page = take_page(&setting);
	assert_false(has_row(page, "a", &row));
	assert_int_equal(row_of(page, "b")->tally.verdicts[VERDICT_OK], 2);
	assert_int_equal(page->others.verdicts[VERDICT_OK], 6);
	metrics_page_free(page);
	/* Fewer rows than there are: all of them begin anew. */
	put_in_force(&setting, &other, 0);
	page = take_page(&setting);
	assert_int_equal(page->n_rows, 0);
	assert_int_equal(page->others.verdicts[VERDICT_OK], 8);
	metrics_page_free(page);
	tear_down(&setting);
}

/* A streak that began when the job had no row is counted in two places, but once. */
static void a_streak_may_begin_without_a_row(void **state)
{
	_cleanup_(cleanup_metrics_page) struct metrics_page *page = NULL;
	const struct model_spec spec = {.jobs = {{.name = "a"}}};
	struct setting setting;

	(void)state;
	set_up(&setting, &spec, 0);
	go_on(&setting, 40, "", 0);
	put_in_force(&setting, &spec, 5);
	go_on(&setting, 60, "", 0);
	page = take_page(&setting);
	assert_int_equal(page->others.verdicts[VERDICT_SKIPPED], 3);
	assert_int_equal(row_of(page, "a")->tally.verdicts[VERDICT_SKIPPED], 2);
	tear_down(&setting);
}

/* --- the text --- */

static char *print(const struct metrics_page *page, enum metrics_format format)
{
	const struct metrics_process process = {1500000, 4096, 7, 1024};
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	assert_non_null(file);
	metrics_print(page, &process, format, file);
	assert_int_equal(fclose(file), 0);
	return text;
}

static const struct {
	const char *line;
	bool prometheus;
	bool openmetrics;
} lines[] = {
	{"# TYPE everyd_build_info gauge", true, false},
	{"# TYPE everyd_build info", false, true},
	{"everyd_build_info{version=\"" EVERYD_VERSION "\"} 1", true, true},
	{"# TYPE everyd_runs_total counter", true, false},
	{"# TYPE everyd_runs counter", false, true},
	{"everyd_runs_total{verdict=\"ok\"} 2", true, true},
	{"everyd_job_runs_total{job=\"b\",verdict=\"ok\"} 2", true, true},
	{"everyd_job_runs_total{job=\"b\",verdict=\"failed\"} 0", true, true},
	{"everyd_job_runs_total{job=\"b\",verdict=\"lost\"} 0", false, false},
	{"everyd_job_runs_total{job=\"(others)\",verdict=\"ok\"} 0", true, true},
	{"everyd_job_last_run_timestamp_seconds{job=\"b\"} 12.000000", true, true},
	{"everyd_job_last_run_duration_seconds{job=\"b\"} 1.500000", true, true},
	{"everyd_job_next_slot_timestamp_seconds{job=\"b\"} 30.000000", true, true},
	{"everyd_job_run_duration_seconds_sum{job=\"b\"} 4.000000", true, true},
	{"everyd_job_run_duration_seconds_count{job=\"b\"} 2", true, true},
	{"everyd_run_duration_seconds_bucket{le=\"1\"} 0", true, true},
	{"everyd_run_duration_seconds_bucket{le=\"5\"} 2", true, true},
	{"everyd_run_duration_seconds_bucket{le=\"86400\"} 2", true, true},
	{"everyd_run_duration_seconds_bucket{le=\"+Inf\"} 2", true, true},
	{"everyd_run_duration_seconds_sum 4.000000", true, true},
	{"everyd_lateness_seconds_bucket{part=\"spawn\",le=\"0.0025\"} 2", true, true},
	{"everyd_lateness_seconds_count{part=\"queue\"} 2", true, true},
	{"everyd_lateness_seconds_bucket{part=\"loop\",le=\"0.0005\"} 1", true, true},
	{"everyd_next_due_timestamp_seconds 30.000000", true, true},
	{"everyd_ledger_healthy 1", true, true},
	{"process_cpu_seconds_total 1.500000", true, true},
	{"process_open_fds 7", true, true},
	{"# EOF", false, true},
};

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at++)
		if ((at == text || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

static void it_prints_as_prometheus_reads_it(void **state)
{
	const struct model_spec spec = {.jobs = {{.name = "b"}}};
	_cleanup_(cleanup_metrics_page) struct metrics_page *page = NULL;
	_cleanup_free_ char *prometheus = NULL;
	_cleanup_free_ char *openmetrics = NULL;
	struct setting setting;

	(void)state;
	set_up(&setting, &spec, 1000);
	go_on(&setting, 20, "b", 0);
	metrics_late(&setting.metrics, 300);
	page = take_page(&setting);
	prometheus = print(page, METRICS_PROMETHEUS);
	openmetrics = print(page, METRICS_OPENMETRICS);
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		if (has_line(prometheus, lines[i].line) != lines[i].prometheus ||
		    has_line(openmetrics, lines[i].line) != lines[i].openmetrics)
			fail_msg("%s", lines[i].line);
	}
	tear_down(&setting);
}

static void a_client_says_which_format_it_wants(void **state)
{
	(void)state;
	assert_int_equal(metrics_format_wanted(NULL), METRICS_PROMETHEUS);
	assert_int_equal(metrics_format_wanted("*/*"), METRICS_PROMETHEUS);
	assert_int_equal(metrics_format_wanted("text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
			 METRICS_PROMETHEUS);
	assert_int_equal(
		metrics_format_wanted("application/openmetrics-text;version=1.0.0,text/plain"),
		METRICS_OPENMETRICS);
}

/* --- the thread that prints --- */

struct heard {
	int r;
	size_t len;
	unsigned n;
};

static void hear(void *ctx, const struct scraped *scraped)
{
	struct heard *heard = ctx;

	heard->r = scraped->r;
	heard->len = scraped->len;
	heard->n++;
}

static void ask_for(struct scraper *scraper, struct setting *setting, const char *path,
		    struct heard *heard)
{
	struct pollfd pollfd = {.fd = scraper_fd(scraper), .events = POLLIN};

	*heard = (struct heard){.n = 0};
	assert_int_equal(
		scraper_ask(scraper, take_page(setting), METRICS_PROMETHEUS, path, hear, heard), 0);
	while (heard->n == 0) {
		assert_int_equal(poll(&pollfd, 1, 60000), 1);
		scraper_dispatch(scraper);
	}
}

static void a_file_is_replaced_as_a_whole(void **state)
{
	const struct model_spec spec = {.jobs = {{.name = "a"}}};
	char dir[] = "/tmp/test_metrics.XXXXXX";
	char path[64];
	char draft[64];
	struct setting setting;
	struct scraper *scraper;
	struct heard heard;
	struct stat before;
	struct stat after;

	(void)state;
	assert_non_null(mkdtemp(dir));
	sprintf(path, "%s/everyd.prom", dir);
	sprintf(draft, "%s/everyd.prom.new", dir);
	set_up(&setting, &spec, 10);
	assert_int_equal(scraper_new(&scraper), 0);
	ask_for(scraper, &setting, NULL, &heard);
	assert_int_equal(heard.r, 0);
	assert_true(heard.len > 1000);
	ask_for(scraper, &setting, path, &heard);
	assert_int_equal(heard.r, 0);
	assert_int_equal(stat(path, &before), 0);
	assert_true(before.st_size > 1000);
	assert_int_equal(before.st_mode & 0777, 0644);
	/* What a killed one has left does not matter, nor where a link of that name leads. */
	assert_int_equal(symlink("/dev/null", draft), 0);
	ask_for(scraper, &setting, path, &heard);
	assert_int_equal(heard.r, 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	assert_int_equal(access(draft, F_OK), -1);
	ask_for(scraper, &setting, "/nonexistent/everyd.prom", &heard);
	assert_int_equal(heard.r, -ENOENT);
	scraper_free(scraper, S(60));
	tear_down(&setting);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_occurrence_is_counted_once),
		cmocka_unit_test(slots_that_are_missed_together_count_as_many),
		cmocka_unit_test(what_jobs_leave_behind_stays_with_the_others),
		cmocka_unit_test(a_streak_may_begin_without_a_row),
		cmocka_unit_test(it_prints_as_prometheus_reads_it),
		cmocka_unit_test(a_client_says_which_format_it_wants),
		cmocka_unit_test(a_file_is_replaced_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
