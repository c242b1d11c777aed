/* See text_file.h. */
#include "base/text_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Room at first. */
#define ROOM_FIRST 256

struct text_file {
	char *text;
	size_t len;
	size_t room;
	bool failed; /* what is written from then on is lost */
	char **ret_text;
	size_t *ret_len;
};

/* Room for `more` bytes and a NUL. */
static bool make_room(struct text_file *file, size_t more)
{
	size_t room = file->room;
	char *text;

	if (more >= PTRDIFF_MAX / 2 - file->len)
		return false;
	while (room - file->len <= more)
		room *= 2;
	if (room == file->room)
		return true;
	text = realloc(file->text, room);
	if (!text)
		return false;
	file->text = text;
	file->room = room;
	return true;
}

/* fopencookie(3): 0, and never less, is an error. */
static ssize_t write_text(void *cookie, const char *bytes, size_t len)
{
	struct text_file *file = cookie;

	if (file->failed || !make_room(file, len)) {
		file->failed = true;
		errno = ENOMEM;
		return 0;
	}
	memcpy(file->text + file->len, bytes, len);
	file->len += len;
	return (ssize_t)len;
}

static int close_text(void *cookie)
{
	struct text_file *file = cookie;
	bool failed = file->failed;

	if (failed) {
		free(file->text);
	} else {
		file->text[file->len] = '\0';
		*file->ret_text = file->text;
		*file->ret_len = file->len;
	}
	free(file);
	return failed ? -1 : 0;
}

FILE *text_file_open(char **ret_text, size_t *ret_len)
{
	const cookie_io_functions_t functions = {.write = write_text, .close = close_text};
	struct text_file *file = malloc(sizeof(*file));
	char *text = malloc(ROOM_FIRST);
	FILE *stream = NULL;

	if (file && text) {
		*file = (struct text_file){
			.text = text,
			.room = ROOM_FIRST,
			.ret_text = ret_text,
			.ret_len = ret_len,
		};
		stream = fopencookie(file, "w", functions);
	}
	if (!stream) {
		free(text);
		free(file);
		return NULL;
	}
	*ret_text = NULL;
	*ret_len = 0;
	return stream;
}
