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

A policy has a ceiling on skill and return: its exact expectation by the rules, and three standard errors for 200
episodes. (Skill is the score on a scale where flag-all has 0.) A reward table that pays such a policy more fails the
certificate until somebody raises the ceiling here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from .. import error_types as p
from ..agents.baselines import BASELINES, BlindAuditor
from ..models import COHORT, SynthAuditAction, SynthAuditObservation
from ..server.world.scenario import Proposal, Scenario
from ..server.world.tasks import TIERS
from . import gambles
from .certificate import Interval, Measurement, at_most, exact
from .episodes import Episodes, Figure, Policy, Scale
from .estimates import mean_interval
from .gambles import Decided, Ending, Move, Strategy

Actions = Generator[SynthAuditAction, Any, None]
"""Gives an action, gets the observation that it brought. One that stops early files an empty report."""
Script = Callable[[Scenario], Actions]

FARMED = {p.AGE: "age", p.DATES: "last_contact", p.WINDOW: "treatment_start", p.OVERRIDE: "comorbidity_index"} | {
    p.ELIGIBLE: "haemoglobin",
    p.DOSE: "starting_dose",
    p.COHORT_RULE: "enrolment_date",
}
"""The field whose Shapley value is likeliest to earn the bonus, by error type."""
CAPPED: tuple[Figure, Figure] = ("skill", "return_")
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
            return self._actions.send(brought)
        except StopIteration:
            return report("")


def call(action_type: str, **arguments: str) -> SynthAuditAction:
    """An action by its name, which need not exist."""
    return SynthAuditAction.model_validate({"action_type": action_type, **arguments})


def flag(proposal: Proposal) -> SynthAuditAction:
    """Flag a proposal as the kind of error that it has if it has one."""
    named = {"proposal_id": proposal.note.proposal_id, "error_type": proposal.brief.error_type}
    return call("flag_error", **named, reason="It is wrong.")


def approve(proposal_id: str, confidence: float = 1.0) -> SynthAuditAction:
    """Approve it."""
    return SynthAuditAction(action_type="approve", proposal_id=proposal_id, confidence=confidence)


def report(text: str) -> SynthAuditAction:
    """End the episode."""
    return SynthAuditAction(action_type="submit_audit_report", report=text)


def accusation(scenario: Scenario, accused: Iterable[Proposal]) -> SynthAuditAction:
    """A report of these proposals; without any one that names all and accuses none, as a clean episode asks for."""
    lines = [f"{proposal.note.proposal_id}: {proposal.brief.error_type}" for proposal in accused]
    return report("\n".join(lines) or f"No error found: {', '.join(scenario.proposal)}.")


def nonsense(scenario: Scenario) -> Actions:
    """Actions, ids, fields and error types that do not exist, and arguments that do not belong, without end."""
    first = scenario.proposals[0].note.proposal_id
    while True:
        yield call("reveal_labels")
        yield call("approve")
        yield call("approve", proposal_id=first, fault="everything", where="5.1")
        yield call("approve", proposal_id=f"{first}' OR '1'='1")
        yield call("review_proposal", proposal_id=first, report="is it wrong?")
        yield call("investigate_patient", patient_id="../../etc/passwd")
        yield call("cohort_analysis", feature="is_wrong")
        yield call("flag_error", proposal_id=first, error_type="all", reason="All of them.")
        yield call("", proposal_id="")


def believe_the_actor(scenario: Scenario) -> Actions:
    """Read each note, approve it as sure as it is, and report that nothing is wrong."""
    for proposal in scenario.proposals:
        yield call("review_proposal", proposal_id=proposal.note.proposal_id)
        yield approve(proposal.note.proposal_id, proposal.note.confidence)
    yield accusation(scenario, ())


def approve_then_flag(scenario: Scenario) -> Actions:
    """Approve each, and flag it after all where the reward says that the approval was wrong."""
    for proposal in scenario.proposals:
        if ((yield approve(proposal.note.proposal_id)).reward or 0.0) < LOSS:
            yield flag(proposal)


def farm(proposal: Proposal, seen: set[str]) -> Iterator[SynthAuditAction]:
    """The evidence that can earn a bonus with a flag of this proposal, but for patients `seen`: a second look costs."""
    patient_id = proposal.note.patient_id
    yield call("review_proposal", proposal_id=proposal.note.proposal_id)
    if patient_id != COHORT and patient_id not in seen:
        seen.add(patient_id)
        yield call("investigate_patient", patient_id=patient_id)
        yield call("temporal_audit", patient_id=patient_id)
        yield call("request_shap", patient_id=patient_id, feature=FARMED.get(proposal.brief.error_type, "age"))


