/* everyctl simulate: what a configuration comes to, before it does. */
#include "ctl/simulate.h"

#include "calendar/schedule.h"
#include "calendar/zone.h"
#include "config/path.h"
#include "core/model.h"
#include "ctl/commands.h"
#include "ctl/simulate_driver.h"
#include "ctl/simulate_options.h"
#include "ctl/simulate_progress.h"
#include "ctl/terminal.h"
#include "ledger/durations.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Events between two looks at the clock on the wall. */
#define STEPS 16384

/* The most rows of a heat map on a terminal. */
#define HEAT_ROWS 62

/* All that a simulation needs while it is made. */
struct work {
	const struct sim_options *options;
	struct ctl *ctl;
	struct model *model;
	struct sim_guess guess;
	struct sim_book book;
	struct sim_shifts shifts;
	usec_t *next;
	bool *shown;
	bool utf8;
};

static void work_done(struct work *work)
{
	sim_book_done(&work->book);
	sim_guess_done(&work->guess);
	free(work->next);
	free(work->shown);
	model_unref(work->model);
}

/* A failure that has not been said yet. */
static int fail(int r)
{
	return ctl_fail("%s", strerrordesc_np(-r));
}

/* --- what is assumed --- */

static int record(void *ctx, const char *job, const usec_t *spans, size_t n)
{
	return sim_guess_record(ctx, job, spans, n);
}

/* The ledger need not be there unless it was asked for. */
static int ask_ledger(struct work *work)
{
	const struct daemon_settings *settings = &work->model->daemon;
	bool wanted = work->options->durations == SIM_DURATIONS_LEDGER;
	char error[LEDGER_TEXT_SIZE] = "there is no ledger";
	char path[PATH_MAX];
	bool own = false;
	int r = -ENOENT;

	if (work->options->durations == SIM_DURATIONS_NONE)
		return 0;
	if (settings->durability != DURABILITY_NONE)
		r = path_state(settings->state_dir, path, sizeof(path), &own);
	if (r == 0)
		r = durations_read(path, SIM_SAMPLES_MAX, record, &work->guess, error);
	if (r == 0 || (!wanted && r != -ENOMEM))
		return 0;
	(void)ctl_fail("%s", error);
	return r;
}

static int apply_given(struct work *work)
{
	for (size_t i = 0; i < work->options->n_given; i++) {
		const struct sim_given *given = &work->options->given[i];
		size_t n = given->fails ? sim_guess_fail(&work->guess, given->pattern, given->share)
					: sim_guess_give(&work->guess, given->pattern, given->span);

		if (n > 0)
			continue;
		(void)ctl_fail("--%s: no job is named '%s'", given->fails ? "fail" : "duration",
			       given->pattern);
		return -ENOENT;
	}
	return 0;
}

/* Returns 0 or -errno after it was said, as the next two. */
static int assume(struct work *work)
{
	const struct sim_options *options = work->options;
	int r;

	if (options->workers > 0)
		work->model->daemon.workers = options->workers;
	if (options->set_queue)
		work->model->daemon.queue = options->queue;
	r = sim_guess_init(&work->guess, work->model, options->seed, options->usual);
	if (r < 0) {
		(void)fail(r);
		return r;
	}
	r = ask_ledger(work);
	return r < 0 ? r : apply_given(work);
}

static int choose(struct work *work)
{
	const struct sim_options *options = work->options;
	size_t n_jobs = work->model->n_jobs;

	work->shown = calloc(n_jobs > 0 ? n_jobs : 1, sizeof(*work->shown));
	work->next = calloc(n_jobs > 0 ? n_jobs : 1, sizeof(*work->next));
	if (!work->shown || !work->next) {
		(void)fail(-ENOMEM);
		return -ENOMEM;
	}
	for (size_t i = 0; options->n_shown == 0 && i < n_jobs; i++)
		work->shown[i] = true;
	for (size_t i = 0; i < options->n_shown; i++) {
		const char *pattern = options->shown[i];
		size_t n = 0;

		for (size_t j = 0; j < n_jobs; j++) {
			if (!sim_guess_matches(pattern, work->model->jobs[j].name))
				continue;
			work->shown[j] = true;
			n++;
		}
		if (n == 0 && strchr(pattern, '*'))
			(void)ctl_fail("no job is named '%s'", pattern);
		if (n == 0 && (strchr(pattern, '*') || !ctl_find_job(work->model, pattern)))
			return -ENOENT;
	}
	return 0;
}

/* --- the simulation --- */

