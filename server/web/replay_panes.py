"""An episode that was recorded, as HTML: one step of it, one beside another, and all of them in a table.

    step_pane(pair, "left", "right"), steps_table(pairs, place), outcome_pane(replay.after)

Everything in a log is a stranger's text, and is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from synth_audit_env.server.web.markup import facts, figure, links_in, signed, table
from synth_audit_env.server.web.replays import Frame, Pair, Replay


def heading(replay: Replay) -> str:
    """Which episode it is, and how it went."""
    after = replay.after
    told = [
        ("Score", figure(after.score)),
        ("Skill", figure(after.skill)),
        ("Return", signed(after.return_)),
        ("Steps", str(len(replay.frames))),
        ("Wrong decisions", str(len(replay.mistakes()))),
    ]
    return f"<h3>{escape(replay.title)}</h3>{facts(told)}"


def step_pane(pair: Pair, left: Replay, right: Replay | None) -> str:
    """A step of one episode, or of two side by side."""
    if right is None:
        return _frame(pair.left, left.record.agent)
    return (
        f'<div class="wb-two"><div>{_frame(pair.left, left.record.agent)}</div>'
        f"<div>{_frame(pair.right, right.record.agent)}</div></div>"
    )


def _frame(frame: Frame | None, agent: str) -> str:
    if frame is None:
        nothing = '<p class="wb-faint">Did nothing that goes with it.</p>'
        return f'<div class="wb-frame"><h3>{escape(agent)}</h3>{nothing}</div>'
    action = frame.action
    written = action.reason or action.report
    verdict = "" if frame.verdict is None else f"<p{_kind(frame)}><b>Truth.</b> {escape(frame.verdict)}</p>"
    told = [
        ("Paid", signed(frame.paid)),
        ("Return so far", signed(frame.running)),
        ("Steps left", str(frame.steps_left)),
    ]
    came = frame.error or frame.brought
    parts = [
        f"<h3>{escape(agent)}, step {frame.number}</h3>",
        f"<details><summary>What it saw before</summary><pre>{links_in(frame.saw)}</pre></details>",
        f"<p><b>Did.</b> {escape(frame.did)}</p>",
        f'<p class="wb-prose">{escape(written)}</p>' if written else "",
        verdict,
        f"<p{' class=wb-wrong' if frame.error else ''}><b>What came of it.</b></p><pre>{links_in(came)}</pre>",
        facts(told),
    ]
    return f'<div class="wb-frame">{"".join(parts)}</div>'


def _kind(frame: Frame) -> str:
    return ' class="wb-wrong"' if frame.is_mistake else ""


def steps_table(pairs: Sequence[Pair], left: Replay, right: Replay | None) -> str:
    """Every step in a row."""
    if right is None:
        rows = [_cells(pair.left) for pair in pairs]
        return table(("Step", "Did", "Paid", "Truth"), rows, label=f"Steps of {left.title}")
    heads = (*_heads(left), "Same", *_heads(right))
    both = [(*_cells(pair.left)[1:], "=" if pair.same else "", *_cells(pair.right)[1:]) for pair in pairs]
    return table(heads, both, label=f"{left.title} beside {right.title}")


def _heads(replay: Replay) -> tuple[str, str, str]:
    agent = replay.record.agent
    return (f"{agent} did", "paid", "truth")


def _cells(frame: Frame | None) -> tuple[str, str, str, str]:
    if frame is None:
        return ("", "", "", "")
    return (str(frame.number), frame.did, signed(frame.paid), _verdict(frame))


def _verdict(frame: Frame) -> str:
    return f"✗ {frame.verdict}" if frame.is_mistake else frame.verdict or ""
