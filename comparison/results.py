"""The results of an evaluation, and results.json, the file that keeps them for people, tools and `compare`.

    run = run_of("test", "flag-all", episodes, made)
    run.figures["heuristic"]["hard"]["score"].low        # the mean over the seeds, and its 95 % interval
    run.figures["heuristic"][OVERALL]["score"].value     # the mean of the tiers
    run.by_seed["heuristic"]["hard"]["score"][7]         # of the eighth seed of the tier
    path.write_text(as_json(run))
    run = read(folder)

What is kept of each seed is rounded to DIGITS, so that the file is the same wherever sums are taken in another order.
All but `made` is the same whenever agents that ask no model play the same seeds. How the others asked theirs is under
`settings`, which runs without them do not have.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from . import RequestError
from .episodes import PlayedEpisode
from .intervals import Array, Interval, draw_counts, interval, overall
from .metrics import METRICS
from .provenance import Made

NAME = "results.json"
DIGITS = 6
OVERALL = "overall"
"""In place of a tier: the mean of the tiers, each counting the same."""
MEANS = ("score", "skill", "return", "steps", "tool_calls", "tokens", "cost", "gave_up")
"""Metrics of which each episode has a number; null where it is not known, as a cost may be."""
RATIOS = ("fault_f1", "recall", "false_positive_rate")
"""Metrics of which each episode has two: what is counted, and among how many, which may be none."""
_DEPTH = 4
"""Objects within so many others begin lines of their own: a line a metric."""

Figures = Mapping[str, Mapping[str, Mapping[str, Interval | None]]]
"""Agent to tier or OVERALL to metric (`metrics.py` has their names); None where nothing was counted."""
BySeed = Mapping[str, Mapping[str, Sequence[Any]]]
"""Tier to a name of MEANS or RATIOS to what it is of each episode, in the order of the seeds."""
Sums = Mapping[str, Mapping[str, Array]]
"""Metric to tier to its sums, an episode a row."""
Draws = dict[str, dict[str, Array]]
"""Metric to tier to the figure as played, then in each draw; NaN where there is none."""


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
    """How the models of agents were asked, by agent; those without one are left out."""
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
        ended = {
            agent: [ended for of in tiers.values() for ended in of.get("gave_up", ()) if ended is not None]
            for agent, tiers in self.by_seed.items()
        }
        return {agent: (sum(of_agent), len(of_agent)) for agent, of_agent in ended.items() if sum(of_agent)}


def run_of(split: str, baseline: str, played: Iterable[PlayedEpisode], made: Made) -> Run:
    """The results of episodes. All agents have the same tiers, and the same seeds in the same order."""
    episodes: dict[str, dict[str, list[PlayedEpisode]]] = {}
    for episode in played:
        episodes.setdefault(episode.agent, {}).setdefault(episode.tier, []).append(episode)
    some = next(iter(episodes.values()))
    by_agent = {
        agent: [episode for of_tier in tiers.values() for episode in of_tier] for agent, tiers in episodes.items()
    }
    figures, differences = _figures({agent: _sums_of_episodes(of) for agent, of in episodes.items()}, baseline)
    return Run(
        split=split,
        seeds={tier: tuple(episode.seed for episode in of_tier) for tier, of_tier in some.items()},
        made=made,
        by_seed={agent: {tier: _by_seed(of) for tier, of in tiers.items()} for agent, tiers in episodes.items()},
        figures=figures,
        baseline=baseline,
        differences=differences,
        settings={agent: of[0].settings for agent, of in by_agent.items() if of[0].settings is not None},
    )


def rebuilt(run: Run, by_seed: Mapping[str, BySeed], baseline: str = "") -> Run:
    """Other agents on the seeds of a run, with the figures of MEANS and RATIOS as far as each is known of all seeds.

    Differences are to the baseline, if one is named.
    """
    figures, differences = _figures({agent: _sums_of_seeds(of) for agent, of in by_seed.items()}, baseline)
    return replace(run, by_seed=by_seed, baseline=baseline, figures=figures, differences=differences)


def _sums_of_episodes(tiers: Mapping[str, Sequence[PlayedEpisode]]) -> Sums:
    return {name: {tier: METRICS[name].sums(played) for tier, played in tiers.items()} for name in METRICS}


def _sums_of_seeds(tiers: BySeed) -> Sums:
    sums: dict[str, dict[str, Array]] = {}
    for name in (*MEANS, *RATIOS):
        if all(name in of for of in tiers.values()):
            for tier, of in tiers.items():
                values = np.array(of[name], float)
                rows = values if name in RATIOS else np.column_stack([values, np.ones(len(values))])
                sums.setdefault(name, {})[tier] = rows
    return sums


def _drawn(sums: Sums) -> Draws:
    """The draws of an agent."""
    return {
        name: {tier: METRICS[name].of(draw_counts(tier, len(rows)) @ rows) for tier, rows in by_tier.items()}
        for name, by_tier in sums.items()
    }


def _figures(sums: Mapping[str, Sums], baseline: str) -> tuple[Figures, Figures]:
    """Figures and differences of a run."""
    drawn = {agent: _drawn(of) for agent, of in sums.items()}
    others = [agent for agent in sums if baseline and agent != baseline]
    differences = {agent: _intervals(_less(drawn[agent], drawn[baseline])) for agent in others}
    return {agent: _intervals(of) for agent, of in drawn.items()}, differences


def _less(mine: Draws, theirs: Draws) -> Draws:
    """Tier by tier, so that both means are over the tiers in which both have a figure."""
    return {
        name: {tier: values - theirs[name][tier] for tier, values in by_tier.items()}
        for name, by_tier in mine.items()
        if name in theirs
    }


def _intervals(drawn: Draws) -> dict[str, dict[str, Interval | None]]:
    """Tier or OVERALL to metric to interval."""
    found: dict[str, dict[str, Interval | None]] = {}
    for name, by_tier in drawn.items():
        for tier, values in {**by_tier, OVERALL: overall(by_tier)}.items():
            found.setdefault(tier, {})[name] = interval(values)
    return found


def as_json(run: Run) -> str:
    """The text of results.json."""
    content = {
        "made": asdict(run.made),
        "split": run.split,
        "baseline": run.baseline,
        **({"settings": run.settings} if run.settings else {}),
        "seeds": run.seeds,
        "figures": _each(run.figures, _triple),
        "differences": _each(run.differences, _triple),
        "by_seed": run.by_seed,
    }
    return _text(content, 0) + "\n"


def read(folder: Path) -> Run:
    """The results in the folder of a run. Raises RequestError where there are none."""
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        made = Made(**{part.name: content["made"][part.name] for part in fields(Made)})
        figures, less = (_each(content[part], lambda triple: Interval(*triple)) for part in ("figures", "differences"))
        as_written = {part: content[part] for part in ("split", "seeds", "by_seed", "baseline")}
        settings = content.get("settings", {})
        return Run(folder=folder, made=made, figures=figures, differences=less, settings=settings, **as_written)
    except OSError as problem:
        raise RequestError(f"{folder} holds no results: {NAME} cannot be read ({problem.strerror}).") from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise RequestError(f"{path} is no file of results ({problem}).") from problem


def _each(figures: Any, of: Callable[[Any], Any]) -> Any:
    """The same nested objects, with the function applied to each figure; None, where nothing was counted, stays."""
    if isinstance(figures, Mapping):
        return {name: _each(inner, of) for name, inner in figures.items()}
    return None if figures is None else of(figures)


def _triple(figure: Interval) -> list[float]:
    return [round(number, DIGITS) for number in (figure.value, figure.low, figure.high)]


def _by_seed(played: Sequence[PlayedEpisode]) -> dict[str, list[Any]]:
    sums = {name: METRICS[name].sums(played).tolist() for name in (*MEANS, *RATIOS)}
    means = {name: [_number(value) for value, _ in sums[name]] for name in MEANS}
    return {**means, **{name: [list(map(_number, pair)) for pair in sums[name]] for name in RATIOS}}


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
