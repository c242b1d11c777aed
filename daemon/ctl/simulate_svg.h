/* The picture of a simulation: what the files that draw its parts share. One thread. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "ctl/simulate.h"

#include <stdbool.h>
#include <stdio.h>

/* Everything is so wide, and what follows time lies between these two, one below the other. */
#define SVG_WIDTH 1200.0
#define SVG_LEFT  190.0
#define SVG_RIGHT 1160.0

/* The left edge of titles. */
#define SVG_MARGIN 40.0

struct svg {
	FILE *out;
	const struct simulation *simulation;
	double y; /* what is above has been drawn */
};

enum svg_anchor {
	SVG_START,
	SVG_MIDDLE,
	SVG_END,
};

/* --- simulate_svg_draw.c --- */

/* Text with that class and its baseline at y; characters that mean something are escaped. */
void svg_text(struct svg *svg, double x, double y, enum svg_anchor anchor, const char *class,
	      const char *format, ...) _printf_(6, 7);
/* A text escaped and by itself, with at most so many characters of it. */
void svg_escape(struct svg *svg, const char *text, size_t most);
void svg_rect(struct svg *svg, double x, double y, double width, double height, const char *class);
void svg_line(struct svg *svg, double x1, double y1, double x2, double y2, const char *class);
/* An entry of a legend with its baseline at y. Returns where the next one may begin. */
double svg_key(struct svg *svg, double x, double y, const char *class, const char *text);
/* A heading, below which `y` is then. */
void svg_heading(struct svg *svg, const char *title, const char *remark);
/* Where a time is on the axis of time. */
double svg_x(const struct svg *svg, usec_t time);
/* Marks of time from `top` to `bottom`, with labels below. */
void svg_time_axis(struct svg *svg, double top, double bottom);

/* --- simulate_svg_heat.c, _load.c, _jobs.c --- */

/* Each draws its part below `y`. Returns 0 or -ENOMEM. */
int svg_heat(struct svg *svg) _must_check_;
int svg_load(struct svg *svg) _must_check_;
int svg_jobs(struct svg *svg) _must_check_;
