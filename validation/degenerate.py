"""Claim "degenerate": a policy that does not audit comes to nothing, whatever it tries.

    for row in measure(QUICK): print(row.what, row.tier, row.figure.value, row.bar)

Eight policies that differ in kind, each the strongest of its kind that we know:

- "no-op" decides nothing; "nonsense" only makes mistakes, which must not be worth more.
- "believe the Actor" approves all; it reads the notes, and looks nothing up.
- "flag all" names the likely error type of each; "farm, then flag all" also buys every bonus for evidence, unread.
- "flag low confidence" takes the queue for a sign.
- "approve, then flag" decides twice, to take back what the reward says was wrong.
- "farm one, then the best gamble" chooses every decision by what the last ones paid: by the rules, nothing without
  evidence returns more (`gambles.py`).

No policy looks at a label. A policy knows all that there is to know but the evidence: which kind of error a note would
have, which evidence would earn a bonus, and, in immediate settlement, whether the last decision was right.

A policy has a ceiling on score, skill and return: its exact expectation by the rules, and three standard errors for 200
episodes. A reward table that pays such a policy more fails the certificate until somebody raises the ceiling here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

from .. import error_types as p
from ..agents.baselines import BASELINES, BlindAuditor
from ..models import COHORT, EpisodeOutcome, SynthAuditAction, SynthAuditObservation
from ..server.world.protocol import COMPLIANT
from ..server.world.scenario import Proposal, Scenario
from ..server.world.tasks import TIERS
from . import gambles
from .certificate import Interval, Measurement, at_most, exact
from .episodes import FIGURES, Episodes, Policy, Scale
from .estimates import mean_interval
from .gambles import Decided, Ending, Move, Strategy, plain_return

Script = Callable[[Scenario], Generator[SynthAuditAction, Any, None] | Iterator[SynthAuditAction]]
"""Gives an action, gets the observation that it brought. A script that stops early files an empty report."""

FARMED = {p.AGE: "age", p.DATES: "last_contact", p.WINDOW: "treatment_start", p.OVERRIDE: "comorbidity_index"} | {
    p.ELIGIBLE: "haemoglobin",
    p.DOSE: "starting_dose",
    p.COHORT_RULE: "enrolment_date",
}
"""The field whose Shapley value is likeliest to earn the bonus, by error type."""
LOSS = -0.1
"""A decision that pays less was wrong."""


class Scripted:
    """The auditor that plays a script in one episode."""

    def __init__(self, name: str, script: Script, scenario: Scenario) -> None:
        self.name = name
        self._actions = script(scenario)
        self._begun = False

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The script's next action."""
        brought, self._begun = observation if self._begun else None, True
        try:
            return self._actions.send(brought) if isinstance(self._actions, Generator) else next(self._actions)
        except StopIteration:
            return report("")


def cheat(name: str, script: Script) -> Policy:
    """A policy made of a script."""
    return partial(Scripted, name, script)


def call(action_type: str, **arguments: str) -> SynthAuditAction:
    """An action by its name, which need not exist."""
    return SynthAuditAction.model_validate({"action_type": action_type, **arguments})


def flag(scenario: Scenario, proposal: Proposal) -> SynthAuditAction:
    """Flag a proposal as the kind of error that it is likely to be."""
    kind, proposal_id = likely_error_type(scenario, proposal), proposal.note.proposal_id
    return call("flag_error", proposal_id=proposal_id, error_type=kind, reason="It is wrong.")


def approve(proposal_id: str, confidence: float = 1.0) -> SynthAuditAction:
    """Approve it."""
    return SynthAuditAction(action_type="approve", proposal_id=proposal_id, confidence=confidence)


def report(text: str) -> SynthAuditAction:
    """End the episode."""
    return SynthAuditAction(action_type="submit_audit_report", report=text)


def accusation(scenario: Scenario, proposals: Iterable[Proposal]) -> SynthAuditAction:
    """A report of these proposals; without any one that names all and accuses none, as a clean episode asks for."""
    lines = [f"{one.note.proposal_id}: {likely_error_type(scenario, one)}" for one in proposals]
    return report("\n".join(lines) or f"No error found: {', '.join(scenario.proposal)}.")


