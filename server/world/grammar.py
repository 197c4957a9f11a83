"""Composes a trial protocol for a tier: limits, cascades of clauses that act on one another, annexes, amendments.

    trial = draw_trial(Stream("protocol", 42), "hard", frame, SETTINGS["hard"])

Every limit is the root of a cascade of one kind: a clause for everybody, an exception to it under a condition, an
override of the exception, a waiver of the override. How deep a cascade goes is a number of the tier (`SETTINGS`), and
which record field each hop asks about is drawn. The limits range so widely that a value by itself says nothing: a delay
of 30 days is late in one trial and early in another. An annex sets a few limits for the patients of one site, with
cascades of their own, and leaves the others as they are. Amendments change any clause from a date of enrolment or of
consent on, or from the day on which a site approves them; some are drawn and numbered together with the others and not
listed, for an Actor to lean on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain, count
from math import inf
from typing import NamedTuple

from ...error_types import EQUITY, ERROR_KINDS, STATISTIC
from .operators import WITH_THE_OTHER_END
from .protocol import CONSENTED, Clause, Condition, Protocol
from .quantities import MEASURED_TWICE, PARAMETERS, SECTIONS, SITE_CAP, THRESHOLDS, LimitSizes, Parameter
from .record import EARLIER_AT_SITE
from .seeding import Stream
from .trial import CENTRAL, SITE, CohortRule, Definition, Source, Trial
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
    phantoms: int = 1
    """Pairs of amendments that it does not have and that an Actor may lean on, each on a clause that it amends."""
    exclusive: float = 0.0
    """How often a value at a limit is past it: less than 30 days, and not at most 30."""


Limits = Mapping[str, Parameter]
"""Limits of one trial by name: of some of them a value at the limit is past it, and its ages lie apart."""
FRONTIER_PATIENTS = 80
"""At least so many has an episode of the frontier."""


def _depths(hops: int, window: int) -> dict[str, int]:
    asked = [name for name, limit in PARAMETERS.items() if ERROR_KINDS[limit.check.error_type].since != "frontier"]
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
        on_amended=0.3 + 0.02 * amendments,
        phantoms=4,
        ranks=(max(of_a_site // 4, 1), max(3 * of_a_site // 4, 1)),
        exclusive=0.5,
    )


SETTINGS: Mapping[str, Setting] = {
    "easy": Setting({"age_min": 1, "age_max": 1}, (1, 2)),
    "medium": Setting(_depths(1, 1), (3, 5)),
    "hard": Setting(_depths(1, 2), (4, 6)),
    "expert": Setting(_depths(2, 3), (5, 8), phantoms=2),
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

OF_AN_ANNEX = (2, 4)
"""How many limits an annex sets."""
MIDDLE_AGES, FROM_MIDDLE = (56, 68), 6
"""Where the middle of a trial's ages lies, and how many years every limit on the age keeps from it."""

_WINDOW_HOPS = ("stage", "comorbidity_index", "haemoglobin")
USES_A_TERM = 0.6
"""How often a condition on a field that a term is defined for is that term."""
DEFINES_ANEW = 0.6
"""How often an annex defines a term otherwise."""
OTHER_SOURCE = 0.5
"""How often at the site of an annex the value of the other laboratory counts."""
COHORT_LIMITS = {EQUITY: (("sex", "ethnicity"), (14, 17)), STATISTIC: (("arm", "smoking"), (36, 48))}
"""Features of the rules on the cohort, and the limits that these have, both ends included."""


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
    numbers = _numbers(sections.get("definitions", 0))
    definitions = [Definition(next(numbers), term) for term in terms]
    sources = _sources(stream, setting, sections)
    limits = _limits(stream, setting, sections)
    bases = _bases(stream, frame, setting, limits)
    clauses: list[Clause] = []
    for title in filter(sections.__contains__, SECTIONS):
        cascades = [
            _cascade(stream, limits[name], bases[name], setting, terms) for name in SECTIONS[title] if name in limits
        ]
        clauses += _numbered(stream, _numbers(sections[title]), cascades)
    everything, here = [*clauses], {site.name: clauses for site in frame.sites}
    for site in annexed:
        numbers = _numbers(sections[site])
        anew = [_otherwise(stream, term) for term in terms if stream.chance(DEFINES_ANEW)]
        definitions += [Definition(next(numbers), term) for term in anew]
        meanings = {term.term: term for term in (*terms, *(anew if annex_prevails else ()))}
        swapped = [source for source in sources if source.replaces is None and stream.chance(OTHER_SOURCE)]
        sources += [Source(next(numbers), source.field, source.other, source.number) for source in swapped]
        others = _bases(stream, frame, setting, limits)
        differing = [name for name in setting.depths if others[name] != bases[name]]
        few = stream.sample(differing, min(len(differing), stream.integer(*OF_AN_ANNEX)))
        known = [*meanings.values()]
        cascades = [_cascade(stream, limits[name], others[name], setting, known) for name in limits if name in few]
        own = _numbered(stream, numbers, cascades)
        here[site] = [_as_defined(clause, meanings) for clause in clauses if clause.parameter not in few] + own
        everything += own
    amendments, phantoms = _amendments(stream, everything, setting, frame, limits)
    approvals = _approvals(stream, amendments, here)
    return Trial(
        code=f"{stream.choice(('ONC', 'LUN', 'TRX', 'NSC'))}-{stream.integer(1000, 9899)}",
        tier=tier,
        protocol=_amended_protocol(clauses, amendments, limits),
        annexes={site: _amended_protocol(here[site], amendments, limits) for site in annexed},
        sections=sections,
        phantoms=tuple(phantoms),
        cohort_rules=tuple(_cohort_rules(stream, sections)),
        definitions=tuple(definitions),
        annex_prevails=annex_prevails,
        sources=tuple(sources),
        approvals=approvals,
    )


