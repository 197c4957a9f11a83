"""The warm start of the small model: tokenizer, weights, exercises and demonstrations to learn from, from nothing.

    folder = tiny_start(Path("outputs/train/start"))     # made once; every run with the same recipe goes on from it

Its recipe is written beside it. A folder that holds another recipe's is refused, not overwritten.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tqdm import tqdm

from ..server.synth_audit_environment import SynthAuditEnvironment
from ..server.world.tasks import num_tasks, task_of
from .demonstrations import Message, Weakness, demonstrate
from .drills import SAID_EVERY_S, comparisons, short_audits
from .loading import Loaded
from .run_folder import write
from .settings import PlanError
from .sft import WarmStart, fine_tune, tokenized
from .tiny_model import build_model, build_tokenizer

START = "start"
WEIGHTS = "model.safetensors"
MUON = 4e-3
"""Rate of the hidden layers' matrices. With AdamW alone a model copied less surely after three rounds of demonstrations
than with Muon after one (docs/lab-notebook.md)."""
RECIPE, LOG = "recipe.json", "sft_log.json"
ON_CPU = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a warm start is made of."""

    episodes: dict[str, int] = field(default_factory=lambda: {"oversight_easy": 3_500, "oversight_medium": 1_750})
    """Demonstrations, by task."""
    weakness: Weakness = field(default_factory=Weakness)
    vocabulary_from: int = 600
    """Demonstrations that the tokenizer is trained on."""
    context: int = 4_096
    """Of the model, in tokens."""
    comparisons: int = 25_600
    short_audits: int = 12_800
    """Exercises."""
    comparing: WarmStart = field(default_factory=lambda: WarmStart(batch=64, muon=MUON))
    """The first lessons, on comparisons."""
    auditing: WarmStart = field(default_factory=lambda: WarmStart(batch=8, muon=MUON))
    """Then on short audits."""
    imitating: WarmStart = field(default_factory=lambda: WarmStart(epochs=2.0, muon=MUON))
    """Then on what the assistant says in the demonstrations."""
    seed: int = 0


def tiny_start(folder: Path, recipe: Recipe | None = None) -> Path:
    """Make the warm start where it is not there yet, by the recipe of the cpu-tiny preset unless there is another.

    Raises:
        PlanError: The folder holds something else.
    """
    recipe = recipe or Recipe()
    made_of = json.loads(json.dumps(asdict(recipe)))
    there = {file.name for file in folder.iterdir()} if folder.exists() else set()
    if RECIPE in there and json.loads((folder / RECIPE).read_text(encoding="utf-8")) != made_of:
        raise PlanError(f"{folder} holds a warm start of another recipe: move it away, or choose another --out.")
    if {RECIPE, WEIGHTS} <= there:
        return folder
    # What a repository keeps of a start is what it was made of, and no weights: it is made again.
    if there - {RECIPE, LOG}:
        raise PlanError(f"{folder} holds files that are no warm start: move them away, or choose another --out.")
    _say(f"The small model's warm start is made in {folder}: demonstrations, a tokenizer, and three lessons.")
    count = sum(recipe.episodes.values())
    shown = list(tqdm(demonstrations(recipe), "Demonstrations", count, mininterval=SAID_EVERY_S))
    _say("The tokenizer is trained on them.")
    tokenizer = build_tokenizer(shown[:: max(1, len(shown) // recipe.vocabulary_from)])
    told = tqdm(shown, "Their tokens", mininterval=SAID_EVERY_S)
    examples = tokenized(tokenizer, ((messages, None) for messages in told), longest=recipe.context)
    loaded = Loaded(build_model(len(tokenizer), recipe.context, recipe.seed), tokenizer)
    log: list[dict[str, Any]] = []
    # Beside its place, so that a start that is there is whole.
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    draws = Random(f"{recipe.seed} exercises")
    _say("Exercises are written for the first two lessons.")
    lessons = (
        ("comparisons", recipe.comparing, comparisons(tokenizer, recipe.comparisons, draws)),
        ("short audits", recipe.auditing, short_audits(tokenizer, recipe.short_audits, draws)),
        ("demonstrations", recipe.imitating, examples),
    )
    for number, (what, how, exercises) in enumerate(lessons, start=1):
        if len(exercises):
            _say(f"Lesson {number} of {len(lessons)}: {len(exercises)} {what}.")
            log += fine_tune(loaded, exercises, how, unfinished, **ON_CPU).state.log_history
    write(unfinished / LOG, log)
    write(unfinished / RECIPE, made_of)
    for name in there:
        (folder / name).unlink()
    # Over what has come there meanwhile, such as the start of another run, this fails.
    unfinished.rename(folder)
    return folder


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def demonstrations(recipe: Recipe) -> Iterator[list[Message]]:
    """The episodes of a recipe: seeds of the train split, no two the same."""
    environment = SynthAuditEnvironment()
    draws = Random(f"{recipe.seed} demonstrations")
    for task_id, count in recipe.episodes.items():
        for index in draws.sample(range(num_tasks("train")), count):
            options = {"seed": task_of("train", index).seed, "task_id": task_id}
            yield demonstrate(environment, options, recipe.weakness, draws)
