# everyctl exec: a job in the foreground, as everyd would run it.
load lib.bash

EVERYCTL=$BUILD/everyctl

# in_foreground ARGUMENT...: everyctl exec; $status, $T/out and $T/err are what came of it.
in_foreground() {
	status=0
	timeout -s KILL "$PATIENCE" "$EVERYCTL" -c "$CONF" exec "$@" </dev/null >"$T/out" 2>"$T/err" 3>&- 8>&- ||
		status=$?
}

# job OPTION...: the configuration has one job, "j", that is not due for long.
job() {
	conf <<-END
		job "j" {
		    every = "1000w"
		    $(printf '%s\n' "$@")
		}
	END
}

# What a job sees of itself: the number of the run, its slot and its processes are its own.
cat_self='env | sort; id; pwd; umask; nice; ulimit -a; ulimit -H -a; cat /proc/self/oom_score_adj
	grep -E "^(Groups|Cpus_allowed_list|NoNewPrivs|CapEff|CapInh|SigBlk|SigIgn|SigCgt):" /proc/self/status
	readlink /proc/self/fd/0; for i in 1 2; do readlink /proc/self/fd/$i | cut -d: -f1; done
	ls /proc/self/fd; cut -d" " -f7 /proc/self/stat'

# as_scheduled OPTION...: what the job prints is the same when everyd runs it and when everyctl does.
as_scheduled() {
	printf '%s\n' "$cat_self" >"$T/self"
	chmod 755 "$T/self"
	conf <<-END
		job "j" {
		    every = "100ms"
		    command = {"/bin/sh", "$T/self"}
		    $(printf '%s\n' "$@")
		}
	END
	start
	await 'everyd: j\[1\]: (ok|failed)' >/dev/null
	in_foreground j
	kill -TERM "$PID"
	ended 0
	equal "exit status" "$status" 0
	[ "$(wc -l <"$T/out")" -gt 40 ] || { echo "too little was printed"; cat "$T/out"; return 1; }
	sed -E 's/^(EVERYD_(RUN|SLOT))=.*/\1=/' "$T/out" >"$T/ours"
	printed | sed -E 's/^(EVERYD_(RUN|SLOT))=.*/\1=/' >"$T/theirs"
	diff -u "$T/theirs" "$T/ours"
}

@test "exec: a job has what it has when everyd runs it" {
	as_scheduled
}

@test "exec: a job with everything set has what it has when everyd runs it" {
	mkdir "$T/dir"
	printf 'FROM_FILE=1\nA=file\n' >"$T/env"
	echo input >"$T/in"
	chmod 644 "$T/env" "$T/in"
	export EVT_PASSED=passed
	as_scheduled "workdir = \"$T/dir\"" 'umask = "027"' 'nice = 7' 'ionice = "idle"' \
		'limits = {"NOFILE=100:200", "CORE=0"}' 'no_new_privileges = true' \
		'oom_score_adj = 500' 'cpu_affinity = "0"' 'shell = "/bin/bash"' \
		'environment = {"A=1", "B=two words", "LANG=C"}' "environment_file = \"$T/env\"" \
		'pass_environment = {"EVT_PASSED"}' "stdin = \"$T/in\""
}

@test "exec: a job of another user has what it has when everyd runs it" {
	need_root
	as_scheduled 'user = "nobody"' 'group = "daemon"'
}

@test "exec: what is inherited is the daemon's, whatever who asks has" {
	cat >"$T/shell" <<-END
		export TZ=Nowhere LANG=xx_XX.UTF-8 EVT_PASSED=mine
		umask 077
		ulimit -S -c 0
		exec nice -n 3 env --ignore-signal=USR1 "$EVERYCTL" -c "$CONF" exec j
	END
	conf <<-END
		job "j" {
		    every = "100ms"
		    command = 'echo \$TZ \$LANG \$EVT_PASSED; umask; nice; grep SigIgn /proc/self/status'
		    pass_environment = "EVT_PASSED"
		}
	END
	export EVT_PASSED=the-daemons
	start
	await 'everyd: j\[1\]: ok' >/dev/null
	timeout -s KILL "$PATIENCE" bash "$T/shell" </dev/null >"$T/out" 2>"$T/err" 3>&-
	kill -TERM "$PID"
	ended 0
	if [ "$(id -u)" = 0 ]; then
		equal output "$(cat "$T/out")" "$(printed)"
	else
		# To be less nice again is root's to choose.
		equal output "$(sed 3d "$T/out")" "$(printed | sed 3d)"
	fi
}

