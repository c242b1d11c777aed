# What the kernel holds a job to: what its options say, else what the daemon was started with.
load lib.bash

@test "open files: the daemon may have what it is allowed to, a job what it was started with" {
	conf <<-END
		job "j" { every = "100ms" command = 'echo \$(ulimit -Sn) of \$(ulimit -Hn)' }
	END
	hard=$(ulimit -Hn)
	[ "$hard" != 200 ] || skip "needs a hard limit of open files other than 200"
	ulimit -Sn 200
	start
	await " j\\[1\\]: 200 of $hard\$"
	equal "the daemon's limit" "$(awk '/^Max open files/ { print $4 }' "/proc/$PID/limits")" \
		"$hard"
	stop
}

@test "limits: soft and hard, with systemd's names" {
	once '{"cat", "/proc/self/limits"}' \
		'limits = {"NOFILE=64:128", "LimitCORE=0", "FSIZE=1G", "CPU=1m:2m", "STACK=infinity:infinity"}' \
		2>/dev/null
	printed | tr -s ' ' >"$T/limits"
	grep -qE '^Max open files 64 128 ' "$T/limits"
	grep -qE '^Max core file size 0 0 ' "$T/limits"
	grep -qE '^Max file size 1073741824 1073741824 ' "$T/limits"
	grep -qE '^Max cpu time 60 120 ' "$T/limits"
}

@test "limits: a job that goes beyond one" {
	once "'dd if=/dev/zero of=$T/big bs=1k count=100 2>/dev/null'" 'limits = {"FSIZE=10K"}'
	logged 'everyd: j\[1\]: failed: (killed by SIGXFSZ|exit status)'
	equal size "$(stat -c %s "$T/big")" 10240
}

@test "nice, and that the daemon keeps its own" {
	once "'nice'" 'nice = 7'
	equal output "$(printed)" "$(($(nice) + 7 > 19 ? 19 : 7))"
	fresh
	once "'nice'"
	equal output "$(printed)" "$(nice)"
}

@test "ionice" {
	command -v ionice >/dev/null || skip "needs ionice"
	once "'ionice'" 'ionice = "idle"'
	equal output "$(printed)" idle
	fresh
	once "'ionice'" 'ionice = "best-effort:6"'
	equal output "$(printed)" "best-effort: prio 6"
}

@test "oom_score_adj, and that the daemon keeps its own" {
	own=$(cat /proc/self/oom_score_adj)
	conf <<-END
		job "j" { every = "100ms" command = 'cat /proc/self/oom_score_adj' oom_score_adj = 700 }
	END
	start
	await ' j\[1\]: 700$'
	equal "the daemon's" "$(cat "/proc/$PID/oom_score_adj")" "$own"
	stop
}

@test "cpu_affinity" {
	once "'grep Cpus_allowed_list /proc/self/status'" 'cpu_affinity = "0"'
	equal output "$(printed | tr -d '[:space:]')" Cpus_allowed_list:0
}

@test "no_new_privileges" {
	once "'grep NoNewPrivs /proc/self/status'" 'no_new_privileges = yes'
	equal output "$(printed | tr -d '[:space:]')" NoNewPrivs:1
	fresh
	once "'grep NoNewPrivs /proc/self/status'"
	equal output "$(printed | tr -d '[:space:]')" \
		"$(grep NoNewPrivs /proc/self/status | tr -d '[:space:]')"
}

@test "what a job may not be given is said, with the step" {
	[ "$(id -u)" != 0 ] || skip "needs another user than root"
	once "'true'" 'nice = -20'
	logged 'everyd: j\[1\]: failed: nice: '
}

@test "a bound that needs a control group which is not there is a warning, and in the status" {
	conf <<-END
		job "j" { every = "100ms" command = 'true' memory_max = "64M" }
		job "k" { every = "1h" command = 'true' tasks_max = 10 }
	END
	start
	grep -q '^0::/$' /proc/self/cgroup || true
	logged 'memory_max .*no effect'
	logged 'tasks_max .*no effect'
	await 'everyd: j\[1\]: ok'
	kill -USR1 "$PID"
	await 'status: .*memory_max'
	stop
}
