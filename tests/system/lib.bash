# What the system tests share: a private directory for each test, a daemon in it, and waiting for
# events with a generous bound instead of sleeping. Sourced by each file of tests; bats calls
# setup and teardown.
#
# The daemon and with it every descendant of a job carries a time zone in its environment that names
# the test (jobs get TZ passed on), so that what is left of a test is found wherever it hides.

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
BUILD=$(cd "$TOP" && cd "${BUILD:-build}" && pwd)
EVERYD=$BUILD/everyd
SANITIZED=$(grep -aqE '__(asan|tsan)_init' "$EVERYD" && echo yes || true)
# Seconds until something that should happen is given up. Says nothing about speed.
[ -n "$PATIENCE" ] || PATIENCE=$([ -n "$SANITIZED" ] && echo 180 || echo 60)

setup() {
	T=$(mktemp -d "${TMPDIR:-/tmp}/everyd-system.XXXXXX")
	# Also for tests in which the daemon is another user's.
	chmod 0777 "$T"
	ln -s "$BUILD/helpers" "$T/helpers"
	MARK="<EVT$$-$BATS_TEST_NUMBER>0"
	LOG=$T/log CONF=$T/everyd.conf H=$T/helpers PID= HELPER_PIDS=
	: >"$LOG"
	chmod 0666 "$LOG"
	unset NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID JOURNAL_STREAM CONFIGURATION_DIRECTORY LANG
	export RUNTIME_DIRECTORY=$T/runtime STATE_DIRECTORY=$T/state
	export ASAN_OPTIONS="log_path=$T/sanitizer:quarantine_size_mb=4:$ASAN_OPTIONS"
	export UBSAN_OPTIONS="log_path=$T/sanitizer:print_stacktrace=1:$UBSAN_OPTIONS"
	export TSAN_OPTIONS="log_path=$T/sanitizer:$TSAN_OPTIONS"
}

# A failed test shows the log; a sanitizer's report fails any test.
teardown() {
	local status=0 file pid
	for pid in $(marked) $HELPER_PIDS; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	wait 2>/dev/null || true
	for file in "$T"/sanitizer.*; do
		[ -e "$file" ] || continue
		echo "--- ${file##*/}"
		head -60 "$file"
		status=1
	done
	echo "--- log"
	head -c 4000 "$LOG"
	[ "$(stat -c %s "$LOG")" -le 8000 ] || { echo "..." && tail -c 4000 "$LOG"; }
	chmod -R u+rwX "$T" 2>/dev/null || true
	rm -rf "$T"
	return $status
}

# For signals that come while the daemon starts: ThreadSanitizer holds signals back until the thread
# makes a call that it knows, and at times forgets some of them then.
need_prompt_signals() {
	! grep -aq '__tsan_init' "$EVERYD" || skip "ThreadSanitizer holds signals back"
}

need_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

# --- configuration --------------------------------------------------------------------------------

# conf: standard input becomes the configuration file, at once.
conf() {
	cat >"$CONF.new"
	chmod 0644 "$CONF.new"
	mv "$CONF.new" "$CONF"
}

# --- the daemon -----------------------------------------------------------------------------------

# launch COMMAND...: runs it in the background as the daemon; its log is $LOG, its process PID.
# PID is that of the command itself. (Descriptor 3 is bats' own, 8 the gate's.)
launch() {
	TZ=$MARK "$@" </dev/null >"$T/stdout" 2>>"$LOG" 3>&- 8>&- &
	PID=$!
}

# start [OPTION...]: starts the daemon on $CONF and waits until it is in force.
start() {
	launch "$EVERYD" -c "$CONF" "$@"
	await_loaded
}

# fresh: the next daemon of the test starts as the first one did: with an empty log, and no ledger.
fresh() {
	: >"$LOG"
	rm -rf "$STATE_DIRECTORY"
}

# The configuration is in force for the first time.
await_loaded() {
	await 'everyd: everyd [0-9.]+ started: [0-9]+ jobs?$' >/dev/null
}

