#!/usr/bin/python3 -B
"""
Asks a running daemon for everything that conf/everyd-openapi.json describes, and holds each answer
against that: its status, its type, and its members, of which there are neither more nor less.

Usage: openapi.py DESCRIPTION SOCKET CONFIG TCP_PORT. The configuration is that of control_server.bats.
The last thing that it asks for is the end of the daemon.
"""
import http.client
import json
import re
import socket
import sys
import time
import urllib.parse

import jsonschema

PATIENCE = 60
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$")

description_path, socket_path, config_path, port = sys.argv[1:]
with open(description_path, encoding="utf-8") as text:
    description = json.load(text)
asked = set()  # (path, method) that were answered well
failed = []

checker = jsonschema.FormatChecker(formats=())


@checker.checks("date-time")
def is_time(value):
    """In the one form that answers have."""
    return not isinstance(value, str) or bool(TIME.match(value))


class Connection(http.client.HTTPConnection):
    """By the Unix socket."""

    def __init__(self):
        super().__init__("localhost", timeout=PATIENCE)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(socket_path)


def fail(what):
    failed.append(what)
    print("#", what)


def resolve(value):
    """What a $ref leads to."""
    while "$ref" in value:
        target = description
        for name in value["$ref"].split("/")[1:]:
            target = target[name]
        value = target
    return value


def check(what, schema, body):
    # The references in a schema lead to the whole of the description.
    whole = {**schema, "components": description["components"]}
    validator = jsonschema.Draft202012Validator(whole, format_checker=checker)
    for error in validator.iter_errors(body):
        fail(f"{what}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")


def check_parameters(what, path, operation, query, body):
    """What is asked for is described, too."""
    known = {p["name"]: p["schema"] for p in operation.get("parameters", []) if p["in"] == "query"}
    for name in query:
        if name not in known:
            fail(f"{what}: the parameter {name} is not described")
    if body is not None:
        if "requestBody" not in operation:
            fail(f"{what}: a body is not described")
        else:
            check(f"{what}, asked", operation["requestBody"]["content"]["application/json"]["schema"],
                  body)


def ask(method, path, *segments, query=None, body=None, status=200, tcp=False):
    """
    One request of a path in the description, with these for its {...}. Returns what is answered,
    parsed if it is JSON.
    """
    query = query or {}
    target = path
    for segment in segments:
        target = re.sub(r"{\w+}", lambda _: urllib.parse.quote(str(segment), safe=""), target, count=1)
    if query:
        target += "?" + urllib.parse.urlencode(query)
    what = f"{method} {target}" + (" by TCP" if tcp else "")
    operation = description["paths"][path][method.lower()]
    check_parameters(what, path, operation, query, body if status < 400 else None)
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=PATIENCE) if tcp else Connection()
    connection.request(method, target, json.dumps(body) if body is not None else None)
    response = connection.getresponse()
    kind = response.headers.get_content_type()
    text = b"" if operation.get("x-stream") and response.status == 200 else response.read()
    if response.status != status:
        fail(f"{what}: {response.status} instead of {status}: {text[:200]}")
    elif str(status) not in operation["responses"]:
        fail(f"{what}: {status} is not described")
    else:
        contents = resolve(operation["responses"][str(status)])["content"]
        if kind not in contents:
            fail(f"{what}: {kind} is not described")
        elif kind == "application/json":
            check(what, contents[kind]["schema"], json.loads(text))
        if status < 300:
            asked.add((path, method.lower()))
    connection.close()
    return json.loads(text) if kind == "application/json" else text.decode(errors="replace")


