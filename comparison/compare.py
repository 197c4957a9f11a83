"""Two runs on the same seeds: what the agents of the second come to beyond those of the first, and where most.

Where one of them played fewer episodes or tiers, both are taken on the seeds of that one, intervals and all.

first, second = read(Path("outputs/eval/base")), read(Path("outputs/eval/mine"))
for table in compare(first, second, [("local:base", "local:trained")]): show(table, console)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from .blind import BLIND, PAIRED, in_words, with_blind
from .intervals import interval, overall, times
from .metrics import METRICS, Array
from .results import OVERALL
from .results_file import MEANS, RATIOS, ResultsError, Told
from .table import NOTHING, Table, words

DIGITS = {**dict.fromkeys((*MEANS[:3], *RATIOS, *MEANS[3:]), 3), "tokens": 0, "cost": 4}
"""After the point, by metric."""
TELLING = {"tokens": ("tokens",), "cost": ("tokens",), "gave_up": ("tokens", "gave_up")}
"""Metrics of models to those of which either agent must have something, or they are left out: an endpoint may count no
tokens, and a model that was never asked has none, but its audits were ended."""
MOST = 10
"""Episodes of an agent that are listed."""
_Seeds = Mapping[str, Sequence[int]]
"""By tier."""


def compare(first: Told, second: Told, pairs: Sequence[tuple[str, str]]) -> list[Table]:
    """The tables of a comparison.

    Args:
        first: The run that the other is set against.
        second: The other, on the same seeds, or on some of them, or on more.
        pairs: An agent of the first and the one of the second that is set against it; none for every agent that is in
            both, against itself.

    Returns:
        For each pair the differences with their intervals, by tier, beside flag-all and approve-all on these seeds; who
        is below those; and the episodes whose scores differ most. Titles say how many seeds a tier were paired where
        one of the runs has more.

    Raises:
        ResultsError: The runs are not of one version, or each has seeds that the other has not, or an agent is not
            there.
    """
    if first.made.version != second.made.version:
        raise ResultsError(
            f"{first.path} was played with version {first.made.version} and {second.path} with "
            f"{second.made.version}: what a seed stands for may not be the same."
        )
    shared = _shared(first, second)
    for pair in pairs:
        for told, agent in zip((first, second), pair, strict=True):
            if agent not in told.by_seed:
                raise ResultsError(f"There is no agent {agent!r} in {told.path}: it has {', '.join(told.by_seed)}.")
    chosen = dict.fromkeys(pairs or [(agent, agent) for agent in first.by_seed if agent in second.by_seed])
    if not chosen:
        raise ResultsError(f"{first.path} and {second.path} have no agent in common: --agent A B names one of each.")
    whole = _counts(first.seeds) == _counts(second.seeds)
    on = "" if whole else f", on the seeds that both have ({_in_words(shared)})"
    first, second = with_blind(_on(first, shared)), _on(second, shared)
    return [replace(table, title=table.title + on) for pair in chosen for table in _of_pair(first, second, pair)]


def left_out(first: Told, second: Told) -> list[str]:
    """The agents that are in one run only, and so in no table unless they are named; each with the run it is in."""
    runs = ((first, second), (second, first))
    return [f"{agent} of {told.path}" for told, other in runs for agent in told.by_seed if agent not in other.by_seed]


def _shared(first: Told, second: Told) -> _Seeds:
    """The seeds that both have, in the order of the first, where those are all that one of them has."""
    both = {}
    for tier, numbers in first.seeds.items():
        others = set(second.seeds.get(tier, ()))
        if there := [seed for seed in numbers if seed in others]:
            both[tier] = there
    # A run of fewer episodes has the first seeds of a longer one. Of runs that merely overlap nobody chose what both
    # have: they are of two splits, or each lacks a tier of the other.
    if _counts(both) in (_counts(first.seeds), _counts(second.seeds)):
        return both
    has = (f"{told.path} has {_in_words(told.seeds)} ({told.split} split)" for told in (first, second))
    raise ResultsError(
        f"Neither run is on seeds of the other alone: {', '.join(has)}, and both have {_in_words(both) or 'none'}. "
        "Play one anew with the other's --split; fewer --episodes or a --tier of it will do."
    )


def _counts(seeds: _Seeds) -> dict[str, int]:
    return {tier: len(numbers) for tier, numbers in seeds.items()}


def _in_words(seeds: _Seeds) -> str:
    return ", ".join(f"{tier} {count}" for tier, count in _counts(seeds).items())


def _on(told: Told, seeds: _Seeds) -> Told:
    """The run as if these had been all its seeds. It has no figures: those of the file are of all that it played."""
    places = {tier: {seed: place for place, seed in enumerate(numbers)} for tier, numbers in told.seeds.items()}
    by_seed = {
        agent: {
            tier: {metric: [of[places[tier][seed]] for seed in numbers] for metric, of in of_tiers[tier].items()}
            for tier, numbers in seeds.items()
        }
        for agent, of_tiers in told.by_seed.items()
    }
    return replace(told, seeds=seeds, by_seed=by_seed, figures={}, baseline="", differences={})


def _of_pair(first: Told, second: Told, pair: tuple[str, str]) -> Iterator[Table]:
    rows = []
    for metric, digits in DIGITS.items():
        telling = TELLING.get(metric)
        if telling and not (_has_any(first, pair[0], telling) or _has_any(second, pair[1], telling)):
            continue
        before, after = draws(first, pair[0], metric), draws(second, pair[1], metric)
        # Tier by tier, so that both means are over the tiers in which both have a figure.
        more = {tier: after[tier] - before[tier] for tier in before}
        blind = [draws(first, agent, metric) if metric in PAIRED else {} for agent in BLIND]
        each = [{**draws, OVERALL: overall(draws)} for draws in (before, after, more, *blind)]
        for tier in each[0]:
            drawn = [(draws.get(tier), "+" * (draws is each[2])) for draws in each]
            told = [NOTHING if one is None else words(interval(one), digits, sign) for one, sign in drawn]
            rows.append((metric, tier, *told))
    name = " and ".join(dict.fromkeys(pair))
    columns = ("metric", "tier", "first", "second", "second - first", *BLIND)
    beside = {agent: first.by_seed[agent] for agent in BLIND}
    audits = {f"{pair[0]} (first)": first.by_seed[pair[0]], f"{pair[1]} (second)": second.by_seed[pair[1]]}
    said = tuple(in_words(replace(first, by_seed={**beside, **audits})))
    yield Table(f"{name}: means, and what the second is above the first", columns, tuple(rows), said)
    differing = tuple(_differing(first, second, pair))
    if not differing:
        yield Table(f"{name}: no episode's scores differ", (), ())
        return
    yield Table(f"{name}: episodes whose scores differ most", ("tier", "seed", "first", "second"), differing)


def _has_any(told: Told, agent: str, metrics: Sequence[str]) -> bool:
    """Whether one of these is not zero in some episode of the agent."""
    return any(any(of.get(metric, ())) for of in told.by_seed[agent].values() for metric in metrics)


def draws(told: Told, agent: str, metric: str) -> dict[str, Array]:
    """The figure as played and in each draw, by tier. Both runs have the same draws."""
    draws = {}
    for tier, of in told.by_seed[agent].items():
        if metric not in of:
            raise ResultsError(f"{told.path} does not say {metric} of each seed: it was written by an earlier version.")
        values = np.array(of[metric], float)
        sums = values if metric in RATIOS else np.column_stack([values, np.ones(len(values))])
        draws[tier] = METRICS[metric].of(times(tier, len(sums)) @ sums)
    return draws


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
