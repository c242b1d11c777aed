"""
A disk with a write cache that forgets what was not flushed when its power fails, as disks do; of
the blocks that it had not flushed some may be there all the same, and others not.

It is a server of network block devices (the NBD protocol, of which it has what qemu needs), because
the machine's emulator alone would not do: what it has once taken from the guest survives in the
host's page cache, flushed or not.
"""

import os
import socket
import struct
import threading

SECTOR = 512
BLOCK = 4096

MAGIC = 0x4e42444d41474943
OPTION_MAGIC = 0x49484156454f5054
OPTION_REPLY_MAGIC = 0x3e889045565a9
REQUEST_MAGIC = 0x25609513
REPLY_MAGIC = 0x67446698

FLAG_FIXED_NEWSTYLE = 1
FLAG_NO_ZEROES = 2
OPTION_ABORT = 2
OPTION_GO = 7
REPLY_ACK = 1
REPLY_INFO = 3
REPLY_UNSUPPORTED = 0x80000001
INFO_EXPORT = 0
TRANSMISSION_FLAGS = 1 | 4  # there are flags; it can flush
READ, WRITE, DISCONNECT, FLUSH = range(4)
EINVAL = 22

# What survives of what was not flushed: nothing, or half of the blocks.
FATES = ["none", "half"]


class Disk:
    """
    What has been flushed is in the file. One client at a time; after connections have ended,
    fail() is the end of the power.
    """

    def __init__(self, path, address):
        self.path = path
        self.lost = 0  # sectors, ever
        with open(path, "rb") as file:
            self._content = bytearray(file.read())
        self._unflushed = set()  # numbers of sectors
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen()
        self._thread = None

    def accept(self):
        """Serves the next client, in the background. join() waits for its end."""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def join(self):
        self._thread.join()

    def close(self):
        self._listener.close()

    def fail(self, random):
        """The power fails: which of the blocks that were not flushed are there is by chance."""
        fate = random.choice(FATES)
        blocks = {}
        survivors = set()
        for sector in sorted(self._unflushed):
            # File systems count on blocks to be whole, old or new, as on most disks they are.
            block = sector * SECTOR // BLOCK
            if fate == "half" and blocks.setdefault(block, random.random() < 0.5):
                survivors.add(sector)
        self.lost += len(self._unflushed) - len(survivors)
        self._unflushed = survivors
        self.flush()
        with open(self.path, "rb") as file:
            self._content = bytearray(file.read())

    def read(self, offset, size):
        return bytes(self._content[offset:offset + size])

    def write(self, offset, data):
        self._content[offset:offset + len(data)] = data
        self._unflushed.update(range(offset // SECTOR, (offset + len(data) - 1) // SECTOR + 1))

    def flush(self):
        file = os.open(self.path, os.O_WRONLY)
        try:
            for sector in self._unflushed:
                at = sector * SECTOR
                os.pwrite(file, self._content[at:at + SECTOR], at)
        finally:
            os.close(file)
        self._unflushed.clear()

    # --- the server ---

    def _serve(self):
        client, _ = self._listener.accept()
        with client:
            try:
                if self._negotiate(client):
                    while self._answer(client):
                        pass
            except ConnectionError:
                pass  # the emulator was killed

    @staticmethod
    def _receive(client, size):
        data = bytearray()
        while len(data) < size:
            if not (more := client.recv(size - len(data))):
                raise ConnectionResetError
            data += more
        return bytes(data)

    def _negotiate(self, client):
        client.sendall(struct.pack(">QQH", MAGIC, OPTION_MAGIC,
                                   FLAG_FIXED_NEWSTYLE | FLAG_NO_ZEROES))
        self._receive(client, 4)

        def reply(option, kind, data=b""):
            client.sendall(struct.pack(">QIII", OPTION_REPLY_MAGIC, option, kind, len(data)) + data)

        while True:
            _, option, size = struct.unpack(">QII", self._receive(client, 16))
            self._receive(client, size)
            if option == OPTION_GO:
                reply(option, REPLY_INFO, struct.pack(">HQH", INFO_EXPORT, len(self._content),
                                                      TRANSMISSION_FLAGS))
                reply(option, REPLY_ACK)
                return True
            if option == OPTION_ABORT:
                return False
            reply(option, REPLY_UNSUPPORTED)

    def _answer(self, client):
        """A request; returns whether there are more to come."""
        magic, _, kind, handle, offset, size = struct.unpack(">IHHQQI", self._receive(client, 28))
        if magic != REQUEST_MAGIC or kind == DISCONNECT:
            return False
        data, error = b"", 0
        if kind == WRITE:
            self.write(offset, self._receive(client, size))
        elif kind == READ:
            data = self.read(offset, size)
        elif kind == FLUSH:
            self.flush()
        else:
            error = EINVAL
        client.sendall(struct.pack(">IIQ", REPLY_MAGIC, error, handle) + data)
        return True


def tests(path, address, random):
    """Yields what must hold for it, and what is wrong."""
    size = 1000 * BLOCK
    with open(path, "wb") as file:
        file.write(bytes(size))
    disk = Disk(path, address)
    disk.write(SECTOR, b"flushed")
    disk.flush()
    disk.fail(random)
    yield "the disk keeps what was flushed", [
        what for what in [disk.read(SECTOR, 7)] if what != b"flushed"]
    for _ in FATES:
        disk.write(0, b"x" * size)
        disk.fail(random)
    there = disk.read(0, size).count(b"x")
    yield "and forgets of the rest what it likes", [] if there < size else ["it has kept all"]
    disk.close()
