/* See lex.h. */
#include "config/lex.h"

#include "base/cleanup.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DIGITS       "0123456789"
#define OCTAL_DIGITS "01234567"
#define HEX_DIGITS   DIGITS "abcdefABCDEF"

/* What ends an unquoted word. */
#define WORD_END " #\"'\t\n\r={}()+,*"

void lexer_init(struct lexer *lexer, char *text, size_t len)
{
	*lexer = (struct lexer){.text = text, .len = len, .line = 1};
	/* A byte order mark would become part of the first word. */
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		memset(text, ' ', 3);
}

static char peek(const struct lexer *lexer, size_t ahead)
{
	return ahead < lexer->len - lexer->at ? lexer->text[lexer->at + ahead] : '\0';
}

static _printf_(3, 4) void broken(struct lexer *lexer, struct token *token, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(lexer->problem, sizeof(lexer->problem), format, ap);
	va_end(ap);
	token->kind = TOKEN_BROKEN;
	lexer->at = lexer->len;
}

/* How many of the bytes ahead, from `ahead` on, are in `set`; at most `max`. */
static size_t span(const struct lexer *lexer, size_t ahead, const char *set, size_t max)
{
	size_t n = 0;

	while (n < max && peek(lexer, ahead + n) && strchr(set, peek(lexer, ahead + n)))
		n++;
	return n;
}

/* Overwrites what lies ahead, but for line ends. */
static void blank(struct lexer *lexer, size_t n)
{
	for (; n > 0; n--, lexer->at++) {
		if (lexer->text[lexer->at] == '\n')
			lexer->line++;
		else
			lexer->text[lexer->at] = ' ';
	}
}

/* Passes white space and comments. Returns false at a comment without an end. */
static bool skip_blanks(struct lexer *lexer, struct token *token)
{
	for (;;) {
		const char *here = lexer->text + lexer->at;
		size_t left = lexer->len - lexer->at;
		char c = peek(lexer, 0);

		if (c == ' ' || c == '\t' || c == '\r') {
			lexer->at++;
		} else if (c == '\n') {
			lexer->at++;
			lexer->line++;
		} else if (c == '#' || (c == '/' && peek(lexer, 1) == '/')) {
			const char *end = memchr(here, '\n', left);

			blank(lexer, end ? (size_t)(end - here) : left);
		} else if (c == '/' && peek(lexer, 1) == '*') {
			const char *end = memmem(here + 2, left - 2, "*/", 2);

			if (!end) {
				token->begin = lexer->at;
				token->line = lexer->line;
				broken(lexer, token,
				       "this comment has no end; close it with \"*/\"");
				return false;
			}
			blank(lexer, (size_t)(end - here) + 2);
		} else {
			return true;
		}
	}
}

/* At "${": passes it. In quotes libconfuse would look for the "}" even beyond the string. */
static bool variable(struct lexer *lexer, struct token *token)
{
	size_t n = 2;

	while (peek(lexer, n) && !strchr("}\"'\n", peek(lexer, n)))
		n++;
	if (peek(lexer, n) != '}') {
		token->line = lexer->line;
		broken(lexer, token,
		       "\"${\" has no \"}\"; in single quotes it would be plain text");
		return false;
	}
	lexer->at += n + 1;
	token->variable = true;
	return true;
}

/* At a backslash in double quotes: passes it and what belongs to it. */
static bool escape(struct lexer *lexer, struct token *token)
{
	char c = peek(lexer, 1);
	size_t digits = span(lexer, 1, DIGITS, lexer->len);
	size_t hex = c == 'x' ? span(lexer, 2, HEX_DIGITS, 2) : 0;
	const char *at = lexer->text + lexer->at;

	if (digits > 0) {
		bool octal = digits <= 3 && span(lexer, 1, OCTAL_DIGITS, 3) == digits;
		unsigned value = 0;

		for (size_t i = 1; i <= digits && octal; i++)
			value = value * 8 + (unsigned)(at[i] - '0');
		if (!octal || value == 0 || value > 0xff) {
			token->line = lexer->line;
			broken(lexer, token,
			       "\"%.*s\" is no escape; they go from \"\\1\" to \"\\377\", octal, "
			       "and "
			       "a backslash itself is \"\\\\\"",
			       (int)(digits < 10 ? digits + 1 : 10), at);
			return false;
		}
	} else if (hex > 0 && strspn(at + 2, "0") >= hex) {
		token->line = lexer->line;
		broken(lexer, token, "\"%.*s\" would be a NUL byte, which no text can hold",
		       (int)hex + 2, at);
		return false;
	} else if (c == '\n') {
		lexer->line++;
	} else if (((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) &&
		   (c == 'x' ? hex == 0 : !strchr("nrbfaetv", c)) && !token->odd_escape) {
		token->odd_escape = c;
	}
	lexer->at += 1 + (digits ? digits : 1 + hex);
	return true;
}

/* At a quote: passes the string. */
static void string(struct lexer *lexer, struct token *token)
{
	char quote = peek(lexer, 0);

	token->kind = TOKEN_TEXT;
	token->text = lexer->text + ++lexer->at;
	for (;;) {
		char c = peek(lexer, 0);

		if (c == quote)
			break;
		if (!c || (c == '\\' && !peek(lexer, 1))) {
			broken(lexer, token,
			       "the string that begins here has no end; close it with %c", quote);
			return;
		}
		if (quote == '"' && c == '\\') {
			if (!escape(lexer, token))
				return;
		} else if (quote == '"' && c == '$' && peek(lexer, 1) == '{') {
			if (!variable(lexer, token))
				return;
		} else {
			if (c == '\\')
				lexer->at++;
			if (peek(lexer, 0) == '\n')
				lexer->line++;
			lexer->at++;
		}
	}
	token->len = (size_t)(lexer->text + lexer->at - token->text);
	lexer->at++;
}

/* Passes an unquoted word. */
static void word(struct lexer *lexer, struct token *token)
{
	token->kind = TOKEN_TEXT;
	token->text = lexer->text + lexer->at;
	if (peek(lexer, 0) == '$' && peek(lexer, 1) == '{') {
		if (!variable(lexer, token))
			return;
	} else {
		while (peek(lexer, 0) && !strchr(WORD_END, peek(lexer, 0)))
			lexer->at++;
		if (peek(lexer, 0) == '{' && lexer->text[lexer->at - 1] == '$') {
			broken(lexer, token, "\"${\" inside a word; put the text in quotes");
			return;
		}
	}
	token->len = (size_t)(lexer->text + lexer->at - token->text);
}

void lexer_next(struct lexer *lexer, struct token *ret_token)
{
	struct token *token = ret_token;
	char c;

	*token = (struct token){.kind = TOKEN_END};
	if (!skip_blanks(lexer, token))
		return;
	c = peek(lexer, 0);
	token->line = lexer->line;
	token->begin = lexer->at;

	if (!c) {
		token->end = lexer->at;
		return;
	}
	if (strchr("{}()=,", c) || (c == '+' && peek(lexer, 1) == '=')) {
		token->kind = TOKEN_PUNCT;
		token->punct = c;
		lexer->at += c == '+' ? 2 : 1;
	} else if (c == '"' || c == '\'') {
		string(lexer, token);
	} else if (c == '*' || c == '+') {
		broken(lexer, token, "\"%c\" outside of quotes; put the text in quotes", c);
	} else {
		word(lexer, token);
	}
	token->end = lexer->at;
}
