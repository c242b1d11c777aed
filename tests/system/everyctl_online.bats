# everyctl asks and steers a daemon: each command, what is said when it cannot be, and who may.
load lib.bash

EVERYCTL=$BUILD/everyctl

# ctl [ARGUMENT...]: standard output and error in $output, and $status, as of run, which warns of a
# status of 127. ctl_out, ctl_err: only the one or the other.
ctl() {
	status=0
	output=$(TZ=UTC "$EVERYCTL" "$@" </dev/null 2>&1) || status=$?
}

ctl_out() {
	status=0
	output=$(TZ=UTC "$EVERYCTL" "$@" </dev/null 2>/dev/null) || status=$?
}

ctl_err() {
	status=0
	output=$(TZ=UTC "$EVERYCTL" "$@" </dev/null 2>&1 >/dev/null) || status=$?
}

# json EXPRESSION: of the JSON in $output, as Python's "j".
json() {
	python3 -c 'import json, sys; j = json.load(sys.stdin); print('"$1"')' <<<"$output"
}

# ends STATUS ARGUMENT...: everyctl ends with it.
ends() {
	local wanted=$1
	shift
	ctl "$@"
	equal "exit status of $*, which says: $output" "$status" "$wanted"
}

# says TEXT: the last output has it.
says() {
	[[ $output == *"$1"* ]] || { printf 'does not say: %s\nbut: %s\n' "$1" "$output"; return 1; }
}

# Jobs that do nothing by themselves.
sample() {
	conf <<-END
		concurrency_group "db" { limit = 1 }
		defaults { output_keep = "1K" }
		job "backup" { cron = "30 2 1 1 *" command = 'echo hello; echo oops >&2; exit 3' }
		job "fine" { cron = "30 2 1 1 *" command = 'echo fine' }
		job "gated" {
		    cron = "30 2 1 1 *"
		    command = {"flock", "-s", "$T/gate", "true"}
		    concurrency_group = "db"
		}
	END
}

# Every command, with arguments that make sense.
all_commands() {
	cat <<-'END'
		status
		list
		show fine
		history
		why fine
		logs fine
		logs -f fine
		events
		run fine
		run --wait fine
		kill fine
		pause fine
		resume fine
		reload
		stop
		check-health
		check-health fine
	END
}

# --- looking --------------------------------------------------------------------------------------

@test "status tells how everyd is" {
	sample
	start
	ends 0 status
	[[ $output =~ state:\ +running,\ started\  ]]
	[[ $output =~ configuration:\ +"$CONF" ]]
	[[ $output =~ jobs:\ +3 ]]
	ctl_out status --json
	equal JSON "$(json '(j["jobs"], j["pid"], j["stopping"])')" "(3, $PID, False)"
	# What somebody should know of.
	ends 3 run --wait backup
	ends 0 pause fine gated
	ctl status
	[[ $output =~ jobs:\ +3,\ 1\ failing,\ 2\ paused$'\n' ]]
	stop
}

@test "a refused configuration shows in status, and what is wrong with it" {
	sample
	start
	echo 'job "x" { every = "never" command = "true" }' | conf
	ends 1 reload
	says "$CONF:1: "
	ends 0 status
	says "what it is now was refused"
	says "$CONF:1: "
	sample
	ends 0 reload
	equal output "$output" "reloaded: 0 added, 0 changed, 0 removed, 3 unchanged"
	ctl status
	[[ $output != *refused* ]]
	stop
}

@test "list shows jobs, some of them, in an order" {
	sample
	start
	ends 0 list --no-header
	equal names "$(awk '{ print $1 }' <<<"$output")" "backup
fine
gated"
	ends 3 --socket "$T/nowhere" list
	ends 1 run nosuch
	ends 3 run --wait backup
	ends 0 run --wait fine
	ends 0 list --no-header --state failing
	[[ $output == "backup "* && $output != *fine* ]]
	[[ $output == *failed* ]]
	ctl list --no-header --verdict ok
	[[ $output == "fine "* ]]
	ctl list --no-header --sort failures
	[[ $output == "backup "* ]]
	ctl list --no-header 'g*'
	[[ $output == "gated "* ]]
	ctl list --no-header -g db
	[[ $output == "gated "* ]]
	ends 1 list --state nonsense
	ends 0 list -n 2
	says "... there are more: see --count"
	ctl_out list --json -n 2
	equal JSON "$(json '[i["name"] for i in j["items"]]')" "['backup', 'fine']"
	stop
}

