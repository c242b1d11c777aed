#!/usr/bin/env bats
# What the daemon tells of its jobs by the control socket, and live to who follows it. The client is
# curl.

source "${BATS_TEST_DIRNAME}/lib.bash"

SOCKET() {
	echo "$RUNTIME_DIRECTORY/control.sock"
}

# get TARGET: the answer; it must be one of success.
get() {
	curl -sS --fail-with-body --max-time "$PATIENCE" --unix-socket "$(SOCKET)" "http://everyd$1"
}

# post TARGET [BODY]
post() {
	curl -sS --fail-with-body --max-time "$PATIENCE" --unix-socket "$(SOCKET)" \
		-d "${2:-{\}}" "http://everyd$1"
}

# follow NAME TARGET: in the background, into $T/NAME, until teardown; begins before this returns.
follow() {
	helper curl -sN --unix-socket "$(SOCKET)" "http://everyd$2" -o "$T/$1"
	FOLLOWER=$!
	await_in "$T/$1" 1 '^: everyd ' >/dev/null
}

# member EXPRESSION: of the JSON on standard input, as Python has it.
member() {
	python3 -c "import json, sys; it = json.load(sys.stdin); print($1)"
}

@test "a page has the jobs that are asked for, and says where the next one begins" {
	{
		for i in $(seq 100 449); do
			echo "job \"job-$i\" { every = 1d command = x user = root }"
		done
		echo 'job "other" { every = 1h command = x }'
	} | conf
	start
	page=$(get '/v1/jobs?name=job-*')
	equal "the first page" "$(member 'len(it["items"]), it["items"][0]["name"]' <<<"$page")" \
		"100 job-100"
	names= cursor=
	while :; do
		page=$(get "/v1/jobs?name=job-*&limit=60&cursor=${cursor:-0:!}")
		names+=$(member '" ".join(i["name"] for i in it["items"])' <<<"$page")" "
		cursor=$(member 'it["next"] or ""' <<<"$page")
		[ -n "$cursor" ] || break
	done
	equal "all pages" "$(tr ' ' '\n' <<<"$names" | grep .)" "$(seq -f 'job-%g' 100 449)"
	equal "due first" "$(get '/v1/jobs?sort=next&limit=1' | member 'it["items"][0]["name"]')" other
	equal "paused" "$(get '/v1/jobs?state=paused' | member 'it["items"]')" "[]"
	stop
}

@test "a job is told with its settings and the places where they stand" {
	mkdir "$T/jobs.d"
	chmod 0755 "$T/jobs.d"
	conf <<-END
		include_dir = "$T/jobs.d"
		concurrency_group "disk" { limit = 1 }
		defaults {
		    timeout = "5m"
		}
	END
	cat >"$T/jobs.d/a.conf" <<-'END'
		job "backup" {
		    cron              = "30 2 * * *"
		    timezone          = "Europe/Berlin"
		    command           = {"backup", "--all"}
		    concurrency_group = "disk"
		}
	END
	chmod 0644 "$T/jobs.d/a.conf"
	start
	job=$(get /v1/jobs/backup)
	origin() {
		member "[(s['value'], s['file'], s['line']) for s in it['settings'] if s['name'] == '$1'][0]" <<<"$job"
	}
	equal "command" "$(origin command)" "('{\"backup\", \"--all\"}', '$T/jobs.d/a.conf', 4)"
	equal "timeout" "$(origin timeout)" "('\"5m\"', '$CONF', 4)"
	equal "overlap" "$(origin overlap)" "('\"skip\"', None, None)"
	equal "zone" "$(member 'it["zone"], it["file"], it["line"]' <<<"$job")" \
		"Europe/Berlin $T/jobs.d/a.conf 1"
	equal "slots" "$(member '[s["local"][11:19] for s in it["slots"]]' <<<"$job")" \
		"['02:30:00', '02:30:00', '02:30:00', '02:30:00', '02:30:00']"
	equal "the next" "$(member 'it["slots"][0]["slot"] == it["next"]' <<<"$job")" True
	equal "groups" "$(get /v1/groups | member '[(g["name"], g["limit"]) for g in it["items"]]')" \
		"[('disk', 1)]"
	stop
}

