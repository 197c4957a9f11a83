"""Prompts are counted with the model's own tokenizer, as the trainer has them; without it there is an estimate."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS, task_of
from synth_audit_env.tests.tiny_checkpoint import PLAIN_TEMPLATE, checkpoint
from synth_audit_env.tests.training.pieces import Pieces
from synth_audit_env.tests.training.upstream import trains
from synth_audit_env.training import loading
from synth_audit_env.training.settings import read_arguments
from synth_audit_env.training.sizes import CHARACTERS, QWEN, sizes_for, sizes_of

OURS = str(Path(loading.__file__).with_name("chatml.jinja"))
needs_libraries = pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason="the extra `train` is not there")


def test_without_its_tokenizer_a_model_has_the_sizes_that_are_known() -> None:
    settings = read_arguments([])
    assert sizes_for(settings) == QWEN[str(settings.model)]
    assert sizes_for(settings).prompt is None


@pytest.mark.parametrize("tier", TIERS)
def test_qwens_tokens_have_so_many_characters(tier: str) -> None:
    """By the estimate that the other budgets are held to."""
    environment, pieces = SynthAuditEnvironment(), Pieces()
    openings = [
        opening_messages(environment.reset(seed=task_of("validation", one).seed, task_id=TIERS[tier].task_id))
        for one in range(5)
    ]
    texts = [message["content"] for opening in openings for message in opening]
    tokens = sum(len(pieces(text, add_special_tokens=False)["input_ids"]) for text in texts)
    assert pytest.approx(sum(map(len, texts)) / tokens, rel=0.05) == CHARACTERS


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return checkpoint(tmp_path / "model", PLAIN_TEMPLATE)


@needs_libraries
@trains
def test_prompts_are_counted_as_the_trainer_has_them(model: Path) -> None:
    """The longest is that of the largest of the five episodes of the last tier, with the tools in it."""
    asked = ["--model", str(model), "--chat-template", OURS, "--preset", "t4-evening"]
    core, everything = read_arguments(asked), read_arguments([*asked, "--tools", "all"])
    counted = sizes_for(core)
    tokenizer, environment = loading.load_tokenizer(core, str(model)), SynthAuditEnvironment()
    lengths = []
    for number in range(5):
        opening = environment.reset(seed=task_of("validation", number).seed, task_id="oversight_medium")
        text = "".join(message["content"] for message in opening_messages(opening))
        lengths.append(len(tokenizer(text)["input_ids"]))
    assert counted.prompt is not None
    assert counted.prompt > max(lengths) + 500, "the descriptions of the tools are hundreds of tokens"
    whole = sizes_for(everything)
    assert whole.prompt is not None
    assert whole.prompt > counted.prompt
    assert whole.density == counted.density
    assert replace(counted, prompt=None, density=1.0) == sizes_of(str(model))


@needs_libraries
@trains
def test_a_tokenizer_of_single_bytes_needs_more_of_them(model: Path) -> None:
    """Its merges are of one audit, so it is somewhere between Qwen's and one that has a token for each character."""
    counted = sizes_for(read_arguments(["--model", str(model), "--chat-template", OURS]))
    assert 0.5 < counted.density < CHARACTERS
