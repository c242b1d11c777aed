/* See path.h. */
#include "config/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int path_default(char **ret_path)
{
	const char *given = getenv("CONFIGURATION_DIRECTORY");
	const char *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	char *path = NULL;
	int n;

	if (given && given[0] == '/')
		n = asprintf(&path, "%.*s/everyd.conf", (int)strcspn(given, ":"), given);
	else if (geteuid() == 0)
		n = asprintf(&path, "%s/everyd/everyd.conf", EVERYD_SYSCONFDIR);
	else if (xdg && xdg[0] == '/')
		n = asprintf(&path, "%s/everyd/everyd.conf", xdg);
	else if (home && home[0] == '/')
		n = asprintf(&path, "%s/.config/everyd/everyd.conf", home);
	else
		return -ENOENT;
	if (n < 0)
		return -ENOMEM;
	*ret_path = path;
	return 0;
}

int path_state(const char *configured, char *path, size_t size, bool *ret_own)
{
	const char *state = getenv("STATE_DIRECTORY");
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	bool own = false;
	int n;

	if (configured) {
		n = snprintf(path, size, "%s", configured);
	} else if (state && state[0] == '/') {
		n = snprintf(path, size, "%.*s", (int)strcspn(state, ":"), state);
	} else if (geteuid() == 0) {
		n = snprintf(path, size, "/var/lib/everyd");
	} else {
		own = true;
		if (xdg && xdg[0] == '/')
			n = snprintf(path, size, "%s/everyd", xdg);
		else if (home && home[0] == '/')
			n = snprintf(path, size, "%s/.local/state/everyd", home);
		else
			return -ENOENT;
	}
	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	*ret_own = own;
	return 0;
}
