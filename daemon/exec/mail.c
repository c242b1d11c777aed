/* See mail.h. */
#include "exec/mail.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/text_file.h"
#include "core/names.h"
#include "exec/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Longest line of a header that has encoded words (RFC 2047, 2), and of a body in quoted-printable
   (RFC 2045, 6.7), with the "=" that a line of it may end in. */
#define LINE_MAX_MIME 76

/* Longest encoded word (RFC 2047, 2). */
#define WORD_MAX 75

#define WORD_BEGIN "=?utf-8?q?"
#define WORD_END   "?="

static const char hex[] = "0123456789ABCDEF";

/* --- header --- */

static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

/* Can it stand in a header as it is? */
static bool is_plain(const char *text, size_t len, size_t room)
{
	return len > 0 && len <= room && is_printable(text, len) && text[0] != ' ' &&
	       text[len - 1] != ' ' && !strstr(text, "=?");
}

/* Of a byte in the Q encoding (RFC 2047, 4.2). */
static size_t encode_q(char out[static 3], unsigned char byte)
{
	if (byte == ' ') {
		out[0] = '_';
		return 1;
	}
	if (byte > ' ' && byte <= '~' && !strchr("=?_", byte)) {
		out[0] = (char)byte;
		return 1;
	}
	out[0] = '=';
	out[1] = hex[byte >> 4];
	out[2] = hex[byte & 15];
	return 3;
}

/* Encoded words, each on a line of its own and of whole characters. `text` is UTF-8. */
static void put_words(FILE *out, const char *text, size_t len, size_t column)
{
	size_t used = column + strlen(WORD_BEGIN WORD_END);

	(void)fputs(WORD_BEGIN, out);
	while (len > 0) {
		size_t n = text_utf8_length(text, len);
		char word[4 * 3] = "";
		size_t size = 0;

		for (size_t i = 0; i < n; i++)
			size += encode_q(word + size, (unsigned char)text[i]);
		if (used + size > WORD_MAX) {
			(void)fputs(WORD_END "\n " WORD_BEGIN, out);
			used = 1 + strlen(WORD_BEGIN WORD_END);
		}
		(void)fwrite(word, 1, size, out);
		used += size;
		text += n;
		len -= n;
	}
	(void)fputs(WORD_END, out);
}

/* A field whose value is text (unstructured, RFC 5322, 2.2.1). Whatever it is, it stays one field:
   sanitized, it has no line's end in it. */
static int put_field(FILE *out, const char *name, const char *text)
{
	size_t len = strlen(text);
	_cleanup_free_ char *clean = malloc(TEXT_GROWTH * len + 1);
	size_t column = strlen(name) + 2;

	if (!clean)
		return -ENOMEM;
	len = text_sanitize(clean, text, len);
	(void)fprintf(out, "%s: ", name);
	if (is_plain(clean, len, LINE_MAX_MIME - column))
		(void)fputs(clean, out);
	else if (len > 0)
		put_words(out, clean, len, column);
	(void)fputs("\n", out);
	return 0;
}

static void put_addresses(FILE *out, const struct text_list *to)
{
	size_t column = 0;
	const char *address = to->texts;

	for (uint32_t i = 0; i < to->n; i++, address += strlen(address) + 1) {
		if (!name_is_address(address))
			continue;
		if (column == 0)
			column = (size_t)fprintf(out, "To: %s", address);
		else if (column + strlen(address) + 2 < LINE_MAX_MIME)
			column += (size_t)fprintf(out, ", %s", address);
		else
			column = (size_t)fprintf(out, ",\n %s", address) - 2;
	}
	if (column > 0)
		(void)fputs("\n", out);
}

/* Unique by the time and by who sends it: the left side of RFC 5322, 3.6.4, is a dot-atom, and
   the right is made one. */
static void put_message_id(FILE *out, const struct mail *mail)
{
	uint64_t who = hash_finish(hash_bytes(HASH_INIT, mail->job, strlen(mail->job)));
	const char *host = mail->host[0] && mail->host[0] != '.' ? mail->host : "localhost";

	(void)fprintf(out, "Message-ID: <%" PRIi64 ".%" PRIu64 ".%016" PRIx64 ".everyd@",
		      mail->wall, mail->run, who);
	for (const char *c = host; *c; c++) {
		bool fits = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			    (*c >= '0' && *c <= '9') || (*c == '.' && c[1] && c[1] != '.');

		(void)fputc(fits ? *c : '-', out);
	}
	(void)fputs(">\n", out);
}