def ask_all(path, **query):
    """Every page."""
    items, cursor = [], None
    while True:
        page = ask("GET", path, query={**query, **({"cursor": cursor} if cursor else {})})
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def await_runs(**query):
    """Runs that are on record."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        page = ask("GET", "/v1/runs", query=query)
        if page["items"]:
            return page["items"]
        time.sleep(0.05)
    raise SystemExit(f"no runs: {query}")


def look():
    """All that can be read."""
    ask("GET", "/healthz")
    if ask("GET", "/v1/openapi.json") != description:
        fail("the description that is answered is another")
    ask("GET", "/v1/status")
    names = [job["name"] for job in ask_all("/v1/jobs", limit=2)]
    if names != sorted(names) or len(names) != 5:
        fail(f"jobs: {names}")
    for query in ({"sort": "next"}, {"sort": "last"}, {"sort": "failures"}, {"state": "failing"},
                  {"name": "q*", "group": "db"}, {"user": "root"}, {"verdict": "ok,failed"}):
        ask("GET", "/v1/jobs", query=query)
    for name in names:
        ask("GET", "/v1/jobs/{job}", name)
        ask("GET", "/v1/jobs/{job}/why", name)
        ask("GET", "/v1/jobs/{job}/why", name, query={"time": "-1h"})
    ask_all("/v1/groups", limit=1)
    ask("GET", "/v1/events", query={"job": "quick", "keepalive": 1})
    ask("GET", "/v1/logs", query={"job": "q*"})
    for query in ({}, {"job": "fails", "verdict": "failed"}, {"kind": "streak"}, {"state": "live"},
                  {"from": "-1h", "to": "2999-01-01T00:00:00Z", "kind": "run"}):
        ask("GET", "/v1/runs", query={**query, "limit": 5})
    for job, verdict in ("quick", "ok"), ("fails", "failed"):
        run = await_runs(job=job, verdict=verdict, limit=1)[0]["run"]
        ask("GET", "/v1/runs/{run}", run)
        text = ask("GET", "/v1/runs/{run}/output", run)
        if text != f"{job} says hello\n":
            fail(f"the output of {job} is {text}")
        ask("GET", "/v1/runs/{run}/output", run, query={"format": "json"})
    if "/metrics" in description["paths"]:
        ask("GET", "/metrics")


def change():
    """All that can be changed."""
    for _ in range(2):  # by its job, and by its number
        run = ask("POST", "/v1/jobs/{job}/run", "slow", body={"environment": ["A=b"]}, status=202)["run"]
        ask("GET", "/v1/jobs/{job}", "slow")
        ask("GET", "/v1/runs/{run}", run)
        ask("GET", "/v1/runs", query={"state": "live"})
        ask("GET", "/v1/runs/{run}/output", run, status=409)
        ask("POST", "/v1/jobs/{job}/run", "slow", status=409)
        if _ == 0:
            ask("POST", "/v1/jobs/{job}/kill", "slow", status=202)
        else:
            ask("POST", "/v1/runs/{run}/kill", run, body={"signal": "kill"}, status=202)
        await_runs(job="slow", verdict="killed", limit=1)
        ask("GET", "/v1/runs/{run}", run)
        deadline = time.monotonic() + PATIENCE
        while ask("GET", "/v1/jobs/{job}", "slow")["runs"] and time.monotonic() < deadline:
            time.sleep(0.05)
    end = ask("POST", "/v1/jobs/{job}/run", "by-hand@1", body={"wait": True, "force": True})
    if end["verdict"] != "ok" or end["exit"] != 0:
        fail(f"the end of a run: {end}")
    pause = {"for": "2h30m", "reason": "a test"}
    for path, name in ("/v1/jobs/{job}", "fails"), ("/v1/groups/{group}", "db"), ("/v1", None):
        segments = [name] if name else []
        ask("POST", path + "/pause", *segments, body=pause)
        ask("GET", "/v1/jobs/{job}", "quick")
        ask("POST", path + "/resume", *segments, body={})
    ask("POST", "/v1/pause", body={"until": "2999-01-01T00:00:00Z"})
    ask("GET", "/v1/jobs", query={"state": "paused"})
    ask("POST", "/v1/resume")
    ask("POST", "/v1/reload")


def err():
    """What is refused."""
    for path in "/v1/jobs/{job}", "/v1/jobs/{job}/why":
        ask("GET", path, "quik", status=404)
    ask("GET", "/v1/runs/{run}", 999999999, status=404)
    ask("GET", "/v1/runs/{run}/output", 999999999, status=404)
    ask("GET", "/v1/jobs", query={"limit": 0}, status=400)
    ask("GET", "/v1/jobs", query={"sort": "colour"}, status=400)
    ask("GET", "/v1/runs", query={"verdict": "fine"}, status=400)
    ask("POST", "/v1/jobs/{job}/run", "nobody", status=404)
    ask("POST", "/v1/jobs/{job}/run", "quick", body={"colour": "red"}, status=400)
    ask("POST", "/v1/groups/{group}/pause", "nobody", status=404)
    ask("POST", "/v1/pause", body={"until": "soon"}, status=400)
    ask("POST", "/v1/runs/{run}/kill", 999999999, status=404)
    with open(config_path, "a", encoding="utf-8") as config:
        config.write("colour = 'red'\n")
    ask("POST", "/v1/reload", status=422)
    ask("GET", "/v1/status")


def look_by_tcp():
    """What may be seen by TCP is, and nothing of what may not."""
    run = await_runs(job="quick", verdict="ok", limit=1)[0]["run"]
    segments = {"job": "quick", "run": run, "group": "db"}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if not operation["x-tcp"] or operation.get("x-stream"):
                continue
            answer = ask(method.upper(), path, *(segments[name] for name in re.findall(r"{(\w+)}", path)),
                         tcp=True)
            for secret in "says hello", config_path, "TOP_SECRET":
                if secret in json.dumps(answer):
                    fail(f"by TCP, {path} tells of \"{secret}\"")


look()
look_by_tcp()
change()
look()
err()
ask("POST", "/v1/stop", status=202)
for path, operations in description["paths"].items():
    for method in operations:
        if (path, method) not in asked:
            fail(f"{method} {path} was not asked for")
sys.exit(bool(failed))
