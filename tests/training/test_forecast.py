"""The plan of a run is told before it begins: episodes, tokens, what has to be there, and what will not fit."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.training import forecast as module
from synth_audit_env.training.device import CARDS, CPU, Device
from synth_audit_env.training.forecast import doubts, forecast
from synth_audit_env.training.settings import PRESETS, read_arguments
from synth_audit_env.training.sizes import PROMPT_TOKENS, QWEN, Sizes

T4, L4, A100 = CARDS["t4"], CARDS["l4"], CARDS["a100"]
THREE = QWEN["Qwen/Qwen2.5-3B-Instruct"]
SEVEN = "--model Qwen/Qwen2.5-7B-Instruct "


OF_LAST_PHASE = (
    "WILL NOT FIT: an audit of 11 proposals (phase adversarial) takes about 4235 tokens when each is checked, and "
    "--episode-tokens 3328 holds 8 of them, on average and when look-ups share a turn: what comes after is cut off."
)


@pytest.mark.parametrize("preset", ["t4", "t4-evening"])
def test_what_is_meant_for_a_t4_fits_one(preset: str) -> None:
    assert doubts(PRESETS[preset], T4, QWEN[PRESETS[preset].model]) == []


def test_audits_that_are_longer_than_an_episode_may_be_are_told() -> None:
    told = forecast(read_arguments(["--episode-tokens", "3328"]), T4)
    assert [line for line in told.splitlines() if "WILL NOT FIT" in line] == [OF_LAST_PHASE]
    assert "200 steps of 16 episodes: 2 seeds, each played 8 times." in told


def test_audits_to_imitate_are_longer() -> None:
    """They read the notes: 7 of them would have 3,605 tokens."""
    settings = read_arguments(["--preset", "t4-evening", "--sft", "sft.jsonl"])
    (told,) = doubts(settings, T4, QWEN[str(settings.model)])
    assert (
        "an audit of 7 proposals (phase medium) takes about 3605 tokens when each is checked as in the audits" in told
    )


def test_a_plan_for_an_evening_takes_one() -> None:
    """By the arithmetic: 2.2 to 3.3 hours."""
    told = forecast(PRESETS["t4-evening"], T4).splitlines()
    (hours,) = [float(line.split()[0]) for line in told if " hours for 200 steps with it" in line]
    assert 2.2 <= hours <= 3.3


def test_a_card_is_known_by_the_name_that_torch_has_for_it() -> None:
    there = replace(T4, name="Tesla T4")
    assert forecast(PRESETS["t4"], there).splitlines()[1:] == forecast(PRESETS["t4"], T4).splitlines()[1:]


@pytest.mark.parametrize("arguments", ["--gpu a100", "--precision fp16 --lora-rank 8", "--curriculum adaptive"])
def test_where_the_speed_is_not_known_no_hours_are_told(arguments: str) -> None:
    device = A100 if "a100" in arguments else T4
    assert "hours" not in forecast(read_arguments(arguments.split()), device)


@pytest.mark.parametrize(
    ("arguments", "device"),
    [("", T4), ("--precision fp16", T4), ("--use-vllm", L4), ("--precision bf16 --lora-rank 0", A100)],
)
def test_seven_billion_weights_do_not_fit_everywhere(arguments: str, device: Device) -> None:
    told = forecast(read_arguments((SEVEN + arguments).split()), device)
    assert f"WILL NOT FIT: {device.name} has {device.memory_gib:.1f} GiB, and the run takes" in told


@pytest.mark.parametrize(
    ("arguments", "device", "advice"),
    [
        ("", T4, "Fewer --generations or --prompts, a smaller --batch or fewer --episode-tokens take less."),
        # Their weights alone are twice as much as there is.
        ("--use-vllm", L4, "give a smaller --model, or --precision 4bit without --use-vllm."),
        ("--precision fp16", T4, "give a smaller --model, or --precision 4bit without --use-vllm."),
        ("--precision bf16 --lora-rank 0", A100, "give a smaller --model, or --precision 4bit without --use-vllm."),
        ("--precision fp16", Device("gtx", 4.0, 7.5), "give a smaller --model."),
    ],
)
def test_what_is_advised_would_help(arguments: str, device: Device, advice: str) -> None:
    assert forecast(read_arguments((SEVEN + arguments).split()), device).endswith(advice)
    fewer = f"{SEVEN} --prompts 1 --generations 2 --batch 1 --episode-tokens 256 {arguments}"
    fits = f"{device.name} has" not in forecast(read_arguments(fewer.split()), device)
    assert fits == advice.startswith("Fewer")
    four_bits = fewer.replace(arguments, "")
    assert ("4bit" in advice) <= (f"{device.name} has" not in forecast(read_arguments(four_bits.split()), device))


def test_seven_billion_weights_fit_a_large_card() -> None:
    assert "a100 has" not in forecast(read_arguments(SEVEN.split()), A100)
    assert doubts(PRESETS["multi-gpu"], A100, QWEN["Qwen/Qwen2.5-7B-Instruct"]) == []


def test_an_episode_longer_than_the_models_context_is_told() -> None:
    told = forecast(read_arguments(["--episode-tokens", "40000"]), A100)
    assert f"WILL NOT FIT: prompt and episode are {PROMPT_TOKENS + 40_000} tokens, and the model's context" in told


def test_the_parts_are_the_sum() -> None:
    *parts, total = [float(one) for one in re.findall(r"([\d.]+) GiB  ", forecast(PRESETS["t4"], T4))]
    assert total == pytest.approx(sum(parts), abs=0.05)


def test_a_cpu_has_no_memory_to_plan() -> None:
    told = forecast(read_arguments(["--precision", "fp32"]), CPU)
    assert "cpu has" not in told


def test_every_phase_is_told_with_its_last_step() -> None:
    told = forecast(PRESETS["t4"], T4)
    assert "To step 120, warm-up: 4 to 6 proposals, 1540 to 2310 tokens when each is checked." in told
    assert "To step 200, adversarial: 8 to 11 proposals" in told


def test_an_adaptive_run_is_warned_of_the_largest_episodes_that_it_may_reach() -> None:
    settings = read_arguments(["--curriculum", "adaptive"])
    most = max(tier.proposals[1] for tier in TIERS.values())
    (told,) = doubts(settings, T4, THREE)
    assert told.startswith(
        f"WILL NOT FIT: an audit of {most} proposals (of the largest tiers, which --curriculum adaptive may reach)"
    )
    assert f"proposals an episode to {most}." in forecast(settings, T4)
    assert doubts(read_arguments("--curriculum adaptive --episode-tokens 8192".split()), T4, THREE) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--tools core", True),
        ("--tools core --curriculum adaptive", True),
        ("--tools all", False),
        ("--tools core --preset cpu-tiny", False),
    ],
)
def test_a_tier_that_needs_the_tools_which_are_left_out_is_named(arguments: str, told: bool) -> None:
    assert ("only cohort_analysis shows" in forecast(read_arguments(arguments.split()), T4)) == told


def test_the_small_models_plan_has_its_budget() -> None:
    told = forecast(PRESETS["cpu-tiny"], CPU)
    assert "30 steps of 32 episodes: 4 seeds, each played 8 times." in told
    assert "To step 30, easy and medium: 4 to 9 proposals.\n" in told
    assert (
        "An episode has up to 2560 tokens after its prompt; a turn up to 160, and there are up to 12 turns with calls."
        in told
    )


SMALL = Sizes(134_515_008, 28_311_552, 30, 576, 11_904, 384, 49_152, 8_192, prompt=2_500, density=1.1)
"""SmolLM2-135M."""


def test_a_small_model_is_too_slow_for_a_cpu_where_its_run_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sizes_for", lambda settings: SMALL)
    settings = read_arguments("--model smol --precision fp32 --lora-rank 0".split())
    plan = forecast(settings, CPU)
    (hours,) = re.findall(r"^  ([\d.]+) to [\d.]+ hours for 200 steps\.$", plan, re.M)
    assert f"TOO SLOW: 200 steps take {hours} hours or more on a CPU. Take a card (--dry-run --gpu t4" in plan
    assert "--preset cpu-tiny" in plan
    assert float(hours) > 24
    short = replace(settings, max_steps=1, prompts=1, generations=2)
    assert not any("TOO SLOW" in sentence for sentence in doubts(short, CPU, SMALL))
    assert re.search(r"^  [\d.]+ to [\d.]+ s a step in warm-up\.$", forecast(short, CPU), re.M)
    assert "TOO SLOW" not in forecast(settings, T4)


def test_more_cores_take_less(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_arguments("--model smol --precision fp32 --lora-rank 0".split())
    told = []
    for cores in (2, 8):
        monkeypatch.setattr(module, "CORES", cores)
        told.append(doubts(settings, CPU, SMALL)[-1])
    few, many = (int(re.search(r"take (\d+) hours", sentence)[1]) for sentence in told)
    assert few / 4 < many < few / 2


def test_tokens_are_those_of_the_models_own_tokenizer_where_it_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sizes_for", lambda settings: SMALL)
    settings = read_arguments("--model smol --episode-tokens 4400".split())
    plan = forecast(settings, A100)
    assert "An episode has up to 2500 tokens of prompt and 4400 after it" in plan
    assert "To step 120, warm-up: 4 to 6 proposals, 1696 to 2544 tokens when each is checked." in plan
    assert "WILL NOT FIT: an audit of 11 proposals (phase adversarial) takes about 4664 tokens" in plan
    assert "estimated" not in plan
    monkeypatch.setattr(module, "sizes_for", lambda settings: replace(SMALL, prompt=None, density=1.0))
    plan = forecast(settings, A100)
    assert "Tokens are estimated, by Qwen2.5's tokenizer: that of smol is in no folder or cache here." in plan
    assert f"An episode has up to {PROMPT_TOKENS} tokens of prompt" in plan


def test_memory_on_a_cpu_has_nothing_of_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sizes_for", lambda settings: SMALL)
    plan = forecast(read_arguments("--model smol --precision fp32".split()), CPU)
    assert "CUDA" not in plan
    assert "GiB  Python and its libraries" in plan


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            "--env-url http://user:secret@h:1",
            "The server of --env-url plays 16 episodes at a time: it needs --max-sessions 16",
        ),
        ("--vllm-mode server", "vLLM as a server needs a card of its own, with 5.7 GiB for the weights"),
        (
            "--sft a/sft.jsonl",
            "First those audits in a/sft.jsonl are imitated that have up to 4608 tokens after the prompt, and 7558 "
            "with it.",
        ),
    ],
)
def test_what_has_to_be_there_is_told(arguments: str, told: str) -> None:
    plan = forecast(read_arguments(arguments.split()), A100)
    assert told in plan
    assert "secret" not in plan
    assert told not in forecast(read_arguments([]), A100)
