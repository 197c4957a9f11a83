"""The plan of a run in words, as --dry-run prints it: episodes, tokens, memory, time, and what will not fit.

    print(forecast(settings, CARDS["t4"]))

Nothing is loaded, and on a card nothing was measured: docs/training.md says what the arithmetic assumes. A run of which
a sentence says that it will not fit is begun all the same.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import mul
from pathlib import Path
from typing import Any

from huggingface_hub import try_to_load_from_cache

from ..agents.audit_tools import tool_schemas
from ..agents.react.prompts import opening_messages
from ..server.synth_audit_environment import SynthAuditEnvironment
from ..server.world.tasks import TIERS, first_episodes
from .audit_env import NOT_CORE
from .dataset import Phase, frontier_prompt, tier_named
from .loading import load_tokenizer
from .plan import CPU, GIB, Device
from .settings import PlanError, Settings

NO_FIT, SLOW = "WILL NOT FIT: ", "TOO SLOW: "
USABLE = 0.95
"""Of a card's memory."""
CORES, PATIENCE_H = os.cpu_count() or 1, 24
"""Of the CPU here, and with a run on it."""

# Tokens of Qwen2.5 (docs/training.md, How many tokens an episode takes).
PROMPTS: Mapping[str, int] = {
    "oversight_easy": 1_876,
    "oversight_medium": 2_284,
    "oversight_hard": 2_518,
    "oversight_expert": 2_905,
}
"""Of the mean prompt with the descriptions of all tools."""
CORE_SAVES = 239
"""Of these, where the core tools alone are described."""
PROPOSAL_TOKENS = 560
"""Of a proposal whose note, record, timeline and decision come in two turns, on average."""
LOOK_UP, FLAG, REPORT = 30, 99, 229
"""That the model writes for a call."""
LOOK_UPS = 3
"""For each proposal: note, record and timeline."""
CHARACTERS = 3.35
"""Of a prompt without tools, that a token of Qwen2.5 has."""

SCORED_TOKENS = 4_096
"""TRL computes the logits of so many tokens at a time, and of eight times as many words (`trl.kernels`)."""
TILES = 8.25
"""Of logits at once on a CPU, where whole tensors do one after the other what a kernel does in place."""
PREFILL_CHUNK = 256
"""Tokens of a prompt that are read at a time: a turn reads the whole episode of all rollouts again."""
VLLM_ROLLOUTS = 16
"""That it should be able to play at a time, for its speed to be worth having."""
VLLM_SHARE = 0.45
"""Of the card's memory, where vLLM is beside the trainer."""
CUDA_GIB, PYTHON_GIB = 0.8, 1.3
"""Of the libraries. On a card also of what is lost between blocks; a guess."""

OPERATIONS, BANDWIDTH = 65e12 / 4, 320e9
"""Of a T4, a second: a quarter of the operations of its data sheet in fp16, and all of its bytes."""
CORE_OPERATIONS, CPU_BANDWIDTH, LAYER_S = 57e9, 14e9, 1.5e-3
"""Of a core of an EPYC of 2022 in float32, of its memory, and of Python for each layer and token."""


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


def sizes_for(settings: Settings) -> Sizes:
    """The sizes of a run's model, with its tokens where its tokenizer is in a folder, or in the hub's cache here.

    Raises:
        PlanError: Config or tokenizer cannot be had, or the chat template cannot be trained with.
    """
    assert settings.model is not None, "the small model is made by the run"
    sizes, is_folder = sizes_of(settings.model), Path(settings.model).is_dir()
    is_here = is_folder or isinstance(try_to_load_from_cache(settings.model, "tokenizer_config.json"), str)
    if not is_here or importlib.util.find_spec("trl") is None:
        return sizes
    tokenizer, environment = load_tokenizer(settings, settings.model), SynthAuditEnvironment()

    def tokens(chat: Sequence[Any], tools: Sequence[Any] = ()) -> int:
        return len(tokenizer.apply_chat_template(list(chat), tools=list(tools) or None, return_dict=False))

    tools = [one for one in tool_schemas() if settings.tools == "all" or one["function"]["name"] not in NOT_CORE]
    tiers = {tier_named(task).name for task in settings.task_ids} or set(TIERS)
    episodes = [one for tier in tiers for one in first_episodes("validation", tier, 5)]
    chats = [opening_messages(environment.reset(**one)) for one in episodes]
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


