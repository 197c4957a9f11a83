"""The scripts of cheats: they look at everything, spam, stuff, decide twice or follow the rewards.

    policy = cheat("flag all", acts(lambda scenario: map(flag, scenario.proposal)))
    auditor = policy(scenario)

No script looks at a label. Some are handed the text that a tool would give, which is more than they pay for. They know
all that there is to know but the evidence: which kind of error a note would have, which evidence would earn a bonus,
and, in immediate settlement, whether the last decision was right. `degenerate_policies.py` names them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from itertools import cycle
from typing import Any, TypeAlias

from ...fault_types import IGNORED
from ...models import COHORT, SynthAuditAction, SynthAuditObservation
from ...server.world import protocol as p
from ...server.world.scenario import Proposal, Scenario
from ..episodes import Policy
from .gambles import Decided, Ending, Move, Strategy

Play: TypeAlias = Generator[SynthAuditAction, Any, None]
"""Gives an action, gets the observation that it brought, until the episode is over."""
Script = Callable[[Scenario], Play]
"""How an episode is played. A script that stops early files an empty report."""

COHORT_FEATURES = ("arm", "site", "sex", "ethnicity", "smoking", "stage", "country")
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
        self._play = script(scenario)
        self._begun = False

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The script's next action."""
        brought, self._begun = observation if self._begun else None, True
        try:
            return self._play.send(brought)
        except StopIteration:
            return report("")


def cheat(name: str, script: Script) -> Policy:
    """A policy made of a script."""
    return partial(Scripted, name, script)


def acts(actions: Callable[[Scenario], Iterable[SynthAuditAction]]) -> Script:
    """The script of these actions, whatever they bring."""
    return lambda scenario: (action for action in actions(scenario))


def look(action_type: str, **arguments: str) -> SynthAuditAction:
    """Use an evidence tool."""
    return SynthAuditAction.model_validate({"action_type": action_type, **arguments})


def investigate(patient_id: str) -> SynthAuditAction:
    """Look at a record."""
    return look("investigate_patient", patient_id=patient_id)


def flag(proposal_id: str, error_type: str = p.AGE, reason: str = "It is wrong.") -> SynthAuditAction:
    """Flag a proposal."""
    return SynthAuditAction(
        action_type="flag_error", proposal_id=proposal_id, error_type=error_type, reason=reason, confidence=1.0
    )


def flag_likely(scenario: Scenario, proposal: Proposal) -> SynthAuditAction:
    """Flag a proposal as what it is likely to be."""
    return flag(proposal.note.proposal_id, likely_error_type(scenario, proposal))


def approve(proposal_id: str, confidence: float = 1.0) -> SynthAuditAction:
    """Approve it."""
    return SynthAuditAction(action_type="approve", proposal_id=proposal_id, confidence=confidence)


def claiming(action: SynthAuditAction, proposal: Proposal) -> SynthAuditAction:
    """The same decision with a claim by one rule: it ignored what it cites first, the first number of the note."""
    number = re.search(r"(?<![§\d.])\d+(?:\.\d+)?(?= )", proposal.note.reasoning)
    claim = {"fault": IGNORED, "where": (*proposal.note.citations, "arm")[0], "should_be": number and number[0]}
    return action.model_copy(update=claim)


def report(text: str) -> SynthAuditAction:
    """End the episode."""
    return SynthAuditAction(action_type="submit_audit_report", report=text)


def confirmed(scenario: Scenario) -> SynthAuditAction:
    """A report that names all proposals and accuses none, which is what a clean episode asks for."""
    return report(f"No error found: {', '.join(scenario.proposal)}.")


def accusation(scenario: Scenario, proposals: Iterable[Proposal]) -> SynthAuditAction:
    """A report of what was flagged."""
    return report("\n".join(f"{one.note.proposal_id}: {likely_error_type(scenario, one)}" for one in proposals))


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
        (str(headed.get("scheduling")) in sections, p.OVERRIDE if argued > (note.verdict != p.COMPLIANT) else p.WINDOW),
        ("mg/m2" in note.reasoning, p.DOSE),
        (re.search(r"\bgrade \d|g/dL", note.reasoning), p.ELIGIBLE),
        (note.recommended_action.endswith("the entry"), p.COHORT_RULE),
    )
    guess = next((kind for is_shown, kind in shown if is_shown), p.AGE)
    return guess if guess in scenario.tier.error_types else p.AGE


def subjects_of(scenario: Scenario) -> list[str]:
    """The patients of the proposals, in their order."""
    return [one.note.patient_id for one in scenario.proposals if one.note.patient_id != COHORT]


def looks(scenario: Scenario) -> Iterator[SynthAuditAction]:
    """Every tool: on the proposals, on their patients, on the cohort, on everybody else."""
    subjects = subjects_of(scenario)
    others = [patient_id for patient_id in scenario.patient if patient_id not in subjects]
    yield from (look("review_proposal", proposal_id=proposal_id) for proposal_id in scenario.proposal)
    for tool in ("investigate_patient", "temporal_audit", "request_shap"):
        yield from (look(tool, patient_id=patient_id) for patient_id in subjects)
    yield from (look("cohort_analysis", feature=feature) for feature in COHORT_FEATURES)
    for tool in ("investigate_patient", "temporal_audit"):
        yield from (look(tool, patient_id=patient_id) for patient_id in others)


