# Bats. everyd as the first process of a container that has no systemd.

setup() {
	unshare --pid --fork --mount-proc true 2>/dev/null || skip "needs the right to make namespaces"
	conf=$BATS_TEST_TMPDIR/everyd.conf
	log=$BATS_TEST_TMPDIR/log
	PID=
}

teardown() {
	if [[ -n $PID ]] && kill -KILL "$PID" 2>/dev/null; then
		cat "$log"
	fi
}

# Starts it as PID 1 with standard input as configuration. Its PID out here is $PID.
start() {
	cat >"$conf"
	chmod 0600 "$conf"
	env -u NOTIFY_SOCKET -u JOURNAL_STREAM STATE_DIRECTORY="$BATS_TEST_TMPDIR/state" \
		unshare --pid --fork --kill-child --mount-proc \
		"$BUILD/everyd" -c "$conf" >"$log" 2>&1 3>&- &
	parent=$!
	await log_has 'started: '
	PID=$(pgrep --parent "$parent")
}

# The exit status of PID 1, once it has ended.
ended() {
	local status=0
	wait "$parent" || status=$?
	PID=
	return "$status"
}

await() {
	local limit=$((SECONDS + 180))
	until "$@" >/dev/null; do
		((SECONDS < limit)) || {
			echo "still failing: $*"
			return 1
		}
		sleep 0.02
	done
}

log_has() {
	grep -E -- "$1" "$log"
}

log_counts() {
	(($(grep -cE -- "$2" "$log") >= $1))
}

has_no_children() {
	! pgrep --parent "$PID"
}

@test "it runs jobs, logs to standard error, and SIGTERM stops it with status 0" {
	start <<-'END'
		job "hello" {
		    every   = "100ms"
		    command = 'echo "I am $$, child of $PPID"'
		}
	END
	await log_has 'hello\[[0-9]+\]: I am [0-9]+, child of 1$'
	await log_has 'hello\[[0-9]+\]: ok in'
	kill -TERM "$PID"
	ended
	log_has 'stopped after'
}

@test "orphans are reaped, of whatever job" {
	start <<-'END'
		defaults { leftover = "leave" }
		job "forks" {
		    every   = "100ms"
		    command = 'setsid -f sleep 0.05; setsid -f true'
		}
	END
	await log_counts 20 'forks\[[0-9]+\]: ok in'
	: >"$conf"
	kill -HUP "$PID"
	await log_has 'reload: .* 1 removed'
	await has_no_children
	kill -TERM "$PID"
	ended
}

@test "when it stops, what jobs left behind is gone before it is" {
	start <<-'END'
		stop_timeout = "500ms"
		defaults {
		    leftover   = "leave"
		    kill_grace = "200ms"
		}
		job "parent" {
		    every   = "100ms"
		    command = 'trap "" TERM; setsid -f sleep 1000; echo there'
		}
	END
	await log_has 'parent\[[0-9]+\]: there'
	kill -TERM "$PID"
	ended
	log_has 'stopped after'
	log_has 'killed [0-9]+ process'
}
