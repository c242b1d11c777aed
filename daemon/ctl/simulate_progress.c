/* See simulate_progress.h. */
#include "ctl/simulate_progress.h"

#include "calendar/duration.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Columns of the bar, each of which has that many steps where there are blocks of eighths. */
#define BAR    30
#define EIGHTH 8

#define REPAINT (100 * USEC_PER_MSEC)

/* Nobody waits longer: a year. */
#define LONGEST (365.0 * USEC_PER_DAY)

static const char *const eighths[EIGHTH] = {"",       "\u258f", "\u258e", "\u258d",
					    "\u258c", "\u258b", "\u258a", "\u2589"};

static char *append(char *at, const char *text)
{
	size_t len = strlen(text);

	memcpy(at, text, len + 1);
	return at + len;
}

static char *write_bar(double part, bool utf8, char *at)
{
	int steps = (int)(part * BAR * EIGHTH);
	int full = steps / EIGHTH;
	int column = 0;

	at = append(at, utf8 ? "\u2595" : "[");
	for (; column < full; column++)
		at = append(at, utf8 ? "\u2588" : "#");
	if (utf8 && steps % EIGHTH > 0) {
		at = append(at, eighths[steps % EIGHTH]);
		column++;
	}
	for (; column < BAR; column++)
		at = append(at, utf8 ? " " : ".");
	return append(at, utf8 ? "\u258f" : "]");
}

const char *sim_progress_format(double part, uint64_t slots, usec_t elapsed, bool utf8,
				char buf[static SIM_PROGRESS_SIZE])
{
	char text[DURATION_TEXT_SIZE];
	char number[32];
	char *at;

	part = part < 0 ? 0 : part > 1 ? 1 : part;
	at = write_bar(part, utf8, buf);
	if (slots >= 1000000)
		(void)snprintf(number, sizeof(number), "%.1f million", (double)slots / 1e6);
	else
		(void)snprintf(number, sizeof(number), "%" PRIu64, slots);
	at += sprintf(at, " %3d %%  %s slots", (int)(part * 100), number);
	if (part > 0) {
		double left = (double)elapsed * (1 - part) / part;
		usec_t span = left < LONGEST ? (usec_t)left : (usec_t)LONGEST;

		(void)sprintf(at, ", %s to go",
			      duration_format_short(span / USEC_PER_SEC * USEC_PER_SEC, text));
	}
	return buf;
}

void sim_progress_show(struct sim_progress *progress, double part, uint64_t slots, bool utf8)
{
	char line[SIM_PROGRESS_SIZE];
	usec_t now;

	if (!progress->wanted)
		return;
	now = clock_elapsed();
	if (now - progress->begun < SIM_PROGRESS_PATIENCE || now - progress->shown < REPAINT)
		return;
	progress->shown = now;
	(void)fprintf(stderr, "\r%s\033[K",
		      sim_progress_format(part, slots, now - progress->begun, utf8, line));
	(void)fflush(stderr);
}

void sim_progress_end(struct sim_progress *progress)
{
	if (progress->shown > 0)
		(void)fputs("\r\033[K", stderr);
}
