# Bats. What make install and make uninstall do to the files of a machine. Needs no root.

setup() {
	D=$BATS_TEST_TMPDIR/root
	doc=$D/usr/local/share/doc/everyd
	conf=$D/etc/everyd/everyd.conf
	# As a Debian is found: these are there, and empty.
	mkdir -p "$D"/etc "$D"/usr/local/{sbin,bin,lib,share/man} "$D"/var/lib
	tree >"$BATS_TEST_TMPDIR/before"
}

# run_make TARGET VARIABLE=VALUE...; with the programs as they were built, whatever the flags are now.
run_make() {
	make --no-print-directory --old-file="$BUILD/everyd" --old-file="$BUILD/everyctl" \
		BUILD="$BUILD" DESTDIR="$D" "$@"
}

tree() {
	(cd "$D" && find . | sort)
}

leaves_nothing() {
	tree | diff "$BATS_TEST_TMPDIR/before" -
}

@test "install: programs, manuals, completions, units, catalog, group, configuration, nothing else" {
	run_make install
	[ -x "$D/usr/local/sbin/everyd" ]
	[ -d "$D/etc/everyd/jobs.d" ]
	run find "$D" -type f -printf '%m %P\n'
	[ "$(sort <<<"$output")" = "$(sort <<-'END'
		755 usr/local/bin/everyctl
		755 usr/local/sbin/everyd
		644 usr/local/share/man/man1/everyctl.1
		644 usr/local/share/man/man5/everyd.conf.5
		644 usr/local/share/man/man8/everyd.8
		644 usr/local/share/doc/everyd/LICENSE
		644 usr/local/share/doc/everyd/NEWS.md
		644 usr/local/share/doc/everyd/README.md
		644 usr/local/share/doc/everyd/directories
		644 usr/local/share/doc/everyd/everyd-openapi.json
		644 usr/local/share/doc/everyd/everyd.conf
		644 usr/local/share/bash-completion/completions/everyctl
		644 usr/local/share/zsh/site-functions/_everyctl
		644 usr/local/lib/systemd/system/everyd.service
		644 usr/local/lib/systemd/system/everyd.socket
		644 usr/local/lib/systemd/user/everyd.service
		644 usr/local/lib/systemd/catalog/everyd.catalog
		644 usr/local/lib/sysusers.d/everyd.conf
		644 etc/everyd/everyd.conf
	END
	)" ]
}

@test "install: what it makes is readable whatever the umask" {
	(umask 077 && run_make install)
	run find "$D" -path "$D/usr/local/*" ! -perm -go=r
	[ -z "$output" ]
	run find "$D/etc/everyd" ! -perm -go=r
	[ -z "$output" ]
}

@test "install: the units name the places that were given" {
	run_make install PREFIX=/opt/everyd SYSCONFDIR=/opt/etc
	unit=$D/opt/everyd/lib/systemd/system/everyd.service
	grep -qx 'ExecStart=/opt/everyd/sbin/everyd -c /opt/etc/everyd/everyd.conf' "$unit"
	run grep -rE '@[A-Z]+DIR@' "$D/opt/everyd/lib"
	[ "$status" -ne 0 ]
	[ -f "$D/opt/etc/everyd/everyd.conf" ]
	run_make uninstall PREFIX=/opt/everyd SYSCONFDIR=/opt/etc
	leaves_nothing
}

@test "uninstall: leaves nothing, and what was there before" {
	run_make install
	run_make uninstall
	leaves_nothing
}

@test "uninstall: leaves nothing after several installs" {
	run_make install
	run_make install
	run_make uninstall
	leaves_nothing
}

@test "uninstall: what other programs put beside it stays" {
	run_make install
	touch "$D/usr/local/lib/systemd/system/other.service"
	run_make uninstall
	[ -e "$D/usr/local/lib/systemd/system/other.service" ]
	[ ! -e "$D/usr/local/lib/systemd/user" ]
}

@test "uninstall: an edited configuration and people's jobs stay, and it says so" {
	run_make install
	echo '# mine' >>"$conf"
	touch "$D/etc/everyd/jobs.d/mine.conf"
	run run_make uninstall
	[ "$status" -eq 0 ]
	[[ $output == *"$D/etc/everyd"*stays* ]]
	grep -q '# mine' "$conf"
	[ -e "$D/etc/everyd/jobs.d/mine.conf" ]
	[ ! -e "$D/usr/local/sbin/everyd" ]
}

