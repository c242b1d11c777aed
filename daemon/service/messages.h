/*
 * The ids of messages (MESSAGE_ID, systemd.journal-fields(7)), by which `journalctl MESSAGE_ID=`
 * finds them and the catalog (conf/everyd.catalog) explains them. An id is for ever: what a message
 * is about does not change.
 */
#pragma once

#include "base/log.h"

struct message_info {
	const char *name; /* as in everyd(8) */
	const char *id;   /* 32 hexadecimal digits */
};

/* The row of a message but LOG_MESSAGE_NONE. Any thread. */
const struct message_info *message_info(enum log_message message);
