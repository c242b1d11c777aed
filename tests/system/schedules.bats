# Kinds of schedules, time zones, and reloads that follow them.
load lib.bash

# zone FILE HOUR: a zone file by whose clocks it is half past HOUR now.
zone() {
	mkdir -p "$(dirname "$1")"
	python3 - "$1" "$2" <<-'END'
		import os, struct, sys, time
		path, hour = sys.argv[1], int(sys.argv[2])
		offset = (hour * 3600 + 1800 - int(time.time())) % 86400
		offset -= 86400 if offset > 43200 else 0
		block = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
		block += struct.pack(">lBB", offset, 0, 0) + b"XXX\0"
		sign, rest = "-" if offset > 0 else "", abs(offset)
		footer = f"\n<XXX>{sign}{rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}\n"
		with open(path + ".new", "wb") as file:
		    file.write(block + block + footer.encode())
		os.rename(path + ".new", path)
	END
}

# Jobs that are due each second of an hour of their local time.
noon_and_midnight() {
	conf <<-END
		job "noon" { cron = "* * 12 * * *" $1 command = {"$H/note", "$T/notes"} }
		job "midnight" { cron = "* * 0 * * *" $1 command = {"$H/note", "$T/notes"} }
		job "plain" { every = "1h" command = "true" }
	END
}

# only NAME: after a reload this one is due and not the other.
only() {
	local other=noon
	[ "$1" = midnight ] || other=midnight
	: >"$T/notes"
	await_notes 3 "$1"
	# The first may be of a slot before the reload.
	[ "$(grep -c "^$other " "$T/notes")" -le 1 ]
}

@test "what is wrong with schedules is all told, with its place" {
	conf <<-END
		job "none" {
		    command = "true"
		}
		job "two" {
		    every = "1h"
		    cron  = "@daily"
		    command = "true"
		}
		job "cron" {
		    cron = {"61 * * * *", "0 0 31 2 *", "@daily"}
		    timezone = "Europe/Belrin"
		    command = "true"
		}
		job "misfit" {
		    after = "1h"
		    offset = "5m"
		    timezone = "UTC"
		    command = "true"
		}
		job "on" {
		    on = "boot"
		    command = "true"
		}
	END
	run "$EVERYD" -t -c "$CONF"
	echo "$output"
	[ "$status" != 0 ]
	diff - <(grep "$CONF:" <<<"$output") <<-END
		$CONF:1: job "none": it has no schedule; give it every, cron, after or on
		$CONF:6: job "two": cron: the job has every already; give it one of every, cron, after and on
		$CONF:10: job "cron": cron: "61 * * * *": minute "61" is not from 0 to 59
		$CONF:10: job "cron": cron: "0 0 31 2 *": is never due: there is no 31 February
		$CONF:11: job "cron": timezone: "Europe/Belrin": there is no such time zone; did you mean "Europe/Berlin"?
		$CONF:16: job "misfit": offset: it goes with every only
		$CONF:17: job "misfit": timezone: it goes with cron only
		$CONF:21: job "on": on: "boot" is not one of "start", "reload", "resume"
		$CONF: 8 errors
	END
}

@test "without tzdata a zone is an error that says so, and UTC is not" {
	conf <<-END
		job "a" { cron = "@daily" timezone = "UTC" command = "true" }
	END
	TZDIR=$T/none run "$EVERYD" -t -c "$CONF"
	[ "$status" = 0 ]
	conf <<-END
		job "a" { cron = "@daily" timezone = "Europe/Berlin" command = "true" }
	END
	TZDIR=$T/none run "$EVERYD" -t -c "$CONF"
	[ "$status" != 0 ]
	[[ $output == *"there are no time zones in $T/none; install them, Debian's package is tzdata"* ]]
}

@test "a zone's file that changes is followed by a reload" {
	export TZDIR=$T/zones
	zone "$TZDIR/Test/Zone" 12
	noon_and_midnight 'timezone = "Test/Zone"'
	start
	await_notes 3 noon
	! grep '^midnight ' "$T/notes"
	zone "$TZDIR/Test/Zone" 0
	kill -HUP "$PID"
	await 'everyd: reload: 0 added, 2 changed, 0 removed, 1 unchanged$'
	only midnight
	# And one that is damaged leaves all as it was.
	echo nonsense >"$TZDIR/Test/Zone"
	kill -HUP "$PID"
	await "everyd: $CONF:1: job \"noon\": timezone: \"Test/Zone\": its file "
	await 'everyd: reload failed: the previous configuration stays in force'
	only midnight
	stop
}

@test "local time that changes is followed by a reload" {
	zone "$T/noon" 12
	zone "$T/midnight" 0
	ln -s noon "$T/localtime"
	MARK=:$T/localtime
	noon_and_midnight
	start
	await_notes 3 noon
	! grep '^midnight ' "$T/notes"
	ln -sfn midnight "$T/localtime"
	kill -HUP "$PID"
	await 'everyd: reload: 0 added, 2 changed, 0 removed, 1 unchanged$'
	only midnight
	kill -HUP "$PID"
	await 'everyd: reload: 0 added, 0 changed, 0 removed, 3 unchanged$'
	only midnight
	stop
}

@test "/etc/localtime that changes is followed by a reload" {
	need_root
	unshare -m true 2>/dev/null || skip "needs mount namespaces"
	zone "$T/zoneinfo/Test/Noon" 12
	zone "$T/zoneinfo/Test/Midnight" 0
	cp -a /etc "$T/etc"
	ln -sfn "$T/zoneinfo/Test/Noon" "$T/etc/localtime"
	noon_and_midnight
	launch unshare -m sh -c 'mount --bind "$1/etc" /etc && shift && exec env -u TZ "$@"' sh "$T" \
		"$EVERYD" -c "$CONF"
	HELPER_PIDS="$HELPER_PIDS $PID" # it has no mark
	await_loaded
	await_notes 3 noon
	! grep '^midnight ' "$T/notes"
	ln -sfn "$T/zoneinfo/Test/Midnight" "$T/etc/localtime"
	kill -HUP "$PID"
	await 'everyd: reload: 0 added, 2 changed, 0 removed, 1 unchanged$'
	only midnight
	stop
}

@test "after: a pause from the end of one run to the next" {
	conf <<-END
		job "rest" {
		    after = "200ms"
		    command = "echo begin \$(date +%s%6N); sleep 0.3; echo end \$(date +%s%6N)"
		}
	END
	start
	await 4 'rest\[[0-9]+\]: end '
	stop
	awk '/rest\[[0-9]+\]: begin/ { if (end && $NF - end < 200000) { print; bad = 1 } n++ }
	     /rest\[[0-9]+\]: end/ { end = $NF }
	     END { exit bad || n < 4 }' "$LOG"
}

@test "on: at the start, at each reload, and not otherwise" {
	conf <<-END
		job "start" { on = "start" command = {"$H/note", "$T/notes"} }
		job "reload" { on = "reload" command = {"$H/note", "$T/notes"} }
		job "both" { on = {"start", "reload"} command = {"$H/note", "$T/notes"} }
		job "resume" { on = "resume" command = {"$H/note", "$T/notes"} }
	END
	start
	await 'everyd: start\[[0-9]+\]: ok'
	await 'everyd: both\[[0-9]+\]: ok'
	kill -HUP "$PID"
	await 'everyd: reload\[[0-9]+\]: ok'
	await 2 'everyd: both\[[0-9]+\]: ok'
	stop
	equal runs "$(cut -d' ' -f1 "$T/notes" | sort | uniq -c | xargs)" "2 both 1 reload 1 start"
}
