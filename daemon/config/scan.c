/* See scan.h. */
#include "config/scan.h"

#include "base/text.h"
#include "config/lex.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct scanner {
	struct lexer lexer;
	struct token token; /* the one in hand */
	struct diags *diags;
	struct place place; /* what the statement in hand is about */
	char title[QUOTED_BYTES + 2];
	struct scan *scan;
	size_t marks_size;
	unsigned seen[OPTION_COUNT]; /* in the section in hand: the line where it is given */
	int depth;                   /* braces open, that of the token in hand included */
	bool again;                  /* the token in hand begins the next statement */
	bool flawed;                 /* something in the section in hand could not be read */
	bool no_memory;
};

/* Reports at a line about what is in hand. */
#define problem(scanner, severity, at_line, ...)                                                   \
	do {                                                                                       \
		struct place place_ = (scanner)->place;                                            \
		place_.line = (at_line);                                                           \
		place_report((scanner)->diags, severity, &place_, __VA_ARGS__);                    \
	} while (0)

/* The next token; warns about what libconfuse will do to it. */
static void next(struct scanner *s)
{
	struct token *token = &s->token;

	lexer_next(&s->lexer, token);
	if (token->kind == TOKEN_PUNCT)
		s->depth += (token->punct == '{') - (token->punct == '}');
	if (token->kind == TOKEN_BROKEN)
		problem(s, DIAG_ERROR, token->line, "%s", s->lexer.problem);
	if (token->variable)
		problem(s, DIAG_WARNING, token->line,
			"\"${\" is replaced from everyd's own environment when the file is read; "
			"in single quotes it is kept for the shell");
	if (token->odd_escape)
		problem(s, DIAG_WARNING, token->line,
			"\"\\%c\" in double quotes is just \"%c\"; in single quotes the backslash "
			"is kept",
			token->odd_escape, token->odd_escape);
}

static bool is_punct(const struct scanner *s, char punct)
{
	return s->token.kind == TOKEN_PUNCT && s->token.punct == punct;
}

/* Says what should stand instead of the token in hand. Returns false. */
static bool expected(struct scanner *s, const char *what)
{
	const struct token *token = &s->token;
	char shown[QUOTED_SIZE];

	if (token->kind == TOKEN_END)
		problem(s, DIAG_ERROR, token->line, "expected %s, found the end of the file", what);
	else if (token->kind == TOKEN_TEXT)
		problem(s, DIAG_ERROR, token->line, "expected %s, found \"%s\"", what,
			quoted(token->text, token->len, shown));
	else if (token->kind == TOKEN_PUNCT)
		problem(s, DIAG_ERROR, token->line, "expected %s, found \"%c%s\"", what,
			token->punct, token->punct == '+' ? "=" : "");
	return false; /* a TOKEN_BROKEN has been reported */
}

static void blank(struct scanner *s, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++)
		if (s->lexer.text[i] != '\n')
			s->lexer.text[i] = ' ';
}

/* Adds a mark; NULL without memory. */
static struct scan_mark *mark(struct scanner *s, const struct option *option, unsigned line)
{
	struct scan *scan = s->scan;

	if (scan->n_marks == s->marks_size) {
		size_t size = s->marks_size ? s->marks_size * 2 : 64;
		struct scan_mark *marks = reallocarray(scan->marks, size, sizeof(*marks));

		if (!marks) {
			s->no_memory = true;
			return NULL;
		}
		scan->marks = marks;
		s->marks_size = size;
	}
	scan->marks[scan->n_marks] = (struct scan_mark){
		.line = line,
		.option = (uint8_t)option_id(option),
	};
	return &scan->marks[scan->n_marks++];
}

/* At a value: a text, or texts in braces with commas between (and maybe at the end). This and what
   follows end with the last token of their thing in hand. */
static bool value(struct scanner *s, bool *ret_list)
{
	bool list = is_punct(s, '{');

	if (!list && s->token.kind != TOKEN_TEXT)
		return expected(s, "a value");
	*ret_list = list;
	if (!list)
		return true;
	next(s);
	while (s->token.kind == TOKEN_TEXT) {
		next(s);
		if (!is_punct(s, ','))
			break;
		next(s);
	}
	return is_punct(s, '}') || expected(s, "\",\" or \"}\"");
}

/* At "=", or at "+=", which is reported: passes it and a value. */
static bool equals_value(struct scanner *s, bool *ret_list)
{
	if (is_punct(s, '+'))
		problem(s, DIAG_ERROR, s->token.line, "\"+=\" is not used here; write \"=\"");
	else if (!is_punct(s, '='))
		return expected(s, "\"=\"");
	next(s);
	return value(s, ret_list);
}

