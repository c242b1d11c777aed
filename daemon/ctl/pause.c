/* everyctl pause: jobs that are not to run for a while. */
#include "ctl/commands.h"

#include "calendar/duration.h"
#include "calendar/times.h"
#include "ctl/field.h"
#include "ctl/json.h"
#include "ctl/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	OPT_ALL,
	OPT_FOR,
	OPT_GROUP,
	OPT_REASON,
	OPT_UNTIL,
};

const struct ctl_option pause_options[] = {
	[OPT_ALL] = {'a', "all", NULL, "all jobs that there are"},
	[OPT_FOR] = {0, "for", "SPAN", "that long, \"2h\"; else until somebody resumes"},
	[OPT_GROUP] = {'g', "group", "GROUP", "the jobs of that concurrency group"},
	[OPT_REASON] = {'r', "reason", "TEXT", "what others are told"},
	[OPT_UNTIL] = {0, "until", "TIME", "until then"},
	{0},
};

struct wish {
	struct target target;
	const char *span;
	const char *until;
	const char *reason;
};

/* Returns CTL_OK, or CTL_USAGE after it was said. */
static int read_wish(struct ctl_args *args, struct wish *wish)
{
	const char *value;
	usec_t span;
	int option;

	while ((option = ctl_option(args, &value)) >= 0) {
		switch (option) {
		case OPT_ALL:
			wish->target.all = true;
			break;
		case OPT_FOR:
			wish->span = value;
			break;
		case OPT_GROUP:
			wish->target.group = value;
			break;
		case OPT_REASON:
			wish->reason = value;
			break;
		default:
			wish->until = value;
			break;
		}
	}
	if (option == -2)
		return CTL_USAGE;
	if (wish->span && wish->until)
		return ctl_usage(args, "either --for or --until");
	if (wish->span && (duration_parse(wish->span, &span) < 0 || span == 0))
		return ctl_usage(args, "--for: '%s' is no span of time; write 90s, 2h30m, 1d",
				 wish->span);
	return target_take(&wish->target, args);
}

static void say_paused(struct online *online, const struct target *target, const char *what,
		       const json_t *answer)
{
	int64_t n = field_integer(answer, "paused", -1);
	bool one = target_is_jobs(target) || n == 1;
	char until[FIELD_TEXT_SIZE];
	char left[FIELD_TEXT_SIZE];

	(void)printf("%s: ", what);
	if (!target_is_jobs(target) && n >= 0)
		(void)printf("%" PRId64 " job%s ", n, one ? "" : "s");
	if (field_time(answer, "until", &online->when) == USEC_INFINITY)
		(void)printf("paused until %s resumed\n", one ? "it is" : "they are");
	else
		(void)printf("paused until %s, %s\n",
			     field_format_time(answer, "until", &online->when, until),
			     field_format_relative(answer, "until", &online->when, left));
}

static int send_wish(struct online *online, void *ctx)
{
	const struct wish *wish = ctx;
	_cleanup_(cleanup_value) json_t *body = json_object();
	char text[TIMES_TEXT_SIZE];
	usec_t until;
	int r = body ? 0 : -1;

	if (wish->until && when_time(&online->when, "--until", wish->until, &until) < 0)
		return CTL_USAGE;
	if (wish->until && until <= online->when.now) {
		(void)ctl_fail("--until: '%s' is past", wish->until);
		return CTL_USAGE;
	}
	if (r == 0 && wish->until)
		r = json_object_set_new(
			body, "until",
			json_string(times_format_rfc3339(until, online->when.zone, text)));
	if (r == 0 && wish->span)
		r = json_object_set_new(body, "for", value_text(wish->span));
	if (r == 0 && wish->reason)
		r = json_object_set_new(body, "reason", value_text(wish->reason));
	return target_send(&wish->target, online, "pause", r == 0 ? body : NULL, say_paused);
}

int pause_run(struct ctl *ctl, struct ctl_args *args)
{
	struct wish wish = {.span = NULL};
	int status = read_wish(args, &wish);

	return status == CTL_OK ? online_do(ctl, send_wish, &wish) : status;
}
