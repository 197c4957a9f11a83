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
SEVEN = "--model Qwen/Qwen2.5-7B-Instruct "


SMALL = Sizes(134_515_008, 28_311_552, 30, 576, 11_904, 384, 49_152, 8_192, prompt=2_500, density=1.1)
"""SmolLM2-135M."""
OF_CPU = "--model smol --precision fp32 --lora-rank 0"


def plan(arguments: str, device: Device) -> str:
    return forecast(read_arguments(arguments.split()), device)


@pytest.mark.parametrize("preset", ["t4", "t4-evening"])
def test_what_is_meant_for_a_t4_fits_one(preset: str) -> None:
    assert doubts(PRESETS[preset], T4, QWEN[PRESETS[preset].model]) == []


@pytest.mark.parametrize(
    ("arguments", "device", "told"),
    [
        ("", T4, "200 steps of 16 episodes: 2 seeds, each played 8 times.\n"),
        ("", T4, "To step 120, warm-up: 4 to 6 proposals, 1540 to 2310 tokens when each is checked.\n"),
        ("", T4, "To step 200, adversarial: 8 to 11 proposals"),
        ("--preset cpu-tiny", CPU, "30 steps of 32 episodes: 4 seeds, each played 8 times."),
        ("--preset cpu-tiny", CPU, "To step 30, easy and medium: 4 to 9 proposals.\n"),
        (
            "--preset cpu-tiny",
            CPU,
            "An episode has up to 2560 tokens after its prompt; a turn up to 160, and there are up to 12 turns with "
            "calls.",
        ),
        (
            "--episode-tokens 3328",
            T4,
            "WILL NOT FIT: an audit of 11 proposals (phase adversarial) takes about 4235 tokens when each is checked, "
            "and --episode-tokens 3328 holds 8 of them, on average and when look-ups share a turn: what comes after is "
            "cut off.",
        ),
        # Audits to imitate read the notes too.
        (
            "--preset t4-evening --sft sft.jsonl",
            T4,
            "an audit of 7 proposals (phase medium) takes about 3605 tokens when each is checked as in the audits of",
        ),
        (
            "--episode-tokens 40000",
            A100,
            f"WILL NOT FIT: prompt and episode are {PROMPT_TOKENS + 40_000} tokens, and the model's context has 32768.",
        ),
        ("--tools core", T4, "only cohort_analysis shows"),
        ("--tools core --curriculum adaptive", T4, "only cohort_analysis shows"),
        (
            "--env-url http://user:secret@h:1",
            A100,
            "The server of --env-url plays 16 episodes at a time: it needs --max-sessions 16",
        ),
        ("--vllm-mode server", A100, "vLLM as a server needs a card of its own, with 5.7 GiB for the weights"),
        (
            "--sft a/sft.jsonl",
            A100,
            "First those audits in a/sft.jsonl are imitated that have up to 4608 tokens after the prompt, and 7558 "
            "with it.",
        ),
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
        ("--precision fp32", CPU, "cpu has"),
        # Where the speed of the card is not known:
        ("--gpu a100", A100, "hours"),
        ("--precision fp16 --lora-rank 8", T4, "hours"),
        ("--curriculum adaptive", T4, "hours"),
        (f"{SEVEN} --preset multi-gpu", A100, "WILL NOT FIT"),
        (SEVEN, A100, "a100 has"),
    ],
)
def test_what_the_plan_does_not_say(arguments: str, device: Device, not_told: str) -> None:
    assert not_told not in plan(arguments, device)


def test_a_plan_for_an_evening_takes_one() -> None:
    """By the arithmetic: 2.2 to 3.3 hours."""
    (hours,) = re.findall(
        r"^  ([\d.]+) (?:to [\d.]+ )?hours for 200 steps with it", plan("--preset t4-evening", T4), re.M
    )
    assert 2.2 <= float(hours) <= 3.3


def test_a_card_is_known_by_the_name_that_torch_has_for_it() -> None:
    there = replace(T4, name="Tesla T4")
    assert plan("", there).splitlines()[1:] == plan("", T4).splitlines()[1:]


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
    told = plan(SEVEN + arguments, device)
    assert f"WILL NOT FIT: {device.name} has {device.memory_gib:.1f} GiB, and the run takes" in told
    assert told.endswith(advice)
    fewer = f"{SEVEN} --prompts 1 --generations 2 --batch 1 --episode-tokens 256 {arguments}"
    fits = f"{device.name} has" not in plan(fewer, device)
    assert fits == advice.startswith("Fewer")
    assert ("4bit" in advice) <= (f"{device.name} has" not in plan(fewer.replace(arguments, ""), device))


def test_the_parts_are_the_sum() -> None:
    *parts, total = [float(one) for one in re.findall(r"([\d.]+) GiB  ", plan("", T4))]
    assert total == pytest.approx(sum(parts), abs=0.05)


def test_an_adaptive_run_is_warned_of_the_largest_episodes_that_it_may_reach() -> None:
    most = max(tier.proposals[1] for tier in TIERS.values())
    told = plan("--curriculum adaptive", T4)
    assert f"proposals an episode to {most}." in told
    largest = f"an audit of {most} proposals (of the largest tiers, which --curriculum adaptive may reach)"
    assert f"WILL NOT FIT: {largest}" in told
    assert "an audit of" not in plan("--curriculum adaptive --episode-tokens 8192", T4)


def test_a_small_model_is_too_slow_for_a_cpu_where_its_run_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sizes_for", lambda settings: SMALL)
    told = plan(OF_CPU, CPU)
    (hours,) = re.findall(r"^  ([\d.]+) to [\d.]+ hours for 200 steps\.$", told, re.M)
    assert f"TOO SLOW: 200 steps take {hours} hours or more on a CPU. Take a card (--dry-run --gpu t4" in told
    assert "--preset cpu-tiny" in told
    assert float(hours) > 24
    short = plan(f"{OF_CPU} --max-steps 1 --prompts 1 --generations 2", CPU)
    assert "TOO SLOW" not in short
    assert re.search(r"^  [\d.]+ to [\d.]+ s a step in warm-up\.$", short, re.M)
    assert "TOO SLOW" not in plan(OF_CPU, T4)
    # Its memory is none of a card's.
    assert "CUDA" not in told
    assert "GiB  Python and its libraries" in told


def test_more_cores_take_less(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    for cores in (2, 8):
        monkeypatch.setattr(module, "CORES", cores)
        told.append(doubts(read_arguments(OF_CPU.split()), CPU, SMALL)[-1])
    few, many = (int(re.search(r"take (\d+) hours", sentence)[1]) for sentence in told)
    assert few / 4 < many < few / 2


def test_tokens_are_those_of_the_models_own_tokenizer_where_it_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sizes_for", lambda settings: SMALL)
    told = plan("--model smol --episode-tokens 4400", A100)
    assert "An episode has up to 2500 tokens of prompt and 4400 after it" in told
    assert "To step 120, warm-up: 4 to 6 proposals, 1696 to 2544 tokens when each is checked." in told
    assert "WILL NOT FIT: an audit of 11 proposals (phase adversarial) takes about 4664 tokens" in told
    assert "estimated" not in told
    monkeypatch.setattr(module, "sizes_for", lambda settings: replace(SMALL, prompt=None, density=1.0))
    told = plan("--model smol", A100)
    assert "Tokens are estimated, by Qwen2.5's tokenizer: that of smol is in no folder or cache here." in told
    assert f"An episode has up to {PROMPT_TOKENS} tokens of prompt" in told
