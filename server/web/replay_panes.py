"""An episode that was recorded, as HTML: its protocol, one step of it, one beside another, and all of them in a table.

    protocol_of(replay, KEYS[0]), step_pane(pair, left, right), steps_table(pairs, left, right)

A citation leads into the protocol of its own episode, by a key for each side. Everything in a log is a stranger's text,
and is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from .aftermath import FALSE_ALARM, LEFT_WRONG, MISSED, WRONG_KIND
from .markup import facts, figure, links_in, lookup, signed, table
from .protocol_pages import read_pages
from .protocol_pane import protocol_pane
from .replays import Frame, Pair, Replay

KEYS = ("replay-0", "replay-1")
"""Of the episode, and of the one beside it: whose protocol."""
SIDES = ("Left", "Right")
"""Two episodes may be of one agent."""


def protocol_of(replay: Replay, key: str) -> str:
    """The protocol as the agent had it from the beginning, folded: a citation that leads into it opens it."""
    pages = read_pages(replay.record.opening.protocol_excerpt or "")
    about = f"<summary>Protocol, as {escape(replay.record.agent)} had it</summary>"
    return f"<details>{about}{protocol_pane(pages, key)}</details>"


def heading(replay: Replay) -> str:
    """Which episode it is, and how it went."""
    after = replay.after
    verdicts = Counter(row.verdict for row in after.rows)
    told = [
        ("Score", figure(after.score)),
        ("Skill", figure(after.skill)),
        ("Return", signed(after.return_)),
        ("Steps", str(len(replay.frames))),
        # As the score counts them, which has an error that was named as another kind for caught.
        ("Errors missed or left open", str(verdicts[MISSED] + verdicts[LEFT_WRONG])),
        ("False alarms", str(verdicts[FALSE_ALARM])),
        ("Errors caught, but named as another kind", str(verdicts[WRONG_KIND])),
        ("Paid", "all at the last step, for everything" if replay.paid_at_end else "step by step"),
    ]
    return f"<h3>{escape(replay.title)}</h3>{facts(told)}"


def step_pane(pair: Pair, left: Replay, right: Replay | None) -> str:
    """A step of one episode, or of two side by side."""
    if right is None:
        return _frame(pair.left, left, KEYS[0])
    return (
        f'<div class="wb-two"><div>{_frame(pair.left, left, KEYS[0], f"{SIDES[0]}: ")}</div>'
        f"<div>{_frame(pair.right, right, KEYS[1], f'{SIDES[1]}: ')}</div></div>"
    )


def _frame(frame: Frame | None, replay: Replay, key: str, side: str = "") -> str:
    agent = f"{side}{replay.record.agent}"
    if frame is None:
        nothing = '<p class="wb-faint">Did nothing that goes with it.</p>'
        return f'<div class="wb-frame"><h3>{escape(agent)}</h3>{nothing}</div>'
    action = frame.action
    written = action.reason or action.report
    waits = replay.paid_at_end and frame is not replay.frames[-1]
    verdict = "" if frame.verdict is None else f"<p{_kind(frame)}><b>Truth.</b> {escape(frame.verdict)}</p>"
    told = [
        ("Paid", "nothing yet: all at the last step" if waits else signed(frame.paid)),
        ("Return so far", signed(frame.running)),
        ("Steps left", str(frame.steps_left)),
    ]
    came, wrong = frame.error or frame.brought, ' class="wb-wrong"' if frame.error else ""
    parts = [
        f"<h3>{escape(agent)}, step {frame.number}</h3>",
        f"<details><summary>{_seen(frame)}</summary><pre>{links_in(frame.saw, key)}</pre></details>",
        f"<p><b>Did.</b> {escape(frame.did)}</p>",
        f'<p class="wb-prose">{escape(written)}</p>' if written else "",
        verdict,
        f"<p{wrong}><b>{'Refused.' if frame.error else 'What came of it.'}</b></p>",
        f"<pre{wrong}>{links_in(came, key)}</pre>",
        lookup(key),
        facts(told),
    ]
    return f'<div class="wb-frame">{"".join(parts)}</div>'


def _seen(frame: Frame) -> str:
    return "What it saw before, with the protocol" if frame.number == 1 else "What it saw before"


def _kind(frame: Frame) -> str:
    return ' class="wb-wrong"' if frame.is_mistake else ""


def steps_table(pairs: Sequence[Pair], left: Replay, right: Replay | None) -> str:
    """Every step in a row."""
    if right is None:
        rows = [_cells(pair.left) for pair in pairs]
        return table(("Step", "Did", "Paid", "Truth"), rows, label=f"Steps of {left.title}")
    heads = (*_heads(left, SIDES[0]), "Same", *_heads(right, SIDES[1]))
    both = [(*_cells(pair.left), "=" if pair.same else "", *_cells(pair.right)) for pair in pairs]
    return table(heads, both, label=f"{left.title} beside {right.title}")


def _heads(replay: Replay, side: str) -> tuple[str, str, str, str]:
    return (f"{side} step", f"{side}: {replay.record.agent} did", f"{side} paid", f"{side} truth")


def _cells(frame: Frame | None) -> tuple[str, str, str, str]:
    if frame is None:
        return ("", "", "", "")
    return (str(frame.number), frame.did, signed(frame.paid), _verdict(frame))


def _verdict(frame: Frame) -> str:
    if frame.error is not None:
        return "✗ refused"
    return f"✗ {frame.verdict}" if frame.is_mistake else frame.verdict or ""
