"""What a training run is asked for, and the presets: settings that belong together for one kind of machine.

    settings = read_arguments(["--preset", "cpu-tiny", "--seed", "1"])
    settings.rollouts                     # episodes a step

Whether a combination can work is for `plan.py` to say.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from .audit_env import Tools
from .dataset import PHASES, Phase
from .reward import KINDS, Kind

Precision = Literal["4bit", "fp16", "bf16", "fp32"]
"""Of the frozen weights: NF4 with adapters over them (QLoRA), or as they are (LoRA; all weights in fp32)."""
Vllm = Literal["colocate", "server"]
CurriculumKind = Literal["phases", "adaptive"]
REPORTS = ("trackio", "wandb", "tensorboard", "none")
TINY_PHASES = (Phase("easy and medium", ("oversight_easy", "oversight_medium"), (4, 9), 1.0),)
EVENING_PHASES = (
    Phase("easy", ("oversight_easy",), (4, 5), 0.60),
    Phase("medium", ("oversight_medium",), (6, 7), 1.00),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """A run. The defaults are those of one T4."""

    model: str | None = "Qwen/Qwen2.5-3B-Instruct"
    """Name or folder; None for the small one that the project builds."""
    chat_template: Path | None = None
    """A file, in place of the model's own."""
    precision: Precision = "4bit"
    vllm: Vllm | None = None
    """Where vLLM generates; None for the trainer's own generation."""
    vllm_url: str | None = None
    """Of vLLM as a server; None for TRL's default, port 8000 of this machine."""
    tools: Tools = "all"
    reward: Kind = "dense"
    curriculum: CurriculumKind = "phases"
    phases: tuple[Phase, ...] = PHASES
    max_steps: int = 200
    prompts: int = 2
    """Different episodes a step."""
    generations: int = 8
    """Rollouts of each: the group that advantages are taken in."""
    batch: int = 1
    """Rollouts of one backward pass on one device. The rest is accumulated."""
    episode_tokens: int = 4_608
    """Of an episode after its prompt, tool results included: TRL's max_completion_length."""
    turn_tokens: int = 640
    """That the model may generate in one turn. The longest reports take 555."""
    turns: int = 40
    """Turns with calls in an episode."""
    learning_rate: float = 1e-5
    temperature: float = 1.0
    beta: float = 0.0
    """Weight of the KL divergence from the model that GRPO starts from."""
    lora_rank: int = 16
    """0 trains all weights."""
    seed: int = 0
    out: Path = Path("outputs/train/run")
    sft: Path | None = None
    """Audits to imitate first, as `evaluation.py --export sft` writes them; None for none."""
    env_url: str | None = None
    resume: bool = False
    save_steps: int = 25
    report_to: str = "none"
    push_to_hub: str | None = None
    """Repository to push the result to."""
    gpu: str | None = None
    """The card to plan for; None for the one that is here."""
    dry_run: bool = False

    @property
    def rollouts(self) -> int:
        """Episodes a step, on all devices together."""
        return self.prompts * self.generations


