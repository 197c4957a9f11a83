"""Why torch sees no card, in a sentence: there is none, its driver is too old, or torch is built for something else.

if not torch.cuda.is_available():
    print(no_card(torch.version.cuda))
"""

from __future__ import annotations

import subprocess

DRIVERS = {"12": 525, "13": 580}
"""The least version of NVIDIA's driver for Linux, by the CUDA that torch is built for."""


def no_card(cuda: str | None) -> str:
    """The sentence, for a torch that is built for that CUDA, or for CPUs."""
    try:
        asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        driver = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "there is none here (in Colab: Runtime, Change runtime type, T4 GPU)."
    needed = DRIVERS.get((cuda or "").partition(".")[0])
    if needed is not None and int(driver.partition(".")[0]) < needed:
        return (
            f"there is one, but its driver is {driver}, and torch for CUDA {cuda} needs {needed} or later. Take a "
            "machine with a newer driver, or install a torch for CUDA 12 and leave vLLM out, which is built for 13."
        )
    return (
        f"there is one, with driver {driver}, but torch {'for CUDA ' + cuda if cuda else 'for CPUs'} does not see it."
    )
