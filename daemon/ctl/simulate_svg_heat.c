/* The heat map of the picture: days side by side, their hours from top to bottom; of a short span,
   hours below each other, their minutes side by side. See simulate_svg.h. */
#include "calendar/civil.h"
#include "calendar/zone.h"
#include "ctl/simulate_palette.h"
#include "ctl/simulate_svg.h"

#include <string.h>

/* The most days side by side. */
#define COLUMNS_MOST 400

/* Up to this, each cell says what it is when it is pointed at. */
#define TIPS_MOST 2500

/* Colours are told apart in so many steps. */
#define LEVELS 64

#define ROW_HEIGHT  11.0
#define LEGEND_STEP 5.0

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct map {
	struct svg *svg;
	const struct sim_heat *heat;
	enum sim_measure measure;
	struct sim_scale scale;
	bool across; /* what is coarse goes from left to right */
	size_t n_columns;
	size_t n_rows;
	double width; /* of a column */
};

static const struct sim_heat_cell *cell_of(const struct map *map, size_t column, size_t row)
{
	size_t coarse = map->across ? column : row;
	size_t fine = map->across ? row : column;

	return &map->heat->cells[coarse * map->heat->n_fine + fine];
}

/* 0: nothing to do; negative: not in the span. */
static int level_of(const struct map *map, size_t column, size_t row)
{
	double value = sim_heat_value(cell_of(map, column, row), map->measure);

	if (value <= 0)
		return value < 0 ? -1 : 0;
	return 1 + (int)(sim_scale_place(&map->scale, value) * (LEVELS - 1));
}

static uint32_t color_of(int level)
{
	return sim_palette_rgb((double)(level - 1) / (LEVELS - 1));
}

static void begin_cell(const struct map *map, double x, double y, double width, double height,
		       int level)
{
	FILE *out = map->svg->out;

	(void)fprintf(out, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"", x, y,
		      width, height);
	if (level == 0)
		(void)fputs(" class=\"e\"", out);
	else
		(void)fprintf(out, " fill=\"#%06x\"", color_of(level));
}

static void tip(const struct map *map, size_t column, size_t row)
{
	const struct sim_heat_cell *cell = cell_of(map, column, row);
	char coarse[SIM_HEAT_LABEL_SIZE];
	char fine[SIM_HEAT_LABEL_SIZE];
	bool minutes = map->heat->kind == SIM_HEAT_MINUTES;

	(void)sim_heat_coarse_label(map->heat, map->across ? column : row, coarse);
	(void)sim_heat_fine_label(map->heat, map->across ? row : column, fine);
	if (minutes)
		coarse[strlen(coarse) - 1] = '\0'; /* the h */
	(void)fprintf(map->svg->out, "><title>%s%s%s%s: %llu started, %.2f workers busy", coarse,
		      minutes ? ":" : " ", fine, minutes ? "" : "h",
		      (unsigned long long)cell->begun, sim_heat_value(cell, SIM_MEASURE_BUSY));
	if (cell->lost > 0)
		(void)fprintf(map->svg->out, ", %llu skipped or refused",
			      (unsigned long long)cell->lost);
	(void)fputs("</title></rect>\n", map->svg->out);
}

/* Cells of the same colour below each other are one, unless each is to say what it is. */
static void draw_column(const struct map *map, size_t column, double top, bool tips)
{
	double gap = tips ? 1 : 0;
	double x = SVG_LEFT + (double)column * map->width;

	for (size_t row = 0; row < map->n_rows;) {
		int level = level_of(map, column, row);
		size_t end = row + 1;

		while (!tips && end < map->n_rows && level_of(map, column, end) == level)
			end++;
		if (level >= 0) {
			begin_cell(map, x, top + (double)row * ROW_HEIGHT, map->width - gap,
				   (double)(end - row) * ROW_HEIGHT - (tips ? 1 : 0), level);
			if (tips)
				tip(map, column, row);
			else
				(void)fputs("/>\n", map->svg->out);
		}
		row = end;
	}
}

/* What stands below the columns of days, weeks, months or years. */
static void label_coarse(const struct map *map, double y)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	double last = 0;

	for (size_t i = 0; i < map->n_columns; i++) {
		struct civil civil = civil_of(sim_heat_coarse_local(map->heat, i));
		double x = SVG_LEFT + ((double)i + 0.5) * map->width;
		double room = map->n_columns <= 16 ? 0 : 50;

		/* A month begins, if they are many. */
		if (map->heat->kind == SIM_HEAT_DAYS && map->n_columns > 70 && civil.day != 1)
			continue;
		if (map->heat->kind == SIM_HEAT_DAYS && map->n_columns > 16 &&
		    map->n_columns <= 70 && civil.weekday != 1)
			continue;
		if (x < last + room)
			continue;
		last = x;
		if (map->heat->kind == SIM_HEAT_DAYS && map->n_columns <= 16)
			svg_text(map->svg, x, y, SVG_MIDDLE, "l", "%s %d", days[civil.weekday],
				 civil.day);
		else if (map->heat->kind == SIM_HEAT_DAYS && map->n_columns <= 70)
			svg_text(map->svg, x, y, SVG_MIDDLE, "l", "%d %s", civil.day,
				 months[civil.month - 1]);
		else if (map->heat->kind == SIM_HEAT_YEARS)
			svg_text(map->svg, x, y, SVG_MIDDLE, "l", "%d", (int)civil.year);
		else
			svg_text(map->svg, x, y, SVG_MIDDLE, civil.month == 1 ? "l b" : "l",
				 civil.month == 1 || i == 0 ? "%s %d" : "%s",
				 months[civil.month - 1], (int)civil.year);
	}
}

