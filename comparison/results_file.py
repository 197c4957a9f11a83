"""results.json: a run's figures, and what each agent came to on each seed, for people, tools and `compare`.

    path.write_text(as_json(run))
    told = read(folder)
    told.by_seed["heuristic"]["hard"]["score"][7]
    told.figures["heuristic"]["hard"]["score"].low

Numbers are rounded to DIGITS, so that the file is the same wherever sums are taken in another order. All but `made`
is the same whenever agents that ask no model play the same seeds. How the others asked theirs is
under `settings`, which runs without them do not have.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ..validation.certificate import Interval
from .metrics import METRICS
from .results import Episode, Figures, Made, Run

NAME = "results.json"
DIGITS = 6
MEANS = ("score", "skill", "return", "steps", "tool_calls", "tokens", "cost", "gave_up")
"""Metrics of which each episode has a number; null where it is not known, as a cost may be."""
RATIOS = ("recall", "false_positive_rate", "reason_accuracy")
"""Metrics of which each episode has two: what is counted, and among how many."""
_DEPTH = 4
"""Objects within so many others begin lines of their own: a line a metric."""


class ResultsError(ValueError):
    """There are no results to be read. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Told:
    """A run as results.json tells it."""

    path: Path
    made: Made
    split: str
    figures: Figures
    seeds: Mapping[str, Sequence[int]]
    """By tier."""
    by_seed: Mapping[str, Mapping[str, Mapping[str, Sequence[Any]]]]
    """Agent to tier to a name of MEANS or RATIOS to what it is of each episode, in the order of the seeds."""
    baseline: str = ""
    differences: Figures = field(default_factory=dict)
    """To the baseline; both as in a Run."""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """How the models of agents were asked."""


def as_json(run: Run) -> str:
    """The text of results.json."""
    told = {
        "made": asdict(run.made),
        "split": run.split,
        "baseline": run.baseline,
        **({"settings": run.settings} if run.settings else {}),
        "seeds": run.seeds,
        "figures": _each(run.figures, _triple),
        "differences": _each(run.differences, _triple),
        "by_seed": {
            agent: {tier: _by_seed(played) for tier, played in of_tiers.items()}
            for agent, of_tiers in run.episodes.items()
        },
    }
    return _text(told, 0) + "\n"


def read(folder: Path) -> Told:
    """The results in the folder of a run. Raises ResultsError where there are none."""
    path = folder / NAME
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        made = Made(**{one.name: told["made"][one.name] for one in fields(Made)})
        figures, less = (_each(told[part], lambda triple: Interval(*triple)) for part in ("figures", "differences"))
        as_told = {part: told[part] for part in ("split", "seeds", "by_seed", "baseline")}
        return Told(folder, made, figures=figures, differences=less, settings=told.get("settings", {}), **as_told)
    except OSError as problem:
        raise ResultsError(f"{folder} holds no results: {NAME} cannot be read ({problem.strerror}).") from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ResultsError(f"{path} is no file of results ({problem}).") from problem


def _each(figures: Any, of: Callable[[Any], Any]) -> Any:
    """The same objects within objects, with that made of each figure; None, where nothing was counted, stays."""
    if isinstance(figures, Mapping):
        return {name: _each(inner, of) for name, inner in figures.items()}
    return None if figures is None else of(figures)


def _triple(one: Interval) -> list[float]:
    return [round(number, DIGITS) for number in (one.value, one.low, one.high)]


def _by_seed(played: Sequence[Episode]) -> dict[str, list[Any]]:
    sums = {name: METRICS[name].sums(played).tolist() for name in (*MEANS, *RATIOS)}
    means = {name: [_number(value) for value, _ in sums[name]] for name in MEANS}
    return {**means, **{name: [list(map(_number, pair)) for pair in sums[name]] for name in RATIOS}}


def _number(value: float) -> float | None:
    """As short as it can be written; None for NaN, which JSON has not."""
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
