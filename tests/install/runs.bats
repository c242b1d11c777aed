# Bats. Runs under a real systemd: whose they are, what bounds them, what ends them, and who is told.
# Each test starts everyd anew, with jobs of its own.

load container

setup_file() {
	container_begin
	[[ -z $OBSTACLE ]] || return 0
	# The time that jobs get is what tests wait.
	echo 'stop_timeout = "100ms"' >>"$ROOT/etc/everyd/everyd.conf"
	hide_program >"$ROOT/usr/local/bin/hide"
	chmod 0755 "$ROOT/usr/local/bin/hide"
}

teardown_file() {
	container_end
}

setup() {
	container_attach
}

teardown() {
	container_tell
}

# --- helpers ------------------------------------------------------------------------------------

service=/sys/fs/cgroup/system.slice/everyd.service

# hide NAME: leaves a process behind that is found by that name, ignores SIGTERM, has a session of
# its own, and no parent; says its number.
hide_program() {
	cat <<-'END'
		#!/bin/bash
		trap "" TERM
		setsid bash -c '(exec -a "$0" sleep 1000) & echo "hidden $!"' "$1"
	END
}

# start: everyd anew, with the jobs on standard input, and no ledger. What is in /tmp goes: jobs that
# are to run once make a directory there.
start() {
	inside systemctl stop everyd
	inside systemctl reset-failed
	inside rm -rf /var/lib/everyd
	inside find /tmp -mindepth 1 -maxdepth 1 -name 'once-*' -exec rm -r {} +
	jobs_conf test
	mark
	inside systemctl start everyd
}

# reload: other jobs, from standard input. What runs goes on.
reload() {
	jobs_conf test
	mark
	inside systemctl reload everyd
	await journal_has '^reload: ' -t everyd
}

# The control groups below that of the service, without the one where systemd runs ExecReload.
groups() {
	inside find "$service" -mindepth 1 -type d -not -name .control -printf '%P\n' | sort
}

# Of those, the ones that have a process.
groups_in_use() {
	inside find "$service" -mindepth 2 -name cgroup.events -exec grep -l 'populated 1' {} + |
		sed "s|^$service/||; s|/cgroup.events||" | sort
}

is_idle() {
	status_has '^[0-9]+ jobs?, 0 running' && [[ $(groups_in_use) == daemon ]]
}

has_controller() {
	inside grep -qw "$1" "$service/cgroup.controllers"
}

# Not as one that has ended and is about to be reaped.
lives() {
	[[ $(inside ps -o stat= -p "$1") == [!Z]* ]]
}

# hidden JOB: the number of the first process that it hid.
hidden() {
	await journal_has '^hidden [0-9]+' -t "$1" >&2
	journal_has '^hidden' -t "$1" | sed -n '1s/hidden //p'
}

# But for what is hidden.
is_empty() {
	[[ -z $(inside ls -I control.sock "$1") ]]
}

# --- control groups -----------------------------------------------------------------------------

@test "each run has a control group of its own, the daemon another; they do not pile up" {
	start <<-'END'
		job "where" {
		    every       = "100ms"
		    overlap     = "allow"
		    max_running = 3
		    command     = 'cat /proc/self/cgroup; until [ -e /tmp/once-go ]; do sleep 0.1; done'
		}
		job "quick" {
		    every   = "100ms"
		    command = {"/bin/true"}
		}
	END
	inside grep -x '0::/system.slice/everyd.service/daemon' "/proc/$(property MainPID)/cgroup"
	await journal_counts 3 '^0::/system.slice/everyd.service/worker-[0-9]+$' -t where
	[ "$(journal_has '^0::' -t where | sort -u | wc -l)" -eq 3 ]
	await journal_counts 20 '^ok in' -t quick
	inside mkdir /tmp/once-go
	reload </dev/null
	await is_idle
	[ -z "$(groups | grep -v -x -E 'daemon|worker-[0-9]+')" ]
	# Those that are used again: not more than there are workers.
	(($(groups | wc -l) <= 1 + 8))
}

@test "after it has stopped there is no control group" {
	start <<-'END'
		job "quick" {
		    every   = "100ms"
		    command = {"/bin/true"}
		}
	END
	await journal_counts 5 '^ok in' -t quick
	inside systemctl stop everyd
	inside test ! -e "$service"
}

