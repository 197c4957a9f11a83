"""Inspect AI plays audits: the task `synth_audit_env/audit`.

    inspect eval synth_audit_env/audit -T tier=hard -T limit=50 --model openai/gpt-5

A sample is an episode. Its score is the environment's; beside it stands what the two blind policies would have got.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from anyio.to_thread import run_sync
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import Tool, ToolDef, ToolParams

from ..agents.react.call_format import NO_CALL
from ..agents.react.conversation import MAX_UNREADABLE
from ..agents.react.prompts import answer_text, opening_messages
from ..episode_line import task_name
from ..models import EpisodeOutcome, action_of
from ..rollouts.results_table import BLIND
from ..server.world.tasks import first_episodes
from ..tool_records import tool_schemas
from ..training.audit_env import Audit


@task
def audit(split: str = "test", tier: str = "easy", limit: int = 50, base_url: str | None = None) -> Task:
    """Audits of the first episodes of a split, in a tier; with `base_url` those of a server."""
    samples = [
        Sample(
            f"Audit {task_name(options)}, seed {options['seed']}.",
            id=f"{task_name(options)}-{options['seed']}",
            metadata=options,
        )
        for options in first_episodes(split, tier, limit)
    ]
    return Task(MemoryDataset(samples, name=f"{split} {tier}"), solver=auditor(base_url), scorer=outcome())


@solver
def auditor(base_url: str | None = None) -> Solver:
    """Ask the model until its audit is over, or until it has taken no step in MAX_UNREADABLE answers in a row."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        played = await run_sync(partial(Audit, base_url, **state.metadata))
        system, user = (message["content"] for message in opening_messages(played.opening))
        state.messages = [ChatMessageSystem(content=system), ChatMessageUser(content=user)]
        state.tools = [_tool(played, **schema["function"]) for schema in tool_schemas()]
        idle = 0
        try:
            while played.outcome is None and idle < MAX_UNREADABLE:
                taken = len(played.rewards)
                state = await generate(state, tool_calls="single")
                idle = 0 if len(played.rewards) > taken else idle + 1
                if not state.output.message.tool_calls:
                    state.messages.append(ChatMessageUser(content=NO_CALL))
        finally:
            # Where a limit of Inspect's ends the sample too, an audit is ended as its step budget would end it.
            state.store.set("outcome", played.end().model_dump(mode="json"))
            state.store.set("rewards", played.rewards)
            played.session.close()
        return state

    return solve


def _tool(played: Audit, name: str, description: str, parameters: Any) -> Tool:
    async def call(**kwargs: Any) -> str:
        try:
            action = action_of(name, kwargs)
        except ValueError as problem:
            return str(problem)
        return answer_text(await run_sync(played.step, action))

    return ToolDef(call, name, description, ToolParams.model_validate(parameters)).as_tool()


@scorer(metrics={"*": [mean(), stderr()]})
def outcome() -> Scorer:
    """How the audit went."""

    async def score(state: TaskState, target: Target) -> Score:
        if (kept := state.store.get("outcome")) is None:
            raise ValueError("Nobody plays the audits of this task but its own solver: leave --solver out.")
        outcome = EpisodeOutcome.model_validate(kept)
        value = {"score": outcome.score, "f_beta": outcome.f_beta, "skill": outcome.skill, "return": outcome.return_}
        blind = {name.replace(" ", "_"): score(outcome) for name, score in BLIND.items()}
        lines = (
            f"{proposal.proposal_id} {proposal.decision}. {proposal.explanation}" for proposal in outcome.proposals
        )
        return Score(value={**value, **blind}, explanation="\n".join(lines))

    return score
