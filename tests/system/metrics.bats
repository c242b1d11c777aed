# Metrics: what is counted is what happened, as Prometheus' own parser reads it; on the socket, by TCP
# and in a file.
load lib.bash


# scrape FILE [CURL-OPTION...]
scrape() {
	curl -sS --fail-with-body -m "$PATIENCE" --unix-socket "$T/runtime/control.sock" -o "$1" \
		"${@:2}" http://localhost/metrics
}

# holds FORMAT FILE EXPRESSION...
holds() {
	/usr/bin/python3 -B "$BATS_TEST_DIRNAME/metrics.py" "$@"
}

# Three jobs that run at each reload, and one that does not at all.
jobs() {
	conf <<-END
		stop_timeout = "0"
		$1
		job "good" { on = "reload" command = {"/bin/true"} }
		job "bad" { on = "reload" command = "exit 3" }
		job "slow" { on = "start" command = "sleep 10000" kill_grace = "0" }
		job "never" { every = "36525d" command = "true" }
	END
}

reload_times() {
	local i
	for i in $(seq "$1"); do
		kill -HUP "$PID"
		await "$i" 'everyd: good\[[0-9]+\]: ok'
		await "$i" 'everyd: bad\[[0-9]+\]: failed'
	done
}

@test "what has happened is counted, in both formats" {
	jobs
	start
	reload_times 3
	scrape "$T/prometheus" -D "$T/header"
	grep -i '^content-type: text/plain; version=0.0.4; charset=utf-8' "$T/header"
	scrape "$T/openmetrics" -D "$T/header" -H 'Accept: application/openmetrics-text; version=1.0.0'
	grep -i '^content-type: application/openmetrics-text; version=1.0.0; charset=utf-8' "$T/header"
	for format in prometheus openmetrics; do
		holds "$format" "$T/$format" \
			'm("everyd_job_runs_total", job="good", verdict="ok") == 3' \
			'm("everyd_job_runs_total", job="bad", verdict="failed") == 3' \
			'm("everyd_job_failures", job="bad") == 3' \
			'm("everyd_job_running", job="slow") == 1' \
			'm("everyd_job_run_duration_seconds_count", job="good") == 3' \
			'm("everyd_job_last_success_timestamp_seconds", job="good") > 1e9' \
			'("everyd_job_last_success_timestamp_seconds", (("job", "bad"),)) not in values' \
			'm("everyd_job_next_slot_timestamp_seconds", job="never") > 2e9' \
			'm("everyd_runs_total", verdict="ok") == 3' \
			'm("everyd_runs_total", verdict="failed") == 3' \
			'm("everyd_run_duration_seconds_count") == 6' \
			'm("everyd_lateness_seconds_count", part="queue") == 6' \
			'm("everyd_lateness_seconds_count", part="spawn") == 6' \
			'm("everyd_jobs") == 4' \
			'm("everyd_workers_busy") == 1' \
			'm("everyd_config_loads_total") == 4' \
			'm("everyd_config_last_reload_successful") == 1' \
			'm("process_open_fds") > 3' 'm("process_resident_memory_bytes") > 1e5'
	done
	echo nonsense >>"$CONF"
	kill -HUP "$PID"
	await 'nonsense'
	await 'reload failed|the previous configuration'
	scrape "$T/prometheus"
	holds prometheus "$T/prometheus" 'm("everyd_config_last_reload_successful") == 0' \
		'm("everyd_config_loads_total") == 4'
}

@test "the manual names every metric, and none that is not there" {
	jobs
	start
	reload_times 1
	scrape "$T/page"
	sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$T/page" | sort >"$T/there"
	sed -n '/^\.Sh METRICS/,/^\.Sh JOURNAL/s/^\.It Li //p' "$TOP/man/everyd.8" |
		sed 's/ , /\n/g' | sort >"$T/named"
	[ -s "$T/there" ]
	diff "$T/there" "$T/named"
}

@test "no more jobs have metrics of their own than metrics_jobs says" {
	jobs 'metrics_jobs = 1'
	start
	reload_times 2
	scrape "$T/page"
	holds prometheus "$T/page" \
		'{dict(l).get("job") for _, l in values} == {None, "bad", "(others)"}' \
		'm("everyd_job_runs_total", job="bad", verdict="failed") == 2' \
		'm("everyd_job_runs_total", job="(others)", verdict="ok") == 2' \
		'm("everyd_job_runs_total", job="(others)", verdict="failed") == 0'
	jobs 'metrics_jobs = 0'
	kill -HUP "$PID"
	await 3 'everyd: good\[[0-9]+\]: ok'
	await 3 'everyd: bad\[[0-9]+\]: failed'
	scrape "$T/page"
	holds prometheus "$T/page" '{dict(l).get("job") for _, l in values} == {None, "(others)"}' \
		'm("everyd_job_runs_total", job="(others)", verdict="failed") == 3'
}

# until_holds FILE EXPRESSION...: the file has it, or will.
until_holds() {
	local end=$((SECONDS + PATIENCE))
	until holds prometheus "$@" >"$T/holds" 2>&1; do
		[ $SECONDS -lt $end ] || { cat "$T/holds"; return 1; }
	done
}

@test "a file has them, too, and a reload has it written again" {
	jobs "metrics_textfile = \"$T/everyd.prom\""
	start
	until_holds "$T/everyd.prom" 'm("everyd_jobs") == 4' 'm("everyd_config_loads_total") == 1'
	equal mode "$(stat -c %a "$T/everyd.prom")" 644
	reload_times 1
	until_holds "$T/everyd.prom" 'm("everyd_config_loads_total") == 2'
	stop
}

@test "a file that cannot be written is told once, and jobs run" {
	jobs "metrics_textfile = \"$T/none/everyd.prom\""
	start
	await "everyd: the metrics_textfile $T/none/everyd.prom cannot be written: No such file"
	reload_times 1
	stop
	equal "complaints" "$(count 'metrics_textfile .* cannot be written')" 1
}

@test "when the daemon was started is told in one way, as long as nobody sets the clock" {
	jobs
	start
	for i in $(seq 50); do
		scrape "$T/page"
		grep '^everyd_start_time_seconds ' "$T/page" >>"$T/times"
	done
	equal "times of the start" "$(sort -u "$T/times" | wc -l)" 1
	stop
}
