"""Puts a finding into words: the reason of a flag, and the report that lists the flags.

    explain(finding)   # "The age at enrolment is 81 years, above the limit of 79 years (§3.3)."

It names the value that decides, the limit that counts, and the section that sets it. What the Actor did is the claim of
`actor_fault.py`.
"""

from collections.abc import Collection, Iterable, Mapping

from .case_rules import Limit
from .protocol_reader import INTERVALS, WORDS, ReadClause, ReadCohortRule


def explain(limit: Limit) -> str:
    """Why a record deviates, or, where it keeps to the limit, why not."""
    source = ", ".join(cited(clause) for clause in (limit.clause, limit.amended_by) if clause is not None)
    unit = number_of(limit.quantity, limit.value)
    if limit.observed is None:
        return f"The {WORDS[limit.quantity]} is blank, and the limit is {limit.bound} {unit} ({source})."
    side = "above" if limit.bound in ("at most", "more than") else "below"
    side = f"not {side}" if limit.kept == limit.bound.startswith("at ") else side
    observed = number_of(limit.quantity, limit.observed)
    return f"The {WORDS[limit.quantity]} is {observed}, {side} the limit of {unit} ({source})."


def number(value: float | None) -> str:
    """A number as people write it: 35, 4.5."""
    return "blank" if value is None else f"{value:g}"


def number_of(quantity: str, value: float) -> str:
    """A value of a quantity with its unit: "31 days", "67 years", "9.5"."""
    if quantity in INTERVALS:
        return f"{value:g} day{'' if abs(value) == 1 else 's'}"
    return f"{value:g} years" if quantity == "age" else number(value)


def cited(clause: ReadClause) -> str:
    """A clause as it is cited: "§5.2", "Amendment 3"."""
    return clause.number if clause.is_amendment else f"§{clause.number}"


def explain_figure(rule: ReadCohortRule, feature: str, figure: float) -> str:
    """Why a figure of the cohort pauses enrolment, or why it does not."""
    what, unit = (
        ("stage-adjusted mortality gap", "percentage points") if rule.is_gap else ("mortality of the group", "%")
    )
    side = "past" if abs(figure) > rule.limit else "within"
    return f"The {what} by {feature} is {figure:.1f} {unit}, {side} the limit of {rule.limit:g} (§{rule.number})."


def report(proposal_ids: Iterable[str], errors: Mapping[str, tuple[str, str]], unseen: Collection[str]) -> str:
    """The audit report: a line per error, in order, then what was found right, then what was not looked at."""
    lines = [f"{proposal_id}: {error_type}, {why}" for proposal_id, (error_type, why) in errors.items()]
    sound = [proposal_id for proposal_id in proposal_ids if proposal_id not in errors and proposal_id not in unseen]
    if sound:
        lines.append(f"No error found: {', '.join(sound)}.")
    if unseen:
        lines.append(f"Not looked at: {', '.join(unseen)}.")
    return "\n".join(lines)
