# expect_within, min_runtime, max_runtime: what is said, while nothing is stopped.
load lib.bash

@test "no success for too long: said and told once, until it recovers" {
	conf <<-END
		job "j" {
		    every = "100ms" command = 'test -e $T/well' expect_within = "300ms" notify_after = 1000
		    on_failure = 'echo "told: \$EVERYD_REASON \$EVERYD_VERDICT"; touch $T/well'
		    on_recovery = 'echo recovered; rm $T/well'
		}
	END
	start
	await 2 'everyd: j: overdue: no success for 300ms$'
	await 2 ': told: overdue failed$'
	await 2 ': recovered$'
	stop
}

@test "a job that is never due is overdue too" {
	conf <<-END
		job "j" { every = "1000d" command = "true" expect_within = "100ms" on_failure = 'echo "told: \$EVERYD_REASON"' }
	END
	start
	await 'everyd: j: overdue: no success for 100ms$'
	await ': told: overdue$'
	await_clock $(($(now) + 400000))
	stop
	equal "times it was said" "$(count 'overdue: ')" 1
}

@test "one that succeeds in time is not overdue; a reload can take the expectation away" {
	conf <<-END
		job "good" { every = "100ms" command = "true" expect_within = "1h" }
		job "free" { every = "1000d" command = "true" expect_within = "2s" }
	END
	start
	conf <<-END
		job "good" { every = "100ms" command = "true" expect_within = "1h" }
		job "free" { every = "1000d" command = "true" }
	END
	kill -HUP "$PID"
	await 'reload: 0 added, 1 changed, 0 removed, 1 unchanged'
	await_clock $(($(now) + 2200000))
	await 'everyd: good\[[0-9]+\]: ok'
	stop
	never 'overdue: '
}

@test "max_runtime is said while the run goes on, min_runtime when it was too short" {
	shut_gate
	conf <<-END
		job "long" { every = "100ms" max_runtime = "50ms" command = {"flock", "-s", "$T/gate", "true"} }
		job "short" { every = "100ms" min_runtime = "1h" command = "true" }
		job "failed" { every = "100ms" min_runtime = "1h" command = "false" }
	END
	start
	await 'everyd: long\[[0-9]+\]: .*max_runtime'
	await 'everyd: short\[[0-9]+\]: .*min_runtime'
	never 'everyd: long\[[0-9]+\]: ok'
	open_gate
	await 'everyd: long\[[0-9]+\]: ok in '
	await 'everyd: short\[[0-9]+\]: ok in '
	stop
	never 'everyd: failed\[.*min_runtime'
}
