# Mails, as a program in sendmail's place gets them.
load lib.bash

# Takes mails into $T/mail.N, one after the other, and notes each in $T/mailed.
fake_sendmail() {
	cat >"$T/sendmail" <<-END
		#!/bin/sh
		printf '%s\n' "\$@" >$T/args
		flock $T/lock sh -c 'n=\$(cat $T/n 2>/dev/null || echo 0); cat >$T/mail.\$((n + 1)); echo \$((n + 1)) >$T/n; echo mail >>$T/mailed'
	END
	chmod 0755 "$T/sendmail"
}

# mail_conf: the configuration on standard input behind the options of the top level.
mail_conf() {
	{ printf 'sendmail = "%s/sendmail"\nmail_from = "everyd@example.org"\n' "$T" && cat; } | conf
}

await_mails() {
	await_in "$T/mailed" "$1" mail >/dev/null
}

# subjects: of all mails so far.
subjects() {
	grep -hE '^Subject: ' "$T"/mail.* | sed 's/^Subject: //'
}

# body N: of a mail, decoded.
body() {
	python3 - "$T/mail.$1" <<-'END'
		import email, email.policy, sys
		m = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
		print(m.get_content())
	END
}

@test "a failure is a proper message" {
	fake_sendmail
	mail_conf <<-END
		job "j" { every = "100ms" command = 'echo "the disk is füll"; exit 9' mailto = {"ops@example.org", "root"} }
	END
	start
	await_mails 1
	await 3 'everyd: j\[[0-9]+\]: failed'
	stop
	equal arguments "$(cat "$T/args")" "$(printf -- '-i\n-t')"
	equal "mails for a row of failures" "$(ls "$T"/mail.* | wc -l)" 1
	python3 - "$T/mail.1" <<-'END'
		import email, email.policy, email.utils, sys
		raw = open(sys.argv[1], "rb").read()
		m = email.message_from_bytes(raw, policy=email.policy.default)
		assert not m.defects, m.defects
		assert raw.isascii() and b"\r" not in raw
		assert all(len(line) <= 998 for line in raw.split(b"\n"))
		assert m["From"].addresses[0].addr_spec == "everyd@example.org"
		assert "ops@example.org" in m["To"] and "root" in m["To"], m["To"]
		assert "j" in m["Subject"] and "failed" in m["Subject"], m["Subject"]
		assert "exit status 9" in m["Subject"], m["Subject"]
		assert m["Auto-Submitted"] == "auto-generated"
		assert m["Message-ID"].startswith("<") and "@" in m["Message-ID"]
		assert m["Date"].datetime
		assert m["MIME-Version"] == "1.0"
		body = m.get_content()
		assert "the disk is füll" in body, body
		assert "exit status 9" in body, body
	END
}

@test "mail_when: failure and change" {
	fake_sendmail
	mail_conf <<-END
		defaults { mailto = "root" }
		job "failure" { every = "100ms" command = 'mkdir $T/one 2>/dev/null && exit 1; true' }
		job "change" { every = "100ms" mail_when = "change" command = 'mkdir $T/two 2>/dev/null && exit 1; true' }
	END
	start
	await_mails 3
	await $(($(count 'everyd: change\[[0-9]+\]: ok') + 2)) 'everyd: change\[[0-9]+\]: ok'
	stop
	equal subjects "$(subjects | sed -E 's/everyd: ([a-z]+) on .* (failed|recovered).*/\1 \2/' | sort)" \
		"$(printf '%s\n' "change failed" "change recovered" "failure failed")"
}

@test "mail_when: output and always" {
	fake_sendmail
	mail_conf <<-END
		defaults { mailto = "root" }
		job "silent" { every = "100ms" mail_when = "output" command = "true" }
		job "prints" { every = "100ms" mail_when = "output" command = 'mkdir $T/one 2>/dev/null && echo hello' success_exit = {1} }
		job "always" { every = "100ms" mail_when = "always" command = "true" }
	END
	start
	await_mails 3
	await 3 'everyd: silent\[[0-9]+\]: ok'
	stop
	equal "mails of silence" "$(subjects | grep -c ' silent ' || true)" 0
	equal "mails of output" "$(subjects | grep -c ' prints ')" 1
	[ "$(subjects | grep -c ' always .* succeeded')" -ge 2 ]
}

@test "long output is cut, with a note" {
	fake_sendmail
	mail_conf <<-END
		job "j" { every = "100ms" output_keep = "1K" output = "discard" command = 'echo first; seq 100000; echo last; exit 1' mailto = "root" }
	END
	start
	await_mails 1
	stop
	body 1 >"$T/body"
	[ "$(stat -c %s "$T/body")" -lt 4096 ]
	grep -qx first "$T/body"
	grep -qx last "$T/body"
	grep -qiE 'left out|omitted|missing' "$T/body"
}

@test "a sendmail that is stuck is stopped, said, and piles nothing up" {
	printf '#!/bin/sh\necho $$ >>%s/stuck\nexec %s/stubborn ignore\n' "$T" "$H" >"$T/sendmail"
	chmod 0755 "$T/sendmail"
	mail_conf <<-END
		defaults { hook_timeout = "300ms" kill_grace = "100ms" }
		job "j" { every = "100ms" command = "false" notify_when = "always" mailto = "root" }
	END
	start
	await 2 'everyd: j\[[0-9]+\]: mail: stopped after hook_timeout'
	await 'everyd: j\[[0-9]+\]: nobody is told \(mail\): another one of the job takes its turn'
	await 5 'everyd: j\[[0-9]+\]: failed'
	stop
}

@test "a sendmail that fails is said" {
	printf '#!/bin/sh\nexit 75\n' >"$T/sendmail"
	chmod 0755 "$T/sendmail"
	mail_conf <<-END
		job "j" { every = "100ms" command = "false" mailto = "root" }
	END
	start
	await 'everyd: j\[1\]: mail: exit status 75'
	stop
}

@test "no sendmail: said at the start, at a reload and in the status, until it is there" {
	mail_conf <<-END
		job "a" { every = "1000d" command = "true" mailto = "root" }
		job "b" { every = "1000d" command = "true" mailto = "root" }
		job "c" { every = "1000d" command = "true" }
	END
	start
	await "everyd: mailto of 2 jobs has no effect: there is no program $T/sendmail "
	kill -USR1 "$PID"
	await 'everyd: status: 3 jobs, .*; mailto of 2 jobs has no effect$'
	kill -HUP "$PID"
	await 2 'everyd: mailto of 2 jobs has no effect: '
	fake_sendmail
	kill -USR1 "$PID"
	await 'everyd: status: 3 jobs, [^;]*$'
	kill -HUP "$PID"
	await 2 'everyd: reload: '
	stop
	equal "times it was said" "$(count 'everyd: mailto of 2 jobs has no effect: ')" 2
}

@test "mails after hooks" {
	fake_sendmail
	mail_conf <<-END
		job "j" { every = "100ms" command = "false" on_failure = 'ls $T | grep -c "^mail\\.1" >$T/before; echo hook' mailto = "root" }
	END
	start
	await_mails 1
	stop
	logged ' j\[1\]: hook'
	equal "mails when the hook ran" "$(cat "$T/before")" 0
}
