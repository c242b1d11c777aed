/*
 * Holds: a cron expression that is taken is written so that it is read again as equal; and slots
 * are after, before and as many as they are to be, in zones of many kinds.
 *
 * The input: a byte for the zone, one for the policy, eight for the instant; then up to three
 * expressions, one a line.
 */
#include "calendar/cron.h"
#include "base/arena.h"
#include "calendar/zone.h"
#include "fuzz.h"

#include <errno.h>

#define EXPRS_MAX 3
#define STEPS     8

/* Instants of the years 1 to 9999 and a little around them. */
#define FIRST (-62136000000 * USEC_PER_SEC)
#define LAST  (253410000000 * USEC_PER_SEC)

static const char *const zone_texts[] = {
	"UTC0",
	"CET-1CEST,M3.5.0,M10.5.0/3",
	"EST5EDT,M3.2.0,M11.1.0",
	"IST-1GMT0,M10.5.0,M3.5.0/1",
	"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
	"<+00>0<+02>-2,M3.5.0/1,M10.5.0/3",
	"EET-2EEST,M3.4.4/50,M10.4.4/50",
	"<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
	"<+0545>-5:45",
	"AAA-14BBB10,J100/3,J250/5",         /* a day comes again, one is skipped */
	"AAA0:00:07BBB-0:30:11,J60/2,J62/2", /* odd seconds, two days of it */
	"<-03>3<-02>,M10.3.0/0,M2.3.0/0",    /* changes at midnight */
	"AAA0BBB-24,J60/-100,J300/100",
};

static const struct zone *zone_number(unsigned number)
{
	static struct arena arena;
	static const struct zone *zones[ARRAY_LENGTH(zone_texts)];
	size_t i = number % ARRAY_LENGTH(zones);

	if (!zones[i])
		holds(zone_parse_posix(&arena, zone_texts[i], zone_texts[i], &zones[i]) == 0);
	return zones[i];
}

static void ignore(void *ctx, const char *sentence)
{
	size_t *advice = ctx;

	*advice += strlen(sentence);
}

/* What is said of an expression, and what is read of what is written of it. */
static void check_texts(const char *text, const struct cron_expr *expr)
{
	char problem[CRON_PROBLEM_SIZE];
	char description[CRON_DESCRIBE_SIZE];
	char canonical[CRON_TEXT_SIZE];
	char again[CRON_TEXT_SIZE];
	struct cron_expr read;
	size_t advice = 0;

	cron_expr_advise(expr, text, ignore, &advice);
	cron_expr_describe(expr, description);
	holds(strlen(description) > 0 && strlen(description) < sizeof(description) - 1);
	cron_expr_format(expr, canonical);
	holds(cron_expr_parse(canonical, "other", &read, problem) == 0);
	holds(cron_expr_equal(expr, &read));
	holds(strcmp(cron_expr_format(&read, again), canonical) == 0);
}

static void check_slots(const struct cron *cron, usec_t t)
{
	usec_t last = cron_last(cron, t);
	usec_t slot = t;
	uint64_t count = 0;

	holds(last == USEC_INFINITY || (last <= t && cron_next(cron, last - 1) == last));
	for (; count < STEPS; count++) {
		usec_t next = cron_next(cron, slot);

		holds(next > slot);
		if (next == USEC_INFINITY)
			break;
		holds(next % USEC_PER_SEC == 0);
		holds(cron_last(cron, next) == next);
		holds(cron_last(cron, next - 1) == (count > 0 ? slot : last));
		holds(cron_count(cron, slot, next) == 1);
		holds(cron_count(cron, slot, next - 1) == 0);
		slot = next;
	}
	holds(cron_count(cron, t, slot) == count);
	holds(cron_equal(cron, cron) && cron_same_rules(cron, cron));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct zone *zone = zone_number((unsigned)fuzz_number(&data, &size, 1));
	unsigned policy = (unsigned)fuzz_number(&data, &size, 1);
	uint64_t instant = fuzz_number(&data, &size, 8);
	_cleanup_free_ char *text = fuzz_text(data, size);
	struct cron_expr exprs[EXPRS_MAX];
	struct cron cron = {
		.zone = zone,
		.gap = policy % 2,
		.overlap = policy / 2 % 3,
		.exprs = exprs,
	};
	char *rest = text;
	char *line;

	while (cron.n_exprs < EXPRS_MAX && (line = strsep(&rest, "\n"))) {
		char problem[CRON_PROBLEM_SIZE] = "";
		int r = cron_expr_parse(line, "job", &exprs[cron.n_exprs], problem);

		if (r == 0) {
			check_texts(line, &exprs[cron.n_exprs]);
			cron.n_exprs++;
		} else {
			holds(r == -EINVAL && *problem && strlen(problem) < sizeof(problem));
		}
	}
	if (cron.n_exprs > 0) {
		check_slots(&cron, FIRST + (usec_t)(instant % (uint64_t)(LAST - FIRST)));
		check_slots(&cron, (usec_t)instant % (250 * 365 * USEC_PER_DAY));
		holds(cron_next(&cron, (usec_t)instant) > (usec_t)instant ||
		      (usec_t)instant == USEC_INFINITY);
	}
	return 0;
}
