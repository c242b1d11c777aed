# SIGHUP: a difference by name, all or nothing.
load lib.bash

@test "the outcome is one line with the right counts" {
	conf <<-END
		job "stays" { every = "1h" command = "true" }
		job "changes" { every = "1h" command = "true" }
		job "goes" { every = "1h" command = "true" }
	END
	start
	conf <<-END
		# moved to another line, and unchanged
		job "comes" { every = "1h" command = "true" }
		job "also-comes" { every = "1h" command = "true" }
		job "changes" { every = "2h" command = "true" }
		job "stays" { every = "60m" command = "true" }
	END
	kill -HUP "$PID"
	await 'everyd: reload: 2 added, 1 changed, 1 removed, 1 unchanged$'
	kill -HUP "$PID"
	await 'everyd: reload: 0 added, 0 changed, 0 removed, 4 unchanged$'
	stop
}

@test "a change takes effect: added, changed and removed jobs" {
	conf <<-END
		job "a" { every = "100ms" command = "echo old" }
		job "b" { every = "100ms" command = "echo doomed" }
	END
	start
	await ' a\[[0-9]+\]: old$'
	await ' b\[[0-9]+\]: doomed$'
	conf <<-END
		job "a" { every = "100ms" command = "echo new" }
		job "c" { every = "100ms" command = "echo fresh" }
	END
	kill -HUP "$PID"
	await 'reload: 1 added, 1 changed, 1 removed, 0 unchanged'
	await 3 ' a\[[0-9]+\]: new$'
	await 3 ' c\[[0-9]+\]: fresh$'
	stop
	# Runs that were under way may end behind the reload; none is started after it.
	runs=$(sed '1,/reload: 1 added, 1 changed/d' "$LOG" | grep -cE ' (b\[[0-9]+\]: doomed|a\[[0-9]+\]: old)$' || true)
	[ "$runs" -le 2 ]
}

@test "a bad file changes nothing, says why, and can be mended" {
	conf <<-END
		job "tick" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	start
	conf <<-END
		job "tick" { every = "soon" command = "true" }
		job "tock" { every = "1s" }
		job "other" { every = "100ms" command = "echo never" }
	END
	kill -HUP "$PID"
	await "everyd: $CONF:1: job \"tick\": every: \"soon\""
	await "everyd: $CONF:2: job \"tock\": command: "
	await 'everyd: reload failed: the previous configuration stays in force'
	await_notes $(($(wc -l <"$T/notes") + 3)) tick
	kill -USR1 "$PID"
	await 'everyd: status: 1 job, .*RELOAD FAILED, the previous configuration is in force: .*soon'
	never 'other\['
	conf <<-END
		job "tick" { every = "100ms" command = {"$H/note", "$T/notes"} }
		job "more" { every = "1h" command = "true" }
	END
	kill -HUP "$PID"
	await 'everyd: reload: 1 added, 0 changed, 0 removed, 1 unchanged'
	: >"$T/marker"
	kill -USR1 "$PID"
	await 'everyd: status: 2 jobs'
	! grep 'status: 2 jobs.*RELOAD FAILED' "$LOG"
	stop
	accounted tick 100000 0 || [ "$(verdicts skipped)" -gt 0 ]
}

@test "the file deleted, made a directory, made unsafe: the old one stays" {
	conf <<-END
		job "tick" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	cp "$CONF" "$T/copy"
	start
	rm "$CONF"
	kill -HUP "$PID"
	await 1 'reload failed'
	mkdir "$CONF"
	kill -HUP "$PID"
	await 2 'reload failed'
	rmdir "$CONF"
	cp "$T/copy" "$CONF"
	chmod 666 "$CONF"
	kill -HUP "$PID"
	await 3 'reload failed'
	rm "$CONF"
	mkfifo "$CONF"
	kill -HUP "$PID"
	await 4 'reload failed'
	await_notes $(($(wc -l <"$T/notes") + 3)) tick
	rm "$CONF"
	cp "$T/copy" "$CONF"
	chmod 644 "$CONF"
	kill -HUP "$PID"
	await 'reload: 0 added, 0 changed, 0 removed, 1 unchanged'
	stop
}

