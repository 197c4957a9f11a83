"""The JSON that evaluation, training and the certificate wrote, as tables.

    for table in evaluation_tables(Path("outputs/eval/test/results.json").read_bytes()):
        table.title, table.columns, table.rows

An interval is three columns. Nothing here knows where the files are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, TypeAdapter

Cell = str | int | float | bool | None
_Interval = tuple[float, float, float] | None
"""Value, low and high; None where nothing was counted."""
_Figures = Mapping[str, Mapping[str, Mapping[str, _Interval]]]
"""Agent to tier to metric."""
_WITH_INTERVALS = ("score", "skill", "catch_rate", "false_positive_rate")
_BY_ERROR = ("recall", "precision")
_FIRST = ("step", "reward", "audit/score", "audit/skill", "audit/return", "loss")
"""Columns of a training log that come before the others."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    """What the figures are of, in a sentence or two."""


class _Made(BaseModel):
    model_config = ConfigDict(extra="ignore")
    command: str
    date: str


class _Evaluation(BaseModel):
    model_config = ConfigDict(extra="ignore")
    made: _Made
    split: str
    baseline: str
    seeds: Mapping[str, Sequence[int]]
    figures: _Figures
    differences: _Figures = {}


class _Bar(BaseModel):
    model_config = ConfigDict(extra="ignore")
    relation: str
    limit: float


class _Measurement(BaseModel):
    model_config = ConfigDict(extra="ignore")
    what: str
    tier: str
    value: float
    low: float
    high: float
    bar: _Bar | None
    passed: bool
    seeds: str
    note: str


class _Claim(BaseModel):
    model_config = ConfigDict(extra="ignore")
    claim: str
    passed: bool
    measurements: Sequence[_Measurement]


class _Certificate(BaseModel):
    model_config = ConfigDict(extra="ignore")
    command: str
    version: str
    interval: str
    claims: Mapping[str, _Claim]


_Log = TypeAdapter(list[dict[str, Cell]])


def evaluation_tables(content: bytes) -> list[Table]:
    """The figures by agent and tier, by error type, and against the baseline.

    Raises:
        ValidationError: It is no results.json of an evaluation.
    """
    run = _Evaluation.model_validate_json(content)
    seeds = ", ".join(f"{len(seeds)} of {tier}" for tier, seeds in run.seeds.items())
    made = f"Made by `{run.made.command}`, {run.made.date}."
    note = f"Split {run.split}; seeds: {seeds}. Low and high: 95 % interval. {made}"
    metrics = list(dict.fromkeys(metric for _, _, of_tier in _each(run.figures) for metric in of_tier))
    plain = [metric for metric in metrics if " " not in metric]
    columns = [name for metric in plain for name in _columns(metric)]
    rows = [
        (agent, tier, *(cell for metric in plain for cell in _cells(metric, of_tier.get(metric))))
        for agent, tier, of_tier in _each(run.figures)
    ]
    errors = ("agent", "tier", "error type", *(f"{m}{end}" for m in _BY_ERROR for end in ("", " low", " high")))
    compared = ("agent", "tier", "metric", "difference", "low", "high")
    tables = [
        Table("By agent and tier", ("agent", "tier", *columns), tuple(rows), note),
        Table("By error type", errors, tuple(_by_error(run.figures)), note),
        Table(f"Less {run.baseline}", compared, tuple(_differences(run.differences)), note),
    ]
    return [table for table in tables if table.rows]


def log_table(content: bytes, title: str) -> Table:
    """A training log, a row a step. Raises ValidationError where it is none."""
    steps = _Log.validate_json(content)
    named = list(dict.fromkeys(name for step in steps for name in step))
    columns = [name for name in _FIRST if name in named] + [name for name in named if name not in _FIRST]
    return Table(title, tuple(columns), tuple(tuple(step.get(name) for name in columns) for step in steps))


def certificate_tables(content: bytes) -> list[Table]:
    """The claims, and every measurement. Raises ValidationError where it is no certificate."""
    read = _Certificate.model_validate_json(content)
    note = f"Version {read.version}. Low and high: {read.interval} interval. Made by `{read.command}`."
    claims = [
        (one.claim, one.passed, sum(m.passed and m.bar is not None for m in one.measurements), _barred(one))
        for one in read.claims.values()
    ]
    measured = [
        (name, m.what, m.tier, m.value, m.low, m.high, *_bar(m), m.seeds, m.note)
        for name, one in read.claims.items()
        for m in one.measurements
    ]
    columns = ("claim", "what", "tier", "value", "low", "high", "bar", "passed", "seeds", "note")
    return [
        Table("Claims", ("claim", "passed", "bars met", "bars"), tuple(claims), note),
        Table("Measurements", columns, tuple(measured), note),
    ]


def _bar(measurement: _Measurement) -> tuple[Cell, Cell]:
    """The bar in words and whether it is met; nothing for a figure that has none."""
    bar = measurement.bar
    return (f"{bar.relation} {bar.limit:g}", measurement.passed) if bar else (None, None)


def _barred(claim: _Claim) -> int:
    return sum(measurement.bar is not None for measurement in claim.measurements)


def _each(figures: _Figures) -> Iterator[tuple[str, str, Mapping[str, _Interval]]]:
    for agent, of_agent in figures.items():
        for tier, of_tier in of_agent.items():
            yield agent, tier, of_tier


def _columns(metric: str) -> tuple[str, ...]:
    name = metric.replace("_", " ")
    return (name, f"{name} low", f"{name} high") if metric in _WITH_INTERVALS else (name,)


def _cells(metric: str, figure: _Interval) -> tuple[Cell, ...]:
    known: tuple[Cell, ...] = figure or (None, None, None)
    return known if metric in _WITH_INTERVALS else known[:1]


def _by_error(figures: _Figures) -> Iterator[tuple[Cell, ...]]:
    for agent, tier, of_tier in _each(figures):
        kinds = dict.fromkeys(metric.split(" ", 1)[1] for metric in of_tier if " " in metric)
        for kind in kinds:
            recall, precision = (of_tier.get(f"{metric} {kind}") for metric in _BY_ERROR)
            if recall or precision:
                yield agent, tier, kind, *(recall or (None,) * 3), *(precision or (None,) * 3)


def _differences(figures: _Figures) -> Iterator[tuple[Cell, ...]]:
    for agent, tier, of_tier in _each(figures):
        for metric, difference in of_tier.items():
            if difference is not None:
                yield agent, tier, metric.replace("_", " "), *difference
