"""The ways to play an episode on a real server, each of which keeps all bytes that come, message by message.

    trial = Trial.of(scenario("hard", "test", 0))
    over_websocket("http://127.0.0.1:8000", trial, "terminal", asks_of(trial.scenario))

All of them ask the same, as far as their endpoint knows the question, and end with a report. Nothing here judges what
came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ...server.world.scenario import Scenario, build_scenario
from ...server.world.seeding import Stream
from ...server.world.tasks import ADAPTIVE, TIERS, rhetoric_of, task_of
from ..episodes import name_of
from .asks import Ask, everything, step
from .raw_sockets import HttpLine, WebSocketLine

SESSION = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
Answers = list[tuple[Ask, bytes]]


@dataclass(frozen=True)
class Trial:
    """An episode, and what a client asks reset for to get it."""

    name: str
    scenario: Scenario
    options: dict[str, str | int] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario) -> Trial:
        """An episode of a tier; its split follows from its seed."""
        tier = scenario.tier
        return cls(name_of(scenario), scenario, {"task_id": tier.task_id, "seed": scenario.seed})


def adaptive(split: str, index: int, level: str) -> Trial:
    """An episode of the adaptive task, pinned to a level and the first and last of its error types."""
    kinds = tuple(dict.fromkeys((TIERS[level].error_types[0], TIERS[level].error_types[-1])))
    seed = task_of(split, index).seed
    made = build_scenario(TIERS[level], seed, rhetoric_of(split), kinds)
    options: dict[str, str | int] = {"task_id": ADAPTIVE, "seed": seed, "level": level, "error_types": ",".join(kinds)}
    return Trial(f"adaptive {level} seed {seed}", made, options)


def asks_of(scenario: Scenario) -> list[Ask]:
    """As much of everything, in random order, as the budget allows; then a report, which ends the episode."""
    left, asks = scenario.tier.steps - 1, []
    for ask in everything(scenario, Stream("bytes", scenario.tier.name, scenario.seed)):
        costs = bool(ask.action) or ask.kind.startswith("mcp")
        if left or not costs:
            asks.append(ask)
            left -= costs
    return [*asks, step("report", "", "submit_audit_report", report="Nothing.")]


def opening(trial: Trial, settlement: str) -> Ask:
    """The message that starts an episode over /ws."""
    options: dict[str, object] = {**trial.options, "settlement": settlement, "episode_id": "scanned"}
    if "error_types" in options:
        options["error_types"] = str(options["error_types"]).split(",")
    return Ask("reset", "", json.dumps({"type": "reset", "data": options}))


def over_websocket(server: str, trial: Trial, settlement: str, asks: list[Ask]) -> Answers:
    """All that comes over a WebSocket, from the handshake on."""
    return _over_socket(server, "/ws", [(ask, ask.message) for ask in (opening(trial, settlement), *asks)])


def over_mcp_socket(server: str, trial: Trial, settlement: str, asks: list[Ask]) -> Answers:
    """All that comes over a WebSocket at /mcp, which starts the episode that its address names."""
    return _over_socket(server, _address(trial, settlement), _as_rpcs(asks))


def _over_socket(server: str, path: str, requests: list[tuple[Ask, str]]) -> Answers:
    with WebSocketLine(server, path) as line:
        answers = [(ask, line.exchange(request)) for ask, request in requests]
        return [(Ask("handshake", "", ""), line.handshake), *answers]


def over_http(server: str, trial: Trial, settlement: str, asks: list[Ask]) -> Answers:
    """All that comes over MCP's streamable HTTP, answer by answer, after a try of openenv's stateless routes."""
    plain = json.dumps({"task_id": trial.scenario.tier.task_id, "seed": trial.scenario.seed, "settlement": settlement})
    tries = (
        ("/reset", Ask("plain reset", "", plain)),
        ("/step", Ask("plain step", "", json.dumps({"action": {"action_type": "review_proposal"}}))),
        (_address(trial, settlement), Ask("initialize", "", '{"jsonrpc": "2.0", "id": 0, "method": "initialize"}')),
    )
    with HttpLine(server) as line:
        answers = [(ask, line.request("POST", where, ask.message)) for where, ask in tries]
        session = SESSION.search(answers[-1][1])
        assert session is not None, "the answer to initialize names the session"
        header = {"Mcp-Session-Id": session[0].decode()}
        answers += [(ask, line.request("POST", "/mcp", request, header)) for ask, request in _as_rpcs(asks)]
        # A session would keep its slot, and the server would soon be full.
        line.request("DELETE", "/mcp", headers=header)
        return answers


def over_web(server: str, trial: Trial, settlement: str, asks: list[Ask]) -> Answers:
    """All that comes over the routes of openenv's web page, which take steps and tell states, and know nothing else."""
    first = opening(trial, settlement)
    requests = [(first, "POST", "/web/reset", json.dumps(json.loads(first.message)["data"]))]
    for ask in asks:
        if ask.action:
            body = json.dumps({"action": json.loads(ask.message)["data"]})
            requests.append((ask, "POST", "/web/step", body))
        elif ask.kind == "state":
            requests.append((ask, "GET", "/web/state", ""))
    return [(ask, _alone(server, method, path, body)) for ask, method, path, body in requests]


def _alone(server: str, method: str, path: str, body: str) -> bytes:
    """An answer on a connection of its own: a fault at /web/step closes it."""
    with HttpLine(server) as line:
        return line.request(method, path, body or None)


Play = Callable[[str, Trial, str, list[Ask]], Answers]
"""Of a server's base URL, an episode, a settlement, and what is asked."""
PLAYS: tuple[Play, ...] = (over_websocket, over_mcp_socket, over_http, over_web)


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


def _as_rpcs(asks: list[Ask]) -> list[tuple[Ask, str]]:
    return [(ask, request) for ask in asks if (request := as_rpc(ask)) is not None]


def _address(trial: Trial, settlement: str) -> str:
    return "/mcp?" + urlencode({**trial.options, "settlement": settlement})
