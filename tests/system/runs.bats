#!/usr/bin/env bats
# What the control socket answers of runs and of what did not run, with curl as the client.
load lib
load ledger

# get PATH...: the answer; fails unless it is 200.
get() {
	curl -sS -g --fail-with-body --max-time "$PATIENCE" --unix-socket "$RUNTIME_DIRECTORY/control.sock" "http://everyd$1"
}

# pick EXPRESSION: of the JSON on standard input, which is `d`.
pick() {
	python3 -c 'import json, sys
d = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1"
}

need_curl() {
	command -v curl >/dev/null || skip "needs curl"
}

# await_pick EXPECTED PATH EXPRESSION
await_pick() {
	local got deadline=$((SECONDS + PATIENCE))
	until got=$(get "$2" | pick "$3" 2>&1) && [ "$got" = "$1" ]; do
		[ "$SECONDS" -lt "$deadline" ] || { equal "$2" "$got" "$1"; return 1; }
		await_clock $(($(now) + 20000))
	done
}

@test "runs: what ran, newest first, in pages; filters; one run; its output" {
	need_curl
	conf <<-END
		job "j" {
		    every = "1h"
		    command = 'echo begin; seq 1 1000; echo end'
		    output_keep = "64"
		}
		job "bad" { every = "100ms" command = 'exit 3' }
	END
	start
	curl -sS --unix-socket "$RUNTIME_DIRECTORY/control.sock" -X POST -d '{"wait": true}' http://everyd/v1/jobs/j/run >/dev/null
	await 5 'everyd: bad\[[0-9]+\]: failed' >/dev/null
	await_pick 1 '/v1/runs?job=j' 'len(d["items"])'
	run=$(get '/v1/runs?job=j' | pick 'd["items"][0]["run"]')
	equal "the run" "$(get "/v1/runs/$run" | pick '[d[k] for k in ("job", "verdict", "exit", "manual", "attempts")]')" \
		"['j', 'ok', 0, True, 1]"
	# Head and tail, and how much is missing.
	get "/v1/runs/$run/output" >"$T/out"
	equal "first line" "$(head -1 "$T/out")" begin
	equal "last line" "$(tail -1 "$T/out")" end
	grep -qxE '\[\.\.\. [0-9]+ bytes were not kept \.\.\.\]' "$T/out"
	equal "printed" "$(get "/v1/runs/$run/output?format=json" | pick 'len(d["head"]) + d["gap"] + len(d["tail"]) == d["printed"]')" True

	equal "verdicts" "$(get '/v1/runs?verdict=failed&limit=5' | pick '{(i["job"], i["exit"]) for i in d["items"]}')" "{('bad', 3)}"
	# Pages of two have what one page has.
	to=$(get '/v1/runs?job=bad&limit=1' | pick 'd["items"][0]["slot"]')
	all=$(get "/v1/runs?job=bad&to=$to" | pick '[i["run"] for i in d["items"]]')
	paged=[] cursor=
	while :; do
		get "/v1/runs?job=bad&to=$to&limit=2${cursor:+&cursor=$cursor}" >"$T/page"
		paged=$(pick "$paged + [i['run'] for i in d['items']]" <"$T/page")
		cursor=$(pick 'd["next"] or ""' <"$T/page")
		[ -n "$cursor" ] || break
	done
	equal "pages" "$paged" "$all"
	stop
}

@test "runs: a live one, and why others were skipped meanwhile" {
	need_curl
	conf <<-END
		job "j" { every = "200ms" command = {"flock", "-s", "$T/gate", "true"} }
	END
	shut_gate
	start
	await 'everyd: j: skipped the occurrence of ' >/dev/null
	get '/v1/runs?state=live' >"$T/live"
	equal "live" "$(pick '[(i["job"], i["state"], i["verdict"], i["pid"] > 1) for i in d["items"]]' <"$T/live")" \
		"[('j', 'running', None, True)]"
	run=$(pick 'd["items"][0]["run"]' <"$T/live") pid=$(pick 'd["items"][0]["pid"]' <"$T/live")
	equal "one" "$(get "/v1/runs/$run" | pick '(d["state"], d["pid"])')" "('running', $pid)"
	status=0
	get "/v1/runs/$run/output" >"$T/out" || status=$?
	equal "output of a live run" "$status $(pick 'd["error"]["code"]' <"$T/out")" "22 run-live"

	await_pick skipped /v1/jobs/j/why 'd["verdict"]'
	slot=$(get /v1/jobs/j/why | pick 'd["slot"]')
	get "/v1/jobs/j/why?time=$slot" >"$T/why"
	equal "why" "$(pick '(d["slot"], d["verdict"], d["reason"], d["facts"]["live_then"]["run"])' <"$T/why")" \
		"('$slot', 'skipped', 'overlap', $run)"
	pick 'd["sentence"]' <"$T/why" | grep -qE "was skipped: the run of .* was still running \(pid $pid, .*\); it is running \(pid $pid\) for " ||
		{ cat "$T/why"; return 1; }
	open_gate
	await 'everyd: j\[1\]: ok in ' >/dev/null
	await_pick True "/v1/jobs/j/why?time=$slot" '"; it ended " in d["sentence"]'
	stop
}

@test "why: while everyd was not running, and after it was started again" {
	need_curl
	conf <<-END
		job "j" { every = "500ms" command = "true" }
	END
	start
	await 'everyd: j\[1\]: ok in ' >/dev/null
	stop
	slot=$(($(now) / 500000 * 500000 + 500000))
	# Two slots more, so that one stands for the other.
	await_clock $((slot + 1100000))
	: >"$LOG"
	start
	await 'everyd: j: coalesced ' >/dev/null
	time=@$((slot / 1000000)).$(printf %06d $((slot % 1000000)))
	await_pick coalesced "/v1/jobs/j/why?time=$time" 'd["verdict"]'
	get "/v1/jobs/j/why?time=$time" >"$T/why"
	pick 'd["sentence"]' <"$T/why" | grep -qE ' had no run of its own: everyd was not running from .* to .*; the run of .* stood for it' ||
		{ cat "$T/why"; return 1; }
	equal "down" "$(pick 'd["facts"]["down"]["from"] < d["facts"]["down"]["to"]' <"$T/why")" True
	stop
}

@test "runs: refusals say why" {
	need_curl
	conf <<-END
		durability = "none"
		job "backup" { every = "1h" command = "true" }
	END
	start
	for case in "/v1/runs 503 no-ledger" "/v1/runs/1 503 no-ledger" "/v1/jobs/bakcup/why 404 no-such-job" \
		"/v1/runs?verdict=good 400 bad-parameter" "/v1/jobs/backup/why?time=soon 400 bad-parameter"; do
		read -r path code word <<<"$case"
		got=$(curl -sS -w '\n%{http_code}' --unix-socket "$RUNTIME_DIRECTORY/control.sock" "http://everyd$path")
		equal "$path" "$(tail -1 <<<"$got") $(head -1 <<<"$got" | pick 'd["error"]["code"]')" "$code $word"
	done
	equal "live" "$(get '/v1/runs?state=live' | pick 'd')" "{'items': [], 'next': None}"
	get /v1/jobs/backup/why | pick 'd["sentence"]' | grep -q 'because there is no ledger'
	stop
}
