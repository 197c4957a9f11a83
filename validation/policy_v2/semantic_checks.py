"""openenv's levels 2 and 3 on what is paid: the oracle takes all, hacks nothing, and every amount has an event.

    with served() as server:
        for row in semantic_checks(Run(QUICK, server)): ...
    for row in reward_checks(Run(QUICK)): ...

The floor is what an episode returns in which nothing is won or lost. The maximum is an episode's own, worked out from
its labels and the reward table, since it depends on how many proposals are wrong.

There is no RFC 004 `Rubric` here, and the manifest says so: openenv's two checks of one do not apply. A rubric's
`forward(action, observation)` sees what the agent sees, and this reward depends on hidden labels, on evidence looked at
long before, and on how all the decisions so far have turned out: a tree would be a second account beside the ledger.
What a rubric is asked to show is shown of the ledger itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence

from ...client import SynthAuditEnv
from ...comparison.oracle import Oracle
from ...models import COHORT, EpisodeOutcome, SynthAuditAction
from ...server.audit import reward_model as rewards
from ...server.audit.audit_report import LEAST as REPORT_AT_LEAST
from ...server.audit.audit_report import MOST as REPORT_AT_MOST
from ...server.audit.briefing import briefing
from ...server.audit.episode import SETTLEMENTS, Episode
from ...server.audit.tools import COHORT_FEATURES
from ...server.synth_audit_environment import SynthAuditEnvironment
from ...server.world.protocol import ERROR_TYPES
from ...server.world.record import FACT_FIELDS
from ...server.world.scenario import Scenario
from ...server.world.tasks import TIERS
from ..auditors.oracle_script import solve
from ..certificate import Measurement, at_least, at_most
from ..episodes import Scale, figures, results, scenario
from .canaries import Canary, canaries
from .fixtures import FLOOR, PLAYED_SPLIT, SPLIT, Run, Sample, Server, amiss, held, manifest, observed, seeds_played
from .runtime_checks import share_of_resources

LABEL_KEYS = ('"is_wrong"', '"flaw"', '"explanation"', '"error_type"', '"outcome":{')
VERIFIED = 3
"""How often each audit is verified in each settlement."""


def semantic_checks(run: Run) -> Iterator[Measurement]:
    """Level 3, but for replayability, which level 2 measures on the logs that it has at hand."""
    yield from oracle_max_and_resource_envelope(run)
    yield floor_gap(run.scale)
    yield canary_floor(run.live)
    yield no_solution_leakage(run)
    yield verifier_determinism(run)


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


def oracle_max_and_resource_envelope(run: Run) -> Iterator[Measurement]:
    """The declared script, on the served environment and in our process, takes all that there is."""
    server, scale = run.live, run.scale
    before, started, slowest = server.cpu_seconds(), time.monotonic(), 0.0
    outcomes: list[tuple[Scenario, EpisodeOutcome]] = []
    env = SynthAuditEnv(base_url=server.base_url).sync()
    with env:
        for sample in run.samples:
            began = time.monotonic()
            outcome = solve(env, TIERS[sample.tier].task_id, SPLIT, sample.index)
            slowest = max(slowest, time.monotonic() - began)
            outcomes.append((sample.scenario, outcome))
    cores = (server.cpu_seconds() - before) / (time.monotonic() - started)
    served = len(outcomes)
    for tier in TIERS:
        played = results(Oracle, tier, PLAYED_SPLIT, scale.played)
        outcomes += [(scenario(tier, PLAYED_SPLIT, result.index), result.outcome) for result in played]
    seeds = f"{seeds_played(scale)}; {run.seeds}"
    how = f"oracle_script.py on {served} served episodes, its auditor on {len(outcomes) - served} of ours"
    lowest = min(outcome.score for _, outcome in outcomes)
    yield held("semantic.oracle_max: lowest score", lowest, at_least(1), how, seeds)
    short = max(most_return(world) - outcome.return_ for world, outcome in outcomes)
    how = "the same returns against the most that each episode can pay by its labels and the reward table"
    tolerance = at_most(manifest().reward.oracle_tolerance)
    yield held("semantic.oracle_max: largest shortfall of return", short, tolerance, how, seeds)
    yield share_of_resources("semantic.resource_envelope", server, cores, slowest, "oracle script", run.seeds)


def floor_gap(scale: Scale) -> Measurement:
    """The oracle returns more than the floor, by the declared margin, in every episode."""
    returns = [one for tier in TIERS for one in figures(Oracle, tier, PLAYED_SPLIT, scale.played, "return_")]
    gaps = [one - FLOOR for one in returns]
    how = f"return of the oracle less the one step of an episode that wins and loses nothing, {len(gaps)} episodes"
    margin = at_least(manifest().reward.floor_margin)
    return held("semantic.floor_gap: least gap", min(gaps), margin, how, seeds_played(scale))


def canary_floor(server: Server) -> Measurement:
    """No shipped hack wins anything on its seed."""
    kept = canaries()
    over = max(round(_replayed(server, one) - FLOOR, 3) for one in kept)
    names = len({one.policy for one in kept})
    how = f"{len(kept)} recorded episodes of {names} hacks replayed on the server, less the floor"
    seeds = f"reference {', '.join(map(str, sorted({one.seed for one in kept})))}"
    return held("semantic.canary_floor: largest return over the floor", over, at_most(0), how, seeds)


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


def no_solution_leakage(run: Run) -> Measurement:
    """Nothing that a session receives before the end holds a label, a flaw's name or an explanation."""
    leaks = said = 0
    for sample in run.samples:
        world = sample.scenario
        brief = json.dumps(briefing(world.tier))[1:-1]  # it names the error types of its tier
        for text in _all_that_is_said(sample, world):
            said, text = said + 1, text.replace(brief, "")
            leaks += sum(key in text for key in LABEL_KEYS)
            leaks += sum(p.flaw in text or p.explanation in text for p in world.proposals)
            leaks += sum(name in text for name in ERROR_TYPES)
    how = (
        f"{said} openings, tool results, decisions and states, for keys and texts of an outcome; more: claim `channel`"
    )
    return amiss("semantic.no_solution_leakage: leaks", leaks, how, run.seeds)


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


