"""Every way to ask a real server: episodes over each endpoint that plays them, and all other routes.

    trial = Trial.of(scenario("hard", "test", 0))
    over_websocket("http://127.0.0.1:8000", trial, "terminal", asks_of(trial.scenario))
    routes = routes_of(build_app(Settings()))
    unread(routes)                                                     # [] while each is read
    documents("http://127.0.0.1:8000", list(requests_of(routes)))      # what each request is answered

All ways to play an episode ask the same, as far as their endpoint knows the question, keep all bytes that come, message
by message, and end with a report. The routes are those of FastAPI's own table, so that a route that is added cannot be
forgotten: what plays no episode is asked for with every method that it takes. Nothing here judges what came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from ...server.application import ENV_NAME
from ...server.world.scenario import Scenario, build_scenario
from ...server.world.tasks import ADAPTIVE, SPLITS, TIERS, rhetoric_of, task_of
from ..episodes import name_of
from .answers import Answer
from .asks import Ask, everything, rpc, step
from .raw_sockets import WebSocketLine, http_answer

SESSION = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
CLOCK = re.compile(rb"(?im)^(date|sec-websocket-accept): [^\r]*\r\n")
"""Headers that no two answers share."""


def timeless(answer: Answer) -> Answer:
    """An answer without what differs from one session to the next."""
    return replace(answer, sent=SESSION.sub(b"SESSION", CLOCK.sub(b"", answer.sent)))


@dataclass(frozen=True)
class Trial:
    """An episode, and what a client asks reset for to get it."""

    name: str
    scenario: Scenario
    options: Mapping[str, str | int]

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
    for ask in everything(scenario, "bytes"):
        costs = bool(ask.action) or ask.kind.startswith("mcp")
        if left or not costs:
            asks.append(ask)
            left -= costs
    return [*asks, step("report", "", "submit_audit_report", report="Nothing.")]


def opening(trial: Trial, settlement: str, episode_id: str = "scanned") -> Ask:
    """The message that starts an episode over /ws."""
    options: dict[str, object] = {**trial.options, "settlement": settlement, "episode_id": episode_id}
    if "error_types" in options:
        options["error_types"] = str(options["error_types"]).split(",")
    return Ask("reset", "", json.dumps({"type": "reset", "data": options}))


def over_websocket(server: str, trial: Trial, settlement: str, asks: list[Ask]) -> list[Answer]:
    """All that comes over a WebSocket, from the handshake on."""
    return _over_socket(server, "/ws", [(ask, ask.message) for ask in (opening(trial, settlement), *asks)])


def over_mcp_socket(server: str, trial: Trial, settlement: str, asks: list[Ask]) -> list[Answer]:
    """All that comes over a WebSocket at /mcp, which starts the episode that its address names."""
    return _over_socket(server, _address(trial, settlement), _as_rpcs(asks))


def _over_socket(server: str, path: str, requests: Iterable[tuple[Ask, str]]) -> list[Answer]:
    with WebSocketLine(server, path) as line:
        answers = [Answer(ask, line.exchange(request)) for ask, request in requests]
        return [Answer(Ask("handshake", "", ""), line.handshake), *answers]


def over_http(server: str, trial: Trial, settlement: str, asks: list[Ask]) -> list[Answer]:
    """All that comes over MCP's streamable HTTP, answer by answer, after a try of openenv's stateless routes."""
    plain = json.dumps({"task_id": trial.scenario.tier.task_id, "seed": trial.scenario.seed, "settlement": settlement})
    tries = (
        ("/reset", Ask("plain reset", "", plain)),
        ("/step", Ask("plain step", "", json.dumps({"action": {"action_type": "review_proposal"}}))),
        (_address(trial, settlement), Ask("initialize", "", '{"jsonrpc": "2.0", "id": 0, "method": "initialize"}')),
    )
    answers = [Answer(ask, http_answer(server, "POST", where, ask.message)) for where, ask in tries]
    session = SESSION.search(answers[-1].sent)
    assert session is not None, "the answer to initialize names the session"
    header = {"Mcp-Session-Id": session[0].decode()}
    answers += [Answer(ask, http_answer(server, "POST", "/mcp", request, **header)) for ask, request in _as_rpcs(asks)]
    # A session would keep its slot, and the server would soon be full.
    http_answer(server, "DELETE", "/mcp", **header)
    return answers


Play = Callable[[str, Trial, str, list[Ask]], list[Answer]]
"""Of a server's base URL, an episode, a settlement, and what is asked."""
PLAYS: tuple[Play, ...] = (over_websocket, over_mcp_socket, over_http)


