/*
 * Holds: the slots of cron expressions are those that a scan of each second finds, in all zones of
 * tzdata; and around each change of each zone's clocks next, last and count agree with each other.
 *
 * CRON_TRIPLES=N compares at so many instants (default 150000), CRON_ALL_CHANGES=1 looks at all
 * changes until 2500 and not only at each 16th of those after 2037, CRON_FEW_CHANGES=1 only at each
 * 16th of all.
 */
#include "cron_oracle.h"
#include "tzif_fixture.h"
#include "zone_fixture.h"

#include "base/cleanup.h"
#include "calendar/schedule.h"

#define TRIPLES         150000
#define PER_EXPRESSION  50
#define EXPRESSIONS_MAX 3
#define PER_WINDOW      8

/* Of a synthetic zone. */
#define CHANGES         40
#define OFFSETS         4
#define SYNTHETIC_BEGIN INT64_C(1774000000)

#define YEAR_1900 INT64_C(-2208988800)
#define YEAR_1970 INT64_C(0)
#define YEAR_2037 INT64_C(2114380800)
#define YEAR_2500 INT64_C(16725225600)

static uint64_t draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static int64_t draw_from(uint64_t *seed, int64_t first, int64_t last)
{
	uint64_t wide = draw(seed) << 31 | draw(seed);

	return first + (int64_t)(wide % (uint64_t)(last - first + 1));
}

static char *draw_field(uint64_t *seed, char *out, int first, int last, unsigned open)
{
	unsigned items = 1 + (unsigned)(draw(seed) % 3);

	if (draw(seed) % 100 < open)
		return out + sprintf(out, "*");
	if (draw(seed) % 4 == 0)
		return out + sprintf(out, "*/%d", (int)draw_from(seed, 2, last + 2));
	for (unsigned i = 0; i < items; i++) {
		int a = (int)draw_from(seed, first, last);
		int b = (int)draw_from(seed, first, last);

		if (i > 0)
			*out++ = ',';
		switch (draw(seed) % 6) {
		case 0:
			out += sprintf(out, "%d-%d", a, b);
			break;
		case 1:
			out += sprintf(out, "%d-%d/%d", a, b, (int)draw_from(seed, 2, 9));
			break;
		case 2:
			out += sprintf(out, "%d/%d", a, (int)draw_from(seed, 2, 20));
			break;
		default:
			out += sprintf(out, "%d", a);
		}
	}
	return out;
}

static char *draw_days(uint64_t *seed, char *out)
{
	static const char *const special[] = {"L", "LW", "L-2", "L-27", "15W", "1W", "31W", "29W"};

	if (draw(seed) % 4 == 0)
		return out + sprintf(out, "%s", special[draw(seed) % ARRAY_LENGTH(special)]);
	return draw_field(seed, out, 1, 31, 60);
}

static char *draw_weekdays(uint64_t *seed, char *out)
{
	if (draw(seed) % 4 == 0)
		return out +
		       sprintf(out, "%d#%d", (int)(draw(seed) % 7), (int)(1 + draw(seed) % 5));
	if (draw(seed) % 8 == 0)
		return out + sprintf(out, "%dL", (int)(draw(seed) % 7));
	return draw_field(seed, out, 0, 6, 70);
}

/* Most are due on most days, for there are few days in a window. */
static void draw_text(uint64_t *seed, char *out)
{
	bool often = draw(seed) % 3 != 0;

	if (draw(seed) % 3 == 0) {
		out = draw_field(seed, out, 0, 59, 30);
		*out++ = ' ';
	}
	out = draw_field(seed, out, 0, 59, 20);
	*out++ = ' ';
	out = draw_field(seed, out, 0, 23, 25);
	*out++ = ' ';
	out = often ? out + sprintf(out, "*") : draw_days(seed, out);
	*out++ = ' ';
	out = often || draw(seed) % 2 ? out + sprintf(out, "*") : draw_field(seed, out, 1, 12, 30);
	*out++ = ' ';
	out = often ? out + sprintf(out, "*") : draw_weekdays(seed, out);
	*out = '\0';
}

