"""Runs of many models on the same episodes as one table, one chart, and a card that can be published.

    table = write([read(folder) for folder in folders], Path("outputs/leaderboard"))

Beside the models stand flag-all, approve-all, and the best in each tier of all agents that look at no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from . import RequestError
from .agents import NO_EXAMPLE, TOLD_THE_LABELS
from .blind import BEST_BLIND, BLIND, in_words, with_blind
from .plots import draw
from .readme import BESIDE, score_table
from .results import Run, rebuilt
from .table import Column, Table, as_markdown

SHOWN = (*BESIDE, Column("tokens", "tokens", 0), Column("US$", "cost", 4), Column("audits given up", "gave_up", 2))


def merged(runs: Sequence[Run]) -> Run:
    """The runs as one, with BLIND and BEST_BLIND; the best overall score comes first.

    Raises:
        RequestError: They are not on the same episodes.
    """
    first, agents = runs[0], dict(with_blind(runs[0]).by_seed)
    for number, run in enumerate(runs[1:], start=2):
        facts = zip(_facts(first).items(), _facts(run).values(), strict=True)
        differ = [f"{name} ({one} / {other})" for (name, one), other in facts if one != other]
        if differ or first.seeds != run.seeds:
            what = "; ".join(differ) or "seeds"
            raise RequestError(f"{first.folder} and {run.folder} are not on the same episodes, but differ in {what}.")
        for agent, of_tiers in with_blind(run).by_seed.items():
            if agent not in BLIND:
                agents[agent if agents.get(agent, of_tiers) == of_tiers else f"{agent} (run {number})"] = of_tiers
            elif any(of["score"] != agents[agent][tier]["score"] for tier, of in of_tiers.items()):
                raise RequestError(
                    f"{agent} scores otherwise in {run.folder} than in {first.folder}: the worlds differ."
                )
    unread = [agents[agent] for agent in agents if agent in NO_EXAMPLE - TOLD_THE_LABELS]
    best = [max((of[tier] for of in unread), key=lambda of: fmean(of["score"])) for tier in first.seeds]
    agents[BEST_BLIND] = dict(zip(first.seeds, best, strict=True))
    ranked = sorted(agents, key=lambda agent: -sum(fmean(of["score"]) for of in agents[agent].values()))
    return rebuilt(first, {agent: agents[agent] for agent in ranked})


def write(runs: Sequence[Run], out: Path) -> Table:
    """Write README.md, which is the card, leaderboard.md, which is the table, and score.png. Returns the table."""
    board, ran = merged(runs), []
    for one in runs:
        # Without the folder, which says nothing to others.
        ran.append(f"- `{re.sub(' --out [^ ]+', '', one.made.command)}` ({one.made.words})")
        ran += [f"  - {agent}: {', '.join(f'{k} {v}' for k, v in how.items())}" for agent, how in one.settings.items()]
    table = replace(score_table(board, SHOWN), notes=tuple(in_words(board)))
    markdown, card = as_markdown(table), Path(__file__).with_name("leaderboard_card.md").read_text("utf-8")
    card = card.format(**_facts(board), table=markdown, said="\n\n".join(table.notes), runs="\n".join(ran))
    out.mkdir(parents=True, exist_ok=True)
    (out / "README.md").write_text(card, "utf-8")
    (out / "leaderboard.md").write_text(markdown, "utf-8")
    draw(board, out)
    return table


def _facts(run: Run) -> dict[str, str]:
    episodes = ", ".join(f"{len(seeds)} {tier}" for tier, seeds in run.seeds.items())
    return {"version": run.made.version, "split": run.split, "episodes": episodes}
