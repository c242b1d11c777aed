/* A directory of configuration files for a test, and what config_load() says about them. */
#pragma once

#include "base/diag.h"
#include "config/config.h"
#include "config/dump.h"
#include "config/place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char dir[64];
};

static int fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	(void)umask(022);
	strcpy(fixture->dir, "/tmp/everyd-test-config-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	*state = fixture;
	return 0;
}

static int fixture_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(nftw(fixture->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(fixture);
	return 0;
}

/* The path of a name in the directory; the caller's to free. */
static inline char *fixture_path(const struct fixture *fixture, const char *name)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", fixture->dir, name) > 0);
	return path;
}

static inline void fixture_write_bytes(const struct fixture *fixture, const char *name,
				       const void *bytes, size_t len)
{
	char *path = fixture_path(fixture, name);
	FILE *f;

	(void)unlink(path); /* it may be of a mode that cannot be written */
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	free(path);
}

static inline void fixture_write(const struct fixture *fixture, const char *name, const char *text)
{
	fixture_write_bytes(fixture, name, text, strlen(text));
}

/* Adds text to a string without the directory's name in it. */
static inline void fixture_append(const struct fixture *fixture, char **all, const char *text)
{
	size_t dir = strlen(fixture->dir) + 1;
	size_t used = *all ? strlen(*all) : 0;

	*all = realloc(*all, used + strlen(text) + 2);
	assert_non_null(*all);
	while (*text) {
		if (!strncmp(text, fixture->dir, dir - 1) && text[dir - 1] == '/')
			text += dir;
		else
			(*all)[used++] = *text++;
	}
	(*all)[used++] = '\n';
	(*all)[used] = '\0';
}

/* What is written of the model, without the comments, which have places; the caller's to free. */
static inline char *fixture_dump(const struct model *model)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char *to;

	assert_non_null(out);
	assert_int_equal(config_dump(model, NULL, 0, out), 0);
	assert_int_equal(fclose(out), 0);
	to = text;
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n") + 1;

		if (*line != '#') {
			memmove(to, line, len);
			to += len;
		}
		line += len;
	}
	*to = '\0';
	return text;
}

/* What is written of a model is one that equals it, and is written in the same way. */
static inline void fixture_reread(const struct fixture *fixture, const struct model *model)
{
	char *path = fixture_path(fixture, "reread");
	char *text = fixture_dump(model);
	struct model *again = NULL;
	struct diags diags;
	char *text_again;

	fixture_write(fixture, "reread", text);
	diags_init(&diags);
	if (config_load(path, "host", &diags, &again) < 0)
		fail_msg("%s\n%s", diags.count > 0 ? diags.items[0].text : "", text);
	assert_int_equal(again->n_jobs, model->n_jobs);
	for (size_t i = 0; i < model->n_jobs; i++) {
		assert_string_equal(again->jobs[i].name, model->jobs[i].name);
		if (!job_equal(&again->jobs[i], &model->jobs[i]))
			fail_msg("%s is another one\n%s", model->jobs[i].name, text);
	}
	text_again = fixture_dump(again);
	assert_string_equal(text, text_again);
	assert_int_equal(unlink(path), 0);
	model_unref(again);
	diags_done(&diags);
	free(text_again);
	free(text);
	free(path);
}

/* More jobs than this would take long to read again. */
#define FIXTURE_REREAD_MAX 5000

/*
 * Loads the file of that name. Returns the diagnostics, a line each, paths without the directory;
 * the caller's to free. *ret_model is NULL after a failure.
 */
static inline char *fixture_load(const struct fixture *fixture, const char *name,
				 struct model **ret_model)
{
	char *path = fixture_path(fixture, name);
	struct model *model = NULL;
	struct diags diags;
	char *all = strdup("");
	int r;

	diags_init(&diags);
	r = config_load(path, "host", &diags, &model);
	for (size_t i = 0; i < diags.count; i++) {
		char *text = diag_format(&diags.items[i]);

		assert_non_null(text);
		fixture_append(fixture, &all, text);
		free(text);
	}
	assert_int_equal(r, diags.errors ? -EINVAL : 0);
	assert_true(!model == (r < 0));
	if (model && model->n_jobs <= FIXTURE_REREAD_MAX)
		fixture_reread(fixture, model);
	diags_done(&diags);
	free(path);
	if (ret_model)
		*ret_model = model;
	else
		model_unref(model);
	return all;
}

/* Loads main.conf with that text; the diagnostics must be those. */
static inline void fixture_expect(const struct fixture *fixture, const char *text,
				  const char *expected)
{
	char *got;

	fixture_write(fixture, "main.conf", text);
	got = fixture_load(fixture, "main.conf", NULL);
	if (strcmp(got, expected) != 0) {
		/* In parts: one message has a bound. */
		print_error("for:\n%s\n", text);
		print_error("expected:\n%s\n", expected);
		print_error("got:\n%s\n", got);
		fail();
	}
	free(got);
}

/* Loads main.conf with that text, which must be good and without warnings. */
static inline struct model *fixture_model(const struct fixture *fixture, const char *text)
{
	struct model *model;
	char *got;

	fixture_write(fixture, "main.conf", text);
	got = fixture_load(fixture, "main.conf", &model);
	assert_string_equal(got, "");
	assert_non_null(model);
	free(got);
	return model;
}
