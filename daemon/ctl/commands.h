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
int check_health_run(struct ctl *ctl, struct ctl_args *args);
int events_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option history_options[];
int history_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option kill_options[];
int kill_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option list_options[];
int list_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option logs_options[];
int logs_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option pause_options[];
int pause_run(struct ctl *ctl, struct ctl_args *args);
int reload_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option resume_options[];
int resume_run(struct ctl *ctl, struct ctl_args *args);
extern const struct ctl_option run_options[];
int run_run(struct ctl *ctl, struct ctl_args *args);
int show_run(struct ctl *ctl, struct ctl_args *args);
int status_run(struct ctl *ctl, struct ctl_args *args);
int stop_run(struct ctl *ctl, struct ctl_args *args);
int why_run(struct ctl *ctl, struct ctl_args *args);
