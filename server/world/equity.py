"""Arranges a cohort so that strata decide an equity question and the pooled figure does not.

Who belongs to a group is dealt out anew within the cohort; group sizes, and everything else about every patient, stay
as they were. The crude gap is fixed first, in the same way whatever the answer is to be, since the Actor quotes it;
only then the deal is moved between stages until the stage-adjusted gap gives the wanted answer (Simpson 1951).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations, product
from typing import Any

from .cohort_statistics import contrast_group
from .record import STAGES, PatientRecord
from .seeding import Stream

MARGIN = 2.0
"""Percentage points by which the adjusted gap clears the rule's limit, either way: nothing is on the line."""
CRUDE_MARGIN = 4.0
_MAX_MOVES = 80
Counts = list[list[int]]
"""Patients by stage (rows) and death (columns: alive, dead)."""


def arrange(
    stream: Stream, patients: Sequence[PatientRecord], feature: str, limit: float, clear: bool
) -> list[PatientRecord] | None:
    """Deal the feature's groups out so that the pooled gap is small and the adjusted gap is, or is not, within limits.

    Args:
        stream: Source of every choice.
        patients: The cohort.
        feature: A text field of the record, such as "sex".
        limit: The equity rule's limit on the adjusted gap, percentage points.
        clear: True if the adjusted gap is to be within the limit.

    Returns:
        The cohort in the same order, or None where it cannot be dealt both ways.
    """
    groups = [getattr(patient, feature) for patient in patients]
    contrast = contrast_group(groups)
    totals: Counts = [[0, 0] for _ in STAGES]
    for patient in patients:
        totals[STAGES.index(patient.stage)][patient.death_date is not None] += 1
    size = groups.count(contrast)
    dead = _dead_members(stream, totals, size, len(patients), limit - CRUDE_MARGIN)
    if dead is None:
        return None
    direction = 1 if stream.chance(0.5) else -1
    deals = {
        answer: _search(totals, _proportional(totals, size, dead), limit, direction, answer) for answer in (True, False)
    }
    members, other = deals[clear], deals[not clear]
    if members is None or other is None:
        return None  # a cohort that can be dealt one way only would tell the answer by being used
    return _deal(stream, patients, feature, groups, contrast, members)


def _dead_members(stream: Stream, totals: Counts, size: int, patients: int, bound: float) -> int | None:
    """Draw how many of the group died, so that the crude gap is within the bound."""
    deaths = totals[0][1] + totals[1][1] + totals[2][1] + totals[3][1]
    options = [
        dead
        for dead in range(max(0, size - (patients - deaths)), min(size, deaths) + 1)
        if abs(dead / size - (deaths - dead) / (patients - size)) * 100 <= bound
    ]
    return stream.choice(options) if options else None


def _proportional(totals: Counts, size: int, dead: int) -> Counts:
    """A first deal: stages in the order of the cohort until both counts are used up, spread evenly."""
    members: Counts = [[0, 0] for _ in STAGES]
    for column, wanted in ((0, size - dead), (1, dead)):
        pool = [stage for stage in range(len(STAGES)) for _ in range(totals[stage][column])]
        for turn in range(wanted):
            members[pool[turn * len(pool) // wanted]][column] += 1
    return members


def adjusted_gap(totals: Counts, members: Counts) -> float:
    """Mantel-Haenszel risk difference over the stages, percentage points."""
    weighted, weight = 0.0, 0.0
    for (alive, dead), (group_alive, group_dead) in zip(totals, members, strict=True):
        n, n1 = alive + dead, group_alive + group_dead
        n0 = n - n1
        if n1 and n0:
            weighted += (group_dead * n0 - (dead - group_dead) * n1) / n
            weight += n1 * n0 / n
    return 100.0 * weighted / weight if weight else 0.0


def _search(totals: Counts, members: Counts, limit: float, direction: int, clear: bool) -> Counts | None:
    """Move members of like fate between stages, always the best move, until the adjusted gap is where it should be."""

    def missing(gap: float) -> float:
        if clear:
            return max(0.0, abs(gap) - (limit - MARGIN))
        return max(0.0, limit + MARGIN - direction * gap)

    for _ in range(_MAX_MOVES):
        now = missing(adjusted_gap(totals, members))
        if now == 0.0:
            return members
        best, best_move = now, None
        for column, (source, target) in product((0, 1), permutations(range(len(STAGES)), 2)):
            if members[source][column] and members[target][column] < totals[target][column]:
                _move(members, column, source, target)
                after = missing(adjusted_gap(totals, members))
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
    stream: Stream,
    patients: Sequence[PatientRecord],
    feature: str,
    groups: Sequence[str],
    contrast: str,
    members: Counts,
) -> list[PatientRecord]:
    """Give the group to that many patients of each stage and fate, and the other groups to the rest."""
    left = [row[:] for row in members]
    others = iter(stream.shuffled([group for group in groups if group != contrast]))
    dealt = list(patients)
    for position in stream.shuffled(range(len(patients))):
        patient = patients[position]
        stage, fate = STAGES.index(patient.stage), int(patient.death_date is not None)
        if left[stage][fate]:
            left[stage][fate] -= 1
            group = contrast
        else:
            group = next(others)
        dealing: dict[str, Any] = {feature: group}
        dealt[position] = patient._replace(**dealing)
    return dealt
