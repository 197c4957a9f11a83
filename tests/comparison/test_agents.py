"""The agents by name: each plays as its name says, and a name that stands for none is told what there is."""

import pytest

from synth_audit_env.agents.react.context import Budget
from synth_audit_env.agents.react.settings import ReactSettings
from synth_audit_env.comparison import RequestError
from synth_audit_env.comparison.agents import KEYLESS, maker
from synth_audit_env.comparison.jobs import DEFAULT_SETTINGS, Job
from synth_audit_env.tests.comparison.real_run import play_here
from synth_audit_env.tests.tiny_checkpoint import CONTEXT, TOOLS_TEMPLATE, checkpoint

SEED = 1_000_004


@pytest.mark.parametrize("agent", [name for name in KEYLESS if name != "text-only"])
def test_each_plays_to_the_end_under_its_name(agent):
    record = play_here(Job(agent, "hard", SEED))
    assert record.agent == agent
    assert len(record.outcome.proposals) >= 8
    assert agent != "oracle" or record.outcome.score == 1.0


@pytest.mark.parametrize("name", ["Heuristic", "react:", "local:", "react", "", "gpt-5"])
def test_a_name_that_stands_for_none(name):
    with pytest.raises(RequestError, match=r"There is no agent '.*': they are no-op, .*, react:MODEL"):
        maker(name, DEFAULT_SETTINGS)


@pytest.mark.slow
def test_a_checkpoint_audits(tmp_path):
    for extra in ("torch", "transformers"):
        pytest.importorskip(extra, reason="the extra `local`")
    agent = f"local:{checkpoint(tmp_path / 'tiny', TOOLS_TEMPLATE)}"
    job = Job(agent, "easy", SEED, ReactSettings(budget=Budget(max_context=CONTEXT)))
    record = play_here(job)
    assert record.agent == agent
    assert [proposal.decision for proposal in record.outcome.proposals[:2]] == ["pending", "approved"]
    assert record.usage.completion_tokens > 0
    assert record.line() == play_here(job).line()
