# Slots of each kind of schedule, in the ledger and over restarts and crashes.
load lib.bash
load ledger.bash

HOUR=3600000000

# runs_of JOB: how many the ledger has.
runs_of() {
	sql "SELECT count(*) FROM run JOIN job ON number = run.job WHERE name = '$1'"
}

# reload: and it is in force.
reload() {
	local n
	n=$(count 'everyd: reload: ')
	kill -HUP "$PID"
	await $((n + 1)) 'everyd: reload: [0-9]+ added' >/dev/null
}

@test "after: each run is due a span after the end of the one before" {
	need_sqlite3
	conf <<-END
		job "j" {
		    after = "200ms"
		    command = {"$H/note", "$T/notes"}
		}
	END
	start
	await_notes 5 j
	stop
	[ "$(runs_of j)" -ge 5 ]
	# Slots are wall time, ends are elapsed time made into it: not the same to a millisecond.
	equal "slots too soon after the run before" "$(sql "SELECT b.slot, a.ended FROM run a, run b
		WHERE b.id = (SELECT min(id) FROM run WHERE id > a.id) AND b.slot < a.ended + 150000")" ""
	equal "the first slot, after it was known" \
		"$(sql "SELECT (SELECT min(slot) FROM run) - floor FROM job")" 200000
	equal streaks "$(streaks j)" ""
}

@test "after: a run that fails ends with its last attempt" {
	need_sqlite3
	conf <<-END
		job "j" {
		    after = "100ms"
		    command = "false"
		    retries = 2
		    retry_delay = "100ms"
		}
	END
	start
	await 'everyd: j\[2\]: failed: exit status 1 .*, at the 3rd attempt'
	stop
	equal "two at a time" "$(sql "SELECT count(*) FROM run a, run b
		WHERE b.id > a.id AND b.slot < a.ended AND a.verdict IS NOT NULL")" 0
}

@test "after: the span goes on over restarts, and what is overdue is caught up" {
	need_sqlite3
	conf <<-END
		job "j" {
		    after = "1h"
		    command = {"$H/note", "$T/notes"}
		}
	END
	start
	kill -USR1 "$PID"
	await 'everyd: j: 1h after the end of the run before: next .* \(in (1h|59m.*)\), no run has ended yet'
	await_sql 1 "SELECT count(*) FROM job WHERE floor > 0"
	crash
	# It was known half an hour ago.
	sql "UPDATE job SET floor = floor - $HOUR / 2"
	start
	kill -USR1 "$PID"
	await 'everyd: j: 1h after the end of the run before: next .* \(in (30m|29m.*)\), no run has ended yet'
	crash
	sql "UPDATE job SET floor = floor - $HOUR"
	due=$(sql "SELECT floor + $HOUR FROM job")
	start
	await 'everyd: j\[1\]: ok'
	equal "the slot" "$(slots j)" "$due"
	kill -USR1 "$PID"
	await 'everyd: j: 1h after the end of the run before: next .* \(in (1h|59m.*)\), last run ok at '
	crash
	# From the end of that run.
	start
	kill -USR1 "$PID"
	await 'everyd: j: 1h after the end of the run before: next .* \(in (1h|59m.*)\), last run ok at '
	stop
	equal "runs" "$(runs_of j)" 1
}

@test "after: a ledger that is begun anew knows when the last run ended" {
	need_sqlite3
	conf <<-END
		job "j" { after = "1h" command = "true" }
		job "ticks" { every = "100ms" command = "true" }
	END
	start
	await_sql 1 "SELECT count(*) FROM job WHERE name = 'j' AND floor > 0"
	crash
	sql "UPDATE job SET floor = floor - 3 * $HOUR WHERE name = 'j'"
	start
	await 'everyd: j\[[0-9]+\]: ok'
	slot=$(rows j | cut -d' ' -f1)
	rm -f "$STATE_DIRECTORY"/ledger.db*
	await 'everyd: the ledger.*was removed'
	await_sql 1 "SELECT floor > $slot + $HOUR FROM job WHERE name = 'j'"
	halt
	start
	kill -USR1 "$PID"
	await 'everyd: j: 1h after the end of the run before: next .* \(in (1h|59m.*)\), '
	stop
}

@test "after: killed while it runs, it is due a span after that is known" {
	need_sqlite3
	conf <<-END
		job "j" {
		    after = "100ms"
		    command = {"flock", "-s", "$T/gate", "true"}
		}
	END
	shut_gate
	start
	await_sql 1 "SELECT count(*) FROM run WHERE state = 'started' AND pid IS NOT NULL"
	crash
	start
	await 'everyd: j\[1\]: still runs as pid [0-9]+'
	open_gate
	await 'everyd: j\[1\]: lost'
	await 'everyd: j\[2\]: ok'
	stop
	equal "slots before the end of the first run" "$(sql "SELECT count(*) FROM run
		WHERE id > 1 AND slot < (SELECT ended FROM run WHERE id = 1)")" 0
}

