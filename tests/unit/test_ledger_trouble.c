/* What the ledger does when the file cannot be had, and how it says so. */
#include "ledger_fixture.h"

#include <dirent.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

/* --- helpers --- */

static sqlite3 *locked;

/* Another process that writes, and does not come to an end. */
static void lock_file(void)
{
	assert_int_equal(sqlite3_open(file, &locked), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(locked, PATIENCE_MS), SQLITE_OK);
	assert_int_equal(sqlite3_exec(locked, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
}

static void unlock_file(void)
{
	assert_int_equal(sqlite3_exec(locked, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(locked), SQLITE_OK);
}

/* Files in the directory whose names begin so. */
static unsigned count_files(const char *prefix, char ret_path[static 512])
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		n++;
		(void)snprintf(ret_path, 512, "%s/%s", directory, entry->d_name);
	}
	(void)closedir(dir);
	return n;
}

static void scribble(const char *path, long offset, const char *text, size_t len)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, len, offset), len);
	(void)close(fd);
}

static void copy_file(const char *from, const char *to)
{
	char command[300];

	(void)snprintf(command, sizeof(command), "cp %s %s", from, to);
	assert_int_equal(system(command), 0);
}

static bool is_root(void)
{
	return geteuid() == 0;
}

/* A ledger with a past: a job, a run that ended, one that did not. */
static void make_past(void)
{
	open_ledger();
	post_job(1, "job");
	ledger_flush(ledger);
	assert_true(intend(5, 1));
	post_ended(5, 1, VERDICT_OK);
	post_accepted(6, 1);
	ledger_flush(ledger);
	assert_int_equal(close_ledger(), 0);
}

/* The file was set aside, and there is another that works. */
static void assert_set_aside(void)
{
	char path[512];

	take_news();
	assert_string_not_equal(news.set_aside, "");
	assert_non_null(strstr(news.set_aside, ".broken-2"));
	assert_int_equal(access(news.set_aside, F_OK), 0);
	assert_true(count_files("ledger.db.broken-", path) >= 1);
	post_job(1, "again");
	settle();
	assert_string_equal(ask("SELECT name FROM job"), "again\n");
	assert_string_equal(ask("PRAGMA integrity_check"), "ok\n");
}

/* --- locked --- */

static void a_lock_is_trouble_until_it_is_gone(void **state)
{
	uint64_t waiting;
	uint64_t dropped;

	(void)state;
	open_ledger();
	settle();
	lock_file();
	post_job(1, "job");
	ledger_flush(ledger);
	await_trouble("another process has locked it; end that process");
	/* Nobody waits any more, but nothing is lost. */
	assert_false(intend(5, 1));
	assert_false(intend(6, 1));
	take_news();
	assert_int_equal(news.waiting, 3);
	/* No news, but one more. */
	post_job(2, "other");
	ledger_flush(ledger);
	ledger_count(ledger, &waiting, &dropped);
	assert_int_equal(waiting, 4);
	assert_int_equal(dropped, 0);
	unlock_file();
	await_recovery();
	assert_non_null(strstr(news.text, "another process"));
	settle();
	assert_int_equal(news.dropped, 0);
	assert_string_equal(ask("SELECT id, state FROM run ORDER BY id"), "5|started\n6|started\n");
	assert_true(intend(7, 1));
}

static void what_is_begun_in_trouble_is_known_if_it_was_on_record_before(void **state)
{
	const struct past_job *job;

	(void)state;
	open_ledger();
	post_job(1, "job");
	post_accepted(5, 1);
	post_accepted(6, 1);
	settle();
	lock_file();
	post_accepted(7, 1);
	ledger_flush(ledger);
	await_trouble("another process");
	assert_true(intend(5, 1));
	assert_false(intend(7, 1));
	assert_true(ledger_close(steal_ptr(ledger), false, T0, 0) > 0);
	unlock_file();
	life.pid++;
	open_ledger();
	job = past_of("job");
	assert_int_equal(job->n_runs, 2);
	assert_int_equal(job->runs[0].state, PAST_STARTED);
	assert_int_equal(job->runs[1].state, PAST_ACCEPTED);
}

