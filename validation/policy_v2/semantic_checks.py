"""openenv's level 3: the oracle reaches the maximum, hacks stay at the floor, the verifier always says the same.

    with served() as server:
        for check in semantic_checks(server, QUICK): ...

The floor is what an episode returns in which nothing is won or lost. The maximum is an episode's own, worked out from
its labels and the reward table, since it depends on how many proposals are wrong.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from ...client import SynthAuditEnv
from ...comparison.oracle import Oracle
from ...models import COHORT, EpisodeOutcome, SynthAuditAction
from ...server.audit import reward_model as rewards
from ...server.audit.audit_report import MOST as REPORT_AT_MOST
from ...server.audit.briefing import briefing
from ...server.audit.episode import SETTLEMENTS
from ...server.audit.tools import COHORT_FEATURES
from ...server.synth_audit_environment import SynthAuditEnvironment
from ...server.world.protocol import ERROR_TYPES
from ...server.world.record import FACT_FIELDS
from ...server.world.scenario import Scenario
from ...server.world.tasks import TIERS
from ..auditors.oracle_script import solve
from ..certificate import Interval, at_least, at_most
from ..episodes import Scale, results, scenario
from .canaries import Canary, canaries
from .checks import (
    FLOOR,
    PLAYED_SPLIT,
    SPLIT,
    Check,
    Sample,
    manifest,
    none_of,
    per_tier,
    samples,
    seeds_of,
    seeds_played,
)
from .runtime_checks import share_of_resources
from .wire import Server, observed

LABEL_KEYS = ('"is_wrong"', '"flaw"', '"explanation"', '"error_type"', '"outcome":{')
VERIFIED = 3
"""How often each audit is verified in each settlement."""


def semantic_checks(server: Server, scale: Scale) -> Iterator[Check]:
    """All of them but replayability, which level 2 measures on the logs that it has at hand."""
    yield from oracle_max_and_resource_envelope(server, scale)
    yield floor_gap(scale)
    yield canary_floor(server)
    yield no_solution_leakage(scale)
    yield verifier_determinism(scale)


def most_return(world: Scenario) -> float:
    """The most that an episode can pay: every amount of the reward table that its labels allow, in the fewest steps."""
    table = rewards.REWARDS
    subjects = {p.note.patient_id for p in world.proposals} - {COHORT}
    paid = table[rewards.ALL_DECIDED] + table[rewards.HALF_INVESTIGATED] + round(1000 * REPORT_AT_MOST)
    steps = len(world.proposals) + (len(subjects) + 1) // 2 + 1
    right = sum(not proposal.is_wrong for proposal in world.proposals)
    paid += min(right * table[rewards.CORRECT_APPROVAL], rewards.MOST_OF_APPROVALS)
    for proposal in world.proposals:
        if not proposal.is_wrong:
            continue
        paid += table[rewards.CORRECT_FLAG] + table[rewards.REASON]
        if proposal.note.patient_id != COHORT:
            paid, steps = paid + table[rewards.TEMPORAL_EVIDENCE], steps + 1
        if rewards.key_features(proposal):
            paid, steps = paid + table[rewards.SHAP_EVIDENCE], steps + 1
    return (paid + steps * table[rewards.STEP]) / 1000


def oracle_max_and_resource_envelope(server: Server, scale: Scale) -> Iterator[Check]:
    """The declared script, on the served environment and in our process, takes all that there is."""
    before, started, slowest = server.cpu_seconds(), time.monotonic(), 0.0
    outcomes: list[tuple[Scenario, EpisodeOutcome]] = []
    env = SynthAuditEnv(base_url=server.base_url).sync()
    with env:
        for sample in samples(scale):
            began = time.monotonic()
            outcome = solve(env, TIERS[sample.tier].task_id, SPLIT, sample.index)
            slowest = max(slowest, time.monotonic() - began)
            outcomes.append((scenario(sample.tier, SPLIT, sample.index), outcome))
    cores = (server.cpu_seconds() - before) / (time.monotonic() - started)
    served = len(outcomes)
    for tier in TIERS:
        played = results(Oracle, tier, PLAYED_SPLIT, scale.played)
        outcomes += [(scenario(tier, PLAYED_SPLIT, result.index), result.outcome) for result in played]
    seeds = f"{seeds_played(scale)}; {seeds_of(per_tier(scale))}"
    how = f"oracle_script.py on {served} served episodes, its auditor on {len(outcomes) - served} of ours"
    lowest = min(outcome.score for _, outcome in outcomes)
    yield Check("semantic.oracle_max", "lowest score", Interval.exact(lowest), at_least(1), how, seeds)
    short = max(most_return(world) - outcome.return_ for world, outcome in outcomes)
    how = "the same returns against the most that each episode can pay by its labels and the reward table"
    tolerance = at_most(manifest().reward.oracle_tolerance)
    yield Check("semantic.oracle_max", "largest shortfall of return", Interval.exact(short), tolerance, how, seeds)
    under = "oracle script"
    yield share_of_resources("semantic.resource_envelope", server, cores, slowest, under, seeds_of(per_tier(scale)))


def floor_gap(scale: Scale) -> Check:
    """The oracle returns more than the floor, by the declared margin, in every episode."""
    gaps = [
        best.outcome.return_ - FLOOR for tier in TIERS for best in results(Oracle, tier, PLAYED_SPLIT, scale.played)
    ]
    how = f"return of the oracle less the one step of an episode that wins and loses nothing, {len(gaps)} episodes"
    margin = at_least(manifest().reward.floor_margin)
    return Check("semantic.floor_gap", "least gap", Interval.exact(min(gaps)), margin, how, seeds_played(scale))


def canary_floor(server: Server) -> Check:
    """No shipped hack wins anything on its seed."""
    kept = canaries()
    over = max(round(_replayed(server, one) - FLOOR, 3) for one in kept)
    names = len({one.policy for one in kept})
    how = f"{len(kept)} recorded episodes of {names} hacks replayed on the server, less the floor"
    seeds = f"reference {', '.join(map(str, sorted({one.seed for one in kept})))}"
    return Check("semantic.canary_floor", "largest return over the floor", Interval.exact(over), at_most(0), how, seeds)


def _replayed(server: Server, canary: Canary) -> float:
    """What a canary returns, to the thousandth."""
    paid, over = 0, False
    with server.session() as session:
        session.reset(seed=canary.seed, task_id=canary.task_id)
        for action in canary.actions:
            observation = observed(session.step(action))
            paid, over = paid + round(1000 * float(observation.reward or 0)), observation.done
    if not over:
        raise ValueError(f"the canary of {canary.policy} on {canary.task_id} stops before its episode is over")
    return paid / 1000


def no_solution_leakage(scale: Scale) -> Check:
    """Nothing that a session receives before the end holds a label, a flaw's name or an explanation."""
    leaks = said = 0
    for sample in samples(scale):
        world = scenario(sample.tier, SPLIT, sample.index)
        brief = json.dumps(briefing(world.tier))[1:-1]  # it names the error types of its tier
        for text in _all_that_is_said(sample, world):
            said, text = said + 1, text.replace(brief, "")
            leaks += sum(key in text for key in LABEL_KEYS)
            leaks += sum(p.brief.flaw.name in text or p.explanation in text for p in world.proposals)
            leaks += sum(name in text for name in ERROR_TYPES)
    how = (
        f"{said} openings, tool results, decisions and states, for keys and texts of an outcome; more: claim `channel`"
    )
    return none_of("semantic.no_solution_leakage", "leaks", leaks, how, seeds_of(per_tier(scale)))


