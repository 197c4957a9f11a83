"""verifiers plays audits: the taskset `synth-audit-env` of its v1, and the harness that plays it.

    vf-eval synth-audit-env --env.taskset.tier hard --env.agent.runtime.type subprocess -m gpt-5
    env = load_environment(split="train", tier="easy", num_examples=100)      # the same in Python

The harness plays in this process: the model is offered the eight tools, is asked through verifiers, and its chat only
grows. The reward is the return of the episode, as the environment pays it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import verifiers.v1 as vf
from anyio.to_thread import run_sync
from openai import AsyncOpenAI, BadRequestError

from ..agents.react.conversation import Conversation
from ..chat.completion import Usage
from ..chat.endpoint import RETRIES, completion_of
from ..episode_line import task_name
from ..server.world.tasks import first_episodes
from ..training.audit_env import Audit
from ..training.reward import of_outcome

__all__ = ("AuditHarness", "AuditTaskset")  # where verifiers looks them up
REWARD = "audit_return"


class AuditData(vf.TaskData):
    """An episode, by the options of its reset. Its prompt is what the environment then shows."""

    options: dict[str, Any]
    base_url: str | None


class AuditTask(vf.Task[AuditData]):
    """One audit, which its harness scores."""

    async def finalize(self, trace: vf.Trace, runtime: vf.Runtime) -> None:
        """Refuse what another harness has done without the tools."""
        if REWARD not in trace.rewards:
            raise ValueError("The tools are those of this taskset's own harness: leave --env.agent.harness.id out.")


class AuditConfig(vf.TasksetConfig):
    """Which episodes: the first ones of a split, in a tier; with `base_url` those of a server."""

    split: str = "test"
    tier: str = "easy"
    num_examples: int = 100
    base_url: str | None = None


class AuditTaskset(vf.Taskset[AuditTask, AuditConfig]):
    """The episodes."""

    def load(self) -> Iterator[AuditTask]:
        """Make a task of each."""
        asked = self.config
        for options in first_episodes(asked.split, asked.tier, asked.num_examples):
            name = f"{task_name(options)}-{options['seed']}"
            data = AuditData(name=name, prompt=f"Audit {name}.", options=options, base_url=asked.base_url)
            yield AuditTask(data, asked.task)


class AuditHarness(vf.Harness[vf.HarnessConfig]):
    """Asks the model for calls, and carries them out, until its audit is over."""

    APPENDS_SYSTEM_PROMPT, EXECUTES_CODE, NEEDS_CONTAINER = True, False, False

    async def launch(
        self, ctx: vf.ModelContext, trace: vf.Trace, runtime: Any, endpoint: str, secret: str, _: Any, data: AuditData
    ) -> vf.ProgramResult:
        """Play, and note how it went."""
        audit = await run_sync(partial(Audit, data.base_url, **data.options))
        try:
            async with AsyncOpenAI(base_url=endpoint, api_key=secret, max_retries=RETRIES, timeout=None) as client:
                await _play(audit, partial(client.chat.completions.create, model=ctx.model), data.system_prompt)
        finally:
            # Where it is cancelled the time of the run is up, and what was played counts. A failure has no score.
            if not isinstance(sys.exception(), Exception):
                outcome = audit.end()
                trace.record_reward(REWARD, outcome.return_)
                trace.record_metrics(of_outcome(outcome))
                trace.info |= {"audit_rewards": audit.rewards, "audit_outcome": outcome.model_dump(mode="json")}
            audit.session.close()
        return vf.ProgramResult(0, "", "")


async def _play(audit: Audit, ask: Any, system_prompt: str | None) -> None:
    talk = Conversation(audit.opening, "native")
    given = {} if system_prompt is None else {"content": system_prompt}
    try:
        while audit.outcome is None:
            if (action := talk.next_action()) is not None:
                talk.observe(await run_sync(audit.step, action))
                continue
            system, *chat = talk.messages()
            answer = await ask(messages=[{**system, **given}, *chat], tools=talk.tools)
            choice = answer.choices[0].model_dump()
            talk.receive(completion_of(choice, Usage()))
    except BadRequestError:
        # A limit of the run, or of the model's context, ends an audit. One that has not begun cannot be played.
        if len(talk.messages()) == 2:
            raise


def load_environment(**taskset: Any) -> vf.Env:
    """The environment of the episodes that an `AuditConfig` with these fields names."""
    asked, agent = AuditConfig(id="synth-audit-env", **taskset), vf.AgentConfig(runtime=vf.SubprocessConfig())
    return vf.load_environment(vf.SingleAgentEnvConfig(taskset=asked, agent=agent))
