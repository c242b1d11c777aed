/* What crontabs become: each line of theirs, what cannot be carried over, and that it is always a
   configuration. */
#include "import_fixture.h"

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

/* Where a crontab begins in what is made. */
#define HEAD "\n# --- tab\n\n"

/* Crontabs of games, without users in the lines; root's anacrontabs; and those of the system. */
static const struct {
	enum crontab_format format;
	const char *text;
	const char *made; /* behind the head */
	const char *problems;
} tables[] = {
	{CRONTAB_USER, "", "", ""},
	/* Comments and blank lines stay where they are. */
	{CRONTAB_USER, "# a\n\n\t# b \\\n@daily x\n\n@hourly y\n@weekly z\n#c",
	 "# a\n\n\t# b \\\n"
	 "job \"x\" {\n\tcron    = '@daily'\n\tcommand = 'x'\n\tuser    = 'games'\n"
	 "\tmailto  = 'games'\n}\n\n"
	 "job \"y\" {\n\tcron    = '@hourly'\n\tcommand = 'y'\n\tuser    = 'games'\n"
	 "\tmailto  = 'games'\n}\n\n"
	 "job \"z\" {\n\tcron    = '@weekly'\n\tcommand = 'z'\n\tuser    = 'games'\n"
	 "\tmailto  = 'games'\n}\n\n#c\n",
	 ""},
	/* Variables hold from their line on, until they are set again. */
	{CRONTAB_USER, "@daily a\nFOO=1\n@daily b\nFOO=2\nBAR='x y'\n@daily c\n",
	 "job \"a\" {\n\tcron    = '@daily'\n\tcommand = 'a'\n\tuser    = 'games'\n"
	 "\tmailto  = 'games'\n}\n\n"
	 "# FOO=1\n"
	 "job \"b\" {\n\tcron        = '@daily'\n\tcommand     = 'b'\n\tuser        = 'games'\n"
	 "\tenvironment = {'PATH=/usr/bin:/bin', 'FOO=1'}\n\tmailto      = 'games'\n}\n\n"
	 "# FOO=2\n# BAR='x y'\n"
	 "job \"c\" {\n\tcron        = '@daily'\n\tcommand     = 'c'\n\tuser        = 'games'\n"
	 "\tenvironment = {'PATH=/usr/bin:/bin', 'FOO=2', 'BAR=x y'}\n"
	 "\tmailto      = 'games'\n}\n",
	 ""},
	/* Those that mean something to cron. LOGNAME and USER cannot be set. */
	{CRONTAB_USER,
	 "SHELL=/bin/bash\nPATH=/opt\nHOME=/srv\nLOGNAME=x\nUSER=x\nCRON_TZ=Europe/Berlin\n"
	 "TZ=UTC\nRANDOM_DELAY=6\n@daily a\n",
	 "# SHELL=/bin/bash\n# PATH=/opt\n# HOME=/srv\n# LOGNAME=x\n# USER=x\n"
	 "# CRON_TZ=Europe/Berlin\n# TZ=UTC\n# RANDOM_DELAY=6\n"
	 "job \"a\" {\n\tcron        = '@daily'\n\ttimezone    = 'Europe/Berlin'\n"
	 "\tsplay       = \"6m\"\n\tcommand     = 'a'\n\tshell       = '/bin/bash'\n"
	 "\tuser        = 'games'\n\tworkdir     = '/srv'\n"
	 "\tenvironment = {'PATH=/opt', 'HOME=/srv', 'TZ=UTC'}\n\tmailto      = 'games'\n}\n",
	 ""},
	/* Mail: to whom it is said, to nobody, to several, to the user by a variable. */
	{CRONTAB_SYSTEM, "MAILTO=ops@example.org\n@daily root a\n",
	 "# MAILTO=ops@example.org\n"
	 "job \"a\" {\n\tcron    = '@daily'\n\tcommand = 'a'\n\tuser    = 'root'\n"
	 "\tmailto  = 'ops@example.org'\n}\n",
	 ""},
	{CRONTAB_SYSTEM, "MAILTO=\"\"\n@daily root a\n",
	 "# MAILTO=\"\"\n"
	 "job \"a\" {\n\tcron    = '@daily'\n\tcommand = 'a'\n\tuser    = 'root'\n"
	 "\tmailto  = {}\n}\n",
	 ""},
	{CRONTAB_SYSTEM, "MAILTO=\"a@x.org, $USER+cron@x.org,${LOGNAME}\"\n@daily games a\n",
	 "# MAILTO=\"a@x.org, $USER+cron@x.org,${LOGNAME}\"\n"
	 "job \"a\" {\n\tcron    = '@daily'\n\tcommand = 'a'\n\tuser    = 'games'\n"
	 "\tmailto  = {'a@x.org', 'games+cron@x.org', 'games'}\n}\n",
	 ""},
	{CRONTAB_SYSTEM, "MAILTO=|evil,a@x.org\nMAILFROM=b@x.org\n@daily root a\n",
	 "# NOT IMPORTED: MAILTO: this is not a mail address that everyd takes\n"
	 "# MAILTO=|evil,a@x.org\n"
	 "# NOT IMPORTED: MAILFROM: all mails come from one address, which is mail_from at the top "
	 "of everyd.conf\n"
	 "# MAILFROM=b@x.org\n"
	 "job \"a\" {\n\tcron    = '@daily'\n\tcommand = 'a'\n\tuser    = 'root'\n"
	 "\tmailto  = 'a@x.org'\n}\n",
	 "tab:1: MAILTO: this is not a mail address that everyd takes\n"
	 "tab:2: MAILFROM: all mails come from one address, which is mail_from at the top of "
	 "everyd.conf\n"},
	/* The flags of other crons. */
	{CRONTAB_SYSTEM, "@daily root -n -s a\n",
	 "job \"a\" {\n\tcron        = '@daily'\n\tcommand     = 'a'\n\tuser        = 'root'\n"
	 "\tmailto      = 'root'\n\tmail_when   = 'failure'\n\tnotify_when = 'always'\n"
	 "\toverlap     = 'skip'\n}\n",
	 ""},
	/* Without anybody to mail to, when is no question. */
	{CRONTAB_SYSTEM, "MAILTO=\n@daily root -n a\n",
	 "# MAILTO=\n"
	 "job \"a\" {\n\tcron    = '@daily'\n\tcommand = 'a'\n\tuser    = 'root'\n"
	 "\tmailto  = {}\n}\n",
	 ""},
	/* Input is a here-document of the whole command. */
	{CRONTAB_SYSTEM, "@daily root cat; cat # x%a%END%b\n",
	 "job \"cat\" {\n\tcron    = '@daily'\n\tcommand = 'exec <<\\'END_\\'\na\nEND\nb\nEND_\n"
	 "cat; cat # x'\n\tuser    = 'root'\n\tmailto  = 'root'\n}\n",
	 ""},
	{CRONTAB_SYSTEM, "SHELL=/usr/bin/fish\n@daily root cat%a\n",
	 "# SHELL=/usr/bin/fish\n"
	 "# NOT IMPORTED: everyd gives a command no input, and its shell is none that could take "
	 "it "
	 "from a here-document\n"
	 "#   @daily root cat%a\n",
	 "tab:2: everyd gives a command no input, and its shell is none that could take it from a "
	 "here-document\n"},
	/* Names are made of commands, and each is given once. */
	{CRONTAB_SYSTEM, "@daily root /bin/a 1\n@daily root cd /x && a 2\n",
	 "job \"a\" {\n\tcron    = '@daily'\n\tcommand = '/bin/a 1'\n\tuser    = 'root'\n"
	 "\tmailto  = 'root'\n}\n\n"
	 "job \"a-2\" {\n\tcron    = '@daily'\n\tcommand = 'cd /x && a 2'\n\tuser    = 'root'\n"
	 "\tmailto  = 'root'\n}\n",
	 ""},
	/* What is wrong stays as a comment. */
	{CRONTAB_SYSTEM, "61 * * * * root a\nfoo\n0 0 31 2 * root a\n@often root a\n",
	 "# NOT IMPORTED: 61 * * * *: minute \"61\" is not from 0 to 59\n#   61 * * * * root a\n\n"
	 "# NOT IMPORTED: it begins with neither a minute nor NAME=value\n#   foo\n"
	 "# NOT IMPORTED: 0 0 31 2 *: ",
	 NULL},
	{CRONTAB_SYSTEM, "@daily no-such-user-here a\n",
	 "# NOT IMPORTED: there is no such user\n#   @daily no-such-user-here a\n",
	 "tab:1: there is no such user\n"},
	{CRONTAB_SYSTEM, "CRON_TZ=Mars/Olympus\n@daily root a\nCRON_TZ=\n@daily root b\n", NULL,
	 NULL},
	{CRONTAB_SYSTEM, "EVERYD_X=1\nA-B=1\nSHELL=bash\nHOME=~\nRANDOM_DELAY=x\nMLS_LEVEL=x\n",
	 "# NOT IMPORTED: EVERYD_X: variables that begin with EVERYD_ are everyd's own\n"
	 "# EVERYD_X=1\n"
	 "# NOT IMPORTED: A-B: this is not the name of a variable\n# A-B=1\n"
	 "# NOT IMPORTED: SHELL: this is not an absolute path; the jobs get /bin/sh\n"
	 "# SHELL=bash\n"
	 "# NOT IMPORTED: HOME: this is not an absolute path; the jobs run in their user's home\n"
	 "# HOME=~\n"
	 "# NOT IMPORTED: RANDOM_DELAY: this is not a number of minutes\n# RANDOM_DELAY=x\n"
	 "# NOT IMPORTED: MLS_LEVEL: everyd knows no SELinux levels\n# MLS_LEVEL=x\n",
	 NULL},
	{CRONTAB_SYSTEM, "CONTENT_TYPE=text/html\n",
	 "# Note: CONTENT_TYPE: everyd's mails are UTF-8\n# CONTENT_TYPE=text/html\n",
	 "tab:1: warning: CONTENT_TYPE: everyd's mails are UTF-8\n"},
	{CRONTAB_USER, "@daily root a\n@daily roots a\n",
	 "# Note: if \"root\" is no command but a user, say --system\n"
	 "job \"root\" {\n",
	 NULL},
	/* What came from another system, or was cut off. */
	{CRONTAB_SYSTEM, "# a\r\n@daily root a\r\n@daily root b",
	 "# a\n"
	 "job \"a\" {\n\tcron    = '@daily'\n\tcommand = 'a'\n\tuser    = 'root'\n"
	 "\tmailto  = 'root'\n}\n\n"
	 "job \"b\" {\n\tcron    = '@daily'\n\tcommand = 'b'\n\tuser    = 'root'\n"
	 "\tmailto  = 'root'\n}\n"
	 "# Note: cron(8) may not have run this line, as nothing ends it\n",
	 "tab:3: warning: cron(8) may not have run this line, as nothing ends it\n"},
	/* Nothing gets out of its quotes or its comment. */
	{CRONTAB_SYSTEM,
	 "A='} job x {\n# a\rjob \"x\" {\n@daily root a'} job \"x\" { every = '1s\n",
	 "# NOT IMPORTED: it begins with neither a minute nor NAME=value\n#   A='} job x {\n"
	 "# a\\x0djob \"x\" {\n"
	 "job \"a\" {\n\tcron    = '@daily'\n\tcommand = 'a\\'} job \"x\" { every = \\'1s'\n"
	 "\tuser    = 'root'\n\tmailto  = 'root'\n}\n",
	 NULL},

	/* anacron: always with /bin/sh, in /, by root; what was missed is made up for. */
	{CRONTAB_ANACRON,
	 "SHELL=/bin/bash\nPATH=/opt\nMAILTO=ops@x.org\nRANDOM_DELAY=45\nSTART_HOURS_RANGE=3-22\n"
	 "1 5 back.up cp a\\\nb\n",
	 "# SHELL=/bin/bash\n# PATH=/opt\n# MAILTO=ops@x.org\n# RANDOM_DELAY=45\n"
	 "# START_HOURS_RANGE=3-22\n"
	 "job \"back.up\" {\n\tcron            = '5 3 * * *'\n\tsplay           = \"45m\"\n"
	 "\tcommand         = 'cp a b'\n\tuser            = 'root'\n"
	 "\tworkdir         = '/'\n"
	 "\tenvironment     = {'SHELL=/bin/bash', 'PATH=/opt'}\n"
	 "\tmailto          = 'ops@x.org'\n\tcatch_up        = 'last'\n"
	 "\tcatch_up_window = 'infinity'\n}\n",
	 ""},
	{CRONTAB_ANACRON, "NO_MAIL_OUTPUT=1\n3 0 x y\n",
	 "# NO_MAIL_OUTPUT=1\n"
	 "# Note: a period of 3 days is counted in UTC\n"
	 "job \"x\" {\n\tevery           = '3d'\n\toffset          = '7h30m'\n"
	 "\tcommand         = 'y'\n\tuser            = 'root'\n\tworkdir         = '/'\n"
	 "\tmailto          = {}\n\tcatch_up        = 'last'\n"
	 "\tcatch_up_window = 'infinity'\n}\n",
	 "tab:2: warning: a period of 3 days is counted in UTC\n"},
	{CRONTAB_ANACRON, "0 0 x y\n@often 0 x y\n36526 0 x y\nSTART_HOURS_RANGE=22-3\n",
	 "# NOT IMPORTED: 0: this is not a period\n#   0 0 x y\n\n"
	 "# NOT IMPORTED: @often: this is not a period\n#   @often 0 x y\n\n"
	 "# NOT IMPORTED: 36526: this is not a period\n#   36526 0 x y\n\n"
	 "# NOT IMPORTED: START_HOURS_RANGE: these are not hours, as in \"3-22\"\n"
	 "# START_HOURS_RANGE=22-3\n",
	 NULL},
};

