"""What the checks of openenv's policy are made on: a served environment, the manifest, and episodes.

    with served() as server, server.session() as session:
        opening = session.reset(seed=42, task_id="oversight_hard")
        answer = session.step({"action_type": "review_proposal", "proposal_id": "PROP-001"})
        server.peak_mib(), server.cpu_seconds()
    for sample in Run(QUICK, server).samples: session.play(sample.messages())

The server is a child process, as openenv's graders see it. Answers are kept as they came, as text: a client's parsing
could hide a difference. What a process takes up is read from /proc, so it is measured on Linux only.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from openenv.validation.manifest import NormalizedManifest
from openenv.validation.parsers.openenv_yaml import OpenEnvYamlParser
from websockets.sync.client import ClientConnection, connect

from ...agents.heuristic import HeuristicAuditor
from ...comparison.oracle import Oracle
from ...models import SynthAuditAction, SynthAuditObservation
from ...rollouts.own_server import free_port, running
from ...server.audit.reward_model import REWARDS, STEP
from ...server.serving.settings import Settings
from ...server.world.scenario import Scenario
from ...server.world.tasks import TIERS, task_of
from ..certificate import Measurement
from ..channel.asks import rpc
from ..channel.raw_sockets import http_answer
from ..episodes import Episodes, Scale, first, play_episode, scenario

EPISODE_ID = "openenv-lane"
"""Given to every reset, so that nothing in an answer may differ between two episodes of a task."""


class RefusedError(RuntimeError):
    """The server answered with an error message."""


class Session:
    """One WebSocket session."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def say(self, message: str | bytes) -> str:
        """Send a text, or a binary message; the answer as text."""
        self._socket.send(message)
        return str(self._socket.recv())

    def ask(self, kind: str, data: Mapping[str, Any] | None = None) -> str:
        """Send a message of openenv's protocol; the answer as text."""
        return self.say(_message(kind, data))

    def turned_away(self) -> bool:
        """Whether the server says, unasked, that it is full."""
        try:
            return "CAPACITY_REACHED" in str(self._socket.recv(timeout=5.0))
        except TimeoutError:
            return False

    def reset(self, **options: Any) -> str:
        """Start an episode. Raises RefusedError with the server's sentence."""
        return _accepted(self.ask("reset", {"episode_id": EPISODE_ID, **options}))

    def step(self, action: Mapping[str, Any]) -> str:
        """Act once. Raises RefusedError with the server's sentence."""
        return _accepted(self.ask("step", action))

    def state(self) -> str:
        """The state of the episode."""
        return self.ask("state")

    def play(self, messages: Iterable[str]) -> list[str]:
        """Every answer to these messages. Raises RefusedError with the server's sentence."""
        return [_accepted(self.say(message)) for message in messages]


@contextlib.contextmanager
def session(base_url: str) -> Iterator[Session]:
    """Open a session of a server, for as long as a `with` block."""
    url = f"{base_url.replace('http', 'ws', 1)}/ws"
    with connect(url, proxy=None, max_size=None, compression=None) as socket:
        yield Session(socket)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server of this package."""

    base_url: str
    pid: int
    scratch: Path
    """Its working folder, home and temporary folder: all that it may write to."""

    def session(self) -> contextlib.AbstractContextManager[Session]:
        """A session of it."""
        return session(self.base_url)

    def http(self, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, str]:
        """Status and body of a GET, or of a POST where there is a body."""
        asked = ("GET", path) if body is None else ("POST", path, json.dumps(body))
        head, _, text = http_answer(self.base_url, *asked).partition(b"\r\n\r\n")
        return int(head.split()[1]), text.decode()

    def rpc(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a JSON-RPC call at /mcp. Raises RefusedError with the server's sentence."""
        status, body = self.http("/mcp", rpc(method, **params))
        answer: dict[str, Any] = json.loads(body)
        if status != 200 or "error" in answer:
            raise RefusedError(body)
        result: dict[str, Any] = answer["result"]
        return result

    def peak_mib(self) -> float:
        """The most memory that it has held so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024

    def cpu_seconds(self) -> float:
        """Processor time that it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def written_mib(self) -> float:
        """What lies in the folders that it may write to."""
        return sum(path.stat().st_size for path in self.scratch.rglob("*") if path.is_file()) / 2**20


