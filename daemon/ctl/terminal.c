/* See terminal.h. */
#include "ctl/terminal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What a terminal has that does not say. */
#define USUAL_WIDTH 80

bool terminal_has_color(void)
{
	const char *refused = getenv("NO_COLOR");
	const char *kind = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(refused && refused[0]) && kind &&
	       strcmp(kind, "dumb") != 0;
}

unsigned terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {0};

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (columns && columns[0] >= '1' && columns[0] <= '9') {
		char *end;
		unsigned long n = strtoul(columns, &end, 10);

		if (*end == '\0' && n <= USHRT_MAX)
			return (unsigned)n;
	}
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return USUAL_WIDTH;
}

bool terminal_shows_progress(void)
{
	return isatty(STDERR_FILENO);
}

bool terminal_has_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *locale = getenv(names[i]);

		if (locale && locale[0])
			return strcasestr(locale, "utf-8") || strcasestr(locale, "utf8");
	}
	return false;
}
