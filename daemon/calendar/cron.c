/* Fields and equality of cron expressions; see cron.h. */
#include "calendar/cron.h"

#include "base/cleanup.h"
#include "calendar/cron_internal.h"
#include "calendar/zone.h"

#include <string.h>

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
					  "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

const struct cron_field_row cron_fields[CRON_FIELDS] = {
	[CRON_SECOND] = {"second", 0, 59, NULL},
	[CRON_MINUTE] = {"minute", 0, 59, NULL},
	[CRON_HOUR] = {"hour", 0, 23, NULL},
	[CRON_DAY] = {"day of the month", 1, 31, NULL},
	[CRON_MONTH] = {"month", 1, 12, month_names},
	[CRON_WEEKDAY] = {"weekday", 0, 6, weekday_names},
};

uint64_t cron_values(const struct cron_expr *expr, enum cron_field field)
{
	switch (field) {
	case CRON_SECOND:
		return expr->seconds;
	case CRON_MINUTE:
		return expr->minutes;
	case CRON_HOUR:
		return expr->hours;
	case CRON_DAY:
		return expr->days;
	case CRON_MONTH:
		return expr->months;
	case CRON_WEEKDAY:
		return expr->weekdays;
	case CRON_FIELDS:
		break;
	}
	return 0;
}

bool cron_expr_equal(const struct cron_expr *a, const struct cron_expr *b)
{
	return a->seconds == b->seconds && a->minutes == b->minutes && a->hours == b->hours &&
	       a->days == b->days && a->days_from_end == b->days_from_end &&
	       a->days_nearest == b->days_nearest && a->months == b->months &&
	       a->weekdays == b->weekdays && a->weekdays_last == b->weekdays_last &&
	       a->weekdays_nth == b->weekdays_nth && a->nearest_last == b->nearest_last &&
	       a->any_day == b->any_day && a->any_weekday == b->any_weekday &&
	       a->fixed_minute == b->fixed_minute && a->fixed_hour == b->fixed_hour;
}

bool cron_has_fixed_times(const struct cron *cron)
{
	for (uint32_t i = 0; i < cron->n_exprs; i++)
		if (cron_is_fixed_time(&cron->exprs[i]))
			return true;
	return false;
}

bool cron_same_rules(const struct cron *a, const struct cron *b)
{
	if (a->gap != b->gap || a->overlap != b->overlap || a->n_exprs != b->n_exprs ||
	    strcmp(zone_name(a->zone), zone_name(b->zone)) != 0)
		return false;
	for (uint32_t i = 0; i < a->n_exprs; i++)
		if (!cron_expr_equal(&a->exprs[i], &b->exprs[i]))
			return false;
	return true;
}

bool cron_equal(const struct cron *a, const struct cron *b)
{
	return cron_same_rules(a, b) && zone_equal(a->zone, b->zone);
}
