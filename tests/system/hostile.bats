# A hostile machine: no descriptors, no processes, huge configurations, odd files.
load lib.bash

@test "10 000 jobs" {
	{
		for i in {1..10000}; do
			echo "job \"job-$i\" { every = \"400d\" splay = \"1h\" command = \"true\" }"
		done
		echo "job \"tick\" { every = \"100ms\" command = {\"$H/note\", \"$T/notes\"} }"
	} | conf
	start
	logged 'started: 10001 jobs'
	await_notes 3 tick
	sed -i '$d' "$CONF"
	kill -HUP "$PID"
	await 'reload: 0 added, 0 changed, 1 removed, 10000 unchanged'
	kill -USR1 "$PID"
	await 'everyd: and [0-9]+ more jobs'
	stop
}

@test "-t: 10 000 errors are counted, the first are shown" {
	for i in {1..10000}; do
		echo "job \"job-$i\" { every = \"x\" command = \"true\" }"
	done | conf
	run "$EVERYD" -t -c "$CONF"
	[ "$status" = 1 ]
	[ "${#lines[@]}" -lt 2000 ]
	[[ ${lines[-1]} == "$CONF: 10000 errors" ]]
	[[ ${lines[-2]} =~ ^and\ [0-9]+\ more$ ]]
}

@test "too few descriptors fail runs, never the daemon" {
	conf <<-END
		workers = 16
		defaults { overlap = "allow" max_running = 16 }
		job "j" { every = "100ms" command = {"flock", "-s", "$T/gate", "true"} }
		job "k" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	shut_gate
	# The daemon itself needs about a dozen and a half, the ledger half a dozen.
	launch prlimit --nofile=36:36 "$EVERYD" -c "$CONF"
	await 3 'everyd: [jk](\[[0-9]+\]: failed|: refused).*Too many open files'
	kill -USR1 "$PID"
	await 'everyd: status: 2 jobs'
	kill -HUP "$PID"
	await 'reload'
	open_gate
	before=$(wc -l <"$T/notes" || echo 0)
	await_notes $((before + 5)) k
	stop
}

@test "with however few descriptors it does not start and says so, or it does and runs what it can" {
	local started= troubled=
	conf <<-END
		job "j" { every = "100ms" command = {"true"} }
	END
	# With fewer there is no event loop, which ends the process.
	for count in {8..32}; do
		fresh
		launch prlimit --nofile=$count:$count "$EVERYD" -c "$CONF"
		await 'everyd: (everyd [0-9.]+ started: 1 job$|[^:]*: Too many open files$)' >/dev/null
		! grep -q 'the ledger cannot be written: .*open files' "$LOG" || troubled=$count
		if ! grep -q 'started: 1 job$' "$LOG"; then
			ended 1
			continue
		fi
		await 'everyd: j(\[[0-9]+\]: (ok|failed)|: refused)' >/dev/null
		stop
		started=$count
	done
	equal "the most with which it started" "$started" 32
	[ -n "$troubled" ]
}

# limited COUNT COMMAND...: as a user who has no other process, and may have so many threads. (The
# thread sanitizer has one of its own.)
limited() {
	local count=$1
	uid=$((300000 + $$ % 100000))
	need_root
	install -m 755 "$EVERYD" "$T/everyd"
	! grep -aq __tsan_init "$EVERYD" || count=$((count + 1))
	launch setpriv --reuid=$uid --regid=$uid --clear-groups prlimit --nproc=$count:100 "$T/everyd" -c "$CONF"
}

@test "too few processes fail runs with the step that failed, never the daemon" {
	conf <<-END
		workers = 1
		job "j" { every = "100ms" command = {"true"} }
	END
	# The main thread, the log's, the ledger's two, and one worker.
	limited 5
	await 3 'everyd: j\[[0-9]+\]: failed: clone: Resource temporarily unavailable'
	setpriv --reuid=$uid --regid=$uid --clear-groups prlimit --pid "$PID" --nproc=100:100
	await 3 'everyd: j\[[0-9]+\]: ok in '
	stop
}

@test "too few threads refuse runs, and more are made when they can" {
	conf <<-END
		workers = 2
		job "j" { every = "100ms" command = {"true"} }
	END
	limited 4
	await 'everyd: j: refused the occurrence of .*: there was no memory or no thread to run it \(Resource temporarily unavailable\)'
	await_clock $(($(now) + 500000))
	setpriv --reuid=$uid --regid=$uid --clear-groups prlimit --pid "$PID" --nproc=100:100
	await 'everyd: j: refused [0-9]+ occurrences, .*: there was no memory or no thread to run it'
	await 3 'everyd: j\[[0-9]+\]: ok in '
	stop
	[ "$(count 'refused the occurrence')" -lt "$(verdicts refused)" ]
}

@test "without threads for the ledger it does not start, and says so" {
	conf <<-END
		job "j" { every = "100ms" command = {"true"} }
	END
	for count in 2 3; do
		fresh
		limited $count
		await 'everyd: .*Resource temporarily unavailable'
		ended 1
	done
	: >"$LOG"
	echo 'durability = "none"' >>"$CONF"
	limited 3
	await 'everyd: everyd [0-9.]+ started: 1 job$'
	stop
}

@test "a home directory that is not there" {
	need_root
	conf <<-END
		job "j" { every = "100ms" command = "pwd" }
	END
	install -m 755 "$EVERYD" "$T/everyd"
	launch setpriv --reuid=65534 --regid=65534 --clear-groups "$T/everyd" -c "$CONF"
	await ' j\[1\]: /$'
	stop
}

@test "the directory it was started in is removed" {
	conf <<-END
		job "j" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	mkdir "$T/gone"
	cd "$T/gone"
	start
	rmdir "$T/gone"
	cd /
	await_notes 3 j
	kill -HUP "$PID"
	await 'reload: 0 added, 0 changed, 0 removed, 1 unchanged'
	stop
}

@test "nohup, and a job named like an option or a path" {
	conf <<-END
		job "a:b@c+d.e_f-g" { every = "100ms" command = "echo hello" }
	END
	launch nohup "$EVERYD" -c "$CONF"
	await ' a:b@c\+d\.e_f-g\[[0-9]+\]: hello'
	kill -HUP "$PID"
	await 'reload: 0 added, 0 changed, 0 removed, 1 unchanged'
	stop
}

@test "jobs that kill their parent's children, fork, and exit at once" {
	conf <<-END
		job "forks" { every = "100ms" command = 'for i in 1 2 3 4 5 6 7 8; do (true) & done' }
		job "quick" { every = "100ms" command = {"true"} }
		job "tick" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	start
	await_notes 20 tick
	stop
	equal "failed" "$(verdicts failed)" 0
}

@test "a job cannot stop or end the daemon by signalling its own group or session" {
	conf <<-END
		job "j" { every = "100ms" command = 'kill -TERM 0' }
		job "tick" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	start
	await 3 'everyd: j\[[0-9]+\]: failed: killed by SIGTERM'
	await_notes $(($(wc -l <"$T/notes") + 3)) tick
	stop
}

@test "two daemons on one configuration, each with a ledger, do not disturb each other" {
	conf <<-END
		job "j" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	start
	first=$PID
	: >"$T/log2"
	LOG=$T/log2 STATE_DIRECTORY=$T/state2 start
	await_notes 8 j
	kill -TERM "$first"
	await_end "$first"
	wait "$first"
	stop_log=$LOG LOG=$T/log2
	stop
	LOG=$stop_log
}
