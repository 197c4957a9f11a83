"""openenv's levels 1 and 2: what is declared and pinned, and whether a running server keeps to it.

    for row in static_checks(): ...
    with served() as server:
        for row in seed_control(Run(QUICK, server)): ...

Each check is a function named after what it promises, and yields its rows. Those of level 2, CHECKS, speak to the
server as any client could, over /ws, /mcp and HTTP, and compare what it answered, byte for byte. What needs an image is
not checked here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from openenv.validation.policy import load_policy

from ...models import SynthAuditAction
from ...rollouts.episode_log import EpisodeRecord, read_log
from ...rollouts.rollout import Turn
from ...server.serving.limits import LONGEST_MESSAGE
from ...server.serving.settings import Settings
from ...server.synth_audit_environment import SynthAuditEnvironment
from ...server.world.tasks import TIERS
from ..certificate import NONE, Measurement, at_most, exact
from ..channel.answers import converse
from ..episodes import first
from ..worlds.replay import in_one_session, written
from .fixtures import (
    EPISODE_ID,
    ROOT,
    SPLIT,
    Check,
    RefusedError,
    Run,
    Sample,
    Server,
    Session,
    differing,
    manifest,
    observed,
)

ONE = Sample("hard", 0)
"""The episode of the checks that need only one."""
SECRETS = ("is_wrong", "explanation", "flaw", "solution", "oracle")
"""Names under which an answer could carry what only the oracle may know."""
_IMPORTS_ORACLE = re.compile(
    r"synth_audit_env\.(?:validation|comparison)\b|\bfrom\s+\.+(?:validation|comparison)\b"
    r"|\bfrom\s+(?:\.+|synth_audit_env)\s+import\b[^\n]*\b(?:validation|comparison)\b"
)
"""Each form of import, and the name alone, as `importlib` takes it."""


def static_checks() -> Iterator[Measurement]:
    """Level 1, as far as it takes no image."""
    declared = manifest()
    amounts = (getattr(declared.resources, name) for name in ("cpu", "memory_mb", "disk_mb", "episode_timeout_s"))
    missing = sum(not 0 < amount < float("inf") for amount in amounts)
    note = "CPU, memory, disk and episode time of openenv.yaml; what they are held to: runtime.resource_bounds."
    yield exact("static.resource_declaration: resources undeclared", missing, NONE, "none", note)

    ceiling = at_most(load_policy("v2").bounds.max_episode_timeout_s)
    note = "The episode_timeout_s of openenv.yaml against the ceiling of openenv's policy."
    yield exact("static.timeout_ceiling: seconds declared", declared.resources.episode_timeout_s, ceiling, "none", note)

    locked: list[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    others = [package for package in locked if "registry" in package["source"]]
    loose = sum(not _hashed(package) for package in others) + (len(locked) - len(others) - 1)
    note = (
        f"{len(others)} packages of uv.lock, which the Dockerfile installs with --locked: a version and hashes for "
        "each."
    )
    yield exact("static.dependency_pinning: packages not pinned", loose, NONE, "none", note)

    # The generator of the tasks is the version that the manifest names: a task is then its seed.
    pin = declared.task_distribution
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    note = "The dataset_version of openenv.yaml is the package's version, whose tasks tests/data/golden.json pins."
    wrong = int(pin is None or pin.dataset_version != version)
    yield exact("static.task_distribution_pinning: pins amiss", wrong, NONE, "none", note)


def _hashed(package: dict[str, Any]) -> bool:
    files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
    return bool(files) and "version" in package and all("hash" in file for file in files)


def tool_declaration_accuracy(run: Run) -> Iterator[Measurement]:
    """The tools that are declared are those that MCP lists, that the schema offers, and that can be called."""
    server, declared = run.server, set(manifest().capabilities.declared_tools)
    session = server.rpc("openenv/session/create", **ONE.options)["session_id"]
    listed = {tool["name"] for tool in server.rpc("tools/list", session_id=session)["tools"]}
    schema = json.loads(server.http("/schema")[1])
    offered = set(schema["action"]["properties"]["action_type"]["enum"])
    called = [server.rpc("tools/call", session_id=session, name=name) for name in declared]
    # Refused because there is no such tool, and not because its arguments are missing.
    unknown = sum("There is no action_type" in answer["content"][0]["text"] for answer in called)
    server.rpc("openenv/session/close", session_id=session)
    found = len(declared ^ listed) + len(declared ^ offered) + unknown
    note = f"The {len(declared)} declared against tools/list at /mcp and the action_type of /schema; each called once."
    yield exact("runtime.tool_declaration_accuracy: tools amiss", found, NONE, f"{SPLIT} {ONE.index}", note)


def task_declaration_accuracy(run: Run) -> Iterator[Measurement]:
    """Each split has as many tasks as declared: the Task API says so, the last one can be played, the next cannot."""
    server, declared, name = run.server, manifest().capabilities.declared_task_count, manifest().name
    served = {split["name"] for split in json.loads(server.http(f"/{name}/splits")[1])}
    wrong = len(served ^ set(declared))
    with server.session() as session:
        for split, count in declared.items():
            wrong += json.loads(server.http(f"/{name}/num_tasks", {"split": split})[1])["num_tasks"] != count
            wrong += server.http(f"/{name}/task", {"split": split, "index": count - 1})[0] != 200
            wrong += server.http(f"/{name}/task", {"split": split, "index": count})[0] == 200
            wrong += not _resets(session, split=split, index=count - 1)
            wrong += _resets(session, split=split, index=count)
    note = "Splits and counts of the Task API; the last task of each split is found and played, the next one is not."
    yield exact("runtime.task_declaration_accuracy: counts amiss", wrong, NONE, "the last of each split", note)


def _resets(session: Session, **options: Any) -> bool:
    try:
        session.reset(**options)
    except RefusedError:
        return False
    return True


def seed_control(run: Run) -> Iterator[Measurement]:
    """A seed is taken as given, and another seed is another episode."""
    count, wrong = 4 * run.per_tier, 0
    openings = set()
    with run.server.session() as session:
        for tier in TIERS.values():
            for index in range(count):
                seed = Sample(tier.name, index).seed
                openings.add(session.reset(seed=seed, task_id=tier.task_id))
                wrong += json.loads(session.state())["data"]["seed"] != seed
    resets = count * len(TIERS)
    wrong += resets - len(openings)
    note = f"{resets} resets by seed on one session: the state names the seed, no two openings are the same."
    seeds = f"{first(SPLIT, count)} of each tier"
    yield exact("runtime.seed_control: seeds without effect", wrong, NONE, seeds, note)


def episode_determinism(run: Run) -> Iterator[Measurement]:
    """The same seed and actions give the same answers and states, in another session and in another process."""
    found = answers = 0
    for sample in run.samples:
        messages = sample.messages()
        with run.server.session() as one, run.server.session() as two:
            wanted, again = one.play(messages), two.play(messages)
        here = [answer for answer, _ in asyncio.run(converse(SynthAuditEnvironment(), messages))]
        found += differing(wanted, again) + differing(wanted, here)
        answers += len(wanted)
    note = f"{answers} answers and states: the bytes of two sessions of the server, and those of our process."
    yield exact("runtime.episode_determinism: answers that differ", found, NONE, run.seeds, note)


def episode_isolation(run: Run) -> Iterator[Measurement]:
    """An episode shows neither what its session played before nor what other sessions play meanwhile."""
    server, found, answers = run.server, 0, 0
    for sample in run.samples:
        messages = sample.messages()
        with server.session() as alone:
            wanted, again = alone.play(messages), alone.play(messages)
        # A third session plays another episode between the two.
        others = [*Sample(sample.tier, sample.index + 1).messages()[:1], *messages[1:]]
        with server.session() as one, server.session() as two, server.session() as other:
            turns = [
                (one.say(message), two.say(message), other.say(another))
                for message, another in zip(messages, others, strict=True)
            ]
        for said in (again, *([turn[which] for turn in turns] for which in (0, 1))):
            found += differing(wanted, said)
            answers += len(said)
    note = f"{answers} answers and states of used sessions, and of three in turn, step by step, against one alone."
    yield exact("runtime.episode_isolation: answers that differ", found, NONE, run.seeds, note)


def trajectory_record_and_replayability(run: Run) -> Iterator[Measurement]:
    """The package's own log of an episode holds what went over the wire, and replays to the same bytes."""
    wrong, logged = 0, []
    for sample in run.samples:
        with run.server.session() as session:
            record, sent, received = _recorded(session, sample)
            wrong += _unlike(record, sent, received, json.loads(session.state())["data"])
        logged.append(record)
    note = f"{len(logged)} episode logs (rollouts/episode_log.py) against the wire; openenv 0.10 has none of its own."
    yield exact("runtime.trajectory_record: entries unlike the wire", wrong, NONE, run.seeds, note)
    lines = [record.line() for record in logged]
    with written(lines) as path:
        found = differing(lines, in_one_session(read_log(path)))
    note = f"{len(logged)} logs of the server, read back and replayed here; 200 more under the claim `replay`."
    yield exact("semantic.replayability: lines that differ", found, NONE, run.seeds, note)


