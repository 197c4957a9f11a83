"""The training figures of the docs are what the programs print."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth_audit_env.training import train_grpo
from synth_audit_env.training.forecast import PROPOSAL_TOKENS

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_tokens_of_a_proposal_are_those_of_the_plan() -> None:
    assert f"{PROPOSAL_TOKENS} tokens a proposal on average" in " ".join(page("training.md").split())


def test_the_plan_for_a_t4_is_what_the_program_prints(capsys: pytest.CaptureFixture[str]) -> None:
    for preset in ("t4", "t4-evening"):
        assert train_grpo.main(["--preset", preset, "--dry-run", "--gpu", "t4"]) == 0
        assert f"```text\n{capsys.readouterr().out}```" in page("tutorials/train-on-one-gpu.md")
