/* See convert_internal.h. */
#include "config/convert_internal.h"

#include "config/values.h"
#include "core/names.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

int convert_name(struct conversion *c)
{
	if (!name_is_valid(c->text))
		return refuse(c, "\"%s\": a name must be %s", shown(c), name_rule);
	return set_text(c);
}

static int refuse_empty(struct conversion *c)
{
	return refuse(c, "it is empty; write %s", c->option->doc);
}

int convert_zone(struct conversion *c)
{
	/* Which there are is for the builder to find out. */
	return c->text[0] ? set_text(c) : refuse_empty(c);
}

int convert_account(struct conversion *c)
{
	return c->text[0] ? set_text(c) : refuse_empty(c);
}

int check_length(struct conversion *c)
{
	if (strlen(c->text) >= PATH_MAX)
		return refuse(c, "longer than a path can be, which is %d bytes", PATH_MAX - 1);
	return 0;
}

int convert_file(struct conversion *c)
{
	int r = c->text[0] ? check_length(c) : refuse_empty(c);

	return r < 0 ? r : set_text(c);
}

int convert_program(struct conversion *c)
{
	int r = 0;

	if (c->text[0] != '/')
		r = refuse(c, "\"%s\" is not an absolute path; write it as in \"%s\"", shown(c),
			   c->option->fallback);
	if (r == 0)
		r = check_length(c);
	return r < 0 ? r : set_text(c);
}

static bool is_in_home(const char *text)
{
	return text[0] == '~' && text[1] == '/';
}

int convert_path(struct conversion *c)
{
	bool directory = c->option->type == OPTION_DIRECTORY;
	int r = 0;

	if (c->text[0] != '/' && !is_in_home(c->text) && !(directory && !strcmp(c->text, "~")))
		r = refuse(c,
			   "\"%s\" is not an absolute path, nor one in the user's home, as in "
			   "\"~/x\"",
			   shown(c));
	if (r == 0)
		r = check_length(c);
	return r < 0 ? r : set_text(c);
}

static int check_pattern(struct conversion *c)
{
	const char *bad = NULL;

	if (c->text[strlen(c->text) - 1] == '/')
		return refuse(c, "\"%s\" names a directory; write the path of a file", shown(c));
	if (value_pattern(c->text, &bad) < 0)
		return refuse(c,
			      "\"%s\": nothing takes the place of \"%.*s\"; there are %%j (job), "
			      "%%r (run), %%%% (a %%) and those of strftime(3) that make no white "
			      "space",
			      shown(c), bad[1] && (unsigned char)bad[1] < 0x80 ? 2 : 1, bad);
	return check_length(c);
}

int convert_output(struct conversion *c)
{
	static const struct {
		const char *word;
		enum output_kind kind;
	} words[] = {
		{"log", OUTPUT_LOG},
		{"journal", OUTPUT_JOURNAL},
		{"stderr", OUTPUT_STDERR},
		{"discard", OUTPUT_DISCARD},
	};
	struct job_settings *settings = &c->values->settings;
	int r;

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (strcmp(c->text, words[i].word) != 0)
			continue;
		settings->output_file = NULL;
		settings->output = words[i].kind;
		return 0;
	}
	if (c->text[0] != '/' && !is_in_home(c->text))
		return refuse(c,
			      "\"%s\" is not one of \"log\", \"journal\", \"stderr\", "
			      "\"discard\", nor an absolute path or one in the user's home, as in "
			      "\"~/%%j.log\"",
			      shown(c));
	r = check_pattern(c);
	if (r < 0)
		return r;
	settings->output = OUTPUT_FILE;
	settings->output_file = c->text;
	return 0;
}

int check_address(struct conversion *c)
{
	if (name_is_address(c->text))
		return 0;
	if (strpbrk(c->text, ", \t"))
		return refuse(c,
			      "\"%s\" is not one mail address; write several as a list, as in "
			      "{\"root\", \"ops@example.org\"}",
			      shown(c));
	return refuse(c, "\"%s\" is not a mail address, as in \"root\" or \"ops@example.org\"",
		      shown(c));
}

int convert_address(struct conversion *c)
{
	int r = check_address(c);

	return r < 0 ? r : set_text(c);
}

static bool is_port(const char *text)
{
	size_t len = strlen(text);
	unsigned long port = len <= 5 ? strtoul(text, NULL, 10) : 0;

	return strspn(text, "0123456789") == len && port >= 1 && port <= UINT16_MAX;
}

/* "127.0.0.1:9100", "[::1]:9100": no name, which would have to be looked up. */
static bool is_listen(const char *text)
{
	const char *colon = strrchr(text, ':');
	unsigned char address[sizeof(struct in6_addr)];
	char host[INET6_ADDRSTRLEN + 2];
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (len == 0 || len >= sizeof(host) || !is_port(colon + 1))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (host[0] != '[' || host[len - 1] != ']')
		return inet_pton(AF_INET, host, address) == 1;
	host[len - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, address) == 1;
}

int convert_listen(struct conversion *c)
{
	if (!is_listen(c->text))
		return refuse(c,
			      "\"%s\" is not an address and a port, as in \"127.0.0.1:9100\" or "
			      "\"[::1]:9100\"",
			      shown(c));
	return set_text(c);
}
