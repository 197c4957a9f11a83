"""SECURITY.md names for each promise what keeps it and which tests hold it: all of them are there.

So are the tests that it names for each thing that openenv does otherwise.
"""

import re
from pathlib import Path

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = [ROOT / "models.py", *(ROOT / "server").rglob("*.py"), *(ROOT / "tests" / "server").rglob("*.py")]
ROWS = re.findall(r"^\| ([^|]+) \| (.*`.+) \|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)


def test_every_promise_is_looked_at():
    assert len(ROWS) >= 50


@pytest.mark.parametrize("names", [row[1] for row in ROWS], ids=[row[0][:40] for row in ROWS])
def test_what_a_promise_names_is_there(names):
    file = None
    for name in re.findall(r"`([^`]+)`", names):
        if name.endswith(".py"):
            # By its path, or by its name alone where only one is called so.
            file = ROOT / name
            if not file.is_file():
                (file,) = (path for path in FILES if path.as_posix().endswith(f"/{name}"))
        elif name.startswith(("test_", "Test")):
            assert re.search(rf"\b(def|class) {name}\b", file.read_text()), f"{file.name} has no {name}"
        else:
            assert (ROOT / name).is_dir(), name


def test_it_says_that_one_finished_play_of_a_seed_gives_all_of_its_labels():
    """And so it does: who has the outcome of one play decides all of the next one rightly."""
    text = " ".join((ROOT / "SECURITY.md").read_text().split())
    assert "one finished play of a seed gives all of its labels" in text
    assert "A public evaluation wants `--agent-only`, or seeds that are kept secret" in text
    report = SynthAuditAction(action_type="submit_audit_report", report="-")
    env = SynthAuditEnvironment()
    env.reset(seed=42, task_id="oversight_hard")
    labels = env.step(report).result.outcome.proposals
    env.reset(seed=42, task_id="oversight_hard")
    for label in labels:
        kind = {"action_type": "approve"}
        if label.is_wrong:
            kind = {"action_type": "flag_error", "error_type": label.error_type, "reason": label.explanation}
        env.step(SynthAuditAction(proposal_id=label.proposal_id, **kind))
    assert env.step(report).result.outcome.score == 1.0
