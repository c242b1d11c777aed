/* What the manual says of daylight saving time is what happens: each row of its tables. */
#include "cron_fixture.h"

#include "base/arena.h"
#include "calendar/civil.h"
#include "calendar/zone.h"
#include "config/options.h"
#include "config/zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE    "man/everyd.conf.5"
#define SECTION "\n.Sh DAYLIGHT SAVING TIME\n"

static char *page_section(char *page, size_t size)
{
	FILE *f = fopen(PAGE, "r");
	size_t len;
	char *section;
	char *end;

	if (!f) {
		print_message("no " PAGE " here: to be run from the top of the tree\n");
		skip();
	}
	len = fread(page, 1, size - 1, f);
	(void)fclose(f);
	assert_true(len < size - 1);
	page[len] = '\0';
	section = strstr(page, SECTION);
	assert_non_null(section);
	end = strstr(section + 1, "\n.Sh ");
	assert_non_null(end);
	end[1] = '\0';
	return section + strlen(SECTION);
}

/* Slots from 01:30 until 04:00 of a day as the manual has them: "01:30 02:00 CEST, 02:00 CET". */
static void format_slots(const struct cron *cron, const char *date, char *buf, size_t size)
{
	int64_t midnight;
	int64_t end;
	int year;
	int month;
	int day;
	const char *last = NULL;
	size_t used = 0;

	assert_int_equal(sscanf(date, "%d-%d-%d", &year, &month, &day), 3);
	midnight = civil_day_number(year, month, day) * CIVIL_DAY_SECONDS;
	end = zone_time(cron->zone, midnight + 4 * 3600);
	buf[0] = '\0';
	for (usec_t t = zone_time(cron->zone, midnight + 5400) * USEC_PER_SEC - 1;;) {
		struct zone_segment segment;
		struct civil civil;

		t = cron_next(cron, t);
		if (t >= end * USEC_PER_SEC)
			break;
		segment = zone_segment(cron->zone, t / USEC_PER_SEC);
		civil = civil_of(t / USEC_PER_SEC + segment.offset);
		if (last && strcmp(last, segment.abbreviation) != 0)
			used += (size_t)snprintf(buf + used, size - used, " %s,", last);
		used += (size_t)snprintf(buf + used, size - used, "%s%02d:%02d", used ? " " : "",
					 civil.hour, civil.minute);
		last = segment.abbreviation;
	}
	(void)snprintf(buf + used, size - used, "%s%s", last ? " " : "none", last ? last : "");
}

/* The choice of an option by its name; -1: none. */
static int choice_of(enum option_id id, const char *name)
{
	for (int i = 0; option_table[id].choices[i]; i++)
		if (!strcmp(option_table[id].choices[i], name))
			return i;
	return -1;
}

/* A row holds with the policy that it names, or with each. */
static void check_row(const struct zone *zone, enum option_id id, const char *date, const char *row)
{
	char text[100];
	char policy[20];
	char slots[200];
	struct cron_expr expr;
	bool checked = false;

	if (sscanf(row, "%99[^T] Ta %19s Ta %199[^\n]", text, policy, slots) != 3)
		fail_msg("no row: %s", row);
	text[strlen(text) - 1] = '\0'; /* the blank */
	expr = cron_fixture_parse(text);
	for (int i = 0; option_table[id].choices[i]; i++) {
		const struct cron cron = {
			.zone = zone,
			.gap = id == OPT_DST_GAP ? (enum dst_gap)i : DST_GAP_SHIFT,
			.overlap = id == OPT_DST_OVERLAP ? (enum dst_overlap)i : DST_OVERLAP_FIRST,
			.n_exprs = 1,
			.exprs = &expr,
		};
		char found[400];

		if (choice_of(id, policy) >= 0 && choice_of(id, policy) != i)
			continue;
		format_slots(&cron, date, found, sizeof(found));
		if (strcmp(found, slots) != 0)
			fail_msg("%s with %s = %s: %s, not %s", text, option_table[id].name,
				 option_table[id].choices[i], found, slots);
		checked = true;
	}
	assert_true(checked);
	if (choice_of(id, policy) < 0)
		assert_string_equal(policy, id == OPT_DST_GAP ? "either" : "any");
}

static void the_tables_are_true(void **state)
{
	static char page[256 * 1024];
	static const struct {
		enum option_id id;
		const char *date;
	} tables[] = {{OPT_DST_GAP, "2027-03-28"}, {OPT_DST_OVERLAP, "2027-10-31"}};
	char *section = page_section(page, sizeof(page));
	char problem[ZONES_PROBLEM_SIZE];
	const struct zone *zone;
	struct zones zones;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	zones_init(&zones, &arena);
	if (zones_find(&zones, "Europe/Berlin", &zone, problem) < 0)
		fail_msg("%s", problem);
	assert_non_null(strstr(section, "\nIn Berlin "));
	for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
		char head[100];
		char *at;
		unsigned rows = 0;

		(void)snprintf(head, sizeof(head), "\n.It Sy cron Ta Sy %s Ta Sy Slots\n",
			       option_table[tables[i].id].name);
		at = strstr(section, head);
		assert_non_null(at);
		assert_non_null(strstr(section, tables[i].date));
		at += strlen(head);
		while (!strncmp(at, ".It ", 4)) {
			check_row(zone, tables[i].id, tables[i].date, at + 4);
			at = strchr(at, '\n') + 1;
			rows++;
		}
		assert_true(rows >= 10);
	}
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tables_are_true),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