static int put_header(FILE *out, const struct mail *mail)
{
	char run[24];
	char date[64];
	time_t sec = (time_t)(mail->wall / USEC_PER_SEC);
	struct tm tm = {0};
	int r;

	(void)localtime_r(&sec, &tm);
	(void)strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z", &tm);
	(void)snprintf(run, sizeof(run), "%" PRIu64, mail->run);

	if (mail->from && name_is_address(mail->from))
		(void)fprintf(out, "From: %s\n", mail->from);
	put_addresses(out, &mail->to);
	r = put_field(out, "Subject", mail->subject);
	(void)fprintf(out, "Date: %s\n", date);
	put_message_id(out, mail);
	(void)fputs("Auto-Submitted: auto-generated\n", out);
	if (r == 0)
		r = put_field(out, "X-Everyd-Job", mail->job);
	if (r == 0)
		r = put_field(out, "X-Everyd-Run", run);
	if (r == 0)
		r = put_field(out, "X-Everyd-Verdict", mail->verdict);
	(void)fputs("MIME-Version: 1.0\n"
		    "Content-Type: text/plain; charset=utf-8\n"
		    "Content-Transfer-Encoding: quoted-printable\n"
		    "\n",
		    out);
	return r;
}

/* --- body --- */

struct body {
	FILE *out;
	struct output lines;
	bool begun;    /* a line whose end has not been written */
	size_t column; /* of what has been written */
	char clean[TEXT_GROWTH * OUTPUT_LINE_MAX + 1];
};

/* Must a byte be encoded? A blank at the end of a line gets lost on the way, a "." alone on a line
   ends the message for some, and "From " at its beginning starts another in an mbox. */
static bool is_special(const char *text, size_t len, size_t column)
{
	char c = text[0];

	if (c == '=' || c > '~' || (c < ' ' && c != '\t'))
		return true;
	if (len == 1 && (c == ' ' || c == '\t'))
		return true;
	return column == 0 && (c == '.' || (c == 'F' && (len == 1 || text[1] == 'r')));
}

/* Part of a line, in quoted-printable. */
static void put_quoted(struct body *body, const char *text, size_t len)
{
	for (; len > 0; text++, len--) {
		unsigned char byte = (unsigned char)text[0];
		bool special = is_special(text, len, body->column);

		if (body->column + (special ? 3 : 1) >= LINE_MAX_MIME) {
			(void)fputs("=\n", body->out);
			body->column = 0;
			special = is_special(text, len, 0);
		}
		if (special) {
			char code[3] = {'=', hex[byte >> 4], hex[byte & 15]};

			(void)fwrite(code, 1, sizeof(code), body->out);
		} else {
			(void)fputc(byte, body->out);
		}
		body->column += special ? 3 : 1;
	}
}

static void end_line(struct body *body)
{
	if (body->begun)
		(void)fputc('\n', body->out);
	body->begun = false;
	body->column = 0;
}

static void put_piece(void *ctx, const char *bytes, size_t len)
{
	struct body *body = ctx;

	if (!body->lines.continues)
		end_line(body);
	body->begun = true;
	put_quoted(body, body->clean, text_sanitize(body->clean, bytes, len));
}

/* Whole lines; a last one without a newline gets one. */
static void put_text(struct body *body, const char *text, size_t len)
{
	output_feed(&body->lines, text, len, put_piece, body);
	output_end(&body->lines, put_piece, body);
	end_line(body);
}

/* How many of the last bytes are the beginning of a character whose end is not there. */
static size_t torn_at_end(const char *text, size_t len)
{
	for (size_t n = 1; n <= 3 && n <= len; n++) {
		unsigned char byte = (unsigned char)text[len - n];

		if (byte >= 0xc0)
			return text_utf8_length(text + len - n, n) == 0 ? n : 0;
		if (byte < 0x80)
			break;
	}
	return 0;
}

/* How many of the first bytes are the end of a character that began before. */
static size_t torn_at_start(const char *text, size_t len)
{
	size_t n = 0;

	while (n < 3 && n < len && ((unsigned char)text[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static void put_output(struct body *body, const struct kept_output *output)
{
	const char *tail = output->bytes + output->head;
	char gap[80];
	size_t end;
	size_t start;

	if (output->total == output->head + output->tail) {
		put_text(body, output->bytes, output->head + output->tail);
		return;
	}
	end = torn_at_end(output->bytes, output->head);
	start = torn_at_start(tail, output->tail);
	(void)snprintf(gap, sizeof(gap), "[... %" PRIu64 " bytes left out ...]",
		       output->total - output->head - output->tail + end + start);
	put_text(body, output->bytes, output->head - end);
	put_text(body, gap, strlen(gap));
	put_text(body, tail + start, output->tail - start);
}

static int put_body(FILE *out, const struct mail *mail)
{
	_cleanup_free_ struct body *body = malloc(sizeof(*body));

	if (!body)
		return -ENOMEM;
	body->out = out;
	body->begun = false;
	body->column = 0;
	output_begin(&body->lines);
	put_text(body, mail->text, strlen(mail->text));
	if (mail->output) {
		(void)fputc('\n', out);
		put_output(body, mail->output);
	}
	return 0;
}

int mail_compose(const struct mail *mail, char **ret_text, size_t *ret_len)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = text_file_open(&text, &len);
	int r;

	if (!out)
		return -ENOMEM;
	r = put_header(out, mail);
	if (r == 0)
		r = put_body(out, mail);
	if (ferror(out))
		r = -ENOMEM;
	if (fclose(out) != 0)
		r = -ENOMEM;
	if (r < 0) {
		free(text);
		return r;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}
