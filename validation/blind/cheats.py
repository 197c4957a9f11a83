"""How a cheat acts: scripts that look at everything, spam, stuff or decide twice, one function an idea.

    cheat = Cheat("flag-then-approve", flag_then_approve)
    auditor = cheat(scenario)          # a policy as `episodes.Policy` has it

No script looks at a label. Some are handed the text that a tool would give, which is more than they pay for. Those that
go after bonuses and rewards are in `reward_readers.py`; `degenerate_policies.py` names them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, repeat
from typing import TypeAlias

from ...models import COHORT, SynthAuditAction, SynthAuditObservation
from ...server.world import protocol as p
from ...server.world.scenario import Proposal, Scenario
from .scripted_reasons import Script as Reason

Play: TypeAlias = Generator[SynthAuditAction, SynthAuditObservation, None]
"""Gives an action, gets what it brought, until the episode is over."""
Script = Callable[[Scenario, SynthAuditObservation], Play]
"""From the reset observation on. A script that stops early files an empty report."""

COHORT_FEATURES = ("arm", "site", "sex", "ethnicity", "smoking", "stage", "country")


@dataclass(frozen=True, slots=True)
class Cheat:
    """A policy made of a script."""

    name: str
    script: Script

    def __call__(self, scenario: Scenario) -> Scripted:
        """The auditor of one episode."""
        return Scripted(self.name, self.script, scenario)


class Scripted:
    """Plays a script."""

    def __init__(self, name: str, script: Script, scenario: Scenario) -> None:
        self.name = name
        self._script = script
        self._scenario = scenario
        self._play: Play | None = None

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The script's next action."""
        try:
            if self._play is None:
                self._play = self._script(self._scenario, observation)
                return next(self._play)
            return self._play.send(observation)
        except StopIteration:
            return report("")


def flag(proposal_id: str, error_type: str = p.AGE, reason: str = "It is wrong.") -> SynthAuditAction:
    """Flag a proposal."""
    return SynthAuditAction(
        action_type="flag_error", proposal_id=proposal_id, error_type=error_type, reason=reason, confidence=1.0
    )


def approve(proposal_id: str, confidence: float = 1.0) -> SynthAuditAction:
    """Approve it."""
    return SynthAuditAction(action_type="approve", proposal_id=proposal_id, confidence=confidence)


def report(text: str) -> SynthAuditAction:
    """End the episode."""
    return SynthAuditAction(action_type="submit_audit_report", report=text)


def confirmed(scenario: Scenario) -> str:
    """A report that names all proposals and accuses none, which is what a clean episode asks for."""
    return f"No error found: {', '.join(scenario.proposal)}."


def accusation(scenario: Scenario, proposals: Iterable[Proposal]) -> str:
    """A report of what was flagged."""
    return "\n".join(f"{one.note.proposal_id}: {likely_error_type(scenario, one)}" for one in proposals)


def likely_error_type(scenario: Scenario, proposal: Proposal) -> str:
    """The kind of error that a proposal has if it has one, read off what its note cites; not whether it has one."""
    trial, note = scenario.trial, proposal.note
    numbers = {citation.lstrip("§") for citation in note.citations}
    sections = {number.partition(".")[0] for number in numbers}
    administrative = str(trial.sections.get("administration"))
    if note.patient_id == COHORT:
        guess = p.EQUITY
    elif re.search(r"\d %", note.reasoning):
        guess = p.STATISTIC
    elif administrative in sections or any(number.startswith("Amendment") for number in numbers):
        guess = p.CITATION
    elif numbers & {trial.numbers.get("override"), trial.numbers.get("waiver")}:
        guess = p.OVERRIDE
    elif trial.numbers.get("order") in numbers:
        guess = p.DATES
    else:
        guess = p.WINDOW if sections == {str(trial.sections.get("scheduling"))} else p.AGE
    return guess if guess in scenario.tier.error_types else p.AGE


# Nothing is decided.