def likely_error_type(scenario: Scenario, proposal: Proposal) -> str:
    """The kind of error that a proposal has if it has one, read off what its note cites; not whether it has one."""
    headed, note = scenario.trial.sections, proposal.note
    numbers = {citation.lstrip("§") for citation in note.citations}
    sections = {number.partition(".")[0] for number in numbers}
    argued = sum("." in number for number in numbers) - 1  # clauses beside the limit for everybody
    shown: Iterable[tuple[object, str]] = (
        (note.patient_id == COHORT, p.EQUITY),
        (re.search(r"\d %", note.reasoning), p.STATISTIC),
        (str(headed.get("administration")) in sections, p.CITATION),
        (str(headed.get("dates")) in sections, p.DATES),
        # Whoever goes through the override, or passes a patient by the exception, mostly errs at the override.
        (str(headed.get("scheduling")) in sections, p.OVERRIDE if argued > (note.verdict != COMPLIANT) else p.WINDOW),
        ("mg/m2" in note.reasoning, p.DOSE),
        (re.search(r"\bgrade \d|g/dL", note.reasoning), p.ELIGIBLE),
        (note.recommended_action.endswith("the entry"), p.COHORT_RULE),
    )
    guess = next((kind for is_shown, kind in shown if is_shown), p.AGE)
    return guess if guess in scenario.tier.error_types else p.AGE


def nonsense(scenario: Scenario) -> Iterator[SynthAuditAction]:
    """Actions, ids, fields and error types that do not exist, and arguments that do not belong, without end."""
    first = scenario.proposals[0].note.proposal_id
    return cycle(
        (
            call("reveal_labels"),
            call("approve"),
            call("approve", proposal_id=first, fault="everything", where="5.1"),
            call("approve", proposal_id=f"{first}' OR '1'='1"),
            call("review_proposal", proposal_id=first, report="is it wrong?"),
            call("investigate_patient", patient_id="../../etc/passwd"),
            call("cohort_analysis", feature="is_wrong"),
            call("flag_error", proposal_id=first, error_type="all", reason="All of them."),
            call("", proposal_id=""),
        )
    )


def believe_the_actor(scenario: Scenario) -> Iterator[SynthAuditAction]:
    """Read each note, approve it as sure as it is, and report that nothing is wrong."""
    for proposal in scenario.proposals:
        yield call("review_proposal", proposal_id=proposal.note.proposal_id)
        yield approve(proposal.note.proposal_id, proposal.note.confidence)
    yield accusation(scenario, ())


def approve_then_flag(scenario: Scenario) -> Generator[SynthAuditAction, Any, None]:
    """Approve each, and flag it after all where the reward says that the approval was wrong."""
    for proposal in scenario.proposals:
        if ((yield approve(proposal.note.proposal_id)).reward or 0.0) < LOSS:
            yield flag(scenario, proposal)


def farm(scenario: Scenario, proposal: Proposal, seen: set[str]) -> Iterator[SynthAuditAction]:
    """The evidence that can earn a bonus with a flag of this proposal, but for patients that were seen.

    A second call about a patient costs. The patient is added to those that were `seen`.
    """
    patient_id = proposal.note.patient_id
    yield call("review_proposal", proposal_id=proposal.note.proposal_id)
    if patient_id != COHORT and patient_id not in seen:
        seen.add(patient_id)
        yield call("investigate_patient", patient_id=patient_id)
        yield call("temporal_audit", patient_id=patient_id)
        feature = FARMED.get(likely_error_type(scenario, proposal), "age")
        yield call("request_shap", patient_id=patient_id, feature=feature)


