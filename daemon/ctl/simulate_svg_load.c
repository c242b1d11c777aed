/* The curve of load of the picture: workers that are busy on average and at most, the limit there
   is, what waits, and where slots were lost. See simulate_svg.h. */
#include "core/model.h"
#include "ctl/simulate_svg.h"
#include "ctl/simulate_ticks.h"

#include <errno.h>
#include <stdlib.h>

#define HEIGHT 170.0
#define POINTS 485 /* two units apart */

/* Strips above the limit and below the axis, of so many degrees. */
#define STRIP_HEIGHT 5.0
#define DEPTHS       4

/* The limit is out of sight if that much higher than what is reached. */
#define LIMIT_FAR 3

struct point {
	double busy; /* of all workers, in worker microseconds */
	double covered;
	double peak_running;
	unsigned bins;
	unsigned queued; /* of these, with runs that wait */
	unsigned lost;   /* and with slots that are skipped or refused */
};

struct curve {
	struct svg *svg;
	struct point points[POINTS];
	double top;    /* of the axis, in workers */
	double upper;  /* where it is */
	double bottom; /* and where none is */
};

static void fill(struct curve *curve)
{
	const struct sim_book *book = curve->svg->simulation->book;
	double span = (double)(book->to - book->from);

	for (size_t i = 0; i < book->n_bins; i++) {
		const struct sim_bin *bin = &book->bins[i];
		usec_t begin = book->bins_from + (usec_t)i * book->bin;
		usec_t end = begin + book->bin;
		size_t first;
		size_t last;

		begin = begin > book->from ? begin : book->from;
		end = end < book->to ? end : book->to;
		first = (size_t)((double)(begin - book->from) / span * POINTS);
		last = (size_t)((double)(end - 1 - book->from) / span * POINTS);
		/* Few bins are wider than the points. */
		for (size_t at = first; at <= last && at < POINTS; at++) {
			struct point *point = &curve->points[at];

			point->busy += (double)bin->busy;
			point->covered += (double)(end - begin);
			if (bin->peak_running > point->peak_running)
				point->peak_running = bin->peak_running;
			point->bins++;
			point->queued += bin->peak_queued > 0;
			point->lost += bin->lost > 0;
		}
	}
}

static double x_of(size_t i)
{
	return SVG_LEFT + (SVG_RIGHT - SVG_LEFT) * (double)i / POINTS;
}

static double y_of(const struct curve *curve, double workers)
{
	double part = workers / curve->top;

	return curve->bottom - (curve->bottom - curve->upper) * (part < 1 ? part : 1);
}

static void draw_average(const struct curve *curve)
{
	FILE *out = curve->svg->out;

	(void)fprintf(out, "<path class=\"area\" d=\"M%.1f %.1f", SVG_LEFT, curve->bottom);
	for (size_t i = 0; i < POINTS; i++) {
		const struct point *point = &curve->points[i];
		double y = y_of(curve, point->covered > 0 ? point->busy / point->covered : 0);

		(void)fprintf(out, "V%.1fH%.1f", y, x_of(i + 1));
	}
	(void)fprintf(out, "V%.1fZ\"/>\n", curve->bottom);
}

static void draw_peak(const struct curve *curve)
{
	FILE *out = curve->svg->out;

	(void)fprintf(out, "<path class=\"peak\" d=\"M%.1f %.1f", SVG_LEFT,
		      y_of(curve, curve->points[0].peak_running));
	for (size_t i = 0; i < POINTS; i++)
		(void)fprintf(out, "V%.1fH%.1f", y_of(curve, curve->points[i].peak_running),
			      x_of(i + 1));
	(void)fputs("\"/>\n", out);
}

static unsigned queued_of(const struct point *point)
{
	return point->queued;
}

static unsigned lost_of(const struct point *point)
{
	return point->lost;
}

/* 0 to DEPTHS: how much of the time there is something of it. */
static int depth_of(const struct point *point, unsigned (*part_of)(const struct point *point))
{
	unsigned part = part_of(point);

	return part == 0 ? 0 : 1 + (int)(part * (DEPTHS - 1) / point->bins);
}

