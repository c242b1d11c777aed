# The control socket: what root can have the daemon do by it, and what it is told if not.
load lib.bash
load control.bash
load ledger.bash

# Three jobs that are not due; "waits" ends when the gate is opened.
three_jobs() {
	shut_gate
	conf <<-END
		workers = 2
		queue = ${1:-1024}
		concurrency_group "g" { limit = 2 }
		job "quick" { every = "1w" command = "echo \$FOO; exit 3" }
		job "waits" { every = "1w" command = {"flock", "-s", "$T/gate", "true"} concurrency_group = "g" }
		job "other" { every = "1w" command = "true" concurrency_group = "g" }
	END
}

@test "a job is run at once, and its verdict is the answer to who waits" {
	three_jobs
	start
	request POST /v1/jobs/quick/run '{"environment": ["FOO=a b", "BAR="], "wait": true}'
	answered 200 'b["run"]' 1 'b["job"]' quick 'b["verdict"]' failed 'b["exit"]' 3 \
		'b["signal"]' None 'b["reason"]' None
	logged ' quick\[1\]: a b$'
	logged "everyd: quick\[1\]: run by hand, by root \(uid 0, pid [0-9]+\)$"
	# The environment was that run's alone.
	request POST /v1/jobs/quick/run '{"wait": true, "environment": null, "force": false}'
	answered 200 'b["run"]' 2
	logged ' quick\[2\]: $'
	request POST /v1/jobs/other/run
	answered 202 'b["run"]' 3 'b["job"]' other
	await 'everyd: other\[3\]: ok'
	stop
}

@test "the schedule goes on beside runs by hand" {
	need_sqlite3
	conf <<-END
		job "j" { every = "200ms" command = {"$H/note", "$T/notes"} }
		job "rare" { every = "1h" command = "true" }
	END
	start
	for n in 1 2 3 4 5; do
		await_notes $((3 * n)) j
		request POST /v1/jobs/j/run '{"force": true}'
		answered 202
	done
	request POST /v1/jobs/rare/run '{"wait": true}'
	answered 200 'b["verdict"]' ok
	stop
	equal "runs by hand" "$(sql "SELECT count(*) FROM run WHERE manual = 1")" 6
	# But for them every slot is accounted for, once.
	sql "DELETE FROM run WHERE manual = 1"
	entered j 200000
}

@test "a slot that comes after a run by hand, in another life, is not lost" {
	need_sqlite3
	conf <<-END
		job "j" { every = "1h" offset = "$(date -u +%M)m" splay = "1h" command = "true" }
	END
	start
	request POST /v1/jobs/j/run '{"wait": true}'
	answered 200 'b["verdict"]' ok
	kill -TERM "$PID"
	ended 0
	# As if the slot had been while nobody was there; what was run by hand was behind it.
	sql "UPDATE job SET floor = floor - 3600000000 * 2"
	: >"$LOG"
	start
	await 'everyd: j(\[2\]: ok|: coalesced)'
	stop
}

@test "it keeps to its overlap policy unless forced, and to its group" {
	three_jobs
	start
	request POST /v1/jobs/waits/run
	answered 202 'b["run"]' 1
	request POST /v1/jobs/waits/run
	refused 409 busy 'runs already, and is not to run more often at once, unless by force'
	request POST /v1/jobs/waits/run '{"force": true}'
	answered 202 'b["run"]' 2
	# Two run, which is what the group allows.
	request POST /v1/jobs/other/run
	answered 202 'b["run"]' 3
	request POST /v1/runs/1/kill
	await 'everyd: waits\[1\]: killed' >/dev/null
	await 'everyd: other\[3\]: ok' >/dev/null
	open_gate
	await 'everyd: waits\[2\]: ok' >/dev/null
	stop
}

@test "there is no room in a full queue" {
	three_jobs 0
	start
	request POST /v1/jobs/waits/run
	answered 202
	request POST /v1/jobs/waits/run '{"force": true}'
	answered 202
	request POST /v1/jobs/quick/run '{"wait": true}'
	refused 503 queue-full 'the queue is full'
	open_gate
	await 2 'everyd: waits\[[12]\]: ok' >/dev/null
	stop
}

