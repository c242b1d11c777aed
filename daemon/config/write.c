/* See write.h. One function for each type of option, by a table. */
#include "config/write.h"

#include "base/text.h"
#include "calendar/cron.h"
#include "calendar/duration.h"
#include "config/values.h"

#include <string.h>

struct writing {
	const struct option *option;
	const struct option_values *values;
	FILE *out;
};

/* The member that the option sets. */
static const void *member(const struct option *option, const struct option_values *values)
{
	return (const char *)values + option->offset;
}

static const void *value_of(const struct writing *w)
{
	return member(w->option, w->values);
}

int64_t option_number(const struct option *option, const struct option_values *values)
{
	const void *at = member(option, values);

	switch (option->store) {
	case STORE_BOOL:
		return *(const bool *)at;
	case STORE_INT:
		return *(const int *)at;
	case STORE_UNSIGNED:
		return *(const unsigned *)at;
	case STORE_INT64:
		return *(const int64_t *)at;
	case STORE_OPTIONAL:
		return ((const struct optional_int *)at)->value;
	case STORE_NONE:
		break;
	}
	return 0;
}

static int64_t number_of(const struct writing *w)
{
	return option_number(w->option, w->values);
}

static bool is_control(unsigned char c)
{
	return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
}

/* Can it stand in single quotes: nothing in it that steers a terminal? */
static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = text_utf8_length(text + i, len - i);

		/* The control characters U+0080 to U+009F have two bytes. */
		if (n == 0 || is_control((unsigned char)text[i]) ||
		    (n == 2 && (unsigned char)text[i] == 0xc2 && (unsigned char)text[i + 1] < 0xa0))
			return false;
		i += n;
	}
	return true;
}

/*
 * A text in quotes: double ones if nothing in it means anything in them; single ones for commands
 * and the like; double ones with escapes for what is not fit to be shown.
 */
static void write_text(FILE *out, const char *text)
{
	size_t len = strlen(text);
	const char *special;
	char quote;

	if (!strpbrk(text, "\"'\\$\n\t") && is_plain(text, len)) {
		(void)fprintf(out, "\"%s\"", text);
		return;
	}
	quote = is_plain(text, len) ? '\'' : '"';
	special = quote == '\'' ? "'\\" : "\"\\$";
	(void)putc(quote, out);
	for (const char *at = text; *at; at++) {
		unsigned char c = (unsigned char)*at;

		if (strchr(special, c))
			(void)fprintf(out, "\\%c", c);
		else if (quote == '"' && (c < ' ' || c >= 0x7f))
			(void)fprintf(out, "\\x%02x", c);
		else
			(void)putc(c, out);
	}
	(void)putc(quote, out);
}

/* `n` strings, one after the other. */
static void write_texts(FILE *out, const char *texts, uint32_t n)
{
	(void)putc('{', out);
	for (uint32_t i = 0; i < n; i++, texts += strlen(texts) + 1) {
		(void)fputs(i > 0 ? ", " : "", out);
		write_text(out, texts);
	}
	(void)putc('}', out);
}

static void write_number(const struct writing *w)
{
	(void)fprintf(w->out, "%lld", (long long)number_of(w));
}

static void write_infinity(const struct writing *w)
{
	(void)fputs("\"infinity\"", w->out);
}

static bool is_infinity(const struct writing *w)
{
	return w->option->infinity && number_of(w) == 0;
}

static void write_duration(const struct writing *w)
{
	char buf[DURATION_TEXT_SIZE];

	if (is_infinity(w))
		write_infinity(w);
	else
		(void)fprintf(w->out, "\"%s\"", duration_format(number_of(w), buf));
}

static void write_integer(const struct writing *w)
{
	if (is_infinity(w))
		write_infinity(w);
	else
		write_number(w);
}

static void write_size(const struct writing *w)
{
	char buf[VALUE_TEXT_SIZE];

	(void)fprintf(w->out, "\"%s\"", value_format_size(number_of(w), buf));
}

/* A whole number of 10^-places, with as many decimals as it takes. */
static void write_decimal(const struct writing *w, int places, const char *suffix)
{
	int64_t unit = 1;
	int64_t number = number_of(w);
	int64_t rest;

	for (int i = 0; i < places; i++)
		unit *= 10;
	rest = number % unit;
	for (; places > 0 && rest % 10 == 0; places--)
		rest /= 10;
	(void)fprintf(w->out, "\"%lld", (long long)(number / unit));
	if (places > 0)
		(void)fprintf(w->out, ".%0*lld", places, (long long)rest);
	(void)fprintf(w->out, "%s\"", suffix);
}

