# Trying again: attempts, back-off, what is a failure, and what happens between two attempts.
load lib.bash

@test "a failure is tried again until it succeeds, as the same run" {
	conf <<-END
		job "j" {
		    every = "100ms" retries = 5 retry_delay = "10ms"
		    command = 'echo attempt \$EVERYD_ATTEMPT of \$EVERYD_RUN at \$EVERYD_SLOT; [ \$EVERYD_ATTEMPT = 3 ]'
		}
	END
	start
	await 'everyd: j\[1\]: ok in .*, at the 3rd attempt$'
	stop
	logged 'everyd: j\[1\]: attempt 1 of 6 failed: exit status 1 after .*; the next in 10ms$'
	logged 'everyd: j\[1\]: attempt 2 of 6 failed: exit status 1 after .*; the next in 10ms$'
	equal attempts "$(grep -oE ' j\[1\]: attempt [0-9]+ of 1 at ' "$LOG")" \
		"$(printf ' j[1]: attempt %d of 1 at \n' 1 2 3)"
	equal slots "$(sed -nE 's/.* j\[1\]: attempt .* at (.*)/\1/p' "$LOG" | sort -u | wc -l)" 1
	equal "verdicts of run 1" "$(count 'everyd: j\[1\]: (ok|failed)')" 1
}

@test "the delay grows up to its bound, and the last failure is the verdict" {
	conf <<-END
		job "j" {
		    every = "100ms" retries = 4 retry_delay = "10ms" retry_backoff = "2" retry_max_delay = "35ms"
		    command = "exit 4"
		}
	END
	start
	await 'everyd: j\[1\]: failed: exit status 4 after .*, at the 5th attempt$'
	stop
	equal delays "$(sed -nE 's/.*everyd: j\[1\]: attempt (.) of 5 failed: .*; the next in (.*)/\1 \2/p' "$LOG")" \
		"$(printf '%s\n' "1 10ms" "2 20ms" "3 35ms" "4 35ms")"
}

@test "success_exit says what is no failure" {
	conf <<-END
		defaults { success_exit = {75, 3} retries = 1 retry_delay = "10ms" }
		job "zero" { every = "100ms" command = "exit 0" }
		job "three" { every = "100ms" command = "exit 3" }
		job "four" { every = "100ms" command = "exit 4" }
		job "signal" { every = "100ms" command = 'kill -TERM \$\$' }
	END
	start
	await 'everyd: zero\[[0-9]+\]: ok in '
	await 'everyd: three\[[0-9]+\]: ok in '
	await 'everyd: four\[[0-9]+\]: failed: exit status 4 after .*, at the 2nd attempt'
	await 'everyd: signal\[[0-9]+\]: failed: killed by SIGTERM after .*, at the 2nd attempt'
	stop
	never 'everyd: (zero|three)\[.* attempt'
}

@test "retry_on says what is tried again" {
	conf <<-END
		defaults { retries = 1 retry_delay = "10ms" timeout = "1h" }
		job "yes-exit" { every = "100ms" retry_on = {2, 75} command = "exit 75" }
		job "no-exit" { every = "100ms" retry_on = {2, 75} command = "exit 76" }
		job "yes-timeout" { every = "100ms" retry_on = "timeout" timeout = "20ms" command = "sleep 1000" }
		job "no-timeout" { every = "100ms" retry_on = {"signal", "start"} timeout = "20ms" command = "sleep 1000" }
		job "yes-signal" { every = "100ms" retry_on = {"signal"} command = 'kill -KILL \$\$' }
		job "no-signal" { every = "100ms" retry_on = {"1", "timeout", "start"} command = 'kill -KILL \$\$' }
		job "yes-start" { every = "100ms" retry_on = "start" command = {"/nonexistent"} }
		job "no-start" { every = "100ms" retry_on = {"signal"} command = {"/nonexistent"} }
		job "yes-any" { every = "100ms" command = {"/nonexistent"} }
	END
	start
	for job in yes-exit yes-timeout yes-signal yes-start yes-any; do
		await "everyd: $job\[[0-9]+\]: (failed|timeout): .*, at the 2nd attempt\$" >/dev/null
	done
	for job in no-exit no-timeout no-signal no-start; do
		await "everyd: $job\[[0-9]+\]: (failed|timeout): " >/dev/null
	done
	stop
	logged 'everyd: yes-timeout\[[0-9]+\]: attempt 1 of 2 timed out: '
	never 'everyd: no-.* attempt'
}