@test "what cannot be run is said to be so" {
	three_jobs
	start
	request POST /v1/jobs/quik/run
	refused 404 no-such-job 'there is no job "quik"; did you mean "quick"?'
	request POST /v1/jobs/quick/run '{"environment": ["FOO"]}'
	refused 400 bad-environment '"FOO" is not NAME=VALUE'
	request POST /v1/jobs/quick/run '{"environment": ["1A=b"]}'
	refused 400 bad-environment '"1A=b" is not NAME=VALUE'
	request POST /v1/jobs/quick/run '{"environment": ["A=\u0000b"]}'
	refused 400 bad-body ''
	request POST /v1/jobs/quick/run '{"environment": "A=b"}'
	refused 400 bad-body '"environment" must be an array of strings'
	request POST /v1/jobs/quick/run '{"environment": [1]}'
	refused 400 bad-body '"environment" must be an array of strings'
	request POST /v1/jobs/quick/run '{"wait": 1}'
	refused 400 bad-body '"wait" must be true or false'
	request POST /v1/jobs/quick/run '{"wiat": true}'
	refused 400 bad-body 'may not have "wiat"'
	request POST /v1/jobs/quick/run '["wait"]'
	refused 400 bad-body ''
	request POST /v1/jobs/quick/run '{'
	refused 400 bad-body ''
	request GET /v1/jobs/quick/run
	refused 405 bad-method ''
	never 'run by hand'
	stop
}

@test "runs of a job that has left the configuration are killed" {
	three_jobs
	start
	request POST /v1/jobs/waits/run
	conf <<-END
		job "other" { every = "1w" command = "true" }
	END
	request POST /v1/reload
	answered 200 'b["removed"]' 2
	request POST /v1/jobs/waits/kill
	answered 202 'b["runs"]' '[1]' 'b["job"]' waits
	await 'everyd: waits\[1\]: killed \(an operator asked for it\)' >/dev/null
	request POST /v1/jobs/waits/kill
	refused 404 no-such-job 'there is no job "waits"'
	stop
}

@test "runs are killed: one, or all of a job" {
	three_jobs
	start
	request POST /v1/jobs/waits/run
	request POST /v1/jobs/waits/run '{"force": true}'
	request POST /v1/jobs/waits/run '{"force": true}'
	request POST /v1/runs/2/kill '{"signal": "kill"}'
	answered 202 'b["runs"]' '[2]' 'b["job"]' waits
	await 'everyd: waits\[2\]: killed \(an operator asked for it\): killed by SIGKILL' >/dev/null
	logged 'everyd: waits\[2\]: killed by root \(uid 0, pid [0-9]+\)$'
	request POST /v1/jobs/waits/kill
	answered 202 'sorted(b["runs"])' '[1, 3]'
	await 2 'everyd: waits\[[13]\]: killed \(an operator asked for it\): killed by SIGTERM' >/dev/null
	request POST /v1/jobs/waits/kill
	answered 202 'b["runs"]' '[]'
	request POST /v1/runs/1/kill
	refused 404 no-such-run 'no run 1 is under way'
	for run in 0 -1 1x x 99999999999999999999 %31; do
		request POST "/v1/runs/$run/kill"
		refused 404 no-such-run ''
	done
	request POST /v1/runs/1/kill '{"signal": "hup"}'
	refused 400 bad-signal '"term" or "kill"'
	request POST /v1/jobs/nothing/kill
	refused 404 no-such-job ''
	stop
}

@test "what waits of a job does not begin when its runs are killed" {
	shut_gate
	conf <<-END
		job "queues" {
		    every = "200ms"
		    overlap = "queue"
		    catch_up = "none"
		    command = {"flock", "-s", "$T/gate", "true"}
		}
	END
	start
	# One is held until the first run has ended, and the next is skipped for it.
	await 'everyd: queues: skipped ' >/dev/null
	# So that no other is due meanwhile; the one that is held would run after the pause.
	request POST /v1/jobs/queues/pause
	request POST /v1/jobs/queues/kill
	answered 202 'b["runs"]' '[1]' 'b["withdrawn"]' 1 'b["job"]' queues
	logged 'everyd: queues: what waits \(1\) is withdrawn by root \(uid 0, pid [0-9]+\)$'
	await 'everyd: queues\[1\]: killed' >/dev/null
	request POST /v1/jobs/queues/kill
	answered 202 'b["runs"]' '[]' 'b["withdrawn"]' 0
	open_gate
	stop
	equal "killed" "$(verdicts killed)" 1
	equal "cancelled" "$(verdicts cancelled)" 1
	never 'queues\[2\]'
}