static int let_time_go_on(struct work *work, struct sim *sim)
{
	struct sim_progress progress = {.wanted = work->ctl->progress, .begun = clock_elapsed()};
	const struct sim_options *options = work->options;
	int r;

	while ((r = sim_run(sim, options->to, STEPS)) == 0)
		sim_progress_show(&progress,
				  (double)(sim_now(sim) - options->from) /
					  (double)(options->to - options->from),
				  work->book.total.slots, work->utf8);
	sim_progress_end(&progress);
	return r < 0 ? r : work->book.out_of_memory ? -ENOMEM : 0;
}

/* What is due at the end or after, as if the jobs had been there from the beginning. */
static void find_next(struct work *work)
{
	for (size_t i = 0; i < work->model->n_jobs; i++) {
		const struct schedule *schedule = &work->model->jobs[i].schedule;

		work->next[i] = schedule_is_grid(schedule)
					? schedule_next(schedule, work->options->to - 1)
					: USEC_INFINITY;
	}
}

static int make(struct work *work)
{
	const struct sim_options *options = work->options;
	int32_t offset = zone_segment(options->when.zone, options->from / USEC_PER_SEC).offset;
	struct sim *sim = NULL;
	int r = sim_book_init(&work->book, work->model->n_jobs, work->model->daemon.workers,
			      options->from, options->to, offset * USEC_PER_SEC,
			      options->timeline || options->svg);

	if (r == 0)
		r = sim_shifts_find(work->model, options->from, options->to, &work->shifts);
	if (r == 0)
		r = sim_new(work->model, &work->guess, options->from, sim_book_sink(&work->book),
			    &sim);
	if (r == 0)
		r = let_time_go_on(work, sim);
	sim_free(sim);
	find_next(work);
	if (r < 0)
		(void)fail(r);
	return r;
}

/* --- what is shown --- */

static int write_svg(const struct simulation *simulation, const char *path)
{
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	int r;

	if (!out)
		return ctl_fail("cannot write %s: %s", path, strerrordesc_np(errno));
	errno = 0;
	r = sim_write_svg(simulation, out);
	if (r == 0 && (ferror(out) || fflush(out) != 0))
		r = errno ? -errno : -EIO;
	if (out != stdout && fclose(out) != 0 && r == 0)
		r = errno ? -errno : -EIO;
	if (r < 0)
		return ctl_fail("cannot write %s: %s", path, strerrordesc_np(-r));
	return CTL_OK;
}

static int print_text(const struct work *work, const struct simulation *simulation,
		      const struct sim_heat *heat)
{
	int r = sim_report(simulation, work->ctl);

	if (r == 0 && work->options->timeline) {
		(void)putchar('\n');
		r = sim_report_timeline(simulation, work->ctl);
	}
	if (r == 0 && heat) {
		(void)putchar('\n');
		sim_heat_print(heat, work->options->measure, work->ctl, work->utf8);
	}
	return r;
}

static enum sim_heat_kind heat_kind(const struct work *work)
{
	const struct sim_options *options = work->options;
	enum sim_heat_kind kind = sim_heat_choose(options->to - options->from, HEAT_ROWS);

	return work->ctl->json || sim_heat_fits(kind, work->ctl->width) ? kind : SIM_HEAT_DAYS;
}

static int show(const struct work *work)
{
	const struct sim_options *options = work->options;
	const struct simulation simulation = {
		.model = work->model,
		.guess = &work->guess,
		.book = &work->book,
		.shifts = &work->shifts,
		.next = work->next,
		.shown = work->shown,
		.zone = options->when.zone,
		.from = options->from,
		.to = options->to,
		.measure = options->measure,
	};
	struct sim_heat heat = {0};
	int r = 0;

	if (options->svg) {
		int status = write_svg(&simulation, options->svg);

		if (status != CTL_OK || strcmp(options->svg, "-") == 0)
			return status;
	}
	if (options->heatmap)
		r = sim_heat_init(&heat, &work->book, simulation.zone, heat_kind(work));
	if (r == 0 && work->ctl->json)
		r = sim_print_json(&simulation, options->timeline, options->heatmap ? &heat : NULL);
	else if (r == 0)
		r = print_text(work, &simulation, options->heatmap ? &heat : NULL);
	sim_heat_done(&heat);
	return r < 0 ? fail(r) : CTL_OK;
}

static int simulate(struct ctl *ctl, const struct sim_options *options)
{
	struct work work = {.options = options, .ctl = ctl, .utf8 = terminal_has_utf8()};
	int status = CTL_FAILED;

	if (ctl_load(ctl, false, &work.model) < 0)
		return CTL_FAILED;
	if (assume(&work) == 0 && choose(&work) == 0 && make(&work) == 0)
		status = show(&work);
	work_done(&work);
	return status;
}

int simulate_run(struct ctl *ctl, struct ctl_args *args)
{
	struct sim_options options;
	int status = sim_options_parse(args, &options);

	if (status != CTL_OK)
		return status;
	status = simulate(ctl, &options);
	sim_options_done(&options);
	return status;
}
