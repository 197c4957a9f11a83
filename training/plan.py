"""Whether a run can work: what cannot is refused before anything is loaded, with what would.

    check(settings, Device.here())                 # raises PlanError

What it takes of the memory is for `memory.py` to say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..chat.local_model import ADAPTER
from .settings import Settings

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
    cards: int = 1
    """Of its kind that one process sees."""

    @classmethod
    def here(cls) -> Device:
        """The first card of this machine, or its CPU."""
        import torch

        if not torch.cuda.is_available():
            return CPU
        major, minor = torch.cuda.get_device_capability(0)
        memory = torch.cuda.get_device_properties(0).total_memory / GIB
        return cls(torch.cuda.get_device_name(0), memory, major + minor / 10, torch.cuda.device_count())


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


def device_of(settings: Settings) -> Device:
    """The card that is planned for. Raises PlanError for one that is not known."""
    if settings.gpu is None:
        return Device.here()
    if settings.gpu.lower() not in CARDS:
        raise PlanError(f"There is no card {settings.gpu!r} to plan for: there are {', '.join(CARDS)}.")
    return CARDS[settings.gpu.lower()]


def is_sharded(launched: Mapping[str, str]) -> bool:
    """Whether `accelerate launch` splits the weights over the processes: with FSDP, or with DeepSpeed's third stage.

    It tells so by environment variables.

    Raises:
        PlanError: DeepSpeed's configuration is named and cannot be read.
    """
    if launched.get("ACCELERATE_USE_FSDP", "").lower() == "true":
        return True
    if launched.get("ACCELERATE_USE_DEEPSPEED", "").lower() != "true":
        return False
    if (file := launched.get("ACCELERATE_DEEPSPEED_CONFIG_FILE")) is not None:
        try:
            stage = json.loads(Path(file).read_text(encoding="utf-8")).get("zero_optimization", {}).get("stage", 0)
        except (OSError, ValueError) as problem:
            raise PlanError(f"DeepSpeed's configuration {file} cannot be read as JSON: {problem}") from problem
    else:
        stage = launched.get("ACCELERATE_DEEPSPEED_ZERO_STAGE", "2")
    return str(stage) == "3"


def check(settings: Settings, device: Device, processes: int = 1, sharded: bool = False) -> None:
    """Refuse what cannot work, in so many processes, one a device, that each hold a part of the weights where sharded.

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
        ("--save-steps", settings.save_steps, 1),
        ("--lora-rank", settings.lora_rank, 0),
    ):
        if value < least:
            raise PlanError(f"{name} must be at least {least}, but it is {value}.")
    for name, rate in (("--learning-rate", settings.learning_rate), ("--temperature", settings.temperature)):
        if not 0 < rate < math.inf:
            raise PlanError(f"{name} must be above 0, but it is {rate:g}.")
    if not 0 <= settings.beta < math.inf:
        raise PlanError(f"--beta must be at least 0, but it is {settings.beta:g}.")
    if settings.beta and settings.sft is not None and settings.resume:
        raise PlanError(
            "--beta holds the model to the one that GRPO starts from, and with --sft that is one which no checkpoint "
            "has: give --beta 0, or begin anew without --resume."
        )
    if settings.rollouts % (settings.batch * processes):
        raise PlanError(
            f"{settings.rollouts} rollouts a step (--prompts {settings.prompts} times --generations "
            f"{settings.generations}) are no multiple of --batch {settings.batch} on {processes} device(s): choose "
            "--batch so that it divides them."
        )
    if settings.model is None and processes > 1:
        raise PlanError("The small model is trained by one process: start it without accelerate, or give --model.")
    if settings.sft is not None and processes > 1:
        raise PlanError("Audits are imitated by one process: start it without accelerate, or leave --sft out.")
    if settings.chat_template is not None and (settings.model is None or not settings.chat_template.is_file()):
        raise PlanError(f"--chat-template goes with --model, and names a file: {settings.chat_template} is to be one.")
    if settings.model is not None and (Path(settings.model) / ADAPTER).is_file():
        raise PlanError(
            f"{settings.model} holds adapters, and no model: merge them into theirs first (docs/training.md, Using "
            "what was trained), and give that folder as --model."
        )
    if device.cards > 1 and processes == 1 and settings.precision != "4bit":
        raise PlanError(
            f"One process sees {device.cards} cards, and TRL trains on one of them only: start it by `accelerate "
            "launch` to use all, or set CUDA_VISIBLE_DEVICES=0 to use the first."
        )
    _check_precision(settings, device)
    if settings.vllm == "server" and processes > 1:
        raise PlanError(
            "vLLM as a server gives several trainers each other's rollouts, as soon as their episodes differ in turns "
            "(trl pull request 6673): give --vllm-mode colocate, or train in one process."
        )
    if sharded and settings.vllm is None and processes > 1:
        raise PlanError(
            "Processes that each hold a part of the weights generate in step, but episodes differ in turns, so that "
            "they would wait for each other for ever: give --use-vllm, or launch without FSDP and DeepSpeed ZeRO-3."
        )
    if settings.vllm_url is not None and settings.vllm != "server":
        raise PlanError("--vllm-url is of a vLLM server: give --vllm-mode server with it.")
    if settings.vllm == "colocate" and device is CPU:
        raise PlanError(
            "vLLM beside the trainer needs a CUDA card, and there is none: leave --use-vllm and --preset multi-gpu "
            "out, or plan for a card with --dry-run --gpu a100."
        )


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
