"""Whether a run can work, and what it takes: refusals in words, memory and tokens as arithmetic.

    check(settings, Device.here())                 # raises PlanError with a sentence that says what would work
    print(arithmetic(settings, Device("t4", 15.0, 7.5)))

The figures come from the sizes of the model and what TRL keeps, and were not measured on a card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from synth_audit_env.training.settings import Settings

GIB = 2**30


class PlanError(ValueError):
    """A combination that cannot work. The message says why and what would."""


@dataclass(frozen=True, slots=True)
class Device:
    """What trains."""

    name: str
    memory_gib: float
    """That can be used; 0 for a CPU, whose memory is not planned."""
    capability: float
    """CUDA compute capability; 0 for a CPU. From 8.0 on there is bf16."""

    @classmethod
    def here(cls) -> Device:
        """The first card of this machine, or its CPU."""
        import torch

        if not torch.cuda.is_available():
            return CPU
        major, minor = torch.cuda.get_device_capability(0)
        memory = torch.cuda.get_device_properties(0).total_memory / GIB
        return cls(torch.cuda.get_device_name(0), memory, major + minor / 10)


CPU = Device("cpu", 0.0, 0.0)
CARDS: Mapping[str, Device] = {
    "cpu": CPU,
    "t4": Device("t4", 14.6, 7.5),
    "l4": Device("l4", 22.5, 8.9),
    "a10g": Device("a10g", 22.5, 8.6),
    "a100": Device("a100", 79.0, 8.0),
    "h100": Device("h100", 79.0, 9.0),
}
"""Memory as torch reports it, not as the card is sold."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of a model, from its config."""

    parameters: int
    embedding: int
    """Of these, in the embedding, which is not quantized."""
    layers: int
    hidden: int
    kv_width: int
    """Numbers that one token keeps in the cache of one layer: keys and values of all heads."""
    vocabulary: int
    context: int


SCORED_TOKENS = 4_096
"""TRL computes the logits of so many tokens at a time, and of eight times as many words (`trl.kernels`)."""
RECOMPUTED = 20
"""Hidden states' widths that one layer keeps while it is worked out: three of its MLP are five to six wide each."""
PREFILL_CHUNK = 256
"""Tokens of a prompt that are read at a time: a turn reads the whole episode of all rollouts again."""
VLLM_ROLLOUTS = 16
"""That it should be able to play at a time, for its speed to be worth having."""
CUDA_GIB = 0.8
"""Of its libraries and of what is lost between blocks; a guess."""
VLLM_SHARE = 0.45
"""Of the card's memory, where vLLM is beside the trainer."""

QWEN: Mapping[str, Sizes] = {
    "Qwen/Qwen2.5-0.5B-Instruct": Sizes(494_032_768, 136_134_656, 24, 896, 256, 151_936, 32_768),
    "Qwen/Qwen2.5-1.5B-Instruct": Sizes(1_543_714_304, 233_373_696, 28, 1536, 512, 151_936, 32_768),
    "Qwen/Qwen2.5-3B-Instruct": Sizes(3_085_938_688, 311_164_928, 36, 2048, 512, 151_936, 32_768),
    "Qwen/Qwen2.5-7B-Instruct": Sizes(7_615_616_512, 1_089_994_752, 28, 3584, 1024, 152_064, 32_768),
}
"""So that a plan can be made where no hub can be reached."""
PROMPT_TOKENS = 2_700
"""Of system's message, tools, protocol, briefing and proposals, for the longest episode (`token_budget.py`)."""


def device_of(settings: Settings) -> Device:
    """The card that is planned for. Raises PlanError for one that is not known."""
    if settings.gpu is None:
        return Device.here()
    if settings.gpu.lower() not in CARDS:
        raise PlanError(f"There is no card {settings.gpu!r} to plan for: there are {', '.join(CARDS)}.")
    return CARDS[settings.gpu.lower()]


def check(settings: Settings, device: Device, processes: int = 1) -> None:
    """Refuse what cannot work.

    Args:
        settings: What is asked for.
        device: What there is.
        processes: Of the run, one a device.

    Raises:
        PlanError: With the reason, and what would work.
    """
    for name, value, least in (
        ("--max-steps", settings.max_steps, 1),
        ("--prompts", settings.prompts, 1),
        ("--generations", settings.generations, 2),
        ("--batch", settings.batch, 1),
        ("--turns", settings.turns, 1),
        ("--turn-tokens", settings.turn_tokens, 16),
        ("--episode-tokens", settings.episode_tokens, 256),
        ("--lora-rank", settings.lora_rank, 0),
    ):
        if value < least:
            raise PlanError(f"{name} must be at least {least}, but it is {value}.")
    if settings.rollouts % (settings.batch * processes):
        raise PlanError(
            f"{settings.rollouts} rollouts a step (--prompts {settings.prompts} times --generations "
            f"{settings.generations}) are no multiple of --batch {settings.batch} on {processes} device(s): choose "
            "--batch so that it divides them."
        )
    if settings.model is None and processes > 1:
        raise PlanError("The small model is trained by one process: start it without accelerate, or give --model.")
    _check_precision(settings, device)
    if settings.vllm == "server" and processes > 1:
        raise PlanError(
            "vLLM as a server gives several trainers each other's rollouts, as soon as their episodes differ in turns "
            "(trl pull request 6673): give --vllm-mode colocate, or train in one process."
        )
    if settings.vllm == "colocate" and device is CPU:
        raise PlanError("vLLM beside the trainer needs a CUDA card, and there is none: leave --use-vllm out.")


