"""Knows the card or CPU that trains, and refuses what cannot work on it before anything is loaded.

check(settings, Device.here())                 # raises PlanError
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .settings import PlanError, TrainingSettings

ADAPTER = "adapter_config.json"
"""The file by which a folder that holds LoRA adapters is known."""
# bitsandbytes says where a kernel for 4 bits on a CPU is missing: on a CPU nothing here needs it.
logging.getLogger("bitsandbytes.backends.cpu.ops").addFilter(lambda record: "gemm_4bit_forward" not in record.msg)


@dataclass(frozen=True, slots=True)
class Device:
    """The card, or the CPU, that trains."""

    name: str
    capability: float
    """CUDA compute capability; 0 for a CPU. From 8.0 on there is bf16."""
    cards: int = 1
    """Cards of its kind that one process sees."""

    @classmethod
    def here(cls) -> Device:
        """The first card of this machine, or its CPU."""
        import torch

        if not torch.cuda.is_available():
            return CPU
        major, minor = torch.cuda.get_device_capability(0)
        return cls(torch.cuda.get_device_name(0), major + minor / 10, torch.cuda.device_count())


CPU = Device("cpu", 0.0)


def check(settings: TrainingSettings, device: Device, processes: int = 1) -> None:
    """Refuse what cannot work, in so many processes, one a device.

    Raises:
        PlanError: With the reason, and what would work.
    """
    for sentence in _impossible(settings, device, processes):
        raise PlanError(sentence)


def _impossible(settings: TrainingSettings, device: Device, processes: int) -> Iterator[str]:
    """A sentence for each combination that was asked for and cannot work."""
    four_bits, several = settings.precision == "4bit", processes > 1
    instead = "fp16 with a model of 1.5B weights or fewer" if settings.use_vllm else "4bit or fp16"
    if settings.beta and settings.imitate and settings.resume:
        yield (
            "--beta holds the model to the one that GRPO starts from, and with --imitate that is one which no "
            "checkpoint has: give --beta 0, or begin anew without --resume."
        )
    if settings.rollouts % (settings.batch * processes) > 0:
        yield (
            f"{settings.rollouts} rollouts a step (--prompts {settings.prompts} times --generations "
            f"{settings.generations}) are no multiple of --batch {settings.batch} on {processes} device(s): choose "
            "--batch so that it divides them."
        )
    if settings.model is None and several:
        yield "The small model is trained by one process: start it without accelerate, or give --model."
    if settings.imitate and several:
        yield "Audits are imitated by one process: start it without accelerate, or leave --imitate out."
    if settings.model is not None and (Path(settings.model) / ADAPTER).is_file():
        yield (
            f"{settings.model} holds adapters, and no model: merge them into theirs first (docs/training.md, Using "
            "what was trained), and give that folder as --model."
        )
    if device.cards > 1 and not several and not four_bits:
        yield (
            f"One process sees {device.cards} cards, and TRL trains on one of them only: start it by `accelerate "
            "launch` to use all, or set CUDA_VISIBLE_DEVICES=0 to use the first."
        )
    if four_bits and settings.use_vllm:
        yield (
            "4-bit weights with TRL's vLLM train on rollouts of wrong weights (trl issues 3466 and 4973): give "
            "--precision bf16 or fp16 with --use-vllm, or leave --use-vllm out."
        )
    if settings.precision in ("4bit", "fp16") and settings.lora_rank == 0:
        yield "Weights in 4 bits or fp16 are frozen: give --lora-rank of 1 or more, or --precision fp32."
    if settings.precision == "bf16" and 0 < device.capability < 8:
        yield f"{device.name} has no bf16 (it would be emulated, slowly): give --precision {instead}."
    if device is CPU and settings.precision == "fp16":
        yield "Training in fp16 needs a CUDA card, and there is none: give --precision fp32 or bf16."
    if device is CPU and settings.use_vllm:
        yield "vLLM beside the trainer needs a CUDA card: leave --use-vllm and --preset multi-gpu out."
    if any(os.environ.get(f"ACCELERATE_USE_{kind}", "").lower() == "true" for kind in ("FSDP", "DEEPSPEED")):
        yield (
            "Each process has to hold all weights, since episodes differ in turns and processes that share weights "
            "would wait for each other: launch without FSDP and DeepSpeed."
        )
