"""docs/speed.md has the figures of the last report."""

import json

import pytest

from synth_audit_env.benchmarks import document as program
from synth_audit_env.benchmarks.document import REPORT, document, put


@pytest.fixture
def report():
    return json.loads(REPORT.read_text(encoding="utf-8"))


def test_the_document_has_the_figures_of_the_last_report(report):
    """Where this fails: uv run python benchmarks/document.py --write"""
    kept = program.DOCUMENT.read_text(encoding="utf-8")
    assert put(kept, document(report)) == kept


def test_the_document_has_the_figures_of_the_last_soak():
    soak = json.loads((REPORT.parent / "soak.json").read_text(encoding="utf-8"))
    (grown,) = [one["measured"].split()[0] for one in soak["verdicts"] if one["check"] == "memory is flat"]
    told = " ".join(program.DOCUMENT.read_text(encoding="utf-8").split())
    assert soak["passed"]
    assert f"{soak['answers_compared']:,} answers were" in told
    assert f"all {soak['episodes_finished']:,} finished episodes" in told
    assert f"rises by {grown.removeprefix('+')} MiB" in told