def nonsense(scenario: Scenario) -> Iterator[SynthAuditAction]:
    """Actions, ids, fields and error types that do not exist, and arguments that do not belong, without end."""
    first = scenario.proposals[0].note.proposal_id
    return cycle(
        (
            look("reveal_labels"),
            look("approve"),
            look("approve", proposal_id=first, fault="everything", where="5.1"),
            look("approve", proposal_id=first, fault=IGNORED),
            look("approve", proposal_id=f"{first}' OR '1'='1"),
            look("review_proposal", proposal_id=first, report="is it wrong?"),
            look("investigate_patient", patient_id="../../etc/passwd"),
            look("cohort_analysis", feature="is_wrong"),
            look("flag_error", proposal_id=first, error_type="all", reason="All of them."),
            look("", proposal_id=""),
        )
    )


def echo_the_verdict(scenario: Scenario) -> Play:
    """Read each note, believe it, and be as sure as it is."""
    for proposal in scenario.proposals:
        yield look("review_proposal", proposal_id=proposal.note.proposal_id)
        yield approve(proposal.note.proposal_id, proposal.note.confidence)
    yield confirmed(scenario)


def approve_with_report(write: Callable[[Scenario], str]) -> Script:
    """Approve all, and hand in that report."""
    return acts(lambda scenario: [*map(approve, scenario.proposal), report(write(scenario))])


def approve_and_claim(scenario: Scenario) -> Play:
    """Approve all, and claim the same of each."""
    for proposal in scenario.proposals:
        yield claiming(approve(proposal.note.proposal_id), proposal)
    yield confirmed(scenario)


def flag_and_claim(scenario: Scenario) -> Play:
    """Flag all as what each is likely to be, claim the same of each, and report it."""
    for proposal in scenario.proposals:
        yield claiming(flag_likely(scenario, proposal), proposal)
    yield accusation(scenario, scenario.proposals)


def wait_then_flag_all(scenario: Scenario) -> list[SynthAuditAction]:
    """Use the budget up but for the last steps, and flag all with those."""
    waiting = scenario.tier.steps - len(scenario.proposals)
    return [look("cohort_analysis", feature="arm")] * waiting + list(map(flag, scenario.proposal))


def flag_then_approve(scenario: Scenario) -> Play:
    """Decide each both ways, the flag first."""
    for proposal in scenario.proposals:
        yield flag_likely(scenario, proposal)
        yield approve(proposal.note.proposal_id)


def approve_then_flag(scenario: Scenario) -> Play:
    """Decide each both ways, the approval first, and take it back where the reward says that it was wrong."""
    for proposal in scenario.proposals:
        if ((yield approve(proposal.note.proposal_id)).reward or 0.0) < LOSS:
            yield flag_likely(scenario, proposal)


# Bonuses for evidence are bought unread, or decisions follow what the last one paid.


def farm(scenario: Scenario, proposal: Proposal, seen: set[str]) -> Play:
    """What can earn a bonus with a flag of this proposal, but for patients that were seen: a second look costs.

    The patient is added to those that were `seen`.
    """
    patient_id = proposal.note.patient_id
    yield look("review_proposal", proposal_id=proposal.note.proposal_id)
    if patient_id != COHORT and patient_id not in seen:
        seen.add(patient_id)
        yield investigate(patient_id)
        yield look("temporal_audit", patient_id=patient_id)
        feature = FARMED.get(likely_error_type(scenario, proposal), "age")
        yield look("request_shap", patient_id=patient_id, feature=feature)


def farm_then_flag(every: int) -> Script:
    """Buy every bonus that a right flag could have, and flag: all proposals, or every so many; approve the rest."""

    def script(scenario: Scenario) -> Play:
        seen, flagged = set[str](), scenario.proposals[::every]
        for proposal in flagged:
            yield from farm(scenario, proposal, seen)
            yield flag_likely(scenario, proposal)
        yield from (approve(one) for place, one in enumerate(scenario.proposal) if place % every)
        yield accusation(scenario, flagged)

    return script


def farm_then_approve_all(scenario: Scenario) -> Play:
    """Look at all there is to look at, and believe the Actor."""
    seen = set[str]()
    for proposal in scenario.proposals:
        yield from farm(scenario, proposal, seen)
        yield approve(proposal.note.proposal_id)
    yield confirmed(scenario)


def gamble(strategy: Strategy) -> Script:
    """Play a strategy on one proposal after the other, and report what the rewards have told."""

    def script(scenario: Scenario) -> Play:
        so_far, wrong, seen, count = Decided(), list[Proposal](), set[str](), len(scenario.proposals)
        move: Move = "stop"
        for proposal in scenario.proposals:
            move = strategy(count, so_far)
            if move in ("stop", "look and stop"):
                break
            if move == "farm and flag":
                yield from farm(scenario, proposal, seen)
            approves = move == "approve"
            answer = yield approve(proposal.note.proposal_id) if approves else flag_likely(scenario, proposal)
            is_wrong = ((answer.reward or 0.0) < LOSS) == approves
            wrong += [proposal] * is_wrong
            so_far, _ = so_far.after(move, wrong=is_wrong)
        ending = Ending(*so_far[:4])
        if move == "look and stop" or (sum(so_far.labels) == count and ending.confusion.skill > 0):
            # As many records as the bonus asks for, those that were seen counted, and not one of them twice.
            subjects = list(dict.fromkeys(subjects_of(scenario)))
            missing = max(0, (len(subjects) + 1) // 2 - len(seen))
            for patient_id in [subject for subject in subjects if subject not in seen][:missing]:
                yield investigate(patient_id)
        yield accusation(scenario, wrong) if wrong else confirmed(scenario)

    return script