def _recorded(session: Session, sample: Sample) -> tuple[EpisodeRecord, list[dict[str, Any]], list[str]]:
    """An episode's log, and apart from it what was sent and received."""
    sent = sample.actions()
    received = [session.reset(**sample.options), *map(session.step, sent)]
    opening, *seen = map(observed, received)
    actions = map(SynthAuditAction.model_validate, sent)
    turns = (Turn(number, *pair) for number, pair in enumerate(zip(actions, seen, strict=True), start=1))
    options = {"episode_id": EPISODE_ID, **sample.options}
    return EpisodeRecord.of("heuristic", options, sample.seed, SPLIT, opening, turns), sent, received


def _unlike(record: EpisodeRecord, sent: list[dict[str, Any]], received: list[str], state: dict[str, Any]) -> int:
    """How many entries of a log's line are not what the wire and the final state say."""
    line = json.loads(record.line())
    data = [json.loads(answer)["data"] for answer in received]
    seen = [{**one["observation"], "reward": one["reward"], "done": one["done"]} for one in data]
    pairs = [
        *zip(line["actions"], sent, strict=True),
        *zip(line["observations"], seen, strict=True),
        *zip(line["rewards"], [one["reward"] for one in data[1:]], strict=True),
        (line["outcome"], state["outcome"]),
        (len(line["actions"]), state["step_count"]),
        (line["seed"], state["seed"]),
        (sum(state["tool_counts"].values()), sum(one["observation"]["error"] is None for one in data[1:])),
    ]
    return sum(logged != true for logged, true in pairs)


