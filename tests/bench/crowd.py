#!/usr/bin/python3 -B
"""
Clients of a control socket that are slow: each asks for a large answer and takes it a little at a
time, then asks again; one in ten says nothing at all. Some follow all that happens, and take it.
Prints a line when all have been let in; ends with standard input, and says what they have taken.

Usage: crowd.py SOCKET SLOW FOLLOWERS
"""
import os
import selectors
import socket
import sys
import time

PERIOD = 0.5  # each slow one takes so much in so many seconds
PIECE = 4096
LIST = b"GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\n\r\n"
EVENTS = b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connect(path, text):
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    client.sendall(text)
    return client


def main():
    path, slow, followers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    # Not to be in the way of what is measured: it has a processor only when nobody else wants it.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    silent = [connect(path, b"GET /v1/jobs HTTP/1.1\r\n") for _ in range(slow // 10)]
    readers = [connect(path, LIST * 2) for _ in range(slow - len(silent))]
    following = [connect(path, EVENTS) for _ in range(followers)]
    for client in readers + following:
        if not client.recv(12) == b"HTTP/1.1 200":
            raise SystemExit("a client is not answered")
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    for client in following:
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ)
    print("ready", flush=True)

    taken = followed = lagged = at = 0
    begun = time.monotonic()
    while True:
        for key, _ in selector.select(PERIOD / len(readers)):
            if key.fileobj is sys.stdin:
                print(f"{taken} {followed} {lagged} {time.monotonic() - begun}", flush=True)
                return
            piece = key.fileobj.recv(1 << 20)
            followed += len(piece)
            if not piece:  # it was not scheduled often enough, on a machine that is busy
                selector.unregister(key.fileobj)
                key.fileobj.close()
                lagged += 1
        # As many as their turn has come, one after the other.
        due = int((time.monotonic() - begun) / PERIOD * len(readers))
        for at in range(at, due):
            taken += take(readers, at % len(readers), path)
        at = due


def take(readers, i, path):
    """A little of what there is for one of them; it begins anew where it was cut off."""
    try:
        n = len(readers[i].recv(PIECE, socket.MSG_DONTWAIT))
    except BlockingIOError:
        readers[i].sendall(LIST, socket.MSG_DONTWAIT)
        return 0
    except OSError:
        n = 0
    if n == 0:
        readers[i].close()
        readers[i] = connect(path, LIST * 2)
    return n


main()
