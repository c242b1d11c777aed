/* Processes that a tree is made of, and what is found of them. */
#pragma once

#include "exec/tree.h"

#include "base/cleanup.h"
#include "cgroup_fixture.h"
#include "fault.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Longer than it can take. */
#define PATIENCE_MS 60000

/* Of a run whose strays are not looked for. */
static char *const no_marks[] = {NULL};

static inline void begin(struct tree *tree, pid_t leader)
{
	tree_init(tree);
	tree_begin(tree, leader, NULL, no_marks, NULL);
}

/* Until it is killed; not for ever, should the test fail. */
static inline _Noreturn void stay(void)
{
	alarm(2 * PATIENCE_MS / 1000);
	for (;;)
		pause();
}

static inline void await_members(const struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		struct pollfd pollfd = {.fd = tree->members[i].pidfd, .events = POLLIN};

		assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
	}
}

static inline int become_reaper(void **state)
{
	(void)state;
	return prctl(PR_SET_CHILD_SUBREAPER, 1);
}
