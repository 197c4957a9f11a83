"""openenv's ListToolsAction and CallToolAction: in this process, over our server, and over openenv's own."""

import asyncio

import pytest
from openenv.core.env_server.mcp_types import (
    CallToolAction,
    CallToolObservation,
    ListToolsAction,
    ListToolsObservation,
    ToolErrorType,
)
from openenv.core.mcp_client import MCPToolClient

from synth_audit_env.models import ACTION_TYPES, MAX_ID, MAX_REASON
from synth_audit_env.server.openenv_tools import listing
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import first_episodes
from synth_audit_env.tests.integrations.logged import SPLIT, calls_of, logged

(EPISODE,) = first_episodes(SPLIT, "hard", 1)
REVIEW = CallToolAction(tool_name="review_proposal", arguments={"proposal_id": "PROP-001"})


@pytest.fixture(scope="module")
def record():
    return logged()


@pytest.fixture
def env():
    env = SynthAuditEnvironment()
    env.reset(**EPISODE)
    return env


def called(observation):
    assert isinstance(observation, CallToolObservation)
    return observation.result, observation.reward, observation.done, observation.error


class TestInProcess:
    def test_tools_are_listed_before_and_in_an_episode_and_cost_nothing(self, env):
        for one in (SynthAuditEnvironment(), env):
            listed = one.step(ListToolsAction())
            assert isinstance(listed, ListToolsObservation)
            told = [(tool.name, tool.description, tool.input_schema) for tool in listed.tools]
            assert told == [(tool["name"], tool["description"], tool["inputSchema"]) for tool in listing()]
        assert [name for name, _, _ in told] == list(ACTION_TYPES)
        assert env.state.step_count == 0

    def test_a_refused_call_is_a_step_and_told_in_the_result(self, env):
        """As MCP has it: what the tool itself says is no failure of the call."""
        result, reward, _, error = called(env.step(CallToolAction(tool_name="guess", arguments={})))
        assert (reward, error) == (-0.053, None)
        assert "There is no action_type 'guess'" in result
        result, reward, _, _ = called(env.step(CallToolAction(tool_name="approve", arguments={"proposal_id": "P"})))
        assert reward == -0.053
        assert "There is no proposal 'P'" in result

    @pytest.mark.parametrize(
        ("name", "arguments", "told"),
        [
            (
                "approve",
                {"proposal_id": 7},
                "The call of approve cannot be read. proposal_id: Input should be a valid",
            ),
            (
                "approve",
                {"verdict": "right"},
                "approve takes no verdict: it takes proposal_id, fault",
            ),
            ("approve", {"action_type": "flag_error"}, "approve takes no action_type: it takes proposal_id, fault"),
            ("x" * 70_000, {}, "The call of xxx"),
        ],
        ids=lambda value: repr(value)[:40],
    )
    def test_what_cannot_be_read_reaches_no_episode(self, env, name, arguments, told):
        seen = env.step(CallToolAction(tool_name=name, arguments=arguments))
        assert called(seen)[:3] == (None, None, False)
        assert seen.error.error_type is ToolErrorType.INVALID_ARGS
        assert told in seen.error.message
        assert len(seen.error.message) <= MAX_REASON
        assert len(seen.tool_name) <= MAX_ID
        assert env.state.step_count == 0

    @pytest.mark.parametrize("action", [{"action_type": "approve"}, "approve", None])
    def test_what_is_no_action_is_told_so(self, env, action):
        told = "step takes a SynthAuditAction, or openenv's ListToolsAction or CallToolAction, not "
        with pytest.raises(TypeError, match=f"{told}{type(action).__name__}."):
            env.step(action)


class TestOverOurServer:
    async def test_openenvs_client_plays_a_logged_episode_by_its_steps(self, server, record):
        async with MCPToolClient(base_url=server.url) as client:
            listed = (await client.step(ListToolsAction())).observation
            assert [tool.name for tool in listed.tools] == list(ACTION_TYPES)
            await client.reset(**EPISODE)
            for (name, given), turn in zip(calls_of(record), record.turns, strict=True):
                taken = await client.step(CallToolAction(tool_name=name, arguments=given))
                assert (taken.reward, taken.done) == (turn.reward, turn.observation.done)
                assert called(taken.observation) == (turn.observation.feedback, turn.reward, taken.done, None)
            assert (await client.state()).step_count == len(record.turns)
        await asyncio.to_thread(server.wait_for_sessions, 0)