@test "who waits for a run that is killed is told so" {
	three_jobs
	start
	request POST /v1/jobs/waits/run '{"wait": true}' >"$T/waiting" 8>&- &
	first=$!
	await 'everyd: waits\[1\]: run by hand' >/dev/null
	(
		request POST /v1/jobs/waits/run '{"wait": true, "force": true}'
		echo "$STATUS $(json 'b["verdict"], b["reason"], b["signal"]')" >"$T/answer"
	) 8>&- &
	await 'everyd: waits\[2\]: run by hand' >/dev/null
	request POST /v1/runs/2/kill
	await_in "$T/answer" 1 "^200 \('killed', 'operator', 15\)$" >/dev/null
	# One that goes away is not waited for, nor is what it waited for less of a run.
	kill "$first"
	open_gate
	await 'everyd: waits\[1\]: ok' >/dev/null
	stop
}

@test "a job is paused until a time, for a span, or until it is resumed" {
	need_sqlite3
	three_jobs
	start
	request POST /v1/jobs/quick/pause '{"until": "2100-01-01T02:00:00+02:00", "reason": "the disk\nis full"}'
	answered 200 'b["paused"]' 1 'b["until"]' 2100-01-01T00:00:00Z
	logged 'everyd: quick: paused by root'
	logged 'everyd: quick: paused until 2100-01-01 '
	await_sql '1|4102444800000000' "SELECT paused, until FROM job WHERE name = 'quick'"
	# By hand it runs all the same.
	request POST /v1/jobs/quick/run '{"wait": true}'
	answered 200 'b["verdict"]' failed
	request POST /v1/jobs/quick/pause '{"for": "2h"}'
	answered 200 'b["reason"]' None
	request POST /v1/jobs/quick/pause
	answered 200 'b["until"]' None
	logged 'everyd: quick: paused until it is resumed$'
	request POST /v1/jobs/quick/resume
	answered 200 'b["resumed"]' 1
	logged 'everyd: quick: resumed$'
	request POST /v1/jobs/quick/resume
	answered 200 'b["resumed"]' 0
	request POST /v1/jobs/quick/pause '{"for": "200ms"}'
	await 2 'everyd: quick: resumed$' >/dev/null
	stop
}

@test "what is no time to pause until is said to be none" {
	three_jobs
	start
	for body in '{"until": "tomorrow"}' '{"until": "2000-01-01T00:00:00Z"}' '{"until": ""}' \
		'{"until": "2100-13-01T00:00:00Z"}' '{"for": "-2h"}' '{"for": "0"}' '{"for": "soon"}' \
		'{"for": "1h", "until": "2100-01-01T00:00:00Z"}'; do
		request POST /v1/jobs/quick/pause "$body"
		refused 400 bad-time ''
		request POST /v1/pause "$body"
		refused 400 bad-time ''
	done
	request POST /v1/jobs/quick/pause '{"for": 7200}'
	refused 400 bad-body '"for" must be a string'
	request POST /v1/jobs/quick/pause "{\"reason\": \"$(head -c 300 /dev/zero | tr '\0' x)\"}"
	refused 400 bad-reason 'too long'
	request POST /v1/jobs/quick/resume '{"for": "2h"}'
	refused 400 bad-body 'may not have "for"'
	request POST /v1/jobs/nothing/pause
	refused 404 no-such-job ''
	request POST /v1/groups/nothing/pause
	refused 404 no-such-group 'no concurrency_group "nothing"'
	never 'paused'
	stop
}

@test "a group is paused and resumed, and so are all jobs" {
	three_jobs
	start
	request POST /v1/groups/g/pause '{"for": "1h", "reason": "moving"}'
	answered 200 'b["paused"]' 2 'b["reason"]' moving
	logged 'everyd: other: paused until .*: moving$'
	logged 'everyd: waits: paused until .*: moving$'
	never 'everyd: quick: paused'
	request POST /v1/resume
	answered 200 'b["resumed"]' 2
	request POST /v1/pause
	answered 200 'b["paused"]' 3
	request POST /v1/groups/g/resume
	answered 200 'b["resumed"]' 2
	request POST /v1/resume
	answered 200 'b["resumed"]' 1
	stop
}

