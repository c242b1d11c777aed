# Output into files, and the bounds on output.
load lib.bash

@test "a file gets the bytes as they are, the directories above are made" {
	once "'printf \"a\\\\001b\\\\nno newline\"; echo err >&2'" "output = \"$T/out/%j/%r.log\""
	equal file "$(od -An -c "$T/out/j/1.log" | tr -d ' \n' | sed 's/err\\n//')" 'a001b\nnonewline'
	grep -q err "$T/out/j/1.log"
	equal "what the log has of it" "$(printed)" ""
}

@test "a file is appended to, and named by the time" {
	before=$(date +%Y-%m-%d)
	once "'echo x'" "output = \"$T/%Y-%m-%d.log\""
	after=$(date +%Y-%m-%d)
	[ -s "$T/$before.log" ] || [ -s "$T/$after.log" ]
	fresh
	lines=$(cat "$T"/20*.log | wc -l)
	once "'echo x'" "output = \"$T/%Y-%m-%d.log\""
	[ "$(cat "$T"/20*.log | wc -l)" -gt "$lines" ]
}

@test "discard" {
	once "'echo x'" 'output = "discard"'
	logged 'everyd: j\[1\]: ok'
	equal "what the log has of it" "$(printed)" ""
}

@test "stderr and journal can be asked for" {
	once "'echo x'" 'output = "stderr"'
	equal "what the log has of it" "$(printed)" x
}

@test "a file is opened as the user, and never through another's symbolic link" {
	need_root
	mkdir "$T/dir"
	chmod 777 "$T/dir"
	echo precious >"$T/precious"
	chmod 666 "$T/precious"
	ln -s "$T/precious" "$T/dir/link"
	chown -h daemon "$T/dir/link"
	once "'echo x'" "output = \"$T/dir/link\"" 'user = "nobody"'
	logged 'everyd: j\[1\]: .*link'
	equal "the file behind it" "$(cat "$T/precious")" precious
	fresh
	once "'echo x'" "output = \"$T/dir/%j.log\"" 'user = "nobody"'
	equal owner "$(stat -c %U "$T/dir/j.log")" nobody
	fresh
	mkdir -m 700 "$T/private"
	once "'echo x'" "output = \"$T/private/j.log\"" 'user = "nobody"'
	logged 'Permission denied'
	[ ! -e "$T/private/j.log" ]
	logged 'everyd: j\[1\]: ok'
}

@test "what is no plain file is not written to" {
	mkfifo "$T/fifo"
	once "'echo x'" "output = \"$T/fifo\""
	logged "everyd: j\\[1\\]: .*$T/fifo"
	logged 'everyd: j\[1\]: ok'
}

@test "a full disk costs the output, not the run" {
	need_root
	mkdir "$T/small"
	unshare --mount true 2>/dev/null || skip "needs the right to mount"
	conf <<-END
		job "j" { every = "100ms" command = 'head -c 2000000 /dev/zero' output = "$T/small/out" }
	END
	launch unshare --mount sh -c "mount -t tmpfs -o size=64k tmpfs '$T/small' && exec '$EVERYD' -c '$CONF'"
	await_loaded
	await 'everyd: j\[1\]: ok'
	logged 'everyd: j\[1\]: .*No space left on device'
	logged 'everyd: j\[1\]: .*dropped'
	stop
}

@test "output_max bounds what one run may print; the rest is counted" {
	once "'seq 1 100000'" 'output_max = "1K"'
	logged 'everyd: j\[1\]: .*dropped [0-9]+ .*output_max'
	[ "$(printed | wc -c)" -le 1024 ]
	equal "the first line" "$(printed | head -1)" 1
	logged 'everyd: j\[1\]: ok'
}

@test "output_rate bounds how fast; the rest is counted" {
	once "'seq 1 200000'" 'output_rate = "10K"'
	logged 'everyd: j\[1\]: .*dropped [0-9]+ .*output_rate'
	logged 'everyd: j\[1\]: ok'
	[ "$(printed | wc -l)" -lt 200000 ]
}

@test "a priority prefix is not printed" {
	once "'echo \"<3>bad\"; echo \"<9>odd\"; echo \"<>\"'"
	equal output "$(printed)" "bad
<9>odd
<>"
}
