"""From what the clients counted to the figures of a report: medians of rounds, ratios, slopes, aims met or not.

    cell = Cell.of([outcome_of_round_1, outcome_of_round_2])
    cell.steps_per_s.median, cell.errors
    ratio(cell, of_another_server)["steps_per_s"]

The servers take turns, so the first round of one and the first of another ran on a machine in the same mood: ratios are
made round by round, and their median is reported, which is not the ratio of the medians.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from synth_audit_env.benchmarks.load import Growth, Outcome
from synth_audit_env.benchmarks.processes import MEBIBYTE

AIM_SESSIONS = 64
LEAST_RATIO = 0.9
MOST_RESET_S = 0.005
"""Of processor time."""
MOST_PER_SESSION = MEBIBYTE
"""Bytes."""
LONG = 100_000
"""Steps over which memory has to be flat."""
MOST_DRIFT = 2 * MEBIBYTE
"""Bytes over so many steps: the memory of ten sessions or so. A byte lost a step would be a twentieth of it."""
COMPARED = (
    *("steps_per_s", "resets_per_s", "p50_ms", "p95_ms", "p99_ms", "reset_p99_ms"),
    *("processor_us_per_step", "processor_us_per_reset"),
)


@dataclass(frozen=True)
class Spread:
    """A figure of several rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The middle, the least and the greatest."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Cell:
    """One server under one load, over the rounds."""

    rounds: tuple[dict[str, float], ...]
    """By figure: COMPARED."""
    steps: int
    errors: int
    """Messages that got another answer than was due, or none."""
    bytes_per_answer: float

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Cell:
        """Work out the figures of each round."""
        answered = sum(one.steps.messages + one.resets.messages for one in outcomes)
        received = sum(one.steps.received + one.resets.received for one in outcomes)
        return cls(
            rounds=tuple(_figures(one) for one in outcomes),
            steps=sum(one.steps.messages for one in outcomes),
            errors=sum(one.steps.errors + one.resets.errors for one in outcomes),
            bytes_per_answer=received / answered if answered else 0.0,
        )

    def spread(self, figure: str) -> Spread:
        """A figure over the rounds."""
        return Spread.of([one[figure] for one in self.rounds])

    def report(self, base: Cell) -> dict[str, Any]:
        """As it goes into a report, with the ratios to another server."""
        return {
            "steps": self.steps,
            "errors": self.errors,
            "bytes_per_answer": self.bytes_per_answer,
            **{figure: asdict(self.spread(figure)) for figure in COMPARED},
            "ratios": {figure: asdict(ratio(self, base, figure)) for figure in COMPARED},
        }


def _figures(outcome: Outcome) -> dict[str, float]:
    steps, resets = outcome.steps, outcome.resets
    values = (
        *(steps.per_second, resets.per_second),
        *(steps.quantile_ms(share) for share in (0.5, 0.95, 0.99)),
        resets.quantile_ms(0.99),
        *(steps.processor_us, resets.processor_us),
    )
    return dict(zip(COMPARED, values, strict=True))


def ratio(cell: Cell, base: Cell, figure: str) -> Spread:
    """How a figure of one server stands to that of another, round by round."""
    return Spread.of([one[figure] / other[figure] for one, other in zip(cell.rounds, base.rounds, strict=True)])


def drift(resident: Sequence[tuple[int, int]]) -> dict[str, float]:
    """How memory goes with the steps played: a straight line through (steps, bytes).

    Returns:
        The steps watched, memory at the first and the last look and the drift over LONG steps, in bytes.
    """
    steps, held = zip(*resident, strict=True)
    slope = statistics.linear_regression(steps, held).slope
    return {"steps": steps[-1] - steps[0], "first": held[0], "last": held[-1], "drift": slope * LONG}


@dataclass(frozen=True)
class Aim:
    """What is aimed for, and what was measured."""

    aim: str
    measured: float
    met: bool


@dataclass(frozen=True)
class Crowd:
    """This server beside openenv's with an environment that does nothing, at AIM_SESSIONS sessions."""

    ours: Cell
    groups: Cell
    """Ours, with eight sessions to an episode."""
    base: Cell
    """openenv's, which does the same whatever is played."""
    ours_at_own_pace: Cell
    base_at_own_pace: Cell


def aims(crowd: Crowd | None, memory: Growth, drifted: Mapping[str, float], errors: int) -> list[Aim]:
    """Compare with the aims.

    Args:
        crowd: Where so many sessions were measured.
        memory: Of this server.
        drifted: What `drift` says of it.
        errors: Of this server, under all loads.
    """
    held, grown = memory.per_session / MEBIBYTE, drifted["drift"] / MEBIBYTE
    flat = f"MiB of drift over {LONG:,} steps: within {MOST_DRIFT // MEBIBYTE}, up or down"
    return [
        *(() if crowd is None else _aims_of(crowd)),
        Aim("errors: none", errors, errors == 0),
        Aim("MiB of memory for a session: under 1", held, memory.per_session < MOST_PER_SESSION),
        Aim(flat, grown, abs(drifted["drift"]) <= MOST_DRIFT),
    ]


def _aims_of(crowd: Crowd) -> Iterator[Aim]:
    alone, grouped = (crowd.ours, crowd.base), (crowd.groups, crowd.base)
    own_pace = crowd.ours_at_own_pace, crowd.base_at_own_pace
    yield _most("processor time a step", "processor_us_per_step", *alone, 1.0)
    yield _least("steps/s", "steps_per_s", *alone, LEAST_RATIO)
    yield _least("steps/s in groups of 8", "steps_per_s", *grouped, 1.5)
    yield _most("99th percentile of a step at their own pace", "p99_ms", *own_pace, 1.5)
    yield _least("steps/s at their own pace", "steps_per_s", *own_pace, 0.4)
    reset_s = crowd.ours.spread("processor_us_per_reset").median / 1e6
    told = f"ms of processor time for a reset: at most {MOST_RESET_S * 1e3:g}"
    yield Aim(told, reset_s * 1e3, reset_s <= MOST_RESET_S)


def _most(what: str, figure: str, cell: Cell, base: Cell, bound: float) -> Aim:
    found = ratio(cell, base, figure).median
    return Aim(f"{what}, of openenv-async: at most {bound}", found, found <= bound)


def _least(what: str, figure: str, cell: Cell, base: Cell, bound: float) -> Aim:
    found = ratio(cell, base, figure).median
    return Aim(f"{what}, of openenv-async: at least {bound}", found, found >= bound)
