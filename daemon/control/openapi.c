/* The description of what the server answers, which is itself an answer. */
#include "control/openapi.h"

#include "control/handlers.h"

#include <stdint.h>

/* As it was when this file was compiled: the Makefile knows. */
__asm__(".pushsection .rodata\n"
	".globl openapi_text\n"
	"openapi_text:\n"
	".incbin \"conf/everyd-openapi.json\"\n"
	".globl openapi_text_end\n"
	"openapi_text_end:\n"
	".popsection\n");

extern const char openapi_text_end[];

size_t openapi_size(void)
{
	return (size_t)((uintptr_t)openapi_text_end - (uintptr_t)openapi_text);
}

void handle_openapi(struct exchange *exchange)
{
	exchange_reply_text(exchange, STATUS_OK, "application/json", openapi_text, openapi_size());
}
