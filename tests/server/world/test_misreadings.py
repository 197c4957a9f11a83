"""The Actor's misreadings: each gets wrong what it says it does, and nothing else."""

from datetime import date

import numpy as np
import pytest

from synth_audit_env.server.world.misreadings import FLAWS, GENERIC_AGES, STRICT_AGES, flaws_of, misread
from synth_audit_env.server.world.patient_generator import draw_cohort
from synth_audit_env.server.world.planting import cited_amendment
from synth_audit_env.server.world.protocol import (
    AGE,
    COMPLIANT,
    DATES,
    DEVIATION,
    ERROR_TYPES,
    OVERRIDE,
    WINDOW,
    Condition,
)
from synth_audit_env.server.world.protocol_generator import draw_trial
from synth_audit_env.server.world.record import columns
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.server.world.trial_frame import draw_frame

IV = {"stage": "IV"}
LATE = {"enrolment_date": date(2021, 12, 1)}
BACKWARDS = {"last_contact": date(2021, 3, 2)}

# Flaw, record, what the protocol says of it, what the Actor says. Haemoglobin is 10 and the index 1 unless told.
CASES = [
    ("generic_age_limits", {"age": 39}, DEVIATION, COMPLIANT),
    ("generic_age_limits", {"age": 90}, DEVIATION, COMPLIANT),
    ("generic_age_limits", {"age": 91}, DEVIATION, DEVIATION),
    ("generic_age_limits", {"age": 17}, DEVIATION, DEVIATION),
    ("generic_age_limits", {"age": None}, DEVIATION, DEVIATION),
    ("generic_age_limits", {"age": 60, "delay": 25}, DEVIATION, DEVIATION),
    ("labs_over_age", {"age": 95}, DEVIATION, COMPLIANT),
    ("labs_over_age", {"age": None}, DEVIATION, COMPLIANT),
    ("labs_over_age", {"age": 95, "ecog": 3}, DEVIATION, DEVIATION),
    ("dates_not_compared", BACKWARDS, DEVIATION, COMPLIANT),
    ("data_entry_excuse", BACKWARDS, DEVIATION, COMPLIANT),
    ("data_entry_excuse", {**BACKWARDS, "age": 30}, DEVIATION, DEVIATION),
    ("guidance_window", {"delay": 44}, DEVIATION, COMPLIANT),
    ("guidance_window", {"delay": 45}, DEVIATION, DEVIATION),
    ("guidance_window", {"delay": 24}, COMPLIANT, COMPLIANT),
    ("site_latency", {"delay": 32}, DEVIATION, COMPLIANT),
    ("site_latency", {"delay": 33}, DEVIATION, DEVIATION),
    ("site_latency", {**IV, "delay": 50}, DEVIATION, COMPLIANT),
    ("site_latency", {**IV, **LATE, "delay": 45}, DEVIATION, DEVIATION),
    ("site_latency", {**IV, **LATE, "delay": 44}, DEVIATION, COMPLIANT),
    ("extension_to_other_stages", {"stage": "II", "delay": 42}, DEVIATION, COMPLIANT),
    ("extension_to_other_stages", {"stage": "III", "delay": 42}, DEVIATION, COMPLIANT),
    ("extension_to_other_stages", {"stage": "I", "delay": 25}, DEVIATION, DEVIATION),
    ("extension_to_other_stages", {"stage": "III", "delay": 43}, DEVIATION, DEVIATION),
    ("override_ignored", {**IV, "comorbidity_index": 9, "delay": 42}, DEVIATION, COMPLIANT),
    ("override_ignored", {**IV, "comorbidity_index": 9, "delay": 43}, DEVIATION, DEVIATION),
    ("override_softened", {**IV, "comorbidity_index": 6, "delay": 42}, DEVIATION, COMPLIANT),
    ("override_softened", {**IV, "comorbidity_index": 7, "delay": 42}, DEVIATION, DEVIATION),
    ("override_softened", {**IV, "comorbidity_index": 7, "haemoglobin": 12.0, "delay": 42}, COMPLIANT, COMPLIANT),
    ("waiver_stretched", {**IV, "comorbidity_index": 5, "haemoglobin": 11.4, "delay": 42}, DEVIATION, COMPLIANT),
    ("superseded_version", {**IV, **LATE, "delay": 42}, DEVIATION, COMPLIANT),
    ("superseded_version", {**IV, **LATE, "delay": 43}, DEVIATION, DEVIATION),
    ("superseded_version", {**LATE, "age": 78}, COMPLIANT, COMPLIANT),
    ("fabricated_citation", {"delay": 25}, DEVIATION, DEVIATION),
    ("fabricated_statistic", {"age": 39}, DEVIATION, DEVIATION),
    ("strict_age", {"age": 49}, COMPLIANT, DEVIATION),
    ("strict_age", {"age": 71}, COMPLIANT, DEVIATION),
    ("strict_age", {"age": 50}, COMPLIANT, COMPLIANT),
    ("strict_age", {"age": 70}, COMPLIANT, COMPLIANT),
    ("extension_denied", {**IV, "delay": 25}, COMPLIANT, DEVIATION),
    ("extension_denied", {**IV, "delay": 24}, COMPLIANT, COMPLIANT),
    ("waiver_ignored", {**IV, "comorbidity_index": 5, "haemoglobin": 11.5, "delay": 25}, COMPLIANT, DEVIATION),
    ("waiver_ignored", {**IV, "comorbidity_index": 4, "haemoglobin": 11.5, "delay": 25}, COMPLIANT, COMPLIANT),
]


