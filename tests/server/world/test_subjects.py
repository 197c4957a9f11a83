"""Subjects: of whom a question can be asked, and who is like the patient of another case."""

from dataclasses import replace

import pytest

from synth_audit_env.server.world.cascades import Cascades
from synth_audit_env.server.world.patient_generator import draw_patients
from synth_audit_env.server.world.quantities import OF_THE_DEAD, QUESTIONS, SITE_CAP
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.subjects import Subjects
from synth_audit_env.server.world.trial_frame import draw_frame

COHORT = list(draw_patients(("cohort", 1), 300, draw_frame(Stream("frame", 1))))
ASKED = [question for question in QUESTIONS if question not in ("dose", SITE_CAP)]
"""Of doses and caps the protocol of the trial says nothing."""


def made_for(trial):
    return Subjects(Stream("subjects"), trial, COHORT, range(len(COHORT)), Cascades(trial))


@pytest.mark.parametrize("asked", ASKED)
def test_a_question_is_asked_of_whom_it_can_be(trial, asked):
    subjects = made_for(trial)
    expected = [
        place
        for place, record in enumerate(COHORT)
        if record.age is not None and (record.outcome == "deceased" or asked != OF_THE_DEAD)
    ]
    assert subjects.pool(asked) == expected
    in_stage_iv = [place for place in expected if COHORT[place].stage == "IV"]
    assert subjects.pool(asked, in_stage_iv=True) == in_stage_iv


def test_nothing_is_asked_that_the_protocol_does_not_answer(trial):
    subjects = made_for(replace(trial, protocol=trial.protocol.without("6.3")))
    assert [bool(subjects.pool(asked)) for asked in ASKED] == [asked != OF_THE_DEAD for asked in ASKED]