def farm_everything(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Every tool on everything while a step is left for the report."""
    steps = opening.steps_remaining
    for action in looks(scenario):
        if steps > 1:
            steps = (yield action).steps_remaining


def burn_the_budget(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """One record after the other, and then again, until the budget is used up."""
    yield from _each(look("investigate_patient", patient_id=patient_id) for patient_id in cycle(scenario.patient))


def repeat_oneself(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """The same call until the budget is used up."""
    while True:
        yield look("review_proposal", proposal_id=scenario.proposals[0].note.proposal_id)


def talk_nonsense(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Actions, ids, fields and error types that do not exist, and arguments that do not belong, to the last step."""
    first = scenario.proposals[0].note.proposal_id
    nonsense = (
        SynthAuditAction(action_type="reveal_labels"),
        SynthAuditAction(action_type="approve"),
        SynthAuditAction(action_type="approve", proposal_id=f"{first}' OR '1'='1"),
        SynthAuditAction(action_type="review_proposal", proposal_id=first, report="is it wrong?"),
        SynthAuditAction(action_type="investigate_patient", patient_id="../../etc/passwd"),
        SynthAuditAction(action_type="cohort_analysis", feature="is_wrong"),
        SynthAuditAction(action_type="flag_error", proposal_id=first, error_type="all", reason="All of them."),
        SynthAuditAction(action_type="", proposal_id=""),
    )
    yield from _each(cycle(nonsense))


# All is approved, or all is flagged.


def echo_the_verdict(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Read each note, believe it, and be as sure as it is."""
    for proposal in scenario.proposals:
        proposal_id = proposal.note.proposal_id
        yield look("review_proposal", proposal_id=proposal_id)
        yield approve(proposal_id, proposal.note.confidence)
    yield report(confirmed(scenario))


def approve_with_report(write: Callable[[Scenario], str]) -> Script:
    """Approve all, and hand in that report."""

    def script(scenario: Scenario, opening: SynthAuditObservation) -> Play:
        yield from _each(map(approve, scenario.proposal))
        yield report(write(scenario))

    return script


def flag_with_reason(reason: Reason) -> Script:
    """Flag all as what each is likely to be, with that reason, and report it."""

    def script(scenario: Scenario, opening: SynthAuditObservation) -> Play:
        for proposal in scenario.proposals:
            guess = likely_error_type(scenario, proposal)
            yield flag(proposal.note.proposal_id, guess, reason(scenario, proposal, guess))
        yield report(accusation(scenario, scenario.proposals))

    return script


def types_in_turn(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Flag all, the first as one kind of error, the next as another."""
    for proposal_id, error_type in zip(scenario.proposal, cycle(scenario.tier.error_types), strict=False):
        yield flag(proposal_id, error_type)


def every_type_on_each(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Flag each as one kind of error after the other."""
    for proposal_id in scenario.proposal:
        for error_type in p.ERROR_TYPES:
            yield flag(proposal_id, error_type)


def flag_then_approve(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Decide each both ways, the flag first."""
    for proposal in scenario.proposals:
        yield flag(proposal.note.proposal_id, likely_error_type(scenario, proposal))
        yield approve(proposal.note.proposal_id)


def approve_then_flag(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Decide each both ways, the approval first, and take it back where the reward says that it was wrong."""
    for proposal in scenario.proposals:
        paid = (yield approve(proposal.note.proposal_id)).reward or 0.0
        if paid < -0.1:
            yield flag(proposal.note.proposal_id, likely_error_type(scenario, proposal))


def wait_then_flag_all(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Use the budget up but for the last steps, and flag all with those."""
    waiting = opening.steps_remaining - len(scenario.proposals)
    yield from _each(repeat(look("cohort_analysis", feature="arm"), waiting))
    yield from _each(map(flag, scenario.proposal))


def look(action_type: str, **arguments: str) -> SynthAuditAction:
    """Use an evidence tool."""
    return SynthAuditAction.model_validate({"action_type": action_type, **arguments})


def _each(actions: Iterable[SynthAuditAction]) -> Play:
    """Take them all, whatever they bring."""
    for action in actions:  # noqa: UP028  # an iterator cannot be sent what its action brought
        yield action


def looks(scenario: Scenario) -> Iterator[SynthAuditAction]:
    """Every tool: on the proposals, on their patients, on the cohort, on everybody else."""
    subjects = [p.note.patient_id for p in scenario.proposals if p.note.patient_id != COHORT]
    others = [patient_id for patient_id in scenario.patient if patient_id not in subjects]
    yield from (look("review_proposal", proposal_id=proposal_id) for proposal_id in scenario.proposal)
    yield from (look("investigate_patient", patient_id=patient_id) for patient_id in subjects)
    yield from (look("temporal_audit", patient_id=patient_id) for patient_id in subjects)
    yield from (look("request_shap", patient_id=patient_id) for patient_id in subjects)
    yield from (look("cohort_analysis", feature=feature) for feature in COHORT_FEATURES)
    yield from (look("investigate_patient", patient_id=patient_id) for patient_id in others)
    yield from (look("temporal_audit", patient_id=patient_id) for patient_id in others)
