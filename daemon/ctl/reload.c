/* everyctl reload: has the daemon read its configuration again. */
#include "ctl/commands.h"

#include "ctl/field.h"
#include "ctl/json.h"
#include "ctl/online.h"

#include <inttypes.h>

/* The parts of a diff that are told of, in the order of the daemon's own line. */
static const char *const parts[] = {"added", "changed", "removed", "unchanged"};

/* "  added      backup"; it may not be told of all. */
static void say_jobs(const json_t *answer, const char *part)
{
	const json_t *names = field_array(json_object_get(answer, "jobs"), part);
	int64_t more = field_integer(answer, part, 0) - (int64_t)json_array_size(names);

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		(void)printf("  %-9s", part);
		online_print_text("", name ? name : "-");
	}
	if (more > 0 && json_array_size(names) > 0)
		(void)printf("  %-9sand %" PRId64 " more\n", part, more);
}

static void say_reloaded(const json_t *answer)
{
	const char *text = field_text(answer, "warnings");

	(void)printf("reloaded: ");
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
		(void)printf("%s%" PRId64 " %s", i > 0 ? ", " : "",
			     field_integer(answer, parts[i], 0), parts[i]);
	(void)putchar('\n');
	for (size_t i = 0; i < ARRAY_LENGTH(parts) - 1; i++)
		say_jobs(answer, parts[i]);
	/* Warnings, a line each. */
	if (text)
		(void)fputs(text, stderr);
}

static int reload(struct online *online, void *ctx)
{
	_cleanup_(cleanup_value) json_t *answer = NULL;
	struct url url;
	int status;

	(void)ctx;
	client_wait_for(online->client, USEC_INFINITY);
	url_begin(&url, "/v1/reload");
	status = client_post(online->client, &url, json_object(), &answer);
	if (status != CTL_OK)
		return status;
	if (online->ctl->json)
		return online_printed(json_print(json_incref(answer)));
	say_reloaded(answer);
	return CTL_OK;
}

int reload_run(struct ctl *ctl, struct ctl_args *args)
{
	return online_do_plain(ctl, args, reload);
}
