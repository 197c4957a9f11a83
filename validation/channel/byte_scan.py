"""Reads every byte that a real server sends before an episode ends, and looks for the truth about a proposal in it.

Two servers run as processes of their own: one as it is, and one on which every label is turned over as soon as an
episode is built. The same is asked of both on raw sockets: documents, episodes over /ws, episodes over /mcp. What the
first sends is searched for words of the hidden truth. And headers, frame lengths, ids and the order of keys included,
both send the same bytes, but for the clock, the handshake's key, session ids, and, in immediate settlement, the reward
of a decision.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, fields

from synth_audit_env.models import EpisodeOutcome, ProposalOutcome
from synth_audit_env.rollouts.own_server import own_server
from synth_audit_env.server.actor_agent import Brief
from synth_audit_env.server.episode import SETTLEMENTS
from synth_audit_env.server.misreadings import FLAWS, Flaw
from synth_audit_env.server.protocol import ERROR_TYPES, Judgement
from synth_audit_env.server.reward_model import REWARDS
from synth_audit_env.server.scenario import Proposal, Scenario
from synth_audit_env.server.seeding import Stream
from synth_audit_env.server.tasks import TIERS
from synth_audit_env.validation.certificate import Interval, Measurement, at_least, at_most
from synth_audit_env.validation.channel.listening import DECIDING, Ask, everything, step
from synth_audit_env.validation.channel.raw_sockets import HttpLine, WebSocketLine
from synth_audit_env.validation.episodes import Scale, scenarios

CLAIM = "channel"
SPLIT = "validation"
DOCUMENTS = (
    "/health",
    "/metadata",
    "/schema",
    "/state",
    "/openapi.json",
    "/docs",
    "/list_environments",
    "/synth_audit_env/splits",
    "/mcp",
    "/web",
)
"""What can be asked for with GET, refusals included."""
TURNED = """
import os, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
from synth_audit_env.server import app, synth_audit_environment as environment
from synth_audit_env.validation.channel.listening import twin
build = environment.build_scenario
environment.build_scenario = lambda *arguments: twin(build(*arguments))
app.main()
"""
"""The server on which every label is turned over. It ends when its standard input does, as `own_server` asks."""

_PUBLIC = {"note", "name", "verdict", "parameters", "proposal_id", "proposals", "decision", "error_type"}
_KEYS = (
    {one.name for kind in (Proposal, Brief, Flaw, Judgement) for one in fields(kind)}
    | set(EpisodeOutcome.model_fields)
    | set(ProposalOutcome.model_fields)
) - _PUBLIC
"""Fields of what is hidden, and of what is only told at the end."""
_WORDS = {"is_wrong", '"outcome":{', *FLAWS, *(flaw.summary for flaw in FLAWS.values())}
_WORDS |= {f'"{key}":' for key in _KEYS} | set(REWARDS) - {"reason", "report", "step"}
_JUDGING = re.compile(r"\b(?:in)?correct(?:ly)?\b|\bmistaken\b|\bground.truth\b", re.IGNORECASE)
_LISTS = (", ".join(ERROR_TYPES), json.dumps(ERROR_TYPES, separators=(",", ":")))
"""All error types in a row name none: a refusal and the list of tools say which there are."""
_CLOCK = re.compile(rb"(?im)^(date|sec-websocket-accept): [^\r]*\r\n")
_SESSION = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_REWARD = re.compile(rb'"reward":-?[0-9.e-]+')


@dataclass
class Scan:
    """What has been found so far."""

    messages: int = 0
    bytes: int = 0
    words: list[str] = field(default_factory=list)
    """Episode, message and word."""
    changes: list[str] = field(default_factory=list)
    """Episode and message."""
    documents: list[str] = field(default_factory=list)
    ends_told: list[bool] = field(default_factory=list)


def measure(scale: Scale) -> Iterator[Measurement]:
    """Start both servers, play on them, and say what was found."""
    count = max(1, scale.played // 20)
    trials = [one for tier in TIERS for one in scenarios(tier, SPLIT, count)]
    scan = Scan()
    with ExitStack() as stack:
        honest = stack.enter_context(own_server())
        turned = stack.enter_context(own_server(TURNED))
        first = {path: (_document(honest, path), _document(turned, path)) for path in DOCUMENTS}
        for trial in trials:
            for settlement in SETTLEMENTS:
                scan_episode(scan, trial, settlement, (honest, turned))
            for path in DOCUMENTS:
                if len({*first[path], _document(honest, path), _document(turned, path)}) > 1:
                    scan.documents.append(path)
    yield from _measurements(scan, f"{SPLIT} 0-{count - 1} of each tier")


def _measurements(scan: Scan, seeds: str) -> Iterator[Measurement]:
    said = f"{scan.messages} messages with {scan.bytes} bytes, over /ws, /mcp and plain HTTP, in both settlements."
    for what, found, note in (
        ("words of the truth about a proposal in what a server sends before the end", scan.words, said),
        ("messages of a server that change when every label is turned over", scan.changes, said),
        (
            "documents of a server that change with the labels, or while episodes run",
            scan.documents,
            f"{len(DOCUMENTS)} routes, the schemas and the list of tools among them.",
        ),
    ):
        where = "; ".join(found[:5]) or seeds
        yield Measurement(CLAIM, what, "all", Interval.exact(len(found)), at_most(0.0), where, note)
    yield Measurement(
        CLAIM,
        "share of ends in which the scan finds the truth",
        "all",
        Interval.exact(sum(scan.ends_told) / len(scan.ends_told)),
        at_least(1.0),
        seeds,
        "The control: what the scan must find once the truth is told.",
    )


def scan_episode(scan: Scan, trial: Scenario, settlement: str, servers: tuple[str, str]) -> None:
    """Play an episode over /ws and over HTTP on both servers, and read what comes."""
    asks = asks_of(trial)
    for play in (over_websocket, over_http):
        sent, other = (play(server, trial, settlement, asks) for server in servers)
        for (ask, answer), (_, turned) in zip(sent[:-1], other[:-1], strict=True):
            scan.messages, scan.bytes = scan.messages + 1, scan.bytes + len(answer)
            where = f"{trial.tier.name} seed {trial.seed}, {settlement}, {ask.kind}"
            scan.words += [f"{where}: {word}" for word in words_in(answer, ask.message, trial)]
            if comparable(answer, ask, settlement) != comparable(turned, ask, settlement):
                scan.changes.append(where)
        scan.ends_told.append(bool(words_in(sent[-1][1], sent[-1][0].message, trial)))


def asks_of(trial: Scenario) -> list[Ask]:
    """As much of everything, in random order, as the budget allows; then a report, which ends the episode."""
    left, asks = trial.tier.steps - 1, []
    for ask in everything(trial, Stream("bytes", trial.tier.name, trial.seed)):
        costs = bool(ask.action) or ask.kind.startswith("mcp")
        if left or not costs:
            asks.append(ask)
            left -= costs
    return [*asks, step("report", "", "submit_audit_report", report="Nothing.")]


def over_websocket(server: str, trial: Scenario, settlement: str, asks: list[Ask]) -> list[tuple[Ask, bytes]]:
    """All that comes over a WebSocket, message by message, from the handshake on."""
    options = {**_options(trial, settlement), "episode_id": "scanned"}
    opening = Ask("reset", "", json.dumps({"type": "reset", "data": options}))
    with WebSocketLine(server, "/ws") as line:
        return [
            (Ask("handshake", "", ""), line.handshake),
            *((ask, line.exchange(ask.message)) for ask in (opening, *asks)),
        ]


def over_http(server: str, trial: Scenario, settlement: str, asks: list[Ask]) -> list[tuple[Ask, bytes]]:
    """All that comes over MCP's streamable HTTP, answer by answer, after a try of openenv's stateless routes."""
    options = _options(trial, settlement)
    path = "/mcp?" + "&".join(f"{name}={value}" for name, value in options.items())
    tries = (
        ("/reset", Ask("plain reset", "", json.dumps(options))),
        ("/step", Ask("plain step", "", json.dumps({"action": {"action_type": "review_proposal"}}))),
        (path, Ask("initialize", "", json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize"}))),
    )
    with HttpLine(server) as line:
        heard = [(ask, line.post(where, ask.message)) for where, ask in tries]
        session = _SESSION.search(heard[-1][1])
        assert session is not None, "the answer to initialize names the session"
        header = {"Mcp-Session-Id": session[0].decode()}
        requests = [(ask, request) for ask in asks if (request := as_rpc(ask)) is not None]
        heard += [(ask, line.post("/mcp", request, header)) for ask, request in requests]
        # A session would keep its slot, and the server would soon be full.
        closing = {"method": "openenv/session/close", "params": {"session_id": session[0].decode()}}
        line.post("/mcp", json.dumps({"jsonrpc": "2.0", "id": 1, **closing}))
        return heard


def as_rpc(ask: Ask) -> str | None:
    """The same over MCP: a step is a call of a tool; None for what is asked over /ws only."""
    try:
        message = json.loads(ask.message)
    except ValueError:
        return ask.message
    if not isinstance(message, dict) or message["type"] not in ("step", "mcp"):
        return None
    if message["type"] == "mcp":
        return json.dumps(message["data"])
    arguments = message["data"]
    params = {"name": arguments.pop("action_type"), "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})


def words_in(answer: bytes, asked: str, trial: Scenario) -> list[str]:
    """Words of the truth in an answer that the question did not put there.

    They are the names of hidden fields, flaws and rewards, any sentence of an explanation, an error type that stands
    alone, and, outside the Actor's own prose, whatever calls something correct or not.
    """
    text = answer.decode(errors="replace")
    for listed in _LISTS:
        text = text.replace(listed, "")
    sentences = {one for proposal in trial.proposals for one in _sentences(proposal.explanation)}
    found = [word for word in (*_WORDS, *ERROR_TYPES, *sentences) if word in text and word not in asked]
    for proposal in trial.proposals:
        text = text.replace(json.dumps(proposal.note.reasoning, ensure_ascii=False)[1:-1], "")
    return sorted(found) + _JUDGING.findall(text)


def _sentences(explanation: str) -> list[str]:
    """The sentences as they are written in JSON."""
    return [json.dumps(one, ensure_ascii=False)[1:-1] for one in re.split(r"(?<=\.) (?=[A-Z§])", explanation)]


def comparable(answer: bytes, ask: Ask, settlement: str) -> bytes:
    """An answer without what differs from one session to the next, and without the reward that a decision may tell."""
    head, gap, body = _SESSION.sub(b"SESSION", _CLOCK.sub(b"", answer)).rpartition(b"\r\n\r\n")
    if settlement == "immediate" and ask.action in DECIDING and b'"error":null' in body:
        # The length of a message, in its frame or header, follows from the digits of the reward.
        return _REWARD.sub(b"REWARD", body[body.index(b'{"') :])
    return head + gap + body


def _options(trial: Scenario, settlement: str) -> dict[str, str | int]:
    return {"task_id": trial.tier.task_id, "seed": trial.seed, "settlement": settlement}


def _document(server: str, path: str) -> bytes:
    with HttpLine(server) as line:
        return _CLOCK.sub(b"", line.get(path))
