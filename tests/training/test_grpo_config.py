"""TRL takes the settings: each preset and each way of generating, as its own argument object. Nothing needs a GPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.training.settings import PRESETS, read_arguments

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
from synth_audit_env.training import grpo_run  # noqa: E402  # it needs both
from synth_audit_env.training.grpo_run import PREFILL_CHUNK, grpo_config  # noqa: E402

pytestmark = TRAINS


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("vllm", [[], ["--use-vllm"]])
def test_every_preset_is_taken_with_every_way_of_generating(preset: str, vllm: list[str], tmp_path: Path) -> None:
    settings = read_arguments(["--preset", preset, "--out", str(tmp_path), *vllm])
    config = grpo_config(settings)
    assert (config.use_vllm, config.vllm_mode) == (settings.use_vllm, "colocate")
    # vLLM has a name of its own for the same thing.
    expected = {"max_tokens": settings.turn_tokens}
    if not settings.use_vllm:
        expected = {"max_new_tokens": settings.turn_tokens, "prefill_chunk_size": PREFILL_CHUNK}
        expected |= {"cache_implementation": "static"}
    assert config.generation_kwargs == expected
    # By whole sequences, which is TRL's default, rounding alone would drive the weight of a long audit to 0.
    assert config.vllm_importance_sampling_mode == "token_truncate"
    assert config.generation_batch_size == settings.rollouts
    assert config.max_completion_length == settings.episode_tokens
    shared = grpo_config(settings, processes=2)
    assert shared.gradient_accumulation_steps * shared.per_device_train_batch_size * 2 == settings.rollouts


@pytest.mark.parametrize(
    ("precision", "bf16_card", "halves"),
    [("4bit", False, (True, False)), ("4bit", True, (False, True)), ("bf16", True, (False, True))],
)
def test_a_card_gets_the_half_precision_that_it_has(
    precision: str, bf16_card: bool, halves: tuple[bool, bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A T4 would emulate bf16, slowly and without a word. TRL's object wants a card to be there, so it is not made."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda emulated: bf16_card)
    monkeypatch.setattr(grpo_run, "GRPOConfig", lambda **given: given)
    given = grpo_run.grpo_config(read_arguments(["--precision", precision, "--out", str(tmp_path)]))
    assert (given["fp16"], given["bf16"]) == halves
    if precision == "4bit":
        assert given["model_init_kwargs"] == {"dtype": "bfloat16" if bf16_card else "float16"}
    assert not given["use_cpu"]
    assert given["gradient_checkpointing"]
