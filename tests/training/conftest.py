"""What the tests that train share: a small warm start, and a run of three GRPO steps from it, each made once."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from random import Random
from typing import Any

import pytest

from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.training.untrained import untrained
from synth_audit_env.tests.training.watched import Watched, watch
from synth_audit_env.training.demonstrations import NONE, demonstrate
from synth_audit_env.training.tiny_model import build_tokenizer


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Small batches gain nothing by a second one, and sums in another order would be other weights."""
    if importlib.util.find_spec("torch") is not None:
        import torch

        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest warm start that has learnt to call tools."""
    pytest.importorskip("trl")
    from synth_audit_env.training.sft import WarmStart
    from synth_audit_env.training.tiny_start import Recipe, tiny_start

    recipe = Recipe(
        episodes={"oversight_easy": 24},
        vocabulary_from=16,
        imitating=WarmStart(epochs=12, learning_rate=5e-3, batch=2),
    )
    return tiny_start(tmp_path_factory.mktemp("made") / "start", recipe)


@pytest.fixture(scope="session")
def shown() -> list[list[dict[str, Any]]]:
    """Demonstrations without a mistake, easy and medium ones in turn."""
    environment, tiers = SynthAuditEnvironment(), ("easy", "medium")
    tasks = [{"seed": seed, "task_id": f"oversight_{tier}"} for seed in range(8, 14) for tier in tiers]
    return [demonstrate(environment, task, NONE, Random(0)) for task in tasks]


@pytest.fixture(scope="session")
def tokenizer(shown: list[list[dict[str, Any]]]) -> Any:
    """The small model's, made of them."""
    pytest.importorskip("trl")
    return build_tokenizer(shown)


@pytest.fixture(scope="session")
def run(start: Path, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Three steps of GRPO, with a checkpoint after the second."""
    return watch(tmp_path_factory.mktemp("made") / "run", f"--model {start} --max-steps 3 --save-steps 2")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learnt nothing, with the tokens and, but for white space, the template of Qwen2.5."""
    return untrained(tmp_path_factory.mktemp("made") / "model")