/* A strip that is the more solid the more often there is something. */
static void draw_strip(const struct curve *curve, double y, const char *class,
		       unsigned (*part_of)(const struct point *point))
{
	size_t end;

	for (size_t i = 0; i < POINTS; i = end) {
		int depth = depth_of(&curve->points[i], part_of);

		for (end = i + 1; end < POINTS; end++)
			if (depth_of(&curve->points[end], part_of) != depth)
				break;
		if (depth > 0)
			(void)fprintf(curve->svg->out,
				      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
				      "class=\"%s\" fill-opacity=\"%.2f\"/>\n",
				      x_of(i), y, x_of(end) - x_of(i), STRIP_HEIGHT, class,
				      (double)(depth + 1) / (DEPTHS + 1));
	}
}

static void draw_scale(const struct curve *curve, unsigned workers)
{
	double step = sim_ticks_step(curve->top, 5, true);

	for (int i = 0; i * step <= curve->top; i++) {
		double at = i * step;
		double y = y_of(curve, at);

		if (i > 0)
			svg_line(curve->svg, SVG_LEFT, y, SVG_RIGHT, y, "grid");
		svg_text(curve->svg, SVG_LEFT - 8, y + 4, SVG_END, "l", "%.0f", at);
	}
	if (workers > curve->top) {
		svg_text(curve->svg, SVG_LEFT + 6, curve->upper + 12, SVG_START, "l",
			 "the limit of %u workers is far above", workers);
		return;
	}
	svg_line(curve->svg, SVG_LEFT, y_of(curve, workers), SVG_RIGHT, y_of(curve, workers),
		 "limit");
	svg_text(curve->svg, SVG_MARGIN, y_of(curve, workers) + 4, SVG_START, "l b",
		 workers == 1 ? "1 worker" : "%u workers", workers);
}

static void draw_shifts(const struct curve *curve)
{
	const struct simulation *simulation = curve->svg->simulation;

	for (size_t i = 0; i < simulation->shifts->count; i++) {
		double x =
			svg_x(curve->svg, simulation->shifts->items[i].change.time * USEC_PER_SEC);
		int32_t by = simulation->shifts->items[i].change.after -
			     simulation->shifts->items[i].change.before;

		svg_line(curve->svg, x, curve->upper - 20, x, curve->bottom, "shift");
		if (i == 0 || simulation->shifts->items[i].change.time !=
				      simulation->shifts->items[i - 1].change.time)
			svg_text(curve->svg, x + 4, curve->upper - 12, SVG_START, "l",
				 "clocks %+g h", by / 3600.0);
	}
}

int svg_load(struct svg *svg)
{
	const struct sim_book *book = svg->simulation->book;
	struct curve *curve = calloc(1, sizeof(*curve));
	double limit = book->workers;
	double reached = (double)book->running.count;
	double x = SVG_LEFT;

	if (!curve)
		return -ENOMEM;
	svg_heading(svg, "Workers at work", NULL);
	curve->svg = svg;
	curve->top = limit > LIMIT_FAR * (reached + 1) ? reached + 1 : limit * 1.08;
	curve->upper = svg->y;
	curve->bottom = svg->y + HEIGHT;
	fill(curve);
	svg_time_axis(svg, curve->upper, curve->bottom);
	draw_scale(curve, book->workers);
	draw_average(curve);
	draw_peak(curve);
	draw_strip(curve, curve->upper - STRIP_HEIGHT - 2, "queue", queued_of);
	draw_strip(curve, curve->bottom + 1, "lost", lost_of);
	draw_shifts(curve);
	svg->y = curve->bottom + 42;
	x = svg_key(svg, x, svg->y, "area", "on average");
	x = svg_key(svg, x, svg->y, "peakkey", "at most");
	x = svg_key(svg, x, svg->y, "queue", "runs wait");
	(void)svg_key(svg, x, svg->y, "lost", "slots skipped or refused");
	free(curve);
	return 0;
}