def _amended_protocol(clauses: Sequence[Clause], amendments: Sequence[Clause], limits: Limits) -> Protocol:
    """These clauses with the amendments that act on one of them."""
    numbers = {clause.number for clause in clauses}
    acting = [amendment for amendment in amendments if amendment.acts_on in numbers]
    return Protocol((*clauses, *acting), tuple(limit.check for limit in limits.values()))


def _section_numbers(stream: Stream, tier: str, setting: Setting, annexed: Sequence[str]) -> dict[str, int]:
    """Number the sections upwards with gaps: what is not reproduced has no bearing on the audit."""
    titles = ["definitions"] * bool(setting.definitions) + ["sources"] * bool(setting.sources) + ["eligibility"]
    if tier != "easy":
        titles += ["scheduling", "dates"] + ["dosing"] * ("dose_max" in setting.depths)
    if tier not in ("easy", "medium", "hard"):
        titles += ["cohort"]
    titles += [*annexed, "amendments"]
    number, sections = 2, {}
    for title in titles:
        number += stream.integer(1, 2)
        sections[title] = number
    return sections


def _numbers(section: int) -> Iterator[str]:
    """The numbers of the sentences of a section."""
    return (f"{section}.{rank}" for rank in count(1))


def _terms(stream: Stream, setting: Setting) -> tuple[Condition, ...]:
    """Draw the terms that are for everybody: of no field there are two."""
    drawn = []
    for field in stream.sample(list(THRESHOLDS), setting.definitions):
        op, term = stream.choice(THRESHOLDS[field].terms)
        drawn.append(Condition(field, op, stream.choice(THRESHOLDS[field].deserving(op)), term))
    return tuple(drawn)


def _sources(stream: Stream, setting: Setting, sections: Mapping[str, int]) -> list[Source]:
    """Whose value counts for everybody, of each field that two laboratories have."""
    fields = stream.sample(MEASURED_TWICE, setting.sources) if setting.sources else []
    numbers = _numbers(sections.get("sources", 0))
    return [Source(next(numbers), name, stream.choice((SITE, CENTRAL))) for name in fields]


def _as_defined(clause: Clause, meanings: Mapping[str, Condition]) -> Clause:
    """The clause as the definitions that count at a site have it."""
    return replace(clause, when=tuple(meanings.get(condition.term, condition) for condition in clause.when))


def _otherwise(stream: Stream, term: Condition) -> Condition:
    """The same term with another threshold."""
    others = [value for value in THRESHOLDS[term.field].deserving(term.op) if value != term.value]
    return replace(term, value=stream.choice(others))


def _numbered(stream: Stream, numbers: Iterator[str], cascades: Sequence[Sequence[Clause]]) -> list[Clause]:
    """The clauses of a section; the first number may be left out."""
    clauses: list[Clause] = []
    if stream.chance(0.5):
        next(numbers)
    for clause in chain.from_iterable(cascades):
        below = clauses[-1].number if clause.acts_on is not None else None
        clauses.append(replace(clause, number=next(numbers), acts_on=below))
    return clauses


