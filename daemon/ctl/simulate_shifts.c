/* See simulate_shifts.h. */
#include "ctl/simulate_shifts.h"

#include "calendar/cron.h"
#include "calendar/zone.h"
#include "core/model.h"
#include "ctl/dst.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A zone that jobs go by. */
struct used {
	const struct zone *zone;
	size_t n_jobs;
};

static int find_zones(const struct model *model, struct used **ret_used, size_t *ret_n)
{
	struct used *used = NULL;
	size_t capacity = 0;
	size_t n = 0;

	for (size_t i = 0; i < model->n_jobs; i++) {
		const struct schedule *schedule = &model->jobs[i].schedule;
		size_t at = 0;

		if (schedule->kind != SCHEDULE_CRON)
			continue;
		while (at < n &&
		       strcmp(zone_name(used[at].zone), zone_name(schedule->cron->zone)) != 0)
			at++;
		if (at == capacity) {
			struct used *more;

			capacity = 2 * capacity + 8;
			more = reallocarray(used, capacity, sizeof(*used));
			if (!more) {
				free(used);
				return -ENOMEM;
			}
			used = more;
		}
		if (at == n)
			used[n++] = (struct used){.zone = schedule->cron->zone};
		used[at].n_jobs++;
	}
	*ret_used = used;
	*ret_n = n;
	return 0;
}

/* Where it belongs, the last one giving way. */
static void add(struct sim_shifts *shifts, struct sim_shift shift)
{
	size_t at = shifts->count;

	if (shifts->count == SIM_SHIFTS_MAX) {
		shifts->unlisted++;
		if (shifts->items[SIM_SHIFTS_MAX - 1].change.time <= shift.change.time)
			return;
		at--;
	} else {
		shifts->count++;
	}
	for (; at > 0 && shifts->items[at - 1].change.time > shift.change.time; at--)
		shifts->items[at] = shifts->items[at - 1];
	shifts->items[at] = shift;
}

static void walk(struct sim_shifts *shifts, const struct used *used, usec_t from, usec_t to)
{
	struct dst_change change = {.time = (from - 1) / USEC_PER_SEC};

	while (dst_next_change(used->zone, change.time, &change) && change.time * USEC_PER_SEC < to)
		add(shifts, (struct sim_shift){used->zone, change, used->n_jobs});
}

int sim_shifts_find(const struct model *model, usec_t from, usec_t to,
		    struct sim_shifts *ret_shifts)
{
	_cleanup_free_ struct used *used = NULL;
	size_t n = 0;
	int r = find_zones(model, &used, &n);

	if (r < 0)
		return r;
	*ret_shifts = (struct sim_shifts){0};
	for (size_t i = 0; i < n; i++)
		walk(ret_shifts, &used[i], from, to);
	return 0;
}
