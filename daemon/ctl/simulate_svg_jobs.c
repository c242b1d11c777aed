/* The jobs of the picture: each in a lane of its own if the span is short enough to see runs, else
   what they come to. See simulate_svg.h. */
#include "calendar/duration.h"
#include "core/model.h"
#include "ctl/simulate_svg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* The most jobs that are drawn, those with the most work first. */
#define JOBS_MOST 24

/* Runs of a longer span would be a blur. */
#define LANES_SPAN (3 * USEC_PER_DAY)

#define LANE_HEIGHT 20.0
#define BAR_HEIGHT  12.0
#define NAME_MOST   22

/* Anything narrower is not seen. */
#define NARROWEST 1.6

struct ranked {
	size_t job;
	const struct sim_job_book *book;
};

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;

	if (x->book->busy != y->book->busy)
		return x->book->busy < y->book->busy ? 1 : -1;
	if (x->book->slots != y->book->slots)
		return x->book->slots < y->book->slots ? 1 : -1;
	return (x->job > y->job) - (x->job < y->job);
}

/* The jobs to be drawn; `ret_n` of them, of *ret_all that could be. */
static int rank(const struct simulation *simulation, struct ranked **ret_ranked, size_t *ret_n,
		size_t *ret_all)
{
	size_t n_jobs = simulation->model->n_jobs;
	struct ranked *ranked = calloc(n_jobs > 0 ? n_jobs : 1, sizeof(*ranked));
	size_t n = 0;

	if (!ranked)
		return -ENOMEM;
	for (size_t i = 0; i < n_jobs; i++)
		if (simulation->shown[i] && simulation->book->jobs[i].slots > 0)
			ranked[n++] = (struct ranked){i, &simulation->book->jobs[i]};
	qsort(ranked, n, sizeof(*ranked), compare);
	*ret_all = n;
	*ret_n = n < JOBS_MOST ? n : JOBS_MOST;
	*ret_ranked = ranked;
	return 0;
}

static void draw_name(struct svg *svg, const char *name, double y)
{
	(void)fprintf(svg->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"n\" text-anchor=\"end\">",
		      SVG_LEFT - 10, y);
	svg_escape(svg, name, NAME_MOST);
	(void)fputs("</text>\n", svg->out);
}

/* --- lanes --- */

static const char *class_of(const struct sim_event *event)
{
	if (event->count > 0)
		return "lost";
	if (event->end == USEC_INFINITY)
		return "open";
	return event->verdict == VERDICT_OK ? "ok" : "bad";
}

static void draw_event(struct svg *svg, const struct sim_event *event, double y, double *last,
		       const char **last_class)
{
	const struct simulation *simulation = svg->simulation;
	usec_t end = event->end < simulation->to ? event->end : simulation->to;
	double left = svg_x(svg, event->begin);
	double width = svg_x(svg, end) - left;
	const char *class = class_of(event);

	if (event->count > 0)
		y -= 3; /* a tick above the line */
	width = width > NARROWEST ? width : NARROWEST;
	/* Those that would lie on top of each other are one. */
	if (*last_class == class && left + width < *last + 0.2)
		return;
	svg_rect(svg, left, event->count > 0 ? y - 2 : y, width, event->count > 0 ? 3 : BAR_HEIGHT,
		 class);
	*last = left + width;
	*last_class = class;
}

static void draw_lanes(struct svg *svg, const struct ranked *ranked, size_t n)
{
	const struct sim_book *book = svg->simulation->book;
	double top = svg->y;
	double bottom = top + (double)n * LANE_HEIGHT + 4;
	double x = SVG_LEFT;

	for (size_t i = 0; i < n; i++)
		if (i % 2 == 1)
			svg_rect(svg, SVG_LEFT, top + (double)i * LANE_HEIGHT, SVG_RIGHT - SVG_LEFT,
				 LANE_HEIGHT, "lane");
	svg_time_axis(svg, top, bottom);
	for (size_t i = 0; i < n; i++) {
		double y = top + (double)i * LANE_HEIGHT + 6;
		const char *last_class = NULL;
		double last = 0;

		draw_name(svg, svg->simulation->model->jobs[ranked[i].job].name, y + 9);
		for (size_t j = 0; j < book->n_events; j++)
			if (book->events[j].job == ranked[i].job)
				draw_event(svg, &book->events[j], y, &last, &last_class);
	}
	svg->y = bottom + 42;
	x = svg_key(svg, x, svg->y, "ok", "ran");
	x = svg_key(svg, x, svg->y, "bad", "failed or was stopped");
	x = svg_key(svg, x, svg->y, "open", "still runs");
	(void)svg_key(svg, x, svg->y, "lost", "did not run");
}

/* --- bars --- */

static void draw_bars(struct svg *svg, const struct ranked *ranked, size_t n)
{
	double most = n > 0 ? (double)ranked[0].book->busy : 0;
	double room = SVG_RIGHT - SVG_LEFT - 330;
	char text[DURATION_TEXT_SIZE];

	for (size_t i = 0; i < n; i++) {
		const struct sim_job_book *book = ranked[i].book;
		uint64_t lost = book->verdicts[VERDICT_SKIPPED] + book->verdicts[VERDICT_REFUSED];
		double y = svg->y + (double)i * LANE_HEIGHT + 4;
		double width = most > 0 ? room * (double)book->busy / most : 0;
		char more[100] = "";

		draw_name(svg, svg->simulation->model->jobs[ranked[i].job].name, y + 10);
		svg_rect(svg, SVG_LEFT, y, width > 1 ? width : 1, BAR_HEIGHT, "ok");
		if (lost > 0)
			(void)snprintf(more, sizeof(more), ", %" PRIu64 " skipped or refused",
				       lost);
		svg_text(svg, SVG_LEFT + width + 8, y + 10, SVG_START, "l",
			 "%s in %" PRIu64 " run%s%s", duration_format_short(book->busy, text),
			 book->begun, book->begun == 1 ? "" : "s", more);
	}
	svg->y += (double)n * LANE_HEIGHT + 8;
}

int svg_jobs(struct svg *svg)
{
	const struct simulation *simulation = svg->simulation;
	bool lanes =
		simulation->to - simulation->from <= LANES_SPAN && simulation->book->unlisted == 0;
	_cleanup_free_ struct ranked *ranked = NULL;
	char remark[100] = "";
	size_t all = 0;
	size_t n = 0;
	int r = rank(simulation, &ranked, &n, &all);

	if (r < 0 || n == 0)
		return r;
	if (all > n)
		(void)snprintf(remark, sizeof(remark), "the %zu with the most work, of %zu", n,
			       all);
	svg_heading(svg, lanes ? "Runs" : "Work by job", *remark ? remark : NULL);
	if (lanes)
		draw_lanes(svg, ranked, n);
	else
		draw_bars(svg, ranked, n);
	return 0;
}
