# As the first process of a container: it reaps what nobody else does.
load lib.bash

# contained: starts it as PID 1 of a PID namespace of its own; PID is that of unshare, which ends as
# it does, and INNER its own.
contained() {
	need_root
	unshare --fork --pid --mount-proc true 2>/dev/null || skip "needs PID namespaces"
	launch unshare --fork --pid --mount-proc --kill-child "$EVERYD" -c "$CONF"
	await_loaded
	INNER=$(pgrep -P "$PID")
}

@test "it runs jobs, and TERM ends it with status 0" {
	conf <<-END
		job "j" { every = "100ms" command = 'echo my parent is \$PPID' }
	END
	contained
	await 2 ' j\[[0-9]+\]: my parent is 1$'
	kill -TERM "$INNER"
	ended 0
	logged 'everyd: stopped after '
}

@test "INT ends it too" {
	conf </dev/null
	contained
	kill -INT "$INNER"
	ended 0
}

@test "orphans of all kinds are reaped" {
	conf <<-END
		job "d" { every = "100ms" leftover = "leave" command = '(setsid sh -c : &) ; (setsid sh -c "sleep 0; exit 3" &)' }
		job "z" { every = "300ms" command = 'echo zombies: \$(ps -eo stat= | grep -c Z)' }
	END
	contained
	await 10 ' z\[[0-9]+\]: zombies: [0-9]+' >"$T/zombies"
	kill -TERM "$INNER"
	ended 0
	cat "$T/zombies"
	# Two orphans ten times a second, collected once a second.
	equal "more than of two seconds" "$(awk '$NF > 40' "$T/zombies")" ""
	equal "failed" "$(verdicts failed)" 0
}

@test "stop: daemons that ignore TERM go too" {
	conf <<-END
		stop_timeout = "0"
		job "n" { every = "100ms" leftover = "leave" command = {"$H/stubborn", "nested"} }
	END
	contained
	await ' n\[1\]: up'
	kill -TERM "$INNER"
	ended 0
	logged 'everyd: killed [0-9]+ process(es)? that jobs had left behind'
}
