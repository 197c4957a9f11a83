"""A protocol as HTML, each section of it a place that a citation leads to.

    protocol_pane(desk.pages)                                      # in the audit tab
    protocol_pane(read_pages(opening.protocol_excerpt), "replay-0")   # led to by links_in(text, "replay-0")

Every text of the episode is escaped.
"""

from __future__ import annotations

from html import escape

from .markup import anchor, cite, lookup
from .protocol_pages import Chapter, Pages, Section


def protocol_pane(pages: Pages, key: str = "") -> str:
    """The whole protocol, amendments included.

    Args:
        pages: The protocol.
        key: Keeps its places apart from those of another protocol on the page.
    """
    chapters = "".join(_chapter(chapter, key) for chapter in pages.chapters)
    return f'<p class="wb-faint">{escape(pages.preamble)}</p>{lookup(key)}{chapters}'


def _chapter(chapter: Chapter, key: str) -> str:
    title = f"§{chapter.number} {chapter.title}"
    sections = "".join(_section(section, key) for section in chapter.sections)
    amendments = "".join(_place(one.partition(" (")[0], one, key) for one in chapter.amendments)
    return f'<h3 id="{anchor(chapter.number, key)}" tabindex="-1">{escape(title)}</h3>{sections}{amendments}'


def _section(section: Section, key: str) -> str:
    changed = [cite(one.partition(" (")[0], key) for one in section.amendments]
    note = f' <span class="wb-faint">See {", ".join(changed)}.</span>' if changed else ""
    return _place(section.number, section.text, key, note)


def _place(number: str, text: str, key: str, note: str = "") -> str:
    return f'<p class="wb-section" id="{anchor(number, key)}" tabindex="-1">{escape(text)}{note}</p>'
