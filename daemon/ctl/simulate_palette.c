/* See simulate_palette.h. */
#include "ctl/simulate_palette.h"

#include <stddef.h>

#define STEPS 8

/* Equal steps apart. */
static const uint32_t stops[STEPS + 1] = {
	0x31206b, 0x353f86, 0x2c5f8c, 0x247c8e, 0x1f988b, 0x35b37a, 0x6ccb5a, 0xb5dc3b, 0xfde725,
};

/* The first colour of the cube of 6 by 6 by 6, and how bright its steps are. */
#define CUBE 16
static const int cube_levels[] = {0, 95, 135, 175, 215, 255};

/* Newton's way; there is no other need of libm. */
static double root(double x)
{
	double guess = x > 1 ? x : 1;

	if (x <= 0)
		return 0;
	for (int i = 0; i < 60; i++)
		guess = (guess + x / guess) / 2;
	return guess;
}

double sim_scale_place(const struct sim_scale *scale, double value)
{
	if (value <= 0 || scale->peak <= 0)
		return 0;
	if (value >= scale->peak)
		return 1;
	value /= scale->peak;
	return scale->root ? root(value) : value;
}

double sim_scale_value(const struct sim_scale *scale, double place)
{
	return (scale->root ? place * place : place) * scale->peak;
}

static int channel(uint32_t rgb, int shift)
{
	return (int)(rgb >> shift & 0xff);
}

uint32_t sim_palette_rgb(double place)
{
	double at = place * (double)STEPS;
	size_t stop = at >= (double)STEPS ? STEPS - 1 : (size_t)at;
	double part = at - (double)stop;
	uint32_t rgb = 0;

	for (int shift = 16; shift >= 0; shift -= 8) {
		double from = channel(stops[stop], shift);
		double to = channel(stops[stop + 1], shift);

		rgb |= (uint32_t)(from + (to - from) * part + 0.5) << shift;
	}
	return rgb;
}

static int nearest_level(int brightness)
{
	int best = 0;

	for (int i = 1; i < 6; i++) {
		int off = cube_levels[i] - brightness;
		int best_off = cube_levels[best] - brightness;

		if (off * off < best_off * best_off)
			best = i;
	}
	return best;
}

int sim_palette_ansi(double place)
{
	uint32_t rgb = sim_palette_rgb(place);

	return CUBE + 36 * nearest_level(channel(rgb, 16)) + 6 * nearest_level(channel(rgb, 8)) +
	       nearest_level(channel(rgb, 0));
}
