/*
 * Holds: whatever a crontab has in it, what is made of it is a configuration that everyd takes,
 * with as many jobs as were imported.
 *
 * The input: a byte for the format, then the crontab.
 */
#include "ctl/crontab.h"
#include "config/config.h"
#include "core/model.h"
#include "ctl/import.h"
#include "fuzz.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Lines are as they are said to be. */
static void check_lines(enum crontab_format format, bool debian, const char *text, size_t size)
{
	struct crontab_line line;
	struct crontab crontab;
	unsigned last = 0;
	int r;

	crontab_init(&crontab, format, debian, text, size);
	while ((r = crontab_next(&crontab, &line)) > 0) {
		holds(line.number > last);
		last = line.number;
		holds((line.kind == CRONTAB_BAD) == (line.problem != NULL));
		holds((line.kind == CRONTAB_VARIABLE) == (line.name && line.value));
		if (line.kind != CRONTAB_JOB)
			continue;
		holds(line.when[0] && line.command[0]);
		holds((format == CRONTAB_SYSTEM) == (line.user != NULL));
		holds((format == CRONTAB_ANACRON) == (line.id != NULL));
		holds(!line.input || line.input[strlen(line.input) - 1] == '\n');
	}
	holds(r == 0 && crontab.at == size);
	crontab_done(&crontab);
}

/* Reads what was made from a file in memory that only this process could have written. */
static void check_config(const struct import *import)
{
	_cleanup_(cleanup_model) struct model *model = NULL;
	_cleanup_close_ int fd = memfd_create("config", MFD_CLOEXEC);
	struct diags diags;
	char path[40];
	int r;

	holds(fd >= 0 && fchmod(fd, 0600) == 0);
	holds(write(fd, import->text, import->len) == (ssize_t)import->len);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	diags_init(&diags);
	r = config_load(path, "host", &diags, &model);
	if (r < 0)
		(void)fprintf(stderr, "%s\n%.*s\n", diags.count > 0 ? diags.items[0].text : "",
			      (int)import->len, import->text);
	holds(r == 0);
	holds(model->n_jobs == import->jobs);
	diags_done(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum crontab_format format = fuzz_number(&data, &size, 1) % 3;
	const char *text = (const char *)data;
	const struct import_source source = {format, "tab", "root"};
	struct import import;

	check_lines(format, false, text, size);
	check_lines(format, true, text, size);
	holds(import_init(&import, "") == 0);
	holds(import_tab(&import, &source, text, size) == 0);
	holds(import_finish(&import) == 0);
	check_config(&import);
	import_done(&import);
	return 0;
}