/* What stands beside the rows of hours: of a short span, with the day. */
static void label_row(const struct map *map, size_t row, double y)
{
	struct civil civil;
	char label[SIM_HEAT_LABEL_SIZE];

	if (map->across) {
		if (map->n_rows < 24 || row % 3 == 0)
			svg_text(map->svg, SVG_LEFT - 8, y, SVG_END, "l", "%s:00",
				 sim_heat_fine_label(map->heat, row, label));
		return;
	}
	civil = civil_of(sim_heat_coarse_local(map->heat, row));
	if (row == 0 || civil.hour == 0)
		svg_text(map->svg, SVG_LEFT - 8, y, SVG_END, "l b", "%d %s %02d:00", civil.day,
			 months[civil.month - 1], civil.hour);
	else if (civil.hour % 3 == 0)
		svg_text(map->svg, SVG_LEFT - 8, y, SVG_END, "l", "%02d:00", civil.hour);
}

static void label_axes(const struct map *map, double top)
{
	double bottom = top + (double)map->n_rows * ROW_HEIGHT;
	char label[SIM_HEAT_LABEL_SIZE];

	for (size_t row = 0; row < map->n_rows; row++)
		label_row(map, row, top + ((double)row + 1) * ROW_HEIGHT - 2);
	if (map->across) {
		label_coarse(map, bottom + 16);
		return;
	}
	for (size_t column = 0; column < map->n_columns; column += 5)
		svg_text(map->svg, SVG_LEFT + ((double)column + 0.5) * map->width, bottom + 16,
			 SVG_MIDDLE, "l", ":%s", sim_heat_fine_label(map->heat, column, label));
}

static void draw_legend(const struct map *map, double y)
{
	double left = SVG_RIGHT - LEGEND_STEP * LEVELS - 60;
	double right = left + LEGEND_STEP * LEVELS;

	svg_rect(map->svg, left - 76, y, 14, 10, "e");
	svg_text(map->svg, left - 58, y + 9, SVG_START, "l", "none");
	if (map->scale.peak <= 0)
		return;
	(void)fputs("<g shape-rendering=\"crispEdges\">\n", map->svg->out);
	for (int level = 1; level <= LEVELS; level++)
		(void)fprintf(map->svg->out,
			      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"10\" "
			      "fill=\"#%06x\"/>\n",
			      left + (level - 1) * LEGEND_STEP, y, LEGEND_STEP, color_of(level));
	(void)fputs("</g>\n", map->svg->out);
	for (int i = 0; i <= 4; i++) {
		double value = sim_scale_value(&map->scale, i / 4.0);

		svg_text(map->svg, left + (right - left) * i / 4, y + 24, SVG_MIDDLE, "l",
			 value < 10 && map->measure == SIM_MEASURE_BUSY ? "%.2g" : "%.0f", value);
	}
	svg_text(map->svg, right + 8, y + 9, SVG_START, "l", "%s",
		 map->measure == SIM_MEASURE_STARTS ? "starts" : "workers");
}

static const char *title_of(const struct map *map)
{
	static const char *const titles[][2] = {
		[SIM_HEAT_MINUTES] = {"Starts by minute", "Busy workers by minute"},
		[SIM_HEAT_DAYS] = {"Starts by day and hour", "Busy workers by day and hour"},
		[SIM_HEAT_WEEKS] = {"Starts by week and hour", "Busy workers by week and hour"},
		[SIM_HEAT_MONTHS] = {"Starts by month and hour", "Busy workers by month and hour"},
		[SIM_HEAT_YEARS] = {"Starts by year and hour", "Busy workers by year and hour"},
	};

	return titles[map->heat->kind][map->measure == SIM_MEASURE_BUSY];
}

int svg_heat(struct svg *svg)
{
	const struct simulation *simulation = svg->simulation;
	struct sim_heat heat;
	struct map map = {.svg = svg, .heat = &heat, .measure = simulation->measure};
	int r = sim_heat_init(&heat, simulation->book, simulation->zone,
			      sim_heat_choose(simulation->to - simulation->from, COLUMNS_MOST));

	if (r < 0)
		return r;
	map.across = heat.kind != SIM_HEAT_MINUTES;
	map.n_columns = map.across ? heat.n_coarse : heat.n_fine;
	map.n_rows = map.across ? heat.n_fine : heat.n_coarse;
	map.scale = sim_heat_scale(&heat, map.measure);
	map.width = (SVG_RIGHT - SVG_LEFT) / (double)map.n_columns;
	svg_heading(svg, title_of(&map), zone_name(simulation->zone));
	(void)fputs("<g shape-rendering=\"crispEdges\">\n", svg->out);
	for (size_t i = 0; i < map.n_columns; i++)
		draw_column(&map, i, svg->y, map.n_columns * map.n_rows <= TIPS_MOST);
	(void)fputs("</g>\n", svg->out);
	label_axes(&map, svg->y);
	svg->y += (double)map.n_rows * ROW_HEIGHT + 28;
	draw_legend(&map, svg->y);
	svg->y += 24;
	sim_heat_done(&heat);
	return 0;
}
