"""A card is known by its name, freed memory is used again, and what cannot work is refused with what would."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.rollouts.own_server import free_port
from synth_audit_env.training.plan import (
    CARDS,
    CPU,
    Device,
    check,
    check_prerequisites,
    check_sessions,
    check_vllm,
    device_of,
    is_sharded,
    no_card,
)
from synth_audit_env.training.settings import PlanError, read_arguments

T4, A100 = CARDS["t4"], CARDS["a100"]


@pytest.mark.parametrize(
    ("arguments", "device", "processes", "why", "instead"),
    [
        ("--use-vllm --precision 4bit", A100, 1, "4-bit weights with TRL's vLLM", "--precision bf16 or fp16"),
        ("--vllm-mode server --precision 4bit", A100, 1, "4-bit weights with TRL's vLLM", "training/train_colab.py"),
        ("--lora-rank 0", T4, 1, "4-bit weights are frozen", "--lora-rank of 1 or more"),
        ("--precision bf16", T4, 1, "t4 has no bf16", "--precision 4bit or fp16"),
        ("--use-vllm", T4, 1, "t4 has no bf16", "--precision fp16 with a model of 1.5B weights or fewer"),
        ("--vllm-mode server --prompts 4", A100, 2, "each other's rollouts", "--vllm-mode colocate"),
        ("--preset cpu-tiny", CPU, 2, "trained by one process", "give --model"),
        ("--precision fp16", CPU, 1, "fp16 needs a CUDA card", "--precision fp32 or bf16"),
        ("--precision fp16 --lora-rank 0", T4, 1, "fp16 cannot be trained", "--lora-rank of 1 or more"),
        ("--use-vllm", CPU, 1, "vLLM beside the trainer needs a CUDA card", "leave --use-vllm"),
        ("--sft a.jsonl", A100, 2, "Audits are imitated by one process", "leave --sft out"),
        ("--beta nan", T4, 1, "--beta must be at least 0, but it is nan", "at least 0"),
        ("--beta 0.1 --sft a.jsonl --resume", T4, 1, "which no checkpoint has", "begin anew without --resume"),
        ("--prompts 3 --generations 3 --batch 2", T4, 1, "9 rollouts a step", "so that it divides them"),
        ("--prompts 2 --generations 8 --batch 2", A100, 16, "on 16 device", "so that it divides them"),
        ("--max-steps 0", T4, 1, "--max-steps must be at least 1, but it is 0", "at least 1"),
        ("--learning-rate 0", T4, 1, "--learning-rate must be above 0, but it is 0", "above 0"),
        ("--learning-rate nan", T4, 1, "--learning-rate must be", "above 0"),
        ("--vllm-url http://h:1", T4, 1, "--vllm-url is of a vLLM server", "--vllm-mode server"),
        ("--precision bf16", replace(A100, cards=4), 1, "One process sees 4 cards", "accelerate launch"),
        ("--use-vllm", replace(A100, cards=2), 1, "One process sees 2 cards", "CUDA_VISIBLE_DEVICES=0"),
    ],
)
def test_what_cannot_work_is_refused_with_what_would(
    arguments: str, device: Device, processes: int, why: str, instead: str
) -> None:
    with pytest.raises(PlanError) as refused:
        check(read_arguments(arguments.split()), device, processes)
    sentence = str(refused.value)
    assert why in sentence
    assert instead in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("flag", "least"),
    [("prompts", 1), ("generations", 2), ("turns", 1), ("turn-tokens", 16), ("episode-tokens", 256), ("beta", 0)],
)
def test_a_number_that_is_too_small_is_refused(flag: str, least: int) -> None:
    with pytest.raises(PlanError, match=f"--{flag} must be at least {least}, but it is {least - 1}."):
        check(read_arguments([f"--{flag}={least - 1}"]), T4)


def test_adapters_are_no_model(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PlanError, match="holds adapters, and no model: merge them into theirs first"):
        check(read_arguments(["--model", str(tmp_path)]), T4)


@pytest.mark.parametrize("arguments", ["--model m --chat-template {}/no", "--preset cpu-tiny --chat-template {}/there"])
def test_a_chat_template_is_a_file_and_of_a_model(arguments: str, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    with pytest.raises(
        PlanError, match=r"--chat-template goes with --model, and names a file: .*/(no|there) is to be one"
    ):
        check(read_arguments(arguments.format(tmp_path).split()), replace(CPU))
    check(read_arguments(f"--model m --chat-template {tmp_path}/there".split()), T4)


def test_split_weights_need_vllm() -> None:
    with pytest.raises(PlanError, match=r"wait for each other for ever: give --use-vllm"):
        check(read_arguments(["--precision", "bf16"]), A100, 2, sharded=True)
    check(read_arguments(["--preset", "multi-gpu"]), A100, 2, sharded=True)
    # Without a split each process has a card, or one process has the layers on all of them.
    check(read_arguments(["--precision", "bf16"]), replace(A100, cards=4), processes=4)
    check(read_arguments([]), replace(A100, cards=4))


def test_whether_accelerate_splits_the_weights(tmp_path: Path) -> None:
    deepspeed, file = {"ACCELERATE_USE_DEEPSPEED": "true"}, tmp_path / "deepspeed.json"
    assert is_sharded({"ACCELERATE_USE_FSDP": "true"})
    assert is_sharded({**deepspeed, "ACCELERATE_DEEPSPEED_ZERO_STAGE": "3"})
    for launched in ({}, {"ACCELERATE_USE_FSDP": "false"}, {**deepspeed, "ACCELERATE_DEEPSPEED_ZERO_STAGE": "2"}):
        assert not is_sharded(launched)
    launched = {**deepspeed, "ACCELERATE_DEEPSPEED_CONFIG_FILE": str(file)}
    for config, split in (('{"zero_optimization": {"stage": 3}}', True), ("{}", False)):
        file.write_text(config, encoding="utf-8")
        assert is_sharded(launched) is split
    file.write_text("{", encoding="utf-8")
    with pytest.raises(PlanError, match=r"DeepSpeed's configuration .*deepspeed.json cannot be read as JSON"):
        is_sharded(launched)


@pytest.mark.parametrize(
    ("arguments", "device"),
    [
        ("", T4),
        ("", CPU),
        ("--precision fp16", T4),
        ("--use-vllm --precision fp16", T4),
        ("--use-vllm", A100),
        ("--vllm-mode server", A100),
        ("--vllm-mode server --vllm-url http://h:1", A100),
        ("--precision bf16 --lora-rank 0", A100),
        ("--precision fp32 --lora-rank 0", CPU),
        ("--prompts 3 --generations 4 --batch 6", T4),
    ],
)
def test_what_a_refusal_recommends_is_let_pass(arguments: str, device: Device) -> None:
    check(read_arguments(arguments.split()), device)


def test_a_server_needs_room_for_all_and_is_left_as_it_was(serve):
    server = serve(max_sessions=3)
    check_sessions(server.url, 3)
    server.wait_for_sessions(0)
    with pytest.raises(PlanError, match="has room for 3 sessions, and a step plays 5 .* --max-sessions 5"):
        check_sessions(server.url, 5)
    server.wait_for_sessions(0)
    with pytest.raises(PlanError, match="No environment answers at"):
        check_sessions(f"http://127.0.0.1:{free_port()}", 1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--use-vllm", r"vLLM is not installed: uv run --extra train --extra vllm ..., or pip install -e '.\[train,v"),
        ("--report-to wandb", "wandb is not installed: uv run --with wandb ..., or pip install wandb; or leave it out"),
    ],
)
def test_a_library_that_is_not_there(arguments: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PlanError, match=told):
        check_prerequisites(read_arguments(arguments.split()))


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, '{"data": [{"id": "Qwen"}]}', None),
        (200, '{"data": []}', r"No vLLM server answers at .* \(it serves no model\)"),
        (200, "[]", "No vLLM server answers at "),
        (200, "<html>", "No vLLM server answers at "),
        (404, "", r"No vLLM server answers at .* \(HTTP Error 404"),
    ],
)
def test_a_vllm_server_has_to_be_there(status: int, body: str, told: str | None, answering: Callable[..., int]) -> None:
    url = f"http://127.0.0.1:{answering(lambda _: (status, body))}"
    if told is None:
        check_vllm(url)
        return
    with pytest.raises(PlanError, match=told):
        check_vllm(url + "/")


def test_nothing_is_pushed_without_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(hub, "get_token", lambda: None)
    settings = read_arguments(["--push-to-hub", "me/auditor"])
    with pytest.raises(PlanError, match="Nothing can be pushed to me/auditor without a login: run `hf auth login`"):
        check_prerequisites(settings)
    monkeypatch.setattr(hub, "get_token", lambda: "token")
    check_prerequisites(settings)


def test_audits_to_imitate_have_to_be_there_unless_the_run_goes_on(tmp_path: Path) -> None:
    audits = tmp_path / "sft.jsonl"
    with pytest.raises(
        PlanError, match=r"There is no file .*sft\.jsonl with audits to imitate: write it by evaluation.py"
    ):
        check_prerequisites(read_arguments(["--sft", str(audits)]))
    check_prerequisites(read_arguments(["--sft", str(audits), "--resume"]))
    audits.touch()
    check_prerequisites(read_arguments(["--sft", str(audits)]))


@pytest.mark.parametrize(
    ("there", "cuda", "told"),
    [
        (False, "13.0", "there is none here"),
        (True, "13.0", "there is one, but torch for CUDA 13.0 does not see it. CUDA 12 needs driver 525"),
        (True, None, "there is one, but torch for CPUs does not see it."),
    ],
)
def test_why_there_is_no_card(
    there: bool, cuda: str | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if there:
        (tmp_path / "nvidia-smi").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert told in no_card(cuda)


def test_a_card_is_known_by_name() -> None:
    assert device_of(read_arguments(["--gpu", "T4"])) is CARDS["t4"]
    assert device_of(read_arguments(["--gpu", "cpu"])) is CPU
    with pytest.raises(PlanError, match="no card 'gtx' to plan for: there are cpu, t4, l4, a10g, a100, h100"):
        device_of(read_arguments(["--gpu", "gtx"]))
