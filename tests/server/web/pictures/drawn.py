"""What a browser would find in a picture: words with their places, bars, and what must not be there."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from itertools import combinations

from synth_audit_env.server.web.pictures.svg import text_width

ALLOWED = {"svg", "title", "desc", "text", "rect", "line", "circle", "path"}
ATTRIBUTES = {
    *("role", "aria-labelledby", "aria-describedby", "viewBox", "width", "height", "style", "id", "d", "cx", "cy", "r"),
    *("x", "y", "x1", "y1", "x2", "y2", "font-family", "font-size", "font-weight", "text-anchor", "opacity"),
    *("fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray"),
}
BOLDER = 1.08
"""How much wider bold letters are taken to be."""


@dataclass(frozen=True)
class Box:
    words: str
    left: float
    top: float
    right: float
    bottom: float
    bold: bool

    def meets(self, other: "Box") -> bool:
        across = self.left < other.right - 0.01 and other.left < self.right - 0.01
        return across and self.top < other.bottom - 0.01 and other.top < self.bottom - 0.01


@dataclass(frozen=True)
class Bar:
    left: float
    width: float
    top: float
    height: float
    hollow: bool

    @property
    def right(self) -> float:
        return self.left + self.width


class Drawn:
    """A picture, read."""

    def __init__(self, svg: str) -> None:
        self.root = ET.fromstring(svg)
        self.elements = list(self.root.iter())
        self.height = float(self.root.attrib["viewBox"].split()[3])
        self.width = float(self.root.attrib["viewBox"].split()[2])

    def all(self, name: str) -> list[ET.Element]:
        return [one for one in self.elements if one.tag.endswith(f"}}{name}")]

    @property
    def title(self) -> str:
        return self.all("title")[0].text or ""

    @property
    def description(self) -> str:
        return self.all("desc")[0].text or ""

    @property
    def boxes(self) -> list[Box]:
        return [_box(one) for one in self.all("text")]

    @property
    def words(self) -> list[str]:
        return [box.words for box in self.boxes]

    @property
    def bars(self) -> list[Bar]:
        return [
            Bar(*(float(one.attrib[name]) for name in ("x", "width", "y", "height")), "fill-opacity" in one.attrib)
            for one in self.all("rect")
        ]


def _box(one: ET.Element) -> Box:
    words, size, bold = one.text or "", float(one.attrib["font-size"]), "font-weight" in one.attrib
    x, y, width = float(one.attrib["x"]), float(one.attrib["y"]), text_width(words, size) * (BOLDER if bold else 1)
    left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[one.attrib["text-anchor"]]
    return Box(words, left, y - 0.8 * size, left + width, y + 0.25 * size, bold)


def checked(svg: str) -> Drawn:
    """The picture, after what holds of each: it parses, is told in words, holds nothing foreign, and no words meet."""
    drawn = Drawn(svg)
    assert {one.tag.removeprefix("{http://www.w3.org/2000/svg}") for one in drawn.elements} <= ALLOWED
    assert {name for one in drawn.elements for name in one.attrib} <= ATTRIBUTES
    root = drawn.root.attrib
    assert root["role"] == "img"
    assert root["aria-labelledby"] == drawn.all("title")[0].attrib["id"]
    assert root["aria-describedby"] == drawn.all("desc")[0].attrib["id"]
    assert drawn.title
    assert drawn.description
    boxes = drawn.boxes
    assert not [(one.words, other.words) for one, other in combinations(boxes, 2) if one.meets(other)]
    outside = [box for box in boxes if box.left < 0 or box.right > drawn.width or box.top < 0]
    assert not outside
    assert all(box.bottom <= drawn.height for box in boxes)
    for bar in drawn.bars:
        assert bar.left >= -0.01
        assert bar.right <= drawn.width + 0.01
    return drawn


def clear(svg: str) -> Drawn:
    """The same, and no words on a bar either."""
    drawn = checked(svg)
    covers = [Box("", bar.left, bar.top, bar.right, bar.top + bar.height, False) for bar in drawn.bars]
    assert not [box.words for box in drawn.boxes for bar in covers if box.meets(bar)]
    return drawn
