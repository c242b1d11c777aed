# Schedules and time zones in the configuration, and reloads that follow the zones.
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
	# The log, too, has the new time.
	await ' 00:[0-9:.]+ everyd: midnight\[[0-9]+\]: ok'
	logged ' 12:[0-9:.]+ everyd: noon\[[0-9]+\]: ok'
	stop
}