def _check_precision(settings: Settings, device: Device) -> None:
    if settings.precision == "4bit" and settings.vllm is not None:
        raise PlanError(
            "4-bit weights with TRL's vLLM train on rollouts of wrong weights (trl issues 3466 and 4973): give "
            "--precision bf16 or fp16 with --use-vllm, leave --use-vllm out, or run training/train_colab.py, where "
            "Unsloth generates from the 4-bit weights themselves."
        )
    if settings.precision == "4bit" and settings.lora_rank == 0:
        raise PlanError("4-bit weights are frozen: give --lora-rank of 1 or more, or --precision fp32.")
    if settings.precision == "bf16" and 0 < device.capability < 8:
        instead = "4bit or fp16" if settings.vllm is None else "fp16 with a model of 1.5B weights or fewer"
        raise PlanError(f"{device.name} has no bf16 (it would be emulated, slowly): give --precision {instead}.")
    if settings.precision == "fp16" and settings.lora_rank == 0:
        raise PlanError("Weights in fp16 cannot be trained as they are: give --lora-rank of 1 or more.")
    if settings.precision == "fp16" and device is CPU:
        raise PlanError("Training in fp16 needs a CUDA card, and there is none: give --precision fp32 or bf16.")


@dataclass(frozen=True, slots=True)
class Need:
    """Memory that a part of the run takes, on one device."""

    what: str
    gib: float


def needs(settings: Settings, sizes: Sizes) -> list[Need]:
    """Where the memory of one device goes, for a run in one process."""
    linear = sizes.parameters - sizes.embedding
    length = PROMPT_TOKENS + settings.episode_tokens
    # All weights are loaded in float32 where all are trained.
    wide = 4.0 if settings.precision == "fp32" or not settings.lora_rank else 2.0
    weights = (linear * (0.516 if settings.precision == "4bit" else wide) + sizes.embedding * wide) / GIB
    if settings.lora_rank:
        # Two thin matrices for each of the seven of a layer; those of the MLP are more than five times as wide as long.
        trained = Need(
            "adapters, their gradients and Adam, in float32",
            settings.lora_rank * sizes.layers * sizes.hidden * 27 * 16 / GIB,
        )
    else:
        trained = Need("gradients and Adam, in float32", sizes.parameters * 12 / GIB)
    scored = min(settings.batch * settings.episode_tokens, SCORED_TOKENS)
    found = [
        Need("CUDA's own", CUDA_GIB),
        Need("weights", weights),
        trained,
        Need(
            "hidden states kept for the backward pass",
            settings.batch * length * sizes.hidden * (sizes.layers + RECOMPUTED) * wide / GIB,
        ),
        Need("logits, a tile at a time", (scored + sizes.hidden) * SCORED_TOKENS * 8 * wide / GIB),
    ]
    cache = length * sizes.layers * sizes.kv_width * wide / GIB
    if settings.vllm == "colocate":
        kept = min(settings.rollouts, VLLM_ROLLOUTS)
        found += [
            Need("weights once more, vLLM's", weights),
            Need(f"keys and values of {kept} rollouts, vLLM's; the others wait", kept * cache),
        ]
    elif settings.vllm is None:
        read = settings.rollouts * PREFILL_CHUNK * sizes.hidden * RECOMPUTED * wide / GIB
        found += [
            Need("keys and values of all rollouts while they are generated", settings.rollouts * cache),
            Need(f"hidden states while {PREFILL_CHUNK} tokens of all rollouts are read at a time", read),
        ]
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
        kv_width=2 * head * text.num_key_value_heads,
        vocabulary=text.vocab_size,
        context=text.max_position_embeddings,
    )


def arithmetic(settings: Settings, device: Device, sizes: Sizes) -> str:
    """The plan in words, with what will not fit."""
    tokens = PROMPT_TOKENS + settings.episode_tokens
    lines = [
        f"{settings.max_steps} steps of {settings.rollouts} episodes: {settings.prompts} seeds, each played "
        f"{settings.generations} times.",
        f"An episode has up to {PROMPT_TOKENS} tokens of prompt and {settings.episode_tokens} after it; "
        f"a turn up to {settings.turn_tokens}.",
    ]
    if tokens > sizes.context:
        lines.append(f"WILL NOT FIT: that is {tokens}, and the model's context has {sizes.context}.")
    found = needs(settings, sizes)
    lines += [f"{need.gib:7.2f} GiB  {need.what}" for need in found]
    total = sum(need.gib for need in found)
    lines.append(f"{total:7.2f} GiB  in all")
    if device.memory_gib and total > 0.95 * device.memory_gib:
        lines.append(
            f"WILL NOT FIT: {device.name} has {device.memory_gib:.1f} GiB. Fewer --generations or --prompts, a smaller "
            "--batch or fewer --episode-tokens take less."
        )
    return "\n".join(lines)