/* Reports that what is in hand has been given before. */
static void repeated(struct scanner *s, unsigned line, unsigned first)
{
	problem(s, DIAG_ERROR, line, "given a second time; the first is at line %u", first);
}

/* At an option's name. */
static bool assignment(struct scanner *s, const struct option *option, bool inside)
{
	unsigned *seen = &s->seen[option_id(option)];
	struct token name = s->token;
	struct scan_mark *kept;
	bool list;

	next(s);
	if (!equals_value(s, &list))
		return false;
	if (*seen) {
		repeated(s, name.line, *seen);
		blank(s, name.begin, s->token.end);
		return true;
	}
	*seen = name.line;
	kept = inside ? mark(s, option, name.line) : &s->scan->top[option_id(option)];
	if (kept)
		*kept = (struct scan_mark){
			.line = name.line,
			.option = (uint8_t)option_id(option),
			.list = list,
			.inside = inside,
		};
	return true;
}

/* At the name of include("FILE"). */
static bool call(struct scanner *s, const struct option *option)
{
	unsigned line = s->token.line;

	next(s);
	if (!is_punct(s, '('))
		return expected(s, "\"(\"");
	next(s);
	if (s->token.kind != TOKEN_TEXT)
		return expected(s, "a file name in quotes");
	next(s);
	if (!is_punct(s, ')'))
		return expected(s, "\")\"");
	(void)mark(s, option, line);
	return true;
}

/* At "{": passes all to the "}" that belongs to it. */
static bool skip_braces(struct scanner *s)
{
	unsigned line = s->token.line;
	size_t depth = 0;

	for (;; next(s)) {
		if (is_punct(s, '{'))
			depth++;
		else if (is_punct(s, '}') && --depth == 0)
			return true;
		else if (s->token.kind == TOKEN_END)
			problem(s, DIAG_ERROR, line, "the \"{\" here has no \"}\"");
		if (s->token.kind == TOKEN_END || s->token.kind == TOKEN_BROKEN)
			return false;
	}
}

/* At "(": passes all to the ")". */
static bool skip_call(struct scanner *s)
{
	do
		next(s);
	while (s->token.kind == TOKEN_TEXT || is_punct(s, ','));
	return is_punct(s, ')') || expected(s, "\")\"");
}

/* At a name that does not belong here: reports it, passes and overwrites what goes with it. */
static bool unknown(struct scanner *s, enum option_where where)
{
	struct token name = s->token;
	struct place place = s->place;
	bool fine;
	bool list;

	place.line = name.line;
	s->flawed = true;
	option_report_unknown(s->diags, &place, name.text, name.len, where);
	next(s);
	if (is_punct(s, '(')) {
		fine = skip_call(s);
	} else if (is_punct(s, '{')) {
		fine = skip_braces(s);
	} else if (s->token.kind == TOKEN_TEXT) {
		next(s);
		fine = is_punct(s, '{') ? skip_braces(s) : expected(s, "\"=\" or \"{\"");
	} else {
		fine = equals_value(s, &list);
	}
	if (fine)
		blank(s, name.begin, s->token.end);
	return fine;
}

static bool begins_line(const struct scanner *s)
{
	size_t at = s->token.begin;

	while (at > 0 && (s->lexer.text[at - 1] == ' ' || s->lexer.text[at - 1] == '\t'))
		at--;
	return at == 0 || s->lexer.text[at - 1] == '\n';
}

/* After a syntax error: passes what is left of the statement that began at `begin`, `depth` braces
   deep, and overwrites it. What is in hand then is the next statement's, or the "}" of the section.
   Returns false where nothing can be read any more. */
static bool recover(struct scanner *s, size_t begin, int depth, bool inside)
{
	for (;; next(s)) {
		if (s->token.kind == TOKEN_END || s->token.kind == TOKEN_BROKEN)
			return false;
		if (s->depth < depth && inside)
			break;
		if (s->depth < depth)
			s->depth = depth; /* a "}" too many */
		else if (s->depth == depth && s->token.kind == TOKEN_TEXT &&
			 s->token.begin > begin && begins_line(s))
			break;
	}
	blank(s, begin, s->token.begin);
	s->flawed = true;
	s->again = true;
	return true;
}

/* To the next statement. */
static void advance(struct scanner *s)
{
	if (!s->again)
		next(s);
	s->again = false;
}

