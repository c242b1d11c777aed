/* Every option: what is good, what is not and what is said then; the table and the manual agree. */
#include "config_fixture.h"

#include "config/convert.h"
#include "config/options.h"

#include <pwd.h>
#include <sys/wait.h>

/* What stands where a JOB is not the point: a job with these options is good. */
#define J "every = \"1h\" command = 'x' "

struct case_ {
	const char *text;
	const char *expected; /* NULL: good, and nothing is said */
};

#define JOB   "main.conf:1: job \"x\": "
#define UNITS " is not a duration; use numbers with units us ms s m h d w, as in \"1h30m\"\n"
#define FIELDS                                                                                     \
	": has 1 field, not five (minute, hour, day of the month, month, weekday) or six "         \
	"(seconds first)\n"
#define NAME_RULE                                                                                  \
	"must be 1 to 200 of A-Z a-z 0-9 _ . @ : + - and begin with neither \"-\" nor \".\"\n"
#define LISTEN " is not an address and a port, as in \"127.0.0.1:9100\" or \"[::1]:9100\"\n"
#define N50    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
#define N200   N50 N50 N50 N50

#define WARN "main.conf:1: warning: job \"x\": "
#define SIZES                                                                                      \
	" is not a size; write a whole number of bytes, maybe with K, M, G or T behind it, as in " \
	"\"64K\""
#define PATHS " is not an absolute path, nor one in the user's home, as in \"~/x\"\n"