def needs(settings: Settings, sizes: Sizes, cpu: bool = False) -> dict[str, float]:
    """Where the memory of one device goes, for a run in one process: GiB, by what takes it."""
    linear = sizes.parameters - sizes.embedding
    length = settings.longest_chat(sizes.prompt)
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
        if settings.beta:  # with adapters it is the model without them
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


def step_seconds(settings: Settings, sizes: Sizes, phase: Phase, shared: bool, cores: int = 0) -> dict[str, float]:
    """What a step of a phase takes with TRL's own generation and with Unsloth's vLLM; look-ups may share a turn.

    For a 4-bit model on a T4, or in float32 on so many cores. A pass is 2 operations a weight and token, and on a CPU 2
    for each number of the tokens that are looked back at.
    """
    proposals = sum(phase.proposals) / 2
    turns = min(settings.turns, proposals * (1 if shared else LOOK_UPS + 1) + 1)
    task = phase.task_ids[-1]
    prompt = (PROMPTS.get(task) or frontier_prompt(tier_named(task))) - (CORE_SAVES if settings.tools == "core" else 0)
    prompt = min(prompt, sizes.prompt or prompt)
    after = proposals * PROPOSAL_TOKENS * sizes.density
    looks_back = 2 * (prompt + after) * sizes.layers * sizes.hidden if cores else 0
    one_pass = (2 * sizes.parameters + looks_back) / (CORE_OPERATIONS * cores or OPERATIONS)
    seen = settings.rollouts * (prompt + after / 2)  # tokens, in the middle of the episodes
    cache = sizes.layers * sizes.kv_width * 2  # bytes a token
    if cores:
        a_token = (4 * sizes.parameters + 2 * seen * cache) / CPU_BANDWIDTH + sizes.layers * LAYER_S
        a_token += settings.rollouts * one_pass
    else:
        # 4 bits are read, 16 bits written and read again.
        weights = (sizes.parameters - sizes.embedding) * (0.516 + 2 + 2) + sizes.embedding * 2
        a_token = (weights + seen * cache) / BANDWIDTH
    writing = (proposals * (LOOK_UPS * LOOK_UP + FLAG) + REPORT) * sizes.density * a_token
    # Forward twice, since a card keeps no activations, and back once; for --beta once more, by the model of the start.
    passes = (2 if cores and settings.lora_rank else 3) + (1 if settings.beta else 0)
    full_pass = settings.rollouts * (prompt + after) * one_pass
    learning = passes * full_pass
    # Each turn reads the episodes anew, and so does the word that TRL asks for after the report. vLLM keeps what it has
    # read, reads a prompt once for its group, and takes one more pass, which compares its probabilities with TRL's.
    reading = (turns + 1) * seen * one_pass
    reading_once = (settings.prompts * prompt + settings.rollouts * after) * one_pass
    return {"own": reading + writing + learning, "vllm": reading_once + writing + learning + full_pass}


def forecast(settings: Settings, device: Device) -> str:
    """The plan. Raises PlanError where the model cannot be had, or its chat template cannot be trained with."""
    sizes = None if settings.model is None else sizes_for(settings)
    lines = [
        f"On {device.name}:",
        f"{settings.max_steps} steps of {settings.rollouts} episodes: {settings.prompts} seeds, each played "
        f"{settings.generations} times.",
        *_episodes(settings, sizes),
        *_prerequisites(settings, sizes),
    ]
    if sizes is None:
        return "\n".join([*lines, "The project builds the model itself, for a CPU: memory is no matter."])
    found = needs(settings, sizes, device is CPU)
    lines += [f"{gib:7.2f} GiB  {what}" for what, gib in {**found, "in all": sum(found.values())}.items()]
    if settings.precision == "4bit":
        lines.append("That is with TRL's own generation. Unsloth's vLLM takes half of what it finds free of the card.")
    return "\n".join([*lines, *_times(settings, device, sizes), *doubts(settings, device, sizes)])


