/* Lines, areas, texts and axes of the picture: see simulate_svg.h. */
#include "ctl/simulate_svg.h"

#include "base/text.h"
#include "ctl/simulate_ticks.h"

#include <stdarg.h>
#include <string.h>

/* A text that is longer is cut. */
#define TEXT_SIZE 500

#define TICKS 10

/* About as wide as a letter of a label. */
#define LETTER 6.2

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void svg_escape(struct svg *svg, const char *text, size_t most)
{
	char raw[TEXT_SIZE];
	char clean[TEXT_SIZE * TEXT_GROWTH + 1];
	size_t len;
	size_t n = 0;

	(void)snprintf(raw, sizeof(raw), "%s", text);
	len = text_sanitize(clean, raw, strlen(raw));
	for (size_t i = 0; i < len; n++) {
		size_t size = text_utf8_length(clean + i, len - i);
		const char *replaced = entity(clean[i]);

		if (n == most) {
			(void)fputs("\u2026", svg->out);
			return;
		}
		if (replaced)
			(void)fputs(replaced, svg->out);
		else
			(void)fwrite(clean + i, 1, size, svg->out);
		i += size;
	}
}

void svg_text(struct svg *svg, double x, double y, enum svg_anchor anchor, const char *class,
	      const char *format, ...)
{
	static const char *const anchors[] = {
		[SVG_START] = "",
		[SVG_MIDDLE] = " text-anchor=\"middle\"",
		[SVG_END] = " text-anchor=\"end\"",
	};
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	(void)fprintf(svg->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\"%s>", x, y, class,
		      anchors[anchor]);
	svg_escape(svg, text, TEXT_SIZE);
	(void)fputs("</text>\n", svg->out);
}

void svg_rect(struct svg *svg, double x, double y, double width, double height, const char *class)
{
	(void)fprintf(svg->out,
		      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\"/>\n",
		      x, y, width, height, class);
}

void svg_line(struct svg *svg, double x1, double y1, double x2, double y2, const char *class)
{
	(void)fprintf(svg->out,
		      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1,
		      y1, x2, y2, class);
}

double svg_key(struct svg *svg, double x, double y, const char *class, const char *text)
{
	svg_rect(svg, x, y - 8, 18, 8, class);
	svg_text(svg, x + 24, y, SVG_START, "l", "%s", text);
	return x + 24 + LETTER * (double)strlen(text) + 22;
}

void svg_heading(struct svg *svg, const char *title, const char *remark)
{
	svg->y += 44;
	svg_text(svg, SVG_MARGIN, svg->y, SVG_START, "h", "%s", title);
	if (remark)
		svg_text(svg, SVG_RIGHT, svg->y, SVG_END, "s", "%s", remark);
	svg->y += 16;
}

double svg_x(const struct svg *svg, usec_t time)
{
	const struct simulation *simulation = svg->simulation;

	return SVG_LEFT + (SVG_RIGHT - SVG_LEFT) * (double)(time - simulation->from) /
				  (double)(simulation->to - simulation->from);
}

void svg_time_axis(struct svg *svg, double top, double bottom)
{
	const struct simulation *simulation = svg->simulation;
	struct sim_tick ticks[TICKS];
	size_t n = sim_ticks_time(simulation->zone, simulation->from, simulation->to, TICKS, ticks);

	for (size_t i = 0; i < n; i++) {
		double x = svg_x(svg, ticks[i].at);

		svg_line(svg, x, top, x, bottom + 4, "grid");
		svg_text(svg, x, bottom + 18, SVG_MIDDLE, ticks[i].major ? "l b" : "l", "%s",
			 ticks[i].label);
	}
	svg_line(svg, SVG_LEFT, bottom, SVG_RIGHT, bottom, "axis");
}
