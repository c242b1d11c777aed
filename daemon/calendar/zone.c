/*
 * See zone.h. A zone is a sorted list of the times at which local time changes. The changes that a
 * footer prescribes are written out for one cycle of 400 years; later times are looked up in it.
 */
#include "calendar/zone.h"

#include "base/arena.h"
#include "calendar/civil.h"
#include "calendar/posix_tz.h"
#include "calendar/tzif.h"

#include <errno.h>
#include <string.h>

struct kind {
	int32_t offset;
	bool dst;
	const char *abbreviation;
};

struct zone {
	const char *name;
	size_t n;              /* segments; 1 or more */
	const int64_t *begins; /* of each; ascending */
	const uint16_t *kinds_of;
	size_t n_kinds;
	const struct kind *kinds;
	int64_t cycle; /* the segments from here on are those of 400 years, and repeat; INT64_MAX:
			  none do. If the first of all begins here, they do also before. */
};

static bool cyclic_before(const struct zone *zone)
{
	return zone->begins[0] == zone->cycle;
}

/* --- making ------------------------------------------------------------------------------------
 */

/* A zone in the making; there is room for all that may come. */
struct draft {
	size_t n;
	int64_t *begins;
	uint16_t *kinds_of;
	size_t n_kinds;
	struct kind *kinds;
};

static bool same_kind(const struct kind *a, const struct kind *b)
{
	return a->offset == b->offset && a->dst == b->dst &&
	       strcmp(a->abbreviation, b->abbreviation) == 0;
}

/* The number of a kind, a new one or one that is there. */
static size_t add_kind(struct draft *draft, struct kind kind)
{
	size_t i = 0;

	while (i < draft->n_kinds && !same_kind(&draft->kinds[i], &kind))
		i++;
	if (i == draft->n_kinds)
		draft->kinds[draft->n_kinds++] = kind;
	return i;
}

/* From that time on. A time that is there already is only of another kind. */
static void add_segment(struct draft *draft, int64_t begin, size_t kind)
{
	if (draft->n > 0 && draft->begins[draft->n - 1] == begin)
		draft->n--;
	if (draft->n > 0 && draft->kinds_of[draft->n - 1] == kind)
		return;
	draft->begins[draft->n] = begin;
	draft->kinds_of[draft->n++] = (uint16_t)kind;
}

/* Before the first change: the first type that is not daylight saving time, as the C library and
   Python have it; the files of tzdata have it as type 0, as RFC 9636 (3.2) wants. */
static size_t first_type(const struct tzif *tzif)
{
	for (size_t i = 0; i < tzif->n_types; i++)
		if (!tzif_type(tzif, i).dst)
			return i;
	return 0;
}

static int add_table(struct draft *draft, struct arena *arena, const struct tzif *tzif)
{
	uint16_t kind_of[TZIF_TYPES_MAX] = {0};

	for (size_t i = 0; i < tzif->n_types; i++) {
		struct tzif_type type = tzif_type(tzif, i);
		const char *name = arena_copy(arena, type.abbreviation, strlen(type.abbreviation));

		if (!name)
			return -ENOMEM;
		kind_of[i] = (uint16_t)add_kind(draft, (struct kind){type.offset, type.dst, name});
	}
	add_segment(draft, INT64_MIN, kind_of[first_type(tzif)]);
	for (size_t i = 0; i < tzif->n_times; i++)
		add_segment(draft, tzif_time(tzif, i), kind_of[tzif_type_of(tzif, i)]);
	return 0;
}

static int add_posix_kind(struct draft *draft, struct arena *arena,
			  const struct posix_tz_time *time, bool dst, size_t *ret_kind)
{
	const char *name = arena_copy(arena, time->name, strlen(time->name));

	if (!name)
		return -ENOMEM;
	*ret_kind = add_kind(draft, (struct kind){time->offset, dst, name});
	return 0;
}

/* Adds what holds from `last` on, the last change of the table; or, if that is INT64_MIN, always.
 *ret_cycle as in struct zone. */
