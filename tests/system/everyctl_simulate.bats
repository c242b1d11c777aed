# everyctl simulate: what comes of a configuration, in tables, JSON, heat maps and a picture.
load lib.bash

EVERYCTL=$BUILD/everyctl

# simulate [ARGUMENT...]: of a day on which clocks are not set, if nothing else is said; standard
# output and error in $output.
simulate() {
	run env TZ=UTC "$EVERYCTL" -c "$CONF" simulate --from 2026-03-02 "$@" </dev/null
}

# simulate_json [ARGUMENT...]: only the document.
simulate_json() {
	run env TZ=UTC "$EVERYCTL" -c "$CONF" --json simulate --from 2026-03-02 "$@" </dev/null \
		2>/dev/null
}

# json EXPRESSION: of the JSON in $output, as Python's "j"; "job" finds one of its jobs.
json() {
	python3 -c 'import json, sys; j = json.load(sys.stdin)
def job(name): return [x for x in j["jobs"] if x["job"] == name][0]
print('"$1"')' <<<"$output"
}

sample() {
	conf <<-'END'
		workers = 2
		queue = 4
		job "backup" { every = "5m" command = "true" }
		job "report" { cron = "30 7 * * mon-fri" timezone = "Europe/Berlin" command = "true" }
		job "poll" { after = "1h" command = "true" }
		job "boot" { on = "start" command = "true" }
		job "flaky" { every = "1h" retries = 1 retry_delay = "1m" command = "true" }
	END
}

@test "every kind of schedule runs as the daemon would run it" {
	sample
	simulate_json -d poll=30m
	[ "$status" = 0 ]
	equal "backup" "$(json 'job("backup")["slots"], job("backup")["verdicts"]')" \
		"288 {'ok': 288}"
	equal "report" "$(json 'job("report")["slots"], job("report")["next"]')" \
		"1 2026-03-03T06:30:00Z"
	# 1:00 to 1:30, 2:30 to 3:00, ...
	equal "poll" "$(json 'job("poll")["runs"], job("poll")["next"]')" "16 None"
	equal "boot" "$(json 'job("boot")["runs"]')" 1
	equal "flaky" "$(json 'job("flaky")["attempts"]')" 24
}

@test "a job that takes longer than its interval loses slots, and a sentence says so" {
	sample
	simulate -d backup=7m
	[ "$status" = 0 ]
	[[ $output == *"warning: backup is due every 5m but takes 7m: half of its slots are skipped (144 of 288)"* ]]
	[[ $output =~ backup\ +skipped\ +144\ +2026-03-02\ 00:05:00 ]]
	simulate_json -d backup=7m
	equal "why" "$(json 'job("backup")["did_not_run"][0]["reason"]')" overlap
	equal "how long" "$(json 'job("backup")["duration_from"], job("backup")["longest_run"]')" \
		"given 420"
}

@test "attempts fail as often as is said, and are retried" {
	sample
	simulate_json --fail 'fla*=100%'
	equal "flaky" "$(json 'job("flaky")["attempts"], job("flaky")["verdicts"]')" \
		"48 {'failed': 24}"
	simulate_json --fail 'flaky=50%'
	[ "$(json '24 < job("flaky")["attempts"] < 48')" = True ]
}

@test "the same seed gives the same, another one something else" {
	sample
	simulate --fail '*=30%' --timeline
	first=$output
	simulate --fail '*=30%' --timeline
	equal "the second" "$output" "$first"
	simulate --fail '*=30%' --timeline --seed 2
	[ "$output" != "$first" ]
}

@test "another number of workers, another queue" {
	conf <<-'END'
		workers = 10
		queue = 10
		job "a" { every = "1h" command = "true" }
		job "b" { every = "1h" command = "true" }
		job "c" { every = "1h" command = "true" }
	END
	simulate_json --default-duration 10m
	equal "plenty" "$(json 'j["peak_running"]["count"], j["peak_queue"]["count"], j["saturated"]')" \
		"3 0 0.0"
	simulate_json --default-duration 10m --workers 1
	equal "one worker" "$(json 'j["peak_running"]["count"], j["peak_queue"]["count"], j["saturated"],
		j["total"]["longest_wait"]')" "1 2 0.5 1200"
	simulate_json --default-duration 10m --workers 1 --queue 0
	equal "no queue" "$(json 'j["total"]["verdicts"]')" "{'ok': 24, 'refused': 48}"
	simulate --default-duration 10m --workers 1 --queue 0
	[[ $output == *"warning: the queue is full at times, and 48 slots are refused, first that of 2026-03-02 00:00:00 UTC"* ]]
}

