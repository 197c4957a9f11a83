"""Base against trained: the same held-out episodes for each, many at a time, and files that other tools read."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth_audit_env.comparison import results
from synth_audit_env.rollouts.episode_log import read_log
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
    names = [str(start), str(run.folder)]
    compared = results.read(tmp_path)
    assert compared.split == "test"
    assert {split_of(seed)[0] for seed in compared.seeds["easy"]} == {"test"}
    assert list(compared.by_seed) == ["flag-all", "approve-all", *names]
    assert set(compared.by_seed["flag-all"]["easy"]["skill"]) == {0}
    assert all(len(compared.by_seed[name]["easy"]["score"]) == 3 for name in names)
    assert all(tokens > 0 for name in names for tokens in compared.by_seed[name]["easy"]["tokens"])
    assert all(name in (tmp_path / "table.md").read_text(encoding="utf-8") for name in names)
    assert (tmp_path / "score.png").is_file()
    episodes = read_log(tmp_path / evaluate.EPISODES)
    assert [episode.agent for episode in episodes] == [name for name in compared.by_seed for _ in range(3)]
    transcripts = [episode.transcript for episode in episodes]
    assert transcripts[:6] == [None] * 6
    assert all((tmp_path / transcript).is_file() for transcript in transcripts[6:])
    # Within the context of the small model, which is less than what is asked for.
    assert {episode.settings["max_context"] for episode in episodes if episode.settings} == {4_096}
    assert "\nWorse than flagging everything (skill below 0, the whole 95 % interval): " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("{}/model --tier easy", "The tokenizer of {}/model cannot be had"),
        ("{} {} --tier easy", "a model is named twice."),
    ],
)
def test_what_cannot_be_asked_is_told(
    asked: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main([*asked.replace("{}", str(tmp_path)).split(), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith(f"evaluate.py: {sentence.replace('{}', str(tmp_path))}")
    assert not (tmp_path / "out").exists()
