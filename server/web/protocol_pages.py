"""The protocol by section, cut out of the text that every auditor is given.

    pages = read_pages(opening.protocol_excerpt)
    pages.chapters[0].sections[1].text    # "§3.2 Age at enrolment is at most 77 years."

Cut, not understood: what a sentence means for a patient is left to whoever reads it. A line that is neither a section
nor an amendment stays with the one before it, so that nothing of the text is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SECTION = re.compile(r"§([0-9]+\.[0-9]+) ")
_CHAPTER = re.compile(r"§([0-9]+) (.+)")
_AMENDMENT = re.compile(r"Amendment ([0-9]+)\b")
_CODE = re.compile(r"PROTOCOL (\S+?)\.?(?:\s|$)")
_CHANGED = re.compile(r"§([0-9]+\.[0-9]+) (?:reads|does not apply)")


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered sentence."""

    number: str
    """As cited, without the section sign: "3.2"."""
    text: str
    """With its number, as the protocol has it."""
    amendments: tuple[str, ...]
    """The amendments that name it as what they change, each in full. Whether one applies depends on the patient."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """The sections under one heading."""

    number: str
    title: str
    sections: tuple[Section, ...]
    amendments: tuple[str, ...] = ()
    """In full, for the chapter that lists them."""


@dataclass(frozen=True, slots=True)
class Pages:
    """A protocol, to leaf through."""

    code: str
    """Of the trial; empty where the text names none."""
    preamble: str
    """What comes before the first section."""
    chapters: tuple[Chapter, ...]


@dataclass(slots=True)
class _Draft:
    """A chapter that is being read."""

    number: str
    title: str
    sections: list[str] = field(default_factory=list)
    amendments: list[str] = field(default_factory=list)
    open: list[str] | None = None
    """The list whose last text a further line belongs to."""


def read_pages(text: str) -> Pages:
    """Cut a protocol into its sections. Any text can be cut; what has no sections is all preamble."""
    preamble: list[str] = []
    drafts: list[_Draft] = []
    for line in text.split("\n"):
        chapter = _CHAPTER.fullmatch(line)
        if chapter is not None:
            drafts.append(_Draft(chapter[1], chapter[2]))
        elif not drafts:
            preamble.append(line)
        else:
            _put(drafts[-1], line)
    amendments = [text for draft in drafts for text in draft.amendments]
    code = _CODE.match(text)
    return Pages(code[1] if code else "", "\n".join(preamble), tuple(_chapter(draft, amendments) for draft in drafts))


def _put(draft: _Draft, line: str) -> None:
    if _SECTION.match(line):
        draft.open = draft.sections
    elif _AMENDMENT.match(line):
        draft.open = draft.amendments
    elif draft.open is None:
        draft.title += f"\n{line}"
        return
    else:
        draft.open[-1] += f"\n{line}"
        return
    draft.open.append(line)


def _chapter(draft: _Draft, amendments: list[str]) -> Chapter:
    sections = []
    for text in draft.sections:
        number = _numbered(_SECTION, text)
        changes = tuple(one for one in amendments if number in _CHANGED.findall(one))
        sections.append(Section(number, text, changes))
    return Chapter(draft.number, draft.title, tuple(sections), tuple(draft.amendments))


def _numbered(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    assert found is not None, "the text was put where it is for its number"
    return found[1]
