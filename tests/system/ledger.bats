# The ledger: that it has everything, who may use it, and what happens when it cannot be written.
load lib.bash
load ledger.bash

# entered_as_logged: what it says of runs is what the last life of the daemon says in its last line.
entered_as_logged() {
	local verdict
	for verdict in ok failed timeout killed; do
		equal "$verdict in the ledger" "$(sql "SELECT count(*) FROM run WHERE verdict = '$verdict'")" \
			"$(verdicts $verdict)"
	done
	for verdict in skipped coalesced refused; do
		equal "$verdict in the ledger" \
			"$(sql "SELECT ifnull(sum(count), 0) FROM streak WHERE verdict = '$verdict'")" \
			"$(verdicts $verdict)"
	done
}

# in_namespace COMMANDS: a mount namespace in which they have been run, and the daemon then is.
in_namespace() {
	need_root
	unshare --mount true 2>/dev/null || skip "needs the right to mount"
	mkdir -p "$STATE_DIRECTORY"
	helper unshare --mount sh -c "($1) && echo mounted >'$T/mounted' && exec tail -f /dev/null"
	await_in "$T/mounted" 1 '^mounted$'
	IN_NAMESPACE="nsenter --mount --target ${HELPER_PIDS##* } --"
}

# start_in: start(), in that namespace, with somebody who hears what it says to systemd.
start_in() {
	if [ ! -e "$T/socket" ]; then
		helper "$BUILD/helpers/listener" "$T/socket" "$T/said"
		await_in "$T/said" 1 '^listening$'
	fi
	launch ${IN_NAMESPACE:-} env NOTIFY_SOCKET="$T/socket" "$EVERYD" -c "$CONF"
	await_loaded
}

# A job that notes each of its runs.
noting() {
	conf <<-END
		job "j" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
}

# more COUNT: so many more runs of it.
more() {
	await_notes $(($(grep -c '^j ' "$T/notes" 2>/dev/null) + $1)) j
}

# waiting: how many records wait to be written, as metrics tell it.
waiting() {
	curl -sS -m "$PATIENCE" --unix-socket "$T/runtime/control.sock" http://localhost/metrics |
		sed -n 's/^everyd_ledger_waiting //p'
}

# Until nothing waits; of what comes all the time there may be some at any look.
await_written() {
	local limit=$((SECONDS + PATIENCE))
	until (($(waiting) == 0)); do
		((SECONDS < limit)) || { echo "$(waiting) wait"; return 1; }
	done
}

# in_trouble REGEX: jobs run, log and status say what is wrong, and what waits gets more.
in_trouble() {
	local before
	await "everyd: the ledger cannot be written: .*$1"
	await_in "$T/said" 1 "^STATUS=.*THE LEDGER CANNOT BE WRITTEN: .*$1"
	before=$(waiting)
	more 3
	(($(waiting) > before))
}

# well_again: log and status say so, and it has every run that there was.
well_again() {
	local runs
	await 'everyd: the ledger is written again'
	more 3
	await_written
	kill -TERM "$PID"
	await_end "$PID"
	wait "$PID"
	await_in "$T/said" 1 '^STOPPING=1' >/dev/null
	await_in "$T/said" 1 '^STATUS=stopping: ' >/dev/null
	grep '^STATUS=' "$T/said" | tail -1 | grep -v 'LEDGER'
	runs=$(grep -c '^j ' "$T/notes")
	equal "runs in the ledger" "$(sql "SELECT count(*) FROM run WHERE verdict = 'ok'")" "$runs"
	equal "runs that it has not" "$(slots j)" "$(sql "SELECT slot FROM run WHERE verdict = 'ok' ORDER BY slot")"
	equal "its state" "$(sql 'PRAGMA integrity_check')" ok
}

@test "the first start makes it, for nobody else to read, and catches nothing up" {
	need_sqlite3
	conf <<-END
		job "rare" { every = "36525d" command = "true" }
		job "late" { every = "36524d" catch_up = "all" catch_up_window = "infinity" command = "true" }
	END
	start
	stop
	equal "mode of the directory" "$(stat -c %a "$STATE_DIRECTORY")" 700
	equal "modes of the files" "$(stat -c %a "$STATE_DIRECTORY"/* | sort -u)" 600
	equal jobs "$(sql 'SELECT name, schedule FROM job ORDER BY name')" \
		"$(printf '%s\n' 'late|every 5217w5d offset 0' 'rare|every 5217w6d offset 0')"
	equal occurrences "$(sql 'SELECT (SELECT count(*) FROM run) + (SELECT count(*) FROM streak)')" 0
	equal lives "$(sql 'SELECT count(*) FROM life WHERE stopped >= started AND version <> "" AND boot <> ""')" 1
	logged 'everyd: stopped after .*: no occurrence yet'
}

