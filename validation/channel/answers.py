"""The answers of a session: each with its size, reward and time, and all of a proposal's as numbers and texts.

    answers = ask_session(scenario, "terminal", everything(scenario, "asks"))
    changed(answers, of_another_session, "terminal")      # the kinds of questions that are answered otherwise
    answers_by_proposal(scenarios("hard", "validation", 20))["sizes"]       # of each proposal, with its label
    least_times(scenarios("hard", "validation", 20), 2, times_in_process)

Nothing here judges what was answered.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter_ns
from typing import Any

import numpy as np

from ...server.serving import ws_messages
from ...server.serving.mcp_requests import McpRequests
from ...server.serving.sessions import Sessions
from ...server.synth_audit_environment import SynthAuditEnvironment
from ...server.world.scenario import Scenario
from ...server.world.seeding import Stream
from .asks import DECIDING, DECISIONS, EVIDENCE, MISTAKES, Ask, rounds

UNLIMITED = 100_000
"""Steps: more is asked than an auditor has the budget for."""
NAMES = re.compile(r"PROP-\d+|P\d{4}|COHORT|flagged|approved", re.IGNORECASE)
"""What the asker has said itself: whom it asked about, and how it has decided."""


@dataclass(frozen=True)
class Answer:
    """A message and what came of it."""

    ask: Ask
    sent: bytes
    """All that came: headers and frames, too, where it came over a socket."""
    nanoseconds: int = 0
    """From the message to the answer, both as text, where it was taken."""

    @property
    def text(self) -> str:
        """The JSON in it."""
        return self.sent[self.sent.index(b"{") :].decode()

    @cached_property
    def data(self) -> dict[str, Any]:
        """What the answer holds."""
        held: dict[str, Any] = json.loads(self.text)["data"]
        return held

    @property
    def reward(self) -> float | None:
        """What the step paid; None if the message is no step."""
        return self.data.get("reward")

    @property
    def size(self) -> int:
        """Characters of the answer, but for the counters of steps, which the asker knows."""
        observation = self.data.get("observation") or {}
        counters = (observation.get(name, "") for name in ("steps_taken", "steps_remaining"))
        return len(self.text) - sum(len(str(counter)) for counter in counters)

    @property
    def status(self) -> str:
        """How the referee judges the step: valid, duplicate or invalid; or "no step"."""
        if "observation" not in self.data or not self.ask.action:
            return "no step"
        if self.error is None:
            return "duplicate" if self.data["observation"]["feedback"].startswith("Already seen") else "valid"
        return "duplicate" if self.error.endswith("decisions are final.") else "invalid"

    @property
    def settles(self) -> bool:
        """Whether it is a decision that was taken: what immediate settlement pays for."""
        return self.ask.action in DECIDING and self.status == "valid"

    @property
    def error(self) -> str | None:
        """What the answer says is wrong with what was asked."""
        observation = self.data.get("observation")
        told: str | None = self.data.get("message") if observation is None else observation["error"]
        return told


def ask_session(scenario: Scenario, settlement: str, asks: Sequence[Ask]) -> list[Answer]:
    """Start an episode of that very scenario in a session of its own and ask; the answer to reset comes first.

    Messages and answers are text, as on a socket. The episode does not end.
    """
    options = {"task_id": scenario.tier.task_id, "seed": scenario.seed, "episode_id": "heard", "settlement": settlement}
    opening = Ask("reset", "", json.dumps({"type": "reset", "data": options}))
    endless = replace(scenario, tier=replace(scenario.tier, steps=UNLIMITED))
    environment = SynthAuditEnvironment(build=lambda *_: endless)
    answers = asyncio.run(converse(environment, [ask.message for ask in (opening, *asks)]))
    opened = json.loads(answers[0][0])["data"]["observation"]["steps_remaining"]
    assert opened == UNLIMITED, "another scenario than this one was played"
    return [Answer(ask, text.encode(), took) for ask, (text, took) in zip([opening, *asks], answers, strict=True)]


async def converse(environment: SynthAuditEnvironment, messages: Sequence[str]) -> list[tuple[str, int]]:
    """What an environment answers over /ws, without the socket, and how many nanoseconds each answer took."""
    sessions = Sessions(lambda: environment, limit=1, idle_timeout_s=None)
    session, mcp = sessions.open(), McpRequests(sessions)
    answers = []
    for message in messages:
        started = perf_counter_ns()
        answer = await ws_messages.reply(session, message, mcp)
        took = perf_counter_ns() - started
        assert answer is not None, "only a message of type close has no answer"
        answers.append((answer, took))
    return answers


_REWARD = re.compile(rb'"reward":-?[0-9.e-]+')


def comparable(answer: Answer, settlement: str) -> bytes:
    """An answer without what it is allowed to reveal: the decision's own reward in immediate settlement."""
    if settlement == "immediate" and answer.ask.action in DECIDING and b'"error":null' in answer.sent:
        # The length of a message, in its frame or header, follows from the digits of the reward.
        body = answer.sent[answer.sent.index(b'{"') :]
        # Another reward in the same answer would not be the decision's own.
        return _REWARD.sub(b"REWARD", body) if len(set(_REWARD.findall(body))) == 1 else body
    return answer.sent


