/* See listing.h. First names are gathered, in a heap that has no more than the page, then what is
   to be told of each. */
#include "control/listing.h"

#include "base/values.h"
#include "control/describe.h"
#include "control/glob.h"

#include <errno.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What listing_work() does in one go: to look at a job is one, and one more for so many characters
   that its name is compared with, which may be again and again; to tell of it so many. A run that
   is due meanwhile begins so much later: as long as it takes to spawn one. */
#define WORK_MAX     500
#define WORK_PATTERN 16
#define WORK_TELL    50

const char *const listing_states[LISTING_STATES] = {
	[LISTING_RUNNING] = "running", [LISTING_PAUSED] = "paused",   [LISTING_FAILING] = "failing",
	[LISTING_WAITING] = "waiting", [LISTING_OVERDUE] = "overdue",
};

const char *const listing_orders[LISTING_ORDERS] = {
	[LISTING_BY_NAME] = "name",
	[LISTING_BY_NEXT] = "next",
	[LISTING_BY_LAST] = "last",
	[LISTING_BY_FAILURES] = "failures",
};

/* Where a job stands: by key, then by name. */
struct spot {
	int64_t key;
	const char *name;
	char *copy; /* that `name` is; NULL: it is the model's */
};

struct listing {
	struct control_host host;
	struct listing_filter filter;
	enum listing_order order;
	bool open;
	char own_user[16]; /* that of jobs that name none */
	struct spot after; /* jobs up to it were on pages before; .name NULL: none were */

	char last[MODEL_NAME_MAX + 1]; /* the last job that was looked at, by name */
	bool gathered;
	struct spot *spots; /* until `gathered` a heap, the last one on top; then in order */
	size_t n_spots;
	size_t max; /* one more than the page has, to know whether that is the last */
	int look;   /* the work of looking at a job */

	size_t told;   /* of the spots */
	bool told_any; /* they were not gone all */
	struct evbuffer *out;
};

static int compare_spots(const struct spot *a, const struct spot *b)
{
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* --- what is wanted --- */

static bool is_in_state(const struct control_host *host, const struct engine_job *job,
			unsigned states)
{
	struct job_doing doing = describe_doing(host, job);
	unsigned is = (doing.running > 0) << LISTING_RUNNING |
		      (unsigned)(job->pause != NULL) << LISTING_PAUSED |
		      (job->failures > 0) << LISTING_FAILING |
		      (doing.waiting > 0) << LISTING_WAITING |
		      (unsigned)job->overdue << LISTING_OVERDUE;

	return is & states;
}

static bool is_wanted(const struct listing *listing, const struct engine_job *job)
{
	const struct listing_filter *filter = &listing->filter;
	const struct job_settings *settings = job->def->settings;
	struct control_job_facts facts = {.number = 0};

	if (filter->name && !glob_matches(filter->name, job->def->name))
		return false;
	if (filter->group &&
	    (!settings->group || strcmp(settings->group->name, filter->group) != 0))
		return false;
	if (filter->user &&
	    strcmp(settings->user ? settings->user : listing->own_user, filter->user) != 0)
		return false;
	if (filter->states && !is_in_state(&listing->host, job, filter->states))
		return false;
	if (!filter->verdicts)
		return true;
	listing->host.ops->job_facts(listing->host.daemon, job, &facts);
	return facts.last_ended != 0 && filter->verdicts & UINT32_C(1) << facts.last_verdict;
}

static int64_t key_of(const struct listing *listing, const struct engine_job *job)
{
	struct control_job_facts facts = {.number = 0};

	switch (listing->order) {
	case LISTING_BY_NEXT:
		return describe_next(job);
	case LISTING_BY_LAST:
		listing->host.ops->job_facts(listing->host.daemon, job, &facts);
		return -facts.last_ended;
	case LISTING_BY_FAILURES:
		return -(int64_t)job->failures;
	default:
		return 0;
	}
}

/* --- gathering --- */

static void set_last(struct listing *listing, const char *name)
{
	(void)snprintf(listing->last, sizeof(listing->last), "%s", name);
}

static void sift_down(struct listing *listing, size_t hole, struct spot spot)
{
	struct spot *spots = listing->spots;

	for (;;) {
		size_t child = 2 * hole + 1;

		if (child >= listing->n_spots)
			break;
		if (child + 1 < listing->n_spots &&
		    compare_spots(&spots[child + 1], &spots[child]) > 0)
			child++;
		if (compare_spots(&spot, &spots[child]) >= 0)
			break;
		spots[hole] = spots[child];
		hole = child;
	}
	spots[hole] = spot;
}

static void sift_up(struct listing *listing, size_t hole, struct spot spot)
{
	struct spot *spots = listing->spots;

	while (hole > 0 && compare_spots(&spot, &spots[(hole - 1) / 2]) > 0) {
		spots[hole] = spots[(hole - 1) / 2];
		hole = (hole - 1) / 2;
	}
	spots[hole] = spot;
}

/* Returns 0 or -ENOMEM. */
static int take(struct listing *listing, struct spot spot)
{
	bool full = listing->n_spots == listing->max;

	if (listing->after.name && compare_spots(&spot, &listing->after) <= 0)
		return 0;
	if (full && compare_spots(&spot, &listing->spots[0]) >= 0)
		return 0;
	/* A reload may come before it is told. */
	spot.name = spot.copy = strdup(spot.name);
	if (!spot.copy)
		return -ENOMEM;
	if (full) {
		free(listing->spots[0].copy);
		sift_down(listing, 0, spot);
	} else {
		sift_up(listing, listing->n_spots++, spot);
	}
	return 0;
}

/* Does up to `work`; what is left of it is returned, or -ENOMEM. */
static int gather(struct listing *listing, int work)
{
	const struct engine *engine = listing->host.engine;
	const struct model *model = engine_model(engine);
	size_t n = model ? model_job_behind(model, listing->last) : 0;
	int r = 0;

	for (; r == 0 && work > 0 && model && n < model->n_jobs; n++, work -= listing->look) {
		const struct engine_job *job = engine_nth_job(engine, n);
		/* It is only compared with, unless it is copied. */
		struct spot spot = {.name = job->def->name};

		if (!is_wanted(listing, job))
			continue;
		spot.key = key_of(listing, job);
		r = take(listing, spot);
		if (listing->order == LISTING_BY_NAME && listing->n_spots == listing->max)
			break;
	}
	if (r < 0)
		return r;
	listing->gathered = work > 0;
	if (!listing->gathered)
		set_last(listing, model->jobs[n - 1].name);
	return work > 0 ? work : 0;
}

static int compare_for_sort(const void *a, const void *b)
{
	return compare_spots(a, b);
}

/* --- telling --- */

/* Returns 0 or -ENOMEM. */
static int write_text(struct listing *listing, const char *text)
{
	return evbuffer_add(listing->out, text, strlen(text)) < 0 ? -ENOMEM : 0;
}

/* Takes `value` over; NULL: out of memory. Likewise. */
static int write_value(struct listing *listing, json_t *value)
{
	_cleanup_free_ char *text =
		value ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(VALUE_DIGITS))
		      : NULL;

	json_decref(value);
	return text ? write_text(listing, text) : -ENOMEM;
}

