/* conf/everyd-openapi.json, as part of the program. */
#pragma once

#include <stddef.h>

/* Without a NUL at its end. */
extern const char openapi_text[];

size_t openapi_size(void);