/* A time before a change of the zone's clocks, if it has any there; else any. */
static int64_t draw_window(uint64_t *seed, const struct zone *zone)
{
	int64_t any = draw_from(seed, YEAR_1900, YEAR_2500);
	struct zone_segment segment = zone_segment(zone, any);

	if (segment.end > YEAR_2500 || draw(seed) % 5 == 0)
		return any;
	return segment.end - draw_from(seed, 0, ORACLE_CORE - 1);
}

/* What is compared: the cron, and what was found of it in a window. */
struct comparison {
	struct cron cron;
	char texts[EXPRESSIONS_MAX][ORACLE_TEXT];
	struct cron_expr exprs[EXPRESSIONS_MAX];
	int64_t begin;
	bool slots[ORACLE_CORE];
	uint32_t before[ORACLE_CORE + 1]; /* slots before that second */
};

static void differ(const struct comparison *c, const char *what, int64_t t, int64_t got,
		   int64_t wanted)
{
	fail_msg("%s of \"%s\", \"%s\", \"%s\" (%u) in %s, gap %d, overlap %d, from %" PRId64
		 ": %" PRId64 " and not %" PRId64,
		 what, c->texts[0], c->texts[1], c->texts[2], c->cron.n_exprs,
		 zone_name(c->cron.zone), c->cron.gap, c->cron.overlap, t, got, wanted);
}

static void prepare(struct comparison *c, uint64_t *seed, const struct zone *zone,
		    const struct oracle_window *window)
{
	c->cron = (struct cron){
		.zone = zone,
		.gap = draw(seed) % 2 ? DST_GAP_SHIFT : DST_GAP_SKIP,
		.overlap = (enum dst_overlap)(draw(seed) % 3),
		.exprs = c->exprs,
	};
	c->begin = window->begin;
	memset(c->slots, 0, sizeof(c->slots));
	while (c->cron.n_exprs == 0 || (c->cron.n_exprs < EXPRESSIONS_MAX && draw(seed) % 4 == 0)) {
		char *text = c->texts[c->cron.n_exprs];
		char problem[CRON_PROBLEM_SIZE];
		struct oracle_expr expr;

		draw_text(seed, text);
		if (cron_expr_parse(text, "job", &c->exprs[c->cron.n_exprs], problem) < 0) {
			if (!strstr(problem, "never due"))
				fail_msg("%s: %s", text, problem);
			continue;
		}
		expr = oracle_read(text);
		oracle_scan(window, &expr, c->cron.gap, c->cron.overlap, c->slots);
		c->cron.n_exprs++;
	}
	c->before[0] = 0;
	for (int i = 0; i < ORACLE_CORE; i++)
		c->before[i + 1] = c->before[i] + c->slots[i];
}

/* Compares at one instant, and counts from it to another. */
static void compare_at(const struct comparison *c, uint64_t *seed)
{
	int at = (int)draw_from(seed, 0, ORACLE_CORE - 1);
	int to = (int)draw_from(seed, at, ORACLE_CORE - 1);
	usec_t fraction = (usec_t)(draw(seed) % 3) * 499999;
	usec_t t = (c->begin + at) * USEC_PER_SEC + fraction;
	usec_t core_end = (c->begin + ORACLE_CORE) * USEC_PER_SEC;
	usec_t next = cron_next(&c->cron, t);
	usec_t last = cron_last(&c->cron, t);
	uint64_t count = cron_count(&c->cron, t, (c->begin + to) * USEC_PER_SEC);
	const bool *slot;
	int64_t i;

	slot = memchr(c->slots + at + 1, true, ORACLE_CORE - (size_t)at - 1);
	i = slot ? slot - c->slots : ORACLE_CORE;
	if (i < ORACLE_CORE ? next != (c->begin + i) * USEC_PER_SEC : next < core_end)
		differ(c, "next", t, next, (c->begin + i) * USEC_PER_SEC);
	slot = memrchr(c->slots, true, (size_t)at + 1);
	i = slot ? slot - c->slots : -1;
	if (i >= 0 ? last != (c->begin + i) * USEC_PER_SEC
		   : last != USEC_INFINITY && last >= c->begin * USEC_PER_SEC)
		differ(c, "last", t, last, (c->begin + i) * USEC_PER_SEC);
	if (count != c->before[to + 1] - c->before[at + 1])
		differ(c, "count", t, (int64_t)count, c->before[to + 1] - c->before[at + 1]);
}

