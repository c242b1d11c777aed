# Downtime and crashes: what is made up for after a start, what is lost, adopted, continued.
load lib.bash
load ledger.bash

HOUR=3600000000

# known [OPTION...]: the job "j", hourly, has been here for a moment.
known() {
	hourly "$@"
	start
	halt
}

# hourly [OPTION...]: it notes its runs if it has no other command.
hourly() {
	local options command
	options=$(printf '%s\n' "$@")
	command="command = {\"$H/note\", \"$T/notes\"}"
	! grep -q '^command' <<<"$options" || command=
	conf <<-END
		catch_up_rate = "infinity"
		job "j" {
		    every = "1h"
		    $command
		    $options
		}
	END
}

# away SLOTS: as if nobody had been there when the last ones of "j" were due. SINCE is the first.
away() {
	SINCE=$((($(now) / HOUR - $1 + 1) * HOUR))
	sql "UPDATE job SET floor = $SINCE - 1 WHERE name = 'j'"
}

# due: how many there were until the daemon was started.
due() {
	sql "SELECT started / $HOUR - $SINCE / $HOUR + 1 FROM life ORDER BY id DESC LIMIT 1"
}

# caught_up: the rows of "j" when the last slot that was due has its verdict.
caught_up() {
	await_sql 1 "SELECT max(slot) >= (SELECT started / $HOUR * $HOUR FROM life ORDER BY id DESC LIMIT 1)
		FROM (SELECT slot FROM run WHERE verdict IS NOT NULL UNION SELECT last FROM streak)"
}

@test "catch_up = \"last\": one run for all slots that were missed" {
	need_sqlite3
	known
	away 5
	start
	caught_up
	halt
	n=$(due)
	equal streaks "$(streaks j)" "coalesced/down $((n - 1))"
	equal runs "$(rows j)" "$((SINCE + (n - 1) * HOUR)) ok 1"
	equal "what ran" "$(slots j)" "$((SINCE + (n - 1) * HOUR))"
	entered j $HOUR
	grep "everyd: j: coalesced $((n - 1)) occurrences" "$T/log.1"
	# Nothing of it is caught up again.
	start
	stop
	equal "runs after another start" "$(slots j | wc -l)" 1
}

@test "catch_up = \"all\": one run for each, in order, whatever overlap says" {
	need_sqlite3
	known 'catch_up = "all"'
	away 5
	start
	caught_up
	stop
	n=$(due)
	equal streaks "$(streaks j)" ""
	equal "what ran, in order" "$(awk '{ print $3 }' "$T/notes" | date -u -f - +%s%6N)" \
		"$(seq "$SINCE" $HOUR $((SINCE + (n - 1) * HOUR)))"
	entered j $HOUR
}

@test "catch_up = \"none\": none" {
	need_sqlite3
	known 'catch_up = "none"'
	away 5
	start
	caught_up
	stop
	equal streaks "$(streaks j)" "missed/down $(due)"
	[ ! -e "$T/notes" ]
	logged "everyd: j: missed"
}

@test "what is longer ago than catch_up_window is missed" {
	need_sqlite3
	known 'catch_up = "all"' 'catch_up_window = "150m"'
	away 6
	start
	caught_up
	stop
	n=$(due)
	# Two or three of them, by how far the hour has gone.
	late=$(sql "SELECT count(*) FROM run")
	[ "$late" = 2 ] || [ "$late" = 3 ]
	equal streaks "$(streaks j)" "missed/window $((n - late))"
	equal "runs that are too old" "$(sql "SELECT count(*) FROM run, life WHERE life.started - slot > 151 * 60000000 AND life.id = 2")" 0
	entered j $HOUR
}

