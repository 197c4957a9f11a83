"""What holds of any protocol, record and misreading, and of any sequence of actions, however odd.

Each property is tried on a few drawn cases at every run, and on many more in the slow one.
"""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_audit_env.models import ACTION_TYPES, COHORT, MAX_REASON, MAX_REPORT, SynthAuditAction
from synth_audit_env.server import reward_model as rewards
from synth_audit_env.server.episode import ARGUMENTS
from synth_audit_env.server.misreadings import FLAWS, misread
from synth_audit_env.server.protocol import (
    AGE,
    COMPLIANT,
    DATES,
    DEVIATION,
    ELIGIBILITY,
    ERROR_TYPES,
    OPERATORS,
    OVERRIDE,
    WINDOW,
    Clause,
    Condition,
    LimitCheck,
    OrderCheck,
    Protocol,
)
from synth_audit_env.server.record import DATE_FIELDS, FACT_FIELDS, NUMERIC_FIELDS, STAGES, facts
from synth_audit_env.server.scenario import build_scenario
from synth_audit_env.server.serving.mcp_requests import McpRequests
from synth_audit_env.server.serving.sessions import Session, Sessions
from synth_audit_env.server.serving.ws_messages import reply
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.tasks import TIERS
from synth_audit_env.server.tools import COHORT_FEATURES
from synth_audit_env.validation.auditors.oracle import Oracle

MANY = settings(max_examples=1_000)

# Drawn worlds: protocols of any depth, records, misreadings

CHECKS = (
    LimitCheck("delay", "<=", "window_days", WINDOW),
    LimitCheck("age", ">=", "age_min", AGE),
    LimitCheck("age", "<=", "age_max", AGE),
    LimitCheck("haemoglobin", ">=", "haemoglobin_min", ELIGIBILITY),
)
VALUES = {
    "age": st.none() | st.integers(30, 90),
    "ecog": st.integers(0, 4),
    "comorbidity_index": st.integers(0, 9),
    "ldh": st.integers(100, 400),
    "haemoglobin": st.sampled_from([8.5, 9.0, 10.0, 11.5, 13.0]),
    "creatinine": st.sampled_from([0.7, 1.8, 1.9]),
    "bmi": st.sampled_from([18.0, 24.0, 31.5]),
    "prior_chemo_cycles": st.integers(0, 6),
    "stage": st.sampled_from(STAGES),
}
DAYS = st.integers(-20, 60)


@st.composite
def conditions(draw, first_day):
    field = draw(st.sampled_from([*NUMERIC_FIELDS, "stage", "enrolment_date", "treatment_start"]))
    if field == "enrolment_date":
        return Condition(field, ">=", float(first_day.toordinal() + draw(st.integers(0, 300))))
    value = draw(st.integers(1, 4) if field == "stage" else st.integers(0, 40))
    return Condition(field, draw(st.sampled_from(sorted(OPERATORS))), value + draw(st.sampled_from([0.0, 0.5])))


@st.composite
def protocols(draw, first_day):
    """For each limit a chain of clauses, each of which sets it, or acts on one drawn before: to any depth."""
    clauses = []
    for section, parameter in enumerate(dict.fromkeys(check.parameter for check in CHECKS), start=1):
        own = [Clause(f"{section}.1", parameter, float(draw(st.integers(8, 60))))]
        for position in range(2, draw(st.integers(2, 9))):
            # The newest clause is the likeliest to be acted on, else chains would stay short.
            target = draw(st.none() | st.just(own[-1]) | st.just(own[-1]) | st.sampled_from(own))
            sets = target is None or (target.value is not None and draw(st.booleans()))
            value = float(draw(st.integers(8, 60))) if sets else None
            when = tuple(draw(st.lists(conditions(first_day), max_size=2)))
            own.append(Clause(f"{section}.{position}", parameter, value, when, target and target.number))
        clauses += own
    fields = draw(st.lists(st.sampled_from(DATE_FIELDS), unique=True, min_size=2).map(tuple))
    return Protocol(tuple(clauses), CHECKS, (OrderCheck("9.1", fields),))


@st.composite
def records(draw, base):
    enrolment = base.enrolment_date + timedelta(days=draw(st.integers(0, 300)))
    days = {name: enrolment + timedelta(days=draw(DAYS)) for name in DATE_FIELDS if name != "enrolment_date"}
    if draw(st.booleans()):
        days["death_date"] = None
    return replace(base, **{name: draw(values) for name, values in VALUES.items()}, **days, enrolment_date=enrolment)


