/* See outcome.h. */
#include "ctl/outcome.h"

#include "ctl/field.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What an exit status can be. */
#define STATUS_MAX 255

/* It was not the command that ended: "exec: No such file or directory". */
static int explain_problem(const json_t *run, const char *problem,
			   char text[static OUTCOME_TEXT_SIZE])
{
	const char *stage = field_text(run, "stage");

	(void)snprintf(text, OUTCOME_TEXT_SIZE, "could not be started: %.200s", problem);
	if (!stage || strcmp(stage, "exec") != 0)
		return EXEC_FAILED;
	return field_integer(run, "errno", 0) == ENOENT ? EXEC_NOT_FOUND : EXEC_NO_PROGRAM;
}

static int explain_signal(const json_t *run, int signal, char text[static OUTCOME_TEXT_SIZE])
{
	const char *name = sigabbrev_np(signal);
	const char *because = field_text(run, "because");

	(void)snprintf(text, OUTCOME_TEXT_SIZE, "killed by %s%s%s%.160s", name ? "SIG" : "a signal",
		       name ? name : "", because ? ": " : "", because ? because : "");
	return EXEC_SIGNALLED + signal;
}

static int explain_verdict(const json_t *run, const char *verdict,
			   char text[static OUTCOME_TEXT_SIZE])
{
	const char *reason = field_text(run, "reason");
	const char *because = field_text(run, "because");

	(void)snprintf(text, OUTCOME_TEXT_SIZE, "%.40s%s%.160s", verdict, because ? ": " : "",
		       because ? because : "");
	if (strcmp(verdict, "timeout") == 0)
		return EXEC_TIMEOUT;
	return reason && strcmp(reason, "condition") == 0 ? EXEC_UNWANTED : EXEC_FAILED;
}

int outcome_status(const json_t *run, char text[static OUTCOME_TEXT_SIZE])
{
	const char *verdict = field_text(run, "verdict");
	int64_t exit = field_integer(run, "exit", -1);
	int64_t signal = field_integer(run, "signal", 0);
	const char *problem = field_text(run, "problem");

	text[0] = '\0';
	if (!verdict) {
		(void)snprintf(text, OUTCOME_TEXT_SIZE, "what came of it is not known");
		return EXEC_FAILED;
	}
	/* success_exit may take another status than 0 for success. */
	if (strcmp(verdict, "ok") == 0)
		return exit > 0 && exit <= STATUS_MAX ? (int)exit : 0;
	if (strcmp(verdict, "failed") != 0 && strcmp(verdict, "killed") != 0)
		return explain_verdict(run, verdict, text);
	if (signal > 0 && signal < STATUS_MAX - EXEC_SIGNALLED)
		return explain_signal(run, (int)signal, text);
	if (problem)
		return explain_problem(run, problem, text);
	if (strcmp(verdict, "failed") == 0 && exit > 0 && exit <= STATUS_MAX)
		return (int)exit;
	return explain_verdict(run, verdict, text);
}