@pytest.mark.parametrize(("name", "change", "truth", "concluded"), CASES)
def test_what_the_actor_concludes(trial, patient, name, change, truth, concluded):
    record = patient(**change)
    assert trial.protocol.judge(record).verdict == truth
    assert misread(trial, FLAWS[name], None).judge(record).verdict == concluded


@pytest.mark.parametrize(
    ("name", "role", "change", "listed"),
    [
        ("age_amendment", "age_max", {**LATE, "age": 78}, True),
        ("age_amendment", "age_max", {"age": 78}, True),
        ("window_amendment", "base", {**LATE, "delay": 29}, False),
        ("window_amendment", "base", {"delay": 29}, False),
        ("window_amendment", "base", {**LATE, "delay": 30}, False),
    ],
)
def test_an_actor_that_leans_on_an_amendment_is_right_just_where_it_is_listed(
    trial, patient, name, role, change, listed
):
    record = patient(**change)
    cited = trial.citable[role]
    reading = misread(trial, FLAWS[name], cited)
    assert (reading == trial.protocol) == listed
    in_force = record.enrolment_date >= cited.in_force
    fits = reading.judge(record).verdict == COMPLIANT
    assert fits == (in_force and (record.age == 78 or change["delay"] == 29))
    assert (trial.protocol.judge(record).verdict == COMPLIANT) == (fits and listed)


def test_the_flaws_of_each_tier_lead_to_each_of_its_error_types():
    for tier in TIERS.values():
        assert set(flaws_of(tier.name)) == set(tier.error_types)
    assert set(flaws_of("expert")) == set(ERROR_TYPES)


def test_over_strict_readings_and_deep_cascades_are_for_experts():
    strict = {flaw.name for flaw in FLAWS.values() if flaw.stance == DEVIATION}
    assert strict == {"strict_age", "extension_denied", "waiver_ignored"}
    assert all(FLAWS[name].tiers == ("expert",) for name in strict)
    assert {FLAWS[name].error_type for name in strict} == {AGE, WINDOW, OVERRIDE}


@pytest.mark.parametrize("tier", TIERS)
def test_a_lenient_reading_is_never_the_stricter_one_nor_the_other_way_round(tier):
    """On natural cohorts: the Actor errs towards its stance only, and only by the fields that the flaw is about."""
    about = {
        AGE: {"age"},
        DATES: {"consent_date", "treatment_start", "last_contact", "death_date"},
        WINDOW: {"treatment_start", "stage", "enrolment_date", "comorbidity_index", "haemoglobin"},
        OVERRIDE: {"treatment_start", "stage", "enrolment_date", "comorbidity_index", "haemoglobin"},
    }
    met = dict.fromkeys((flaw.name for flaw in FLAWS.values() if tier in flaw.tiers), 0)
    for seed in range(12):
        frame = draw_frame(Stream("frame", seed))
        listed = {"age": bool(seed % 2), "window": bool(seed % 3)}
        trial = draw_trial(Stream("p", tier, seed), tier, frame.first_enrolment, frame.enrolment_days, listed)
        cohort = columns(draw_cohort(("c", seed), 400, frame))
        truth = trial.protocol.compliant(cohort)
        for name in met:
            flaw = FLAWS[name]
            cited = cited_amendment(trial, flaw) if name.endswith("_amendment") else None
            reading = misread(trial, flaw, cited)
            read = {field for fields, _ in reading.checks for field in fields}
            assert read <= {field for fields, _ in trial.protocol.checks for field in fields}
            concluded = reading.compliant(cohort)
            relevant = np.ones(len(truth), dtype=bool)
            if name == "guidance_window":  # it may be the shorter one for Stage IV, whom it is never applied to
                relevant = cohort["stage"] < 4
            wider, narrower = (concluded, truth) if flaw.stance == COMPLIANT else (truth, concluded)
            assert not (narrower & ~wider & relevant).any(), name
            met[name] += int((wider & ~narrower).sum())
            # Where those fields are as in a record that both call compliant, so are the verdicts.
            both = np.flatnonzero(truth & concluded & (cohort["age"] >= 50) & (cohort["age"] <= 70))
            if flaw.error_type in about and len(both):
                same = {
                    field: np.full_like(column, column[both[0]]) if field in about[flaw.error_type] else column
                    for field, column in cohort.items()
                }
                assert (trial.protocol.compliant(same) == reading.compliant(same)).all(), name
    faithful = {"fabricated_citation", "fabricated_statistic", "pooled_mortality"}
    assert {name for name, count in met.items() if not count} <= faithful


@pytest.mark.parametrize("name", ["fabricated_citation", "fabricated_statistic", "pooled_mortality"])
def test_who_leans_on_an_authority_or_a_figure_judges_the_record_rightly(trial, name):
    assert misread(trial, FLAWS[name], None) == trial.protocol


def test_what_is_put_in_place_of_the_protocol(trial):
    by_parameter = {
        "generic_age_limits": dict(zip(("age_min", "age_max"), GENERIC_AGES, strict=True)),
        "strict_age": dict(zip(("age_min", "age_max"), STRICT_AGES, strict=True)),
        "guidance_window": {"window_days": 44.0},
    }
    for name, limits in by_parameter.items():
        reading = misread(trial, FLAWS[name], None)
        for parameter, value in limits.items():
            (clause,) = [clause for clause in reading.clauses if clause.parameter == parameter]
            assert (clause.value, clause.when, clause.acts_on) == (value, (), None)
    softened = misread(trial, FLAWS["override_softened"], None).clause("5.3")
    assert softened.when == (Condition("comorbidity_index", ">", 6.5),)