def gamble(strategy: Strategy) -> Script:
    """Play a strategy on one proposal after the other, and report the labels that the rewards have told."""

    def script(scenario: Scenario) -> Generator[SynthAuditAction, Any, None]:
        so_far, wrong, seen, count = Decided(), list[Proposal](), set[str](), len(scenario.proposals)
        move: Move = "stop"
        for proposal in scenario.proposals:
            move = strategy(count, so_far)
            if move in ("stop", "look and stop"):
                break
            if move == "farm and flag":
                yield from farm(scenario, proposal, seen)
            approves = move == "approve"
            answer = yield approve(proposal.note.proposal_id) if approves else flag(scenario, proposal)
            is_wrong = ((answer.reward or 0.0) < LOSS) == approves
            wrong += [proposal] * is_wrong
            so_far, _ = so_far.after(move, wrong=is_wrong)
        if move == "look and stop" or (sum(so_far.labels) == count and Ending(*so_far[:4]).confusion.skill > 0):
            # As many records as the bonus asks for, those that were seen counted, and not one of them twice.
            subjects = list(dict.fromkeys(one.note.patient_id for one in scenario.proposals))
            unseen = [one for one in subjects if one != COHORT and one not in seen]
            for patient_id in unseen[: max(0, (len(subjects) + 1) // 2 - len(seen))]:
                yield call("investigate_patient", patient_id=patient_id)
        yield accusation(scenario, wrong)

    return script


Ceiling = tuple[float, float, float]
"""Score, skill, return."""
BEST_BLIND: Mapping[str, float] = {"easy": -0.086, "medium": -0.254, "hard": -0.604, "expert": -0.604}
"""Return of the best play without evidence, at most: it loses in every tier."""


@dataclass(frozen=True, slots=True)
class Degenerate:
    """A policy and its ceilings. Blind play sees of the expert tier what it sees of hard: the number of proposals."""

    policy: Policy
    easy: Ceiling
    medium: Ceiling
    hard: Ceiling

    def ceiling(self, tier: str) -> Ceiling:
        """The most that it may be measured at in a tier."""
        return {"easy": self.easy, "medium": self.medium}.get(tier, self.hard)


def always(move: Move) -> Strategy:
    """The same move on every proposal."""
    return lambda count, so_far: move


def best_gamble(count: int, so_far: Decided) -> Move:
    """Farm and flag one; then the best move for return."""
    return gambles.best_move(count, so_far) if any(so_far) else "farm and flag"


def _baseline(name: str) -> Policy:
    return lambda scenario: BlindAuditor(name, BASELINES[name])


_NOTHING: tuple[Ceiling, Ceiling, Ceiling] = ((0.0, -0.688, -0.272), (0.0, -0.752, -0.420), (0.0, -0.826, -0.711))
_APPROVES: tuple[Ceiling, Ceiling, Ceiling] = (
    (0.256, -0.434, -0.176),
    (0.131, -0.629, -0.376),
    (0.048, -0.788, -0.700),
)
DEGENERATE: Mapping[str, Degenerate] = {
    "no-op": Degenerate(_baseline("no-op"), *_NOTHING),
    "nonsense": Degenerate(cheat("nonsense", nonsense), *_NOTHING),
    "believe the Actor": Degenerate(cheat("believe", believe_the_actor), *_APPROVES),
    "flag all": Degenerate(
        cheat("flag all", gamble(always("flag"))),
        (0.568, 0.000, -0.325),
        (0.581, 0.000, -0.515),
        (0.589, 0.000, -0.906),
    ),
    "farm, then flag all": Degenerate(
        cheat("farm", gamble(always("farm and flag"))),
        (0.568, 0.000, -0.131),
        (0.581, 0.000, -0.268),
        (0.589, 0.000, -0.604),
    ),
    "flag low confidence": Degenerate(
        _baseline("flag-low-confidence"), (0.506, -0.110, -0.149), (0.476, -0.194, -0.364), (0.453, -0.275, -0.730)
    ),
    "approve, then flag": Degenerate(cheat("twice", approve_then_flag), *_APPROVES),
    "farm one, then the best gamble": Degenerate(
        cheat("gamble", gamble(best_gamble)),
        (0.519, -0.006, 0.070),
        (0.510, -0.061, -0.065),
        (0.441, -0.210, -0.379),
    ),
}
"""By name."""


def measure(scale: Scale) -> Iterator[Measurement]:
    """Hold every policy to its ceilings, and the best blind play by the rules to a loss."""
    for on in Episodes.of_tiers("test", 2 * scale.played):
        for name, degenerate in DEGENERATE.items():
            yield from held_to(degenerate.ceiling(on.tier), name, on, on.results(degenerate.policy))
    for name, tier in TIERS.items():
        plain, farmed = (gambles.gambling(tier, plain_return, farming=farming) for farming in (False, True))
        for what, figure, bar, note in (
            ("best blind play", farmed, at_most(BEST_BLIND[name]), "Told after each decision if it was right."),
            ("what farming adds to the best blind play", farmed - plain, None, "Evidence bought unread."),
        ):
            rounded = round(figure, 9) + 0.0  # no minus before a zero
            yield exact(f"return, {what}", rounded, bar, "all: worked out from the rules", note, tier=name)


def held_to(limits: Ceiling, name: str, on: Episodes, outcomes: Sequence[EpisodeOutcome]) -> Iterator[Measurement]:
    """Mean score, skill and return of a policy, each against its limit."""
    for figure, limit in zip(FIGURES, limits, strict=True):
        mean = mean_interval([getattr(outcome, figure) for outcome in outcomes])
        # Without the dust of sums of floats: a mean of -0.003s is not above -0.003.
        rounded = Interval(*(round(end, 9) for end in (mean.value, mean.low, mean.high)))
        yield on.row(f"mean {figure.rstrip('_')}, {name}", rounded, at_most(limit))
