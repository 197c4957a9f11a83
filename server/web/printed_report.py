"""The report of a finished audit as one HTML file that prints to a clean PDF: no script, nothing loaded from anywhere.

    Path("audit.html").write_text(printed_report(desk), encoding="utf-8")

Every text of the episode and of the person is escaped. It carries the closing hash of the audit trail, so that a trail
kept as a file can be held against the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from synth_audit_env.rollouts.episode_log import PACKAGE_VERSION
from synth_audit_env.rollouts.transcript import action_text
from synth_audit_env.server.web.aftermath import DECISIONS, MISTAKE, OPEN, SOUND, Aftermath, Row, aftermath
from synth_audit_env.server.web.audit_trail import closing_hash
from synth_audit_env.server.web.desk import Desk, DeskError
from synth_audit_env.server.web.rivals import rivals

_KINDS = {MISTAKE: "mistake", SOUND: "sound", OPEN: "open"}
WARNING = "Synthetic data, not for clinical use."
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Were a text ever to get past the escaping, a browser would still load nothing for it and run nothing."""
_STYLE = """
@page { size: A4; margin: 18mm 16mm; }
body { font: 10.5pt/1.45 system-ui, sans-serif; color: #111; background: #fff; }
body { max-width: 60em; margin: 0 auto; padding: 1em; }
header { border-bottom: 2px solid #111; margin-bottom: 1em; }
h1 { font-size: 1.6em; margin: 0 0 .2em; }
h2 { font-size: 1.2em; margin: 1.6em 0 .4em; }
h3 { font-size: 1em; margin: 0; }
h2, h3, caption { break-after: avoid; }
.warning { font-weight: 700; }
table { border-collapse: collapse; width: 100%; margin-bottom: .8em; break-inside: avoid; }
caption { text-align: left; font-style: italic; padding: .2em 0; }
th, td { border: 1px solid #888; padding: .25em .5em; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; }
tr, article { break-inside: avoid; }
article { border: 1px solid #888; padding: .5em .8em; margin: .6em 0; }
article p, .filed { margin: .3em 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.mistake h3::before { content: "\\2717\\00a0"; }
.sound h3::before { content: "\\2713\\00a0"; }
.open h3::before { content: "\\25CB\\00a0"; }
@media print { body { padding: 0; max-width: none; } }
"""
"""Head rows come again on every page, and neither a row nor a finding is cut by the end of one."""


def printed_report(desk: Desk) -> str:
    """The document. Raises DeskError where the audit is not over."""
    outcome = desk.outcome
    if outcome is None:
        raise DeskError("The audit is not over: its report can be printed once it is filed.")
    after = aftermath(outcome, desk.decided)
    title = f"Audit of {desk.task_id}, {desk.split} seed {desk.seed}"
    parts = [*_head(desk, title), *_summary(desk, after), *_findings(desk, after), *_rivals(desk), *_trail(desk)]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style></head><body>",
            *parts,
            f'<footer><p class="warning">{WARNING}</p></footer></body></html>\n',
        ]
    )


def _head(desk: Desk, title: str) -> Iterator[str]:
    yield f"<header><h1>{escape(title)}</h1>"
    yield f'<p class="warning">{WARNING}</p>'
    facts = [
        ("Trial", desk.pages.code),
        ("Episode", desk.episode_id),
        ("Difficulty", desk.opening.difficulty),
        ("Version", f"synth_audit_env {PACKAGE_VERSION}"),
        ("Time taken", _clock(desk.trail[-1].offset_s)),
        ("Closing hash of the audit trail (SHA-256)", closing_hash(desk)),
    ]
    yield f"{_table('', (), facts)}</header>"


def _summary(desk: Desk, after: Aftermath) -> Iterator[str]:
    yield "<main><h2>Summary</h2>"
    figures = [
        ("Score (F1.5; share approved where nothing was wrong)", after.score),
        ("F1.5", after.f_beta),
        ("Skill (0 is flagging everything, 1 is perfect)", after.skill),
        ("Recall", after.recall),
        ("Precision", after.precision),
        (f"Brier score of the decisions ({after.confidences} with a confidence)", after.brier),
        ("Return", after.return_),
    ]
    yield _table("Figures", ("Figure", "Value"), [(name, _number(value)) for name, value in figures])
    counted = [
        ("wrong" if wrong else "right", *(str(after.counts[wrong, decision]) for decision in DECISIONS))
        for wrong in (True, False)
    ]
    yield _table("Proposals by truth and decision", ("Determination", "flagged", "approved", "undecided"), counted)
    paid = [(one.event.replace("_", " "), _signed(one.amount), _signed(one.running)) for one in after.waterfall]
    yield _table("How the return came about", ("Event", "Amount", "Running total"), paid)
    yield f'<h2>Report as filed</h2><p class="filed">{escape(desk.report or "None was filed.")}</p>'


def _findings(desk: Desk, after: Aftermath) -> Iterator[str]:
    yield "<h2>Findings, by proposal</h2>"
    about = {one.proposal_id: one for one in desk.opening.actor_proposals}
    for row in after.rows:
        listed = about[row.proposal_id]
        yield f'<article class="{_KINDS[row.mark]}">'
        yield f"<h3>{escape(row.proposal_id)} on {escape(listed.patient_id)}: {escape(row.verdict)}</h3>"
        yield f"<p>{escape(listed.diagnosis)}; the Actor recommended: {escape(listed.recommended_action)}.</p>"
        yield f"<p><b>Decision.</b> {escape(_decision(row))}</p>"
        if row.reason:
            yield f"<p><b>Reason given.</b> {escape(row.reason)}</p>"
        truth = "right" if row.error_type is None else f"wrong ({row.error_type.replace('_', ' ')})"
        told = f"The determination is {truth}. {row.explanation} {row.flaw}"
        yield f"<p><b>Truth.</b> {escape(told)}</p></article>"


def _decision(row: Row) -> str:
    as_what = "" if row.flagged_as is None else f" as {row.flagged_as.replace('_', ' ')}"
    sure = "" if row.confidence is None else f", confidence {row.confidence:.2f}"
    return f"{'undecided' if row.decision == 'pending' else row.decision}{as_what}{sure}."


def _rivals(desk: Desk) -> Iterator[str]:
    made = desk.made_of
    kinds = tuple(made["error_types"]) if "error_types" in made else None
    others = rivals(desk.task_id, desk.split, desk.seed, made.get("level"), kinds)
    rows = [(one.name, one.knows, *map(_number, (one.score, one.skill, one.return_)), str(one.steps)) for one in others]
    yield "<h2>Others on the same episode</h2>"
    yield _table("", ("Auditor", "Goes by", "Score", "Skill", "Return", "Steps"), rows)


def _trail(desk: Desk) -> Iterator[str]:
    rows = [
        (str(one.number), _clock(one.offset_s), action_text(one.action), one.error or "", _signed(one.cost))
        for one in desk.trail
    ]
    yield "<h2>Audit trail</h2>"
    caption = f"{len(rows)} actions. Cost is what an action cost whatever is true of the proposals."
    yield f"{_table(caption, ('Step', 'After', 'Action', 'Refused because', 'Cost'), rows)}</main>"


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of escaped texts. The first cell of a row is its heading."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    named = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{named}{f'<thead><tr>{head}</tr></thead>' if heads else ''}<tbody>{body}</tbody></table>"


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"


def _signed(value: float) -> str:
    return f"{value:+.3f}"


def _clock(seconds: float) -> str:
    """Minutes and seconds: 12:04."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
