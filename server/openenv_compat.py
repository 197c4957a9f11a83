"""The one place where the environment class touches openenv's: its base class and its metadata.

    from synth_audit_env.server.openenv_compat import Environment, EnvironmentMetadata

openenv brings a web stack with it. A trainer that plays episodes in its own process needs none of that, so where
openenv (or what it needs) is absent, two classes of the same shape stand in. Nothing here knows how an episode works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openenv.core.env_server.interfaces import Environment
    from openenv.core.env_server.types import EnvironmentMetadata
else:
    try:
        from openenv.core.env_server.interfaces import Environment
        from openenv.core.env_server.types import EnvironmentMetadata
    except ImportError:
        from abc import ABC, abstractmethod
        from typing import Any, Generic, TypeVar

        from pydantic import BaseModel, ConfigDict

        ActT = TypeVar("ActT")
        ObsT = TypeVar("ObsT")
        StateT = TypeVar("StateT")

        class EnvironmentMetadata(BaseModel):
            """Stand-in for openenv's EnvironmentMetadata."""

            model_config = ConfigDict(extra="forbid", validate_assignment=True)
            name: str
            description: str
            readme_content: str | None = None
            version: str | None = None
            author: str | None = None
            documentation_url: str | None = None

        class Environment(ABC, Generic[ActT, ObsT, StateT]):
            """Stand-in for openenv's Environment: what it promises, without rubrics, transforms and web pages."""

            SUPPORTS_CONCURRENT_SESSIONS = False
            REQUIRES_SINGLE_THREAD_EXECUTOR = False

            def __init__(self, transform: Any = None, rubric: Any = None) -> None:
                self.transform = transform
                self.rubric = rubric

            @abstractmethod
            def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> ObsT:
                """Start an episode and return its first observation."""

            @abstractmethod
            def step(self, action: ActT, timeout_s: float | None = None, **kwargs: Any) -> ObsT:
                """Act once."""

            async def reset_async(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> ObsT:
                """Start an episode, from a coroutine."""
                return self.reset(seed=seed, episode_id=episode_id, **kwargs)

            async def step_async(self, action: ActT, timeout_s: float | None = None, **kwargs: Any) -> ObsT:
                """Act once, from a coroutine."""
                return self.step(action, timeout_s=timeout_s, **kwargs)

            @property
            @abstractmethod
            def state(self) -> StateT:
                """What can be asked at any time."""

            def get_metadata(self) -> EnvironmentMetadata:
                """Say what this environment is."""
                name = type(self).__name__
                return EnvironmentMetadata(name=name, description=f"{name} environment", version="1.0.0")

            def close(self) -> None:
                """Release what the environment holds: nothing, unless a subclass says so."""


__all__ = ["Environment", "EnvironmentMetadata"]
