/* See convert.h. One function for each type of option, by a table. */
#include "config/convert_internal.h"

#include "calendar/duration.h"
#include "config/values.h"

#include <assert.h>
#include <stdio.h>

/* Texts of one list, but for a command's, which the kernel bounds. */
#define LIST_MAX 1000

static int set_number(const struct conversion *c, int64_t number)
{
	void *at = target(c);

	assert(c->option->store != STORE_NONE);
	switch (c->option->store) {
	case STORE_BOOL:
		*(bool *)at = number != 0;
		break;
	case STORE_INT:
		*(int *)at = (int)number;
		break;
	case STORE_UNSIGNED:
		*(unsigned *)at = (unsigned)number;
		break;
	case STORE_INT64:
		*(int64_t *)at = number;
		break;
	case STORE_OPTIONAL:
		*(struct optional_int *)at = (struct optional_int){true, (int)number};
		break;
	case STORE_NONE:
		break;
	}
	return 0;
}

/* Is it "infinity", where that may be? */
static bool is_infinity(const struct conversion *c)
{
	return c->option->infinity && !strcmp(c->text, "infinity");
}

static const char *or_infinity(const struct conversion *c)
{
	return c->option->infinity ? ", or infinity" : "";
}

static bool in_range(const struct conversion *c, int64_t number)
{
	return number >= c->option->min && number <= c->option->max;
}

static int convert_duration(struct conversion *c)
{
	char bound[DURATION_TEXT_SIZE];
	usec_t span = 0;
	int r;

	if (is_infinity(c))
		return set_number(c, 0);
	r = duration_parse(c->text, &span);
	if (r == -EINVAL)
		return refuse(
			c,
			"\"%s\" is not a duration; use numbers with units us ms s m h d w, as in "
			"\"1h30m\"%s",
			shown(c), or_infinity(c));
	if (r < 0 || span > c->option->max)
		return refuse(c, "\"%s\" is too long; the most is \"%s\"%s", shown(c),
			      duration_format(c->option->max, bound), or_infinity(c));
	if (span < c->option->min)
		return refuse(c, "\"%s\" is too short; the least is \"%s\"", shown(c),
			      duration_format(c->option->min, bound));
	return set_number(c, span);
}

static int convert_integer(struct conversion *c)
{
	bool sign = c->text[0] == '-' || c->text[0] == '+';
	int64_t number = 0;

	if (is_infinity(c))
		return set_number(c, 0);
	if ((sign && c->option->min >= 0) || value_integer(c->text, &number) < 0 ||
	    !in_range(c, number))
		return refuse(c, "\"%s\" is not a whole number from %lld to %lld%s", shown(c),
			      (long long)c->option->min, (long long)c->option->max, or_infinity(c));
	return set_number(c, number);
}

static int convert_size(struct conversion *c)
{
	char bound[VALUE_TEXT_SIZE];
	int64_t bytes = 0;
	int r;

	if (is_infinity(c))
		return set_number(c, 0);
	r = value_size(c->text, &bytes);
	if (r == -EINVAL)
		return refuse(c,
			      "\"%s\" is not a size; write a whole number of bytes, maybe with K, "
			      "M, G or T behind it, as in \"64K\"%s",
			      shown(c), or_infinity(c));
	if (r < 0 || bytes > c->option->max)
		return refuse(c, "\"%s\" is too much; the most is \"%s\"%s", shown(c),
			      value_format_size(c->option->max, bound), or_infinity(c));
	if (bytes < c->option->min)
		return refuse(c, "\"%s\" is too little; the least is \"%s\"", shown(c),
			      value_format_size(c->option->min, bound));
	return set_number(c, bytes);
}

static int convert_factor(struct conversion *c)
{
	int64_t number = 0;

	if (value_decimal(c->text, 3, "", &number) < 0 || !in_range(c, number))
		return refuse(c,
			      "\"%s\" is not a number from %lld to %lld with at most three "
			      "decimals, as in \"1.5\"",
			      shown(c), (long long)(c->option->min / 1000),
			      (long long)(c->option->max / 1000));
	return set_number(c, number);
}

static int convert_share(struct conversion *c)
{
	int64_t number = 0;

	if (is_infinity(c))
		return set_number(c, 0);
	if (value_decimal(c->text, 1, "%", &number) < 0 || !in_range(c, number))
		return refuse(c,
			      "\"%s\" is not a share of one CPU from \"%lld%%\" to \"%lld%%\", as "
			      "in \"150%%\"%s",
			      shown(c), (long long)(c->option->min / 10),
			      (long long)(c->option->max / 10), or_infinity(c));
	return set_number(c, number);
}

static int convert_mode(struct conversion *c)
{
	int64_t mode = 0;

	if (value_mode(c->text, &mode) < 0)
		return refuse(c, "\"%s\" is not an octal number from 0 to 0777, as in \"027\"",
			      shown(c));
	return set_number(c, mode);
}

static int convert_flag(struct conversion *c)
{
	int64_t flag = 0;

	if (value_flag(c->text, &flag) < 0)
		return refuse(c, "\"%s\" is neither \"yes\" nor \"no\"", shown(c));
	return set_number(c, flag);
}