@contextlib.contextmanager
def served() -> Iterator[Server]:
    """A server of one's own, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        base_url = f"http://127.0.0.1:{port}"
        program = (sys.executable, "-m", "synth_audit_env.server.app")
        command = (*program, "--host", "127.0.0.1", "--port", str(port), "--max-sessions", str(Settings().max_sessions))
        env = {**os.environ, "HOME": folder, "TMPDIR": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        with running(command, base_url, env=env, cwd=folder) as process:
            yield Server(base_url, process.pid, Path(folder))


def wire(action: SynthAuditAction) -> dict[str, Any]:
    """An action as a model emits it."""
    return action.model_dump(mode="json", exclude_defaults=True)


def observed(answer: str) -> SynthAuditObservation:
    """The observation in an answer to reset or step."""
    data = json.loads(answer)["data"]
    return SynthAuditObservation.model_validate({**data["observation"], "reward": data["reward"], "done": data["done"]})


def _message(kind: str, data: Mapping[str, Any] | None = None) -> str:
    return json.dumps({"type": kind} if data is None else {"type": kind, "data": data})


def _accepted(answer: str) -> str:
    if json.loads(answer)["type"] == "error":
        raise RefusedError(answer)
    return answer


ROOT = Path(__file__).resolve().parent.parent.parent
SPLIT = "validation"
"""Of the episodes that are played over the wire."""
PLAYED_SPLIT = "test"
"""Of those that are played in our process, as by the other claims."""
FLOOR = REWARDS[STEP] / 1000
"""What an episode returns in which nothing is won or lost, and one step taken. openenv's floor is that of an episode
ended at once: lower here, where that lets every error through, so that no hack would be held to anything."""


def differing(ones: Iterable[object], others: Iterable[object]) -> int:
    """In how many places two sequences of the same length differ."""
    return sum(one != other for one, other in zip(ones, others, strict=True))


@lru_cache(maxsize=1)
def manifest() -> NormalizedManifest:
    """openenv.yaml, normalised by openenv."""
    return OpenEnvYamlParser().parse(ROOT)


@dataclass(frozen=True, slots=True)
class Sample:
    """An episode that is played over the wire."""

    tier: str
    index: int

    @property
    def options(self) -> dict[str, Any]:
        """What reset is called with."""
        return {"task_id": TIERS[self.tier].task_id, "split": SPLIT, "index": self.index}

    @property
    def seed(self) -> int:
        """Its seed."""
        return task_of(SPLIT, self.index).seed

    @property
    def scenario(self) -> Scenario:
        """The episode itself, labels included."""
        return scenario(self.tier, SPLIT, self.index)

    def actions(self) -> list[dict[str, Any]]:
        """The runtime plan's looks, refused and repeated ones among them, then a whole audit on evidence."""
        plan = json.loads((ROOT / "validation" / "runtime.json").read_text())["actions"]
        deciding = ("flag_error", "approve", "submit_audit_report")
        looks = [action for action in plan if action["action_type"] not in deciding]
        played = play_episode(lambda _: HeuristicAuditor(), self.tier, SPLIT, self.index)
        return looks + [wire(turn.action) for turn in played.turns]

    def messages(self) -> list[str]:
        """That episode as a session plays it, with the state asked for after each step."""
        resets = [("reset", {"episode_id": EPISODE_ID, **self.options})]
        steps = [("step", action) for action in self.actions()]
        return [said for kind, data in resets + steps for said in (_message(kind, data), _message("state"))]

    def audits(self) -> tuple[list[SynthAuditAction], list[SynthAuditAction]]:
        """That audit on evidence, and what the oracle does."""
        oracle = play_episode(Oracle, self.tier, SPLIT, self.index)
        evidence = [SynthAuditAction.model_validate(action) for action in self.actions()]
        return evidence, [turn.action for turn in oracle.turns]


@dataclass(frozen=True)
class Run:
    """How many episodes the checks are made on, and the server that plays them."""

    scale: Scale
    server: Server

    @property
    def per_tier(self) -> int:
        """How many episodes of a tier are played over the wire: each several times, so there are few."""
        return max(1, self.scale.played // 20)

    @property
    def samples(self) -> list[Sample]:
        """Episodes of every tier."""
        return [Sample(tier, index) for tier in TIERS for index in range(self.per_tier)]

    @property
    def seeds(self) -> str:
        """Those, in words."""
        return f"{first(SPLIT, self.per_tier)} of each tier"

    @property
    def played(self) -> list[Episodes]:
        """The episodes that policies play in our process."""
        return Episodes.of_tiers(PLAYED_SPLIT, self.scale.played)

    @property
    def seeds_played(self) -> str:
        """Those, in words."""
        return f"{first(PLAYED_SPLIT, self.scale.played)} of each tier"


Check = Callable[[Run], Iterator[Measurement]]
"""Yields the rows of one check of openenv's policy, or of several that look at the same episodes."""
