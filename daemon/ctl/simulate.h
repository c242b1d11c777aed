/*
 * everyctl simulate: what its parts have in common. The command (simulate.c) reads what is wanted,
 * lets the driver run into a book, and hands all that is known to the outputs.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "ctl/simulate_book.h"
#include "ctl/simulate_guess.h"
#include "ctl/simulate_heat.h"
#include "ctl/simulate_shifts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct ctl;
struct model;
struct zone;

/* A simulation that has been made. Nothing in it is owned. */
struct simulation {
	const struct model *model;
	const struct sim_guess *guess;
	const struct sim_book *book;
	const struct sim_shifts *shifts;
	const usec_t *next;      /* of each job: the first slot at `to` or after; USEC_INFINITY */
	const bool *shown;       /* of each job: it is to be shown */
	const struct zone *zone; /* of times that people read */
	usec_t from;
	usec_t to;
	enum sim_measure measure; /* of heat maps */
};

/* --- simulate_report.c --- */

/* Prints tables and sentences. Returns 0 or -errno, as all of these. */
int sim_report(const struct simulation *simulation, const struct ctl *ctl) _must_check_;
/* Each attempt and each slot that did not run, in order. */
int sim_report_timeline(const struct simulation *simulation, const struct ctl *ctl) _must_check_;

/* --- simulate_json.c --- */

/* One document; `timeline`: with each attempt; `heat`: with that heat map, unless it is NULL. */
int sim_print_json(const struct simulation *simulation, bool timeline,
		   const struct sim_heat *heat) _must_check_;

/* --- simulate_svg.c --- */

/* Writes a picture. */
int sim_write_svg(const struct simulation *simulation, FILE *out) _must_check_;