/* Compares a few expressions in a window that begins at a time. Returns at how many instants. */
static long compare_window(uint64_t *seed, const struct zone *zone, int64_t begin)
{
	static struct oracle_window window;
	static struct comparison comparison;

	oracle_look(&window, zone, begin);
	for (int e = 0; e < PER_WINDOW; e++) {
		prepare(&comparison, seed, zone, &window);
		for (int i = 0; i < PER_EXPRESSION; i++)
			compare_at(&comparison, seed);
	}
	return (long)PER_WINDOW * PER_EXPRESSION;
}

static long triples(void)
{
	return getenv("CRON_TRIPLES") ? atol(getenv("CRON_TRIPLES")) : TRIPLES;
}

static void test_slots_are_those_that_a_scan_of_each_second_finds(void **state)
{
	static struct zone_fixture fixture;
	uint64_t seed = 17;

	(void)state;
	zone_fixture_init(&fixture);
	for (long n = 0; n < triples();) {
		const struct zone *zone = fixture.zones[draw(&seed) % fixture.n];

		n += compare_window(&seed, zone, draw_window(&seed, zone));
	}
	zone_fixture_done(&fixture);
}

/* A zone whose clocks are set every few hours or days, forward, back and to where they were. */
static const struct zone *draw_zone(uint64_t *seed, struct arena *arena)
{
	int64_t times[CHANGES];
	uint8_t type_of[CHANGES];
	struct fixture_type types[OFFSETS] = {0};
	struct fixture fixture = {
		.version = '2',
		.n_times = CHANGES,
		.times = times,
		.type_of = type_of,
		.n_types = OFFSETS,
		.types = types,
		.names_size = 4,
		.names = "ABC",
		.footer = "",
	};
	const struct zone *zone = NULL;
	struct fixture_file file;
	const char *problem = NULL;
	int64_t longest = draw(seed) % 2 ? 2 * 3600 : 3 * 86400;
	int64_t time = SYNTHETIC_BEGIN;

	for (int i = 0; i < OFFSETS; i++)
		types[i].offset = (int32_t)(draw_from(seed, -4, 4) * 1800);
	/* As where the date line was moved. */
	if (draw(seed) % 2)
		types[0].offset += types[0].offset < 0 ? 86400 : -86400;
	for (int i = 0; i < CHANGES; i++) {
		time += draw_from(seed, 60, longest) / 60 * 60;
		times[i] = time;
		type_of[i] = (uint8_t)(draw(seed) % OFFSETS);
	}
	fixture_write(&fixture, &file);
	assert_int_equal(zone_parse(arena, "synthetic", file.bytes, file.size, &zone, &problem), 0);
	return zone;
}

static void test_slots_where_clocks_go_to_and_fro(void **state)
{
	struct arena arena;
	uint64_t seed = 19;

	(void)state;
	arena_init(&arena);
	for (long n = 0; n < triples() / 3;) {
		const struct zone *zone = draw_zone(&seed, &arena);

		n += compare_window(&seed, zone,
				    SYNTHETIC_BEGIN + draw_from(&seed, -86400, 4 * 86400));
		arena_clear(&arena);
	}
	arena_done(&arena);
}

static void test_dates_are_those_that_a_scan_of_each_day_finds(void **state)
{
	uint64_t seed = 23;

	(void)state;
	for (int n = 0; n < 500; n++) {
		char problem[CRON_PROBLEM_SIZE];
		char text[ORACLE_TEXT] = "0 0 ";
		struct oracle_expr oracle;
		struct cron_expr expr;
		struct cron cron = {.zone = zone_utc(), .n_exprs = 1, .exprs = &expr};
		int64_t day = draw_from(&seed, -200000, 200000);
		usec_t slot;
		char *at = text + 4;

		at = draw_days(&seed, at);
		*at++ = ' ';
		at = draw_field(&seed, at, 1, 12, 40);
		*at++ = ' ';
		*draw_weekdays(&seed, at) = '\0';
		if (cron_expr_parse(text, "", &expr, problem) < 0)
			continue;
		oracle = oracle_read(text);
		slot = cron_next(&cron, day * USEC_PER_DAY - 1);
		for (int64_t end = day + 1000; day < end; day++) {
			struct civil date = civil_of(day * 86400);

			if (oracle_is_due_on(&oracle, &date) != (slot == day * USEC_PER_DAY))
				fail_msg("\"%s\" on %" PRId64 "-%d-%d", text, date.year, date.month,
					 date.day);
			if (slot != day * USEC_PER_DAY)
				continue;
			assert_int_equal(cron_last(&cron, slot + USEC_PER_DAY - 1), slot);
			slot = cron_next(&cron, slot);
		}
	}
}

