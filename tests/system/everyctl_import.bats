# everyctl import: crontabs become a configuration that everyd takes.
load lib.bash

EVERYCTL=$BUILD/everyctl

# import [ARGUMENT...]: what is made in $T/made, what is said in $output.
import() {
	rm -f "$T/made"
	run env TZ=UTC "$EVERYCTL" import -o "$T/made" "$@" 2>&1
}

# good [N]: everyd takes what was made, with so many jobs and without a warning.
good() {
	"$EVERYD" -t -c "$T/made" >"$T/checked" 2>&1 || { cat "$T/checked" && false; }
	equal "what everyd says" "$(cat "$T/checked")" "$T/made: ok, ${1-1} job$([ "${1-1}" = 1 ] || echo s)"
}

# exec_made JOB: what the job prints.
exec_made() {
	"$EVERYCTL" -c "$T/made" exec "$@" </dev/null 2>&1
}

names_made() {
	echo $("$EVERYCTL" -c "$T/made" names)
}

script() {
	mkdir -p "${1%/*}"
	printf '#!/bin/sh\n' >"$1"
	chmod 0755 "$1"
}

# A machine as Debian has it, with jobs of many kinds.
machine() {
	R=$T/root
	mkdir -p "$R"/etc/cron.{d,hourly,daily,weekly,monthly} "$R/var/spool/cron/crontabs" "$R/usr/sbin"
	echo 12 >"$R/etc/debian_version"
	cat >"$R/etc/crontab" <<-'END'
		# of the system
		PATH=/usr/sbin:/usr/bin:/sbin:/bin
		17 *	* * *	root	cd / && run-parts --report /etc/cron.hourly
		25 6	* * *	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
		47 6	* * 7	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.weekly; }
	END
	echo '*/5 * * * * root /usr/lib/sysstat/sa1 1 1' >"$R/etc/cron.d/sysstat"
	echo '* * * * * root never' >"$R/etc/cron.d/sysstat.dpkg-old"
	printf '%s\n' '1 5 cron.daily run-parts --report /etc/cron.daily' '30 15 deep backup --deep' \
		>"$R/etc/anacrontab"
	printf '%s\n' 'MAILTO=""' '@hourly poll' >"$R/var/spool/cron/crontabs/root"
	chmod 0600 "$R/var/spool/cron/crontabs/root"
	script "$R/etc/cron.daily/logrotate"
	script "$R/etc/cron.daily/man-db"
	script "$R/etc/cron.monthly/report"
}

@test "import takes all crontabs of a machine, and its scripts" {
	machine
	import --root "$R"
	equal "status" "$status" 0
	equal "what is said" "$output" "everyctl: 4 jobs from 3 crontabs"
	good 4
	equal "jobs" "$(names_made)" "cron.daily:logrotate cron.daily:man-db poll sa1"
	# What is no job is said where it would be.
	grep -qx '# of the system' "$T/made"
	grep -q 'passes over this one because of its name: /etc/cron.d/sysstat.dpkg-old$' "$T/made"
	grep -q '^# There is no anacron(8) that would read /etc/anacrontab' "$T/made"
	grep -q '^# No crontab runs what is in /etc/cron.monthly' "$T/made"
	! grep -q never "$T/made"
}

@test "import leaves to anacron what cron leaves to it" {
	machine
	script "$R/usr/sbin/anacron"
	import --root "$R"
	equal "status" "$status" 0
	equal "what is said" "$output" \
		"/etc/anacrontab:2: warning: a period of 30 days is counted in UTC
everyctl: 5 jobs from 4 crontabs"
	good 5
	equal "jobs" "$(names_made)" "cron.daily:logrotate cron.daily:man-db deep poll sa1"
	grep -qF "cron              = '35 7 * * *'" "$T/made"
}