def _as_rpcs(asks: list[Ask]) -> Iterator[tuple[Ask, str]]:
    """The same over MCP: a step is a call of a tool. What is asked over /ws only is left out."""
    for ask in asks:
        try:
            message = json.loads(ask.message)
        except ValueError:
            yield ask, ask.message
            continue
        kind = message["type"] if isinstance(message, dict) else None
        if kind == "mcp":
            yield ask, json.dumps(message["data"])
        elif kind == "step":
            name = message["data"].pop("action_type")
            yield ask, json.dumps(rpc("tools/call", name=name, arguments=message["data"]))


def _address(trial: Trial, settlement: str) -> str:
    return "/mcp?" + urlencode({**trial.options, "settlement": settlement})


PLAYED = {("WEBSOCKET", "/ws"), ("WEBSOCKET", "/mcp"), ("POST", "/mcp")}
"""At which episodes are played."""
UNFINISHED = "never-finished"
"""The id of episodes that are begun while other routes are asked, and not finished."""
_NAMES: Mapping[str, str] = {
    "/page/reference/{episode_id}": f"/page/reference/{UNFINISHED}",
    "/page/logs/{name}/index": "/page/logs/none.jsonl/index",
    "/page/logs/{name}": "/page/logs/none.jsonl",
    "/page/results/{path:path}": "/page/results/certificate.json",
    "/page/{path:path}": "/page/index.html",
}
"""What is asked for at a route that takes a name in its path."""
COUNTING = ("/metrics", "/ready")
"""Routes that count sessions and steps, and so change while episodes run whatever the labels are: what they count is
compared between a server and one whose labels are flipped."""
_OF_THE_PROCESS = re.compile(rb"(?m)^(?:# .*|process_.*|python_.*|.*_seconds.*|.*_created.*)\n?")
"""Lines of /metrics about time and memory, which no two processes share."""
_BODIES: Mapping[str, Sequence[Mapping[str, object]]] = {
    "/{env_name}/tasks": [{"split": split} for split in (*SPLITS, "none")],
    "/{env_name}/num_tasks": [{"split": split} for split in (*SPLITS, "none")],
    "/{env_name}/task": [{"split": split, "index": index} for split in SPLITS for index in (0, 14, 10**9)],
    "/{env_name}/task_range": [{"split": split, "start": 3, "stop": 9} for split in SPLITS],
    "/reset": [{"seed": 42}, {"seed": 42, "task_id": "oversight_adaptive"}, {"seed": "is_wrong"}, {"labels": True}],
    "/step": [{"action": {"action_type": "review_proposal"}}, {"action": {"action_type": "explain"}}, {}],
}
"""What is posted to a route by its path, refused bodies among them."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of one route."""

    method: str
    route: str
    """As FastAPI's table has it."""
    path: str
    body: str | None = None


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Method and path of every route; WEBSOCKET for a socket, and for what is mounted whole its class."""
    return set(_routes_below("", app.routes))


def _routes_below(place: str, routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, WebSocketRoute):
            yield "WEBSOCKET", place + route.path
        elif isinstance(route, Route):
            yield from ((method, place + route.path) for method in route.methods or ())
        elif isinstance(route, Mount) and isinstance(route.app, StaticFiles):
            yield from ((method, f"{place}{route.path}/{{path:path}}") for method in ("GET", "HEAD"))
        elif isinstance(route, Mount) and route.routes:
            yield from _routes_below(place + route.path, route.routes)
        else:
            yield type(route).__name__, place + str(getattr(route, "path", route))


def requests_of(routes: set[tuple[str, str]]) -> Iterator[Request]:
    """What there is to ask of these routes without an episode."""
    for method, route in sorted(routes - PLAYED):
        path = _NAMES.get(route, route).replace("{env_name}", ENV_NAME)
        if method in ("GET", "HEAD", "DELETE") and "{" not in path:
            yield Request(method, route, path)
        elif method == "POST":
            for body in _BODIES.get(route, ()):
                yield Request(method, route, path, json.dumps(body))


def unread(routes: set[tuple[str, str]]) -> list[str]:
    """The routes that are neither played at nor asked for."""
    asked = {(one.method, one.route) for one in requests_of(routes)}
    return [f"{method} {path}" for method, path in sorted(routes - asked - PLAYED)]


def counts(base_url: str) -> dict[str, bytes]:
    """What a server counts, by route, without what it tells of its process."""
    asked = [Request("GET", path, path) for path in COUNTING]
    answers = documents(base_url, asked)
    return {one.path: _OF_THE_PROCESS.sub(b"", answers[one].partition(b"\r\n\r\n")[2]) for one in asked}


def documents(base_url: str, requests: Sequence[Request]) -> dict[Request, bytes]:
    """What a server answers to each, but for the clock."""
    return {one: CLOCK.sub(b"", http_answer(base_url, one.method, one.path, one.body)) for one in requests}
