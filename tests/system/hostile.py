#!/usr/bin/python3 -B
"""
Clients as bad as they come, against a running daemon: broken requests, bytes at random, requests
that never end, answers that are never taken, connections that come and go. A good client asks all
the while, and must be answered.

Usage: hostile.py SOCKET TCP_PORT SECONDS. A seed can be given as HOSTILE_SEED; it is printed.
"""
import os
import random
import socket
import sys
import time

PATIENCE = 60
HELD = 150  # connections that are kept open

socket_path, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
seed = int(os.environ.get("HOSTILE_SEED") or time.time_ns() % 1_000_000)
rng = random.Random(seed)
print("seed", seed)

METHODS = [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PATCH",
           b"get", b"BREW", b"", b"\0", b"G" * 5000]
TARGETS = [b"/healthz", b"/v1/status", b"/v1/jobs", b"/v1/jobs/tick", b"/v1/jobs/%74ick", b"/v1/jobs/%",
           b"/v1/jobs/%00", b"/v1/jobs/tick/why?time=-1h", b"/v1/runs?limit=5", b"/v1/runs/1/output", b"/v1/groups",
           b"/v1/events", b"/v1/logs", b"/metrics", b"/v1/openapi.json", b"/", b"*", b"//", b"/../../etc/passwd",
           b"http://x/v1/status", b"/v1/jobs?" + b"a=b&" * 100, b"/" + b"x" * 20000, b"/v1/runs/99999999999999999999",
           b"/v1/jobs/tick/pause/", b"/v1/nothing/run", b"/v1/jobs/nobody/run", b"/v1/runs/0/kill"]
VERSIONS = [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.", b"HTTP/-1.1", b"", b"\xff"]
HEADERS = [b"Host: localhost", b"Host: evil.example.com", b"Host:", b"Connection: close", b"Connection: keep-alive",
           b"Content-Length: 0", b"Content-Length: 5", b"Content-Length: -5", b"Content-Length: 99999999999999999999",
           b"Content-Length : 5", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked",
           b"Transfer-Encoding: \x0bchunked", b"Expect: 100-continue", b"Expect: the worst", b" folded: x", b"no colon",
           b": no name", b"X: " + b"y" * 40000, b"X\0Y: z", b"Upgrade: h2c", b"Range: bytes=0-0"]
BODIES = [b"", b"{}", b"[]", b"{" * 2000, b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffff\r\n", b"-1\r\n", b"0\r\n\r\n",
          b"x" * 200000, bytes(range(256)), b'{"a":' * 500]


def request():
    parts = [rng.choice(METHODS), b" ", rng.choice(TARGETS), b" ", rng.choice(VERSIONS), b"\r\n"]
    for _ in range(rng.randrange(5)):
        parts += [rng.choice(HEADERS), rng.choice([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"])]
    parts += [rng.choice([b"\r\n", b"\r\n", b"\r\n", b"\n", b""]), rng.choice(BODIES)]
    text = bytearray(b"".join(parts))
    for _ in range(rng.choice([0, 0, 0, 1, 5])):
        if text:
            text[rng.randrange(len(text))] = rng.randrange(256)
    return bytes(text)


def connect(tcp):
    if tcp:
        client = socket.create_connection(("127.0.0.1", port), PATIENCE)
    else:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE)
        client.connect(socket_path)
    client.setblocking(False)
    return client


def misbehave(held):
    """One deed. What cannot be sent or read at once is not."""
    client = connect(rng.random() < 0.3)
    deed = rng.randrange(7)
    try:
        if deed == 0:
            client.send(rng.randbytes(rng.randrange(1, 5000)))
        elif deed == 1:
            client.send(b"".join(request() for _ in range(rng.randrange(1, 30))))
        elif deed == 2:  # never takes what it is answered
            client.send(b"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
        elif deed == 3:  # stops in the midst of it
            text = request()
            client.send(text[:rng.randrange(len(text) + 1)])
        elif deed == 4:
            client.send(request())
            client.shutdown(rng.choice([socket.SHUT_WR, socket.SHUT_RD]))
        elif deed == 5:
            client.send(request())
            client.recv(rng.randrange(1, 100))
        else:  # gone before it was let in
            client.close()
            return
    except OSError:
        pass
    held.append(client)
    if len(held) > HELD or rng.random() < 0.3:
        held.pop(rng.randrange(len(held))).close()


def behave():
    """The good one. Returns the seconds that it waited."""
    begun = time.monotonic()
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE)
    client.connect(socket_path)
    client.sendall(b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    text = b""
    while piece := client.recv(65536):
        text += piece
    client.close()
    if not text.startswith(b"HTTP/1.1 200 ") or b'"version"' not in text:
        raise SystemExit(f"a good client was answered by {text[:500]}")
    return time.monotonic() - begun


kept, waits, deeds = [], [], 0
end = time.monotonic() + seconds
while time.monotonic() < end:
    for _ in range(20):
        misbehave(kept)
        deeds += 1
    waits.append(behave())
for bad in kept:
    bad.close()
behave()
print(f"{deeds} deeds; the good client waited {max(waits) * 1000:.1f} ms at most")