@test "a run that could not be started was one, too, in this life and the next" {
	conf <<-END
		job "missing" { cron = "30 2 1 1 *" command = {"/nonexistent/program"} }
		job "other" { cron = "30 2 1 1 *" command = "true" }
	END
	start
	ends 127 run --wait missing
	for life in this next; do
		ends 0 list --no-header --verdict failed
		[[ $output =~ ^missing\ +failing\ .*\ ago\ +failed\  ]] || { echo "$life: $output"; return 1; }
		[[ $output != *other* ]]
		[ $life = this ] || break
		kill -TERM "$PID"
		ended 0
		: >"$LOG"
		start
	done
	stop
}

@test "list goes through page after page" {
	for ((i = 0; i < 1500; i++)); do
		printf 'job "j%04d" { cron = "30 2 1 1 *" command = "true" }\n' $i
	done | conf
	start
	ends 0 list --no-header -n 1234
	equal "last" "$(grep -c '^j' <<<"$output")" 1234
	[[ $output == *$'\nj1233 '* ]]
	says "see --count"
	ctl_out list --json -n 1500
	equal JSON "$(json '(len({i["name"] for i in j["items"]}), j["next"])')" "(1500, None)"
	stop
}

@test "show tells all about a job" {
	sample
	start
	ends 0 show backup
	[[ $output =~ defined\ in:\ +"$CONF:3" ]]
	[[ $output =~ output_keep\ +"$CONF:2"\ +\"1K\" ]]
	[[ $output =~ overlap\ +default\ +\"skip\" ]]
	equal slots "$(grep -c '^20..-01-01 02:30:00 ' <<<"$output")" 5
	ends 0 pause backup --for 2h --reason lunch
	ctl show backup
	[[ $output =~ paused:\ +until\ .*:\ lunch ]]
	ends 1 show bakcup
	says 'did you mean "backup"?'
	stop
}

@test "history, logs and why tell of what was" {
	sample
	start
	ends 3 run --wait backup
	ends 0 run --wait fine
	ends 0 history --no-header
	equal runs "$(awk '{ print $4, $5, $6 }' <<<"$output")" "fine 2 ok
backup 1 failed"
	says "exit status 3, by hand"
	ctl history --no-header --verdict failed,timeout
	equal failed "$(awk '{ print $4 }' <<<"$output")" backup
	ctl history --no-header --from tomorrow
	equal "of tomorrow" "$output" ""
	ends 1 history nosuch
	ends 0 logs backup
	[[ $output == *hello* && $output == *oops* ]]
	ends 0 logs --run 2
	equal logs "$output" fine
	ends 0 logs -n 2
	[[ $output == "--- backup, run 1, "*", failed"*"--- fine, run 2, "*", ok"$'\n'fine ]]
	ctl_out logs --json --run 2
	equal JSON "$(json 'j["items"][0]["head"]')" fine
	ends 1 logs --run 77
	# What one that has not ended printed is not on record yet; the others' is.
	shut_gate
	ends 0 run gated
	ends 5 logs gated
	says "run 3 has not ended"
	ends 0 run --wait fine
	ends 0 logs -n 3
	[[ $output == *$'\nfine\n'*"--- gated, run 3, "*"run 3 has not ended"*"--- fine, run 4, "*$'\nfine' ]]
	ctl_out logs --json -n 3
	equal JSON "$(json '[i["run"] for i in j["items"]]')" "[2, 4]"
	open_gate
	ends 0 why backup
	says "exit status 3"
	ends 0 why fine now
	ends 1 why nosuch
	ctl_out why --json fine
	equal JSON "$(json '(j["job"], j["verdict"])')" "('fine', 'ok')"
	stop
}

@test "logs says that nothing was printed, and keeps what was apart" {
	conf <<-'END'
		job "none" { cron = "30 2 1 1 *" command = "true" }
		job "quiet" { cron = "30 2 1 1 *" command = "true" }
		job "open" { cron = "30 2 1 1 *" command = "printf 'no end'" }
	END
	start
	ends 0 logs none
	equal "logs of none" "$output" "no run is on record"
	ends 0 run --wait quiet
	ends 0 logs quiet
	equal "logs of nothing" "$output" "run 1 printed nothing"
	ctl_out logs quiet
	equal "what it printed" "$output" ""
	ends 0 run --wait open
	ends 0 run --wait quiet
	ctl_out logs open
	equal "what has no end" "$output" "no end"
	ctl_out logs -n 3
	[[ $output == "--- quiet, run 1, "*$'\n--- open, run 2, '*$'\nno end\n--- quiet, run 3, '* ]]
	stop
}

@test "a run is followed to its end" {
	conf <<-END
		job "talks" {
		    cron = "30 2 1 1 *"
		    command = 'until [ -e "$T/enough" ]; do echo talk; sleep 0.1; done; exit 3'
		}
	END
	start
	ends 0 run talks
	"$EVERYCTL" logs -f --run 1 >"$T/lines" 2>&1 3>&- &
	in_words=$!
	"$EVERYCTL" logs -f --run 1 --json >"$T/json" 2>&1 3>&- &
	in_json=$!
	await_in "$T/lines" 1 'talks\[1\]: talk$' >/dev/null
	await_in "$T/json" 1 '"text":"talk"' >/dev/null
	touch "$T/enough"
	# Which says nothing of what came of the run.
	wait "$in_words"
	wait "$in_json"
	[[ $(tail -1 "$T/lines") == *' talks[1]: failed: exit status 3 after '* ]]
	[[ $(tail -1 "$T/json") == *'"event":"ended"'*'"exit":3,'* ]]
	stop
}

@test "events and logs -f show what happens" {
	sample
	start
	"$EVERYCTL" events >"$T/events" 2>&1 3>&- &
	HELPER_PIDS="$HELPER_PIDS $!"
	"$EVERYCTL" logs -f fine >"$T/lines" 2>&1 3>&- &
	HELPER_PIDS="$HELPER_PIDS $!"
	"$EVERYCTL" --json events 'f*' >"$T/json" 2>&1 3>&- &
	HELPER_PIDS="$HELPER_PIDS $!"
	# Whether they listen yet is seen by what they show.
	for ((i = 0; i < 100; i++)); do
		"$EVERYCTL" run --wait fine >/dev/null
		[ -s "$T/events" ] && [ -s "$T/lines" ] && [ -s "$T/json" ] && break
	done
	"$EVERYCTL" run --wait fine >/dev/null
	await_in "$T/events" 1 '[0-9.]+ fine\[[0-9]+\]: ended verdict=ok exit=0'
	await_in "$T/lines" 1 '[0-9.]+ fine\[[0-9]+\]: fine$'
	await_in "$T/lines" 1 '[0-9.]+ fine\[[0-9]+\]: ok in '
	await_in "$T/json" 1 '"event":"ended"'
	python3 -c 'import json, sys
for line in open(sys.argv[1]): assert json.loads(line)["job"] == "fine"' "$T/json"
	# They end with everyd, and say so.
	stop
	await_in "$T/events" 1 'everyctl: everyd is gone: it was stopped, or is being restarted$'
}

# --- steering -------------------------------------------------------------------------------------

@test "run --wait shows what is printed, and ends as the command does" {
	conf <<-END
		job "out" { cron = "30 2 1 1 *" command = 'echo to out; echo to err >&2' }
		job "exit" { cron = "30 2 1 1 *" command = 'exit 7' }
		job "signal" { cron = "30 2 1 1 *" command = 'kill -TERM \$\$' }
		job "timeout" { cron = "30 2 1 1 *" command = 'exec sleep 1000' timeout = "200ms" }
		job "unwanted" { cron = "30 2 1 1 *" command = 'true' only_if = 'false' }
		job "missing" { cron = "30 2 1 1 *" command = {"/nonexistent/program"} }
		job "directory" { cron = "30 2 1 1 *" command = {"/"} }
		job "success" { cron = "30 2 1 1 *" command = 'exit 75' success_exit = {0, 75} }
		job "retry" { cron = "30 2 1 1 *" command = 'echo "\$EVERYD_ATTEMPT"; [ \$EVERYD_ATTEMPT = 2 ]' retries = 1 retry_delay = "10ms" }
		job "variable" { cron = "30 2 1 1 *" command = 'echo "\$A"' }
		job "many" { cron = "30 2 1 1 *" command = 'seq 300' output_keep = "1K" }
		job "too_many" { cron = "30 2 1 1 *" command = 'seq 200000; exit 9' output_keep = "1K" }
	END
	start
	while read -r job wanted; do
		ends "$wanted" run --wait "$job"
	done <<-'END'
		exit 7
		signal 143
		timeout 124
		unwanted 123
		missing 127
		directory 126
		success 75
		nosuch 125
	END
	ctl_out run -w out
	equal "standard output" "$output" "to out"
	ctl_err run -w out
	equal "standard error" "$output" "to err"
	ends 0 run -w retry
	equal attempts "$output" "1
2"
	ends 0 run -w variable -e 'A=b c'
	equal variable "$output" "b c"
	ends 0 run -w many
	equal lines "$output" "$(seq 300)"
	# More than is kept for who reads slowly.
	ctl_out run -w too_many
	equal "exit status of too many" "$status" 9
	grep -qx 1 <<<"$output"
	ctl_out run -w --json exit
	equal "JSON" "$(json '(j["job"], j["verdict"], j["exit"])')" "('exit', 'failed', 7)"
	equal "status with --json" "$status" 7
	ends 2 run variable -e nothing
	ends 2 run
	stop
}

@test "run tells the number of the run, and keeps to the job's overlap" {
	sample
	shut_gate
	start
	ends 0 run gated
	equal output "$output" "gated: run 1"
	ends 5 run gated
	says 'unless by force'
	ends 0 run --force gated
	ctl_out run fine --json
	equal JSON "$(json 'j["run"]')" 3
	ends 0 pause fine
	ends 0 run --wait fine
	open_gate
	await 2 'everyd: gated\[[0-9]\]: ok'
	stop
}

@test "kill ends what runs" {
	sample
	shut_gate
	start
	ends 0 run gated
	await 'everyd: gated\[1\]: run by hand'
	ends 0 kill gated
	await 'everyd: gated\[1\]: killed'
	ends 0 kill gated
	equal output "$output" "gated: nothing runs or waits"
	"$EVERYCTL" run --wait gated >"$T/out" 2>&1 3>&- 8>&- &
	waiter=$!
	await 'everyd: gated\[2\]: run by hand'
	ends 0 kill --run 2 --signal kill
	status=0
	wait $waiter || status=$?
	equal "status of who waits" "$status" 137
	grep -q 'gated\[2\]: killed by SIGKILL: ' "$T/out"
	ends 1 kill --run 2
	ends 1 kill --run x
	ends 1 kill nosuch
	ends 2 kill
	ends 2 kill --run 2 gated
	ends 2 kill -s HUP gated
	open_gate
	stop
}

@test "kill ends what waits, too" {
	shut_gate
	conf <<-END
		defaults { overlap = "queue" catch_up = "none" }
		job "queues" { every = "200ms" command = {"flock", "-s", "$T/gate", "true"} }
	END
	start
	await 'everyd: queues: skipped ' >/dev/null
	ends 0 pause queues
	ends 0 kill queues
	equal output "$output" "queues: being stopped; 1 that waits will not run"
	await 'everyd: queues\[1\]: killed' >/dev/null
	open_gate
	stop
}

@test "who waits for a run is told when everyd stops" {
	sample
	shut_gate
	start
	"$EVERYCTL" run --wait gated >"$T/out" 2>&1 3>&- 8>&- &
	waiter=$!
	await 'everyd: gated\[1\]: run by hand'
	kill -TERM $PID
	await 'everyd: stopping'
	ends 5 run fine
	kill -TERM $PID
	ended 0
	status=0
	wait $waiter || status=$?
	# Killed with it, or everyd was gone before it could say so.
	[[ $status = 143 || $status = 125 ]]
	open_gate
}

@test "pause and resume: jobs, a group, all" {
	sample
	start
	ends 0 pause backup fine --until 'tomorrow 12:00' -r 'new disk'
	[[ $output =~ ^backup:\ paused\ until\ 20..-..-..\ 12:00:00\ UTC,\ in\  ]]
	equal paused "$("$EVERYCTL" list --state paused --no-header | awk '{ print $1 }')" "backup
fine"
	ctl_out show --json backup
	equal reason "$(json 'j["pause"]["reason"]')" "new disk"
	ends 0 resume backup
	ends 1 resume nosuch fine
	says "fine: resumed, next in "
	says 'there is no job "nosuch"'
	ends 0 resume fine
	equal output "$output" "fine: was not paused"
	equal paused "$("$EVERYCTL" list --state paused --no-header)" ""
	ends 0 pause -g db
	equal output "$output" "group db: 1 job paused until it is resumed"
	equal paused "$("$EVERYCTL" list --state paused --no-header | awk '{ print $1 }')" gated
	ends 0 pause --all
	equal output "$output" "everything: 3 jobs paused until they are resumed"
	equal paused "$("$EVERYCTL" list --state paused --no-header | wc -l)" 3
	ends 0 resume -a
	equal output "$output" "everything: 3 jobs resumed"
	ends 0 resume -g db
	ends 1 pause -g nosuch
	ctl_out pause --json fine nosuch
	equal JSON "$(json '["error" in i for i in j["items"]]')" "[False, True]"
	equal status "$status" 1
	stop
}

@test "list shows all that a job is, by which it can be asked for" {
	sample
	shut_gate
	start
	ends 0 run gated
	ends 0 run --force gated
	ends 0 pause gated
	# It has a process soon.
	for ((i = 0; i < 1000; i++)); do
		[ -z "$("$EVERYCTL" list --no-header --state running)" ] || break
	done
	for state in running paused waiting; do
		ends 0 list --no-header --state $state
		[[ $output =~ ^gated\ +running,\ paused,\ waiting\  ]] || { echo "$state: $output"; return 1; }
	done
	ctl show gated
	[[ $output =~ state:\ +running,\ paused,\ waiting ]]
	open_gate
	stop
}

@test "reload answers with the difference" {
	sample
	start
	{
		cat "$CONF"
		echo 'job "new" { every = "1h" command = "true" }'
	} | grep -v backup | conf
	ends 0 reload
	equal output "$output" "reloaded: 1 added, 0 changed, 1 removed, 2 unchanged
  added    new
  removed  backup"
	{
		sed 's/every = "1h"/every = "2h"/' "$CONF"
		seq -f 'job "x%03.0f" { cron = "30 2 1 1 *" command = "true" }' 102
	} | conf
	ctl_out reload
	equal lines "$(grep -c '^  added    x[01]' <<<"$output")" 100
	equal "the rest" "$(tail -n 2 <<<"$output")" "  added    and 2 more
  changed  new"
	ctl_out reload --json
	equal JSON "$(json '(j["added"], j["unchanged"], j["jobs"]["changed"])')" "(0, 105, [])"
	{
		cat "$CONF"
		echo 'job "odd" { every = "1h" timeout = "1d" command = "true" }'
	} | conf
	ctl_err reload
	equal warnings "$(wc -l <<<"$output")" 1
	{
		grep -v odd "$CONF"
		echo 'nonsense = 1'
		seq -f 'job "y%g" { every = "0" command = "true" }' 100
	} | conf
	ends 1 reload
	says 'everyctl: the configuration is wrong, and that of before stays in force:'
	equal "how many errors" "$(grep -c "^$CONF:[0-9]*: " <<<"$output")" 101
	equal "the last line" "$(tail -n 1 <<<"$output")" "$CONF: 101 errors"
	ctl_out reload --json
	equal JSON "$(json 'j["error"]["code"]')" bad-configuration
	stop
}

@test "stop has everyd end" {
	sample
	start
	ends 0 stop
	says "everyd stops"
	ended 0
	ends 3 stop
}

@test "check-health is a plugin of Nagios" {
	sample
	start
	ends 0 check-health
	[[ $output =~ ^EVERYD\ OK\ -\ 3\ jobs,\ 0\ of\ [0-9]+\ workers\ busy\ \|\ jobs=3\ failing=0\ overdue=0\ busy=0\; ]]
	ends 0 check-health fine
	ends 3 check-health nosuch
	[[ $output == "EVERYD UNKNOWN - there is no job "* ]]
	ends 3 check-health fine backup
	ends 3 run --wait backup
	ends 2 check-health
	[[ $output == "EVERYD CRITICAL - 1 job failing: backup | "* ]]
	ends 2 check-health backup
	[[ $output == "EVERYD CRITICAL - backup: failed, 1 failure in a row | failures=1 "* ]]
	ends 0 pause fine -r 'a|b'
	ends 1 check-health fine
	[[ $output == "EVERYD WARNING - fine: paused: a/b | "* ]]
	ctl_out --json check-health backup
	equal JSON "$(json 'j["health"]')" CRITICAL
	stop
	ends 2 check-health
	[[ $output == "EVERYD CRITICAL - everyd is not running"* ]]
}

@test "the manual's examples work as they stand" {
	mkdir "$T/bin"
	ln -s "$EVERYCTL" "$T/bin/everyctl"
	printf '#!/bin/sh\ntouch "%s/off"\n' "$T" >"$T/bin/poweroff"
	chmod +x "$T/bin/poweroff"
	conf <<-'END'
		job "backup" { cron = "30 2 * * *" command = "echo saved" }
		job "report" { cron = "30 7 * * mon-fri" timezone = "Europe/Berlin" command = "true" }
	END
	start
	export CONFIGURATION_DIRECTORY=$T
	awk '/^\.Sh / { in_it = $2 == "EXAMPLES" } in_it && sub(/^\.Dl /, "")' \
		"$TOP/man/everyctl.1" >"$T/examples"
	[ "$(wc -l <"$T/examples")" -ge 10 ]
	while read -r example; do
		case $example in
		*'| jq '*) command -v jq >/dev/null || continue ;;
		esac
		run env PATH="$T/bin:$PATH" bash -o pipefail -c "$example" </dev/null
		equal "exit status of $example, which says: $output" "$status" 0
		[ -n "$output" ] || [[ $example == *--state* ]] || { echo "nothing of $example"; return 1; }
	done <"$T/examples"
	[ -e "$T/off" ]
	stop
}

# --- form -----------------------------------------------------------------------------------------

@test "mistakes on the command line end with status 2 and a hint" {
	while read -r args; do
		eval "ends 2 $args"
		says "Try 'everyctl "
	done <<-'END'
		status surplus
		reload surplus
		stop surplus
		show
		show a b
		why
		why a b c
		run a b
		pause
		pause a --all
		pause a -g db
		pause -a -g db
		pause a --for 2h --until tomorrow
		pause a --for nonsense
		pause a --for 0
		resume
		resume a --all
		history a b
		logs a b
		logs a --run 1
		logs -f -n 3
		logs --run 1 -n 2
		events a b
		show ''
		run ''
		run --wait ''
		kill a ''
		kill --run ''
		pause a ''
		pause -g ''
		resume ''
		history ''
		logs ''
		logs --run ''
		events ''
		list ''
		why ''
		why a ''
	END
	sample
	start
	ends 2 why fine nonsense
	says "is no time"
	ends 2 history --from nonsense
	ends 2 history -n 0
	ends 2 pause fine --until yesterday
	says "is past"
	stop
}

@test "names of jobs are names, whatever is in them" {
	start_odd() {
		conf <<-'END'
			job "a.b-c_d" { cron = "30 2 1 1 *" command = "echo odd" }
		END
		start
	}
	start_odd
	ends 0 run --wait a.b-c_d
	equal output "$output" odd
	for name in '..' '.' 'a/b' 'a?b#c' '%41' ' ' $'a\nb' '*' 'ü'; do
		ends 1 show "$name"
		ends 1 pause "$name"
		ends 125 run --wait "$name"
	done
	stop
}

@test "tables fit the terminal, with colours only there" {
	sample
	start
	ends 3 run --wait backup
	[[ $(TERM=xterm "$EVERYCTL" list) != *$'\033'* ]]
	on_terminal() {
		env "$@" COLUMNS= TERM=xterm python3 - "$EVERYCTL" list <<-'END'
			import fcntl, os, pty, struct, sys, termios
			pid, fd = pty.fork()
			if pid == 0:
			    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
			    os.execv(sys.argv[1], sys.argv[1:])
			out = b""
			try:
			    while chunk := os.read(fd, 4096):
			        out += chunk
			except OSError:
			    pass
			os.waitpid(pid, 0)
			sys.stdout.write(out.decode().replace("\r\n", "\n"))
		END
	}
	on_terminal NO_COLOR=1 >"$T/plain"
	on_terminal -u NO_COLOR >"$T/colored"
	grep -q 'failed' "$T/plain"
	! grep -q $'\033' "$T/plain"
	equal "too long" "$(awk 'length > 80' "$T/plain")" ""
	grep -q $'\033\[31mfailed\033\[0m' "$T/colored"
	[[ $("$EVERYCTL" --color=always list) == *$'\033[31mfailed'* ]]
	stop
}

@test "each command writes JSON" {
	sample
	start
	ends 0 run --wait fine
	while read -r args; do
		case $args in
		stop | events | "logs -f"*) continue ;;
		esac
		ctl_out --json $args
		equal "JSON of $args" "$(json 'type(j).__name__')" dict
	done < <(all_commands)
	stop
}

@test "what cannot be written is told, also by commands that ask" {
	sample
	start
	for args in status list "show fine" reload "pause fine" "status --json" "check-health"; do
		status=0
		"$EVERYCTL" $args >/dev/full 2>"$T/err" || status=$?
		[ "$status" != 0 ]
		grep -q 'everyctl: cannot write the output' "$T/err"
	done
	stop
}

# --- when it cannot be ----------------------------------------------------------------------------

@test "without a daemon it is said that it does not run" {
	while read -r args; do
		case $args in
		check-health*) wanted=2 ;;
		"run --wait"*) wanted=125 ;;
		*) wanted=3 ;;
		esac
		ends $wanted $args
		says "everyd is not running: nothing listens at $T/runtime/control.sock"
	done < <(all_commands)
	ctl_out --json status
	equal JSON "$(json 'j["error"]["code"]')" unreachable
	# A socket that a daemon has left.
	sample
	start
	kill -KILL $PID
	wait $PID || true
	[ -S "$T/runtime/control.sock" ]
	ends 3 status
	says "everyd is not running"
	ends 1 --socket "$(printf '%0200d' 0)" status
	says "too long"
}