@pytest.fixture(scope="session")
def readings(trial, patient):
    """(A protocol, or what an Actor makes of one, and a record)."""
    cited = {"age_amendment": trial.citable["age_max"], "window_amendment": trial.citable["base"]}
    made = st.sampled_from(list(FLAWS)).map(lambda name: misread(trial, FLAWS[name], cited.get(name)))
    return st.tuples(protocols(patient().enrolment_date) | made, records(patient()))


# The trace explains the verdict


def explained(protocol, record):
    """Work the parameters, the findings and the verdict out from the trace, and hold them against the judgement."""
    judgement, row = protocol.judge(record), facts(record)
    # What an Actor puts in place of the protocol's limits has one number for all of them.
    steps = {(step.number, step.parameter): step for step in judgement.trace}
    assert set(steps) == {(clause.number, clause.parameter) for clause in protocol.clauses}
    for clause in protocol.clauses:
        step = steps[clause.number, clause.parameter]
        acting = [
            (other, steps[other.number, other.parameter])
            for other in protocol.clauses
            if other.acts_on == clause.number
        ]
        assert [name for name, _ in step.reads] == [condition.field for condition in clause.when]
        assert all(found == row[name] or isnan(found) for name, found in step.reads)
        assert step.met == all(condition.holds(row) for condition in clause.when)
        assert set(step.revoked_by) == {o.number for o, its in acting if o.value is None and its.applies}
        assert step.applies == (step.met and not step.revoked_by)
        values = [its.value for o, its in acting if o.value is not None and its.applies]
        assert step.value == (values[-1] if values and clause.value is not None else clause.value)
    past = []
    for check in protocol.limits:
        setting = [c for c in protocol.clauses if c.acts_on is None and c.parameter == check.parameter]
        applying = [steps[c.number, c.parameter].value for c in setting if steps[c.number, c.parameter].applies]
        limit = applying[-1] if applying else nan
        assert repr(judgement.parameters[check.parameter]) == repr(limit)
        observed = row["treatment_start"] if check.quantity == "delay" else row[check.quantity]
        if not OPERATORS[check.op](observed, limit):
            past.append((check.quantity, observed, limit))
    limits = [finding for finding in judgement.findings if finding.error_type != DATES]
    assert repr([(finding.quantity, finding.observed, finding.limit) for finding in limits]) == repr(past)
    dates = [finding for finding in judgement.findings if finding.error_type == DATES]
    for finding in dates:
        later, earlier = ({**row, "enrolment_date": 0.0}[name] for name in finding.fields)
        assert earlier - later == finding.observed > 0
    assert judgement.verdict == (DEVIATION if past or dates else COMPLIANT)


@given(data=st.data())
def test_the_trace_explains_the_verdict(readings, data):
    explained(*data.draw(readings))


@pytest.mark.slow
@MANY
@given(data=st.data())
def test_the_trace_explains_the_verdict_of_many(readings, data):
    explained(*data.draw(readings))


def in_parts(one, other, fields):
    """A record that shares these fields with the first one; all else is as in the other."""
    enrolment = (one if "enrolment_date" in fields else other).enrolment_date
    made = replace(other, enrolment_date=enrolment)
    for name in FACT_FIELDS:
        source = one if name in fields else other
        if name in DATE_FIELDS and name != "enrolment_date":
            day = getattr(source, name)
            moved = None if day is None else enrolment + (day - source.enrolment_date)
            made = replace(made, **{name: moved})
        elif name != "enrolment_date":
            made = replace(made, **{name: getattr(source, name)})
    return made


def fields_matter(protocol, record, other):
    """A finding rests on the fields that it names: it stays whatever else changes."""
    judgement = protocol.judge(record)
    steps = {step.number: step for step in judgement.trace}
    for finding in judgement.findings:
        kept = protocol.judge(in_parts(record, other, finding.fields)).findings
        assert repr(finding) in {repr(one) for one in kept}
        if finding.error_type != DATES:
            assert all(steps[number].met for number in finding.numbers)
            assert ("treatment_start" if finding.quantity == "delay" else finding.quantity) in finding.fields
        if finding.error_type == OVERRIDE:
            windows = [step for step in judgement.trace if step.parameter == "window_days"]
            revoking = {number for step in windows for number in step.revoked_by}
            read = {name for number in revoking for name, _ in steps[number].reads}
            assert finding.fields[0] in read or read <= {"enrolment_date"}


@given(data=st.data())
def test_findings_name_the_fields_that_matter(readings, patient, data):
    fields_matter(*data.draw(readings), data.draw(records(patient())))


@pytest.mark.slow
@MANY
@given(data=st.data())
def test_findings_name_the_fields_that_matter_of_many(readings, patient, data):
    fields_matter(*data.draw(readings), data.draw(records(patient())))


