# What it tells a service manager (sd_notify(3)), without one.
load lib.bash

# managed [OPTION...]: starts it with somebody who listens; what it says is in $T/said.
managed() {
	helper "$BUILD/helpers/listener" "$T/socket" "$T/said"
	await_in "$T/said" 1 '^listening$'
	launch env NOTIFY_SOCKET="$T/socket" "$@" "$EVERYD" -c "$CONF"
	told 1 '^READY=1$'
}

# told COUNT REGEX
told() {
	await_in "$T/said" "$1" "$2"
}

# Where in $T/said the first line is that matches.
line_of() {
	grep -nE "$1" "$T/said" | head -1 | cut -d: -f1
}

@test "READY=1 when the configuration is in force, with a status" {
	conf <<-END
		job "backup" { every = "400d" command = "true" }
	END
	managed
	told 1 '^STATUS=1 job, 0 running, next backup in [0-9a-z]+$'
	logged 'everyd: everyd .* started: 1 job'
	stop
}

@test "no READY=1 on a bad configuration" {
	echo broken | conf
	helper "$BUILD/helpers/listener" "$T/socket" "$T/said"
	await_in "$T/said" 1 '^listening$'
	launch env NOTIFY_SOCKET="$T/socket" "$EVERYD" -c "$CONF"
	ended 78
	! grep READY "$T/said"
}

@test "the status follows what runs" {
	conf <<-END
		job "j" { every = "100ms" command = {"flock", "-s", "$T/gate", "true"} }
	END
	shut_gate
	managed
	told 1 '^STATUS=1 job, 1 running, next j within 1m$'
	open_gate
	told 1 '^STATUS=1 job, 0 running, '
	stop
}

@test "reload: RELOADING=1 with the monotonic time, then READY=1" {
	conf <<-END
		job "j" { every = "400d" command = "true" }
	END
	managed
	kill -HUP "$PID"
	told 2 '^READY=1$'
	equal "order" "$(grep -E '^(READY|RELOADING|MONOTONIC_USEC)' "$T/said" | cut -d= -f1 | paste -sd' ')" \
		"READY RELOADING MONOTONIC_USEC READY"
	kill -HUP "$PID"
	told 3 '^READY=1$'
	at=$(sed -n 's/^MONOTONIC_USEC=//p' "$T/said" | paste -sd' ')
	[[ $at =~ ^[1-9][0-9]*\ [1-9][0-9]*$ ]]
	[ "${at#* }" -gt "${at% *}" ]
	stop
}

@test "a bad reload is shown until it is mended" {
	conf <<-END
		job "j" { every = "400d" command = "true" }
	END
	managed
	echo 'job "j" { every = "nonsense" command = "true" }' | conf
	kill -HUP "$PID"
	told 2 '^READY=1$'
	told 1 "^STATUS=1 job, .*RELOAD FAILED, the previous configuration is in force: $CONF:1: job \"j\": every: "
	[ "$(line_of '^STATUS=.*RELOAD FAILED')" -gt "$(line_of '^RELOADING')" ]
	echo 'job "j" { every = "399d" command = "true" }' | conf
	kill -HUP "$PID"
	told 3 '^READY=1$'
	stop
	! grep '^STATUS=' "$T/said" | sed '$!d' | grep FAILED
	[[ $(grep '^STATUS=1 job' "$T/said" | tail -1) != *FAILED* ]]
}

@test "stop: STOPPING=1, and more time is asked for while runs end" {
	conf <<-END
		job "j" { every = "100ms" command = {"flock", "-s", "$T/gate", "true"} }
	END
	shut_gate
	managed
	told 1 '^STATUS=1 job, 1 running'
	kill -TERM "$PID"
	told 1 '^STOPPING=1$'
	told 1 '^EXTEND_TIMEOUT_USEC=[1-9][0-9]*$'
	told 1 '^STATUS=stopping: 1 job, 1 running$'
	# It goes on asking.
	told 2 '^EXTEND_TIMEOUT_USEC='
	open_gate
	ended 0
	! sed '1,/^STOPPING=1$/d' "$T/said" | grep READY
}

@test "WATCHDOG=1 while all is well, and silence when it is held up" {
	conf <<-END
		job "j" { every = "100ms" command = "true" }
	END
	managed WATCHDOG_USEC=400000
	told 3 '^WATCHDOG=1$'
	kill -STOP "$PID"
	before=$(grep -c '^WATCHDOG=1$' "$T/said")
	await_clock $(($(now) + 900000))
	[ "$(grep -c '^WATCHDOG=1$' "$T/said")" -le $((before + 1)) ]
	kill -CONT "$PID"
	told $((before + 4)) '^WATCHDOG=1$'
	stop
}

@test "WATCHDOG=1 goes on while a job runs long, and while it stops" {
	conf <<-END
		workers = 1
		job "j" { every = "100ms" command = {"flock", "-s", "$T/gate", "true"} }
		job "k" { every = "100ms" command = {"flock", "-s", "$T/gate", "true"} }
	END
	shut_gate
	managed WATCHDOG_USEC=2000000
	await 'everyd: k: skipped'
	told 4 '^WATCHDOG=1$'
	kill -TERM "$PID"
	told 1 '^STOPPING=1$'
	told $(($(grep -c '^WATCHDOG=1$' "$T/said") + 4)) '^WATCHDOG=1$'
	open_gate
	ended 0
	never 'the watchdog is not fed|hang in a system call'
}

@test "a watchdog meant for another process is not fed" {
	conf <<-END
		job "j" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	managed WATCHDOG_USEC=100000 WATCHDOG_PID=1
	await_notes 5 j
	stop
	! grep WATCHDOG "$T/said"
}

@test "jobs do not get the service manager's variables" {
	conf <<-END
		job "j" { every = "100ms" command = {"$H/probe"} }
	END
	managed WATCHDOG_USEC=1000000 JOURNAL_STREAM=1:1
	await ' j\[[0-9]+\]: end'
	never 'env (NOTIFY_SOCKET|WATCHDOG|JOURNAL_STREAM)'
	stop
}

@test "a listener that goes away does no harm" {
	conf <<-END
		job "j" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	managed WATCHDOG_USEC=200000
	kill -KILL $HELPER_PIDS
	rm "$T/socket"
	await_notes $(($(wc -l <"$T/notes") + 10)) j
	stop
}
