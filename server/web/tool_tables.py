"""What the tools have answered, as HTML: the days between a patient's dates, what moved the Actor, and the cohort.

    dates_table(desk.known.timelines["P0003"])
    moved_table(desk.known.attributions["P0003"])
    cohort_table(desk.known.cohorts["sex"])

The figures are the tools' own: nothing is reckoned here.
"""

from __future__ import annotations

from html import escape

from ...models import CohortResult, ShapResult, TimelineResult
from .markup import counted, facts, signed, table, words


def dates_table(result: TimelineResult) -> str:
    """The dates, the days from each to the next, and orders that cannot be."""
    dates = facts((one.event, one.date) for one in result.events)
    days = facts((f"{one.start} to {one.end}", counted(one.days, "day")) for one in result.intervals)
    order = "".join(f'<p class="wb-wrong">Impossible: {escape(one)}</p>' for one in result.impossible)
    return f"<h4>Days between the dates</h4>{dates}{days}{order or '<p>The dates are in order.</p>'}"


def moved_table(result: ShapResult) -> str:
    """The Shapley values. Fields with exactly zero are named together, but for one that was asked about."""
    told = {name: value for name, value in result.values.items() if value != 0 or name == result.feature}
    zeros = ", ".join(words(name) for name in sorted(result.values) if name not in told)
    decided = (
        f"The Actor decided: {result.decision}. Of the patients without a proposal its reading calls "
        f"{result.base_value:.3f} compliant; the values below add up from there to its decision. 1 is compliant, 0 is "
        "deviation."
    )
    nothing = f"<p>Exactly zero, so not looked at or without effect: {escape(zeros)}.</p>" if zeros else ""
    values = facts((words(name), signed(value)) for name, value in told.items())
    return f"<h4>What moved the Actor</h4><p>{escape(decided)}</p>{values}{nothing}"


def cohort_table(result: CohortResult) -> str:
    """Mortality by group and arm, and the gap between groups, crude beside stage-adjusted."""
    rows = [
        (one.group, one.arm, f"{one.deaths} of {one.patients}", f"{one.mortality:.1f} %")
        for one in sorted(result.groups, key=lambda one: (one.group, one.arm))
    ]
    label = f"Mortality by {words(result.feature)} and arm"
    groups = table(("Group", "Arm", "Deaths", "Mortality"), rows, label=label)
    gaps = facts([("Crude", _points(result.crude_gap)), ("Stage-adjusted", _points(result.adjusted_gap))])
    return (
        f"<h4>{escape(label)}</h4>{groups}"
        f"<h4>{escape(f'Gap in mortality, {result.contrast} less the others')}</h4>{gaps}<p>{escape(_test(result))}</p>"
    )


def _points(gap: float | None) -> str:
    return "not defined" if gap is None else f"{gap:+.1f} percentage points".replace("-", "−")


def _test(result: CohortResult) -> str:
    if result.p_value is None or result.chi_square is None:
        if result.feature == "stage":
            return "By stage itself there is nothing to adjust for, and no test."
        return "No test: strata that could tell are missing."
    return (
        f"p = {result.p_value:.4f} (Cochran-Mantel-Haenszel, stratified by stage, chi-square {result.chi_square:.3f}, "
        "1 degree of freedom)"
    )
