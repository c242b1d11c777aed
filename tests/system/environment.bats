# What a job finds in its environment, its directory, its standard input.
load lib.bash

# A variable that helpers/probe printed.
variable() {
	printed | sed -n "s/^env $1=//p"
}

@test "environment, a list or one text" {
	once "{\"$H/probe\"}" 'environment = {"A=1", "B=two words", "C=", "D=a=b"}'
	equal A "$(variable A)" 1
	equal B "$(variable B)" "two words"
	equal D "$(variable D)" a=b
	printed | grep -qx 'env C='
	fresh
	once "{\"$H/probe\"}" 'environment = "A=only"'
	equal A "$(variable A)" only
}

@test "what is built in can be replaced" {
	once "'echo \$HOME \$LANG'" 'environment = {"HOME=/elsewhere", "LANG=de_DE.UTF-8"}'
	equal output "$(printed)" "/elsewhere de_DE.UTF-8"
}

@test "a program is looked for in the PATH that the job gets" {
	mkdir "$T/bin"
	printf '#!/bin/sh\necho mine\n' >"$T/bin/everyd-test-program"
	chmod 755 "$T/bin/everyd-test-program"
	once '{"everyd-test-program"}' "environment = {\"PATH=$T/bin:/usr/bin:/bin\"}"
	equal output "$(printed)" mine
}

@test "pass_environment hands on what it names, and nothing else" {
	export EVT_ONE=1 EVT_TWO=2
	once "{\"$H/probe\"}" 'pass_environment = {"EVT_ONE", "EVT_NONE"}'
	equal EVT_ONE "$(variable EVT_ONE)" 1
	equal EVT_TWO "$(variable EVT_TWO)" ""
	! printed | grep 'env EVT_NONE' || return 1
}

@test "environment_file: quotes, comments, continued lines; read anew for each run" {
	cat >"$T/env" <<-'END'
		# a comment
		; another
		PLAIN=some words
		QUOTED="with \"quotes\" and # no comment"
		SINGLE='$HOME stays'
		LONG=one \
		two

		  INDENTED = x
	END
	once "{\"$H/probe\"}" "environment_file = \"$T/env\""
	equal PLAIN "$(variable PLAIN)" "some words"
	equal QUOTED "$(variable QUOTED)" 'with "quotes" and # no comment'
	equal SINGLE "$(variable SINGLE)" '$HOME stays'
	equal LONG "$(variable LONG)" "one two"
}

@test "environment_file: one that is missing fails the run, unless that is allowed" {
	once "'true'" "environment_file = \"$T/none\""
	logged 'everyd: j\[1\]: failed: environment_file: No such file or directory'
	fresh
	once "'true'" "environment_file = \"-$T/none\""
	logged 'everyd: j\[1\]: ok'
}

@test "environment_file: later files win, and files over environment; the job's facts over all" {
	echo A=first >"$T/one"
	printf 'A=second\nEVERYD_JOB=false\n' >"$T/two"
	once "{\"$H/probe\"}" 'environment = {"A=zero", "B=kept"}' \
		"environment_file = {\"$T/one\", \"$T/two\"}"
	equal A "$(variable A)" second
	equal B "$(variable B)" kept
	equal EVERYD_JOB "$(variable EVERYD_JOB)" j
	equal "how often" "$(printed | grep -c '^env EVERYD_JOB=')" 1
}

@test "environment_file: a user's symbolic link leads to no secret" {
	need_root
	echo STOLEN=secret >"$T/secret"
	chmod 600 "$T/secret"
	ln -s "$T/secret" "$T/link"
	chown -h nobody "$T/link"
	once "{\"$H/probe\"}" "environment_file = \"$T/link\"" 'user = "nobody"'
	logged 'everyd: j\[1\]: failed: environment_file: '
	never secret$
}

@test "environment_file: a secret of root's is for the job that is given it" {
	need_root
	echo TOKEN=xyz >"$T/secret"
	chmod 600 "$T/secret"
	once "'echo \$TOKEN'" "environment_file = \"$T/secret\"" 'user = "nobody"'
	equal output "$(printed)" xyz
}

@test "EVERYD_ATTEMPT counts from one" {
	once "'echo \$EVERYD_ATTEMPT'"
	equal output "$(printed)" 1
}

@test "workdir: a directory, the user's home, and one that is missing" {
	mkdir "$T/dir"
	once "'pwd'" "workdir = \"$T/dir\""
	equal output "$(printed)" "$T/dir"
	fresh
	home=$(getent passwd "$(id -u)" | cut -d: -f6)
	if [ -x "$home" ]; then
		once "'pwd'" 'workdir = "~"'
		equal output "$(printed)" "$(cd "$home" && pwd -P)"
		fresh
	fi
	once "'pwd'" "workdir = \"$T/none\""
	logged 'everyd: j\[1\]: failed: chdir'
	equal output "$(printed)" ""
}

@test "workdir: what the user may not enter" {
	need_root
	mkdir -m 700 "$T/dir"
	once "'pwd'" "workdir = \"$T/dir\"" 'user = "nobody"'
	logged 'everyd: j\[1\]: failed: chdir.*: Permission denied'
}

@test "stdin comes from a file" {
	echo input >"$T/in"
	once "'cat'" "stdin = \"$T/in\""
	equal output "$(printed)" input
	fresh
	once "'cat'" "stdin = \"$T/none\""
	logged 'everyd: j\[1\]: failed: stdin: No such file or directory'
}

@test "stdin is opened as the user" {
	need_root
	echo input >"$T/in"
	chmod 600 "$T/in"
	once "'cat'" "stdin = \"$T/in\"" 'user = "nobody"'
	logged 'everyd: j\[1\]: failed: stdin: Permission denied'
}

@test "umask" {
	once "'umask'" 'umask = "077"'
	equal output "$(printed)" 0077
	fresh
	umask 0
	once "'umask'"
	equal output "$(printed)" 0022
}
