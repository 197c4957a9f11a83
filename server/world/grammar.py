"""Composes a trial protocol for a tier: limits, cascades of clauses that act on one another, amendments.

    trial = draw_trial(Stream("protocol", 42), "hard", frame)

Every limit is the root of a cascade of one kind: a clause for everybody, an exception to it under a condition, an
override of the exception, a waiver of the override. How deep a cascade goes is a number of the tier (`DEPTHS`), and
which record field each hop asks about is drawn. The limits range so widely that a value by itself says nothing: a delay
of 30 days is late in one trial and early in another. Amendments change any clause from a date of enrolment on; some
are drawn and numbered together with the others and not listed, for an Actor to lean on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from .protocol import LIMITS, Clause, Condition, Protocol
from .seeding import Stream
from .trial import Provision, Trial
from .trial_frame import TrialFrame

DEPTHS: Mapping[str, Mapping[str, int]] = {
    "easy": {"age_min": 1, "age_max": 1},
    "medium": {"age_min": 1, "age_max": 1, "window_days": 1, "consent_days": 1, "contact_days": 1, "registry_days": 1},
    "hard": {"age_min": 1, "age_max": 1, "window_days": 2, "consent_days": 1, "contact_days": 1, "registry_days": 1},
    "expert": {"age_min": 2, "age_max": 2, "window_days": 3, "consent_days": 2, "contact_days": 2, "registry_days": 2},
}
"""Hops above the limit itself that a cascade can have, by tier and parameter. The window has all of them, and another
limit as many as chance gives it. A limit that is not here has none."""
CHANCE_OF_HOP = 0.65
AMENDMENTS: Mapping[str, tuple[int, int]] = {"easy": (1, 2), "medium": (3, 5), "hard": (4, 6), "expert": (5, 8)}
"""How many the protocol has, both ends included."""
PHANTOMS = (1, 2)
"""How many it does not have that an Actor may lean on."""

_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "eligibility": ("age_min", "age_max", "ecog_max", "haemoglobin_min", "creatinine_max"),
    "scheduling": ("window_days",),
    "dates": ("consent_days", "contact_days", "registry_days"),
}
_WINDOW_HOPS = ("stage", "comorbidity_index", "haemoglobin")
_STEPS: Mapping[str, tuple[int, int]] = {
    "age_min": (3, 9),
    "age_max": (3, 9),
    "window_days": (8, 25),
    "consent_days": (2, 5),
    "contact_days": (6, 20),
    "registry_days": (3, 8),
}
"""By how many units an exception or an amendment moves a limit."""
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


def draw_trial(stream: Stream, tier: str, frame: TrialFrame) -> Trial:
    """Draw a protocol.

    Args:
        stream: Source of every choice.
        tier: easy, medium, hard or expert.
        frame: The trial's dates, and what its sites plan for.
    """
    sections = _section_numbers(stream, tier)
    clauses: list[Clause] = []
    for title, parameters in _SECTIONS.items():
        if title in sections:
            clauses += _section(stream, tier, frame, sections[title], parameters)
    amendments, phantoms = _amendments(stream, clauses, tier, frame)
    limits = {clause.parameter: LIMITS[clause.parameter] for clause in clauses}
    provisions, invented = _provisions(stream, sections)
    return Trial(
        code=f"{stream.choice(('ONC', 'LUN', 'TRX', 'NSC'))}-{stream.integer(1000, 9899)}",
        tier=tier,
        protocol=Protocol((*clauses, *amendments), tuple(limits.values())),
        sections=sections,
        phantoms=tuple(phantoms),
        provisions=provisions,
        invented_provisions=invented,
        equity_number=f"{sections['equity']}.1" if "equity" in sections else None,
        equity_features=("sex", "ethnicity"),
        equity_gap=float(stream.integer(14, 17)),
        dated=frame.first_enrolment,
    )


def _section_numbers(stream: Stream, tier: str) -> dict[str, int]:
    """Number the sections upwards with gaps: what is not reproduced has no bearing on the audit."""
    titles = ["eligibility"]
    if tier != "easy":
        titles += ["scheduling", "dates"]
    if tier == "expert":
        titles += ["equity", "administration"]
    titles.append("amendments")
    number, sections = 2, {}
    for title in titles:
        number += stream.integer(1, 2)
        sections[title] = number
    return sections


def _section(stream: Stream, tier: str, frame: TrialFrame, section: int, parameters: Sequence[str]) -> list[Clause]:
    clauses: list[Clause] = []
    bases = _bases(stream, frame)
    first = stream.integer(1, 2)
    for parameter in parameters:
        for clause in _cascade(stream, parameter, bases[parameter], DEPTHS[tier].get(parameter, 0)):
            number = f"{section}.{first + len(clauses)}"
            below = clauses[-1].number if clause.acts_on is not None else None
            clauses.append(replace(clause, number=number, acts_on=below))
    return clauses


def _bases(stream: Stream, frame: TrialFrame) -> dict[str, float]:
    """The limits that everybody has to keep to, unless something acts on them."""
    age_min = stream.integer(18, 54)
    return {
        "age_min": float(age_min),
        "age_max": float(stream.integer(max(59, age_min + 16), 87)),
        "ecog_max": 2.0,
        "haemoglobin_min": stream.choice((8.0, 8.5, 9.0)),
        "creatinine_max": stream.choice((1.7, 1.8, 2.0)),
        "window_days": float(frame.planned_start + stream.integer(3, 12)),
        "consent_days": float(max(1, frame.planned_lead + stream.integer(-1, 1))),
        "contact_days": float(stream.integer(10, 55)),
        "registry_days": float(stream.integer(4, 20)),
    }


def _cascade(stream: Stream, parameter: str, base: float, depth: int) -> list[Clause]:
    """A limit and what hangs on it, a hop an item. Numbers are given later; an empty `acts_on` is the one before."""
    rows = [Clause("", parameter, base)]
    fields: list[str] = []
    for hop in range(depth):
        if parameter != "window_days" and not stream.chance(CHANCE_OF_HOP):
            break
        field = _WINDOW_HOPS[hop] if parameter == "window_days" else _another_field(stream, parameter, fields)
        fields.append(field)
        when = (_condition(stream, field),)
        if hop == 0:
            rows.append(Clause("", parameter, _moved(stream, parameter, base, parameter == "window_days"), when))
        else:
            rows.append(Clause("", parameter, None, when, acts_on=""))
    return rows


def _another_field(stream: Stream, parameter: str, taken: Sequence[str]) -> str:
    fields = ["ecog", "prior_chemo_cycles", "ldh", "bmi", "comorbidity_index", "creatinine"]
    fields += [] if parameter.startswith("age") else ["stage"]
    return stream.choice([field for field in fields if field not in taken])


def _condition(stream: Stream, field: str) -> Condition:
    """A condition on a field that a good part of patients meet, and a good part do not."""
    if field == "stage":
        return Condition("stage", "==", 4.0)
    if field == "ecog":
        return Condition("ecog", *stream.choice((("<=", 0.0), (">=", 1.0), (">=", 2.0))))
    if field == "comorbidity_index":
        return Condition(field, ">", stream.choice((1.5, 2.5, 3.5, 4.5, 5.5)))
    if field == "prior_chemo_cycles":
        return Condition(field, ">=", float(stream.integer(1, 4)))
    if field == "haemoglobin":
        return Condition(field, ">=", stream.integer(19, 27) / 2)
    op = stream.choice(("<", ">"))
    values = {"ldh": (37, 50, 5), "bmi": (44, 58, 0.5), "creatinine": (14, 22, 0.05)}[field]
    return Condition(field, op, round(stream.integer(values[0], values[1]) * values[2], 2))


def _moved(stream: Stream, parameter: str, value: float, up: bool = False) -> float:
    """Another limit: some units higher or lower, and never below what a day or a patient can have."""
    by = stream.integer(*_STEPS[parameter])
    higher = up or stream.chance(0.5) or value - by < (18 if parameter.startswith("age") else 1)
    return value + by if higher else value - by


def _amendments(
    stream: Stream, clauses: Sequence[Clause], tier: str, frame: TrialFrame
) -> tuple[list[Clause], list[Clause]]:
    """Draw the amendments of the protocol, and the phantoms, numbered together by the day that they are in force from.

    A phantom acts on a clause that an amendment of the protocol acts on as well. So what a note says of it could be
    said of that one, and only its number and date tell, to whoever looks them up.
    """
    candidates = [clause for clause in clauses if clause.parameter in DEPTHS[tier]]
    targets = stream.sample(candidates, min(len(candidates), stream.integer(*AMENDMENTS[tier])))
    setting = [clause for clause in targets if clause.value is not None]
    # The first target sets a limit, so that there is something for a phantom to act on.
    phantoms = [stream.choice(setting or candidates[:1]) for _ in range(stream.integer(*PHANTOMS))]
    planned = [(clause, True) for clause in targets] + [(clause, False) for clause in phantoms]
    days = sorted(stream.sample(range(frame.enrolment_days // 6, frame.enrolment_days * 5 // 6), len(planned)))
    drawn: dict[bool, list[Clause]] = {True: [], False: []}
    for rank, ((clause, listed), day) in enumerate(zip(stream.shuffled(planned), days, strict=True), start=1):
        in_force = frame.first_enrolment + timedelta(days=day)
        when = (Condition("enrolment_date", ">=", float(in_force.toordinal())),)
        value = None if clause.value is None else _amended(stream, clause.parameter, clause.value)
        amendment = Clause(f"Amendment {rank}", clause.parameter, value, when, clause.number, in_force)
        drawn[listed].append(amendment)
    return drawn[True], drawn[False]


def _amended(stream: Stream, parameter: str, value: float) -> float:
    """Another limit, about half as far away as an exception."""
    step = stream.integer(*_STEPS[parameter]) // 2 + 1
    return value - step if stream.chance(0.5) and value - step >= 1 else value + step


def _provisions(stream: Stream, sections: Mapping[str, int]) -> tuple[tuple[Provision, ...], tuple[Provision, ...]]:
    """Half of one list, shuffled and numbered through, is in the protocol; the other half is not."""
    section = sections.get("administration")
    if section is None:
        return (), ()
    drawn = [
        Provision(f"{section}.{position}", title, text)
        for position, (title, text) in enumerate(stream.shuffled(_PROVISIONS), start=1)
    ]
    real = set(stream.sample(range(len(drawn)), len(drawn) // 2))
    return (
        tuple(provision for position, provision in enumerate(drawn) if position in real),
        tuple(provision for position, provision in enumerate(drawn) if position not in real),
    )
