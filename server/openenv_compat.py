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
        from typing import Generic, TypeVar

        from pydantic import BaseModel, ConfigDict

        ActT, ObsT, StateT = map(TypeVar, ("ActT", "ObsT", "StateT"))

        class EnvironmentMetadata(BaseModel):
            """Stand-in for openenv's EnvironmentMetadata."""

            model_config = ConfigDict(extra="forbid", validate_assignment=True)
            name: str
            description: str
            readme_content: str | None = None
            version: str | None = None
            author: str | None = None
            documentation_url: str | None = None

        class Environment(Generic[ActT, ObsT, StateT]):
            """Stand-in for openenv's Environment, whose methods our one subclass has all of its own."""

            REQUIRES_SINGLE_THREAD_EXECUTOR = False


__all__ = ["Environment", "EnvironmentMetadata"]
