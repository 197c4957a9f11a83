"""Claim "replay": logged episodes give the same bytes in a fresh process, and in 64 sessions of a server.

    python -m synth_audit_env.validation.replay episodes.jsonl    # plays a log again and prints its lines

The log is of all tasks, each of the frontier's levels in turn, in both settlements, by two agents: the evidence-only
auditor, and one with mistakes, duplicates and odd texts among its actions.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..agents.heuristic import HeuristicAuditor
from ..client import SyncSynthAuditEnv, SynthAuditEnv
from ..error_types import ERROR_TYPES
from ..fault_types import FAULTS
from ..models import SynthAuditAction, SynthAuditObservation
from ..rollouts import episode_log
from ..rollouts.episode_log import EpisodeRecord, read_log
from ..rollouts.own_server import own_server
from ..rollouts.rollout import Auditor, Step, play
from ..server.audit.episode import SETTLEMENTS
from ..server.synth_audit_environment import SynthAuditEnvironment
from ..server.world.seeding import Stream
from ..server.world.tasks import ADAPTIVE, FRONTIER, LEVELS, TASK_IDS
from .certificate import Measurement, counted
from .episodes import Scale

SESSIONS = 64
SPLITS = ("validation", "test", "train")
FRESH_FLAGS = ("-O",)
FRESH_VARIABLES = {"PYTHONHASHSEED": "12345", "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONUTF8": "0"}
"""How the fresh process differs from this one: other hashes, no assertions, another time zone, no UTF-8 by default."""
PROCESS_TIMEOUT_S = 300.0


def measure(scale: Scale) -> Iterator[Measurement]:
    """Count the lines of the log that differ, for each way of playing it again."""
    log = logged(scale.logged)
    lines = [record.line() for record in log]
    steps = sum(len(record.turns) for record in log)
    refused = sum(turn.observation.error is not None for record in log for turn in record.turns)
    note = f"{len(log)} episodes of {len(TASK_IDS)} tasks, {steps} steps, {refused} of them refused."
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "episodes.jsonl"
        path.write_text("".join(lines), encoding="utf-8")
        records = read_log(path)
        yield _counted("that differ in a fresh process", records, in_fresh_process(path), lines, note)
    with own_server() as base_url:
        played = in_sessions(base_url, [records[0]] * SESSIONS + records)
    what = f"that differ in {SESSIONS} sessions at once on one server"
    note = "All sessions begin with the same episode, and then share out the others."
    yield _counted(what, [records[0]] * SESSIONS + records, played, [lines[0]] * SESSIONS + lines, note)


class Erratic:
    """The evidence-only auditor, with mistakes, repetitions and odd texts drawn among its actions."""

    name = "erratic"

    def __init__(self, *path: str | int) -> None:
        self._stream, self._auditor = Stream("erratic agent", *path), HeuristicAuditor()
        self._next: SynthAuditAction | None = None  # the auditor's, until it is taken

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The auditor's next action; three in ten are drawn instead."""
        choice, action = self._stream.choice, self._next or self._auditor.act(observation)
        self._next = action if self._stream.chance(0.3) else None
        if self._next is None:
            return action
        proposal = choice(observation.actor_proposals)
        named = {"proposal_id": proposal.proposal_id}
        drawn: tuple[dict[str, Any], ...] = (
            {"action_type": "review_proposal", "proposal_id": choice(("PROP-001", "PROP-099"))},
            {"action_type": "request_shap", "patient_id": proposal.patient_id, "feature": "no such field"},
            {"action_type": "approve", **named, "fault": choice(tuple(FAULTS)), "where": "5.1", "should_be": "16"},
            {"action_type": "flag_error", **named, "error_type": choice(tuple(ERROR_TYPES)), "reason": ODD},
        )
        return SynthAuditAction(**choice(drawn))