@test "leftovers: a double-forked daemon with its own session does not outlive the run" {
	start <<-'END'
		defaults {
		    only_if    = 'mkdir /tmp/once-$EVERYD_JOB 2>/dev/null'
		    kill_grace = "100ms"
		}
		job "hides" {
		    every   = "1s"
		    command = {"hide", "everyd-test-hides"}
		}
		job "bare" {
		    every   = "1s"
		    command = 'exec env -i /usr/local/bin/hide everyd-test-bare'
		}
	END
	for job in hides bare; do
		pid=$(hidden "$job")
		await journal_has "left 1 process running, which will be stopped: .* \($pid\)$" \
			-t "$job" -p warning
		await journal_has "killing 1 process that did not end .* \($pid\)$" -t "$job"
		await journal_has '^ok in' -t "$job"
		run lives "$pid"
		[ "$status" -ne 0 ]
	done
}

@test "leftovers: they live on where they are to, until everyd stops" {
	start <<-'END'
		job "leaves" {
		    every    = "1s"
		    only_if  = 'mkdir /tmp/once-$EVERYD_JOB 2>/dev/null'
		    leftover = "leave"
		    command  = {"hide", "everyd-test-leaves"}
		}
	END
	pid=$(hidden leaves)
	await journal_has "left 1 process running: .* \($pid\)$" -t leaves
	await journal_has '^ok in' -t leaves
	lives "$pid"
	inside systemctl stop everyd
	run lives "$pid"
	[ "$status" -ne 0 ]
	await journal_has 'killed 1 process that jobs had left behind' -t everyd
	inside test ! -e "$service"
}

@test "timeout: reaches all of them" {
	start <<-'END'
		job "late" {
		    every      = "1s"
		    only_if    = 'mkdir /tmp/once-$EVERYD_JOB 2>/dev/null'
		    timeout    = "2s"
		    kill_grace = "100ms"
		    command    = 'env -i /usr/local/bin/hide everyd-test-late; sleep 1000'
		}
	END
	pid=$(hidden late)
	await journal_has '^timeout: killed by SIGTERM after ([2-9]|[1-9][0-9])' -t late
	run lives "$pid"
	[ "$status" -ne 0 ]
	await is_idle
}

@test "timeout: after one run was killed the next is not" {
	start <<-'END'
		job "late" {
		    every      = "1s"
		    timeout    = "200ms"
		    kill_grace = 0
		    command    = {"sleep", "1000"}
		}
	END
	await journal_counts 3 '^timeout: killed by SIGKILL after [2-9]..ms' -t late
	run journal_has '^failed' -t late
	[ "$status" -ne 0 ]
}

@test "kill -9: no process and no control group of the old one is left" {
	start <<-'END'
		job "hides" {
		    every   = "1s"
		    command = 'env -i /usr/local/bin/hide everyd-test-old; sleep 1000'
		}
		job "stubborn" {
		    every   = "1s"
		    shell   = "/bin/bash"
		    command = 'trap "" TERM; exec -a everyd-test-old sleep 1000'
		}
	END
	pid=$(hidden hides)
	await has_process everyd-test-old
	[[ $(groups) == *worker-2 ]]
	jobs_conf test <<-'END'
		job "new" {
		    every   = "1s"
		    command = {"/bin/true"}
		}
	END
	daemon=$(property MainPID)
	inside kill -KILL "$daemon"
	await is_active_anew "$daemon"
	has_no_process everyd-test-old
	run lives "$pid"
	[ "$status" -ne 0 ]
	await journal_has '^ok in' -t new
	[ "$(groups)" = $'daemon\nworker-1' ]
}

# --- limits -------------------------------------------------------------------------------------

@test "memory_max: bounds the job, or it is said that it does not" {
	start <<-'END'
		job "eater" {
		    every      = "1s"
		    memory_max = "16M"
		    command    = 'head --bytes=64M /dev/zero | tail --lines=1 >/dev/null'
		}
	END
	await journal_has '.' -t eater
	if has_controller memory; then
		await journal_has '^failed.*out of memory' -t eater
		run status_has 'no effect'
		[ "$status" -ne 0 ]
	else
		await journal_has '^memory_max of 1 job has no effect: .*memory' -t everyd -p warning
		await status_has '; memory_max of 1 job has no effect'
		await journal_has '^ok in' -t eater
		# Until nobody asks for it any more.
		reload <<-'END'
			job "eater" {
			    every   = "1s"
			    command = {"/bin/true"}
			}
		END
		run status_has 'no effect'
		[ "$status" -ne 0 ]
	fi
}

# --- identity and output ------------------------------------------------------------------------

@test "user: her name, her groups, her home, and no more rights than she has" {
	inside usermod --append --groups adm ann
	start <<-'END'
		job "hers" {
		    every   = "1s"
		    user    = "ann"
		    command = 'id -un; id -Gn; echo "$USER at home in $HOME, and in $PWD"; cat /etc/shadow'
		}
	END
	await journal_has '^ann$' -t hers
	await journal_has '^ann adm$' -t hers
	await journal_has '^ann at home in /home/ann, and in /home/ann$' -t hers
	await journal_has 'shadow: Permission denied$' -t hers EVERYD_STREAM=stderr
	await journal_has '^failed: exit status 1' -t hers -p warning
}

