# Whom a job runs as, and that there is no way back.
load lib.bash

# Users of every Debian.
OTHER=nobody

# refused LINE...: the configuration is refused, and this is said.
refused() {
	local line
	conf
	run "$EVERYD" -t -c "$CONF"
	[ "$status" = 78 ] || [ "$status" = 1 ] || { echo "exit status $status"; return 1; }
	for line in "$@"; do
		grep -qF -- "$line" <<<"$output" || { echo "not said: $line"; echo "$output"; return 1; }
	done
}

@test "a job runs as its user: ids, groups, name, home" {
	need_root
	once "'id -u; id -ru; id -g; id -G; echo \$USER \$LOGNAME \$HOME'" "user = \"$OTHER\""
	home=$(getent passwd "$OTHER" | cut -d: -f6)
	equal output "$(printed)" "$(id -u "$OTHER")
$(id -u "$OTHER")
$(id -g "$OTHER")
$(id -G "$OTHER")
$OTHER $OTHER $home"
}

@test "a user by number, and another group" {
	need_root
	once "'id -u; id -g; id -un'" "user = \"$(id -u "$OTHER")\"" 'group = "daemon"'
	equal output "$(printed)" "$(id -u "$OTHER")
$(getent group daemon | cut -d: -f3)
$OTHER"
}

@test "supplementary groups are those of the user, not the daemon's" {
	need_root
	getent passwd www-data >/dev/null || skip "needs the user www-data"
	once "'grep ^Groups: /proc/self/status'" 'user = "www-data"'
	groups=$(printed | tr -d '[:space:]')
	equal groups "$groups" "Groups:$(id -G www-data | tr -d ' ')"
}

@test "there is no way back to root" {
	need_root
	cp "$BUILD/helpers/regain" "$T/regain"
	chmod 755 "$T/regain"
	conf <<-END
		job "j" { every = "100ms" command = {"$T/regain"} user = "$OTHER" }
	END
	# As in a container that is generous.
	launch setpriv --inh-caps +chown,+kill "$EVERYD" -c "$CONF"
	await_loaded
	await 'everyd: j\[1\]: ok'
	stop
	equal output "$(printed)" "uids $(id -u "$OTHER") $(id -u "$OTHER") $(id -u "$OTHER")
gids $(id -g "$OTHER") $(id -g "$OTHER") $(id -g "$OTHER")
setuid refused
seteuid refused
setresuid refused
setgid refused
setgroups refused
capabilities none"
}

@test "what is root's a job of another user cannot read" {
	need_root
	echo secret >"$T/secret"
	chmod 600 "$T/secret"
	once "'cat $T/secret'" "user = \"$OTHER\""
	logged 'everyd: j\[1\]: failed: exit status 1'
	never secret$
}

@test "an unknown user or group is an error of the configuration, with its place" {
	need_root
	refused "everyd.conf:2: " 'no-such-user' <<-'END'
		job "j" { every = "1s" command = "true"
		    user = "no-such-user" }
	END
	refused "everyd.conf:2: " 'no-such-group' <<-'END'
		job "j" { every = "1s" command = "true"
		    group = "no-such-group" }
	END
}

@test "a daemon that is not root refuses other users" {
	if [ "$(id -u)" = 0 ]; then
		chmod 755 "$T"
		conf <<-'END'
			job "j" { every = "1s" command = "true"
			    user = "root" }
		END
		chown "$OTHER" "$CONF"
		run setpriv --reuid "$OTHER" --regid "$(id -g "$OTHER")" --clear-groups \
			"$EVERYD" -t -c "$CONF"
	else
		conf <<-'END'
			job "j" { every = "1s" command = "true"
			    user = "root" }
		END
		run "$EVERYD" -t -c "$CONF"
	fi
	echo "$output"
	[ "$status" != 0 ]
	[[ $output == *everyd.conf:2:* && $output == *root* ]]
}

@test "its own name is fine for a daemon that is not root" {
	[ "$(id -u)" != 0 ] || skip "needs another user than root"
	once "'id -u'" "user = \"$(id -un)\"" "group = \"$(id -gn)\""
	equal output "$(printed)" "$(id -u)"
}

@test "defaults give all jobs a user; a job can have another" {
	need_root
	conf <<-END
		defaults { user = "$OTHER" }
		job "a" { every = "100ms" command = 'id -un' }
		job "b" { every = "100ms" command = 'id -un' user = "root" }
	END
	start
	await ' a\[[0-9]+\]: nobody$'
	await ' b\[[0-9]+\]: root$'
	stop
}

@test "a job of another user is stopped as a tree" {
	need_root
	conf <<-END
		job "j" { every = "1h" command = 'sleep 1000 & sleep 1000' user = "$OTHER"
		    timeout = "200ms" every = "100ms" }
	END
	sed -i 's/every = "1h" //' "$CONF"
	start
	await 'everyd: j\[1\]: timeout'
	stop
}

@test "a job of a user who is deleted fails, whoever gets the number" {
	need_root
	unshare --mount true 2>/dev/null || skip "needs the right to mount"
	cp /etc/passwd "$T/passwd"
	echo "evtbob:x:54321:54321::/:/bin/sh" >>"$T/passwd"
	chmod 644 "$T/passwd"
	conf <<-'END'
		job "j" { every = "100ms" user = "evtbob" command = 'id -u; id -un' workdir = "/" }
	END
	launch unshare --mount sh -c "mount --bind '$T/passwd' /etc/passwd && exec '$EVERYD' -c '$CONF'"
	await_loaded
	await ' j\[[0-9]+\]: evtbob$' >/dev/null
	sed 's/evtbob/evtcarol/' "$T/passwd" >"$T/passwd.new"
	cat "$T/passwd.new" >"$T/passwd"
	await 'everyd: j\[[0-9]+\]: failed: user: '
	stop
}
