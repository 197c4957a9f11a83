"""The arithmetic of memory and time, by hand for round numbers, and what makes a run take more of either."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synth_audit_env.training import run_costs
from synth_audit_env.training.run_costs import Audit, needs, phase_times, step_time
from synth_audit_env.training.settings import PRESETS, read_arguments
from synth_audit_env.training.sizes import CORE_SAVES, PROMPTS, PROPOSAL_TOKENS, QWEN, Sizes

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
    # Those of rank 16 on all linear layers are 29,933,568 weights, by its widths: counted from above, not by much.
    assert 1.0 <= trained * 2**30 / 16 / 29_933_568 < 1.1


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


SIZES = Sizes(parameters=1_000, embedding=200, layers=2, hidden=8, kept=120, kv_width=4, vocabulary=10, context=100)
EASY = Audit("oversight_easy", 2, turns=4)
ONE = replace(PRESETS["t4"], prompts=1, generations=2)


@pytest.fixture
def slow_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that reads a token in a second."""
    monkeypatch.setattr(run_costs, "OPERATIONS", 2_000.0)
    monkeypatch.setattr(run_costs, "BANDWIDTH", 100.0)


@pytest.mark.usefixtures("slow_card")
def test_a_step_by_hand() -> None:
    prompt, after = PROMPTS["oversight_easy"], 2 * PROPOSAL_TOKENS
    took = step_time(ONE, SIZES, EASY)
    assert took.reading == pytest.approx(5 * 2 * (prompt + after / 2))
    assert took.reading_once == pytest.approx(prompt + 2 * after)
    weights, cache = 800 * 4.516 + 200 * 2, 2 * 4 * 2
    calls = 2 * (30 + 30 + 78) + 186
    assert took.writing == pytest.approx(calls * (weights + 2 * (prompt + after / 2) * cache) / 100)
    assert took.learning == pytest.approx(3 * 2 * (prompt + after))
    assert took.correcting == pytest.approx(took.learning / 3)
    assert took.own == pytest.approx(took.reading + took.writing + took.learning)
    assert took.vllm == pytest.approx(took.reading_once + took.writing + took.learning + took.correcting)


@pytest.mark.usefixtures("slow_card")
def test_what_makes_it_longer_or_shorter() -> None:
    plain = step_time(ONE, SIZES, EASY)
    held = step_time(replace(ONE, beta=0.001), SIZES, EASY)
    assert held.vllm - plain.vllm == pytest.approx(plain.learning / 3)
    core = step_time(replace(ONE, tools="core"), SIZES, EASY)
    assert plain.reading_once - core.reading_once == pytest.approx(CORE_SAVES)
    more_turns = step_time(ONE, SIZES, replace(EASY, turns=9))
    assert more_turns.own > plain.own
    assert more_turns.vllm == plain.vllm
    # The tokens of another tokenizer.
    theirs = step_time(ONE, replace(SIZES, prompt=1_000, density=2.0), EASY)
    assert theirs.learning == pytest.approx(3 * 2 * (1_000 + 2 * 2 * PROPOSAL_TOKENS))


@pytest.mark.usefixtures("slow_card")
def test_a_step_on_a_cpu_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores that read a token in a second each, but for what is looked back at."""
    monkeypatch.setattr(run_costs, "CORE_OPERATIONS", 2_000.0)
    monkeypatch.setattr(run_costs, "CPU_BANDWIDTH", 100.0)
    prompt, after = PROMPTS["oversight_easy"], 2 * PROPOSAL_TOKENS
    all_weights = replace(ONE, precision="fp32", lora_rank=0)
    took, adapters = (step_time(settings, SIZES, EASY, cores=2) for settings in (all_weights, ONE))
    a_token = 0.5 + 2 * (prompt + after) * 2 * 8 / 4_000
    assert took.reading == pytest.approx(5 * 2 * (prompt + after / 2) * a_token)
    calls, cache = 2 * (30 + 30 + 78) + 186, 2 * 4 * 4
    each = (4 * 1_000 + 2 * (prompt + after / 2) * cache) / 100 + 2 * a_token + 2 * 1.5e-3
    assert took.writing == pytest.approx(calls * each)
    assert took.learning == pytest.approx(3 * 2 * (prompt + after) * a_token)
    assert adapters.learning == pytest.approx(took.learning * 2 / 3)
    assert step_time(all_weights, SIZES, EASY, cores=4).learning == pytest.approx(took.learning / 2)


def test_the_phases_have_all_steps_and_no_more_turns_than_there_may_be() -> None:
    phases = list(phase_times(PRESETS["t4"], SIZES))
    assert [(phase.name, steps) for phase, steps, *_ in phases] == [
        ("warm-up", 120),
        ("scaling", 50),
        ("adversarial", 30),
    ]
    short = replace(PRESETS["t4"], turns=1)
    assert all(together.own == apart.own for _, _, together, apart in phase_times(short, SIZES))
