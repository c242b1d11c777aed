/* See values.h. */
#include "config/values.h"

#include "calendar/duration.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#define DIGITS "0123456789"

/* A level when none is given, as ionice(1) has it. */
#define IONICE_LEVEL 4

/* What nice(2) is to RLIMIT_NICE: getrlimit(2). */
#define NICE_BASE 20

/* Behind a number of bytes: 1024, 1024^2, ... */
static const char size_units[] = "KMGT";

/* Digits at the beginning; *ret_end is behind them. */
static int parse_digits(const char *text, int64_t *ret_number, const char **ret_end)
{
	size_t digits = strspn(text, DIGITS);
	int64_t number = 0;

	if (digits == 0)
		return -EINVAL;
	*ret_end = text + digits;
	for (size_t i = 0; i < digits; i++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, text[i] - '0', &number))
			return -ERANGE;
	*ret_number = number;
	return 0;
}

int value_integer(const char *text, int64_t *ret_number)
{
	bool minus = text[0] == '-';
	const char *end = NULL;
	int64_t number = 0;
	int r;

	r = parse_digits(text + (minus || text[0] == '+'), &number, &end);
	if (end && *end)
		return -EINVAL;
	if (r < 0)
		return r;
	*ret_number = minus ? -number : number;
	return 0;
}

int value_size(const char *text, int64_t *ret_bytes)
{
	const char *end = NULL;
	const char *unit = NULL;
	int64_t bytes = 0;
	int r;

	r = parse_digits(text, &bytes, &end);
	if (!end)
		return -EINVAL;
	if (*end) {
		unit = strchr(size_units, *end);
		if (!unit || end[1])
			return -EINVAL;
	}
	if (r < 0)
		return r;
	if (unit &&
	    __builtin_mul_overflow(bytes, INT64_C(1) << 10 * (unit - size_units + 1), &bytes))
		return -ERANGE;
	*ret_bytes = bytes;
	return 0;
}

const char *value_format_size(int64_t bytes, char buf[static VALUE_TEXT_SIZE])
{
	size_t unit = 0;

	while (unit < strlen(size_units) && bytes > 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	(void)snprintf(buf, VALUE_TEXT_SIZE, "%lld%.*s", (long long)bytes, unit > 0,
		       size_units + (unit > 0 ? unit - 1 : 0));
	return buf;
}

int value_decimal(const char *text, unsigned places, const char *suffix, int64_t *ret_number)
{
	const char *end = NULL;
	int64_t number = 0;
	size_t decimals = 0;
	int r;

	r = parse_digits(text, &number, &end);
	if (!end)
		return -EINVAL;
	if (*end == '.') {
		decimals = strspn(++end, DIGITS);
		if (decimals == 0 || decimals > places)
			return -EINVAL;
	}
	if (strcmp(end + decimals, suffix) != 0)
		return -EINVAL;
	if (r < 0)
		return r;
	for (size_t i = 0; i < places; i++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, i < decimals ? end[i] - '0' : 0, &number))
			return -ERANGE;
	*ret_number = number;
	return 0;
}

int value_mode(const char *text, int64_t *ret_mode)
{
	size_t len = strspn(text, "01234567");
	int64_t mode = 0;

	if (len == 0 || len > 4 || text[len])
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		mode = mode << 3 | (text[i] - '0');
	if (mode > 0777)
		return -EINVAL;
	*ret_mode = mode;
	return 0;
}

int value_flag(const char *text, int64_t *ret_flag)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on"};

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (strcmp(text, words[i]) != 0)
			continue;
		*ret_flag = i % 2;
		return 0;
	}
	return -EINVAL;
}

/* "RTMIN", "RTMIN+3", "RTMAX-1". */
static int parse_realtime(const char *text, int64_t *ret_signal)
{
	bool up = !strncmp(text, "RTMIN", 5);
	int64_t more = 0;
	int64_t number;
	int r;

	if (!up && strncmp(text, "RTMAX", 5) != 0)
		return -EINVAL;
	text += 5;
	if (*text) {
		if (*text != (up ? '+' : '-') || !strchr(DIGITS, text[1]))
			return -EINVAL;
		r = value_integer(text, &more);
		if (r < 0 || more > SIGRTMAX || more < -SIGRTMAX)
			return -EINVAL;
	}
	number = (up ? SIGRTMIN : SIGRTMAX) + more;
	if (number < SIGRTMIN || number > SIGRTMAX)
		return -EINVAL;
	*ret_signal = number;
	return 0;
}