@test "catch_up_rate: one after the other, of all jobs together" {
	need_sqlite3
	conf <<-END
		catch_up_rate = 4
		$(for i in 1 2 3 4 5 6; do
			echo "job \"j$i\" { every = \"1h\" command = {\"$H/note\", \"$T/notes\"} }"
		done)
	END
	start
	halt
	sql "UPDATE job SET floor = floor - $HOUR"
	start
	await_in "$T/notes" 6 . >/dev/null
	stop
	equal "runs" "$(sql "SELECT count(*) FROM run WHERE verdict = 'ok'")" 6
	# A timer may be late, which makes up for nothing: the next one is not early for that.
	equal "runs that came too soon" "$(sql "SELECT count(*) FROM (SELECT accepted - lag(accepted) OVER (ORDER BY accepted)
		AS gap FROM run) WHERE gap < 249000")" 0
}

@test "a job that is due again before its turn comes: that run stands for the one that waits" {
	need_sqlite3
	conf <<-END
		catch_up_rate = 1
		job "a" { every = "1h" command = {"$H/note", "$T/notes"} }
		job "b" { every = "1h" command = {"$H/note", "$T/notes"} }
		job "z" { every = "500ms" command = {"$H/note", "$T/notes"} }
	END
	start
	halt
	: >"$T/notes"
	sql "DELETE FROM run; DELETE FROM streak; UPDATE job SET floor = floor / $HOUR * $HOUR - 1"
	start
	await_notes 4 z
	await_notes 1 b
	stop
	started=$(sql 'SELECT max(started) FROM life')
	equal "slots of z from before the start that ran" "$(slots z | awk -v t="$started" '$1 <= t')" ""
	equal "what became of them" "$(sql "SELECT DISTINCT verdict || '/' || reason FROM streak WHERE first <= $started
		AND job = (SELECT number FROM job WHERE name = 'z')")" coalesced/down
	entered z 500000
}

@test "a job that is new, renamed, or has another grid has nothing to catch up" {
	need_sqlite3
	conf <<-END
		job "stays" { every = "1h" command = {"$H/note", "$T/notes"} }
		job "renamed" { every = "1h" command = {"$H/note", "$T/notes"} }
		job "faster" { every = "1h" command = {"$H/note", "$T/notes"} }
		job "shifted" { every = "1h" command = {"$H/note", "$T/notes"} }
		job "comes-back" { every = "1h" command = {"$H/note", "$T/notes"} }
	END
	start
	halt
	conf <<-END
		job "stays" { every = "60m" command = {"$H/note", "$T/notes"} }
	END
	start
	halt
	sql "UPDATE job SET floor = floor - 5 * $HOUR"
	[ -n "$(value comes-back gone)" ]
	equal "schedule of one that left" "$(value comes-back schedule)" ""
	conf <<-END
		job "stays" { every = "1h" splay = "1s" command = {"$H/note", "$T/notes"} }
		job "new-name" { every = "1h" command = {"$H/note", "$T/notes"} }
		job "faster" { every = "30m" command = {"$H/note", "$T/notes"} }
		job "shifted" { every = "1h" offset = "10m" command = {"$H/note", "$T/notes"} }
		job "comes-back" { every = "1h" command = {"$H/note", "$T/notes"} }
	END
	start
	await_notes 1 stays
	stop
	equal "jobs with a verdict" "$(sql "SELECT DISTINCT name FROM (SELECT job FROM run UNION SELECT job FROM streak)
		JOIN job ON number = job")" stays
	equal "what ran" "$(cut -d' ' -f1 "$T/notes" | sort -u)" stays
}

@test "the time that the ledger knows lies ahead: the clock was lost, and jobs run" {
	need_sqlite3
	conf <<-END
		job "j" { every = "1s" command = {"$H/note", "$T/notes"} }
	END
	start
	halt
	sql "UPDATE job SET floor = floor + 240 * $HOUR"
	start
	await_notes 2 j
	stop
}

# --- a stop --------------------------------------------------------------------------------------

