# What the tests of the ledger share: looking into it, and changing it while nobody has it, with the
# sqlite3 shell.

command -v sqlite3 >/dev/null || MISSING_SQLITE3=yes

need_sqlite3() {
	[ -z "$MISSING_SQLITE3" ] || skip "needs the sqlite3 shell"
}

# sql QUERY: what it yields, columns separated by "|". Also where only the daemon sees the file.
sql() {
	${IN_NAMESPACE:-} sqlite3 -batch -cmd '.timeout 20000' "$STATE_DIRECTORY/ledger.db" "$1"
}

# await_sql EXPECTED QUERY: until that is what it yields.
await_sql() {
	local got deadline=$((SECONDS + PATIENCE))
	until got=$(sql "$2" 2>&1) && [ "$got" = "$1" ]; do
		[ "$SECONDS" -lt "$deadline" ] || { equal "$2" "$got" "$1"; return 1; }
		await_clock $(($(now) + 20000))
	done
}

# other_shell: one that stays, for ask.
other_shell() {
	coproc OTHER { exec stdbuf -o0 sqlite3 -batch -cmd '.timeout 20000' "$STATE_DIRECTORY/ledger.db" 3>&- 8>&-; }
	HELPER_PIDS="$HELPER_PIDS $OTHER_PID"
}

# ask QUERY: the first line that it yields there.
ask() {
	local line
	echo "$1" >&"${OTHER[1]}"
	read -t "$PATIENCE" -r line <&"${OTHER[0]}"
	echo "$line"
}

# rows JOB [CONDITION]: "slot state-or-verdict reason attempts" of its runs, in order.
rows() {
	sql "SELECT printf('%s %s%s %d', slot, coalesce(verdict, state), ifnull('/' || reason, ''), attempts)
		FROM run JOIN job ON number = run.job WHERE name = '$1' AND ${2:-1} ORDER BY run.id"
}

# streaks JOB: "verdict/reason count" of what did not run, in order.
streaks() {
	sql "SELECT printf('%s/%s %d', verdict, ifnull(reason, ''), count)
		FROM streak JOIN job ON number = streak.job WHERE name = '$1' ORDER BY streak.id"
}

# value JOB COLUMN: of its row.
value() {
	sql "SELECT $2 FROM job WHERE name = '$1'"
}

# entered JOB INTERVAL: each slot of the job, from the first that the ledger has to the last, is in
# it once.
entered() {
	local occurrences="FROM (SELECT job, slot AS first, slot AS last, 1 AS count FROM run
		UNION ALL SELECT job, first, last, count FROM streak)
		WHERE job = (SELECT number FROM job WHERE name = '$1')"
	equal "slots of $1 that are missing" \
		"$(sql "SELECT (max(last) - min(first)) / $2 + 1 - sum(count) $occurrences")" 0
	equal "runs of $1 off the grid or twice" "$(sql "SELECT slot FROM run
		WHERE job = (SELECT number FROM job WHERE name = '$1')
		GROUP BY slot HAVING count(*) > 1 OR slot % $2 <> 0")" ""
}

# crash: the daemon dies at once, and what it runs goes on.
crash() {
	kill -KILL "$PID"
	await_end "$PID"
	wait "$PID" || true
	: >"$LOG"
}

# halt: it stops as it should; what it logged so far is kept as $T/log.1, and not looked at again.
halt() {
	kill -TERM "$PID"
	ended 0
	mv "$LOG" "$T/log.1"
	: >"$LOG"
	chmod 0666 "$LOG"
}
