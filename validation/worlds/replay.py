"""Claim "replay": logged episodes give the same bytes in a fresh process, in threads, and in 64 sessions of a server.

    python -m synth_audit_env.validation.worlds.replay episodes.jsonl    # plays a log again and prints its lines

The log is of all tasks, each of the frontier's levels in turn, in both settlements, by two agents: the evidence-only
auditor, and one that acts at random, mistakes, duplicates and odd texts among its actions, so that errors and penalties
are played again too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

from ...agents.heuristic import HeuristicAuditor
from ...client import SyncSynthAuditEnv, SynthAuditEnv
from ...error_types import ERROR_TYPES
from ...fault_types import FAULTS
from ...models import ACTION_TYPES, SynthAuditAction, SynthAuditObservation
from ...rollouts import episode_log
from ...rollouts.episode_log import EpisodeRecord, read_log
from ...rollouts.own_server import own_server
from ...rollouts.rollout import Auditor, Step, play
from ...server.audit.episode import SETTLEMENTS
from ...server.synth_audit_environment import SynthAuditEnvironment
from ...server.world.seeding import Stream
from ...server.world.tasks import ADAPTIVE, FRONTIER, LEVELS, TASK_IDS
from ...tool_records import COHORT_FEATURES, TOOLS
from ..certificate import Measurement, at_least, counted, exact
from ..episodes import Scale

SESSIONS = 64
LEAST_INTERLEAVED = at_least(0.9)
THREADS = 8
SPLITS = ("validation", "test", "train")
FRESH_FLAGS = ("-O",)
FRESH_VARIABLES = {"PYTHONHASHSEED": "12345", "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONUTF8": "0"}
"""How the fresh process differs from this one: other hashes, no assertions, another time zone, no UTF-8 by default."""
PROCESS_TIMEOUT_S = 300.0
RESET_WITHIN_S = 30.0


def measure(scale: Scale) -> Iterator[Measurement]:
    """Count the lines of the log that differ, for each way of playing it again."""
    log = logged(scale.logged)
    lines = [record.line() for record in log]
    steps = sum(len(record.turns) for record in log)
    refused = sum(turn.observation.error is not None for record in log for turn in record.turns)
    note = f"{len(log)} episodes of {len(TASK_IDS)} tasks, {steps} steps, {refused} of them refused."
    with written(lines) as path:
        records = read_log(path)
        yield _counted("that writing and reading a log changes", records, [one.line() for one in records], lines, note)
        again = in_fresh_process(path)
        yield _counted("that differ in a fresh process", records, again, lines, note)
    again = in_threads(records)
    yield _counted(f"that differ in {THREADS} threads at once", records, again, lines, note)
    with own_server() as base_url:
        places, again, interleaved = in_sessions(base_url, records)
    note = f"{len(places)} episodes: all sessions begin with the same one, and then share out the others."
    what = f"that differ in {SESSIONS} sessions at once on one server"
    yield _counted(what, [records[place] for place in places], again, [lines[place] for place in places], note)
    what = f"share of the steps in {SESSIONS} sessions that came right after a step of another session"
    note = "Sessions that took turns would share nothing to begin with."
    yield exact(what, interleaved, LEAST_INTERLEAVED, _seeds(records), note)


@contextmanager
def written(lines: Sequence[str]) -> Iterator[Path]:
    """The log of these lines, as long as a `with` block."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "episodes.jsonl"
        path.write_text("".join(lines), encoding="utf-8")
        yield path