@test "what was accepted and not started is caught up, for its own slot" {
	need_sqlite3
	conf <<-END
		workers = 1 stop_timeout = "0"
		job "a" { every = "1h" kill_grace = "0" command = {"flock", "-s", "$T/gate", "$H/note", "$T/notes"} }
		job "b" { every = "1h" command = {"flock", "-s", "$T/gate", "$H/note", "$T/notes"} }
	END
	start
	halt
	sql "UPDATE job SET floor = floor - $HOUR - (name = 'a')"
	shut_gate
	start
	await_sql 2 'SELECT count(*) FROM run'
	await_sql started "SELECT state FROM run WHERE state = 'started'"
	waiting=$(sql "SELECT name || ' ' || slot FROM run JOIN job ON number = job WHERE state = 'accepted'")
	halt
	equal "what is left open" "$(sql "SELECT name || ' ' || slot FROM run JOIN job ON number = job WHERE state IS NOT NULL")" "$waiting"
	equal "the other" "$(sql "SELECT verdict, reason FROM run WHERE state IS NULL")" "killed|stopping"
	open_gate
	start
	await_notes 1 "${waiting%% *}"
	stop
	equal "slot" "$(slots "${waiting%% *}")" "${waiting##* }"
	equal "runs" "$(wc -l <"$T/notes")" 1
	equal "what is left open" "$(sql "SELECT * FROM run WHERE state IS NOT NULL")" ""
}

@test "retries continue over a stop, as the same run" {
	need_sqlite3
	known 'retries = 3' 'retry_delay = "2s"' 'command = "exit 7"'
	away 1
	start
	await 'everyd: j\[1\]: attempt 1 of 4 failed'
	halt
	equal "what is left open" "$(rows j)" "$SINCE backoff 1"
	start
	await 'everyd: j\[1\]: attempt 2 of 4 failed'
	halt
	equal "what is left open" "$(rows j)" "$SINCE backoff 2"
	sed -i 's/exit 7/exit 0/' "$CONF"
	start
	await 'everyd: j\[1\]: ok .* 3rd attempt'
	stop
	equal "what came of it" "$(rows j)" "$SINCE ok 3"
}

@test "failures in a row are known after a start: told once, and the recovery is told" {
	need_sqlite3
	conf <<-END
		job "j" {
		    every = "100ms"
		    command = 'echo run; test -e "$T/mended"'
		    on_failure = 'echo told of \$EVERYD_FAILURES'
		    on_recovery = 'echo told of recovery'
		}
	END
	start
	await 2 'everyd: j\[[0-9]+\]: failed'
	await 'told of 1'
	halt
	failures=$(value j failures)
	[ "$failures" -ge 2 ]
	start
	await 2 'everyd: j\[[0-9]+\]: failed'
	touch "$T/mended"
	await 'told of recovery'
	stop
	never 'told of [0-9]'
	equal "failures in a row" "$(value j failures)" 0
}

# last_verdict JOB: of its last run, as the daemon has it.
last_verdict() {
	"$BUILD/everyctl" --socket "$T/runtime/control.sock" list --json "$1" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["items"][0]["last"]["verdict"])'
}

# --- a crash -------------------------------------------------------------------------------------

@test "killed while a run is under way, and that too: it is lost, and not repeated" {
	need_sqlite3
	known "command = {\"flock\", \"-s\", \"$T/gate\", \"true\"}" 'on_failure = "echo told: $EVERYD_VERDICT $EVERYD_REASON"'
	away 1
	shut_gate
	start
	await_sql started 'SELECT state FROM run'
	crash
	for pid in $(marked); do
		kill -KILL "$pid" || true
		await_end "$pid"
	done
	open_gate
	start
	await 'everyd: j\[1\]: lost \(the daemon died while it ran\): ended unseen$'
	await 'told: lost crash'
	equal "what is told of it" "$(last_verdict j)" lost
	stop
	start
	equal "what is told of it in the next life" "$(last_verdict j)" lost
	stop
	equal "what came of it" "$(rows j)" "$SINCE lost/crash 1"
	equal "failures in a row" "$(value j failures)" 1
	equal "lives that ended in a crash" "$(sql 'SELECT count(*) FROM life WHERE stopped IS NULL')" 1
}

