/*
 * A heat map: how much there is to do at which hour of which day, or minute of which hour, or hour
 * of which week or month, as the span of a simulation asks for. Cells follow local clocks: an hour
 * that clocks show twice is one cell.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "ctl/simulate_book.h"
#include "ctl/simulate_palette.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ctl;
struct zone;

/* What a row is; across it is that in a finer unit. */
enum sim_heat_kind {
	SIM_HEAT_MINUTES, /* the minutes of an hour */
	SIM_HEAT_DAYS,    /* the hours of a day */
	SIM_HEAT_WEEKS,   /* the hours of the day, over a week */
	SIM_HEAT_MONTHS,  /* over a month */
	SIM_HEAT_YEARS,   /* over a year */
};

/* What is shown. */
enum sim_measure {
	SIM_MEASURE_STARTS, /* runs and further attempts that begin */
	SIM_MEASURE_BUSY,   /* workers at work, on average */
};

struct sim_heat_cell {
	uint64_t begun;
	uint64_t lost;  /* slots that were skipped or refused */
	usec_t busy;    /* of all workers */
	usec_t covered; /* how much of it is in the span; 0: nothing */
};

struct sim_heat {
	enum sim_heat_kind kind;
	const struct zone *zone;
	size_t n_coarse;
	size_t n_fine;
	usec_t first;                /* an instant in the first coarse unit */
	struct sim_heat_cell *cells; /* [coarse * n_fine + fine] */
};

/* The kind for that span with at most so many coarse units. */
enum sim_heat_kind sim_heat_choose(usec_t span, size_t most);

/* Adds up the bins of a book. Returns 0 or -ENOMEM. */
int sim_heat_init(struct sim_heat *heat, const struct sim_book *book, const struct zone *zone,
		  enum sim_heat_kind kind) _must_check_;
void sim_heat_done(struct sim_heat *heat);

/* A scale on which the cells can be told apart. */
struct sim_scale sim_heat_scale(const struct sim_heat *heat, enum sim_measure measure);

/* What a cell comes to; negative: it is not in the span. */
double sim_heat_value(const struct sim_heat_cell *cell, enum sim_measure measure);

/* What local clocks show when that coarse unit begins, as local seconds (civil.h). */
int64_t sim_heat_coarse_local(const struct sim_heat *heat, size_t coarse);

/* Room for the names of units. */
#define SIM_HEAT_LABEL_SIZE 32

/* "Mon 2026-03-30", "2026-03-30 14h", "from 2026-03-30", "2026-03", "2026"; and "14". Return
   buf. */
const char *sim_heat_coarse_label(const struct sim_heat *heat, size_t coarse,
				  char buf[static SIM_HEAT_LABEL_SIZE]);
const char *sim_heat_fine_label(const struct sim_heat *heat, size_t fine,
				char buf[static SIM_HEAT_LABEL_SIZE]);

/* Is a terminal of so many columns, 0 for any number, wide enough for that kind? Those that are not
   of minutes are made to fit. */
bool sim_heat_fits(enum sim_heat_kind kind, unsigned width);

/* Prints it for a terminal: blocks of colour, else shades, in ASCII unless the locale is one of
   UTF-8. `utf8`: it is. */
void sim_heat_print(const struct sim_heat *heat, enum sim_measure measure, const struct ctl *ctl,
		    bool utf8);
