"""Whether a run can work, and what it takes: refusals in words, memory and tokens as arithmetic.

    check(settings, Device.here())                 # raises PlanError with a sentence that says what would work
    print(arithmetic(settings, Device("t4", 15.0, 7.5)))

The figures are upper estimates from the sizes of the model, not measurements.
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
    "t4": Device("t4", 15.0, 7.5),
    "l4": Device("l4", 22.5, 8.9),
    "a10g": Device("a10g", 22.5, 8.6),
    "a100": Device("a100", 79.0, 8.0),
    "h100": Device("h100", 79.0, 9.0),
}
"""Memory as the driver reports it, not as the card is sold."""


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
    _check_precision(settings, device)
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
        raise PlanError(f"{device.name} has no bf16 (it would be emulated, slowly): give --precision 4bit or fp16.")
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
    """Where the memory of one device goes; estimates from above."""
    linear = sizes.parameters - sizes.embedding
    length = PROMPT_TOKENS + settings.episode_tokens
    bytes_a_weight = {"4bit": 0.516, "fp16": 2.0, "bf16": 2.0, "fp32": 4.0}[settings.precision]
    wide = 4.0 if settings.precision == "fp32" else 2.0
    weights = (linear * bytes_a_weight + sizes.embedding * wide) / GIB
    # Each of the seven matrices of a layer gets two thin ones; gate, up and down are about four times as wide.
    adapters = settings.lora_rank * sizes.layers * sizes.hidden * 24
    trained = adapters if settings.lora_rank else sizes.parameters
    found = [
        Need("weights", weights),
        Need("trained weights, gradients and Adam, in float32", trained * 16 / GIB),
        Need(
            "hidden states kept for the backward pass",
            settings.batch * length * sizes.hidden * sizes.layers * wide / GIB,
        ),
        Need(
            "logits of an episode and their gradient, in float32",
            settings.batch * settings.episode_tokens * sizes.vocabulary * 8 / GIB,
        ),
    ]
    cache = settings.rollouts * length * sizes.layers * sizes.kv_width * wide / GIB
    if settings.vllm == "colocate":
        found += [Need("weights once more, vLLM's", weights), Need("keys and values of all rollouts, vLLM's", cache)]
    elif settings.vllm is None:
        found.append(Need("keys and values of all rollouts while they are generated", cache))
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
        embedding=text.vocab_size * text.hidden_size,
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
