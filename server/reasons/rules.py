"""The rules of a protocol as a reason can go through them: which facts are a rule's values, and which are its limits.

    rule = rule_of(scenario, "window_days")
    rule.values    # {"delay", "record.comorbidity_index", "record.haemoglobin"}
    rule.limits    # {"value.5.2", "effective.5.2", "when.5.4", ...}, each a number that a value is held against

Facts go by their names (`evidence.py`). Nothing here reads a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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

    values: frozenset[str]
    limits: frozenset[str]
    """Numbers that limit a value: those that clauses set, amended or not, and those on which a clause depends."""
    clauses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pair:
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


def rule_of(scenario: Scenario, *parameters: str) -> Rule:
    """The rule whose clauses set these parameters; worked out once."""
    key = ("rule", " ".join(parameters))
    if key not in scenario.memo:
        scenario.memo[key] = _rule(scenario, parameters)
    rule: Rule = scenario.memo[key]
    return rule


def _rule(scenario: Scenario, parameters: tuple[str, ...]) -> Rule:
    clauses = [clause for clause in scenario.trial.protocol.clauses if clause.parameter in parameters]
    fields = {f"record.{c.field}" for clause in clauses for c in clause.when if _is_number(c.field)}
    observed = {_OBSERVED[name] for name in parameters if name in _OBSERVED}
    limits = frozenset(name for clause in clauses for name in _limits(clause))
    return Rule(frozenset(observed | fields), limits, frozenset(f"clause.{clause.number}" for clause in clauses))


def other_rules(scenario: Scenario, *parameters: str) -> tuple[Rule, ...]:
    """The rules that set other parameters than these."""
    return tuple(rule_of(scenario, *rule) for rule in RULES if not set(rule) & set(parameters))


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
