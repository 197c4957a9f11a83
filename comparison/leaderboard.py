"""Runs of many models on the same episodes as one table, in Markdown.

    print(page([read(folder) for folder in folders]))

Beside the models stand flag-all and approve-all.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from . import RequestError
from .blind import BLIND, in_words, with_blind
from .readme import BESIDE, score_table
from .results import Run, rebuilt
from .table import Column, as_markdown

SHOWN = (*BESIDE, Column("tokens", "tokens", 0), Column("US$", "cost", 4), Column("audits given up", "gave_up", 2))


def merged(runs: Sequence[Run]) -> Run:
    """The runs as one, with BLIND; the best overall score comes first.

    Raises:
        RequestError: They are not on the same episodes.
    """
    first, agents = runs[0], dict(with_blind(runs[0]).by_seed)
    for number, run in enumerate(runs[1:], start=2):
        if (run.made.version, run.split, run.seeds) != (first.made.version, first.split, first.seeds):
            raise RequestError(
                f"{first.folder} and {run.folder} are not on the same episodes: they differ in version, split or seeds."
            )
        for agent, of_tiers in with_blind(run).by_seed.items():
            if agent not in BLIND:
                agents[agent if agents.get(agent, of_tiers) == of_tiers else f"{agent} (run {number})"] = of_tiers
            elif any(of["score"] != agents[agent][tier]["score"] for tier, of in of_tiers.items()):
                raise RequestError(
                    f"{agent} scores otherwise in {run.folder} than in {first.folder}: the worlds differ."
                )
    ranked = sorted(agents, key=lambda agent: -sum(fmean(of["score"]) for of in agents[agent].values()))
    return rebuilt(first, {agent: agents[agent] for agent in ranked})


def page(runs: Sequence[Run]) -> str:
    """The table of all runs, who is below flag-all and approve-all, and how each run was made."""
    board = merged(runs)
    ran = [f"- `{run.made.command}` ({run.made.words})" for run in runs]
    return "\n".join((as_markdown(score_table(board, SHOWN)), *(f"{said}\n" for said in in_words(board)), *ran))
