/* See parse.h. */
#include "config/parse.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How many kinds of sections there are. */
#define SECTIONS 3

struct parser {
	const struct parse_sink *sink;
	const struct scan *scan;
	const char *file;
	struct diags *diags;
	size_t next_mark;
	int error;          /* what the sink returned */
	const char **texts; /* of all options of a section, one after the other */
	size_t texts_size;
};

/* libconfuse's callbacks carry no context. */
static struct parser *in_force;

/* Room for `n` texts, and at least one. */
static int reserve_texts(struct parser *parser, size_t n)
{
	const char **texts;

	if (n < parser->texts_size)
		return 0;
	texts = reallocarray(parser->texts, n + 1, sizeof(*texts));
	if (!texts)
		return -ENOMEM;
	parser->texts = texts;
	parser->texts_size = n + 1;
	return 0;
}

/* What `opt` holds, in parser->texts from `used` on. */
static struct option_given gather(struct parser *parser, const cfg_opt_t *opt,
				  const struct scan_mark *mark, size_t *used)
{
	struct option_given given = {
		.option = &option_table[mark->option],
		.texts = parser->texts + *used,
		.n_texts = opt->nvalues,
		.list = mark->list,
		.line = mark->line,
	};

	for (unsigned i = 0; i < opt->nvalues; i++)
		parser->texts[(*used)++] = opt->values[i]->string;
	return given;
}

/* The mark of the next section or include; `defaults` is read apart, before. NULL: not that. */
static const struct scan_mark *take_mark(struct parser *parser, enum option_id id)
{
	const struct scan *scan = parser->scan;

	for (; parser->next_mark < scan->n_marks; parser->next_mark++) {
		const struct scan_mark *mark = &scan->marks[parser->next_mark];

		if (mark->inside || (mark->option == OPT_DEFAULTS && id != OPT_DEFAULTS))
			continue;
		parser->next_mark++;
		return mark->option == id ? mark : NULL;
	}
	return NULL;
}

/* The section of `cfg` that has just been read is handed on and freed. */
static int take_section(struct parser *parser, cfg_opt_t *opt)
{
	const struct option *option = option_find(opt->name, strlen(opt->name), IN_MAIN);
	cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	struct option_given given[OPTION_COUNT];
	const struct scan_mark *mark;
	size_t n_given = 0;
	size_t n_texts = 0;
	size_t used = 0;
	int r;

	mark = option && section ? take_mark(parser, option_id(option)) : NULL;
	if (!mark)
		return -EBADMSG;
	for (const cfg_opt_t *o = section->opts; o->name; o++)
		n_texts += o->nvalues;
	r = reserve_texts(parser, n_texts);
	if (r < 0)
		return r;
	for (; parser->next_mark < parser->scan->n_marks; parser->next_mark++) {
		const struct scan_mark *inner = &parser->scan->marks[parser->next_mark];
		const cfg_opt_t *o = section->opts;

		if (!inner->inside)
			break;
		while (o->name && strcmp(o->name, option_table[inner->option].name) != 0)
			o++;
		if (!o->name || n_given == OPTION_COUNT)
			return -EBADMSG;
		given[n_given++] = gather(parser, o, inner, &used);
	}
	r = parser->sink->section(parser->sink->ctx, option, cfg_title(section), mark->line,
				  !mark->flawed, given, n_given);
	/* At once: libconfuse would compare the title of each section with all before. */
	(void)cfg_opt_rmnsec(opt, cfg_opt_size(opt) - 1);
	return r;
}

static int section_read(cfg_t *cfg, cfg_opt_t *opt)
{
	(void)cfg;
	in_force->error = take_section(in_force, opt);
	return in_force->error;
}

static int include_read(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	const struct scan_mark *mark = take_mark(in_force, OPT_INCLUDE);

	(void)cfg;
	(void)opt;
	if (!mark || argc != 1)
		in_force->error = -EBADMSG;
	else
		in_force->error = in_force->sink->include(in_force->sink->ctx, argv[0], mark->line);
	return in_force->error;
}

static _printf_(2, 0) void refused(cfg_t *cfg, const char *format, va_list ap)
{
	_cleanup_free_ char *text = NULL;

	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	diags_add(in_force->diags, DIAG_ERROR, in_force->file, (unsigned)cfg->line,
		  "cannot be read: %s", text ? text : "out of memory");
}

/* The options that stand in sections anywhere in the file. */
static struct option_set used_inside(const struct scan *scan)
{
	struct option_set used = {0};

	for (size_t i = 0; i < scan->n_marks; i++)
		if (scan->marks[i].inside)
			option_set_add(&used, (enum option_id)scan->marks[i].option);
	return used;
}

/* What libconfuse is to know: the rows of the table that may stand there; of those in sections only
   the ones in `used`. */
