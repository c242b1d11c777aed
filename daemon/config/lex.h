/*
 * The tokens of a configuration file, by the rules of libconfuse's own scanner (its lexer.l), for a
 * look at the text before libconfuse has it. What libconfuse gets wrong is mended or refused here:
 *
 * - Its line count goes wrong at comments, and a comment inside a list is a syntax error to it:
 *   comments are overwritten with spaces as they are passed.
 * - It silently drops stray characters ("*" and "+" outside of quotes) and what follows a "\0".
 * - A string or comment without an end, or a bad escape, stays with its process-global scanner.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
	TOKEN_END,    /* of the text */
	TOKEN_BROKEN, /* no token can be read; see lexer.problem */
	TOKEN_TEXT,   /* a word or a quoted string */
	TOKEN_PUNCT,  /* one of { } ( ) = , or += */
};

struct token {
	enum token_kind kind;
	char punct;       /* of TOKEN_PUNCT; '+' for += */
	const char *text; /* of TOKEN_TEXT: without the quotes, escapes as written */
	size_t len;
	size_t begin; /* in the whole text, quotes included */
	size_t end;
	unsigned line;
	bool variable;   /* libconfuse will replace a "${NAME}" in it */
	char odd_escape; /* a letter whose backslash libconfuse will drop; 0: none */
};

struct lexer {
	char *text; /* the caller's; comments in it are overwritten */
	size_t len;
	size_t at;
	unsigned line;
	char problem[120]; /* why the last token is TOKEN_BROKEN */
};

/* Begins at the start of a text, which must hold no NUL. */
void lexer_init(struct lexer *lexer, char *text, size_t len);

/* The next token. After TOKEN_END and TOKEN_BROKEN there is none. */
void lexer_next(struct lexer *lexer, struct token *ret_token);
