# What a job is limited to is what the daemon was started with.
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
