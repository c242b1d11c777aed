/* What went wrong between everyctl and everyd, in words that help. */
#include "ctl/client_internal.h"

#include "base/text.h"
#include "ctl/json.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Those who may ask. */
#define GROUP "everyd"

/* More groups than anybody is in. */
#define GROUPS_MAX 65536

enum http {
	HTTP_FORBIDDEN = 403,
	HTTP_CONFLICT = 409,
	HTTP_UNAVAILABLE = 503,
};

static void _printf_(4, 0) vfail(struct client *client, enum ctl_status status, const char *code,
				 const char *format, va_list ap)
{
	struct client_failure *failure = &client->failure;
	char *text;

	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	free(failure->made);
	failure->made = text;
	failure->text = text ? text : "out of memory";
	failure->status = status;
	(void)snprintf(failure->code, sizeof(failure->code), "%s", code);
}

int client_fail(struct client *client, enum ctl_status status, const char *code, const char *format,
		...)
{
	va_list ap;

	va_start(ap, format);
	vfail(client, status, code, format, ap);
	va_end(ap);
	return status;
}

/* Nobody listens. */
static int fail_unreachable(struct client *client)
{
	switch (client->owner) {
	case SOCKET_SYSTEM:
		return client_fail(client, CTL_UNREACHABLE, "unreachable",
				   "everyd is not running: systemctl start everyd");
	case SOCKET_USER:
		return client_fail(client, CTL_UNREACHABLE, "unreachable",
				   "everyd is not running: systemctl --user start everyd");
	default:
		return client_fail(client, CTL_UNREACHABLE, "unreachable",
				   "everyd is not running: nothing listens at %s", client->path);
	}
}

int client_fail_curl(struct client *client, CURL *easy, CURLcode code)
{
	long error = 0;
	long status = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		if (error == EACCES || error == EPERM)
			return client_fail(client, CTL_DENIED, "denied",
					   "permission denied: %s cannot be opened", client->path);
		if (error == 0 || error == ENOENT || error == ECONNREFUSED || error == ENOTDIR)
			return fail_unreachable(client);
		return client_fail(client, CTL_UNREACHABLE, "unreachable",
				   "cannot connect to everyd at %s: %s", client->path,
				   strerrordesc_np((int)error));
	case CURLE_OPERATION_TIMEDOUT:
		return client_fail(client, CTL_UNREACHABLE, "timeout",
				   "everyd does not answer at %s: is it stopped, or too busy?",
				   client->path);
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return client_fail(client, CTL_UNREACHABLE, CLIENT_GONE,
				   "everyd closed the connection before it had answered: did it "
				   "stop, or are there too many clients?");
	case CURLE_OUT_OF_MEMORY:
		return client_fail(client, CTL_FAILED, "failed", "out of memory");
	default:
		return client_fail_nonsense(client);
	}
}

int client_fail_nonsense(struct client *client)
{
	return client_fail(
		client, CTL_UNREACHABLE, "nonsense",
		"what answers at %s does not speak as everyd does: is it another program, "
		"or another version of everyd?",
		client->path);
}

/* Is the process in the group? `ret_later`: its user is, but was not yet when he logged in. */
static bool is_member(const struct group *group, const char *user, bool *ret_later)
{
	_cleanup_free_ gid_t *own = calloc(GROUPS_MAX, sizeof(*own));
	int n = own ? getgroups(GROUPS_MAX, own) : 0;

	*ret_later = false;
	for (int i = 0; i < n; i++) {
		if (own[i] == group->gr_gid)
			return true;
	}
	for (char **member = group->gr_mem; *member; member++)
		*ret_later |= strcmp(*member, user) == 0;
	return getegid() == group->gr_gid;
}

/* Who may only look, or not even that, and what can be done about it. */
static int fail_denied(struct client *client, const char *text, bool posted)
{
	const struct passwd *account = getpwuid(geteuid());
	const char *user = account ? account->pw_name : "USER";
	const struct group *group = getgrnam(GROUP);
	bool later;

	if (posted)
		return client_fail(client, CTL_DENIED, "denied",
				   "permission denied: %s\nTry it as root: sudo everyctl ...",
				   text);
	if (!group)
		return client_fail(client, CTL_DENIED, "denied",
				   "permission denied: there is no group " GROUP
				   ", whose members may ask. As root:\n"
				   "groupadd --system " GROUP " && systemctl reload everyd && "
				   "usermod -aG " GROUP " %s",
				   user);
	if (is_member(group, user, &later))
		return client_fail(client, CTL_DENIED, "denied", "permission denied: %s", text);
	if (later)
		return client_fail(client, CTL_DENIED, "denied",
				   "permission denied: you are in group " GROUP
				   " only from your next login on, or by: newgrp " GROUP);
	return client_fail(client, CTL_DENIED, "denied",
			   "permission denied: you are not in group " GROUP
			   ". As root, then log in again:\nusermod -aG " GROUP " %s",
			   user);
}

int client_fail_status(struct client *client, long status, const char *text, size_t len,
		       bool posted)
{
	_cleanup_(cleanup_value) json_t *body = json_loadb(text, len, 0, NULL);
	const json_t *error = json_object_get(body, "error");
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *message = json_string_value(json_object_get(error, "message"));

	if (!code || !message)
		return client_fail_nonsense(client);
	if (status == HTTP_FORBIDDEN)
		return fail_denied(client, message, posted);
	return client_fail(client,
			   status == HTTP_CONFLICT || status == HTTP_UNAVAILABLE ? CTL_REFUSED
										 : CTL_FAILED,
			   code, "%s", message);
}

/* What stands before it. Lines about a configuration begin with their file, as everyd -t has them.
 */
static const char *head_of(const struct client_failure *failure)
{
	return strcmp(failure->code, "bad-configuration") == 0
		       ? "everyctl: the configuration is wrong, and that of before stays in "
			 "force:\n"
		       : "everyctl: ";
}

/* A line at a time, whatever is in it. */
static void say_lines(const char *head, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, "\n");
		_cleanup_free_ char *clean = malloc(TEXT_GROWTH * len + 1);

		if (clean && len > 0) {
			(void)text_sanitize(clean, text, len);
			(void)fprintf(stderr, "%s%s\n", head, clean);
		}
		if (!clean || text[len] == '\0')
			return;
		text += len + 1;
		head = "";
	}
}

json_t *client_failure_json(const struct client *client)
{
	return json_pack("{s:{s:s, s:o}}", "error", "code", client->failure.code, "message",
			 value_text(client->failure.text));
}

int client_say(const struct client *client)
{
	say_lines(head_of(&client->failure), client->failure.text);
	return client->failure.status;
}

int client_complain(const struct client *client)
{
	if (client->json)
		/* What could not be written is told at the end. */
		(void)!json_print(client_failure_json(client));
	return client_say(client);
}