class AtRandom:
    """An agent that draws its actions, right and wrong ones, from a named stream."""

    name = "random"

    def __init__(self, *path: str | int) -> None:
        self._stream = Stream("random agent", *path)
        self._last: SynthAuditAction | None = None

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action; one in ten is the last one again, and one in sixteen ends the episode."""
        if self._last is None or not self._stream.chance(0.1):
            self._last = self._drawn(observation)
        return self._last

    def _drawn(self, observation: SynthAuditObservation) -> SynthAuditAction:
        choice, chance = self._stream.choice, self._stream.chance
        proposal = choice(observation.actor_proposals)
        patient_id = f"P{self._stream.integer(0, 80):04d}" if chance(0.3) else proposal.patient_id
        arguments: dict[str, Any] = {
            "proposal_id": "PROP-099" if chance(0.1) else proposal.proposal_id,
            "patient_id": patient_id,
            "feature": choice((*COHORT_FEATURES, "age", "treatment_start", "no such field")),
            "error_type": choice((*ERROR_TYPES, "no such error")),
            "reason": choice(_TEXTS),
            "confidence": choice((0.0, 0.1, 0.3, 1.0)),
            "report": choice(_TEXTS),
            "fault": choice((*FAULTS, "no such fault")),
            "where": choice(("age", "delay", "5.1", "Amendment 1", "", "日本語\u2028\x00")),
            "should_be": choice(("16", "4.5 days", "2023-01-31", "", "日本語\u2028\x00")),
        }
        name = choice(ACTION_TYPES[:-1]) if chance(15 / 16) else choice((ACTION_TYPES[-1], "no such action"))
        taken = [one.name for one in TOOLS[name].arguments] if name in TOOLS else []
        given = {key: arguments[key] for key in taken if not chance(0.05)}
        if chance(0.05):
            given["report"] = arguments["report"]
        return SynthAuditAction(action_type=name, **given)


_TEXTS = (
    "",
    "The age of 81 is above the maximum of 75 (§3.2).",
    "Délai de 43 jours — trop long ≥ 42; 日本語, \N{PILL} and a line separator:\u2028done.\x00",
    'PROP-001: age_boundary_error\n{"PROP-002": "protocol_window_violation"}\t\\',
)


def logged(count: int) -> list[EpisodeRecord]:
    """So many episodes, of every task by both agents in both settlements from 24 on."""
    adaptive = SynthAuditEnvironment()  # one session for all adaptive episodes, so that their level moves
    log = []
    for number in range(count):
        task = TASK_IDS[number % len(TASK_IDS)]
        environment = adaptive if task == ADAPTIVE else SynthAuditEnvironment()
        lap = number // len(TASK_IDS)
        agent: Auditor = AtRandom(number) if lap % 2 else HeuristicAuditor()
        options: dict[str, Any] = {"task_id": task, "split": SPLITS[lap % len(SPLITS)], "index": number}
        if task == FRONTIER:
            options["level"] = 1 + lap % len(LEVELS)
        log.append(_logged(environment, agent, {**options, "settlement": SETTLEMENTS[lap // 2 % 2]}))
    return log


def _logged(environment: SynthAuditEnvironment, agent: Auditor, options: Mapping[str, Any]) -> EpisodeRecord:
    opening = environment.reset(**options)
    state = environment.state
    if state.error_types is not None:
        options = {**options, "level": state.difficulty, "error_types": state.error_types}
    turns = play(agent, opening, environment.step)
    return EpisodeRecord.of(agent.name, options, state.seed, state.split, opening, turns)


def in_one_session(records: Sequence[EpisodeRecord]) -> list[str]:
    """Play the records again one after the other, in-process."""
    environment = SynthAuditEnvironment()
    return _again(records, lambda options: environment.reset(**options), environment.step)


def _again(records: Sequence[EpisodeRecord], reset: episode_log.Reset, step: Step) -> list[str]:
    return [_line(record) for record in episode_log.replay(records, reset, step)]


def in_fresh_process(log: Path) -> list[str]:
    """Play a log again in another Python.

    Raises:
        subprocess.SubprocessError: It failed, and has said why, or took longer than PROCESS_TIMEOUT_S.
    """
    command = [sys.executable, *FRESH_FLAGS, "-m", "synth_audit_env.validation.worlds.replay", str(log)]
    variables = {**os.environ, **FRESH_VARIABLES}
    # Bytes throughout: how text is written is one of the things that are to be the same.
    done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True, timeout=PROCESS_TIMEOUT_S)
    return [f"{line}\n" for line in done.stdout.decode("utf-8").split("\n")[:-1]]


def in_threads(records: Sequence[EpisodeRecord]) -> list[str]:
    """Play the records again, each in a session of its own, THREADS at a time."""
    with ThreadPoolExecutor(THREADS) as pool:
        return [line for lines in pool.map(lambda record: in_one_session([record]), records) for line in lines]


def in_sessions(base_url: str, records: Sequence[EpisodeRecord]) -> tuple[list[int], list[str], float]:
    """Play the records again in SESSIONS sessions at once: the first one in every session, the others in one each.

    So at the start all play the same episode, where whatever they share would show. They step when all have been reset.

    Returns:
        Places in `records`, the line that came out for each, and how often a step followed one of another session.
    """
    shares = [[0, *range(1 + session, len(records), SESSIONS)] for session in range(SESSIONS)]
    stepped: list[SyncSynthAuditEnv] = []
    rounds = [Barrier(sum(len(share) > lap for share in shares)) for lap in range(max(map(len, shares)))]

    def played(client: SyncSynthAuditEnv, share: Sequence[int]) -> list[str]:
        waits = iter(rounds)

        def reset(options: Mapping[str, Any]) -> SynthAuditObservation:
            observation = client.reset(**options).observation
            with suppress(BrokenBarrierError):  # where not all are reset in time, the share says so
                next(waits).wait(RESET_WITHIN_S)
            return observation

        def step(action: SynthAuditAction) -> SynthAuditObservation:
            observation = client.step(action).observation
            stepped.append(client)
            return observation

        own = [records[place] for place in share]
        return _again(own, reset, step)

    with ExitStack() as stack:
        clients = [stack.enter_context(SynthAuditEnv(base_url=base_url).sync()) for _ in shares]
        with ThreadPoolExecutor(SESSIONS) as pool:
            again = [line for lines in pool.map(played, clients, shares) for line in lines]
    others = sum(one is not other for one, other in pairwise(stepped))
    return [place for share in shares for place in share], again, others / (len(stepped) - 1)


def _line(record: EpisodeRecord) -> str:
    """The line of the record; a line that says so if the episode did not end again."""
    try:
        return record.line()
    except ValueError as problem:
        return f"{problem}\n"


def _counted(
    what: str, records: Sequence[EpisodeRecord], again: Sequence[str], lines: Sequence[str], note: str
) -> Measurement:
    differing = [one for one, now, line in zip(records, again, lines, strict=True) if now != line]
    found = [f"{one.task} seed {one.seed} ({one.agent})" for one in differing]
    return counted(f"lines {what}", found, _seeds(records), note)


def _seeds(records: Sequence[EpisodeRecord]) -> str:
    return f"{', '.join(SPLITS)} 0-{max(record.options['index'] for record in records)}"


def main(log: str) -> None:
    """Play a log again and write its lines to standard output."""
    sys.stdout.buffer.write("".join(in_one_session(read_log(Path(log)))).encode("utf-8"))


if __name__ == "__main__":
    main(*sys.argv[1:])
