"""The guided case of the page is what its episode says, byte for byte."""

import pytest

from synth_audit_env.scripts import guided_case as script


def test_the_file_of_the_page_is_what_the_episode_gives():
    """Where this fails: uv run python scripts/guided_case.py"""
    assert script.FILE.read_text(encoding="utf-8") == script.guided_case()


def test_a_claim_that_is_not_true_is_refused(monkeypatch):
    monkeypatch.setattr(script, "IGNORED", "limit_misread")
    with pytest.raises(SystemExit, match="is not right in full: .*limit_misread.* True is .*clause_ignored"):
        script.guided_case()