int find_choice(struct conversion *c)
{
	char known[CHOICES_SIZE] = "";
	size_t used = 0;

	for (size_t i = 0; c->option->choices[i]; i++) {
		if (!strcmp(c->option->choices[i], c->text))
			return (int)i;
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s\"%s\"",
						 used ? ", " : "", c->option->choices[i]);
	}
	return refuse(c, "\"%s\" is not one of %s", shown(c), known);
}

static int convert_choice(struct conversion *c)
{
	int choice = find_choice(c);

	return choice < 0 ? choice : set_number(c, choice);
}

static int convert_signal(struct conversion *c)
{
	int64_t number = 0;

	if (value_signal(c->text, &number) < 0)
		return refuse(c,
			      "\"%s\" is not a signal; write it as in \"TERM\", \"SIGINT\" or "
			      "\"2\"",
			      shown(c));
	return set_number(c, number);
}

static int convert_ionice(struct conversion *c)
{
	int64_t priority = 0;

	if (value_ionice(c->text, &priority) < 0)
		return refuse(c,
			      "\"%s\" is not one of \"idle\", \"best-effort\", \"realtime\", the "
			      "latter two maybe with a level from \":0\" (first) to \":7\" behind",
			      shown(c));
	return set_number(c, priority);
}

static int convert_cpus(struct conversion *c)
{
	struct value_cpus cpus;
	struct cpu_mask mask = {0};
	unsigned char *bytes;
	int r = value_cpus(c->text, &cpus, &mask);

	if (r == -ERANGE)
		return refuse(c, "\"%s\": CPUs are counted from 0 to %d at most", shown(c),
			      VALUE_CPUS_MAX - 1);
	if (r < 0)
		return refuse(c,
			      "\"%s\" is not a list of CPUs; write numbers and ranges, as in "
			      "\"0-3,5\"",
			      shown(c));
	bytes = arena_alloc(c->arena, mask.size);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, mask.bytes, mask.size);
	*(struct cpu_mask *)target(c) = (struct cpu_mask){.bytes = bytes, .size = mask.size};
	return 0;
}

static const struct {
	int (*convert)(struct conversion *c);
	bool list; /* may be one */
} types[OPTION_TYPE_COUNT] = {
	[OPTION_DURATION] = {convert_duration, false},
	[OPTION_INTEGER] = {convert_integer, false},
	[OPTION_SIZE] = {convert_size, false},
	[OPTION_FACTOR] = {convert_factor, false},
	[OPTION_SHARE] = {convert_share, false},
	[OPTION_MODE] = {convert_mode, false},
	[OPTION_FLAG] = {convert_flag, false},
	[OPTION_CHOICE] = {convert_choice, false},
	[OPTION_SIGNAL] = {convert_signal, false},
	[OPTION_IONICE] = {convert_ionice, false},
	[OPTION_CPUS] = {convert_cpus, false},
	[OPTION_LIMITS] = {convert_limits, true},
	[OPTION_EXITS] = {convert_outcomes, true},
	[OPTION_OUTCOMES] = {convert_outcomes, true},
	[OPTION_SET] = {convert_set, true},
	[OPTION_CRON] = {convert_cron, true},
	[OPTION_NAME] = {convert_name, false},
	[OPTION_ZONE] = {convert_zone, false},
	[OPTION_ACCOUNT] = {convert_account, false},
	[OPTION_FILE] = {convert_file, false},
	[OPTION_PROGRAM] = {convert_program, false},
	[OPTION_PATH] = {convert_path, false},
	[OPTION_DIRECTORY] = {convert_path, false},
	[OPTION_OUTPUT] = {convert_output, false},
	[OPTION_VARIABLES] = {convert_variables, true},
	[OPTION_NAMES] = {convert_variables, true},
	[OPTION_FILES] = {convert_files, true},
	[OPTION_ADDRESS] = {convert_address, false},
	[OPTION_ADDRESSES] = {convert_addresses, true},
	[OPTION_LISTEN] = {convert_listen, false},
	[OPTION_COMMAND] = {convert_command, true},
};

int option_convert(const struct option_given *given, const struct place *place, struct diags *diags,
		   struct arena *arena, struct option_values *values)
{
	char shown_text[QUOTED_SIZE];
	struct conversion c = {
		.option = given->option,
		.given = given,
		.place = place,
		.diags = diags,
		.arena = arena,
		.values = values,
		.shown = shown_text,
	};

	if (given->list && !types[c.option->type].list)
		return refuse(&c, "it takes one value, not a list");
	if (given->n_texts > LIST_MAX && c.option->type != OPTION_COMMAND)
		return refuse(&c, "it takes at most %d texts", LIST_MAX);
	c.text = given->n_texts > 0 ? given->texts[0] : "";
	return types[c.option->type].convert(&c);
}

void option_fallbacks(struct option_values *ret_values, struct option_set *ret_known)
{
	*ret_values = (struct option_values){0};
	*ret_known = (struct option_set){0};
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];
		struct option_given given = {
			.option = option,
			.texts = &option->fallback,
			.n_texts = 1,
		};
		struct diags none;

		if (!option->fallback)
			continue;
		/* A default that is not good leaves its option unset, which a test would see. None
		   is a list, which is what the arena is for. */
		diags_init(&none);
		if (option_convert(&given, &(struct place){0}, &none, NULL, ret_values) == 0)
			option_set_add(ret_known, option_id(option));
		diags_done(&none);
	}
}
