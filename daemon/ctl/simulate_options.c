/* See simulate_options.h. */
#include "ctl/simulate_options.h"

#include "calendar/duration.h"
#include "core/model.h"
#include "ctl/commands.h"
#include "ctl/simulate_guess.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The longest span: all workers at work all the time is still a number of microseconds. */
#define SPAN_YEARS_MAX 70
#define SPAN_MAX       (SPAN_YEARS_MAX * 366 * USEC_PER_DAY)
_Static_assert(SPAN_MAX <= INT64_MAX / MODEL_WORKERS_MAX, "the work of a span has a bound");

enum {
	OPT_FROM,
	OPT_TO,
	OPT_ZONE,
	OPT_DURATION,
	OPT_DEFAULT_DURATION,
	OPT_DURATIONS,
	OPT_FAIL,
	OPT_SEED,
	OPT_WORKERS,
	OPT_QUEUE,
	OPT_TIMELINE,
	OPT_HEATMAP,
	OPT_MEASURE,
	OPT_SVG,
	OPT_COUNT,
};

const struct ctl_option simulate_options[] = {
	[OPT_FROM] = {0, "from", "TIME", "from then on (default now)"},
	[OPT_TO] = {0, "to", "TIME", "until then; \"+7d\" is from the start on (default +1d)"},
	[OPT_ZONE] = {0, "zone", "ZONE", "show times in that zone (default local time)"},
	[OPT_DURATION] = {'d', "duration", "JOB=SPAN",
			  "runs of JOB, which may have * in it, take that long; repeatable"},
	[OPT_DEFAULT_DURATION] = {0, "default-duration", "SPAN",
				  "runs of which nothing is known take that long (default 1s)"},
	[OPT_DURATIONS] = {0, "durations", "ledger|none",
			   "where run times are from that are not given (default the ledger, if "
			   "it can be read)"},
	[OPT_FAIL] = {0, "fail", "JOB=PERCENT%", "so many attempts of JOB fail; repeatable"},
	[OPT_SEED] = {0, "seed", "N", "draw other run times and failures (default 1)"},
	[OPT_WORKERS] = {0, "workers", "N", "what if there were so many workers?"},
	[OPT_QUEUE] = {0, "queue", "N", "what if the queue were so long?"},
	[OPT_TIMELINE] = {'t', "timeline", NULL, "list each run, and each slot without one"},
	[OPT_HEATMAP] = {'m', "heatmap", NULL, "show which hours have how much to do"},
	[OPT_MEASURE] = {0, "measure", "starts|busy",
			 "heat maps count that: runs that start, or workers that are busy"},
	[OPT_SVG] = {0, "svg", "FILE", "write a picture of it; - is standard output"},
	[OPT_COUNT] = {0},
};

/* As they were given. */
struct texts {
	const char *values[OPT_COUNT]; /* the last of each */
	const char **given;            /* --duration and --fail, in order */
	bool *fails;
	size_t n_given;
};

void sim_options_done(struct sim_options *options)
{
	for (size_t i = 0; options->given && i < options->n_given; i++)
		free(options->given[i].pattern);
	free(options->given);
	when_done(&options->when);
}

static int read_texts(struct ctl_args *args, struct texts *texts)
{
	const char *value = NULL;
	int option;

	while ((option = ctl_option(args, &value)) >= 0) {
		texts->values[option] = value ? value : "";
		if (option != OPT_DURATION && option != OPT_FAIL)
			continue;
		texts->given[texts->n_given] = value;
		texts->fails[texts->n_given++] = option == OPT_FAIL;
	}
	return option == -1 ? CTL_OK : CTL_USAGE;
}

static int read_span(const struct ctl_args *args, const char *text, usec_t *ret_span)
{
	usec_t span;

	if (duration_parse(text, &span) < 0)
		return ctl_usage(args, "'%s' is no span of time, such as 30s or 1h30m", text);
	if (span > SIM_SPAN_MAX)
		return ctl_usage(args, "'%s' is longer than ten years", text);
	*ret_span = span;
	return CTL_OK;
}

/* "JOB=..."; names of jobs have no "=". */
static int read_given(const struct ctl_args *args, const char *text, bool fails,
		      struct sim_given *ret_given)
{
	const char *equals = strchr(text, '=');
	struct sim_given given = {.fails = fails};
	int status = CTL_OK;

	if (!equals || equals == text)
		return ctl_usage(args, "'%s' should be %s", text,
				 fails ? "JOB=PERCENT%" : "JOB=SPAN");
	if (!fails)
		status = read_span(args, equals + 1, &given.span);
	else if (sim_guess_parse_share(equals + 1, &given.share) < 0)
		status = ctl_usage(args, "'%s' is no share, such as 10%%", equals + 1);
	if (status != CTL_OK)
		return status;
	given.pattern = strndup(text, (size_t)(equals - text));
	if (!given.pattern)
		return ctl_fail("%s", strerrordesc_np(ENOMEM));
	*ret_given = given;
	return CTL_OK;
}

/* Its place in a list that ends with NULL. */
static int read_word(const struct ctl_args *args, int option, const char *text,
		     const char *const *words, int *ret_word)
{
	for (int i = 0; words[i]; i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret_word = i;
			return CTL_OK;
		}
	}
	return ctl_usage(args, "--%s is one of %s, not '%s'", simulate_options[option].name,
			 simulate_options[option].argument, text);
}

