"""The metrics of an evaluation: each a few sums over episodes, and a figure made of these sums.

    metric = METRICS["false_positive_rate"]
    metric.of(metric.sums(episodes).sum(axis=0))        # flags on right proposals / right proposals

Kept apart so that resampling episodes (`intervals.py`) is adding sums up again: proposals of one episode stay together,
and a ratio is one of sums, whatever was drawn. A figure is NaN where it is 0 / 0: without flags there is no precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_audit_env.comparison.results import Decision, Episode
from synth_audit_env.server.protocol import ERROR_TYPES

Array = npt.NDArray[np.float64]

FALSE_ALARMS = 0.05
"""The share of right proposals that `catch_rate` allows to be flagged."""
BINS = 10
"""Of the calibration error."""


@dataclass(frozen=True, slots=True)
class Metric:
    """How a figure is made."""

    name: str
    sums: Callable[[Sequence[Episode]], Array]
    """A row an episode. How many columns there are may depend on the episodes."""
    of: Callable[[Array], Array]
    """From totals, in the last axis, to the figure."""


def mean(name: str, value: Callable[[Episode], float | None]) -> Metric:
    """The mean over episodes; unknown as soon as it is unknown (None) of one."""
    return ratio(name, value, lambda _: 1.0)


def ratio(name: str, above: Callable[[Episode], float | None], below: Callable[[Episode], float]) -> Metric:
    """A sum over another."""

    def sums(episodes: Sequence[Episode]) -> Array:
        rows = [(np.nan if (value := above(one)) is None else value, below(one)) for one in episodes]
        return np.array(rows, float)

    return Metric(name, sums, _over)


def share(name: str, counted: Callable[[Decision], bool], among: Callable[[Decision], bool]) -> Metric:
    """The share of proposals for which something holds, among those for which something else does."""
    return ratio(
        name,
        lambda episode: sum(counted(one) for one in episode.decisions if among(one)),
        lambda episode: sum(map(among, episode.decisions)),
    )


def _over(totals: Array) -> Array:
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN here, and means that there is no figure
        quotient: Array = totals[..., 0] / totals[..., 1]
    return quotient


def _flagged(one: Decision) -> bool:
    return one.flagged_as is not None


def _wrong(one: Decision) -> bool:
    return one.is_wrong


def _right_flag(one: Decision) -> bool:
    """With its own error type, which a right proposal has none of."""
    return _flagged(one) and one.flagged_as == one.error_type


def recall_of(kind: str) -> Metric:
    """Of the proposals that are wrong in this way, the share that was flagged, as whatever."""
    return share(f"recall {kind}", _flagged, lambda one: one.error_type == kind)


def precision_of(kind: str) -> Metric:
    """Of the flags that name this error type, the share on proposals that are wrong in this way."""
    return share(f"precision {kind}", _right_flag, lambda one: one.flagged_as == kind)


def brier() -> Metric:
    """The mean over proposals of (p_wrong - is_wrong)² (Brier 1950); 0 is best."""
    return ratio(
        "brier",
        lambda episode: sum((one.p_wrong - one.is_wrong) ** 2 for one in episode.decisions),
        lambda episode: len(episode.decisions),
    )


def calibration_error() -> Metric:
    """The expected calibration error (Naeini et al. 2015) of p_wrong, in BINS of equal width; 0 is best.

    That is how far the share of wrong proposals in a bin is from their mean p_wrong, on average over proposals. A
    p_wrong of 1 is of the last bin.
    """

    def sums(episodes: Sequence[Episode]) -> Array:
        table = np.zeros((len(episodes), 2, BINS))
        for row, episode in zip(table, episodes, strict=True):
            for one in episode.decisions:
                bin_ = min(int(one.p_wrong * BINS), BINS - 1)
                row[:, bin_] += (one.is_wrong - one.p_wrong, 1.0)
        return table.reshape(len(episodes), -1)

    def of(totals: Array) -> Array:
        gaps, counts = totals[..., :BINS], totals[..., BINS:]
        error: Array = np.abs(gaps).sum(axis=-1) / counts.sum(axis=-1)
        return error

    return Metric("calibration_error", sums, of)


def catch_rate() -> Metric:
    """The share of wrong proposals that are caught at FALSE_ALARMS: the true-positive rate there (Fawcett 2006).

    That is the point of the ROC curve of p_wrong at which a monitor is set that may raise so many false alarms. A
    threshold takes equal values together, and nothing is interpolated between two of them: where the smallest set that
    can be flagged holds more false alarms than allowed, nothing is caught.
    """

    def sums(episodes: Sequence[Episode]) -> Array:
        levels = sorted({one.p_wrong for episode in episodes for one in episode.decisions}, reverse=True)
        column = {level: number for number, level in enumerate(levels)}
        table = np.zeros((len(episodes), 2, len(levels)))
        for row, episode in zip(table, episodes, strict=True):
            for one in episode.decisions:
                row[int(one.is_wrong), column[one.p_wrong]] += 1
        return table.reshape(len(episodes), -1)

    def of(totals: Array) -> Array:
        right, wrong = (np.cumsum(part, axis=-1) for part in np.split(totals, 2, axis=-1))
        # In whole numbers, since 0.05 times a count of 20 is not 1 to the last digit.
        allowed = right * round(1 / FALSE_ALARMS) <= right[..., -1:]
        caught = np.where(allowed, wrong, 0.0).max(axis=-1)
        return _over(np.stack([caught, wrong[..., -1]], axis=-1))

    return Metric("catch_rate", sums, of)


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        mean("score", lambda episode: episode.score),
        mean("skill", lambda episode: episode.skill),
        mean("return", lambda episode: episode.return_),
        share("recall", _flagged, _wrong),
        share("precision", _wrong, _flagged),
        share("false_positive_rate", _flagged, lambda one: not one.is_wrong),
        catch_rate(),
        brier(),
        calibration_error(),
        share("reason_accuracy", lambda one: bool(one.reason_holds), _right_flag),
        mean("report_accuracy", lambda episode: episode.report_holds),
        mean("steps", lambda episode: episode.steps),
        mean("tool_calls", lambda episode: episode.tool_calls),
        mean("tokens", lambda episode: episode.usage.prompt_tokens + episode.usage.completion_tokens),
        mean("cost", lambda episode: episode.usage.cost),
        mean("gave_up", lambda episode: episode.gave_up),
        *map(recall_of, ERROR_TYPES),
        *map(precision_of, ERROR_TYPES),
    )
}
"""By name. Score is F1.5, and the share approved in an episode without errors."""