int value_signal(const char *text, int64_t *ret_signal)
{
	int64_t number;

	if (text[0] && !text[strspn(text, DIGITS)]) {
		if (value_integer(text, &number) < 0 || number < 1 || number > SIGRTMAX)
			return -EINVAL;
		/* Those between are the C library's own. */
		if (number < SIGRTMIN && !sigabbrev_np((int)number))
			return -EINVAL;
		*ret_signal = number;
		return 0;
	}
	if (!strncmp(text, "SIG", 3))
		text += 3;
	for (int i = 1; i < SIGRTMIN; i++) {
		const char *name = sigabbrev_np(i);

		if (!name || strcmp(text, name) != 0)
			continue;
		*ret_signal = i;
		return 0;
	}
	return parse_realtime(text, ret_signal);
}

const char *value_format_signal(int signal, char buf[static VALUE_TEXT_SIZE])
{
	const char *name = signal < SIGRTMIN ? sigabbrev_np(signal) : NULL;

	if (name)
		(void)snprintf(buf, VALUE_TEXT_SIZE, "%s", name);
	else
		(void)snprintf(buf, VALUE_TEXT_SIZE, "RTMIN+%d", signal - SIGRTMIN);
	return buf;
}

static const struct {
	const char *name;
	int class;
	bool levels;
} ionice_classes[] = {
	{"idle", IOPRIO_CLASS_IDLE, false},
	{"best-effort", IOPRIO_CLASS_BE, true},
	{"realtime", IOPRIO_CLASS_RT, true},
};

int value_ionice(const char *text, int64_t *ret_ioprio)
{
	size_t len = strcspn(text, ":");

	for (size_t i = 0; i < ARRAY_LENGTH(ionice_classes); i++) {
		int level = ionice_classes[i].levels ? IONICE_LEVEL : 0;

		if (strlen(ionice_classes[i].name) != len ||
		    strncmp(text, ionice_classes[i].name, len) != 0)
			continue;
		if (text[len]) {
			const char *given = text + len + 1;

			if (!ionice_classes[i].levels || given[0] < '0' || given[0] > '7' ||
			    given[1])
				return -EINVAL;
			level = given[0] - '0';
		}
		*ret_ioprio = ionice_classes[i].class << IOPRIO_CLASS_SHIFT | level;
		return 0;
	}
	return -EINVAL;
}

const char *value_format_ionice(int ioprio, char buf[static VALUE_TEXT_SIZE])
{
	int class = ioprio >> IOPRIO_CLASS_SHIFT;
	int level = ioprio & ((1 << IOPRIO_CLASS_SHIFT) - 1);

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(ionice_classes); i++) {
		if (ionice_classes[i].class != class)
			continue;
		if (ionice_classes[i].levels)
			(void)snprintf(buf, VALUE_TEXT_SIZE, "%s:%d", ionice_classes[i].name,
				       level);
		else
			(void)snprintf(buf, VALUE_TEXT_SIZE, "%s", ionice_classes[i].name);
	}
	return buf;
}

int value_cpus(const char *text, struct value_cpus *ret_cpus, struct cpu_mask *ret_mask)
{
	const size_t bits = 8 * sizeof(*ret_cpus->words);
	int64_t highest = 0;

	*ret_cpus = (struct value_cpus){0};
	for (;;) {
		int64_t first;
		int64_t last;
		int r;

		r = parse_digits(text, &first, &text);
		if (r < 0)
			return r;
		last = first;
		if (*text == '-')
			r = parse_digits(text + 1, &last, &text);
		if (r < 0)
			return r;
		if (last < first)
			return -EINVAL;
		if (last >= VALUE_CPUS_MAX)
			return -ERANGE;
		for (int64_t cpu = first; cpu <= last; cpu++)
			ret_cpus->words[(size_t)cpu / bits] |= 1UL << (size_t)cpu % bits;
		if (last > highest)
			highest = last;
		if (!*text)
			break;
		if (*text++ != ',')
			return -EINVAL;
	}
	*ret_mask = (struct cpu_mask){
		.bytes = (const unsigned char *)ret_cpus->words,
		.size = (uint32_t)(((size_t)highest / bits + 1) * sizeof(*ret_cpus->words)),
	};
	return 0;
}