@test "many jobs are paused a few at a time, while others run" {
	{
		for n in {1..3000}; do
			echo "job \"j$n\" { every = \"1w\" command = \"true\" }"
		done
		echo "job \"tick\" { every = \"100ms\" command = {\"$H/note\", \"$T/notes\"} }"
	} | conf
	start
	request POST /v1/pause '{"for": "1h"}'
	answered 200 'b["paused"]' 3001
	request POST /v1/resume
	answered 200 'b["resumed"]' 3001
	await_notes 1 tick
	stop
}

@test "a pause outlives a reload and a restart" {
	three_jobs
	start
	request POST /v1/jobs/quick/pause '{"reason": "moving"}'
	answered 200
	sed -i 's/exit 3/exit 4/' "$CONF"
	request POST /v1/reload
	answered 200 'b["changed"]' 1
	kill -TERM "$PID"
	ended 0
	: >"$LOG"
	start
	request POST /v1/jobs/quick/resume
	answered 200 'b["resumed"]' 1
	stop
}

@test "a reload answers with what it changed, or with all that is wrong" {
	three_jobs
	start
	sed -i 's/exit 3/exit 4/; /"other"/d' "$CONF"
	echo 'job "new" { every = "1w" command = "true" }' >>"$CONF"
	request POST /v1/reload
	answered 200 'b["added"], b["changed"], b["removed"], b["unchanged"]' '(1, 1, 1, 1)' 'b["warnings"]' None
	logged 'everyd: a reload was asked for by root '
	cp "$CONF" "$T/good"
	printf 'job "bad" { every = "soon" }\nwrokers = 2\n' >>"$CONF"
	request POST /v1/reload
	refused 422 bad-configuration 'every: "soon" is not a duration'
	refused 422 bad-configuration 'job "bad": command: missing'
	refused 422 bad-configuration 'did you mean "workers"?'
	request GET /v1/status
	answered 200 'b["config"]["failed"]' True
	cp "$T/good" "$CONF"
	request POST /v1/reload '{}'
	answered 200 'b["unchanged"]' 3
	request GET /v1/status
	answered 200 'b["config"]["failed"]' False
	request POST /v1/reload '{"now": true}'
	refused 400 bad-body ''
	stop
}

@test "each who asks for a reload is told of one that began behind the question" {
	three_jobs
	mkfifo "$T/slow.conf"
	start
	for n in {1..20}; do
		echo "job \"n$n\" { every = \"1w\" command = \"true\" }" >>"$CONF"
		(
			request POST /v1/reload
			echo "$n $STATUS $(json 'sum(b[m] for m in ("added", "changed", "unchanged"))')" >>"$T/answers"
		) 8>&- &
		HELPER_PIDS="$HELPER_PIDS $!"
	done
	await_in "$T/answers" 20 ' 200 ' >/dev/null
	# Whoever asks when there are N jobs hears of N at least.
	awk '$3 < 3 + $1 { print "too old:", $0; bad = 1 } END { exit bad }' "$T/answers"
	stop
}

@test "a stop is answered, and hurried by another one" {
	three_jobs
	start
	(
		request POST /v1/jobs/waits/run '{"wait": true}'
		echo "$STATUS $(json 'b["verdict"], b["reason"]')" >"$T/answer"
	) 8>&- &
	await 'everyd: waits\[1\]: run by hand' >/dev/null
	request POST /v1/stop
	answered 202 'b["stopping"]' True
	await 'everyd: stopping: what runs or is queued \(1\) has' >/dev/null
	logged 'everyd: a stop was asked for by root '
	# It can still be looked at, but for nothing new.
	request GET /v1/status
	answered 200 'b["stopping"]' True
	request GET /healthz
	equal "health" "$STATUS" 503
	request POST /v1/jobs/quick/run
	refused 503 stopping ''
	request POST /v1/jobs/quick/pause
	refused 503 stopping ''
	request POST /v1/pause
	refused 503 stopping ''
	request POST /v1/resume
	refused 503 stopping ''
	request POST /v1/reload
	refused 503 stopping ''
	request POST /v1/stop
	answered 202
	ended 0
	# Whoever waited for its end is told of it, although everyd ends with it.
	await_in "$T/answer" 1 "^200 \('killed', 'stopping'\)$" >/dev/null
	[ ! -e "$RUNTIME_DIRECTORY/control.sock" ]
}

