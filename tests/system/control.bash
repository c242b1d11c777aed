# What the tests of the control socket share: asking by curl, and reading what it answers.

SOCKET=control.sock

# request METHOD PATH [BODY]: one; STATUS and BODY are what comes back. AS is who asks.
request() {
	BODY=$($AS curl -sS -m "$PATIENCE" --unix-socket "$RUNTIME_DIRECTORY/$SOCKET" -X "$1" \
		-w '\n%{http_code}' "http://localhost$2" ${3+-d "$3"} 3>&- 8>&-)
	STATUS=${BODY##*$'\n'} BODY=${BODY%$'\n'*}
}

# answered STATUS [EXPRESSION VALUE]...: what came back, and what is in it, `b`, as python sees it.
answered() {
	equal "the status of: $BODY" "$STATUS" "$1"
	shift
	while [ $# -gt 0 ]; do
		equal "$1 of $BODY" "$(json "$1")" "$2"
		shift 2
	done
}

json() {
	python3 -c 'import json, sys; b = json.loads(sys.argv[1]); print(eval(sys.argv[2]))' "$BODY" "$1"
}

# refused STATUS CODE TEXT: it was, with that code and that text in its message.
refused() {
	answered "$1" 'b["error"]["code"]' "$2"
	[[ $(json 'b["error"]["message"]') == *"$3"* ]] || { echo "no \"$3\" in: $BODY"; return 1; }
}
