"""Audits of --sft: they are read in few turns with a last word, and imitated by all weights or by adapters."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.comparison import export_sft
from synth_audit_env.tests.comparison.real_run import records
from synth_audit_env.tests.training.by_name import NAME, REVISION, build
from synth_audit_env.tests.training.upstream import trains
from synth_audit_env.tests.training.watched import TINY
from synth_audit_env.training import train_grpo
from synth_audit_env.training.audit_env import NOT_CORE
from synth_audit_env.training.demonstrations import DONE
from synth_audit_env.training.imitation import FILED, exported, together
from synth_audit_env.training.settings import read_arguments

ASKED = "--reward random --max-steps 1 --prompts 1 --generations 2 --batch 2 --turns 1 --turn-tokens 16"


def said(*names: str, words: str = "") -> dict[str, Any]:
    calls = [{"id": "call00001", "type": "function", "function": {"name": name, "arguments": {}}} for name in names]
    return {"role": "assistant", "content": words, "tool_calls": calls}


def answer(name: str) -> dict[str, Any]:
    return {"role": "tool", "name": name, "content": "Said."}


def names_of(message: Mapping[str, Any]) -> list[str]:
    return [call["function"]["name"] for call in message.get("tool_calls") or ()]


def turns_of(messages: list[dict[str, Any]]) -> list[str]:
    return [" ".join([one["content"], *names_of(one)]).strip() for one in messages if one["role"] == "assistant"]


def chat(*names: str) -> list[dict[str, Any]]:
    opening = [{"role": "system", "content": "Audit."}, {"role": "user", "content": "These."}]
    return [*opening, *(message for name in names for message in (said(name), answer(name)))]


@pytest.mark.parametrize(
    ("calls", "turns"),
    [
        (
            "review_proposal investigate_patient approve review_proposal flag_error submit_audit_report",
            ["review_proposal investigate_patient", "approve review_proposal", "flag_error submit_audit_report"],
        ),
        # Those that were not looked at are decided at once.
        ("temporal_audit approve approve approve", ["temporal_audit", "approve approve approve"]),
        ("approve flag_error", ["approve flag_error"]),
        ("cohort_analysis submit_audit_report", ["cohort_analysis", "submit_audit_report"]),
        ("", []),
    ],
)
def test_a_turn_begins_where_something_rests_on_what_was_seen(calls: str, turns: list[str]) -> None:
    assert turns_of(together(chat(*calls.split()))) == turns


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """All audits, as they are exported."""
    export_sft.write(records(), tmp_path / "sft.jsonl", 0.0)
    return tmp_path / "sft.jsonl"


def test_exported_audits_end_with_a_word_after_the_report(file: Path) -> None:
    """A trainer asks on after it: who has only seen audits that end with a call makes calls without end."""
    written = [json.loads(line)["messages"] for line in file.read_text(encoding="utf-8").splitlines()]
    for before, (messages, tools) in zip(written, exported(file), strict=True):
        assert tools == json.loads(json.dumps(tool_schemas()))
        assert names_of(before[-1]) == ["submit_audit_report"]
        *_, answered, last = messages
        calls = [call for message in messages for call in message.get("tool_calls", ())]
        assert (answered["role"], answered["name"], answered["content"]) == ("tool", "submit_audit_report", FILED)
        assert answered["tool_call_id"] == calls[-1]["id"]
        assert last == {"role": "assistant", "content": DONE}
        assert sum(message["role"] == "tool" for message in messages) == len(calls)
    for messages, tools in exported(file, NOT_CORE):
        described = {name for message in messages for name in names_of(message)} | {
            tool["function"]["name"] for tool in tools
        }
        assert described.isdisjoint(NOT_CORE)


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six of the easy tier, as the first step is taken at a rate of 0, and one that is too long for easy episodes."""
    path = tmp_path_factory.mktemp("made") / "sft.jsonl"
    easy, expert = ([one for one in records() if one.task == f"oversight_{tier}"] for tier in ("easy", "expert"))
    export_sft.write([*easy[-1:] * 6, *expert[-1:]], path, 0.0)
    return path


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Qwen2 with the template of Qwen2.5."""
    pytest.importorskip("trl")
    home = tmp_path_factory.mktemp("made") / "home"
    build(home)
    return home / "hub" / f"models--{NAME.replace('/', '--')}" / "snapshots" / REVISION


@trains
def test_adapters_imitate_and_explore(
    named: Path, audits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from synth_audit_env.training.grpo_run import GrpoRun

    asked = f"{ASKED} --model {named} --precision bf16 --lora-rank 4 --learning-rate 1e-3 --episode-tokens 6000"
    run = GrpoRun(read_arguments([*asked.split(), "--sft", str(audits), "--out", str(tmp_path / "run")]))
    told = capsys.readouterr().out
    assert f"Imitating 6 of the 7 audits in {audits}. The others have more than 6000 tokens after the prompt" in told
    trained = {name: weight for name, weight in run.trainer.model.named_parameters() if weight.requires_grad}
    assert {str(weight.dtype) for weight in trained.values()} == {"torch.float32"}
    # The second matrix of an adapter is 0 until something is learnt.
    assert any(weight.abs().max() > 0 for name, weight in trained.items() if "lora_B" in name)
    assert (tmp_path / "run" / "sft" / "adapter_config.json").is_file()
    before = {name: weight.detach().clone() for name, weight in trained.items()}
    run.train()
    assert run.trainer.state.global_step == 1
    assert any(not before[name].equal(weight) for name, weight in trained.items())


@trains
def test_the_program_imitates_before_the_first_step_and_not_when_it_goes_on(
    start: Path, audits: Path, tmp_path: Path
) -> None:
    out, own = tmp_path / "run", shutil.copy(audits, tmp_path)
    asked = f"{TINY} --model {start} --save-steps 1 --turns 1 --episode-tokens 2048 --sft {own} --out {out}"
    assert train_grpo.main([*asked.split(), "--max-steps", "1"]) == 0
    weights = [(folder / "model.safetensors").read_bytes() for folder in (start, out / "sft")]
    assert weights[0] != weights[1]
    # What it learnt of the file is in the checkpoint.
    shutil.rmtree(out / "sft")
    Path(own).unlink()
    assert train_grpo.main([*asked.split(), "--max-steps", "2", "--resume"]) == 0
    log = json.loads((out / "training_log.json").read_text(encoding="utf-8"))
    assert [one["step"] for one in log if "reward" in one] == [1, 2]
    assert not (out / "sft").exists()
