/* What is printed on standard output while a test looks. Fixture. */
#pragma once

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct capture {
	int saved;
	int file;
	char text[65536];
};

static inline void capture_begin(struct capture *capture)
{
	(void)fflush(stdout);
	capture->saved = dup(STDOUT_FILENO);
	capture->file = memfd_create("capture", MFD_CLOEXEC);
	assert(capture->saved >= 0 && capture->file >= 0);
	assert(dup2(capture->file, STDOUT_FILENO) >= 0);
}

/* What it was. */
static inline const char *capture_end(struct capture *capture)
{
	ssize_t n;

	(void)fflush(stdout);
	clearerr(stdout);
	assert(dup2(capture->saved, STDOUT_FILENO) >= 0);
	n = pread(capture->file, capture->text, sizeof(capture->text) - 1, 0);
	assert(n >= 0);
	capture->text[n] = '\0';
	close(capture->saved);
	close(capture->file);
	return capture->text;
}
