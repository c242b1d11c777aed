# Bats. everyd under a real systemd. The tests go on from one another, as a machine's life does.

load container

setup_file() {
	container_begin
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

@test "install: systemd finds nothing wrong with the units" {
	run inside systemd-analyze verify --man=no everyd.service
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run inside env XDG_RUNTIME_DIR=/run systemd-analyze --user verify --man=no everyd.service
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "install: the default configuration starts, with no jobs" {
	mark
	inside systemctl start everyd
	is_active
	await status_has '^0 jobs'
	inside systemctl stop everyd
	[ "$(property Result)" = success ]
}

@test "systemctl enable --now: ready, with a status" {
	# So that no later test waits long for jobs that sleep.
	echo 'stop_timeout = "1s"' >>"$ROOT/etc/everyd/everyd.conf"
	jobs_conf first <<-'END'
		job "talk" {
		    every   = "1s"
		    command = 'echo "to stdout $EVERYD_RUN"; echo "to stderr" >&2; printf unfinished'
		}
		job "quick" {
		    every   = "100ms"
		    command = {"/bin/true"}
		}
	END
	mark
	inside systemctl enable --now everyd
	is_active
	await status_has '^2 jobs, .*next'
	[ "$(property NRestarts)" = 0 ]
}

@test "everyctl: reads the machine's configuration, in its local time" {
	run inside everyctl check
	[ "$output" = "/etc/everyd/everyd.conf: ok, 2 jobs" ]
	run inside everyctl names
	[ "$output" = $'quick\ntalk' ]
	run inside everyctl next talk --count 3 --no-header
	[ "${#lines[@]}" -eq 3 ]
	[[ $output == *talk* ]]
	run inside everyctl next --cron '30 2 * * *' --zone Europe/Berlin --from 2027-03-28 --count 1
	echo "$output"
	[[ $output == *'2027-03-28 03:00:00 CEST'* ]]
}

@test "the journal has the output of jobs by line, with the fields" {
	await journal_has '^to stdout' -t talk EVERYD_JOB=talk EVERYD_STREAM=stdout
	await journal_has '^to stderr$' -t talk EVERYD_JOB=talk EVERYD_STREAM=stderr
	await journal_has '^unfinished$' -t talk EVERYD_JOB=talk EVERYD_STREAM=stdout
	run journal -t talk -o json --output-fields=EVERYD_RUN,PRIORITY,_COMM \
		EVERYD_STREAM=stdout
	[[ ${lines[0]} =~ \"EVERYD_RUN\":\"[0-9]+\" ]]
	[[ ${lines[0]} =~ \"PRIORITY\":\"6\" ]]
	[[ ${lines[0]} =~ \"_COMM\":\"everyd\" ]]
}

@test "the journal has the verdict of each run under the job's name" {
	await journal_counts 2 '^ok in' -t talk EVERYD_JOB=talk
	await journal_counts 10 '^ok in' -t quick EVERYD_JOB=quick
	run journal_has . -t quick EVERYD_STREAM=stdout
	[ "$status" -ne 0 ]
}

@test "what the daemon says of itself is its own" {
	await journal_has '^everyd .* started: 2 jobs' -t everyd
}

@test "reload: new, changed and removed jobs, in one line" {
	jobs_conf first <<-'END'
		job "talk" {
		    every   = "1s"
		    command = "echo changed"
		}
		job "new" {
		    every   = "1s"
		    command = "echo new"
		}
	END
	mark
	pid=$(property MainPID)
	inside systemctl reload everyd
	await journal_has 'reload: 1 added, 1 changed, 1 removed, 0 unchanged' -t everyd
	await journal_has '^new$' -t new
	await journal_has '^changed$' -t talk
	is_active
	[ "$(property MainPID)" = "$pid" ]
}

@test "reload: a bad configuration is refused, shown, and changes nothing" {
	cp "$ROOT/etc/everyd/jobs.d/first.conf" "$BATS_FILE_TMPDIR/good"
	jobs_conf first <<-'END'
		job "talk" {
		    every   = "1 fortnight"
		    command = "echo unwanted"
		}
	END
	mark
	pid=$(property MainPID)
	run inside systemctl reload everyd
	[ "$status" -ne 0 ]
	await journal_has 'first.conf:2: .*fortnight' -t everyd
	await status_has 'RELOAD FAILED.*first.conf:2'
	mark
	await journal_counts 2 '^changed$' -t talk
	await journal_counts 2 '^new$' -t new
	is_active
	[ "$(property MainPID)" = "$pid" ]
}

@test "journalctl -x explains what went wrong, and fields find all of a job" {
	inside journalctl --update-catalog
	run inside journalctl --no-pager -x MESSAGE_ID=abc7c51724ca4f18a691c15d87af2b76
	echo "$output"
	[[ $output == *'reload failed: the previous configuration stays in force'* ]]
	[[ $output == *'Subject: The configuration is wrong; the previous one stays in force'* ]]
	[[ $output == *'everyctl check'* ]]
	await journal_has '^ok in' EVERYD_JOB=talk EVERYD_VERDICT=ok MESSAGE_ID=2d198eabb0514fd0915f519a9d7537ec
	run journal -o json --output-fields=EVERYD_SLOT,EVERYD_RUN EVERYD_JOB=talk EVERYD_VERDICT=ok
	[[ ${lines[0]} =~ \"EVERYD_SLOT\":\"[0-9]{4}-[0-9-]{5}T[0-9:]{8}\.000000Z\" ]]
}

@test "reload: when the configuration is mended the status is" {
	jobs_conf first <"$BATS_FILE_TMPDIR/good"
	mark
	inside systemctl reload everyd
	await journal_has 'reload: 0 added, 0 changed, 0 removed, 2 unchanged' -t everyd
	await status_has '^2 jobs'
	run status_has 'FAILED'
	[ "$status" -ne 0 ]
}

@test "the group that is installed: its members look, and nobody else" {
	inside systemd-sysusers
	inside systemctl reload everyd
	run inside_as_ann everyctl status
	echo "$output"
	[ "$status" -eq 4 ]
	[[ $output == *'you are not in group everyd'* ]]
	inside usermod --append --groups everyd ann
	inside_as_ann everyctl status
	run inside_as_ann everyctl pause talk
	echo "$output"
	[ "$status" -eq 4 ]
	inside gpasswd --delete ann everyd
}

@test "everyd.socket, as the manual has it: who asks while everyd is stopped starts it" {
	run sed -n '/^A unit for that/,/^\.Sh/s/^\.Dl \(systemctl .*\)/\1/p' man/everyd.8
	[ "${#lines[@]}" -eq 4 ]
	leave=${lines[3]}
	for command in "${lines[@]:0:3}"; do
		inside sh -c "$command"
	done
	is_active
	[ "$(inside systemctl is-active everyd.socket)" = active ]
	pid=$(property MainPID)
	inside everyctl status
	inside systemctl restart everyd
	inside everyctl status
	inside systemctl stop everyd
	[ "$(property ActiveState)" = inactive ]
	inside everyctl status
	is_active
	[ "$(property MainPID)" != "$pid" ]
	inside sh -c "$leave"
	run inside everyctl status
	echo "$output"
	[ "$status" -eq 3 ]
	[[ $output == *'systemctl start everyd'* ]]
	inside systemctl disable everyd.socket
	# These were more starts than would be well in a minute.
	inside systemctl reset-failed
	inside systemctl start everyd
	inside everyctl status
}

@test "kill -9: systemd starts it anew, and the jobs it had do not live on" {
	jobs_conf long <<-'END'
		job "long" {
		    every   = "1s"
		    command = "exec -a everyd-test-long sleep 1000"
		    shell   = "/bin/bash"
		}
	END
	inside systemctl reload everyd
	await has_process everyd-test-long
	old=$(has_process everyd-test-long)
	pid=$(property MainPID)
	mark
	inside kill -KILL "$pid"
	await is_active_anew "$pid"
	run inside kill -0 "$old"
	[ "$status" -ne 0 ]
	await journal_has '^new$' -t new
	rm "$ROOT/etc/everyd/jobs.d/long.conf"
}

# ledger QUERY
ledger() {
	inside sqlite3 -batch -cmd '.timeout 20000' /var/lib/everyd/ledger.db "$1"
}

@test "kill -9: the ledger has all of it, and the numbers of runs go on" {
	jobs_conf lost <<-'END'
		job "lost" {
		    every   = "1s"
		    overlap = "skip"
		    command = "exec -a everyd-test-lost sleep 1000"
		    shell   = "/bin/bash"
		}
	END
	mark
	inside systemctl reload everyd
	await has_process everyd-test-lost
	await journal_counts 3 '^ok in' -t new
	pid=$(property MainPID)
	inside systemctl kill --signal=KILL --kill-whom=main everyd
	await is_active_anew "$pid"
	before=$(ledger 'SELECT max(id) FROM run WHERE life < (SELECT max(id) FROM life)')
	mark
	await journal_counts 2 '^ok in' -t new
	run journal -t new -o json --output-fields=EVERYD_RUN --grep='^ok in'
	[[ ${lines[0]} =~ \"EVERYD_RUN\":\"([0-9]+)\" ]]
	((BASH_REMATCH[1] > before))
	[ "$(ledger "SELECT stopped IS NULL FROM life ORDER BY id DESC LIMIT 1 OFFSET 1")" = 1 ]
	[ "$(ledger "SELECT count(*) FROM history WHERE job = 'lost' AND verdict = 'lost'")" -ge 1 ]
	# From before and from after it each slot is there, and once.
	[ -z "$(ledger "SELECT slot FROM run JOIN job ON number = job WHERE name = 'new'
		GROUP BY slot HAVING count(*) > 1")" ]
	[ "$(ledger "SELECT (max(last) - min(first)) / 1000000 + 1 - sum(count)
		FROM (SELECT job, slot AS first, slot AS last, 1 AS count FROM run
			UNION ALL SELECT job, first, last, count FROM streak)
		JOIN job ON number = job WHERE name = 'new'")" = 0 ]
	rm "$ROOT/etc/everyd/jobs.d/lost.conf"
	inside systemctl reload everyd
}

@test "the ledger is root's alone, and read as the manual says" {
	[ "$(inside stat -c '%U %a' /var/lib/everyd)" = 'root 700' ]
	run inside everyctl history new
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *" ok "* ]]
	query=$(sed -n "/^sqlite3 -box .*SELECT slot, verdict/,/LIMIT/{s/\\\\e\$/\\\\/; s/'backup'/'new'/; p}" man/everyd.8)
	[[ $query == *LIMIT* ]]
	run inside bash -c "$query"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[1]} == *slot*verdict*because*occurrences* ]]
	[[ $output == *" ok "* ]]
}

@test "watchdog: a daemon that hangs is started anew" {
	mkdir -p "$ROOT/etc/systemd/system/everyd.service.d"
	printf '[Service]\nWatchdogSec=2s\n' >"$ROOT/etc/systemd/system/everyd.service.d/test.conf"
	inside systemctl daemon-reload
	inside systemctl restart everyd
	pid=$(property MainPID)
	mark
	inside kill -STOP "$pid"
	await is_active_anew "$pid"
	journal_has 'Watchdog timeout' -u everyd
	await journal_has '^new$' -t new
}

@test "watchdog: a daemon that works is left alone, long jobs or not" {
	jobs_conf long <<-'END'
		job "long" {
		    every   = "1s"
		    command = "sleep 1000"
		}
	END
	inside systemctl reload everyd
	mark
	pid=$(property MainPID)
	# Three times as long as the watchdog waits, counted by another job.
	await journal_counts 6 '^new$' -t new
	[ "$(property MainPID)" = "$pid" ]
	rm -r "$ROOT/etc/everyd/jobs.d/long.conf" "$ROOT/etc/systemd/system/everyd.service.d"
	inside systemctl daemon-reload
}

@test "stop: jobs that run, that ignore SIGTERM, that hide in the background: none survives" {
	jobs_conf tree <<-'END'
		defaults {
		    kill_grace = "500ms"
		    shell      = "/bin/bash"
		}
		job "plain" {
		    every   = "1s"
		    command = "exec -a everyd-test-plain sleep 1000"
		}
		job "stubborn" {
		    every   = "1s"
		    command = 'trap "" TERM; exec -a everyd-test-stubborn sleep 1000'
		}
		job "background" {
		    every   = "1s"
		    command = 'setsid -f bash -c "exec -a everyd-test-background sleep 1000"; sleep 1000'
		}
	END
	inside systemctl restart everyd
	await has_process everyd-test-plain
	await has_process everyd-test-stubborn
	await has_process everyd-test-background
	mark
	inside systemctl stop everyd
	[ "$(property Result)" = success ]
	[ "$(property ExecMainStatus)" = 0 ]
	has_no_process everyd-test-plain
	has_no_process everyd-test-stubborn
	has_no_process everyd-test-background
	has_no_process sleep
	# It was the daemon that ended them.
	run journal_has 'Killing process' -u everyd
	[ "$status" -ne 0 ]
	await journal_has 'stopped after' -t everyd
	rm "$ROOT/etc/everyd/jobs.d/tree.conf"
}

@test "stop: jobs get the time they may have, even if systemd would not wait as long" {
	sed -i 's/^stop_timeout.*/stop_timeout = "1m"/' "$ROOT/etc/everyd/everyd.conf"
	mkdir -p "$ROOT/etc/systemd/system/everyd.service.d"
	printf '[Service]\nTimeoutStopSec=1s\n' >"$ROOT/etc/systemd/system/everyd.service.d/test.conf"
	jobs_conf slow <<-'END'
		job "slow" {
		    every   = "1s"
		    command = "echo begun; sleep 3; echo completed"
		}
	END
	inside systemctl daemon-reload
	mark
	inside systemctl start everyd
	await journal_has '^begun$' -t slow
	inside systemctl stop everyd
	[ "$(property Result)" = success ]
	await journal_has '^completed$' -t slow
	sed -i 's/^stop_timeout.*/stop_timeout = "1s"/' "$ROOT/etc/everyd/everyd.conf"
	rm -r "$ROOT/etc/everyd/jobs.d/slow.conf" "$ROOT/etc/systemd/system/everyd.service.d"
	inside systemctl daemon-reload
}

@test "a user's own everyd: her configuration, her rights, her journal" {
	mkdir -p "$ROOT/home/ann/.config/everyd"
	cat >"$ROOT/home/ann/.config/everyd/everyd.conf" <<-'END'
		job "mine" {
		    every   = "1s"
		    command = 'echo "I am $(id -un)"'
		}
	END
	chmod 0644 "$ROOT/home/ann/.config/everyd/everyd.conf"
	inside chown -R ann: /home/ann/.config
	inside loginctl enable-linger ann
	await inside test -S /run/user/1000/bus
	mark
	inside_as_ann systemctl --user enable --now everyd
	[ "$(inside_as_ann systemctl --user show --value -p SubState everyd)" = running ]
	await journal_has '^I am ann$' -t mine _UID=1000 EVERYD_STREAM=stdout
	inside_as_ann systemctl --user reload everyd
	await journal_has 'reload: .*1 unchanged' -t everyd _UID=1000
	inside_as_ann systemctl --user disable --now everyd
	[ "$(inside_as_ann systemctl --user show --value -p Result everyd)" = success ]
	inside loginctl disable-linger ann
}

@test "it starts when the machine boots" {
	container_stop
	container_boot
	mark
	is_active
	await journal_has '^new$' -t new -b
}

@test "uninstall: not while it is enabled; then nothing is left but what people wrote" {
	run make_quietly uninstall
	[ "$status" -ne 0 ]
	[[ $output == *"disable --now everyd"* ]]
	inside test -x /usr/local/sbin/everyd
	inside systemctl disable --now everyd
	rm "$ROOT/etc/everyd/jobs.d/first.conf"
	cp "$ROOT/usr/local/share/doc/everyd/everyd.conf" "$ROOT/etc/everyd/everyd.conf"
	run make_quietly uninstall
	[ "$status" -eq 0 ]
	[[ $output == *"/var/lib/everyd has the ledger and stays; PURGE=1 removes it"* ]]
	[ "$(ledger 'PRAGMA integrity_check')" = ok ]
	make_quietly uninstall PURGE=1
	run inside find / -xdev -path /home/ann -prune -o -path /var/log -prune -o -name '*everyd*' -print
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}