@test "run times come from the ledger, if it can be read" {
	conf <<-END
		state_dir = "$T/state"
		job "a" { every = "1h" command = "true" }
		job "b" { every = "100ms" command = "true" }
	END
	start
	stop
	sqlite3 "$T/state/ledger.db" "DELETE FROM run; INSERT INTO run (id, job, slot, due, verdict,
		attempts, accepted, started, ended) SELECT 1, number, 1, 1, 'ok', 1, 1, 1000000, 91000000
		FROM job WHERE name = 'a'"
	simulate_json --to +3h
	equal "a" "$(json 'job("a")["duration_from"], job("a")["duration"], job("a")["longest_run"]')" \
		"ledger 90 90"
	equal "b" "$(json 'job("b")["duration_from"]')" assumed
	simulate_json --to +3h --durations none
	equal "a, without" "$(json 'job("a")["duration_from"]')" assumed
	simulate_json --to +3h -d a=5s
	equal "a, given" "$(json 'job("a")["duration_from"], job("a")["longest_run"]')" "given 5"
	rm -rf "$T/state"
	simulate --to +3h
	[ "$status" = 0 ]
	simulate --to +3h --durations ledger
	[ "$status" = 1 ]
	[[ $output == *"$T/state/ledger.db"* ]]
}

@test "the day on which clocks go forward has 23 hours, and a job in the gap runs once" {
	conf <<-'END'
		defaults { timezone = "Europe/Berlin" }
		job "gap" { cron = "30 2 * * *" command = "true" }
		job "hourly" { cron = "0 * * * *" command = "true" }
	END
	run env TZ=UTC "$EVERYCTL" -c "$CONF" --json simulate --zone Europe/Berlin --timeline \
		--heatmap --from 2026-03-29 --to 2026-03-30
	[ "$status" = 0 ]
	equal "hourly" "$(json 'job("hourly")["runs"]')" 23
	equal "gap" "$(json '[x["slot"] for x in j["timeline"] if x["job"] == "gap"]')" \
		"['2026-03-29T03:00:00+02:00']"
	equal "the change" "$(json 'j["clock_changes"]')" \
		"[{'zone': 'Europe/Berlin', 'at': '2026-03-29T03:00:00+02:00', 'by': 3600, 'jobs': 2}]"
	equal "hours of the map" "$(json '[x["cells"][0] is None for x in j["heatmap"]].index(True)')" 2
}

@test "the timeline lists what runs and what does not, in order" {
	conf <<-'END'
		job "a" { every = "20m" command = "true" }
		job "b" { every = "30m" command = "true" }
	END
	run env TZ=UTC "$EVERYCTL" -c "$CONF" --no-header simulate --from 2026-03-02 --to +1h -t -d a=25m
	equal "it" "$(tail -5 <<<"$output" | tr -s ' ' | sed 's/ $//')" \
"2026-03-02 00:00:00 UTC 2026-03-02 00:25:00 UTC 25m a ok 2026-03-02 00:00:00 UTC
2026-03-02 00:00:00 UTC 2026-03-02 00:00:01 UTC 1s b ok 2026-03-02 00:00:00 UTC
2026-03-02 00:20:00 UTC a skipped: overlap 2026-03-02 00:20:00 UTC
2026-03-02 00:30:00 UTC 2026-03-02 00:30:01 UTC 1s b ok 2026-03-02 00:30:00 UTC
2026-03-02 00:40:00 UTC a still runs 2026-03-02 00:40:00 UTC"
}

@test "heat maps are of ASCII, of UTF-8, or of colours" {
	sample
	run env TZ=UTC LC_ALL=C "$EVERYCTL" -c "$CONF" simulate --from 2026-03-02 --to +7d -m
	[[ $output == *$'\nMon 2026-03-02  '* && $output == *$'\nSun 2026-03-08  '* ]]
	! LC_ALL=C grep -q '[^ -~]' <<<"$output"
	run env TZ=UTC LC_ALL=C.UTF-8 "$EVERYCTL" -c "$CONF" simulate --from 2026-03-02 --to +7d -m
	[[ $output == *█* && $output != *$'\033'* ]]
	run env TZ=UTC "$EVERYCTL" -c "$CONF" --color always simulate --from 2026-03-02 --to +7d -m
	[[ $output == *$'\033[48;5;'* ]]
	simulate -m --measure busy -d backup=5m
	[[ $output == *"busy workers, at most"* ]]
}

@test "heat maps fit their terminal" {
	sample
	python3 - "$EVERYCTL" "$CONF" >"$T/out" <<-'END'
		import os, pty, sys
		def widest(columns, span, *more):
		    pid, fd = pty.fork()
		    if pid == 0:
		        os.execve(sys.argv[1], [sys.argv[1], "-c", sys.argv[2], "simulate", "--from",
		                  "2026-03-02", "--to", span, "-m", *more],
		                  {"TERM": "dumb", "COLUMNS": str(columns), "TZ": "UTC"})
		    out = b""
		    try:
		        while piece := os.read(fd, 65536):
		            out += piece
		    except OSError:
		        pass
		    os.waitpid(pid, 0)
		    # From the titles of the columns on.
		    map = out.decode().split("\n" + " " * 16 + "00")[-1]
		    return max(len(line.rstrip()) for line in map.splitlines()[1:])
		for span in "+1d", "+7d", "+100d", "+2000d":
		    for columns in 40, 64, 80, 200:
		        if widest(columns, span) > columns:
		            print(span, columns)
		print(widest(200, "+1d") > 70, widest(200, "+7d") > 60)
	END
	equal "what does not fit" "$(cat "$T/out")" "True True"
}

