/*
 * The picture of a simulation: one SVG file that stands for itself, light or dark as its viewer
 * likes it. See simulate.h.
 */
#include "ctl/simulate_svg.h"

#include "calendar/times.h"
#include "calendar/zone.h"
#include "core/model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Colours that are told apart by those who see fewer, too; plain ones, as not every viewer knows
   variables. */
static const char style[] =
	"<style>\n"
	"text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',Helvetica,Arial,"
	"sans-serif;fill:#1c2128}\n"
	".t{font-size:26px;font-weight:700}.h{font-size:16px;font-weight:600}.s{font-size:13px}"
	".l{font-size:11px}.n{font-size:12px}.v{font-size:22px;font-weight:600}.k{font-size:12px}"
	".b{font-weight:600}\n"
	".s,.l,.k{fill:#59636e}.b{fill:#1c2128}\n"
	".bg{fill:#fff}.panel,.e{fill:#f1f4f7}.lane{fill:#f6f8fa}\n"
	".grid{stroke:#e1e5ea}.axis{stroke:#9aa4af}.limit{stroke:#1c2128;stroke-width:1.2;"
	"stroke-dasharray:6 4}.shift{stroke:#59636e;stroke-dasharray:2 3}\n"
	".area{fill:#7fb9c6}.peak{fill:none;stroke:#1d5566;stroke-width:1.4;stroke-linejoin:round}"
	".peakkey{fill:#1d5566}\n"
	".ok{fill:#2a8f83}.bad,.queue{fill:#c0263e}.lost{fill:#e08214}.open{fill:#9aa4af}\n"
	"@media(prefers-color-scheme:dark){\n"
	"text,.b{fill:#e8edf3}.s,.l,.k{fill:#9aa7b4}\n"
	".bg{fill:#0f141a}.panel,.e{fill:#1a212a}.lane{fill:#151b22}\n"
	".grid{stroke:#27303a}.axis{stroke:#55606c}.limit{stroke:#e8edf3}.shift{stroke:#9aa7b4}\n"
	".area{fill:#27616e}.peak{stroke:#8fd3df}.peakkey{fill:#8fd3df}\n"
	".ok{fill:#35b3a2}.bad,.queue{fill:#ff6b81}.lost{fill:#ffab4f}.open{fill:#6b7783}\n"
	"}\n"
	"</style>\n";

#define TILES       6
#define TILE_HEIGHT 64.0
#define TILE_GAP    12.0

struct tile {
	char value[64];
	char name[64];
};

static void draw_tiles(struct svg *svg, const struct tile *tiles)
{
	double width = (SVG_RIGHT - SVG_MARGIN - (TILES - 1) * TILE_GAP) / TILES;

	for (int i = 0; i < TILES; i++) {
		double x = SVG_MARGIN + i * (width + TILE_GAP);

		(void)fprintf(svg->out,
			      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"8\" "
			      "class=\"panel\"/>\n",
			      x, svg->y, width, TILE_HEIGHT);
		svg_text(svg, x + 14, svg->y + 29, SVG_START, "v", "%s", tiles[i].value);
		svg_text(svg, x + 14, svg->y + 50, SVG_START, "k", "%s", tiles[i].name);
	}
	svg->y += TILE_HEIGHT;
}

static void tell(struct tile *tile, const char *name, const char *format, ...) _printf_(3, 4);
static void tell(struct tile *tile, const char *name, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(tile->value, sizeof(tile->value), format, ap);
	va_end(ap);
	(void)snprintf(tile->name, sizeof(tile->name), "%s", name);
}

static void draw_figures(struct svg *svg)
{
	const struct simulation *simulation = svg->simulation;
	const struct sim_book *book = simulation->book;
	const uint64_t *verdicts = book->total.verdicts;
	double saturated = 100 * (double)book->saturated / (double)(book->to - book->from);
	char at[TIMES_TEXT_SIZE] = "";
	char minute[TIMES_TEXT_SIZE + 16] = "";
	struct tile tiles[TILES];

	if (book->minute.count > 0)
		(void)times_format(book->minute.at, simulation->zone, at);
	/* Without year, seconds and zone. */
	if (strlen(at) > strlen("2026-"))
		(void)snprintf(minute, sizeof(minute), "in a minute, %.11s", at + strlen("2026-"));
	tell(&tiles[0], "runs", "%" PRIu64, book->total.begun);
	tell(&tiles[1], "slots skipped or refused", "%" PRIu64,
	     verdicts[VERDICT_SKIPPED] + verdicts[VERDICT_REFUSED]);
	tell(&tiles[2], "workers busy at most", "%zu of %u", book->running.count, book->workers);
	if (saturated > 0 && saturated < 0.1)
		tell(&tiles[3], "of the time all are busy", "under 0.1 %%");
	else
		tell(&tiles[3], "of the time all are busy", saturated < 10 ? "%.2g %%" : "%.0f %%",
		     saturated);
	tell(&tiles[4], "runs wait at most", "%zu", book->queued.count);
	tell(&tiles[5], *minute ? minute : "in a minute", "%zu start%s", book->minute.count,
	     book->minute.count == 1 ? "" : "s");
	draw_tiles(svg, tiles);
}

