"""What a run takes is told before a card is rented: the arithmetic of a card's memory."""

from __future__ import annotations

import pytest

from synth_audit_env.training.memory import QWEN, Sizes, needs
from synth_audit_env.training.settings import PRESETS, read_arguments

THREE = QWEN["Qwen/Qwen2.5-3B-Instruct"]


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("--batch 1", "--batch 2"),
        ("--episode-tokens 2048", "--episode-tokens 3072"),
        ("--generations 4", "--generations 8"),
        ("--lora-rank 8", "--lora-rank 64"),
        ("--precision 4bit", "--precision fp16"),
        ("--precision fp16", "--precision fp32"),
        ("--vllm-mode server", "--use-vllm"),
        ("--lora-rank 64 --precision bf16", "--lora-rank 0 --precision bf16"),
        ("--precision bf16 --lora-rank 0", "--precision fp32 --lora-rank 0 --batch 2"),
    ],
)
def test_more_of_anything_takes_more(less: str, more: str) -> None:
    small, large = (sum(needs(read_arguments(arguments.split()), THREE).values()) for arguments in (less, more))
    assert small < large


def test_four_bits_take_the_published_room() -> None:
    """QLoRA of 3 B weights: 2.2 GB of NF4 with the embedding in 16 bits, adapters and Adam below 0.5 GB."""
    _, weights, trained, *_ = needs(PRESETS["t4"], THREE).values()
    assert weights == pytest.approx(1.9, abs=0.2)
    assert trained < 0.5


def test_a_cpu_keeps_all_layers_and_scores_the_prompt() -> None:
    """By hand, for one rollout of 2,500 tokens of SmolLM2-135M: what docs/training.md measures is near it."""
    small = Sizes(134_515_008, 28_311_552, 30, 576, 11_904, 384, 49_152, 8_192, prompt=2_000)
    asked = read_arguments("--model m --precision fp32 --lora-rank 0 --episode-tokens 500".split())
    found = needs(asked, small, cpu=True)
    assert found["hidden states kept for the backward pass"] * 2**30 == 4 * 2_500 * 30 * (11_904 + 2_500)
    assert found["logits, a tile at a time"] * 2**30 == 4 * 8.25 * 2_500 * 32_768
    assert found["weights"] + found["gradients and Adam, in float32"] == pytest.approx(16 * 134_515_008 / 2**30)
    card = needs(asked, small)
    assert card["hidden states kept for the backward pass"] < found["hidden states kept for the backward pass"] / 10


def test_adapters_are_counted_from_above_and_not_by_much() -> None:
    """Those of rank 16 on all linear layers of Qwen2.5-3B are 29,933,568 weights, by its widths."""
    trained = list(needs(PRESETS["t4"], THREE).values())[2]
    assert 1.0 <= trained * 2**30 / 16 / 29_933_568 < 1.1