@test "a stop when nothing runs is answered too" {
	three_jobs
	start
	request POST /v1/stop
	answered 202 'b["stopping"]' True
	ended 0
}

@test "a run by hand that could not begin is made up for in the next life" {
	need_sqlite3
	three_jobs
	start
	request POST /v1/jobs/waits/run
	request POST /v1/jobs/waits/run '{"force": true}'
	# These wait for a worker.
	request POST /v1/jobs/quick/run
	answered 202 'b["run"]' 3
	request POST /v1/jobs/other/run '{"environment": ["FOO=bar"]}'
	answered 202 'b["run"]' 4
	request POST /v1/jobs/quick/run '{"force": true}'
	answered 202 'b["run"]' 5
	await_sql '3|1
4|2
5|1' "SELECT id, manual FROM run WHERE state = 'accepted' ORDER BY id"
	crash
	sql "UPDATE run SET slot = slot - 2 * 86400000000 WHERE id = 5"
	open_gate
	start
	await 'everyd: quick\[3\]: failed: exit status 3' >/dev/null
	# What that one was to run with is not kept.
	await 'everyd: other\[4\]: cancelled \(the daemon was not running\)' >/dev/null
	# Nor is it run who knows how long after it was asked for.
	await 'everyd: quick\[5\]: cancelled \(the daemon was not running\)' >/dev/null
	stop
	equal "of the others" "$(rows other)" "$(sql "SELECT slot FROM run WHERE id = 4") cancelled/down 0"
	never 'other\[4\]: ok'
	never 'quick\[5\]: (ok|failed)'
}

# --- who may -----------------------------------------------------------------------------------------

# Each verb, and what it may be asked with.
verbs() {
	cat <<-END
		/v1/jobs/quick/run
		/v1/jobs/waits/kill
		/v1/jobs/quick/pause
		/v1/jobs/quick/resume
		/v1/runs/1/kill
		/v1/groups/g/pause
		/v1/groups/g/resume
		/v1/pause
		/v1/resume
		/v1/reload
		/v1/stop
		/v1/jobs/nothing/run
	END
}

as() {
	AS="setpriv --reuid=$1 --regid=$2 ${3:---clear-groups}"
}

@test "who is not in the group may not even look" {
	need_root
	three_jobs
	start
	as 65534 65534
	request GET /v1/status
	refused 403 denied 'uid 65534'
	for path in $(verbs); do
		request POST "$path"
		refused 403 denied 'uid 65534'
	done
	AS=
	never 'run by|paused|resumed|reload was|stop was|killed'
	stop
}

@test "members of the group look, and change nothing" {
	need_root
	unshare --mount true 2>/dev/null || skip "needs the right to mount"
	three_jobs
	{ grep -v '^everyd:' /etc/group; echo 'everyd:x:64999:'; } >"$T/group"
	launch unshare --mount sh -c "mount --bind '$T/group' /etc/group && exec '$EVERYD' -c '$CONF'"
	await_loaded
	for groups in "--clear-groups 64999" "--groups=1,64999 65534"; do
		as 65534 "${groups##* }" "${groups% *}"
		request GET /v1/status
		answered 200 'b["jobs"]' 3
		for path in $(verbs); do
			request POST "$path"
			refused 403 denied 'only root and everyd'
		done
	done
	as 65534 65534 --groups=1,2
	request GET /v1/status
	refused 403 denied 'not in the group'
	AS=
	never 'run by|paused|resumed|reload was|stop was|killed'
	stop
}

@test "the daemon's own user changes what root changes" {
	need_root
	three_jobs
	mkdir -m 0700 "$T/runtime" "$T/state"
	chown 65534:65534 "$T/runtime" "$T/state" "$CONF"
	launch setpriv --reuid=65534 --regid=65534 --clear-groups "$EVERYD" -c "$CONF"
	await_loaded
	chmod 0755 "$T/runtime"
	as 65534 65534
	request POST /v1/jobs/quick/run '{"wait": true}'
	answered 200 'b["verdict"]' failed
	logged 'run by hand, by uid 65534, pid '
	AS=
	request POST /v1/jobs/quick/run '{"wait": true}'
	answered 200
	as 65533 65533
	request POST /v1/jobs/quick/run '{"wait": true}'
	refused 403 denied 'uid 65533'
	AS=
	stop
}
