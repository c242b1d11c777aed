/* See metrics_page.h. */
#include "control/metrics_page.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

const char *const metrics_types[METRICS_FORMAT_COUNT] = {
	[METRICS_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
	[METRICS_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

enum metrics_format metrics_format_wanted(const char *accept)
{
	return accept && strcasestr(accept, "application/openmetrics-text") ? METRICS_OPENMETRICS
									    : METRICS_PROMETHEUS;
}

void metrics_page_free(struct metrics_page *page)
{
	if (!page)
		return;
	free(page->names);
	free(page);
}

/* --- histograms --- */

/* Microseconds. */
static const usec_t took_bounds[METRICS_BUCKETS] = {
	10000,
	100000,
	500000,
	USEC_PER_SEC,
	5 * USEC_PER_SEC,
	15 * USEC_PER_SEC,
	USEC_PER_MIN,
	5 * USEC_PER_MIN,
	15 * USEC_PER_MIN,
	USEC_PER_HOUR,
	6 * USEC_PER_HOUR,
	USEC_PER_DAY,
};
static const usec_t late_bounds[METRICS_BUCKETS] = {
	250,
	500,
	1000,
	2500,
	5000,
	10000,
	25000,
	100000,
	500000,
	1000000,
	5 * USEC_PER_SEC,
	30 * USEC_PER_SEC,
};

static void add(struct metrics_histogram *histogram, const usec_t *bounds, usec_t value)
{
	size_t i = 0;

	/* Clocks are read by several threads. */
	if (value < 0)
		value = 0;
	while (i < METRICS_BUCKETS && value > bounds[i])
		i++;
	histogram->counts[i]++;
	histogram->sum += value;
}

void metrics_add_took(struct metrics_histogram *histogram, usec_t took)
{
	add(histogram, took_bounds, took);
}

void metrics_add_late(struct metrics_histogram *histogram, usec_t late)
{
	add(histogram, late_bounds, late);
}

/* --- the process --- */

static uint64_t count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (!dir)
		return 0;
	for (const struct dirent *entry; (entry = readdir(dir));)
		n += entry->d_name[0] != '.';
	(void)closedir(dir);
	/* But that of the directory itself. */
	return n - 1;
}

static uint64_t read_resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char line[128] = "";
	const char *second;

	if (!file)
		return 0;
	second = fgets(line, sizeof(line), file) ? strchr(line, ' ') : NULL;
	(void)fclose(file);
	return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static usec_t from_timeval(struct timeval tv)
{
	return tv.tv_sec * USEC_PER_SEC + tv.tv_usec;
}

void metrics_process_read(struct metrics_process *ret_process)
{
	struct rusage usage = {.ru_maxrss = 0};
	struct rlimit limit = {0};

	(void)getrusage(RUSAGE_SELF, &usage);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	*ret_process = (struct metrics_process){
		.cpu = from_timeval(usage.ru_utime) + from_timeval(usage.ru_stime),
		.resident = read_resident(),
		.fds = count_descriptors(),
		.fds_max = limit.rlim_cur,
	};
}

/* --- the text --- */

struct printer {
	FILE *file;
	enum metrics_format format;
};

enum type {
	COUNTER,
	GAUGE,
	HISTOGRAM,
	SUMMARY,
	INFO,
};

static const char *const type_names[] = {
	[COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram",
	[SUMMARY] = "summary", [INFO] = "info",
};

/*
 * Begins a family, `name` being that of its samples without what a sample of its type ends in.
 * OpenMetrics names the family so, the older format after the sample, and has no info.
 */
static void begin(const struct printer *printer, const char *name, enum type type, const char *help)
{
	const char *end = "";

	if (printer->format == METRICS_PROMETHEUS)
		end = type == COUNTER ? "_total" : type == INFO ? "_info" : "";
	if (printer->format == METRICS_PROMETHEUS && type == INFO)
		type = GAUGE;
	(void)fprintf(printer->file, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, end, help, name, end,
		      type_names[type]);
}

static void print_span(FILE *file, usec_t span)
{
	(void)fprintf(file, "%" PRId64 ".%06" PRId64, span / USEC_PER_SEC, span % USEC_PER_SEC);
}

/* --- of the daemon --- */

#define FIELD(member) offsetof(struct metrics_page, member)

enum value_kind {
	VALUE_COUNT, /* uint64_t */
	VALUE_FLAG,  /* bool */
	VALUE_TIME,  /* usec_t; 0 and USEC_INFINITY: there is none, and no sample */
};

static const struct scalar {
	const char *name;
	const char *help;
	enum type type;
	enum value_kind kind;
	size_t field;
} scalars[] = {
	{"everyd_start_time_seconds", "When the daemon was started.", GAUGE, VALUE_TIME,
	 FIELD(started)},
	{"everyd_stopping", "1 while the daemon stops.", GAUGE, VALUE_FLAG, FIELD(stopping)},
	{"everyd_config_loads", "Configurations that were put in force.", COUNTER, VALUE_COUNT,
	 FIELD(totals.loads)},
	{"everyd_config_last_reload_successful", "0: the last one was wrong, and is not in force.",
	 GAUGE, VALUE_FLAG, FIELD(load_ok)},
	{"everyd_config_last_reload_success_timestamp_seconds",
	 "When the configuration in force was loaded.", GAUGE, VALUE_TIME, FIELD(loaded)},
	{"everyd_jobs", "Jobs in the configuration.", GAUGE, VALUE_COUNT, FIELD(jobs)},
	{"everyd_next_due_timestamp_seconds", "When the next job is due.", GAUGE, VALUE_TIME,
	 FIELD(next_due)},
	{"everyd_workers", "Runs that there may be at once.", GAUGE, VALUE_COUNT, FIELD(workers)},
	{"everyd_workers_busy", "Workers that have a run or a notice.", GAUGE, VALUE_COUNT,
	 FIELD(busy)},
	{"everyd_queue_length", "Runs and notices that wait for a worker.", GAUGE, VALUE_COUNT,
	 FIELD(queued)},
	{"everyd_queue_capacity", "Occurrences that may wait before more are refused.", GAUGE,
	 VALUE_COUNT, FIELD(queue)},
	{"everyd_waiting", "Runs that wait for their concurrency group or for room.", GAUGE,
	 VALUE_COUNT, FIELD(waiting)},
	{"everyd_runs_started", "Runs that were handed to the workers.", COUNTER, VALUE_COUNT,
	 FIELD(started_runs)},
	{"everyd_retries", "Further attempts of runs.", COUNTER, VALUE_COUNT, FIELD(retries)},
	{"everyd_notices", "Hooks and mails that were handed to the workers.", COUNTER, VALUE_COUNT,
	 FIELD(notices)},
	{"everyd_notices_dropped", "Hooks and mails that nobody got.", COUNTER, VALUE_COUNT,
	 FIELD(notices_dropped)},
	{"everyd_log_dropped_lines", "Lines of the log that were lost for want of room.", COUNTER,
	 VALUE_COUNT, FIELD(log_dropped)},
};

/* Of a daemon that has a ledger. */
static const struct scalar ledger_scalars[] = {
	{"everyd_ledger_healthy", "0: the ledger cannot be written.", GAUGE, VALUE_FLAG,
	 FIELD(ledger_ok)},
	{"everyd_ledger_waiting", "Records that wait to be written.", GAUGE, VALUE_COUNT,
	 FIELD(ledger_waiting)},
	{"everyd_ledger_dropped", "Records that were lost for want of room.", COUNTER, VALUE_COUNT,
	 FIELD(ledger_dropped)},
};

static void print_scalar(const struct printer *printer, const struct metrics_page *page,
			 const struct scalar *scalar)
{
	const char *field = (const char *)page + scalar->field;
	const char *end = scalar->type == COUNTER ? "_total" : "";
	usec_t time;

	begin(printer, scalar->name, scalar->type, scalar->help);
	switch (scalar->kind) {
	case VALUE_COUNT:
		(void)fprintf(printer->file, "%s%s %" PRIu64 "\n", scalar->name, end,
			      *(const uint64_t *)field);
		break;
	case VALUE_FLAG:
		(void)fprintf(printer->file, "%s%s %d\n", scalar->name, end, *(const bool *)field);
		break;
	case VALUE_TIME:
		time = *(const usec_t *)field;
		if (time == 0 || time == USEC_INFINITY)
			break;
		(void)fprintf(printer->file, "%s%s ", scalar->name, end);
		print_span(printer->file, time);
		(void)fputc('\n', printer->file);
		break;
	}
}

static void print_scalars(const struct printer *printer, const struct metrics_page *page,
			  const struct scalar *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		print_scalar(printer, page, &table[i]);
}

static void print_process(const struct printer *printer, const struct metrics_process *process)
{
	FILE *file = printer->file;

	begin(printer, "process_cpu_seconds", COUNTER,
	      "User and system time of the daemon itself.");
	(void)fputs("process_cpu_seconds_total ", file);
	print_span(file, process->cpu);
	(void)fputc('\n', file);
	begin(printer, "process_resident_memory_bytes", GAUGE, "Resident memory.");
	(void)fprintf(file, "process_resident_memory_bytes %" PRIu64 "\n", process->resident);
	begin(printer, "process_open_fds", GAUGE, "Open file descriptors.");
	(void)fprintf(file, "process_open_fds %" PRIu64 "\n", process->fds);
	begin(printer, "process_max_fds", GAUGE, "How many there may be.");
	(void)fprintf(file, "process_max_fds %" PRIu64 "\n", process->fds_max);
}

/* `label`: `part="loop"`, or "". */
static void print_histogram(const struct printer *printer, const char *name, const char *label,
			    const struct metrics_histogram *histogram, const usec_t *bounds)
{
	const char *comma = label[0] ? "," : "";
	uint64_t count = 0;

	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		count += histogram->counts[i];
		(void)fprintf(printer->file, "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", name, label,
			      comma, (double)bounds[i] / (double)USEC_PER_SEC, count);
	}
	count += histogram->counts[METRICS_BUCKETS];
	(void)fprintf(printer->file, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, label, comma,
		      count);
	(void)fprintf(printer->file, label[0] ? "%s_sum{%s} " : "%s_sum%s ", name, label);
	print_span(printer->file, histogram->sum);
	(void)fprintf(printer->file,
		      label[0] ? "\n%s_count{%s} %" PRIu64 "\n" : "\n%s_count%s %" PRIu64 "\n",
		      name, label, count);
}

static void print_histograms(const struct printer *printer, const struct metrics_page *page)
{
	static const char *const parts[PART_COUNT] = {
		[PART_LOOP] = "part=\"loop\"",
		[PART_QUEUE] = "part=\"queue\"",
		[PART_SPAWN] = "part=\"spawn\"",
	};

	begin(printer, "everyd_run_duration_seconds", HISTOGRAM, "How long runs took.");
	print_histogram(printer, "everyd_run_duration_seconds", "", &page->totals.took,
			took_bounds);
	begin(printer, "everyd_lateness_seconds", HISTOGRAM,
	      "How late runs began: the loop's timers, the wait for a worker, making the process.");
	for (size_t i = 0; i < PART_COUNT; i++)
		print_histogram(printer, "everyd_lateness_seconds", parts[i], &page->totals.late[i],
				late_bounds);
}

/* --- of occurrences --- */

/* Did an occurrence with that verdict run? */
static bool has_run(enum verdict verdict)
{
	return verdict <= VERDICT_LOST;
}

/* Those that each job has from the first, so that their increase can be seen. */
static bool is_common(enum verdict verdict)
{
	return verdict == VERDICT_OK || verdict == VERDICT_FAILED || verdict == VERDICT_TIMEOUT ||
	       verdict == VERDICT_SKIPPED || verdict == VERDICT_MISSED;
}

static const char *const occurrence_names[] = {"everyd_occurrences_not_run", "everyd_runs"};
static const char *const occurrence_helps[] = {
	"Occurrences that did not run, by what became of them.",
	"Runs, by what became of them.",
};

static void print_occurrences(const struct printer *printer, const struct metrics_page *page,
			      bool run)
{
	begin(printer, occurrence_names[run], COUNTER, occurrence_helps[run]);
	for (unsigned v = 0; v < VERDICT_COUNT; v++)
		if (has_run(v) == run)
			(void)fprintf(printer->file, "%s_total{verdict=\"%s\"} %" PRIu64 "\n",
				      occurrence_names[run], verdict_info(v)->name,
				      page->totals.tally.verdicts[v]);
}

static const char *const job_occurrence_names[] = {"everyd_job_occurrences_not_run",
						   "everyd_job_runs"};
static const char *const job_occurrence_helps[] = {
	"Occurrences of a job that did not run, by what became of them.",
	"Runs of a job, by what became of them.",
};

static void print_tally(const struct printer *printer, const char *job,
			const struct metrics_tally *tally, bool run)
{
	for (unsigned v = 0; v < VERDICT_COUNT; v++)
		if (has_run(v) == run && (is_common(v) || tally->verdicts[v] > 0))
			(void)fprintf(printer->file,
				      "%s_total{job=\"%s\",verdict=\"%s\"} %" PRIu64 "\n",
				      job_occurrence_names[run], job, verdict_info(v)->name,
				      tally->verdicts[v]);
}

static void print_job_occurrences(const struct printer *printer, const struct metrics_page *page,
				  bool run)
{
	begin(printer, job_occurrence_names[run], COUNTER, job_occurrence_helps[run]);
	for (size_t i = 0; i < page->n_rows; i++)
		print_tally(printer, page->names + page->rows[i].name, &page->rows[i].tally, run);
	print_tally(printer, METRICS_OTHERS, &page->others, run);
}

/* --- of jobs --- */

static void print_took(const struct printer *printer, const char *job,
		       const struct metrics_tally *tally)
{
	(void)fprintf(printer->file, "everyd_job_run_duration_seconds_sum{job=\"%s\"} ", job);
	print_span(printer->file, tally->took);
	(void)fprintf(printer->file,
		      "\neveryd_job_run_duration_seconds_count{job=\"%s\"} %" PRIu64 "\n", job,
		      tally->runs);
}

/* Each returns whether there is such a value: microseconds if `is_span`, else a count. */
static bool get_running(const struct metrics_job *job, usec_t *ret_value)
{
	*ret_value = job->running;
	return true;
}

static bool get_failures(const struct metrics_job *job, usec_t *ret_value)
{
	*ret_value = job->failures;
	return true;
}

static bool get_paused(const struct metrics_job *job, usec_t *ret_value)
{
	*ret_value = job->paused;
	return true;
}

static bool get_next(const struct metrics_job *job, usec_t *ret_value)
{
	*ret_value = job->next;
	return job->next != USEC_INFINITY;
}

static bool get_last_ended(const struct metrics_job *job, usec_t *ret_value)
{
	*ret_value = job->last_ended;
	return job->last_ended != 0;
}

static bool get_last_took(const struct metrics_job *job, usec_t *ret_value)
{
	*ret_value = job->last_took;
	return job->last_ended != 0;
}

static bool get_last_success(const struct metrics_job *job, usec_t *ret_value)
{
	*ret_value = job->last_success;
	return job->last_success != 0;
}

static const struct job_gauge {
	const char *name;
	const char *help;
	bool (*get)(const struct metrics_job *job, usec_t *ret_value);
	bool is_span;
} job_gauges[] = {
	{"everyd_job_running", "Runs of a job that have not ended.", get_running, false},
	{"everyd_job_failures", "Failures of a job in a row.", get_failures, false},
	{"everyd_job_paused", "1 while a job is paused.", get_paused, false},
	{"everyd_job_next_slot_timestamp_seconds", "The slot that a job waits for.", get_next,
	 true},
	{"everyd_job_last_run_timestamp_seconds", "When a job's last run ended.", get_last_ended,
	 true},
	{"everyd_job_last_run_duration_seconds", "How long that run took.", get_last_took, true},
	{"everyd_job_last_success_timestamp_seconds", "When a job last succeeded.",
	 get_last_success, true},
};

static void print_gauge(const struct printer *printer, const struct metrics_page *page,
			const struct job_gauge *gauge)
{
	begin(printer, gauge->name, GAUGE, gauge->help);
	for (size_t i = 0; i < page->n_rows; i++) {
		usec_t value;

		if (!gauge->get(&page->rows[i], &value))
			continue;
		(void)fprintf(printer->file, "%s{job=\"%s\"} ", gauge->name,
			      page->names + page->rows[i].name);
		if (gauge->is_span)
			print_span(printer->file, value);
		else
			(void)fprintf(printer->file, "%" PRId64, value);
		(void)fputc('\n', printer->file);
	}
}

static void print_jobs(const struct printer *printer, const struct metrics_page *page)
{
	print_job_occurrences(printer, page, true);
	print_job_occurrences(printer, page, false);
	begin(printer, "everyd_job_run_duration_seconds", SUMMARY, "How long runs of a job took.");
	for (size_t i = 0; i < page->n_rows; i++)
		print_took(printer, page->names + page->rows[i].name, &page->rows[i].tally);
	print_took(printer, METRICS_OTHERS, &page->others);
	for (size_t i = 0; i < ARRAY_LENGTH(job_gauges); i++)
		print_gauge(printer, page, &job_gauges[i]);
}

void metrics_print(const struct metrics_page *page, const struct metrics_process *process,
		   enum metrics_format format, FILE *file)
{
	const struct printer printer = {file, format};

	begin(&printer, "everyd_build", INFO, "The version of the daemon.");
	(void)fprintf(file, "everyd_build_info{version=\"%s\"} 1\n", EVERYD_VERSION);
	print_scalars(&printer, page, scalars, ARRAY_LENGTH(scalars));
	if (page->has_ledger)
		print_scalars(&printer, page, ledger_scalars, ARRAY_LENGTH(ledger_scalars));
	print_process(&printer, process);
	print_occurrences(&printer, page, true);
	print_occurrences(&printer, page, false);
	print_histograms(&printer, page);
	print_jobs(&printer, page);
	if (format == METRICS_OPENMETRICS)
		(void)fputs("# EOF\n", file);
}
