"""What a run takes of the memory of a card, or of a machine without one, as arithmetic.

    sum(needs(settings, sizes_of("Qwen/Qwen2.5-3B-Instruct")).values())        # GiB

The figures come from the sizes of the model and what TRL keeps. On a CPU they were measured, on a card they were not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .plan import GIB, PlanError
from .settings import Settings


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


SCORED_TOKENS = 4_096
"""TRL computes the logits of so many tokens at a time, and of eight times as many words (`trl.kernels`)."""
TILES = 8.25
"""Of logits at once on a CPU, where whole tensors do one after the other what a kernel does in place."""
PREFILL_CHUNK = 256
"""Tokens of a prompt that are read at a time: a turn reads the whole episode of all rollouts again."""
VLLM_ROLLOUTS = 16
"""That it should be able to play at a time, for its speed to be worth having."""
CUDA_GIB = 0.8
"""Of its libraries and of what is lost between blocks; a guess."""
PYTHON_GIB = 1.3
VLLM_SHARE = 0.45
"""Of the card's memory, where vLLM is beside the trainer."""

QWEN: Mapping[str, Sizes] = {
    "Qwen/Qwen2.5-0.5B-Instruct": Sizes(494_032_768, 136_134_656, 24, 896, 28_416, 256, 151_936, 32_768),
    "Qwen/Qwen2.5-1.5B-Instruct": Sizes(1_543_714_304, 233_373_696, 28, 1536, 51_200, 512, 151_936, 32_768),
    "Qwen/Qwen2.5-3B-Instruct": Sizes(3_085_938_688, 311_164_928, 36, 2048, 64_512, 512, 151_936, 32_768),
    "Qwen/Qwen2.5-7B-Instruct": Sizes(7_615_616_512, 1_089_994_752, 28, 3584, 111_616, 1024, 152_064, 32_768),
}
"""So that a plan can be made where no hub can be reached."""
PROMPT_TOKENS = 2_950
"""Of system's message, tools, protocol, briefing and proposals, for the longest episode (docs/training.md)."""


PROPOSAL_TOKENS = 385
"""Of a proposal whose record, timeline and decision come in two turns, on average (docs/training.md)."""
IMITATED_TOKENS = {"core": 515, "all": 575}
"""The same of the audits that --sft has a model imitate, by --tools: they read the note too, and ask for more."""


def longest_chat(settings: Settings, prompt: int | None = None) -> int:
    """Tokens of the longest prompt and of all that an episode may have after it."""
    return (prompt or PROMPT_TOKENS) + settings.episode_tokens


def needs(settings: Settings, sizes: Sizes, cpu: bool = False) -> dict[str, float]:
    """Where the memory of one device goes, for a run in one process: GiB, by what takes it."""
    linear = sizes.parameters - sizes.embedding
    length = longest_chat(settings, sizes.prompt)
    # All weights are loaded in float32 where all are trained.
    wide = 4.0 if settings.precision == "fp32" or not settings.lora_rank else 2.0
    weights = (linear * (0.516 if settings.precision == "4bit" else wide) + sizes.embedding * wide) / GIB
    found = {"Python and its libraries": PYTHON_GIB} if cpu else {"CUDA's own": CUDA_GIB}
    found["weights"] = weights
    if settings.lora_rank:
        # Two thin matrices for each of the seven of a layer; those of the MLP are more than five times as wide as long.
        adapters = settings.lora_rank * sizes.layers * sizes.hidden * 27 * 16 / GIB
        found["adapters, their gradients and Adam, in float32"] = adapters
    else:
        found["gradients and Adam, in float32"] = sizes.parameters * 12 / GIB
    if settings.beta and not settings.lora_rank:
        # With adapters it is the model without them.
        found["the model of the start, for --beta"] = sizes.parameters * 4 / GIB
    if cpu:
        wide = 4.0 if settings.precision == "4bit" else wide
        # No layer is worked out twice, each has a mask of its own over the padding, and the prompt is scored too.
        kept = sizes.layers * (sizes.kept + length)
        tile = TILES * min(settings.batch * length, SCORED_TOKENS) * min(SCORED_TOKENS * 8, sizes.vocabulary)
    else:
        kept = sizes.layers * sizes.hidden + sizes.kept
        tile = (min(settings.batch * settings.episode_tokens, SCORED_TOKENS) + sizes.hidden) * SCORED_TOKENS * 8
    found["hidden states kept for the backward pass"] = settings.batch * length * kept * wide / GIB
    found["logits, a tile at a time"] = tile * wide / GIB
    cache = length * sizes.layers * sizes.kv_width * wide / GIB
    if settings.vllm == "colocate":
        kept = min(settings.rollouts, VLLM_ROLLOUTS)
        found["weights once more, vLLM's"] = weights
        found[f"keys and values of {kept} rollouts, vLLM's; the others wait"] = kept * cache
    elif settings.vllm is None and not cpu:  # there it comes to less, and is gone when the hidden states are made
        read = settings.rollouts * PREFILL_CHUNK * sizes.kept * wide / GIB
        found["keys and values of all rollouts while they are generated"] = settings.rollouts * cache
        found[f"hidden states while {PREFILL_CHUNK} tokens of all rollouts are read at a time"] = read
    return found


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
