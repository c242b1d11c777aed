#!/usr/bin/python3
"""Listens where everyd would, and answers otherwise: pretender.py SOCKET MANNER.

Prints "ready" when it listens; ends with its standard input.
"""
import os
import socket
import sys
import threading

path, manner = sys.argv[1:]


def answer(body, status="200 OK", kind="application/json", length=None):
    length = len(body) if length is None else length
    return (f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n"
            "Connection: close\r\n\r\n").encode() + body


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
ANSWERS = {
    "closes": b"",
    "babbles": b"220 mail.example.com ESMTP\r\n",
    "no-json": answer(b"<html>hello</html>", kind="text/html"),
    "half-json": answer(b'{"items": ['),
    "truncates": answer(b'{"items": []', length=100000),
    "array": answer(b"[]"),
    "empty": answer(b"{}"),
    "html-error": answer(b"<h1>Not Found</h1>", "404 Not Found", "text/html"),
    "odd-error": answer(b'{"error": "no"}', "500 Internal Server Error"),
    "redirects": (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
                  b"Content-Length: 0\r\n\r\n"),
    # All that is asked for is there, and none of it what it should be.
    "wrong-types": answer(b'{"items": [7, null, {"name": [], "job": 1, "run": "x", "slot": true}],'
                          b' "next": {}, "name": 7, "version": [], "jobs": "many", "sentence": {},'
                          b' "slots": 7, "runs": {}, "settings": [[]], "config": 1, "until": 5}'),
    # It would go on for ever.
    "same-page": answer(b'{"items": [], "next": "again"}'),
    "steers": answer(b'{"items": [{"name": "\\u001b[2J\\u0007", "state": "a\\nb"}], "next": null,'
                     b' "sentence": "\\u001b[2Jx", "version": "\\u001b]0;x\\u0007", "jobs": 1}'),
    "bad-event": STREAM + b"data: {nonsense\n\n",
    "long-event": STREAM + b"data: " + b"x" * 3000000,
    "lagged": STREAM + b'event: lagged\ndata: {"error": {"code": "lagged", "message": "too slow"}}\n\n',
}


def serve(connection):
    with connection:
        connection.recv(65536)
        if manner == "silent":
            connection.recv(1)
            return
        try:
            connection.sendall(ANSWERS[manner])
        except OSError:
            pass


if os.path.exists(path):
    os.unlink(path)
os.makedirs(os.path.dirname(path), exist_ok=True)
listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(path)
listener.listen()


def accept():
    while True:
        threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
os.unlink(path)
