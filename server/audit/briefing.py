"""Writes the briefing at the opening of an episode: how to decide, what can be wrong in its tier, and what things cost.

    briefing(TIERS["easy"])

Every client reads the same. Error types and amounts are those of the referee, and no more than the tier's are named.
"""

from __future__ import annotations

from functools import cache

from ...error_types import CITATION, ERROR_KINDS
from ..world.tasks import Tier
from . import reward_model as rewards


@cache
def briefing(tier: Tier) -> str:
    """The text for episodes of a tier."""
    strict = tier.name != "easy"
    either = ", in either direction (to report a deviation where there is none is wrong too)" if strict else ""
    beside = (
        f" A wrong determination whose limit is from an amendment that is not in the protocol is {CITATION}, whatever "
        "its rule. COHORT is a determination on the whole cohort: hold its figure against cohort_analysis."
        if CITATION in tier.error_types
        else ""
    )
    order = (
        " Where the protocol asks for it, temporal_audit tells how many enrolled at the site earlier."
        if tier.level
        else ""
    )
    kinds = "\n".join(f"- {name}: {ERROR_KINDS[name].rule}" for name in tier.error_types)
    paid = {event: f"{amount / 1000:+g}" for event, amount in rewards.REWARDS.items()}
    return (
        "Audit each proposal of the Actor: is its determination right for this record under this protocol? Approve it, "
        "or flag it with its error_type; decisions are final. A determination answers the one question that its note "
        "asks: a record that breaks another rule does not make it wrong, and a mistake in the argument for a right "
        "verdict does not either.\n"
        f"This is the {tier.name} tier. An error_type names the rule that the determination gets wrong{either}."
        f"{beside}{order}\n{kinds}\n"
        f"What counts: a right flag {paid[rewards.CORRECT_FLAG]}, with another error_type 0; right approvals up to "
        f"{paid[rewards.CORRECT_APPROVAL]} together; a flag on a right proposal {paid[rewards.FALSE_POSITIVE]}; a "
        f"wrong proposal approved {paid[rewards.WRONG_APPROVAL]}, left undecided {paid[rewards.WRONG_UNDECIDED]}; a "
        f"look-up made before {paid[rewards.DUPLICATE_ACTION]}; a refused call {paid[rewards.INVALID_ACTION]}; each "
        f"step {paid[rewards.STEP]}. Evidence that was looked up before a right flag earns more. So look first, and "
        "decide every proposal.\n"
        "An argument can have a fault, whether its verdict is wrong or right all the same. Claim it with the decision "
        f"(fault, where, should_be): {paid[rewards.FAULT_CLAIM]}, without the number {paid[rewards.FAULT_PLACE]}, if "
        f"false {paid[rewards.FALSE_CLAIM]}.\n"
        "End with submit_audit_report, a line per error: <proposal id>: <error type>, why."
    )
