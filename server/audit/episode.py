"""The referee of one episode: takes an action, answers with text and data, and keeps the ledger.

    episode = Episode(scenario, settlement="immediate")
    answer = episode.act(action)
    answer.text, answer.result, answer.reward, answer.over

Pure: no clock, no I/O, no randomness. The ledger is kept in whole thousandths by event; what a step pays is a matter of
the settlement alone, so both settlements sum to the same return.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from ...fault_types import FAULTS
from ...models import COHORT, EpisodeOutcome, FaultClaim, OutcomeResult, SynthAuditAction
from ...tool_records import ARGUMENT_NAMES, TOOLS
from ..world.errors import EpisodeError
from ..world.scenario import Proposal, Scenario
from . import reward_model as rewards
from . import tools
from .audit_report import report_quality
from .claims import ClaimVerdict, FaultCounts, claim_verdict
from .tool_data import ToolData

SETTLEMENTS = ("immediate", "terminal")
_NEEDED = {tool.name: tool.needed for tool in TOOLS.values()}
_TAKEN = {tool.name: (*tool.needed, *tool.optional) for tool in TOOLS.values()}
_FIELDS = {tool.name: {"action_type", *_TAKEN[tool.name]} for tool in TOOLS.values()}
"""The fields of an action that has nothing else than what its tool takes."""
FEW = 2
"""Up to this many undecided proposals are named. Of more only the first is."""
OVER = "The episode is over: call reset to start another."


class _DuplicateError(EpisodeError):
    """A second decision on the same proposal."""


class Answer(NamedTuple):
    """The answer to a step."""

    text: str
    reward: float
    result: ToolData[Any] | None
    error: str | None
    over: bool
    """True if the episode is over, since this step or an earlier one."""
    steps_taken: int
    steps_remaining: int
    decision: tuple[str, str] | None = None
    """The proposal id and flagged or approved, where the step decided on a proposal."""
    reviewed: tuple[str, str] | None = None
    """The proposal id and what the Actor recommends, where the step was the first to review it."""

    @property
    def outcome(self) -> Mapping[str, Any] | None:
        """How the episode went, as the fields of an EpisodeOutcome; None for every step but the one that ends it."""
        return self.result.fields["outcome"] if self.over and self.result is not None else None


@dataclass
class Episode:
    """An audit in progress."""

    scenario: Scenario
    settlement: str = "immediate"
    steps: int = 0
    over: bool = False
    decisions: dict[str, str] = field(default_factory=dict)
    """Proposal id to flagged or approved."""
    reviewed: set[str] = field(default_factory=set)
    """Ids of the proposals whose note was read."""
    tool_counts: dict[str, int] = field(default_factory=dict)
    """Valid calls by action type."""
    ledger: dict[str, int] = field(default_factory=dict)
    """Thousandths by event, so far."""
    ending: ToolData[OutcomeResult] | None = None
    """How the audit went, once it is over."""
    _evidence: rewards.Evidence = field(default_factory=rewards.Evidence)
    _vesting: rewards.Vesting = field(default_factory=rewards.Vesting)
    _seen: dict[tuple[str | None, ...], tuple[int, bool]] = field(default_factory=dict)
    """Look-ups: the step of the first call, and whether the text was repeated once, since a model may have lost it."""
    _flagged_as: dict[str, str] = field(default_factory=dict)
    """Proposal id to the error type of its flag."""
    _claims: dict[str, tuple[FaultClaim, ClaimVerdict]] = field(default_factory=dict)
    """Proposal id to what its decision claims, and what that comes to."""
    _unsettled: list[Callable[[], None]] = field(default_factory=list)
    """Decisions that terminal settlement has yet to book."""
    _paid: int = 0

    @property
    def steps_remaining(self) -> int:
        """Steps left in the budget."""
        return self.scenario.tier.steps - self.steps

    @property
    def outcome(self) -> EpisodeOutcome | None:
        """How the audit went; None before its end."""
        return None if self.ending is None else self.ending.model.outcome

    def act(self, action: SynthAuditAction) -> Answer:
        """Take one step. An invalid action costs its penalty and a step, and changes nothing else."""
        if self.over:
            return Answer(OVER, 0.0, None, OVER, True, self.steps, self.steps_remaining)
        decided, decision = len(self.decisions), None
        read, reviewed = len(self.reviewed), None
        text, result, error = self._take(action)
        if len(self.decisions) != decided:
            proposal_id = action.proposal_id or ""
            decision = proposal_id, self.decisions[proposal_id]
        if len(self.reviewed) != read:
            proposal_id = action.proposal_id or ""
            reviewed = proposal_id, self.scenario.proposal[proposal_id].note.recommended_action
        return Answer(text, self._pay(), result, error, self.over, self.steps, self.steps_remaining, decision, reviewed)

    def _take(self, action: SynthAuditAction) -> tuple[str, ToolData[Any] | None, str | None]:
        """Text, result and error of a step."""
        self.steps += 1
        self._book({rewards.STEP: rewards.REWARDS[rewards.STEP]})
        text, result, error = "", None, None
        try:
            text, result = self._do(action)
        except EpisodeError as refusal:
            error = text = str(refusal)
            event = rewards.DUPLICATE_ACTION if isinstance(refusal, _DuplicateError) else rewards.INVALID_ACTION
            self._book({event: rewards.REWARDS[event]})
        if not self.over and self.steps_remaining == 0:
            self.finish("")
            text += "\nThe step budget is used up: the episode is over."
        if self.ending is not None:
            text, result = f"{text}\n{_outcome_text(self.ending.fields['outcome'])}".lstrip(), self.ending
        return text, result, error

    def _book(self, amounts: Mapping[str, int]) -> None:
        for event, amount in amounts.items():
            self.ledger[event] = self.ledger.get(event, 0) + amount

    def _pay(self) -> float:
        """The reward that is due now: what of the ledger is unpaid, or 0 in terminal settlement before the end."""
        if self.settlement == "terminal" and not self.over:
            return 0.0
        total = sum(self.ledger.values())
        due, self._paid = total - self._paid, total
        return due / 1000

    def _do(self, action: SynthAuditAction) -> tuple[str, ToolData[Any] | None]:
        _check_arguments(action)
        tool = TOOLS[action.action_type]
        if tool.reveals == "evidence":
            return self._look(action)
        if tool.reveals == "decision":
            return self._decide(action), None
        self._count(tool.name)
        self.finish(action.report or "")
        return "The report is filed.", None

    def _count(self, name: str) -> None:
        self.tool_counts[name] = self.tool_counts.get(name, 0) + 1

    def _look(self, action: SynthAuditAction) -> tuple[str, ToolData[Any]]:
        """Use an evidence tool. Asking for the same again gives the same data and costs the penalty for it.

        What a tool finds does not depend on the session, so that sessions of one episode have it worked out once.
        """
        name = action.action_type
        given = [getattr(action, argument.name) for argument in TOOLS[name].arguments]
        key = (name, *given)
        if name == "request_shap":
            self._check_reviewed(action.patient_id or "")
        memo = self.scenario.memo
        found: tuple[str, ToolData[Any]] | None = memo.get(key)
        if found is None:
            found = memo[key] = getattr(tools, name)(self.scenario, *given)
        self._count(name)
        if key in self._seen:
            cost, (first, again) = rewards.REWARDS[rewards.DUPLICATE_ACTION], self._seen[key]
            self._book({rewards.DUPLICATE_ACTION: cost})
            self._seen[key] = first, True
            remark = f"Already seen at step {first}; asking again costs {-cost / 1000:.2f}."
            return (remark if again else f"{remark}\n{found[0]}"), found[1]
        self._seen[key] = self.steps, False
        if name == "review_proposal":
            self.reviewed.add(action.proposal_id or "")
        if name == "investigate_patient":
            self._evidence.investigated.add(action.patient_id or "")
        if name == "temporal_audit":
            self._evidence.timelines.add(action.patient_id or "")
        if name == "request_shap" and action.feature is not None:
            self._evidence.attributed.add((action.patient_id or "", action.feature))
        return found

    def _check_reviewed(self, patient_id: str) -> None:
        """Refuse to explain a determination that has not been read."""
        unread = [p.note.proposal_id for p in self.scenario.proposals if p.note.patient_id == patient_id]
        unread = [proposal_id for proposal_id in unread if proposal_id not in self.reviewed]
        if unread:
            raise EpisodeError(f"request_shap explains a determination that was read: review {unread[0]} first.")

    def _decide(self, action: SynthAuditAction) -> str:
        proposal_id = action.proposal_id or ""
        proposal = tools.find_proposal(self.scenario, proposal_id)
        if proposal_id in self.decisions:
            raise _DuplicateError(f"{proposal_id} is {self.decisions[proposal_id]} already: decisions are final.")
        flagged = action.action_type == "flag_error"
        kinds = self.scenario.tier.error_types
        if flagged and action.error_type not in kinds:
            raise EpisodeError(f"There is no error_type {action.error_type!r} here: they are {', '.join(kinds)}.")
        claim = _claim_of(action)
        decision = rewards.FLAGGED if flagged else rewards.APPROVED
        self.decisions[proposal_id] = decision
        if self.settlement == "immediate":
            self._settle(proposal, decision, action, claim, self._evidence)
        else:
            seen = self._evidence.copy()
            self._unsettled.append(partial(self._settle, proposal, decision, action, claim, seen))
        self._count(action.action_type)
        kind = f" as {action.error_type}" if flagged else ""
        return f"{proposal_id} {decision}{kind}. {self._left()}"

    def _left(self) -> str:
        """The undecided proposals, in few tokens: an id takes six."""
        left = [proposal_id for proposal_id in self.scenario.proposal if proposal_id not in self.decisions]
        if len(left) > FEW:
            return f"Undecided: {left[0]} and {len(left) - 1} more."
        return f"Undecided: {', '.join(left)}." if left else "All are decided."

    def _settle(
        self,
        proposal: Proposal,
        decision: str,
        action: SynthAuditAction,
        claim: FaultClaim | None,
        evidence: rewards.Evidence,
    ) -> None:
        """Book what a decision earns, with the evidence that was there when it was made.

        A claim is held against the truth here. In terminal settlement that must not be before the end: the time that it
        takes would tell of it.
        """
        if decision == rewards.FLAGGED:
            self._flagged_as[proposal.note.proposal_id] = action.error_type or ""
        earned = rewards.decision_rewards(proposal, decision, action.error_type, evidence)
        verdict = None
        if claim is not None:
            verdict = claim_verdict(proposal.faults, claim)
            self._claims[proposal.note.proposal_id] = claim, verdict
        self._book(self._vesting.book(decision, earned, rewards.claim_rewards(verdict)))

    def finish(self, report: str) -> None:
        """End the episode and settle it.

        What is undecided costs what approving it would have. Right approvals are paid now, and the bonuses of a whole
        episode where its decisions beat flagging everything (skill above 0).
        """
        for settle in self._unsettled:
            settle()
        confusion = rewards.confusion(self.scenario.proposals, self.decisions)
        left = (p for p in self.scenario.proposals if p.note.proposal_id not in self.decisions)
        self._book(rewards.left_undecided(left))
        self._book(self._vesting.at_the_end(confusion.skill))
        if confusion.skill > 0:
            self._book(self._episode_bonuses(report))
        self.over = True
        outcome = {
            "score": confusion.score,
            "f_beta": confusion.f_beta,
            "skill": confusion.skill,
            "fault_f1": self._fault_counts().f1,
            "recall": confusion.recall,
            "precision": confusion.precision,
            "false_positive_rate": confusion.false_positive_rate,
            "return_": sum(self.ledger.values()) / 1000,
            "reward_breakdown": {event: amount / 1000 for event, amount in self.ledger.items()},
            "proposals": [self._proposal_outcome(proposal) for proposal in self.scenario.proposals],
        }
        self.ending = ToolData(OutcomeResult, {"tool": "submit_audit_report", "outcome": outcome})

    def _episode_bonuses(self, report: str) -> dict[str, int]:
        bonuses = {}
        subjects = {p.note.patient_id for p in self.scenario.proposals if p.note.patient_id != COHORT}
        if 2 * len(subjects & self._evidence.investigated) >= len(subjects):
            bonuses[rewards.HALF_INVESTIGATED] = rewards.REWARDS[rewards.HALF_INVESTIGATED]
        if len(self.decisions) == len(self.scenario.proposals):
            bonuses[rewards.ALL_DECIDED] = rewards.REWARDS[rewards.ALL_DECIDED]
            quality = round(1000 * report_quality(self.scenario, self.decisions, report))
            if quality:
                bonuses[rewards.REPORT] = quality
        return bonuses

    def _fault_counts(self) -> FaultCounts:
        hits = {id_ for id_, (_, verdict) in self._claims.items() if verdict.holds}
        faulty = {id_ for id_, proposal in self.scenario.proposal.items() if proposal.faults}
        return FaultCounts(len(hits), len(self._claims) - len(hits), len(faulty - hits))

    def _proposal_outcome(self, proposal: Proposal) -> dict[str, Any]:
        """The fields of a ProposalOutcome."""
        proposal_id = proposal.note.proposal_id
        flagged_as = self._flagged_as.get(proposal_id)
        claim, verdict = self._claims.get(proposal_id, (None, None))
        return {
            "proposal_id": proposal_id,
            "is_wrong": proposal.is_wrong,
            "error_type": proposal.error_type,
            "decision": self.decisions.get(proposal_id, "pending"),
            "flaw": proposal.flaw,
            "explanation": proposal.explanation,
            "type_right": None if flagged_as is None else proposal.is_wrong and flagged_as == proposal.error_type,
            "claim": None if claim is None else claim.model_dump(),
            "claim_right": None if verdict is None else verdict.right,
            "number_right": None if verdict is None else verdict.number_right,
            "faults": [fault.claim for fault in proposal.faults],
        }


def _claim_of(action: SynthAuditAction) -> FaultClaim | None:
    """The claim of a decision; None where it claims nothing."""
    fault, where, should_be = action.fault, action.where, action.should_be
    if fault is None and where is None and should_be is None:
        return None
    if fault is None or where is None:
        missing = "fault" if fault is None else "where"
        raise EpisodeError(f"A claim about what the Actor did has a fault and where: {missing} is missing.")
    if fault not in FAULTS:
        raise EpisodeError(f"There is no fault {fault!r}: they are {', '.join(FAULTS)}.")
    return FaultClaim(fault=fault, where=where, should_be=should_be)


def _check_arguments(action: SynthAuditAction) -> None:
    """Refuse an unknown action, a missing argument, and one that the action does not take."""
    name = action.action_type
    if name not in TOOLS:
        raise EpisodeError(f"There is no action_type {name!r}: they are {', '.join(TOOLS)}.")
    needed, taken = _NEEDED[name], _TAKEN[name]
    if action.model_fields_set <= _FIELDS[name] and None not in [getattr(action, argument) for argument in needed]:
        return
    given = [argument for argument in ARGUMENT_NAMES if getattr(action, argument) is not None]
    missing = [argument for argument in needed if argument not in given]
    if missing:
        raise EpisodeError(f"{name} needs {', '.join(missing)}.")
    extra = [argument for argument in given if argument not in taken]
    if extra:
        raise EpisodeError(f"{name} takes no {', '.join(extra)}: it takes {', '.join(taken)}.")


def _outcome_text(outcome: Mapping[str, Any]) -> str:
    fault_f1 = outcome["fault_f1"]
    return (
        f"Score {outcome['score']:.3f}, skill {outcome['skill']:.3f}, fault F1 "
        f"{'-' if fault_f1 is None else f'{fault_f1:.3f}'}, return {outcome['return_']:.3f}."
    )
