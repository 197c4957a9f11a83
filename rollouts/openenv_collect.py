"""Episodes for openenv's `collect`: what its CollectRunner asks of an environment, with our server behind it.

    from openenv.core.harness import HarnessRunLimits, MCPHarnessAdapter
    from openenv.core.harness.collect import CollectRunner, RolloutSerializer, build_model_step
    from openenv.core.llm_client import OpenAIClient

    client = OpenAIClient("http://127.0.0.1:11434", None, "qwen3:4b", max_tokens=1024)
    CollectRunner(
        session_factory=AuditSessions("http://127.0.0.1:8000"),
        harness_adapter=MCPHarnessAdapter(),
        serializer=RolloutSerializer("outputs/collected"),
        tasks=[{"task_id": "oversight_hard", "split": "train", "index": index} for index in range(10)],
        limits=HarnessRunLimits(max_turns=MAX_TURNS),
    ).run(model_step=build_model_step(client), num_episodes=10, should_keep=finished)

The command `openenv collect` itself knows two environments by name and takes no other (openenv 0.10), so it is the
runner under it that is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openenv.core.env_server.mcp_types import Tool
from openenv.core.harness import ResourceSession, ResourceSessionFactory, ToolResult, VerifyResult
from openenv.core.harness.collect import EpisodeRecord

from ..agents.audit_tools import action_of, tool_schemas
from ..agents.react.prompts import answer_text, opening_messages
from ..client import SyncSynthAuditEnv, SynthAuditEnv
from ..models import OutcomeResult, SynthAuditObservation

MAX_TURNS = 240
"""The step budget of the longest episodes. openenv's own limit is 10 turns, which cuts nearly every audit short."""


class AuditSession(ResourceSession):
    """One episode, as a harness drives it: the texts and tools of the ReAct agent, and the environment's own reward."""

    def __init__(self, client: SyncSynthAuditEnv, opening: SynthAuditObservation) -> None:
        """Go on with an episode that was just reset. The client is closed with the session."""
        self.observation = opening
        """The last one."""
        self._client = client
        self._opening = opening
        self._reward: float | None = None

    def initial_messages(self) -> list[dict[str, Any]]:
        """The system's message, and the user's with protocol, briefing and proposals."""
        return opening_messages(self._opening)

    def list_tools(self) -> list[Tool]:
        """The eight tools."""
        functions = [schema["function"] for schema in tool_schemas()]
        return [
            Tool(name=one["name"], description=one["description"], input_schema=one["parameters"]) for one in functions
        ]

    def call_tool(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        """Carry a call out. One whose arguments cannot be read takes no step, and the model is told why."""
        try:
            action = action_of(name, arguments)
        except ValueError as problem:
            return ToolResult(data=str(problem), error=str(problem))
        result = self._client.step(action)
        self.observation, self._reward = result.observation, float(result.reward or 0.0)
        return ToolResult(
            data=answer_text(self.observation),
            done=result.done,
            metadata={"reward": self._reward},
            error=self.observation.error,
        )

    def verify(self, transcript: list[dict[str, Any]], final_state: Any | None = None) -> VerifyResult:
        """What came of the episode. `finished` tells an audit that ended from one that was left."""
        seen = self.observation
        metrics: dict[str, Any] = {"finished": seen.done, "steps": seen.steps_taken}
        artifacts = {}
        if isinstance(seen.result, OutcomeResult):
            outcome = seen.result.outcome
            metrics |= {"score": outcome.score, "skill": outcome.skill}
            artifacts["outcome"] = outcome.model_dump(mode="json")
        return VerifyResult(env_reward=self._reward, done=seen.done, metrics=metrics, artifacts=artifacts)

    def close(self) -> None:
        """Leave the server."""
        self._client.close()


class AuditSessions(ResourceSessionFactory[AuditSession]):
    """Starts episodes on a server, each in a session of its own."""

    def __init__(self, base_url: str) -> None:
        """Name the server, such as http://127.0.0.1:8000."""
        self._base_url = base_url

    def create(
        self, task: Mapping[str, Any] | None, seed: int | None = None, episode_id: str | None = None
    ) -> AuditSession:
        """Start one.

        Rewards are settled at the end: openenv takes the reward of the last step for that of the episode.

        A task has options of `SynthAuditEnv.reset`, such as task_id, split and index. The seed is taken if it has none.

        Raises:
            ServerRefusedError: An option is wrong, or the server is full.
        """
        options = dict(task or {}) if seed is None else {"seed": seed, **(task or {})}
        client = SynthAuditEnv(base_url=self._base_url).sync()
        try:
            client.connect()
            opening = client.reset(**options, episode_id=episode_id, settlement="terminal").observation
        except BaseException:
            client.close()
            raise
        return AuditSession(client, opening)


def finished(record: EpisodeRecord) -> bool:
    """Whether an audit came to its end: one that was left has a reward of 0, better than many an honest audit."""
    return bool(record.verify_metrics["finished"])
