"""The rows of a certificate and its text: measurements, each with its interval and the bar that it must meet.

    Measurement("AUC, words of the note", "hard", Interval(0.503, 0.487, 0.519), at_most(0.55), "validation 0-39")

A measurement without a bar informs and cannot fail. Figures are printed with FIGURES significant digits, so that the
last bits of a platform's arithmetic show nowhere. Nothing here knows what is measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Literal

from ..comparison.intervals import Interval as Interval
from ..episode_line import WORLD_VERSION

FIGURES = 4
COMMAND = "uv run python -m synth_audit_env.validation.certify"
_ESCAPED = "\\|"


@dataclass(frozen=True, slots=True)
class Bar:
    """The limit of a figure: at most or at least so much, both included."""

    relation: Literal["at most", "at least"]
    limit: float

    def met(self, figure: Interval, *, doubt: float = 0) -> bool:
        """True if a figure meets the bar.

        With a `doubt` the sample is too small to hold the figure itself to the bar: then it may lie beyond the bar by
        so many times the half of its interval that faces the bar. With 1 the end of the interval is what is held to it.
        """
        if self.relation == "at most":
            return figure.value - doubt * (figure.value - figure.low) <= self.limit
        return figure.value + doubt * (figure.high - figure.value) >= self.limit

    def __str__(self) -> str:
        return f"{'≤' if self.relation == 'at most' else '≥'} {self.limit:g}"


at_most, at_least = partial(Bar, "at most"), partial(Bar, "at least")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of the certificate."""

    what: str
    tier: str
    """A tier's name, or "all"."""
    figure: Interval
    bar: Bar | None
    seeds: str
    """The episodes that it was measured on, so that anyone can replay them; those that fail, where they are known."""
    note: str = ""
    """One sentence, where the figure needs one."""

    def passed(self, *, doubt: float = 0) -> bool:
        """Whether the bar is met; True without one. `doubt` as in `Bar.met`."""
        return self.bar is None or self.bar.met(self.figure, doubt=doubt)

    def line(self, *, doubt: float = 0) -> str:
        """The row as a line of the terminal."""
        verdict = "      " if self.bar is None else "ok    " if self.passed(doubt=doubt) else "MISSED"
        note = f"  {self.note}" if self.note else ""
        return f"{verdict} {self.what} [{self.tier}]: {self._held()} ({self.seeds}){note}"

    def cell(self) -> str:
        """The figure and its bar as Markdown, in bold where the bar is missed."""
        return self._held() if self.passed() else f"**{self._held()}**"

    def _held(self) -> str:
        return _text(self.figure) if self.bar is None else f"{_text(self.figure)} {self.bar}"


Measured = Mapping[str, Sequence[Measurement]]
"""By the name of the claim."""


def exact(what: str, figure: float, bar: Bar | None, seeds: str, note: str = "", *, tier: str = "all") -> Measurement:
    """The row of a figure that is counted or computed, not estimated."""
    return Measurement(what, tier, Interval.exact(figure), bar, seeds, note)


NONE = at_most(0.0)
"""The bar of something that must not occur at all."""


def where(failing: Iterable[str], seeds: str, most: int = 5) -> str:
    """The first episodes that fail, each once, so that anyone can replay them; `seeds` if none fails."""
    places = list(dict.fromkeys(failing))
    return ", ".join(places[:most]) + (f" and {len(places) - most} more" if len(places) > most else "") or seeds


def counted(what: str, found: Sequence[str], seeds: str, note: str = "") -> Measurement:
    """The row of what must not occur at all: how often it was found, and where."""
    return exact(what, len(found), NONE, where(found, seeds), note)


def as_json(titles: Mapping[str, str], measured: Measured) -> str:
    """The certificate for programs: claims by name, each with its title and measurements."""
    claims = {
        name: {
            "claim": title,
            "passed": all(row.passed() for row in measured[name]),
            "measurements": list(map(_fields, measured[name])),
        }
        for name, title in titles.items()
    }
    head = {"command": COMMAND, "version": WORLD_VERSION, "interval": "95 %"}
    return json.dumps({**head, "claims": claims}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_markdown(titles: Mapping[str, str], measured: Measured) -> str:
    """The certificate for people: a summary, then every figure."""
    parts = [
        f"# Certificate of synth_audit_env {WORLD_VERSION}",
        f"Written by `{COMMAND}`. In brackets are 95 % confidence intervals; what has none is counted, not estimated. "
        "Behind a figure is its bar, if it has one; a figure that misses its bar is set in bold. A bar is met by the "
        "figure itself, and its interval may cross it; with `--quick`, which writes no page, it is met by the "
        "interval, stretched since there are many bars.",
        _summary(titles, measured),
    ]
    for name, title in titles.items():
        parts += [f"## {title}", _table(measured[name])]
    return "\n\n".join(parts) + "\n"


def _summary(titles: Mapping[str, str], measured: Measured) -> str:
    """A row for each claim: how many of its bars are met."""
    lines = ["| claim | bars met | more figures |", "|---|---|---|"]
    for name, title in titles.items():
        held = [row for row in measured[name] if row.bar is not None]
        met = sum(row.passed() for row in held)
        lines.append(f"| {title} | {met} of {len(held)} | {len(measured[name]) - len(held)} |")
    return "\n".join(lines)


def _fields(row: Measurement) -> dict[str, object]:
    figure = {name: _rounded(value) for name, value in row.figure._asdict().items()}
    bar = None if row.bar is None else asdict(row.bar)
    held = {"bar": bar, "passed": row.passed(), "seeds": row.seeds, "note": row.note}
    return {"what": row.what, "tier": row.tier, **figure, **held}


def _table(rows: Sequence[Measurement]) -> str:
    """A line for each measurement."""
    lines = ["| what | tier | measured | episodes | note |", "|---|---|---|---|---|"]
    for row in rows:
        cells = (row.what, row.tier, row.cell(), row.seeds, row.note)
        lines.append(f"| {' | '.join(cell.replace('|', _ESCAPED) for cell in cells)} |")
    return "\n".join(lines)


def _text(figure: Interval) -> str:
    if figure.low == figure.high:
        return f"{_rounded(figure.value):g}"
    return f"{_short(figure.value)} [{_short(figure.low)}, {_short(figure.high)}]"


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 100 else f"{value:.4g}"


def _rounded(value: float) -> float:
    return float(f"{value:.{FIGURES}g}")
