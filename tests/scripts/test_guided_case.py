"""The guided case of the page is what its episode says, byte for byte."""

import json

import pytest

from synth_audit_env.scripts import guided_case as script


def test_the_file_of_the_page_is_what_the_episode_gives():
    made = script.guided_case()
    kept = script.FILE.read_text(encoding="utf-8")
    assert kept == made, "The guided case is not what its episode gives: run `uv run python scripts/guided_case.py`."


def test_the_claim_leaves_out_the_clause_that_decides():
    case = json.loads(script.FILE.read_text(encoding="utf-8"))
    override = case["clauses"]["override"]["key"]
    assert override not in case["review"]["reasoning"]
    assert override not in case["review"]["citations"]
    assert f"never applied {override}" in case["answer"]["deed"]
    assert f"({override})" in case["answer"]["truth"]
    index = str(case["record"]["comorbidity_index"])
    claim = {"fault": "clause_ignored", "where": override, "should_be": index}
    assert {name: case["answer"][name] for name in claim} == claim
    limits = [case["clauses"][role]["limit"] for role in ("window", "exception")]
    assert limits[0] < case["days"] <= limits[1]


def test_a_claim_that_is_not_true_is_refused(monkeypatch):
    monkeypatch.setattr(script, "IGNORED", "limit_misread")
    with pytest.raises(SystemExit, match="is not right in full: .*limit_misread.* True is .*clause_ignored"):
        script.guided_case()
