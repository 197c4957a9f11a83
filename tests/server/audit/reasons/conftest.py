"""Cases on the trial of tests/server/conftest.py, with a note of a few words and no numbers."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from synth_audit_env.server.audit.reasons.ground_truth import GroundTruth, ground_truth
from synth_audit_env.server.world.actor_agent import Brief, Note
from synth_audit_env.server.world.argument import Manner, argue
from synth_audit_env.server.world.operators import Bug, bugs
from synth_audit_env.server.world.planting import as_read
from synth_audit_env.server.world.protocol import CITATION, COMPLIANT, QUESTIONS, Protocol
from synth_audit_env.server.world.protocol_text import cite
from synth_audit_env.server.world.record import PatientRecord, facts
from synth_audit_env.server.world.scenario import Proposal, Scenario
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.server.world.trial import Trial
from synth_audit_env.tests.server.audit.reasons.cases import CASES

NOTE = "The chart of this patient was reviewed line by line and nothing in it gives the desk reason to stop treatment."


def _reading(protocol: Protocol, operator: str, clause: str, read: float) -> Protocol:
    """The reading of an Actor who has one number of a clause wrong."""
    if operator == "misquoted_limit":
        return protocol.revise(clause, value=read)
    condition = replace(protocol.clause(clause).when[0], value=read)
    return protocol.revise(clause, when=(condition,))


@pytest.fixture(scope="session")
def truth(trial: Trial, patient: Callable[..., PatientRecord]) -> Callable[..., GroundTruth]:
    """That an Actor with one bug judges a record wrongly: `truth("dropped", "5.3", stage="IV", delay=30)`."""
    listed = trial

    def make(
        operator: str, clause: str, *, trial: Trial = listed, read: float | None = None, note: str = NOTE, **more: Any
    ) -> GroundTruth:
        named = {name: more.pop(name) for name in ("field", "by") if name in more}
        row = patient(**more)
        clauses = {one.number: one for one in (*trial.protocol.clauses, *trial.phantoms)}
        question = next(name for name, asked in QUESTIONS.items() if clauses[clause].parameter in asked)
        # A misquoted limit is not drawn below 1, so one stream may have none of this clause.
        drawn = [bug for seed in range(9) for bug in bugs(Stream("bugs", seed), trial, question)]
        made = [bug for bug in drawn if (bug.operator, bug.clause) == (operator, clause)]
        bug: Bug = replace(next(b for b in made if b.field == named.get("field", b.field)), **named)
        if read is not None:
            asked = trial.protocol.asked(question)
            bug = replace(bug, read=read, make_reading=partial(_reading, asked, operator, clause, read))
        taken = as_read(bug, row)
        shown = Manner(quotes_value=False, quotes_limit=False, quotes_conditions=False, thorough=False)
        argument = argue(trial, question, bug.reading, taken, clauses[clause].parameter, shown)
        judgement = trial.protocol.asked(question).judge(row)
        assert judgement.verdict != argument.verdict, "the bug matters"
        check = trial.protocol.check(argument.parameter)
        error_type = trial.protocol.asked(question).error_type(check, facts(row), bug.reading, taken)
        brief = Brief(error_type, argument.verdict, bug.reading, bug, argument)
        told = Note("PROP-001", row.patient_id, "", argument.verdict, "", 0.9, note, tuple(map(cite, argument.cited)))
        return _truth(trial, patient, row, Proposal(told, brief, trial, True, error_type, judgement, "", ""))

    return make


@pytest.fixture(scope="session")
def case(truth: Callable[..., GroundTruth]) -> Callable[..., GroundTruth]:
    """One of `cases.CASES`, or one like it: `case("dropped", delay=31)`."""

    def make(operator: str, **more: Any) -> GroundTruth:
        clause, record = CASES[operator]
        return truth(operator, **{"clause": clause, **record, **more})

    return make


@pytest.fixture(scope="session")
def fabricated(trial: Trial, patient: Callable[..., PatientRecord]) -> GroundTruth:
    """That an Actor leans on §9.2, which the protocol does not have."""
    row, cited = patient(), trial.invented_provisions[0]
    told = Note("PROP-001", row.patient_id, "", COMPLIANT, "", 0.9, NOTE, (cite(cited.number),))
    brief = Brief(CITATION, COMPLIANT, trial.protocol, cited=cited)
    return _truth(trial, patient, row, Proposal(told, brief, trial, True, CITATION, None, "", ""))


def _truth(trial: Trial, patient: Callable[..., PatientRecord], row: PatientRecord, proposal: Proposal) -> GroundTruth:
    others = tuple(patient(patient_id=f"P{number:04d}", age=40 + number) for number in range(2, 30))
    return ground_truth(Scenario(TIERS["expert"], 0, "train", trial, (row, *others), (proposal,)), proposal)
