/* From requests to routes: what a request must be, who may ask for what, and for what there is. */
#include "control/control_internal.h"

#include "base/text.h"
#include "base/values.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Of those who may change nothing: see CONTROL_STREAMS_MAX. */
#define READERS_STREAMS_MAX (CONTROL_STREAMS_MAX - 100)
#define TCP_STREAMS_MAX     25

static const enum evhttp_cmd_type commands[] = {
	[METHOD_GET] = EVHTTP_REQ_GET,
	[METHOD_POST] = EVHTTP_REQ_POST,
};

/* How often there is a header of that name. */
static unsigned count_header(struct evhttp_request *request, const char *name)
{
	struct evkeyval *header;
	unsigned n = 0;

	TAILQ_FOREACH(header, evhttp_request_get_input_headers(request), next)
	{
		n += strcasecmp(header->key, name) == 0;
	}
	return n;
}

static size_t headers_size(struct evhttp_request *request)
{
	size_t size = strlen(evhttp_request_get_uri(request));
	struct evkeyval *header;

	TAILQ_FOREACH(header, evhttp_request_get_input_headers(request), next)
	{
		size += strlen(header->key) + strlen(header->value) + strlen(": \r\n");
	}
	return size;
}

/* After an answer to what may not have been understood, nothing else is. */
static void close_after(struct exchange *exchange)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(exchange->request), "Connection",
				"close");
}

#define refuse(exchange, ...) (close_after(exchange), exchange_error(exchange, __VA_ARGS__), false)

/* RFC 9110, section 5.6.2. */
static bool is_token(const char *text)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz";

	return *text && text[strspn(text, token)] == '\0';
}

/* RFC 9112, sections 5.1 and 6.3. evhttp takes "Content-Length : 5" for something else, and "+5"
   for 5. */
static bool is_well_formed(const struct evkeyval *header)
{
	if (strcasecmp(header->key, "Content-Length") == 0)
		return header->value[strspn(header->value, "0123456789")] == '\0';
	return is_token(header->key);
}

/* Is it of a version that is spoken here? Those that differ in the number behind the dot are as the
   one that is known. */
static bool check_version(struct exchange *exchange)
{
	struct evhttp_request *request = exchange->request;

	if (request->major == 1 && request->minor >= 0) {
		request->minor = request->minor > 0;
		return true;
	}
	request->major = 1;
	request->minor = 1;
	return refuse(exchange, STATUS_BAD_VERSION, "bad-version", "this is an HTTP/1.1 server");
}

/* Is it one that can be answered? If not, it has been. */
static bool check_form(struct exchange *exchange)
{
	struct evhttp_request *request = exchange->request;
	struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
	const char *encoding = evhttp_find_header(headers, "Transfer-Encoding");
	unsigned lengths = count_header(request, "Content-Length");
	struct evkeyval *header;

	if (headers_size(request) > CONTROL_HEADERS_MAX)
		return refuse(exchange, STATUS_HEADERS_TOO_LARGE, "headers-too-large",
			      "the headers are larger than %d bytes", CONTROL_HEADERS_MAX);
	if (evbuffer_get_length(evhttp_request_get_input_buffer(request)) > CONTROL_BODY_MAX)
		return refuse(exchange, STATUS_TOO_LARGE, "body-too-large",
			      "the body is larger than %d bytes", CONTROL_BODY_MAX);
	TAILQ_FOREACH(header, headers, next)
	{
		if (!is_well_formed(header))
			return refuse(exchange, STATUS_BAD_REQUEST, "bad-request",
				      "there is a header field that is none");
	}
	/* RFC 9112, sections 6.1 to 6.3: where the message ends must not be in doubt. */
	if (lengths > 1 || (lengths > 0 && encoding) ||
	    count_header(request, "Transfer-Encoding") > 1)
		return refuse(exchange, STATUS_BAD_REQUEST, "bad-request",
			      "the length of the body is given twice");
	if (encoding && strcasecmp(encoding, "chunked") != 0)
		return refuse(exchange, STATUS_NOT_IMPLEMENTED, "bad-request",
			      "the transfer encoding is not \"chunked\"");
	if (exchange->head && (encoding || lengths > 0))
		return refuse(exchange, STATUS_BAD_REQUEST, "bad-request", "HEAD has no body");
	/* RFC 9112, section 3.2. */
	if (count_header(request, "Host") > 1)
		return refuse(exchange, STATUS_BAD_REQUEST, "bad-request",
			      "there is more than one Host field");
	if (*evhttp_request_get_uri(request) != '/')
		return refuse(exchange, STATUS_BAD_REQUEST, "bad-request",
			      "the target is not a path");
	return true;
}

