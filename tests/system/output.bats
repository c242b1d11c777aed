# What runs print: line by line, whole, sane, in bounded memory, and never in the way.
load lib.bash

@test "two chatty jobs: no line has anything of another" {
	conf <<-END
		job "a" { every = "400d" command = "true" }
		job "x" { every = "1s" overlap = "skip" command = {"$H/chatter", "x", "400"} }
		job "y" { every = "1s" overlap = "skip" command = {"$H/chatter", "y", "400"} }
	END
	start
	await 'everyd: x\[1\]: ok|everyd: x\[2\]: ok'
	await 'everyd: y\[1\]: ok|everyd: y\[2\]: ok'
	stop
	run=$(sed -nE 's/.* everyd: x(\[[12]\]): ok.*/\1/p' "$LOG" | head -1)
	equal "lines of x" "$(grep -cE "^[0-9]{4}[0-9: .-]{19} x\\$run: x{70}$" "$LOG")" 800
	run=$(sed -nE 's/.* everyd: y(\[[12]\]): ok.*/\1/p' "$LOG" | head -1)
	equal "lines of y" "$(grep -cE "^[0-9]{4}[0-9: .-]{19} y\\$run: y{70}$" "$LOG")" 800
	equal "lines of neither form" "$(grep -vE '^[0-9]{4}-[0-9-]{5} [0-9:]{8}\.[0-9]{3} (everyd: .*|[xy]\[[0-9]+\]: (x{70}|y{70}))$' "$LOG")" ""
}

@test "a last line without its newline" {
	conf <<-END
		job "a" { every = "100ms" command = 'printf "one\ntwo"; printf three >&2' }
	END
	start
	await 'everyd: a\[1\]: ok'
	stop
	equal "lines" "$(sed -nE 's/^[0-9: .-]+ a\[1\]: //p' "$LOG" | sort | paste -sd' ')" "one three two"
}

@test "a single byte" {
	conf <<-END
		job "a" { every = "100ms" command = {"printf", "x"} }
	END
	start
	await ' a\[[0-9]+\]: x$'
	stop
}

@test "all that it printed comes before its verdict" {
	conf <<-END
		job "a" { every = "100ms" command = 'seq 5000' }
	END
	start
	await 'everyd: a\[1\]: ok'
	stop
	equal "lines before the verdict" "$(sed '/everyd: a\[1\]: ok/q' "$LOG" | grep -c '[0-9] a\[1\]: ')" 5000
}

@test "empty lines, NUL, control characters, invalid UTF-8, carriage returns" {
	conf <<-END
		job "a" { every = "100ms" command = 'printf "\n[a\000b]\n[\033[31mred\007]\n[\377\376]\n[caf\303\251]\n[\303\n[dos]\r\n[tab\there]\n[\302\205]\nend\n"' }
	END
	start
	await ' a\[1\]: end'
	stop
	equal "lines" "$(sed -nE 's/^[0-9: .-]+ a\[1\]: ?//p' "$LOG")" '
[a\x00b]
[\x1b[31mred\x07]
[\xff\xfe]
[café]
[\xc3
[dos]
[tab	here]
[\xc2\x85]
end'
}

@test "a line cannot pass itself off as another's" {
	conf <<-END
		job "a" { every = "100ms" command = 'printf "fine\r2026-01-01 00:00:00.000 everyd: forged\nend\n"' }
	END
	start
	await ' a\[1\]: end'
	stop
	logged ' a\[1\]: fine\\x0d2026-01-01 00:00:00.000 everyd: forged$'
}

@test "a line of a megabyte comes whole, in pieces" {
	conf <<-END
		job "a" { every = "1h" command = "true" }
		job "big" { every = "500ms" command = 'head -c 1048576 /dev/zero | tr "\000" m; echo; echo end' }
	END
	start
	await ' big\[1\]: end'
	stop
	equal "bytes" "$(sed -nE 's/^[0-9: .-]+ big\[1\]: (m+)$/\1/p' "$LOG" | tr -d '\n' | wc -c)" 1048576
	[ "$(awk 'length > 40000' "$LOG" | wc -l)" = 0 ]
}

rss() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$PID/status"
}

@test "jobs that print without end cost no memory, and others go on" {
	conf <<-END
		stop_timeout = "0"
		job "spew" { every = "100ms" command = {"yes", "a line of some length that never ends"} }
		job "blob" { every = "100ms" command = {"cat", "/dev/zero"} }
		job "tick" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	# The log is read and thrown away, but not faster than it comes.
	mkfifo "$T/pipe"
	helper sh -c "exec grep -F 'everyd:' '$T/pipe' >'$T/own'"
	LOG=$T/pipe
	launch "$EVERYD" -c "$CONF"
	LOG=$T/own
	await_notes 10 tick
	first=$(rss)
	await_notes 40 tick
	last=$(rss)
	echo "resident: $first kB, later $last kB"
	[ -n "$SANITIZED" ] || [ "$last" -lt 32768 ]
	[ "$last" -lt $((first + ${SANITIZED:+200000} + 16384)) ]
	kill -TERM "$PID"
	ended 0
}

@test "a log that nobody reads: jobs go on, and it stops all the same" {
	conf <<-END
		stop_timeout = "0"
		job "spew" { every = "100ms" kill_grace = "200ms" command = {"yes", "a line of some length"} }
		job "tick" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	mkfifo "$T/pipe"
	exec 7<>"$T/pipe"
	TZ=$MARK "$EVERYD" -c "$CONF" </dev/null 2>"$T/pipe" 3>&- 7>&- &
	PID=$!
	await_notes 30 tick
	kill -HUP "$PID"
	await_notes 40 tick
	kill -TERM "$PID"
	ended 0
	exec 7>&-
}

@test "a log that is full (/dev/full) is no reason to stop" {
	conf <<-END
		job "tick" { every = "100ms" command = 'echo line; exec $H/note $T/notes' }
	END
	TZ=$MARK "$EVERYD" -c "$CONF" </dev/null 2>/dev/full 3>&- &
	PID=$!
	await_notes 5 tick
	kill -TERM "$PID"
	ended 0
}

@test "lines that are dropped are counted" {
	conf <<-END
		stop_timeout = "0"
		job "spew" { every = "100ms" kill_grace = "200ms" command = {"yes", "a line of some length"} }
		job "tick" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	mkfifo "$T/pipe"
	exec 7<>"$T/pipe"
	TZ=$MARK "$EVERYD" -c "$CONF" </dev/null 2>"$T/pipe" 3>&- 7>&- &
	PID=$!
	await_notes 30 tick
	# From here on somebody reads.
	helper sh -c "exec grep -aF 'everyd:' '$T/pipe' >'$T/own'"
	LOG=$T/own
	exec 7>&-
	await 'everyd: [0-9]+ lines were dropped: the log takes them too slowly'
	kill -TERM "$PID"
	ended 0
}

@test "a job that closes its output, and one that never reads its input" {
	conf <<-END
		job "a" { every = "100ms" command = 'exec >&- 2>&-; $H/note $T/notes' }
		job "b" { every = "100ms" command = 'cat; echo read nothing' }
	END
	start
	await 3 ' b\[[0-9]+\]: read nothing'
	await_notes 3 a
	stop
	never ' a\[[0-9]+\]: failed'
}
