"""What is told when an audit is over: the truth beside each decision, the figures, and where the return came from.

    after = aftermath(outcome, desk.decided)
    after.counts[True, "flagged"], after.rows[0].verdict, after.brier, after.waterfall[-1].running

It is made of the outcome alone, which no observation carries before the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...models import EpisodeOutcome, ProposalOutcome, Status, SynthAuditAction
from ...rollouts.rollout import Turn

CAUGHT = "error caught"
WRONG_KIND = "error caught, but named as another kind"
MISSED = "error missed"
LEFT_WRONG = "error left open"
FALSE_ALARM = "false alarm"
PASSED = "rightly passed"
LEFT_RIGHT = "left open"
MISTAKES = frozenset({WRONG_KIND, MISSED, LEFT_WRONG, FALSE_ALARM})
"""Verdicts that an auditor would rather not hear. The score counts WRONG_KIND as caught."""
MISTAKE, SOUND, OPEN = "✗", "✓", "○"
"""How a verdict is marked: OPEN is LEFT_RIGHT: no mistake, and not right either."""
_DEED = " The Actor "
"""How the last sentence of an explanation begins, and no other (`explanation.py`)."""
DECISIONS: tuple[Status, ...] = ("flagged", "approved", "pending")


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a proposal."""

    proposal_id: str
    decision: Status
    is_wrong: bool
    error_type: str | None
    """What is wrong; None for a right proposal."""
    flagged_as: str | None
    """What the flag named; None without a flag."""
    reason: str | None
    """The flag's; None without one."""
    confidence: float | None
    """In the decision, 0 to 1; None where none was given."""
    verdict: str
    """CAUGHT or one of the others above."""
    flaw: str
    """How the Actor came to its determination, and whether it mattered: "The Actor never read §4.3"."""
    explanation: str
    """What the protocol says of the record, from its trace, without the flaw."""

    @property
    def is_mistake(self) -> bool:
        """Whether the auditor was mistaken."""
        return self.verdict in MISTAKES

    @property
    def mark(self) -> str:
        """MISTAKE, SOUND or OPEN."""
        if self.verdict == LEFT_RIGHT:
            return OPEN
        return MISTAKE if self.is_mistake else SOUND


@dataclass(frozen=True, slots=True)
class Payment:
    """A step of the reward waterfall."""

    event: str
    """Of the reward table."""
    amount: float
    running: float
    """The amounts up to this one. The last is the return, to the last digit."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Of one episode."""

    score: float
    """F1.5, or the share approved where nothing was wrong."""
    f_beta: float
    """F1.5."""
    skill: float
    """At least -1; 0 is flagging everything, 1 is perfect."""
    recall: float | None
    """None where nothing was wrong."""
    precision: float | None
    """None without flags."""
    false_positive_rate: float | None
    brier: float | None
    """The mean of (p_wrong - is_wrong)² over proposals (Brier 1950), as in the evaluation's tables; 0 is best.

    p_wrong is the confidence in a flag, 1 - that in an approval, with a decision without a confidence counting as sure,
    and 0 for what is undecided. None where there are no proposals.
    """
    confidences: int
    """How many decisions came with a confidence."""
    return_: float
    counts: Mapping[tuple[bool, Status], int]
    """Proposals by whether they are wrong and what was decided: all six cells."""
    rows: tuple[Row, ...]
    """In the order of the list."""
    waterfall: tuple[Payment, ...]
    """Gains first, then losses, each in the order of the reward table."""


def aftermath(outcome: EpisodeOutcome, decided: Mapping[str, SynthAuditAction]) -> Aftermath:
    """What there is to tell of an episode.

    Args:
        outcome: Of its last observation.
        decided: Proposal id to the flag or approval that was accepted (`Desk.decided`, `decisions_of`).
    """
    rows = tuple(_row(truth, decided.get(truth.proposal_id)) for truth in outcome.proposals)
    counted = Counter((row.is_wrong, row.decision) for row in rows)
    return Aftermath(
        score=outcome.score,
        f_beta=outcome.f_beta,
        skill=outcome.skill,
        recall=outcome.recall,
        precision=outcome.precision,
        false_positive_rate=outcome.false_positive_rate,
        brier=sum((_p_wrong(row) - row.is_wrong) ** 2 for row in rows) / len(rows) if rows else None,
        confidences=sum(row.confidence is not None for row in rows),
        return_=outcome.return_,
        counts={(wrong, decision): counted[wrong, decision] for wrong in (True, False) for decision in DECISIONS},
        rows=rows,
        waterfall=waterfall(outcome.reward_breakdown),
    )


def decisions_of(turns: Iterable[Turn]) -> dict[str, SynthAuditAction]:
    """The flags and approvals that were accepted in an episode, by proposal."""
    accepted = (turn.action for turn in turns if turn.observation.error is None)
    return {one.proposal_id or "": one for one in accepted if one.action_type in ("flag_error", "approve")}


def judged(truth: ProposalOutcome, flagged_as: str | None) -> str:
    """The verdict on a decision."""
    if truth.decision == "flagged":
        if not truth.is_wrong:
            return FALSE_ALARM
        return CAUGHT if flagged_as == truth.error_type else WRONG_KIND
    if truth.decision == "approved":
        return MISSED if truth.is_wrong else PASSED
    return LEFT_WRONG if truth.is_wrong else LEFT_RIGHT


def waterfall(breakdown: Mapping[str, float]) -> tuple[Payment, ...]:
    """The return of an episode, event by event.

    Amounts are whole thousandths (`reward_model.py`) and are summed as such: their sum in floats is often off by a bit.
    """
    thousandths = [(event, round(1000 * amount)) for event, amount in breakdown.items()]
    payments, running = [], 0
    for event, amount in sorted(thousandths, key=lambda one: one[1] < 0):
        running += amount
        payments.append(Payment(event, amount / 1000, running / 1000))
    return tuple(payments)


def _row(truth: ProposalOutcome, action: SynthAuditAction | None) -> Row:
    flagged_as = action.error_type if action is not None else None
    flaw, explanation = _told_apart(truth)
    return Row(
        proposal_id=truth.proposal_id,
        decision=truth.decision,
        is_wrong=truth.is_wrong,
        error_type=truth.error_type,
        flagged_as=flagged_as,
        reason=action.reason if action is not None else None,
        confidence=action.confidence if action is not None else None,
        verdict=judged(truth, flagged_as),
        flaw=flaw,
        explanation=explanation,
    )


def _told_apart(truth: ProposalOutcome) -> tuple[str, str]:
    """The flaw, and what the protocol says: an explanation ends with the former, which is told once."""
    explanation, found, did = truth.explanation.rpartition(_DEED)
    if not found:  # a log of another version may tell it otherwise
        return truth.flaw.replace("_", " "), truth.explanation
    return f"{found.lstrip()}{did}", explanation


def _p_wrong(row: Row) -> float:
    if row.decision == "pending":
        return 0.0
    sure = 1.0 if row.confidence is None else row.confidence
    # Rounded as the evaluation does it, where a flag and an approval that say the same are to be a tie.
    return round(sure if row.decision == "flagged" else 1.0 - sure, 9)