static void make_opts(enum option_where where, const struct option_set *used,
		      cfg_opt_t *subopts[static OPTION_COUNT],
		      cfg_opt_t ret_opts[static OPTION_COUNT + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];
		cfg_opt_t *opt = &ret_opts[n];

		if (!(option->where & where) || (used && !option_set_has(used, (enum option_id)i)))
			continue;
		n++;
		*opt = (cfg_opt_t){.name = option->name};
		if (option->type == OPTION_SECTION) {
			opt->type = CFGT_SEC;
			/* DEFINIT: no defaults are to be put into each section. */
			opt->flags = CFGF_MULTI | CFGF_DEFINIT | CFGF_NODEFAULT |
				     (option->titled ? CFGF_TITLE : CFGF_NONE);
			opt->subopts = subopts[i];
			opt->validcb = section_read;
		} else if (option->type == OPTION_FUNCTION) {
			opt->type = CFGT_FUNC;
			opt->func = include_read;
		} else {
			/* Of any type: values are checked where they can all be reported. */
			opt->type = CFGT_STR;
			opt->flags = CFGF_LIST | CFGF_NODEFAULT;
		}
	}
	ret_opts[n] = (cfg_opt_t){0};
}

/* It copies the options of a section into each section of that kind: what a file does not use is
   left out, or a million jobs would take half as long again. */
static cfg_t *make_cfg(enum option_where where, const struct option_set *used)
{
	/* Of each section, and of the top level: libconfuse takes copies. */
	_cleanup_free_ cfg_opt_t *opts =
		calloc((size_t)(SECTIONS + 1) * (OPTION_COUNT + 1), sizeof(*opts));
	cfg_opt_t *subopts[OPTION_COUNT] = {0};
	cfg_opt_t *next = opts;
	cfg_t *cfg;

	if (!opts)
		return NULL;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (option_table[i].type != OPTION_SECTION)
			continue;
		make_opts(option_table[i].inside, used, subopts, next);
		subopts[i] = next;
		next += OPTION_COUNT + 1;
	}
	make_opts(where, NULL, subopts, next);
	cfg = cfg_init(next, CFGF_NONE);
	if (cfg)
		(void)cfg_set_error_function(cfg, refused);
	return cfg;
}

/* Parses a part of the text. */
static int parse_part(struct parser *parser, cfg_t *cfg, char *text, size_t len)
{
	size_t errors = parser->diags->errors;
	FILE *f;
	int r;

	if (len == 0)
		return 0;
	f = fmemopen(text, len, "r");
	if (!f)
		return -errno;
	r = cfg_parse_fp(cfg, f);
	(void)fclose(f);
	if (parser->error && parser->error != -EBADMSG)
		return parser->error;
	if (r != CFG_SUCCESS && parser->diags->errors == errors)
		diags_add(parser->diags, DIAG_ERROR, parser->file, (unsigned)cfg->line,
			  "cannot be read any further");
	return 0;
}

static int take_top(struct parser *parser, cfg_t *cfg)
{
	for (const cfg_opt_t *opt = cfg->opts; opt->name; opt++) {
		const struct option *option = option_find(opt->name, strlen(opt->name), IN_MAIN);
		struct option_given given;
		size_t used = 0;
		int r;

		if (!option || opt->type != CFGT_STR || !parser->scan->top[option_id(option)].line)
			continue;
		r = reserve_texts(parser, opt->nvalues);
		if (r < 0)
			return r;
		given = gather(parser, opt, &parser->scan->top[option_id(option)], &used);
		r = parser->sink->top(parser->sink->ctx, &given);
		if (r < 0)
			return r;
	}
	return 0;
}

static size_t defaults_mark(const struct scan *scan)
{
	size_t i = 0;

	while (i < scan->n_marks && scan->marks[i].option != OPT_DEFAULTS)
		i++;
	return i;
}

int parse_text(char *text, const struct scan *scan, const char *file, enum option_where where,
	       const struct parse_sink *sink, struct diags *diags)
{
	struct parser parser = {.sink = sink, .scan = scan, .file = file, .diags = diags};
	size_t defaults_len = scan->defaults_end - scan->defaults_begin;
	struct option_set used = used_inside(scan);
	cfg_t *cfg;
	int r = 0;

	cfg = make_cfg(where, &used);
	if (!cfg)
		return -ENOMEM;
	in_force = &parser;
	if (defaults_len > 0) {
		parser.next_mark = defaults_mark(scan);
		r = parse_part(&parser, cfg, text + scan->defaults_begin, defaults_len);
		for (size_t i = scan->defaults_begin; i < scan->defaults_end; i++)
			if (text[i] != '\n')
				text[i] = ' ';
		parser.next_mark = 0;
	}
	if (r == 0)
		r = parse_part(&parser, cfg, text, scan->len);
	if (r == 0)
		r = take_top(&parser, cfg);
	in_force = NULL;
	(void)cfg_free(cfg);
	free(parser.texts);
	return r;
}
