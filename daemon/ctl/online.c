/* See online.h. */
#include "ctl/online.h"

#include "base/text.h"
#include "ctl/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The most items of a page that everyd gives. */
#define PAGE_MAX 1000

int online_do(const struct ctl *ctl, int (*fn)(struct online *online, void *ctx), void *ctx)
{
	struct online online = {.ctl = ctl};
	int status = CTL_FAILED;

	if (when_init(&online.when, NULL) < 0)
		return CTL_FAILED;
	if (client_new(ctl, &online.client) == 0)
		status = fn(&online, ctx);
	client_free(online.client);
	when_done(&online.when);
	return status;
}

int online_do_plain(const struct ctl *ctl, struct ctl_args *args,
		    int (*fn)(struct online *online, void *ctx))
{
	const char *value;

	if (ctl_option(args, &value) != -1)
		return CTL_USAGE;
	if (args->next < args->argc)
		return ctl_usage(args, "unexpected argument '%s'", args->argv[args->next]);
	return online_do(ctl, fn, NULL);
}

int online_one_word(struct ctl_args *args, const char *what, bool needed, const char **ret_word)
{
	int n = args->argc - args->next;

	if (n > 1)
		return ctl_usage(args, "unexpected argument '%s'", args->argv[args->next + 1]);
	if (n == 0 && needed)
		return ctl_usage(args, "say which %s", what);
	/* Rather than all of them: a variable of a script that was not set. */
	if (n == 1 && !args->argv[args->next][0])
		return ctl_usage(args, "'' is no %s", what);
	*ret_word = n == 1 ? args->argv[args->next] : NULL;
	return CTL_OK;
}

int online_get(struct online *online, const struct url *url, json_t **ret_json)
{
	int status = client_get(online->client, url, ret_json);

	online->when.now = clock_wall();
	return status;
}

static int ask_page(struct online *online, const struct url *base, uint64_t max, const char *cursor,
		    json_t **ret_page)
{
	struct url url = *base;
	char limit[24];

	(void)snprintf(limit, sizeof(limit), "%" PRIu64, max < PAGE_MAX ? max : PAGE_MAX);
	url_param(&url, "limit", limit);
	url_param(&url, "cursor", cursor);
	return online_get(online, &url, ret_page);
}

int online_list(struct online *online, const struct url *url, uint64_t max, json_t **ret_list)
{
	_cleanup_(cleanup_value) json_t *list = NULL;
	json_t *items;
	int status = ask_page(online, url, max, NULL, &list);

	if (status != CTL_OK)
		return status;
	items = json_object_get(list, "items");
	while (json_is_array(items) && json_array_size(items) < max) {
		_cleanup_(cleanup_value) json_t *page = NULL;
		json_t *next = json_object_get(list, "next");
		json_t *more;

		if (!json_is_string(next))
			break;
		status = ask_page(online, url, max - json_array_size(items),
				  json_string_value(next), &page);
		if (status != CTL_OK)
			return status;
		more = json_object_get(page, "items");
		/* An empty one would let us ask for ever. */
		if (!json_is_array(more) || json_array_size(more) == 0) {
			(void)json_object_set_new(list, "next", json_null());
			break;
		}
		next = json_object_get(page, "next");
		if (json_array_extend(items, more) < 0 ||
		    json_object_set(list, "next", next ? next : json_null()) < 0)
			return ctl_fail("%s", strerrordesc_np(ENOMEM));
	}
	*ret_list = steal_ptr(list);
	return CTL_OK;
}

void online_job_url(struct url *url, const char *job, const char *more)
{
	url_begin(url, "/v1/jobs");
	url_segment(url, job);
	url_path(url, more);
}

void online_print_text(const char *head, const char *text)
{
	if (text[0])
		(void)fputs(head, stdout);
	while (text[0]) {
		size_t len = strcspn(text, "\n");
		_cleanup_free_ char *clean = malloc(TEXT_GROWTH * len + 1);

		if (clean) {
			(void)text_sanitize(clean, text, len);
			(void)puts(clean);
		}
		text += len + (text[len] != '\0');
	}
}

int online_printed(int r)
{
	return r < 0 && r != -EIO ? ctl_fail("%s", strerrordesc_np(-r)) : CTL_OK;
}
