# everyctl: the command line, check, names, next, explain; and that manual and completions tell of
# every command and option there is.
load lib.bash

EVERYCTL=$BUILD/everyctl

# ctl [ARGUMENT...]: everyctl on the test's configuration; standard output and error in $output.
ctl() {
	run env TZ=Europe/Berlin "$EVERYCTL" -c "$CONF" "$@" </dev/null
}

# ctl_out, ctl_err: only the one or the other.
ctl_out() {
	run env TZ=Europe/Berlin "$EVERYCTL" -c "$CONF" "$@" </dev/null 2>/dev/null
}

ctl_err() {
	run env TZ=Europe/Berlin "$EVERYCTL" -c "$CONF" "$@" </dev/null 2>&1 >/dev/null
}

# json EXPRESSION: of the JSON in $output, as Python's "j".
json() {
	python3 -c 'import json, sys; j = json.load(sys.stdin); print('"$1"')' <<<"$output"
}

sample() {
	conf <<-'END'
		defaults { timezone = "Europe/Berlin" }
		job "backup" { cron = "30 2 * * *" command = "true" }
		job "tick" { every = "15m" command = "true" }
		job "again" { after = "10m" command = "true" }
		job "first" { on = "start" command = "true" }
		job "far" { cron = "0 9 * * *" timezone = "America/New_York" command = "true" }
	END
}

commands() {
	"$EVERYCTL" help | sed -nE '/^Commands:/,/^$/s/^  ([a-z-]+) .*/\1/p'
}

# lettered COMMAND: its options as "n count", or " run" without a letter.
lettered() {
	"$EVERYCTL" help "$1" | sed '/^Options of all commands:/,$d' |
		sed -nE 's/^  (-(.),|   ) --([a-z-]+).*/\2 \3/p'
}