@test "it has each occurrence, what became of it, and why" {
	need_sqlite3
	conf <<-END
		job "good" { every = "100ms" command = 'echo all well' }
		job "bad" { every = "100ms" command = 'echo oh no >&2; exit 3' }
		job "slow" { every = "100ms" command = "sleep 0.25" }
		job "late" { every = "100ms" timeout = "10ms" kill_signal = "KILL" command = "sleep 1000" }
		job "none" { every = "100ms" command = "/nonexistent/program" shell = "/nonexistent/shell" }
		job "shut" { every = "100ms" only_if = "false" command = "true" }
	END
	start
	await 3 'everyd: good\[[0-9]+\]: ok'
	await 3 'everyd: bad\[[0-9]+\]: failed'
	await 3 'everyd: slow\[[0-9]+\]: ok'
	await 3 'everyd: late\[[0-9]+\]: timeout'
	await 3 'everyd: none\[[0-9]+\]: failed'
	await 'everyd: shut(\[[0-9]+\])?: skipped'
	stop
	entered_as_logged
	for job in good bad slow late none shut; do
		entered "$job" 100000
	done
	equal "exit statuses" "$(sql "SELECT DISTINCT name, verdict, result, exit, signal FROM run
		JOIN job ON number = run.job WHERE name <> 'none' ORDER BY name")" \
		"$(printf '%s\n' 'bad|failed|exited|3|' 'good|ok|exited|0|' 'late|timeout|signalled||9' 'slow|ok|exited|0|')" || {
		sql "SELECT DISTINCT name, verdict, result, exit, signal FROM run JOIN job ON number = run.job"
		false
	}
	equal "what good printed" "$(sql "SELECT DISTINCT cast(head AS TEXT) FROM output JOIN run ON run.id = run
		JOIN job ON number = run.job WHERE name = 'good'")" "all well"
	equal "runs that are not in order" "$(sql "SELECT count(*) FROM run WHERE NOT
		(slot <= due AND due <= accepted AND accepted <= started AND started <= ended)")" 0
	equal "why slow was skipped" "$(sql "SELECT DISTINCT verdict, reason FROM streak
		JOIN job ON number = streak.job WHERE name = 'slow' AND verdict <> 'coalesced'")" "skipped|overlap"
	# The condition may take its time, too.
	equal "why shut was skipped" "$(sql "SELECT DISTINCT verdict, because FROM history WHERE job = 'shut'
		AND verdict <> 'coalesced' AND because NOT LIKE 'the previous run%'")" \
		"skipped|its condition does not hold"
}

@test "the sqlite3 shell reads it while the daemon runs, however long that takes" {
	need_sqlite3
	noting
	start
	more 2
	await_sql 1 'SELECT count(*) > 0 FROM history WHERE job = "j"'
	# One that has begun to read sees what was then, and holds up nobody.
	other_shell
	before=$(ask 'BEGIN; SELECT count(*) FROM run;')
	await_sql 1 "SELECT count(*) > $before + 3 FROM run"
	equal "what the reader sees" "$(ask 'SELECT count(*) FROM run; COMMIT;')" "$before"
	stop
	never 'ledger cannot'
	entered j 100000
}

@test "a second daemon is refused, and the first goes on" {
	noting
	start
	first=$PID
	run timeout -k 1 "$PATIENCE" "$EVERYD" -c "$CONF" --log stderr
	echo "$output"
	[ "$status" = 1 ]
	[[ $output =~ another\ everyd\ \(pid\ $first\)\ uses\ $STATE_DIRECTORY ]]
	[[ ! $output =~ started: ]]
	more 2
	stop
}

@test "daemons with a state_dir each do not mind each other" {
	noting
	sed -i "1i state_dir = \"own\"" "$CONF"
	start
	[ -e "$T/own/ledger.db" ]
	conf <<-END
		state_dir = "$T/other"
		job "j" { every = "1h" command = "true" }
	END
	launch "$EVERYD" -c "$CONF"
	await 2 'everyd: everyd [0-9.]+ started: 1 job$'
	[ -e "$T/other/ledger.db" ]
	[ ! -e "$STATE_DIRECTORY" ]
	for pid in $(pgrep -P $$ -f "$EVERYD -c $CONF"); do
		kill -TERM "$pid"
		await_end "$pid"
	done
	alone
}

