"""Base against trained: the same held-out episodes for each, many at a time, and a file that other tools read."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth_audit_env.comparison import results
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
    assert {split_of(seed)[0] for seed in told.seeds["easy"]} == {"test"}
    names = [start.as_posix(), run.folder.as_posix()]
    assert list(told.by_seed) == ["flag-all", "approve-all", *names]
    assert set(told.by_seed["flag-all"]["easy"]["skill"]) == {0}
    assert all(len(told.by_seed[name]["easy"]["score"]) == 3 for name in names)
    assert all(tokens > 0 for name in names for tokens in told.by_seed[name]["easy"]["tokens"])
    assert all(name in (tmp_path / "table.md").read_text(encoding="utf-8") for name in names)
    assert {"score.png", "differences.png"} <= {one.name for one in tmp_path.iterdir()}
    assert "\nBelow flag-all in score (paired, the whole 95 % interval): " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("{} --tier easy", "{} holds no checkpoint"),
        ("{} {} --tier easy", "a model is named twice."),
        ("{} --tier easy --temperature -1", "--temperature must be from 0 to 2, but it is -1.0."),
        ("{} --tier easy --episodes 0", "--episodes must be at least 1, but it is 0."),
    ],
)
def test_what_cannot_be_asked_is_told(
    asked: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main([*asked.replace("{}", str(tmp_path)).split(), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith(f"evaluate.py: {told.replace('{}', str(tmp_path))}")
    assert not (tmp_path / "out").exists()
