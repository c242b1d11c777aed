# What a job of one user can do to hold up the daemon or the jobs of others.
load lib.bash

# A copy that every user may execute.
helper_for_all() {
	need_root
	install -m 755 "$BUILD/helpers/$1" "$T/$1"
}

@test "a job that is traced when it ends holds no worker" {
	helper_for_all obstruct
	conf <<-END
		workers = 1
		job "traced" { every = "100ms" command = {"$T/obstruct", "trace"} user = "nobody" }
		job "tick" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
	start
	await 2 'everyd: traced\[[0-9]+\]: killing what traces it and does not let go: obstruct' >/dev/null
	await 'everyd: traced\[[0-9]+\]: ok in ' >/dev/null
	await_notes $(($(wc -l <"$T/notes") + 1)) tick
	stop
}

@test "a program that its user lets nobody execute fails the run, in ten seconds" {
	helper_for_all obstruct
	install -m 755 "$BUILD/helpers/note" "$T/held"
	"$T/obstruct" lease "$T/held" >"$T/leased" 3>&- 8>&- &
	HELPER_PIDS=$!
	await_in "$T/leased" 1 leased >/dev/null
	conf <<-END
		workers = 1
		job "held" { every = "100ms" command = {"$T/held", "/dev/null"} user = "nobody" timeout = "1s" }
	END
	start
	await "everyd: held\[1\]: failed: exec $T/held: Connection timed out" >/dev/null
	kill "$HELPER_PIDS"
	stop
}

@test "nobody is taken for a process of another user's run by its environment" {
	need_root
	conf <<-END
		job "forger" {
		    every = "100ms"
		    user = "nobody"
		    leftover = "leave"
		    command = 'for i in \$(seq 1 40); do EVERYD_JOB=victim EVERYD_RUN=\$i setsid -f sleep 1000 >/dev/null 2>&1; done; echo forged; exec sleep 1000'
		}
		job "victim" { every = "100ms" command = "true" kill_grace = "1h" }
	END
	start
	await 'forged' >/dev/null
	await 10 'everyd: victim\[[0-9]+\]: ok in ' >/dev/null
	never 'victim\[[0-9]+\]: left '
	stop
}

@test "a job of another user may open its output by name" {
	need_root
	once "'echo one >/dev/stdout; echo two >/dev/stderr; echo three | tee /dev/stderr'" 'user = "nobody"'
	equal output "$(printed | sort)" "one
three
three
two"
}
