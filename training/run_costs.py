"""What a run takes of the memory of a card or of a machine without one, and how long a step takes, as arithmetic.

    sum(needs(settings, sizes_of("Qwen/Qwen2.5-3B-Instruct")).values())        # GiB
    step_time(settings, sizes, Audit("oversight_easy", 5, turns=6)).vllm       # seconds on a T4

On a CPU both were measured, on a card they were not. docs/training.md says what is assumed, and that most of what is
left out takes longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .dataset import Phase
from .device import GIB
from .settings import Settings
from .sizes import CORE_SAVES, FLAG, LOOK_UP, PROMPTS, PROPOSAL_TOKENS, REPORT, Sizes, longest_chat

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
OPERATIONS, BANDWIDTH = 65e12 / 4, 320e9
"""Of a T4, a second: a quarter of the operations of its data sheet in fp16, and all of its bytes."""
CORE_OPERATIONS, CPU_BANDWIDTH, LAYER_S = 57e9, 14e9, 1.5e-3
"""Of a core of an EPYC of 2022 in float32, of its memory, and of Python for each layer and token (docs/training.md)."""
LOOK_UPS = 2
"""For each proposal: record and timeline."""


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
    """Two passes forward, since the activations are not kept, and one back, since frozen weights need no gradients.
    With --beta one more forward, of the model of the start."""
    correcting: float
    """One more forward with vLLM, by which TRL sees how far its probabilities are from the trainer's."""

    @property
    def own(self) -> float:
        """With the trainer's own generation."""
        return self.reading + self.writing + self.learning

    @property
    def vllm(self) -> float:
        """With Unsloth's vLLM, which generates from the same 4-bit weights."""
        return self.reading_once + self.writing + self.learning + self.correcting


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
    passes = (2 if cores and settings.lora_rank else 3) + (1 if settings.beta else 0)  # a CPU keeps the activations
    return StepTime(
        reading=(audit.turns + 1) * seen * one_pass,  # TRL asks once more after the report
        reading_once=(settings.prompts * prompt + settings.rollouts * after) * one_pass,
        writing=written * writing,
        learning=passes * full * one_pass,
        correcting=full * one_pass,
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
