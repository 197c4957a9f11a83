"""Draws a trial protocol for a tier: its limits, its cascade of windows, its amendments and their unreal twins.

Adding a hop to the scheduling rule is one more row in `_scheduling`. Everything that the Actor may cite though it does
not exist is drawn here together with what does exist, from one distribution: only the protocol tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from .protocol import (
    AGE,
    ELIGIBILITY,
    WINDOW,
    Clause,
    Condition,
    LimitCheck,
    OrderCheck,
    Protocol,
)
from .record import DATE_FIELDS
from .seeding import Stream
from .trial import Provision, Trial

_LIMITS = (
    LimitCheck("age", ">=", "age_min", AGE),
    LimitCheck("age", "<=", "age_max", AGE),
    LimitCheck("ecog", "<=", "ecog_max", ELIGIBILITY),
    LimitCheck("haemoglobin", ">=", "haemoglobin_min", ELIGIBILITY),
    LimitCheck("creatinine", "<=", "creatinine_max", ELIGIBILITY),
)
_WINDOW = LimitCheck("delay", "<=", "window_days", WINDOW)

_PROVISIONS = (
    ("Public-holiday scheduling", "sites record the public holidays that fall in a scheduling window"),
    ("Central laboratory re-test", "an enrolment sample may be re-tested once by the central laboratory"),
    ("Televisit equivalence", "a follow-up visit may be held by video link"),
    ("Transfer between sites", "a patient who moves is followed by the receiving site"),
    ("Remote consent confirmation", "consent may be confirmed by a witnessed telephone call"),
    ("Interim imaging substitution", "CT may replace MRI where MRI is contraindicated"),
    ("Pharmacy release record", "the pharmacy keeps the release log of each treatment kit"),
    ("Source document certification", "certified copies of source documents are accepted"),
)


def draw_trial(
    stream: Stream, tier: str, first_enrolment: date, enrolment_days: int, listed: Mapping[str, bool]
) -> Trial:
    """Draw a protocol.

    Args:
        stream: Source of every choice.
        tier: easy, medium, hard or expert; decides which sections the protocol has.
        first_enrolment: First day on which a patient enrolled.
        enrolment_days: Length of the enrolment period, in days.
        listed: Whether the protocol has the relaxing amendment of "age" and of "window". An amendment that is not
            listed is drawn all the same, for an Actor to cite.
    """
    sections = _section_numbers(stream, tier)
    numbers = _clause_numbers(stream, sections, tier)
    clauses = [*_eligibility(stream, numbers)]
    if tier != "easy":
        clauses += _scheduling(stream, numbers, tier)
    citable, fixed = _amendments(stream, clauses, numbers, tier, first_enrolment, enrolment_days)
    kept = [clause for role, clause in citable.items() if listed["age" if role == "age_max" else "window"]]
    for clause in fixed:
        if clause.parameter == "window_days" and clause.value is not None:
            numbers["tightening"] = clause.number
        if clause.value is None:
            numbers["lifting"] = clause.number
    clauses += sorted([*kept, *fixed], key=lambda clause: int(clause.number.split()[1]))
    orders = () if tier == "easy" else (OrderCheck(numbers["order"], DATE_FIELDS),)
    limits = _LIMITS if tier == "easy" else (*_LIMITS, _WINDOW)
    provisions, invented = _provisions(stream, sections, tier)
    return Trial(
        code=f"{stream.choice(('ONC', 'LUN', 'TRX', 'NSC'))}-{stream.integer(1000, 9899)}",
        tier=tier,
        protocol=Protocol(tuple(clauses), limits, orders),
        sections=sections,
        numbers=numbers,
        citable=citable,
        provisions=provisions,
        invented_provisions=invented,
        guidance_days=stream.choice((42, 44, 45, 48)),
        latency_days=stream.integer(7, 11),
        equity_features=("sex", "ethnicity"),
        equity_gap=float(stream.integer(14, 17)),
        dated=first_enrolment,
    )


def _section_numbers(stream: Stream, tier: str) -> dict[str, int]:
    """Number the sections upwards with gaps: what is not reproduced has no bearing on the audit."""
    titles = ["eligibility"]
    if tier != "easy":
        titles += ["scheduling", "integrity"]
    if tier == "expert":
        titles += ["equity", "administration"]
    titles.append("amendments")
    number, sections = 2, {}
    for title in titles:
        number += stream.integer(1, 2)
        sections[title] = number
    return sections


def _clause_numbers(stream: Stream, sections: dict[str, int], tier: str) -> dict[str, str]:
    roles = {"eligibility": ["age_min", "age_max", "ecog", "haemoglobin", "creatinine"]}
    if tier != "easy":
        roles["scheduling"] = ["base", "extension"]
        roles["integrity"] = ["order"]
    if tier in ("hard", "expert"):
        roles["scheduling"].append("override")
    if tier == "expert":
        roles["scheduling"].append("waiver")
        roles["equity"] = ["equity"]
    first = stream.integer(1, 2)
    return {
        role: f"{sections[title]}.{first + position}"
        for title, members in roles.items()
        for position, role in enumerate(members)
    }


def _eligibility(stream: Stream, numbers: dict[str, str]) -> list[Clause]:
    return [
        Clause(numbers["age_min"], "age_min", float(stream.integer(38, 45))),
        Clause(numbers["age_max"], "age_max", float(stream.integer(74, 79))),
        Clause(numbers["ecog"], "ecog_max", 2.0),
        Clause(numbers["haemoglobin"], "haemoglobin_min", 9.0),
        Clause(numbers["creatinine"], "creatinine_max", 1.8),
    ]


def _scheduling(stream: Stream, numbers: dict[str, str], tier: str) -> list[Clause]:
    """The window rule, a hop a row: base, exception, override of the exception, waiver of the override."""
    base = stream.integer(20, 27)
    threshold = stream.choice((3.5, 4.5, 5.5))
    rows = [
        Clause(numbers["base"], "window_days", float(base)),
        Clause(
            numbers["extension"],
            "window_days",
            float(base + stream.integer(16, 21)),
            (Condition("stage", "==", 4.0),),
        ),
    ]
    if tier in ("hard", "expert"):
        index_over = (Condition("comorbidity_index", ">", threshold),)
        rows.append(Clause(numbers["override"], "window_days", None, index_over, numbers["extension"]))
    if tier == "expert":
        marrow = (Condition("haemoglobin", ">=", stream.choice((11.0, 11.5, 12.0))),)
        rows.append(Clause(numbers["waiver"], "window_days", None, marrow, numbers["override"]))
    return rows


def _amendments(
    stream: Stream,
    clauses: Sequence[Clause],
    numbers: dict[str, str],
    tier: str,
    first_enrolment: date,
    enrolment_days: int,
) -> tuple[dict[str, Clause], list[Clause]]:
    """Draw the relaxing amendments that can be cited, by role, and those that every such protocol has.

    All are numbered by date in one sequence, so that neither number nor date tells what is listed.
    """
    by_number = {clause.number: clause for clause in clauses}

    def amend(role: str, days: int) -> Clause:
        clause = by_number[numbers[role]]
        assert clause.value is not None
        return Clause("", clause.parameter, clause.value + days, (), clause.number)

    citable = {"age_max": amend("age_max", stream.integer(3, 6))}
    fixed = [amend("age_min", -stream.integer(1, 3))]
    if tier != "easy":
        relaxed, tightened = stream.shuffled(("base", "extension"))
        citable[relaxed] = amend(relaxed, stream.integer(4, 6))
        if tier == "expert":
            fixed.append(amend(tightened, -stream.integer(5, 7)))
            if stream.chance(0.5):
                fixed.append(Clause("", "window_days", None, (), numbers["override"]))
    dated = _number_by_date(stream, [*citable.values(), *fixed], first_enrolment, enrolment_days)
    return dict(zip(citable, dated, strict=False)), dated[len(citable) :]


def _number_by_date(
    stream: Stream, planned: Sequence[Clause], first_enrolment: date, enrolment_days: int
) -> list[Clause]:
    """Give each its day in force, in the first half of the enrolment period, and its number by that day."""
    days = sorted(stream.sample(range(enrolment_days // 12, enrolment_days // 2), len(planned)))
    ranks = stream.shuffled(range(len(planned)))
    dated = []
    for clause, rank in zip(planned, ranks, strict=True):
        day = first_enrolment + timedelta(days=days[rank])
        enrolled_since = (Condition("enrolment_date", ">=", float(day.toordinal())),)
        dated.append(replace(clause, number=f"Amendment {rank + 1}", when=enrolled_since, in_force=day))
    return dated


def _provisions(
    stream: Stream, sections: dict[str, int], tier: str
) -> tuple[tuple[Provision, ...], tuple[Provision, ...]]:
    """Half of one list, shuffled and numbered through, is in the protocol; the other half is not."""
    if tier != "expert":
        return (), ()
    section = sections["administration"]
    drawn = [
        Provision(f"{section}.{position}", title, text)
        for position, (title, text) in enumerate(stream.shuffled(_PROVISIONS), start=1)
    ]
    real = set(stream.sample(range(len(drawn)), len(drawn) // 2))
    return (
        tuple(provision for position, provision in enumerate(drawn) if position in real),
        tuple(provision for position, provision in enumerate(drawn) if position not in real),
    )
