"""The guided case of the page is what its episode says, byte for byte."""

from synth_audit_env.tests import make_guided_case


def test_the_file_of_the_page_is_what_the_episode_gives():
    """Where this fails: uv run python tests/make_guided_case.py"""
    assert make_guided_case.FILE.read_text(encoding="utf-8") == make_guided_case.guided_case()