static void show_and_fail(const char *text, const char *expected, const char *got)
{
	/* In parts: one message has a bound. */
	print_error("for:\n%s\n", text);
	print_error("expected:\n%s\n", expected);
	print_error("got:\n%s\n", got);
	fail();
}

static void lines_become_jobs(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
		const char *owner = tables[i].format == CRONTAB_ANACRON ? "root" : "games";
		char *problems = NULL;
		char *made = fixture_import(tables[i].format, owner, tables[i].text, &problems);
		const char *behind = strstr(made, HEAD);
		size_t len = tables[i].made ? strlen(tables[i].made) : 0;

		assert_non_null(behind);
		behind += strlen(HEAD);
		/* Where problems are not given, others say the rest. */
		if (tables[i].problems)
			len++;
		if (tables[i].made && strncmp(behind, tables[i].made, len) != 0)
			show_and_fail(tables[i].text, tables[i].made, behind);
		if (tables[i].problems && strcmp(problems, tables[i].problems) != 0)
			show_and_fail(tables[i].text, tables[i].problems, problems);
		model_unref(fixture_model(*state, made));
		free(made);
		free(problems);
	}
}

/* Jobs whose time nobody knows are not run at another one. */
static void unknown_zones_stop_their_jobs(void **state)
{
	char *problems = NULL;
	char *made = fixture_import(
		CRONTAB_USER, "root",
		"CRON_TZ=Mars/Olympus\n@daily a\n@reboot r\nCRON_TZ=\n@daily b\n", &problems);
	struct model *model = fixture_model(*state, made);

	assert_null(model_find_job(model, "a"));
	assert_non_null(model_find_job(model, "r"));
	assert_non_null(model_find_job(model, "b"));
	assert_non_null(strstr(problems, "tab:1: CRON_TZ: "));
	assert_non_null(strstr(problems, "tab:2: its time zone is not known\n"));
	model_unref(model);
	free(made);
	free(problems);
}

