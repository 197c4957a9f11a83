"""Two runs on the same seeds: what the agents of the second come to beyond those of the first, and where most.

first, second = read(Path("outputs/eval/base")), read(Path("outputs/eval/mine"))
for table in compare(first, second, [("local:base", "local:trained")]): show(table, console)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from synth_audit_env.comparison.intervals import interval, times
from synth_audit_env.comparison.metrics import Array
from synth_audit_env.comparison.results import OVERALL
from synth_audit_env.comparison.results_file import ResultsError, Told
from synth_audit_env.comparison.table import Table, words

METRICS = ("score", "skill", "return", "steps", "tool_calls")
MOST = 10
"""Episodes of an agent that are listed."""


def compare(first: Told, second: Told, pairs: Sequence[tuple[str, str]]) -> list[Table]:
    """The tables of a comparison.

    Args:
        first: The run that the other is set against.
        second: The other, on the same seeds.
        pairs: An agent of the first and the one of the second that is set against it; none for every agent that is in
            both, against itself.

    Returns:
        For each pair the differences with their intervals, by tier; and the episodes whose scores differ most.

    Raises:
        ResultsError: The runs are not on the same seeds, or an agent is not there.
    """
    for tier in dict.fromkeys((*first.seeds, *second.seeds)):
        if first.seeds.get(tier) != second.seeds.get(tier):
            raise ResultsError(f"{first.path} and {second.path} were not played on the same seeds of tier {tier}.")
    for pair in pairs:
        for told, agent in zip((first, second), pair, strict=True):
            if agent not in told.by_seed:
                raise ResultsError(f"There is no agent {agent!r} in {told.path}: it has {', '.join(told.by_seed)}.")
    chosen = dict.fromkeys(pairs or [(agent, agent) for agent in first.by_seed if agent in second.by_seed])
    if not chosen:
        raise ResultsError(f"{first.path} and {second.path} have no agent in common: --agent A B names one of each.")
    return [table for pair in chosen for table in _of_pair(first, second, pair)]


def _of_pair(first: Told, second: Told, pair: tuple[str, str]) -> Iterator[Table]:
    rows = []
    for metric in METRICS:
        before, after = (_draws(told, agent, metric) for told, agent in zip((first, second), pair, strict=True))
        for tier in before:
            told = [words(interval(one), 3) for one in (before[tier], after[tier])]
            rows.append((metric, tier, *told, words(interval(after[tier] - before[tier]), 3, sign="+")))
    name = " and ".join(dict.fromkeys(pair))
    columns = ("metric", "tier", "first", "second", "second - first")
    yield Table(f"{name}: means, and what the second is above the first", columns, tuple(rows))
    differing = tuple(_differing(first, second, pair))
    if not differing:
        yield Table(f"{name}: no episode's scores differ", (), ())
        return
    yield Table(f"{name}: episodes whose scores differ most", ("tier", "seed", "first", "second"), differing)


def _draws(told: Told, agent: str, metric: str) -> dict[str, Array]:
    """The mean as played and in each draw, by tier and overall. Both runs have the same draws."""
    values = {tier: np.array(of[metric], float) for tier, of in told.by_seed[agent].items()}
    draws = {tier: times(tier, len(one)) @ one / len(one) for tier, one in values.items()}
    return {**draws, OVERALL: np.mean(list(draws.values()), axis=0)}


def _differing(first: Told, second: Told, pair: tuple[str, str]) -> Iterator[tuple[str, ...]]:
    """The MOST episodes that differ most in score; of equals the first."""
    changed = [
        (tier, seed, before, after)
        for tier, numbers in first.seeds.items()
        for seed, before, after in zip(
            numbers, first.by_seed[pair[0]][tier]["score"], second.by_seed[pair[1]][tier]["score"], strict=True
        )
        if before != after
    ]
    for tier, seed, before, after in sorted(changed, key=lambda one: -abs(one[3] - one[2]))[:MOST]:
        yield tier, str(seed), f"{before:.3f}", f"{after:.3f}"