enum rlimit_unit {
	UNIT_COUNT,
	UNIT_BYTES,
	UNIT_SECONDS,
	UNIT_USEC,
	UNIT_NICE,
};

static const struct {
	const char *name;
	int resource;
	enum rlimit_unit unit;
} rlimits[] = {
	{"AS", RLIMIT_AS, UNIT_BYTES},
	{"CORE", RLIMIT_CORE, UNIT_BYTES},
	{"CPU", RLIMIT_CPU, UNIT_SECONDS},
	{"DATA", RLIMIT_DATA, UNIT_BYTES},
	{"FSIZE", RLIMIT_FSIZE, UNIT_BYTES},
	{"LOCKS", RLIMIT_LOCKS, UNIT_COUNT},
	{"MEMLOCK", RLIMIT_MEMLOCK, UNIT_BYTES},
	{"MSGQUEUE", RLIMIT_MSGQUEUE, UNIT_BYTES},
	{"NICE", RLIMIT_NICE, UNIT_NICE},
	{"NOFILE", RLIMIT_NOFILE, UNIT_COUNT},
	{"NPROC", RLIMIT_NPROC, UNIT_COUNT},
	{"RSS", RLIMIT_RSS, UNIT_BYTES},
	{"RTPRIO", RLIMIT_RTPRIO, UNIT_COUNT},
	{"RTTIME", RLIMIT_RTTIME, UNIT_USEC},
	{"SIGPENDING", RLIMIT_SIGPENDING, UNIT_COUNT},
	{"STACK", RLIMIT_STACK, UNIT_BYTES},
};
_Static_assert(ARRAY_LENGTH(rlimits) == VALUE_RLIMITS_MAX, "values.h has the number");
_Static_assert(VALUE_RLIMITS_MAX == RLIM_NLIMITS, "each one that the system has");

/* What a bound is in each unit, in words that follow it in quotes. */
static const char *const bound_rules[] = {
	[UNIT_COUNT] = "a bound of this limit is a number or infinity",
	[UNIT_BYTES] = "a bound of this limit is a number of bytes, maybe with K, M, G or T behind "
		       "it, or infinity",
	[UNIT_SECONDS] = "a bound of this limit is a number of seconds, a duration or infinity",
	[UNIT_USEC] = "a bound of this limit is a number of microseconds, a duration or infinity",
	[UNIT_NICE] = "a bound of this limit is a nice value from -20 to +19 with its sign, a "
		      "number from 0 to 40 without, or infinity",
};

static int parse_nice(const char *text, int64_t *ret_bound)
{
	int64_t number;
	int r = value_integer(text, &number);
	bool sign = text[0] == '+' || text[0] == '-';

	if (r < 0)
		return r;
	if (sign && (number < -NICE_BASE || number >= NICE_BASE))
		return -EINVAL;
	*ret_bound = sign ? NICE_BASE - number : number;
	return *ret_bound > 2 * NICE_BASE ? -EINVAL : 0;
}

/* Digits only, or a duration, in units of so many microseconds, rounded up. */
static int parse_span(const char *text, usec_t unit, int64_t *ret_bound)
{
	usec_t span;
	int r;

	if (text[0] && !text[strspn(text, DIGITS)])
		return value_integer(text, ret_bound);
	r = duration_parse(text, &span);
	if (r == 0)
		*ret_bound = span / unit + (span % unit > 0);
	return r;
}

static int parse_bound(const char *text, enum rlimit_unit unit, uint64_t *ret_bound)
{
	int64_t bound = 0;
	int r;

	if (!strcmp(text, "infinity")) {
		*ret_bound = RLIM64_INFINITY;
		return 0;
	}
	switch (unit) {
	case UNIT_COUNT:
		r = strchr("+-", text[0]) ? -EINVAL : value_integer(text, &bound);
		break;
	case UNIT_BYTES:
		r = value_size(text, &bound);
		break;
	case UNIT_NICE:
		r = parse_nice(text, &bound);
		break;
	default:
		r = parse_span(text, unit == UNIT_SECONDS ? USEC_PER_SEC : 1, &bound);
		break;
	}
	if (r == 0)
		*ret_bound = (uint64_t)bound;
	return r;
}

