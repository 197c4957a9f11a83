"""The agents by name: each plays as its name says, and a name that stands for none is told what there is."""

from pathlib import Path

import pytest

from synth_audit_env.agents.react.context import Budget
from synth_audit_env.agents.react.settings import ReactSettings
from synth_audit_env.chat.endpoint import EndpointError
from synth_audit_env.comparison.agents import KEYLESS, NO_EXAMPLE, UnknownAgentError, label, maker, model_settings
from synth_audit_env.comparison.jobs import DEFAULT_SETTINGS, Job, play_job
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.chat_server import MODEL, Say, chat_server
from synth_audit_env.tests.tiny_checkpoint import CONTEXT, TOOLS_TEMPLATE, checkpoint

SEED = 1_000_004


def played(agent, tier="hard", react=DEFAULT_SETTINGS):
    env = SynthAuditEnvironment()
    return play_job(Job(agent, tier, SEED, react), lambda options: env.reset(**options), env.step)


@pytest.mark.parametrize("agent", [name for name in KEYLESS if name != "text-only"])
def test_each_plays_to_the_end_under_its_name(agent):
    one = played(agent).episode
    assert one.agent == agent
    assert len(one.decisions) >= 8


@pytest.mark.parametrize("calls", [12, 24])
def test_the_limited_heuristic_keeps_to_its_calls(calls):
    one = played(f"heuristic-{calls}-calls").episode
    assert one.tool_calls <= calls < played("heuristic").episode.tool_calls
    # What it did not look at it approves, and says that it is not sure.
    assert {decision.decision for decision in one.decisions} <= {"approved", "flagged"}
    assert any(decision.p_wrong == 0.4 for decision in one.decisions)


def test_the_oracle_is_right_and_marked():
    assert played("oracle").episode.score == 1.0
    assert label("oracle") == "oracle (told the labels)"
    assert label("heuristic") == "heuristic"


def test_examples_are_of_agents_that_look():
    looking = {agent for agent in KEYLESS if agent not in NO_EXAMPLE}
    assert looking == {"heuristic", "heuristic-12-calls", "heuristic-24-calls"}


@pytest.mark.parametrize("name", ["Heuristic", "react:", "local:", "react", "", "gpt-5"])
def test_a_name_that_stands_for_none(name):
    with pytest.raises(UnknownAgentError, match=r"There is no agent '.*': they are no-op, .*, react:MODEL"):
        maker(name, DEFAULT_SETTINGS)


@pytest.mark.slow
def test_a_checkpoint_audits(tmp_path):
    for extra in ("torch", "transformers"):
        pytest.importorskip(extra, reason="the extra `local`")
    agent = f"local:{checkpoint(tmp_path / 'tiny', TOOLS_TEMPLATE)}"
    react = ReactSettings(budget=Budget(max_context=CONTEXT))
    one = played(agent, "easy", react)
    assert one.episode.agent == agent
    assert [one.decision for one in one.episode.decisions[:2]] == ["pending", "approved"]
    assert one.episode.usage.completion_tokens > 0
    assert one.line == played(agent, "easy", react).line


def test_how_a_checkpoint_is_asked_names_its_template_where_one_was_given():
    assert model_settings("local:x", ReactSettings(chat_template=Path("t.jinja")))["chat_template"] == "t.jinja"
    assert "chat_template" not in model_settings("local:x", ReactSettings())


def test_a_model_is_asked_and_what_it_took_is_kept():
    with chat_server(lambda request: Say(calls=[("submit_audit_report", {"report": "None."})])) as server:
        react = ReactSettings(url=server.url)
        one = played(f"react:{MODEL}", "easy", react)
        assert one.episode.agent == f"react:{MODEL}"
        assert (one.episode.usage.prompt_tokens, one.episode.usage.completion_tokens) == (100, 10)
        again = played(f"react:{MODEL}", "medium", react)
        assert again.episode.usage.prompt_tokens == 100, "an episode's tokens are its own"
        with pytest.raises(EndpointError, match="another"):
            maker("react:another", react)
