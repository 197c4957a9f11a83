"""Claim "channel": nothing that a session answers before a decision depends on a label, nor does the time it takes.

The first test is metamorphic: the same session is played in a world and in its twin, in which every label is turned
over and all else is the same. Every observation and every state, as JSON, has to be the same to the byte: in terminal
settlement until the end, in immediate settlement but for the reward of a decision, which reveals its label by design.
The second trains an attacker on the times of the answers about a proposal.

Both talk to the environment. The server writes what the environment gives, and never sees a label before the end.

Times differ from run to run, so with few proposals they sometimes seem to tell a label by chance. A suspect figure is
measured again on as many proposals as the whole certificate has, and that figure is held to the bar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import perf_counter_ns

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from ..fault_types import IGNORED
from ..models import ACTION_TYPES, COHORT, SynthAuditAction, SynthAuditObservation
from ..server.audit.episode import SETTLEMENTS
from ..server.synth_audit_environment import SynthAuditEnvironment
from ..server.world.faults import Fault
from ..server.world.protocol import COMPLIANT, DEVIATION
from ..server.world.scenario import Proposal, Scenario
from ..server.world.seeding import Stream
from ..server.world.tasks import ALL_TIERS, TIERS, Tier
from ..tool_records import COHORT_FEATURES
from .certificate import Interval, Measurement, at_least, at_most, counted, exact
from .degenerate import call, report
from .episodes import Scale, first, name_of, scenarios
from .estimates import auc_interval, predicted

SPLIT = "validation"
CHANCE = at_most(0.55)
MANY, FEW = (3_000, 3), (300, 2)
"""Proposals of a tier whose answers are timed, and how often each; fewer where there may be doubt. With 3,000, half of
them to test on, 0.55 is three standard errors over chance."""
UNLIMITED = 100_000
"""Steps: more is asked than an auditor has the budget for."""


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


def asked_about(proposal: Proposal) -> list[SynthAuditAction]:
    """Every tool on a proposal and its patient, invalid actions that name it, and three ways to decide it, in order."""
    note, own, kinds = proposal.note, proposal.brief.error_type, ALL_TIERS[proposal.trial.tier].error_types
    other = kinds[(kinds.index(own) + 1) % len(kinds)]
    named, patient = {"proposal_id": note.proposal_id}, {"patient_id": note.patient_id}
    claim = {**named, "fault": IGNORED, "where": (*note.citations, "arm")[0], "should_be": "16"}
    asked = [
        call("review_proposal", **named),
        call("review_proposal", **named),
        call("review_proposal", **named, feature="age"),
        call("flag_error", **named, error_type="label_error", reason="x"),
        call("flag_error", **named, error_type=own),
        call("flag_error", **named, error_type=own, reason="x", report="x"),
        call("flag_error", **named, error_type=own, reason="x", fault=IGNORED),
        call("approve", **named, fault="is_wrong", where="5.1"),
        call("approve", **named, reason="x"),
        call("approve", proposal_id=f"{note.proposal_id}0"),
        call("investigate_patient", patient_id=note.proposal_id),
        call("explain", **named),
    ]
    if note.patient_id != COHORT:
        asked += [call(tool, **patient) for tool in ("investigate_patient", "temporal_audit", "request_shap")]
        asked += [call("request_shap", **patient, feature=feature) for feature in ("age", "stage", "is_wrong")]
    asked.append(call("approve", **claim))
    return asked + [call("flag_error", **claim, error_type=kind, reason="x") for kind in (own, other)]


def session(scenario: Scenario) -> list[SynthAuditAction]:
    """All there is to ask, in random order: each proposal is decided in all three ways, of which the first counts."""
    asked = [call("cohort_analysis", feature=feature) for feature in COHORT_FEATURES]
    asked += [call(tool) for tool in ACTION_TYPES if tool != "submit_audit_report"]
    asked += [action for proposal in scenario.proposals for action in asked_about(proposal)]
    return Stream("session", scenario.tier.name, scenario.seed).shuffled(asked)


def begun(scenario: Scenario, settlement: str) -> tuple[SynthAuditEnvironment, SynthAuditObservation]:
    """An episode of this very scenario without a limit of steps, and its first observation."""
    endless = replace(scenario, tier=replace(scenario.tier, steps=UNLIMITED))
    environment = SynthAuditEnvironment(build=lambda *_: endless)
    opening = environment.reset(
        task_id=scenario.tier.task_id, seed=scenario.seed, settlement=settlement, episode_id="twin"
    )
    return environment, opening


def answers(scenario: Scenario, settlement: str, asked: Sequence[SynthAuditAction]) -> list[str]:
    """Every answer and the state after it, as JSON; the first is that of reset."""
    environment, opening = begun(scenario, settlement)
    written = [opening.model_dump_json() + environment.state.model_dump_json()]
    for action in asked:
        observation = environment.step(action)
        if settlement == "immediate" and action.action_type in ("approve", "flag_error") and observation.error is None:
            observation = observation.model_copy(update={"reward": None})  # by design, that tells the label
        written.append(observation.model_dump_json() + environment.state.model_dump_json())
    return written


def turned_labels(trials: Sequence[Scenario], seeds: str) -> Iterator[Measurement]:
    """Count the answers before the end that change when all labels are turned over."""
    ends = []
    for settlement in SETTLEMENTS:
        failing, count = [], 0
        for trial in trials:
            asked = [*session(trial), report("Nothing.")]
            pairs = list(zip(*(answers(world, settlement, asked) for world in (trial, twin(trial))), strict=True))
            *before, (end, other_end) = pairs
            failing += [name_of(trial) for own, others in before if own != others]
            count += len(before)
            ends.append(end != other_end)
        what = f"answers before the end that change when all labels are turned over, {settlement} settlement"
        yield counted(what, failing, seeds, f"Of {count} answers to all there is to ask, states too.")
    what = "control: share of final answers that change when all labels are turned over"
    note = "The outcome tells the labels: a comparison that missed it would be blind."
    yield exact(what, sum(ends) / len(ends), at_least(1.0), seeds, note)


def timed(trial: Scenario) -> Iterator[tuple[str, int, int]]:
    """Proposal, place of the question and nanoseconds of each answer; each question in another order of proposals."""
    environment, _ = begun(trial, "terminal")
    stream = Stream("times", trial.tier.name, trial.seed)
    asked = {proposal.note.proposal_id: asked_about(proposal) for proposal in trial.proposals}
    for place in range(max(map(len, asked.values()))):
        for about in stream.shuffled([name for name, own in asked.items() if place < len(own)]):
            started = perf_counter_ns()
            environment.step(asked[about][place]).model_dump_json()
            yield about, place, perf_counter_ns() - started


def times_tell(trials: Sequence[Scenario], repetitions: int) -> Interval:
    """The AUC of boosted trees on times over the median of the trial's proposals, least of all repetitions.

    Each repetition goes through all trials, so that a slow minute hits all alike.
    """
    rows = [
        (number, *answer) for _ in range(repetitions) for number, trial in enumerate(trials) for answer in timed(trial)
    ]
    taken = pd.DataFrame(rows, columns=["episode", "proposal", "question", "ns"])
    least = taken.groupby(["episode", "proposal", "question"]).ns.min().unstack()
    least -= least.groupby("episode").transform("median")  # without what is slow for all
    label = np.array([trials[number].proposal[about].is_wrong for number, about in least.index])
    episode = least.index.get_level_values("episode").to_numpy()
    asked, seen = episode % 2 == 1, least.to_numpy()
    # Small leaves, as a leak may be all there is to see in a few proposals.
    trees = HistGradientBoostingClassifier(max_iter=60, min_samples_leaf=5, early_stopping=False, random_state=0)
    return auc_interval(predicted(trees, seen[~asked], label[~asked], seen[asked]), label[asked], episode[asked])


def times(tier: Tier, proposals: int, repetitions: int) -> Measurement:
    """The row of how well times tell the labels of so many proposals."""
    count = -(-2 * proposals // sum(tier.proposals))  # episodes that have about so many
    figure = times_tell(scenarios(tier.name, SPLIT, count), repetitions)
    note = f"From action to answer as JSON, terminal settlement; least of {repetitions} repetitions."
    seeds = f"{first(SPLIT, count)}, every other to train on"
    return Measurement("AUC, times of answers", tier.name, figure, CHANCE, seeds, note)


def measure(scale: Scale) -> Iterator[Measurement]:
    """Turn the labels of some episodes of each tier over, then time the answers in many."""
    compared = max(1, scale.played // 10)
    trials = [trial for tier in TIERS for trial in scenarios(tier, SPLIT, compared)]
    yield from turned_labels(trials, f"{first(SPLIT, compared)} of each tier")
    for tier in TIERS.values():
        row = times(tier, *(FEW if scale.doubt else MANY))
        if scale.doubt and not row.passed(doubt=1):
            yield replace(row, bar=None, note=f"Suspect, and so measured again on more. {row.note}")
            row = times(tier, *MANY)
        yield row