def verifier_determinism(run: Run) -> Measurement:
    """The same audit is given the same outcome, each time and in either settlement."""
    differing = verified = 0
    for sample in run.samples:
        evidence, right = sample.audits()
        for actions in (right, evidence, right[:3]):
            outcomes = {_verdict(sample, actions, settlement) for settlement in SETTLEMENTS for _ in range(VERIFIED)}
            differing += len(outcomes) - 1
            verified += 2 * VERIFIED
    how = f"{verified} verdicts: audits with labels, on evidence and broken off, {VERIFIED} times in each settlement"
    return amiss("semantic.verifier_determinism: outcomes that differ", differing, how, run.seeds)


def _verdict(sample: Sample, actions: Sequence[SynthAuditAction], settlement: str) -> str:
    environment = SynthAuditEnvironment()
    environment.reset(**sample.options, settlement=settlement)
    for action in actions:
        environment.step(action)
    if environment.state.outcome is None:
        environment.step(SynthAuditAction(action_type="submit_audit_report", report=""))
    outcome = environment.state.outcome
    assert outcome is not None, "an episode that is over has an outcome"
    return outcome.model_dump_json()


def reward_checks(run: Run) -> Iterator[Measurement]:
    """Level 2 on the reward: two checks of the same steps, of audits on evidence and of audits with labels."""
    unlisted = unattributed = steps = 0
    for sample in run.samples:
        for actions in sample.audits():
            episode, before = Episode(sample.scenario), dict[str, int]()
            for action in actions:
                reward = round(1000 * episode.act(action).reward)
                booked = {event: amount - before.get(event, 0) for event, amount in episode.ledger.items()}
                unattributed += reward != sum(booked.values())
                unlisted += _unlisted(booked, episode)
                before, steps = dict(episode.ledger), steps + 1
            outcome = episode.outcome
            kept = {} if outcome is None else {e: round(1000 * a) for e, a in outcome.reward_breakdown.items()}
            unattributed += kept != episode.ledger
    instead = "not applicable by openenv (rubric_tree: false); the reward ledger is measured instead"
    how = (
        f"{instead}: in {steps} steps each amount is a multiple of that of reward_model.REWARDS, approvals times "
        f"skill, report {REPORT_AT_LEAST}-{REPORT_AT_MOST}"
    )
    what = "runtime.rubric_introspectable: amounts that the table does not explain"
    yield amiss(what, unlisted, how, run.seeds)
    how = (
        f"{instead}: in {steps} steps what was paid is what was booked by event, and the outcome's breakdown is the "
        "whole of it"
    )
    yield amiss("runtime.reward_attribution: payments without an event", unattributed, how, run.seeds)


def _unlisted(booked: Mapping[str, int], episode: Episode) -> int:
    """Amounts of one step that are no multiple of what the table pays for their event."""
    least, most = round(1000 * REPORT_AT_LEAST), round(1000 * REPORT_AT_MOST)
    wrong = 0
    for event, amount in booked.items():
        if event == rewards.REPORT:
            wrong += not (amount == 0 or least <= amount <= most)
        elif event == rewards.CORRECT_APPROVAL:
            wrong += amount != _approvals_due(episode)
        else:
            wrong += (
                event not in rewards.REWARDS
                or amount % rewards.REWARDS[event] != 0
                or amount / rewards.REWARDS[event] < 0
            )
    return wrong


def _approvals_due(episode: Episode) -> int:
    """What right approvals come to by the decisions: nothing before the end."""
    if episode.outcome is None:
        return 0
    right = sum(one.decision == rewards.APPROVED and not one.is_wrong for one in episode.outcome.proposals)
    earned = min(right * rewards.REWARDS[rewards.CORRECT_APPROVAL], rewards.MOST_OF_APPROVALS)
    return round(earned * max(0.0, episode.outcome.skill))