/* --- any bytes --- */

static uint64_t draw(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return *seed >> 33;
}

/* A crontab of pieces that mean something, and of some that mean harm. */
static size_t compose(uint64_t *seed, char *text, size_t size)
{
	static const struct {
		const char *bytes;
		size_t len;
	} pieces[] = {
#define PIECE(literal) {literal, sizeof(literal) - 1}
		PIECE("\n"),
		PIECE("\n\n"),
		PIECE("\r\n"),
		PIECE("* * * * * "),
		PIECE("5 4 * * sun "),
		PIECE("@daily "),
		PIECE("@reboot "),
		PIECE("1 5 id "),
		PIECE("root "),
		PIECE("games "),
		PIECE("MAILTO="),
		PIECE("SHELL="),
		PIECE("CRON_TZ="),
		PIECE("HOME="),
		PIECE("RANDOM_DELAY=9\n"),
		PIECE("PATH="),
		PIECE("FOO="),
		PIECE("/bin/sh"),
		PIECE("UTC"),
		PIECE("a@b.c"),
		PIECE("'"),
		PIECE("\""),
		PIECE("\\"),
		PIECE("%"),
		PIECE("${HOME}"),
		PIECE("} job x {"),
		PIECE("#"),
		PIECE("/*"),
		PIECE("*/"),
		PIECE("//"),
		PIECE("\0"),
		PIECE("\xff"),
		PIECE("\xc3\xbc"),
		PIECE("\x01"),
		PIECE("\t"),
		PIECE(" "),
		PIECE("="),
		PIECE("run-parts /nowhere"),
		PIECE("-n "),
		PIECE("END%END"),
		PIECE("backup"),
		PIECE("{}(),+="),
	};
	static const char *const lines[] = {"\n* * * * * a", "\n@daily root a", "\n1 5 id games a",
					    "\nFOO="};
	size_t len = 0;

	while (len + 40 < size && draw(seed) % 60 != 0) {
		size_t i = draw(seed) % ARRAY_LENGTH(pieces);

		if (draw(seed) % 4 == 0)
			len += (size_t)sprintf(text + len, "%s",
					       lines[draw(seed) % ARRAY_LENGTH(lines)]);
		memcpy(text + len, pieces[i].bytes, pieces[i].len);
		len += pieces[i].len;
	}
	return len;
}

