"""The certificate as text: a line of the terminal, JSON, and the Markdown that the README quotes.

Figures are rounded to FIGURES significant digits, so that the last bits of a platform's arithmetic show nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from synth_audit_env.validation.certificate import Interval, Measurement

FIGURES = 4
COMMAND = "uv run python -m synth_audit_env.validation.certify"


def row(one: Measurement, *, doubt: bool = False) -> str:
    """A measurement as a line of the terminal."""
    verdict = "      " if one.bar is None else "ok    " if one.passed(doubt=doubt) else "MISSED"
    bar = "" if one.bar is None else f" {one.bar}"
    note = f"  {one.note}" if one.note else ""
    return f"{verdict} {one.what} [{one.tier}]: {_figure(one.figure)}{bar} ({one.seeds}){note}"


def as_json(titles: Mapping[str, str], measured: Sequence[Measurement]) -> str:
    """The certificate for programs: claims by name, each with its measurements."""
    claims = {
        name: {
            "claim": title,
            "passed": all(one.passed() for one in measured if one.claim == name),
            "measurements": [_fields(one) for one in measured if one.claim == name],
        }
        for name, title in titles.items()
    }
    told = {"command": COMMAND, "version": version("synth_audit_env"), "interval": "95 %", "claims": claims}
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_markdown(titles: Mapping[str, str], measured: Sequence[Measurement]) -> str:
    """The certificate for people: the summary that the README quotes, then every figure."""
    parts = [
        f"# Certificate of synth_audit_env {version('synth_audit_env')}",
        f"Written by `{COMMAND}`. In brackets are 95 % confidence intervals; what has none is counted, not estimated.",
        summary(titles, measured),
    ]
    for name, title in titles.items():
        own = [one for one in measured if one.claim == name]
        lines = ["| what | tier | measured | bar | met | episodes | |", "|---|---|---|---|---|---|---|"]
        lines += [f"| {' | '.join(_cells(one))} |" for one in own]
        parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def summary(titles: Mapping[str, str], measured: Sequence[Measurement]) -> str:
    """A row for each claim: how many of its bars are met, and the figure that comes closest to its bar."""
    lines = ["| claim | bars met | closest to its bar |", "|---|---|---|"]
    for name, title in titles.items():
        held = [one for one in measured if one.claim == name and one.bar is not None]
        met = sum(one.passed() for one in held)
        closest = _closest(held)
        shown = "" if closest is None else f"{closest.what}, {closest.tier}: {_figure(closest.figure)} {closest.bar}"
        lines.append(f"| {title} | {met} of {len(held)} | {shown} |")
    return "\n".join(lines)


def _closest(held: Sequence[Measurement]) -> Measurement | None:
    """The estimate with the least room, in units of its interval; of counted figures none comes close."""
    estimated = [one for one in held if one.figure.high > one.figure.low]
    return min(estimated or held, key=_room, default=None)


def _room(one: Measurement) -> float:
    assert one.bar is not None
    room = one.bar.limit - one.figure.value
    room = room if one.bar.relation == "at most" else -room
    width = one.figure.high - one.figure.low
    return room / width if width else room


def _fields(one: Measurement) -> dict[str, object]:
    bar = None if one.bar is None else {"relation": one.bar.relation, "limit": one.bar.limit}
    return {
        "what": one.what,
        "tier": one.tier,
        "value": _rounded(one.figure.value),
        "low": _rounded(one.figure.low),
        "high": _rounded(one.figure.high),
        "bar": bar,
        "passed": one.passed(),
        "seeds": one.seeds,
        "note": one.note,
    }


def _cells(one: Measurement) -> tuple[str, ...]:
    met = "" if one.bar is None else "yes" if one.passed() else "**no**"
    cells = (one.what, one.tier, _figure(one.figure), "" if one.bar is None else str(one.bar), met, one.seeds, one.note)
    return tuple(cell.replace("|", "\\|") for cell in cells)


def _figure(figure: Interval) -> str:
    if figure.low == figure.high:
        return f"{_rounded(figure.value):g}"
    return f"{_short(figure.value)} [{_short(figure.low)}, {_short(figure.high)}]"


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 100 else f"{value:.4g}"


def _rounded(value: float) -> float:
    return float(f"{value:.{FIGURES}g}")
