"""A sheet to draw on from top to bottom, which becomes an inline SVG that says in words what it shows.

    sheet = Sheet("Reward")
    sheet.paragraph("What was earned", bold=True)
    sheet.bar(100, 180, sheet.y, GOOD)
    sheet.y += ROW
    return sheet.picture("All decided: +0.10.", key="")

The sheet is WIDTH units wide, whatever its width on the page. Widths of words are estimated, a little too wide: the
font is the page's. Text is the colour of the page's text; the rest are variables of its style. Nothing here knows what
an episode is.
"""

from __future__ import annotations

import hashlib
import html
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

WIDTH = 320.0
"""Units. On a phone 320 pixels wide a unit is a pixel, or a little less beside margins; on a laptop 1.4 at most."""
MARGIN = 4.0
SIZE = 11.0
"""Of text, units."""
SMALL = 10.0
ROW = 16.0
"""Units from one row to the next."""

GOOD = "var(--wb-good, #2a9d63)"
BAD = "var(--wb-bad, #d9483b)"
BAND = "var(--wb-band, #4a8fd0)"
OTHER = "var(--wb-other, #b3801f)"
LINE = "var(--wb-line, #8a8f98)"

Anchor = Literal["start", "middle", "end"]
Shape = Literal["circle", "square", "triangle", "diamond", "cross", "tick"]

_MOST_TOLD = 8_000
"""Letters of a description: our longest has about a thousand, a log from elsewhere may hold anything."""
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold."""
_THINNEST = 0.34
_THIN = frozenset(" .,:;'|!ijlI")
_NARROW = frozenset("()[]tfr-/")
_WIDE = frozenset("mwMW%@—+−=<>~×")


_SHAPES: Mapping[Shape, tuple[tuple[tuple[float, float], ...], ...]] = {
    "square": (((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),),
    "triangle": (((0, -1.1), (1.1, 0.9), (-1.1, 0.9)),),
    "diamond": (((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),),
    "cross": (((-0.9, -0.9), (0.9, 0.9)), ((0.9, -0.9), (-0.9, 0.9))),
    "tick": (((-1, 0.1), (-0.2, 0.9), (1, -0.9)),),
}
"""Their strokes, each a line of (across, down) from the middle, where 1 is the size of the mark."""
_OPEN = ("cross", "tick")
"""Drawn by their strokes; the others are filled."""


def escape(words: str) -> str:
    """The words as they may stand in HTML and SVG, in text and in attributes."""
    return html.escape(_FORBIDDEN.sub("\ufffd", words), quote=True)


def text_width(words: str, size: float = SIZE) -> float:
    """Units that the words take at most in the fonts of web pages, as estimated from their letters."""
    return size * sum(_letter(one) for one in words)


@lru_cache(maxsize=4096)
def _letter(one: str) -> float:
    if one in _THIN:
        return _THINNEST
    if one in _NARROW:
        return 0.42
    if one in _WIDE or _FORBIDDEN.match(one):
        return 0.98
    if unicodedata.east_asian_width(one) in "WF":
        return 1.05
    return 0.76 if one.isupper() else 0.64


def shorten(words: str, width: float, size: float = SIZE) -> str:
    """The words, or as many of their letters as fit with an ellipsis behind them."""
    # No more letters than this can fit: a log may hold a word of megabytes.
    most = int(width / (_THINNEST * size)) + 1
    cut = len(words) > 2 * most
    words = " ".join(words[: 2 * most].split())
    if not cut and text_width(words, size) <= width:
        return words
    while words and text_width(words + "…", size) > width:
        words = words[:-1]
    return words + "…"


def wrap(words: str, width: float, size: float = SIZE, most: int = 8) -> list[str]:
    """The words in lines of that width: at most so many, and words that fill more than a line cut short."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        elif len(lines) == most:
            lines[-1] = shorten(f"{lines[-1]}…", width, size)
            break
        else:
            lines.append(shorten(word, width, size))
    return lines


def drawable(value: float) -> bool:
    """Whether it is a number that a bar can stand for: logs from elsewhere hold what they like."""
    return abs(value) <= 1e9