int value_rlimit(const char *text, struct job_rlimit *ret_rlimit, const char **ret_problem)
{
	static const char prefix[] = "Limit";
	const char *name = text;
	const char *equals = strchr(text, '=');
	char soft[64];
	const char *hard;
	struct job_rlimit rlimit = {0};
	size_t i = 0;
	size_t len;

	if (!equals) {
		*ret_problem = "write a limit as NAME=SOFT or NAME=SOFT:HARD, as in "
			       "\"NOFILE=1024:4096\"";
		return -EINVAL;
	}
	if (!strncmp(name, prefix, sizeof(prefix) - 1))
		name += sizeof(prefix) - 1;
	len = (size_t)(equals - name);
	while (i < ARRAY_LENGTH(rlimits) &&
	       (strlen(rlimits[i].name) != len || strncmp(name, rlimits[i].name, len) != 0))
		i++;
	if (i == ARRAY_LENGTH(rlimits)) {
		*ret_problem = "there is no such limit; there are AS, CORE, CPU, DATA, FSIZE, "
			       "LOCKS, MEMLOCK, MSGQUEUE, NICE, NOFILE, NPROC, RSS, RTPRIO, "
			       "RTTIME, SIGPENDING and STACK";
		return -EINVAL;
	}

	rlimit.resource = rlimits[i].resource;
	*ret_problem = bound_rules[rlimits[i].unit];
	hard = strchr(equals, ':');
	len = hard ? (size_t)(hard - equals - 1) : strlen(equals + 1);
	if (len >= sizeof(soft))
		return -EINVAL;
	memcpy(soft, equals + 1, len);
	soft[len] = '\0';
	if (parse_bound(soft, rlimits[i].unit, &rlimit.soft) < 0)
		return -EINVAL;
	rlimit.hard = rlimit.soft;
	if (hard && parse_bound(hard + 1, rlimits[i].unit, &rlimit.hard) < 0)
		return -EINVAL;
	if (rlimit.soft > rlimit.hard) {
		*ret_problem = "the soft limit is above the hard one";
		return -EINVAL;
	}
	*ret_rlimit = rlimit;
	return 0;
}

static void format_bound(uint64_t bound, enum rlimit_unit unit, char buf[static VALUE_TEXT_SIZE])
{
	if (bound == RLIM64_INFINITY)
		(void)snprintf(buf, VALUE_TEXT_SIZE, "infinity");
	else if (unit == UNIT_BYTES)
		(void)value_format_size((int64_t)bound, buf);
	else
		(void)snprintf(buf, VALUE_TEXT_SIZE, "%llu", (unsigned long long)bound);
}

const char *value_format_rlimit(const struct job_rlimit *rlimit, char buf[static VALUE_TEXT_SIZE])
{
	char soft[VALUE_TEXT_SIZE];
	char hard[VALUE_TEXT_SIZE];
	size_t i = 0;

	while (i + 1 < ARRAY_LENGTH(rlimits) && rlimits[i].resource != rlimit->resource)
		i++;
	format_bound(rlimit->soft, rlimits[i].unit, soft);
	format_bound(rlimit->hard, rlimits[i].unit, hard);
	if (rlimit->soft == rlimit->hard)
		(void)snprintf(buf, VALUE_TEXT_SIZE, "%s=%.30s", rlimits[i].name, soft);
	else
		(void)snprintf(buf, VALUE_TEXT_SIZE, "%s=%.30s:%.30s", rlimits[i].name, soft, hard);
	return buf;
}

int value_outcome(const char *text, unsigned min, bool words, struct outcome_set *set)
{
	int64_t status;

	if (words && !strcmp(text, "timeout")) {
		set->timeout = true;
	} else if (words && !strcmp(text, "signal")) {
		set->signal = true;
	} else if (words && !strcmp(text, "start")) {
		set->start = true;
	} else {
		if (!text[0] || text[strspn(text, DIGITS)] || value_integer(text, &status) < 0 ||
		    status < min || status > 255)
			return -EINVAL;
		set->exits[status / 64] |= UINT64_C(1) << status % 64;
	}
	return 0;
}

int value_pattern(const char *text, const char **ret_bad)
{
	/* Those of strftime(3) that make neither white space nor slashes; %j and %r are everyd's
	   own. */
	static const char known[] = "%jraAbBCdFgGhHImMpPRsSTuUVwWyYzZ";

	for (const char *at = text; (at = strchr(at, '%')); at += 2) {
		if (at[1] && strchr(known, at[1]))
			continue;
		*ret_bad = at;
		return -EINVAL;
	}
	return 0;
}