@test "what happens is told as it happens" {
	conf <<-'END'
		job "a" { every = 1d command = "echo out; exit 3" retries = 1 retry_delay = "1ms" }
		job "b" { every = 1d command = "true" }
	END
	start
	follow all /v1/events
	follow b '/v1/events?job=b'
	post /v1/jobs/a/run >/dev/null
	await_in "$T/all" 1 '^event: ended' >/dev/null
	post /v1/jobs/b/pause '{"reason": "the disk"}' >/dev/null
	await_in "$T/b" 1 '^event: paused' >/dev/null
	post /v1/jobs/b/resume >/dev/null
	await_in "$T/b" 1 '^event: resumed' >/dev/null
	equal "of a" "$(grep -A1 '^event' "$T/all" | grep '"job": "a"' |
		sed -E 's/.*"event": "([a-z-]+)".*/\1/')" $'accepted\nstarted\nretry\nstarted\nended'
	equal "of b" "$(grep '^event' "$T/b")" $'event: paused\nevent: resumed'
	kill -HUP "$PID"
	await_in "$T/all" 1 '^event: loaded' >/dev/null
	stop
	await_in "$T/all" 1 '^event: stopping' >/dev/null
}

@test "that a run has started is told while it runs" {
	shut_gate
	conf <<-END
		job "a" { every = 1d command = {"flock", "-s", "$T/gate", "true"} }
	END
	start
	follow all /v1/events
	post /v1/jobs/a/run >/dev/null
	await_in "$T/all" 1 '"event": "started".*"pid": [0-9]' >/dev/null
	open_gate
	await_in "$T/all" 1 '^event: ended' >/dev/null
	stop
}

@test "lines of a run are told as it prints them, and then its end" {
	shut_gate
	conf <<-END
		job "a" { every = 1d command = "echo begun; echo bad >&2; flock -s $T/gate true; echo last" }
		job "b" { every = 1d command = "echo other" }
	END
	start
	run=$(post /v1/jobs/a/run | member 'it["run"]')
	await_in "$LOG" 1 'a\[[0-9]+\]: bad' >/dev/null
	follow run "/v1/logs?run=$run"
	curl=$FOLLOWER
	follow all /v1/logs
	post /v1/jobs/b/run >/dev/null
	await_in "$T/all" 1 '"job": "b".*"verdict": "ok"' >/dev/null
	open_gate
	await_in "$T/run" 1 '^event: ended' >/dev/null
	# The end of the answer, too.
	await_end "$curl"
	equal "lines" "$(sed -nE 's/.*"stream": ("?[a-z]+"?), "text": "([a-z]*).*/\1 \2/p' "$T/run")" \
		$'"stdout" last\nnull ok'
	equal "events" "$(grep -c '^event: ' "$T/run")" 3
	# Nothing is copied for nobody: the descriptor is gone with the last of them.
	kill $FOLLOWER
	await_end $FOLLOWER
	equal "an ended run" "$(curl -s -o "$T/answer" -w '%{http_code}' --unix-socket "$(SOCKET)" \
		"http://everyd/v1/logs?run=$run")" 404
	stop
}

@test "who follows and does not read is cut off, and holds up no job" {
	conf <<-'END'
		job "a" { every = "100ms" command = "head -c 200000 /dev/zero | tr '\\0' '\\n' | sed s/^/x/" output_keep = 0 }
		job "b" { every = "100ms" command = "true" }
	END
	start
	# A client that takes nothing after the first byte, until it is told to.
	mkfifo "$T/go"
	helper python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"GET /v1/logs HTTP/1.1\r\nHost: x\r\n\r\n")
s.recv(1)
print("follows", flush=True)
open(sys.argv[2]).read()
text = b""
while more := s.recv(65536):
    text = text[-1000:] + more
print("cut off" if b"event: lagged" in text else "not cut off", flush=True)
' "$(SOCKET)" "$T/go" >"$T/slow"
	await_in "$T/slow" 1 follows >/dev/null
	before=$(count 'b\[[0-9]+\]: ok')
	await $((before + 20)) 'b\[[0-9]+\]: ok' >/dev/null
	equal "the daemon answers" "$(get /healthz)" ok
	: >"$T/go"
	await_in "$T/slow" 1 '^cut off' >/dev/null
	stop
}

@test "who follows events is told of a reload that failed, and of the next one" {
	echo 'job "j" { every = 1w command = "true" }' | conf
	start
	follow events /v1/events
	printf 'job "j" { every = soon command = "true" }\njob "k" { every = 1w }\n' | conf
	kill -HUP "$PID"
	await_in "$T/events" 1 '^event: reload-failed$' >/dev/null
	data=$(await_in "$T/events" 1 '^data: .*reload-failed')
	equal "the failure" "$(member 'it["job"], it["run"], it["errors"]' <<<"${data#data: }")" "None None 2"
	[[ $(member 'it["error"]' <<<"${data#data: }") == "$CONF:1: "*'"soon"'* ]]
	echo 'job "j" { every = 2w command = "true" }' | conf
	kill -HUP "$PID"
	await_in "$T/events" 1 '^data: .*"event": "loaded", .*"changed": 1,' >/dev/null
	stop
}
