"""Cases on the trial of tests/server/conftest.py, with a note of a few words and no numbers."""

from collections.abc import Callable
from typing import Any

import pytest

from synth_audit_env.server.audit.reasons.ground_truth import GroundTruth, ground_truth
from synth_audit_env.server.world.actor_agent import Brief, Note
from synth_audit_env.server.world.misreadings import FLAWS, misread
from synth_audit_env.server.world.protocol import Protocol
from synth_audit_env.server.world.record import PatientRecord
from synth_audit_env.server.world.scenario import Proposal, Scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.server.world.trial import Trial

NOTE = "The chart of this patient was reviewed line by line and nothing in it gives the desk reason to stop treatment."


@pytest.fixture(scope="session")
def truth(trial: Trial, patient: Callable[..., PatientRecord]) -> Callable[..., GroundTruth]:
    """That an Actor with some flaw, or some reading of its own, judges a record wrongly.

    `truth("override_ignored", stage="IV", comorbidity_index=6, delay=30, cites=("§5.1", "§5.2"))`
    """

    def make(
        flaw: str,
        *,
        reading: Protocol | None = None,
        cited: Any = None,
        cites: tuple[str, ...] = (),
        note: str = NOTE,
        **record: Any,
    ) -> GroundTruth:
        row = patient(**record)
        brief = Brief(FLAWS[flaw], reading or misread(trial, FLAWS[flaw], cited), cited)
        stance = brief.flaw.stance
        told = Note("PROP-001", row.patient_id, "", stance, "", 0.9, note, cites)
        proposal = Proposal(told, brief, True, brief.flaw.error_type, trial.protocol.judge(row), "")
        others = tuple(patient(patient_id=f"P{number:04d}", age=40 + number) for number in range(2, 30))
        return ground_truth(Scenario(TIERS["expert"], 0, "train", trial, (row, *others), (proposal,)), proposal)

    return make
