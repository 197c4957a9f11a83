"""openenv's levels 2 and 3 on rewards: the oracle earns the maximum, hacks earn nothing, each amount has an event.

    with served() as server:
        for row in floor_gap(Run(QUICK, server)): ...

The floor is what an episode returns in which nothing is won or lost. The maximum is an episode's own, worked out from
its labels and the reward table, since it depends on how many proposals are wrong.

There is no RFC 004 `Rubric` here, and the manifest says so: openenv's two checks of one do not apply. A rubric's
`forward(action, observation)` sees what the agent sees, and this reward depends on hidden labels, on evidence looked at
long before, and on how all the decisions so far have turned out: a tree would be a second account beside the ledger.
What a rubric is asked to show is shown of the ledger itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...client import SynthAuditEnv
from ...comparison.oracle import Oracle
from ...models import COHORT, EpisodeOutcome, SynthAuditAction
from ...server.audit import reward_model as rewards
from ...server.audit.audit_report import LEAST as REPORT_AT_LEAST
from ...server.audit.audit_report import MOST as REPORT_AT_MOST
from ...server.audit.episode import SETTLEMENTS, Episode
from ...server.synth_audit_environment import SynthAuditEnvironment
from ...server.world.record import FACT_FIELDS
from ...server.world.scenario import Scenario
from ...server.world.tasks import TIERS
from ..auditors.oracle_script import solve
from ..certificate import NONE, Measurement, at_least, at_most, exact
from ..channel.answers import ask_session
from ..channel.asks import Ask, everything, step
from ..channel.byte_scan import words_in
from ..episodes import scenario
from .canaries import canaries
from .fixtures import FLOOR, SPLIT, Check, Run, Sample, Server, manifest, observed
from .runtime_checks import share_of_resources

VERIFIED = 3
"""How often each audit is verified in each settlement."""


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
            paid, steps = paid + table[rewards.SHAP_EVIDENCE], steps + 2  # it is given of what was reviewed
    return (paid + steps * table[rewards.STEP]) / 1000


def oracle_max_and_resource_envelope(run: Run) -> Iterator[Measurement]:
    """The declared script earns the maximum, on the served environment and in our process."""
    server = run.server
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
    for on in run.played:
        outcomes += [(scenario(on.tier, on.split, index), one) for index, one in enumerate(on.results(Oracle))]
    seeds = f"{run.seeds_played}; {run.seeds}"
    note = f"oracle_script.py on {served} served episodes, its auditor on {len(outcomes) - served} of ours."
    lowest = min(outcome.score for _, outcome in outcomes)
    yield exact("semantic.oracle_max: lowest score", lowest, at_least(1), seeds, note)
    short = max(most_return(world) - outcome.return_ for world, outcome in outcomes)
    note = "The same returns against the most that each episode can pay by its labels and the reward table."
    tolerance = at_most(manifest().reward.oracle_tolerance)
    yield exact("semantic.oracle_max: largest shortfall of return", short, tolerance, seeds, note)
    yield share_of_resources("semantic.resource_envelope", server, cores, slowest, "Oracle script", run.seeds)


def floor_gap(run: Run) -> Iterator[Measurement]:
    """The oracle returns more than the floor, by the declared margin, in every episode."""
    returns = [one for on in run.played for one in on.figures(Oracle, "return_")]
    note = f"Return of the oracle less the one step of an episode that wins and loses nothing, {len(returns)} episodes."
    margin = at_least(manifest().reward.floor_margin)
    yield exact("semantic.floor_gap: least gap", min(returns) - FLOOR, margin, run.seeds_played, note)


def canary_floor(run: Run) -> Iterator[Measurement]:
    """No shipped hack wins anything on its seed."""
    kept = canaries()
    over = max(round(_replayed(run.server, one) - FLOOR, 3) for one in kept)
    names = len({one["policy"] for one in kept})
    note = f"{len(kept)} recorded episodes of {names} hacks replayed on the server, less the floor."
    seeds = f"reference {', '.join(map(str, sorted({one['seed'] for one in kept})))}"
    yield exact("semantic.canary_floor: largest return over the floor", over, NONE, seeds, note)


def _replayed(server: Server, canary: Mapping[str, Any]) -> float:
    """What a canary returns, to the thousandth."""
    with server.session() as session:
        session.reset(seed=canary["seed"], task_id=canary["task_id"])
        seen = [observed(session.step(action)) for action in canary["actions"]]
    assert seen[-1].done, f"the canary of {canary['policy']} on {canary['task_id']} stops before its episode is over"
    return sum(round(1000 * float(one.reward or 0)) for one in seen) / 1000


def no_solution_leakage(run: Run) -> Iterator[Measurement]:
    """Nothing that a session receives before the end holds a label, a flaw's name or an explanation."""
    leaks = said = 0
    for sample in run.samples:
        world = sample.scenario
        for answer in ask_session(world, "terminal", _everything(world)):
            said += 1
            leaks += len(words_in(answer, world))
    note = f"{said} openings, tool results, decisions, states, searched for what an outcome has; more: claim `channel`."
    yield exact("semantic.no_solution_leakage: leaks", leaks, NONE, run.seeds, note)


