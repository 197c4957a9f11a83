"""Composes a trial protocol for a tier: limits, cascades of clauses that act on one another, annexes, amendments.

    trial = draw_trial(Stream("protocol", 42), "hard", frame, SETTINGS["hard"])

Every limit is the root of a cascade of one kind: a clause for everybody, an exception to it under a condition, an
override of the exception, a waiver of the override. How deep a cascade goes is a number of the tier (`SETTINGS`), and
which record field each hop asks about is drawn. The limits range so widely that a value by itself says nothing: a delay
of 30 days is late in one trial and early in another. An annex has limits and cascades of its own for the patients of
one site. Amendments change any clause from a date of enrolment or of consent on, or from the day on which a site
approves them; some are drawn and numbered together with the others and not listed, for an Actor to lean on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain, filterfalse
from math import inf
from typing import NamedTuple

from .operators import WITH_THE_OTHER_END
from .protocol import CONSENTED, Clause, Condition, Protocol
from .quantities import LIMITS, MEASURED_TWICE, PARAMETERS, SECTIONS, SITE_CAP, THRESHOLDS, LimitCheck
from .record import EARLIER_AT_SITE
from .seeding import Stream
from .trial import CENTRAL, SITE, Definition, Provision, Source, Trial
from .trial_frame import TrialFrame


class Setting(NamedTuple):
    """The settings of a tier's protocols."""

    depths: Mapping[str, int]
    """Hops above the limit itself that a cascade can have, by parameter. The window has all of them, and another limit
    as many as chance gives it. A limit that is not here has none."""
    amendments: tuple[int, int]
    """How many, both ends included."""
    chance_of_hop: float = 0.65
    annexes: int = 0
    """For how many of the sites."""
    sites: tuple[int, int] = (4, 6)
    """How many the trial has, both ends included."""
    definitions: int = 0
    """How many terms it defines, which some of its clauses use."""
    sources: int = 0
    """For how many fields a second laboratory has values as well, and the protocol says whose counts."""
    amended: int | None = None
    """How many limits the amendments change, some of them again and again; None: each changes a clause of its own."""
    by_consent: float = 0.0
    """How many of the amendments count by the day of consent, and not of enrolment."""
    by_site: float = 0.0
    """How many of the others are in force at a site from the day on which it approves them."""
    on_amended: float = 0.6
    """How often a case is looked for first on a limit that has amendments."""
    ranks: tuple[int, int] | None = None
    """Which ranks in a site's order of enrolment conditions ask about, both ends included, and about which the site cap
    is; None: there are neither."""
    exclusive: float = 0.0
    """How often a value at a limit is past it: less than 30 days, and not at most 30."""


FRONTIER_PATIENTS = 80
"""At least so many has an episode of the frontier."""


def _depths(hops: int, window: int) -> dict[str, int]:
    asked = [name for name, parameter in PARAMETERS.items() if not parameter.frontier]
    return {parameter: window if parameter == "window_days" else hops for parameter in asked}


