"""The results of an evaluation, and results.json, the file that keeps them for people and tools.

    run = run_of("test", "flag-all", episodes, made)
    run.figures["heuristic"]["hard"]["score"].low        # the mean over the seeds, and its 95 % interval
    run.figures["heuristic"][OVERALL]["score"].value     # the mean of the tiers
    run.by_seed["heuristic"]["hard"]["score"][7]         # of the eighth seed of the tier
    path.write_text(as_json(run))
    run = read(folder)

Numbers are rounded to DIGITS, so that the file is the same wherever sums are taken in another order. All but `made` is
the same whenever agents that ask no model play the same seeds. A figure stands in the file as its value and the two
ends of its interval.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from . import RequestError
from .episodes import MEANS, PlayedEpisode
from .intervals import DIGITS, Array, Interval, interval, overall
from .metrics import figures_of_draws
from .provenance import Made

NAME = "results.json"
OVERALL = "overall"
"""In place of a tier: the mean of the tiers, each counting the same."""
RATIOS = ("fault_f1", "recall", "false_positive_rate")
"""Metrics of which each episode has two numbers: what is counted, and among how many, which may be none."""
_DEPTH = 4
"""Objects within so many others begin lines of their own: a line a metric."""

Figures = Mapping[str, Mapping[str, Mapping[str, Interval | None]]]
"""Agent to tier or OVERALL to metric; None where nothing was counted."""
BySeed = Mapping[str, Mapping[str, Sequence[Any]]]
"""Tier to a name of MEANS or RATIOS to what it is of each episode, in the order of the seeds; null if not known."""
Draws = Mapping[str, Mapping[str, Array]]
"""Tier to metric to the figure as played, then in each draw; NaN where there is none."""


@dataclass(frozen=True, slots=True)
class Run:
    """An evaluation: agents on the same episodes."""

    made: Made
    split: str
    baseline: str
    """The agent that the differences are to; empty if there are none."""
    settings: Mapping[str, Mapping[str, Any]]
    """The settings that models were asked with, by agent; those without one are left out."""
    seeds: Mapping[str, Sequence[int]]
    """By tier, from the easiest on. All agents have the same, in the same order."""
    figures: Figures
    differences: Figures
    """Agent minus baseline, episode by episode; the baseline itself is left out."""
    by_seed: Mapping[str, BySeed]
    """By agent, in the order of the table."""
    folder: Path = Path()
    """Where it was read from."""

    @property
    def agents(self) -> tuple[str, ...]:
        """In the order of the table."""
        return tuple(self.figures)

    @property
    def audits_ended(self) -> dict[str, tuple[int, int]]:
        """For each agent with audits that were ended for its model, how many they are, and of how many.

        Print it beside the scores: they alone do not show that the model did not audit.
        """
        flags = {agent: list(chain(*(of["gave_up"] for of in tiers.values()))) for agent, tiers in self.by_seed.items()}
        return {agent: (sum(ended), len(ended)) for agent, ended in flags.items() if sum(ended)}


_RUN = TypeAdapter(Run)


def run_of(split: str, baseline: str, played: Iterable[PlayedEpisode], made: Made) -> Run:
    """The results of episodes. All agents have the same tiers, and the same seeds in the same order."""
    episodes: dict[str, dict[str, list[PlayedEpisode]]] = {}
    for episode in played:
        episodes.setdefault(episode.agent, {}).setdefault(episode.tier, []).append(episode)
    some = next(iter(episodes.values()))
    settings = {agent: next(iter(tiers.values()))[0].settings for agent, tiers in episodes.items()}
    drawn = {
        agent: {tier: figures_of_draws(tier, of) for tier, of in tiers.items()} for agent, tiers in episodes.items()
    }
    return Run(
        made=made,
        split=split,
        baseline=baseline,
        settings={agent: asked for agent, asked in settings.items() if asked is not None},
        seeds={tier: tuple(episode.seed for episode in of_tier) for tier, of_tier in some.items()},
        figures={agent: _intervals(of) for agent, of in drawn.items()},
        differences={agent: _intervals(_less(of, drawn[baseline])) for agent, of in drawn.items() if agent != baseline},
        by_seed={agent: {tier: _by_seed(of) for tier, of in tiers.items()} for agent, tiers in episodes.items()},
    )


def _less(mine: Draws, theirs: Draws) -> Draws:
    """Tier by tier, so that both means are over the tiers in which both have a figure."""
    return {tier: {name: values - theirs[tier][name] for name, values in of.items()} for tier, of in mine.items()}


def _intervals(drawn: Draws) -> dict[str, dict[str, Interval | None]]:
    names = next(iter(drawn.values()))
    whole = {**drawn, OVERALL: {name: overall([of[name] for of in drawn.values()]) for name in names}}
    return {tier: {name: interval(values) for name, values in of.items()} for tier, of in whole.items()}


def _by_seed(played: Sequence[PlayedEpisode]) -> dict[str, list[Any]]:
    means = {name: [_number(episode.shares[name][0]) for episode in played] for name in MEANS}
    return {**means, **{name: [list(map(_number, episode.shares[name])) for episode in played] for name in RATIOS}}


def _number(value: float) -> float | None:
    """The number as short as possible; None for NaN, which JSON does not have."""
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() else round(value, DIGITS)


def as_json(run: Run) -> str:
    """The text of results.json."""
    return _text(_RUN.dump_python(run, mode="json", exclude={"folder"}), 0) + "\n"


def _text(value: Any, depth: int) -> str:
    """JSON, with line breaks in the outer objects only."""
    if not isinstance(value, dict) or depth == _DEPTH or not value:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    indent = " " * (depth + 1)
    rows = [f"{indent}{json.dumps(key, ensure_ascii=False)}: {_text(inner, depth + 1)}" for key, inner in value.items()]
    return "{\n" + ",\n".join(rows) + "\n" + " " * depth + "}"


def read(folder: Path) -> Run:
    """The results in the folder of a run. Raises RequestError where there are none."""
    path = folder / NAME
    try:
        return replace(_RUN.validate_json(path.read_bytes()), folder=folder)
    except OSError as problem:
        raise RequestError(f"{folder} holds no results: {NAME} cannot be read ({problem.strerror}).") from problem
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RequestError(f"{path} is no file of results ({where}: {first['msg']}).") from problem
