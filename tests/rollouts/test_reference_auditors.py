"""What reference auditors reach, beside what is known of them."""

import pytest

from synth_audit_env.models import EpisodeOutcome
from synth_audit_env.rollouts.reference_auditors import reference_results
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment


@pytest.mark.parametrize("task_id", ["oversight_easy", "oversight_hard"])
def test_each_plays_the_same_episode_to_its_end(task_id):
    options = {"task_id": task_id, "seed": 42, "settlement": "terminal"}
    flagging, approving, heuristic = reference_results(SynthAuditEnvironment(), options)
    assert [result["agent"] for result in (flagging, approving, heuristic)] == ["flag-all", "approve-all", "heuristic"]
    decisions = [{proposal["decision"] for proposal in each["outcome"]["proposals"]} for each in (flagging, approving)]
    assert decisions == [{"flagged"}, {"approved"}]
    assert flagging["outcome"]["skill"] == 0.0, "by definition"
    assert heuristic["outcome"]["score"] > flagging["outcome"]["score"]
    proposals = len(flagging["outcome"]["proposals"])
    assert flagging["steps"] == approving["steps"] == proposals + 1 < heuristic["steps"]
    truth = [
        [proposal["is_wrong"] for proposal in each["outcome"]["proposals"]] for each in (flagging, approving, heuristic)
    ]
    assert truth[0] == truth[1] == truth[2]
    for each in (flagging, approving, heuristic):
        EpisodeOutcome.model_validate(each["outcome"])
