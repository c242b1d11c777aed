# What may run at the same time: overlap, max_running, groups, workers, queue.
load lib.bash

census() {
	read -r now most total <"$T/$1"
}

@test "skip: one at a time; the streak is one line at its beginning and one at its end" {
	conf <<-END
		job "j" { every = "100ms" command = {"flock", "-s", "$T/gate", "true"} }
	END
	shut_gate
	start
	await 'everyd: j: skipped the occurrence of .*: the previous run has not ended \(run 1, pid [0-9]+, for '
	# Four more pass.
	await_clock $(($(now) + 400000))
	open_gate
	await 'everyd: j\[1\]: ok in '
	await 'everyd: j: skipped [0-9]+ occurrences, .* to .*: the previous run has not ended'
	await 'everyd: j\[2\]: ok in '
	stop
	skipped=$(sed -nE 's/.*j: skipped ([0-9]+) occurrences.*/\1/p' "$LOG" | sort -n | tail -1)
	[ "$skipped" -ge 4 ]
	# Occurrences for which the daemon was late end a streak, too.
	equal "further lines about streaks" "$(awk '/ j\[2\]: / { exit }
		/j: coalesced / { begun = 0 }
		/j: skipped the occurrence / { if (begun) print; begun = 1 }
		/j: skipped [0-9]+ occurrences/ { if (!begun) print; begun = 0 }' "$LOG")" ""
}

@test "queue: one waits, the first; the others are skipped" {
	conf <<-END
		job "j" { every = "100ms" overlap = "queue" command = {"flock", "-s", "$T/gate", "$H/note", "$T/notes"} }
	END
	shut_gate
	start
	await 'everyd: j: skipped the occurrence of .*: another occurrence waits for the previous run already'
	await_clock $(($(now) + 300000))
	open_gate
	await 'everyd: j\[2\]: ok in '
	stop
	# The second run is of the slot right behind the first one's.
	first=$(slots j | sed -n 1p) second=$(slots j | sed -n 2p)
	equal "slots between the first two runs" "$((second - first))" 100000
}

@test "replace: the run is stopped, ends, and only then the next starts" {
	conf <<-END
		stop_timeout = "0"
		job "j" { every = "300ms" overlap = "replace" kill_grace = "1h" command = {"$H/stubborn", "mild"} }
	END
	start
	await ' j\[3\]: up'
	stop
	logged 'everyd: j\[1\]: killed \(a later occurrence took its place\): killed by SIGTERM after '
	equal "order" "$(sed -nE 's/.* j\[([123])\]: (up|killed).*/\2 \1/p' "$LOG" | head -5 | paste -sd' ')" \
		"up 1 killed 1 up 2 killed 2 up 3"
}

@test "replace: a run that ignores TERM holds the next back until it is killed" {
	conf <<-END
		stop_timeout = "0"
		job "j" { every = "200ms" overlap = "replace" kill_grace = "500ms" command = {"$H/stubborn", "ignore"} }
	END
	start
	await 'everyd: j\[1\]: killed \(a later occurrence took its place\): killed by SIGKILL'
	await ' j\[2\]: up'
	await 'everyd: j: skipped the occurrence of .*: a later occurrence took its place'
	stop
}

@test "allow: up to max_running" {
	conf <<-END
		workers = 16
		job "j" { every = "100ms" overlap = "allow" max_running = 3 command = {"$H/census", "$T/census", "700"} }
	END
	start
	await 'everyd: j: skipped the occurrence of .*: max_running runs have not ended'
	await 9 'everyd: j\[[0-9]+\]: ok in '
	stop
	census census
	equal "most at a time" "$most" 3
	equal "still running" "$now" 0
}

@test "a group's limit holds, and all get their turn" {
	conf <<-END
		workers = 16
		concurrency_group "db" { limit = 2 }
		defaults { concurrency_group = "db" }
		$(for i in {1..8}; do
			echo "job \"j$i\" { every = \"500ms\" command = {\"$H/census\", \"$T/census\", \"100\"} }"
		done)
		job "free" { every = "100ms" concurrency_group = "other" command = {"$H/note", "$T/notes"} }
		concurrency_group "other" { limit = 1 }
	END
	start
	for i in {1..8}; do
		await 2 "everyd: j$i\\[[0-9]+\\]: ok in "
	done
	stop
	census census
	equal "most at a time" "$most" 2
	equal "still running" "$now" 0
}

