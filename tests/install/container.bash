# A Debian in a container, booted with systemd, and everyd in it. For .bats files to load.

# Seconds until something that should happen is given up. Says nothing about speed.
PATIENCE=180

# Why there can be no container here; nothing if there can.
container_obstacle() {
	local tool
	((EUID == 0)) || {
		echo "needs root"
		return
	}
	for tool in systemd-nspawn debootstrap nsenter; do
		command -v "$tool" >/dev/null || {
			echo "needs $tool"
			return
		}
	done
	unshare --mount --pid --ipc --uts --net --cgroup --fork true 2>/dev/null ||
		echo "needs the right to make namespaces"
}

# Makes a fresh root file system in $ROOT.
container_make() {
	tests/install/rootfs "$BUILD/rootfs" || return
	ROOT=$BATS_FILE_TMPDIR/root
	export ROOT
	cp -a --reflink=auto "$BUILD/rootfs/root" "$ROOT"
}

# Why $ROOT cannot be a container here; nothing if it can.
container_refusal() {
	local said
	said=$(container_enter_group && systemd-nspawn --quiet --directory="$ROOT" \
		--machine="everyd-$$" --register=no --keep-unit --private-network true \
		</dev/null 2>&1) ||
		echo "systemd-nspawn cannot start a container here: ${said##*$'\n'}"
	container_leave_group
}

# Boots $ROOT. Bounded as a whole: a test that hangs does not keep a container.
container_boot() {
	(
		container_enter_group || exit
		SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 exec timeout --kill-after=10 1800 systemd-nspawn \
			--quiet --boot --directory="$ROOT" --machine="everyd-$$" --register=no \
			--keep-unit --private-network --link-journal=no --console=pipe
	) </dev/null >"$BATS_FILE_TMPDIR/console" 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/nspawn"
	await container_find || return
	await inside test -S /run/dbus/system_bus_socket || return
	inside timeout "$PATIENCE" systemctl is-system-running --wait || {
		inside systemctl --no-pager list-units --failed
		inside journalctl --no-pager --boot --priority=warning
		return 1
	}
}

# Containers in one control group would have the same groups for their services, and end each
# other's processes. Where there is no cgroup v2 there is one container at a time.
container_enter_group() {
	local group
	group=$(findmnt --types cgroup2 --first-only --noheadings --output TARGET) || return 0
	group+=/everyd-test-$BASHPID
	mkdir "$group" && echo 0 >"$group/cgroup.procs" && echo "$group" >"$BATS_FILE_TMPDIR/group"
}

container_leave_group() {
	[[ ! -f $BATS_FILE_TMPDIR/group ]] ||
		find "$(<"$BATS_FILE_TMPDIR/group")" -depth -type d -delete
}

# Sets LEADER, PID 1 of the container: the child of systemd-nspawn, itself the child of timeout.
container_find() {
	local nspawn
	nspawn=$(pgrep --parent "$(<"$BATS_FILE_TMPDIR/nspawn")") &&
		LEADER=$(pgrep --parent "$nspawn" --exact systemd)
}

container_stop() {
	inside systemctl poweroff
	await container_is_gone
	container_leave_group
}

container_is_gone() {
	! kill -0 "$(<"$BATS_FILE_TMPDIR/nspawn")" 2>/dev/null
}

# Runs a command in the container, as root.
inside() {
	nsenter --target "$LEADER" --all -- \
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" 3>&-
}

# The same as the user ann, with the service manager that is hers.
inside_as_ann() {
	inside runuser -u ann -- env HOME=/home/ann XDG_RUNTIME_DIR=/run/user/1000 "$@"
}

# await COMMAND...: until the command succeeds; fails, and shows what it said, if it does not in
# time.
await() {
	local limit=$((SECONDS + PATIENCE)) said=$BATS_FILE_TMPDIR/await
	until "$@" >"$said" 2>&1; do
		if ((SECONDS >= limit)); then
			echo "still failing: $*"
			cat "$said"
			return 1
		fi
		sleep 0.05
	done
}

# --- for setup_file(), teardown_file(), setup() and teardown() ------------------------------------

# Boots a container with everyd installed. Where that cannot be, tests are skipped.
container_begin() {
	OBSTACLE=$(container_obstacle)
	export OBSTACLE
	[[ -z $OBSTACLE ]] || return 0
	container_make
	OBSTACLE=$(container_refusal)
	[[ -z $OBSTACLE ]] || return 0
	make_quietly install
	container_boot
}

container_end() {
	if [[ -f $BATS_FILE_TMPDIR/nspawn ]] && ! container_is_gone; then
		container_find
		container_stop
	fi
}

container_attach() {
	[[ -z $OBSTACLE ]] || skip "$OBSTACLE"
	container_find
}

# What the machine has to say about a failure.
container_tell() {
	[[ -n $OBSTACLE || -n ${BATS_TEST_COMPLETED:-} ]] ||
		inside journalctl --no-pager --boot --lines=50 --output=short-precise
}

# --- the service ----------------------------------------------------------------------------------

# With the program as it was built, whatever the flags are now.
make_quietly() {
	make --no-print-directory --old-file="$BUILD/everyd" --old-file="$BUILD/everyctl" \
		BUILD="$BUILD" DESTDIR="$ROOT" "$@"
}

property() {
	inside systemctl show --value --property="$1" everyd.service
}

is_active() {
	[[ $(property ActiveState)/$(property SubState) == active/running ]]
}

# active again, with another process than $1
is_active_anew() {
	is_active && (($(property MainPID) != $1))
}

# journal ARGUMENT...: what was logged since mark(). (With matches --after-cursor skips the first
# match; --cursor at an entry that none of them matches is what is meant.)
journal() {
	inside journalctl --no-pager --quiet --cursor="$(<"$BATS_FILE_TMPDIR/cursor")" "$@"
}

mark() {
	local name=everyd-test-$RANDOM$RANDOM
	inside systemd-cat --identifier="$name" echo mark
	await has_mark "$name"
}

has_mark() {
	inside journalctl --no-pager --quiet --identifier="$1" --lines=1 --show-cursor |
		sed -n 's/^-- cursor: //p' >"$BATS_FILE_TMPDIR/cursor"
	[[ -s $BATS_FILE_TMPDIR/cursor ]]
}

# journal_has PATTERN ARGUMENT...
journal_has() {
	local pattern=$1
	shift
	journal --output=cat "$@" | grep -E -- "$pattern"
}

# journal_counts N PATTERN ARGUMENT...: at least so many
journal_counts() {
	local n=$1
	shift
	(($(journal_has "$@" | wc -l) >= n))
}

# jobs_conf NAME: jobs.d/NAME.conf becomes standard input.
jobs_conf() {
	cat >"$ROOT/etc/everyd/jobs.d/$1.conf"
	chmod 0644 "$ROOT/etc/everyd/jobs.d/$1.conf"
}

status_has() {
	property StatusText | grep -E -- "$1"
}

# Of processes that jobs here start with the name $1.
has_process() {
	inside pgrep --full "^$1( |$)"
}

has_no_process() {
	! has_process "$1"
}
