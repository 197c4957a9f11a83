"""The clients of a soak, each of which plays one session: a good one, and a table of faults.

    await run(soak, "half_open", random.Random(7))

Every answer has to be the one that this process got from an environment of its own, to the byte. A faulty client
crashes, falls silent, reads slowly or sends garbage. What the server does about it is seen in the end: it has to be rid
of all of them. None of them finishes its episode unless its docstring says so, since what the episode log holds has to
be known.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

from synth_audit_env.benchmarks.recorded import Script
from synth_audit_env.server.serving.limits import LONGEST_MESSAGE

STATE = b'{"type": "state"}'
PATIENCE_S = 120.0
"""A server that answers later than that, with the machine as busy as a soak makes it, is taken to hang."""
PAUSE_S = 0.05
"""Between two messages of a client, on average."""
BUFFER = 4096
"""Bytes that may lie unread on the side of a client that does not read."""
MOST_SILENT = 100
"""Connections of silent clients that are kept open until the end. A process may have only so many files."""
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
    finished: Counter[object] = field(default_factory=Counter)
    """What was played to its end, each once: id, task, seed and score."""
    sessions: Counter[str] = field(default_factory=Counter)
    """By the client that played them."""
    answers: int = 0
    """That were compared."""
    problems: list[str] = field(default_factory=list)
    """What should not have happened."""
    silent: deque[ClientConnection] = field(default_factory=deque)
    """The last connections on which nothing is read or said any more, and which the server has to end."""

    def let_go(self) -> None:
        """Let go of the silent connections."""
        for connection in self.silent:
            connection.transport.abort()


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
            self.soak.finished[state["episode_id"], *told] += 1
        else:
            self.problem(f"the state after its end is {answer[:300]!r}")

    async def stay_silent(self) -> None:
        """Read nothing for as long as the server has patience, and leave the socket open."""
        self.transport.pause_reading()
        await asyncio.sleep(self.soak.session_timeout_s)
        self.soak.silent.append(self.connection)
        if len(self.soak.silent) > MOST_SILENT:
            self.soak.silent.popleft().transport.abort()


async def good(client: Client) -> None:
    """Play an episode from reset to report, and close the connection. It is finished."""
    await client.play()
    await client.finish()
    await client.connection.close()


async def crash(client: Client) -> None:
    """Crash with an answer on its way, that to the reset or a later one, as a process that is killed does."""
    client.send(await client.play_a_part() if client.rng.random() < 0.5 else client.script.said[0])
    await asyncio.sleep(client.rng.uniform(0.0, 0.02))
    # RST is what a kernel may send for a program that has crashed. To linger for no time is how it is asked for it.
    linger = struct.pack("ii", 1, 0)
    client.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    client.transport.abort()


async def abandon_by_reset(client: Client) -> None:
    """Begin another episode in the middle of one, twice, and leave without a word."""
    for _ in range(3):
        client.script = client.rng.choice(client.soak.scripts)
        await client.play_a_part()


async def half_open(client: Client) -> None:
    """Fall silent and read nothing, not even pings, but keep the socket. It has to be closed with the session."""
    await client.play_a_part()
    await client.stay_silent()


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
    for _ in range(FLOOD):
        client.send(LONGEST_OPENING)
    await client.stay_silent()


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
    async with asyncio.timeout(PATIENCE_S):
        await client.connection.wait_closed()


async def forgotten_mcp(client: Client) -> None:
    """Open a session over HTTP, which has no socket to be missed, and forget it. It has to end by itself."""
    initialize = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
        opened = await http.post(f"http://127.0.0.1:{client.soak.port}/mcp", json=initialize)
    if "mcp-session-id" not in opened.headers:
        client.problem(f"initialize was answered with {opened.status_code}")


Play = Callable[[Client], Awaitable[None]]
CLIENTS: dict[str, Play] = {
    play.__name__: play
    for play in (
        *(good, crash, abandon_by_reset, half_open, slow_reader),
        *(flood_unread, garbage, broken_frames, forgotten_mcp),
    )
}


async def run(soak: Soak, name: str, rng: random.Random) -> None:
    """Let one client come. Afterwards its connection is gone, however it ended, or silent."""
    own = socket.socket()
    if CLIENTS[name] in (slow_reader, flood_unread):
        # Before it connects, since that is when the window is agreed on.
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", soak.port))
    connection = await connect(
        f"ws://127.0.0.1:{soak.port}/ws",
        sock=own,
        open_timeout=PATIENCE_S,
        proxy=None,
        compression=None,
        max_size=None,
        max_queue=1,
        ping_interval=None,  # the server's pings are answered; ours would only add to the noise
    )
    try:
        await CLIENTS[name](Client(soak, name, rng, connection))
    finally:
        if connection not in soak.silent:
            connection.transport.abort()


_APPROVE = '{"type": "step", "data": {"action_type": "approve", "proposal_id": %s, "confidence": %s}}'
NONSENSE = (
    *((Opcode.TEXT, text.encode()) for text in ("", "{", "approve PROP-001", "null", "7", "[]", "[" * 100_000)),
    *((Opcode.TEXT, text.encode()) for text in ('{"type": null}', '{"type": "outcome"}', '{"type": "step"}')),
    *((Opcode.TEXT, (_APPROVE % ('"PROP-001"', one)).encode()) for one in ("NaN", "1e999", "-1", "true", '"x"')),
    *((Opcode.TEXT, (_APPROVE % (one, 0.9)).encode()) for one in ("1", '{"$ne": ""}', "[]")),
    (Opcode.TEXT, b'{"type": "reset", "data": {"label": true}}'),
    (Opcode.TEXT, b"x" * (LONGEST_MESSAGE + 1)),
    *((Opcode.BINARY, message) for message in (b"", b"\x00\xff\xfe", STATE)),
)
"""Messages that the server has to refuse in words; the last is a good one in a binary frame."""
BROKEN = (
    Frame(Opcode.TEXT, b"\xff\xfe\xfd").serialize(mask=True),  # text that is not UTF-8
    b"\x83\x80" + bytes(4),  # a reserved opcode
    b"\x81\x02{}",  # not masked
    b"\xf1\x80" + bytes(4),  # reserved bits
    b"\x81\xff" + (1 << 40).to_bytes(8, "big") + bytes(4),  # a message of a terabyte is announced
    b"\x89\xfe\x00\xff" + bytes(4 + 255),  # a ping of more than 125 bytes
)
