/*
 * What the values of options mean, from the text in a file to what the model has. What is wrong
 * with them is for the caller to say, who knows where they stand. Pure; any thread.
 *
 * All return 0; -EINVAL for what is no such value; or -ERANGE for one that is too large to be kept.
 */
#pragma once

#include "base/cleanup.h"
#include "core/model.h"

#include <stdbool.h>
#include <stdint.h>

/* CPUs are counted from 0 to this - 1: the most that Linux can be built for. */
#define VALUE_CPUS_MAX 8192

/* Room for a set of them. */
struct value_cpus {
	unsigned long words[VALUE_CPUS_MAX / (8 * sizeof(unsigned long))];
};

/* A whole number, maybe with a sign. */
int value_integer(const char *text, int64_t *ret_number) _must_check_;

/* A whole number, maybe with K, M, G or T behind it: times 1024, 1024^2, ... */
int value_size(const char *text, int64_t *ret_bytes) _must_check_;

/* A number with at most `places` decimals, and `suffix` behind it; times 10^places. */
int value_decimal(const char *text, unsigned places, const char *suffix,
		  int64_t *ret_number) _must_check_;

/* Up to four octal digits, at most 0777. */
int value_mode(const char *text, int64_t *ret_mode) _must_check_;

/* yes, true, on; no, false, off. */
int value_flag(const char *text, int64_t *ret_flag) _must_check_;

/* A signal: TERM, SIGTERM, 15, RTMIN+3, RTMAX-1. */
int value_signal(const char *text, int64_t *ret_signal) _must_check_;

/* idle, best-effort, realtime, the latter two maybe with a level ":0" to ":7"; as ioprio_set(2)
   takes it. */
int value_ionice(const char *text, int64_t *ret_ioprio) _must_check_;

/* CPUs as in "0-3,5". *ret_mask points into *ret_cpus. */
int value_cpus(const char *text, struct value_cpus *ret_cpus,
	       struct cpu_mask *ret_mask) _must_check_;

/*
 * A resource limit as in systemd.exec(5): "NOFILE=1024:4096", "LimitCORE=infinity". With -EINVAL
 * *ret_problem says what is wrong, in words that follow it in quotes.
 */
int value_rlimit(const char *text, struct job_rlimit *ret_rlimit,
		 const char **ret_problem) _must_check_;

/* The most different ones that there are. */
#define VALUE_RLIMITS_MAX 16

/* Room for what the following write: the other way round, as the canonical text that the functions
   above read back. They return buf. */
#define VALUE_TEXT_SIZE 80
const char *value_format_size(int64_t bytes, char buf[static VALUE_TEXT_SIZE]);
const char *value_format_signal(int signal, char buf[static VALUE_TEXT_SIZE]);
const char *value_format_ionice(int ioprio, char buf[static VALUE_TEXT_SIZE]);
const char *value_format_rlimit(const struct job_rlimit *rlimit, char buf[static VALUE_TEXT_SIZE]);

/* Adds an exit status from `min` to 255 to a set; or, if `words`, "timeout", "signal" or "start".
 */
int value_outcome(const char *text, unsigned min, bool words, struct outcome_set *set) _must_check_;

/* The pattern of a path: does something stand behind each "%" that it can be replaced by? With
   -EINVAL *ret_bad is the first "%" that has not. */
int value_pattern(const char *text, const char **ret_bad) _must_check_;