static void draw_head(struct svg *svg)
{
	static const char *const sources[] = {[SIM_ASSUMED] = "assumed",
					      [SIM_RECORDED] = "as the ledger has them",
					      [SIM_GIVEN] = "given"};
	const struct simulation *simulation = svg->simulation;
	const struct sim_guess *guess = simulation->guess;
	size_t counts[ARRAY_LENGTH(sources)] = {0};
	char from[TIMES_TEXT_SIZE];
	char to[TIMES_TEXT_SIZE];
	char sourced[120] = "";

	for (size_t i = 0; i < guess->n_jobs; i++)
		counts[guess->habits[i].source]++;
	for (size_t i = ARRAY_LENGTH(sources); i-- > 0;) {
		size_t used = strlen(sourced);

		if (counts[i] > 0)
			(void)snprintf(sourced + used, sizeof(sourced) - used, "%s%zu %s",
				       used ? ", " : "", counts[i], sources[i]);
	}
	svg_text(svg, SVG_MARGIN, 56, SVG_START, "t", "%zu job%s simulated",
		 simulation->model->n_jobs, simulation->model->n_jobs == 1 ? "" : "s");
	svg_text(svg, SVG_MARGIN, 80, SVG_START, "s", "%s to %s, times of %s",
		 times_format(simulation->from, simulation->zone, from),
		 times_format(simulation->to, simulation->zone, to), zone_name(simulation->zone));
	svg_text(svg, SVG_MARGIN, 99, SVG_START, "s", "%u worker%s, a queue of %u; run times: %s",
		 simulation->model->daemon.workers,
		 simulation->model->daemon.workers == 1 ? "" : "s", simulation->model->daemon.queue,
		 *sourced ? sourced : "none");
	svg->y = 116;
	draw_figures(svg);
}

static void draw_foot(struct svg *svg)
{
	svg->y += 40;
	svg_text(svg, SVG_MARGIN, svg->y, SVG_START, "l",
		 "everyctl simulate %s: runs take as long as is given, recorded or assumed; "
		 "starting "
		 "them takes no time",
		 EVERYD_VERSION);
	svg->y += 24;
}

/* Everything but the frame, whose height it makes known. */
static int draw(struct svg *svg)
{
	int r;

	draw_head(svg);
	r = svg_heat(svg);
	if (r == 0)
		r = svg_load(svg);
	if (r == 0)
		r = svg_jobs(svg);
	draw_foot(svg);
	return r;
}

static void write_frame(const struct simulation *simulation, double height, const char *body,
			size_t len, FILE *out)
{
	struct svg svg = {.out = out, .simulation = simulation};
	const struct sim_book *book = simulation->book;
	char from[TIMES_TEXT_SIZE];
	char to[TIMES_TEXT_SIZE];

	(void)fprintf(out,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
		      "width=\"%.0f\" height=\"%.0f\" role=\"img\" "
		      "aria-labelledby=\"title desc\">\n<title id=\"title\">",
		      SVG_WIDTH, height, SVG_WIDTH, height);
	(void)fprintf(out,
		      "What everyd would run</title>\n<desc id=\"desc\">%zu jobs from %s to %s: "
		      "%" PRIu64 " runs, %" PRIu64 " slots skipped and %" PRIu64
		      " refused; at most %zu of %u workers were busy, and %zu runs waited; times "
		      "are those of ",
		      simulation->model->n_jobs,
		      times_format(simulation->from, simulation->zone, from),
		      times_format(simulation->to, simulation->zone, to), book->total.begun,
		      book->total.verdicts[VERDICT_SKIPPED], book->total.verdicts[VERDICT_REFUSED],
		      book->running.count, book->workers, book->queued.count);
	svg_escape(&svg, zone_name(simulation->zone), 100);
	(void)fprintf(out, ".</desc>\n%s", style);
	(void)fprintf(out, "<rect width=\"100%%\" height=\"100%%\" class=\"bg\"/>\n");
	(void)fwrite(body, 1, len, out);
	(void)fputs("</svg>\n", out);
}

int sim_write_svg(const struct simulation *simulation, FILE *out)
{
	_cleanup_free_ char *body = NULL;
	struct svg svg = {.simulation = simulation};
	size_t len = 0;
	int r;

	svg.out = open_memstream(&body, &len);
	if (!svg.out)
		return -errno;
	r = draw(&svg);
	if (ferror(svg.out) && r == 0)
		r = -ENOMEM;
	if (fclose(svg.out) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0)
		write_frame(simulation, svg.y, body, len, out);
	return r;
}
