"""How four known auditors do on an episode: approve all, flag all, the heuristic, and one that was told the labels.

    for rival in rivals("oversight_hard", "validation", 900_002):
        rival.name, rival.score, rival.skill, rival.return_

For when the person's own audit is over: before, it would tell how many proposals are wrong. They play in this process,
which takes about as long as a page, once for each episode.

The last of them, the oracle, has no way to the labels but the world that the server builds for every episode. It is not
the one of the certificate, which the server must not be able to reach, and yet returns as much: the tests see to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.findings import report
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.models import COHORT, ErrorType, OutcomeResult, SynthAuditAction, SynthAuditObservation
from synth_audit_env.rollouts.rollout import Auditor, Turn, play
from synth_audit_env.server.reward_model import key_features
from synth_audit_env.server.scenario import Proposal, Scenario, build_scenario
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.tasks import Tier

KEPT = 512
"""Episodes whose rivals are remembered: a few hundred bytes each."""
BLIND = ("approve-all", "flag-all")
ORACLE = "oracle"


@dataclass(frozen=True, slots=True)
class Rival:
    """How an auditor did."""

    name: str
    knows: str
    """What it goes by, in a few words."""
    score: float
    f_beta: float
    skill: float
    return_: float
    steps: int


@lru_cache(maxsize=KEPT)
def rivals(
    task_id: str, split: str, seed: int, level: str | None = None, error_types: tuple[str, ...] | None = None
) -> tuple[Rival, ...]:
    """How they do.

    Args:
        task_id: Of the episode.
        split: The seed's.
        seed: Of the episode.
        level: Of an adaptive episode, as its state tells (`Desk.made_of`); None for any other.
        error_types: Likewise.

    Returns:
        approve-all, flag-all, heuristic, oracle.

    Raises:
        EpisodeError: There is no such episode.
    """
    built: list[Scenario] = []

    def build(tier: Tier, seed: int, voices: str, kinds: tuple[str, ...] | None) -> Scenario:
        # Once for all four. Not the environment's own cache, whose places belong to episodes that are being played.
        if not built:
            built.append(build_scenario(tier, seed, voices, kinds))
        return built[0]

    def run(auditor: Auditor, knows: str) -> tuple[Rival, list[Turn]]:
        environment = SynthAuditEnvironment(build)
        pinned: dict[str, Any] = {"level": level, "error_types": None if error_types is None else list(error_types)}
        opening = environment.reset(seed=seed, task_id=task_id, split=split, settlement="terminal", **pinned)
        return _played(auditor, knows, opening, environment)

    blind = [run(baseline(name), "nothing: it looks at no evidence")[0] for name in BLIND]
    heuristic, turns = run(HeuristicAuditor(), "the evidence")
    oracle, _ = run(_Told(built[0], turns), "the truth about every proposal")
    return (*blind, heuristic, oracle)


def _played(
    auditor: Auditor, knows: str, opening: SynthAuditObservation, environment: SynthAuditEnvironment
) -> tuple[Rival, list[Turn]]:
    turns = list(play(auditor, opening, environment.step))
    result = turns[-1].observation.result
    assert isinstance(result, OutcomeResult), "an episode that is over has an outcome"
    outcome = result.outcome
    figures = (outcome.score, outcome.f_beta, outcome.skill, outcome.return_)
    return Rival(auditor.name, knows, *figures, steps=len(turns)), turns


class _Told:
    """An auditor that knows which proposals are wrong, and has the heuristic's reasons to go with that."""

    name = ORACLE

    def __init__(self, scenario: Scenario, evidence: Iterable[Turn]) -> None:
        flags = (turn.action for turn in evidence if turn.action.action_type == "flag_error")
        self._actions = _told(scenario, {flag.proposal_id or "": flag for flag in flags})

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action, whatever the observation."""
        return next(self._actions)


def _told(scenario: Scenario, flags: Mapping[str, SynthAuditAction]) -> Iterator[SynthAuditAction]:
    """Half of the records, since the reward asks for them; then the evidence that right flags are paid for."""
    subjects = [p.note.patient_id for p in scenario.proposals if p.note.patient_id != COHORT]
    for patient_id in subjects[: (len(subjects) + 1) // 2]:
        yield SynthAuditAction(action_type="investigate_patient", patient_id=patient_id)
    errors: dict[str, tuple[ErrorType, str]] = {}
    for proposal in scenario.proposals:
        id_ = proposal.note.proposal_id
        if not proposal.is_wrong:
            yield SynthAuditAction(action_type="approve", proposal_id=id_, confidence=1.0)
            continue
        yield from _evidence(proposal)
        error_type: ErrorType = proposal.error_type  # type: ignore[assignment]  # one of them, as the scenario has it
        flag = flags.get(id_)
        same = flag is not None and flag.error_type == error_type
        why = (flag.reason or "") if flag is not None and same else proposal.explanation
        errors[id_] = (error_type, why)
        yield SynthAuditAction(
            action_type="flag_error", proposal_id=id_, error_type=error_type, reason=why, confidence=1.0
        )
    filed = report(scenario.proposal, errors, unseen=())
    yield SynthAuditAction(action_type="submit_audit_report", report=filed)


def _evidence(proposal: Proposal) -> Iterator[SynthAuditAction]:
    patient_id = proposal.note.patient_id
    if patient_id != COHORT:
        yield SynthAuditAction(action_type="temporal_audit", patient_id=patient_id)
    for feature in sorted(key_features(proposal))[:1]:
        yield SynthAuditAction(action_type="request_shap", patient_id=patient_id, feature=feature)