@test "import takes crontabs of Red Hat's kind" {
	R=$T/root
	mkdir -p "$R/etc/cron.d" "$R/var/spool/cron" "$R/usr/sbin"
	echo '01 * * * * root run-parts /etc/cron.hourly' >"$R/etc/cron.d/0hourly"
	printf '%s\n' 'RANDOM_DELAY=45' 'START_HOURS_RANGE=3-22' \
		$'1\t5\tcron.daily\t\tnice run-parts /etc/cron.daily' >"$R/etc/anacrontab"
	echo '@daily sweep' >"$R/var/spool/cron/root"
	script "$R/usr/sbin/anacron"
	script "$R/etc/cron.hourly/0anacron"
	script "$R/etc/cron.daily/certs.sh"
	script "$R/etc/cron.daily/old.rpmsave"
	import --root "$R"
	equal "status" "$status" 0
	good 2
	equal "jobs" "$(names_made)" "cron.daily:certs.sh sweep"
	grep -qF "cron            = '5 3 * * *'" "$T/made"
	grep -qF 'splay           = "45m"' "$T/made"
	grep -q '^# Not needed any more: 0anacron' "$T/made"
}

@test "import takes files, directories and standard input" {
	machine
	import --root "$R" /etc/cron.monthly /etc/cron.d/sysstat
	equal "status" "$status" 0
	good 2
	equal "jobs" "$(names_made)" "cron.monthly:report sa1"

	# However it is called.
	(cd "$R/etc" && import --root .. etc/crontab && equal "status" "$status" 0)
	good 2

	echo '@daily user-job' | { import -; equal "status" "$status" 0; }
	good
	grep -q "user    = '$(id -un)'" "$T/made"
	echo '@daily root system-job' | { import --system -; equal "status" "$status" 0; }
	good
	grep -q "user    = 'root'" "$T/made"
	echo '1 2 id anacron-job' | { import --anacron -; equal "status" "$status" 0; }
	good
	equal "jobs" "$(names_made)" id
	echo '@daily x' | { import --user daemon -; equal "status" "$status" 0; }
	need_root
	good
	grep -q "user    = 'daemon'" "$T/made"
}

@test "import writes to standard output, and what is not imported to standard error" {
	printf '%s\n' '# why' '@daily good' '61 * * * * bad' 'MAILTO=|x' >"$T/tab"
	status=0
	"$EVERYCTL" import "$T/tab" >"$T/out" 2>"$T/err" || status=$?
	equal "status" "$status" 1
	equal "standard error" "$(cat "$T/err")" \
		"$T/tab:3: 61 * * * *: minute \"61\" is not from 0 to 59
$T/tab:4: MAILTO: this is not a mail address that everyd takes
everyctl: 1 job from 1 crontab; 2 things were not imported, see above"
	# Nothing is lost.
	grep -qx '#   61 \* \* \* \* bad' "$T/out"
	equal "notes" "$(grep -c '^# NOT IMPORTED: ' "$T/out")" 2
	install -m 0600 "$T/out" "$T/made"
	good
}

@test "an imported job gets its input, directory, shell and variables" {
	mkdir "$T/home"
	cat >"$T/tab" <<-END
		SHELL=/bin/bash
		HOME=$T/home
		GREETING=" hello 'you' \${HOME} "
		@daily cat; cat%one%two \\%\\ 'x'%%
		@daily date=\$(date +\\%Y); [[ \$date == 2??? ]] && pwd && echo "\$PATH|\$GREETING|\$SHELL"
	END
	import "$T/tab"
	equal "status" "$status" 0
	good 2
	equal "input" "$(exec_made cat; echo .)" "one
two %\\ 'x'

."
	equal "surroundings" "$(exec_made date)" "$T/home
/usr/bin:/bin| hello 'you' \${HOME} |/bin/bash"
}

@test "an imported job's input is no part of its command, however that is quoted" {
	cat >"$T/tab" <<-END
		@daily echo "a%"; touch $T/evil; }
		@daily cat; cat # and no more%a%END%b
	END
	import "$T/tab"
	run "$EVERYCTL" -c "$T/made" exec echo </dev/null
	[ "$status" != 0 ]
	[ ! -e "$T/evil" ]
	equal "what is read" "$(exec_made cat | tr '\n' ' ')" "a END b "
}

