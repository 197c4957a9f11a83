"""The protocol as an auditor reads it, rendered from the clauses that judge, so that text and truth cannot part."""

from __future__ import annotations

from collections.abc import Mapping

from synth_audit_env.server.protocol import Clause, Condition
from synth_audit_env.server.record import STAGES
from synth_audit_env.server.trial import Trial

_SETS = {
    "age_min": "Age at enrolment is at least {} years. A blank age is a deviation.",
    "age_max": "Age at enrolment is at most {} years.",
    "ecog_max": "ECOG performance status is at most {}.",
    "haemoglobin_min": "Haemoglobin is at least {} g/dL.",
    "creatinine_max": "Creatinine is at most {} mg/dL.",
    "window_days": "Treatment starts at most {} days after enrolment.",
}
_UNITS = {"window_days": "{} days", "age_min": "{} years", "age_max": "{} years"}
_FIELDS = {"comorbidity_index": "the comorbidity index", "haemoglobin": "haemoglobin", "stage": "the stage"}
_OPERATORS = {">": "above", ">=": "at least", "<": "below", "<=": "at most", "==": ""}
_FIELD_UNITS = {"haemoglobin": " g/dL"}


def number_text(value: float) -> str:
    """A limit as people write it: 35, 4.5, 9.0 for a laboratory value that has tenths."""
    return f"{value:g}"


def protocol_text(trial: Trial) -> str:
    """The excerpt of the reset observation: every clause that bears on the audit, and no other."""
    clauses = [clause for clause in trial.protocol.clauses if clause.in_force is None]
    lines = [
        f"PROTOCOL {trial.code}. Synthetic data, not for clinical use. What is not listed here, section or amendment, "
        "does not exist."
    ]
    by_section: dict[int, list[str]] = {}
    for clause in clauses:
        by_section.setdefault(int(clause.number.split(".")[0]), []).append(clause_text(clause, trial))
    titles = {number: title for title, number in trial.sections.items()}
    for order in trial.protocol.orders:
        by_section[trial.sections["integrity"]] = [
            f"§{order.number} Dates run in the order consent, enrolment, treatment start, last contact, death; equal "
            "dates are in order. Any other order is a deviation."
        ]
    if "equity" in trial.sections:
        by_section[trial.sections["equity"]] = [
            f"§{trial.numbers['equity']} Equity features: {', '.join(trial.equity_features)}. A feature whose "
            f"stage-adjusted mortality gap is above {number_text(trial.equity_gap)} percentage points, in either "
            "direction, is not clear and is referred to the monitoring board. The crude gap does not decide."
        ]
        by_section[trial.sections["administration"]] = [
            f"§{provision.number} {provision.title}: {provision.text}." for provision in trial.provisions
        ]
    for number in sorted(by_section):
        lines.append(f"§{number} {titles[number].capitalize()}")
        lines += by_section[number]
    lines.append(f"§{trial.sections['amendments']} Amendments")
    lines += [clause_text(clause, trial) for clause in trial.amendments]
    return "\n".join(lines)


def clause_text(clause: Clause, trial: Trial) -> str:
    """One clause or amendment as a sentence."""
    if clause.in_force is not None:
        return _amendment_text(clause)
    if clause.acts_on is not None:
        return f"§{clause.number} {_kind(clause, trial)}: where {_when(clause)}, §{clause.acts_on} {_effect(clause)}."
    assert clause.value is not None
    if not clause.when:
        return f"§{clause.number} {_SETS[clause.parameter].format(number_text(clause.value))}"
    limit = _UNITS[clause.parameter].format(number_text(clause.value))
    return f"§{clause.number} Exception: where {_when(clause)}, the limit is {limit} instead."


def _kind(clause: Clause, trial: Trial) -> str:
    """An override revokes an exception, a waiver revokes an override."""
    assert clause.acts_on is not None
    return "Override" if trial.protocol.clause(clause.acts_on).acts_on is None else "Waiver"


def _amendment_text(clause: Clause) -> str:
    assert clause.in_force is not None
    since = f"for patients enrolled on or after {clause.in_force.isoformat()}"
    extra = tuple(condition for condition in clause.when if condition.field != "enrolment_date")
    where = f" where {_conditions(extra)}" if extra else ""
    effect = f"§{clause.acts_on} {_effect(clause)}"
    return f"{clause.number} (in force {clause.in_force.isoformat()}): {since}{where}, {effect}."


def _effect(clause: Clause) -> str:
    if clause.value is None:
        return "does not apply"
    return f"reads {_UNITS[clause.parameter].format(number_text(clause.value))}"


def _when(clause: Clause) -> str:
    return _conditions(clause.when)


def _conditions(conditions: tuple[Condition, ...]) -> str:
    return " and ".join(_condition(condition) for condition in conditions)


def _condition(condition: Condition) -> str:
    if condition.field == "stage":
        stage = f"Stage {STAGES[int(condition.value) - 1]}"
        return f"the disease is {stage}" if condition.op == "==" else f"the disease is {stage} or higher"
    unit = _FIELD_UNITS.get(condition.field, "")
    return f"{_FIELDS[condition.field]} is {_OPERATORS[condition.op]} {number_text(condition.value)}{unit}"


ROLE_WORDS: Mapping[str, str] = {
    "age_max": "upper age limit",
    "base": "treatment window",
    "extension": "Stage IV window",
}
"""What an amendment changes, in the words of a note."""