def _episodes(settings: Settings, sizes: Sizes | None) -> Iterator[str]:
    if settings.curriculum == "adaptive":
        counts = [count for tier in TIERS.values() for count in tier.proposals]
        yield f"--curriculum adaptive goes by the score, from {min(counts)} proposals an episode to {max(counts)}."
    else:
        for phase in settings.phases:
            fewest, most = phase.proposals
            step = round(phase.until * settings.max_steps)
            # Of the small model it is not known: its tokenizer is its own.
            each = _proposal_tokens(sizes) if sizes else 0
            tokens = f", {fewest * each} to {most * each} tokens when each is checked"
            yield f"To step {step}, {phase.name}: {fewest} to {most} proposals{tokens if sizes else ''}."
    longest = settings.longest_chat(sizes.prompt) - settings.episode_tokens if sizes else 0
    prompt = f"{longest} tokens of prompt and " if sizes else ""
    yield (
        f"An episode has up to {prompt}{settings.episode_tokens} {'after it' if sizes else 'tokens after its prompt'}; "
        f"a turn up to {settings.turn_tokens}, and there are up to {settings.turns} turns with calls."
    )
    if sizes is not None and sizes.prompt is None and settings.model not in QWEN:
        yield f"Tokens are estimated, by Qwen2.5's tokenizer: that of {settings.model} is in no folder or cache here."


def _prerequisites(settings: Settings, sizes: Sizes | None) -> Iterator[str]:
    """What comes first, what has to be there, and what is not."""
    tasks = list(map(tier_named, settings.task_ids)) or [TIERS["expert"]]
    if settings.tools == "core" and any(tier is TIERS["expert"] or tier.level for tier in tasks):
        yield (
            "The expert tier and the frontier have statistics and groups that only cohort_analysis shows, and --tools "
            "core leaves it out: what the model decides of them will be a guess."
        )
    if settings.sft is not None:
        yield (
            f"First those audits in {settings.sft} are imitated that have up to {settings.episode_tokens} tokens after "
            f"the prompt, and {settings.longest_chat()} with it."
        )
    if settings.env_url is not None:
        yield (
            f"The server of --env-url plays {settings.rollouts} episodes at a time: it needs --max-sessions "
            f"{settings.rollouts} or more."
        )
    if settings.vllm == "server" and sizes is not None:
        yield (
            f"vLLM as a server needs a card of its own, with {2 * sizes.parameters / GIB:.1f} GiB for the weights and "
            "room for keys and values."
        )


def _times(settings: Settings, device: Device, sizes: Sizes) -> Iterator[str]:
    """What a step takes by phase, and the run, where the speed of the device is known."""
    if device is CPU:
        yield f"By arithmetic, with look-ups that share a turn and with a call a turn, on the {CORES} cores here:"
        seconds, hours = _took(settings, sizes, "own", CORES)
        for phase, took in zip(settings.phases, seconds, strict=True):
            yield f"  {_range(took, 's')} a step in {phase.name}."
        yield f"  {_range(hours, 'hours')} for {settings.max_steps} steps."
    is_t4 = "t4" in device.name.lower().split()  # torch calls it "Tesla T4"
    if not is_t4 or settings.precision != "4bit" or settings.curriculum == "adaptive":
        return
    yield "By arithmetic and not by measurement, with look-ups that share a turn and with a call a turn:"
    (with_vllm, hours), (without, longer) = (_took(settings, sizes, how) for how in ("vllm", "own"))
    for phase, one, other in zip(settings.phases, with_vllm, without, strict=True):
        yield f"  {_range(one, 's')} a step in {phase.name} with Unsloth's vLLM, {_range(other, 's')} without."
    with_it = f"{_range(hours, 'hours')} for {settings.max_steps} steps with it (training/train_colab.py)"
    yield f"  {with_it}, {_range(longer, 'hours')} without."