@test "whatever a crontab has in it, everyd takes what is made of it" {
	printf '@daily a\0b\n@daily caf\xe9 "\x01"\n@daily c\r\nX=\xff\n@daily d} job x {\n\\\n@daily e' \
		>"$T/tab"
	import "$T/tab"
	equal "status" "$status" 1
	good 4
	[[ $output == *"$T/tab:1: it has a NUL byte"* ]]
	[[ $output == *"$T/tab:7: warning: "*"nothing ends"* ]]

	head -c 300000 /dev/urandom >"$T/tab"
	import "$T/tab"
	[ "$status" = 0 ] || [ "$status" = 1 ]
	"$EVERYD" -t -c "$T/made"

	head -c 20M /dev/zero | tr '\0' '\n' >"$T/tab"
	import "$T/tab"
	equal "status" "$status" 1
	[[ $output == *"$T/tab: it is longer than 16777216 bytes"* ]]
}

@test "import says what it cannot read" {
	import "$T/none"
	equal "status" "$status" 1
	[[ $output == *"$T/none: cannot be read: No such file or directory"* ]]
	grep -q '^# NOT IMPORTED: cannot be read' "$T/made"
	import "$T"
	equal "status" "$status" 1
	[[ $output == *"$T: is a directory that everyctl does not know"* ]]
	mkdir "$T/empty"
	import --root "$T/empty"
	equal "status" "$status" 1
	equal "what is said" "$output" "everyctl: there are no crontabs here"
	[ ! -e "$T/made" ]
	# One that never ends is none.
	mkdir -p "$T/odd/etc"
	mkfifo "$T/odd/etc/crontab"
	import --root "$T/odd"
	equal "status" "$status" 1
	[[ $output == *"/etc/crontab: it is no file"* ]]
}

@test "import leaves alone what cron does not read" {
	machine
	chmod g+w "$R/etc/cron.d/sysstat"
	import --root "$R"
	equal "status" "$status" 1
	equal "what is said" "$output" \
		"/etc/cron.d/sysstat: cron(8) does not read it, as others than root can write to it
everyctl: 3 jobs from 2 crontabs; 1 thing was not imported, see above"
	good 3
	# But if it is asked for.
	import --root "$R" /etc/cron.d/sysstat
	equal "status" "$status" 0
	good
	# A user's is to be the user's alone.
	chmod 0644 "$R/etc/cron.d/sysstat" "$R/var/spool/cron/crontabs/root"
	import --root "$R"
	[[ $output == *"/crontabs/root: cron(8) does not read it, as its mode is not 0600"* ]]
	chmod 0620 "$R/var/spool/cron/crontabs/root"
	import --root "$R"
	[[ $output == *"/crontabs/root: cron(8) does not read it, as others than its user can write to it"* ]]
	rm "$R/etc/debian_version"
	chmod 0644 "$R/var/spool/cron/crontabs/root"
	import --root "$R"
	equal "status, not on Debian" "$status" 0
}

@test "import follows links of a machine on that machine" {
	machine
	echo '@daily root here' >"$R/moved"
	mv "$R/etc/crontab" "$R/crontab.real"
	ln -s /crontab.real "$R/etc/crontab"
	ln -s ../../../../../../../../moved "$R/etc/cron.d/above"
	echo '@daily root elsewhere' >"$T/outside"
	ln -s "$T/outside" "$R/etc/cron.d/outside"
	import --root "$R"
	equal "status" "$status" 0
	equal "what is said" "$output" "everyctl: 5 jobs from 4 crontabs"
	grep -q "'here'" "$T/made"
	! grep -q elsewhere "$T/made"
}

@test "import overwrites nothing, and keeps what it writes from others" {
	echo '@daily secret' >"$T/tab"
	import "$T/tab"
	equal "mode" "$(stat -c %a "$T/made")" 600
	echo mine >"$T/there"
	run "$EVERYCTL" import -o "$T/there" "$T/tab"
	equal "status" "$status" 1
	[[ $output == *"cannot write $T/there: File exists"* ]]
	equal "what was there" "$(cat "$T/there")" mine
}

@test "import refuses a wrong command line" {
	for args in "--system --anacron x" "--user a --system x" "--system" "--user= x" "--nonsense"; do
		import $args
		equal "status of $args" "$status" 2
		[[ $output == *"Try 'everyctl help import'"* ]]
	done
}
