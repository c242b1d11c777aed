# On time, once: by counting slots, never by the clock's speed.
load lib.bash

@test "a job at 100 ms: every slot runs once or is accounted for" {
	conf <<-END
		job "tick" {
		    every = "100ms"
		    overlap = "allow"
		    max_running = 1000
		    command = {"$H/note", "$T/notes"}
		}
	END
	start
	await_notes 25 tick
	stop
	accounted tick 100000 0
	equal "runs by the counters" "$(verdicts ok)" "$(slots tick | wc -l)"
}

@test "several jobs, each on its own grid" {
	conf <<-END
		defaults {
		    overlap = "allow"
		    max_running = 1000
		}
		job "a" { every = "200ms" offset = "50ms" command = {"$H/note", "$T/notes"} }
		job "b" { every = "300ms" command = {"$H/note", "$T/notes"} }
		job "c" { every = "700ms" offset = "123ms" command = {"$H/note", "$T/notes"} }
		job "d" { every = "123457us" offset = "1us" command = {"$H/note", "$T/notes"} }
		job "e" { every = "400d" command = {"$H/note", "$T/notes"} }
	END
	start
	await_notes 4 c
	await_notes 8 b
	stop
	accounted a 200000 50000
	accounted b 300000 0
	accounted c 700000 123000
	accounted d 123457 1
	equal "runs of e" "$(slots e)" ""
}

@test "splay shifts the run, not the slot" {
	conf <<-END
		job "a" { every = "500ms" splay = "400ms" command = {"$H/note", "$T/notes"} }
	END
	start
	await_notes 2 a
	stop
	accounted a 500000 0
}

@test "held up over slots by SIGSTOP: they coalesce into one run, and the count is right" {
	conf <<-END
		job "tick" {
		    every = "100ms"
		    overlap = "allow"
		    max_running = 1000
		    command = {"$H/note", "$T/notes"}
		}
	END
	start
	await_notes 3 tick
	kill -STOP "$PID"
	await_clock $(($(now) + 1000000))
	kill -CONT "$PID"
	await 'everyd: tick: coalesced ([89]|[1-9][0-9]+) occurrences, .* to .*: the daemon could not act at the time'
	await_notes $(($(wc -l <"$T/notes") + 3)) tick
	stop
	accounted tick 100000 0
	equal "coalesced by the counters" "$(verdicts coalesced)" "$(coalesced tick)"
}

@test "nothing runs before its slot" {
	conf <<-END
		job "a" {
		    every = "200ms"
		    command = 'echo \$EVERYD_SLOT \$(date -u +%s%6N)'
		}
	END
	start
	await 8 ' a\[[0-9]+\]: [0-9]' >"$T/lines"
	stop
	awk '{ print $(NF - 1) }' "$T/lines" | date -u -f - +%s%6N >"$T/slots"
	awk '{ print $NF }' "$T/lines" | paste "$T/slots" - >"$T/both"
	cat "$T/both"
	equal "runs before their slot" "$(awk '$2 < $1' "$T/both")" ""
}

@test "local time zones do not move the grid" {
	conf <<-END
		job "a" { every = "100ms" offset = "10ms" command = {"$H/note", "$T/notes"} }
	END
	MARK="<X${MARK:4:20}>-5:45"
	start
	await_notes 3 a
	stop
	equal "slots off the grid" "$(slots a | awk '($1 - 10000) % 100000')" ""
}
