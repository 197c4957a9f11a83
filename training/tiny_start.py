"""The warm start of the small model: tokenizer, weights and demonstrations to learn from, from nothing.

    folder = tiny_start(Path("outputs/train/start"))     # made once; every run with the same recipe goes on from it

Its recipe is written beside it. A folder that holds another recipe's is refused, not overwritten.
"""

import json
import shutil
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tqdm import tqdm

from .demonstrations import Weakness, demonstrations
from .loading import Loaded
from .run_folder import write
from .settings import PlanError
from .sft import WarmStart, fine_tune, tokenized
from .tiny_model import build_model, build_tokenizer

START = "start"
WEIGHTS = "model.safetensors"
RECIPE, LOG = "recipe.json", "sft_log.json"
SAID_EVERY_S = 5
"""Seconds between two lines of progress."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The recipe of a warm start."""

    episodes: dict[str, int] = field(default_factory=lambda: {"oversight_easy": 3_500, "oversight_medium": 1_750})
    """Demonstrations, by task."""
    weakness: Weakness = field(default_factory=Weakness)
    vocabulary_from: int = 600
    """Demonstrations that the tokenizer is trained on."""
    context: int = 4_096
    """Context of the model, in tokens."""
    imitating: WarmStart = field(default_factory=lambda: WarmStart(epochs=2.0))
    """The lesson on what the assistant says in the demonstrations."""
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
    if there:
        raise PlanError(f"{folder} holds files that are no warm start: move them away, or choose another --out.")
    print(f"The small model's warm start is made in {folder}.", file=sys.stderr, flush=True)
    count = sum(recipe.episodes.values())
    played = demonstrations(recipe.episodes, recipe.weakness, recipe.seed)
    shown = list(tqdm(played, "Demonstrations", count, mininterval=SAID_EVERY_S))
    tokenizer = build_tokenizer(shown[:: max(1, len(shown) // recipe.vocabulary_from)])
    progress = tqdm(shown, "Their tokens", mininterval=SAID_EVERY_S)
    examples = tokenized(tokenizer, ((messages, None) for messages in progress), longest=recipe.context)
    loaded = Loaded(build_model(len(tokenizer), recipe.context, recipe.seed), tokenizer)
    # Beside its place, so that a start that is there is whole.
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    lesson = fine_tune(
        loaded, examples, recipe.imitating, unfinished, use_cpu=True, bf16=False, gradient_checkpointing=False
    )
    write(unfinished / LOG, lesson.state.log_history)
    write(unfinished / RECIPE, made_of)
    # Over what has come there meanwhile, such as the start of another run, this fails.
    unfinished.rename(folder)
    return folder