static const struct case_ cases[] = {
	/* the top level */
	{"", NULL},
	{"workers = 1", NULL},
	{"workers = \"4096\"", NULL},
	{"workers = 0", "main.conf:1: workers: \"0\" is not a whole number from 1 to 4096\n"},
	{"workers = 4097", "main.conf:1: workers: \"4097\" is not a whole number from 1 to 4096\n"},
	{"workers = 99999999999999999999",
	 "main.conf:1: workers: \"99999999999999999999\" is not a whole number from 1 to 4096\n"},
	{"workers = -1", "main.conf:1: workers: \"-1\" is not a whole number from 1 to 4096\n"},
	{"workers = 1x", "main.conf:1: workers: \"1x\" is not a whole number from 1 to 4096\n"},
	{"workers = ''", "main.conf:1: workers: \"\" is not a whole number from 1 to 4096\n"},
	{"workers = {1, 2}", "main.conf:1: workers: it takes one value, not a list\n"},
	{"workers = {}", "main.conf:1: workers: it takes one value, not a list\n"},
	{"queue = 0", NULL},
	{"queue = 1000000", NULL},
	{"queue = 1000001",
	 "main.conf:1: queue: \"1000001\" is not a whole number from 0 to 1000000\n"},
	{"stop_timeout = 0", NULL},
	{"stop_timeout = \"5 m\"", NULL},
	{"stop_timeout = 5", "main.conf:1: stop_timeout: \"5\"" UNITS},
	{"stop_timeout = 36526d",
	 "main.conf:1: stop_timeout: \"36526d\" is too long; the most is \"5217w6d\"\n"},
	{"include_dir = ''", "main.conf:1: include_dir: it is empty; write a directory whose "
			     "*.conf files are read too\n"},
	{"include('')", "main.conf:1: include: it is empty; write another file to read\n"},

	/* the ledger */
	{"state_dir = /srv/everyd", NULL},
	{"state_dir = 'some where'", NULL},
	{"state_dir = ''",
	 "main.conf:1: state_dir: it is empty; write the directory of the ledger\n"},
	{"state_dir = {a, b}", "main.conf:1: state_dir: it takes one value, not a list\n"},
	{"state_dir = {}", "main.conf:1: state_dir: it takes one value, not a list\n"},
	{"status_listen = '127.0.0.1:9100'", NULL},
	{"status_listen = '0.0.0.0:1'", NULL},
	{"status_listen = '[::]:65535'", NULL},
	{"status_listen = '[fe80::1]:9100'", NULL},
	{"status_listen = ''", "main.conf:1: status_listen: \"\"" LISTEN},
	{"status_listen = '9100'", "main.conf:1: status_listen: \"9100\"" LISTEN},
	{"status_listen = ':9100'", "main.conf:1: status_listen: \":9100\"" LISTEN},
	{"status_listen = 'localhost:9100'",
	 "main.conf:1: status_listen: \"localhost:9100\"" LISTEN},
	{"status_listen = '127.0.0.1:0'", "main.conf:1: status_listen: \"127.0.0.1:0\"" LISTEN},
	{"status_listen = '127.0.0.1:65536'",
	 "main.conf:1: status_listen: \"127.0.0.1:65536\"" LISTEN},
	{"status_listen = '127.0.0.1:'", "main.conf:1: status_listen: \"127.0.0.1:\"" LISTEN},
	{"status_listen = '127.0.0.1: 80'", "main.conf:1: status_listen: \"127.0.0.1: 80\"" LISTEN},
	{"status_listen = '::1:9100'", "main.conf:1: status_listen: \"::1:9100\"" LISTEN},
	{"status_listen = '[127.0.0.1]:9100'",
	 "main.conf:1: status_listen: \"[127.0.0.1]:9100\"" LISTEN},
	{"metrics_jobs = 0", NULL},
	{"metrics_jobs = 10000", NULL},
	{"metrics_jobs = 10001",
	 "main.conf:1: metrics_jobs: \"10001\" is not a whole number from 0 to 10000\n"},
	{"metrics_textfile = everyd.prom", NULL},
	{"metrics_textfile = ''", "main.conf:1: metrics_textfile: it is empty; write the file that "
				  "metrics are written to\n"},
	{"durability = process", NULL},
	{"durability = power", NULL},
	{"durability = none", NULL},
	{"durability = disk",
	 "main.conf:1: durability: \"disk\" is not one of \"process\", \"power\", \"none\"\n"},
	{"history_keep = 1m history_runs = 1", NULL},
	{"history_keep = 36525d history_runs = 1000000000", NULL},
	{"history_keep = infinity history_runs = infinity", NULL},
	{"history_keep = 59s",
	 "main.conf:1: history_keep: \"59s\" is too short; the least is \"1m\"\n"},
	{"history_keep = 0",
	 "main.conf:1: history_keep: \"0\" is too short; the least is \"1m\"\n"},
	{"history_keep = 36526d", "main.conf:1: history_keep: \"36526d\" is too long; the most is "
				  "\"5217w6d\", or infinity\n"},
	{"history_keep = ever",
	 "main.conf:1: history_keep: \"ever\" is not a duration; use numbers with units us ms s m "
	 "h d w, as in \"1h30m\", or infinity\n"},
	{"history_runs = 0", "main.conf:1: history_runs: \"0\" is not a whole number from 1 to "
			     "1000000000, or infinity\n"},
	{"durability = none history_keep = 1d\nstate_dir = x\nhistory_runs = 5 workers = 1",
	 "main.conf:1: warning: history_keep: means nothing with durability = \"none\"\n"
	 "main.conf:2: warning: state_dir: means nothing with durability = \"none\"\n"
	 "main.conf:3: warning: history_runs: means nothing with durability = \"none\"\n"},
	{"history_keep = 0 durability = none",
	 "main.conf:1: history_keep: \"0\" is too short; the least is \"1m\"\n"},

	/* catching up */
	{"catch_up_rate = 1", NULL},
	{"catch_up_rate = 100000", NULL},
	{"catch_up_rate = infinity", NULL},
	{"catch_up_rate = 100001 ", "main.conf:1: catch_up_rate: \"100001\" is not a whole number "
				    "from 1 to 100000, or infinity\n"},
	{"catch_up_rate = 0", "main.conf:1: catch_up_rate: \"0\" is not a whole number from 1 to "
			      "100000, or infinity\n"},
	{"job x { catch_up = last " J "}", NULL},
	{"job x { catch_up = all catch_up_window = 1us " J "}", NULL},
	{"job x { catch_up = none " J "}", NULL},
	{"job x { catch_up = yes " J "}",
	 JOB "catch_up: \"yes\" is not one of \"last\", \"all\", \"none\"\n"},
	{"job x { catch_up_window = infinity " J "}", NULL},
	{"job x { catch_up_window = 36525d " J "}", NULL},
	{"job x { catch_up_window = 0 " J "}",
	 JOB "catch_up_window: \"0\" is too short; the least is \"1us\"\n"},
	{"job x { catch_up_window = none " J "}",
	 JOB "catch_up_window: \"none\" is not a duration; use numbers with units us ms s m h d w, "
	     "as in \"1h30m\", or infinity\n"},
	{"job x { catch_up = none catch_up_window = 1h " J "}",
	 WARN "catch_up_window: means nothing with catch_up = \"none\"\n"},
	{"defaults { catch_up = none } job x { catch_up_window = 1h " J "}",
	 WARN "catch_up_window: means nothing with catch_up = \"none\"\n"},
	{"defaults { catch_up_window = 1h } job x { catch_up = none " J "}", NULL},
	{"job x { timeout = infinity " J "}", JOB "timeout: \"infinity\"" UNITS},

	/* every */
	{"job x { every = 100ms command = x }", NULL},
	{"job x { every = 36525d command = x }", NULL},
	{"job x { every = \"1h30m\" command = x }", NULL},
	{"job x { every = 99ms command = x }",
	 JOB "every: \"99ms\" is too short; the least is \"100ms\"\n"},
	{"job x { every = 0 command = x }",
	 JOB "every: \"0\" is too short; the least is \"100ms\"\n"},
	{"job x { every = 36526d command = x }",
	 JOB "every: \"36526d\" is too long; the most is \"5217w6d\"\n"},
	{"job x { every = 99999999999999999999d command = x }",
	 JOB "every: \"99999999999999999999d\" is too long; the most is \"5217w6d\"\n"},
	{"job x { every = 15x command = x }", JOB "every: \"15x\"" UNITS},
	{"job x { every = -5s command = x }", JOB "every: \"-5s\"" UNITS},
	{"job x { every = '' command = x }", JOB "every: \"\"" UNITS},

	/* one schedule, and what goes with it */
	{"job x { command = x }", JOB "it has no schedule; give it every, cron, after or on\n"},
	{"job x { every = 1h cron = '@daily' command = x }",
	 JOB "cron: the job has every already; give it one of every, cron, after and on\n"},
	{"job x { on = start\nafter = 1h cron = '@daily' command = x }",
	 "main.conf:1: job \"x\": on: the job has cron already; give it one of every, cron, after "
	 "and on\n"
	 "main.conf:2: job \"x\": after: the job has cron already; give it one of every, cron, "
	 "after and on\n"},
	/* Of one that is wrong it is known that it was meant. */
	{"job x { cron = nonsense after = 1h command = x }",
	 JOB "cron: \"nonsense\"" FIELDS JOB
	     "after: the job has cron already; give it one of every, cron, after and on\n"},
	{"job x { after = 1h offset = 5m command = x }", JOB "offset: it goes with every only\n"},
	{"job x { every = 1h timezone = UTC command = x }",
	 JOB "timezone: it goes with cron only\n"},
	{"job x { on = start dst_gap = skip dst_overlap = both command = x }",
	 JOB "dst_gap: it goes with cron only\n" JOB "dst_overlap: it goes with cron only\n"},
	{"job x { dst_gap = skip command = x }",
	 JOB "it has no schedule; give it every, cron, after or on\n"},
	{"defaults { timezone = UTC dst_gap = skip dst_overlap = both } job x { " J "}", NULL},

	/* cron */
	{"job x { cron = '30 7 * * mon-fri' command = x }", NULL},
	{"job x { cron = '0 30 7 * * mon-fri' command = x }", NULL},
	{"job x { cron = {'30 7 * * *', '@hourly'} command = x }", NULL},
	{"job x { cron = '~ 0-6 * * *' splay = 1h command = x }", NULL},
	{"job x { cron = {} command = x }",
	 JOB "cron: the list is empty; write times of the calendar, as in cron = \"30 7 * * "
	     "mon-fri\"\n"},
	{"job x { cron = {'@daily', '0 0 31 2 *', nonsense} command = x }",
	 JOB "cron: \"0 0 31 2 *\": is never due: there is no 31 February\n" JOB
	     "cron: \"nonsense\"" FIELDS},
	{"defaults { cron = '@daily' }",
	 "main.conf:1: defaults: \"cron\" does not belong here; it stands in a job\n"},

	/* timezone, dst_gap, dst_overlap */
	{"job x { cron = '@daily' timezone = UTC command = x }", NULL},
	{"job x { cron = '@daily' timezone = Europe/Berlin command = x }", NULL},
	{"job x { cron = '@daily' timezone = local command = x }", NULL},
	{"job x { cron = '@daily' timezone = '' command = x }",
	 JOB "timezone: it is empty; write the time zone of cron, as in timezone = "
	     "\"Europe/Berlin\"\n"},
	{"job x { cron = '@daily' timezone = {UTC} command = x }",
	 JOB "timezone: it takes one value, not a list\n"},
	{"job x { cron = '@daily' timezone = Europe/Belrin command = x }",
	 JOB "timezone: \"Europe/Belrin\": there is no such time zone; did you mean "
	     "\"Europe/Berlin\"?\n"},
	{"job x { cron = '@daily' timezone = /etc/localtime command = x }",
	 JOB "timezone: \"/etc/localtime\": that is not the name of a time zone, as in "
	     "\"Europe/Berlin\"; they are neither absolute nor have dots in them\n"},
	{"defaults {\ntimezone = Berlin\n}",
	 "main.conf:2: defaults: timezone: \"Berlin\": there is no such time zone; did you mean "
	 "\"Europe/Berlin\"?\n"},
	{"job x { cron = '@daily' dst_gap = shift dst_overlap = last command = x }", NULL},
	{"job x { cron = '@daily' dst_gap = run command = x }",
	 JOB "dst_gap: \"run\" is not one of \"shift\", \"skip\"\n"},
	{"job x { cron = '@daily' dst_overlap = twice command = x }",
	 JOB "dst_overlap: \"twice\" is not one of \"first\", \"last\", \"both\"\n"},

	/* after */
	{"job x { after = 100ms command = x }", NULL},
	{"job x { after = 36525d splay = 1h command = x }", NULL},
	{"job x { after = 99ms command = x }",
	 JOB "after: \"99ms\" is too short; the least is \"100ms\"\n"},
	{"job x { after = success command = x }", JOB "after: \"success\"" UNITS},
	{"job x { after = 1h expect_within = 1h command = x }",
	 WARN "expect_within: \"1h\" is not longer than after = \"1h\": the job is overdue before "
	      "it can have succeeded again\n"},
	{"job x { after = 1h timeout = 2h command = x }", NULL},
	{"job x { after = 1h catch_up = all command = x }",
	 WARN "catch_up: is as \"last\" here; with after there is one slot to catch up at most\n"},

	/* on */
	{"job x { on = start command = x }", NULL},
	{"job x { on = {start, reload, resume} splay = 1m command = x }", NULL},
	{"job x { on = {start, start} command = x }", NULL},
	{"job x { on = {} command = x }",
	 JOB "on: the list is empty; write what the job is due at, as in on = \"start\"\n"},
	{"job x { on = boot command = x }",
	 JOB "on: \"boot\" is not one of \"start\", \"reload\", \"resume\"\n"},
	{"job x { on = start catch_up = all command = x }",
	 WARN "catch_up: is as \"last\" here; with on there is one slot to catch up at most\n"},
	{"defaults { catch_up = all } job x { on = start command = x }", NULL},

	/* offset */
	{"job x { every = 1h offset = 59m command = x }", NULL},
	{"job x { every = 1h offset = 0 command = x }", NULL},
	{"job x { every = 1h offset = 1h command = x }",
	 JOB "offset: \"1h\" is not less than every = \"1h\"; it shifts the slots within one "
	     "interval\n"},
	{"job x { offset = soon " J "}", JOB "offset: \"soon\"" UNITS},

	/* command */
	{"job x { every = 1h command = 'a | b' }", NULL},
	{"job x { every = 1h command = {a} }", NULL},
	{"job x { every = 1h command = {a, '', 'b c'} }", NULL},
	{"job x { every = 1h command = {a, b,} }", NULL},
	{"job x { every = 1h command = '' }",
	 JOB "command: it is empty; write what the shell is to run\n"},
	{"job x { every = 1h command = ' \n' }",
	 JOB "command: it is empty; write what the shell is to run\n"},
	{"job x { every = 1h command = {} }",
	 JOB "command: the list is empty; write the program and its arguments\n"},
	{"job x { every = 1h command = {'', a} }",
	 JOB "command: the first element is empty; it is the program to run\n"},
	{"job x { every = 1h }",
	 JOB "command: missing; it is what to run, as in command = 'date >> log' or command = "
	     "{\"/bin/date\", \"-u\"}\n"},

	/* splay, timeout, kill_grace */
	{"job x { splay = 1h " J "}", NULL},
	{"job x { splay = 61m " J "}",
	 "main.conf:1: warning: job \"x\": splay: \"1h1m\" is longer than every = \"1h\": a slot "
	 "may be due after the next one's time\n"},
	{"job x { timeout = 0 " J "}", NULL},
	{"job x { timeout = 59m " J "}", NULL},
	{"job x { timeout = never " J "}", JOB "timeout: \"never\"" UNITS},
	{"job x { timeout = 1h " J "}",
	 "main.conf:1: warning: job \"x\": timeout: \"1h\" is not less than every = \"1h\": a run "
	 "may last until slots after it are skipped\n"},
	{"job x { timeout = 2h overlap = queue " J "}",
	 "main.conf:1: warning: job \"x\": timeout: \"2h\" is not less than every = \"1h\": a run "
	 "may last until slots after it are skipped\n"},
	{"job x { timeout = 2h overlap = replace " J "}", NULL},
	{"job x { timeout = 2h overlap = allow " J "}", NULL},
	{"job x { kill_grace = 0 " J "}", NULL},
	{"job x { kill_grace = 10 " J "}", JOB "kill_grace: \"10\"" UNITS},

	/* overlap and max_running */
	{"job x { overlap = skip " J "}", NULL},
	{"job x { overlap = queue " J "}", NULL},
	{"job x { overlap = replace " J "}", NULL},
	{"job x { overlap = allow " J "}", NULL},
	{"job x { overlap = Skip " J "}",
	 JOB "overlap: \"Skip\" is not one of \"skip\", \"queue\", \"replace\", \"allow\"\n"},
	{"job x { overlap = allow max_running = 1000 " J "}", NULL},
	{"job x { overlap = allow max_running = 1001 " J "}",
	 JOB "max_running: \"1001\" is not a whole number from 1 to 1000\n"},
	{"job x { overlap = allow max_running = 0 " J "}",
	 JOB "max_running: \"0\" is not a whole number from 1 to 1000\n"},
	{"job x { max_running = 2 " J "}",
	 "main.conf:1: warning: job \"x\": max_running: means nothing with overlap = \"skip\"; it "
	 "goes with overlap = \"allow\"\n"},
	{"defaults { max_running = 2 } job x { " J "}", NULL},

	/* leftover and shell */
	{"job x { leftover = kill " J "}", NULL},
	{"job x { leftover = leave " J "}", NULL},
	{"job x { leftover = stay " J "}",
	 JOB "leftover: \"stay\" is not one of \"kill\", \"leave\"\n"},
	{"job x { shell = /bin/bash " J "}", NULL},
	{"job x { shell = bash " J "}",
	 JOB "shell: \"bash\" is not an absolute path; write it as in \"/bin/sh\"\n"},
	{"job x { shell = '' " J "}",
	 JOB "shell: \"\" is not an absolute path; write it as in \"/bin/sh\"\n"},

	/* only_if and hooks */
	{"job x { only_if = 'test -e /x' " J "}", NULL},
	{"job x { only_if = {test, '-e', '/x'} " J "}", NULL},
	{"job x { only_if = {} " J "}", NULL},
	{"job x { only_if = '' " J "}",
	 JOB "only_if: it is empty; write what the shell is to run\n"},
	{"job x { only_if = {''} " J "}",
	 JOB "only_if: the first element is empty; it is the program to run\n"},
	{"job x { on_start = a on_success = b on_failure = c on_recovery = d on_missed = e " J "}",
	 NULL},
	{"job x { on_failure = {a, b} " J "}", NULL},
	{"job x { on_failure = {} " J "}", NULL},
	{"defaults { on_failure = c } job x { on_failure = {} " J "}", NULL},
	{"job x { on_missed = ' ' " J "}",
	 JOB "on_missed: it is empty; write what the shell is to run\n"},
	{"job x { on_failure = {'notify me'} " J "}",
	 WARN "on_failure: the program's name has white space in it; the elements of a list are "
	      "not split, a string would go to the shell\n"},
	{"job x { on_failure = c hook_timeout = 5s " J "}", NULL},
	{"job x { only_if = c hook_timeout = 0 " J "}", NULL},
	{"job x { mailto = root hook_timeout = 5s " J "}", NULL},
	{"job x { hook_timeout = 5s " J "}",
	 WARN "hook_timeout: means nothing without a hook, only_if or mailto\n"},
	{"defaults { hook_timeout = 5s } job x { " J "}", NULL},
	{"defaults { on_failure = c } job x { hook_timeout = 5s " J "}", NULL},

	/* kill_signal */
	{"job x { kill_signal = TERM " J "}", NULL},
	{"job x { kill_signal = SIGINT " J "}", NULL},
	{"job x { kill_signal = 2 " J "}", NULL},
	{"job x { kill_signal = 'SIGRTMIN+3' " J "}", NULL},
	{"job x { kill_signal = term " J "}",
	 JOB "kill_signal: \"term\" is not a signal; write it as in \"TERM\", \"SIGINT\" or "
	     "\"2\"\n"},
	{"job x { kill_signal = {TERM, INT} " J "}",
	 JOB "kill_signal: it takes one value, not a list\n"},

	/* user and group */
	{"job x { user = '' " J "}",
	 JOB "user: it is empty; write the user that the job runs as, by name or number\n"},
	{"job x { user = no-such-user " J "}", JOB "user: there is no user \"no-such-user\"\n"},
	{"job x { user = -root " J "}", JOB "user: there is no user \"-root\"\n"},
	{"job x { user = 4294967296 " J "}", JOB "user: there is no user \"4294967296\"\n"},
	{"job x { group = no-such-group " J "}",
	 JOB "group: there is no group \"no-such-group\"\n"},
	{"job x { group = '' " J "}",
	 JOB "group: it is empty; write the group that the job runs as, by name or number\n"},
	{"defaults { user = no-such-user }",
	 "main.conf:1: defaults: user: there is no user \"no-such-user\"\n"},
	{"job x { user = no-such-user " J "}\njob y { user = no-such-user " J "}\n"
	 "job z { user = nor-this " J "}",
	 JOB "user: there is no user \"no-such-user\"\n"
	     "main.conf:2: job \"y\": user: there is no user \"no-such-user\"\n"
	     "main.conf:3: job \"z\": user: there is no user \"nor-this\"\n"},

	/* environment, environment_file, pass_environment */
	{"job x { environment = 'A=b' " J "}", NULL},
	{"job x { environment = {'A=b', 'B=', '_c1=d = e'} " J "}", NULL},
	{"job x { environment = {} " J "}", NULL},
	{"job x { environment = {A} " J "}",
	 JOB "environment: \"A\" is not a variable and its value, as in \"A=b\"\n"},
	{"job x { environment = '' " J "}",
	 JOB "environment: \"\" is not a variable and its value, as in \"A=b\"\n"},
	{"job x { environment = {'=b', '1A=b', 'A B=c'} " J "}",
	 JOB "environment: \"=b\": the name of a variable has letters, digits and \"_\", and no "
	     "digit first\n" JOB "environment: \"1A=b\": the name of a variable has letters, "
	     "digits and \"_\", and no digit first\n" JOB
	     "environment: \"A B=c\": the name of a variable has letters, digits and \"_\", and "
	     "no digit first\n"},
	{"job x { environment = 'EVERYD_JOB=y' " J "}",
	 JOB "environment: \"EVERYD_JOB=y\": variables that begin with EVERYD_ are everyd's "
	     "own\n"},
	{"job x { environment = 'EVERYDAY=y' " J "}", NULL},
	{"job x { environment = {'A=b', 'AB=c', 'A=d'} " J "}",
	 JOB "environment: \"A=d\": the variable is named a second time\n"},
	{"job x { environment_file = '/etc/x' " J "}", NULL},
	{"job x { environment_file = {'/etc/x', '-/etc/y'} " J "}", NULL},
	{"job x { environment_file = {} " J "}", NULL},
	{"job x { environment_file = {x, '', '-', '~/x'} " J "}",
	 JOB "environment_file: \"x\" is not an absolute path, maybe with a \"-\" in front if the "
	     "file may be missing\n" JOB "environment_file: \"\" is not an absolute path, maybe "
	     "with a \"-\" in front if the file may be missing\n" JOB
	     "environment_file: \"-\" is not an absolute path, maybe with a \"-\" in front if the "
	     "file may be missing\n" JOB "environment_file: \"~/x\" is not an absolute path, "
	     "maybe with a \"-\" in front if the file may be missing\n"},
	{"job x { pass_environment = {LANG, HTTP_PROXY} " J "}", NULL},
	{"job x { pass_environment = LANG " J "}", NULL},
	{"job x { pass_environment = {'A=b', '', LANG, LANG, EVERYD_RUN} " J "}",
	 JOB "pass_environment: \"A=b\" is not just the name of a variable; environment takes "
	     "values too\n" JOB "pass_environment: \"\": the name of a variable has letters, "
	     "digits and \"_\", and no digit first\n" JOB
	     "pass_environment: \"LANG\": the variable is named a second time\n" JOB
	     "pass_environment: \"EVERYD_RUN\": variables that begin with EVERYD_ are everyd's "
	     "own\n"},

	/* workdir, stdin, umask */
	{"job x { workdir = / " J "}", NULL},
	{"job x { workdir = ~ " J "}", NULL},
	{"job x { workdir = '~/a b' " J "}", NULL},
	{"job x { workdir = srv " J "}", JOB "workdir: \"srv\"" PATHS},
	{"job x { workdir = '~bob/x' " J "}", JOB "workdir: \"~bob/x\"" PATHS},
	{"job x { workdir = '' " J "}", JOB "workdir: \"\"" PATHS},
	{"job x { stdin = /dev/zero " J "}", NULL},
	{"job x { stdin = ~/x " J "}", NULL},
	{"job x { stdin = ~ " J "}", JOB "stdin: \"~\"" PATHS},
	{"job x { stdin = x " J "}", JOB "stdin: \"x\"" PATHS},
	{"job x { umask = 0 " J "}", NULL},
	{"job x { umask = 0777 " J "}", NULL},
	{"job x { umask = 27 " J "}", NULL},
	{"job x { umask = 028 " J "}",
	 JOB "umask: \"028\" is not an octal number from 0 to 0777, as in \"027\"\n"},
	{"job x { umask = 1777 " J "}",
	 JOB "umask: \"1777\" is not an octal number from 0 to 0777, as in \"027\"\n"},

	/* what the kernel holds it to */
	{"job x { nice = -20 " J "}", NULL},
	{"job x { nice = '+19' " J "}", NULL},
	{"job x { nice = 20 " J "}", JOB "nice: \"20\" is not a whole number from -20 to 19\n"},
	{"job x { nice = -21 " J "}", JOB "nice: \"-21\" is not a whole number from -20 to 19\n"},
	{"job x { nice = - " J "}", JOB "nice: \"-\" is not a whole number from -20 to 19\n"},
	{"job x { ionice = idle " J "}", NULL},
	{"job x { ionice = 'best-effort:7' " J "}", NULL},
	{"job x { ionice = 'idle:1' " J "}",
	 JOB "ionice: \"idle:1\" is not one of \"idle\", \"best-effort\", \"realtime\", the latter "
	     "two maybe with a level from \":0\" (first) to \":7\" behind\n"},
	{"job x { oom_score_adj = -1000 " J "}", NULL},
	{"job x { oom_score_adj = 1000 " J "}", NULL},
	{"job x { oom_score_adj = 1001 " J "}",
	 JOB "oom_score_adj: \"1001\" is not a whole number from -1000 to 1000\n"},
	{"job x { cpu_affinity = '0-3,5' " J "}", NULL},
	{"job x { cpu_affinity = '3-0' " J "}",
	 JOB "cpu_affinity: \"3-0\" is not a list of CPUs; write numbers and ranges, as in "
	     "\"0-3,5\"\n"},
	{"job x { cpu_affinity = 8192 " J "}",
	 JOB "cpu_affinity: \"8192\": CPUs are counted from 0 to 8191 at most\n"},
	{"job x { limits = 'NOFILE=1024' " J "}", NULL},
	{"job x { limits = {'NOFILE=1024:4096', 'LimitCORE=0', 'CPU=1h'} " J "}", NULL},
	{"job x { limits = {} " J "}", NULL},
	{"job x { limits = {'NOFILE=5:4', 'NOFILES=5', NOFILE, 'AS=1.5G'} " J "}", JOB
	 "limits: \"NOFILE=5:4\": the soft limit is above the hard one\n" JOB
	 "limits: \"NOFILES=5\": there is no such limit; there are AS, CORE, CPU, DATA, FSIZE, "
	 "LOCKS, MEMLOCK, MSGQUEUE, NICE, NOFILE, NPROC, RSS, RTPRIO, RTTIME, SIGPENDING and "
	 "STACK\n" JOB "limits: \"NOFILE\": write a limit as NAME=SOFT or NAME=SOFT:HARD, as in "
	 "\"NOFILE=1024:4096\"\n" JOB
	 "limits: \"AS=1.5G\": a bound of this limit is a number of bytes, maybe with K, M, G "
	 "or T behind it, or infinity\n"},
	{"job x { limits = {'CORE=0', 'LimitCORE=1'} " J "}",
	 JOB "limits: \"LimitCORE=1\": this limit is set a second time\n"},
	{"job x { no_new_privileges = yes " J "}", NULL},
	{"job x { no_new_privileges = off " J "}", NULL},
	{"job x { no_new_privileges = 1 " J "}",
	 JOB "no_new_privileges: \"1\" is neither \"yes\" nor \"no\"\n"},
	{"job x { memory_max = 1M " J "}", NULL},
	{"job x { memory_max = infinity " J "}", NULL},
	{"job x { memory_max = 1048576T " J "}", NULL},
	{"job x { memory_max = 1023K " J "}",
	 JOB "memory_max: \"1023K\" is too little; the least is \"1M\"\n"},
	{"job x { memory_max = 0 " J "}",
	 JOB "memory_max: \"0\" is too little; the least is \"1M\"\n"},
	{"job x { memory_max = 1048577T " J "}",
	 JOB "memory_max: \"1048577T\" is too much; the most is \"1048576T\", or infinity\n"},
	{"job x { memory_max = 99999999999999999999 " J "}",
	 JOB "memory_max: \"99999999999999999999\" is too much; the most is \"1048576T\", or "
	     "infinity\n"},
	{"job x { memory_max = 512m " J "}", JOB "memory_max: \"512m\"" SIZES ", or infinity\n"},
	{"job x { memory_max = -1 " J "}", JOB "memory_max: \"-1\"" SIZES ", or infinity\n"},
	{"job x { cpu_max = 1% " J "}", NULL},
	{"job x { cpu_max = 12.5% " J "}", NULL},
	{"job x { cpu_max = infinity " J "}", NULL},
	{"job x { cpu_max = 0.9% " J "}",
	 JOB "cpu_max: \"0.9%\" is not a share of one CPU from \"1%\" to \"1000000%\", as in "
	     "\"150%\", or infinity\n"},
	{"job x { cpu_max = 50 " J "}",
	 JOB "cpu_max: \"50\" is not a share of one CPU from \"1%\" to \"1000000%\", as in "
	     "\"150%\", or infinity\n"},
	{"job x { tasks_max = 1 " J "}", NULL},
	{"job x { tasks_max = infinity " J "}", NULL},
	{"job x { tasks_max = 0 " J "}",
	 JOB "tasks_max: \"0\" is not a whole number from 1 to 4194304, or infinity\n"},
	{"job x { cpu_weight = 1 " J "}", NULL},
	{"job x { cpu_weight = 10000 " J "}", NULL},
	{"job x { cpu_weight = 0 " J "}",
	 JOB "cpu_weight: \"0\" is not a whole number from 1 to 10000\n"},
	{"job x { cpu_weight = 10001 " J "}",
	 JOB "cpu_weight: \"10001\" is not a whole number from 1 to 10000\n"},
	{"job x { cpu_weight = infinity " J "}",
	 JOB "cpu_weight: \"infinity\" is not a whole number from 1 to 10000\n"},

	/* verdict and retries */
	{"job x { success_exit = {0, 75, 255} " J "}", NULL},
	{"job x { success_exit = 1 " J "}", NULL},
	{"job x { success_exit = {} " J "}", NULL},
	{"job x { success_exit = {256, timeout, ''} " J "}",
	 JOB "success_exit: \"256\" is not an exit status from 0 to 255\n" JOB
	     "success_exit: \"timeout\" is not an exit status from 0 to 255\n" JOB
	     "success_exit: \"\" is not an exit status from 0 to 255\n"},
	{"job x { retries = 1000 retry_delay = 1s retry_backoff = 1.5 retry_max_delay = 1m " J "}",
	 NULL},
	{"job x { retries = 1001 " J "}",
	 JOB "retries: \"1001\" is not a whole number from 0 to 1000\n"},
	{"job x { retries = 3 retry_on = {1, 255, timeout, signal, start} " J "}", NULL},
	{"job x { retries = 3 retry_on = timeout " J "}", NULL},
	{"job x { retries = 3 retry_on = {0, failed} " J "}",
	 JOB "retry_on: \"0\" is not an exit status from 1 to 255, \"timeout\", \"signal\" or "
	     "\"start\"\n" JOB "retry_on: \"failed\" is not an exit status from 1 to 255, "
	     "\"timeout\", \"signal\" or \"start\"\n"},
	{"job x { retries = 3 retry_on = {74, 75} success_exit = {75, 76} " J "}",
	 WARN "retry_on: exit status 75 is a success by success_exit, and not tried again\n"},
	{"job x { retries = 3 retry_backoff = 10.000 " J "}", NULL},
	{"job x { retries = 3 retry_backoff = 0.9 " J "}",
	 JOB "retry_backoff: \"0.9\" is not a number from 1 to 10 with at most three decimals, as "
	     "in \"1.5\"\n"},
	{"job x { retries = 3 retry_backoff = 1.2345 " J "}",
	 JOB "retry_backoff: \"1.2345\" is not a number from 1 to 10 with at most three decimals, "
	     "as in \"1.5\"\n"},
	{"job x { retries = 3 retry_delay = 2h " J "}",
	 WARN "retry_delay: \"2h\" is more than retry_max_delay = \"1h\", which holds\n"},
	{"job x { retries = 3 retry_max_delay = 5s " J "}",
	 WARN "retry_delay: \"10s\" is more than retry_max_delay = \"5s\", which holds\n"},
	{"job x { retry_delay = 1s retry_backoff = 2 retry_max_delay = 2s retry_on = 1 " J "}",
	 WARN "retry_delay: means nothing without retries\n" WARN
	      "retry_backoff: means nothing without retries\n" WARN
	      "retry_max_delay: means nothing without retries\n" WARN
	      "retry_on: means nothing without retries\n"},
	{"defaults { retry_delay = 1s } job x { " J "}", NULL},
	{"defaults { retries = 2 } job x { retry_delay = 1s " J "}", NULL},
	{"job x { retries = 0 retry_delay = 1s " J "}", NULL},

	/* output */
	{"job x { output = log " J "}", NULL},
	{"job x { output = journal " J "}", NULL},
	{"job x { output = stderr " J "}", NULL},
	{"job x { output = discard " J "}", NULL},
	{"job x { output = '/var/log/%j/%Y-%m-%d_%r.log' " J "}", NULL},
	{"job x { output = '~/%j%%.log' " J "}", NULL},
	{"defaults { output = '/var/log/all.log' } job x { " J "}", NULL},
	{"job x { output = syslog " J "}",
	 JOB "output: \"syslog\" is not one of \"log\", \"journal\", \"stderr\", \"discard\", nor "
	     "an absolute path or one in the user's home, as in \"~/%j.log\"\n"},
	{"job x { output = '' " J "}",
	 JOB "output: \"\" is not one of \"log\", \"journal\", \"stderr\", \"discard\", nor an "
	     "absolute path or one in the user's home, as in \"~/%j.log\"\n"},
	{"job x { output = '/var/log/' " J "}",
	 JOB "output: \"/var/log/\" names a directory; write the path of a file\n"},
	{"job x { output = '/var/log/%q' " J "}",
	 JOB "output: \"/var/log/%q\": nothing takes the place of \"%q\"; there are %j (job), %r "
	     "(run), %% (a %) and those of strftime(3) that make no white space\n"},
	{"job x { output = '/var/log/%j%' " J "}",
	 JOB "output: \"/var/log/%j%\": nothing takes the place of \"%\"; there are %j (job), %r "
	     "(run), %% (a %) and those of strftime(3) that make no white space\n"},
	{"job x { output_rate = 0 output_max = 0 output_keep = 0 " J "}", NULL},
	{"job x { output_rate = 1M output_max = 1T output_keep = 16M " J "}", NULL},
	{"job x { output_keep = 17M " J "}",
	 JOB "output_keep: \"17M\" is too much; the most is \"16M\"\n"},
	{"job x { output_max = infinity " J "}", JOB "output_max: \"infinity\"" SIZES "\n"},
	{"job x { output_rate = 1KB " J "}", JOB "output_rate: \"1KB\"" SIZES "\n"},

	/* who is told */
	{"job x { mailto = root notify_after = 3 notify_when = always mail_when = output " J "}",
	 NULL},
	{"job x { mailto = {root, 'a.b+c@example.org'} " J "}", NULL},
	{"job x { mailto = {} " J "}", NULL},
	{"job x { mailto = 'a b@c' " J "}",
	 JOB "mailto: \"a b@c\" is not one mail address; write several as a list, as in {\"root\", "
	     "\"ops@example.org\"}\n"},
	{"job x { mailto = 'a,b' " J "}",
	 JOB "mailto: \"a,b\" is not one mail address; write several as a list, as in {\"root\", "
	     "\"ops@example.org\"}\n"},
	{"job x { mailto = {'-oQ/x', \"a\\nBcc:b\", ''} " J "}",
	 JOB "mailto: \"-oQ/x\" is not a mail address, as in \"root\" or \"ops@example.org\"\n" JOB
	     "mailto: \"a\\x0aBcc:b\" is not a mail address, as in \"root\" or "
	     "\"ops@example.org\"\n" JOB
	     "mailto: \"\" is not a mail address, as in \"root\" or \"ops@example.org\"\n"},
	{"job x { mailto = root mail_when = never " J "}",
	 JOB "mail_when: \"never\" is not one of \"failure\", \"change\", \"output\", "
	     "\"always\"\n"},
	{"job x { on_failure = c mail_when = always " J "}",
	 WARN "mail_when: means nothing without mailto\n"},
	{"job x { mailto = {} mail_when = always " J "}",
	 WARN "mail_when: means nothing without mailto\n"},
	{"defaults { mailto = root } job x { mail_when = always " J "}", NULL},
	{"job x { mailto = '|a' mail_when = always " J "}",
	 JOB "mailto: \"|a\" is not a mail address, as in \"root\" or \"ops@example.org\"\n"},
	{"job x { retries = 1 retry_max_delay = 0 " J "}",
	 JOB "retry_max_delay: \"0\" is too short; the least is \"1us\"\n"},
	{"job x { on_success = c notify_after = 2 notify_when = always " J "}",
	 WARN "notify_after: means nothing without on_failure, on_recovery or mailto\n" WARN
	      "notify_when: means nothing without on_failure, on_recovery or mailto\n"},
	{"job x { on_failure = c notify_after = 0 " J "}",
	 JOB "notify_after: \"0\" is not a whole number from 1 to 1000\n"},
	{"job x { on_failure = c notify_when = once " J "}",
	 JOB "notify_when: \"once\" is not one of \"change\", \"always\"\n"},
	{"sendmail = /usr/bin/msmtp mail_from = 'everyd@example.org'", NULL},
	{"sendmail = msmtp",
	 "main.conf:1: sendmail: \"msmtp\" is not an absolute path; write it as "
	 "in \"/usr/sbin/sendmail\"\n"},
	{"mail_from = 'a@b@c'", "main.conf:1: mail_from: \"a@b@c\" is not a mail address, as in "
				"\"root\" or \"ops@example.org\"\n"},
	{"mail_from = {a, b}", "main.conf:1: mail_from: it takes one value, not a list\n"},

	/* expectations */
	{"job x { expect_within = 25h min_runtime = 1s max_runtime = 10m " J "}", NULL},
	{"job x { expect_within = 1h " J "}",
	 WARN "expect_within: \"1h\" is not longer than every = \"1h\": the job is overdue before "
	      "it can have succeeded again\n"},
	{"job x { expect_within = 59m " J "}",
	 WARN "expect_within: \"59m\" is not longer than every = \"1h\": the job is overdue before "
	      "it can have succeeded again\n"},
	{"defaults { expect_within = 59m } job x { " J "}",
	 WARN "expect_within: \"59m\" is not longer than every = \"1h\": the job is overdue before "
	      "it can have succeeded again\n"},
	{"job x { min_runtime = 2m max_runtime = 1m " J "}",
	 JOB "min_runtime: \"2m\" is more than max_runtime = \"1m\"; no run could take as long as "
	     "is expected\n"},
	{"defaults { min_runtime = 2m max_runtime = 1m }",
	 "main.conf:1: defaults: min_runtime: \"2m\" is more than max_runtime = \"1m\"; no run "
	 "could take as long as is expected\n"},
	{"defaults { max_runtime = 1m } job x { min_runtime = 2m " J "}",
	 JOB "min_runtime: \"2m\" is more than max_runtime = \"1m\"; no run could take as long as "
	     "is expected\n"},
	{"job x { min_runtime = 1m max_runtime = 1m " J "}", NULL},
	{"job x { timeout = 5m max_runtime = 5m " J "}",
	 WARN "max_runtime: \"5m\" is not less than timeout = \"5m\": a run is stopped before it "
	      "can exceed it\n"},
	{"job x { timeout = 5m min_runtime = 6m " J "}",
	 WARN "min_runtime: \"6m\" is not less than timeout = \"5m\": a run is stopped before it "
	      "has taken as long as is expected\n"},
	{"job x { min_runtime = soon " J "}", JOB "min_runtime: \"soon\"" UNITS},

	/* groups */
	{"concurrency_group g { limit = 1 } job x { concurrency_group = g " J "}", NULL},
	{"job x { concurrency_group = g " J "} concurrency_group g { limit = 4096 }", NULL},
	{"concurrency_group g { limit = 1 }",
	 "main.conf:1: warning: concurrency_group \"g\": no job uses it\n"},
	{"concurrency_group g { limit = 0 }",
	 "main.conf:1: concurrency_group \"g\": limit: \"0\" is not a whole number from 1 to "
	 "4096\n"},
	{"concurrency_group g { }",
	 "main.conf:1: concurrency_group \"g\": limit: missing; it is how many runs of the group's "
	 "jobs may go on at the same time\n"},
	{"concurrency_group 'a b' { limit = 1 }",
	 "main.conf:1: concurrency_group \"a b\": the name " NAME_RULE},
	{"job x { concurrency_group = g " J "}",
	 JOB "concurrency_group: there is no such group; write concurrency_group \"g\" { limit = 1 "
	     "}\n"},
	{"defaults { concurrency_group = g }", "main.conf:1: defaults: concurrency_group: there is "
					       "no such group; write concurrency_group "
					       "\"g\" { limit = 1 }\n"},
	{"job x { concurrency_group = 'a b' " J "}",
	 JOB "concurrency_group: \"a b\": a name " NAME_RULE},

	/* names */
	{"job 'a-Z_0.9@b:c+d' { " J "}", NULL},
	{"job " N200 " { " J "}", NULL},
	{"job " N200 "f { " J "}", "main.conf:1: job \"" N200 "...\": the name " NAME_RULE},
	{"job '' { " J "}", "main.conf:1: job \"\": the name " NAME_RULE},
	{"job -x { " J "}", "main.conf:1: job \"-x\": the name " NAME_RULE},
	{"job .x { " J "}", "main.conf:1: job \".x\": the name " NAME_RULE},
	{"job 'a b' { " J "}", "main.conf:1: job \"a b\": the name " NAME_RULE},
	{"job a/b { " J "}", "main.conf:1: job \"a/b\": the name " NAME_RULE},
	{"job 'caf\u00e9' { " J "}", "main.conf:1: job \"caf\u00e9\": the name " NAME_RULE},
	{"job \"\\x1b[2J\" { " J "}", "main.conf:1: job \"\\x1b[2J\": the name " NAME_RULE},
};

