"""The notebooks run from top to bottom, and again; hold no output, and say what they are not for."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.tests.training.untrained import untrained

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
LONGEST_S = 600
"""Of a cell."""
runs = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("nbclient", "ipykernel")),
    reason="nbclient and ipykernel are not installed",
)


def cells_of(name: str) -> list[dict[str, Any]]:
    notebook = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    return list(notebook["cells"])


def executed(name: str, until: str | None = None, folder: Path = NOTEBOOKS) -> str:
    """Run a notebook as it lies there, up to a cell if one is named. Returns what its cells printed."""
    import nbclient
    import nbformat

    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    if until is not None:
        del notebook.cells[[cell["id"] for cell in notebook.cells].index(until) + 1 :]
    client = nbclient.NotebookClient(notebook, timeout=LONGEST_S, resources={"metadata": {"path": str(folder)}})
    asyncio.run(client.async_execute())
    return "".join(
        output.get("text") or output.get("data", {}).get("text/markdown", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_output_is_kept(name: str) -> None:
    code = [cell for cell in cells_of(name) if cell["cell_type"] == "code"]
    assert [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"] is not None] == []


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is_not_for(name: str) -> None:
    first = "".join(cells_of(name)[0]["source"])
    assert "synthetic" in first
    assert "Nothing here is for clinical use." in first


@runs
@pytest.mark.slow
def test_a_trial_is_audited_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENV_BASE_URL", raising=False)
    told = executed("remote_client")
    reviewed = next("".join(cell["source"]) for cell in cells_of("remote_client") if cell["id"] == "review")
    name = reviewed.split('"')[1]
    assert f"{name} flagged as comorbidity_override_miss. " in told
    assert f"{name} is flagged already: decisions are final." in told
    assert re.search(rf"{name} flagged  comorbidity_override_miss  .*The Actor never applied §", told)
    assert "Seed 42: score 1.00" in told


@runs
@pytest.mark.slow
def test_a_model_is_trained_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("trl", "peft", "datasets", "matplotlib", "scipy"):
        pytest.importorskip(name)
    from synth_audit_env.training.tiny_model import CHAT_TEMPLATE

    model, out = untrained(tmp_path / "model", CHAT_TEMPLATE), tmp_path / "out" / "run"
    asked = {"PRESET": "cpu-tiny", "MODEL": model, "OUT": out, "IMITATED": 5, "EVALUATED": 2}
    for name, value in (asked | {"STEPS": 2, "PROMPTS": 2}).items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    told = executed("train_colab")
    assert "2 GRPO steps of 16 episodes with " in told
    assert told.count("'rewards/dense_reward/mean'") == 2
    assert "5 agents on the same 2 seeds of each tier (easy, medium)." in told, "three models, flag-all, approve-all"
    made = {"training_log.json", "dashboard.png", "model.safetensors", "evaluation", "sft"}
    assert made <= {path.name for path in out.iterdir()}

    # As whoever runs it again, in the session after one that had ended.
    monkeypatch.setenv("STEPS", "3")
    again = executed("train_colab", until="train")
    assert again.count("'rewards/dense_reward/mean'") == 1, "it goes on from the last checkpoint"
    assert len((out / "episodes.jsonl").read_text(encoding="utf-8").splitlines()) == 3 * 16


@runs
@pytest.mark.slow
def test_outside_of_a_checkout_it_asks_for_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers here, and it says what to set; where it is set, it is cloned."""
    import nbclient

    monkeypatch.delenv("REPOSITORY", raising=False)
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="set REPOSITORY above to its git address"):
        executed("train_colab", "install", tmp_path)
    (tmp_path / "project").mkdir()
    for command in (
        ["init", "-q"],
        ["-c", "user.name=n", "-c", "user.email=n@h", "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path / "project", check=True)
    monkeypatch.setenv("REPOSITORY", (tmp_path / "project").as_uri())
    executed("train_colab", "install", tmp_path)
    assert (tmp_path / "audit-repository" / ".git").is_dir()