# await [COUNT] REGEX: waits for so many lines of the log, and prints them.
await() {
	local count=1
	[ $# -eq 1 ] || { count=$1 && shift; }
	await_in "$LOG" "$count" "$1"
}

# await_in FILE COUNT REGEX
await_in() {
	[ -e "$1" ] || : >>"$1"
	"$BUILD/helpers/await" "$1" "$PATIENCE" "$2" "$3"
}

# await_end PID
await_end() {
	"$BUILD/helpers/await" --end "$1" "$PATIENCE" || { echo "process $1 did not end"; return 1; }
}

# ended STATUS: the daemon ends, with this status, and leaves no process.
ended() {
	local status=0
	await_end "$PID"
	wait "$PID" || status=$?
	[ "$status" = "$1" ] || { echo "exit status $status instead of $1"; return 1; }
	alone
}

# stop [SIGNAL]: asks the daemon to stop; it does, well, and nothing is left.
stop() {
	kill "-${1:-TERM}" "$PID"
	ended 0
	logged 'everyd: stopped after '
}

# once COMMAND [OPTION...]: runs it as the job "j" until its first verdict, then stops.
once() {
	local command=$1
	shift
	conf <<-END
		job "j" {
		    every = "100ms"
		    command = $command
		    $(printf '%s\n' "$@")
		}
	END
	start
	await 'everyd: j\[1\]: (ok|failed|timeout|killed)' >/dev/null
	kill -TERM "$PID"
	ended 0
}

# Lines that the first run of "j" printed.
printed() {
	sed -nE 's/^[0-9: .-]+ j\[1\]: //p' "$LOG"
}

# --- what is seen ---------------------------------------------------------------------------------

# Processes of this test, apart from its own shell.
marked() {
	grep -lzxsF "TZ=$MARK" /proc/[0-9]*/environ | cut -d/ -f3
}

# No process of this test is left.
alone() {
	local pids
	pids=$(marked)
	[ -z "$pids" ] || { echo "processes left:"; ps -o pid,ppid,sid,stat,args -p "$(echo $pids | tr ' ' ,)"; return 1; }
}

# logged REGEX: the log has such a line.
logged() {
	grep -qE "$1" "$LOG" || { echo "not logged: $1"; return 1; }
}

never() {
	! grep -E "$1" "$LOG" || { echo "logged, but should not be: $1"; return 1; }
}

# count REGEX: lines of the log.
count() {
	grep -cE "$1" "$LOG" || true
}

# equal WHAT IS SHOULD_BE
equal() {
	[ "$2" = "$3" ] || { printf '%s is:\n%s\nbut should be:\n%s\n' "$1" "$2" "$3"; return 1; }
}

# verdicts NAME: how many occurrences got it, by the counters of the summary line; 0 if none.
verdicts() {
	local n
	n=$(grep -E 'everyd: stopped after ' "$LOG" | grep -oE "[0-9]+ $1\b" | head -1)
	echo "${n%% *}" | grep . || echo 0
}

# helper COMMAND...: one in the background, which teardown ends.
helper() {
	"$@" 3>&- 8>&- &
	HELPER_PIDS="$HELPER_PIDS $!"
}

# A gate that a job waits at: `command = {"flock", "-s", "$T/gate", "true"}` ends when it is opened.
shut_gate() {
	exec 8>"$T/gate"
	chmod 0666 "$T/gate"
	flock 8
}

open_gate() {
	exec 8>&-
}

# --- slots ----------------------------------------------------------------------------------------

# slots JOB: the slots of its runs that helpers/note noted in $T/notes, sorted, in microseconds.
slots() {
	awk -v job="$1" '$1 == job { print $3 }' "$T/notes" | date -u -f - +%s%6N | sort -n
}

# await_notes COUNT JOB
await_notes() {
	await_in "$T/notes" "$1" "^$2 " >/dev/null
}

# now: microseconds since the epoch.
now() {
	date +%s%6N
}

# await_clock MICROSECONDS: until the wall clock shows it.
await_clock() {
	"$BUILD/helpers/await" --clock "$1"
}

# accounted JOB INTERVAL OFFSET: after the daemon has stopped: the job's runs have each a slot of
# the grid, none twice, and those that did not run between the first and the last are all accounted
# for as coalesced.
accounted() {
	local all off twice first last missing
	all=$(slots "$1")
	off=$(awk -v n="$2" -v o="$3" '($1 - o) % n != 0' <<<"$all")
	equal "slots of $1 off the grid" "$off" ""
	twice=$(uniq -d <<<"$all")
	equal "slots of $1 that ran twice" "$twice" ""
	first=$(head -1 <<<"$all") last=$(tail -1 <<<"$all")
	missing=$(((last - first) / $2 + 1 - $(wc -l <<<"$all")))
	equal "slots of $1 that did not run" "$missing" "$(coalesced "$1" "$first")"
}

# coalesced JOB [SLOT]: how many occurrences the log says were; those behind SLOT.
coalesced() {
	local n slot total=0
	while read -r n slot; do
		[ "$(date -u -d "$slot" +%s%6N)" -lt "${2:-0}" ] || total=$((total + n))
	done < <(sed -nE "s/.* everyd: $1: coalesced ([0-9]+) occurrences, (.*) to .*/\1 \2/p
		s/.* everyd: $1: coalesced the occurrence of ([0-9-]+ [0-9:.]+): .*/1 \1/p" "$LOG")
	echo $total
}