def _everything(world: Scenario) -> list[Ask]:
    """All that the claim `channel` asks, and what else the tools can be asked about patients."""
    asks = everything(world, "openenv")
    for record in world.patients:
        patient = {"patient_id": record.patient_id}
        asks += [step("patient", "", tool, **patient) for tool in ("investigate_patient", "temporal_audit")]
    for proposal in world.proposals:
        if proposal.note.patient_id != COHORT:
            patient = {"patient_id": proposal.note.patient_id}
            asks += [step("fact", "", "request_shap", **patient, feature=feature) for feature in FACT_FIELDS]
    return asks


def verifier_determinism(run: Run) -> Iterator[Measurement]:
    """The same audit is given the same outcome, each time and in either settlement."""
    differing = verified = 0
    for sample in run.samples:
        evidence, right = sample.audits()
        for actions in (right, evidence, right[:3]):
            outcomes = {_verdict(sample, actions, settlement) for settlement in SETTLEMENTS for _ in range(VERIFIED)}
            differing += len(outcomes) - 1
            verified += 2 * VERIFIED
    note = f"{verified} verdicts: audits with labels, on evidence and broken off, {VERIFIED} times in each settlement."
    yield exact("semantic.verifier_determinism: outcomes that differ", differing, NONE, run.seeds, note)


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
                unlisted += sum(not _explained(event, amount, episode) for event, amount in booked.items())
                before, steps = dict(episode.ledger), steps + 1
            outcome = episode.outcome
            kept = {} if outcome is None else {e: round(1000 * a) for e, a in outcome.reward_breakdown.items()}
            unattributed += kept != episode.ledger
    instead = "Not applicable by openenv (rubric_tree: false); the reward ledger is measured instead"
    note = (
        f"{instead}: in {steps} steps each amount is a multiple of that of reward_model.REWARDS, approvals times "
        f"skill, report {REPORT_AT_LEAST}-{REPORT_AT_MOST}."
    )
    what = "runtime.rubric_introspectable: amounts that the table does not explain"
    yield exact(what, unlisted, NONE, run.seeds, note)
    note = (
        f"{instead}: in {steps} steps what was paid is what was booked by event, and the outcome's breakdown is the "
        "whole of it."
    )
    yield exact("runtime.reward_attribution: payments without an event", unattributed, NONE, run.seeds, note)


def _explained(event: str, amount: int, episode: Episode) -> bool:
    """Whether an amount of one step is a multiple of what the table pays for its event."""
    if event == rewards.REPORT:
        return amount == 0 or round(1000 * REPORT_AT_LEAST) <= amount <= round(1000 * REPORT_AT_MOST)
    if event == rewards.CORRECT_APPROVAL:
        return amount == _approvals_due(episode)
    each = rewards.REWARDS.get(event)
    return each is not None and amount % each == 0 and amount / each >= 0


def _approvals_due(episode: Episode) -> int:
    """What right approvals come to by the decisions: nothing before the end."""
    if episode.outcome is None:
        return 0
    right = sum(one.decision == rewards.APPROVED and not one.is_wrong for one in episode.outcome.proposals)
    earned = min(right * rewards.REWARDS[rewards.CORRECT_APPROVAL], rewards.MOST_OF_APPROVALS)
    return round(earned * max(0.0, episode.outcome.skill))


CHECKS: Sequence[Check] = (
    oracle_max_and_resource_envelope,
    floor_gap,
    canary_floor,
    no_solution_leakage,
    verifier_determinism,
    reward_checks,
)
"""Level 3, but for replayability, which level 2 measures on the logs that it has at hand; then level 2 on rewards."""
