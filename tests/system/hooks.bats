# on_start, on_success, on_recovery, on_failure, on_missed: who is told, of what, how often.
load lib.bash

# Files for hooks are gone from where they were put.
no_files_left() {
	equal "files left" "$(ls "$T/runtime")" ""
}

# facts HOOK: the variables of everyd that a hook noted in $T/HOOK, without those of the run itself.
facts() {
	grep -E '^EVERYD_' "$T/$1" | grep -vE '^EVERYD_(JOB|RUN|SLOT|ATTEMPT|OUTPUT_FILE)=' | sort
}

# A hook's command that notes its environment in $T/NAME, whole.
note_as() {
	echo "env >$T/$1.new; mv $T/$1.new $T/$1; echo noted $1"
}

@test "a failure: its facts, and the output" {
	conf <<-END
		job "j" {
		    every = "100ms"
		    command = 'echo to stdout; echo to stderr >&2; exit 3'
		    on_failure = 'cat "\$EVERYD_OUTPUT_FILE" >$T/output; stat -c %a "\$EVERYD_OUTPUT_FILE" >$T/mode; $(note_as failure)'
		}
	END
	start
	await ' j\[1\]: noted failure'
	stop
	no_files_left
	equal facts "$(facts failure | sed 's/DURATION=[0-9]*\.[0-9][0-9][0-9]$/DURATION=some/')" "$(cat <<-END
		EVERYD_DURATION=some
		EVERYD_EXIT=3
		EVERYD_FAILURES=1
		EVERYD_HOOK=failure
		EVERYD_REASON=exit
		EVERYD_VERDICT=failed
	END
	)"
	for fact in JOB=j RUN=1 ATTEMPT=1; do
		grep -qx "EVERYD_$fact" "$T/failure"
	done
	grep -qE '^EVERYD_SLOT=[0-9-]+T[0-9:.]+Z$' "$T/failure"
	equal output "$(sort "$T/output")" "$(printf 'to stderr\nto stdout')"
	[[ $(cat "$T/mode") =~ ^[46]00$ ]]
	# Only the first of a row of failures is told.
	equal "times it was told" "$(count ' j\[[0-9]+\]: noted failure')" 1
}

@test "the facts of other ends" {
	conf <<-END
		job "signal" { every = "100ms" command = 'kill -KILL \$\$' on_failure = '$(note_as signal)' }
		job "timeout" { every = "100ms" timeout = "20ms" command = "sleep 1000" on_failure = '$(note_as timeout)' }
		job "exec" { every = "100ms" command = {"/nonexistent"} on_failure = '$(note_as exec)' }
		job "ok" { every = "100ms" command = "true" on_success = '$(note_as ok)' }
	END
	start
	for job in signal timeout exec ok; do
		await " $job\[[0-9]+\]: noted $job" >/dev/null
	done
	stop
	grep -qx EVERYD_SIGNAL=KILL "$T/signal"
	grep -qx EVERYD_VERDICT=failed "$T/signal"
	! grep EVERYD_EXIT= "$T/signal"
	grep -qx EVERYD_VERDICT=timeout "$T/timeout"
	grep -qx EVERYD_SIGNAL=TERM "$T/timeout"
	grep -qx EVERYD_VERDICT=failed "$T/exec"
	! grep -E 'EVERYD_(EXIT|SIGNAL|DURATION)=' "$T/exec"
	grep -qx EVERYD_HOOK=success "$T/ok"
	grep -qx EVERYD_VERDICT=ok "$T/ok"
	grep -qx EVERYD_EXIT=0 "$T/ok"
	! grep EVERYD_SIGNAL= "$T/ok"
}

@test "on_start is told while the run goes on" {
	shut_gate
	conf <<-END
		job "j" { every = "100ms" command = {"flock", "-s", "$T/gate", "true"} on_start = '$(note_as start)' }
	END
	start
	await ' j\[1\]: noted start'
	never 'everyd: j\[1\]: ok'
	open_gate
	await 'everyd: j\[1\]: ok'
	stop
	equal facts "$(facts start)" EVERYD_HOOK=start
}

@test "notify_after: told when so many have failed in a row, once" {
	conf <<-END
		job "j" { every = "100ms" command = "exit 1" notify_after = 3 on_failure = 'echo told of \$EVERYD_FAILURES' }
	END
	start
	await 6 'everyd: j\[[0-9]+\]: failed: '
	await ' j\[3\]: told of 3'
	stop
	equal "times it was told" "$(count ': told of ')" 1
}

@test "notify_when = always: each failure from there on" {
	conf <<-END
		job "j" { every = "100ms" command = "exit 1" notify_after = 2 notify_when = "always" on_failure = 'echo told of \$EVERYD_FAILURES' }
	END
	start
	for n in 2 3 4; do
		await " j\[$n\]: told of $n" >/dev/null
	done
	stop
	never ': told of 1$'
}

@test "recovery: told with the first success after a failure that was told" {
	conf <<-END
		job "j" {
		    every = "100ms" command = 'test -e $T/well' notify_after = 2
		    on_failure = 'echo failing \$EVERYD_FAILURES; touch $T/well'
		    on_recovery = 'echo recovered \$EVERYD_VERDICT from \$EVERYD_FAILURES; rm $T/well'
		    on_success = 'echo success'
		}
	END
	start
	await 2 ': failing 2'
	await 2 ': recovered ok from [0-9]+'
	stop
	# Both belong to the same run, on_success first.
	run=$(grep -m1 -oE ' j\[[0-9]+\]: recovered' "$LOG" | grep -oE '[0-9]+')
	equal order "$(grep -E " j\[$run\]: (success|recovered)" "$LOG" | grep -oE 'success|recovered')" "$(printf 'success\nrecovered')"
}