def number(value: float, digits: int, *, signed: bool = False) -> str:
    """The figure with a true minus sign, in seven letters at most unless it is none: large ones with fewer digits."""
    if not math.isfinite(value):
        return "not a number"
    sign = "+" if signed else ""
    if abs(value) >= 9999.5:
        return f"{value:{sign}.0e}".replace("e+0", "e").replace("e+", "e").replace("-", "−")
    digits = digits if abs(value) < 99.5 else 0
    told = f"{value:{sign}.{digits}f}"
    return told.replace("-", "−") if float(told) else told.lstrip("+-")


def whole(value: int, *, signed: bool = False) -> str:
    """The whole number in full, with a true minus sign."""
    return f"{value:{'+' if signed else ''}d}".replace("-", "−")


def _n(value: float) -> str:
    """A coordinate: two digits behind the point are finer than a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


@dataclass
class Sheet:
    """What has been drawn so far, and how far down."""

    title: str
    y: float = 0.0
    """The top of what comes next, units."""
    parts: list[str] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = SIZE,
        anchor: Anchor = "start",
        bold: bool = False,
        faint: bool = False,
    ) -> None:
        """Words on the base line y, as they are: whoever calls has made sure that they fit."""
        weight = ' font-weight="600"' if bold else ""
        opacity = ' opacity="0.8"' if faint else ""
        where = f'x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" text-anchor="{anchor}"'
        self.parts.append(f'<text {where} fill="currentColor"{weight}{opacity}>{escape(words)}</text>')

    def paragraph(
        self,
        words: str,
        *,
        size: float = SIZE,
        bold: bool = False,
        faint: bool = False,
        indent: float = 0.0,
        most: int = 8,
    ) -> None:
        """Words in as many lines as they take, from the left edge on; moves down."""
        # Bold letters are wider.
        width = (WIDTH - 2 * MARGIN - indent) / (1.08 if bold else 1.0)
        for line in wrap(words, width, size, most):
            self.y += size * 1.3
            self.text(MARGIN + indent, self.y - size * 0.25, line, size=size, bold=bold, faint=faint)

    def bar(self, x1: float, x2: float, y: float, colour: str, *, height: float = 9.0, hollow: bool = False) -> None:
        """A bar between two places, in either order: filled, or only its outline with a breath of colour."""
        left, width = min(x1, x2), max(abs(x2 - x1), 0.5)
        fill = ' fill-opacity="0.18"' if hollow else ""
        where = f'x="{_n(left)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
        self.parts.append(f'<rect {where} fill="{colour}"{fill} stroke="{colour}" stroke-width="1"/>')

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        colour: str = LINE,
        *,
        width: float = 1.0,
        dashed: bool = False,
    ) -> None:
        """A straight line."""
        dashes = ' stroke-dasharray="3 3"' if dashed else ""
        where = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
        self.parts.append(f'<line {where} stroke="{colour}" stroke-width="{_n(width)}"{dashes}/>')

    def mark(self, shape: Shape, x: float, y: float, colour: str = "currentColor", size: float = 4.5) -> None:
        """A small figure with its middle there."""
        if shape == "circle":
            self.parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(size)}" fill="{colour}"/>')
            return
        strokes = " ".join(
            "M" + " L".join(f"{_n(x + across * size)} {_n(y + down * size)}" for across, down in stroke)
            for stroke in _SHAPES[shape]
        )
        look = f'fill="none" stroke="{colour}" stroke-width="2"' if shape in _OPEN else f'fill="{colour}"'
        self.parts.append(f'<path d="{strokes}" {look}/>')

    def picture(self, description: str, key: str = "") -> str:
        """The SVG. `key` keeps the ids of two pictures of the same content apart."""
        content, title, description = "".join(self.parts), self.title[:200], description[:_MOST_TOLD]
        told = hashlib.sha256(f"{key}\0{title}\0{description}\0{content}".encode(errors="replace")).hexdigest()
        name = f"wb-{told[:16]}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}-t" aria-describedby="{name}-d"'
            f' viewBox="0 0 {_n(WIDTH)} {_n(self.y + MARGIN)}" width="100%" style="max-width:28rem;height:auto"'
            f' font-family="inherit"><title id="{name}-t">{escape(title)}</title>'
            f'<desc id="{name}-d">{escape(description)}</desc>{content}</svg>'
        )
