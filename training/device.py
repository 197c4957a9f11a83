"""What trains: a card or the CPU. What is known of each, why torch sees no card, and how a CPU keeps its memory.

device = device_of(settings)              # the card of --gpu, or the one that is here
"""

from __future__ import annotations

import ctypes
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from .settings import PlanError, Settings

GIB = 2**30
MALLOC_KEEPS = {-4: 0, -1: 2**31 - 1, -2: 2**28}
"""M_MMAP_MAX, M_TRIM_THRESHOLD and M_TOP_PAD of mallopt(3), from glibc's malloc.h, and what they are set to."""


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


def no_card(cuda: str | None) -> str:
    """Why torch sees no card, in a sentence, where it is built for that CUDA, or for CPUs."""
    if shutil.which("nvidia-smi") is None:
        return "there is none here (in Colab: Runtime, Change runtime type, T4 GPU)."
    return (
        f"there is one, but torch {'for CUDA ' + cuda if cuda else 'for CPUs'} does not see it. CUDA 12 needs driver "
        "525 or later and CUDA 13 needs 580; nvidia-smi tells which there is. Take a machine with a newer driver, or "
        "install a torch for CUDA 12 and leave vLLM out, which is built for 13."
    )


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
