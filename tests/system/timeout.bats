# timeout, kill_grace, and what a run leaves behind.
load lib.bash

# run_job OPTION... COMMAND: until the first verdict of the job "j".
run_job() {
	conf <<-END
		job "j" {
		    every = "100ms"
		    $(printf '%s\n' "${@:1:$#-1}")
		    command = ${!#}
		}
	END
	start
	await 'everyd: j\[1\]: (ok|failed|timeout|killed)'
}

# gone PID: it has ended, whether or not it has been reaped.
gone() {
	! grep -sE '^State:[[:space:]]+[^ZX]' "/proc/$1/status" || { echo "$1 lives"; return 1; }
}

@test "a run that heeds TERM" {
	run_job 'timeout = "200ms"' 'kill_grace = "1h"' "{\"$H/stubborn\", \"mild\"}"
	logged 'everyd: j\[1\]: timeout: killed by SIGTERM after '
	stop
}

@test "a run that ignores TERM is killed after kill_grace" {
	run_job 'timeout = "200ms"' 'kill_grace = "200ms"' "{\"$H/stubborn\", \"ignore\"}"
	logged 'everyd: j\[1\]: timeout: killed by SIGKILL after '
	stop
}

@test "kill_grace = 0 kills at once" {
	run_job 'timeout = "200ms"' 'kill_grace = "0"' "{\"$H/stubborn\", \"mild\"}"
	logged 'everyd: j\[1\]: timeout: killed by SIGKILL after '
	stop
}

@test "a run that ends well when told to has timed out all the same" {
	mkfifo "$T/fifo"
	run_job 'timeout = "200ms"' 'kill_grace = "1h"' "'trap \"exit 0\" TERM; read x < $T/fifo'"
	logged 'everyd: j\[1\]: timeout: exit status 0 after '
	stop
}

@test "a tree that ignores TERM goes as a whole" {
	run_job 'timeout = "200ms"' 'kill_grace = "200ms"' "{\"$H/stubborn\", \"tree\"}"
	logged 'everyd: j\[1\]: timeout: killed by SIGKILL after '
	stop
}

@test "a run in time is not disturbed" {
	run_job 'timeout = "1h"' '"true"'
	logged 'everyd: j\[1\]: ok in '
	stop
}

@test "the run ends with its main process, not with the pipe; what is left is named and stopped" {
	run_job 'kill_grace = "1h"' "{\"$H/stubborn\", \"leave\"}"
	logged 'everyd: j\[1\]: left running, which will be stopped 1 process: stubborn \([0-9]+\)|everyd: j\[1\]: .*stubborn \([0-9]+\)'
	logged 'everyd: j\[1\]: ok in '
	stop
}

@test "leftover = leave: named and left alone, until the daemon stops" {
	conf <<-END
		job "j" {
		    every = "100ms"
		    leftover = "leave"
		    command = '(exec flock -s $T/gate true) >/dev/null 2>&1 & echo child \$!'
		}
	END
	shut_gate
	start
	child=$(await ' j\[1\]: child [0-9]+')
	await 'everyd: j\[2\]: ok in '
	logged "everyd: j\\[1\\]: .*\\(${child##* }\\)"
	kill -0 "${child##* }"
	stop
	logged 'everyd: killed [0-9]+ process(es)? that jobs had left behind'
}

@test "a leftover that ignores TERM is killed after kill_grace, and said so" {
	conf <<-END
		job "j" {
		    every = "100ms"
		    kill_grace = "200ms"
		    command = 'trap "" TERM; (echo up; exec flock -s $T/gate true) & echo done'
		}
	END
	shut_gate
	start
	await ' j\[1\]: up'
	await 'everyd: j\[1\]: .*flock|everyd: j\[1\]: .*sh \('
	await 'everyd: j\[1\]: killing 1 process that did not end when told to: (flock|sh) \([0-9]+\)'
	await 'everyd: j\[1\]: ok in '
	stop
}

@test "a time-out reaches the process groups of the run's session" {
	conf <<-END
		job "j" {
		    every = "500ms"
		    timeout = "200ms"
		    kill_grace = "200ms"
		    shell = "/bin/bash"
		    command = 'set -m; $H/stubborn ignore & echo child \$!; wait'
		}
	END
	start
	child=$(await ' j\[1\]: child [0-9]+')
	await 'everyd: j\[1\]: timeout: '
	gone "${child##* }"
	stop
}

@test "a time-out reaches what left the run's session" {
	printf '#!/bin/sh\necho child $$\nexec "$@"\n' >"$T/named"
	chmod 0755 "$T/named"
	for how in mild ignore; do
		fresh
		conf <<-END
			job "j" {
			    every = "100ms"
			    timeout = "1s"
			    kill_grace = "200ms"
			    command = {"setsid", "-w", "$T/named", "$H/stubborn", "$how"}
			}
		END
		start
		child=$(await ' j\[1\]: child [0-9]+')
		await ' j\[1\]: up'
		await 'everyd: j\[1\]: timeout: killed by SIGTERM after '
		gone "${child##* }"
		stop
		never 'that jobs had left behind'
	done
	logged 'everyd: j\[1\]: killing 1 process that did not end when told to: stubborn '
}

@test "a leftover in a process group of its own goes with its run" {
	conf <<-END
		job "j" {
		    every = "100ms"
		    shell = "/bin/bash"
		    command = 'set -m; $H/stubborn ignore >/dev/null & echo child \$!'
		}
	END
	start
	await 2 'everyd: j\[[0-9]+\]: ok in '
	stop
	logged 'everyd: j\[1\]: left 1 process running, which will be stopped: '
	never 'that jobs had left behind'
}

@test "a timed out job runs again at its next slot" {
	conf <<-END
		job "j" { every = "500ms" timeout = "100ms" command = {"$H/stubborn", "mild"} }
	END
	start
	await 3 'everyd: j\[[123]\]: timeout: '
	stop
}
