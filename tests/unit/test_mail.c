/* Mails are proper, and read back as what went in, whatever that was. */
#include "exec/mail.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* 2026-03-01 05:00:00 UTC, a Sunday. */
#define WALL (1772341200 * USEC_PER_SEC)

static struct mail plain_mail(void)
{
	return (struct mail){
		.from = "everyd@example.org",
		.to = {"root", 1},
		.host = "host.example.org",
		.subject = "backup failed",
		.job = "backup",
		.verdict = "failed",
		.run = 17,
		.wall = WALL,
		.text = "It failed.\n",
	};
}

static char *compose(const struct mail *mail)
{
	char *text = NULL;
	size_t len = 0;

	assert_int_equal(mail_compose(mail, &text, &len), 0);
	assert_int_equal(strlen(text), len);
	return text;
}

static struct kept_output *kept(const char *head, size_t head_len, const char *tail,
				size_t tail_len, size_t missing)
{
	struct kept_output *output = malloc(sizeof(*output) + head_len + tail_len);

	assert_non_null(output);
	*output = (struct kept_output){head_len + tail_len + missing, head_len, tail_len};
	memcpy(mempcpy(output->bytes, head, head_len), tail, tail_len);
	return output;
}

/* --- a reader --- */

static int unhex(char c)
{
	const char *at = strchr("0123456789ABCDEF", c);

	assert_true(c && at);
	return (int)(at - "0123456789ABCDEF");
}

static char unquote(const char *at)
{
	return (char)(unhex(at[1]) << 4 | unhex(at[2]));
}

/* What every line has to keep to. Returns where the body begins. */
static const char *check_lines(const char *mail)
{
	const char *body = strstr(mail, "\n\n");
	const char *next;

	assert_non_null(body);
	for (const char *line = mail; *line; line = next + 1) {
		next = strchr(line, '\n');
		assert_non_null(next);
		for (const char *c = line; c < next; c++)
			assert_true((*c >= ' ' && *c <= '~') || *c == '\t');
		if (line > body || !strncmp(line, "Subject:", 8) || *line == ' ')
			assert_true(next - line <= 76);
		if (line <= body)
			continue;
		assert_true(*line != '.' && strncmp(line, "From ", 5) != 0);
		assert_true(next == line || (next[-1] != ' ' && next[-1] != '\t'));
	}
	return body + 2;
}

/* Quoted-printable. */
static char *decode_body(const char *body)
{
	char *text = malloc(strlen(body) + 1);
	char *p = text;

	assert_non_null(text);
	for (const char *c = body; *c; c++) {
		if (*c != '=')
			*p++ = *c;
		else if (c[1] == '\n')
			c++;
		else {
			*p++ = unquote(c);
			c += 2;
		}
	}
	*p = '\0';
	return text;
}

/* The value of a field, unfolded, with its encoded words decoded. */
static char *decode_field(const char *mail, const char *name)
{
	char start[64];
	const char *at;
	char *value = malloc(strlen(mail) + 1);
	char *p = value;

	assert_non_null(value);
	(void)snprintf(start, sizeof(start), "\n%s: ", name);
	at = strstr(mail, start);
	assert_true(at && at < strstr(mail, "\n\n"));
	/* Only one. */
	assert_null(strstr(at + 1, start));
	at += strlen(start);
	for (;; at++) {
		if (*at == '\n' && at[1] != ' ')
			break;
		if (*at == '\n')
			continue;
		if (strncmp(at, "=?utf-8?q?", 10) != 0) {
			*p++ = *at;
			continue;
		}
		for (at += 10; *at != '?'; at++) {
			assert_true(*at > ' ');
			*p++ = (char)(*at == '=' ? unquote(at) : *at == '_' ? ' ' : *at);
			at += *at == '=' ? 2 : 0;
		}
		assert_int_equal(at[1], '=');
		at++;
		/* White space between encoded words is none of the text. */
		if (!strncmp(at + 1, "\n =?utf-8?q?", 12))
			at += 2;
	}
	*p = '\0';
	return value;
}

/* --- tests --- */

