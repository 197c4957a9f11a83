"""The clients of a soak, each of which plays one session: a good one, and a table of faults.

    await run(soak, "half_open", random.Random(7))

Every answer has to be the one that this process got from an environment of its own, to the byte. A faulty client
crashes, falls silent, reads slowly or sends garbage, and checks what the server does about it. None of them finishes
its episode unless its docstring says so, since what the episode log holds has to be known.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode, Frame, Opcode

from synth_audit_env.benchmarks.recorded import Script
from synth_audit_env.validation.blind.malformed import MESSAGES

STATE = b'{"type": "state"}'
PATIENCE_S = 120.0
"""A server that answers later than that, with the machine as busy as a soak makes it, is taken to hang."""
PAUSE_S = 0.05
"""Between two messages of a client, on average."""
GRACE_S = 3.0
"""After its timeout a session may last so long."""
BUFFER = 4096
"""Bytes that may lie unread on the side of a client that does not read."""
FLOOD = 60
"""Resets that are asked for at once."""
LONGEST_OPENING = b'{"type": "reset", "data": {"task_id": "oversight_frontier", "level": 10, "seed": 0}}'
"""Asks for the longest answer there is, of more than 0.1 MB: a flood of them fills every buffer on the way, of which
Linux has 4 MB for a socket. It is built once, so that the server has little work with it."""


@dataclass
class Soak:
    """What all clients of a run share: the server, what they play, and what they have done and seen."""

    port: int
    session_timeout_s: float
    """After which the server ends a silent session."""
    scripts: Sequence[Script]
    finished: dict[str, Script] = field(default_factory=dict)
    """By the episode's id, what was played to its end."""
    sessions: Counter[str] = field(default_factory=Counter)
    """By the client that played them."""
    answers: int = 0
    """That were compared."""
    problems: list[str] = field(default_factory=list)
    """What should not have happened."""


class Client:
    """One client with its session. Through the transport it may break every rule of the protocol."""

    def __init__(self, soak: Soak, name: str, rng: random.Random, connection: ClientConnection) -> None:
        self.soak = soak
        self.rng = rng
        self.connection = connection
        self.transport = connection.transport
        self.script = rng.choice(soak.scripts)
        self._name = name

    def problem(self, sentence: str) -> None:
        """Note what should not have happened."""
        self.soak.problems.append(f"{self._name}, {self.script.task_id} {self.script.seed}: {sentence}"[:500])

    def send(self, message: bytes, opcode: Opcode = Opcode.TEXT) -> None:
        """Send a message, and wait for nothing."""
        self.transport.write(Frame(opcode, message).serialize(mask=True))

    async def hear(self, due: bytes | None = None) -> bytes:
        """The next message of the server, compared with the answer that is due, if it is given."""
        async with asyncio.timeout(PATIENCE_S):
            answer = await self.connection.recv(decode=False)
        if due is not None:
            self.soak.answers += 1
            if answer != due:
                self.problem(f"the answer is {answer[:200]!r}, and {due[:200]!r} was due")
        return answer

    async def play(self, messages: int | None = None) -> None:
        """Play the first so many messages of the episode, or all; pause before each as a client that has to think."""
        for said, due in zip(self.script.said[:messages], self.script.answers[:messages], strict=True):
            # Never so long that the session is idle.
            await asyncio.sleep(min(self.rng.expovariate(1 / PAUSE_S), self.soak.session_timeout_s / 4))
            self.send(said)
            await self.hear(due)

    async def play_a_part(self) -> bytes:
        """Play the episode, but not to its end. Returns a message that may follow, and does not end it either."""
        part = self.rng.randrange(1, len(self.script.said))
        await self.play(part)
        return self.script.said[min(part, len(self.script.said) - 2)]

    async def finish(self) -> None:
        """Compare the outcome in the state after the last message of the episode, and note it as finished."""
        self.send(STATE)
        answer = await self.hear()
        state = json.loads(answer)["data"]
        told = (state.get("task_id"), state.get("seed"), (state.get("outcome") or {}).get("score"))
        if told == (self.script.task_id, self.script.seed, self.script.score):
            self.soak.finished[state["episode_id"]] = self.script
        else:
            self.problem(f"the state after its end is {answer[:300]!r}")

    def crash(self) -> None:
        """End the connection as the kernel may end that of a program that has crashed: with RST."""
        # To linger for no time is how a socket is told to send it.
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()

    async def until_end(self, timeout_s: float) -> tuple[list[bytes], int | None]:
        """What the server still says until it ends the connection, and the code of its close frame, if it sent one."""
        said = []
        async with asyncio.timeout(timeout_s):
            try:
                while True:
                    said.append(await self.connection.recv(decode=False))
            except ConnectionClosed as ended:
                await self.connection.wait_closed()
                return said, ended.rcvd.code if ended.rcvd else None

    async def expect_goodbye(self) -> None:
        """Wait until the server ends the silent session. It has to say why, and close properly."""
        said, code = await self.until_end(self.soak.session_timeout_s + PATIENCE_S)
        if code != CloseCode.GOING_AWAY or len(said) != 1 or b"SESSION_ERROR" not in said[0]:
            self.problem(f"at the end the server said {said!r:.300} and closed with {code}")

    async def expect_closed_socket(self) -> None:
        """Wait until the server has closed its end of the connection, whose other end does nothing.

        The session's timeout runs from the last request that the server has worked on. Then the server waits ten
        seconds for its peer to close as well.
        """
        until = time.monotonic() + self.soak.session_timeout_s + PATIENCE_S
        ports = self.soak.port, self.connection.local_address[1]
        while held := await asyncio.to_thread(_held_connection, *ports):
            if time.monotonic() > until:
                self.problem(f"the server has not closed the socket of a session that is over: {held}")
                return
            await asyncio.sleep(0.25)