def _limits(stream: Stream, setting: Setting, sections: Mapping[str, int]) -> dict[str, Parameter]:
    """The limits of this trial. No minimum age of it comes near a maximum age, whichever of them count."""
    drawn = {name: PARAMETERS[name] for title in SECTIONS if title in sections for name in SECTIONS[title]}
    if not setting.ranks:
        drawn.pop(SITE_CAP)
    for name, limit in drawn.items() if setting.exclusive else ():
        if stream.chance(setting.exclusive):
            drawn[name] = limit._replace(check=replace(limit.check, op=WITH_THE_OTHER_END[limit.check.op]))
    (youngest, oldest), middle = (drawn[name] for name in ("age_min", "age_max")), stream.integer(*MIDDLE_AGES)
    drawn["age_min"] = youngest._replace(sizes=youngest.sizes._replace(most=middle - FROM_MIDDLE))
    drawn["age_max"] = oldest._replace(sizes=oldest.sizes._replace(least=middle + FROM_MIDDLE))
    return drawn


def _bases(stream: Stream, frame: TrialFrame, setting: Setting, limits: Limits) -> dict[str, float]:
    """The limits that everybody has to keep to, unless something acts on them.

    Those that are asked about range widely, and the others are such that few patients are past them.
    """
    wide = "haemoglobin_min" in setting.depths
    return {
        "age_min": float(stream.integer(40, min(58, int(limits["age_min"].sizes.most) - 2))),
        "age_max": float(stream.integer(max(66, int(limits["age_max"].sizes.least) + 2), 82)),
        # Most patients have grade 1.
        "ecog_max": stream.choice((1.0, 2.0, 2.0)) + limits["ecog_max"].check.exclusive if wide else 2.0,
        "haemoglobin_min": stream.choice((8.0, 8.5, 9.0, 9.5, 10.0, 10.5) if wide else (8.0, 8.5, 9.0)),
        "creatinine_max": stream.choice((1.3, 1.4, 1.5, 1.6, 1.7, 1.8) if wide else (1.7, 1.8, 2.0)),
        "window_days": float(frame.planned_start + stream.integer(3, 12)),
        "consent_days": float(max(1, frame.planned_lead + stream.integer(-1, 1))),
        "contact_days": float(stream.integer(10, 55)),
        "registry_days": float(stream.integer(4, 20)),
        "dose_max": float(frame.planned_dose + 5 * stream.integer(0, 4)) if wide else inf,
        SITE_CAP: float(stream.integer(sum(setting.ranks) // 2, setting.ranks[1] + 1)) if setting.ranks else inf,
    }


def _cascade(
    stream: Stream, limit: Parameter, base: float, setting: Setting, terms: Sequence[Condition]
) -> list[Clause]:
    """A limit and what hangs on it, a hop an item. Numbers are given later; an empty `acts_on` is the one before."""
    parameter, sizes = limit.check.parameter, limit.sizes
    is_window, rows = parameter == "window_days", [Clause("", parameter, base)]
    fields = [*limit.asks, *[EARLIER_AT_SITE] * bool(setting.ranks)]
    fields = [field for field in fields if field != limit.check.quantity]
    for hop in range(setting.depths.get(parameter, 0)):
        if not fields or not (is_window or stream.chance(setting.chance_of_hop)):
            break
        usual = _WINDOW_HOPS[hop : hop + 1] if is_window else ()
        field = usual[0] if usual else stream.choice(fields)
        fields.remove(field)  # no two hops ask about one
        when = (_condition(stream, field, terms, setting),)
        if hop == 0:
            up = is_window or _is_laxer(stream, when[0]) == limit.check.upper
            rows.append(Clause("", parameter, _moved(sizes, base, stream.integer(*sizes.moved), up), when))
        else:
            rows.append(Clause("", parameter, None, when, acts_on=""))
    return rows


def _condition(stream: Stream, field: str, terms: Sequence[Condition], setting: Setting) -> Condition:
    """A condition on a field that a good part of patients meet, and a good part do not; a term, where there is one."""
    for term in terms:
        if term.field == field and stream.chance(USES_A_TERM):
            return term
    if field == "stage":
        return Condition("stage", "==", 4.0)
    if field == EARLIER_AT_SITE and setting.ranks:  # only the cohort tells how many enrolled before a patient
        return Condition(field, stream.choice(("<", ">=")), float(stream.integer(*setting.ranks)))
    ops = {"ecog": ("<", ">="), "comorbidity_index": (">=",), "prior_chemo_cycles": (">=",), "haemoglobin": (">=",)}
    return Condition(field, stream.choice(ops.get(field, ("<", ">"))), stream.choice(THRESHOLDS[field].values))


def _is_laxer(stream: Stream, condition: Condition) -> bool:
    """True if an exception under a condition is laxer than the limit: for the fit, and for the ill it is stricter."""
    if condition.field in ("bmi", EARLIER_AT_SITE):
        return stream.chance(0.5)
    return condition.op.startswith("<") != (condition.field == "haemoglobin")


def _moved(sizes: LimitSizes, value: float, by: int, up: bool) -> float:
    """Another limit: so many units higher or lower, unless that is beyond what a trial would ask for."""
    higher, lower = (round(value + way * by * sizes.unit, 2) for way in (1, -1))
    if up:
        return lower if higher > sizes.most and lower >= sizes.least else higher
    return higher if lower < sizes.least else lower


def _amendments(
    stream: Stream, clauses: Sequence[Clause], setting: Setting, frame: TrialFrame, limits: Limits
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
    phantoms = stream.sample(usual, setting.phantoms)
    planned = [(*pair, True) for pair in pairs] + [(*pair, False) for pair in phantoms for _ in range(2)]
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
            taken = values.setdefault(clause.number, set())
            value = _amended(stream, limits[clause.parameter].sizes, clause.value, taken, beside)
        issued = in_force if listed and counted == APPROVED else None
        amendment = Clause(f"Amendment {rank}", clause.parameter, value, when, clause.number, in_force, issued)
        drawn[listed].append(amendment)
    true = {clause.number: clause.value for clause, _ in usual if clause.value is not None}
    return drawn[True], list(
        _invented(stream, sorted(drawn[False], key=lambda one: one.acts_on or ""), limits, true, values)
    )


def _invented(
    stream: Stream,
    phantoms: Sequence[Clause],
    limits: Mapping[str, Parameter],
    true: Mapping[str, float],
    values: Mapping[str, set[float]],
) -> Iterator[Clause]:
    """Give phantoms limits: of the two of a pair one is a little above what an amendment gives, and one below.

    So where whoever leans on one is too lax, whoever leans on the other is right by luck.
    """
    for pair in zip(phantoms[::2], phantoms[1::2], strict=True):
        target = pair[0].acts_on or ""
        sizes, taken = limits[pair[0].parameter].sizes, {true[target], *values.get(target, ())}
        real = stream.choice(sorted(values.get(target) or taken))
        for phantom, by in zip(stream.shuffled(pair), sizes.misquoted.draw(stream), strict=True):
            value = round(real + by, 2)
            if value not in taken and sizes.least <= value <= sizes.most:
                yield replace(phantom, value=value)


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
    by_consent = sum(stream.chance(setting.by_consent) for _ in targets[1:])
    first = targets[: len(targets) - by_consent]
    pairs = [(clause, APPROVED if stream.chance(setting.by_site) else "enrolment_date") for clause in first]
    return pairs + [(stream.choice(first), CONSENTED) for _ in range(by_consent)]


def _approvals(
    stream: Stream, amendments: Sequence[Clause], here: Mapping[str, Sequence[Clause]]
) -> dict[str, dict[str, date]]:
    """When the sites approve the amendments of the clauses that hold there.

    At no site two amendments are in force from one day, or none would be last.
    """
    in_force = {clause.in_force for clause in amendments}
    taken = {site: set(in_force) for site in here}
    approvals: dict[str, dict[str, date]] = {}
    for amendment in amendments:
        if amendment.issued is not None:
            days = [amendment.issued + timedelta(days=day) for day in range(*APPROVAL_DAYS)]
            approved = approvals[amendment.number] = dict[str, date]()
            for site, clauses in here.items():
                if any(clause.number == amendment.acts_on for clause in clauses):
                    approved[site] = stream.choice([day for day in days if day not in taken[site]])
                    taken[site].add(approved[site])
    return approvals


def _amended(stream: Stream, sizes: LimitSizes, value: float, taken: set[float], beside: Sequence[float] = ()) -> float:
    """Another limit that no other amendment of the clause gives, about half as far away as an exception.

    It is on the same side of the limits beside it, where there is one: an exception of more days remains one.
    """
    least = stream.integer(*sizes.moved) // 2 + 1
    for by in range(least, 2 * sizes.moved[1] + 1):
        size = by * sizes.unit
        for moved in stream.shuffled((round(value - size, 2), round(value + size, 2))):
            allowed = sizes.least <= moved <= sizes.most and moved not in taken
            if allowed and all((moved - neighbour) * (value - neighbour) > 0 for neighbour in beside):
                taken.add(moved)
                return moved
    return _amended(stream, sizes, value, taken) if beside else _moved(sizes, value, least, stream.chance(0.5))


def _limit_of(clause: Clause) -> tuple[str, str]:
    """Section and parameter."""
    return clause.number.split(".")[0], clause.parameter


def _cohort_rules(stream: Stream, sections: Mapping[str, int]) -> Iterator[CohortRule]:
    for rank, (error_type, (features, limits)) in enumerate(COHORT_LIMITS.items(), start=1):
        if "cohort" in sections:
            yield CohortRule(f"{sections['cohort']}.{rank}", error_type, features, float(stream.integer(*limits)))
