# What a job is started with, and what is said of how it ended.
load lib.bash

@test "a program that is not there: the step and the error, no exit status" {
	once "{\"$T/no/such\"}"
	logged "everyd: j\\[1\\]: failed: exec $T/no/such: No such file or directory$"
	never 'exit status'
}

@test "a program that may not be executed" {
	echo x >"$T/plain"
	once "{\"$T/plain\"}"
	logged "everyd: j\\[1\\]: failed: exec $T/plain: Permission denied$"
}

@test "a program of no known format" {
	echo x >"$T/plain"
	chmod 755 "$T/plain"
	once "{\"$T/plain\"}"
	logged "everyd: j\\[1\\]: failed: exec $T/plain: Exec format error$"
}

@test "a program that is in no directory of PATH" {
	once '{"no-such-program-anywhere"}'
	logged "everyd: j\\[1\\]: failed: exec no-such-program-anywhere: No such file or directory$"
}

@test "a shell that is not there" {
	once '"true"' "shell = \"$T/no/shell\""
	logged "everyd: j\\[1\\]: failed: exec $T/no/shell: No such file or directory$"
}

@test "exit statuses" {
	for code in 1 3 126 127 255; do
		fresh
		once "'exit $code'"
		logged "everyd: j\\[1\\]: failed: exit status $code after "
	done
}

@test "death by signals" {
	for signal in HUP INT TERM KILL SEGV USR1 PIPE; do
		fresh
		once "'kill -$signal \$\$'"
		logged "everyd: j\\[1\\]: failed: killed by SIG$signal after "
	done
	fresh
	once "'kill -40 \$\$'"
	logged 'everyd: j\[1\]: failed: killed by signal 40 after '
}

@test "a string goes to the shell" {
	once "'echo \"\$0\" \$((6 * 7)) | tr 4 5; exit 0'"
	equal output "$(printed)" "sh 52"
}

@test "another shell" {
	once "'echo \"\$0\" \${BASH_VERSION:+is bash}'" 'shell = "/bin/bash"'
	equal output "$(printed)" "bash is bash"
}

@test "a list is executed directly, word for word" {
	once "{\"$H/probe\", \"\", \"two words\", '\$HOME *', \"a;b\"}"
	equal arguments "$(printed | grep ^arg)" "arg 0 $H/probe
arg 1 
arg 2 two words
arg 3 \$HOME *
arg 4 a;b"
}

@test "a program without a slash is looked for in PATH" {
	once '{"printf", "%s\n", "found"}'
	equal output "$(printed)" found
	logged 'everyd: j\[1\]: ok in '
}

@test "the environment is built, not inherited" {
	export SECRET=1 PATH="$PATH:/nowhere" IFS LD_LIBRARY_PATH_X=1
	once "{\"$H/probe\"}"
	home=$(getent passwd "$(id -u)" | cut -d: -f6)
	printed | sed -n 's/^env //p' | sort >"$T/env"
	slot=$(grep '^EVERYD_SLOT=' "$T/env")
	[[ $slot =~ ^EVERYD_SLOT=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]00000Z$ ]]
	equal environment "$(cat "$T/env")" "$(sort <<-END
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		HOME=$home
		USER=$(id -un)
		LOGNAME=$(id -un)
		LANG=C.UTF-8
		TZ=$MARK
		SHELL=/bin/sh
		EVERYD_JOB=j
		EVERYD_RUN=1
		EVERYD_ATTEMPT=1
		$slot
	END
	)"
}

@test "LANG is handed on" {
	export LANG=xx_YY.UTF-8
	once "{\"$H/probe\"}"
	printed | grep -qx 'env LANG=xx_YY.UTF-8'
}

@test "descriptors, signals, session, umask, directory, standard input" {
	born() {
		printed | grep -vE '^(arg|env) '
		home=$(getent passwd "$(id -u)" | cut -d: -f6)
		[ -d "$home" ] && [ -x "$home" ] || home=/
		equal "what it is born with" "$(printed | grep -vE '^(arg|env) ' | tr -s ' \t' ' ')" \
			"fd 0 /dev/null
fd 1 pipe
fd 2 pipe
status SigQ: $(printed | sed -nE 's/^status SigQ:[ \t]*//p')
status SigPnd: 0000000000000000
status ShdPnd: 0000000000000000
status SigBlk: 0000000000000000
status SigIgn: 0000000000000000
status SigCgt: 0000000000000000
session own
group own
umask 022
cwd $home
stdin 0
end"
	}
	once "{\"$H/probe\"}"
	born
}

@test "none of what the daemon inherited reaches a job" {
	conf <<-END
		job "j" { every = "100ms" command = {"$H/probe"} }
	END
	launch "$H/inherit" "$EVERYD" -c "$CONF"
	await ' j\[1\]: end'
	kill -TERM "$PID"
	ended 0
	equal descriptors "$(printed | grep -c '^fd ')" 3
	printed | grep -q 'SigBlk:.*0000000000000000$'
	printed | grep -q 'SigIgn:.*0000000000000000$'
	printed | grep -qx 'umask 022'
}

@test "as an ordinary user: its own name and home" {
	need_root
	conf <<-END
		job "j" { every = "100ms" command = {"$T/probe"} }
	END
	install -m 755 "$EVERYD" "$H/probe" "$T"
	launch setpriv --reuid=65534 --regid=65534 --clear-groups "$T/everyd" -c "$CONF"
	await ' j\[1\]: end'
	kill -TERM "$PID"
	ended 0
	printed | grep -qx 'env USER=nobody'
	printed | grep -qx 'env LOGNAME=nobody'
	printed | grep -qx 'env HOME=/nonexistent'
	printed | grep -qx 'cwd /'
}

@test "as a user without a record: its number, and /" {
	need_root
	conf <<-END
		job "j" { every = "100ms" command = {"$T/probe"} }
	END
	install -m 755 "$EVERYD" "$H/probe" "$T"
	launch setpriv --reuid=54321 --regid=54321 --clear-groups "$T/everyd" -c "$CONF"
	await ' j\[1\]: end'
	kill -TERM "$PID"
	ended 0
	printed | grep -qx 'env USER=54321'
	printed | grep -qx 'env HOME=/'
}

@test "run numbers count up, and are one for each run" {
	conf <<-END
		job "a" { every = "100ms" command = {"$H/note", "$T/notes"} }
		job "b" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	start
	await_notes 5 a
	stop
	equal "runs without a number of their own" "$(cut -d' ' -f2 "$T/notes" | sort -n | uniq -d)" ""
	equal "the highest number" "$(cut -d' ' -f2 "$T/notes" | sort -n | tail -1)" "$(wc -l <"$T/notes")"
}

@test "a command of 100 000 bytes, and of a thousand words" {
	long=$(printf 'x%.0s' {1..100000})
	words=$(printf '"w%d", ' {1..999})
	conf <<-END
		job "long" { every = "100ms" command = 'echo $long | wc -c' }
		job "words" { every = "100ms" command = {"$H/probe", $words "last"} }
	END
	start
	await ' long\[[0-9]+\]: 100001$'
	await ' words\[[0-9]+\]: arg 1000 last$'
	stop
}

@test "commands are not in the daemon's own lines" {
	once "'echo hidden >/dev/null; exit 3'"
	never hidden
}