def _held_connection(port: int, client_port: int) -> str | None:
    """What the kernel says of a connection of which a server at a loopback port still has its end open, else None.

    Its fields, from the third on, are the state, the bytes that wait to be sent and to be read, and timers: proc(5).
    """
    wanted = [f"0100007F:{port:04X}", f"0100007F:{client_port:04X}", "01"]
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return next((" ".join(line.split()) for line in lines if line.split()[1:4] == wanted), None)


async def good(client: Client) -> None:
    """Play an episode from reset to report, and close the connection. It is finished."""
    await client.play()
    await client.finish()
    await client.connection.close()


async def crash_in_reset(client: Client) -> None:
    """Ask for an episode and crash before it is there."""
    client.send(client.script.said[0])
    await asyncio.sleep(client.rng.uniform(0.0, 0.02))
    client.crash()


async def crash_in_episode(client: Client) -> None:
    """Crash with an answer on its way, as a process that is killed does."""
    client.send(await client.play_a_part())
    client.crash()


async def abandon_by_reset(client: Client) -> None:
    """Begin another episode in the middle of one, twice, and leave without a word."""
    for _ in range(3):
        client.script = client.rng.choice(client.soak.scripts)
        await client.play_a_part()


async def half_open(client: Client) -> None:
    """Fall silent and read nothing, not even pings, but keep the socket. It has to be closed with the session."""
    await client.play_a_part()
    client.transport.pause_reading()
    await client.expect_closed_socket()
    client.transport.resume_reading()
    await client.expect_goodbye()


async def idle(client: Client) -> None:
    """Read, but say nothing any more. The server has to say why it ends the session."""
    await client.play_a_part()
    await client.expect_goodbye()


async def slow_reader(client: Client) -> None:
    """Send a whole episode at once and read the answers slowly. All of them have to be right; it is finished."""
    for said in client.script.said:
        client.send(said)
    # It says nothing while it reads: on a busy machine its session would be idle for too long.
    hurries_at = time.monotonic() + client.soak.session_timeout_s / 2
    for due in client.script.answers:
        await asyncio.sleep(client.rng.uniform(0.0, 0.08) if time.monotonic() < hurries_at else 0.0)
        await client.hear(due)
    await client.finish()


