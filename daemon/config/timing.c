/* See timing.h. */
#include "config/timing.h"

#include "calendar/cron.h"
#include "config/place.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

void timing_init(struct timing *timing, struct arena *arena, const char *host, struct diags *diags)
{
	*timing = (struct timing){.arena = arena, .host = host, .diags = diags};
	zones_init(&timing->zones, arena);
}

void timing_done(struct timing *timing)
{
	crons_done(&timing->crons);
}

int timing_find_zone(struct timing *timing, struct section *section)
{
	struct option_values *values = &section->values;
	bool named = option_set_has(&section->own, OPT_TIMEZONE);
	enum option_id id = named ? OPT_TIMEZONE : OPT_CRON;
	bool local = !named || !strcmp(values->timezone, OPTION_LOCAL_ZONE);
	char problem[ZONES_PROBLEM_SIZE];
	char shown[QUOTED_SIZE];
	struct place place = section->at;
	int r;

	if (!option_set_has(&section->own, id) || (!named && values->zone))
		return 0;
	r = local ? zones_local(&timing->zones, &values->zone, problem)
		  : zones_find(&timing->zones, values->timezone, &values->zone, problem);
	if (r != -EINVAL)
		return r;
	place.line = section_line(section, id);
	place.option = option_table[id].name;
	if (local)
		place_report(timing->diags, DIAG_ERROR, &place,
			     "the system's local time is not known: %s", problem);
	else
		place_report(timing->diags, DIAG_ERROR, &place, "\"%s\": %s",
			     quoted(values->timezone, strlen(values->timezone), shown), problem);
	return 0;
}

int timing_schedule(struct timing *timing, const struct section *section, const char *job,
		    struct schedule *ret_schedule)
{
	const struct option_values *values = &section->values;
	struct schedule schedule = {
		.delay = schedule_splay(values->settings.splay, timing->host, job),
	};

	if (option_set_has(&section->own, OPT_EVERY)) {
		schedule.kind = SCHEDULE_EVERY;
		schedule.interval = values->every;
		schedule.offset = values->offset;
	} else if (option_set_has(&section->own, OPT_CRON)) {
		const struct cron cron = {
			.zone = values->zone,
			.gap = values->dst_gap,
			.overlap = values->dst_overlap,
			.n_exprs = values->cron.n,
			.exprs = values->cron.exprs,
		};

		schedule.kind = SCHEDULE_CRON;
		schedule.cron = crons_share(&timing->crons, timing->arena, &cron);
		if (!schedule.cron)
			return -ENOMEM;
	} else if (option_set_has(&section->own, OPT_AFTER)) {
		schedule.kind = SCHEDULE_AFTER;
		schedule.interval = values->after;
	} else {
		assert(values->on != 0);
		schedule.kind = SCHEDULE_ON;
		schedule.on = values->on & 0xff;
	}
	*ret_schedule = schedule;
	return 0;
}
