"""How large a model is, and how many tokens an audit takes in its tokenizer: what a run's costs are worked out from.

    sizes = sizes_for(settings)           # its prompt is None where the tokenizer is on a hub only
    longest_chat(settings, sizes.prompt)  # tokens

The tokens of Qwen2.5 were counted (docs/training.md, How many tokens an episode takes).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from huggingface_hub import try_to_load_from_cache

from ..agents.audit_tools import tool_schemas
from ..agents.react.prompts import opening_messages
from ..server.synth_audit_environment import SynthAuditEnvironment
from ..server.world.tasks import TIERS, task_of
from .audit_env import NOT_CORE
from .loading import load_tokenizer
from .settings import PlanError, Settings

PROMPT_TOKENS = 2_950
"""Of the longest prompt: system's message, tools, protocol, briefing and proposals."""
PROMPTS: Mapping[str, int] = {
    "oversight_easy": 1_976,
    "oversight_medium": 2_216,
    "oversight_hard": 2_415,
    "oversight_expert": 2_739,
}
"""Of the mean prompt with the descriptions of all tools."""
CORE_SAVES = 283
"""Of these, where the core tools alone are described."""
PROPOSAL_TOKENS = 385
"""Of a proposal whose record, timeline and decision come in two turns, on average."""
IMITATED_TOKENS = {"core": 515, "all": 575}
"""The same of the audits that --sft has a model imitate, by --tools: they read the note too, and ask for more."""
LOOK_UP, FLAG, REPORT = 30, 78, 186
"""Tokens that the model writes for a call."""
CHARACTERS = 3.6
"""Of a prompt without tools, that a token of Qwen2.5 has."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of a model, from its config."""

    parameters: int
    embedding: int
    """Of these, in the embedding, which is not quantized."""
    layers: int
    hidden: int
    kept: int
    """Numbers that autograd keeps of one token in one layer: ten hidden states and four of the MLP's, as counted."""
    kv_width: int
    """Numbers that one token keeps in the cache of one layer: keys and values of all heads."""
    vocabulary: int
    context: int
    prompt: int | None = None
    density: float = 1.0
    """Tokens of the run's longest prompt, and those of a text for each of Qwen2.5's: counted with its own tokenizer."""


QWEN: Mapping[str, Sizes] = {
    "Qwen/Qwen2.5-0.5B-Instruct": Sizes(494_032_768, 136_134_656, 24, 896, 28_416, 256, 151_936, 32_768),
    "Qwen/Qwen2.5-1.5B-Instruct": Sizes(1_543_714_304, 233_373_696, 28, 1536, 51_200, 512, 151_936, 32_768),
    "Qwen/Qwen2.5-3B-Instruct": Sizes(3_085_938_688, 311_164_928, 36, 2048, 64_512, 512, 151_936, 32_768),
    "Qwen/Qwen2.5-7B-Instruct": Sizes(7_615_616_512, 1_089_994_752, 28, 3584, 111_616, 1024, 152_064, 32_768),
}
"""So that a plan can be made where no hub can be reached."""


def longest_chat(settings: Settings, prompt: int | None = None) -> int:
    """Tokens of the longest prompt and of all that an episode may have after it."""
    return (prompt or PROMPT_TOKENS) + settings.episode_tokens


def sizes_for(settings: Settings) -> Sizes:
    """The sizes of a run's model, with its tokens where its tokenizer is in a folder, or in the hub's cache here.

    Raises:
        PlanError: Config or tokenizer cannot be had, or the chat template cannot be trained with.
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


def sizes_of(model: str) -> Sizes:
    """The sizes of a model: known ones from the table, others from their config.

    Raises:
        PlanError: There is no such config, here or on the hub.
    """
    if model in QWEN:
        return QWEN[model]
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(model)
    except (OSError, ValueError) as problem:
        raise PlanError(f"The config of {model} cannot be had, so the run cannot be planned: {problem}") from problem
    import torch

    with torch.device("meta"):
        parameters = AutoModelForCausalLM.from_config(config).num_parameters()
    text = config.get_text_config()
    head = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return Sizes(
        parameters=parameters,
        embedding=text.vocab_size * text.hidden_size * (1 if config.tie_word_embeddings else 2),
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        kept=10 * text.hidden_size + 4 * getattr(text, "intermediate_size", 4 * text.hidden_size),
        kv_width=2 * head * text.num_key_value_heads,
        vocabulary=text.vocab_size,
        context=text.max_position_embeddings,
    )
