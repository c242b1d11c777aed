/* Heat maps: what falls into which cell, what it is called, and which colours it has. */
#include "ctl/simulate_heat.h"

#include "calendar/zone.h"
#include "ctl/simulate_palette.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

#define S(seconds) ((usec_t)(seconds)*USEC_PER_SEC)
#define H          USEC_PER_HOUR
#define D          USEC_PER_DAY

/* 2026-03-28 00:00 in Berlin; a day later clocks go forward. */
#define BERLIN_MIDNIGHT S(1774652400)

static struct arena arena;
static const struct zone *berlin;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	return zone_parse_posix(&arena, "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", &berlin);
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

/* A book of that span in which each bin has begun 1, and 1 worker was busy all the time. */
static struct sim_book full_book(usec_t from, usec_t span)
{
	struct sim_book book;
	usec_t offset = zone_segment(berlin, from / USEC_PER_SEC).offset * USEC_PER_SEC;

	assert_int_equal(sim_book_init(&book, 1, 4, from, from + span, offset, false), 0);
	for (size_t i = 0; i < book.n_bins; i++) {
		usec_t begin = book.bins_from + (usec_t)i * book.bin;
		usec_t end = begin + book.bin;

		begin = begin > book.from ? begin : book.from;
		end = end < book.to ? end : book.to;
		book.bins[i].begun = 1;
		book.bins[i].busy = end - begin;
	}
	return book;
}

static void test_kinds(void **state)
{
	static const struct {
		usec_t span;
		size_t most;
		enum sim_heat_kind kind;
	} rows[] = {
		{1, 62, SIM_HEAT_MINUTES},          {D, 62, SIM_HEAT_MINUTES},
		{25 * H, 62, SIM_HEAT_MINUTES},     {26 * H, 62, SIM_HEAT_DAYS},
		{61 * D, 62, SIM_HEAT_DAYS},        {62 * D, 62, SIM_HEAT_WEEKS},
		{366 * D, 62, SIM_HEAT_WEEKS},      {3 * 366 * D, 62, SIM_HEAT_MONTHS},
		{30 * 366 * D, 62, SIM_HEAT_YEARS}, {366 * D, 400, SIM_HEAT_DAYS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(sim_heat_choose(rows[i].span, rows[i].most), rows[i].kind);
}

/* Wherever a span begins and ends, nothing is lost, and no row is left over. */
static void test_nothing_is_lost(void **state)
{
	static const usec_t spans[] = {90 * S(1), 5 * H, 25 * H, 3 * D, 61 * D, 366 * D, 1500 * D};
	static const usec_t begins[] = {0, S(1), 90 * S(60) + S(17), 23 * H};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(spans); i++) {
		for (size_t j = 0; j < ARRAY_LENGTH(begins); j++) {
			struct sim_book book = full_book(BERLIN_MIDNIGHT + begins[j], spans[i]);
			struct sim_heat heat;
			uint64_t begun = 0;
			usec_t busy = 0;
			usec_t covered = 0;

			assert_int_equal(
				sim_heat_init(&heat, &book, berlin, sim_heat_choose(spans[i], 62)),
				0);
			assert_in_range(heat.n_coarse, 1, 62);
			for (size_t k = 0; k < heat.n_coarse * heat.n_fine; k++) {
				begun += heat.cells[k].begun;
				busy += heat.cells[k].busy;
				covered += heat.cells[k].covered;
			}
			assert_int_equal(begun, book.n_bins);
			assert_int_equal(busy, spans[i]);
			assert_int_equal(covered, spans[i]);
			sim_heat_done(&heat);
			sim_book_done(&book);
		}
	}
}

/* Clocks skip an hour of one day, and show one twice on another. */
static void test_clocks_are_set(void **state)
{
	struct sim_book book = full_book(BERLIN_MIDNIGHT, 3 * D - H);
	struct sim_heat heat;

	(void)state;
	assert_int_equal(sim_heat_init(&heat, &book, berlin, SIM_HEAT_DAYS), 0);
	assert_int_equal(heat.n_coarse, 3);
	assert_int_equal(heat.n_fine, 24);
	assert_int_equal(heat.cells[2].covered, H);
	assert_int_equal(heat.cells[24 + 1].covered, H);
	assert_int_equal(heat.cells[24 + 2].covered, 0);
	assert_int_equal(heat.cells[24 + 3].covered, H);
	assert_true(sim_heat_value(&heat.cells[24 + 2], SIM_MEASURE_STARTS) < 0);
	sim_heat_done(&heat);
	sim_book_done(&book);

	/* 2026-10-24 to 26. */
	book = full_book(S(1792792800), 2 * D + H);
	assert_int_equal(sim_heat_init(&heat, &book, berlin, SIM_HEAT_DAYS), 0);
	assert_int_equal(heat.n_coarse, 2);
	assert_int_equal(heat.cells[24 + 2].covered, 2 * H);
	assert_true(sim_heat_value(&heat.cells[24 + 2], SIM_MEASURE_BUSY) == 1);
	assert_true(sim_heat_value(&heat.cells[24 + 2], SIM_MEASURE_STARTS) ==
		    2 * sim_heat_value(&heat.cells[24 + 1], SIM_MEASURE_STARTS));
	sim_heat_done(&heat);
	sim_book_done(&book);
}

static void test_names(void **state)
{
	static const struct {
		enum sim_heat_kind kind;
		const char *first;
		const char *second;
		const char *fine; /* the second: of minutes as wide as bins are */
	} rows[] = {
		{SIM_HEAT_MINUTES, "2026-03-28 00h", "2026-03-28 01h", "05"},
		{SIM_HEAT_DAYS, "Sat 2026-03-28", "Sun 2026-03-29", "01"},
		{SIM_HEAT_WEEKS, "from 2026-03-23", "from 2026-03-30", "01"},
		{SIM_HEAT_MONTHS, "2026-03", "2026-04", "01"},
		{SIM_HEAT_YEARS, "2026", "2027", "01"},
	};
	struct sim_book book = full_book(BERLIN_MIDNIGHT, 20 * D);

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char buf[SIM_HEAT_LABEL_SIZE];
		struct sim_heat heat;

		assert_int_equal(sim_heat_init(&heat, &book, berlin, rows[i].kind), 0);
		assert_string_equal(sim_heat_coarse_label(&heat, 0, buf), rows[i].first);
		assert_string_equal(sim_heat_coarse_label(&heat, 1, buf), rows[i].second);
		assert_string_equal(sim_heat_fine_label(&heat, 1, buf), rows[i].fine);
		sim_heat_done(&heat);
	}
	sim_book_done(&book);
}