@test "workers bound what runs at the same time" {
	conf <<-END
		workers = 3
		$(for i in {1..12}; do
			echo "job \"j$i\" { every = \"1s\" command = {\"$H/census\", \"$T/census\", \"100\"} }"
		done)
	END
	start
	for i in {1..12}; do
		await "everyd: j$i\\[[0-9]+\\]: ok in "
	done
	stop
	census census
	equal "most at a time" "$most" 3
	[ "$total" -ge 12 ]
}

@test "a full queue: refused and counted, one warning for the burst, one line at its end" {
	conf <<-END
		workers = 1
		queue = 2
		$(for i in {1..10}; do
			echo "job \"j$i\" { every = \"200ms\" command = {\"flock\", \"-s\", \"$T/gate\", \"true\"} }"
		done)
	END
	shut_gate
	start
	await "everyd: the queue is full: occurrences are refused until there is room; raise 'queue' or 'workers', or spread the jobs with 'splay'"
	await 7 'everyd: j[0-9]+: refused the occurrence of .*: the queue is full'
	await_clock $(($(now) + 500000))
	equal "warnings" "$(count 'the queue is full: occurrences are refused')" 1
	equal "lines of those refused" "$(count 'j[0-9]+: refused the occurrence')" 7
	conf </dev/null
	kill -HUP "$PID"
	await '0 added, 0 changed, 10 removed'
	open_gate
	await 'everyd: the queue has room again: [0-9]+ refused'
	stop
	said=$(sed -nE 's/.*room again: ([0-9]+) refused.*/\1/p' "$LOG" | awk '{ n += $1 } END { print n }')
	equal "refused, by the counters" "$(verdicts refused)" "$said"
	lines=$(sed -nE 's/.*j[0-9]+: refused ([0-9]+) occurrences.*/\1/p' "$LOG" | awk '{ n += $1 } END { print n }')
	equal "refused, by the lines" "$lines" "$said"
	equal "runs" "$(verdicts ok)" 3
}

@test "queue = 0: what no worker takes at once is refused" {
	conf <<-END
		workers = 2
		queue = 0
		$(for i in {1..4}; do
			echo "job \"j$i\" { every = \"200ms\" command = {\"flock\", \"-s\", \"$T/gate\", \"true\"} }"
		done)
	END
	shut_gate
	start
	await 2 'everyd: j[0-9]: refused the occurrence'
	open_gate
	stop
	[ "$(verdicts refused)" -ge 2 ]
}

@test "1000 jobs due at once: each runs exactly once a slot" {
	{
		echo 'queue = 2000'
		echo 'defaults { overlap = "queue" }'
		for i in {1..1000}; do
			echo "job \"j$i\" { every = \"${SANITIZED:+1}5s\" command = {\"$H/note\", \"$T/notes\"} }"
		done
	} | conf
	start
	await_notes 1000 'j[0-9]+'
	stop
	sort "$T/notes" | awk '{ print $1, $3 }' | uniq -d >"$T/twice"
	equal "ran twice for one slot" "$(cat "$T/twice")" ""
	slot=$(awk '{ print $3 }' "$T/notes" | sort | head -1)
	equal "jobs that ran for the first slot" "$(grep -c "$slot" "$T/notes")" 1000
	equal "refused" "$(verdicts refused)" 0
}

@test "1000 jobs through the shell" {
	{
		echo 'queue = 2000'
		for i in {1..1000}; do
			echo "job \"j$i\" { every = \"60s\" offset = \"OFFSET\" command = 'exec $H/note $T/notes' }"
		done
	} >"$T/text"
	# Due soon, and only once.
	sed "s/OFFSET/$((($(date +%s) + ${SANITIZED:+10} + 2) % 60))s/" "$T/text" | conf
	start
	await_notes 1000 'j[0-9]+'
	stop
	equal "jobs that ran" "$(cut -d' ' -f1 "$T/notes" | sort -u | wc -l)" 1000
}
