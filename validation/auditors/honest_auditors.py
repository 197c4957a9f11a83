"""The honest auditors: the oracle, the evidence-only auditor, and the evidence-only auditor under limits.

    played = play_episode(HONEST["without temporal_audit"], "hard", "test", index=7)

An auditor that is held to limits decides what it could look at as the evidence-only one does, and takes for right where
it cannot tell what it misses, as a reader does who does not know of a rule. Of what it could not look at it decides
nothing, or it flags it: to escalate what could not be checked is what F1.5 rewards where three in ten are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...agents.heuristic import HeuristicAuditor
from ...agents.limits import Limits
from ...comparison.oracle import Oracle
from ...models import ACTION_TYPES
from ...server.world.scenario import Scenario
from ..episodes import Policy


@dataclass(frozen=True, slots=True)
class Bounded:
    """The evidence-only auditor under limits. Equal limits make equal policies, which are played once."""

    limits: Limits

    def __call__(self, scenario: Scenario) -> HeuristicAuditor:
        """The auditor of one episode. The scenario is not looked at."""
        return HeuristicAuditor(self.limits)


EVIDENCE_ONLY = Bounded(Limits())
WITHOUT: Mapping[str, Bounded] = {
    tool: Bounded(Limits(without=frozenset({tool}), unseen="leave")) for tool in ACTION_TYPES
}
"""By tool: the auditor that does not have it."""
BUDGETS: Mapping[str, Bounded] = {
    f"{share:.0%} looked at, rest {'flagged' if unseen == 'flag' else 'undecided'}": Bounded(
        Limits(share=share, unseen=unseen)
    )
    for unseen in ("flag", "leave")
    for share in (0.5, 0.75, 0.9)
}
HONEST: Mapping[str, Policy] = {
    "oracle": Oracle,
    "evidence-only": EVIDENCE_ONLY,
    **{f"without {tool}": policy for tool, policy in WITHOUT.items()},
    **BUDGETS,
}
"""Name to policy."""

_BLIND = "the record is the only evidence of this tier: without it the auditor is blind and decides nothing"
_HALF = (
    "it has evidence on dates alone, and not on the age or on what an exception asks about; whoever finds half of the "
    "errors is, by F1.5, below whoever flags all"
)
_MUTE = "an auditor that cannot flag finds no error, so that it scores as one that approves everything"
_LETS_GO = (
    "what it leaves undecided it lets go, half of the errors or more, and whoever finds half is, by F1.5, not above "
    "whoever flags all"
)
_UNREAD = (
    "which question a determination answers, and which way, only its note tells: without it the auditor judges whole "
    "records, and is wrong more often than right"
)
BELOW: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("without investigate_patient", "skill"): {"easy": _BLIND, "medium": _HALF, "hard": _HALF},
    ("without investigate_patient", "return"): {"easy": _BLIND},
    ("without review_proposal", "skill"): dict.fromkeys(("medium", "hard", "expert"), _UNREAD),
    ("without review_proposal", "return"): dict.fromkeys(("medium", "hard"), _UNREAD),
    ("without flag_error", "skill"): dict.fromkeys(("easy", "medium", "hard", "expert"), _MUTE),
    ("without flag_error", "return"): dict.fromkeys(("easy", "medium", "hard", "expert"), _MUTE),
    ("50% looked at, rest undecided", "skill"): dict.fromkeys(("easy", "medium", "hard", "expert"), _LETS_GO),
}
"""Auditor and figure to the tiers where it *is* below the best degenerate policy, with the reason. There it is not
compared; its figures are reported, and a test holds that no other is left out."""
