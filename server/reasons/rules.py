"""The rules of a protocol as a reason can go through them: which facts are a rule's values, and which are its limits.

    rule = rule_of(scenario, WINDOWS)
    rule.values    # {"delay", "record.comorbidity_index", "record.haemoglobin"}
    rule.limits    # {"value.5.2", "effective.5.2", "when.5.4", ...}, each a number that a value is held against

Facts go by their names (`evidence.py`). Nothing here reads a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from synth_audit_env.server.protocol import Clause, Judgement
from synth_audit_env.server.record import DATE_FIELDS, PatientRecord
from synth_audit_env.server.scenario import Scenario

AGES = ("age_min", "age_max")
WINDOWS = ("window_days",)
RULES = (AGES, WINDOWS, ("ecog_max",), ("haemoglobin_min",), ("creatinine_max",))
"""Each rule by the parameters that its clauses set."""
_OBSERVED = {
    "age_min": "record.age",
    "window_days": "delay",
    "ecog_max": "record.ecog",
    "haemoglobin_min": "record.haemoglobin",
    "creatinine_max": "record.creatinine",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule holds against what, by names of facts."""

    rows: tuple[Clause, ...]
    """The clauses themselves."""
    values: frozenset[str]
    limits: frozenset[str]
    """Numbers that limit a value: those that clauses set, amended or not, and those on which a clause depends."""
    clauses: frozenset[str]
    limiting: frozenset[str]
    """Limits and clauses."""


class Pair(NamedTuple):
    """A value of a record and the limit that it is held against in a case."""

    observed: frozenset[str]
    """Names of the value, or of what gives it."""
    limits: frozenset[str]
    """Names of the limit."""
    value: float
    """NaN where it is blank."""
    low: float
    high: float
    """What the value must keep between; the same twice for a threshold."""
    told_in_words: bool = True
    """Whether a word beside the value tells where it stands, such as "outside"; else only a comparison of the two."""


def rule_of(scenario: Scenario, parameters: tuple[str, ...]) -> Rule:
    """The rule whose clauses set these parameters."""
    return _rules(scenario)[parameters]


def other_rules(scenario: Scenario, parameters: tuple[str, ...]) -> tuple[Rule, ...]:
    """The rules that set other parameters than these."""
    return tuple([rule for of, rule in _rules(scenario).items() if of != parameters])


def _rules(scenario: Scenario) -> dict[tuple[str, ...], Rule]:
    """Each of RULES; worked out once."""
    key = ("rules", "of the protocol")
    if key not in scenario.memo:
        scenario.memo[key] = {parameters: _rule(scenario, parameters) for parameters in RULES}
    rules: dict[tuple[str, ...], Rule] = scenario.memo[key]
    return rules


def _rule(scenario: Scenario, parameters: tuple[str, ...]) -> Rule:
    rows = tuple([clause for clause in scenario.trial.protocol.clauses if clause.parameter in parameters])
    fields = [f"record.{c.field}" for clause in rows for c in clause.when if _is_number(c.field)]
    observed = [_OBSERVED[name] for name in parameters if name in _OBSERVED]
    limits = frozenset([name for clause in rows for name in _limits(clause)])
    clauses = frozenset([f"clause.{clause.number}" for clause in rows])
    return Rule(rows, frozenset(observed + fields), limits, clauses, limits | clauses)


def delayed(record: PatientRecord, judgement: Judgement, at_issue: Iterable[str]) -> Pair:
    """The delay and the windows at issue. In words alone it is not told which of several windows it is past."""
    limits = frozenset(name for name in at_issue if name.startswith(("effective.", "value.")))
    delay = float((record.treatment_start - record.enrolment_date).days)
    observed, window = frozenset({"delay", "date.treatment_start"}), judgement.parameters["window_days"]
    return Pair(observed, limits, delay, 0.0, window, told_in_words=False)


def threshold(scenario: Scenario, record: PatientRecord, role: str) -> Pair:
    """A value and the threshold from which a clause applies."""
    number = scenario.trial.numbers[role]
    condition = scenario.trial.protocol.clause(number).when[0]
    value = float(getattr(record, condition.field))
    return Pair(
        frozenset({f"record.{condition.field}"}), frozenset({f"when.{number}"}), value, condition.value, condition.value
    )


def _limits(clause: Clause) -> Iterator[str]:
    if clause.value is not None:
        yield from (f"value.{clause.number}", f"effective.{clause.number}")
    if any(_is_number(condition.field) for condition in clause.when):
        yield f"when.{clause.number}"


def _is_number(field: str) -> bool:
    return field != "stage" and field not in DATE_FIELDS
