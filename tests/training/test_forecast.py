"""The plan of a run: episodes, tokens and memory are told before it begins, and what will not fit, with what would."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.tiny_checkpoint import PLAIN_TEMPLATE, checkpoint
from synth_audit_env.tests.training.upstream import trains
from synth_audit_env.training import forecast as module
from synth_audit_env.training.dataset import Phase
from synth_audit_env.training.forecast import (
    CHARACTERS,
    PROMPTS,
    PROPOSAL_TOKENS,
    QWEN,
    Sizes,
    doubts,
    forecast,
    needs,
    sizes_for,
    sizes_of,
    step_seconds,
)
from synth_audit_env.training.plan import CARDS, CPU, Device
from synth_audit_env.training.settings import PRESETS, PROMPT_TOKENS, read_arguments

T4, L4, A100 = CARDS["t4"], CARDS["l4"], CARDS["a100"]
SEVEN = "--model Qwen/Qwen2.5-7B-Instruct "
THREE = QWEN["Qwen/Qwen2.5-3B-Instruct"]
SMALL = Sizes(134_515_008, 28_311_552, 30, 576, 11_904, 384, 49_152, 8_192, prompt=2_500, density=1.1)
"""SmolLM2-135M."""
OURS = str(Path(module.__file__).with_name("chatml.jinja"))
LARGEST = max(tier.proposals[1] for tier in TIERS.values())


def plan(arguments: str, device: Device) -> str:
    return forecast(read_arguments(arguments.split()), device)


@pytest.mark.parametrize("preset", ["t4", "t4-evening"])
def test_what_is_meant_for_a_t4_fits_one(preset: str) -> None:
    assert not list(doubts(PRESETS[preset], T4, QWEN[PRESETS[preset].model]))


@pytest.mark.parametrize(
    ("arguments", "device", "told"),
    [
        ("", T4, "200 steps of 16 episodes: 2 seeds, each played 8 times.\n"),
        ("", T4, "To step 120, warm-up: 4 to 6 proposals, 2240 to 3360 tokens when each is checked.\n"),
        ("--preset cpu-tiny", CPU, "To step 30, easy and medium: 4 to 9 proposals.\n"),
        ("--preset cpu-tiny", CPU, "An episode has up to 3072 tokens after its prompt; a turn up to 160, and there"),
        ("--episode-tokens 4096", T4, "WILL NOT FIT: an audit of 11 proposals (phase adversarial) takes about 6160"),
        (
            "--episode-tokens 40000",
            A100,
            f"WILL NOT FIT: prompt and episode are {PROMPT_TOKENS + 40_000} tokens, and the model's context has 32768.",
        ),
        ("--tools core", T4, "only cohort_analysis shows"),
        ("--tools core --curriculum adaptive", T4, "only cohort_analysis shows"),
        ("--curriculum adaptive", T4, f"proposals an episode to {LARGEST}."),
        ("--curriculum adaptive", T4, f"WILL NOT FIT: an audit of {LARGEST} proposals (of the largest tiers, which"),
        (
            "--env-url http://user:secret@h:1",
            A100,
            "The server of --env-url plays 16 episodes at a time: it needs --max-sessions 16",
        ),
        ("--vllm-mode server", A100, "vLLM as a server needs a card of its own, with 5.7 GiB for the weights"),
        ("--sft a/s.jsonl", A100, "First those audits in a/s.jsonl are imitated that have up to 6400 tokens after"),
    ],
)
def test_what_the_plan_says(arguments: str, device: Device, told: str) -> None:
    assert told in plan(arguments, device)
    assert "secret" not in plan(arguments, device)


@pytest.mark.parametrize(
    ("arguments", "device", "not_told"),
    [
        ("", A100, "--max-sessions"),
        ("", A100, "card of its own"),
        ("", A100, "imitated"),
        ("", T4, "cohort_analysis"),
        ("--tools core --preset cpu-tiny", T4, "cohort_analysis"),
        ("--curriculum adaptive --episode-tokens 9728", T4, "an audit of"),
        ("--precision fp32", CPU, "cpu has"),
        (f"{SEVEN} --preset multi-gpu", A100, "WILL NOT FIT"),
        (SEVEN, A100, "a100 has"),
        # Where the speed of the card is not known:
        ("", A100, "hours"),
        ("--precision fp16 --lora-rank 8", T4, "hours"),
        ("--curriculum adaptive", T4, "hours"),
    ],
)
def test_what_the_plan_does_not_say(arguments: str, device: Device, not_told: str) -> None:
    assert not_told not in plan(arguments, device)


@pytest.mark.parametrize(
    ("arguments", "device", "advice"),
    [
        ("", T4, "Fewer --generations or --prompts, a smaller --batch or fewer --episode-tokens take less."),
        # Their weights alone are twice as much as there is.
        ("--use-vllm", L4, "give a smaller --model, or --precision 4bit without --use-vllm."),
        ("--precision bf16 --lora-rank 0", A100, "give a smaller --model, or --precision 4bit without --use-vllm."),
        ("--precision fp16", Device("gtx", 4.0, 7.5), "give a smaller --model."),
    ],
)
def test_what_is_advised_would_help(arguments: str, device: Device, advice: str) -> None:
    told = plan(SEVEN + arguments, device)
    assert f"WILL NOT FIT: {device.name} has {device.memory_gib:.1f} GiB, and the run takes" in told
    assert told.endswith(advice)
    fewer = f"{SEVEN} --prompts 1 --generations 2 --batch 1 --episode-tokens 256 {arguments}"
    fits = f"{device.name} has" not in plan(fewer, device)
    assert fits == advice.startswith("Fewer")
    assert ("4bit" in advice) <= (f"{device.name} has" not in plan(fewer.replace(arguments, ""), device))


def test_a_long_run_of_a_small_model_is_too_slow_for_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sizes_for", lambda settings: SMALL)
    asked = "--model smol --precision fp32 --lora-rank 0"
    hours = []
    for cores in (2, 8):
        monkeypatch.setattr(module, "CORES", cores)
        told = plan(asked, CPU)
        hours += re.findall(r"^  ([\d.]+) to [\d.]+ hours for 200 steps\.$", told, re.M)
        assert f"TOO SLOW: 200 steps take {hours[-1]} hours or more on a CPU. Take a card (--dry-run --gpu t4" in told
    assert float(hours[0]) / 4 < float(hours[1]) < float(hours[0]) / 2
    assert "GiB  Python and its libraries" in told
    assert "CUDA" not in told, "its memory is none of a card's"
    for shorter, device in ((f"{asked} --max-steps 1 --prompts 1", CPU), (asked, T4)):
        assert "TOO SLOW" not in plan(shorter, device)


def test_levels_of_the_frontier_are_planned_by_their_own_prompts() -> None:
    phases = (Phase("frontier", ("oversight_frontier-2", "oversight_frontier-3"), (14, 19), 1.0),)
    settings = replace(PRESETS["t4"], phases=phases, tools="core")
    told = forecast(settings, T4)
    assert "cohort_analysis" in told
    assert f"An episode has up to {settings.longest_chat() - settings.episode_tokens} tokens of prompt" in told
    assert PROMPT_TOKENS < settings.longest_chat() - settings.episode_tokens < 2 * PROMPT_TOKENS
    assert "s a step in frontier with Unsloth's vLLM" in told


def test_tokens_are_those_of_the_models_own_tokenizer_where_it_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sizes_for", lambda settings: SMALL)
    told = plan("--model smol --episode-tokens 6000", A100)
    assert "An episode has up to 2500 tokens of prompt and 6000 after it" in told
    assert "To step 120, warm-up: 4 to 6 proposals, 2464 to 3696 tokens when each is checked." in told
    assert "WILL NOT FIT: an audit of 11 proposals (phase adversarial) takes about 6776 tokens" in told
    assert "estimated" not in told
    monkeypatch.setattr(module, "sizes_for", lambda settings: replace(SMALL, prompt=None, density=1.0))
    told = plan("--model smol", A100)
    assert "Tokens are estimated, by Qwen2.5's tokenizer: that of smol is in no folder or cache here." in told
    assert f"An episode has up to {PROMPT_TOKENS} tokens of prompt" in told


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
        ("--lora-rank 0 --precision bf16", "--lora-rank 0 --precision bf16 --beta 0.1"),
    ],
)
def test_more_of_anything_takes_more_memory(less: str, more: str) -> None:
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
    """By hand, for one rollout of 2,500 tokens of SmolLM2-135M: what docs/training.md measured is near it."""
    small = replace(SMALL, prompt=2_000)
    asked = read_arguments("--model m --precision fp32 --lora-rank 0 --episode-tokens 500".split())
    found = needs(asked, small, cpu=True)
    assert found["hidden states kept for the backward pass"] * 2**30 == 4 * 2_500 * 30 * (11_904 + 2_500)
    assert found["logits, a tile at a time"] * 2**30 == 4 * 8.25 * 2_500 * 32_768
    assert found["weights"] + found["gradients and Adam, in float32"] == pytest.approx(16 * 134_515_008 / 2**30)
    card = needs(asked, small)
    assert card["hidden states kept for the backward pass"] < found["hidden states kept for the backward pass"] / 10


ROUND = Sizes(parameters=1_000, embedding=200, layers=2, hidden=8, kept=120, kv_width=4, vocabulary=10, context=100)
TWO = Phase("two", ("oversight_easy",), (2, 2), 1.0)
ONE_GROUP = replace(PRESETS["t4"], prompts=1, generations=2)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card and cores that take a second for a pass of a token."""
    for operations, bandwidth in (("OPERATIONS", "BANDWIDTH"), ("CORE_OPERATIONS", "CPU_BANDWIDTH")):
        monkeypatch.setattr(module, operations, 2_000.0)
        monkeypatch.setattr(module, bandwidth, 100.0)