@test "exec: that the daemon's control group is its own is not taken on" {
	mkdir -m 700 "$STATE_DIRECTORY"
	job "command = 'echo \$EVT_ONE; cat /proc/self/cgroup'" 'pass_environment = "EVT_ONE"'
	# As good as a daemon, for this.
	helper env EVT_ONE=theirs EVERYD_DELEGATED=yes python3 -c '
import fcntl, signal, sys
lock = open(sys.argv[1], "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
open(sys.argv[2], "w").write("locked\n")
signal.pause()' "$STATE_DIRECTORY/everyd.lock" "$T/ready"
	await_in "$T/ready" 1 locked >/dev/null
	in_foreground j
	equal output "$(cat "$T/out")" "theirs
$(cat /proc/self/cgroup)"
	equal errors "$(cat "$T/err")" ""
}

@test "exec: without a daemon it is as good" {
	job "command = 'echo \$EVERYD_JOB \$EVERYD_RUN \$EVERYD_ATTEMPT \$EVERYD_SLOT; umask'"
	before=$(now)
	in_foreground j
	after=$(now)
	equal status "$status" 0
	read -r name number attempt slot <"$T/out"
	equal facts "$name $number $attempt" "j 0 1"
	slot=$(date -u -d "$slot" +%s%6N)
	[ "$before" -le "$slot" ] && [ "$slot" -le "$after" ]
	equal umask "$(sed -n 2p "$T/out")" 0022
	equal errors "$(cat "$T/err")" ""
	# It leaves no trace.
	[ ! -e "$STATE_DIRECTORY" ] && [ ! -e "$RUNTIME_DIRECTORY" ]
}

@test "exec: output comes as it is, each stream to its own" {
	job "command = 'printf \"\\\\033[1m<3>bold\\\\r\\\\000 no newline\"; printf oops >&2'" \
		"output = \"$T/file\""
	in_foreground j
	printf '\033[1m<3>bold\r\000 no newline' | cmp - "$T/out"
	printf 'oops' | cmp - "$T/err"
	[ ! -e "$T/file" ]
}

@test "exec: a lot of output comes whole" {
	job "command = 'head -c 3000000 /dev/zero | tr \"\\\\0\" x'" 'output_max = "1K"' 'output_rate = "1K"'
	in_foreground j
	equal bytes "$(wc -c <"$T/out")" 3000000
	equal errors "$(cat "$T/err")" ""
}

@test "exec: who reads no more does not end the job" {
	job "command = 'echo one; yes | head -n 100000; echo done >$T/done; exit 5'"
	status=0
	timeout -s KILL "$PATIENCE" bash -c "'$EVERYCTL' -c '$CONF' exec j 2>'$T/err'; echo \$? >'$T/status'" \
		</dev/null 3>&- | head -n 1 >"$T/out"
	equal output "$(cat "$T/out")" one
	equal done "$(cat "$T/done")" "done"
	equal status "$(cat "$T/status")" 5
	equal errors "$(cat "$T/err")" ""
}

@test "exec: the exit status is the command's, or says what was in its way" {
	: >"$T/plain"
	while IFS='|' read -r expected option; do
		job "$option"
		in_foreground j
		[ "$status" = "$expected" ] ||
			{ echo "exit status $status instead of $expected: $option"; cat "$T/err"; return 1; }
	done <<-END
		0|command = 'true'
		7|command = 'exit 7'
		143|command = 'kill -TERM \$\$'
		124|command = 'sleep 1000' timeout = "50ms" kill_grace = "0"
		124|command = 'trap "exit 0" TERM; sleep 1000 & wait' timeout = "500ms" kill_grace = "1000s"
		127|command = {"everyd-no-such-program"}
		127|command = 'everyd-no-such-program'
		126|command = {"$T/plain"}
		125|command = 'true' workdir = "$T/none"
		125|command = 'true' environment_file = "$T/none"
		123|command = 'true' only_if = "false"
		0|command = 'true' only_if = "true"
	END
	in_foreground no-such-job
	equal status "$status" 125
	grep -q "there is no job 'no-such-job'" "$T/err"
	in_foreground
	equal status "$status" 2
	in_foreground j j
	equal status "$status" 2
	in_foreground --environment =1 j
	equal status "$status" 2
}

@test "exec: only_if is asked, and can be overruled" {
	job "command = 'echo ran'" "only_if = 'echo asked; exit 3'"
	in_foreground j
	equal status "$status" 123
	equal output "$(cat "$T/out")" ""
	grep -qx 'only_if: asked' "$T/err"
	grep -q 'j: skipped: only_if said no (exit status 3)' "$T/err"
	in_foreground --force j
	equal status "$status" 0
	equal output "$(cat "$T/out")" ran
	equal errors "$(cat "$T/err")" ""
}

@test "exec: no retries, no hooks" {
	job "command = 'echo x >>$T/ran; exit 1'" 'retries = 3' 'retry_delay = "0"' \
		"on_failure = \"touch $T/told\"" "on_start = \"touch $T/told\""
	in_foreground j
	equal status "$status" 1
	equal runs "$(wc -l <"$T/ran")" 1
	[ ! -e "$T/told" ]
}

@test "exec: an environment for this once, over what the job has" {
	echo A=file >"$T/env"
	job "command = 'echo \$A \$B \$C \$EVERYD_JOB'" 'environment = {"A=set", "C=kept"}' "environment_file = \"$T/env\""
	in_foreground -e A=given --environment 'B=two words' --environment=EVERYD_JOB=false j
	equal output "$(cat "$T/out")" "given two words kept j"
}

# Starts a run that waits, and sends everyctl a signal when it does. $status is what came of it.
interrupt() {
	local pid
	rm -f "$T/ready"
	# What a shell starts in the background ignores two of them.
	env --default-signal=INT,QUIT "$EVERYCTL" -c "$CONF" exec j </dev/null >"$T/out" 2>"$T/err" 3>&- &
	pid=$!
	await_in "$T/ready" 1 ready >/dev/null
	kill "-$1" "$pid"
	[ -z "$2" ] || { await_in "$T/err" 1 "stopping it" >/dev/null; kill "-$2" "$pid"; }
	await_end "$pid"
	status=0
	wait "$pid" || status=$?
}

@test "exec: a signal stops the run and all of it, in the job's own way" {
	# Who is ready has no trap of its parent any more.
	job "command = 'trap \"echo told; exit 0\" USR1; /bin/sh -c \"echo ready >$T/ready; sleep 10000\" & wait'" \
		'kill_signal = "USR1"' 'kill_grace = "1000s"'
	TZ=$MARK interrupt TERM
	equal status "$status" 143
	equal output "$(cat "$T/out")" told
	grep -q 'j: stopping it by SIGUSR1; in 16m40s, or when asked once more, it is killed' "$T/err"
	alone
}

@test "exec: asked twice, it is killed" {
	job "command = 'trap : TERM; echo ready >$T/ready; while :; do sleep 1000; done'" 'kill_grace = "1000s"'
	TZ=$MARK interrupt HUP TERM
	equal status "$status" 129
	alone
	TZ=$MARK interrupt QUIT
	equal status "$status" 131
	alone
	TZ=$MARK interrupt INT INT
	equal status "$status" 130
	alone
}

@test "exec: a signal that is ignored is nobody's wish" {
	job "command = 'echo ready >$T/ready; exec sleep 10000'" 'kill_grace = "1000s"'
	rm -f "$T/ready"
	env --ignore-signal=HUP "$EVERYCTL" -c "$CONF" exec j </dev/null >"$T/out" 2>"$T/err" 3>&- &
	PID=$!
	await_in "$T/ready" 1 ready >/dev/null
	kill -HUP "$PID"
	kill -TERM "$PID"
	await_end "$PID"
	status=0
	wait "$PID" || status=$?
	equal status "$status" 143
}

@test "exec: what it leaves behind is stopped, or left" {
	job "command = 'sleep 10000 & echo \$! >$T/pid'"
	in_foreground j
	equal status "$status" 0
	grep -q 'j: .*left' "$T/err"
	! kill -0 "$(cat "$T/pid")" 2>/dev/null
	job "command = 'sleep 10000 >/dev/null 2>&1 & echo \$! >$T/pid'" 'leftover = "leave"'
	in_foreground j
	equal status "$status" 0
	kill "$(cat "$T/pid")"
}

@test "exec: another user's jobs are root's to run" {
	need_root
	job 'command = "id -un"' 'user = "daemon"'
	in_foreground j
	equal output "$(cat "$T/out")" daemon
	status=0
	setpriv --reuid nobody --regid nogroup --clear-groups -- "$EVERYCTL" -c "$CONF" exec j \
		</dev/null >"$T/out" 2>"$T/err" 3>&- || status=$?
	equal status "$status" 125
	grep -q 'root.s to run: sudo everyctl exec j' "$T/err"
	equal output "$(cat "$T/out")" ""
}

@test "exec --diff: what differs is shown, and nothing is run" {
	mkdir "$T/dir"
	job "command = 'touch $T/ran'" "workdir = \"$T/dir\"" 'umask = "027"' 'nice = 19' \
		'limits = "NOFILE=33:44"' 'environment = {"EVT_SAME=1", "EVT_OTHER=there", "EVT_NEW=new"}' \
		"only_if = 'touch $T/ran'"
	export EVT_SAME=1 EVT_OTHER=here EVT_SECRET=gone
	cd /
	in_foreground --diff j
	equal status "$status" 0
	for line in '--- here' '+++ the job j' '@@ environment @@' -EVT_OTHER=here +EVT_OTHER=there +EVT_NEW=new \
		-EVT_SECRET=gone +EVERYD_JOB=j '@@ place @@' -directory=/ "+directory=$T/dir" +umask=0027 \
		'+nice=19' '+NOFILE=33 44'; do
		grep -qxF -- "$line" "$T/out" || { echo "not said: $line"; cat "$T/out"; return 1; }
	done
	! grep EVT_SAME "$T/out"
	[ ! -e "$T/ran" ]
	grep -q 'j: no everyd runs' "$T/err"
	in_foreground --diff --json j
	python3 - "$T/out" "$T/dir" <<-'END'
		import json, sys
		told = json.load(open(sys.argv[1]))
		assert told["job"] == "j"
		got = {(d["section"], d["name"]): (d["here"], d["there"]) for d in told["differences"]}
		assert got["environment", "EVT_OTHER"] == ("here", "there"), got
		assert got["environment", "EVT_NEW"] == (None, "new"), got
		assert got["environment", "EVT_SECRET"] == ("gone", None), got
		assert got["place", "directory"] == ("/", sys.argv[2]), got
	END
}

@test "exec --diff: what it says of a run is so" {
	need_root
	job "command = 'id -u; id -g; pwd; umask; ulimit -n; nice'" 'user = "nobody"' 'umask = "077"' \
		'nice = 3' 'limits = "NOFILE=77"'
	in_foreground j
	mv "$T/out" "$T/ran"
	in_foreground --diff j
	equal uid "$(sed -nE 's/^\+user=([0-9]+).*/\1/p' "$T/out")" "$(sed -n 1p "$T/ran")"
	equal gid "$(sed -nE 's/^\+group=([0-9]+).*/\1/p' "$T/out")" "$(sed -n 2p "$T/ran")"
	equal directory "$(sed -nE 's/^\+directory=//p' "$T/out")" "$(sed -n 3p "$T/ran")"
	equal umask "$(sed -nE 's/^\+umask=//p' "$T/out")" "$(sed -n 4p "$T/ran")"
	equal files "$(sed -nE 's/^\+NOFILE=([0-9]+).*/\1/p' "$T/out")" "$(sed -n 5p "$T/ran")"
	equal nice "$(sed -nE 's/^\+nice=//p' "$T/out")" "$(sed -n 6p "$T/ran")"
}

@test "exec --shell: a shell where the job would be" {
	mkdir "$T/dir"
	job "command = 'touch $T/ran'" "workdir = \"$T/dir\"" 'environment = "A=1"' 'umask = "077"' 'shell = "/bin/bash"'
	status=0
	printf 'pwd; echo $A $EVERYD_JOB; umask; exit 9\n' |
		timeout -s KILL "$PATIENCE" "$EVERYCTL" -c "$CONF" exec --shell j >"$T/out" 2>"$T/err" 3>&- || status=$?
	equal status "$status" 9
	equal output "$(cat "$T/out")" "$T/dir
1 j
0077"
	[ ! -e "$T/ran" ]
	in_foreground --shell --diff j
	equal status "$status" 2
}
