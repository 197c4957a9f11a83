"""Casting: any patient who suits a flaw can be made a case of either label, and nothing that is quoted tells which."""

from collections import Counter
from dataclasses import replace

import pytest

from synth_audit_env.server.world.comorbidity import charlson_index
from synth_audit_env.server.world.misreadings import FLAWS, misread
from synth_audit_env.server.world.patient_generator import draw_cohort
from synth_audit_env.server.world.planting import cited_amendment, plant, suits
from synth_audit_env.server.world.protocol import AGE, COMPLIANT, DATES, DEVIATION, OVERRIDE, WINDOW
from synth_audit_env.server.world.protocol_generator import draw_trial
from synth_audit_env.server.world.record import PatientRecord
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.server.world.trial_frame import draw_frame

CHANGES = {
    AGE: {"age"},
    DATES: {"consent_date", "treatment_start", "last_contact", "death_date", "outcome"},
    WINDOW: {"treatment_start", "last_contact", "death_date"},
    OVERRIDE: {"treatment_start", "last_contact", "death_date", "comorbid_conditions", "comorbidity_index"},
}
"""What may be planted in a record, by error type; with a waiver in the protocol haemoglobin too."""
PLANTED = [
    (tier, flaw.name) for tier in TIERS for flaw in FLAWS.values() if tier in flaw.tiers and flaw.error_type in CHANGES
]


def worlds(tier, flaw, count):
    """Trials with the flaw's amendment listed, the same without, and natural patients sound under both."""
    for seed in range(count):
        frame = draw_frame(Stream("frame", tier, seed))
        listed, unlisted = (
            draw_trial(
                Stream("protocol", tier, seed),
                tier,
                frame.first_enrolment,
                frame.enrolment_days,
                {"age": is_listed, "window": is_listed},
            )
            for is_listed in (True, False)
        )
        sound = [
            patient
            for patient in draw_cohort(("cohort", tier, seed), TIERS[tier].patients, frame)
            if all(t.protocol.judge(patient).verdict == COMPLIANT for t in (listed, unlisted))
        ]
        # An amendment that is leant on is listed when the Actor is right.
        yield seed, {True: unlisted if flaw.name.endswith("_amendment") else listed, False: listed}, sound


def planted(flaw, trial, patient, wrong, seed):
    cited = cited_amendment(trial, flaw) if flaw.name.endswith("_amendment") else None
    reading = misread(trial, flaw, cited)
    return reading, plant(Stream("plant", seed, patient.patient_id), trial, flaw, reading, patient, wrong)


@pytest.mark.parametrize(("tier", "name"), PLANTED)
def test_who_suits_a_flaw_can_be_a_case_of_either_label(tier, name):
    flaw = FLAWS[name]
    accepted = Counter()
    for seed, trials, sound in worlds(tier, flaw, 4):
        for patient in sound:
            fits = {suits(trial, flaw, patient) for trial in trials.values()}
            assert len(fits) == 1, "whether a patient suits depends on the label"
            if fits == {True}:
                accepted[
                    tuple(planted(flaw, trials[wrong], patient, wrong, seed)[1] is not None for wrong in trials)
                ] += 1
    assert set(accepted) == {(True, True)}, "(wrong, right) can be planted, and for how many patients"
    assert accepted[True, True] >= 20


@pytest.mark.parametrize(("tier", "name"), PLANTED)
def test_what_is_planted(tier, name):
    """The Actor argues for its stance, is wrong or right as asked, and nothing else about the patient changes."""
    flaw = FLAWS[name]
    allowed = CHANGES[flaw.error_type] | (
        {"haemoglobin"} if tier == "expert" and flaw.error_type == OVERRIDE else set()
    )
    for seed, trials, sound in worlds(tier, flaw, 2):
        for wrong, trial in trials.items():
            for patient in sound:
                if not suits(trial, flaw, patient):
                    continue
                reading, case = planted(flaw, trial, patient, wrong, seed)
                if case is None:
                    continue
                record, judgement = case
                assert judgement == trial.protocol.judge(record)
                assert reading.judge(record).verdict == flaw.stance
                assert (judgement.verdict != flaw.stance) == wrong
                found = {finding.error_type for finding in judgement.findings}
                if wrong:
                    assert found == ({flaw.error_type} if flaw.stance == COMPLIANT else set())
                else:
                    assert len(found) == (0 if flaw.stance == COMPLIANT else 1)
                assert changed(patient, record) <= allowed
                hangs_together(record)