@test "files in include_dir come and go, and a bad one among them changes nothing" {
	mkdir -m 755 "$T/jobs.d"
	put() {
		install -m 644 /dev/stdin "$T/jobs.d/$1"
	}
	conf <<-END
		include_dir = "jobs.d"
		job "a" { every = "1h" command = "true" }
	END
	start
	put b.conf <<<'job "b" { every = "100ms" command = "echo b is here" }'
	put ignored.txt <<<'nonsense'
	kill -HUP "$PID"
	await 'reload: 1 added, 0 changed, 0 removed, 1 unchanged'
	await ' b\[[0-9]+\]: b is here'
	put c.conf <<<'job "a" { every = "1h" command = "true" }'
	kill -HUP "$PID"
	await "everyd: .*c\.conf:1: job \"a\": .*everyd\.conf:2"
	await 1 'reload failed'
	rm "$T/jobs.d/b.conf"
	put c.conf <<<'job "c" { every = "1h" command = "true" }'
	kill -HUP "$PID"
	await 'reload: 1 added, 0 changed, 1 removed, 1 unchanged'
	stop
}

@test "an unchanged job keeps its running process" {
	conf <<-END
		job "long" { every = "100ms" command = 'echo up \$\$; exec flock -s $T/gate echo done' }
	END
	shut_gate
	start
	up=$(await ' long\[1\]: up [0-9]+')
	echo 'job "new" { every = "1h" command = "true" }' >>"$CONF"
	kill -HUP "$PID"
	await 'reload: 1 added, 0 changed, 0 removed, 1 unchanged'
	kill -0 "${up##* }"
	open_gate
	await ' long\[1\]: done'
	await 'everyd: long\[1\]: ok in '
	stop
}

@test "a changed job's run ends under the old settings, and the next has the new" {
	conf <<-END
		job "j" { every = "100ms" timeout = "1h" command = 'echo old; exec flock -s $T/gate true' }
	END
	shut_gate
	start
	await ' j\[1\]: old'
	conf <<-END
		job "j" { every = "100ms" timeout = "200ms" kill_grace = "1h" command = 'echo new; exec $H/stubborn mild' }
	END
	kill -HUP "$PID"
	await 'reload: 0 added, 1 changed, 0 removed, 0 unchanged'
	# The overlap policy still sees it; several times the new time-out pass.
	await 'everyd: j: skipped the occurrence of .* \(run 1, '
	await_clock $(($(now) + 600000))
	open_gate
	await 'everyd: j\[1\]: ok in '
	await ' j\[2\]: new'
	await 'everyd: j\[2\]: timeout: '
	conf </dev/null
	kill -HUP "$PID"
	await 'reload: 0 added, 0 changed, 1 removed, 0 unchanged'
	stop
}

@test "a removed job's run is let finish" {
	conf <<-END
		job "j" { every = "100ms" command = 'echo up; exec flock -s $T/gate echo done' }
	END
	shut_gate
	start
	await ' j\[1\]: up'
	conf <<-END
		job "k" { every = "100ms" command = "true" }
	END
	kill -HUP "$PID"
	await 'reload: 1 added, 0 changed, 1 removed, 0 unchanged'
	await 2 'k\[[0-9]+\]: ok in '
	kill -USR1 "$PID"
	await 'everyd: j\[1\]: running as pid '
	open_gate
	await ' j\[1\]: done'
	await 'everyd: j\[1\]: ok in '
	stop
	never ' j\[[2-9]'
}

@test "a job that comes back sees the run of its old life" {
	conf <<-END
		job "j" { every = "100ms" command = 'echo up; exec flock -s $T/gate true' }
	END
	cp "$CONF" "$T/copy"
	shut_gate
	start
	await ' j\[1\]: up'
	conf </dev/null
	kill -HUP "$PID"
	await 'reload: 0 added, 0 changed, 1 removed, 0 unchanged'
	before=$(count 'everyd: j: skipped the occurrence of .*\(run 1, ')
	conf <"$T/copy"
	kill -HUP "$PID"
	await 'reload: 1 added, 0 changed, 0 removed, 0 unchanged'
	await $((before + 1)) 'everyd: j: skipped the occurrence of .*\(run 1, '
	open_gate
	await 'everyd: j\[1\]: ok in '
	await 'everyd: j\[2\]: ok in '
	stop
}