@test "how to start it depends on whose it is" {
	unset RUNTIME_DIRECTORY
	[ ! -e /run/everyd/control.sock ] || skip "there is an everyd on this machine"
	XDG_RUNTIME_DIR=$T/xdg ends 3 status
	says "systemctl start everyd"
	need_root
	cp "$EVERYCTL" "$T/everyctl"
	mkdir -p "$T/xdg/everyd"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' \
		"$T/xdg/everyd/control.sock"
	chmod 0777 "$T/xdg/everyd/control.sock"
	run env XDG_RUNTIME_DIR="$T/xdg" setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$T/everyctl" status
	says "systemctl --user start everyd"
}

# pretend MANNER: somebody else listens there; goodbye: he goes.
pretend() {
	coproc PRETENDER { exec python3 "$BATS_TEST_DIRNAME/pretender.py" "$T/runtime/control.sock" "$1"; }
	read -r <&"${PRETENDER[0]}"
	HELPER_PIDS="$HELPER_PIDS $PRETENDER_PID"
}

goodbye() {
	kill "$PRETENDER_PID"
	wait "$PRETENDER_PID" 2>/dev/null || true
}

@test "what does not speak as everyd does is told from it" {
	for manner in babbles no-json half-json array html-error odd-error redirects; do
		pretend $manner
		while read -r args; do
			case $args in
			check-health*) wanted=3 ;;
			"run --wait"*) wanted=125 ;;
			# It listens for longer, and its text may be anything.
			events | "logs -f"*) continue ;;
			*) wanted=3 ;;
			esac
			ends $wanted $args
			says "does not speak as everyd does"
		done < <(all_commands)
		goodbye
	done
	for manner in closes truncates; do
		pretend $manner
		ends 3 status
		says "closed the connection"
		goodbye
	done
}

