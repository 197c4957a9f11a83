"""Counts prompts with the tokenizer of a run's model, before the model is loaded.

sizes_for(settings).prompt        # None where the tokenizer is on a hub only: those of Qwen2.5 are an estimate then
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from huggingface_hub import try_to_load_from_cache

from ..agents.audit_tools import tool_schemas
from ..agents.react.prompts import opening_messages
from ..server.synth_audit_environment import SynthAuditEnvironment
from ..server.world.tasks import TIERS, task_of
from .audit_env import NOT_CORE
from .loading import load_tokenizer
from .memory import Sizes, sizes_of
from .settings import Settings

CHARACTERS = 3.6
"""Of a prompt without tools, that a token of Qwen2.5 has."""


def sizes_for(settings: Settings) -> Sizes:
    """The sizes of a run's model, with its tokens where its tokenizer is in a folder, or in the hub's cache here.

    Raises PlanError where config or tokenizer cannot be had, or the chat template cannot be trained with.
    """
    assert settings.model is not None, "the small model is made by the run"
    sizes, folder = sizes_of(settings.model), Path(settings.model).is_dir()
    here = folder or isinstance(try_to_load_from_cache(settings.model, "tokenizer_config.json"), str)
    if not here or importlib.util.find_spec("trl") is None:
        return sizes
    tokenizer, environment = load_tokenizer(settings, settings.model), SynthAuditEnvironment()

    def tokens(chat: Sequence[Any], tools: Sequence[Any] = ()) -> int:
        return len(tokenizer.apply_chat_template(list(chat), tools=list(tools) or None, return_dict=False))

    tools = [one for one in tool_schemas() if settings.tools == "all" or one["function"]["name"] not in NOT_CORE]
    phases = settings.phases if settings.curriculum == "phases" else ()
    tasks = {task for phase in phases for task in phase.task_ids} or {tier.task_id for tier in TIERS.values()}
    seeds = [task_of("validation", number).seed for number in range(5)]
    chats = [opening_messages(environment.reset(seed=seed, task_id=task)) for task in tasks for seed in seeds]
    characters = sum(len(message["content"]) for chat in chats for message in chat)
    return replace(
        sizes,
        prompt=max(tokens(chat, tools) for chat in chats),
        density=CHARACTERS * sum(map(tokens, chats)) / characters,
    )
