"""The README shows what the commands print: its transcript, its worked example, and every file that it names."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.reward_model import REWARDS
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block_after(words: str) -> list[str]:
    """The lines of the first fenced block that holds these words."""
    blocks = re.findall(r"```[a-z]*\n(.*?)\n```", README, re.DOTALL)
    return next(block for block in blocks if words in block).splitlines()


@pytest.mark.slow
def test_the_transcript_is_what_the_command_prints():
    command, *shown = block_after("$ uv run python inference.py")
    ran = subprocess.run(
        [sys.executable, *command.split()[4:]], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    printed = [line.rstrip() for line in ran.stdout.splitlines()]
    position = 0
    for line in shown:
        if line in ("...", ""):
            continue
        position = printed.index(line.rstrip(), position) + 1


def test_the_worked_example_is_in_the_trial_that_it_names():
    env = SynthAuditEnvironment()
    excerpt = env.reset(seed=42, task_id="oversight_hard").protocol_excerpt
    for line in block_after("§4.1 Treatment starts"):
        assert line in excerpt.splitlines()
    quoted = " ".join(line.removeprefix(">").strip() for line in README.splitlines() if line.startswith(">"))
    for proposal_id in ("PROP-005", "PROP-008"):
        step = env.step(SynthAuditAction(action_type="review_proposal", proposal_id=proposal_id))
        assert step.result.reasoning in quoted
    env.step(SynthAuditAction(action_type="submit_audit_report", report="none"))
    wrong = {p.proposal_id: p for p in env.state.outcome.proposals}
    assert not wrong["PROP-005"].is_wrong
    assert wrong["PROP-008"].error_type == "comorbidity_override_miss"
    assert "39 days is above 32" in wrong["PROP-008"].explanation


def test_every_file_that_it_names_is_there():
    named = set(re.findall(r"\b((?:[a-z_]+/)+[a-z_]+\.py|[a-z_]+\.py)\b", README))
    present = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if ".venv" not in path.parts}
    endings = {path.rsplit("/", 1)[-1] for path in present}
    assert named
    assert {name for name in named if name not in present and name not in endings} == set()


def test_the_reward_table_is_the_reward_model():
    table = README[README.index("## The reward") :]
    figures = {float(f.replace("−", "-")) for f in re.findall(r"[+−]\d\.\d+", table[: table.index("\n\n", 40) + 2000])}
    assert {amount / 1000 for amount in REWARDS.values()} <= figures