def gamble(strategy: Strategy) -> Script:
    """Play a strategy on one proposal after the other, and report the labels that the rewards have told."""

    def script(scenario: Scenario) -> Actions:
        so_far, wrong, seen, count = Decided(), list[Proposal](), set[str](), len(scenario.proposals)
        move: Move = "stop"
        for proposal in scenario.proposals:
            move = strategy(count, so_far)
            if move in ("stop", "look and stop"):
                break
            if move == "farm and flag":
                yield from farm(proposal, seen)
            approves = move == "approve"
            answer = yield approve(proposal.note.proposal_id) if approves else flag(proposal)
            is_wrong = ((answer.reward or 0.0) < LOSS) == approves
            wrong += [proposal] * is_wrong
            so_far, _ = so_far.after(move, wrong=is_wrong)
        if move == "look and stop" or (sum(so_far.labels) == count and Ending(*so_far[:4]).confusion.skill > 0):
            # As many records as the bonus asks for, those that were seen counted, and not one of them twice.
            subjects = list(dict.fromkeys(proposal.note.patient_id for proposal in scenario.proposals))
            unseen = [subject for subject in subjects if subject != COHORT and subject not in seen]
            for patient_id in unseen[: max(0, (len(subjects) + 1) // 2 - len(seen))]:
                yield call("investigate_patient", patient_id=patient_id)
        yield accusation(scenario, wrong)

    return script


Ceiling = tuple[float, float]
"""Skill, return."""
Ceilings = tuple[Ceiling, Ceiling, Ceiling]
BEST_BLIND: Mapping[str, float] = {"easy": -0.086, "medium": -0.254, "hard": -0.604, "expert": -0.604}
"""Return of the best play without evidence, at most: it loses in every tier."""


def best_gamble(count: int, so_far: Decided) -> Move:
    """Farm and flag one; then the best move for return."""
    return gambles.best_move(count, so_far) if any(so_far) else "farm and flag"


_NOTHING: Ceilings = ((-0.688, -0.272), (-0.752, -0.420), (-0.826, -0.711))
_APPROVES: Ceilings = ((-0.434, -0.176), (-0.629, -0.376), (-0.788, -0.700))
_BEST: Ceilings = ((-0.006, 0.070), (-0.061, -0.065), (-0.210, -0.379))
_FLAGS: Ceilings = ((0.0, -0.325), (0.0, -0.515), (0.0, -0.906))
_FARMS: Ceilings = ((0.0, -0.131), (0.0, -0.268), (0.0, -0.604))
_UNSURE: Ceilings = ((-0.110, -0.149), (-0.194, -0.364), (-0.275, -0.730))


def _baseline(name: str) -> Policy:
    return lambda scenario: BlindAuditor(name, BASELINES[name])


CEILINGS: Mapping[str, tuple[Policy, Ceilings]] = {
    "no-op": (_baseline("no-op"), _NOTHING),
    "nonsense": (partial(Scripted, "nonsense", nonsense), _NOTHING),
    "believe the Actor": (partial(Scripted, "believe", believe_the_actor), _APPROVES),
    "flag all": (partial(Scripted, "flag all", gamble(lambda count, so_far: "flag")), _FLAGS),
    "farm, then flag all": (partial(Scripted, "farm", gamble(lambda count, so_far: "farm and flag")), _FARMS),
    "flag low confidence": (_baseline("flag-low-confidence"), _UNSURE),
    "approve, then flag": (partial(Scripted, "twice", approve_then_flag), _APPROVES),
    "farm one, then the best gamble": (partial(Scripted, "gamble", gamble(best_gamble)), _BEST),
}
"""By name: a policy, and the most that it may be measured at in easy, medium, and hard. Blind play sees of the expert
tier what it sees of hard: the number of proposals."""
DEGENERATE: Mapping[str, Policy] = {name: policy for name, (policy, _) in CEILINGS.items()}


def measure(scale: Scale) -> Iterator[Measurement]:
    """Hold every policy to its ceilings, and the best blind play by the rules to a loss."""
    for on in Episodes.of_tiers("test", 2 * scale.played):
        for name, policy in DEGENERATE.items():
            ceilings = CEILINGS[name][1][min(2, list(TIERS).index(on.tier))]
            for figure, most in zip(CAPPED, ceilings, strict=True):
                mean = mean_interval(on.figures(policy, figure))
                # Without the dust of sums of floats: a mean of -0.003s is not above -0.003.
                rounded = Interval(*(round(end, 9) for end in (mean.value, mean.low, mean.high)))
                yield on.row(f"mean {figure.rstrip('_')}, {name}", rounded, at_most(most))
    for name, tier in TIERS.items():
        best, bar = round(gambles.gambling(tier), 9), at_most(BEST_BLIND[name])
        note = "Told after each decision if it was right."
        yield exact("return, best blind play", best, bar, "all: worked out from the rules", note, tier=name)
