"""Knows the card or CPU that trains, and refuses what cannot work on it before anything is loaded.

    device = device_of(settings)                   # the card of --gpu, or the one that is here
    check(settings, device)                        # raises PlanError
    check_prerequisites(settings)                  # audits, vLLM, a server

What a run takes of memory is for `forecast.py` to say.
"""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ..chat.local_model import ADAPTER
from ..client import ServerRefusedError, SynthAuditEnv
from .settings import PlanError, TrainingSettings

GIB = 2**30
MALLOC_KEEPS = {-4: 0, -1: 2**31 - 1, -2: 2**28}
"""M_MMAP_MAX, M_TRIM_THRESHOLD and M_TOP_PAD of mallopt(3), from glibc's malloc.h, and what they are set to."""
# bitsandbytes says where a kernel for 4 bits on a CPU is missing: on a CPU nothing here needs it.
logging.getLogger("bitsandbytes.backends.cpu.ops").addFilter(lambda record: "gemm_4bit_forward" not in record.msg)


@dataclass(frozen=True, slots=True)
class Device:
    """The card, or the CPU, that trains."""

    name: str
    memory_gib: float
    """That can be used; 0 for a CPU, whose memory is not planned."""
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


def device_of(settings: TrainingSettings) -> Device:
    """The card that is planned for. Raises PlanError for one that is not known."""
    if settings.gpu is None:
        return Device.here()
    if settings.gpu.lower() not in CARDS:
        raise PlanError(f"There is no card {settings.gpu!r} to plan for: there are {', '.join(CARDS)}.")
    return CARDS[settings.gpu.lower()]


def keep_freed_memory() -> bool:
    """Tell the C library to keep freed memory. Returns whether it can be told: glibc can, others do without.

    On a CPU every step makes and drops the same large tensors. By default glibc maps each from the kernel, which fills
    it with zeros page by page: a third of the processor time of a warm start went there.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    # It returns 0 where it does not take a setting.
    return mallopt is not None and all(mallopt(name, value) for name, value in MALLOC_KEEPS.items())


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
    if settings.beta and settings.sft is not None and settings.resume:
        yield (
            "--beta holds the model to the one that GRPO starts from, and with --sft that is one which no checkpoint "
            "has: give --beta 0, or begin anew without --resume."
        )
    if settings.rollouts % (settings.batch * processes) > 0:
        yield (
            f"{settings.rollouts} rollouts a step (--prompts {settings.prompts} times --generations "
            f"{settings.generations}) are no multiple of --batch {settings.batch} on {processes} device(s): choose "
            "--batch so that it divides them."
        )
    if settings.model is None and several:
        yield "The small model is trained by one process: start it without accelerate, or give --model."
    if settings.sft is not None and several:
        yield "Audits are imitated by one process: start it without accelerate, or leave --sft out."
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
    if settings.precision == "fp16" and device is CPU:
        yield "Training in fp16 needs a CUDA card, and there is none: give --precision fp32 or bf16."
    if any(os.environ.get(f"ACCELERATE_USE_{kind}", "").lower() == "true" for kind in ("FSDP", "DEEPSPEED")):
        yield (
            "Each process has to hold all weights, since episodes differ in turns and processes that share weights "
            "would wait for each other: launch without FSDP and DeepSpeed."
        )
    if settings.use_vllm and device is CPU:
        yield (
            "vLLM beside the trainer needs a CUDA card, and there is none: leave --use-vllm and --preset multi-gpu "
            "out, or plan for a card with --dry-run --gpu a100."
        )


def check_prerequisites(settings: TrainingSettings) -> None:
    """Look for audits, vLLM and room on a server, as far as the settings ask for them.

    Raises:
        PlanError: One is missing; the sentence says what to do.
    """
    check_audits(settings)
    if settings.use_vllm and importlib.util.find_spec("vllm") is None:
        remedy = "uv run --extra train --extra vllm ..., or pip install -e '.[train,vllm]'; or leave --use-vllm out."
        raise PlanError(f"vLLM is not installed: {remedy}")
    if settings.env_url is not None and os.environ.get("RANK", "0") == "0":
        check_sessions(settings.env_url, settings.rollouts)


def check_audits(settings: TrainingSettings) -> None:
    """Look for the file of --sft. A run that is resumed does without it. Raises PlanError where it is not there."""
    if settings.sft is not None and not settings.resume and not settings.sft.is_file():
        raise PlanError(
            f"There is no file {settings.sft} with audits to imitate: write it by evaluation.py --export sft, or leave "
            "--sft out."
        )


def check_sessions(url: str, rollouts: int) -> None:
    """Open as many sessions at once as the run plays episodes, and close them.

    Raises:
        PlanError: No server answers there, or it has no room; the sentence says how much it has.
    """
    with ExitStack() as opened:
        for count in range(rollouts):
            session = SynthAuditEnv(base_url=url).sync()
            opened.callback(session.close)
            try:
                session.connect()
                # A server that is full accepts the connection, and says so to the first message.
                session.state()
            except ServerRefusedError as refused:
                raise PlanError(
                    f"{url} has room for {count} sessions, and a step plays {rollouts} episodes at a time: start it "
                    f"with --max-sessions {rollouts} or more, or give fewer --prompts or --generations. ({refused})"
                ) from refused
            except OSError as problem:
                raise PlanError(f"No environment answers at {url}: {problem}") from problem