async def flood_unread(client: Client) -> None:
    """Ask for far more than can be buffered and read nothing. The session has to end all the same."""
    client.transport.pause_reading()
    for _ in range(FLOOD):
        client.send(LONGEST_OPENING)
    await client.expect_closed_socket()


async def garbage(client: Client) -> None:
    """Send nonsense between the messages of an episode. Each is refused, and the episode goes on; it is finished."""
    for said, due in zip(client.script.said, client.script.answers, strict=True):
        client.send(said)
        await client.hear(due)
        if client.rng.random() < 0.5:
            opcode, nonsense = client.rng.choice(NONSENSE)
            client.send(nonsense, opcode)
            answer = await client.hear()
            if not answer.startswith(b'{"type":"error"'):
                client.problem(f"{nonsense[:60]!r} was answered with {answer[:200]!r}")
    await client.finish()


async def broken_frames(client: Client) -> None:
    """Send what is not a WebSocket frame. The server has to end the connection."""
    await client.play_a_part()
    client.transport.write(client.rng.choice(BROKEN))
    said, _ = await client.until_end(PATIENCE_S)
    if said:
        client.problem(f"the server answered {said[0][:200]!r}")


async def forgotten_mcp(soak: Soak) -> None:
    """Open a session over HTTP, which has no socket to be missed, and forget it. It has to end by itself."""
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
        address, body = f"http://127.0.0.1:{soak.port}/mcp", {"jsonrpc": "2.0", "id": 1}
        initialize = {**body, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}
        opened = await client.post(address, json=initialize)
        if opened.status_code != 200 or "mcp-session-id" not in opened.headers:
            soak.problems.append(f"forgotten_mcp: initialize was answered with {opened.status_code}")
            return
        await asyncio.sleep(soak.session_timeout_s + GRACE_S)
        listed = {**body, "method": "tools/list", "params": {}}
        headers = {"Mcp-Session-Id": opened.headers["mcp-session-id"]}
        status = (await client.post(address, json=listed, headers=headers)).status_code
        if status != 404:
            soak.problems.append(f"forgotten_mcp: the session is still there after its timeout ({status})")


CLIENTS: dict[str, Callable[..., Awaitable[None]]] = {
    client.__name__: client
    for client in (
        *(good, crash_in_reset, crash_in_episode, abandon_by_reset, half_open, idle, slow_reader, flood_unread),
        *(garbage, broken_frames, forgotten_mcp),
    )
}


async def run(soak: Soak, name: str, rng: random.Random) -> None:
    """Let one client come. Afterwards its connection is gone, however it ended."""
    if CLIENTS[name] is forgotten_mcp:
        await forgotten_mcp(soak)
        return
    own = socket.socket()
    if CLIENTS[name] in (slow_reader, flood_unread):
        # Before it connects, since that is when the window is agreed on.
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", soak.port))
    # The server's pings are answered; ours would only add to the noise. One message is read ahead.
    plain = partial(connect, proxy=None, compression=None, max_size=None, max_queue=1, ping_interval=None)
    connection = await plain(f"ws://127.0.0.1:{soak.port}/ws", sock=own, open_timeout=PATIENCE_S)
    try:
        await CLIENTS[name](Client(soak, name, rng, connection))
    finally:
        connection.transport.abort()


NONSENSE = tuple(
    (Opcode.BINARY, one) if isinstance(one, bytes) else (Opcode.TEXT, one.encode()) for one in (*MESSAGES, STATE)
)
"""Messages that the server has to refuse in words: those of the certificate, and a good one in a binary frame."""
BROKEN = (
    Frame(Opcode.TEXT, b"\xff\xfe\xfd").serialize(mask=True),  # text that is not UTF-8
    b"\x83\x80" + bytes(4),  # a reserved opcode
    b"\x81\x02{}",  # not masked
    b"\xf1\x80" + bytes(4),  # reserved bits
    b"\x81\xff" + (1 << 40).to_bytes(8, "big") + bytes(4),  # a message of a terabyte is announced
    b"\x89\xfe\x00\xff" + bytes(4 + 255),  # a ping of more than 125 bytes
)
