"""What clients do to a server that is left running, each on one session: crash, fall silent, read slowly, send garbage.

    await FAULTS["half_open"](stage, random.Random(7))

None of them finishes an episode unless its docstring says so: what is in the episode log has to be known. Each looks at
what the server does about it, and notes in the ledger what it ought not to have done.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable

import httpx

from synth_audit_env.benchmarks.processes import holds_connection
from synth_audit_env.benchmarks.recorded import Script
from synth_audit_env.benchmarks.soak.good import STATE, Stage
from synth_audit_env.benchmarks.soak.visitor import PATIENCE_S, Visitor, visit
from synth_audit_env.benchmarks.wire import BINARY, TEXT, frame

GONE = 1001
"""The code with which an idle session is closed."""
NARROW = 4096
"""Bytes of a slow reader's buffer."""
FLOOD = 400
"""Resets that are asked for at once: their answers fill every buffer on the way, several times over."""
GRACE_S = 3.0
"""After its timeout a session may last so long."""
CLOSED_AFTER_S = 30.0
"""After the session its socket may: for ten seconds the server waits for a peer to close as well, and before that it
may be at work on what a flood has asked for."""


async def crash_in_reset(stage: Stage, rng: random.Random) -> None:
    """Ask for an episode and break off before it is there."""
    async with visit(stage.port) as visitor:
        visitor.send(rng.choice(stage.scripts).said[0])
        await asyncio.sleep(rng.uniform(0.0, 0.02))
        visitor.cut()


async def crash_in_episode(stage: Stage, rng: random.Random) -> None:
    """Break off with an answer on its way."""
    async with visit(stage.port) as visitor:
        script, played = await _play_a_part(stage, visitor, rng)
        visitor.send(script.said[played])
        visitor.cut()


async def abandon_by_reset(stage: Stage, rng: random.Random) -> None:
    """Begin another episode in the midst of one, twice, and leave without a word."""
    async with visit(stage.port) as visitor:
        for _ in range(3):
            await _play_a_part(stage, visitor, rng)


async def half_open(stage: Stage, rng: random.Random) -> None:
    """Fall silent and read nothing, not even pings, but keep the socket. It has to be closed with the session."""
    async with visit(stage.port) as visitor:
        await _play_a_part(stage, visitor, rng)
        visitor.stop_reading()
        await _expect_to_be_let_go(stage, visitor, "half_open")
        visitor.read_again()
        await _expect_goodbye(stage, visitor, "half_open")


async def idle(stage: Stage, rng: random.Random) -> None:
    """Read, but say nothing any more. The server has to say why it ends the session."""
    async with visit(stage.port) as visitor:
        await _play_a_part(stage, visitor, rng)
        await _expect_goodbye(stage, visitor, "idle")


async def slow_reader(stage: Stage, rng: random.Random) -> None:
    """Say a whole episode at once and read the answers slowly. All of them have to be right; it is finished."""
    script = rng.choice(stage.scripts)
    async with visit(stage.port, buffer=NARROW) as visitor:
        for said in script.said:
            visitor.send(said)
        # It says nothing while it reads: on a busy machine its session would be idle for too long.
        hurries_at = time.monotonic() + stage.session_timeout_s / 2
        for due in script.answers:
            await asyncio.sleep(rng.uniform(0.0, 0.08) if time.monotonic() < hurries_at else 0.0)
            stage.check(await visitor.hear(), due, "slow_reader")
        stage.check_end(await visitor.ask(STATE), script)


async def flood_unread(stage: Stage, rng: random.Random) -> None:
    """Ask for far more than can be buffered and read nothing. The session has to end all the same."""
    async with visit(stage.port, buffer=NARROW) as visitor:
        visitor.stop_reading()
        visitor.send_raw(frame(rng.choice(stage.scripts).said[0]) * FLOOD)
        await _expect_to_be_let_go(stage, visitor, "flood_unread")


async def garbage(stage: Stage, rng: random.Random) -> None:
    """Send nonsense between the messages of an episode. Each is refused, and the episode goes on; it is finished."""
    script = rng.choice(stage.scripts)
    async with visit(stage.port) as visitor:
        for said, due in zip(script.said, script.answers, strict=True):
            stage.check(await visitor.ask(said), due, "garbage")
            if rng.random() < 0.5:
                opcode, nonsense = rng.choice(NONSENSE)
                visitor.send(nonsense, opcode)
                answer = await visitor.hear()
                if not answer.startswith(b'{"type":"error"'):
                    stage.ledger.problem(f"garbage: {nonsense[:60]!r} was answered with {answer[:200]!r}")
        stage.check_end(await visitor.ask(STATE), script)