def _took(settings: Settings, sizes: Sizes, how: str, cores: int = 0) -> tuple[list[list[float]], list[float]]:
    """Seconds of a step, by phase, and hours of the run: with look-ups that share a turn, and with a call a turn."""
    seconds = [
        [step_seconds(settings, sizes, phase, shared, cores)[how] for shared in (True, False)]
        for phase in settings.phases
    ]
    ends = [round(phase.until * settings.max_steps) for phase in settings.phases]
    steps = [end - begun for begun, end in pairwise([0, *ends])]
    hours = [sum(map(mul, steps, of_phases)) / 3600 for of_phases in zip(*seconds, strict=True)]
    return seconds, hours


def _range(ends: Sequence[float], unit: str) -> str:
    digits = 1 if ends[-1] < 10 else 0
    return f"{' to '.join(dict.fromkeys(f'{one:.{digits}f}' for one in ends))} {unit}"


def _proposal_tokens(sizes: Sizes) -> int:
    return round(sizes.density * PROPOSAL_TOKENS)


def doubts(settings: Settings, device: Device, sizes: Sizes) -> Iterator[str]:
    """The warnings of a plan, a sentence each: what will not fit, and that it takes too long on a CPU."""
    if (longest := settings.longest_chat(sizes.prompt)) > sizes.context:
        yield f"{NO_FIT}prompt and episode are {longest} tokens, and the model's context has {sizes.context}."
    each = _proposal_tokens(sizes)
    longest_audits = [(phase.proposals[1], f"phase {phase.name}") for phase in settings.phases]
    if settings.curriculum == "adaptive":
        most = max(tier.proposals[1] for tier in TIERS.values())
        longest_audits = [(most, "of the largest tiers, which --curriculum adaptive may reach")]
    for most, which in longest_audits:
        if most * each > settings.episode_tokens:
            yield (
                f"{NO_FIT}an audit of {most} proposals ({which}) takes about {most * each} tokens when each is "
                f"checked, and --episode-tokens {settings.episode_tokens} holds {settings.episode_tokens // each} of "
                "them, on average and when look-ups share a turn: what comes after is cut off."
            )
    if not _fits(settings, device, sizes):
        yield (
            f"{NO_FIT}{device.name} has {device.memory_gib:.1f} GiB, and the run takes "
            f"{sum(needs(settings, sizes).values()):.1f}. {_what_takes_less(settings, device, sizes)}"
        )
    if device is CPU and (hours := _took(settings, sizes, "own", CORES)[1][0]) > PATIENCE_H:
        yield (
            f"{SLOW}{settings.max_steps} steps take {hours:.0f} hours or more on a CPU. Take a card (--dry-run --gpu "
            "t4 plans for one), fewer --max-steps, --prompts or --generations, or --preset cpu-tiny."
        )


def _fits(settings: Settings, device: Device, sizes: Sizes) -> bool:
    return not device.memory_gib or sum(needs(settings, sizes).values()) <= USABLE * device.memory_gib


def _what_takes_less(settings: Settings, device: Device, sizes: Sizes) -> str:
    """What would make the run fit: no rollouts can be spared where the weights alone are too many."""
    least = replace(settings, prompts=1, generations=2, batch=1, episode_tokens=256)
    if _fits(least, device, sizes):
        return "Fewer --generations or --prompts, a smaller --batch or fewer --episode-tokens take less."
    quantized = replace(least, precision="4bit", vllm=None, lora_rank=settings.lora_rank or Settings().lora_rank)
    instead = ", or --precision 4bit without --use-vllm" if _fits(quantized, device, sizes) else ""
    return f"Even one group of two short episodes is too much: give a smaller --model{instead}."
