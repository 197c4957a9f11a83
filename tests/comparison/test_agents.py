"""The agents by name: each plays as its name says, and a name that stands for none is told what there is."""

import pytest

from synth_audit_env.agents.react.settings import ReactSettings
from synth_audit_env.comparison import RequestError
from synth_audit_env.comparison.agents import KEYLESS, model_settings
from synth_audit_env.comparison.jobs import Job
from synth_audit_env.tests.comparison.real_run import play_here

SEED = 1_000_004


@pytest.mark.parametrize("agent", KEYLESS)
def test_each_plays_to_the_end_under_its_name(agent):
    record = play_here(Job(agent, "hard", SEED))
    assert record.agent == agent
    assert len(record.outcome.proposals) >= 8
    assert agent != "oracle" or record.outcome.score == 1.0


@pytest.mark.parametrize("name", ["Heuristic", "react:", "react", "", "gpt-5"])
def test_a_name_that_stands_for_none(name):
    with pytest.raises(RequestError, match=r"There is no agent '.*': they are no-op, .* and react:MODEL"):
        model_settings(name, ReactSettings())
