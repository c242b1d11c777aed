# A Debian in a container, booted with systemd. For the setup_file() and the tests of a .bats file.

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
	said=$(systemd-nspawn --quiet --directory="$ROOT" --machine="everyd-$$" --register=no \
		--keep-unit --private-network true </dev/null 2>&1) ||
		echo "systemd-nspawn cannot start a container here: ${said##*$'\n'}"
}

# Boots $ROOT. Bounded as a whole: a test that hangs does not keep a container.
container_boot() {
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout --kill-after=10 900 systemd-nspawn --quiet \
		--boot --directory="$ROOT" --machine="everyd-$$" --register=no --keep-unit \
		--private-network --link-journal=no --console=pipe \
		</dev/null >"$BATS_FILE_TMPDIR/console" 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/nspawn"
	await 60 container_find || return
	await 60 inside test -S /run/dbus/system_bus_socket || return
	inside timeout 60 systemctl is-system-running --wait || {
		inside systemctl --no-pager list-units --failed
		inside journalctl --no-pager --boot --priority=warning
		return 1
	}
}

# Sets LEADER, PID 1 of the container: the child of systemd-nspawn, itself the child of timeout.
container_find() {
	local nspawn
	nspawn=$(pgrep --parent "$(<"$BATS_FILE_TMPDIR/nspawn")") &&
		LEADER=$(pgrep --parent "$nspawn" --exact systemd)
}

container_stop() {
	inside systemctl poweroff
	await 60 container_is_gone
}

container_is_gone() {
	! kill -0 "$(<"$BATS_FILE_TMPDIR/nspawn")" 2>/dev/null
}

# Runs a command in the container, as root.
inside() {
	nsenter --target "$LEADER" --all -- \
		env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin "$@" 3>&-
}

# The same as the user ann, with the service manager that is hers.
inside_as_ann() {
	inside runuser -u ann -- env HOME=/home/ann XDG_RUNTIME_DIR=/run/user/1000 "$@"
}

# await SECONDS COMMAND...: until the command succeeds; fails, and shows what it said, if it does not
# in time.
await() {
	local limit=$((SECONDS + $1)) said=$BATS_FILE_TMPDIR/await
	shift
	until "$@" >"$said" 2>&1; do
		if ((SECONDS >= limit)); then
			echo "still failing: $*"
			cat "$said"
			return 1
		fi
		sleep 0.05
	done
}
