/*
 * Colours of heat maps: from dark blue over green to yellow, evenly lighter all the way, so that
 * they can be told apart without seeing colours. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What colours stand for: values from 0 to the peak, or their roots where few have most of it. */
struct sim_scale {
	double peak;
	bool root;
};

/* Where on the scale a value is: 0 to 1. */
double sim_scale_place(const struct sim_scale *scale, double value);

/* The value at a place. */
double sim_scale_value(const struct sim_scale *scale, double place);

/* 0xRRGGBB of a place on the scale. */
uint32_t sim_palette_rgb(double place);

/* The nearest of the 216 colours of terminals that have 256. */
int sim_palette_ansi(double place);