static void any_bytes_become_a_configuration(void **state)
{
	size_t jobs = 0;

	for (uint64_t first = 1; first <= 1500; first++) {
		uint64_t seed = first;
		char text[2000];
		size_t len = compose(&seed, text, sizeof(text));
		char *problems = NULL;
		size_t made_jobs = 0;
		char *made = fixture_import_at("", (enum crontab_format)(first % 3), "root", text,
					       len, &problems, &made_jobs);
		struct model *model = NULL;
		struct diags diags;
		char *path = fixture_path(*state, "main.conf");

		fixture_write(*state, "main.conf", made);
		diags_init(&diags);
		if (config_load(path, "host", &diags, &model) < 0)
			fail_msg("seed %lu: %s", (unsigned long)first,
				 diags.count > 0 ? diags.items[0].text : "");
		/* Nothing was smuggled in, or swallowed. */
		if (model->n_jobs != made_jobs)
			fail_msg("seed %lu: %zu jobs", (unsigned long)first, model->n_jobs);
		jobs += model->n_jobs;
		model_unref(model);
		diags_done(&diags);
		free(path);
		free(made);
		free(problems);
	}
	/* Or it would prove nothing. */
	assert_true(jobs > 5000);
}

/* --- scripts --- */

static void write_script(const struct fixture *fixture, const char *name, mode_t mode)
{
	char *path = fixture_path(fixture, name);

	fixture_write(fixture, name, "#!/bin/sh\n");
	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

static void make_dir(const struct fixture *fixture, const char *name)
{
	char *path = fixture_path(fixture, name);

	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
}

/* A machine with scripts for each day, and one for each week. */
static void make_machine(const struct fixture *fixture)
{
	static const char *const dirs[] = {
		"etc", "etc/cron.daily", "etc/cron.weekly", "etc/cron.hourly", "usr", "usr/sbin"};

	for (size_t i = 0; i < ARRAY_LENGTH(dirs); i++)
		make_dir(fixture, dirs[i]);
	fixture_write(fixture, "etc/debian_version", "12\n");
	write_script(fixture, "etc/cron.daily/0anacron", 0755);
	write_script(fixture, "etc/cron.daily/b", 0755);
	write_script(fixture, "etc/cron.daily/a", 0755);
	write_script(fixture, "etc/cron.daily/c.sh", 0755);
	write_script(fixture, "etc/cron.daily/d", 0644);
	write_script(fixture, "etc/cron.weekly/w", 0755);
}

#define SCRIPTS                                                                                    \
	"17 * * * * root cd / && run-parts --report /etc/cron.hourly\n"                            \
	"25 6 * * * root test -x /usr/sbin/anacron || { cd / && run-parts --report "               \
	"/etc/cron.daily; }\n"                                                                     \
	"47 6 * * 7 root test -x /usr/sbin/anacron || { cd / && run-parts --report "               \
	"/etc/cron.weekly; }\n"

static void scripts_become_jobs(void **state)
{
	const struct fixture *fixture = *state;
	char *problems = NULL;
	struct model *model;
	const struct job *a;
	const struct job *b;
	char *made;

	make_machine(fixture);
	made = fixture_import_at(fixture->dir, CRONTAB_SYSTEM, NULL, SCRIPTS, strlen(SCRIPTS),
				 &problems, NULL);
	model = fixture_model(fixture, made);
	assert_string_equal(problems, "");
	assert_int_equal(model->n_jobs, 3);
	a = model_find_job(model, "cron.daily:a");
	b = model_find_job(model, "cron.daily:b");
	assert_non_null(a);
	assert_non_null(b);
	assert_false(a->command.use_shell);
	assert_string_equal(a->command.args, "/etc/cron.daily/a");
	assert_string_equal(a->settings->workdir, "/");
	assert_string_equal(a->settings->user, "root");
	/* One after the other. */
	assert_non_null(a->settings->group);
	assert_ptr_equal(a->settings->group, b->settings->group);
	assert_int_equal(a->settings->group->limit, 1);
	assert_true(schedule_equal(&a->schedule, &b->schedule));
	/* One alone needs no group. */
	assert_non_null(model_find_job(model, "cron.weekly:w"));
	assert_null(model_find_job(model, "cron.weekly:w")->settings->group);
	/* What is no job is said. */
	assert_non_null(strstr(made, "\n# Not needed any more: 0anacron\n"));
	assert_non_null(strstr(made, "because of its name: c.sh\n"));
	assert_non_null(strstr(made, "which is no program: d\n"));
	assert_non_null(strstr(made, "\n# /etc/cron.hourly is empty.\n"));
	model_unref(model);
	free(made);
	free(problems);
}

/* What anacron does is not done by cron too. */
static void anacron_has_its_scripts(void **state)
{
	static const char anacrontab[] = "1 5 cron.daily nice run-parts /etc/cron.daily\n"
					 "7 10 cron.weekly run-parts /etc/cron.nowhere\n";
	const struct fixture *fixture = *state;
	char *problems = NULL;
	struct model *model;
	const struct job *job;
	char *made;

	make_machine(fixture);
	write_script(fixture, "usr/sbin/anacron", 0755);
	made = fixture_import_at(fixture->dir, CRONTAB_SYSTEM, NULL, SCRIPTS, strlen(SCRIPTS),
				 &problems, NULL);
	model = fixture_model(fixture, made);
	assert_int_equal(model->n_jobs, 0);
	assert_string_equal(problems, "");
	model_unref(model);
	free(made);
	free(problems);

	made = fixture_import_at(fixture->dir, CRONTAB_ANACRON, "root", anacrontab,
				 strlen(anacrontab), &problems, NULL);
	model = fixture_model(fixture, made);
	assert_int_equal(model->n_jobs, 2);
	job = model_find_job(model, "cron.daily:b");
	assert_non_null(job);
	assert_true(job->settings->nice.set);
	assert_int_equal(job->settings->nice.value, 10);
	assert_int_equal(job->settings->catch_up, CATCH_UP_LAST);
	assert_int_equal(job->settings->catch_up_window, 0);
	assert_non_null(strstr(problems, "tab:2: cannot read "));
	model_unref(model);
	free(made);
	free(problems);
}

/* The same directory twice is two groups and two names for each. */
static void directories_may_come_again(void **state)
{
	static const char twice[] = "0 1 * * * root run-parts /etc/cron.daily\n"
				    "0 2 * * * root run-parts /etc/cron.daily\n";
	const struct fixture *fixture = *state;
	char *problems = NULL;
	struct model *model;
	char *made;

	make_machine(fixture);
	made = fixture_import_at(fixture->dir, CRONTAB_SYSTEM, NULL, twice, strlen(twice),
				 &problems, NULL);
	model = fixture_model(fixture, made);
	assert_int_equal(model->n_jobs, 4);
	assert_int_equal(model->n_groups, 2);
	model_unref(model);
	free(made);
	free(problems);
}

/* Debian's cron differs, and has no notion of some variables. */
static void debian_has_its_own_rules(void **state)
{
	static const struct {
		enum crontab_format format;
		const char *text;
		const char *problems;
	} cases[] = {
		{CRONTAB_USER, "@daily a\n", ""},
		{CRONTAB_USER, "CRON_TZ=UTC\n@daily a\nCRON_TZ=\nRANDOM_DELAY=0\n", /* as it is */
		 "tab:1: warning: CRON_TZ: the jobs go by it, but Debian's cron knows nothing of "
		 "it\n"},
		{CRONTAB_SYSTEM, "RANDOM_DELAY=5\n@daily root a\n",
		 "tab:1: warning: RANDOM_DELAY: the jobs go by it, but Debian's cron knows nothing "
		 "of it\n"},
		{CRONTAB_ANACRON, "START_HOURS_RANGE=3-22\n1 5 a a\n",
		 "tab:1: warning: START_HOURS_RANGE: the jobs go by it, but Debian's anacron knows "
		 "nothing of it\n"},
		{CRONTAB_USER, "@daily a\n@hourly b",
		 "tab:2: warning: nothing ends this line: Debian's cron passes over all of a "
		 "crontab that ends so\n"},
		{CRONTAB_ANACRON, "1 5 a a",
		 "tab:1: warning: cron(8) may not have run this line, as nothing ends it\n"},
		{CRONTAB_USER, "@daily a\n25 what\nnor this\n",
		 "tab:2: the second field is no hour\n"
		 "tab:3: it begins with neither a minute nor NAME=value\n"
		 "tab:2: warning: Debian's cron passes over all of a crontab with an error in it, "
		 "and may have run none of these jobs\n"},
		{CRONTAB_ANACRON, "1 5 a a\nwhat\n",
		 "tab:2: write a period in days, a delay in minutes, a name and a command, as in "
		 "\"7 10 weekly backup\"\n"},
	};
	const struct fixture *fixture = *state;

	make_dir(fixture, "etc");
	fixture_write(fixture, "etc/debian_version", "12\n");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char *problems = NULL;
		char *made = fixture_import_at(fixture->dir, cases[i].format, "root", cases[i].text,
					       strlen(cases[i].text), &problems, NULL);

		assert_string_equal(problems, cases[i].problems);
		model_unref(fixture_model(fixture, made));
		free(made);
		free(problems);
	}
}

