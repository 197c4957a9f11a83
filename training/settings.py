"""The settings of a training run: each once, with its flag; and the presets, each for one kind of machine.

    settings = read_arguments(["--preset", "cpu-tiny", "--seed", "1"])
    settings.rollouts                     # episodes a step

`plan.py` refuses combinations that cannot work.
"""

# ruff: noqa: RUF009  # `flag` makes a field of a dataclass, as `field` does

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from .dataset import PHASES, Phase
from .reward import KINDS, Kind

Precision = Literal["4bit", "fp16", "bf16", "fp32"]
"""Format of the frozen weights: NF4 with adapters over them (QLoRA), or as they are (LoRA; all weights in fp32)."""
PROMPT_TOKENS = 3_900
"""Tokens of Qwen2.5 in the longest prompt of the four tiers: system's message, tools, protocol, briefing and
proposals."""
REPORTS = ("trackio", "wandb", "tensorboard", "none")
TINY_PHASES = (Phase(("oversight_easy", "oversight_medium"), (4, 9), 1.0),)
EVENING_PHASES = (
    Phase(("oversight_easy",), (4, 5), 0.60),
    Phase(("oversight_medium",), (6, 7), 1.00),
)


class PlanError(ValueError):
    """A run that cannot work. The message says why and what would."""


def flag(default: Any, text: str, least: float | None = None, **more: Any) -> Any:
    """A setting with a flag of its name. None as default is for a text, unless a `type` is among the rest.

    Args:
        default: Of a T4's run.
        text: For the help.
        least: The smallest number that it may be.
        more: For `add_argument`.
    """
    if isinstance(default, bool):
        more = {"action": "store_const", "const": True}
    elif least is not None:
        more["type"] = partial(at_least, least, type(default))
    elif default is not None:
        more.setdefault("type", Path if isinstance(default, Path) else type(default))
    return field(default=default, metadata={"argument": {"help": text, **more}})


def at_least(least: float, kind: type, text: str) -> Any:
    """A number of a command line, which must be large enough."""
    if not least <= (number := kind(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"must be at least {least}, but it is {text}")
    return number


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """A run. The defaults are those of one T4."""

    model: str | None = flag("Qwen/Qwen2.5-3B-Instruct", "name on the Hugging Face hub, or a folder", metavar="NAME")
    """None for the small model that the project builds."""
    chat_template: Path | None = flag(None, "in place of the model's own", type=Path, metavar="FILE")
    imitate: int = flag(0, "audits of the easy tier, and of the medium one, to imitate first", least=0, metavar="N")
    """They are those of the weak auditor of `demonstrations.py`."""
    env_url: str | None = flag(
        None, "of a running environment; without it episodes are played in this process", metavar="URL"
    )
    reward: Kind = flag("dense", "what is rewarded", choices=KINDS)
    phases: tuple[Phase, ...] = PHASES
    max_steps: int = flag(200, "optimizer steps", least=1, metavar="N")
    prompts: int = flag(2, "different episodes a step", least=1, metavar="N")
    generations: int = flag(8, "rollouts of each episode", least=2, metavar="N")
    """The group that advantages are taken in."""
    batch: int = flag(1, "rollouts of one backward pass on one device", least=1, metavar="N")
    """The rest is accumulated."""
    episode_tokens: int = flag(6_400, "of an episode after its prompt, tool results included", least=256, metavar="N")
    """TRL's max_completion_length."""
    turn_tokens: int = flag(640, "that the model may generate in one turn", least=16, metavar="N")
    """The longest reports take 548."""
    turns: int = flag(40, "with calls in an episode", least=1, metavar="N")
    learning_rate: float = flag(1e-5, "constant", least=0, metavar="RATE")
    temperature: float = flag(1.0, "of the rollouts", least=0)
    beta: float = flag(0.0, "weight of the KL divergence from the start (in the log as kl)", least=0)
    """The start is the model that GRPO begins with."""
    lora_rank: int = flag(16, "of the adapters; 0 trains all weights", least=0, metavar="N")
    seed: int = flag(0, "of the run")
    out: Path = flag(Path("outputs/train/run"), "folder for the result", metavar="DIR")
    resume: bool = flag(False, "go on from the last checkpoint in that folder")
    save_steps: int = flag(25, "between checkpoints", least=1, metavar="N")
    report_to: str = flag("none", "where figures go beside the log", choices=REPORTS)
    precision: Precision = flag("4bit", "of the frozen weights; 4bit is QLoRA", choices=get_args(Precision))
    use_vllm: bool = flag(False, "generate with vLLM, beside the trainer on its device; 4bit becomes bf16")

    @property
    def rollouts(self) -> int:
        """Episodes a step, on all devices together."""
        return self.prompts * self.generations

    def longest_chat(self) -> int:
        """Tokens of the longest prompt and of all that an episode may have after it."""
        return PROMPT_TOKENS + self.episode_tokens


PRESETS: Mapping[str, TrainingSettings] = {
    "t4": TrainingSettings(),
    "t4-evening": TrainingSettings(
        model="Qwen/Qwen2.5-1.5B-Instruct",
        phases=EVENING_PHASES,
        generations=4,
        episode_tokens=4_096,
        turn_tokens=384,
        turns=12,
        out=Path("outputs/train/t4-evening"),
    ),
    "multi-gpu": TrainingSettings(
        precision="bf16",
        use_vllm=True,
        prompts=32,
        batch=2,
        episode_tokens=8_192,
        turns=80,
        lora_rank=32,
        learning_rate=2e-5,
        out=Path("outputs/train/multi-gpu"),
    ),
    "cpu-tiny": TrainingSettings(
        model=None,
        precision="fp32",
        phases=TINY_PHASES,
        max_steps=30,
        prompts=4,
        batch=16,
        episode_tokens=3_072,
        turn_tokens=160,
        turns=12,
        # At 2e-4 twenty steps changed next to nothing, and at 1e-3 fewer proposals were decided (docs/lab-notebook.md).
        learning_rate=5e-4,
        # What it samples at 1.0 has copying errors in it that are no decision of the auditor's.
        temperature=0.8,
        lora_rank=0,
        out=Path("outputs/train/cpu-tiny/run"),
        save_steps=10,
    ),
}


def read_arguments(arguments: Sequence[str]) -> TrainingSettings:
    """Read a command line of train_grpo.py: a preset, and what it says otherwise."""
    parser = argparse.ArgumentParser(
        prog="train_grpo.py",
        description="Train an oversight agent with GRPO. What is left out is as the preset has it.",
    )
    text = "settings that belong together (default %(default)s)"
    parser.add_argument("--preset", help=text, choices=tuple(PRESETS), default="t4")
    for setting in fields(TrainingSettings):
        if "argument" in setting.metadata:
            # Without a default: the preset has it.
            parser.add_argument(_name_of(setting.name), **setting.metadata["argument"])
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    preset = PRESETS[given.pop("preset")]
    if given.get("use_vllm") and preset.precision == "4bit":
        # Weights in 4 bits cannot be sent to vLLM: they have to be asked for by name, and are refused then.
        given.setdefault("precision", "bf16")
    return replace(preset, **given)


def _name_of(setting: str) -> str:
    return f"--{setting.replace('_', '-')}"