static void write_factor(const struct writing *w)
{
	write_decimal(w, 3, "");
}

static void write_share(const struct writing *w)
{
	write_decimal(w, 1, "%");
}

static void write_mode(const struct writing *w)
{
	(void)fprintf(w->out, "\"%03llo\"", (unsigned long long)number_of(w));
}

static void write_flag(const struct writing *w)
{
	(void)fputs(number_of(w) ? "\"yes\"" : "\"no\"", w->out);
}

static void write_choice(const struct writing *w)
{
	(void)fprintf(w->out, "\"%s\"", w->option->choices[number_of(w)]);
}

static void write_set(const struct writing *w)
{
	int64_t set = number_of(w);
	bool several = (set & (set - 1)) != 0;
	const char *comma = "";

	(void)fputs(several ? "{" : "", w->out);
	for (size_t i = 0; w->option->choices[i]; i++) {
		if (!(set >> i & 1))
			continue;
		(void)fprintf(w->out, "%s\"%s\"", comma, w->option->choices[i]);
		comma = ", ";
	}
	(void)fputs(several ? "}" : "", w->out);
}

static void write_signal(const struct writing *w)
{
	char buf[VALUE_TEXT_SIZE];

	(void)fprintf(w->out, "\"%s\"", value_format_signal((int)number_of(w), buf));
}

static void write_ionice(const struct writing *w)
{
	char buf[VALUE_TEXT_SIZE];

	(void)fprintf(w->out, "\"%s\"", value_format_ionice((int)number_of(w), buf));
}

static bool has_cpu(const struct cpu_mask *mask, size_t cpu)
{
	return cpu / 8 < mask->size && mask->bytes[cpu / 8] >> cpu % 8 & 1;
}

static void write_cpus(const struct writing *w)
{
	const struct cpu_mask *mask = value_of(w);
	const char *comma = "";

	(void)putc('"', w->out);
	for (size_t cpu = 0; cpu < (size_t)mask->size * 8; cpu++) {
		size_t first = cpu;

		if (!has_cpu(mask, cpu))
			continue;
		while (has_cpu(mask, cpu + 1))
			cpu++;
		(void)fprintf(w->out, "%s%zu", comma, first);
		if (cpu > first)
			(void)fprintf(w->out, "-%zu", cpu);
		comma = ",";
	}
	(void)putc('"', w->out);
}

static void write_limits(const struct writing *w)
{
	const struct job_rlimits *limits = value_of(w);
	char buf[VALUE_TEXT_SIZE];

	(void)putc('{', w->out);
	for (uint32_t i = 0; i < limits->n; i++)
		(void)fprintf(w->out, "%s\"%s\"", i > 0 ? ", " : "",
			      value_format_rlimit(&limits->items[i], buf));
	(void)putc('}', w->out);
}

static void write_outcomes(const struct writing *w)
{
	const struct outcome_set *set = value_of(w);
	const char *comma = "";

	(void)putc('{', w->out);
	for (unsigned status = 0; status < 256; status++) {
		if (!(set->exits[status / 64] >> status % 64 & 1))
			continue;
		(void)fprintf(w->out, "%s%u", comma, status);
		comma = ", ";
	}
	if (set->timeout) {
		(void)fprintf(w->out, "%s\"timeout\"", comma);
		comma = ", ";
	}
	if (set->signal) {
		(void)fprintf(w->out, "%s\"signal\"", comma);
		comma = ", ";
	}
	if (set->start)
		(void)fprintf(w->out, "%s\"start\"", comma);
	(void)putc('}', w->out);
}

static void write_cron(const struct writing *w)
{
	const struct cron_list *cron = value_of(w);
	char buf[CRON_TEXT_SIZE];

	(void)fputs(cron->n > 1 ? "{" : "", w->out);
	for (uint32_t i = 0; i < cron->n; i++)
		(void)fprintf(w->out, "%s\"%s\"", i > 0 ? ", " : "",
			      cron_expr_format(&cron->exprs[i], buf));
	(void)fputs(cron->n > 1 ? "}" : "", w->out);
}

