"""docs/speed.md has the figures of the last reports."""

import json

from synth_audit_env.benchmarks.document import DOCUMENT, REPORTS, page


def test_the_document_has_the_figures_of_the_last_reports():
    """Where this fails: uv run python benchmarks/document.py --write"""
    kept = DOCUMENT.read_text(encoding="utf-8")
    assert page(kept) == kept


def test_the_document_has_the_figures_of_the_last_soak():
    soak = json.loads((REPORTS / "soak.json").read_text(encoding="utf-8"))
    (grown,) = [verdict["measured"].split()[0] for verdict in soak["verdicts"] if verdict["check"] == "memory is flat"]
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    assert soak["passed"]
    assert f"{soak['answers_compared']:,} answers were" in text
    assert f"all {soak['episodes_finished']:,} finished episodes" in text
    assert f"rises by {grown.removeprefix('+')} MiB" in text