# Drawn episodes: an audit by somebody who knows everything, and what becomes of it


@lru_cache(maxsize=256)
def world(tier, seed):
    return build_scenario(TIERS[tier], seed, "train")


@lru_cache(maxsize=256)
def oracle_actions(tier, seed):
    oracle, actions = Oracle(world(tier, seed)), []
    while not actions or actions[-1].action_type != "submit_audit_report":
        actions.append(oracle.act(None))
    return actions


def odd_actions(scenario):
    """Right and wrong arguments, in any combination; the longest texts there may be."""
    proposals = [*scenario.proposal, "PROP-000", "PROP-099", "prop-001", ""]
    patients = [*{p.note.patient_id for p in scenario.proposals}, "P0001", "P0999", COHORT, "é\x00"]
    texts = (
        st.text(max_size=40) | st.just("x" * MAX_REASON) | st.just("PROP-001: age_boundary_error, 77 is over 72 (3.2).")
    )
    arguments = {
        "proposal_id": st.sampled_from(proposals),
        "patient_id": st.sampled_from(patients),
        "feature": st.sampled_from([*FACT_FIELDS, *COHORT_FEATURES, "x"]),
        "error_type": st.sampled_from([*ERROR_TYPES, "nonsense"]),
        "reason": texts,
        "confidence": st.floats(0, 1),
        "report": texts | st.just("PROP-001: age_boundary_error. " * (MAX_REPORT // 30)),
    }

    @st.composite
    def fitting(draw):
        # A report ends the episode, so it is rare.
        name = draw(st.sampled_from([*ACTION_TYPES[:-1] * 3, "submit_audit_report"]))
        needed, optional = ARGUMENTS[name]
        given_ = [*needed, *(one for one in optional if draw(st.booleans()))]
        return SynthAuditAction(action_type=name, **{one: draw(arguments[one]) for one in given_})

    anything = {name: st.none() | values for name, values in arguments.items()}
    return fitting() | st.builds(SynthAuditAction, action_type=st.sampled_from([*ACTION_TYPES, "nonsense"]), **anything)


@st.composite
def audits(draw):
    """An oracle's actions, some left out, some twice, some moved, with odd ones between, and more after the end."""
    tier = draw(st.sampled_from(list(TIERS)))
    seed = draw(st.integers(0, 11))
    odd = odd_actions(world(tier, seed))
    actions = []
    if draw(st.booleans()):
        actions = [one for one in oracle_actions(tier, seed) for _ in range(draw(st.sampled_from([1, 1, 1, 1, 0, 2])))]
        if draw(st.booleans()):
            actions = list(draw(st.permutations(actions)))
    for _ in range(draw(st.integers(0, 10))):
        actions.insert(draw(st.integers(0, len(actions))), draw(odd))
    if draw(st.integers(0, 3)) == 0:
        actions = [one for one in actions if one.action_type != "submit_audit_report"]
        actions += [draw(odd)] * TIERS[tier].steps  # past the budget
    return tier, seed, actions


def played(tier, seed, actions, settlement):
    """The session after it took the actions, and what each brought."""
    environment = SynthAuditEnvironment()
    environment.reset(seed=seed, task_id=TIERS[tier].task_id, settlement=settlement)
    return environment, [environment.step(action) for action in actions]


def most_that_labels_allow(scenario):
    """Thousandths: each wrong proposal flagged with all its evidence, each right one approved, in the fewest steps."""
    subjects = {p.note.patient_id for p in scenario.proposals} - {COHORT}
    most = 100 + 60 + 100 - 3 * (1 + (len(subjects) + 1) // 2 + len(scenario.proposals))
    for proposal in scenario.proposals:
        dated, keyed = proposal.note.patient_id != COHORT, bool(rewards.key_features(proposal))
        most += 300 + 50 + (100 - 3) * dated + (120 - 3) * keyed if proposal.is_wrong else 150
    return most


def paid_once(scenario, ledger, flagged):
    """No event of the ledger is there more often than the labels and the decisions allow."""
    wrong = {id_ for id_, proposal in scenario.proposal.items() if proposal.is_wrong}
    most = {
        rewards.CORRECT_FLAG: 300 * len(wrong & flagged),
        rewards.REASON: 50 * len(wrong & flagged),
        rewards.TEMPORAL_EVIDENCE: 100 * len(wrong & flagged),
        rewards.SHAP_EVIDENCE: 120 * len(wrong & flagged),
        rewards.CORRECT_APPROVAL: 150 * (len(scenario.proposals) - len(wrong)),
        rewards.ALL_DECIDED: 100,
        rewards.HALF_INVESTIGATED: 60,
        rewards.REPORT: 100,
    }
    assert all(amount <= most.get(event, 0) for event, amount in ledger.items()), ledger


def sound_episode(tier, seed, actions):
    """The referee holds whatever is done, and both settlements come to the same."""
    scenario, budget = world(tier, seed), TIERS[tier].steps
    returns = []
    for settlement in ("immediate", "terminal"):
        environment, brought = played(tier, seed, actions, settlement)
        state, valid, over = environment.state, 0, False
        for number, observation in enumerate(brought, start=1):
            json.dumps(observation.model_dump(mode="json"), allow_nan=False)
            if over:
                assert (observation.reward, observation.done) == (0.0, True)
                assert "call reset" in observation.error
                continue
            assert observation.steps_taken == number <= budget
            assert observation.steps_remaining == budget - number
            valid += observation.error is None
            over = observation.done
            assert over or settlement == "immediate" or observation.reward == 0.0
        live = [
            observation
            for observation in brought
            if observation.error != "The episode is over: call reset to start another."
        ]
        assert state.step_count == len(live)
        assert sum(state.tool_counts.values()) == valid
        decided = state.tool_counts.get("flag_error", 0) + state.tool_counts.get("approve", 0)
        assert decided == len(state.decisions)
        if brought:
            listed = {one.proposal_id: one.status for one in brought[-1].actor_proposals if one.status != "pending"}
            assert listed == state.decisions
        assert (state.outcome is not None) == over
        if over:
            outcome = state.outcome
            ledger = {event: round(1000 * amount) for event, amount in outcome.reward_breakdown.items()}
            paid = sum(round(1000 * observation.reward) for observation in brought)
            assert paid == sum(ledger.values()) == round(1000 * outcome.return_)
            assert paid <= most_that_labels_allow(scenario)
            paid_once(scenario, ledger, {id_ for id_, how in state.decisions.items() if how == "flagged"})
            assert 0 <= outcome.f_beta <= 1
            assert 0 <= outcome.score <= 1
            assert -1 <= outcome.skill <= 1
            assert all(rate is None or 0 <= rate <= 1 for rate in (outcome.recall, outcome.precision))
            returns.append(outcome)
    assert returns == [] or returns[0] == returns[1]


@settings(max_examples=60)
@given(audit=audits())
def test_no_sequence_of_actions_gets_past_the_referee(audit):
    sound_episode(*audit)


@pytest.mark.slow
@MANY
@given(audit=audits())
def test_no_sequence_of_many_gets_past_the_referee(audit):
    sound_episode(*audit)


@pytest.mark.parametrize("tier", TIERS)
def test_an_oracle_returns_the_most_that_the_labels_allow(tier):
    """So the bound that no drawn audit may pass is one that is reached: nothing is left between the two to farm."""
    for seed in range(12):
        environment, _ = played(tier, seed, oracle_actions(tier, seed), "immediate")
        assert round(1000 * environment.state.outcome.return_) == most_that_labels_allow(world(tier, seed)), seed


# Drawn messages

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["action_type", *ARGUMENTS["flag_error"][0], "patient_id", "feature", "report", "metadata", "seed"]
)
raw_actions = st.dictionaries(
    names | st.text(max_size=12), st.sampled_from([*ACTION_TYPES, "PROP-001", "P0001"]) | junk
)
messages = st.fixed_dictionaries(
    {"type": st.sampled_from(["step", "step", "step", "state", "reset", "mcp", "nonsense"]), "data": raw_actions | junk}
)


def answered(drawn):
    """Every message has an answer that says what it is, and none is answered as a fault of ours."""

    async def converse():
        sessions = Sessions(SynthAuditEnvironment, limit=1, idle_timeout_s=None)
        session = Session(SynthAuditEnvironment())
        await session.reset({"seed": 3, "task_id": "oversight_easy"})
        return [await reply(session, one, McpRequests(sessions)) for one in drawn]

    for answer in asyncio.run(converse()):
        told = json.loads(answer)
        assert told["type"] in {"observation", "state", "error", "mcp"}
        assert "internal" not in json.dumps(told).lower()


texts = messages.map(json.dumps) | st.text(max_size=60) | junk.map(json.dumps)


@settings(max_examples=60)
@given(drawn=st.lists(texts, max_size=8))
def test_every_message_is_answered(drawn):
    answered(drawn)


@pytest.mark.slow
@MANY
@given(drawn=st.lists(texts, max_size=8))
def test_each_of_many_messages_is_answered(drawn):
    answered(drawn)