/* Around a change of the clocks, whatever the expression: next and last are each other's inverse,
   and count adds up. */
static void check_around(const struct cron *cron, const char *text, int64_t change)
{
	/* Microseconds either side. */
	static const usec_t places[] = {
		-2 * USEC_PER_DAY,
		-USEC_PER_DAY,
		-2 * USEC_PER_HOUR,
		-USEC_PER_HOUR,
		-30 * USEC_PER_MIN,
		-USEC_PER_SEC,
		-1,
		0,
		1,
		USEC_PER_SEC,
		30 * USEC_PER_MIN,
		USEC_PER_HOUR,
		2 * USEC_PER_HOUR,
		USEC_PER_DAY,
	};
	usec_t before = INT64_MIN;
	usec_t begin = change * USEC_PER_SEC + places[0];
	uint64_t count = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		usec_t t = change * USEC_PER_SEC + places[i];
		usec_t next = cron_next(cron, t);
		usec_t last = cron_last(cron, t);
		bool good = next > t && last <= t && next >= before &&
			    cron_last(cron, next) == next && cron_last(cron, next - 1) == last &&
			    cron_next(cron, last) == next && cron_next(cron, last - 1) == last;

		if (i > 0)
			count += cron_count(cron, change * USEC_PER_SEC + places[i - 1], t);
		if (!good || cron_count(cron, begin, t) != count ||
		    cron_count(cron, t, next) != 1 || cron_count(cron, t, next - 1) != 0 ||
		    cron_count(cron, last - 1, t) != 1)
			fail_msg("\"%s\" in %s, gap %d, overlap %d, %" PRId64 " us from %" PRId64,
				 text, zone_name(cron->zone), cron->gap, cron->overlap, places[i],
				 change);
		before = next;
	}
}

static void test_next_last_and_count_agree_around_each_change_of_clocks(void **state)
{
	static const char *const texts[] = {
		"30 2 * * *",   "*/20 * * * *", "0 * * * *",    "*/7 1-3 * * *",
		"30 * * * * *", "0 0 * * 0",    "59 23 29 2 *", "15,45 0-5 * * 0",
		"0 3 L * *",    "0 0 1 1 *",    "* 2 * * 0",    "1-59/9 */2 1 */3 *",
	};
	static struct zone_fixture fixture;
	bool all = getenv("CRON_ALL_CHANGES") != NULL;
	bool few = getenv("CRON_FEW_CHANGES") != NULL;
	struct cron_expr exprs[ARRAY_LENGTH(texts)];
	char problem[CRON_PROBLEM_SIZE];
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		assert_int_equal(cron_expr_parse(texts[i], "", &exprs[i], problem), 0);
	zone_fixture_init(&fixture);
	for (size_t z = 0; z < fixture.n; z++) {
		struct cron cron = {.zone = fixture.zones[z], .n_exprs = 1};
		int64_t change = YEAR_1970;

		while ((change = zone_segment(cron.zone, change).end) < YEAR_2500) {
			if ((change > YEAR_2037 || few) && !all && n++ % 16 != 0)
				continue;
			/* Which of them comes with which policy changes from one to the next. */
			for (size_t i = all ? 0 : n++ % 4; i < ARRAY_LENGTH(texts);
			     i += all ? 1 : 4) {
				cron.exprs = &exprs[i];
				cron.gap = n % 2 ? DST_GAP_SHIFT : DST_GAP_SKIP;
				cron.overlap = (enum dst_overlap)(n / 2 % 3);
				n++;
				check_around(&cron, texts[i], change);
			}
		}
	}
	zone_fixture_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots_are_those_that_a_scan_of_each_second_finds),
		cmocka_unit_test(test_slots_where_clocks_go_to_and_fro),
		cmocka_unit_test(test_dates_are_those_that_a_scan_of_each_day_finds),
		cmocka_unit_test(test_next_last_and_count_agree_around_each_change_of_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
