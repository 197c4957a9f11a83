"""docs/speed.md has the figures of the last report, and each figure comes from the report."""

import copy
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


def cell(report, part, server):
    return next(one for one in report[part] if one["server"] == server and one["sessions"] == 64)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda report: cell(report, "cells", "ours")["ratios"]["steps_per_s"].update(median=0.777), "| 0.78 ("),
        (lambda report: cell(report, "cells", "ours")["ratios"]["resets_per_s"].update(median=0.0666), "| 0.067 |"),
        (lambda report: cell(report, "mixed", "ours")["ratios"]["p99_ms"].update(high=77.7), "–77.70)"),
        (lambda report: cell(report, "mixed", "openenv-async")["steps_per_s"].update(median=4321.0), "4,321 steps/s"),
        (
            lambda report: report["memory"]["ours"].update(
                per_session=9 * report["memory"]["openenv-async"]["per_session"]
            ),
            "9.00 |",
        ),
        (lambda report: report["memory"]["ours"].update(errors=3), "at 1, 16, 64, 256 sessions: 3."),
        (lambda report: report["drift"].update(drift=3.0 * 1024 * 1024), "moved by +3.0 MiB"),
        (lambda report: report["aims"][0].update(met=True, measured=0.955), "at most 1.0 | 0.955 | yes |"),
    ],
)
def test_each_figure_is_the_reports(report, change, told):
    changed = copy.deepcopy(report)
    change(changed)
    assert told not in document(report)
    assert told in document(changed)


def test_the_document_is_written_only_where_it_is_asked_for(tmp_path, monkeypatch, capsys, report):
    page = tmp_path / "page.md"
    page.write_text(f"before {program.BEGIN} old {program.END} after", encoding="utf-8")
    monkeypatch.setattr(program, "DOCUMENT", page)
    program.main([])
    assert capsys.readouterr().out == document(report) + "\n"
    assert " old " in page.read_text(encoding="utf-8")
    program.main(["--write"])
    text = page.read_text(encoding="utf-8")
    assert text == f"before {program.BEGIN}\n\n{document(report)}\n\n{program.END} after"
    with pytest.raises(ValueError, match="two marks"):
        put("A text without marks.", "figures")
