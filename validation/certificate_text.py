"""The certificate as text: a line of the terminal, JSON, and the Markdown that the README quotes.

Figures are rounded to FIGURES significant digits, so that the last bits of a platform's arithmetic show nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from .certificate import Interval, Measurement

FIGURES = 4
_BAR = "\\|"
COMMAND = "uv run python -m synth_audit_env.validation.certify"


def row(one: Measurement, *, doubt: bool = False) -> str:
    """A measurement as a line of the terminal."""
    verdict = "      " if one.bar is None else "ok    " if one.passed(doubt=doubt) else "MISSED"
    bar = "" if one.bar is None else f" {one.bar}"
    note = f"  {one.note}" if one.note else ""
    return f"{verdict} {one.what} [{one.tier}]: {_figure(one.figure)}{bar} ({one.seeds}){note}"


def as_json(titles: Mapping[str, str], measured: Sequence[Measurement], fingerprint: str) -> str:
    """The certificate for programs: claims by name, each with its title and measurements."""
    claims = {
        name: {
            "claim": title,
            "passed": all(one.passed() for one in measured if one.claim == name),
            "measurements": [_fields(one) for one in measured if one.claim == name],
        }
        for name, title in titles.items()
    }
    told = {
        "command": COMMAND,
        "version": version("synth_audit_env"),
        "fingerprint": fingerprint,
        "interval": "95 %",
        "claims": claims,
    }
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_markdown(titles: Mapping[str, str], measured: Sequence[Measurement]) -> str:
    """The certificate for people: the summary that the README quotes, then every figure."""
    parts = [
        f"# Certificate of synth_audit_env {version('synth_audit_env')}",
        f"Written by `{COMMAND}`. In brackets are 95 % confidence intervals; what has none is counted, not estimated. "
        "Behind a figure is its bar, if it has one; a figure that misses its bar is set in bold. A bar is met by the "
        "figure itself, and its interval may cross it; with `--quick`, which writes no page, it is met by the "
        "interval, and missed only where that lies wholly beyond it.",
        summary(titles, measured),
    ]
    for name, title in titles.items():
        parts += [f"## {title}", _table([one for one in measured if one.claim == name])]
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


def _table(own: Sequence[Measurement]) -> str:
    """A line for what was measured on the same episodes of several tiers, a column for each tier."""
    tiers = tuple(dict.fromkeys(one.tier for one in own))
    lines: dict[tuple[str, str], list[Measurement]] = {}
    for one in own:
        lines.setdefault((one.what, one.seeds), []).append(one)
    titles = ("what", *("measured" if tiers == ("all",) else tier for tier in tiers), "episodes", "")
    rows = [titles, ("---",) * len(titles)]
    for (what, seeds), ones in lines.items():
        by_tier = {one.tier: _cell(one) for one in ones}
        rows.append((what, *(by_tier.get(tier, "") for tier in tiers), seeds, _notes(ones)))
    return "\n".join(f"| {' | '.join(cell.replace('|', _BAR) for cell in row)} |" for row in rows)


def _cell(one: Measurement) -> str:
    told = _figure(one.figure) if one.bar is None else f"{_figure(one.figure)} {one.bar}"
    return told if one.passed() else f"**{told}**"


def _notes(ones: Sequence[Measurement]) -> str:
    """One note where all say the same, else each with its tiers."""
    tiers: dict[str, list[str]] = {}
    for one in ones:
        if one.note:
            tiers.setdefault(one.note, []).append(one.tier)
    if list(map(len, tiers.values())) == [len(ones)]:
        return next(iter(tiers))
    return " ".join(f"{', '.join(among)}: {note}" for note, among in tiers.items())


def _figure(figure: Interval) -> str:
    if figure.low == figure.high:
        return f"{_rounded(figure.value):g}"
    return f"{_short(figure.value)} [{_short(figure.low)}, {_short(figure.high)}]"


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 100 else f"{value:.4g}"


def _rounded(value: float) -> float:
    return float(f"{value:.{FIGURES}g}")