@test "workers, queue and a group's limit change in place" {
	conf <<-END
		workers = 1
		queue = 0
		concurrency_group "g" { limit = 1 }
		job "a" { every = "100ms" concurrency_group = "g" command = {"flock", "-s", "$T/gate", "true"} }
		job "b" { every = "100ms" concurrency_group = "g" command = {"flock", "-s", "$T/gate", "true"} }
		job "c" { every = "100ms" command = {"flock", "-s", "$T/gate", "true"} }
	END
	cp "$CONF" "$T/copy"
	shut_gate
	start
	await 'the queue is full'
	sed 's/workers = 1/workers = 3/; s/limit = 1/limit = 2/; s/queue = 0/queue = 5/' "$T/copy" | conf
	kill -HUP "$PID"
	await 'reload: 0 added, 0 changed, 0 removed, 3 unchanged'
	await 'the queue has room again: [0-9]+ refused'
	# All three get to run at once now.
	for job in a b c; do
		await "everyd: $job: skipped the occurrence of .*pid"
	done
	kill -USR1 "$PID"
	await '3 of 3 workers busy, 0 queued'
	sed 's/limit = 1/limit = 1/' "$T/copy" | conf
	kill -HUP "$PID"
	await 2 'reload: 0 added, 0 changed, 0 removed, 3 unchanged'
	open_gate
	await 'everyd: c\[[0-9]+\]: ok in '
	stop
}

@test "a burst of reloads ends with the last file in force" {
	start_with() {
		conf <<-END
			job "n$1" { every = "100ms" command = "echo $1" }
		END
	}
	start_with 0
	start
	for i in {1..40}; do
		start_with "$i"
		kill -HUP "$PID"
	done
	await ' n40\[[0-9]+\]: 40$'
	stop
	logged 'reload: 1 added, 0 changed, 1 removed, 0 unchanged'
	never 'reload failed'
}

@test "reload while it stops is refused, quietly" {
	conf <<-END
		job "j" { every = "100ms" command = 'echo up; exec flock -s $T/gate true' }
	END
	shut_gate
	start
	await ' j\[1\]: up'
	kill -TERM "$PID"
	await 'everyd: stopping'
	echo broken | conf
	kill -HUP "$PID"
	kill -USR1 "$PID"
	await 'everyd: status: stopping: 1 job, 1 running'
	open_gate
	ended 0
	never 'reload failed'
	equal "runs that were ok" "$(verdicts ok)" 1
}

# many COUNT: writes a configuration that takes a while to read, with one job that ticks.
many() {
	{
		echo "job \"tick\" { every = \"100ms\" command = {\"$H/note\", \"$T/notes\"} }"
		seq -f 'job "job-%.0f" { every = "1000d" command = "true" }' "$1"
	} | conf
}

# Asks for a reload and returns while it goes on.
begin_reload() {
	local told
	kill -HUP "$PID"
	until grep -q 'everyd: status: .*; reading the configuration' "$LOG"; do
		never 'everyd: reload: '
		told=$(count 'everyd: status: ')
		kill -USR1 "$PID"
		await $((told + 1)) 'everyd: status: ' >/dev/null
	done
}

@test "jobs run while a large configuration is read" {
	many 200000
	start
	await_notes 1 tick
	begin_reload
	await 'everyd: reload: 0 added, 0 changed, 0 removed, 200001 unchanged'
	ticks=$(sed -n '/reading the configuration/,/everyd: reload: /p' "$LOG" | grep -cE 'everyd: tick\[[0-9]+\]: ok' || true)
	[ "$ticks" -ge 1 ] || { echo "no run while it was read"; false; }
	await_notes $(($(wc -l <"$T/notes") + 2)) tick
	stop
	accounted tick 100000 0 || [ "$(verdicts skipped)" -gt 0 ]
}

@test "what changes while the configuration is read is not missed" {
	many 200000
	start
	begin_reload
	echo 'job "new" { every = "100ms" command = "true" }' >>"$CONF"
	kill -HUP "$PID"
	kill -HUP "$PID"
	await 2 'everyd: reload: '
	await 'everyd: new\[[0-9]+\]: ok'
	# Nor is it read more often than that.
	kill -USR1 "$PID"
	await 'everyd: status: 200002 jobs, [^;]*$'
	stop
	equal "reloads" "$(count 'everyd: reload: ')" 2
}

@test "a stop does not wait for the configuration that is being read" {
	many 200000
	start
	begin_reload
	stop
	never 'everyd: reload: '
}
