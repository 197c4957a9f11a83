"""Small pieces of HTML that every pane of the page is made of. Whatever text goes in comes out escaped.

    links_in("See §3.2.")            # 'See <a class="wb-cite" href="#wb-at-3.2" …>§3.2</a>.'
    saved_as("Episode", "episode.jsonl", data, "application/jsonl")

A link to a section is the same whether the protocol has it or not: that shows when somebody follows it. Where a page
shows more than one protocol, `key` says which one a link leads into.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from html import escape

_CITED = re.compile(r"§\s?[0-9]+(?:\.[0-9]+)?|\bAmendment [0-9]+", re.IGNORECASE)
_SHORT = 40
"""Letters of a cell."""


def anchor(cited: str, key: str = "") -> str:
    """The id of the place in the page that a citation leads to, if there is one: "wb-at-3.2", "wb-at-amendment-2"."""
    return f"wb-{key}{'-' if key else ''}at-" + re.sub(r"[^a-z0-9.]+", "-", cited.lower()).strip("-.")[:40]


def cite(cited: str, key: str = "") -> str:
    """A citation as a link."""
    told = f'data-cited="{escape(cited)}" data-key="{escape(key)}"'
    return f'<a class="wb-cite" href="#{anchor(cited, key)}" {told}>{escape(cited)}</a>'


def lookup(key: str = "") -> str:
    """Where the page says that what was looked up does not exist."""
    return f'<p class="wb-lookup wb-wrong" role="status" data-key="{escape(key)}"></p>'


def links_in(text: str, key: str = "") -> str:
    """A text with its citations as links."""
    parts, at = [], 0
    for found in _CITED.finditer(text):
        parts += [escape(text[at : found.start()]), cite(found[0], key)]
        at = found.end()
    return "".join([*parts, escape(text[at:])])


def words(name: str) -> str:
    """A name of the wire as words: "age boundary error"."""
    return name.replace("_", " ")


def signed(amount: float) -> str:
    """An amount of reward, with a true minus sign."""
    return f"{amount:+.3f}".replace("-", "−")


def figure(value: float | None) -> str:
    """A figure with three digits, or that it is not defined."""
    return "not defined" if value is None else f"{value:.3f}".replace("-", "−")


def counted(number: int, noun: str) -> str:
    """A number of things: "1 day", "2 days"."""
    return f"{number} {noun}{'' if abs(number) == 1 else 's'}"


def clock(seconds: float) -> str:
    """Minutes and seconds: 12:04."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values in two columns."""
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    return f'<dl class="wb-facts">{told}</dl>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, label: str, wide: bool = False) -> str:
    """A table of texts.

    Args:
        heads: Of the columns.
        rows: A text for each of them.
        label: What the table is, for who does not see it.
        wide: It has more columns than fit, and scrolls to the side, by keys too. If not, each row becomes a block on a
            narrow screen, whose cells say what they are.
    """
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(f"<tr>{''.join(map(_cell, heads, row))}</tr>" for row in rows)
    made = (
        f'<table class="wb-table{" wb-grid" if wide else ""}"><caption class="wb-hidden">{escape(label)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
    if not wide:
        return made
    return f'<div class="wb-wide-table" role="region" aria-label="{escape(label)}" tabindex="0">{made}</div>'


def _cell(head: str, cell: str) -> str:
    # Short texts are not torn apart; what is long may be broken anywhere, since a log may hold any word.
    kind = ' class="wb-short"' if len(cell) <= _SHORT else ""
    return f'<td data-head="{escape(head)}"{kind}>{escape(cell)}</td>'


def notice(text: str, *, wrong: bool = False, code: bool = False) -> str:
    """A sentence that a screen reader says at once.

    Args:
        text: The sentence; nothing is made of an empty one.
        wrong: It tells of something that did not go well.
        code: What stands in it between `backticks` is shown as code.
    """
    kind = ' class="wb-wrong" role="alert"' if wrong else ' role="status"'
    told = re.sub("`([^`]+)`", r"<code>\1</code>", escape(text)) if code else escape(text)
    return f"<p{kind}>{told}</p>" if text else ""


def saved_as(words_: str, name: str, data: bytes, kind: str) -> str:
    """A link that saves a file, which is in the link itself: nothing is kept on the server's disk.

    Args:
        words_: Of the link.
        name: Of the file.
        data: What is in it.
        kind: Its media type.
    """
    content = base64.b64encode(data).decode()
    return (
        f'<a class="wb-save" download="{escape(name)}" href="data:{escape(kind)};base64,{content}">{escape(words_)}</a>'
    )