async def broken_frames(stage: Stage, rng: random.Random) -> None:
    """Send what is no WebSocket frame. The server has to end the connection."""
    async with visit(stage.port) as visitor:
        await _play_a_part(stage, visitor, rng)
        visitor.send_raw(rng.choice(BROKEN))
        said, _ = await visitor.until_end()
        if said:
            stage.ledger.problem(f"broken_frames: the server answered {said[0][:200]!r}")


async def forgotten_mcp(stage: Stage, rng: random.Random) -> None:
    """Open a session over HTTP, which has no socket to be missed, and forget it. It has to end by itself."""
    status, session_id = await _post(stage.port, "initialize", {"protocolVersion": "2025-06-18"})
    if status != 200 or not session_id:
        stage.ledger.problem(f"forgotten_mcp: initialize was answered with {status}")
        return
    await asyncio.sleep(stage.session_timeout_s + GRACE_S)
    status, _ = await _post(stage.port, "tools/list", {}, session_id)
    if status != 404:
        stage.ledger.problem(f"forgotten_mcp: the session is still there after its timeout ({status})")


Fault = Callable[[Stage, random.Random], Awaitable[None]]
FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        *(crash_in_reset, crash_in_episode, abandon_by_reset, half_open, idle, slow_reader, flood_unread),
        *(garbage, broken_frames, forgotten_mcp),
    )
}

NONSENSE: tuple[tuple[int, bytes], ...] = (
    (TEXT, b""),
    (TEXT, b"{"),
    (TEXT, b"null"),
    (TEXT, b"[1, 2]"),
    (TEXT, b"[" * 50_000),
    (TEXT, b'{"type": "restart"}'),
    (TEXT, b'{"type": "step"}'),
    (TEXT, b'{"type": "step", "data": {"action_type": 5}}'),
    (TEXT, b'{"type": "step", "data": {"action_type": "approve", "proposal_id": "PROP-001", "confidence": NaN}}'),
    (TEXT, b'{"type": "reset", "data": {"seed": -1}}'),
    (TEXT, b'{"type": "reset", "data": {"sed": 1}}'),
    (TEXT, json.dumps({"type": "x" * 1_000_000}).encode()),
    (TEXT, b'{"type": "state", "pad": "' + b"x" * 3_000_000 + b'"}'),
    (BINARY, bytes(range(256))),
    (BINARY, STATE),
)
"""By opcode: messages that are refused in words."""
BROKEN: tuple[bytes, ...] = (
    frame(b"\xff\xfe\xfd"),  # text that is no UTF-8
    frame(b"", opcode=3),  # an opcode that is reserved
    b"\x81\x02{}",  # not masked
    b"\xf1\x80\x00\x00\x00\x00",  # reserved bits
    b"\x81\xff" + (1 << 40).to_bytes(8, "big") + bytes(4),  # a message of a terabyte is announced
    b"\x89\xfe\x00\xff" + bytes(4 + 255),  # a ping of more than 125 bytes
)


async def _play_a_part(stage: Stage, visitor: Visitor, rng: random.Random) -> tuple[Script, int]:
    """Play an episode, but not to its end. Returns it, and how many messages of it were said."""
    script = rng.choice(stage.scripts)
    part = rng.randrange(1, len(script.said))
    for said, due in zip(script.said[:part], script.answers[:part], strict=True):
        stage.check(await visitor.ask(said), due, f"{script.task_id} {script.seed}")
        await stage.pause(rng)
    # The report is not said by whoever crashes, lest nobody know whether it arrived.
    return script, min(part, len(script.said) - 2)


async def _expect_to_be_let_go(stage: Stage, visitor: Visitor, who: str) -> None:
    """Wait until the server has closed its end of a connection whose other end does nothing."""
    until = time.monotonic() + stage.session_timeout_s + CLOSED_AFTER_S
    while await asyncio.to_thread(holds_connection, stage.port, visitor.port):
        if time.monotonic() > until:
            stage.ledger.problem(f"{who}: the server has not closed the socket of a session that is over")
            return
        await asyncio.sleep(0.25)


async def _expect_goodbye(stage: Stage, visitor: Visitor, who: str) -> None:
    said, code = await visitor.until_end(stage.session_timeout_s + PATIENCE_S)
    if code != GONE or len(said) != 1 or b"SESSION_ERROR" not in said[0]:
        stage.ledger.problem(f"{who}: at the end the server said {said!r:.300} and closed with {code}")


async def _post(port: int, method: str, params: dict[str, object], session_id: str = "") -> tuple[int, str]:
    """A JSON-RPC request over HTTP. Returns the status and the session that the answer names."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    headers = {"Mcp-Session-Id": session_id} if session_id else {}
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
        answer = await client.post(f"http://127.0.0.1:{port}/mcp", json=body, headers=headers)
    return answer.status_code, answer.headers.get("mcp-session-id", "")
