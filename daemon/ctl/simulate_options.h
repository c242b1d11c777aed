/* What simulate is asked for on the command line. */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/simulate_heat.h"
#include "ctl/when.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where run times are from that are not given. */
enum sim_durations {
	SIM_DURATIONS_AUTO,   /* the ledger, if it can be read */
	SIM_DURATIONS_LEDGER, /* the ledger in any case */
	SIM_DURATIONS_NONE,   /* nowhere */
};

/* One --duration or --fail. */
struct sim_given {
	char *pattern; /* of names of jobs; owned */
	bool fails;
	usec_t span;    /* unless it fails */
	uint32_t share; /* if it does */
};

struct sim_options {
	struct when when;
	usec_t from;
	usec_t to;
	usec_t usual; /* run time of which nothing is known */
	enum sim_durations durations;
	struct sim_given *given;
	size_t n_given;
	uint64_t seed;
	unsigned workers; /* 0: as configured */
	bool set_queue;
	unsigned queue; /* if that is set */
	bool timeline;
	bool heatmap;
	enum sim_measure measure;
	const char *svg;    /* path; "-": standard output; NULL: no picture */
	char *const *shown; /* patterns of the jobs to be shown ... */
	size_t n_shown;     /* ... 0: all */
};

/* Reads them into `options`, which is not to be moved. Returns CTL_OK, then they are to be given
   back by sim_options_done(); or what the command is to end with, after all is said. */
int sim_options_parse(struct ctl_args *args, struct sim_options *options) _must_check_;
void sim_options_done(struct sim_options *options);