# state NAME...: files that the daemon has made.
state() {
	mkdir -p "$D/var/lib/everyd"
	(cd "$D/var/lib/everyd" && touch "$@")
}

@test "uninstall: the ledger stays, and it says so, until PURGE=1" {
	run_make install
	state ledger.db ledger.db-{wal,shm,journal} ledger.begun everyd.lock \
		ledger.db.broken-20261121T050000Z ledger.db.broken-20261121T050000Z-wal
	before=$(ls "$D/var/lib/everyd")
	run run_make uninstall
	[ "$status" -eq 0 ]
	[ "$output" = "$D/var/lib/everyd has the ledger and stays; PURGE=1 removes it" ]
	[ "$(ls "$D/var/lib/everyd")" = "$before" ]
	[ ! -e "$D/usr/local/sbin/everyd" ]
	run run_make uninstall PURGE=1
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	leaves_nothing
}

@test "uninstall: one that was set aside is a ledger, too" {
	run_make install
	state ledger.db.broken-20261121T050000Z
	run run_make uninstall
	[[ $output == *"has the ledger and stays"* ]]
	[ -e "$D/var/lib/everyd/ledger.db.broken-20261121T050000Z" ]
}

@test "uninstall: where the ledger was nothing stays if there is none" {
	run_make install
	state ledger.begun everyd.lock
	run run_make uninstall
	[ -z "$output" ]
	leaves_nothing
}

@test "uninstall: a link to where the ledger was stays" {
	run_make install
	mkdir "$D/elsewhere"
	ln -s ../../elsewhere "$D/var/lib/everyd"
	state ledger.begun
	run_make uninstall
	[ -L "$D/var/lib/everyd" ]
	[ -z "$(ls "$D/elsewhere")" ]
}

@test "uninstall: PURGE=1 leaves alone what people put beside the ledger" {
	run_make install
	state ledger.db copy.db
	run_make uninstall PURGE=1
	[ "$(ls "$D/var/lib/everyd")" = copy.db ]
}

@test "uninstall: not while the service or its socket is enabled" {
	run_make install
	for link in multi-user.target.wants/everyd.service sockets.target.wants/everyd.socket; do
		mkdir -p "$D/etc/systemd/system/${link%/*}"
		ln -s "/usr/local/lib/systemd/system/${link##*/}" "$D/etc/systemd/system/$link"
		run run_make uninstall
		[ "$status" -ne 0 ]
		[[ $output == *"systemctl disable --now ${link##*/}"* ]]
		[ -x "$D/usr/local/sbin/everyd" ]
		rm "$D/etc/systemd/system/$link"
	done
	run_make uninstall
	[ ! -e "$D/usr/local/sbin/everyd" ]
}

@test "upgrade: a configuration nobody edited becomes the new default" {
	run_make install
	echo '# the old default' | tee "$conf" "$doc/everyd.conf"
	run_make install
	cmp conf/everyd.conf "$conf"
	[ ! -e "$conf.new" ]
}

@test "upgrade: an edited one stays; a new default is put beside it, and goes with the rest" {
	run_make install
	echo '# mine' >>"$conf"
	echo '# the old default' >"$doc/everyd.conf"
	run run_make install
	[ "$status" -eq 0 ]
	[[ $output == *"everyd.conf was edited and stays"* ]]
	grep -q '# mine' "$conf"
	cmp conf/everyd.conf "$conf.new"
	run_make uninstall
	[ ! -e "$conf.new" ]
	grep -q '# mine' "$conf"
}

@test "upgrade: without a new default there is nothing beside an edited one" {
	run_make install
	echo '# mine' >>"$conf"
	run_make install
	grep -q '# mine' "$conf"
	[ ! -e "$conf.new" ]
}

@test "install: a configuration that was there before stays, with the default beside it" {
	mkdir -p "$D/etc/everyd"
	echo '# mine' >"$conf"
	run_make install
	[ "$(<"$conf")" = '# mine' ]
	cmp conf/everyd.conf "$conf.new"
	run_make uninstall
	[ "$(<"$conf")" = '# mine' ]
}