def oracle_containment(run: Run) -> Iterator[Measurement]:
    """The agent's side of the API gives no access to the oracle, to its answers, or to a state set from outside."""
    server, ways = run.server, 0
    with server.session() as session:
        for option in ("injected_state", "state", "oracle", "labels", "solution"):
            ways += _resets(session, **ONE.options, **{option: {}})
        session.reset(**ONE.options)
        for name in ("oracle", "set_state", "reveal", "validation_read"):
            ways += observed(session.step({"action_type": name})).error is None
        state = json.loads(session.state())["data"]
        ways += state["outcome"] is not None
        ways += sum(f'"{name}"' in json.dumps(state) for name in SECRETS)
    declared = manifest().capabilities
    kept = [declared.canaries, *([declared.oracle.location] if declared.oracle else [])]
    for path in ("openenv.yaml", "comparison/oracle.py", *(path for path in kept if path)):
        for folder in ("", "static/", "web/", "%2e%2e/"):
            ways += server.http(f"/{folder}{path}")[0] == 200
        ways += server.http(f"/{path.rpartition('/')[2]}")[0] == 200
    program = [ROOT / "models.py", *(ROOT / "server").rglob("*.py")]
    ways += sum(_IMPORTS_ORACLE.search(path.read_text(encoding="utf-8")) is not None for path in program)
    note = "Reset options, actions, state, paths of the declared oracle and canaries over HTTP, imports of the server."
    yield exact("runtime.oracle_containment: ways in", ways, NONE, f"{SPLIT} {ONE.index}", note)


def resource_bounds(run: Run) -> Iterator[Measurement]:
    """With every session in use all limits hold, and the server stays within its declared resources."""
    server, most, broken = run.server, Settings().max_sessions, 0
    budget = TIERS["expert"].steps
    before, started = server.cpu_seconds(), time.monotonic()
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(server.session()) for _ in range(most)]
        for index, session in enumerate(sessions):
            session.reset(**Sample("expert", index).options)
        with server.session() as one_more:
            broken += not one_more.turned_away()
        broken += '"VALIDATION_ERROR"' not in sessions[0].ask("step", {"report": "x" * (LONGEST_MESSAGE + 1)})
        looks = [{"action_type": "investigate_patient", "patient_id": f"P{n:04d}"} for n in range(1, budget)]
        for session in sessions:
            for action in looks[:12]:
                session.step(action)
        slowest = time.monotonic()
        for action in looks[12:]:
            last = observed(sessions[0].step(action))
            broken += last.done
        broken += not observed(sessions[0].step(looks[0])).done
        slowest = time.monotonic() - slowest
        broken += observed(sessions[0].step(looks[0])).reward != 0
    seeds = f"{SPLIT} 0-{most - 1}, expert"
    note = (
        f"Session {most + 1} is refused, and a message over {LONGEST_MESSAGE // 2**20} MiB; step {budget} is the last."
    )
    yield exact("runtime.resource_bounds: limits that gave way", broken, NONE, seeds, note)
    cores = (server.cpu_seconds() - before) / (time.monotonic() - started)
    yield share_of_resources("runtime.resource_bounds", server, cores, slowest, f"{most} sessions", seeds)


def share_of_resources(
    check_id: str, server: Server, cores: float, episode_s: float, under: str, seeds: str
) -> Measurement:
    """The largest share of a declared resource that the server has taken up."""
    declared = manifest().resources
    memory, disk = server.peak_mib(), server.written_mib()
    shares = (
        memory / declared.memory_mb,
        cores / declared.cpu,
        disk / declared.disk_mb,
        episode_s / declared.episode_timeout_s,
    )
    note = (
        f"{under}: peak {memory:.0f} of {declared.memory_mb} MiB, {cores:.2f} of {declared.cpu:g} CPU, "
        f"{disk:.1f} of {declared.disk_mb} MiB written, an episode {episode_s:.1f} of {declared.episode_timeout_s:g} s."
    )
    return exact(f"{check_id}: largest share of a declared resource", max(shares), at_most(1), seeds, note)


CHECKS: Sequence[Check] = (
    tool_declaration_accuracy,
    task_declaration_accuracy,
    seed_control,
    episode_determinism,
    episode_isolation,
    trajectory_record_and_replayability,
    oracle_containment,
    resource_bounds,
)
"""Level 2. What loads the server comes last."""