/* Where few cells have most of it, the rest is still told apart. */
static void test_scales(void **state)
{
	struct sim_book book = full_book(BERLIN_MIDNIGHT, 2 * D);
	struct sim_heat heat;
	struct sim_scale scale;

	(void)state;
	assert_int_equal(sim_heat_init(&heat, &book, berlin, SIM_HEAT_DAYS), 0);
	scale = sim_heat_scale(&heat, SIM_MEASURE_BUSY);
	assert_true(scale.peak == 1);
	assert_false(scale.root);
	heat.cells[0].busy *= 100;
	scale = sim_heat_scale(&heat, SIM_MEASURE_BUSY);
	assert_true(scale.peak == 100);
	assert_true(scale.root);
	for (int root = 0; root < 2; root++) {
		scale.root = root;
		assert_true(sim_scale_place(&scale, 0) == 0);
		assert_true(sim_scale_place(&scale, 100) == 1);
		assert_true(sim_scale_place(&scale, 101) == 1);
		for (int i = 1; i < 100; i++) {
			double place = sim_scale_place(&scale, i);
			double value = sim_scale_value(&scale, place);

			assert_true(place > sim_scale_place(&scale, i - 1));
			assert_true(value > i - 1e-9 && value < i + 1e-9);
		}
	}
	sim_heat_done(&heat);
	sim_book_done(&book);
}

static double lightness(uint32_t rgb)
{
	return 0.299 * (rgb >> 16) + 0.587 * (rgb >> 8 & 0xff) + 0.114 * (rgb & 0xff);
}

/* Who sees no colours sees lighter and darker. */
static void test_colors_get_lighter(void **state)
{
	(void)state;
	for (int i = 1; i <= 64; i++)
		assert_true(lightness(sim_palette_rgb(i / 64.0)) >
			    lightness(sim_palette_rgb((i - 1) / 64.0)));
	for (int i = 0; i <= 256; i++)
		assert_in_range(sim_palette_ansi(i / 256.0), 16, 231);
	assert_int_equal(sim_palette_rgb(1), 0xfde725);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),          cmocka_unit_test(test_nothing_is_lost),
		cmocka_unit_test(test_clocks_are_set), cmocka_unit_test(test_names),
		cmocka_unit_test(test_scales),         cmocka_unit_test(test_colors_get_lighter),
	};

	return cmocka_run_group_tests_name("simulate_heat", tests, set_up, tear_down);
}
