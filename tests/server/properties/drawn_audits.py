"""Drawn audits: what somebody who knows everything would do, and what becomes of it."""

from functools import lru_cache

from hypothesis import strategies as st

from synth_audit_env.comparison.oracle import Oracle
from synth_audit_env.error_types import ERROR_TYPES
from synth_audit_env.fault_types import FAULTS
from synth_audit_env.models import ACTION_TYPES, COHORT, MAX_ID, MAX_REASON, MAX_REPORT, SynthAuditAction
from synth_audit_env.server.audit.tools import COHORT_FEATURES
from synth_audit_env.server.world.record import FACT_FIELDS
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tool_records import TOOLS


@lru_cache(maxsize=256)
def world(tier, seed):
    return build_scenario(TIERS[tier], seed, "train")


@lru_cache(maxsize=256)
def oracle_actions(tier, seed):
    oracle, actions = Oracle(world(tier, seed)), []
    while not actions or actions[-1].action_type != "submit_audit_report":
        actions.append(oracle.act(None))
    return actions


DECISIONS = ("flag_error", "approve")
TEXTS = st.text(max_size=40) | st.just("x" * MAX_REASON) | st.just("PROP-001: age_boundary_error, 77 is over 72 (3.2).")


def odd_actions(scenario):
    """Right and wrong arguments, in any combination; the longest texts there may be."""
    proposals = [*scenario.proposal, "PROP-000", "PROP-099", "prop-001", ""]
    patients = [*{p.note.patient_id for p in scenario.proposals}, "P0001", "P0999", COHORT, "é\x00"]
    arguments = {
        "proposal_id": st.sampled_from(proposals),
        "patient_id": st.sampled_from(sorted(patients)),
        "feature": st.sampled_from([*FACT_FIELDS, *COHORT_FEATURES, "x"]),
        "error_type": st.sampled_from([*ERROR_TYPES, "nonsense"]),
        "reason": TEXTS,
        "fault": st.sampled_from([*FAULTS, "nonsense"]),
        "where": st.sampled_from(sorted({place for p in scenario.proposals for f in p.faults for place in f.places}))
        | st.text(max_size=MAX_ID),
        "should_be": st.sampled_from(sorted({n for p in scenario.proposals for f in p.faults for n in f.numbers}))
        | st.text(max_size=MAX_ID),
        "confidence": st.floats(0, 1),
        "report": TEXTS | st.just("PROP-001: age_boundary_error. " * (MAX_REPORT // 30)),
    }

    @st.composite
    def fitting(draw):
        # A report ends the episode, so it is rare.
        name = draw(st.sampled_from([*ACTION_TYPES[:-1] * 3, "submit_audit_report"]))
        needed, optional = TOOLS[name].needed, TOOLS[name].optional
        given_ = [*needed, *(one for one in optional if draw(st.booleans()))]
        return SynthAuditAction(action_type=name, **{one: draw(arguments[one]) for one in given_})

    anything = {name: st.none() | values for name, values in arguments.items()}
    return fitting() | st.builds(SynthAuditAction, action_type=st.sampled_from([*ACTION_TYPES, "nonsense"]), **anything)


@st.composite
def turned(draw, decision, kinds):
    """A decision that is not the oracle's any more: the other one, a flag of another kind, or another claim."""
    approves = decision.action_type == "approve"
    how = draw(st.sampled_from(["flag"] if approves else ["approve", "kind", "claim", "claim"]))
    if how == "approve":
        return SynthAuditAction(action_type="approve", proposal_id=decision.proposal_id)
    if how == "claim":
        changed = {"fault": st.sampled_from(FAULTS), "should_be": st.sampled_from(["7", None])}
        name = draw(st.sampled_from(["fault", "should_be", "should_be"]))
        return decision.model_copy(update={name: draw(changed[name])} if decision.fault else {})
    kind = draw(st.sampled_from([*kinds * 3, *ERROR_TYPES, "nonsense"]))
    return decision.model_copy(update={"action_type": "flag_error", "reason": draw(TEXTS), "error_type": kind})


def turned_over(draw, cases, kinds):
    """Cases some of whose approvals become false alarms, and whose flags become what they should not be."""
    # Of 8; where it is all of them everything is flagged.
    turns = {"approve": draw(st.sampled_from([0, 1, 1, 2, 4, 8])), "flag_error": draw(st.sampled_from([0, 0, 0, 1, 4]))}
    return [
        [*looks, draw(turned(decision, kinds)) if draw(st.integers(1, 8)) <= turns[decision.action_type] else decision]
        for *looks, decision in cases
    ]


def reordered(draw, scenario, cases):
    """Cases as they are listed, in any order, or with the right proposals first."""
    order = draw(st.sampled_from(["as listed", "any", "right ones first", "right ones first"]))
    if order == "right ones first":  # so that false alarms come before right flags, and evidence waits
        return sorted(cases, key=lambda case: scenario.proposal[case[-1].proposal_id].is_wrong)
    return draw(st.permutations(cases)) if order == "any" else cases


def by_case(actions):
    """An oracle's actions but for the report, cut after each decision, so that its evidence stays before it."""
    cases = [[]]
    for action in actions:
        cases[-1].append(action)
        if action.action_type in DECISIONS:
            cases.append([])
    return cases[:-1]


@st.composite
def audits(draw):
    """The oracle's actions: decisions turned over, cases in any order, some left out or repeated, odd ones between.

    Most look before they decide, and end with the oracle's report.
    """
    tier, seed = draw(st.sampled_from(list(TIERS))), draw(st.integers(0, 11))
    scenario, odd = world(tier, seed), odd_actions(world(tier, seed))
    *taken, report = oracle_actions(tier, seed)
    cases = reordered(draw, scenario, turned_over(draw, by_case(taken), TIERS[tier].error_types))
    if draw(st.integers(1, 6)) == 6:  # decide first, look later
        cases = [[decision, *looks] for *looks, decision in cases]
    careless = [1] * 12 + [0, 2] if draw(st.booleans()) else [1]
    actions = [one for case in cases for one in case for _ in range(draw(st.sampled_from(careless)))]
    if draw(st.integers(1, 8)) == 8:
        actions = []
    for _ in range(draw(st.integers(0, 4 if actions else 10))):
        actions.insert(draw(st.integers(0, len(actions))), draw(odd))
    ending = draw(st.sampled_from(["report"] * 6 + ["none", "past the budget"]))
    if ending == "report":
        actions += [report, *draw(st.lists(odd, max_size=2))]
    if ending == "past the budget":
        actions += [draw(odd)] * TIERS[tier].steps
    return tier, seed, actions
