"""Reasons that give the value and the rule, and leave it to the reader what is wrong: a template for each error type.

    by_type(scenario, proposal)      # "Age 77. Limits 44 and 72."

They are the tersest of the stuffed reasons. What they say is as true of a proposal with which nothing is wrong, so none
may earn anything. The wordy ones are in `stuffed_reasons.py`, guesses in `guesses.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from synth_audit_env.models import COHORT, MAX_REASON
from synth_audit_env.server import protocol as p
from synth_audit_env.server import tools
from synth_audit_env.server.protocol import Clause
from synth_audit_env.server.reasons.rules import AGES, WINDOWS
from synth_audit_env.server.record import DATE_FIELDS, PatientRecord
from synth_audit_env.server.scenario import Proposal, Scenario
from synth_audit_env.validation.blind.stuffed_reasons import Stuffer, delay_of, record_of


def age_and_clauses(scenario: Scenario, proposal: Proposal) -> str:
    """The age and every clause on it."""
    return f"Age {record_of(scenario, proposal).age}. {_clauses(scenario, *AGES)}"


def delay_and_clauses(scenario: Scenario, proposal: Proposal) -> str:
    """The delay and every clause of the treatment window."""
    return f"Delay {delay_of(record_of(scenario, proposal))} days. {_clauses(scenario, *WINDOWS)}"


def delay_and_base_clause(scenario: Scenario, proposal: Proposal) -> str:
    """The delay and the clause that sets the window where no other does."""
    base = scenario.trial.numbers.get("base", scenario.trial.numbers["age_max"])
    return f"Delay {delay_of(record_of(scenario, proposal))} days. §{base}"


def index_threshold_and_delay(scenario: Scenario, proposal: Proposal) -> str:
    """All that decides a missed override, without what comes of it."""
    record, threshold = record_of(scenario, proposal), next(iter(_thresholds(scenario)), 0)
    return f"Index {record.comorbidity_index}. Threshold {threshold:g}. Delay {delay_of(record)} days."


def index_and_clauses(scenario: Scenario, proposal: Proposal) -> str:
    """The same with the comorbidity index, haemoglobin and stage."""
    return f"{_conditions(record_of(scenario, proposal))} {delay_and_clauses(scenario, proposal)}"


def age_and_limits(scenario: Scenario, proposal: Proposal) -> str:
    """The age, and both limits in force."""
    low, high = (f"{in_force(scenario, proposal)[name]:g}" for name in AGES)
    return f"Age {record_of(scenario, proposal).age}. Limits {low} and {high}."


def age_and_every_limit(scenario: Scenario, proposal: Proposal) -> str:
    """The age, and every limit that the protocol and its amendments have had."""
    return f"Age {record_of(scenario, proposal).age}; limits {values_of(scenario, *AGES)} years."


def delay_and_windows(scenario: Scenario, proposal: Proposal) -> str:
    """The delay and every window."""
    return f"Delay {delay_of(record_of(scenario, proposal))} days. Windows {values_of(scenario, *WINDOWS)} days."


def index_and_thresholds(scenario: Scenario, proposal: Proposal) -> str:
    """What the treatment window can depend on, each threshold of it, and every window."""
    thresholds = ", ".join(f"{value:g}" for value in _thresholds(scenario))
    return (
        f"{_conditions(record_of(scenario, proposal))} Thresholds {thresholds}. {delay_and_windows(scenario, proposal)}"
    )


def two_rules(scenario: Scenario, proposal: Proposal) -> str:
    """The age with the limit that is nearer to it, and the delay with the window in force."""
    record, limits = record_of(scenario, proposal), in_force(scenario, proposal)
    near = min((limits[name] for name in AGES), key=lambda limit: abs(limit - (record.age or 0)))
    text = f"Age {record.age}, limit {near:g}"
    if "window_days" in limits:
        text += f"; delay {delay_of(record)} days, window {limits['window_days']:g} days"
    else:
        text += f"; ECOG {record.ecog}, limit {limits['ecog_max']:g}"
    return text + "."


def three_dates(scenario: Scenario, proposal: Proposal) -> str:
    """The dates that are most often out of order."""
    record = record_of(scenario, proposal)
    return "; ".join(f"{name} {getattr(record, name)}" for name in ("enrolment_date", "treatment_start", "death_date"))


def dates_and_delay(scenario: Scenario, proposal: Proposal) -> str:
    """The two that are most often out of order, and the days between them."""
    record = record_of(scenario, proposal)
    return f"Enrolled {record.enrolment_date}, treated {record.treatment_start}, delay {delay_of(record)} days."


def dates_but_the_first(scenario: Scenario, proposal: Proposal) -> str:
    """Every date of the record but one, so that not all are named."""
    return every_date(scenario, proposal).partition("; ")[2]


def dates_but_the_last(scenario: Scenario, proposal: Proposal) -> str:
    """The same without the last."""
    return every_date(scenario, proposal).rpartition("; ")[0]


def every_date(scenario: Scenario, proposal: Proposal) -> str:
    """Every date of the record."""
    record = record_of(scenario, proposal)
    days = {name: getattr(record, name) for name in DATE_FIELDS}
    return "; ".join(f"{name} {day}" for name, day in days.items() if day is not None)


def every_interval(scenario: Scenario, proposal: Proposal) -> str:
    """The days between any two dates of the record."""
    record = record_of(scenario, proposal)
    days = {name: getattr(record, name) for name in DATE_FIELDS if getattr(record, name) is not None}
    return "; ".join(f"{a} to {b} {(days[b] - days[a]).days} days" for a, b in combinations(days, 2))


def figure_and_table(scenario: Scenario, proposal: Proposal) -> str:
    """The figure that the note quotes, and the mortality of every group that it could be of."""
    figure = proposal.brief.figure
    tables = [tools.cohort_analysis(scenario, name)[0].partition(";")[0] for name in ("arm", "site")]
    return f"{figure.text if figure else ''}. {' '.join(tables)}"[:MAX_REASON]


def gap_and_limit(scenario: Scenario, proposal: Proposal) -> str:
    """What the cohort analysis gives for the feature, and the limit on the gap."""
    feature = proposal.brief.figure.feature if proposal.brief.figure else "sex"
    return f"{tools.cohort_analysis(scenario, feature)[0]} Limit {scenario.trial.equity_gap:g}."[:MAX_REASON]


def citations_and_amendments(scenario: Scenario, proposal: Proposal) -> str:
    """What the note cites, and what there is."""
    there = [clause.number for clause in scenario.trial.amendments]
    there += [provision.number for provision in scenario.trial.provisions]
    return f"Cites {', '.join(proposal.note.citations)}. There are {', '.join(there)}."


_TEMPLATES: Mapping[str, Stuffer] = {
    p.AGE: age_and_limits,
    p.DATES: every_date,
    p.WINDOW: delay_and_windows,
    p.OVERRIDE: index_and_thresholds,
    p.CITATION: citations_and_amendments,
    p.STATISTIC: figure_and_table,
    p.EQUITY: gap_and_limit,
}


def by_type(scenario: Scenario, proposal: Proposal) -> str:
    """The template of the error type that its flag names."""
    return _TEMPLATES[proposal.error_type or p.AGE](scenario, proposal)


def every_template(scenario: Scenario, proposal: Proposal) -> str:
    """All templates."""
    return " ".join(template(scenario, proposal) for template in _TEMPLATES.values())[:MAX_REASON]


def by_type_with_record(scenario: Scenario, proposal: Proposal) -> str:
    """The template of the error type that its flag names, and what there is on the patient."""
    about = proposal.note.patient_id
    record = "" if about == COHORT else tools.investigate_patient(scenario, about)[0]
    return f"{by_type(scenario, proposal)} {record}"[:MAX_REASON]


RULE_DUMPS: tuple[Stuffer, ...] = (
    *(
        age_and_clauses,
        age_and_limits,
        age_and_every_limit,
        delay_and_clauses,
        delay_and_windows,
        delay_and_base_clause,
    ),
    *(index_and_clauses, index_and_thresholds, index_threshold_and_delay, two_rules, three_dates, dates_and_delay),
    *(dates_but_the_first, dates_but_the_last, every_date, every_interval, figure_and_table, gap_and_limit),
    *(citations_and_amendments, by_type, by_type_with_record, every_template),
)


def in_force(scenario: Scenario, proposal: Proposal) -> Mapping[str, float]:
    """The limits for this record."""
    return (proposal.judgement or scenario.trial.protocol.judge(record_of(scenario, proposal))).parameters


def _conditions(record: PatientRecord) -> str:
    index, haemoglobin = record.comorbidity_index, record.haemoglobin
    return f"Comorbidity index {index}, haemoglobin {haemoglobin:g}, Stage {record.stage}."


def _ruling(scenario: Scenario, parameters: tuple[str, ...]) -> list[Clause]:
    return [clause for clause in scenario.trial.protocol.clauses if clause.parameter in parameters]


def _clauses(scenario: Scenario, *parameters: str) -> str:
    """Every clause that sets one of these, amendments too."""
    numbers = [clause.number for clause in _ruling(scenario, parameters)]
    return ", ".join(number if number.startswith("Amendment") else f"§{number}" for number in numbers)


def values_of(scenario: Scenario, *parameters: str) -> str:
    """Every value that these have had."""
    return ", ".join(f"{c.value:g}" for c in _ruling(scenario, parameters) if c.value is not None)


def _thresholds(scenario: Scenario) -> list[float]:
    return [
        condition.value
        for clause in _ruling(scenario, WINDOWS)
        for condition in clause.when
        if condition.field in ("comorbidity_index", "haemoglobin")
    ]
