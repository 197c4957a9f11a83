"""How long a step takes on a T4 or a CPU, as arithmetic: to read the episodes, to write calls, and to learn from both.

    step_time(settings, sizes_of("Qwen/Qwen2.5-3B-Instruct"), Audit("oversight_easy", 5, turns=6)).vllm

Nothing was measured on a card; docs/training.md says what is assumed, and that most of what is left out takes longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .dataset import Phase
from .memory import PROPOSAL_TOKENS, Sizes
from .settings import Settings

PROMPTS: Mapping[str, int] = {
    "oversight_easy": 1_976,
    "oversight_medium": 2_216,
    "oversight_hard": 2_415,
    "oversight_expert": 2_739,
}
"""Tokens of the mean prompt with the descriptions of all tools (docs/training.md)."""
CORE_SAVES = 283
"""Of these, where the core tools alone are described."""
LOOK_UP, FLAG, REPORT = 30, 78, 186
"""Tokens that the model writes for a call."""
LOOK_UPS = 2
"""For each proposal: record and timeline."""


OPERATIONS, BANDWIDTH = 65e12 / 4, 320e9
"""Of a T4, a second: a quarter of the operations of its data sheet in fp16, and all of its bytes."""
CORE_OPERATIONS, CPU_BANDWIDTH, LAYER_S = 57e9, 14e9, 1.5e-3
"""Of a core of an EPYC of 2022 in float32, of its memory, and of Python for each layer and token (docs/training.md)."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What every rollout of the step is taken to be."""

    task_id: str
    proposals: float
    turns: float
    """With calls."""


@dataclass(frozen=True, slots=True)
class StepTime:
    """Seconds."""

    reading: float
    """Where each turn reads the episodes anew, as TRL's own generation does."""
    reading_once: float
    """Where what was read is kept, and a prompt is read once for its group, as vLLM does."""
    writing: float
    learning: float
    """Two passes forward, since the activations are not kept, and one back, since frozen weights need no gradients."""
    correcting: float
    """One more forward with vLLM, by which TRL sees how far its probabilities are from the trainer's."""
    referring: float
    """One more forward with --beta, of the model of the start."""

    @property
    def own(self) -> float:
        """With the trainer's own generation."""
        return self.reading + self.writing + self.learning + self.referring

    @property
    def vllm(self) -> float:
        """With Unsloth's vLLM, which generates from the same 4-bit weights."""
        return self.reading_once + self.writing + self.learning + self.correcting + self.referring


def step_time(settings: Settings, sizes: Sizes, audit: Audit, cores: int = 0) -> StepTime:
    """What a step takes, all rollouts alike, with a 4-bit model on a T4, or in float32 on so many cores.

    A pass is 2 operations a weight and token, and on a CPU 2 for each number of the tokens that are looked back at.
    """
    prompt = PROMPTS[audit.task_id] - (CORE_SAVES if settings.tools == "core" else 0)
    prompt = min(prompt, sizes.prompt or prompt)
    after = audit.proposals * PROPOSAL_TOKENS * sizes.density
    looks_back = 2 * (prompt + after) * sizes.layers * sizes.hidden if cores else 0
    one_pass = (2 * sizes.parameters + looks_back) / (CORE_OPERATIONS * cores or OPERATIONS)
    seen = settings.rollouts * (prompt + after / 2)  # tokens, in the middle of the episodes
    full = settings.rollouts * (prompt + after)
    linear = sizes.parameters - sizes.embedding
    weights = linear * (0.516 + 2 + 2) + sizes.embedding * 2  # bytes: 4 bits read, 16 bits written and read again
    cache = sizes.layers * sizes.kv_width * 2  # bytes a token
    written = (audit.proposals * (LOOK_UPS * LOOK_UP + FLAG) + REPORT) * sizes.density
    writing = (weights + seen * cache) / BANDWIDTH  # of a token, for all rollouts
    if cores:
        writing = (4 * sizes.parameters + 2 * seen * cache) / CPU_BANDWIDTH + sizes.layers * LAYER_S
        writing += settings.rollouts * one_pass
    return StepTime(
        reading=(audit.turns + 1) * seen * one_pass,  # TRL asks once more after the report
        reading_once=(settings.prompts * prompt + settings.rollouts * after) * one_pass,
        writing=written * writing,
        learning=(2 if cores and settings.lora_rank else 3) * full * one_pass,  # a CPU keeps them
        correcting=full * one_pass,
        referring=full * one_pass if settings.beta else 0.0,
    )


def phase_times(settings: Settings, sizes: Sizes, cores: int = 0) -> Iterator[tuple[Phase, int, StepTime, StepTime]]:
    """For each phase its steps, and what one takes with look-ups that share a turn, and with a call a turn."""
    begun = 0
    for phase in settings.phases:
        steps = round(phase.until * settings.max_steps) - begun
        begun += steps
        proposals, task_id = sum(phase.proposals) / 2, phase.task_ids[-1]
        turns = (proposals + 1, proposals * (LOOK_UPS + 1) + 1)
        audits = [Audit(task_id, proposals, min(most, settings.turns)) for most in turns]
        times = [step_time(settings, sizes, audit, cores) for audit in audits]
        yield phase, steps, times[0], times[1]
