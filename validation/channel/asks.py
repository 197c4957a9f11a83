"""Everything that can be asked of a session, and the same trial with every label turned over.

    everything(scenario, "asks")              # all of it, in random order
    rounds(scenario, stream, MISTAKES)        # the same about every proposal, kind by kind

What is asked follows from what any client sees, and from the Actor's flaw, which says nothing of the label; it is the
same for a trial and its twin.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from typing import Any

from ...fault_types import IGNORED
from ...models import ACTION_TYPES, COHORT
from ...server.audit.tools import COHORT_FEATURES
from ...server.world.faults import Fault
from ...server.world.protocol import COMPLIANT, DEVIATION
from ...server.world.scenario import Proposal, Scenario
from ...server.world.seeding import Stream
from ...server.world.tasks import ALL_TIERS

DECISIONS = ("approve", "flag own type", "flag another type")
"""Ways to decide: "own type" is what the proposal is if the Actor's flaw made it wrong."""
MISTAKES, EVIDENCE = "mistakes", "evidence"
DECIDING = ("approve", "flag_error")
TRUTH = ("is_wrong", "error_type", "judgement", "explanation", "faults")
"""The fields of a proposal that no answer before the end may depend on, but for the reward of the decision on it."""
_STATE = json.dumps({"type": "state"})
_REASON = (
    "The age of 77 is above the maximum of 72 (§3.2), treatment started 42 days after enrolment on 2021-03-04, past "
    "the window of 32 days (§4.1, Amendment 1), and the comorbidity index of 7 is above 5.5, so §4.3 revokes §4.2. "
) * 8
"""As long as one may be, nearly; nobody reads it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A message to a session."""

    kind: str
    """What it is about, the same for all proposals."""
    about: str
    """The proposal that it concerns, or ""."""
    message: str
    """As it is sent over /ws."""
    action: str = ""
    """Its action type, where it is a step."""


def step(kind: str, about: str, action_type: str, **arguments: Any) -> Ask:
    """A step of the referee."""
    message = {"type": "step", "data": {"action_type": action_type, **arguments}}
    return Ask(kind, about, json.dumps(message), action_type)


def decision(proposal: Proposal, how: str) -> Ask:
    """One of DECISIONS on a proposal with a claim by one rule, and a reason if it is a flag."""
    proposal_id, own = proposal.note.proposal_id, proposal.brief.error_type
    claim = {"fault": IGNORED, "where": (*proposal.note.citations, "arm")[0], "should_be": "16"}
    if how == "approve":
        return step(how, proposal_id, "approve", proposal_id=proposal_id, confidence=0.5, **claim)
    known = ALL_TIERS[proposal.trial.tier].error_types  # the easy tier has no other
    other = known[(known.index(own) + 1) % len(known)]
    kind = own if how == "flag own type" else other
    return step(how, proposal_id, "flag_error", proposal_id=proposal_id, error_type=kind, reason=_REASON, **claim)


def evidence(proposal: Proposal) -> list[Ask]:
    """Everything that the tools can be asked about a proposal and its patient."""
    note = proposal.note
    asks = [step("review", note.proposal_id, "review_proposal", proposal_id=note.proposal_id)]
    if note.patient_id == COHORT:
        return asks
    about, patient = note.proposal_id, {"patient_id": note.patient_id}
    return [
        *asks,
        step("investigate", about, "investigate_patient", **patient),
        step("timeline", about, "temporal_audit", **patient),
        step("shap", about, "request_shap", **patient),
        *(step(f"shap {f}", about, "request_shap", **patient, feature=f) for f in ("age", "treatment_start", "stage")),
    ]


def mistakes(proposal: Proposal) -> list[Ask]:
    """Invalid actions that name a proposal. None of them decides it."""
    note, own = proposal.note, proposal.brief.error_type
    about, named = note.proposal_id, {"proposal_id": note.proposal_id}
    return [
        step("unknown error type", about, "flag_error", **named, error_type="label_error", reason=_REASON),
        step("no error type", about, "flag_error", **named, reason=_REASON),
        step("no reason", about, "flag_error", **named, error_type=own),
        step("foreign argument", about, "flag_error", **named, error_type=own, reason=_REASON, report="x"),
        step("unknown fault", about, "approve", **named, fault="is_wrong", where="5.1"),
        step("claim of no place", about, "flag_error", **named, error_type=own, reason=_REASON, fault=IGNORED),
        step("approval with a reason", about, "approve", **named, reason=_REASON),
        step("approval past belief", about, "approve", **named, confidence=2.0),
        step("longer id", about, "approve", proposal_id=f"{about}0"),
        step("review with a feature", about, "review_proposal", **named, feature="age"),
        step("proposal for patient", about, "investigate_patient", patient_id=about),
        step("patient for proposal", about, "approve", proposal_id=note.patient_id),
        step("unknown feature", about, "request_shap", patient_id=note.patient_id, feature="is_wrong"),
        step("unknown action", about, "explain", **named),
        step("metadata", about, "review_proposal", **named, metadata={"show": "is_wrong"}),
        Ask("truncated", about, f'{{"type": "step", "data": {{"proposal_id": "{about}"'),
        Ask("mcp mistake", about, _mcp("tools/call", name="approve", arguments={**named, "reason": "x"})),
    ]


