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
from .device import CPU, GIB, Device
from .run_costs import StepTime, needs, phase_times
from .settings import Settings
from .sizes import IMITATED_TOKENS, PROPOSAL_TOKENS, QWEN, Sizes, longest_chat, sizes_for

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
    phases = settings.phases if settings.curriculum == "phases" else ()
    tiers = [tier_of(task_id) for phase in phases for task_id in phase.task_ids] or list(TIERS.values())
    if settings.tools == "core" and TIERS["expert"] in tiers:
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
        phases = list(phase_times(settings, sizes, CORES))
        yield f"By arithmetic, with look-ups that share a turn and with a call a turn, on the {CORES} cores here:"
        for phase, _, *both in phases:
            yield f"  {_range([one.own for one in both], 's')} a step in {phase.name}."
        yield f"  {_range(_hours(phases), 'hours')} for {settings.max_steps} steps."
    known = "t4" in device.name.lower().split()  # torch calls it "Tesla T4"
    if not known or settings.precision != "4bit" or settings.curriculum == "adaptive":
        return
    phases = list(phase_times(settings, sizes))
    yield "By arithmetic and not by measurement, with look-ups that share a turn and with a call a turn:"
    for phase, _, *both in phases:
        with_it, without = _range([one.vllm for one in both], "s"), _range([one.own for one in both], "s")
        yield f"  {with_it} a step in {phase.name} with Unsloth's vLLM, {without} without."
    yield (
        f"  {_range(_hours(phases, vllm=True), 'hours')} for {settings.max_steps} steps with it "
        f"(training/train_colab.py), {_range(_hours(phases), 'hours')} without."
    )


def _hours(phases: Sequence[tuple[object, int, StepTime, StepTime]], vllm: bool = False) -> list[float]:
    """Of a run, with look-ups that share a turn and with a call a turn."""
    each = [(steps, [one.vllm if vllm else one.own for one in both]) for _, steps, *both in phases]
    return [sum(steps * seconds[place] for steps, seconds in each) / 3600 for place in (0, 1)]


def _range(ends: Sequence[float], unit: str) -> str:
    digits = 1 if ends[-1] < 10 else 0
    return f"{' to '.join(dict.fromkeys(f'{one:.{digits}f}' for one in ends))} {unit}"


def _each(settings: Settings, sizes: Sizes) -> int:
    """Tokens of a proposal."""
    return round(sizes.density * (PROPOSAL_TOKENS if settings.sft is None else IMITATED_TOKENS[settings.tools]))


def doubts(settings: Settings, device: Device, sizes: Sizes) -> list[str]:
    """The warnings of a plan, a sentence each: what will not fit, and that it takes too long on a CPU."""
    told = []
    if (longest := longest_chat(settings, sizes.prompt)) > sizes.context:
        told.append(f"{NO_FIT}prompt and episode are {longest} tokens, and the model's context has {sizes.context}.")
    each, checked = _each(settings, sizes), "checked as in the audits of --sft" if settings.sft else "checked"
    longest_audits = [(phase.proposals[1], f"phase {phase.name}") for phase in settings.phases]
    if settings.curriculum == "adaptive":
        most = max(tier.proposals[1] for tier in TIERS.values())
        longest_audits = [(most, "of the largest tiers, which --curriculum adaptive may reach")]
    for most, which in longest_audits:
        if most * each > settings.episode_tokens:
            told.append(
                f"{NO_FIT}an audit of {most} proposals ({which}) takes about {most * each} tokens when each is "
                f"{checked}, and --episode-tokens {settings.episode_tokens} holds {settings.episode_tokens // each} of "
                "them, on average and when look-ups share a turn: what comes after is cut off."
            )
    if not _fits(settings, device, sizes):
        told.append(
            f"{NO_FIT}{device.name} has {device.memory_gib:.1f} GiB, and the run takes "
            f"{sum(needs(settings, sizes).values()):.1f}. {_what_takes_less(settings, device, sizes)}"
        )
    if device is CPU and (hours := _hours(list(phase_times(settings, sizes, CORES)))[0]) > PATIENCE_H:
        told.append(
            f"{SLOW}{settings.max_steps} steps take {hours:.0f} hours or more on a CPU. Take a card (--dry-run --gpu "
            "t4 plans for one), fewer --max-steps, --prompts or --generations, or --preset cpu-tiny."
        )
    return told


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