@test "durability = \"none\": no file, and nothing is known of what was before" {
	noting
	sed -i '1i durability = "none"' "$CONF"
	start
	more 3
	stop
	[ ! -e "$STATE_DIRECTORY" ]
}

@test "durability = \"power\": it has everything too" {
	need_sqlite3
	noting
	sed -i '1i durability = "power"' "$CONF"
	start
	more 5
	stop
	entered_as_logged
	entered j 100000
	equal "runs that it has not" "$(slots j)" "$(sql "SELECT slot FROM run WHERE verdict = 'ok' ORDER BY slot")"
}

@test "a reload changes how it is kept, and warns where it cannot" {
	need_sqlite3
	noting
	start
	more 2
	noting
	sed -i '1i durability = "power" history_runs = 1' "$CONF"
	kill -HUP "$PID"
	await 'everyd: reload: 0 added, 0 changed, 0 removed, 1 unchanged'
	more 2
	noting
	sed -i '1i durability = "none"' "$CONF"
	kill -HUP "$PID"
	await 'everyd: durability: there is no ledger from the next start on'
	stop
	entered j 100000
}

# remembering COUNT AGE: so many runs more, the last one AGE seconds ago, with what they printed.
remembering() {
	sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO run (id, job, slot, due, verdict, attempts, accepted, started, ended)
		SELECT i, 1, t, t, 'ok', 1, t, t, t FROM (SELECT i, $(now) - ($2 + $1 - i) * 1000000 AS t FROM n);
		INSERT INTO output SELECT id, x'6162', x'' FROM run"
}

@test "history_runs bounds it, and takes what was printed along" {
	need_sqlite3
	conf <<-END
		history_runs = 50
		job "j" { every = "400d" command = "true" }
	END
	start
	halt
	floor=$(value j floor)
	remembering 3000 10
	start
	await_sql 1 'SELECT count(*) BETWEEN 50 AND 600 FROM run'
	stop
	equal "rows that went before others" "$(sql 'SELECT max(id) - min(id) + 1 - count(*) FROM run')" 0
	equal "the last one" "$(sql 'SELECT max(id) FROM run')" 3000
	equal "outputs without a run" "$(sql 'SELECT count(*) FROM output WHERE run NOT IN (SELECT id FROM run)')" 0
}

@test "history_keep bounds it by age, and no slot is caught up for what is forgotten" {
	need_sqlite3
	conf <<-END
		history_keep = "1h" history_runs = "infinity"
		job "j" { every = "1s" catch_up = "all" command = "true" }
	END
	start
	halt
	sql 'DELETE FROM run; DELETE FROM streak'
	# Slots for seven hours, up to ten seconds ago.
	remembering 25200 10
	sql 'UPDATE run SET slot = slot / 1000000 * 1000000; UPDATE job SET floor = (SELECT min(slot) FROM run)'
	start
	await_sql 1 "SELECT count(*) BETWEEN 3600 AND 9000 FROM run"
	stop
	equal "slots that ran again" "$(sql 'SELECT slot FROM run GROUP BY slot HAVING count(*) > 1')" ""
	entered j 1000000
}

@test "the queries of the manual" {
	need_sqlite3
	conf <<-END
		job "backup" { every = "100ms" command = 'echo done' }
	END
	start
	await 17 'everyd: backup\[[0-9]+\]: ok'
	stop
	# In the blocks of the section, joined lines and all.
	sed -n '/^\.Sh LEDGER/,/^\.Ss Crashes/p' "$TOP/man/everyd.8" |
		sed -n '/^\.Bd/,/^\.Ed/{/^\./!p}' | sed 's/\\e$/\\/' >"$T/queries"
	equal "queries" "$(grep -c '^sqlite3' "$T/queries")" 5
	sed -i "s,/var/lib/everyd,$T/state,; s/^sqlite3/&  -bail/" "$T/queries"
	bash -e "$T/queries" >"$T/answers"
	grep -q '│ *2[0-9-]* [0-9:.]* *│ *ok *│' "$T/answers"
	grep -q '^done' "$T/answers"
}

# --- what a start finds --------------------------------------------------------------------------

