"""Base against trained: the same held-out episodes for each, many at a time, and a file that other tools read."""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path

import pytest

from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.context import Budget
from synth_audit_env.agents.react.settings import ReactSettings, local_auditor
from synth_audit_env.chat.local_model import LocalModel, LocalModelError
from synth_audit_env.comparison import results
from synth_audit_env.comparison.blind import BLIND
from synth_audit_env.comparison.jobs import seeds
from synth_audit_env.server.world.tasks import split_of
from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.tests.training.watched import Watched
from synth_audit_env.training import evaluate

pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS


def test_a_run_is_compared_with_its_start(
    start: Path, run: Watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = "--tier easy --episodes 3 --batch 3 --turn-tokens 96"
    assert evaluate.main([str(start), str(run.folder), *asked.split(), "--out", str(tmp_path)]) == 0
    told = results.read(tmp_path)
    assert told.split == "test"
    numbers = seeds("test", ["easy"], 3)["easy"]
    assert list(told.seeds["easy"]) == list(numbers)
    assert {split_of(seed)[0] for seed in numbers} == {"test"}
    names = [start.as_posix(), run.folder.as_posix()]
    assert list(told.by_seed) == ["flag-all", "approve-all", *names]
    assert set(told.by_seed["flag-all"]["easy"]["skill"]) == {0}
    assert all(len(told.by_seed[name]["easy"]["score"]) == 3 for name in names)
    assert all(tokens > 0 for name in names for tokens in told.by_seed[name]["easy"]["tokens"])
    assert all(name in (tmp_path / "table.md").read_text(encoding="utf-8") for name in names)
    assert {"score.png", "differences.png"} <= {one.name for one in tmp_path.iterdir()}
    printed = capsys.readouterr().out
    assert "\nBelow flag-all in score (paired, the whole 95 % interval): " in printed
    assert "\nCaution: 3 episodes of a tier are few" in printed
    assert (tmp_path / "table.md").read_text(encoding="utf-8").count("\n| flag-all |") > 5


def test_a_run_of_which_no_audit_was_the_models_own_fails(
    start: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No call has so few tokens."""
    asked = "--tier easy --episodes 1 --turn-tokens 4"
    assert evaluate.main([str(start), *asked.split(), "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"evaluate.py: no audit was the model's own, each was ended for it: {start.as_posix()}"


def test_a_model_is_let_go_before_the_next_and_what_it_came_to_is_kept(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded: list[weakref.ref[LocalModel]] = []

    def one_at_a_time(settings: ReactSettings) -> tuple[LocalModel, ReactAuditor]:
        assert not any(model() for model in loaded), "a card may have no room for two"
        if len(loaded) == 2:
            raise LocalModelError("the third cannot be loaded")
        model, auditor = local_auditor(settings)
        loaded.append(weakref.ref(model))
        return model, auditor

    monkeypatch.setattr(evaluate, "local_auditor", one_at_a_time)
    again = tmp_path / "again"
    shutil.copytree(start, again)
    asked = "--tier easy --episodes 3 --batch 2 --turn-tokens 16"
    assert evaluate.main([str(start), str(again), "a/third", *asked.split(), "--out", str(tmp_path / "out")]) == 2
    names = [*BLIND, start.as_posix(), again.as_posix()]
    assert list(results.read(tmp_path / "out").by_seed) == names
    told = capsys.readouterr().err.splitlines()
    assert told[-1] == "evaluate.py: the third cannot be loaded"
    assert f"{start.as_posix()}, easy: 3 of 3 episodes" in told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("{} --tier easy", "{} holds no checkpoint"),
        ("{} {} --tier easy", "a model is named twice."),
        ("{} --tier easy --temperature -1", "--temperature must be from 0 to 2, but it is -1.0."),
        ("{} --tier easy --batch 0", "--batch must be at least 1, but it is 0."),
        ("{} --tier easy --episodes 0", "--episodes must be at least 1, but it is 0."),
    ],
)
def test_what_cannot_be_asked_is_told(
    asked: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main([*asked.replace("{}", str(tmp_path)).split(), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith(f"evaluate.py: {told.replace('{}', str(tmp_path))}")
    assert not (tmp_path / "out").exists()


def test_a_run_is_evaluated_as_it_was_trained_unless_told_otherwise(
    start: Path, run: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Budget] = []

    def auditor(settings: ReactSettings) -> None:
        asked.append(settings.budget)
        raise LocalModelError("enough seen")

    monkeypatch.setattr(evaluate, "local_auditor", auditor)
    assert evaluate.main([str(start), str(run.folder), "--tier", "easy"]) == 2
    assert evaluate.main([str(start), str(run.folder), "--tier", "easy", "--context", "999", "--turn-tokens", "9"]) == 2
    # Those of `watched.TINY`; the model's context is 4,096, and prompt and episode could have 4,236.
    assert asked == [Budget(4_096, 128), Budget(999, 9)]
