# SIGTERM: drains what was accepted, then stops what is left; nothing survives.
load lib.bash

# hard HOW [OPTION...]: the daemon runs one job that is hard to get rid of, and it is up.
hard() {
	local how=$1
	shift
	conf <<-END
		$(printf '%s\n' "$@" | grep -E '^stop_timeout')
		job "hard" {
		    every = "100ms"
		    kill_grace = "200ms"
		    command = {"$H/stubborn", "$how"}
		    $(printf '%s\n' "$@" | grep -vE '^stop_timeout')
		}
	END
	start
	await ' hard\[1\]: up$'
}

@test "with nothing to do it just ends" {
	conf </dev/null
	start
	stop
	logged 'everyd: stopped after .*: no occurrence yet'
	equal "what a test prints" "$(cat "$T/stdout")" ""
}

@test "running and queued runs are let finish, no new ones start" {
	conf <<-END
		workers = 1
		queue = 10
		defaults { overlap = "skip" }
		job "a" { every = "100ms" command = {"flock", "-s", "$T/gate", "$H/note", "$T/notes"} }
		job "b" { every = "100ms" command = {"flock", "-s", "$T/gate", "$H/note", "$T/notes"} }
		job "c" { every = "100ms" command = {"flock", "-s", "$T/gate", "$H/note", "$T/notes"} }
	END
	shut_gate
	start
	for job in a b c; do
		await "everyd: $job: skipped the occurrence"
	done
	kill -TERM "$PID"
	await 'everyd: stopping: what runs or is queued \(3\) has up to 30s to end'
	open_gate
	ended 0
	equal "runs" "$(sort "$T/notes" | cut -d' ' -f1 | paste -sd' ')" "a b c"
	equal "runs that were ok" "$(verdicts ok)" 3
	logged 'everyd: stopped after .*: 3 ok, [0-9]+ skipped(, [0-9]+ coalesced)?$'
}

@test "what waits for its group or its turn is cancelled" {
	conf <<-END
		concurrency_group "g" { limit = 1 }
		job "a" { every = "100ms" concurrency_group = "g" command = {"flock", "-s", "$T/gate", "true"} }
		job "b" { every = "100ms" concurrency_group = "g" command = {"flock", "-s", "$T/gate", "true"} }
		job "q" { every = "100ms" overlap = "queue" command = {"flock", "-s", "$T/gate", "true"} }
	END
	shut_gate
	start
	await 'everyd: a: skipped'
	await 'everyd: b: skipped'
	await 'everyd: q: skipped'
	kill -TERM "$PID"
	await 'everyd: [ab]\[[0-9]+\]: cancelled \(the daemon is stopping\)'
	await 'everyd: q: cancelled the occurrence of .*: the daemon is stopping'
	open_gate
	ended 0
	equal "runs that were ok" "$(verdicts ok)" 2
	equal "cancelled" "$(verdicts cancelled)" 2
}

@test "stop_timeout: then TERM" {
	hard mild 'stop_timeout = "200ms"'
	stop
	logged 'everyd: stopping: what runs or is queued \(1\) has up to 200ms to end'
	logged 'everyd: stopping what still runs'
	logged 'everyd: hard\[1\]: killed \(the daemon is stopping\): killed by SIGTERM after '
	logged 'everyd: stopped after .*1 killed'
}

@test "stop_timeout, then TERM, then kill_grace, then KILL" {
	hard ignore 'stop_timeout = "200ms"'
	stop
	logged 'everyd: hard\[1\]: killed \(the daemon is stopping\): killed by SIGKILL after '
}

@test "stop_timeout = 0 waits for nobody" {
	hard mild 'stop_timeout = "0"'
	stop
	logged 'killed by SIGTERM'
}

@test "a tree that ignores TERM does not survive" {
	hard tree 'stop_timeout = "0"'
	[ "$(marked | wc -l)" -ge 4 ]
	stop
}

@test "what a job left behind does not survive, whatever session it is in" {
	for how in leave daemon nested; do
		for leftover in kill leave; do
			fresh
			hard "$how" "leftover = \"$leftover\""
			kill -TERM "$PID"
			ended 0
		done
	done
}

@test "what a job left behind may end by itself" {
	cat >"$T/tidy" <<-END
		#!/bin/sh
		trap 'echo told >>$T/told; exit' TERM
		echo up >>$T/up
		echo >$T/ready
		sleep 1000 & wait
	END
	chmod 0755 "$T/tidy"
	mkfifo "$T/ready" # the job ends when it is in a session of its own, not before
	conf <<-END
		job "a" {
		    every = "100ms" leftover = "leave"
		    command = 'mkdir $T/once 2>/dev/null || exit 0; setsid -f $T/tidy >/dev/null; read up <$T/ready'
		}
	END
	start
	await_in "$T/up" 1 up
	stop
	equal "what it wrote" "$(cat "$T/told")" told
	logged 'everyd: killed [12] process(es)? that jobs had left behind'
}

@test "stopped (SIGSTOP) processes of a job do not survive" {
	conf <<-END
		stop_timeout = "0"
		job "a" { every = "100ms" kill_grace = "200ms" command = 'echo up; kill -STOP \$\$' }
	END
	start
	await ' a\[1\]: up'
	stop
}

@test "a second TERM skips the wait, a third the grace" {
	conf <<-END
		stop_timeout = "1h"
		job "a" { every = "100ms" kill_grace = "1h" command = {"$H/stubborn", "ignore"} }
	END
	start
	await ' a\[1\]: up'
	kill -TERM "$PID"
	await 'everyd: stopping: '
	kill -0 "$PID"
	kill -INT "$PID"
	await 1 'everyd: stopping what still runs'
	kill -0 "$PID"
	stop TERM
	logged 'everyd: a\[1\]: killed \(the daemon is stopping\): killed by SIGKILL'
}

@test "TERM before anything ran, and at any moment of its life" {
	need_prompt_signals
	conf <<-END
		job "tick" { every = "100ms" command = 'sleep 0' }
	END
	for i in {1..30}; do
		launch "$EVERYD" -c "$CONF"
		until [ "/proc/$PID/exe" -ef "$EVERYD" ]; do :; done
		# At a moment that differs: after so many lines of the log, or none.
		[ $((i % 5)) = 0 ] || await $((i % 5 + $(wc -l <"$LOG"))) '' >/dev/null
		kill -TERM "$PID"
		status=0
		await_end "$PID"
		wait "$PID" || status=$?
		# Before its handlers are in place TERM is what it is for any process.
		[ "$status" = 0 ] || { [ $((i % 5)) = 0 ] && [ "$status" = 143 ]; }
		alone
	done
}

@test "orphans are reaped while it runs" {
	conf <<-END
		job "a" { every = "100ms" leftover = "leave" command = '(setsid sh -c "exec flock -s $T/gate true" >/dev/null 2>&1 &) ; echo left' }
	END
	shut_gate
	start
	await 3 ' a\[[0-9]+\]: left'
	[ "$(ps -o comm= --ppid "$PID" | grep -c flock)" -ge 1 ]
	open_gate
	# It collects once a second; what it has not is a zombie of it.
	for i in {1..3}; do
		await $(($(count ' a\[[0-9]+\]: left') + 12)) ' a\[[0-9]+\]: left' >/dev/null
	done
	zombies=$(ps -o stat= --ppid "$PID" | grep -c Z || true)
	equal "many zombies" "$((zombies > 25))" 0
	stop
}
