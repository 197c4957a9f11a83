"""Inspect AI plays audits: the task `synth_audit_env/audit`.

    inspect eval synth_audit_env/audit -T tier=hard -T limit=50 --model openai/gpt-5

A sample is an episode. Its score is the environment's, and beside it stands what the two blind policies would have got.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from anyio.to_thread import run_sync
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import Tool, ToolDef, ToolError, ToolParams

from synth_audit_env.agents.audit_tools import action_of, tool_schemas
from synth_audit_env.agents.react.conversation import MAX_UNREADABLE
from synth_audit_env.agents.react.native_calls import NO_CALL
from synth_audit_env.agents.react.prompts import answer_text, opening_messages
from synth_audit_env.server.reward_model import Confusion
from synth_audit_env.server.tasks import first_episodes
from synth_audit_env.training.audit_env import Audit, open_session

_UNDER_WAY: dict[str, Audit] = {}
"""By the id of the sample's run. Inspect keeps what a sample holds as JSON, which an audit is not."""


@task
def audit(split: str = "test", tier: str = "easy", limit: int = 50, base_url: str | None = None) -> Task:
    """Audits of a tier.

    Args:
        split: Whose seeds: train, validation, test or reference.
        tier: easy, medium, hard or expert.
        limit: How many episodes.
        base_url: Of a server that plays them; this process does where none is given.
    """
    return Task(
        dataset=MemoryDataset([_sample(one, base_url) for one in first_episodes(split, tier, limit)], name=tier),
        setup=begin(base_url),
        solver=auditor(),
        scorer=outcome(),
        cleanup=_close,
    )


def _sample(options: Mapping[str, Any], base_url: str | None) -> Sample:
    session = open_session(base_url)
    system, user = (message["content"] for message in opening_messages(session.reset(**options)))
    session.close()
    messages: list[ChatMessage] = [ChatMessageSystem(content=system), ChatMessageUser(content=user)]
    return Sample(messages, id=f"{options['task_id']}-{options['seed']}", metadata=dict(options))


@solver
def begin(base_url: str | None = None) -> Solver:
    """Start the sample's episode, and offer its eight tools to whatever solver comes next."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        under_way = _UNDER_WAY[state.uuid] = Audit(open_session(base_url))
        await run_sync(partial(under_way.reset, **state.metadata))
        state.tools = [_tool(schema["function"], under_way) for schema in tool_schemas()]
        return state

    return solve


def _tool(function: Mapping[str, Any], under_way: Audit) -> Tool:
    async def call(**kwargs: Any) -> str:
        try:
            observation = await run_sync(under_way.step, action_of(function["name"], kwargs))
        except ValueError as problem:
            raise ToolError(str(problem)) from problem
        if observation.error is not None:
            raise ToolError(answer_text(observation))
        return answer_text(observation)

    parameters = ToolParams.model_validate(function["parameters"])
    return ToolDef(call, function["name"], function["description"], parameters, parallel=False).as_tool()


@solver
def auditor() -> Solver:
    """Ask the model until its audit is over, or until it has taken no step in MAX_UNREADABLE answers in a row."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        under_way, idle = _UNDER_WAY[state.uuid], 0
        while under_way.outcome is None and idle < MAX_UNREADABLE:
            taken = len(under_way.rewards)
            state = await generate(state, tool_calls="single")
            idle = 0 if len(under_way.rewards) > taken else idle + 1
            if not state.output.message.tool_calls:
                state.messages.append(ChatMessageUser(content=NO_CALL))
        return state

    return solve


@scorer(metrics={"*": [mean(), stderr()]})
def outcome() -> Scorer:
    """The outcome of the episode. An audit without a report is ended as its step budget would end it."""

    async def score(state: TaskState, target: Target) -> Score:
        under_way = _UNDER_WAY[state.uuid]
        told = await run_sync(under_way.end)
        wrong = sum(proposal.is_wrong for proposal in told.proposals)
        right = len(told.proposals) - wrong
        blind = {
            "flag_all": Confusion(wrong, right, 0, 0).score,
            "approve_all": Confusion(0, 0, wrong, right).score,
        }
        return Score(
            value={"score": told.score, "f_beta": told.f_beta, "skill": told.skill, "return": told.return_, **blind},
            explanation="\n".join(
                f"{one.proposal_id} {one.decision}: {one.error_type or 'right'}. {one.explanation}"
                for one in told.proposals
            ),
            metadata={"rewards": under_way.rewards, "outcome": told.model_dump(mode="json")},
        )

    return score


async def _close(state: TaskState) -> None:
    if under_way := _UNDER_WAY.pop(state.uuid, None):
        await run_sync(under_way.session.close)