static bool check_host(struct exchange *exchange)
{
	const char *host =
		evhttp_find_header(evhttp_request_get_input_headers(exchange->request), "Host");

	if (!exchange_is_tcp(exchange) ||
	    (host && request_host_is_own(host, exchange->control->node)))
		return true;
	return refuse(exchange, STATUS_FORBIDDEN, "bad-host",
		      "the Host field is neither an address nor \"localhost\" nor the name of this "
		      "machine");
}

/* Finds the route; if there is none, that is answered. */
static bool find_route(struct exchange *exchange)
{
	const char *uri = evhttp_request_get_uri(exchange->request);
	enum evhttp_cmd_type command = evhttp_request_get_command(exchange->request);
	bool get = false;
	bool head = false;
	bool post = false;

	for (const struct route *route = routes; route->path; route++) {
		if (!request_path_matches(uri, route->path) ||
		    (exchange_is_tcp(exchange) && !route->on_tcp))
			continue;
		get |= route->method == METHOD_GET;
		head |= route->method == METHOD_GET && !route->stream;
		post |= route->method == METHOD_POST;
		if (commands[route->method] == command || (exchange->head && head)) {
			exchange->route = route;
			return true;
		}
	}
	if (!get && !post) {
		return refuse(exchange, STATUS_NOT_FOUND, "not-found",
			      exchange_is_tcp(exchange) ? "there is nothing at %.200s by TCP"
							: "there is nothing at %.200s",
			      uri);
	}
	/* evhttp takes what a method that it does not know has for a body for the next request. */
	close_after(exchange);
	(void)evhttp_add_header(evhttp_request_get_output_headers(exchange->request), "Allow",
				!get    ? "POST"
				: !head ? "GET"
				: !post ? "GET, HEAD"
					: "GET, HEAD, POST");
	exchange_error(exchange, STATUS_BAD_METHOD, "bad-method",
		       "this method is none for this path");
	return false;
}

static bool check_privilege(struct exchange *exchange)
{
	const struct credentials *who = &exchange->client->who;
	bool change = exchange->route->access == ACCESS_CHANGE;

	if (exchange_is_tcp(exchange) ||
	    who->privilege >= (change ? PRIVILEGE_CHANGE : PRIVILEGE_READ))
		return true;
	if (who->privilege == PRIVILEGE_READ)
		exchange_error(exchange, STATUS_FORBIDDEN, "denied",
			       "uid %u may look, but only root and everyd's own user may do this",
			       (unsigned)who->uid);
	else if (exchange->control->group == CREDENTIALS_NO_GROUP)
		exchange_error(
			exchange, STATUS_FORBIDDEN, "denied",
			"uid %u may not ask everyd: when it read its configuration there was "
			"no group \"" CONTROL_GROUP "\"; if there is one by now, reload",
			(unsigned)who->uid);
	else
		exchange_error(exchange, STATUS_FORBIDDEN, "denied",
			       "uid %u is not in the group \"" CONTROL_GROUP "\"",
			       (unsigned)who->uid);
	return false;
}

