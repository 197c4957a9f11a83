"""The plan of a run in words, as --dry-run prints it: its episodes, their tokens, the memory, and what will not fit.

    print(forecast(settings, CARDS["t4"]))

Nothing is loaded, and nothing was measured on a card: a run of which a sentence says that it will not fit is begun all
the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..server.world.tasks import TIERS, tier_of
from .memory import IMITATED_TOKENS, PROPOSAL_TOKENS, QWEN, Sizes, longest_chat, needs
from .plan import CPU, GIB, Device
from .settings import Settings
from .step_time import phase_times
from .token_count import sizes_for

USABLE = 0.95
"""Of a card's memory."""
CORES, PATIENCE_H = os.cpu_count() or 1, 24
"""Of the CPU here, and with a run on it."""
NO_FIT, SLOW = "WILL NOT FIT: ", "TOO SLOW: "


def forecast(settings: Settings, device: Device) -> str:
    """The plan. Raises PlanError where the model cannot be had, or its chat template cannot be trained with."""
    sizes = None if settings.model is None else sizes_for(settings)
    lines = [
        f"On {device.name}:",
        f"{settings.max_steps} steps of {settings.rollouts} episodes: {settings.prompts} seeds, each played "
        f"{settings.generations} times.",
        *_episodes(settings, sizes),
        *_beside(settings, sizes),
    ]
    if sizes is None:
        return "\n".join([*lines, "The project builds the model itself, for a CPU: memory is no matter."])
    found = needs(settings, sizes, device is CPU)
    lines += [f"{gib:7.2f} GiB  {what}" for what, gib in {**found, "in all": sum(found.values())}.items()]
    if settings.precision == "4bit":
        lines.append("That is with TRL's own generation. Unsloth's vLLM takes half of what it finds free of the card.")
    lines += _times(settings, device, sizes)
    return "\n".join([*lines, *doubts(settings, device, sizes)])


def doubts(settings: Settings, device: Device, sizes: Sizes) -> list[str]:
    """The warnings of a plan: what will not fit, and what takes too long."""
    told = [NO_FIT + sentence for sentence in shortfalls(settings, device, sizes)]
    return told + [SLOW + sentence for sentence in too_slow(settings, device, sizes)]


def _episodes(settings: Settings, sizes: Sizes | None) -> Iterator[str]:
    if settings.curriculum == "adaptive":
        counts = [count for tier in TIERS.values() for count in tier.proposals]
        yield f"--curriculum adaptive goes by the score, from {min(counts)} proposals an episode to {max(counts)}."
    else:
        for phase in settings.phases:
            fewest, most = phase.proposals
            step = round(phase.until * settings.max_steps)
            # Of the small model it is not known: its tokenizer is its own.
            each = _each(settings, sizes) if sizes else 0
            tokens = f", {fewest * each} to {most * each} tokens when each is checked"
            yield f"To step {step}, {phase.name}: {fewest} to {most} proposals{tokens if sizes else ''}."
    longest = longest_chat(settings, sizes.prompt) - settings.episode_tokens if sizes else 0
    prompt = f"{longest} tokens of prompt and " if sizes else ""
    yield (
        f"An episode has up to {prompt}{settings.episode_tokens} {'after it' if sizes else 'tokens after its prompt'}; "
        f"a turn up to {settings.turn_tokens}, and there are up to {settings.turns} turns with calls."
    )
    if sizes is not None and sizes.prompt is None and settings.model not in QWEN:
        yield f"Tokens are estimated, by Qwen2.5's tokenizer: that of {settings.model} is in no folder or cache here."