static void says_what_is_wrong(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		fixture_expect(*state, cases[i].text, cases[i].expected ? cases[i].expected : "");
}

static void refuses_an_argument_the_kernel_would_refuse(void **state)
{
	const struct fixture *fixture = *state;
	size_t limit = 128 * 1024;
	char *text = malloc(limit + 100);
	char *got;

	assert_non_null(text);
	for (size_t len = limit - 1; len <= limit; len++) {
		int n = sprintf(text, "job x { every = 1h command = '");

		memset(text + n, 'x', len);
		strcpy(text + n + len, "' }");
		fixture_write(fixture, "main.conf", text);
		got = fixture_load(fixture, "main.conf", NULL);
		assert_string_equal(got, len < limit ? ""
						     : JOB
						 "command: longer than the kernel takes, "
						 "which is 131071 bytes for each argument; "
						 "put it into a script\n");
		free(got);
	}
	free(text);
}

static void refuses_what_is_too_long(void **state)
{
	static const struct {
		const char *option;
		const char *begin;
		size_t limit; /* the first length that is too long */
		const char *said;
	} rows[] = {
		{"environment", "A=", 131072,
		 "environment: longer than the kernel takes, which is 131071 bytes\n"},
		{"workdir", "/", 4096, "workdir: longer than a path can be, which is 4095 bytes\n"},
		{"environment_file", "/", 4096,
		 "environment_file: longer than a path can be, which is 4095 bytes\n"},
		{"shell", "/", 4096, "shell: longer than a path can be, which is 4095 bytes\n"},
		{"output", "/", 4096, "output: longer than a path can be, which is 4095 bytes\n"},
	};
	const struct fixture *fixture = *state;
	char *value = malloc(140000);
	char *text = NULL;

	assert_non_null(value);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		for (size_t len = rows[i].limit - 1; len <= rows[i].limit; len++) {
			char *expected = NULL;
			char *got;

			memset(value, 'x', len);
			value[len] = '\0';
			memcpy(value, rows[i].begin, strlen(rows[i].begin));
			assert_true(asprintf(&text, "job x { %s = '%s' " J "}", rows[i].option,
					     value) > 0);
			assert_true(asprintf(&expected, JOB "%s", rows[i].said) > 0);
			fixture_write(fixture, "main.conf", text);
			got = fixture_load(fixture, "main.conf", NULL);
			assert_string_equal(got, len < rows[i].limit ? "" : expected);
			free(got);
			free(text);
			free(expected);
		}
	}
	free(value);
}