def changed(before: PatientRecord, after: PatientRecord) -> set[str]:
    return {name for name in PatientRecord.__dataclass_fields__ if getattr(before, name) != getattr(after, name)}


def hangs_together(record: PatientRecord) -> None:
    assert record.comorbidity_index == charlson_index(record.comorbid_conditions)
    assert (record.death_date is None) == (record.outcome != "deceased")
    if record.death_date is not None:
        assert record.last_contact <= record.death_date


def cases(tier, name, wrong, count):
    flaw = FLAWS[name]
    for seed, trials, sound in worlds(tier, flaw, count):
        for patient in sound:
            if suits(trials[wrong], flaw, patient):
                case = planted(flaw, trials[wrong], patient, wrong, seed)[1]
                if case is not None:
                    yield trials[wrong], *case


@pytest.mark.parametrize("wrong", [True, False])
@pytest.mark.parametrize(
    ("tier", "name", "steps"),
    [
        ("medium", "generic_age_limits", {"age": (-1, 1)}),
        ("medium", "labs_over_age", {"age": (-1, 1)}),
        ("medium", "guidance_window", {"delay": (-1, 1)}),
        ("medium", "site_latency", {"delay": (-1, 1)}),
        ("hard", "extension_to_other_stages", {"delay": (-1, 1)}),
        ("hard", "override_ignored", {"delay": (-1, 1), "comorbidity_index": (-1, 1)}),
        ("expert", "strict_age", {"age": (-1, 1)}),
    ],
)
def test_a_good_share_of_cases_is_right_at_a_bound(tier, name, steps, wrong):
    """At least 35 % are near misses or near hits: one year, day or index point more or less turns the verdict."""
    near, total = 0, 0
    for trial, record, judgement in cases(tier, name, wrong, 4):
        total += 1
        near += any(
            trial.protocol.judge(step(record, field, by)).verdict != judgement.verdict
            for field, offsets in steps.items()
            for by in offsets
        )
    assert total > 40
    assert near / total > 0.35


def step(record, field, by):
    if field == "delay":
        return replace(
            record, treatment_start=type(record.treatment_start).fromordinal(record.treatment_start.toordinal() + by)
        )
    value = getattr(record, field)
    return record if value is None else replace(record, **{field: value + by})


def test_dates_are_just_in_order_or_just_not():
    pairs = [
        ("consent_date", "enrolment_date"),
        ("enrolment_date", "treatment_start"),
        ("treatment_start", "last_contact"),
    ]
    same_day, total = 0, 0
    for _, record, _ in cases("medium", "dates_not_compared", False, 4):
        total += 1
        days = [getattr(record, later) - getattr(record, earlier) for earlier, later in pairs]
        if record.death_date is not None:
            days.append(record.death_date - record.treatment_start)
        same_day += min(days).days == 0
    assert same_day / total > 0.35
    by_days, out_of_order = [], Counter()
    for _, _, judgement in cases("medium", "dates_not_compared", True, 4):
        by_days.append(max(finding.observed for finding in judgement.findings))
        out_of_order.update({finding.fields for finding in judgement.findings})
    for fields in [(later, earlier) for earlier, later in pairs] + [("death_date", "treatment_start")]:
        assert out_of_order[fields] / len(by_days) > 0.1, fields
    assert sum(days <= 2 for days in by_days) / len(by_days) > 0.1


def test_some_patients_of_a_right_note_died_on_the_day_of_treatment():
    died = [
        record.death_date == record.treatment_start
        for _, record, _ in cases("medium", "dates_not_compared", False, 4)
        if record.death_date is not None
    ]
    assert len(died) > 40
    assert sum(died) / len(died) > 0.1


def test_over_strict_notes_that_are_right_withhold_a_real_deviation():
    for name in ("strict_age", "extension_denied", "waiver_ignored"):
        for _, _, judgement in cases("expert", name, False, 2):
            assert judgement.verdict == DEVIATION
        for _, _, judgement in cases("expert", name, True, 2):
            assert judgement.verdict == COMPLIANT
