/* Where the output of everyctl goes. Asks the environment and the kernel; one thread. */
#pragma once

#include <stdbool.h>

/* Does standard output want colours? It is a terminal that has some (TERM), and nobody has said
   NO_COLOR (https://no-color.org). */
bool terminal_has_color(void);

/* Its columns: COLUMNS, or what the terminal says, or 80; 0: it is no terminal. */
unsigned terminal_width(void);

/* Is standard error a terminal? */
bool terminal_shows_progress(void);

/* Does the locale have UTF-8, as LC_ALL, LC_CTYPE or LANG say? */
bool terminal_has_utf8(void);
