# only_if: asked before each run, as the job would be run.
load lib.bash

@test "a condition that does not hold: skipped, no failure, one streak" {
	conf <<-END
		job "j" {
		    every = "100ms" only_if = 'test -e $T/go' command = 'echo ran'
		    on_failure = "echo never" on_missed = 'echo missed: \$EVERYD_REASON'
		}
	END
	start
	await 'everyd: j: skipped the occurrence of .*: its condition does not hold$'
	await_clock $(($(now) + 400000))
	touch "$T/go"
	await ' j\[[0-9]+\]: ran'
	await 'everyd: j: skipped [0-9]+ occurrences, .*: its condition does not hold$'
	stop
	never ': never|: missed: condition'
	# A streak that another one interrupts begins anew.
	[ "$(count 'skipped the occurrence of .*: its condition')" -le $((1 + $(count 'skipped the occurrence of .*: the previous'))) ]
	equal failed "$(verdicts failed)" 0
}

@test "the condition sees what the job would, and its output is logged" {
	conf <<-END
		job "j" {
		    every = "100ms" environment = {"WHO=me"} workdir = "/"
		    only_if = 'echo "asked \$WHO \$EVERYD_JOB \$EVERYD_RUN in \$PWD"; test "\$WHO" = me'
		    command = 'echo "ran \$EVERYD_RUN"'
		}
	END
	start
	await ' j\[1\]: ran 1'
	stop
	logged ' j\[1\]: asked me j 1 in /$'
}

@test "a condition that cannot be asked is a failure" {
	conf <<-END
		defaults { hook_timeout = "1s" kill_grace = "100ms" }
		job "lacks" { every = "100ms" only_if = {"/nonexistent"} command = "echo never" }
		job "dies" { every = "100ms" only_if = 'kill -KILL \$\$' command = "echo never" }
		job "hangs" { every = "100ms" only_if = {"$H/stubborn", "ignore"} command = "echo never" on_failure = "echo told of hangs" }
	END
	start
	await 'everyd: lacks\[[0-9]+\]: failed: only_if: '
	await 'everyd: dies\[[0-9]+\]: failed: only_if: '
	await 'everyd: hangs\[[0-9]+\]: only_if: stopped after hook_timeout'
	await 'everyd: hangs\[[0-9]+\]: failed: only_if: '
	await ': told of hangs'
	stop
	never ': never'
}

@test "a stop ends a condition too" {
	conf <<-END
		stop_timeout = "200ms"
		job "j" { every = "100ms" hook_timeout = "1h" kill_grace = "100ms" only_if = 'echo asked; exec $H/stubborn ignore' command = "echo never" }
	END
	start
	await ' j\[1\]: asked'
	stop
	never ': never'
}

@test "a condition is asked before each attempt" {
	conf <<-END
		job "j" { every = "100ms" retries = 3 retry_delay = "10ms" only_if = 'test ! -e $T/stop' command = 'touch $T/stop; exit 1' }
	END
	start
	await 'everyd: j\[1\]: attempt 1 of 4 failed: exit status 1 '
	await 'everyd: j\[1\]: failed: exit status 1 after .*; not tried again: its condition does not hold$'
	stop
	never 'at the 2nd attempt'
}

@test "what the last attempt printed is told, when the condition holds no more" {
	conf <<-'END'
		job "j" {
		    every = "100ms"
		    command = 'echo boom; exit 1'
		    only_if = 'test "$EVERYD_ATTEMPT" = 1'
		    retries = 1
		    retry_delay = "10ms"
		    on_failure = 'echo "told: $EVERYD_EXIT $(cat "$EVERYD_OUTPUT_FILE")"'
		}
	END
	start
	await 'j\[1\]: told: 1 boom$'
	stop
}