# outlived EVERY [OPTION...]: a run of "j" goes on while the daemon dies; it is started again.
outlived() {
	local every=$1
	shift
	conf <<-END
		job "j" {
		    every = "$every"
		    command = {"flock", "-s", "$T/gate", "$H/note", "$T/notes"}
		    $(printf '%s\n' "$@")
		}
	END
	shut_gate
	start
	await_sql started 'SELECT state FROM run WHERE pid IS NOT NULL'
	CHILD=$(sql 'SELECT pid FROM run')
	crash
	kill -0 "$CHILD"
	start
}

@test "a run that outlives the daemon is adopted: it is not disturbed, and overlap holds" {
	need_sqlite3
	outlived 100ms
	await 'everyd: j\[1\]: still runs as pid [0-9]+, from before the restart'
	await 'everyd: j: skipped'
	# It runs since it was started, not since it was adopted.
	logged 'skipped .* \(run 1, pid [0-9]+, for '
	never 'skipped .*, for [0-9.]+us\)'
	kill -0 "$CHILD"
	[ ! -e "$T/notes" ]
	open_gate
	await_notes 2 j
	stop
	equal "what came of it" "$(rows j "run.id = 1" | cut -d' ' -f2-)" "lost/adopted 1"
	equal "slots that ran twice" "$(slots j | uniq -d)" ""
	entered j 100000
}

@test "an adopted run is stopped at its timeout" {
	need_sqlite3
	outlived 100ms 'timeout = "3s"' 'kill_grace = "100ms"'
	await 'everyd: j\[1\]: timeout'
	! kill -0 "$CHILD" 2>/dev/null
	open_gate
	stop
	equal "what came of it" "$(rows j "run.id = 1" | cut -d' ' -f2-)" "timeout 1"
}

@test "an adopted run is replaced, and stopped when the daemon stops" {
	need_sqlite3
	# Each is replaced by the next, and starts as soon as it has ended.
	outlived 5s 'overlap = "replace"' 'kill_grace = "100ms"'
	await 'everyd: j\[1\]: killed'
	open_gate
	await_notes 1 j
	halt
	equal "what came of it" "$(rows j "run.id = 1" | cut -d' ' -f2-)" "killed/replaced 1"

	rm -rf "$T/state"
	outlived 100ms
	kill -TERM "$PID"
	await 'everyd: stopping: what runs or is queued \(1\)'
	kill -TERM "$PID"
	ended 0
	equal "what came of it" "$(rows j "run.id = 1" | cut -d' ' -f2-)" "killed/stopping 1"
}

@test "one whose job is gone by then is left alone" {
	need_sqlite3
	conf <<-END
		job "j" { every = "100ms" command = {"flock", "-s", "$T/gate", "$H/note", "$T/notes"} }
	END
	shut_gate
	start
	await_sql started 'SELECT state FROM run WHERE pid IS NOT NULL'
	child=$(sql 'SELECT pid FROM run')
	crash
	conf </dev/null
	start
	await 'everyd: j\[1\]: still runs as pid .*left alone'
	kill -0 "$child"
	equal "what came of it" "$(rows j | cut -d' ' -f2-)" "lost/removed 1"
	open_gate
	await_end "$child"
	stop
}