# options [COMMAND]: long names of a command's own options; without one, those of all commands.
options() {
	if [ $# = 0 ]; then
		"$EVERYCTL" help
	else
		"$EVERYCTL" help "$1" | sed '/^Options of all commands:/,$d'
	fi | sed -nE 's/^  (-.,|   ) --([a-z-]+).*/\2/p'
}

# --- the command line -------------------------------------------------------------------------

@test "help goes to standard output, and fits 80 columns as far as it can" {
	"$EVERYCTL" --help >"$T/out" 2>"$T/err"
	equal "standard error" "$(cat "$T/err")" ""
	grep -q '^Usage: everyctl ' "$T/out"
	equal "that of the command help" "$("$EVERYCTL" help)" "$(cat "$T/out")"
	[ "$(awk 'length > 100' "$T/out")" = "" ]
	for command in $(commands); do
		grep -q "^Usage: everyctl $command" <("$EVERYCTL" help "$command")
		equal "$command --help" "$("$EVERYCTL" "$command" --help)" \
			"$("$EVERYCTL" help "$command")"
	done
}

@test "--version is one line" {
	ctl --version
	[[ $output =~ ^everyctl\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "a bad command line ends with status 2 and a hint" {
	while read -r args; do
		eval "ctl $args"
		equal "status of $args" "$status" 2
		[[ $output == *"Try 'everyctl "* || $output == *"did you mean"* ]]
	done <<-'END'
		''
		nosuch
		--nosuch check
		check --nosuch
		check surplus
		check --dump --json
		next --count
		next --cron '* * * * *' tick
		explain
		help check next
		--color=blue check
	END
	run "$EVERYCTL" </dev/null
	equal "status of nothing" "$status" 2
}

@test "what was misspelt is guessed" {
	sample
	ctl chekc
	[[ $output == *"did you mean 'check'"* ]]
	ctl next --cuont 3
	[[ $output == *"did you mean '--count'"* ]]
	ctl --jsno check
	[[ $output == *"did you mean '--json'"* ]]
	ctl next bakcup
	[ "$status" = 1 ]
	[[ $output == *"there is no job 'bakcup'; did you mean 'backup'?"* ]]
	ctl next --zone Europe/Berln
	[[ $output == *'did you mean "Europe/Berlin"?'* ]]
}

@test "options of all commands stand before the command or behind it" {
	sample
	run "$EVERYCTL" check -c "$CONF"
	equal "behind" "$output" "$CONF: ok, 5 jobs"
	run "$EVERYCTL" "--config=$CONF" check
	equal "before" "$output" "$CONF: ok, 5 jobs"
}

@test "what cannot be written is told" {
	sample
	for args in "help" "check" "check --dump" "names" "next" "next --json" "explain 15m" \
		"next --cron @hourly --count 100000"; do
		status=0
		"$EVERYCTL" -c "$CONF" $args >/dev/full 2>"$T/err" || status=$?
		equal "status of $args" "$status" 1
		grep -q 'everyctl: cannot write the output' "$T/err"
	done
}

@test "who reads no further ends it quietly" {
	(trap '' PIPE; "$EVERYCTL" next --cron @hourly --count 1000000 2>"$T/err" | head -1 >"$T/out"
		echo "${PIPESTATUS[0]}" >"$T/status")
	equal "standard error" "$(cat "$T/err")" ""
	equal "status" "$(cat "$T/status")" 141
	[ -s "$T/out" ]
}

@test "nothing of what is complained about steers a terminal" {
	conf <<-'END'
		job "a" { cron = "\x1b[31m * * * *" command = "true" }
	END
	for args in "explain X****" "next X" "X" "explain --from X @daily" "simulate --fail X=1%" "import X" check; do
		run "$EVERYCTL" -c "$CONF" ${args//X/$'\e[31m'} 2>&1
		[ "$status" != 0 ]
		[[ $output == *'\x1b'* && $output != *$'\e'* ]]
	done
}

@test "closed descriptors harm nobody" {
	sample
	"$EVERYCTL" -c "$CONF" check <&- >&- 2>&-
	run bash -c "'$EVERYCTL' -c '$CONF' check 2>&-"
	equal output "$output" "$CONF: ok, 5 jobs"
}

@test "colours and widths are those of terminals" {
	sample
	python3 - "$EVERYCTL" "$CONF" >"$T/out" <<-'END'
		import os, pty, sys
		def on_terminal(*args, **env):
		    pid, fd = pty.fork()
		    if pid == 0:
		        base = {"TERM": "xterm", "COLUMNS": "60", "TZ": "UTC"}
		        base.update(env)
		        os.execve(sys.argv[1], [sys.argv[1], "-c", sys.argv[2], *args], base)
		    out = b""
		    while True:
		        try:
		            piece = os.read(fd, 65536)
		        except OSError:
		            break
		        if not piece:
		            break
		        out += piece
		    os.waitpid(pid, 0)
		    return out.decode()
		job = "--cron", "30 2 * * *", "--zone", "Europe/Berlin", "--from", "2027-03-28"
		def widest(text):
		    return max(map(len, text.splitlines()))
		plain = on_terminal("next", *job, "--color", "never")
		print("colour:", "\033[33m" in on_terminal("next", *job))
		print("NO_COLOR:", "\033" in on_terminal("next", *job, NO_COLOR="1"))
		print("dumb:", "\033" in on_terminal("next", *job, TERM="dumb"))
		print("never:", "\033" in plain)
		print("wide:", widest(plain) <= 60)
		print("wider:", widest(on_terminal("next", *job, "--color=never", COLUMNS="200")) > 60)
		print("cut:", "..." in plain)
	END
	equal "on a terminal" "$(cat "$T/out")" "colour: True
NO_COLOR: False
dumb: False
never: False
wide: True
wider: True
cut: True"
	ctl next
	[[ $output != *$'\033'* ]]
	ctl next --color=always
	[[ $output == *$'\033'* ]]
}

# --- check and names --------------------------------------------------------------------------

@test "check: what everyd -t says, and its status" {
	sample
	ctl check
	equal "of a good one" "$output" "$(TZ=Europe/Berlin "$EVERYD" -t -c "$CONF" 2>&1)"
	[ "$status" = 0 ]
	conf <<-'END'
		workers = 0
		job "a" { evry = "1h" command = "echo ${HOME}" }
	END
	ctl check
	[ "$status" = 1 ]
	run_everyd=$("$EVERYD" -t -c "$CONF" 2>&1 </dev/null || true)
	equal "of a bad one" "$output" "$run_everyd"
}

@test "check --json: each problem with its place" {
	sample
	ctl_out check --json
	[ "$status" = 0 ]
	equal "of a good one" "$(json '(j["ok"], j["jobs"], j["errors"], j["problems"])')" \
		"(True, 5, 0, [])"
	conf <<-'END'
		job "a" {
		    every = "10s"
		    timeout = "1m"
		    command = "true"
		    nice = 70
		}
	END
	ctl_out check --json
	[ "$status" = 1 ]
	equal "of a bad one" "$(json '(j["ok"], j["jobs"], j["errors"])')" "(False, None, 1)"
	equal "its places" \
		"$(json '[(p["severity"], p["line"]) for p in j["problems"]]')" "[('warning', 3), ('error', 5)]"
}

@test "check --dump: a configuration that means the same" {
	sample
	ctl_out check --dump
	[ "$status" = 0 ]
	echo "$output" >"$T/dumped.conf"
	chmod 644 "$T/dumped.conf"
	run env TZ=Europe/Berlin "$EVERYCTL" -c "$T/dumped.conf" check --dump
	equal "once more" "$(grep -v '^#' <<<"$output")" "$(grep -v '^#' "$T/dumped.conf")"
	ctl_out check --dump tick
	equal "sections" "$(grep -c '^job ' <<<"$output")" 1
	ctl_out check --dump tick far tick
	equal "a job that is named again" "$(grep '^job ' <<<"$output" | tr -d '\n')" 'job "tick" {job "far" {'
	ctl check --dump tick nosuch
	[ "$status" = 1 ]
	[[ $output == *"there is no job 'nosuch'"* ]]
}

@test "names: one in each line" {
	sample
	ctl names
	equal output "$output" "again
backup
far
first
tick"
	ctl names --json
	equal JSON "$(json '" ".join(j)')" "again backup far first tick"
	ctl names surplus
	[ "$status" = 2 ]
}

# --- next -------------------------------------------------------------------------------------

# Without the column that depends on the clock.
steady() {
	sed -E 's/ +(in [0-9.a-z]+|[0-9.a-z]+ ago) +/ | /; s/  +/ | /g' <<<"$output"
}

@test "next: all jobs in the order of time, the rest in words" {
	sample
	ctl next --from 2027-01-10T02:10 --count 4 --no-header
	equal output "$(steady)" "2027-01-10 02:15:00 CET | tick
2027-01-10 02:30:00 CET | backup
2027-01-10 02:30:00 CET | tick
2027-01-10 02:45:00 CET | tick
- | again | 10m after the end of the run before
- | first | when everyd starts"
}

@test "next: the time asked for counts, each job as often as asked" {
	sample
	ctl next backup tick --from "2027-01-10 02:30" --count 2 --no-header
	equal output "$(steady)" "2027-01-10 02:30:00 CET | backup
2027-01-10 02:30:00 CET | tick
2027-01-10 02:45:00 CET | tick
2027-01-11 02:30:00 CET | backup"
}

@test "next: a job that is named again is shown once" {
	sample
	ctl_out next --no-header tick tick -n 2
	equal "lines" "${#lines[@]}" 2
}

@test "next: clocks go forward" {
	sample
	ctl next backup tick --from "2027-03-28 01:40" --count 3 --no-header
	equal output "$(steady)" "2027-03-28 01:45:00 CET | tick
2027-03-28 03:00:00 CEST | Europe/Berlin: clocks go forward from 02:00 to 03:00
2027-03-28 03:00:00 CEST | backup | stands for 02:30, which clocks skip
2027-03-28 03:00:00 CEST | tick
2027-03-28 03:15:00 CEST | tick
2027-03-29 02:30:00 CEST | backup
2027-03-30 02:30:00 CEST | backup"
}

@test "next: clocks go back" {
	sample
	ctl next backup --from 2027-10-30 --count 3 --no-header
	equal output "$(steady)" "2027-10-30 02:30:00 CEST | backup
2027-10-31 02:30:00 CEST | backup | 02:30 comes twice: the first time
2027-10-31 02:00:00 CET | Europe/Berlin: clocks go back from 03:00 to 02:00
2027-11-01 02:30:00 CET | backup"
}

@test "next: a job of another zone has its time there beside it" {
	sample
	ctl next far --from 2027-03-13 --count 2 --no-header
	equal output "$(steady)" "2027-03-13 15:00:00 CET | far | in America/New_York 2027-03-13 09:00:00 EST
2027-03-14 08:00:00 CET | America/New_York: clocks go forward from 02:00 to 03:00
2027-03-14 14:00:00 CET | far | in America/New_York 2027-03-14 09:00:00 EDT"
	ctl next far --from 2027-03-15 --count 1 --no-header --zone America/New_York
	equal "in its zone" "$(steady)" "2027-03-15 09:00:00 EDT | far"
}

@test "next: splay is part of it" {
	conf <<-'END'
		job "late" { every = "1h" splay = "30m" command = "true" }
	END
	ctl_out next late --count 1 --json --from 2027-01-01
	equal JSON "$(json '(j["slots"][0]["slot"], 0 <= j["slots"][0]["splay"] < 1800)')" \
		"('2027-01-01T00:00:00+01:00', True)"
}

@test "next --json has all of it" {
	sample
	ctl_out next --json --from 2027-03-28T02:00 --count 2
	equal slots "$(json '[(s["job"], s["due"], s["zone"], s["dst"]) for s in j["slots"]]')" \
		"[('backup', '2027-03-28T03:00:00+02:00', 'Europe/Berlin', 'shifted'), ('tick', '2027-03-28T03:00:00+02:00', None, None)]"
	equal rest "$(json '[o["job"] for o in j["without_times"]]')" "['again', 'first']"
	equal keys "$(json 'sorted(j)')" "['clock_changes', 'from', 'slots', 'without_times', 'zone']"
}

@test "next --cron: no configuration is needed" {
	run env -i TZ=UTC "$EVERYCTL" next --cron '0 0 29 2 *' --cron '@yearly' --from 2027-06-01 \
		--count 2 --no-header
	equal output "$(steady)" "2028-01-01 00:00:00 UTC | @yearly
2028-02-29 00:00:00 UTC | 0 0 29 2 *
2029-01-01 00:00:00 UTC | @yearly
2032-02-29 00:00:00 UTC | 0 0 29 2 *"
	ctl next --cron '*/5 25 * * *'
	[ "$status" = 1 ]
	[[ $output == *$'\n  */5 25 * * *\n      ^^'* ]]
}

@test "next: times that are none" {
	sample
	for time in soon 2026-02-30 25:00 "@x" "-99999999d"; do
		ctl next --from "$time"
		equal "status of $time" "$status" 2
		[[ $output == *"--from: '$time' is "* ]]
	done
	for count in 0 -1 x 99999999999999999999; do
		ctl next --count "$count"
		equal "status of $count" "$status" 2
	done
}

@test "next: an empty or bad configuration" {
	conf </dev/null
	ctl next
	[ "$status" = 0 ]
	echo 'workers = 0' | conf
	ctl next
	[ "$status" = 1 ]
	[[ $output == *"$CONF:1: workers: "* ]]
}

# --- explain ----------------------------------------------------------------------------------

@test "explain: an expression" {
	ctl explain '30 2 * * MON-fri' --from 2027-03-27
	[ "$status" = 0 ]
	grep -qx 'schedule   30 2 \* \* MON-fri' <<<"$output"
	grep -qx 'same as    30 2 \* \* 1-5' <<<"$output"
	grep -qE '^meaning    at 02:30 .*Monday.*, Europe/Berlin$' <<<"$output"
	grep -qE '^next       2027-03-29 02:30:00 CEST  ' <<<"$output"
	# The clocks are set on Sundays: not on its days.
	! grep -q '^clocks' <<<"$output"
	equal slots "$(grep -cE ' 02:30:00 CES?T ' <<<"$output")" 5
}

@test "explain: what the next change of the clocks does" {
	ctl explain '30 2 * * *' --from 2027-03-01
	grep -q '^clocks     2027-03-28 03:00:00 CEST .*02:30.*is due at 03:00' <<<"$output"
	ctl explain '30 2 * * *' --from 2027-04-01
	grep -q '^clocks     2027-10-31 02:00:00 CET .*02:30.*is due the first time' <<<"$output"
	ctl explain '30 2 * * *' --zone Asia/Tokyo
	! grep -q '^clocks' <<<"$output"
}

@test "explain: what it does not mean" {
	ctl explain '*/59 * * * *'
	grep -q '^beware     "\*/59"' <<<"$output"
	ctl explain '0 0 13 * fri'
	grep -q '^beware ' <<<"$output"
	ctl explain '~ 3 * * *'
	grep -q '^beware .*--job' <<<"$output"
	one=$(TZ=UTC "$EVERYCTL" explain '~ ~ * * *' --job one | grep '^same')
	[ "$one" != "$(TZ=UTC "$EVERYCTL" explain '~ ~ * * *' --job two | grep '^same')" ]
}

@test "explain: an interval" {
	ctl explain 15m --from 2027-01-01
	grep -qx 'meaning    every 15m' <<<"$output"
	grep -qE '^next       2027-01-01 00:00:00 CET' <<<"$output"
	ctl explain every 59m
	grep -q '^beware .*does not divide a day' <<<"$output"
	ctl explain 1d
	grep -q '^beware .*00:00 UTC' <<<"$output"
}

@test "explain: what is wrong, and where" {
	while IFS='|' read -r expr where; do
		ctl explain "$expr"
		equal "status of $expr" "$status" 1
		equal "where in $expr" "$(tail -1 <<<"$output")" "$where"
	done <<-'END'
		* 24 * * *|    ^^
		0 0 * foo *|        ^^^
		0 0 * * 1-9|            ^
		99 * * * *|  ^^
	END
	ctl explain $'0 0 * ä\u00fc *'
	equal "where among other characters" "$(tail -1 <<<"$output")" "        ^^"
	for expr in '0 0 31 2 *' '* * * *' '@never' 'every so often' 10ms; do
		ctl explain "$expr"
		equal "status of $expr" "$status" 1
		[[ $output == "everyctl: \"$expr\""* ]]
	done
}

@test "explain: words that the shell took apart" {
	ctl explain 0 7 1 1 mon
	[ "$status" = 0 ]
	grep -qx 'schedule   0 7 1 1 mon' <<<"$output"
	ctl explain 0 7 file file mon
	[ "$status" = 1 ]
	[[ $output == *"Put it into quotes"* ]]
	ctl explain '0 7 file file mon'
	[[ $output != *"Put it into quotes"* ]]
}

@test "explain --json" {
	ctl_out explain --json '30 2 * * *' --from 2027-03-01
	equal JSON "$(json '(j["kind"], j["canonical"], j["zone"], j["next"][0], j["clock_change"]["time"])')" \
		"('cron', '30 2 * * *', 'Europe/Berlin', '2027-03-01T02:30:00+01:00', '2027-03-28T03:00:00+02:00')"
	ctl_out explain --json 15m
	equal JSON "$(json '(j["kind"], j["canonical"], j["clock_change"])')" "('every', 'every 15m', None)"
}

# --- manual and completions -------------------------------------------------------------------

@test "the manual has each command and each option" {
	page=$TOP/man/everyctl.1
	for option in $(options); do
		sed '/^\.Sh COMMANDS/,$d' "$page" | grep -qE "^\.It .*Fl Fl $option( |$)" ||
			{ echo "--$option"; return 1; }
	done
	for command in $(commands); do
		awk -v name="$command" '/^\.S[sh] / { in_it = ($1 == ".Ss" && $2 == name) } in_it' \
			"$page" >"$T/section"
		[ -s "$T/section" ] || { echo "no section on $command"; return 1; }
		# Those alone, each with its letter.
		equal "options of $command" "$(grep -E '^\.It .*Fl Fl' "$T/section" |
			sed -nE 's/^\.It (Fl (.) ([A-Z][^,]*)?, )?Fl Fl ([a-z-]+).*/\2 \4/p' | sort)" \
			"$(lettered "$command" | sort)"
	done
	# And none that is not there.
	equal "sections" "$(awk '/^\.Sh / { in_it = $2 == "COMMANDS" }
		in_it && /^\.Ss [a-z]/ { print $2 }' "$page" | sort)" "$(commands | sort)"
}

# complete WORD...: what bash offers for the last word.
complete_bash() {
	PATH=$BUILD:$PATH bash -c '. "$1/conf/completion/everyctl.bash"; shift
		COMP_WORDS=(everyctl "$@") COMP_CWORD=$#; _everyctl
		printf "%s\n" "${COMPREPLY[@]}"' - "$TOP" "$@" | sort
}

@test "bash completes each command and each option" {
	equal commands "$(complete_bash '')" "$(commands | sort)"
	equal "options of all" "$(complete_bash --)" "$(options | sed 's/^/--/' | sort)"
	for command in $(commands); do
		equal "options of $command" "$(complete_bash "$command" --)" \
			"$({ options; options "$command"; } | sed 's/^/--/' | sort)"
	done
}

@test "bash completes jobs, zones and words" {
	sample
	equal jobs "$(complete_bash -c "$CONF" next f)" "far
first"
	equal "behind another" "$(complete_bash --config = "$CONF" check --dump far ba)" backup
	equal zones "$(complete_bash next --zone Europe/Berl)" Europe/Berlin
	equal "zones behind =" "$(complete_bash next --zone = Europe/Berl)" Europe/Berlin
	equal colours "$(complete_bash --color ne)" never
	equal topics "$(complete_bash help imp)" import
	equal "what is measured" "$(complete_bash simulate --measure '')" "busy
starts"
	equal "a signal" "$(complete_bash kill -s '')" "kill
term"
	equal "an order" "$(complete_bash list -s n)" "name
next"
	# Whatever has an argument of its own.
	while read -r words; do
		equal "no job behind $words" "$(complete_bash -c "$CONF" $words '')" ""
	done <<-'END'
		next --from
		history -n
		list -g
		pause -g
		pause --for
		pause --until
		pause -r
		pause --reason
		resume --group
		run -e
		kill --run
		logs --run
	END
	equal "behind another's" "$(complete_bash -c "$CONF" pause --for 2h ba)" backup
	equal "behind a switch" "$(complete_bash -c "$CONF" exec -d ba)" backup
	equal "no configuration" "$(complete_bash -c /nowhere next '')" ""
	equal "at home" "$(HOME=$T complete_bash -c "~/${CONF##*/}" next fi)" first
}

@test "bash completes names with a colon, from there on" {
	conf <<-'END'
		job "cron.daily:apt" { every = "1h" command = "true" }
		job "cron.daily:man" { every = "1h" command = "true" }
	END
	equal "in it" "$(complete_bash -c "$CONF" exec cron.daily : a)" apt
	equal "at it" "$(complete_bash -c "$CONF" exec cron.daily :)" "apt
man"
	equal "before it" "$(complete_bash -c "$CONF" exec cr)" "cron.daily:apt
cron.daily:man"
	equal "of an option" "$(complete_bash -c "$CONF" explain --job = cron.daily : m)" man
	equal "of another one" "$(complete_bash -c "$CONF" explain --job cron.daily : m)" man
}

@test "zsh completes jobs of the configuration that is named, and words" {
	type zsh >/dev/null || skip "there is no zsh"
	sample
	mkdir "$T/home"
	python3 - "$TOP" "$CONF" "$BUILD" "$T/home" >"$T/out" <<-'END'
		import os, pty, select, sys
		top, conf, build, home = sys.argv[1:]
		lines = [f"everyctl -c {conf} next fa", f"everyctl --config={conf} exec --diff ba",
		         f"everyctl next -c {conf} ti", "everyctl simulate --measure bu",
		         f"everyctl -c {conf} simulate --durations le", "everyctl exp",
		         "everyctl next --zone Europe/Berl"]
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvpe("zsh", ["zsh", "-f"], {"PATH": f"{build}:{os.environ['PATH']}", "HOME": home,
		               "TERM": "dumb", "PS1": "", "COLUMNS": "300", "ZDOTDIR": home})
		def say(text):
		    os.write(fd, text.encode())
		def until(mark):
		    got = b""
		    while mark not in got:
		        if not select.select([fd], [], [], 30)[0]:
		            sys.exit(f"no {mark!r} in {got!r}")
		        got += os.read(fd, 65536)
		    return got
		# Each line is completed, and shown in place of being run.
		say(f"fpath=({top}/conf/completion $fpath); autoload -U compinit; compinit -u -D;"
		    "bindkey '^I' complete-word; show() { print -r -- '<<'$BUFFER'>>'; BUFFER= };"
		    "zle -N show; bindkey '^X' show; print rea''dy\r")
		until(b"ready")
		for line in lines:
		    say(line + "\t\x18")
		    got = until(b">>").decode()
		    print(got[got.rindex("<<") + 2:got.rindex(">>")].rstrip())
		say("exit\r")
	END
	equal "what comes of it" "$(cat "$T/out")" "everyctl -c $CONF next far
everyctl --config=$CONF exec --diff backup
everyctl next -c $CONF tick
everyctl simulate --measure busy
everyctl -c $CONF simulate --durations ledger
everyctl explain
everyctl next --zone Europe/Berlin"
}

@test "zsh's completion has each command and each option" {
	file=$TOP/conf/completion/_everyctl
	equal commands "$(sed -nE "/commands=\(/,/\)/s/^[[:space:]]*'([a-z-]+):.*/\1/p" "$file" | sort)" \
		"$(commands | sort)"
	for option in $(options); do
		sed -n '/common=(/,/^	)/p' "$file" | grep -qE -e "--$option[]=[}']" ||
			{ echo "--$option"; return 1; }
	done
	for command in $(commands); do
		for option in $(options "$command"); do
			sed -nE "/^	([a-z -]+\| )?$command( \||\))/,/;;/p" "$file" | grep -qE -e "--$option[]=[}']" ||
				{ echo "$command --$option"; return 1; }
		done
	done
	if command -v zsh >/dev/null; then
		zsh -n "$file"
	fi
}
