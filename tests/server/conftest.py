"""Worlds for the tests of the audit core: a trial whose numbers are known by heart, one record, built scenarios."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from synth_audit_env.error_types import EQUITY
from synth_audit_env.server.world.protocol import Clause, Condition, Protocol
from synth_audit_env.server.world.quantities import LIMITS, SITE_CAP
from synth_audit_env.server.world.record import DATE_FIELDS, PatientRecord
from synth_audit_env.server.world.scenario import Scenario, build_scenario
from synth_audit_env.server.world.tasks import ALL_TIERS
from synth_audit_env.server.world.trial import CohortRule, Trial


def _amendment(number: int, day: date, parameter: str, acts_on: str, value: float | None) -> Clause:
    since = (Condition("enrolment_date", ">=", float(day.toordinal())),)
    return Clause(f"Amendment {number}", parameter, value, since, acts_on, day)


@pytest.fixture(scope="session")
def trial() -> Trial:
    """Ages 40 to 75, window 24 days, 42 in Stage IV unless the index is at least 5 and haemoglobin below 11.5.

    Consent 1 day before enrolment; last contact 10 days after treatment, and at most 8 after death. Amendments: 1
    (2021-06-01) age 78; 2 (2021-07-01, not listed) window 29; 3 (2021-08-01) Stage IV window 36; 4 (2021-09-01) no
    override.
    """
    age = _amendment(1, date(2021, 6, 1), "age_max", "3.2", 78.0)
    unlisted = _amendment(2, date(2021, 7, 1), "window_days", "5.1", 29.0)
    tightening = _amendment(3, date(2021, 8, 1), "window_days", "5.2", 36.0)
    lifting = _amendment(4, date(2021, 9, 1), "window_days", "5.3", None)
    protocol = Protocol(
        clauses=(
            Clause("3.1", "age_min", 40.0),
            Clause("3.2", "age_max", 75.0),
            Clause("3.3", "ecog_max", 2.0),
            Clause("3.4", "haemoglobin_min", 9.0),
            Clause("3.5", "creatinine_max", 1.8),
            Clause("5.1", "window_days", 24.0),
            Clause("5.2", "window_days", 42.0, (Condition("stage", "==", 4.0),)),
            Clause("5.3", "window_days", None, (Condition("comorbidity_index", ">=", 5.0),), "5.2"),
            Clause("5.4", "window_days", None, (Condition("haemoglobin", ">=", 11.5),), "5.3"),
            Clause("6.1", "consent_days", 1.0),
            Clause("6.2", "contact_days", 10.0),
            Clause("6.3", "registry_days", 8.0),
            age,
            tightening,
            lifting,
        ),
        limits=tuple(check for name, check in LIMITS.items() if name not in ("dose_max", SITE_CAP)),
    )
    return Trial(
        code="ONC-1234",
        tier="expert",
        protocol=protocol,
        annexes={},
        sections={"eligibility": 3, "scheduling": 5, "dates": 6, "cohort": 8, "amendments": 11},
        phantoms=(unlisted,),
        cohort_rules=(CohortRule("8.1", EQUITY, ("sex", "ethnicity"), 15.0),),
    )


@pytest.fixture(scope="session")
def exclusive(trial: Trial) -> Trial:
    """The same trial with limits that a value at them breaks: over 40 and under 75 years, under 24 days."""
    limits = tuple(replace(check, op={"<=": "<", ">=": ">"}[check.op]) for check in trial.protocol.limits)
    return replace(trial, protocol=replace(trial.protocol, limits=limits))


@pytest.fixture(scope="session")
def patient() -> Callable[..., PatientRecord]:
    """A compliant Stage II record of that trial, enrolled before any amendment: `patient(age=76, delay=30)`."""
    base = PatientRecord(
        patient_id="P0001",
        age=60,
        sex="female",
        ethnicity="White",
        site="Klinikum Auental",
        country="Germany",
        arm="control",
        drug="carboplatin-docetaxel",
        stage="II",
        primary_site="left upper lobe",
        histology="adenocarcinoma",
        ecog=1,
        comorbid_conditions=("renal disease",),
        comorbidity_index=1,
        ldh=200,
        haemoglobin=10.0,
        creatinine=0.9,
        bmi=24.0,
        blood_pressure="120/75",
        smoking="former",
        prior_chemo_cycles=0,
        consent_date=date(2021, 2, 20),
        enrolment_date=date(2021, 3, 1),
        treatment_start=date(2021, 3, 15),
        last_contact=date(2022, 3, 1),
        death_date=None,
        outcome="alive",
        discrepancies={},
    )

    def make(delay: int | None = None, **changes: Any) -> PatientRecord:
        record = base._replace(**changes)
        if "enrolment_date" in changes:
            shift = record.enrolment_date - base.enrolment_date
            moved = {name: getattr(base, name) + shift for name in DATE_FIELDS[:-1] if name not in changes}
            record = record._replace(**moved)
        if delay is not None:
            record = record._replace(treatment_start=record.enrolment_date + timedelta(days=delay))
        return record

    return make


@pytest.fixture(scope="session")
def scenarios() -> Callable[[str, int], list[Scenario]]:
    """The first so many training scenarios of a tier, seeds from 0 on: `scenarios("hard", 60)`. Built once."""
    built: dict[str, list[Scenario]] = {name: [] for name in ALL_TIERS}

    def first(tier: str, count: int) -> list[Scenario]:
        have = built[tier]
        have += [build_scenario(ALL_TIERS[tier], seed, "train") for seed in range(len(have), count)]
        return have[:count]

    return first


@pytest.fixture(scope="session")
def determinations(scenarios: Callable[[str, int], list[Scenario]]) -> Callable[[str, int], list[Any]]:
    """(scenario, proposal, record) of each note that argues on a record: `determinations("hard", 60)`."""

    def first(tier: str, episodes: int) -> list[Any]:
        return [
            (scenario, proposal, scenario.patient[proposal.note.patient_id])
            for scenario in scenarios(tier, episodes)
            for proposal in scenario.proposals
            if proposal.brief.argument is not None
        ]

    return first