@test "on = \"start\": once each time the daemon starts" {
	need_sqlite3
	conf <<-END
		job "j" {
		    on = "start"
		    command = {"$H/note", "$T/notes"}
		}
	END
	start
	await_notes 1 j
	kill -USR1 "$PID"
	await 'everyd: j: when everyd starts: (no run has ended yet|last run ok)'
	await 'everyd: j\[1\]: ok'
	reload
	crash
	start
	await 'everyd: j\[2\]: ok'
	reload
	stop
	equal "runs" "$(rows j | cut -d' ' -f2)" $'ok\nok'
	equal "streaks" "$(streaks j)" ""
}

@test "on = \"reload\": with each reload, for those too that it brings" {
	need_sqlite3
	conf <<-END
		job "j" {
		    on = "reload"
		    command = "true"
		}
	END
	start
	reload
	await 'everyd: j\[1\]: ok'
	conf <<-END
		job "j" {
		    on = {"start", "reload"}
		    command = "true"
		}
		job "k" {
		    on = "reload"
		    command = "true"
		}
	END
	reload
	await 'everyd: j\[[0-9]+\]: ok'
	await 'everyd: k\[[0-9]+\]: ok'
	# One that fails is none.
	echo 'job "j" { }' | conf
	kill -HUP "$PID"
	await 'everyd: .*the previous configuration (stays|is) in force'
	stop
	equal "runs of j" "$(runs_of j)" 2
	equal "runs of k" "$(runs_of k)" 1
}

@test "on: at the start, at each reload, at both, and not otherwise" {
	conf <<-END
		job "start" { on = "start" command = {"$H/note", "$T/notes"} }
		job "reload" { on = "reload" command = {"$H/note", "$T/notes"} }
		job "both" { on = {"start", "reload"} command = {"$H/note", "$T/notes"} }
		job "resume" { on = "resume" command = {"$H/note", "$T/notes"} }
	END
	start
	await 'everyd: start\[[0-9]+\]: ok'
	await 'everyd: both\[[0-9]+\]: ok'
	kill -HUP "$PID"
	await 'everyd: reload\[[0-9]+\]: ok'
	await 2 'everyd: both\[[0-9]+\]: ok'
	stop
	equal runs "$(cut -d' ' -f1 "$T/notes" | sort | uniq -c | xargs)" "2 both 1 reload 1 start"
}

@test "cron with seconds: each second once, whatever becomes of the daemon" {
	need_sqlite3
	conf <<-END
		job "j" {
		    cron = "* * * * * *"
		    timezone = "Europe/Berlin"
		    command = {"$H/note", "$T/notes"}
		}
	END
	start
	await_notes 2 j
	kill -USR1 "$PID"
	await 'everyd: j: .*, Europe/Berlin: next [0-9-]+ [0-9:]+ \(in '
	crash
	before=$(wc -l <"$T/notes")
	await_clock $(($(now) + 2500000))
	start
	await_notes $((before + 2)) j
	stop
	entered j 1000000
	[[ $(streaks j) == *coalesced/down* ]]
	equal "twice" "$(slots j | uniq -d)" ""
}

@test "one slot that is coalesced is not called several" {
	need_sqlite3
	echo 'job "j" { every = "1d" catch_up_window = "infinity" command = "true" }' | conf
	start
	halt
	sql "UPDATE job SET floor = floor - 48 * $HOUR"
	start
	await 'everyd: j\[1\]: ok'
	stop
	logged 'everyd: j: coalesced the occurrence of [0-9-]+ [0-9:.]+: the daemon was not running'
	equal "streaks" "$(streaks j)" "coalesced/down 1"
}

@test "of many jobs that were missed the log names a hundred" {
	need_sqlite3
	for i in $(seq 150); do
		printf 'job "j%d" { every = "1h" catch_up = "none" command = "true" }\n' "$i"
	done | conf
	start
	halt
	sql "UPDATE job SET floor = floor - 2 * $HOUR"
	start
	await 'everyd: 50 more lines of occurrences that are missed are left out; the ledger has them all'
	stop
	equal "lines" "$(count 'everyd: j[0-9]+: missed ')" 100
	equal "streaks" "$(sql "SELECT count(*) FROM streak WHERE verdict = 'missed'")" 150
}
