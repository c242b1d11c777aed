/* See client.h. */
#include "ctl/client_internal.h"

#include "ctl/json.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The host is of no meaning on a Unix socket. */
#define ORIGIN "http://everyd"

/* Until everyd has taken a connection, and unless it is said, until it has answered. */
#define CONNECT_TIMEOUT_MS 10000L
#define ANSWER_TIMEOUT     (30 * USEC_PER_SEC)

/* An answer that is larger is a mistake of the server's. */
#define BODY_MAX ((size_t)64 * 1024 * 1024)

int client_new(const struct ctl *ctl, struct client **ret_client)
{
	struct client *client = calloc(1, sizeof(*client));
	int r = client ? 0 : -ENOMEM;

	if (r == 0)
		r = socket_path(ctl->socket, client->path, sizeof(client->path), &client->owner);
	if (r == 0 && (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK ||
		       !(client->easy = curl_easy_init()) || !(client->multi = curl_multi_init())))
		r = -ENOMEM;
	if (r < 0) {
		client_free(client);
		(void)ctl_fail(r == -ENAMETOOLONG ? "the path of the control socket is too long"
						  : "out of memory");
		return r;
	}
	client->json = ctl->json;
	client->patience = ANSWER_TIMEOUT;
	*ret_client = client;
	return 0;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	curl_easy_cleanup(client->easy);
	curl_multi_cleanup(client->multi);
	curl_global_cleanup();
	free(client->failure.made);
	free(client);
}

void client_answer_done(struct client_answer *answer)
{
	json_decref(answer->json);
	free(answer->text);
}

size_t client_take_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct client_body *body = arg;

	n *= size;
	if (n > BODY_MAX - body->len) {
		body->too_large = true;
		return 0;
	}
	if (body->len + n + 1 > body->size) {
		size_t wanted = body->size ? body->size : 4096;
		char *grown;

		while (wanted < body->len + n + 1)
			wanted *= 2;
		grown = realloc(body->text, wanted);
		if (!grown)
			return 0;
		body->text = grown;
		body->size = wanted;
	}
	memcpy(body->text + body->len, bytes, n);
	body->len += n;
	body->text[body->len] = '\0';
	return n;
}

bool client_prepare(const struct client *client, CURL *easy, const struct url *url)
{
	char target[sizeof(ORIGIN) + URL_SIZE];

	if (url->failed)
		return false;
	(void)snprintf(target, sizeof(target), ORIGIN "%s", url->text);
	curl_easy_reset(easy);
	return curl_easy_setopt(easy, CURLOPT_URL, target) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, client->path) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
	       /* "." and ".." are names like others; no proxy is between us. */
	       curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ==
		       CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS) == CURLE_OK;
}

/* Makes the handle one of a POST. */
static bool prepare_post(CURL *easy, const char *text, struct curl_slist *headers)
{
	return text && headers && curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(text)) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, text) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
}

/* What an answer with a status of success is. */
static int take_answer(struct client *client, struct client_body *body,
		       struct client_answer *ret_answer)
{
	const char *type = NULL;

	(void)curl_easy_getinfo(client->easy, CURLINFO_CONTENT_TYPE, &type);
	*ret_answer = (struct client_answer){
		.json = json_loadb(body->text ? body->text : "", body->len,
				   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL),
		.is_plain = type && strncmp(type, "text/plain", strlen("text/plain")) == 0,
		.text = body->text,
		.len = body->len,
	};
	body->text = NULL;
	return CTL_OK;
}

void client_wait_for(struct client *client, usec_t patience)
{
	client->patience = patience;
}

/* 0: without end. */
static long patience_ms(const struct client *client)
{
	return client->patience == USEC_INFINITY ? 0 : (long)(client->patience / USEC_PER_MSEC);
}

int client_ask(struct client *client, const struct url *url, json_t *body,
	       struct client_answer *ret_answer)
{
	_cleanup_(cleanup_value) json_t *owned = body;
	struct curl_slist *headers = NULL;
	struct client_body got = {.len = 0};
	CURL *easy = client->easy;
	bool ready = client_prepare(client, easy, url) &&
		     curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, client_take_body) == CURLE_OK &&
		     curl_easy_setopt(easy, CURLOPT_WRITEDATA, &got) == CURLE_OK &&
		     curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, patience_ms(client)) == CURLE_OK;
	long status = 0;
	CURLcode code;
	int r;

	if (ready && owned) {
		_cleanup_free_ char *text = json_dumps(owned, JSON_COMPACT);

		headers = curl_slist_append(NULL, "Content-Type: application/json");
		ready = prepare_post(easy, text, headers);
	}
	if (!ready) {
		curl_slist_free_all(headers);
		return client_fail(client, CTL_FAILED, "failed",
				   url->failed ? "that is too long to be asked for"
					       : "out of memory");
	}
	code = curl_easy_perform(easy);
	curl_slist_free_all(headers);
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (got.too_large)
		r = client_fail_nonsense(client);
	else if (code != CURLE_OK)
		r = client_fail_curl(client, easy, code);
	else if (status < 200 || status >= 300)
		r = client_fail_status(client, status, got.text ? got.text : "", got.len, owned);
	else
		r = take_answer(client, &got, ret_answer);
	free(got.text);
	return r;
}

const struct client_failure *client_failure(const struct client *client)
{
	return &client->failure;
}

int client_ask_json(struct client *client, const struct url *url, json_t *body, json_t **ret_json)
{
	struct client_answer answer = {.json = NULL};
	int r = client_ask(client, url, body, &answer);

	if (r != CTL_OK)
		return r;
	if (json_is_object(answer.json))
		*ret_json = json_incref(answer.json);
	else
		r = client_fail_nonsense(client);
	client_answer_done(&answer);
	return r;
}

int client_get(struct client *client, const struct url *url, json_t **ret_json)
{
	int r = client_ask_json(client, url, NULL, ret_json);

	return r == CTL_OK ? r : client_complain(client);
}

int client_post(struct client *client, const struct url *url, json_t *body, json_t **ret_json)
{
	int r = body ? client_ask_json(client, url, body, ret_json)
		     : client_fail(client, CTL_FAILED, "failed", "out of memory");

	return r == CTL_OK ? r : client_complain(client);
}