@test "on_missed: told at the beginning of a streak, with what came since" {
	shut_gate
	conf <<-END
		job "j" { every = "100ms" command = {"flock", "-s", "$T/gate", "true"} on_missed = '$(note_as missed)' }
	END
	start
	await 'noted missed'
	await_clock $(($(now) + 500000))
	open_gate
	await 'everyd: j: skipped [0-9]+ occurrences'
	stop
	equal facts "$(facts missed | sed 's/MISSED=[1-9][0-9]*$/MISSED=some/')" "$(printf '%s\n' EVERYD_HOOK=missed EVERYD_MISSED=some EVERYD_REASON=overlap EVERYD_VERDICT=skipped)"
}

@test "a hook that hangs is stopped, and one that fails is said" {
	conf <<-END
		defaults { hook_timeout = "1s" kill_grace = "100ms" }
		job "hangs" { every = "100ms" command = "false" on_failure = {"$H/stubborn", "ignore"} }
		job "fails" { every = "100ms" command = "false" on_failure = "exit 7" }
		job "lacks" { every = "100ms" command = "false" on_failure = {"/nonexistent"} }
	END
	start
	await 'everyd: hangs\[[0-9]+\]: on_failure: stopped after hook_timeout'
	await 'everyd: fails\[[0-9]+\]: on_failure: exit status 7'
	await 'everyd: lacks\[[0-9]+\]: on_failure: exec: '
	stop
}

@test "a hook holds up no run, and what piles up behind it is dropped and said" {
	shut_gate
	conf <<-END
		job "j" { every = "100ms" command = "true" hook_timeout = "1h" on_success = 'flock -s $T/gate echo told of \$EVERYD_RUN' }
	END
	start
	# None of them waits until the first one's hook has ended.
	await 6 'everyd: j\[[0-9]+\]: ok in '
	await 'everyd: j\[[0-9]+\]: nobody is told \(on_success\): another one of the job takes its turn'
	kill -USR1 "$PID"
	await 'everyd: j\[1\]: telling: on_success, for '
	await 'everyd: j\[[0-9]+\]: about to tell: on_success, for '
	open_gate
	await 'everyd: j: [0-9]+ more (was|were) not told$'
	await ' j\[1\]: told of 1$'
	await 2 ' j\[[0-9]+\]: told of '
	stop
}

@test "hooks of runs that end while the daemon stops are run" {
	shut_gate
	conf <<-END
		job "j" { every = "100ms" command = {"flock", "-s", "$T/gate", "true"} on_success = 'echo told at last' }
	END
	start
	await 'everyd: j: skipped the occurrence'
	kill -TERM "$PID"
	await 'everyd: stopping: '
	open_gate
	ended 0
	logged ' j\[1\]: told at last'
}

@test "hooks that hang do not keep the daemon from stopping" {
	conf <<-END
		stop_timeout = "300ms"
		job "j" {
		    every = "100ms" command = "false" hook_timeout = "1h" kill_grace = "100ms"
		    notify_when = "always" on_failure = 'echo up; exec $H/stubborn ignore'
		}
	END
	start
	await ' j\[1\]: up'
	await 3 'everyd: j\[[0-9]+\]: failed'
	stop
	logged 'everyd: j\[1\]: on_failure: stopped before it was through'
	logged 'everyd: j\[[0-9]+\]: nobody is told \(on_failure\): the daemon is stopping'
}

@test "hooks have no hooks, and are not logged" {
	conf <<-END
		job "j" { every = "100ms" command = "false" on_failure = 'exit 1 # s3cret' on_success = "echo never" }
	END
	start --log-level debug
	await 'everyd: j\[1\]: on_failure: exit status 1'
	await 2 'everyd: j\[[0-9]+\]: failed'
	stop
	never 's3cret|: never'
}

@test "hooks run as the job's user" {
	need_root
	conf <<-END
		job "j" { every = "100ms" user = "nobody" workdir = "/" command = 'echo out; exit 1' on_failure = 'id -un; cat "\$EVERYD_OUTPUT_FILE"; echo done' }
	END
	start
	await ' j\[1\]: done'
	stop
	logged ' j\[1\]: nobody'
	equal "times the output is shown" "$(count ' j\[1\]: out')" 2
	no_files_left
}

@test "two daemons with the same runtime directory do not get in each other's way" {
	shut_gate
	conf <<-END
		job "j" { every = "100ms" command = "echo out; exit 1" hook_timeout = "1h" on_failure = 'echo up; flock -s $T/gate cat "\$EVERYD_OUTPUT_FILE"; echo done' }
	END
	start
	await ' j\[1\]: up'
	cp "$CONF" "$T/other.conf"
	STATE_DIRECTORY=$T/other TZ=$MARK helper "$EVERYD" -c "$T/other.conf" 2>"$T/other.log"
	await_in "$T/other.log" 1 ' j\[1\]: up'
	open_gate
	await ' j\[1\]: done'
	kill $HELPER_PIDS
	await_end $HELPER_PIDS
	stop
	never 'No such file'
	no_files_left
}

@test "a run that printed nothing has an output that is empty" {
	conf <<-'END'
		job "j" { every = "100ms" command = "false" on_failure = 'wc -c < "$EVERYD_OUTPUT_FILE"; echo read' }
	END
	start
	await ' j\[1\]: read$'
	logged ' j\[1\]: 0$'
	stop
}
