"""What is shown when an audit is over, and the files that can be saved of it, as HTML.

    after_pane(desk), files_pane(desk)

Every text of the episode and of the person is escaped.
"""

from __future__ import annotations

from html import escape

from .aftermath import DECISIONS, MISTAKE, OPEN, SOUND, Aftermath, Row, aftermath
from .desk import Desk
from .deviations import deviation_log, left_out
from .markup import facts, figure, links_in, notice, saved_as, signed, table, words

_KINDS = {MISTAKE: "wb-mistake", SOUND: "wb-sound", OPEN: "wb-open"}


def after_pane(desk: Desk) -> str:
    """The whole outcome of a desk whose audit is over; empty before."""
    outcome = desk.outcome
    if outcome is None:
        return ""
    told = outcome_pane(aftermath(outcome, desk.decided))
    return (
        '<section class="wb-after" id="wb-after" tabindex="-1" aria-label="Outcome"><h2>How it went</h2>'
        f"{told}</section>"
    )


def outcome_pane(after: Aftermath, *, key: str = "") -> str:
    """Figures, what the return is made of, and the truth about every proposal.

    Args:
        after: Of the episode.
        key: Says which protocol of the page the citations lead into.
    """
    proposals = "".join(_proposal(row, key) for row in after.rows)
    return (
        f"{facts(_figures(after))}{_decisions(after)}{_payments(after)}"
        f'<h3>Proposal by proposal</h3><div class="wb-cards">{proposals}</div>'
    )


def _figures(after: Aftermath) -> list[tuple[str, str]]:
    return [
        ("Score (F1.5; share approved where nothing was wrong)", figure(after.score)),
        ("F1.5", figure(after.f_beta)),
        ("Skill (0 is flagging everything, 1 is perfect)", figure(after.skill)),
        ("Errors caught (recall)", figure(after.recall)),
        ("Flags that were right (precision)", figure(after.precision)),
        ("False alarms among right proposals", figure(after.false_positive_rate)),
        (f"Brier score (0 is best; {after.confidences} decisions with a confidence)", figure(after.brier)),
        ("Return", signed(after.return_)),
    ]


def _decisions(after: Aftermath) -> str:
    """What was decided of wrong and of right proposals."""
    rows = [
        ("wrong" if wrong else "right", *(str(after.counts[wrong, decision]) for decision in DECISIONS))
        for wrong in (True, False)
    ]
    label = "Decisions against the truth"
    heads = ("Determination", "Flagged", "Approved", "Undecided")
    return f"<h3>{label}</h3>{table(heads, rows, label=label)}"


def _payments(after: Aftermath) -> str:
    rows = [(words(one.event), signed(one.amount), signed(one.running)) for one in after.waterfall]
    label = "What the return is made of"
    return f"<h3>{label}</h3>{table(('Event', 'Amount', 'Running total'), rows, label=label)}"


def _proposal(row: Row, key: str) -> str:
    sure = "" if row.confidence is None else f", confidence {row.confidence:.2f}"
    named = "" if row.flagged_as is None else f" as {words(row.flagged_as)}"
    decided = "undecided" if row.decision == "pending" else row.decision
    truth = "right" if row.error_type is None else f"wrong: {words(row.error_type)}"
    reason = f'<p class="wb-prose"><b>Reason given.</b> {escape(row.reason)}</p>' if row.reason else ""
    mark = f'<span aria-hidden="true">{row.mark}</span>'
    return (
        f'<article class="{_KINDS[row.mark]}"><h4>{mark} {escape(row.proposal_id)}: '
        f"{escape(row.verdict)}</h4><p><b>Decision.</b> {escape(decided + named + sure)}. "
        f"<b>Determination.</b> {escape(truth)}.</p>{reason}"
        f"<p><b>How the Actor read the protocol.</b> {links_in(row.flaw, key)}</p>"
        f"<p><b>What the protocol says.</b> {links_in(row.explanation, key)}</p></article>"
    )


def files_pane(desk: Desk) -> str:
    """Links that save the audit so far. The episode for the replay is there once it is over."""
    name = f"{desk.task_id}-{desk.seed}"
    items = [saved_as("Deviation log (CDISC DV, CSV)", f"{name}-dv.csv", deviation_log(desk).encode(), "text/csv")]
    if desk.over:
        record = desk.record().line().encode()
        items.append(saved_as("Episode (for the replay tab)", f"{name}-episode.jsonl", record, "application/jsonl"))
    out = left_out(desk)
    about = notice(f"Not in the deviation log, being about the whole cohort: {', '.join(out)}.") if out else ""
    listed = "".join(f"<li>{item}</li>" for item in items)
    return f'<ul class="wb-files">{listed}</ul>{about}'