static void a_retry_that_began_in_trouble_is_known_as_begun(void **state)
{
	struct ledger_run second = a_run(5, 1);
	struct ledger_attempt failed = an_end(5, 1, VERDICT_FAILED);

	(void)state;
	open_ledger();
	post_job(1, "job");
	post_accepted(5, 1);
	post_accepted(6, 1);
	settle();
	assert_true(intend(5, 1));
	assert_true(intend(6, 1));
	failed.run.attempt = 1;
	failed.next = failed.run.accepted + USEC_PER_SEC;
	ledger_retry(ledger, &failed);
	failed.run.id = 6;
	ledger_retry(ledger, &failed);
	settle();
	lock_file();
	/* Something has to be written for that to show. */
	post_accepted(7, 1);
	ledger_flush(ledger);
	await_trouble("another process");
	second.attempt = 2;
	assert_false(ledger_intend(ledger, &second, second.accepted + 20, LONG));
	assert_true(ledger_close(steal_ptr(ledger), false, T0, 0) > 0);
	unlock_file();
	life.pid++;
	open_ledger();
	assert_int_equal(past_of("job")->n_runs, 2);
	assert_int_equal(past_of("job")->runs[0].state, PAST_STARTED);
	assert_int_equal(past_of("job")->runs[0].attempt, 2);
	assert_int_equal(past_of("job")->runs[1].state, PAST_BACKOFF);
	assert_int_equal(past_of("job")->runs[1].attempt, 1);
}

static void who_waits_is_let_go_when_there_is_trouble(void **state)
{
	(void)state;
	open_ledger();
	settle();
	lock_file();
	assert_false(intend(5, 1));
	take_news();
	assert_true(news.trouble);
	unlock_file();
	await_recovery();
	assert_string_equal(ask("SELECT id FROM run"), "5\n");
}

static void a_file_that_is_locked_at_the_start_is_read_all_the_same(void **state)
{
	(void)state;
	make_past();
	lock_file();
	life.pid++;
	open_ledger();
	assert_int_equal(past.n_jobs, 1);
	assert_int_equal(past.last_run, 6);
	await_trouble("another process");
	unlock_file();
	await_recovery();
	assert_false(news.renewed);
	assert_string_equal(ask("SELECT count(*) FROM life"), "2\n");
}

static void what_is_locked_until_the_end_is_told_by_number(void **state)
{
	(void)state;
	open_ledger();
	settle();
	lock_file();
	post_job(1, "job");
	post_accepted(5, 1);
	ledger_flush(ledger);
	/* And the end of its life. */
	assert_int_equal(ledger_close(steal_ptr(ledger), true, T0, USEC_PER_SEC), 3);
	unlock_file();
	assert_string_equal(ask("SELECT count(*) FROM job"), "0\n");
}

/* --- a file that could not be read when the daemon started --- */

