"""Which results are listed: what the page can draw, and nothing that a link leads to."""

import os

from synth_audit_env.server.serving import result_files as module
from synth_audit_env.server.serving.result_files import result_files


def test_what_the_repository_has_is_listed(pytestconfig):
    listed = {one["path"]: one for one in result_files(pytestconfig.rootpath / "outputs")}
    assert listed["certificate.json"]["kind"] == "certificate"
    assert listed["eval/test/results.json"]["kind"] == "evaluation"
    assert {one["kind"] for one in listed.values()} == {"certificate", "evaluation", "training"}
    for path, one in listed.items():
        assert (pytestconfig.rootpath / "outputs" / path).stat().st_size == one["bytes"]


def test_only_files_of_the_folder_that_can_be_drawn(tmp_path, monkeypatch):
    root, outside = tmp_path / "outputs", tmp_path / "outside"
    for folder in (root / "eval", root / "checkpoint-5", root / ".hidden", root / "pipe", outside):
        folder.mkdir(parents=True)
        (folder / "results.json").write_text("{}")
    (root / "eval" / "other.json").write_text("{}")
    (root / "folder").symlink_to(outside)
    (root / "certificate.json").symlink_to(outside / "results.json")
    (root / "pipe" / "results.json").unlink()
    os.mkfifo(root / "pipe" / "results.json")
    assert result_files(root) == [{"path": "eval/results.json", "bytes": 2, "kind": "evaluation"}]
    monkeypatch.setattr(module, "LARGEST", 1)
    assert result_files(root) == result_files(tmp_path / "none") == []


def test_a_folder_without_end_is_not_walked_to_its_end(tmp_path, monkeypatch):
    for name in "abc":
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text("{}")
    monkeypatch.setattr(module, "MOST_FOLDERS", 3)
    assert [one["path"] for one in result_files(tmp_path)] == ["a/results.json", "b/results.json"]
