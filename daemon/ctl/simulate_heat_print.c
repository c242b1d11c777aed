/* A heat map on a terminal: see simulate_heat.h. */
#include "ctl/ctl.h"
#include "ctl/simulate_heat.h"
#include "ctl/simulate_palette.h"

#include <stdio.h>
#include <string.h>

/* How many shades are told apart. */
#define SHADES 8

/* Columns of the names of rows. */
#define NAME_COLUMNS 16

/* Of an hour. */
#define MINUTES 60

/* Of cells with nothing in them; those outside of the span are blank. */
static const char *const empty[] = {".", "\u00b7"};

/* Without colour, from little to much. */
static const char *const ascii[SHADES] = {"-", "=", "+", "o", "x", "*", "%", "@"};
static const char *const blocks[SHADES] = {"\u2581", "\u2582", "\u2583", "\u2584",
					   "\u2585", "\u2586", "\u2587", "\u2588"};

struct printer {
	const struct sim_heat *heat;
	enum sim_measure measure;
	struct sim_scale scale;
	bool color;
	bool utf8;
	int cell;  /* columns of each */
	int width; /* of the terminal; 0: there is no end to it */
};

/* 0: nothing; else 1 to SHADES. */
static int shade_of(const struct printer *printer, double value)
{
	int shade = (int)(sim_scale_place(&printer->scale, value) * SHADES) + 1;

	if (value <= 0)
		return 0;
	return shade < SHADES ? shade : SHADES;
}

static double place_of(int shade)
{
	return (double)(shade - 1) / (SHADES - 1);
}

static void print_shade(const struct printer *printer, int shade)
{
	const char *text = shade == 0      ? empty[printer->utf8]
			   : printer->utf8 ? blocks[shade - 1]
					   : ascii[shade - 1];

	if (printer->color && shade > 0) {
		printf("\033[48;5;%dm%*s\033[0m", sim_palette_ansi(place_of(shade)), printer->cell,
		       "");
		return;
	}
	if (printer->color)
		printf("\033[2m%s\033[0m", text);
	else
		printf("%s", text);
	for (int i = 1; i < printer->cell; i++)
		printf("%s", shade == 0 ? " " : text);
}

static void print_head(const struct printer *printer, size_t every)
{
	const struct sim_heat *heat = printer->heat;
	char label[SIM_HEAT_LABEL_SIZE];

	printf("%*s", NAME_COLUMNS, "");
	for (size_t i = 0; i < heat->n_fine; i += every)
		printf("%-*s",
		       (int)(every < heat->n_fine - i ? every : heat->n_fine - i) * printer->cell,
		       sim_heat_fine_label(heat, i, label));
	(void)putchar('\n');
}

static const char *number(double value, char buf[static 32])
{
	(void)snprintf(buf, 32, value < 10 && value != (double)(long)value ? "%.2g" : "%.0f",
		       value);
	return buf;
}

/* Before something of so many columns: two blanks, or where it does not fit, a new line. */
static void make_room(const struct printer *printer, int *column, int needed)
{
	if (printer->width > 0 && *column + 2 + needed > printer->width) {
		printf("\n%*s", NAME_COLUMNS, "");
		*column = NAME_COLUMNS;
	} else {
		printf("  ");
		*column += 2;
	}
	*column += needed;
}

/* What the shades stand for: each begins at the number behind it. */
static void print_legend(const struct printer *printer)
{
	struct printer narrow = *printer;
	const char *unit = printer->measure == SIM_MEASURE_STARTS ? "starts" : "busy workers";
	int column = NAME_COLUMNS + 4;
	double last = 0;
	char text[64];
	char buf[32];

	narrow.cell = 2;
	printf("\n%*s", NAME_COLUMNS, "");
	print_shade(&narrow, 0);
	printf(" 0");
	for (int shade = 1; shade <= SHADES; shade++) {
		double least = sim_scale_value(&printer->scale, (double)(shade - 1) / SHADES);

		/* There are whole starts only, and perhaps none in a shade. */
		if (printer->measure == SIM_MEASURE_STARTS)
			least = (double)(long)least < least || least < 1 ? (double)(long)least + 1
									 : least;
		if (least <= last || shade_of(printer, least) != shade)
			continue;
		last = least;
		(void)number(least, buf);
		make_room(printer, &column, 3 + (int)strlen(buf));
		print_shade(&narrow, shade);
		printf(" %s", buf);
	}
	(void)snprintf(text, sizeof(text), "%s, at most %s", unit,
		       number(printer->scale.peak, buf));
	make_room(printer, &column, (int)strlen(text));
	printf("%s\n", text);
}

bool sim_heat_fits(enum sim_heat_kind kind, unsigned width)
{
	return width == 0 || kind != SIM_HEAT_MINUTES || width >= NAME_COLUMNS + MINUTES;
}

void sim_heat_print(const struct sim_heat *heat, enum sim_measure measure, const struct ctl *ctl,
		    bool utf8)
{
	bool narrow = heat->n_fine > 24 ||
		      (ctl->width > 0 && NAME_COLUMNS + 2 * heat->n_fine > ctl->width);
	const struct printer printer = {
		.heat = heat,
		.measure = measure,
		.scale = sim_heat_scale(heat, measure),
		.color = ctl->color,
		.utf8 = utf8,
		.cell = narrow ? 1 : 2,
		.width = (int)ctl->width,
	};
	char label[SIM_HEAT_LABEL_SIZE];

	print_head(&printer, heat->n_fine > 24 ? 5 : heat->n_fine > 4 ? 3 : 1);
	for (size_t i = 0; i < heat->n_coarse; i++) {
		printf("%-15s ", sim_heat_coarse_label(heat, i, label));
		for (size_t j = 0; j < heat->n_fine; j++) {
			double value = sim_heat_value(&heat->cells[i * heat->n_fine + j], measure);

			if (value < 0)
				printf("%*s", printer.cell, "");
			else
				print_shade(&printer, shade_of(&printer, value));
		}
		(void)putchar('\n');
	}
	print_legend(&printer);
}
