"""What the environments of a server are made with: how episodes are settled, and a model that can word the notes.

    make = environments(settings.read(None))
    environment = make()

All sessions share the model and its cache; an environment is each session's own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from ..synth_audit_environment import SynthAuditEnvironment
from .settings import Settings, SettingsError


def environments(chosen: Settings) -> Callable[[], SynthAuditEnvironment]:
    """The maker of environments that the settings ask for. The key of an endpoint is looked up in the environment.

    Raises:
        SettingsError: The endpoint's URL is invalid, or the key is not there.
    """
    make = partial(SynthAuditEnvironment, settled=chosen.settled, aside=True)
    if chosen.actor_model is None:
        return make
    # Here, since importing `openai` takes a second, and most servers need none of it.
    from ...chat.access import find_endpoint
    from ...chat.endpoint import EndpointError
    from ..llm_actor.actor import LlmActor
    from ..llm_actor.prose_cache import ProseCache, default_folder

    endpoint = None
    if chosen.actor_url is not None:
        try:
            endpoint = find_endpoint(chosen.actor_url, chosen.actor_model, chosen.actor_api_key_env, os.environ)
        except EndpointError as problem:
            raise SettingsError(f"The Actor's model cannot be asked. {problem}") from problem
    cache = ProseCache(chosen.actor_cache or default_folder())
    llm = LlmActor(chosen.actor_model, cache, endpoint, at_once=chosen.max_sessions)
    return partial(make, tell=llm.tell, actor=chosen.actor)