@test "a corrupt file is set aside under a dated name, and a new one begun" {
	need_sqlite3
	noting
	start
	more 2
	halt
	for damage in "dd if=/dev/urandom of=ledger.db bs=100 count=1 conv=notrunc" \
		"truncate -s 5000 ledger.db" "dd if=/dev/zero of=ledger.db bs=4096 seek=1 count=30 conv=notrunc"; do
		rm -f "$T"/state/ledger.db.*
		(cd "$T/state" && eval "$damage" 2>/dev/null)
		start
		await 'everyd: the ledger is damaged: it was set aside as .*ledger\.db.*20[0-9][0-9]'
		more 2
		halt
		[ "$(find "$T/state" -name 'ledger*20[0-9][0-9]*' | wc -l)" -ge 1 ]
		rm -f "$T"/state/ledger*20[0-9][0-9]*
		equal "its state" "$(sql 'PRAGMA integrity_check')" ok
		[ "$(sql "SELECT count(*) FROM run WHERE verdict = 'ok'")" -ge 2 ]
	done
}

@test "one that is no ledger, or empty, is no hindrance" {
	need_sqlite3
	mkdir -m 700 "$T/state"
	noting
	: >"$T/state/ledger.db"
	start
	more 1
	halt
	never 'set aside'
	[ "$(sql "SELECT count(*) FROM run WHERE verdict = 'ok'")" -ge 1 ]
	rm -f "$T"/state/ledger*
	sqlite3 "$T/state/ledger.db" 'CREATE TABLE mine (x); INSERT INTO mine VALUES (42);'
	start
	await 'everyd: .*set aside as '
	more 1
	halt
	aside=$(find "$T/state" -name 'ledger*20[0-9][0-9]*' ! -name '*-wal' ! -name '*-shm')
	equal "what was there" "$(sqlite3 "$aside" 'SELECT x FROM mine')" 42
}

@test "one of a later version is left alone until it can be had" {
	need_sqlite3
	noting
	start
	more 1
	halt
	: >"$T/notes"
	version=$(sql 'PRAGMA user_version')
	sql 'DELETE FROM run; DELETE FROM streak; PRAGMA user_version = 99'
	start_in
	in_trouble 'later version'
	equal "its version" "$(sql 'PRAGMA user_version; SELECT count(*) FROM run')" "$(printf '99\n0')"
	sql "PRAGMA user_version = $version"
	well_again
}

@test "a directory that others can write to is not used, until it is mended" {
	need_root
	mkdir -m 777 "$T/state"
	noting
	start
	await "everyd: .*$T/state can be written by others.*chmod go-w"
	more 3
	[ -z "$(ls -A "$T/state")" ]
	stop
}

@test "what is in the way of the directory or the lock is told, and jobs run" {
	noting
	: >"$T/state"
	start
	await "everyd: .*cannot open $T/state: Not a directory"
	more 2
	halt
	rm "$T/state" && mkdir -m 700 "$T/state" && mkfifo "$T/state/everyd.lock"
	start
	await "everyd: .*$T/state/everyd.lock is not a regular file"
	more 2
	stop
}

# --- while it runs -------------------------------------------------------------------------------

@test "a full disk: jobs run, and when there is room everything is written" {
	need_sqlite3
	in_namespace "mount -t tmpfs -o size=1m,mode=0700 tmpfs '$STATE_DIRECTORY'"
	noting
	start_in
	more 3
	$IN_NAMESPACE sh -c "cat /dev/zero >'$STATE_DIRECTORY/filler'" || true
	in_trouble 'disk is full'
	$IN_NAMESPACE rm "$STATE_DIRECTORY/filler"
	well_again
	entered j 100000
}

@test "a disk that is full from the start" {
	need_sqlite3
	in_namespace "mount -t tmpfs -o size=64k,mode=0700 tmpfs '$STATE_DIRECTORY' && cat /dev/zero >'$STATE_DIRECTORY/filler'; true"
	noting
	start_in
	in_trouble 'disk is full'
	$IN_NAMESPACE mount -o remount,size=4m "$STATE_DIRECTORY"
	well_again
}

@test "a read-only file system" {
	need_sqlite3
	in_namespace "mount -t tmpfs -o mode=0700 tmpfs '$STATE_DIRECTORY' && mount -o remount,ro '$STATE_DIRECTORY'"
	noting
	start_in
	logged 'everyd: .*nothing keeps a second everyd out'
	in_trouble 'read-only'
	$IN_NAMESPACE mount -o remount,rw "$STATE_DIRECTORY"
	well_again
}