@pytest.mark.usefixtures("slow")
def test_a_step_on_a_card_by_hand() -> None:
    """Two rollouts of two proposals: three turns with calls, or nine, and a last word; three passes to learn."""
    prompt, after = PROMPTS["oversight_easy"], 2 * PROPOSAL_TOKENS
    seen, learning = 2 * (prompt + after / 2), 3 * 2 * (prompt + after)
    weights, cache = 800 * 4.516 + 200 * 2, 2 * 4 * 2
    writing = (2 * (30 + 30 + 30 + 99) + 229) * (weights + seen * cache) / 100
    for shared, turns in ((True, 3), (False, 9)):
        took = step_seconds(ONE_GROUP, ROUND, TWO, shared)
        assert took["own"] == pytest.approx((turns + 1) * seen + writing + learning)
        assert took["vllm"] == pytest.approx(prompt + 2 * after + writing + learning * 4 / 3)
    held = step_seconds(replace(ONE_GROUP, beta=0.001), ROUND, TWO, shared=True)
    assert held["vllm"] - took["vllm"] == pytest.approx(learning / 3)
    core = step_seconds(replace(ONE_GROUP, tools="core"), ROUND, TWO, shared=True)
    assert core["vllm"] < took["vllm"]
    # One turn at most.
    one_turn = replace(ONE_GROUP, turns=1)
    assert step_seconds(one_turn, ROUND, TWO, shared=True) == step_seconds(one_turn, ROUND, TWO, shared=False)


