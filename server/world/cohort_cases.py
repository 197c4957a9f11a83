"""Finds a determination on the cohort: a sound, a lucky and a wrong one whose notes show the same, then takes one.

    case = draw(stream, patients, rule, "arm", "wrong")
    case.figure.text, case.figure.true, case.verdict, case.patients

What a note shows is drawn first: the group, its figure, the side of the limit. Then the groups of the feature are dealt
out anew, so that the cohort's own figure is the quoted one (*sound*), another one on the same side of the limit
(*lucky*), or one on the other side (*wrong*). All three deals are found before the kind of the proposal is looked at.
Group sizes, and everything else about every patient, stay as they were.

A false gap is the crude one: members of a group are moved between stages until the adjusted gap is another (Simpson
1951).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations, product
from math import inf
from typing import NamedTuple

from ...error_types import EQUITY
from .actor_agent import Figure
from .cases import Kind
from .cohort_statistics import contrast_group, stratified_difference
from .protocol import COMPLIANT, DEVIATION
from .record import STAGES, PatientRecord
from .seeding import Stream
from .trial import CohortRule

MARGIN, FAR = 2.0, 12.0
"""Percentage points by which each figure is past its limit or within it, at least and at most."""
CLOSE, APART = 0.5, 3.0
"""How near a sound gap is to the one that the note was to show, and how far a false one is from the adjusted one."""
FEWEST = 20
"""Patients of a group whose mortality is quoted."""
TRIES = 6
_MAX_MOVES = 80
Counts = list[list[int]]
"""Patients by stage (rows) and death (columns: alive, dead)."""


class CohortCase(NamedTuple):
    """A determination on the cohort."""

    figure: Figure
    verdict: str
    patients: list[PatientRecord]
    """The cohort that makes it what it is."""


class _Deals(NamedTuple):
    """The group that a note is about, its side of the limit, and the members that it has in each kind of case."""

    group: str
    is_past: bool
    members: Mapping[Kind, Counts]


def draw(
    stream: Stream, patients: Sequence[PatientRecord], rule: CohortRule, feature: str, kind: Kind
) -> CohortCase | None:
    """Draw a case on a feature of a rule; None where the cohort has not all three kinds."""
    find = _gaps if rule.error_type == EQUITY else _rates
    found = (find(stream, patients, rule.limit, feature) for _ in range(TRIES))
    deals = next((deals for deals in found if deals is not None), None)
    if deals is None:
        return None
    dealt = _deal(stream, patients, feature, deals.group, deals.members[kind])
    make = _gap_figure if rule.error_type == EQUITY else _rate_figure
    return CohortCase(make(dealt, feature, deals, kind), DEVIATION if deals.is_past else COMPLIANT, dealt)


def _rates(stream: Stream, patients: Sequence[PatientRecord], limit: float, feature: str) -> _Deals | None:
    """Draw a group and how many of it died: as the note says, as many on that side of the limit, and on the other."""
    groups = [getattr(patient, feature) for patient in patients]
    group = stream.choice([name for name in sorted(set(groups)) if groups.count(name) >= FEWEST])
    totals, size = _totals(patients), groups.count(group)
    past: dict[bool, list[int]] = {True: [], False: []}
    for dead in _possible(totals, size):
        over = 100 * dead / size - limit
        if MARGIN <= abs(over) <= FAR:
            past[over > 0].append(dead)
    is_past = stream.chance(0.5)
    here, beyond = stream.shuffled(past[is_past]), past[not is_past]
    if len(here) < 2 or not beyond:
        return None
    drawn: dict[Kind, int] = {"sound": here[0], "lucky": here[1], "wrong": stream.choice(beyond)}
    return _Deals(group, is_past, {kind: _proportional(totals, size, dead) for kind, dead in drawn.items()})


def _rate_figure(dealt: Sequence[PatientRecord], feature: str, deals: _Deals, kind: Kind) -> Figure:
    size = sum(getattr(patient, feature) == deals.group for patient in dealt)
    died = {name: sum(dead for _, dead in members) for name, members in deals.members.items()}
    quoted, true = (f"{100 * died[name] / size:.1f} % ({died[name]} of {size})" for name in ("sound", kind))
    return Figure(quoted, f"the {deals.group} arm" if feature == "arm" else f"{deals.group} smokers", feature, true)


def _gaps(stream: Stream, patients: Sequence[PatientRecord], limit: float, feature: str) -> _Deals | None:
    """Draw a gap, and deals in which it is the adjusted one, or the crude one and the adjusted one is another."""
    groups = [getattr(patient, feature) for patient in patients]
    group = contrast_group(groups)
    totals, size = _totals(patients), groups.count(group)
    deaths, others = sum(dead for _, dead in totals), len(patients) - size
    crude = {dead: 100 * (dead / size - (deaths - dead) / others) for dead in _possible(totals, size)}
    past: dict[bool, list[int]] = {True: [], False: []}
    for dead, gap in crude.items():
        if MARGIN <= abs(abs(gap) - limit) <= FAR:
            past[abs(gap) > limit].append(dead)
    is_past = stream.chance(0.5)
    if not past[is_past]:
        return None
    shown = stream.choice(past[is_past])
    near = {
        side: [gap for gap in _targets(limit, side) if abs(gap - crude[shown]) > APART + CLOSE]
        for side in (True, False)
    }
    off = [dead for dead in past[True] + past[False] if abs(crude[dead] - crude[shown]) > APART + CLOSE]
    tries: dict[Kind, list[tuple[int, float]]] = {
        "sound": [(dead, crude[shown]) for dead in off],
        "lucky": [(shown, gap) for gap in near[is_past]],
        "wrong": [(shown, gap) for gap in near[not is_past]],
    }
    members: dict[Kind, Counts] = {}
    for kind, pairs in tries.items():
        for dead, gap in stream.sample(pairs, TRIES):
            found = _search(totals, _proportional(totals, size, dead), gap)
            if found is not None:
                members[kind] = found
                break
        else:
            return None
    return _Deals(group, is_past, members)


def _gap_figure(dealt: Sequence[PatientRecord], feature: str, deals: _Deals, kind: Kind) -> Figure:
    gap = stratified_difference(
        [getattr(patient, feature) == deals.group for patient in dealt],
        [patient.death_date is not None for patient in dealt],
        [patient.stage for patient in dealt],
    )
    assert gap.crude is not None
    assert gap.adjusted is not None
    crude, adjusted = f"{100 * gap.crude:+.1f}", f"{100 * gap.adjusted:+.1f}"
    quoted = adjusted if kind == "sound" else crude
    return Figure(quoted, f"{deals.group} patients against the others", feature, adjusted)


def _targets(limit: float, is_past: bool) -> list[float]:
    """Adjusted gaps past a limit, or within it, in either direction."""
    first = limit + MARGIN + CLOSE if is_past else 0.0
    last = limit + FAR if is_past else limit - MARGIN - CLOSE
    sizes = [first + step for step in range(int(last - first) + 1)]
    return [sign * size for size in sizes for sign in (1, -1)]


def _totals(patients: Sequence[PatientRecord]) -> Counts:
    totals: Counts = [[0, 0] for _ in STAGES]
    for patient in patients:
        totals[STAGES.index(patient.stage)][patient.death_date is not None] += 1
    return totals


def _possible(totals: Counts, size: int) -> range:
    """How many of a group of that size can have died."""
    alive, deaths = (sum(column) for column in zip(*totals, strict=True))
    return range(max(0, size - alive), min(size, deaths) + 1)


def _proportional(totals: Counts, size: int, dead: int) -> Counts:
    """A first deal: stages in the order of the cohort until both counts are used up, spread evenly."""
    members: Counts = [[0, 0] for _ in STAGES]
    for column, wanted in ((0, size - dead), (1, dead)):
        pool = [stage for stage in range(len(STAGES)) for _ in range(totals[stage][column])]
        for turn in range(wanted):
            members[pool[turn * len(pool) // wanted]][column] += 1
    return members


def adjusted_gap(totals: Counts, members: Counts) -> float:
    """Mantel-Haenszel risk difference over the stages, percentage points; infinite where no stage has both sides."""
    weighted, weight = 0.0, 0.0
    for (alive, dead), (group_alive, group_dead) in zip(totals, members, strict=True):
        n, n1 = alive + dead, group_alive + group_dead
        n0 = n - n1
        if n1 and n0:
            weighted += (group_dead * n0 - (dead - group_dead) * n1) / n
            weight += n1 * n0 / n
    return 100.0 * weighted / weight if weight else inf


def _search(totals: Counts, members: Counts, wanted: float) -> Counts | None:
    """Move members of like fate between stages, always the best move, until the adjusted gap is the wanted one."""
    for _ in range(_MAX_MOVES):
        best, best_move = abs(adjusted_gap(totals, members) - wanted), None
        if best <= CLOSE:
            return members
        for column, (source, target) in product((0, 1), permutations(range(len(STAGES)), 2)):
            if members[source][column] and members[target][column] < totals[target][column]:
                _move(members, column, source, target)
                after = abs(adjusted_gap(totals, members) - wanted)
                _move(members, column, target, source)
                if after < best:
                    best, best_move = after, (column, source, target)
        if best_move is None:
            return None
        _move(members, *best_move)
    return None


def _move(members: Counts, column: int, source: int, target: int) -> None:
    members[source][column] -= 1
    members[target][column] += 1


def _deal(
    stream: Stream, patients: Sequence[PatientRecord], feature: str, group: str, members: Counts
) -> list[PatientRecord]:
    """Give the group to that many patients of each stage and fate, and the other groups to the rest."""
    fields = ("arm", "drug") if feature == "arm" else (feature,)
    groups = [tuple(getattr(patient, name) for name in fields) for patient in patients]
    own = next(values for values in groups if values[0] == group)
    left = [row[:] for row in members]
    others = iter(stream.shuffled([values for values in groups if values != own]))
    dealt = list(patients)
    for position in stream.shuffled(range(len(patients))):
        patient = patients[position]
        stage, fate = STAGES.index(patient.stage), int(patient.death_date is not None)
        is_member = left[stage][fate] > 0
        left[stage][fate] -= is_member
        values = own if is_member else next(others)
        dealt[position] = patient._replace(**dict(zip(fields, values, strict=True)))
    return dealt