static int read_number(const struct ctl_args *args, int option, const char *text, uint64_t least,
		       uint64_t most, uint64_t *ret_number)
{
	char *end;
	unsigned long long number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number < least ||
	    number > most)
		return ctl_usage(args, "--%s is a whole number from %llu to %llu, not '%s'",
				 simulate_options[option].name, (unsigned long long)least,
				 (unsigned long long)most, text);
	*ret_number = number;
	return CTL_OK;
}

static int read_words(const struct ctl_args *args, const struct texts *texts,
		      struct sim_options *options)
{
	static const char *const sources[] = {"ledger", "none", NULL};
	static const char *const measures[] = {"starts", "busy", NULL};
	const char *const *values = texts->values;
	int status = CTL_OK;
	int word = 0;

	if (values[OPT_DURATIONS]) {
		status = read_word(args, OPT_DURATIONS, values[OPT_DURATIONS], sources, &word);
		options->durations = word == 0 ? SIM_DURATIONS_LEDGER : SIM_DURATIONS_NONE;
	}
	if (status == CTL_OK && values[OPT_MEASURE]) {
		status = read_word(args, OPT_MEASURE, values[OPT_MEASURE], measures, &word);
		options->measure = word == 0 ? SIM_MEASURE_STARTS : SIM_MEASURE_BUSY;
	}
	return status;
}

static int read_numbers(const struct ctl_args *args, const struct texts *texts,
			struct sim_options *options)
{
	const char *const *values = texts->values;
	uint64_t seed = 1;
	uint64_t workers = 0;
	uint64_t queue = 0;
	int status = CTL_OK;

	if (values[OPT_SEED])
		status = read_number(args, OPT_SEED, values[OPT_SEED], 0, UINT64_MAX, &seed);
	if (status == CTL_OK && values[OPT_WORKERS])
		status = read_number(args, OPT_WORKERS, values[OPT_WORKERS], 1, MODEL_WORKERS_MAX,
				     &workers);
	if (status == CTL_OK && values[OPT_QUEUE])
		status =
			read_number(args, OPT_QUEUE, values[OPT_QUEUE], 0, MODEL_QUEUE_MAX, &queue);
	options->seed = seed;
	options->workers = (unsigned)workers;
	options->set_queue = values[OPT_QUEUE] != NULL;
	options->queue = (unsigned)queue;
	return status;
}

/* The end may be told by its distance from the beginning. */
static int read_times(const struct ctl_args *args, const struct texts *texts,
		      struct sim_options *options)
{
	struct when when = options->when;

	options->from = when.now - when.now % USEC_PER_SEC;
	if (texts->values[OPT_FROM] &&
	    when_time(&when, "--from", texts->values[OPT_FROM], &options->from) < 0)
		return CTL_USAGE;
	when.now = options->from;
	options->to = options->from + USEC_PER_DAY;
	if (texts->values[OPT_TO] &&
	    when_time(&when, "--to", texts->values[OPT_TO], &options->to) < 0)
		return CTL_USAGE;
	if (options->from < 0)
		return ctl_usage(args, "the time before 1970 cannot be simulated");
	if (options->to <= options->from)
		return ctl_usage(args, "--to is not later than --from");
	if (options->to - options->from > SPAN_MAX)
		return ctl_usage(args, "that is more than %d years", SPAN_YEARS_MAX);
	return CTL_OK;
}

static int read_all(struct ctl_args *args, const struct texts *texts, struct sim_options *options)
{
	int status = read_words(args, texts, options);

	if (status == CTL_OK)
		status = read_numbers(args, texts, options);
	if (status == CTL_OK && texts->values[OPT_DEFAULT_DURATION])
		status = read_span(args, texts->values[OPT_DEFAULT_DURATION], &options->usual);
	for (size_t i = 0; status == CTL_OK && i < texts->n_given; i++) {
		status = read_given(args, texts->given[i], texts->fails[i],
				    &options->given[options->n_given]);
		options->n_given += status == CTL_OK;
	}
	options->timeline = texts->values[OPT_TIMELINE];
	options->heatmap = texts->values[OPT_HEATMAP];
	options->svg = texts->values[OPT_SVG];
	options->shown = args->argv + args->next;
	options->n_shown = (size_t)(args->argc - args->next);
	return status;
}

int sim_options_parse(struct ctl_args *args, struct sim_options *options)
{
	size_t n = (size_t)args->argc;
	_cleanup_free_ const char **given = calloc(n, sizeof(*given));
	_cleanup_free_ bool *fails = calloc(n, sizeof(*fails));
	struct texts texts = {.given = given, .fails = fails};
	int status;

	if (!given || !fails)
		return ctl_fail("%s", strerrordesc_np(ENOMEM));
	status = read_texts(args, &texts);
	if (status != CTL_OK)
		return status;
	*options = (struct sim_options){.usual = USEC_PER_SEC};
	if (when_init(&options->when, texts.values[OPT_ZONE]) < 0)
		return texts.values[OPT_ZONE] ? CTL_USAGE : CTL_FAILED;
	options->given = calloc(n, sizeof(*options->given));
	status = options->given ? read_times(args, &texts, options)
				: ctl_fail("%s", strerrordesc_np(ENOMEM));
	if (status == CTL_OK)
		status = read_all(args, &texts, options);
	if (status != CTL_OK)
		sim_options_done(options);
	return status;
}
