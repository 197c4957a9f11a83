"""Two runs on the same seeds: by how much the agents of the second do better than those of the first.

Where one of them played fewer episodes or tiers, only the seeds of that one count, for both.

first, second = read(Path("outputs/eval/base")), read(Path("outputs/eval/mine"))
for table in compare(first, second, [("local:base", "local:trained")]): show(table, console)
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..rollouts.results_table import Table
from . import RequestError
from .blind import BLIND, in_words
from .episodes import MEANS
from .results import OVERALL, RATIOS, Run, rebuilt
from .table import Column

DIGITS = {**dict.fromkeys((*MEANS[:3], *RATIOS, *MEANS[3:]), 3), "tokens": 0, "cost": 4}
"""After the point, by metric."""
OF_MODELS = ("tokens", "cost", "gave_up")
"""Metrics that are left out where neither agent asked a model: neither used a token, or had an audit ended for it."""


def compare(first: Run, second: Run, pairs: Sequence[tuple[str, str]]) -> list[Table]:
    """The tables of a comparison.

    Args:
        first: The run that the other is set against.
        second: The other.
        pairs: An agent of the first and the one of the second that is set against it; none for every agent that is in
            both, against itself.

    Returns:
        For each pair the differences with their intervals, by tier, beside flag-all and approve-all on these seeds; and
        who is below those.

    Raises:
        RequestError: The runs are not of one version, or have no seed or no agent in common, or an agent is not there.
    """
    if first.made.version != second.made.version:
        raise RequestError(
            f"{first.folder} was played with version {first.made.version} and {second.folder} with "
            f"{second.made.version}: what a seed stands for may not be the same."
        )
    shared = _shared(first, second)
    for pair in pairs:
        for run, agent in zip((first, second), pair, strict=True):
            if agent not in run.by_seed:
                raise RequestError(f"There is no agent {agent!r} in {run.folder}: it has {', '.join(run.by_seed)}.")
    chosen = dict.fromkeys(pairs or [(agent, agent) for agent in first.by_seed if agent in second.by_seed])
    if not chosen:
        raise RequestError(
            f"{first.folder} and {second.folder} have no agent in common: --agent A B names one of each."
        )
    first, second = _on(first, shared), _on(second, shared)
    return [_means(first, second, pair) for pair in chosen]


def left_out(first: Run, second: Run) -> list[str]:
    """The agents that are in one run only, and so in no table unless they are named; each with the run it is in."""
    runs = ((first, second), (second, first))
    return [f"{agent} of {run.folder}" for run, other in runs for agent in run.by_seed if agent not in other.by_seed]


def _shared(first: Run, second: Run) -> dict[str, list[int]]:
    """The seeds that both have, by tier, in the order of the first."""
    both = {tier: [seed for seed in seeds if seed in second.seeds.get(tier, ())] for tier, seeds in first.seeds.items()}
    shared = {tier: seeds for tier, seeds in both.items() if seeds}
    if not shared:
        raise RequestError(
            f"{first.folder} ({first.split}) and {second.folder} ({second.split}) have no seed in common."
        )
    return shared


def _on(run: Run, seeds: Mapping[str, Sequence[int]]) -> Run:
    """The run as if it had played these seeds only. Its figures are still those of all its seeds."""
    places = {tier: {seed: place for place, seed in enumerate(numbers)} for tier, numbers in run.seeds.items()}
    by_seed = {
        agent: {
            tier: {metric: [of[places[tier][seed]] for seed in numbers] for metric, of in of_tiers[tier].items()}
            for tier, numbers in seeds.items()
        }
        for agent, of_tiers in run.by_seed.items()
    }
    return replace(run, seeds=seeds, by_seed=by_seed)


def _means(first: Run, second: Run, pair: tuple[str, str]) -> Table:
    """A row for each metric and tier: both agents, their difference, and BLIND as the first run has it."""
    names = f"{pair[0]} (first)", f"{pair[1]} (second)"
    blind = {agent: first.by_seed[agent] for agent in BLIND if agent in first.by_seed}
    agents = {names[0]: first.by_seed[pair[0]], names[1]: second.by_seed[pair[1]]}
    both = rebuilt(first, {**blind, **agents}, names[0])
    asked = any(any(of[count]) for tiers in agents.values() for of in tiers.values() for count in ("tokens", "gave_up"))
    rows = []
    for metric, digits in DIGITS.items():
        for tier in (*first.seeds, OVERALL) if asked or metric not in OF_MODELS else ():
            figure = Column("", metric, digits, tier)
            cells = [figure.cell(both, agent) for agent in (*names, *BLIND)]
            rows.append((metric, tier, *cells[:2], replace(figure, paired=True).cell(both, names[1]), *cells[2:]))
    columns = ("metric", "tier", "first", "second", "second - first", *BLIND)
    on = ", ".join(f"{tier} {len(seeds)}" for tier, seeds in first.seeds.items())
    title = f"{' and '.join(dict.fromkeys(pair))}: means, and the second less the first, on the seeds of both ({on})"
    return Table(title, columns, tuple(rows), tuple(in_words(both)))