static int add_posix(struct draft *draft, struct arena *arena, const struct posix_tz *tz,
		     int64_t last, int64_t *ret_cycle)
{
	struct posix_tz_change changes[POSIX_TZ_CHANGES_MAX];
	bool always = last == INT64_MIN;
	bool daylight;
	size_t kinds[2] = {0};
	size_t n;
	int r;

	r = add_posix_kind(draft, arena, &tz->standard, false, &kinds[0]);
	if (r == 0 && tz->has_daylight)
		r = add_posix_kind(draft, arena, &tz->daylight, true, &kinds[1]);
	if (r < 0)
		return r;
	n = posix_tz_changes(tz, always ? 0 : last, &daylight, changes);
	if (n == 0 || !always)
		add_segment(draft, last, kinds[daylight]);
	for (size_t i = 0; i < n; i++)
		add_segment(draft, changes[i].time, kinds[changes[i].daylight]);
	*ret_cycle = n > 0 ? changes[0].time : INT64_MAX;
	return 0;
}

/* From a table, a rule, or a table with a rule for what comes after it. */
static int make(struct arena *arena, const char *name, const struct tzif *tzif,
		const struct posix_tz *tz, const struct zone **ret_zone)
{
	size_t room = 2 + (tzif ? tzif->n_times : 0) + (tz ? POSIX_TZ_CHANGES_MAX : 0);
	struct draft draft = {
		.begins = arena_alloc(arena, room * sizeof(*draft.begins)),
		.kinds_of = arena_alloc(arena, room * sizeof(*draft.kinds_of)),
		.kinds =
			arena_alloc(arena, ((tzif ? tzif->n_types : 0) + 2) * sizeof(*draft.kinds)),
	};
	struct zone *zone = arena_alloc(arena, sizeof(*zone));
	const char *copy = arena_copy(arena, name, strlen(name));
	int64_t cycle = INT64_MAX;
	int r = 0;

	if (!draft.begins || !draft.kinds_of || !draft.kinds || !zone || !copy)
		return -ENOMEM;
	if (tzif && (tzif->n_times > 0 || !tz))
		r = add_table(&draft, arena, tzif);
	if (r == 0 && tz) {
		bool table = tzif && tzif->n_times > 0;

		r = add_posix(&draft, arena, tz,
			      table ? tzif_time(tzif, tzif->n_times - 1) : INT64_MIN, &cycle);
	}
	if (r < 0)
		return r;
	*zone = (struct zone){
		.name = copy,
		.n = draft.n,
		.begins = draft.begins,
		.kinds_of = draft.kinds_of,
		.n_kinds = draft.n_kinds,
		.kinds = draft.kinds,
		.cycle = cycle,
	};
	*ret_zone = zone;
	return 0;
}

int zone_parse(struct arena *arena, const char *name, const void *bytes, size_t size,
	       const struct zone **ret_zone, const char **ret_problem)
{
	struct posix_tz tz;
	struct tzif tzif;
	int r;

	r = tzif_open(bytes, size, &tzif, ret_problem);
	if (r < 0)
		return r;
	if (tzif.footer_len > 0 && posix_tz_parse(tzif.footer, tzif.footer_len, &tz) != 0) {
		*ret_problem = "is damaged";
		return -EINVAL;
	}
	return make(arena, name, &tzif, tzif.footer_len > 0 ? &tz : NULL, ret_zone);
}

int zone_parse_posix(struct arena *arena, const char *name, const char *text,
		     const struct zone **ret_zone)
{
	struct posix_tz tz;
	int r;

	r = posix_tz_parse(text, strlen(text), &tz);
	return r < 0 ? r : make(arena, name, NULL, &tz, ret_zone);
}

const struct zone *zone_utc(void)
{
	static const int64_t begins[] = {INT64_MIN};
	static const uint16_t kinds_of[] = {0};
	static const struct kind kinds[] = {{0, false, "UTC"}};
	static const struct zone utc = {
		.name = "UTC",
		.n = 1,
		.begins = begins,
		.kinds_of = kinds_of,
		.n_kinds = 1,
		.kinds = kinds,
		.cycle = INT64_MAX,
	};

	return &utc;
}