@pytest.mark.usefixtures("slow")
def test_a_step_on_a_cpu_by_hand() -> None:
    """What is looked back at takes time too, and activations are kept where few weights are trained."""
    prompt, after = PROMPTS["oversight_easy"], 2 * PROPOSAL_TOKENS
    a_token = (2_000 + 2 * (prompt + after) * 2 * 8) / 4_000
    seen, one_pass = 2 * (prompt + after / 2), 2 * (prompt + after) * a_token
    all_weights = replace(ONE_GROUP, precision="fp32", lora_rank=0)
    took, adapters = (step_seconds(one, ROUND, TWO, True, cores=2)["own"] for one in (all_weights, ONE_GROUP))
    each = (4 * 1_000 + 2 * seen * 2 * 4 * 2) / 100 + 2 * a_token + 2 * 1.5e-3
    writing = (2 * (30 + 30 + 30 + 99) + 229) * each
    assert took == pytest.approx(4 * seen * a_token + writing + 3 * one_pass)
    assert adapters == pytest.approx(took - one_pass)


def test_without_its_tokenizer_a_model_has_the_sizes_that_are_known() -> None:
    settings = read_arguments([])
    assert sizes_for(settings) == QWEN[str(settings.model)]
    assert sizes_for(settings).prompt is None


@trains
def test_prompts_are_counted_as_the_trainer_has_them(tmp_path: Path) -> None:
    """By a tokenizer whose merges are of one audit, between Qwen's and one with a token for each character."""
    model = str(checkpoint(tmp_path / "model", PLAIN_TEMPLATE))
    asked = ["--model", model, "--chat-template", OURS, "--preset", "t4-evening"]
    core, everything = (sizes_for(read_arguments([*asked, "--tools", tools])) for tools in ("core", "all"))
    assert core.prompt is not None
    assert everything.prompt is not None
    assert everything.prompt > core.prompt > 2_000
    assert 0.5 < core.density == everything.density < CHARACTERS
    assert replace(core, prompt=None, density=1.0) == sizes_of(model)