PRESETS: Mapping[str, Settings] = {
    "t4": Settings(),
    "t4-evening": Settings(
        model="Qwen/Qwen2.5-1.5B-Instruct",
        tools="core",
        phases=EVENING_PHASES,
        generations=4,
        episode_tokens=2_816,
        turn_tokens=384,
        turns=12,
        out=Path("outputs/train/t4-evening"),
    ),
    "multi-gpu": Settings(
        precision="bf16",
        vllm="colocate",
        prompts=32,
        batch=2,
        episode_tokens=8_192,
        turns=80,
        lora_rank=32,
        learning_rate=2e-5,
        out=Path("outputs/train/multi-gpu"),
    ),
    "cpu-tiny": Settings(
        model=None,
        precision="fp32",
        phases=TINY_PHASES,
        max_steps=30,
        prompts=4,
        batch=16,
        episode_tokens=2_560,
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


def read_arguments(arguments: Sequence[str]) -> Settings:
    """Read a command line of train_grpo.py: a preset, and what it says otherwise."""
    parser = argparse.ArgumentParser(
        prog="train_grpo.py",
        description="Train an oversight agent with GRPO. What is left out is as the preset has it.",
    )
    add_run(parser, tuple(PRESETS))
    _add_machine(parser)
    return chosen(vars(parser.parse_args(arguments)))


def chosen(given: dict[str, Any]) -> Settings:
    """The preset that was given, and what was said otherwise: None where nothing was."""
    preset = PRESETS[given.pop("preset")]
    vllm_mode = given.pop("vllm_mode", None)
    if given.pop("use_vllm", False) or vllm_mode is not None:
        # Whoever asks for vLLM means weights that it can be sent: 4 bits would have to be asked for by name.
        precision = "bf16" if preset.precision == "4bit" else preset.precision
        preset = replace(preset, vllm=vllm_mode or preset.vllm or "colocate", precision=precision)
    return replace(preset, **{name: value for name, value in given.items() if value is not None})


def add_run(parser: argparse.ArgumentParser, presets: Sequence[str]) -> None:
    """Add what any program that trains can be told: the first preset is its default."""
    add = parser.add_argument
    add("--preset", help="settings that belong together (default %(default)s)", choices=presets, default=presets[0])
    add("--model", help="name on the Hugging Face hub, or a folder", metavar="NAME")
    add("--chat-template", help="in place of the model's own", type=Path, metavar="FILE")
    add(
        "--sft",
        help="audits to imitate first: sft.jsonl of evaluation.py --export sft; with --agent heuristic-12-calls weaker "
        "ones from the medium tier on",
        type=Path,
        metavar="FILE",
    )
    add("--env-url", help="of a running environment; without it episodes are played in this process", metavar="URL")
    add("--tools", help="which the model is given", choices=get_args(Tools))
    add("--reward", help="what is rewarded", choices=KINDS)
    add("--curriculum", help="which episodes come when", choices=get_args(CurriculumKind))
    add("--max-steps", help="optimizer steps", type=int, metavar="N")
    add("--prompts", help="different episodes a step", type=int, metavar="N")
    add("--generations", help="rollouts of each episode", type=int, metavar="N")
    add("--batch", help="rollouts of one backward pass on one device", type=int, metavar="N")
    add("--episode-tokens", help="of an episode after its prompt, tool results included", type=int, metavar="N")
    add("--turn-tokens", help="that the model may generate in one turn", type=int, metavar="N")
    add("--turns", help="with calls in an episode", type=int, metavar="N")
    add("--learning-rate", help="constant", type=float, metavar="RATE")
    add("--temperature", help="of the rollouts", type=float)
    add(
        "--beta",
        help="weight of the KL divergence from the start (in the log as kl)",
        type=float,
    )
    add("--lora-rank", help="of the adapters; 0 trains all weights", type=int, metavar="N")
    add("--seed", help="of the run", type=int)
    add("--out", help="folder for the result", type=Path, metavar="DIR")
    add("--resume", help="go on from the last checkpoint in that folder", action="store_const", const=True)
    add("--save-steps", help="between checkpoints", type=int, metavar="N")
    add("--report-to", help="where figures go beside the log", choices=REPORTS)
    add("--push-to-hub", help="repository to push the result to", metavar="REPO")
    add("--gpu", help="card to plan for, such as t4, where it is not the one here", metavar="NAME")
    add("--dry-run", help="print the plan and stop; status 3 where it warns", action="store_const", const=True)


def _add_machine(parser: argparse.ArgumentParser) -> None:
    """Add how TRL loads and generates."""
    add = parser.add_argument
    add("--precision", help="of the frozen weights; 4bit is QLoRA", choices=get_args(Precision))
    add("--use-vllm", help="generate with vLLM, beside the trainer on its device", action="store_true")
    add("--vllm-mode", help="where vLLM is", choices=get_args(Vllm))
    add("--vllm-url", help="of the vLLM server, with --vllm-mode server", metavar="URL")