@test "output: to the journal or to standard error, wherever the daemon's messages go" {
	mkdir -p "$ROOT/etc/systemd/system/everyd.service.d"
	cat >"$ROOT/etc/systemd/system/everyd.service.d/test.conf" <<-'END'
		[Service]
		ExecStart=
		ExecStart=/usr/local/sbin/everyd --log stderr
	END
	inside systemctl daemon-reload
	start <<-'END'
		job "journal" {
		    every   = "1s"
		    output  = "journal"
		    command = 'echo "a line of $EVERYD_RUN"; echo "<3>an error"; echo "<7>a detail" >&2'
		}
		job "stderr" {
		    every   = "1s"
		    output  = "stderr"
		    command = 'echo "a line of $EVERYD_RUN"'
		}
	END
	await journal_has '^a line of [0-9]+$' -t journal EVERYD_JOB=journal EVERYD_STREAM=stdout \
		PRIORITY=6
	await journal_has '^an error$' -t journal EVERYD_STREAM=stdout PRIORITY=3
	await journal_has '^a detail$' -t journal EVERYD_STREAM=stderr PRIORITY=7
	run journal -t journal -o json --output-fields=EVERYD_RUN,MESSAGE
	[[ ${lines[0]} =~ \"EVERYD_RUN\":\"([0-9]+)\" ]]
	[[ ${lines[0]} == *"\"MESSAGE\":\"a line of ${BASH_REMATCH[1]}\""* ]]
	await journal_has 'stderr\[[0-9]+\]: a line of [0-9]+$' -t everyd
	# The verdicts go where everyd's own messages do.
	await journal_has 'journal\[[0-9]+\]: ok in' -t everyd
	rm -r "$ROOT/etc/systemd/system/everyd.service.d"
	inside systemctl daemon-reload
}

@test "output: into files, with the directories above, as the user" {
	inside install -d -o ann /var/log/hers
	start <<-'END'
		job "mine" {
		    every   = "1s"
		    output  = '/var/log/%j/%Y/%m.log'
		    command = 'echo "first run: $EVERYD_RUN"; echo "<3>as it is" >&2'
		}
		job "hers" {
		    every   = "1s"
		    user    = "ann"
		    output  = '/var/log/%j/logs/%r.log'
		    command = 'echo "run $EVERYD_RUN"'
		}
	END
	mine=/var/log/mine/$(inside date +%Y/%m).log
	await inside grep -qx '<3>as it is' "$mine"
	[ "$(inside stat -c '%U %a' "$mine")" = 'root 640' ]
	await journal_counts 2 '^ok in' -t mine
	# It is appended to.
	(($(inside grep -c '^first run' "$mine") >= 2))
	await journal_has '^ok in' -t hers
	file=$(inside find /var/log/hers/logs -name '*.log' -print -quit)
	[ "$(inside cat "$file")" = "run $(basename "$file" .log)" ]
	[ "$(inside stat -c %U /var/log/hers/logs)" = ann ]
	[ -z "$(inside find /var/log/hers -not -user ann)" ]
	run journal_has '.' -t mine EVERYD_STREAM=stdout
	[ "$status" -ne 0 ]
}

# --- somebody is told ---------------------------------------------------------------------------

# mailbox PYTHON: with `mails`, all that are in the mailbox of ann.
mailbox() {
	python3 - "$ROOT/var/mail/ann" <<-END
		import email.policy, mailbox, sys
		parse = lambda f: email.message_from_binary_file(f, policy=email.policy.default)
		mails = list(mailbox.mbox(sys.argv[1], factory=parse))
		$(sed 's/^\t*//' <<<"$1")
	END
}

has_mails() {
	[[ -f $ROOT/var/mail/ann ]] && mailbox "assert len(mails) >= $1"
}

# What dma has taken and not delivered yet.
mail_is_delivered() {
	[[ -z $(ls "$ROOT/var/spool/dma" | grep -v '^flush$') ]]
}

@test "mail: one when it begins to fail, one when that is over, through Debian's dma" {
	start <<-'END'
		job "Backup" {
		    every     = "100ms"
		    user      = "ann"
		    mailto    = "ann"
		    mail_when = "change"
		    command   = 'echo "Größe: 3 €"; echo "so what" >&2; test -e /tmp/once-mended'
		}
	END
	await has_mails 1
	await journal_counts 5 '^failed: exit status 1' -t Backup
	inside mkdir /tmp/once-mended
	await has_mails 2
	inside systemctl stop everyd
	await mail_is_delivered
	mailbox '
		assert len(mails) == 2, len(mails)
		failure, recovery = mails
		for mail in mails:
		    assert not mail.defects, mail.defects
		    assert mail["Auto-Submitted"] == "auto-generated"
		    assert mail["To"] == "ann", mail["To"]
		    assert mail["From"].addresses[0].username == "root", mail["From"]
		    assert "Backup" in mail["Subject"], mail["Subject"]
		    assert "Größe: 3 €\n" in mail.get_content(), mail.get_content()
		assert "failed (exit status 1)" in failure["Subject"], failure["Subject"]
		assert "so what\n" in failure.get_content(), failure.get_content()
		assert "recovered" in recovery["Subject"], recovery["Subject"]
		assert failure["Message-ID"] != recovery["Message-ID"]
	'
	run journal_has . -t Backup -p warning --grep='^mail'
	[ "$status" -ne 0 ]
}

@test "mail: without a program that takes them, that is said" {
	mv "$ROOT/usr/sbin/sendmail" "$ROOT/usr/sbin/sendmail.away"
	start <<-'END'
		job "sad" {
		    every   = "1s"
		    mailto  = "ann"
		    command = 'exit 1'
		}
	END
	await journal_has '^mailto of 1 job has no effect: .*/usr/sbin/sendmail' -t everyd -p warning
	await status_has '; mailto of 1 job has no effect'
	await journal_has '^mail: .*No such file' -t sad -p warning
	mv "$ROOT/usr/sbin/sendmail.away" "$ROOT/usr/sbin/sendmail"
}

@test "hooks: as the job's user, with the output in a file that only she can read" {
	start <<-'END'
		job "hook" {
		    every      = "1s"
		    user       = "ann"
		    command    = 'echo "what it printed"; exit 3'
		    on_failure = 'id -un
		        stat -c "%U %a" "$EVERYD_OUTPUT_FILE" "${EVERYD_OUTPUT_FILE%/*}"
		        cat "$EVERYD_OUTPUT_FILE"
		        echo "$EVERYD_HOOK: $EVERYD_VERDICT $EVERYD_EXIT $EVERYD_FAILURES"
		        until [ -e /tmp/once-go ]; do sleep 0.1; done'
		}
	END
	await journal_has '^failure: failed 3 1$' -t hook
	journal_has '^ann$' -t hook
	journal_has '^ann [46]00$' -t hook
	journal_has '^root 755$' -t hook
	journal_counts 2 '^what it printed$' -t hook
	[ "$(inside ls -I control.sock /run/everyd | wc -l)" -eq 1 ]
	inside mkdir /tmp/once-go
	await is_empty /run/everyd
	[ "$(property ActiveState)" = active ]
}

# --- a user's own -------------------------------------------------------------------------------

@test "a user's own everyd: control groups there as well" {
	inside systemctl stop everyd
	mkdir -p "$ROOT/home/ann/.config/everyd"
	cat >"$ROOT/home/ann/.config/everyd/everyd.conf" <<-'END'
		stop_timeout = "100ms"
		job "where" {
		    every   = "1s"
		    command = 'cat /proc/self/cgroup'
		}
		job "hides" {
		    every      = "1s"
		    only_if    = 'mkdir /tmp/once-$EVERYD_JOB 2>/dev/null'
		    kill_grace = "100ms"
		    command    = 'exec env -i /usr/local/bin/hide everyd-test-hers'
		}
		job "eater" {
		    every      = "1s"
		    memory_max = "16M"
		    output     = '~/logs/%j.log'
		    command    = 'echo eaten'
		}
	END
	chmod 0644 "$ROOT/home/ann/.config/everyd/everyd.conf"
	inside chown -R ann: /home/ann/.config
	inside find /tmp -mindepth 1 -maxdepth 1 -name 'once-*' -exec rm -r {} +
	inside loginctl enable-linger ann
	await inside test -S /run/user/1000/bus
	mark
	inside_as_ann systemctl --user start everyd
	slice=/user.slice/user-1000.slice/user@1000.service/app.slice/everyd.service
	await journal_has "^0::$slice/worker-[0-9]+\$" -t where _UID=1000
	inside grep -x "0::$slice/daemon" \
		"/proc/$(inside_as_ann systemctl --user show --value -p MainPID everyd)/cgroup"
	pid=$(hidden hides)
	await journal_has '^ok in' -t hides
	run lives "$pid"
	[ "$status" -ne 0 ]
	inside grep -qw memory "/sys/fs/cgroup$slice/cgroup.controllers" ||
		journal_has '^memory_max of 1 job has no effect' -t everyd _UID=1000
	await inside grep -x eaten /home/ann/logs/eater.log
	inside_as_ann systemctl --user stop everyd
	inside test ! -e "/sys/fs/cgroup$slice"
	inside loginctl disable-linger ann
}