/* That lines may begin with a user is said once. */
static void a_system_crontab_is_suspected(void **state)
{
	char *problems = NULL;
	char *made =
		fixture_import(CRONTAB_USER, "root", "@daily root a\n@hourly root b\n", &problems);

	(void)state;
	assert_string_equal(problems, "tab:1: warning: if \"root\" is no command but a user, say "
				      "--system\n");
	free(made);
	free(problems);
}

/* What lines say does not add up without end, nor what is said of them. */
static void what_is_made_has_a_bound(void **state)
{
	static const struct {
		const char *first; /* followed by `fill` bytes */
		size_t fill;
		const char *line; /* so many times */
		size_t n;
	} cases[] = {
		{"A=", 100000, "@daily a\n", 2000},
		{"# ", 0, "x\n", 2000000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct import_source source = {CRONTAB_USER, "tab", "root"};
		struct import import;
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);

		assert_non_null(out);
		(void)fprintf(out, "%s%0*d\n", cases[i].first, (int)cases[i].fill, 0);
		for (size_t n = 0; n < cases[i].n; n++)
			(void)fputs(cases[i].line, out);
		assert_int_equal(fclose(out), 0);
		assert_int_equal(import_init(&import, ""), 0);
		assert_int_equal(import_tab(&import, &source, text, len), -EFBIG);
		import_done(&import);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(lines_become_jobs),
		WITH_FILES(unknown_zones_stop_their_jobs),
		WITH_FILES(any_bytes_become_a_configuration),
		WITH_FILES(scripts_become_jobs),
		WITH_FILES(anacron_has_its_scripts),
		WITH_FILES(directories_may_come_again),
		WITH_FILES(debian_has_its_own_rules),
		cmocka_unit_test(a_system_crontab_is_suspected),
		cmocka_unit_test(what_is_made_has_a_bound),
	};

	return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