def frontier_setting(depth: int, amendments: int, annexes: int, definitions: int, sources: int) -> Setting:
    """That of a level of the frontier. Two sites are without an annex."""
    sites = max(4, annexes + 2)
    depths, amended = dict.fromkeys(PARAMETERS, depth), (max(amendments - 1, 0), amendments)
    of_a_site = FRONTIER_PATIENTS // sites
    return Setting(
        depths,
        amended,
        0.9,
        annexes,
        (sites, sites),
        definitions,
        sources,
        amended=5 + annexes // 2,
        by_consent=0.4,
        by_site=min(0.3 + 0.02 * amendments, 0.8),
        on_amended=0.4 + 0.025 * amendments,
        ranks=(max(of_a_site // 4, 1), max(3 * of_a_site // 4, 1)),
        exclusive=0.5,
    )


SETTINGS: Mapping[str, Setting] = {
    "easy": Setting({"age_min": 1, "age_max": 1}, (1, 2)),
    "medium": Setting(_depths(1, 1), (3, 5)),
    "hard": Setting(_depths(1, 2), (4, 6)),
    "expert": Setting(_depths(2, 3), (5, 8)),
    "frontier-1": frontier_setting(2, 2, 0, 1, 0),
    "frontier-2": frontier_setting(3, 4, 1, 2, 1),
    "frontier-3": frontier_setting(3, 6, 2, 3, 1),
    "frontier-4": frontier_setting(4, 8, 3, 4, 1),
    "frontier-5": frontier_setting(5, 10, 4, 4, 2),
    "frontier-6": frontier_setting(5, 12, 5, 5, 2),
    "frontier-7": frontier_setting(6, 14, 8, 5, 2),
    "frontier-8": frontier_setting(7, 16, 12, 6, 3),
    "frontier-9": frontier_setting(8, 18, 18, 6, 3),
    "frontier-10": frontier_setting(8, 20, 24, 7, 3),
}
"""By tier."""
APPROVED = "approved"
"""Kind of an amendment that counts by enrolment, from the day on which the site approves it."""
APPROVAL_DAYS = (8, 90)
"""From the issue of an amendment until a site approves it."""
PHANTOMS = (1, 2)
"""How many it does not have that an Actor may lean on."""

_WINDOW_HOPS = ("stage", "comorbidity_index", "haemoglobin")
USES_A_TERM = 0.6
"""How often a condition on a field that a term is defined for is that term."""
DEFINES_ANEW = 0.6
"""How often an annex defines a term otherwise."""
OTHER_SOURCE = 0.5
"""How often at the site of an annex the value of the other laboratory counts."""
_PROVISIONS = (
    ("Public-holiday scheduling", "sites record the public holidays that fall in a scheduling window"),
    ("Enrolment sample re-test", "an enrolment sample may be tested once more within a week"),
    ("Televisit equivalence", "a follow-up visit may be held by video link"),
    ("Transfer between sites", "a patient who moves is followed by the receiving site"),
    ("Remote consent confirmation", "consent may be confirmed by a witnessed telephone call"),
    ("Interim imaging substitution", "CT may replace MRI where MRI is contraindicated"),
    ("Pharmacy release record", "the pharmacy keeps the release log of each treatment kit"),
    ("Source document certification", "certified copies of source documents are accepted"),
)


def draw_trial(stream: Stream, tier: str, frame: TrialFrame, setting: Setting) -> Trial:
    """Draw a protocol.

    Args:
        stream: Source of every choice.
        tier: One of SETTINGS.
        frame: The trial's dates and sites, and what these plan for.
        setting: What the protocol is made of: that of the tier, or another one.
    """
    annexed = [site.name for site in frame.sites[: setting.annexes]]
    sections = _section_numbers(stream, tier, setting, annexed)
    terms, annex_prevails = _terms(stream, setting), bool(setting.definitions) and stream.chance(0.5)
    definitions = [Definition(f"{sections['definitions']}.{rank}", term) for rank, term in enumerate(terms, start=1)]
    sources = _sources(stream, setting, sections)
    titled = [name for title, names in SECTIONS.items() if title in sections for name in names]
    limits = {name: LIMITS[name] for name in titled if name != SITE_CAP or setting.ranks}
    for name, check in limits.items() if setting.exclusive else ():
        if stream.chance(setting.exclusive):
            limits[name] = replace(check, op=WITH_THE_OTHER_END[check.op])
    clauses: list[Clause] = []
    for title, parameters in SECTIONS.items():
        if title in sections:
            clauses += _section(stream, setting, frame, sections[title], parameters, limits, terms)
    own = {}
    for site in annexed:
        anew = [_otherwise(stream, term) for term in terms if stream.chance(DEFINES_ANEW)]
        definitions += [Definition(f"{sections[site]}.{rank}", term) for rank, term in enumerate(anew, start=1)]
        holding = {term.field: term for term in (*terms, *(anew if annex_prevails else ()))}
        parameters = tuple(setting.depths)
        others = [source for source in sources if source.replaces is None and stream.chance(OTHER_SOURCE)]
        taken = len(anew) + len(others)
        sources += [
            Source(f"{sections[site]}.{rank}", source.field, source.other, source.number)
            for rank, source in enumerate(others, start=len(anew) + 1)
        ]
        own[site] = _section(stream, setting, frame, sections[site], parameters, limits, [*holding.values()], taken)
    everything = [*clauses, *chain.from_iterable(own.values())]
    amendments, phantoms = _amendments(stream, everything, setting, frame)
    approvals = _approvals(stream, amendments, clauses, own, frame)
    provisions, invented = _provisions(stream, sections)
    kept = [clause for clause in clauses if clause.parameter not in setting.depths]
    return Trial(
        code=f"{stream.choice(('ONC', 'LUN', 'TRX', 'NSC'))}-{stream.integer(1000, 9899)}",
        tier=tier,
        protocol=_amended_protocol(clauses, amendments, limits),
        annexes={site: _amended_protocol((*kept, *of_site), amendments, limits) for site, of_site in own.items()},
        sections=sections,
        phantoms=tuple(phantoms),
        provisions=provisions,
        invented_provisions=invented,
        equity_number=f"{sections['equity']}.1" if "equity" in sections else None,
        equity_features=("sex", "ethnicity"),
        equity_gap=float(stream.integer(14, 17)),
        definitions=tuple(definitions),
        annex_prevails=annex_prevails,
        sources=tuple(sources),
        approvals=approvals,
    )


def _amended_protocol(
    clauses: Sequence[Clause], amendments: Sequence[Clause], limits: Mapping[str, LimitCheck]
) -> Protocol:
    """These clauses with the amendments that act on one of them."""
    numbers = {clause.number for clause in clauses}
    return Protocol(
        (*clauses, *(amendment for amendment in amendments if amendment.acts_on in numbers)), tuple(limits.values())
    )


def _section_numbers(stream: Stream, tier: str, setting: Setting, annexed: Sequence[str]) -> dict[str, int]:
    """Number the sections upwards with gaps: what is not reproduced has no bearing on the audit."""
    titles = ["definitions"] * bool(setting.definitions) + ["sources"] * bool(setting.sources) + ["eligibility"]
    if tier != "easy":
        titles += ["scheduling", "dates"] + ["dosing"] * ("dose_max" in setting.depths)
    if tier not in ("easy", "medium", "hard"):
        titles += ["equity", "administration"]
    titles += [*annexed, "amendments"]
    number, sections = 2, {}
    for title in titles:
        number += stream.integer(1, 2)
        sections[title] = number
    return sections


def _terms(stream: Stream, setting: Setting) -> tuple[Condition, ...]:
    """Draw the terms that are for everybody: of no field there are two."""
    drawn = []
    for field in stream.sample(list(THRESHOLDS), setting.definitions):
        op, term = stream.choice(THRESHOLDS[field].terms)
        drawn.append(Condition(field, op, stream.choice(THRESHOLDS[field].values), term))
    return tuple(drawn)


def _sources(stream: Stream, setting: Setting, sections: Mapping[str, int]) -> list[Source]:
    """Whose value counts for everybody, of each field that two laboratories have."""
    fields = stream.sample(MEASURED_TWICE, setting.sources) if setting.sources else []
    return [
        Source(f"{sections['sources']}.{rank}", name, stream.choice((SITE, CENTRAL)))
        for rank, name in enumerate(fields, start=1)
    ]


def _otherwise(stream: Stream, term: Condition) -> Condition:
    """The same term with another threshold."""
    return replace(
        term, value=stream.choice([threshold for threshold in THRESHOLDS[term.field].values if threshold != term.value])
    )


def _section(
    stream: Stream,
    setting: Setting,
    frame: TrialFrame,
    section: int,
    parameters: Sequence[str],
    limits: Mapping[str, LimitCheck],
    terms: Sequence[Condition],
    taken: int = 0,
) -> list[Clause]:
    """The clauses of a section on these limits, numbered after so many definitions."""
    clauses: list[Clause] = []
    bases = _bases(stream, frame, setting, limits["ecog_max"])
    first = taken + stream.integer(1, 2)
    for parameter in filter(limits.__contains__, parameters):
        for clause in _cascade(stream, parameter, bases[parameter], setting, terms):
            number = f"{section}.{first + len(clauses)}"
            below = clauses[-1].number if clause.acts_on is not None else None
            clauses.append(replace(clause, number=number, acts_on=below))
    return clauses


def _bases(stream: Stream, frame: TrialFrame, setting: Setting, ecog: LimitCheck) -> dict[str, float]:
    """The limits that everybody has to keep to, unless something acts on them.

    Those that are asked about range widely, and the others are such that few patients are past them.
    """
    age_min = stream.integer(18, 54)
    wide = "haemoglobin_min" in setting.depths
    return {
        "age_min": float(age_min),
        # Exceptions and amendments of both together move them by less than this.
        "age_max": float(stream.integer(max(59, age_min + 24), 87)),
        "ecog_max": 2.0 if not wide else stream.choice((1.0, 2.0, 2.0)) + ecog.exclusive,  # most patients have grade 1
        "haemoglobin_min": stream.choice((8.0, 8.5, 9.0, 9.5, 10.0, 10.5) if wide else (8.0, 8.5, 9.0)),
        "creatinine_max": stream.choice((1.3, 1.4, 1.5, 1.6, 1.7, 1.8) if wide else (1.7, 1.8, 2.0)),
        "window_days": float(frame.planned_start + stream.integer(3, 12)),
        "consent_days": float(max(1, frame.planned_lead + stream.integer(-1, 1))),
        "contact_days": float(stream.integer(10, 55)),
        "registry_days": float(stream.integer(4, 20)),
        "dose_max": float(frame.planned_dose + stream.integer(0, 20)) if wide else inf,
        SITE_CAP: float(stream.integer(sum(setting.ranks) // 2, setting.ranks[1] + 1)) if setting.ranks else inf,
    }


def _cascade(stream: Stream, parameter: str, base: float, setting: Setting, terms: Sequence[Condition]) -> list[Clause]:
    """A limit and what hangs on it, a hop an item. Numbers are given later; an empty `acts_on` is the one before."""
    rows = [Clause("", parameter, base)]
    fields: list[str] = []
    for hop in range(setting.depths.get(parameter, 0)):
        if parameter != "window_days" and not stream.chance(setting.chance_of_hop):
            break
        others = _other_fields(parameter, fields, setting)
        if not others:
            break
        usual = _WINDOW_HOPS[hop : hop + 1] if parameter == "window_days" else ()
        field = usual[0] if usual else stream.choice(others)
        fields.append(field)
        when = (_condition(stream, field, terms) if field != EARLIER_AT_SITE else _rank(stream, setting),)
        if hop == 0:
            by = stream.integer(*PARAMETERS[parameter].sizes.moved)
            rows.append(Clause("", parameter, _moved(stream, parameter, base, by, parameter == "window_days"), when))
        else:
            rows.append(Clause("", parameter, None, when, acts_on=""))
    return rows


def _other_fields(parameter: str, taken: Sequence[str], setting: Setting) -> list[str]:
    """Draw the conditions of a cascade's hops, which ask about no field twice."""
    fields = ["ecog", "prior_chemo_cycles", "ldh", "bmi", "comorbidity_index", "creatinine"]
    own = LIMITS[parameter].quantity
    fields += [] if parameter.startswith("age") else ["stage"]
    fields += [EARLIER_AT_SITE] if setting.ranks else []
    return [field for field in fields if field not in taken and field != own]


def _condition(stream: Stream, field: str, terms: Sequence[Condition]) -> Condition:
    """A condition on a field that a good part of patients meet, and a good part do not; a term, where there is one."""
    for term in terms:
        if term.field == field and stream.chance(USES_A_TERM):
            return term
    if field == "stage":
        return Condition("stage", "==", 4.0)
    ops = {"ecog": ("<", ">="), "comorbidity_index": (">",), "prior_chemo_cycles": (">=",), "haemoglobin": (">=",)}
    return Condition(field, stream.choice(ops.get(field, ("<", ">"))), stream.choice(THRESHOLDS[field].values))


def _rank(stream: Stream, setting: Setting) -> Condition:
    """A condition on how many enrolled at the site before the patient, which only the cohort tells."""
    assert setting.ranks is not None
    return Condition(EARLIER_AT_SITE, stream.choice(("<", ">=")), float(stream.integer(*setting.ranks)))


def _moved(stream: Stream, parameter: str, value: float, by: int, up: bool = False) -> float:
    """Another limit: so many units higher or lower, and not beyond what a trial would ask for."""
    sizes = PARAMETERS[parameter].sizes
    size = by * sizes.unit
    higher = up or stream.chance(0.5) or value - size < sizes.least
    if not up and value + size > sizes.most and value - size >= sizes.least:
        higher = False
    return round(value + size if higher else value - size, 2)


def _amendments(
    stream: Stream, clauses: Sequence[Clause], setting: Setting, frame: TrialFrame
) -> tuple[list[Clause], list[Clause]]:
    """Draw the amendments of the protocol, and the phantoms, numbered together by the day that they are in force from.

    A phantom acts on a clause that an amendment of the protocol acts on as well. So what a note says of it could be
    said of that one, and only its number and date tell, to whoever looks them up. An amendment that counts by consent
    acts on a clause that one by enrolment acts on, for the same reason: an Actor may count it by enrolment.
    """
    can_be = {parameter for parameter in setting.depths if PARAMETERS[parameter].amended}
    candidates = [clause for clause in clauses if clause.parameter in can_be]
    pairs = _targets(stream, candidates, setting)
    with_value = [(clause, counted) for clause, counted in pairs if clause.value is not None]
    # The first target sets a limit, so that there is something for a phantom to act on.
    usual = with_value or [(candidates[0], "enrolment_date")]
    phantoms = [stream.choice(usual) for _ in range(stream.integer(*PHANTOMS))]
    planned = [(*pair, True) for pair in pairs] + [(*pair, False) for pair in phantoms]
    days = sorted(stream.sample(range(frame.enrolment_days // 6, frame.enrolment_days * 5 // 6), len(planned)))
    drawn: dict[bool, list[Clause]] = {True: [], False: []}
    values: dict[str, set[float]] = {}
    given: dict[tuple[str, str], dict[str, float]] = {}  # the values of a limit, by the clause that gives them
    for clause in clauses:
        if clause.value is not None:
            given.setdefault(_limit_of(clause), {})[clause.number] = clause.value
    # One that takes a clause out of force comes last, or hardly anybody would be left for whom the clause counts.
    order = sorted(stream.shuffled(planned), key=lambda plan: plan[0].value is None)
    for rank, ((clause, counted, listed), day) in enumerate(zip(order, days, strict=True), start=1):
        in_force = frame.first_enrolment + timedelta(days=day)
        when = (Condition(CONSENTED if counted == CONSENTED else "enrolment_date", ">=", float(in_force.toordinal())),)
        value = None
        if clause.value is not None and listed:
            beside: list[float] = []
            for number, own in given[_limit_of(clause)].items():
                if number != clause.number:
                    beside += [own, *sorted(values.get(number, ()))]
            value = _amended(stream, clause.parameter, clause.value, values.setdefault(clause.number, set()), beside)
        issued = in_force if listed and counted == APPROVED else None
        amendment = Clause(f"Amendment {rank}", clause.parameter, value, when, clause.number, in_force, issued)
        drawn[listed].append(amendment)
    true = {clause.number: clause.value for clause, _ in usual if clause.value is not None}
    invented = [replace(phantom, value=_between(stream, phantom, true, values)) for phantom in drawn[False]]
    return drawn[True], invented


def _between(
    stream: Stream, phantom: Clause, true: Mapping[str, float], values: Mapping[str, set[float]]
) -> float | None:
    """The limit of a phantom: between that of the clause and one that an amendment gives, where there is one.

    So whoever leans on it is too lax for some patients and too strict for others.
    """
    target = phantom.acts_on or ""
    taken = values.get(target, set())
    unit = PARAMETERS[phantom.parameter].sizes.unit
    ends = [sorted((true[target], value)) for value in sorted(taken)]
    steps = [round(low + unit * step, 2) for low, high in ends for step in range(1, round((high - low) / unit))]
    free = [value for value in steps if value not in taken]
    return stream.choice(free) if free else _amended(stream, phantom.parameter, true[target], set(taken))


def _targets(stream: Stream, candidates: Sequence[Clause], setting: Setting) -> list[tuple[Clause, str]]:
    """Draw the clauses that the amendments act on, each with its day: of enrolment, CONSENTED or APPROVED.

    One by consent acts on a clause that another by enrolment acts on, so that a note can mistake it for such a one.
    """
    if setting.amended is None:
        targets = stream.sample(candidates, min(len(candidates), stream.integer(*setting.amendments)))
    else:
        limits = list(dict.fromkeys(map(_limit_of, candidates)))
        amended = stream.sample(limits, min(len(limits), setting.amended))
        usual = {limit: [c for c in candidates if _limit_of(c) == limit and c.value is not None] for limit in amended}
        count = stream.integer(*setting.amendments)
        targets = [stream.choice(usual[amended[place % len(amended)]]) for place in range(count)]
    by_consent = sum(stream.chance(setting.by_consent) for _ in targets[1:]) if setting.by_consent else 0
    first = targets[: len(targets) - by_consent]
    by_site = [bool(setting.by_site) and stream.chance(setting.by_site) for _ in first]
    pairs = [
        (clause, APPROVED if approved else "enrolment_date") for clause, approved in zip(first, by_site, strict=True)
    ]
    return pairs + [(stream.choice(first), CONSENTED) for _ in range(by_consent)]


def _approvals(
    stream: Stream,
    amendments: Sequence[Clause],
    common: Sequence[Clause],
    own: Mapping[str, Sequence[Clause]],
    frame: TrialFrame,
) -> dict[str, dict[str, date]]:
    """When the sites approve what they have to: no two amendments are in force from one day, or none would be last."""
    others = [site.name for site in frame.sites if site.name not in own]
    sites = {clause.number: others for clause in common}
    sites |= {clause.number: [site] for site, clauses in own.items() for clause in clauses}
    taken = {clause.in_force for clause in amendments}
    approvals: dict[str, dict[str, date]] = {}
    for amendment in amendments:
        if amendment.issued is not None:
            days = [amendment.issued + timedelta(days=day) for day in range(*APPROVAL_DAYS)]
            free = [day for day in days if day not in taken]
            drawn = stream.sample(free, len(sites[amendment.acts_on or ""]))
            approvals[amendment.number] = dict(zip(sites[amendment.acts_on or ""], drawn, strict=True))
            taken |= set(drawn)
    return approvals


def _amended(stream: Stream, parameter: str, value: float, taken: set[float], beside: Sequence[float] = ()) -> float:
    """Another limit that no other amendment of the clause gives, about half as far away as an exception.

    It is on the same side of the limits beside it, where there is one: an exception of more days remains one.
    """
    sizes = PARAMETERS[parameter].sizes
    least = stream.integer(*sizes.moved) // 2 + 1
    for by in range(least, 2 * sizes.moved[1] + 1):
        size = by * sizes.unit
        for moved in stream.shuffled((round(value - size, 2), round(value + size, 2))):
            allowed = sizes.least <= moved <= sizes.most and moved not in taken
            if allowed and all((moved - neighbour) * (value - neighbour) > 0 for neighbour in beside):
                taken.add(moved)
                return moved
    return _amended(stream, parameter, value, taken) if beside else _moved(stream, parameter, value, least)


def _limit_of(clause: Clause) -> tuple[str, str]:
    """Section and parameter."""
    return clause.number.split(".")[0], clause.parameter


def _provisions(stream: Stream, sections: Mapping[str, int]) -> tuple[tuple[Provision, ...], tuple[Provision, ...]]:
    """Half of one list, shuffled and numbered through, is in the protocol; the other half is not."""
    section = sections.get("administration")
    if section is None:
        return (), ()
    drawn = [
        Provision(f"{section}.{position}", title, text)
        for position, (title, text) in enumerate(stream.shuffled(_PROVISIONS), start=1)
    ]
    real = set(stream.sample(drawn, len(drawn) // 2))
    return tuple(filter(real.__contains__, drawn)), tuple(filterfalse(real.__contains__, drawn))
