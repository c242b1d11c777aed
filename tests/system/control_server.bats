# The control server: who gets in, what is answered, and what does not disturb.
load lib.bash

# ask [CURL-OPTION...] TARGET: the answer, and the status on a line of its own.
ask() {
	curl -s -m "$PATIENCE" --unix-socket "$T/runtime/control.sock" -w '\n%{http_code}\n' "${@:1:$#-1}" \
		"http://localhost${*: -1}"
}

# answered STATUS ask...
answered() {
	local status=$1 out
	shift
	out=$("$@")
	[ "$(tail -1 <<<"$out")" = "$status" ] || { echo "$* is answered by:" && echo "$out" && return 1; }
	echo "$out"
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

ticking() {
	conf <<-END
		$1
		job "tick" { every = "100ms" command = {"$H/note", "$T/notes"} }
	END
}

@test "there is a socket while there is a daemon" {
	ticking
	start
	[ "$(stat -c '%F %a' "$T/runtime/control.sock")" = "socket 666" ]
	answered 200 ask /healthz | grep -x ok
	stop
	[ ! -e "$T/runtime/control.sock" ]
}

@test "a socket that a dead daemon has left is replaced" {
	ticking
	start
	kill -KILL "$PID"
	wait "$PID" || true
	[ -S "$T/runtime/control.sock" ]
	: >"$LOG"
	start
	answered 200 ask /v1/status
	stop
	[ ! -e "$T/runtime/control.sock" ]
}

@test "the socket of a living daemon stays its own" {
	ticking
	start
	first=$PID
	STATE_DIRECTORY=$T/other-state launch "$EVERYD" -c "$CONF"
	other=$(await "another everyd runs with $T/runtime: .* is in /tmp/everyd-" | sed 's/.* is in //')
	await 2 'started: 1 job$'
	curl -sf -m "$PATIENCE" --unix-socket "$other/control.sock" http://localhost/v1/status |
		grep -F "\"pid\": $PID,"
	kill -TERM "$PID"
	await_end "$PID"
	[ ! -e "$other" ]
	answered 200 ask /v1/status | grep -F "\"pid\": $first,"
	PID=$first
	stop
}

@test "a file in the socket's place stays, and the daemon goes on without" {
	mkdir "$T/runtime"
	echo precious >"$T/runtime/control.sock"
	ticking
	start
	logged "there is no control socket: $T/runtime/control.sock is not a socket"
	await_notes 3 tick
	stop
	[ "$(<"$T/runtime/control.sock")" = precious ]
}

@test "sockets that were passed are used, and stay" {
	ticking
	port=$(free_port)
	cat >"$T/pass.py" <<-END
		import os, socket, sys
		unix = socket.socket(socket.AF_UNIX)
		unix.bind("$T/passed.sock")
		tcp = socket.create_server(("127.0.0.1", $port))
		other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		unix.listen()
		for fd, s in enumerate((unix, tcp, other), 10):
		    os.dup2(s.fileno(), fd)
		for fd in range(3):
		    os.dup2(fd + 10, fd + 3)
		os.environ.update(LISTEN_FDS="3", LISTEN_PID=str(os.getpid()))
		os.closerange(6, 20)
		os.execv(sys.argv[1], sys.argv[1:])
	END
	launch python3 "$T/pass.py" "$EVERYD" -c "$CONF"
	await_loaded
	logged '1 of the passed sockets is no listening stream socket, and closed'
	[ ! -e "$T/runtime/control.sock" ]
	curl -sf -m "$PATIENCE" --unix-socket "$T/passed.sock" http://localhost/v1/status
	curl -sf -m "$PATIENCE" "http://127.0.0.1:$port/v1/status"
	stop
	[ -S "$T/passed.sock" ]
}

@test "strangers are denied, members of the group may look, root may all" {
	need_root
	unshare -m true 2>/dev/null || skip "needs a mount namespace"
	ticking
	{ cat /etc/group; echo 'everyd:x:4711:'; } | awk -F: '!seen[$1]++ || $1 != "everyd"' |
		sed 's/^everyd:.*/everyd:x:4711:/' >"$T/group"
	chmod 0755 "$T"
	launch unshare -m sh -c 'mount --bind "$1" /etc/group && shift && exec "$@"' sh "$T/group" \
		"$EVERYD" -c "$CONF"
	await_loaded
	as() { setpriv --reuid="$1" --regid="$1" --groups "$2" curl -s -m "$PATIENCE" \
		--unix-socket "$T/runtime/control.sock" -w '\n%{http_code}\n' "${@:3}"; }
	answered 403 as 1234 1234 http://localhost/v1/status | grep -F 'uid 1234 is not in the group \"everyd\"'
	answered 403 as 1234 1234 -X POST http://localhost/v1/stop
	answered 200 as 1234 4711 http://localhost/v1/status
	answered 403 as 1234 4711 -X POST http://localhost/v1/pause |
		grep -F "uid 1234 may look, but only root and everyd's own user may do this"
	answered 200 ask -X POST /v1/pause
	stop
}

@test "by TCP there is nothing unless the configuration says so, and then only to be looked at" {
	port=$(free_port)
	tcp() { curl -s -m "$PATIENCE" -w '\n%{http_code}\n' "${@:1:$#-1}" "http://127.0.0.1:$port${*: -1}"; }
	ticking
	start
	! tcp /v1/status
	ticking "status_listen = '127.0.0.1:$port'"
	answered 200 ask -X POST /v1/reload
	answered 200 tcp /v1/status
	answered 200 tcp -H 'Host: localhost' /healthz
	answered 403 tcp -H 'Host: rebound.example.com' /healthz | grep -F bad-host
	answered 404 tcp -X POST /v1/stop | grep -F 'there is nothing at /v1/stop by TCP'
	answered 404 tcp /v1/logs
	answered 405 tcp -X POST /v1/status
	ticking
	answered 200 ask -X POST /v1/reload
	! tcp /v1/status
	stop
}

@test "an address that cannot be had is said, all else goes on, and it is tried again" {
	port=$(free_port)
	helper python3 -c "import socket, time; s = socket.create_server(('127.0.0.1', $port)); open('$T/bound', 'w').write('bound\\n'); time.sleep(600)"
	holder=$!
	await_in "$T/bound" 1 bound
	ticking "status_listen = '127.0.0.1:$port'"
	start
	error="cannot listen on 127.0.0.1:$port: Address already in use"
	await "there is no status listener: $error; it is tried again\$"
	answered 200 ask /v1/status | grep -F "\"error\": \"$error\""
	"$BUILD/everyctl" status | grep -E "^status listener: +127.0.0.1:$port, not open, see below$"
	"$BUILD/everyctl" status | grep -x "$error"
	run "$BUILD/everyctl" check-health
	[ "$status" -eq 1 ]
	grep -F "WARNING - status_listen: $error" <<<"$output"
	kill -KILL "$holder"
	await "there is a status listener now: 127.0.0.1:$port$"
	[ "$(count 'there is no status listener')" -eq 1 ]
	curl -sf -m "$PATIENCE" "http://127.0.0.1:$port/v1/status" >/dev/null
	"$BUILD/everyctl" status | grep -E "^status listener: +127.0.0.1:$port$"
	"$BUILD/everyctl" check-health
	stop
}

@test "everything that is described is answered as described" {
	python3 -c 'import jsonschema' 2>/dev/null || skip "needs python3-jsonschema"
	port=$(free_port)
	conf <<-END
		status_listen = "127.0.0.1:$port"
		concurrency_group "db" { limit = 2 }
		concurrency_group "web" { limit = 2 }
		job "quick" { every = "100ms" command = "echo quick says hello" concurrency_group = "db"
		              environment = {"TOP_SECRET=x"} }
		job "fails" { every = "200ms" command = "echo fails says hello; exit 3" }
		job "slow" { every = "1d" offset = "$((($(date +%s) + 43200) % 86400))s" command = "exec sleep 600" }
		job "by-hand@1" { on = "start" command = "true" }
		job "report" { cron = "30 7 * * mon-fri" timezone = "Europe/Berlin" command = "true" }
	END
	start
	python3 -B "$TOP/tests/system/openapi.py" "$TOP/conf/everyd-openapi.json" "$T/runtime/control.sock" \
		"$CONF" "$port"
	ended 0
}

@test "a job has nothing of clients" {
	conf <<-END
		job "j" { every = "200ms" command = "ls -l /proc/self/fd | grep -c socket; true" }
	END
	start
	helper curl -sN -m "$PATIENCE" --unix-socket "$T/runtime/control.sock" http://localhost/v1/events
	await 5 ' j\[[0-9]+\]: 0$'
	never ' j\[[0-9]+\]: [1-9]'
	stop
}

@test "while hostile clients do their worst, jobs run on time and others are answered" {
	port=$(free_port)
	conf <<-END
		status_listen = "127.0.0.1:$port"
		job "tick" { every = "100ms" overlap = "allow" max_running = 100
		             command = {"$H/note", "$T/notes"} }
	END
	start
	await_notes 2 tick
	python3 -B "$TOP/tests/system/hostile.py" "$T/runtime/control.sock" "$port" "${HOSTILE_SECONDS:-5}"
	await_notes 20 tick
	stop
	accounted tick 100000 0
	never 'libevent: '
}

@test "where there are no descriptors left, clients wait, and jobs go on" {
	conf <<-END
		workers = 1
		job "j" { every = "100ms" command = "true" }
	END
	(ulimit -n 60 && start && echo "$PID" >"$T/pid")
	PID=$(<"$T/pid")
	/usr/bin/python3 - "$T/runtime/control.sock" 3>&- 8>&- <<-'END' &
		import socket, sys
		held = [socket.socket(socket.AF_UNIX) for _ in range(60)]
		for s in held:
		    s.connect(sys.argv[1])
		held[0].recv(1)
	END
	await 'everyd: cannot accept a client: Too many open files'
	kill %1
	equal answer "$(ask /healthz)" $'ok\n\n200'
	kill -TERM "$PID"
	await 'everyd: stopped after'
}

@test "who comes and goes takes no descriptors" {
	conf <<-END
		job "j" { every = "1w" command = "true" }
	END
	need_root
	(ulimit -n 200 && start && echo "$PID" >"$T/pid")
	PID=$(<"$T/pid")
	setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/python3 - \
		"$T/runtime/control.sock" 3>&- 8>&- <<-'END'
		import socket, sys
		for _ in range(5000):
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    s.close()
	END
	equal answer "$(ask /healthz)" $'ok\n\n200'
	never 'cannot accept'
	kill -TERM "$PID"
	await 'everyd: stopped after'
}