def _beside(settings: Settings, sizes: Sizes | None) -> Iterator[str]:
    """What comes first, what has to be there, and what is not."""
    if settings.tools == "core" and _reaches_expert(settings):
        yield (
            "The expert tier has statistics and groups that only cohort_analysis shows, and --tools core leaves it "
            "out: what the model decides of them will be a guess."
        )
    if settings.sft is not None:
        yield (
            f"First those audits in {settings.sft} are imitated that have up to {settings.episode_tokens} tokens after "
            f"the prompt, and {longest_chat(settings)} with it."
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
    """What a step takes by phase, and the run, where the speed of the card is known."""
    if device is CPU:
        yield f"By arithmetic, with look-ups that share a turn and with a call a turn, on the {CORES} cores here:"
        for phase, _, *both in phase_times(settings, sizes, CORES):
            yield f"  {_range([one.own for one in both], 's')} a step in {phase.name}."
        yield f"  {_range(_cpu_hours(settings, sizes), 'hours')} for {settings.max_steps} steps."
    known = "t4" in device.name.lower().split()  # torch calls it "Tesla T4"
    if not known or settings.precision != "4bit" or settings.curriculum == "adaptive":
        return
    yield "By arithmetic and not by measurement, with look-ups that share a turn and with a call a turn:"
    totals = [0.0] * 4
    for phase, steps, together, apart in phase_times(settings, sizes):
        seconds = (together.vllm, apart.vllm, together.own, apart.own)
        totals = [total + steps * one for total, one in zip(totals, seconds, strict=True)]
        with_it, without = _range(seconds[:2], "s"), _range(seconds[2:], "s")
        yield f"  {with_it} a step in {phase.name} with Unsloth's vLLM, {without} without."
    hours = [total / 3600 for total in totals]
    yield (
        f"  {_range(hours[:2], 'hours')} for {settings.max_steps} steps with it (training/train_colab.py), "
        f"{_range(hours[2:], 'hours')} without."
    )


def _range(ends: Sequence[float], unit: str) -> str:
    digits = 1 if ends[-1] < 10 else 0
    return f"{' to '.join(dict.fromkeys(f'{one:.{digits}f}' for one in ends))} {unit}"


def _reaches_expert(settings: Settings) -> bool:
    if settings.curriculum == "adaptive":
        return True
    return any(tier_of(task_id) is TIERS["expert"] for phase in settings.phases for task_id in phase.task_ids)


def shortfalls(settings: Settings, device: Device, sizes: Sizes) -> list[str]:
    """What will not fit, a sentence each."""
    told = []
    if (longest := longest_chat(settings, sizes.prompt)) > sizes.context:
        told.append(f"prompt and episode are {longest} tokens, and the model's context has {sizes.context}.")
    each = _each(settings, sizes)
    for most, which in _longest_audits(settings):
        if most * each > settings.episode_tokens:
            checked = "checked as in the audits of --sft" if settings.sft else "checked"
            told.append(
                f"an audit of {most} proposals ({which}) takes about {most * each} tokens when each is {checked}, and "
                f"--episode-tokens {settings.episode_tokens} holds {settings.episode_tokens // each} of them, on "
                "average and when look-ups share a turn: what comes after is cut off."
            )
    if not _fits(settings, device, sizes):
        told.append(
            f"{device.name} has {device.memory_gib:.1f} GiB, and the run takes {_gib(settings, sizes):.1f}. "
            f"{_what_takes_less(settings, device, sizes)}"
        )
    return told


def _each(settings: Settings, sizes: Sizes) -> int:
    """Tokens of a proposal."""
    return round(sizes.density * (PROPOSAL_TOKENS if settings.sft is None else IMITATED_TOKENS[settings.tools]))


def _longest_audits(settings: Settings) -> list[tuple[int, str]]:
    """Proposals of the longest episodes, and whose they are."""
    if settings.curriculum == "phases":
        return [(phase.proposals[1], f"phase {phase.name}") for phase in settings.phases]
    most = max(tier.proposals[1] for tier in TIERS.values())
    return [(most, "of the largest tiers, which --curriculum adaptive may reach")]


def _gib(settings: Settings, sizes: Sizes) -> float:
    return sum(needs(settings, sizes).values())


def _fits(settings: Settings, device: Device, sizes: Sizes) -> bool:
    return not device.memory_gib or _gib(settings, sizes) <= USABLE * device.memory_gib


def _what_takes_less(settings: Settings, device: Device, sizes: Sizes) -> str:
    """What would make the run fit: no rollouts can be spared where the weights alone are too many."""
    least = replace(settings, prompts=1, generations=2, batch=1, episode_tokens=256)
    if _fits(least, device, sizes):
        return "Fewer --generations or --prompts, a smaller --batch or fewer --episode-tokens take less."
    quantized = replace(least, precision="4bit", vllm=None, lora_rank=settings.lora_rank or Settings().lora_rank)
    instead = ", or --precision 4bit without --use-vllm" if _fits(quantized, device, sizes) else ""
    return f"Even one group of two short episodes is too much: give a smaller --model{instead}."


def too_slow(settings: Settings, device: Device, sizes: Sizes) -> list[str]:
    """That a run takes too long on a CPU, in a sentence; nothing where it does not."""
    if device is not CPU or (hours := _cpu_hours(settings, sizes))[0] <= PATIENCE_H:
        return []
    return [
        f"{settings.max_steps} steps take {hours[0]:.0f} hours or more on a CPU. Take a card (--dry-run --gpu t4 plans "
        "for one), fewer --max-steps, --prompts or --generations, or --preset cpu-tiny."
    ]


def _cpu_hours(settings: Settings, sizes: Sizes) -> list[float]:
    """Of a run on the cores here, with look-ups that share a turn and with a call a turn."""
    phases = list(phase_times(settings, sizes, CORES))
    return [sum(steps * both[place].own for _, steps, *both in phases) / 3600 for place in (0, 1)]
