# Signals to the daemon. (Reloading and stopping have files of their own.)
load lib.bash

tick() {
	conf <<-END
		job "tick" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
}

more_ticks() {
	await_notes $(($(grep -c . "$T/notes" || true) + 3)) tick
}

@test "TERM and INT stop it" {
	for signal in TERM INT; do
		: >"$LOG"
		tick
		start
		await_notes 1 tick
		stop $signal
		rm "$T/notes"
	done
}

@test "USR1 logs jobs, next slots, running ones with their pid, and counters" {
	conf <<-END
		workers = 2
		queue = 10
		concurrency_group "one" { limit = 1 }
		job "runs" {
		    every = "200ms"
		    command = 'echo pid \$\$; exec flock -s $T/gate true'
		}
		job "blocked" { every = "200ms" overlap = "skip" concurrency_group = "one" command = {"flock", "-s", "$T/gate", "true"} }
		job "waits" { every = "200ms" concurrency_group = "one" command = "true" }
		job "rare" { every = "400d" command = "true" }
		job "quick" { every = "400d" command = "true" }
	END
	shut_gate
	start
	pid=$(await ' runs\[[0-9]+\]: pid [0-9]+')
	pid=${pid##* }
	await 'everyd: runs: skipped the occurrence of .*: the previous run has not ended \(run [0-9]+, pid '$pid', for '
	await 'everyd: (waits|blocked): skipped the occurrence'
	kill -USR1 "$PID"
	await 'everyd: status: 5 jobs, 2 running, 1 waiting, next '
	await 'everyd: up for .*skipped'
	await 'everyd: [0-9]+ runs started, 2 of 2 workers busy, 0 queued, 1 waiting for their group, 0 log lines dropped'
	await "everyd: runs\\[[0-9]+\\]: running as pid $pid, for "
	await 'everyd: (waits|blocked)\[[0-9]+\]: waiting for its group, for '
	await 'everyd: rare: every [0-9a-z]+: next [0-9-]+ [0-9:]+ \(in [0-9a-z]+\), no run has ended yet'
	open_gate
	await 'everyd: runs\[[0-9]+\]: ok in '
	kill -USR1 "$PID"
	await 'everyd: runs: every .*: next .*, last run ok at .*, took '
	stop
}

@test "PIPE does nothing to it" {
	tick
	start
	kill -PIPE "$PID"
	more_ticks
	stop
}

@test "a log whose reader has gone does not kill it" {
	tick
	mkfifo "$T/pipe"
	exec 7<>"$T/pipe"
	TZ=$MARK "$EVERYD" -c "$CONF" </dev/null 2>"$T/pipe" 3>&- 7>&- &
	PID=$!
	await_notes 1 tick
	exec 7>&-
	more_ticks
	kill -HUP "$PID"
	more_ticks
	kill -USR1 "$PID"
	more_ticks
	kill -TERM "$PID"
	ended 0
}

@test "closed standard streams: nothing of its own lands on a job's output" {
	conf <<-END
		job "tick" { every = "100ms" command = 'readlink /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 > $T/links; $H/note $T/notes' }
	END
	TZ=$MARK "$EVERYD" -c "$CONF" <&- >&- 2>&- 3>&- &
	PID=$!
	more_ticks
	kill -TERM "$PID"
	ended 0
	grep -qx /dev/null "$T/links"
	! grep -vE '^(/dev/null|pipe:.*|'"$T/links"')$' "$T/links"
}

@test "signals that its parent ignored or blocked work all the same" {
	tick
	launch "$H/inherit" "$EVERYD" -c "$CONF"
	await_loaded
	more_ticks
	kill -HUP "$PID"
	await 'everyd: reload: 0 added, 0 changed, 0 removed, 1 unchanged'
	kill -USR1 "$PID"
	await 'everyd: status: 1 job'
	stop INT
}

@test "TERM in the middle of reloads" {
	need_prompt_signals
	for i in {1..10}; do
		tick
		start
		for n in {1..5}; do kill -HUP "$PID"; done
		kill -TERM "$PID"
		for n in {1..5}; do kill -HUP "$PID" 2>/dev/null || true; done
		ended 0
		: >"$LOG"
	done
}

@test "signals while it ends change nothing" {
	conf <<-END
		job "j" { every = "100ms" command = 'exec flock -s $T/gate true' }
	END
	for i in {1..5}; do
		: >"$LOG"
		shut_gate
		start
		await 'everyd: j: skipped'
		kill -TERM "$PID"
		await 'everyd: stopping'
		open_gate
		# Until there is no process to send one to.
		while kill -HUP "$PID" && kill -USR1 "$PID"; do :; done 2>/dev/null
		ended 0
	done
}

@test "a burst of signals of all kinds" {
	tick
	start
	for i in {1..100}; do
		kill -HUP "$PID"
		kill -USR1 "$PID"
		kill -CHLD "$PID"
		kill -PIPE "$PID"
	done
	more_ticks
	logged 'reload: 0 added, 0 changed, 0 removed, 1 unchanged'
	stop
	accounted tick 100000 0 || [ "$(verdicts skipped)" -gt 0 ]
}