ODD = "Délai de 43 jours — trop long ≥ 42; 日本語, \N{PILL} and a line separator:\u2028done.\x00"
"""A text that is easily written otherwise."""


def logged(count: int) -> list[EpisodeRecord]:
    """So many episodes, of every task by both agents in both settlements from 24 on."""
    adaptive = SynthAuditEnvironment()  # one session for all adaptive episodes, so that their level moves
    log = []
    for number in range(count):
        task, lap = TASK_IDS[number % len(TASK_IDS)], number // len(TASK_IDS)
        environment = adaptive if task == ADAPTIVE else SynthAuditEnvironment()
        agent: Auditor = Erratic(number) if lap % 2 else HeuristicAuditor()
        options: dict[str, Any] = {"task_id": task, "split": SPLITS[lap % len(SPLITS)], "index": number}
        options |= {"settlement": SETTLEMENTS[lap // 2 % 2]}
        if task == FRONTIER:
            options["level"] = 1 + lap % len(LEVELS)
        opening, state = environment.reset(**options), environment.state
        if state.error_types is not None:
            options |= {"level": state.difficulty, "error_types": state.error_types}
        assert state.seed is not None, "an episode that was reset has a seed"
        assert state.split is not None, "an episode that was reset is of a split"
        turns = play(agent, opening, environment.step)
        log.append(EpisodeRecord.of(agent.name, options, state.seed, state.split, opening, turns))
    return log


def again(records: Sequence[EpisodeRecord], reset: episode_log.Reset, step: Step) -> list[str]:
    """The lines of the records, played again. Raises ValueError where an episode does not end."""
    return [record.line() for record in episode_log.replay(records, reset, step)]


def in_fresh_process(log: Path) -> list[str]:
    """Play a log again in another Python.

    Raises:
        subprocess.SubprocessError: It failed, and has said why, or took longer than PROCESS_TIMEOUT_S.
    """
    command = [sys.executable, *FRESH_FLAGS, "-m", "synth_audit_env.validation.replay", str(log)]
    variables = {**os.environ, **FRESH_VARIABLES}
    # Bytes throughout: how text is written is one of the things that are to be the same.
    done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True, timeout=PROCESS_TIMEOUT_S)
    return [f"{line}\n" for line in done.stdout.decode("utf-8").split("\n")[:-1]]


def in_sessions(base_url: str, records: Sequence[EpisodeRecord]) -> list[str]:
    """Play the records again in SESSIONS sessions at once, in turn."""

    def played(client: SyncSynthAuditEnv, share: Sequence[EpisodeRecord]) -> list[str]:
        return again(
            share, lambda options: client.reset(**options).observation, lambda action: client.step(action).observation
        )

    shares = [records[session::SESSIONS] for session in range(SESSIONS)]
    with ExitStack() as stack:
        clients = [stack.enter_context(SynthAuditEnv(base_url=base_url).sync()) for _ in shares]
        with ThreadPoolExecutor(SESSIONS) as pool:
            lines = list(pool.map(played, clients, shares))
    return [lines[place % SESSIONS][place // SESSIONS] for place in range(len(records))]


def _counted(
    what: str, records: Sequence[EpisodeRecord], played: Sequence[str], lines: Sequence[str], note: str
) -> Measurement:
    differing = [record for record, now, line in zip(records, played, lines, strict=True) if now != line]
    found = [f"{record.task} seed {record.seed} ({record.agent})" for record in differing]
    seeds = f"{', '.join(SPLITS)} 0-{max(record.options['index'] for record in records)}"
    return counted(f"lines {what}", found, seeds, note)


def main(log: str) -> None:
    """Play a log again and write its lines to standard output."""
    environment = SynthAuditEnvironment()
    lines = again(read_log(Path(log)), lambda options: environment.reset(**options), environment.step)
    sys.stdout.buffer.write("".join(lines).encode("utf-8"))


if __name__ == "__main__":
    main(*sys.argv[1:])