def _all_that_is_said(sample: Sample, world: Scenario) -> Iterator[str]:
    """Every answer to every look that there is, then to approving everything, with the states between."""
    environment = SynthAuditEnvironment()
    observation = environment.reset(**sample.options, settlement="terminal")
    yield observation.model_dump_json()
    for action in _looks(world):
        if observation.steps_remaining == 1:
            environment.reset(**sample.options, settlement="terminal")
        observation = environment.step(action)
        yield observation.model_dump_json()
        yield environment.state.model_dump_json()
    environment.reset(**sample.options, settlement="terminal")
    for proposal in world.proposals:
        approval = SynthAuditAction(action_type="approve", proposal_id=proposal.note.proposal_id)
        yield environment.step(approval).model_dump_json()
        yield environment.state.model_dump_json()


def _looks(world: Scenario) -> Iterator[SynthAuditAction]:
    for proposal in world.proposals:
        yield SynthAuditAction(action_type="review_proposal", proposal_id=proposal.note.proposal_id)
    for record in world.patients:
        yield SynthAuditAction(action_type="investigate_patient", patient_id=record.patient_id)
        yield SynthAuditAction(action_type="temporal_audit", patient_id=record.patient_id)
    for proposal in world.proposals:
        if proposal.note.patient_id != COHORT:
            for feature in (None, *FACT_FIELDS):
                yield SynthAuditAction(action_type="request_shap", patient_id=proposal.note.patient_id, feature=feature)
    for feature in COHORT_FEATURES:
        yield SynthAuditAction(action_type="cohort_analysis", feature=feature)


def verifier_determinism(scale: Scale) -> Check:
    """The same audit is given the same outcome, each time and in either settlement."""
    differing = verified = 0
    for sample in samples(scale):
        right = sample.oracle_actions()
        evidence = [SynthAuditAction.model_validate(action) for action in sample.actions()]
        for actions in (right, evidence, right[:3]):
            outcomes = {_verdict(sample, actions, settlement) for settlement in SETTLEMENTS for _ in range(VERIFIED)}
            differing += len(outcomes) - 1
            verified += 2 * VERIFIED
    how = f"{verified} verdicts: audits with labels, on evidence and broken off, {VERIFIED} times in each settlement"
    return none_of("semantic.verifier_determinism", "outcomes that differ", differing, how, seeds_of(per_tier(scale)))


def _verdict(sample: Sample, actions: list[SynthAuditAction], settlement: str) -> str:
    environment = SynthAuditEnvironment()
    environment.reset(**sample.options, settlement=settlement)
    for action in actions:
        environment.step(action)
    if environment.state.outcome is None:
        environment.step(SynthAuditAction(action_type="submit_audit_report", report=""))
    outcome = environment.state.outcome
    assert outcome is not None, "an episode that is over has an outcome"
    return outcome.model_dump_json()