static bool section(struct scanner *s, const struct option *option);

/* At the name of an option or section. Returns false at a syntax error. */
static bool statement(struct scanner *s, enum option_where where)
{
	bool inside = !(where & (IN_MAIN | IN_INCLUDED));
	const struct option *option;
	bool fine;

	if (s->token.kind != TOKEN_TEXT)
		return expected(s, inside ? "an option or \"}\"" : "an option or a section");
	option = option_find(s->token.text, s->token.len, where);
	if (!option)
		return unknown(s, where);
	if (option->type == OPTION_SECTION)
		return section(s, option);

	s->place.option = option->name;
	if (option->type == OPTION_FUNCTION)
		fine = call(s, option);
	else
		fine = assignment(s, option, inside);
	s->place.option = NULL;
	return fine;
}

/* At the name of a section, not inside another. */
static bool section(struct scanner *s, const struct option *option)
{
	unsigned seen_outside[OPTION_COUNT];
	struct token name = s->token;
	struct scan *scan = s->scan;
	size_t begin_mark = scan->n_marks;

	s->place.section = option->name;
	next(s);
	if (option->titled) {
		size_t len = s->token.len < sizeof(s->title) ? s->token.len : sizeof(s->title) - 1;

		if (s->token.kind != TOKEN_TEXT)
			return expected(s, "a name in quotes");
		memcpy(s->title, s->token.text, len);
		s->title[len] = '\0';
		s->place.title = s->title;
		next(s);
	}
	if (!is_punct(s, '{'))
		return expected(s, "\"{\"");
	(void)mark(s, option, name.line);

	memcpy(seen_outside, s->seen, sizeof(seen_outside));
	memset(s->seen, 0, sizeof(s->seen));
	s->flawed = false;
	for (advance(s); !is_punct(s, '}'); advance(s)) {
		size_t begin = s->token.begin;
		int depth = s->depth;

		if (s->token.kind != TOKEN_END &&
		    (statement(s, option->inside) || recover(s, begin, depth, true)))
			continue;
		if (s->token.kind == TOKEN_END)
			problem(s, DIAG_ERROR, name.line,
				"the section has no end; close it with \"}\"");
		return false;
	}
	memcpy(s->seen, seen_outside, sizeof(s->seen));
	if (begin_mark < scan->n_marks)
		scan->marks[begin_mark].flawed = s->flawed;

	if (!option->titled && s->seen[option_id(option)]) {
		repeated(s, name.line, s->seen[option_id(option)]);
		blank(s, name.begin, s->token.end);
		scan->n_marks = begin_mark;
	} else if (!option->titled) {
		s->seen[option_id(option)] = name.line;
		scan->defaults_begin = name.begin;
		scan->defaults_end = s->token.end;
	}
	s->place.section = NULL;
	s->place.title = NULL;
	return true;
}

/* Is every byte part of a UTF-8 character that a text can hold? */
static bool check_bytes(struct scanner *s)
{
	const char *text = s->lexer.text;
	size_t len = s->lexer.len;
	unsigned line = 1;

	for (size_t i = 0; i < len;) {
		bool ascii = (unsigned char)text[i] < 0x80;
		size_t n = ascii ? 1 : text_utf8_length(text + i, len - i);

		if (n == 0 || !text[i]) {
			problem(s, DIAG_ERROR, line,
				n ? "a NUL byte; a text file has none" : "not valid UTF-8");
			return false;
		}
		line += text[i] == '\n';
		i += n;
	}
	return true;
}

int scan_text(char *text, size_t len, const char *file, enum option_where where,
	      struct diags *diags, struct scan *ret_scan)
{
	struct scan scan = {0};
	struct scanner s = {.diags = diags, .place = {.file = file}, .scan = &scan};

	lexer_init(&s.lexer, text, len);
	for (bool fine = check_bytes(&s); fine;) {
		size_t kept = scan.n_marks;
		int depth;

		advance(&s);
		depth = s.depth;
		scan.len = s.token.begin;
		if (s.token.kind == TOKEN_END)
			break;
		fine = statement(&s, where);
		if (fine)
			continue;
		scan.n_marks = kept;
		s.place = (struct place){.file = file};
		fine = recover(&s, scan.len, depth, false);
	}
	if (s.no_memory) {
		scan_done(&scan);
		return -ENOMEM;
	}
	*ret_scan = scan;
	return 0;
}

void scan_done(struct scan *scan)
{
	free(scan->marks);
	*scan = (struct scan){0};
}