def changed(answers: Sequence[Answer], others: Sequence[Answer], settlement: str) -> list[str]:
    """The kinds of questions that two sessions answer otherwise."""
    pairs = zip(answers, others, strict=True)
    return [one.ask.kind for one, other in pairs if comparable(one, settlement) != comparable(other, settlement)]


_PLAYS = (*(("terminal", what) for what in (*DECISIONS, MISTAKES)), ("immediate", MISTAKES))
"""Rounds in which no answer may tell a label, so that all of it goes to the probes."""


Row = tuple[Any, bool, int]
"""What was seen of a proposal, whether it is wrong, and the number of its episode."""


def over_the_median(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Each row less the median of all rows: without what all proposals of an episode share, such as a slow moment."""
    middle = np.median(rows, axis=0)
    return [list(np.subtract(row, middle)) for row in rows]


def answers_by_proposal(trials: Sequence[Scenario]) -> Mapping[str, list[Row]]:
    """Ask about every proposal; all that is answered about each, but for times."""
    found: dict[str, list[Row]] = defaultdict(list)
    for number, trial in enumerate(trials):
        told, shown = _answers(trial, _PLAYS), _answers(trial, [("terminal", EVIDENCE)])
        sizes = over_the_median([[one.size for one in told[about]] for about in trial.proposal])
        for (about, proposal), own_sizes in zip(trial.proposal.items(), sizes, strict=True):
            own = told[about]
            for what, seen in {
                "rewards": [one.reward for one in own if one.reward is not None],
                "sizes": own_sizes,
                "sizes of evidence": [float(one.size) for one in shown[about]],
                "states after decisions": "\n".join(NAMES.sub("…", one.text) for one in own if one.ask.kind == "state"),
                "errors": "\n".join(NAMES.sub("…", one.error) for one in own if one.error is not None),
            }.items():
                found[what].append((seen, proposal.is_wrong, number))
    return found


def _answers(trial: Scenario, plays: Iterable[tuple[str, str]]) -> dict[str, list[Answer]]:
    """What is answered in some rounds, by proposal."""
    answers: dict[str, list[Answer]] = defaultdict(list)
    for settlement, what in plays:
        for answer in answers_in_turn(trial, settlement, what):
            answers[answer.ask.about].append(answer)
    return answers


Taken = Callable[[Scenario], Mapping[str, list[float]]]
"""Asks about all proposals of a trial: nanoseconds for each question, by proposal."""


def least_times(trials: Sequence[Scenario], repetitions: int, taken: Taken) -> list[Row]:
    """Ask about every proposal, and more than once: nanoseconds over the median of the trial's proposals.

    Of all repetitions the least counts. Each goes through all trials, so that a slow minute hits all alike.
    """
    least: list[dict[str, list[float]]] = [{} for _ in trials]
    for _ in range(repetitions):
        for own, trial in zip(least, trials, strict=True):
            for about, times in taken(trial).items():
                own[about] = [min(pair) for pair in zip(own.get(about, times), times, strict=True)]
    rows = []
    for number, (own, trial) in enumerate(zip(least, trials, strict=True)):
        over = over_the_median([own[about] for about in trial.proposal])
        rows += [(times, one.is_wrong, number) for times, one in zip(over, trial.proposals, strict=True)]
    return rows


def times_in_process(trial: Scenario) -> dict[str, list[float]]:
    """From message to answer in one process, no socket between."""
    return {about: [one.nanoseconds for one in own] for about, own in _answers(trial, _PLAYS).items()}


def answers_in_turn(trial: Scenario, settlement: str, what: str) -> list[Answer]:
    """What is answered about each proposal in turn."""
    _, *answers = ask_session(
        trial, settlement, rounds(trial, Stream("rounds", trial.tier.name, trial.seed, what), what)
    )
    return answers