static void who_is_there_may_be_named(void **state)
{
	char text[200];
	const struct passwd *user;

	/* Some of them, or the only one there is without root. */
	setpwent();
	for (int i = 0; i < 3; i++) {
		gid_t gid = geteuid() == 0 ? 0 : getegid();

		user = geteuid() == 0 ? getpwent() : getpwuid(geteuid());
		if (!user)
			break;
		(void)snprintf(text, sizeof(text), "job x { user = '%s' group = %u " J "}",
			       user->pw_name, (unsigned)gid);
		fixture_expect(*state, text, "");
		(void)snprintf(text, sizeof(text), "job x { user = %u " J "}",
			       (unsigned)user->pw_uid);
		fixture_expect(*state, text, "");
	}
	endpwent();
}

static void without_root_there_is_only_oneself(void **state)
{
	const struct fixture *fixture = *state;
	pid_t pid;
	int status = -1;

	assert_int_equal(chmod(fixture->dir, 0777), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		bool mine = true;

		/* An assertion of cmocka that fails is not to go on with the next test in here. */
		(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
		if (geteuid() == 0)
			mine = setresgid(65534, 65534, 65534) == 0 &&
			       setresuid(65534, 65534, 65534) == 0;
		if (!mine || !getpwuid(geteuid()))
			_exit(77);
		fixture_expect(
			fixture, "job x { user = root " J "}\njob y { group = 0 " J "}",
			JOB
			"user: everyd is not run by root, so jobs have its own user and cannot "
			"have \"root\"\n"
			"main.conf:2: job \"y\": group: everyd is not run by root, so jobs have "
			"its own group and cannot have \"0\"\n");
		who_is_there_may_be_named(state);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("no user here that is not root\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void every_row_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];

		assert_non_null(option->name);
		assert_non_null(option->doc);
		assert_true(option->where != 0);
		assert_int_equal(option_id(option), i);
		assert_true(!option->choices ==
			    (option->type != OPTION_CHOICE && option->type != OPTION_SET));
		if (option->type == OPTION_INTEGER || option->type == OPTION_DURATION ||
		    option->type == OPTION_SIZE || option->type == OPTION_FACTOR ||
		    option->type == OPTION_SHARE)
			assert_true(option->min < option->max);
		if (option->type <= OPTION_IONICE)
			assert_true(option->store != STORE_NONE);
		/* What is converted has a member of its own. */
		if (option->type != OPTION_FUNCTION && option->type != OPTION_SECTION)
			for (size_t j = 0; j < i; j++)
				assert_false(option->offset == option_table[j].offset &&
					     option_table[j].type != OPTION_FUNCTION &&
					     option_table[j].type != OPTION_SECTION);
		if (option->type == OPTION_SECTION)
			assert_true(option->inside != 0);
		for (size_t j = 0; j < i; j++)
			assert_false(!strcmp(option->name, option_table[j].name) &&
				     (option->where & option_table[j].where));
	}
}

static void every_default_is_a_good_value(void **state)
{
	struct option_values values;
	struct option_set set;

	(void)state;
	option_fallbacks(&values, &set);
	for (size_t i = 0; i < OPTION_COUNT; i++)
		assert_int_equal(option_set_has(&set, (enum option_id)i),
				 option_table[i].fallback != NULL);
}

static void misspelt_names_are_recognized(void **state)
{
	static const struct case_ unknown[] = {
		{"wrokers = 1",
		 "main.conf:1: unknown option \"wrokers\"; did you mean \"workers\"?\n"},
		{"jobs x { }", "main.conf:1: unknown option \"jobs\"; did you mean \"job\"?\n"},
		{"job x { comand = y " J "}",
		 JOB "unknown option \"comand\"; did you mean \"command\"?\n"},
		{"job x { Every = y " J "}",
		 JOB "unknown option \"Every\"; did you mean \"every\"?\n"},
		{"job x { workers = 1 " J "}",
		 JOB "\"workers\" does not belong here; it stands at the top level of the main "
		     "file\n"},
		{"defaults { every = 1s }",
		 "main.conf:1: defaults: \"every\" does not belong here; it stands in a job\n"},
		{"timeout = 1s", "main.conf:1: \"timeout\" does not belong here; it stands in a "
				 "job or in defaults\n"},
		{"limit = 1", "main.conf:1: \"limit\" does not belong here; it stands in a "
			      "concurrency_group\n"},
		{"job x { " J " job y { " J " } }",
		 JOB "\"job\" does not belong here; it stands at the top level of a file (is a "
		     "\"}\" missing above?)\n"},
		{"concurrency_group g { max = 1 limit = 1 }",
		 "main.conf:1: concurrency_group \"g\": unknown option \"max\"; possible here: "
		 "limit\n"},
		{"job x { crno = '@daily' command = y }",
		 JOB "unknown option \"crno\"; did you mean \"cron\"?\n"},
		{"defaults { crontab = root }",
		 "main.conf:1: defaults: unknown option \"crontab\"; everyd.conf(5) has those "
		 "that jobs have\n"},
		{"job x { env = 'A=b' " J "}",
		 JOB "unknown option \"env\"; everyd.conf(5) has those that jobs have\n"},
		{"job x { retrie = 3 " J "}",
		 JOB "unknown option \"retrie\"; did you mean \"retries\"?\n"},
		{"job x { mailto = a sendmail = b " J "}",
		 JOB "\"sendmail\" does not belong here; it stands at the top level of the main "
		     "file\n"},
		{"directory = x",
		 "main.conf:1: unknown option \"directory\"; possible here: workers, queue, "
		 "stop_timeout, state_dir, durability, history_keep, history_runs, catch_up_rate, "
		 "sendmail, mail_from, status_listen, metrics_jobs, metrics_textfile, include_dir, "
		 "include, defaults, job, concurrency_group\n"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(unknown); i++)
		fixture_expect(*state, unknown[i].text, unknown[i].expected);
}

/* The manual has an entry for each option, and where there is a default it stands in it. */
static void the_manual_names_every_option(void **state)
{
	static const char path[] = "man/everyd.conf.5";
	static char manual[256 * 1024];
	FILE *f = fopen(path, "r");
	size_t len;

	(void)state;
	if (!f) {
		print_message("no %s here: to be run from the top of the tree\n", path);
		skip();
	}
	len = fread(manual, 1, sizeof(manual) - 1, f);
	(void)fclose(f);
	manual[len] = '\0';
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];
		char item[100];
		char *at;
		char *end;

		(void)snprintf(item, sizeof(item), "\n.It %s %s ",
			       option->type == OPTION_SECTION || option->type == OPTION_FUNCTION
				       ? "Ic"
				       : "Cm",
			       option->name);
		at = strstr(manual, item);
		if (!at)
			fail_msg("%s has no entry \"%s\"", path, item + 1);
		/* Up to the next one; the values of a choice are items too. */
		for (end = at + 1; (end = strstr(end + 1, "\n.It "));)
			if (!strncmp(end + 5, "Cm ", 3) || !strncmp(end + 5, "Ic ", 3))
				break;
		if (end)
			*end = '\0';
		if (option->fallback) {
			(void)snprintf(item, sizeof(item), "\n.Li %s", option->fallback);
			if (!strstr(at, item))
				fail_msg("%s: %s: its default %s is not told", path, option->name,
					 option->fallback);
		}
		if (end)
			*end = '\n';
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_what_is_wrong, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(refuses_an_argument_the_kernel_would_refuse,
						fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(refuses_what_is_too_long, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(who_is_there_may_be_named, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(without_root_there_is_only_oneself, fixture_setup,
						fixture_teardown),
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(every_default_is_a_good_value),
		cmocka_unit_test_setup_teardown(misspelt_names_are_recognized, fixture_setup,
						fixture_teardown),
		cmocka_unit_test(the_manual_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
