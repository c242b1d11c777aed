# The command line, and the configuration as far as the command line checks it.
load lib.bash

# check [ARGUMENT...]: everyd with standard output and error in $output.
check() {
	run env TZ="$MARK" "$EVERYD" "$@" </dev/null
}

minimal() {
	conf <<-END
		job "a" {
		    every = "1h"
		    command = "true"
		}
	END
}

@test "--help names every option and goes to standard output" {
	"$EVERYD" --help >"$T/out" 2>"$T/err"
	equal "standard error" "$(cat "$T/err")" ""
	for word in Usage: -c, --config -t, --test --log --log-level --help --version HUP TERM INT USR1; do
		grep -q -e "$word" "$T/out"
	done
	[ "$(awk 'length > 100' "$T/out")" = "" ]
}

@test "--version is one line" {
	check --version
	[ "$status" = 0 ]
	[[ $output =~ ^everyd\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "a bad command line ends with status 2 and a hint" {
	for args in --no-such-option -x -c --log=paper --log-level=loud surplus "--help=x"; do
		check $args
		equal "status of $args" "$status" 2
		[[ $output == *"Try 'everyd --help'"* ]]
	done
}

@test "--log and --log-level say what would be right" {
	check --log paper
	[[ $output == *"auto, journal or stderr, not 'paper'"* ]]
	check --log-level loud
	[[ $output == *"error, warning, notice, info or debug, not 'loud'"* ]]
}

@test "-t: a good configuration" {
	minimal
	check -t -c "$CONF"
	equal output "$output" "$CONF: ok, 1 job"
	[ "$status" = 0 ]
	cat "$CONF" - <<<'job "b" { every = "2h" command = {"true"} }' >"$T/two.conf"
	check --test "--config=$T/two.conf"
	equal output "$output" "$T/two.conf: ok, 2 jobs"
}

@test "-t: every error of all files in one go, with place, job and option" {
	mkdir "$T/jobs.d"
	chmod 755 "$T/jobs.d"
	conf <<-END
		workers = 0
		include_dir = "jobs.d"
		job "a" {
		    evry = "1h"
		    command = "true"
		}
		job "b" {
		    every = "fortnight"
		}
		job "c" {
		    every = "1h"
		    command = "true"
		    overlap = "maybe"
		}
		job "c" {
		    every = "1h"
		    command = "true"
		}
	END
	cat >"$T/jobs.d/more.conf" <<-END
		job "d" {
		    every = "1h"
		    command = "true"
		    concurrency_group = "nowhere"
		}
	END
	chmod 644 "$T/jobs.d/more.conf"
	check -t -c "$CONF"
	[ "$status" = 1 ]
	grep -qF "$CONF:1: workers: " <<<"$output"
	grep -qE "$CONF:4: job \"a\": .*\"evry\".*\"every\"" <<<"$output"
	! grep -q "job \"a\": every: missing" <<<"$output" # it is there, misspelt
	grep -qF "$CONF:8: job \"b\": every: \"fortnight\"" <<<"$output"
	grep -qE "$CONF:[79]: job \"b\": command: " <<<"$output"
	grep -qF "$CONF:13: job \"c\": overlap: \"maybe\"" <<<"$output"
	grep -qE "$CONF:15: job \"c\": .*$CONF:10" <<<"$output"
	grep -qE "jobs.d/more.conf:4: job \"d\": concurrency_group: .*nowhere" <<<"$output"
	[[ ${lines[-1]} =~ ^"$CONF: "[0-9]+\ errors$ ]]
}

@test "-t: warnings do not fail" {
	conf <<-'END'
		job "a" {
		    every = "10s"
		    timeout = "1m"
		    command = "echo ${HOME}"
		}
	END
	check -t -c "$CONF"
	[ "$status" = 0 ]
	grep -qE "$CONF:3: warning: job \"a\": timeout: " <<<"$output"
	grep -qE "$CONF:4: warning: job \"a\": command: " <<<"$output"
	[[ ${lines[-1]} == "$CONF: ok, 1 job" ]]
}

@test "-t: syntax errors have a line" {
	for text in 'job "a" {' 'job a b c' 'workers = = 3' 'job "a" { every = "1h" command = {"a" }' \
		'job "a" { command = "unterminated' '}' '"' 'include(' 'workers' $'\x01'; do
		echo "$text" | conf
		check -t -c "$CONF"
		echo "$text -> $output"
		[ "$status" = 1 ]
		[[ $output == *"$CONF:"[0-9]* ]]
	done
}

@test "-t: an empty configuration is good" {
	conf </dev/null
	check -t -c "$CONF"
	equal output "$output" "$CONF: ok, 0 jobs"
	[ "$status" = 0 ]
}

@test "a configuration that is not there, or no file" {
	for path in "$T/missing.conf" "$T" /dev/null; do
		for option in -t --log=stderr; do
			check $option -c "$path"
			echo "$path: $output"
			[ "$status" = $([ $option = -t ] && echo 1 || echo 78) ]
			[[ $output == *"$path"* ]]
		done
	done
	check -t -c "$T/missing.conf"
	[[ $output == *"No such file or directory"* ]]
}

@test "a configuration that others can write is refused" {
	minimal
	for mode in 0664 0646 0666; do
		chmod $mode "$CONF"
		check -t -c "$CONF"
		[ "$status" = 1 ]
		[[ $output == *"$CONF"*"may write to it"* ]]
	done
	chmod 0600 "$CONF"
	check -t -c "$CONF"
	[ "$status" = 0 ]
}

@test "a configuration of somebody else is refused" {
	need_root
	minimal
	chown 12345 "$CONF"
	check -t -c "$CONF"
	[ "$status" = 1 ]
	[[ $output == *"belongs to user 12345"* ]]
}

@test "an unreadable configuration" {
	minimal
	chmod 0 "$CONF"
	install -m 755 "$EVERYD" "$T/everyd"
	if [ "$(id -u)" = 0 ]; then
		run setpriv --reuid=65534 --regid=65534 --clear-groups "$T/everyd" -t -c "$CONF"
	else
		check -t -c "$CONF"
	fi
	[ "$status" = 1 ]
	[[ $output == *"$CONF"*"Permission denied"* ]]
}

@test "where the configuration is when nobody says" {
	minimal
	mkdir -p "$T/xdg/everyd" "$T/home/.config/everyd" "$T/given"
	cp "$CONF" "$T/given"
	cp "$CONF" "$T/xdg/everyd"
	cp "$CONF" "$T/home/.config/everyd"
	chmod -R go-w "$T/xdg" "$T/home" "$T/given"
	install -m 755 "$EVERYD" "$T/everyd"
	as=env
	[ "$(id -u)" != 0 ] || as="setpriv --reuid=65534 --regid=65534 --clear-groups env"

	run env CONFIGURATION_DIRECTORY="$T/given:/nowhere" "$EVERYD" -t
	equal "by CONFIGURATION_DIRECTORY" "$output" "$T/given/everyd.conf: ok, 1 job"
	run $as XDG_CONFIG_HOME="$T/xdg" HOME="$T/home" "$T/everyd" -t
	equal "by XDG_CONFIG_HOME" "$output" "$T/xdg/everyd/everyd.conf: ok, 1 job"
	run $as -u XDG_CONFIG_HOME HOME="$T/home" "$T/everyd" -t
	equal "by HOME" "$output" "$T/home/.config/everyd/everyd.conf: ok, 1 job"
	run $as -u XDG_CONFIG_HOME -u HOME "$T/everyd" -t
	[ "$status" = 1 ]
	[[ $output == *"Say -c FILE"* ]]
}

@test "root's configuration is the system's" {
	need_root
	run env -u XDG_CONFIG_HOME unshare -m sh -c "mount -t tmpfs none /usr/local/etc &&
		mount -t tmpfs none /etc && mkdir -p /etc/everyd && cp '$CONF' /etc/everyd 2>&1;
		'$EVERYD' -t"
	[[ $output == */etc/everyd/everyd.conf* ]]
}

@test "it does not start on a bad configuration, and says each error" {
	conf <<-END
		job "a" { every = "0" command = "true" }
		job "b" { every = "1h" }
	END
	launch "$EVERYD" -c "$CONF"
	ended 78
	logged "everyd: $CONF:1: job \"a\": every: "
	logged "everyd: $CONF:2: job \"b\": command: "
}

@test "--log-level hides what is below" {
	conf <<-END
		job "a" {
		    every = "100ms"
		    command = "echo printed; $H/note $T/notes; exit 3"
		}
	END
	launch "$EVERYD" -c "$CONF" --log-level warning
	await 'a\[1\]: failed: exit status 3'
	kill -TERM "$PID"
	ended 0
	never "everyd: stopped"
}

@test "what a job prints is logged at every level" {
	conf <<-END
		job "a" { every = "100ms" command = "echo printed" }
	END
	launch "$EVERYD" -c "$CONF" --log-level error
	await 2 ' a\[[0-9]+\]: printed$'
	kill -TERM "$PID"
	ended 0
}

@test "--log=stderr: time, job and run in front; its own lines under its own name" {
	conf <<-END
		job "a.b@c" { every = "100ms" command = "echo out; echo err >&2" }
	END
	start --log=stderr
	await '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3} a\.b@c\[1\]: out$'
	await '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3} a\.b@c\[1\]: err$'
	await '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3} everyd: a\.b@c\[1\]: ok in '
	stop
}

@test "with too few descriptors it says so, however few they are" {
	[ -z "$SANITIZED" ] || skip "a sanitizer needs some of its own"
	local n status
	conf <<-'END'
		job "j" { every = "1h" command = "true" }
	END
	for n in 3 4 5 6 7 8 9 10 11; do
		status=0
		: >"$LOG"
		timeout -s KILL "$PATIENCE" prlimit --nofile=$n:$n "$EVERYD" -c "$CONF" </dev/null >/dev/null 2>"$LOG" 3>&- ||
			status=$?
		[ "$status" = 1 ] || [ "$status" = 127 ] || { echo "exit status $status with $n"; return 1; }
		grep -q 'Too many open files\|error while loading shared libraries' "$LOG" || { echo "nothing said with $n"; return 1; }
	done
}
