"""Eight connections that send a server as much as it takes of what costs it most, until this process is ended.

python benchmarks/floods.py pings 8000
"""

import argparse
import contextlib
import itertools
import socket
import threading

from websockets.frames import Frame, Opcode

CONNECTIONS = 8
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
)
UPGRADE += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
CHUNKED = b"POST /mcp HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
LONGEST = b'{"type": "reset", "data": {"task_id": "oversight_frontier", "level": 10, "seed": 0}}'


def frame(opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> bytes:
    """A frame as a client sends it."""
    return Frame(opcode, data, fin=fin).serialize(mask=True)


FLOODS = {
    "pings": (UPGRADE, frame(Opcode.PING)),
    "pieces of messages": (UPGRADE, frame(Opcode.TEXT, fin=False) + frame(Opcode.CONT, fin=False) * 8),
    "states": (UPGRADE, frame(Opcode.TEXT, b'{"type": "state"}')),
    "long resets": (UPGRADE, frame(Opcode.TEXT, LONGEST)),
    "chunks of a byte": (CHUNKED, b"1\r\nx\r\n"),
    "requests": (b"", b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"),
}
"""By name: bytes that open a connection, and those that are repeated on it."""


def send(port: int, opening: bytes, repeated: bytes) -> None:
    """Send for ever, and connect again when the server has ended the connection. Answers are read, not parsed."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(opening)
            for _ in itertools.count():
                connection.sendall(repeated * 100)
                with contextlib.suppress(BlockingIOError):
                    connection.recv(1 << 20, socket.MSG_DONTWAIT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("flood", choices=FLOODS)
    parser.add_argument("port", type=int)
    chosen = parser.parse_args()
    for _ in range(CONNECTIONS):
        threading.Thread(target=send, args=(chosen.port, *FLOODS[chosen.flood])).start()


if __name__ == "__main__":
    main()