static void an_unknown_past_is_taken_up_later(void **state)
{
	char away[128];
	const struct past_job *job;

	(void)state;
	make_past();
	open_ledger();
	post_job(2, "other");
	ledger_flush(ledger);
	assert_true(intend(7, 2));
	/* Only its mark says that it was begun. */
	post_accepted(8, 2);
	settle();
	assert_true(intend(8, 2));
	assert_int_equal(close_ledger(), 0);
	assert_string_equal(ask("SELECT state FROM run WHERE id = 8"), "accepted\n");

	/* Something is in the way of the file. */
	(void)snprintf(away, sizeof(away), "%s/away", directory);
	assert_int_equal(rename(file, away), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	open_ledger();
	assert_int_equal(past.n_jobs, 0);
	/* Beyond all numbers that may be in it. */
	assert_true(past.last_run > 1000000);
	assert_true(past.last_streak > 1000000);
	assert_true(past.last_streak < (uint64_t)1 << 48);
	await_trouble("directory");
	post_job(1, "other");
	post_job(2, "new");
	post_accepted(past.last_run + 1, 1);
	post_accepted(past.last_run + 2, 2);
	ledger_flush(ledger);
	assert_int_equal(renameat2(AT_FDCWD, away, AT_FDCWD, file, RENAME_EXCHANGE), 0);
	assert_int_equal(rmdir(away), 0);
	await_recovery();
	assert_true(news.renewed);
	assert_string_equal(news.set_aside, "");
	/* Once. */
	ledger_news(ledger, &news);
	assert_false(news.renewed);
	/* Jobs are known by their names. */
	reopen();
	assert_int_equal(past.n_jobs, 3);
	job = past_of("other");
	assert_int_equal(job->number, 2);
	assert_int_equal(job->n_runs, 1);
	assert_int_equal(past_of("new")->number, 3);
	assert_int_equal(past_of("new")->n_runs, 1);
	/* Those of the past have their verdict, as nobody will hear of them. */
	assert_string_equal(ask("SELECT id, verdict, reason FROM run WHERE id < 10"),
			    "5|ok|-\n6|cancelled|rescheduled\n7|lost|crash\n8|lost|crash\n");
}

/* --- the directory --- */

static void what_was_posted_goes_into_a_directory_that_is_known_later(void **state)
{
	uint64_t id;

	(void)state;
	make_past();
	life.pid++;
	assert_int_equal(ledger_open(NULL, &settings, &life, start_of, &ledger, &past), 0);
	assert_int_equal(past.n_jobs, 0);
	assert_int_equal(past.last_job, 0);
	assert_true(past.last_run > 1000000);
	id = past.last_run + 1;
	post_job(1, "new");
	post_job(2, "job");
	post_accepted(id, 2);
	ledger_flush(ledger);
	/* Nobody waits, and it is no news. */
	assert_false(intend(id, 2));
	post_ended(id, 2, VERDICT_OK);
	post_accepted(id + 1, 1);
	ledger_flush(ledger);
	take_news();
	assert_false(news.trouble);
	assert_int_equal(news.waiting, 6);

	assert_int_equal(ledger_place(ledger, directory), 0);
	while (!news.renewed)
		await_news();
	settle();
	assert_true(intend(id + 1, 1));
	assert_int_equal(close_ledger(), 0);
	assert_string_equal(ask("SELECT name, coalesce(verdict, state) FROM run JOIN job"
				" ON number = run.job ORDER BY id"),
			    "job|ok\njob|cancelled\njob|ok\nnew|accepted\n");
	assert_string_equal(ask("SELECT count(*) FROM run; SELECT count(*) FROM life"), "4\n2\n");
}

static void what_never_found_a_directory_is_counted(void **state)
{
	(void)state;
	assert_int_equal(ledger_open(NULL, &settings, &life, start_of, &ledger, &past), 0);
	post_job(1, "job");
	post_ended(past.last_run + 1, 1, VERDICT_OK);
	ledger_flush(ledger);
	/* And the end of its life. It is not waited for what cannot come. */
	assert_int_equal(ledger_close(steal_ptr(ledger), true, T0, LONG), 3);
}

static void a_missing_directory_is_made(void **state)
{
	struct stat st;
	char path[96];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s", directory);
	assert_int_equal(rmdir(path), 0);
	open_ledger();
	settle();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void a_directory_that_cannot_be_made_is_trouble(void **state)
{
	char below[96];

	(void)state;
	(void)snprintf(below, sizeof(below), "%.50s/file", directory);
	assert_int_equal(close(open(below, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	past_done(&past);
	assert_int_equal(ledger_open(below, &settings, &life, start_of, &ledger, &past), 0);
	(void)snprintf(file, sizeof(file), "%s", below);
	await_trouble("no directory");
	assert_false(intend(5, 1));
	assert_int_equal(unlink(below), 0);
	await_recovery();
	assert_true(news.renewed);
	assert_true(intend(6, 1));
}

static void a_directory_that_cannot_be_written_is_trouble(void **state)
{
	(void)state;
	if (is_root())
		skip();
	assert_int_equal(chmod(directory, 0500), 0);
	open_ledger();
	await_trouble("permission is denied; let the daemon's user write there");
	assert_int_equal(chmod(directory, 0700), 0);
	await_recovery();
}

static void a_file_that_may_not_be_written_is_trouble(void **state)
{
	(void)state;
	if (is_root())
		skip();
	make_past();
	assert_int_equal(chmod(file, 0400), 0);
	open_ledger();
	await_trouble("permission is denied; let the daemon's user write there");
	assert_int_equal(chmod(file, 0600), 0);
	await_recovery();
}

/* --- the disk --- */

/* A file system of so many KiB in place of the directory. */
static void mount_small(unsigned kib)
{
	char options[32];

	(void)snprintf(options, sizeof(options), "size=%uk", kib);
	if (!is_root() || mount("none", directory, "tmpfs", 0, options) < 0)
		skip();
}

static int unmount(void **state)
{
	(void)ledger_close(ledger, false, 0, LONG);
	ledger = NULL;
	(void)umount2(directory, MNT_DETACH);
	return remove_directory(state);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void what_is_no_file_is_trouble_until_it_is_gone(void **state)
{
	static const struct {
		mode_t kind;
		const char *text;
	} rows[] = {
		{S_IFIFO, "it is not a file, but a FIFO, a socket or a device; remove it"},
		{S_IFSOCK, "it is not a file, but a FIFO, a socket or a device; remove it"},
		{S_IFCHR, "it is not a file, but a FIFO, a socket or a device; remove it"},
		{S_IFDIR, "there is a directory in its place; remove it"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (rows[i].kind == S_IFDIR)
			assert_int_equal(mkdir(file, 0700), 0);
		else if (rows[i].kind == S_IFSOCK)
			make_socket(file);
		else if (rows[i].kind == S_IFCHR && !is_root())
			continue;
		else
			assert_int_equal(mknod(file, rows[i].kind | 0600, makedev(1, 3)), 0);
		open_ledger();
		await_trouble(rows[i].text);
		post_job(1, "job");
		assert_int_equal(remove(file), 0);
		await_recovery();
		assert_int_equal(close_ledger(), 0);
		assert_string_equal(ask("SELECT name FROM job"), "job\n");
		assert_int_equal(remove(file), 0);
	}
}

static void a_full_disk_is_trouble_until_there_is_room(void **state)
{
	static char room[512 * 1024];
	char path[128];
	uint64_t id = 0;
	char want[64];
	int fd;

	(void)state;
	mount_small(1024);
	open_ledger();
	settle();
	(void)snprintf(path, sizeof(path), "%s/room", directory);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, room, sizeof(room)), sizeof(room));
	(void)close(fd);
	for (news.trouble = false; !news.trouble; take_news()) {
		for (int i = 0; i < 50; i++)
			post_ended(++id, 1, VERDICT_OK);
		ledger_flush(ledger);
		(void)intend(++id, 1);
		assert_true(id < 100000);
	}
	assert_non_null(strstr(news.text, "the disk is full; make room"));
	assert_int_equal(unlink(path), 0);
	await_recovery();
	assert_int_equal(news.dropped, 0);
	(void)snprintf(want, sizeof(want), "%u|%u\n", (unsigned)id, (unsigned)id);
	assert_string_equal(ask("SELECT count(*), max(id) FROM run"), want);
	assert_string_equal(ask("PRAGMA integrity_check"), "ok\n");
}

static void a_disk_that_is_full_from_the_start_is_trouble(void **state)
{
	char path[128];
	char command[192];

	(void)state;
	mount_small(64);
	(void)snprintf(path, sizeof(path), "%s/room", directory);
	(void)snprintf(command, sizeof(command), "head -c 60k /dev/zero > %s", path);
	assert_int_equal(system(command), 0);
	open_ledger();
	await_trouble("full");
	post_job(1, "job");
	ledger_flush(ledger);
	assert_int_equal(mount("none", directory, "tmpfs", MS_REMOUNT, "size=2048k"), 0);
	await_recovery();
	assert_true(news.renewed);
	assert_string_equal(ask("SELECT name FROM job"), "job\n");
}

static void a_disk_that_becomes_read_only_is_trouble(void **state)
{
	(void)state;
	mount_small(4096);
	make_past();
	assert_int_equal(mount("none", directory, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=4096k"),
			 0);
	open_ledger();
	await_trouble("read-only");
	assert_int_equal(mount("none", directory, "tmpfs", MS_REMOUNT, "size=4096k"), 0);
	await_recovery();
	assert_true(intend(50, 1));
}

/* --- broken files --- */

static void a_file_that_is_no_database_is_set_aside(void **state)
{
	(void)state;
	make_past();
	scribble(file, 0, "This is not what it was.........", 32);
	open_ledger();
	assert_int_equal(past.n_jobs, 0);
	assert_int_equal(past.last_run, 0);
	take_news();
	assert_false(news.trouble);
	/* There is nothing that was posted before. */
	assert_false(news.renewed);
	assert_set_aside();
}

static void a_file_with_a_broken_page_is_set_aside(void **state)
{
	static char junk[4096];
	/* Of tables and indices: the first page has the schema. */
	static const long pages[] = {1, 2, 3, 4, 5, 6};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(pages); i++) {
		make_past();
		memset(junk, 0xa5, sizeof(junk));
		scribble(file, pages[i] * 4096, junk, sizeof(junk));
		open_ledger();
		assert_set_aside();
		news.set_aside[0] = '\0';
		assert_int_equal(close_ledger(), 0);
		(void)unlink(file);
	}
}

static void a_file_that_was_cut_short_is_set_aside(void **state)
{
	(void)state;
	make_past();
	assert_int_equal(truncate(file, 3 * 4096), 0);
	open_ledger();
	assert_set_aside();
}

static void an_empty_file_is_as_good_as_none(void **state)
{
	(void)state;
	assert_int_equal(close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	open_ledger();
	take_news();
	assert_false(news.trouble);
	assert_string_equal(news.set_aside, "");
	settle();
}

static void names_of_broken_files_differ(void **state)
{
	char path[512];

	(void)state;
	for (unsigned i = 1; i <= 3; i++) {
		make_past();
		scribble(file, 0, "This is not what it was.........", 32);
		open_ledger();
		assert_int_equal(close_ledger(), 0);
		assert_int_equal(count_files("ledger.db.broken-", path), i);
		(void)unlink(file);
	}
}

/* As a machine that was switched off leaves it: the tail of the WAL file is not what was written.
 */
static void a_broken_wal_file_is_no_harm(void **state)
{
	static char junk[2000];
	char wal[128];
	char copy[128];
	char copy_wal[128];
	/* Its header, a frame's header, a page, the last frames. */
	static const long places[] = {0, 32, 100, 4000, -3000};

	(void)state;
	(void)snprintf(wal, sizeof(wal), "%s-wal", file);
	(void)snprintf(copy, sizeof(copy), "%s/copy", directory);
	(void)snprintf(copy_wal, sizeof(copy_wal), "%s/copy-wal", directory);
	memset(junk, 0x5a, sizeof(junk));
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		struct stat st;

		make_past();
		open_ledger();
		post_ended(6, 1, VERDICT_FAILED);
		settle();
		copy_file(file, copy);
		copy_file(wal, copy_wal);
		assert_int_equal(close_ledger(), 0);
		assert_int_equal(rename(copy, file), 0);
		assert_int_equal(rename(copy_wal, wal), 0);
		assert_int_equal(stat(wal, &st), 0);
		scribble(wal, places[i] < 0 ? st.st_size + places[i] : places[i], junk,
			 sizeof(junk));
		open_ledger();
		/* What was in the file itself is there, or it is set aside. */
		take_news();
		assert_false(news.trouble);
		if (!news.set_aside[0])
			assert_int_equal(past_of("job")->last_id > 0, 1);
		assert_true(intend(7, 1));
		assert_string_equal(ask("PRAGMA integrity_check"), "ok\n");
		assert_int_equal(close_ledger(), 0);
		(void)unlink(file);
	}
}

/* While it is in use. */
static void a_file_that_breaks_is_set_aside(void **state)
{
	static const char *const ways[] = {
		"DROP TABLE run",
		"ALTER TABLE job RENAME COLUMN floor TO ceiling",
		("PRAGMA writable_schema = 1; PRAGMA schema_version = 99;"
		 "UPDATE sqlite_schema SET rootpage = 9999 WHERE name = 'job'"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
		open_ledger();
		post_job(1, "job");
		settle();
		assert_string_equal(ask(ways[i]), "");
		post_job(2, "other");
		post_ended(7, 2, VERDICT_OK);
		ledger_flush(ledger);
		while (!news.renewed)
			await_news();
		news.renewed = false;
		assert_false(news.trouble);
		assert_string_not_equal(news.set_aside, "");
		settle();
		/* What was not written yet is in the new one. */
		assert_string_equal(ask("SELECT name FROM job"), "other\n");
		assert_string_equal(ask("SELECT id FROM run"), "7\n");
		assert_string_equal(ask("PRAGMA integrity_check"), "ok\n");
		assert_int_equal(close_ledger(), 0);
		(void)unlink(file);
	}
}

/* --- files of others --- */

static void a_database_of_another_program_is_set_aside(void **state)
{
	(void)state;
	assert_int_equal(close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	assert_string_equal(ask("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (5)"), "");
	open_ledger();
	assert_set_aside();
	assert_string_equal(ask_file(news.set_aside, "SELECT x FROM theirs"), "5\n");
}

static void a_later_version_is_left_alone(void **state)
{
	struct stat before;
	struct stat after;

	(void)state;
	make_past();
	assert_string_equal(ask("PRAGMA journal_mode = DELETE; PRAGMA user_version = 1000000"),
			    "delete\n");
	assert_int_equal(stat(file, &before), 0);
	open_ledger();
	assert_int_equal(past.n_jobs, 0);
	await_trouble("it is of a later version of everyd; install that one");
	post_job(1, "job");
	ledger_flush(ledger);
	assert_false(intend(past.last_run + 1, 1));
	take_news();
	assert_int_equal(news.waiting, 2);
	/* With the end of its life. */
	assert_int_equal(close_ledger(), 3);
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	assert_string_equal(ask("SELECT count(*) FROM job; PRAGMA user_version"), "1\n1000000\n");
}

/* --- files that go away --- */

/* Posts until there is a new file. */
static void await_renewal(void)
{
	uint64_t id = 100;

	news.renewed = false;
	do {
		(void)intend(id++, 1);
		take_news();
	} while (!news.renewed);
	assert_true(intend(id, 1));
}

static void a_file_that_was_removed_is_begun_anew(void **state)
{
	(void)state;
	make_past();
	life.pid++;
	open_ledger();
	settle();
	assert_int_equal(unlink(file), 0);
	await_renewal();
	assert_string_equal(news.set_aside, "");
	post_job(1, "job");
	settle();
	assert_string_equal(ask("SELECT name FROM job; SELECT count(*) FROM life"), "job\n1\n");
}

static void what_was_accepted_in_a_file_that_is_gone_is_begun_in_the_new_one(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "job");
	post_accepted(5, 1);
	settle();
	assert_int_equal(unlink(file), 0);
	await_renewal();
	post_accepted(1000, 1);
	settle();
	assert_true(intend(5, 1));
	assert_true(intend(1000, 1));
	settle();
	assert_string_equal(ask("SELECT id, state FROM run WHERE id IN (5, 1000)"),
			    "5|started\n1000|accepted\n");
}

static void a_file_that_was_replaced_is_set_aside(void **state)
{
	char away[128];
	char copy[128];

	(void)state;
	make_past();
	life.pid++;
	(void)snprintf(away, sizeof(away), "%s/away", directory);
	(void)snprintf(copy, sizeof(copy), "%s/copy", directory);
	copy_file(file, copy);
	open_ledger();
	settle();
	assert_int_equal(rename(file, away), 0);
	assert_int_equal(rename(copy, file), 0);
	await_renewal();
	assert_string_not_equal(news.set_aside, "");
	assert_string_equal(ask("SELECT count(*) FROM job"), "0\n");
}

static void the_whole_directory_may_go(void **state)
{
	char command[128];

	(void)state;
	make_past();
	open_ledger();
	settle();
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	assert_int_equal(system(command), 0);
	await_renewal();
	post_job(1, "job");
	settle();
	assert_string_equal(ask("SELECT name FROM job"), "job\n");
}

static void a_wal_file_that_was_removed_loses_nothing(void **state)
{
	char wal[128];

	(void)state;
	open_ledger();
	for (uint64_t id = 1; id <= 50; id++)
		post_ended(id, 1, VERDICT_OK);
	settle();
	(void)snprintf(wal, sizeof(wal), "%s-wal", file);
	assert_int_equal(unlink(wal), 0);
	/* It is looked for now and then. */
	while (access(wal, F_OK) < 0)
		(void)intend(52, 1);
	assert_true(intend(53, 1));
	assert_int_equal(close_ledger(), 0);
	assert_string_equal(ask("SELECT count(*) FROM run WHERE verdict = 'ok'"), "50\n");
	assert_string_equal(ask("SELECT state FROM run WHERE id = 53"), "started\n");
	assert_string_equal(ask("PRAGMA integrity_check"), "ok\n");
}

int main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
#define MOUNT(name) cmocka_unit_test_setup_teardown(name, make_directory, unmount)
	const struct CMUnitTest tests[] = {
		TEST(a_lock_is_trouble_until_it_is_gone),
		TEST(what_is_begun_in_trouble_is_known_if_it_was_on_record_before),
		TEST(a_retry_that_began_in_trouble_is_known_as_begun),
		TEST(who_waits_is_let_go_when_there_is_trouble),
		TEST(a_file_that_is_locked_at_the_start_is_read_all_the_same),
		TEST(what_is_locked_until_the_end_is_told_by_number),
		TEST(an_unknown_past_is_taken_up_later),
		TEST(what_was_posted_goes_into_a_directory_that_is_known_later),
		TEST(what_never_found_a_directory_is_counted),
		TEST(a_missing_directory_is_made),
		TEST(a_directory_that_cannot_be_made_is_trouble),
		TEST(a_directory_that_cannot_be_written_is_trouble),
		TEST(a_file_that_may_not_be_written_is_trouble),
		MOUNT(what_is_no_file_is_trouble_until_it_is_gone),
		MOUNT(a_full_disk_is_trouble_until_there_is_room),
		MOUNT(a_disk_that_is_full_from_the_start_is_trouble),
		MOUNT(a_disk_that_becomes_read_only_is_trouble),
		TEST(a_file_that_is_no_database_is_set_aside),
		TEST(a_file_with_a_broken_page_is_set_aside),
		TEST(a_file_that_was_cut_short_is_set_aside),
		TEST(an_empty_file_is_as_good_as_none),
		TEST(names_of_broken_files_differ),
		TEST(a_broken_wal_file_is_no_harm),
		TEST(a_file_that_breaks_is_set_aside),
		TEST(a_database_of_another_program_is_set_aside),
		TEST(a_later_version_is_left_alone),
		TEST(a_file_that_was_removed_is_begun_anew),
		TEST(what_was_accepted_in_a_file_that_is_gone_is_begun_in_the_new_one),
		TEST(a_file_that_was_replaced_is_set_aside),
		TEST(the_whole_directory_may_go),
		TEST(a_wal_file_that_was_removed_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