static bool take_uri(struct exchange *exchange)
{
	int r = request_uri_parse(evhttp_request_get_uri(exchange->request), exchange->route->path,
				  &exchange->uri);

	if (r == -ENOMEM)
		exchange_error(exchange, STATUS_UNAVAILABLE, "no-memory", "out of memory");
	else if (r < 0)
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-request",
			       r == -E2BIG ? "there are more than %d parameters"
					   : "a %%XX in the target is none",
			       REQUEST_PARAMS_MAX);
	return r == 0;
}

/* "limit and cursor", of a list that is not empty. */
static void list_params(const char *const *params, char *buf, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; params[i] && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 i == 0          ? ""
					 : params[i + 1] ? ", "
							 : " and ",
					 params[i]);
}

/* A parameter that is not known could be one that is misspelled: what is asked for would not be
   what is meant. */
static bool check_params(struct exchange *exchange)
{
	const char *const *params = exchange->route->params;
	const char *name;
	char list[200];

	switch (request_uri_check(&exchange->uri, params, &name)) {
	case 0:
		return true;
	case -EINVAL:
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
			       "there is a parameter without a name");
		return false;
	case -EEXIST:
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
			       "the parameter %s is given twice", name);
		return false;
	default:
		break;
	}
	if (params[0])
		list_params(params, list, sizeof(list));
	exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
		       params[0] ? "there is no parameter \"%.100s\" here, only %s"
				 : "there is no parameter \"%.100s\" here, nor any other",
		       name, list);
	return false;
}

/* Answers that go on, and each take a connection for as long as their client likes, leave room for
   others: by TCP for those that scrape metrics, of readers for other readers. */
static unsigned streams_max(const struct client *client)
{
	if (client->door->is_tcp)
		return TCP_STREAMS_MAX;
	return client->who.privilege == PRIVILEGE_CHANGE ? CONTROL_STREAMS_MAX
							 : READERS_STREAMS_MAX;
}

/* Those that clients of the same kind have. */
static unsigned count_streams(const struct control *control, const struct client *like)
{
	const struct client *client;
	unsigned n = 0;

	for (size_t i = 0; i < CONTROL_BUCKETS; i++) {
		for (client = LIST_FIRST(&control->buckets[i]); client;
		     client = LIST_NEXT(client, all)) {
			n += client->exchange && client->exchange->stream &&
			     client->door->is_tcp == like->door->is_tcp &&
			     client->who.privilege == like->who.privilege;
		}
	}
	return n;
}

static bool check_streams(struct exchange *exchange)
{
	const struct client *client = exchange->client;
	unsigned max = streams_max(client);

	if (!exchange->route->stream || count_streams(exchange->control, client) < max)
		return true;
	exchange_error(exchange, STATUS_UNAVAILABLE, "busy",
		       "%u clients follow events or logs already; there may be no more of them%s",
		       max, client->door->is_tcp ? " by TCP" : "");
	return false;
}

static bool take_body(struct exchange *exchange)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(exchange->request);
	size_t len = evbuffer_get_length(in);
	const char *text = len > 0 ? (const char *)evbuffer_pullup(in, -1) : "{}";
	json_error_t error;

	exchange->body =
		json_loadb(text ? text : "", len > 0 ? len : 2, JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(exchange->body))
		return true;
	if (exchange->body)
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-body",
			       "the body is no JSON object");
	else
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-body",
			       "the body is no JSON: line %d: %s", error.line, error.text);
	return false;
}

void dispatch_request(struct evhttp_request *request, void *arg)
{
	struct door *door = arg;
	struct client *client = client_of(door->control, request);
	struct exchange *exchange = client ? exchange_new(door->control, client, request) : NULL;

	if (!exchange) {
		evhttp_connection_free(evhttp_request_get_connection(request));
		return;
	}
	if (check_version(exchange) && check_form(exchange) && check_host(exchange) &&
	    find_route(exchange) && check_privilege(exchange) && take_uri(exchange) &&
	    check_params(exchange) && check_streams(exchange) && take_body(exchange))
		exchange->route->handle(exchange);
}