# svg NAME: is it well-formed, and does it say what it is?
svg() {
	python3 - "$1" <<-'END'
		import sys
		import xml.etree.ElementTree as tree

		root = tree.parse(sys.argv[1]).getroot()
		ns = "{http://www.w3.org/2000/svg}"
		assert root.tag == ns + "svg", root.tag
		assert root.find(ns + "title").text and root.find(ns + "desc").text
		width, height = (float(x) for x in root.get("viewBox").split()[2:])
		for shape in root.iter(ns + "rect"):
		    if shape.get("width") == "100%":
		        continue
		    x, y, w, h = (float(shape.get(a)) for a in ("x", "y", "width", "height"))
		    assert w > 0 and h > 0 and x >= 0 and x + w <= width + 2 and y + h <= height, shape.attrib
		print(len(list(root.iter(ns + "text"))) > 10)
		print([t.text for t in root.iter(ns + "text")])
	END
}

@test "a picture of any span is well-formed, and nothing lies outside of it" {
	conf <<-'END'
		defaults { timezone = "Europe/Berlin" }
		job "backup" { every = "5m" command = "true" }
		job "nightly.report" { cron = "30 2 * * *" command = "true" }
	END
	for to in +1m +1h +1d +3d +14d +70d +400d +3000d; do
		run env TZ=Europe/Berlin "$EVERYCTL" -c "$CONF" simulate --from 2026-03-02 \
			--to $to -d backup=7m --svg "$T/it.svg"
		[ "$status" = 0 ]
		run svg "$T/it.svg"
		echo "$to: $output"
		[ "$status" = 0 ]
		[[ $output == True* ]]
	done
	[[ $output == *"nightly.report"* ]]
	grep -q 'prefers-color-scheme' "$T/it.svg"
	# Self-contained.
	! grep -qE 'href|url\(|<image|<script' "$T/it.svg"
}

@test "a picture goes to standard output alone, or its failure is told" {
	sample
	run env TZ=UTC "$EVERYCTL" -c "$CONF" simulate --from 2026-03-02 --svg -
	[[ $output == "<svg "*"</svg>" ]]
	simulate --svg "$T/no/where.svg"
	[ "$status" = 1 ]
	[[ $output == *"cannot write $T/no/where.svg: No such file or directory"* ]]
	simulate --svg /dev/full
	[ "$status" = 1 ]
	[[ $output == *"No space left on device"* ]]
}

@test "only the jobs that are named are shown, but all are simulated" {
	sample
	simulate_json 'b*'
	equal "jobs" "$(json '[x["job"] for x in j["jobs"]]')" "['backup', 'boot']"
	[ "$(json 'j["total"]["slots"] > job("backup")["slots"] + 1')" = True ]
	simulate backpu
	[ "$status" = 1 ]
	[[ $output == *"there is no job 'backpu'; did you mean 'backup'?"* ]]
	simulate 'x*'
	[ "$status" = 1 ]
}

@test "what makes no sense is said" {
	sample
	while IFS='|' read -r arguments message; do
		eval "simulate $arguments"
		echo "$arguments: $status $output"
		[ "$status" = 2 ]
		[[ $output == *"$message"* ]]
	done <<-'END'
		--to 2026-03-02|--to is not later than --from
		--to 2026-03-01|--to is not later than --from
		--from 1960-01-01|before 1970
		--to 2600-01-01|more than 70 years
		--to soon|is no time
		--zone Europe/Nowhere|Europe/Nowhere
		-d backup|should be JOB=SPAN
		-d =5m|should be JOB=SPAN
		-d backup=soon|is no span of time
		-d backup=20w5000d|longer than ten years
		--default-duration soon|is no span of time
		--fail backup=10|is no share
		--fail backup|should be JOB=PERCENT%
		--durations guess|ledger|none
		--measure heat|starts|busy
		--seed x|whole number
		--workers 0|whole number
		--queue -1|whole number
		--workers 99999|whole number
	END
	simulate -d 'nobody*=5m'
	[ "$status" = 1 ]
	[[ $output == *"no job is named 'nobody*'"* ]]
}

@test "a configuration that cannot be used is not simulated" {
	echo 'job "a" { every = "1x" command = "true" }' | conf
	simulate
	[ "$status" = 1 ]
	[[ $output == *"everyd.conf:1"* ]]
}

@test "no job at all comes to nothing" {
	echo 'workers = 3' | conf
	simulate -m -t --svg "$T/it.svg"
	[ "$status" = 0 ]
	[[ $output == *"none: nothing runs"* ]]
	svg "$T/it.svg"
}
