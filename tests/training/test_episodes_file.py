"""The file of a run's episodes goes on where its checkpoint was taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.training import episodes_file
from synth_audit_env.training.episodes_file import NAME, EpisodesFile


def rollout(step: int, seed: int = 1) -> dict[str, Any]:
    return {"step": step, "seed": seed, "score": 0.5}


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / NAME).read_text(encoding="utf-8").splitlines()]


def test_batches_follow_on_each_other(tmp_path: Path) -> None:
    file = EpisodesFile(tmp_path / "run", None)
    for step in (1, 2):
        file.add([rollout(step), rollout(step, seed=2)])
    assert lines_of(tmp_path / "run") == [rollout(1), rollout(1, 2), rollout(2), rollout(2, 2)]


def test_what_comes_after_the_checkpoint_is_written_anew(tmp_path: Path) -> None:
    file = EpisodesFile(tmp_path, None)
    for step in (1, 2, 3):
        file.add([rollout(step)])
    with (tmp_path / NAME).open("a", encoding="utf-8") as torn:
        torn.write('{"step": 4, "se')
    EpisodesFile(tmp_path, str(tmp_path / "checkpoint-2")).add([rollout(3, seed=9)])
    assert lines_of(tmp_path) == [rollout(1), rollout(2), rollout(3, seed=9)]
    EpisodesFile(tmp_path, None).add([rollout(1)])
    assert lines_of(tmp_path) == [rollout(1)]


def test_who_is_killed_while_it_begins_loses_no_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    EpisodesFile(tmp_path, None).add([rollout(1)])

    def killed(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        EpisodesFile(tmp_path, str(tmp_path / "checkpoint-1")).add([rollout(2)])
    assert lines_of(tmp_path) == [rollout(1)]


def test_one_process_writes_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(episodes_file, "everywhere", lambda own: [*own, rollout(1, seed=2)])
    EpisodesFile(tmp_path, None).add([rollout(1)])
    monkeypatch.setenv("RANK", "1")
    EpisodesFile(tmp_path, None).add([rollout(2)])
    assert lines_of(tmp_path) == [rollout(1), rollout(1, seed=2)]