/* --- reading -----------------------------------------------------------------------------------
 */

const char *zone_name(const struct zone *zone)
{
	return zone->name;
}

static int64_t add_saturating(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

/* The time's counterpart in the cycle that is written out, or the time itself if it is before
   that. Unsigned, because there are more seconds between two times than an int64_t counts. */
static int64_t written_out(const struct zone *zone, int64_t time)
{
	uint64_t period = CIVIL_CYCLE_SECONDS;
	int64_t from = zone->cycle;

	if (time >= from)
		return from + (int64_t)(((uint64_t)time - (uint64_t)from) % period);
	if (cyclic_before(zone))
		return from +
		       (int64_t)(period - 1 - ((uint64_t)from - 1 - (uint64_t)time) % period);
	return time;
}

/* Where the segment with this number ends. */
static int64_t end_of(const struct zone *zone, size_t i)
{
	if (i + 1 < zone->n)
		return zone->begins[i + 1];
	return zone->cycle == INT64_MAX ? INT64_MAX : zone->cycle + CIVIL_CYCLE_SECONDS;
}

struct zone_segment zone_segment(const struct zone *zone, int64_t time)
{
	int64_t at = written_out(zone, time);
	const struct kind *kind;
	size_t low = 0;
	size_t high = zone->n;
	int64_t begin;
	int64_t end;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (zone->begins[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	kind = &zone->kinds[zone->kinds_of[low]];
	begin = zone->begins[low];
	end = end_of(zone, low);
	if (at != time) {
		begin = add_saturating(time, begin - at);
		end = add_saturating(time, end - at);
	}
	return (struct zone_segment){begin, end, kind->offset, kind->dst, kind->abbreviation};
}

/* A clock that shows a time is at most ZONE_OFFSET_MAX away from UTC. */
int64_t zone_time(const struct zone *zone, int64_t local_seconds)
{
	int64_t latest = add_saturating(local_seconds, ZONE_OFFSET_MAX);
	int64_t at = add_saturating(local_seconds, -ZONE_OFFSET_MAX);
	int64_t after_gap = INT64_MAX;

	for (;;) {
		struct zone_segment segment = zone_segment(zone, at);
		int64_t time = add_saturating(local_seconds, -segment.offset);

		if (time < segment.begin) {
			if (after_gap > segment.begin)
				after_gap = segment.begin;
		} else if (time < segment.end) {
			return time;
		}
		/* What is skipped may yet be shown, if the clock is set back soon after. */
		if (segment.end > latest || segment.end == INT64_MAX)
			return after_gap;
		at = segment.end;
	}
}

/* The next segment with an offset of its own; n: there is none. */
static size_t next_offset(const struct zone *zone, size_t i)
{
	int32_t offset = zone->kinds[zone->kinds_of[i]].offset;

	do
		i++;
	while (i < zone->n && zone->kinds[zone->kinds_of[i]].offset == offset);
	return i;
}

/* Of the same file, read twice: that is told in no time, and asked for each job when a
   configuration is loaded anew. */
static bool same_data(const struct zone *a, const struct zone *b)
{
	if (a->n != b->n || a->n_kinds != b->n_kinds ||
	    memcmp(a->begins, b->begins, a->n * sizeof(*a->begins)) != 0 ||
	    memcmp(a->kinds_of, b->kinds_of, a->n * sizeof(*a->kinds_of)) != 0)
		return false;
	for (size_t i = 0; i < a->n_kinds; i++)
		if (a->kinds[i].offset != b->kinds[i].offset)
			return false;
	return true;
}

bool zone_equal(const struct zone *a, const struct zone *b)
{
	size_t i = 0;
	size_t j = 0;

	if (a == b)
		return true;
	if (a->cycle != b->cycle)
		return false;
	if (same_data(a, b))
		return true;
	while (i < a->n && j < b->n) {
		if (a->begins[i] != b->begins[j] ||
		    a->kinds[a->kinds_of[i]].offset != b->kinds[b->kinds_of[j]].offset)
			return false;
		i = next_offset(a, i);
		j = next_offset(b, j);
	}
	return i == a->n && j == b->n;
}
