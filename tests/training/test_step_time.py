"""The arithmetic of a step, by hand for round numbers, and what makes it longer or shorter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synth_audit_env.training import step_time as module
from synth_audit_env.training.memory import PROPOSAL_TOKENS, Sizes
from synth_audit_env.training.settings import PRESETS
from synth_audit_env.training.step_time import CORE_SAVES, PROMPTS, Audit, phase_times, step_time

SIZES = Sizes(parameters=1_000, embedding=200, layers=2, hidden=8, kept=120, kv_width=4, vocabulary=10, context=100)
EASY = Audit("oversight_easy", 2, turns=4)
ONE = replace(PRESETS["t4"], prompts=1, generations=2)


@pytest.fixture(autouse=True)
def _slow_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that reads a token in a second."""
    monkeypatch.setattr(module, "OPERATIONS", 2_000.0)
    monkeypatch.setattr(module, "BANDWIDTH", 100.0)


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


def test_what_makes_it_longer_or_shorter() -> None:
    plain = step_time(ONE, SIZES, EASY)
    held = step_time(replace(ONE, beta=0.001), SIZES, EASY)
    assert held.vllm - plain.vllm == pytest.approx(plain.learning / 3)
    core = step_time(replace(ONE, tools="core"), SIZES, EASY)
    assert plain.reading_once - core.reading_once == pytest.approx(CORE_SAVES)
    more_turns = step_time(ONE, SIZES, replace(EASY, turns=9))
    assert more_turns.own > plain.own
    assert more_turns.vllm == plain.vllm


def test_a_step_on_a_cpu_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores that read a token in a second each, but for what is looked back at."""
    monkeypatch.setattr(module, "CORE_OPERATIONS", 2_000.0)
    monkeypatch.setattr(module, "CPU_BANDWIDTH", 100.0)
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


def test_tokens_of_another_tokenizer_are_more_time() -> None:
    theirs = replace(SIZES, prompt=1_000, density=2.0)
    took = step_time(ONE, theirs, EASY)
    assert took.learning == pytest.approx(3 * 2 * (1_000 + 2 * 2 * PROPOSAL_TOKENS))


def test_the_phases_have_all_steps_and_no_more_turns_than_there_may_be() -> None:
    phases = list(phase_times(PRESETS["t4"], SIZES))
    assert [(phase.name, steps) for phase, steps, *_ in phases] == [
        ("warm-up", 120),
        ("scaling", 50),
        ("adversarial", 30),
    ]
    short = replace(PRESETS["t4"], turns=1)
    assert all(together.own == apart.own for _, _, together, apart in phase_times(short, SIZES))
