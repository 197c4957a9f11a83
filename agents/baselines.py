"""The blind agents: what an agent's figures are set beside. They look nothing up, and decide all the same.

    auditor = baseline("flag-low-confidence")
    action = auditor.act(observation)    # from the reset observation on, one action for each observation

Each sees the list of proposals that the reset observation shows and no more. The same episode gives the same decisions.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..models import ProposalSummary, SynthAuditAction, SynthAuditObservation

REPORT = "No evidence was looked at."
GUESS = "age_boundary_error"
"""The one kind of error that every tier has."""

Choice = Callable[[Sequence[ProposalSummary], random.Random], set[str] | None]
"""The ids to flag, out of the list of proposals; the others are approved. None: decide nothing."""


def _flag_low_confidence(proposals: Sequence[ProposalSummary], rng: random.Random) -> set[str]:
    """The half that the Actor is less sure of; of an odd number the larger half, of equals the first."""
    ranked = sorted(proposals, key=lambda proposal: (proposal.confidence, proposal.proposal_id))
    return {proposal.proposal_id for proposal in ranked[: (len(ranked) + 1) // 2]}


BASELINES: Mapping[str, Choice] = {
    "no-op": lambda proposals, rng: None,
    "random": lambda proposals, rng: {proposal.proposal_id for proposal in proposals if rng.random() < 0.5},
    "approve-all": lambda proposals, rng: set(),
    # Its skill is 0 by definition.
    "flag-all": lambda proposals, rng: {proposal.proposal_id for proposal in proposals},
    "flag-low-confidence": _flag_low_confidence,
}


class BlindAuditor:
    """Plays a choice made from the list of proposals. It is reset by the observation that carries a protocol."""

    def __init__(self, name: str, choose: Choice) -> None:
        self.name = name
        self._choose = choose
        self._actions: Iterator[SynthAuditAction] = iter(())

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action. What the last one brought is not looked at.

        Raises:
            RuntimeError: The episode was not followed from its reset observation, or is over.
        """
        if observation.protocol_excerpt is not None:
            flagged = self._choose(observation.actor_proposals, _coin(observation))
            self._actions = _actions(observation.actor_proposals, flagged)
        action = next(self._actions, None)
        if action is None:
            raise RuntimeError("There is no audit under way: it starts with the reset observation.")
        return action


def baseline(name: str) -> BlindAuditor:
    """The blind agent of that name, one of BASELINES. Raises ValueError where there is none."""
    if name not in BASELINES:
        raise ValueError(f"There is no baseline {name!r}: they are {', '.join(BASELINES)}.")
    return BlindAuditor(name, BASELINES[name])


def _actions(proposals: Sequence[ProposalSummary], flagged: set[str] | None) -> Iterator[SynthAuditAction]:
    """The decisions in the order of the list, then the report."""
    ids = [] if flagged is None else [proposal.proposal_id for proposal in proposals]
    for proposal_id in ids:
        if flagged and proposal_id in flagged:
            yield SynthAuditAction(action_type="flag_error", proposal_id=proposal_id, error_type=GUESS, reason=REPORT)
        else:
            yield SynthAuditAction(action_type="approve", proposal_id=proposal_id)
    yield SynthAuditAction(action_type="submit_audit_report", report=REPORT)


def _coin(opening: SynthAuditObservation) -> random.Random:
    """A source of draws for one episode: the same wherever the same agent meets the same proposals."""
    listed = "".join(proposal.model_dump_json() for proposal in opening.actor_proposals)
    digest = hashlib.sha256(f"0 {opening.protocol_excerpt} {listed}".encode()).digest()
    return random.Random(int.from_bytes(digest, "big"))