/* Where the page ends, if another one follows. */
static int write_next(struct listing *listing)
{
	const struct spot *last;

	if (listing->n_spots < listing->max)
		return write_value(listing, json_null());
	last = &listing->spots[listing->max - 2];
	return write_value(listing, value_textf("%" PRId64 ":%s", last->key, last->name));
}

static int finish(struct listing *listing)
{
	int r = write_text(listing, "], \"next\": ");

	if (r == 0)
		r = write_next(listing);
	if (r == 0)
		r = write_text(listing, "}");
	return r < 0 ? r : 1;
}

static int tell(struct listing *listing, int work)
{
	size_t count = listing->n_spots < listing->max ? listing->n_spots : listing->max - 1;
	int r = 0;

	for (; r == 0 && work > 0 && listing->told < count; listing->told++, work -= WORK_TELL) {
		const struct spot *spot = &listing->spots[listing->told];
		const struct engine_job *job = engine_find_job(listing->host.engine, spot->name);

		/* It has left the configuration meanwhile. */
		if (!job)
			continue;
		r = listing->told_any ? write_text(listing, ", ") : 0;
		listing->told_any = true;
		if (r == 0)
			r = write_value(listing, describe_job(&listing->host, job, listing->open));
	}
	if (r < 0 || listing->told < count)
		return r;
	return finish(listing);
}

int listing_work(struct listing *listing)
{
	int work = WORK_MAX;

	if (!listing->gathered) {
		work = gather(listing, work);
		if (work <= 0)
			return work;
		qsort(listing->spots, listing->n_spots, sizeof(*listing->spots), compare_for_sort);
		if (write_text(listing, "{\"items\": [") < 0)
			return -ENOMEM;
	}
	return tell(listing, work);
}

struct evbuffer *listing_text(struct listing *listing)
{
	return listing->out;
}

/* --- life --- */

/* "KEY:NAME". */
static int parse_cursor(const char *text, struct spot *ret_spot)
{
	struct spot spot = {.key = 0};
	char *end;

	errno = 0;
	spot.key = strtoll(text, &end, 10);
	if (errno || end == text || *end != ':' || !end[1] || strlen(end + 1) > MODEL_NAME_MAX)
		return -EINVAL;
	spot.name = spot.copy = strdup(end + 1);
	if (!spot.copy)
		return -ENOMEM;
	*ret_spot = spot;
	return 0;
}

int listing_new(const struct control_host *host, const struct listing_filter *filter,
		enum listing_order order, unsigned limit, const char *cursor, bool open,
		struct listing **ret_listing)
{
	struct listing *listing = calloc(1, sizeof(*listing));
	int r;

	if (!listing)
		return -ENOMEM;
	listing->host = *host;
	listing->filter = *filter;
	listing->order = order;
	listing->open = open;
	listing->max = (size_t)limit + 1;
	listing->look = 1 + (filter->name ? (int)strlen(filter->name) / WORK_PATTERN : 0);
	if (geteuid() == 0)
		(void)snprintf(listing->own_user, sizeof(listing->own_user), "root");
	else
		(void)snprintf(listing->own_user, sizeof(listing->own_user), "%u",
			       (unsigned)geteuid());
	r = cursor ? parse_cursor(cursor, &listing->after) : 0;
	if (r == 0 && listing->after.name && order == LISTING_BY_NAME)
		set_last(listing, listing->after.name);
	listing->spots = calloc(listing->max, sizeof(*listing->spots));
	listing->out = evbuffer_new();
	if (r == 0 && (!listing->spots || !listing->out))
		r = -ENOMEM;
	if (r < 0) {
		listing_free(listing);
		return r;
	}
	*ret_listing = listing;
	return 0;
}

void listing_free(struct listing *listing)
{
	if (!listing)
		return;
	for (size_t i = 0; listing->spots && i < listing->n_spots; i++)
		free(listing->spots[i].copy);
	free(listing->spots);
	free(listing->after.copy);
	if (listing->out)
		evbuffer_free(listing->out);
	free(listing);
}
