/* The commands of everyctl, a file each: their options and what they do, see struct ctl_command. */
#pragma once

#include "ctl/ctl.h"

extern const struct ctl_option check_options[];
int check_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option exec_options[];
int exec_run(struct ctl *ctl, struct ctl_args *args);
int help_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option import_options[];
int import_run(struct ctl *ctl, struct ctl_args *args);
int names_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option next_options[];
int next_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option explain_options[];
int explain_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option simulate_options[];
int simulate_run(struct ctl *ctl, struct ctl_args *args);