def general() -> list[Ask]:
    """What can be asked without a proposal."""
    return [
        *(step(f"cohort {feature}", "", "cohort_analysis", feature=feature) for feature in COHORT_FEATURES),
        step("unknown proposal", "", "review_proposal", proposal_id="PROP-999"),
        step("unknown patient", "", "investigate_patient", patient_id="P9999"),
        *(step("no arguments", "", action_type) for action_type in ACTION_TYPES),
        *(Ask("state", "", _STATE) for _ in range(6)),
        Ask("refused reset", "", json.dumps({"type": "reset", "data": {"outcome": True}})),
        Ask("unknown message", "", json.dumps({"type": "outcome"})),
        Ask("no object", "", "[1, 2]"),
        Ask("mcp tools", "", _mcp("tools/list")),
        Ask("mcp call", "", _mcp("tools/call", name="cohort_analysis", arguments={"feature": "arm"})),
    ]


def everything(scenario: Scenario, order: str) -> list[Ask]:
    """All of it about every proposal, each decided in all three ways (the first counts), in random order.

    Equal names of the order give the same one.
    """
    asks = general()
    for proposal in scenario.proposals:
        asks += [*evidence(proposal), *mistakes(proposal), *(decision(proposal, how) for how in DECISIONS)]
        asks += [step("review", proposal.note.proposal_id, "review_proposal", proposal_id=proposal.note.proposal_id)]
    return Stream(order, scenario.tier.name, scenario.seed).shuffled(asks)


def rounds(scenario: Scenario, stream: Stream, what: str) -> list[Ask]:
    """The same about every proposal, kind by kind, so that proposals can be compared.

    That is MISTAKES (and the review), EVIDENCE (without it), or one of DECISIONS: then each is decided that way, the
    state is asked for at once, and each is decided once more. The stream draws the order of proposals for each kind.
    """

    def turns_of(own: Proposal) -> list[list[Ask]]:
        if what == MISTAKES:
            return [[one] for one in (evidence(own)[0], *mistakes(own))]
        if what == EVIDENCE:
            return [[one] for one in evidence(own)[1:]]
        state = Ask("state", own.note.proposal_id, _STATE)
        return [[decision(own, what), state], [replace(decision(own, "flag own type"), kind="decided again")]]

    asked = list(map(turns_of, scenario.proposals))
    turns = range(max(map(len, asked)))
    return [one for turn in turns for own in stream.shuffled(asked) for asks in own[turn : turn + 1] for one in asks]


def twin(scenario: Scenario) -> Scenario:
    """The same trial, records and notes with every label turned over, and the hidden findings with them."""
    return replace(scenario, proposals=tuple(map(_turned, scenario.proposals)))


def _turned(proposal: Proposal) -> Proposal:
    judgement = proposal.judgement
    if judgement is not None:
        verdict = DEVIATION if judgement.verdict == COMPLIANT else COMPLIANT
        judgement = replace(judgement, verdict=verdict, findings=())
    return replace(
        proposal,
        is_wrong=not proposal.is_wrong,
        error_type=None if proposal.is_wrong else proposal.brief.error_type,
        judgement=judgement,
        explanation="The truth is the other one.",
        faults=() if proposal.faults else (Fault(IGNORED, (*proposal.note.citations, "arm"), ("16",)),),
    )


def watched(scenario: Scenario) -> tuple[Scenario, list[tuple[str, str]]]:
    """The scenario with watched proposals, and the list to which every read of the truth adds (proposal id, field)."""
    looks: list[tuple[str, str]] = []

    class Watched(Proposal):
        __slots__ = ()

        def __getattribute__(self, name: str) -> Any:
            value = super().__getattribute__(name)
            if name in TRUTH:
                looks.append((super().__getattribute__("note").proposal_id, name))
            return value

    names = [field.name for field in fields(Proposal)]
    proposals = tuple(Watched(**{name: getattr(one, name) for name in names}) for one in scenario.proposals)
    return replace(scenario, proposals=proposals), looks


def rpc(method: str, **params: Any) -> dict[str, Any]:
    """A call of JSON-RPC, as /mcp takes it."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def _mcp(method: str, **params: Any) -> str:
    return json.dumps({"type": "mcp", "data": rpc(method, **params)})
