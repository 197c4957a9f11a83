"""Sets what a case does not ask about: near its limits, and past them as often as what the case asks about.

    surround(stream, trial, row, "window", bug, is_broken=True)       # changes the row

Else a record would tell what is asked: by the one value that is near its limit, or by the one rule that is broken. How
many rules a record breaks in all is drawn first, and that is as likely for a record that breaks the rule that is asked
about as for one that keeps to it. So nobody learns from a record and the verdict of its note which of the two it is.
"""

from __future__ import annotations

from ...error_types import ERROR_KINDS
from .operators import Bug
from .planting import set_quantity
from .protocol import CONSENTED, Condition
from .quantities import LIMITS, OF_THE_DEAD, PARAMETERS, QUESTIONS, SITE_CAP, THRESHOLDS, can_have
from .record import discrepancy
from .seeding import Stream
from .trial import Trial

MOST_BROKEN = 3
"""Rules that a record breaks at most, the one that is asked about among them. It breaks one at least."""
MISQUOTED, FAR = 0.4, 0.2
"""How often a value is as near a limit as a misquoted number is, and not between the limits of two clauses, and how
often it is past both."""


def surround(
    stream: Stream, trial: Trial, row: dict[str, float], question: str, bug: Bug | None, *, is_broken: bool
) -> None:
    """Set all that the determination does not look at.

    Args:
        stream: Source of every choice.
        trial: The trial as its protocol holds for the patient.
        row: The facts of the record, which are changed.
        question: The question that is asked.
        bug: The Actor's mistake. What it looks at is left as it is.
        is_broken: True if the record breaks the rule that is asked about.
    """
    protocol = trial.protocol
    # Elsewhere some limits are never asked about, and what is never asked about tells nothing.
    is_frontier = trial.tier.startswith("frontier")
    spared = _looked_at(trial, question, bug)
    asking: dict[str, list[Condition]] = {}
    for clause in protocol.beside(question).clauses:
        for condition in clause.when:
            if condition.field in THRESHOLDS and condition.field not in spared:
                asking.setdefault(condition.field, []).append(condition)
    for conditions in asking.values():
        near_threshold(stream, row, stream.choice(conditions))
    limited = {
        check.parameter
        for check in protocol.limits
        if check.quantity not in spared and (is_frontier or ERROR_KINDS[check.error_type].since != "frontier")
    }
    is_dead = row["death_date"] == row["death_date"]  # NaN is not
    others = {
        other: able
        for other, parameters in QUESTIONS.items()
        if (able := [name for name in parameters if name in limited]) and (other != OF_THE_DEAD or is_dead)
    }
    # Limits on what conditions ask about come first: they change the limits on the rest.
    in_order = sorted(others, key=lambda other: LIMITS[others[other][0]].quantity not in THRESHOLDS)
    most = min(MOST_BROKEN, len(in_order))
    broken = stream.sample(in_order, stream.integer(1, most) - is_broken) if most else []
    for other in in_order:
        _plant(stream, trial, row, stream.choice(others[other]), breaks=other in broken)


def _looked_at(trial: Trial, question: str, bug: Bug | None) -> set[str]:
    """Quantities that the determination depends on, and the place in the order of enrolment, which nothing sets."""
    asked = trial.protocol.asked(question)
    fields = {LIMITS[name].quantity for name in (*QUESTIONS[question], SITE_CAP)} | {bug.field if bug else ""}
    fields |= {condition.field for clause in (*asked.clauses, *trial.phantoms) for condition in clause.when}
    if CONSENTED in fields or (bug is not None and bug.operator == "wrong_anchor"):
        fields.add("consent_lead")
    return fields


def near_threshold(stream: Stream, row: dict[str, float], condition: Condition, wanted: bool | None = None) -> None:
    """Draw a value near the threshold of a condition, on the side that is wanted, or on either."""
    most, unit = THRESHOLDS[condition.field].near
    for _ in range(4):
        value = round(condition.value + stream.integer(-most, most) * unit, 2)
        if _set(row, condition.field, value) and wanted in (None, condition.holds(row)):
            return


def _set(row: dict[str, float], quantity: str, value: float) -> bool:
    """Set a value that both laboratories can report."""
    return can_have(quantity, value + row.get(discrepancy(quantity), 0.0)) and set_quantity(row, quantity, value)


def _plant(stream: Stream, trial: Trial, row: dict[str, float], parameter: str, *, breaks: bool) -> None:
    """Draw a value as far from the limit that counts as the values are that are asked about."""
    protocol, sizes = trial.protocol, PARAMETERS[parameter].sizes
    check, limit = protocol.check(parameter), protocol.limit(parameter, row)
    wider = check.upper == breaks
    if stream.chance(MISQUOTED):
        apart = max(map(abs, sizes.misquoted.draw(stream)))
    else:
        apart = stream.integer(*sizes.moved) * sizes.unit
    low, high = sorted((limit, limit + apart if wider else limit - apart))
    first = check.upper != check.exclusive  # of the two ends, one keeps to both limits or to neither
    steps = round((high - low) / sizes.step)
    if stream.chance(FAR):  # as a value that keeps to both limits, or to neither
        value = high + steps // 2 * sizes.step if wider else low - steps // 2 * sizes.step
    else:
        value = low + stream.integer(first, steps - 1 + first) * sizes.step
    if check.quantity != "registry_gap" or row["last_contact"] - value >= row["treatment_start"]:
        _set(row, check.quantity, round(value, 2))
