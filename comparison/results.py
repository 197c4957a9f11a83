"""The results of an evaluation, and results.json, the file that keeps them for people, tools and `compare`.

    run = run_of("test", "flag-all", episodes, made)
    run.figures["heuristic"]["hard"]["score"].low        # the mean over the seeds, and its 95 % interval
    run.figures["heuristic"][OVERALL]["score"].value     # the mean of the tiers
    run.by_seed["heuristic"]["hard"]["score"][7]         # of the eighth seed of the tier
    path.write_text(as_json(run))
    run = read(folder)

Numbers are rounded to DIGITS, so that the file is the same wherever sums are taken in another order. All but `made` is
the same whenever agents that ask no model play the same seeds. How the others asked theirs is under `settings`, which
runs without them do not have.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import chain
from pathlib import Path
from typing import Any

from . import RequestError
from .episodes import MEANS, PlayedEpisode
from .intervals import Array, Interval, interval, overall
from .metrics import figures_of_draws, quotients
from .provenance import Made

NAME = "results.json"
DIGITS = 6
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

    split: str
    seeds: Mapping[str, Sequence[int]]
    """By tier, from the easiest on. All agents have the same, in the same order."""
    made: Made
    by_seed: Mapping[str, BySeed]
    """By agent, in the order of the table."""
    figures: Figures = field(default_factory=dict)
    baseline: str = ""
    """The agent that the differences are to."""
    differences: Figures = field(default_factory=dict)
    """Agent minus baseline, episode by episode; the baseline itself is left out."""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The settings that models were asked with, by agent; those without one are left out."""
    folder: Path = Path()
    """Where it was read from."""

    @property
    def agents(self) -> tuple[str, ...]:
        """In the order of the table."""
        return tuple(self.by_seed)

    @property
    def audits_ended(self) -> dict[str, tuple[int, int]]:
        """For each agent with audits that were ended for its model, how many they are, and of how many.

        Print it beside the scores: they alone do not show that the model did not audit.
        """
        flags = {agent: list(chain(*(of["gave_up"] for of in tiers.values()))) for agent, tiers in self.by_seed.items()}
        return {agent: (sum(ended), len(ended)) for agent, ended in flags.items() if sum(ended)}


def run_of(split: str, baseline: str, played: Iterable[PlayedEpisode], made: Made) -> Run:
    """The results of episodes. All agents have the same tiers, and the same seeds in the same order."""
    episodes: dict[str, dict[str, list[PlayedEpisode]]] = {}
    for episode in played:
        episodes.setdefault(episode.agent, {}).setdefault(episode.tier, []).append(episode)
    some = next(iter(episodes.values()))
    settings = {agent: next(iter(tiers.values()))[0].settings for agent, tiers in episodes.items()}
    run = Run(
        split=split,
        seeds={tier: tuple(episode.seed for episode in of_tier) for tier, of_tier in some.items()},
        made=made,
        by_seed={agent: {tier: _by_seed(of) for tier, of in tiers.items()} for agent, tiers in episodes.items()},
        settings={agent: asked for agent, asked in settings.items() if asked is not None},
    )
    drawn = {
        agent: {tier: figures_of_draws(tier, of) for tier, of in tiers.items()} for agent, tiers in episodes.items()
    }
    return _with_figures(run, drawn, baseline)


def rebuilt(run: Run, by_seed: Mapping[str, BySeed], baseline: str = "") -> Run:
    """Other agents on the seeds of a run, with the figures of MEANS and RATIOS that are there for all seeds.

    Differences are to the baseline, if one is named.
    """
    drawn = {}
    for agent, tiers in by_seed.items():
        known = [name for name in (*MEANS, *RATIOS) if all(name in of for of in tiers.values())]
        rows = {
            tier: {name: of[name] if name in RATIOS else [(value, 1) for value in of[name]] for name in known}
            for tier, of in tiers.items()
        }
        drawn[agent] = {tier: quotients(tier, of) for tier, of in rows.items()}
    return _with_figures(replace(run, by_seed=by_seed), drawn, baseline)


def _with_figures(run: Run, drawn: Mapping[str, Draws], baseline: str) -> Run:
    others = [agent for agent in drawn if baseline and agent != baseline]
    return replace(
        run,
        figures={agent: _intervals(of) for agent, of in drawn.items()},
        baseline=baseline,
        differences={agent: _intervals(_less(drawn[agent], drawn[baseline])) for agent in others},
    )


def _less(mine: Draws, theirs: Draws) -> Draws:
    """Tier by tier, so that both means are over the tiers in which both have a figure."""
    return {
        tier: {name: values - theirs[tier][name] for name, values in of.items() if name in theirs[tier]}
        for tier, of in mine.items()
    }


def _intervals(drawn: Draws) -> dict[str, dict[str, Interval | None]]:
    names = next(iter(drawn.values()))
    whole = {**drawn, OVERALL: {name: overall([of[name] for of in drawn.values()]) for name in names}}
    return {tier: {name: interval(values) for name, values in of.items()} for tier, of in whole.items()}


def as_json(run: Run) -> str:
    """The text of results.json."""
    content = {
        "made": asdict(run.made),
        "split": run.split,
        "baseline": run.baseline,
        **({"settings": run.settings} if run.settings else {}),
        "seeds": run.seeds,
        "figures": _written(run.figures),
        "differences": _written(run.differences),
        "by_seed": run.by_seed,
    }
    return _text(content, 0) + "\n"


def read(folder: Path) -> Run:
    """The results in the folder of a run. Raises RequestError where there are none."""
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        made = Made(**{part.name: content["made"][part.name] for part in fields(Made)})
        figures, less = (_as_read(content[part]) for part in ("figures", "differences"))
        as_written = {part: content[part] for part in ("split", "seeds", "by_seed", "baseline")}
        settings = content.get("settings", {})
        return Run(folder=folder, made=made, figures=figures, differences=less, settings=settings, **as_written)
    except OSError as problem:
        raise RequestError(f"{folder} holds no results: {NAME} cannot be read ({problem.strerror}).") from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise RequestError(f"{path} is no file of results ({problem}).") from problem


def _written(figures: Any) -> Any:
    """Nested objects with each figure as its value and the two ends of its interval; None stays."""
    if isinstance(figures, Interval):
        return [round(number, DIGITS) for number in (figures.value, figures.low, figures.high)]
    return figures and {name: _written(inner) for name, inner in figures.items()}


def _as_read(figures: Any) -> Any:
    """The opposite of `_written`."""
    if isinstance(figures, list):
        return Interval(*figures)
    return figures and {name: _as_read(inner) for name, inner in figures.items()}


def _by_seed(played: Sequence[PlayedEpisode]) -> dict[str, list[Any]]:
    means = {name: [_number(episode.shares[name][0]) for episode in played] for name in MEANS}
    return {**means, **{name: [list(map(_number, episode.shares[name])) for episode in played] for name in RATIOS}}


def _number(value: float) -> float | None:
    """The number as short as possible; None for NaN, which JSON does not have."""
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() else round(value, DIGITS)


def _text(value: Any, depth: int) -> str:
    """JSON, with line breaks in the outer objects only."""
    if not isinstance(value, dict) or depth == _DEPTH or not value:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    indent = " " * (depth + 1)
    rows = [f"{indent}{json.dumps(key, ensure_ascii=False)}: {_text(inner, depth + 1)}" for key, inner in value.items()]
    return "{\n" + ",\n".join(rows) + "\n" + " " * depth + "}"