@test "nonsense in answers is as if it was not there" {
	for manner in empty wrong-types same-page; do
		pretend $manner
		while read -r args; do
			case $args in
			events | "logs -f"* | "run --wait"*) continue ;;
			esac
			ctl $args
			[ "$status" -le 5 ] || { echo "$manner: $args: $status: $output"; return 1; }
			[[ $output != *AddressSanitizer* ]]
		done < <(all_commands)
		goodbye
	done
	pretend steers
	for args in status list history "why fine" check-health; do
		ctl $args
		[[ $output != *$'\033'* && $output != *$'\a'* ]] || { echo "$args: $output"; return 1; }
	done
	goodbye
	for manner in bad-event long-event; do
		pretend $manner
		ends 3 events
		says "does not speak as everyd does"
		ends 125 run --wait fine
		goodbye
	done
	pretend lagged
	ends 1 events
	says "too slow"
	goodbye
}

@test "who does not answer is not waited for without end" {
	pretend silent
	"$EVERYCTL" status 2>"$T/err" 3>&- &
	waiter=$!
	ends 2 check-health
	says 'CRITICAL - everyd does not answer'
	# Plugins are given less time than people have.
	kill -0 $waiter
	status=0
	wait $waiter || status=$?
	equal "exit status" "$status" 3
	grep -q 'does not answer' "$T/err"
	goodbye
}