@test "a run that waits for its next attempt is one that runs, but holds no worker" {
	conf <<-END
		workers = 1
		queue = 0
		job "j" { every = "100ms" retries = 1 retry_delay = "1h" command = "exit 1" }
		job "other" { every = "100ms" command = "true" }
	END
	start
	await 'everyd: j\[[0-9]+\]: attempt 1 of 2 failed: '
	await 'everyd: j: skipped the occurrence of .*: the previous run has not ended \(run [0-9]+, waiting .* for attempt 2\)'
	await $(($(count 'everyd: other\[[0-9]+\]: ok') + 2)) 'everyd: other\[[0-9]+\]: ok'
	kill -USR1 "$PID"
	await 'everyd: j\[[0-9]+\]: waits .* for attempt 2$'
	stop
	logged 'everyd: j\[[0-9]+\]: everyd stops: attempt 2 of 2 is made after its next start$'
	equal failed "$(verdicts failed)" 0
}

@test "without a ledger a stop ends the wait" {
	conf <<-END
		durability = "none"
		job "j" { every = "100ms" retries = 1 retry_delay = "1h" command = "exit 1" }
	END
	start
	await 'everyd: j\[[0-9]+\]: attempt 1 of 2 failed: '
	stop
	logged 'everyd: j\[[0-9]+\]: failed: exit status 1 after .*; not tried again: the daemon is stopping$'
	equal failed "$(verdicts failed)" 1
}

@test "overlap = replace ends the wait" {
	conf <<-END
		job "j" { every = "100ms" overlap = "replace" retries = 1 retry_delay = "1h" command = "exit 1" }
	END
	start
	await 2 'everyd: j\[[0-9]+\]: failed: exit status 1 after .*; not tried again: a later occurrence took its place$'
	stop
}

@test "a place in a group is free between two attempts" {
	conf <<-END
		concurrency_group "g" { limit = 1 }
		defaults { concurrency_group = "g" }
		job "a" { every = "100ms" retries = 1 retry_delay = "1h" command = "exit 1" }
		job "b" { every = "100ms" command = "true" }
	END
	start
	await 'everyd: a\[[0-9]+\]: attempt 1 of 2 failed: '
	await $(($(count 'everyd: b\[[0-9]+\]: ok') + 2)) 'everyd: b\[[0-9]+\]: ok'
	stop
}

@test "a reload during the wait: the next attempt is made under the new settings" {
	conf <<-END
		job "j" { every = "100ms" retries = 1000 retry_delay = "300ms" command = "echo old; exit 1" }
	END
	start
	await 'everyd: j\[1\]: attempt 1 of 1001 failed: '
	conf <<-END
		job "j" { every = "100ms" retries = 1000 retry_delay = "300ms" command = "echo new" }
	END
	kill -HUP "$PID"
	await 'reload: 0 added, 1 changed, 0 removed, 0 unchanged'
	await ' j\[1\]: new'
	await 'everyd: j\[1\]: ok in .*, at the [0-9]+(st|nd|rd|th) attempt'
	stop
}

@test "a reload during the wait: without the job, or without retries, there is no next attempt" {
	conf <<-END
		defaults { retries = 1 retry_delay = "1h" }
		job "goes" { every = "100ms" command = "exit 1" }
		job "gives-up" { every = "100ms" command = "exit 1" }
		job "stays" { every = "100ms" command = "exit 1" }
	END
	start
	await 3 'attempt 1 of 2 failed: '
	conf <<-END
		defaults { retries = 1 retry_delay = "1h" }
		job "gives-up" { every = "100ms" command = "exit 1" retries = 0 }
		job "stays" { every = "100ms" command = "exit 1" }
	END
	kill -HUP "$PID"
	await 'reload: 0 added, 1 changed, 1 removed, 1 unchanged'
	await 'everyd: goes\[[0-9]+\]: failed: exit status 1 after .*; not tried again: the job left the configuration$'
	await 'everyd: gives-up\[[0-9]+\]: failed: exit status 1 after [^;]*$'
	kill -USR1 "$PID"
	await 'everyd: stays\[[0-9]+\]: waits .* for attempt 2$'
	stop
}