@test "a read-only file system: as soon as it can be written a second everyd is refused" {
	local first status=0
	need_sqlite3
	in_namespace "mount -t tmpfs -o mode=0700 tmpfs '$STATE_DIRECTORY' && mount -o remount,ro '$STATE_DIRECTORY'"
	noting
	start_in
	in_trouble 'read-only'
	first=$PID
	$IN_NAMESPACE mount -o remount,rw "$STATE_DIRECTORY"
	await 'is locked now: a second everyd is kept out'
	launch $IN_NAMESPACE "$EVERYD" -c "$CONF"
	await_end "$PID"
	wait "$PID" || status=$?
	equal "exit status" "$status" 1
	logged "another everyd \(pid $first\) uses $STATE_DIRECTORY"
	PID=$first
	await 'everyd: the ledger is written again'
	more 3
	$IN_NAMESPACE test -s "$STATE_DIRECTORY/ledger.begun"
	well_again
}

@test "of two that started on a read-only file system one gives way" {
	local first second ended other status=0
	need_sqlite3
	in_namespace "mount -t tmpfs -o mode=0700 tmpfs '$STATE_DIRECTORY' && mount -o remount,ro '$STATE_DIRECTORY'"
	noting
	start_in
	first=$PID
	start_in
	second=$PID
	await 2 'nothing keeps a second everyd out' >/dev/null
	$IN_NAMESPACE mount -o remount,rw "$STATE_DIRECTORY"
	await 'is locked now: a second everyd is kept out'
	await 'everyd: this everyd stops, so that jobs do not run twice'
	await 'everyd: stopped after '
	ended=$first other=$second
	! logged "another everyd \(pid $first\) uses $STATE_DIRECTORY" || { ended=$second && other=$first; }
	await_end "$ended"
	wait "$ended" || status=$?
	equal "exit status" "$status" 1
	PID=$other
	more 3
	kill -TERM "$PID"
	ended 0
}

@test "a read-only file system with a ledger in it" {
	need_sqlite3
	in_namespace "mount -t tmpfs -o mode=0700 tmpfs '$STATE_DIRECTORY'"
	noting
	start_in
	more 3
	halt
	$IN_NAMESPACE mount -o remount,ro "$STATE_DIRECTORY"
	start_in
	in_trouble 'read-only'
	$IN_NAMESPACE mount -o remount,rw "$STATE_DIRECTORY"
	well_again
}

@test "locked by somebody else: jobs run, and then everything is written" {
	need_sqlite3
	noting
	start_in
	more 2
	other_shell
	equal "the lock" "$(ask 'BEGIN IMMEDIATE; SELECT 1;')" 1
	in_trouble 'locked'
	equal "the lock" "$(ask 'ROLLBACK; SELECT 0;')" 0
	well_again
	entered j 100000
}

@test "locked from the start" {
	need_sqlite3
	noting
	start
	more 2
	halt
	other_shell
	equal "the lock" "$(ask 'BEGIN EXCLUSIVE; SELECT 1;')" 1
	start_in
	in_trouble 'locked'
	equal "the lock" "$(ask 'ROLLBACK; SELECT 0;')" 0
	well_again
}

@test "the file removed while it is used: a new one has all that is known" {
	need_sqlite3
	conf <<-END
		job "j" { every = "100ms" command = {"$H/note", "$T/notes"} }
		job "rare" { every = "400d" command = "true" }
		job "long" { every = "100ms" command = {"flock", "-s", "$T/gate", "true"} }
	END
	shut_gate
	start
	more 2
	rm -f "$T"/state/ledger.db*
	await 'everyd: the ledger.*was removed'
	more 2
	await_sql "$(printf 'j\nlong\nrare')" 'SELECT name FROM job ORDER BY name'
	await_sql long 'SELECT name FROM run JOIN job ON number = run.job WHERE verdict IS NULL AND name = "long"'
	open_gate
	stop
	equal "its state" "$(sql 'PRAGMA integrity_check')" ok
}

@test "the state directory appears later" {
	need_sqlite3
	noting
	sed -i "1i state_dir = \"$T/there/state\"" "$CONF"
	STATE_DIRECTORY=$T/there/state
	start
	await "everyd: .*cannot make $T/there/state: No such file or directory"
	more 2
	mkdir "$T/there"
	await 'everyd: the ledger is written again'
	more 2
	stop
	# With what there was before.
	equal "runs without a job" "$(sql 'SELECT count(*) FROM run LEFT JOIN job ON number = run.job WHERE name IS NULL')" 0
	equal "notes" "$(sql "SELECT count(*) FROM run WHERE verdict = 'ok'")" "$(wc -l <"$T/notes")"
	entered j 100000
}
