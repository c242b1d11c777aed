/*
 * What lives of the daemon before this one left undone: which of their processes still run, and
 * what becomes of occurrences whose job is not configured any more. For the loop's thread.
 */
#pragma once

struct daemon;
struct model;

/* Completes daemon->past before the engine sees it, and accounts for what is none of its business.
 */
void restore_prepare(struct daemon *daemon, const struct model *model);
