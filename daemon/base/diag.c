/* See diag.h. */
#include "base/diag.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void diags_init(struct diags *diags)
{
	*diags = (struct diags){0};
}

void diags_done(struct diags *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		free(diags->items[i].file);
		free(diags->items[i].text);
	}
	free(diags->items);
	diags_init(diags);
}

static bool reserve(struct diags *diags)
{
	struct diag *items;
	size_t capacity = diags->capacity ? diags->capacity * 2 : 16;

	if (diags->count >= DIAGS_KEPT)
		return false;
	if (diags->count < diags->capacity)
		return true;
	items = reallocarray(diags->items, capacity, sizeof(*items));
	if (!items)
		return false;
	diags->items = items;
	diags->capacity = capacity;
	return true;
}

void diags_vadd(struct diags *diags, enum diag_severity severity, const char *file, unsigned line,
		const char *format, va_list ap)
{
	char *file_copy = NULL;
	char *text;

	if (severity == DIAG_ERROR)
		diags->errors++;
	else
		diags->warnings++;

	if (!reserve(diags))
		return;
	if (file && !(file_copy = strdup(file)))
		return;
	if (vasprintf(&text, format, ap) < 0) {
		free(file_copy);
		return;
	}
	diags->items[diags->count++] = (struct diag){
		.severity = severity,
		.file = file_copy,
		.line = line,
		.text = text,
	};
}

void diags_add(struct diags *diags, enum diag_severity severity, const char *file, unsigned line,
	       const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	diags_vadd(diags, severity, file, line, format, ap);
	va_end(ap);
}

static bool same_file(const struct diag *a, const struct diag *b)
{
	if (!a->file || !b->file)
		return a->file == b->file;
	return strcmp(a->file, b->file) == 0;
}

/* At most DIAGS_KEPT items: insertion keeps it stable without another array. */
void diags_sort(struct diags *diags)
{
	for (size_t i = 1; i < diags->count; i++) {
		struct diag item = diags->items[i];
		size_t last = i;
		size_t at;

		while (last > 0 && !same_file(&diags->items[last - 1], &item))
			last--;
		if (last == 0)
			continue;
		at = last;
		while (at > 0 && same_file(&diags->items[at - 1], &item) &&
		       diags->items[at - 1].line > item.line)
			at--;
		memmove(&diags->items[at + 1], &diags->items[at], (i - at) * sizeof(item));
		diags->items[at] = item;
	}
}

char *diag_format(const struct diag *diag)
{
	const char *kind = diag->severity == DIAG_WARNING ? "warning: " : "";
	_cleanup_free_ char *text = NULL;
	char *shown;
	int n;

	if (diag->file && diag->line)
		n = asprintf(&text, "%s:%u: %s%s", diag->file, diag->line, kind, diag->text);
	else if (diag->file)
		n = asprintf(&text, "%s: %s%s", diag->file, kind, diag->text);
	else
		n = asprintf(&text, "%s%s", kind, diag->text);
	if (n < 0) {
		text = NULL;
		return NULL;
	}
	shown = malloc(TEXT_GROWTH * (size_t)n + 1);
	if (shown)
		(void)text_sanitize(shown, text, (size_t)n);
	return shown;
}

void diags_print(const struct diags *diags, bool warnings, FILE *file)
{
	size_t more = diags->errors + (warnings ? diags->warnings : 0);

	for (size_t i = 0; i < diags->count; i++) {
		_cleanup_free_ char *text = NULL;

		if (!warnings && diags->items[i].severity == DIAG_WARNING)
			continue;
		text = diag_format(&diags->items[i]);
		(void)fprintf(file, "%s\n", text ? text : "a problem, and no memory to say it");
		more--;
	}
	if (more > 0)
		(void)fprintf(file, "and %zu more\n", more);
}