@test "another process with its number is not taken for it" {
	need_sqlite3
	known "command = {\"flock\", \"-s\", \"$T/gate\", \"true\"}"
	away 1
	shut_gate
	start
	await_sql started 'SELECT state FROM run WHERE pid IS NOT NULL'
	crash
	for pid in $(marked); do
		kill -KILL "$pid" || true
		await_end "$pid"
	done
	open_gate
	helper sleep 1000
	stranger=${HELPER_PIDS##* }
	sql "UPDATE run SET pid = $stranger"
	start
	await 'everyd: j\[1\]: lost'
	kill -0 "$stranger"
	# Nor is one of another boot.
	stop
}

@test "killed again and again, nothing is lost and nothing done twice" {
	need_sqlite3
	conf <<-END
		workers = 4
		defaults { catch_up = "all" }
		job "a" { every = "100ms" command = {"$H/note", "$T/notes"} }
		job "b" { every = "100ms" overlap = "allow" command = {"$H/note", "$T/notes"} }
		job "c" { every = "300ms" overlap = "queue" command = 'sleep 0.2; "$H/note" "$T/notes"' }
	END
	for i in 1 2 3 4 5 6 7 8; do
		start
		await_notes $(($(grep -c '^a ' "$T/notes" 2>/dev/null) + 3)) a
		crash
	done
	start
	await_notes $(($(grep -c '^c ' "$T/notes") + 2)) c
	stop
	for job in a b c; do
		equal "slots of $job that ran twice" "$(slots $job | uniq -d)" ""
		equal "slots of $job that ran without a row" "$(comm -23 <(slots $job | sort) \
			<(sql "SELECT slot FROM run JOIN job ON number = job WHERE name = '$job'" | sort))" ""
	done
	entered a 100000
	entered b 100000
	entered c 300000
	equal "what is left open, but for what was put off" "$(sql "SELECT * FROM run WHERE state NOT IN ('accepted')")" ""
	equal lives "$(sql 'SELECT count(*), count(stopped) FROM life')" "9|1"
}

# --- pause ---------------------------------------------------------------------------------------

# paused UNTIL: as somebody has left it.
paused() {
	sql "UPDATE job SET paused = 1, until = $1, pause_reason = 'the disk is replaced' WHERE name = 'j'"
}

@test "a pause holds over a start and a reload, and everybody can see why" {
	need_sqlite3
	conf <<-END
		job "j" { every = "100ms" command = {"$H/note", "$T/notes"} }
		job "other" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	start
	await_notes 1 j
	halt
	: >"$T/notes"
	paused NULL
	start
	await_notes 3 other
	kill -HUP "$PID"
	await 'everyd: reload: 0 added'
	sed -i 's/100ms" command/200ms" command/' "$CONF"
	await_notes 6 other
	kill -USR1 "$PID"
	await 'everyd: (status: )?.*j.*paused.*the disk is replaced'
	await 'everyd: j: every [0-9a-z]+: (no|last) run '
	await 'everyd: other: every [0-9a-z]+: next '
	stop
	equal "runs of the paused job" "$(slots j)" ""
	equal "its pause" "$(value j 'paused, until, pause_reason')" "1||the disk is replaced"
	[ "$(sql "SELECT verdict, reason, count > 3 FROM streak JOIN job ON number = streak.job
		WHERE name = 'j' ORDER BY id DESC LIMIT 1")" = "paused|paused|1" ] || {
		streaks j
		false
	}
}

@test "a pause ends by itself, and what it kept from running is made up for" {
	need_sqlite3
	conf <<-END
		job "j" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	start
	await_notes 1 j
	halt
	: >"$T/notes"
	until=$(($(now) + 2500000))
	paused "$until"
	start
	await_notes 2 j
	[ "$(now)" -ge "$until" ]
	stop
	equal "its pause" "$(value j 'paused')" 0
	first=$(slots j | head -1)
	[ "$first" -gt $((until - 300000)) ] && [ "$first" -le "$((until + 100000))" ]
	[ "$(sql "SELECT sum(count) FROM streak WHERE verdict = 'paused' AND reason = 'paused'")" -ge 10 ]
	entered j 100000
}

@test "a pause that has ended meanwhile is none, and a job that left forgets its own" {
	need_sqlite3
	known
	paused "$(($(now) - 1000000))"
	away 2
	start
	await_notes 1 j
	halt
	equal "its pause" "$(value j 'paused')" 0
	paused NULL
	conf </dev/null
	start
	halt
	hourly
	start
	halt
	equal "its pause" "$(value j 'paused')" 0
}