# --- who may --------------------------------------------------------------------------------------

# "${WORLD[@]}" COMMAND...: where there are the groups of $T/group.

# as GROUPS ARGUMENT...: everyctl as nobody, in these groups.
as() {
	local groups=$1
	shift
	run "${WORLD[@]}" env TZ=UTC setpriv --reuid=65534 --regid=65534 "$groups" "$T/everyctl" "$@" </dev/null
}

make_world() {
	need_root
	unshare --mount true 2>/dev/null || skip "needs a mount namespace"
	cp "$EVERYCTL" "$T/everyctl"
	grep -v '^everyd:' /etc/group >"$T/group" || true
	cp "$T/group" "$T/group.without"
	echo 'everyd:x:65111:' >>"$T/group"
	WORLD=(unshare --mount --propagation private bash -c
		'mount --bind "$1/group" /etc/group && shift && exec "$@"' world "$T")
}

@test "root may all, members of the group look, others nothing" {
	make_world
	sample
	launch "${WORLD[@]}" "$EVERYD" -c "$CONF"
	await_loaded
	while read -r args; do
		case $args in
		stop | events | "logs -f"* | logs* | why*) continue ;;
		esac
		# A member of the group.
		as --groups=65111 $args
		case $args in
		run*--wait* | run*) [ "$status" = 4 ] || [ "$status" = 125 ] ;;
		kill* | pause* | resume* | reload*) equal "status of $args: $output" "$status" 4 ;;
		*) equal "status of $args: $output" "$status" 0 ;;
		esac
		[ "$status" = 0 ] || {
			says "permission denied: "
			says "sudo everyctl"
		}
		# Somebody.
		as --clear-groups $args
		case $args in
		check-health*) equal "status of $args" "$status" 3 ;;
		"run --wait"*) equal "status of $args" "$status" 125 ;;
		*) equal "status of $args" "$status" 4 ;;
		esac
		says "permission denied: "
	done < <(all_commands)
	as --groups=65111 stop
	equal "status of stop" "$status" 4
	as --groups=65111 logs fine
	equal "status of logs" "$status" 0
	as --clear-groups status
	says "you are not in group everyd"
	says "usermod -aG everyd nobody"
	as --clear-groups --json status
	[[ $output == *'"code": "denied"'* ]]
	# In the group, by what the file says, but not when he logged in.
	sed -i 's/^everyd:.*/&nobody/' "$T/group"
	as --clear-groups status
	says "from your next login on"
	never 'fine: paused'
	run "${WORLD[@]}" "$EVERYCTL" pause fine
	equal "root's status" "$status" 0
	stop
}

@test "without the group it is said how to make it" {
	make_world
	cp "$T/group.without" "$T/group"
	sample
	launch "${WORLD[@]}" "$EVERYD" -c "$CONF"
	await_loaded
	as --clear-groups status
	equal status "$status" 4
	says "there is no group everyd"
	says "groupadd --system everyd"
	as --clear-groups check-health
	equal status "$status" 3
	equal "lines" "$(wc -l <<<"$output")" 1
	says "As root: groupadd --system everyd"
	# It was made, and nobody has told everyd.
	echo 'everyd:x:65111:' >>"$T/group"
	as --groups=65111 status
	equal status "$status" 4
	says 'there was no group "everyd"; if there is one by now, reload'
	stop
}

@test "a socket that may not be opened is told" {
	make_world
	sample
	start
	chmod 0700 "$T/runtime/control.sock"
	as --clear-groups status
	equal status "$status" 4
	says "permission denied: $T/runtime/control.sock cannot be opened"
	stop
}
