# What a newcomer sees first: `make run`.
load lib.bash

@test "conf/demo.conf is good, without a warning" {
	install -m 644 "$TOP/conf/demo.conf" "$CONF"
	run "$EVERYD" -t -c "$CONF"
	echo "$output"
	[ "$status" = 0 ]
	[ "${#lines[@]}" = 1 ]
	[[ ${lines[0]} =~ ok,\ [0-9]+\ jobs$ ]]
}

@test "conf/everyd.conf is good, without a warning" {
	mkdir "$T/etc"
	sed "s,/etc/everyd,$T/etc,g" "$TOP/conf/everyd.conf" >"$T/etc/everyd.conf"
	mkdir "$T/etc/jobs.d"
	chmod -R go-w "$T/etc"
	run "$EVERYD" -t -c "$T/etc/everyd.conf"
	echo "$output"
	[ "$status" = 0 ]
	[ "${#lines[@]}" = 1 ]
}

@test "the demonstration: several jobs run with their output, Ctrl-C ends it with a summary" {
	install -m 644 "$TOP/conf/demo.conf" "$CONF"
	start
	jobs=$(sed -nE 's/^job "([^"]+)".*/\1/p' "$CONF")
	[ "$(wc -w <<<"$jobs")" -ge 3 ]
	seen=0
	for job in $jobs; do
		every=$(sed -n "/^job \"$job\"/,/^}/s/.*every *= *\"\([^\"]*\)\".*/\1/p" "$CONF")
		[[ $every =~ ^([0-9]+ms|[0-9]s|1[0-9]s)$ ]] || continue
		await "^[0-9: .-]+ (everyd: )?$job\\[[0-9]+\\]: " >/dev/null
		seen=$((seen + 1))
	done
	[ "$seen" -ge 3 ]
	# The other kinds of schedules.
	for job in hello pause quarter; do
		await "^[0-9: .-]+ everyd: $job\\[[0-9]+\\]: ok" >/dev/null
	done
	kill -INT "$PID"
	ended 0
	logged 'everyd: stopped after .*[0-9]+ ok'
	# It leaves the machine's own alone.
	[ -s "$T/demo-state/ledger.db" ]
	[ ! -e "$STATE_DIRECTORY" ]
}