static void write_string(const struct writing *w)
{
	write_text(w->out, *(const char *const *)value_of(w));
}

static void write_output(const struct writing *w)
{
	static const char *const words[] = {
		[OUTPUT_LOG] = "log",
		[OUTPUT_JOURNAL] = "journal",
		[OUTPUT_STDERR] = "stderr",
		[OUTPUT_DISCARD] = "discard",
	};
	const struct job_settings *settings = &w->values->settings;

	write_text(w->out, settings->output == OUTPUT_FILE ? settings->output_file
							   : words[settings->output]);
}

static void write_list(const struct writing *w)
{
	const struct text_list *list = value_of(w);

	write_texts(w->out, list->texts, list->n);
}

static void write_command(const struct writing *w)
{
	const struct command_line *command = value_of(w);

	if (command->use_shell)
		write_text(w->out, command->args);
	else
		write_texts(w->out, command->args, command->n_args);
}

/* When a value is one that can be written. */
enum presence {
	IS_NUMBER,  /* by the option's store and default */
	IS_POINTER, /* it begins with one, which is not NULL */
	IS_OUTCOMES,
};

static const struct {
	void (*write)(const struct writing *w);
	enum presence presence;
} types[OPTION_TYPE_COUNT] = {
	[OPTION_DURATION] = {write_duration, IS_NUMBER},
	[OPTION_INTEGER] = {write_integer, IS_NUMBER},
	[OPTION_SIZE] = {write_size, IS_NUMBER},
	[OPTION_FACTOR] = {write_factor, IS_NUMBER},
	[OPTION_SHARE] = {write_share, IS_NUMBER},
	[OPTION_MODE] = {write_mode, IS_NUMBER},
	[OPTION_FLAG] = {write_flag, IS_NUMBER},
	[OPTION_CHOICE] = {write_choice, IS_NUMBER},
	[OPTION_SET] = {write_set, IS_NUMBER},
	[OPTION_SIGNAL] = {write_signal, IS_NUMBER},
	[OPTION_IONICE] = {write_ionice, IS_NUMBER},
	[OPTION_CPUS] = {write_cpus, IS_POINTER},
	[OPTION_LIMITS] = {write_limits, IS_POINTER},
	[OPTION_EXITS] = {write_outcomes, IS_OUTCOMES},
	[OPTION_OUTCOMES] = {write_outcomes, IS_OUTCOMES},
	[OPTION_CRON] = {write_cron, IS_POINTER},
	[OPTION_NAME] = {write_string, IS_POINTER},
	[OPTION_ZONE] = {write_string, IS_POINTER},
	[OPTION_ACCOUNT] = {write_string, IS_POINTER},
	[OPTION_FILE] = {write_string, IS_POINTER},
	[OPTION_PROGRAM] = {write_string, IS_POINTER},
	[OPTION_PATH] = {write_string, IS_POINTER},
	[OPTION_DIRECTORY] = {write_string, IS_POINTER},
	[OPTION_OUTPUT] = {write_output, IS_NUMBER},
	[OPTION_VARIABLES] = {write_list, IS_POINTER},
	[OPTION_NAMES] = {write_list, IS_POINTER},
	[OPTION_FILES] = {write_list, IS_POINTER},
	[OPTION_ADDRESS] = {write_string, IS_POINTER},
	[OPTION_ADDRESSES] = {write_list, IS_POINTER},
	[OPTION_LISTEN] = {write_string, IS_POINTER},
	[OPTION_COMMAND] = {write_command, IS_POINTER},
};

bool option_is_set(const struct option *option, const struct option_values *values)
{
	const void *at = member(option, values);
	const struct outcome_set *set = at;

	switch (types[option->type].presence) {
	case IS_POINTER:
		return *(const void *const *)at;
	case IS_OUTCOMES:
		return set->exits[0] || set->exits[1] || set->exits[2] || set->exits[3] ||
		       set->timeout || set->signal || set->start;
	case IS_NUMBER:
		break;
	}
	if (option->store == STORE_OPTIONAL)
		return ((const struct optional_int *)at)->set;
	/* Without a default, 0 is what there is when nothing is given. */
	return option->fallback || option_number(option, values) != 0;
}

void option_write(const struct option *option, const struct option_values *values, FILE *out)
{
	const struct writing writing = {option, values, out};

	types[option->type].write(&writing);
}
