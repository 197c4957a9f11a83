"""What is joined of parts is to the byte what pydantic writes, in every answer of every audit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.answers import AnswerWriter, logged, written
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.server.properties.drawn_audits import TEXTS


def answered(environment, writer, action):
    """Act, and hold what is written against what pydantic makes of the same answer."""
    answer = environment.act(action)
    joined, ours = writer.write(answer), environment.observation(answer)
    assert joined == written(ours)
    assert logged(joined).decode() == ours.model_dump_json()
    return ours


@pytest.mark.parametrize("settlement", ["immediate", "terminal"])
@pytest.mark.parametrize("tier", TIERS)
def test_whole_audits(tier, settlement):
    for seed in range(4):
        environment = SynthAuditEnvironment()
        opening = environment.reset(seed=seed, task_id=TIERS[tier].task_id, settlement=settlement)
        writer = AnswerWriter(opening)
        turns = list(play(HeuristicAuditor(), opening, lambda action: answered(environment, writer, action)))  # noqa: B023
        assert turns[-1].observation.done
        answered(environment, writer, turns[0].action)  # what comes after the end is answered as well


@settings(max_examples=200)
@given(
    st.lists(
        st.builds(
            SynthAuditAction,
            action_type=st.sampled_from(["approve", "flag_error", "review_proposal", "request_shap", "no tool"]),
            proposal_id=st.none() | st.sampled_from(["PROP-001", "PROP-002"]) | TEXTS.map(lambda text: text[:64]),
            reason=st.none() | TEXTS,
            error_type=st.none() | st.sampled_from(["age_boundary_error"]),
        ),
        max_size=12,
    )
)
def test_odd_actions(actions):
    environment = SynthAuditEnvironment()
    writer = AnswerWriter(environment.reset(seed=3, task_id="oversight_medium"))  # a review tells more of the list
    for action in actions:
        answered(environment, writer, action)
