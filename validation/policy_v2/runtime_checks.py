"""openenv's level 2, on a server of our own: what it declares, how it is seeded, what it keeps apart, what it takes up.

    with served() as server:
        for check in runtime_checks(server, QUICK): ...

Each check is a function named after what it promises. They speak to the server as any client could, over /ws, /mcp and
HTTP, and compare what it answered, byte for byte.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...agents.heuristic import HeuristicAuditor
from ...episode_line import PACKAGE_VERSION
from ...models import SynthAuditAction, SynthAuditObservation
from ...rollouts.episode_log import EpisodeRecord, read_log, replay
from ...rollouts.rollout import play
from ...server.serving.limits import LONGEST_MESSAGE
from ...server.serving.settings import Settings
from ...server.synth_audit_environment import SynthAuditEnvironment
from ...server.world.tasks import TIERS
from ..certificate import Interval, at_most
from ..episodes import Scale
from .checks import (
    ROOT,
    SPLIT,
    Check,
    Sample,
    manifest,
    none_of,
    per_tier,
    samples,
    seeds_of,
)
from .wire import EPISODE_ID, RefusedError, Server, Session, observed, wire

ONE = Sample("hard", 0)
"""The episode of the checks that need only one."""
SECRETS = ("is_wrong", "explanation", "flaw", "solution", "oracle")
"""Names under which an answer could carry what only the oracle may know."""


def runtime_checks(server: Server, scale: Scale) -> Iterator[Check]:
    """All of them. Those that load the server come last."""
    yield tool_declaration_accuracy(server)
    yield task_declaration_accuracy(server)
    yield seed_control(server, scale)
    yield episode_determinism(server, scale)
    yield episode_isolation(server, scale)
    yield from trajectory_record_and_replayability(server, scale)
    yield oracle_containment(server)
    yield from resource_bounds(server)


def tool_declaration_accuracy(server: Server) -> Check:
    """The tools that are declared are those that MCP lists, that the schema offers, and that can be called."""
    declared = set(manifest().capabilities.declared_tools)
    session = server.rpc("openenv/session/create", **ONE.options)["session_id"]
    listed = {tool["name"] for tool in server.rpc("tools/list", session_id=session)["tools"]}
    schema = json.loads(server.http("/schema")[1])
    offered = set(schema["action"]["properties"]["action_type"]["enum"])
    unknown = {name for name in declared if _unknown(server.rpc("tools/call", session_id=session, name=name))}
    server.rpc("openenv/session/close", session_id=session)
    found = len(declared ^ listed) + len(declared ^ offered) + len(unknown)
    how = f"the {len(declared)} declared against tools/list at /mcp and the action_type of /schema; each called once"
    return none_of("runtime.tool_declaration_accuracy", "tools amiss", found, how, f"{SPLIT} {ONE.index}")


def _unknown(answer: dict[str, Any]) -> bool:
    """Whether a call was refused for want of such a tool, and not only for want of its arguments."""
    return "There is no action_type" in answer["content"][0]["text"]


def task_declaration_accuracy(server: Server) -> Check:
    """Each split has as many tasks as declared: the Task API says so, the last one can be played, the next cannot."""
    declared = manifest().capabilities.declared_task_count
    name = manifest().name
    served = {split["name"] for split in json.loads(server.http(f"/{name}/splits")[1])}
    amiss = len(served ^ set(declared))
    with server.session() as session:
        for split, count in declared.items():
            amiss += json.loads(server.http(f"/{name}/num_tasks", {"split": split})[1])["num_tasks"] != count
            amiss += server.http(f"/{name}/task", {"split": split, "index": count - 1})[0] != 200
            amiss += server.http(f"/{name}/task", {"split": split, "index": count})[0] == 200
            amiss += not _resets(session, split=split, index=count - 1)
            amiss += _resets(session, split=split, index=count)
    how = "splits and counts of the Task API; the last task of each split is found and played, the one after it is not"
    return none_of("runtime.task_declaration_accuracy", "counts amiss", amiss, how, "the last of each split")


def _resets(session: Session, **options: Any) -> bool:
    try:
        session.reset(**options)
    except RefusedError:
        return False
    return True


def seed_control(server: Server, scale: Scale) -> Check:
    """A seed is taken as given, and another seed is another episode."""
    count, amiss = 4 * per_tier(scale), 0
    openings = set()
    with server.session() as session:
        for tier in TIERS.values():
            for index in range(count):
                seed = Sample(tier.name, index).seed
                openings.add(session.reset(seed=seed, task_id=tier.task_id))
                amiss += json.loads(session.state())["data"]["seed"] != seed
    amiss += count * len(TIERS) - len(openings)
    how = f"{count * len(TIERS)} resets by seed on one session: the state names the seed, no two openings are the same"
    return none_of("runtime.seed_control", "seeds without effect", amiss, how, seeds_of(count))


def episode_determinism(server: Server, scale: Scale) -> Check:
    """The same seed and actions give the same answers and states, in another session and in another process."""
    differing = answers = 0
    for sample in samples(scale):
        actions = sample.actions()
        with server.session() as first, server.session() as second:
            one, two = first.play(actions, **sample.options), second.play(actions, **sample.options)
        differing += sum(a != b for a, b in zip(one, two, strict=True))
        differing += sum(a != b for a, b in zip(_contents(one), _played_here(sample, actions), strict=True))
        answers += len(one)
    how = (
        f"{answers} answers and states: the bytes of two sessions of the server, their content and that of our process"
    )
    return none_of("runtime.episode_determinism", "answers that differ", differing, how, seeds_of(per_tier(scale)))


def _contents(answers: list[str]) -> list[str]:
    """Observations and states by turns, in the words of our own process."""
    return [
        observed(answer).model_dump_json() if position % 2 == 0 else json.dumps(json.loads(answer)["data"])
        for position, answer in enumerate(answers)
    ]


def _played_here(sample: Sample, actions: list[dict[str, Any]]) -> list[str]:
    environment = SynthAuditEnvironment()
    said = [environment.reset(episode_id=EPISODE_ID, **sample.options).model_dump_json(), _state(environment)]
    for action in actions:
        said.append(environment.step(SynthAuditAction.model_validate(action)).model_dump_json())
        said.append(_state(environment))
    return said


def _state(environment: SynthAuditEnvironment) -> str:
    return json.dumps(environment.state.model_dump(mode="json"))


def episode_isolation(server: Server, scale: Scale) -> Check:
    """Neither what a session played before nor what others play meanwhile shows in an episode."""
    differing = answers = 0
    for sample in samples(scale):
        actions = sample.actions()
        with server.session() as alone:
            wanted = alone.play(actions, **sample.options)
            again = alone.play(actions, **sample.options)
        with server.session() as one, server.session() as two, server.session() as other:
            sessions = (one, two)
            meanwhile = [[session.reset(**sample.options), session.state()] for session in sessions]
            other.reset(**Sample(sample.tier, sample.index + 1).options)
            for action in actions:
                for session, said in zip(sessions, meanwhile, strict=True):
                    said += [session.step(action), session.state()]
                    other.step(action)
        for said in (again, *meanwhile):
            differing += sum(a != b for a, b in zip(wanted, said, strict=True))
            answers += len(said)
    how = (
        f"{answers} answers and states of used sessions, and of three sessions step by step in turn, against one alone"
    )
    return none_of("runtime.episode_isolation", "answers that differ", differing, how, seeds_of(per_tier(scale)))


def trajectory_record_and_replayability(server: Server, scale: Scale) -> Iterator[Check]:
    """The package's own log of an episode holds what went over the wire, and replays to the same bytes."""
    amiss, logged = 0, []
    for sample in samples(scale):
        with server.session() as session:
            record, sent, received = _recorded(session, sample)
            amiss += _unlike(record, sent, received, json.loads(session.state())["data"])
        logged.append(record)
    seeds = seeds_of(per_tier(scale))
    how = (
        f"{len(logged)} episode logs (rollouts/episode_log.py) against the wire; openenv 0.10 has no record of its own"
    )
    yield none_of("runtime.trajectory_record", "entries unlike the wire", amiss, how, seeds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "episodes.jsonl"
        path.write_text("".join(record.line() for record in logged), encoding="utf-8")
        kept = read_log(path)
    environment = SynthAuditEnvironment()
    again = replay(kept, lambda options: environment.reset(**options), environment.step)
    differing = sum(one.line() != other.line() for one, other in zip(logged, again, strict=True))
    how = f"{len(logged)} logs of the server, read back and replayed in our process; 200 more under the claim `replay`"
    yield none_of("semantic.replayability", "lines that differ", differing, how, seeds)


def _recorded(session: Session, sample: Sample) -> tuple[EpisodeRecord, list[dict[str, Any]], list[str]]:
    """An episode's log, and apart from it what was sent and received."""
    sent, received = [], [session.reset(**sample.options)]

    def step(action: SynthAuditAction) -> SynthAuditObservation:
        sent.append(wire(action))
        received.append(session.step(sent[-1]))
        return observed(received[-1])

    opening = observed(received[0])
    turns = tuple(play(HeuristicAuditor(), opening, step))
    options = {"episode_id": EPISODE_ID, **sample.options}
    task = TIERS[sample.tier].task_id
    record = EpisodeRecord(task, sample.seed, SPLIT, PACKAGE_VERSION, "heuristic", options, opening, turns)
    return record, sent, received


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


def oracle_containment(server: Server) -> Check:
    """No way leads from the agent's side of the API to the oracle, to its answers, or to a state set from outside."""
    ways = 0
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
        for address in (
            f"/{path}",
            f"/static/{path}",
            f"/web/{path}",
            f"/%2e%2e/{path}",
            f"/{path.rpartition('/')[2]}",
        ):
            ways += server.http(address)[0] == 200
    program = [ROOT / "models.py", *(ROOT / "server").rglob("*.py")]
    ways += sum("synth_audit_env.validation" in path.read_text() for path in program)
    how = "options of reset, actions, state, paths of the declared oracle and canaries over HTTP, imports of the server"
    return none_of("runtime.oracle_containment", "ways in", ways, how, f"{SPLIT} {ONE.index}")


def resource_bounds(server: Server) -> Iterator[Check]:
    """With every session in use nobody gets past a limit, and the server stays within its declared resources."""
    most, broken = Settings().max_sessions, 0
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
    how = f"session {most + 1} is refused, a message over {LONGEST_MESSAGE // 2**20} MiB too, step {budget} is the last"
    yield none_of("runtime.resource_bounds", "limits that gave way", broken, how, seeds)
    elapsed = time.monotonic() - started
    yield share_of_resources(
        "runtime.resource_bounds", server, (server.cpu_seconds() - before) / elapsed, slowest, f"{most} sessions", seeds
    )


def share_of_resources(check_id: str, server: Server, cores: float, episode_s: float, under: str, seeds: str) -> Check:
    """The largest share of a declared resource that the server has taken up."""
    declared = manifest().resources
    memory, disk = server.peak_mib(), server.written_mib()
    shares = (
        memory / declared.memory_mb,
        cores / declared.cpu,
        disk / declared.disk_mb,
        episode_s / declared.episode_timeout_s,
    )
    how = (
        f"{under}: peak {memory:.0f} of {declared.memory_mb} MiB, {cores:.2f} of {declared.cpu:g} CPU, "
        f"{disk:.1f} of {declared.disk_mb} MiB written, an episode {episode_s:.1f} of {declared.episode_timeout_s:g} s"
    )
    return Check(check_id, "largest share of a declared resource", Interval.exact(max(shares)), at_most(1), how, seeds)