static void a_mail_as_a_whole(void **state)
{
	struct mail mail = plain_mail();
	struct kept_output *output = kept("a line\nlast", 11, "", 0, 0);
	char *text;
	char *id;

	(void)state;
	assert_int_equal(setenv("TZ", "XXX-2:30", 1), 0);
	tzset();
	mail.to = (struct text_list){"root\0ops@example.org", 2};
	mail.output = output;
	text = compose(&mail);
	(void)check_lines(text);
	id = strstr(text, "Message-ID: <");
	assert_non_null(id);
	assert_non_null(strstr(id, ".everyd@host.example.org>\n"));
	/* The rest is always the same. */
	memmove(id, strchr(id, '\n') + 1, strlen(strchr(id, '\n') + 1) + 1);
	assert_string_equal(text, "From: everyd@example.org\n"
				  "To: root, ops@example.org\n"
				  "Subject: backup failed\n"
				  "Date: Sun, 01 Mar 2026 07:30:00 +0230\n"
				  "Auto-Submitted: auto-generated\n"
				  "X-Everyd-Job: backup\n"
				  "X-Everyd-Run: 17\n"
				  "X-Everyd-Verdict: failed\n"
				  "MIME-Version: 1.0\n"
				  "Content-Type: text/plain; charset=utf-8\n"
				  "Content-Transfer-Encoding: quoted-printable\n"
				  "\n"
				  "It failed.\n"
				  "\n"
				  "a line\n"
				  "last\n");
	free(text);
	free(output);
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

static void subjects_read_back(void **state)
{
	static const struct {
		const char *in;
		const char *out; /* NULL: the same */
	} rows[] = {
		{"plain", NULL},
		{"", NULL},
		{"with  two blanks", NULL},
		{" blanks around ", NULL},
		{"=?utf-8?q?not_a_word?=", NULL},
		{"a=b_c?", NULL},
		{"gr\xc3\xbc\xc3\x9f"
		 "e _ = ?",
		 NULL},
		{"a long one that does not fit into a line of a header however one may try, so it "
		 "has more",
		 NULL},
		{"x\nBcc: victim@example.org\n\nbody",
		 "x\\x0aBcc: victim@example.org\\x0a\\x0abody"},
		{"x\r\nBcc: y", "x\\x0d\\x0aBcc: y"},
		{"latin1 \xfc", "latin1 \\xfc"},
		{"tab\there", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct mail mail = plain_mail();
		char *text;
		char *subject;
		char *job;

		mail.subject = rows[i].in;
		mail.job = rows[i].in;
		text = compose(&mail);
		(void)check_lines(text);
		subject = decode_field(text, "Subject");
		job = decode_field(text, "X-Everyd-Job");
		assert_string_equal(subject, rows[i].out ? rows[i].out : rows[i].in);
		assert_string_equal(job, subject);
		assert_null(strstr(text, "\nBcc:"));
		free(job);
		free(subject);
		free(text);
	}
}

static void encoded_words_hold_whole_characters(void **state)
{
	char subject[400] = "";
	struct mail mail = plain_mail();

	(void)state;
	mail.subject = subject;
	/* However they lie to the limit of a line. */
	for (int shift = 0; shift < 40; shift++) {
		char *p = subject;
		char *text;
		char *back;
		const char *at;

		memset(p, 'x', (size_t)shift);
		p += shift;
		for (int i = 0; i < 30; i++)
			p = stpcpy(p, i % 3 ? "\xf0\x9f\x98\x80" : "\xe2\x82\xac");
		text = compose(&mail);
		(void)check_lines(text);
		back = decode_field(text, "Subject");
		assert_string_equal(back, subject);
		/* None begins with what goes on with a character. */
		for (at = text; (at = strstr(at, "=?utf-8?q?")); at += 10)
			assert_true(at[10] != '=' || (unquote(at + 10) & 0xc0) != 0x80);
		free(back);
		free(text);
	}
}

static void addresses_that_are_none_are_left_out(void **state)
{
	static const char to[] = "a@b\nBcc: c@d\0root\0-f@x\0first.of.many@example.org\0"
				 "second.of.many@example.org\0third.of.many@example.org";
	struct mail mail = plain_mail();
	char *text;
	char *value;

	(void)state;
	mail.from = "x\nBcc: y";
	mail.to = (struct text_list){to, 6};
	text = compose(&mail);
	(void)check_lines(text);
	assert_null(strstr(text, "Bcc"));
	assert_null(strstr(text, "From:"));
	assert_int_equal(strncmp(text, "To: root, first", 15), 0);
	assert_non_null(strstr(text, "To: root, first.of.many@example.org, "
				     "second.of.many@example.org,\n third.of.many@example.org\n"
				     "Subject"));
	free(text);

	mail.to = (struct text_list){0};
	mail.host = "ho st>\n.";
	text = compose(&mail);
	assert_int_equal(strncmp(text, "Subject: ", 9), 0);
	value = decode_field(text, "Message-ID");
	assert_non_null(strstr(value, ".everyd@ho-st--->"));
	free(value);
	free(text);
}

static void bodies_read_back(void **state)
{
	static const struct {
		const char *in;
		const char *out; /* NULL: the same */
	} rows[] = {
		{"a\n", NULL},
		{"a", "a\n"},
		{"", "\n"},
		{"\n\n\n", NULL},
		{".\n..\n.x\nFrom me\nFrom\nF\nFr\nFrance\n", NULL},
		{"blank \ntab\t\n  \n", NULL},
		{"a=3D=\n=20\n", NULL},
		{"dos\r\nline\r\n", "dos\nline\n"},
		{"10%\r20%\r\n", "10%\\x0d20%\n"},
		{"\033[31mred\033[0m\n", "\\x1b[31mred\\x1b[0m\n"},
		{"gr\xc3\xbc\xc3\x9f"
		 "e\nlatin1 \xfc\n",
		 "gr\xc3\xbc\xc3\x9f"
		 "e\nlatin1 \\xfc\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct mail mail = plain_mail();
		struct kept_output *output = kept(rows[i].in, strlen(rows[i].in), "", 0, 0);
		char *text;
		char *body;

		if (!*rows[i].in) {
			free(output);
			output = NULL;
		}
		mail.text = "";
		mail.output = output;
		text = compose(&mail);
		body = decode_body(check_lines(text));
		assert_string_equal(body + (output ? 1 : 0), !output       ? ""
							     : rows[i].out ? rows[i].out
									   : rows[i].in);
		free(body);
		free(text);
		free(output);
	}
}

static void what_is_left_out_is_said(void **state)
{
	static const struct {
		const char *head;
		const char *tail;
		size_t missing;
		const char *out;
	} rows[] = {
		{"first\n", "last\n", 1000, "first\n[... 1000 bytes left out ...]\nlast\n"},
		{"fir", "st", 0, "first\n"},
		{"fir", "st\n", 1, "fir\n[... 1 bytes left out ...]\nst\n"},
		{"", "st\n", 123456, "[... 123456 bytes left out ...]\nst\n"},
		/* Characters that were torn apart. */
		{"a\xe2\x82",
		 "\x82\xac"
		 "b",
		 10, "a\n[... 14 bytes left out ...]\nb\n"},
		{"a\xe2\x82\xac", "\xc3\xa4", 10,
		 "a\xe2\x82\xac\n[... 10 bytes left out ...]\n\xc3\xa4\n"},
		{"a\xe2\x82",
		 "\xac"
		 "b",
		 0,
		 "a\xe2\x82\xac"
		 "b\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct mail mail = plain_mail();
		struct kept_output *output = kept(rows[i].head, strlen(rows[i].head), rows[i].tail,
						  strlen(rows[i].tail), rows[i].missing);
		char *text;
		char *body;

		mail.text = "facts\n";
		mail.output = output;
		text = compose(&mail);
		body = decode_body(check_lines(text));
		assert_int_equal(strncmp(body, "facts\n\n", 7), 0);
		assert_string_equal(body + 7, rows[i].out);
		free(body);
		free(text);
		free(output);
	}
}

/* What a reader should see of bytes: each line sanitized. */
static char *expected(const char *bytes, size_t len)
{
	char *text = malloc(TEXT_GROWTH * len + 2);
	char *p = text;
	const char *end = bytes + len;

	assert_non_null(text);
	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t n = (size_t)((newline ? newline : end) - bytes);

		p += text_sanitize(p, bytes, n);
		*p++ = '\n';
		bytes += n + 1;
	}
	*p = '\0';
	return text;
}

static void any_bytes_read_back(void **state)
{
	static const char likely[] = " \t\n\r.=F_?ro\xc3\xa4\xe2\x82\xac\xff\x01"
				     "Fromabc    \n\n";
	static char bytes[50000];
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 500; round++) {
		size_t len = round % 50 == 0 ? sizeof(bytes) : (size_t)round * 2 + 1;
		struct mail mail = plain_mail();
		struct kept_output *output;
		char subject[300];
		char clean[300 * TEXT_GROWTH];
		char *text;
		char *body;
		char *value;
		char *wanted;

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = likely[(seed >> 16) % (sizeof(likely) - 1)];
			/* Lines beyond every bound, too. */
			if (round % 100 == 0 && bytes[i] == '\n')
				bytes[i] = 'n';
		}
		(void)snprintf(subject, sizeof(subject), "%.*s", (int)(len < 299 ? len : 299),
			       bytes);
		(void)text_sanitize(clean, subject, strlen(subject));
		output = kept(bytes, len / 2, bytes + len / 2, len - len / 2, 0);
		mail.text = "";
		mail.subject = subject;
		mail.output = output;
		text = compose(&mail);
		body = decode_body(check_lines(text));
		value = decode_field(text, "Subject");
		wanted = expected(bytes, len);
		assert_string_equal(value, clean);
		assert_string_equal(body + 1, wanted);
		free(wanted);
		free(value);
		free(body);
		free(text);
		free(output);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_as_a_whole),
		cmocka_unit_test(subjects_read_back),
		cmocka_unit_test(encoded_words_hold_whole_characters),
		cmocka_unit_test(addresses_that_are_none_are_left_out),
		cmocka_unit_test(bodies_read_back),
		cmocka_unit_test(what_is_left_out_is_said),
		cmocka_unit_test(any_bytes_read_back),
	};

	return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
