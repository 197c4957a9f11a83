"""docs/deploying.md tells what was measured last, and what it tells comes from the report."""

import copy
import json

import pytest

from synth_audit_env.benchmarks import document as program
from synth_audit_env.benchmarks.document import BASE, DOCUMENT, OURS, REPORT, document, put


@pytest.fixture
def report():
    return json.loads(REPORT.read_text(encoding="utf-8"))


def test_the_document_has_the_figures_of_the_last_report(report):
    """Else: uv run python benchmarks/document.py --write"""
    kept = DOCUMENT.read_text(encoding="utf-8")
    assert document(report) in kept
    assert put(kept, document(report)) == kept


def test_the_readme_has_the_headline_of_the_last_report(report):
    """Else the same."""
    kept = program.README.read_text(encoding="utf-8")
    assert put(kept, program.headline(report)) == kept
    figures = cell(report, "cells", OURS)["ratios"]["processor_us_per_step"]
    figures.update(median=7.77)
    assert "7.77 (" in program.headline(report)


def test_the_document_tells_of_the_last_soak():
    soak = json.loads((REPORT.parent / "soak.json").read_text(encoding="utf-8"))
    (grown,) = [one["measured"].split()[0] for one in soak["verdicts"] if one["check"] == "memory is flat"]
    told = DOCUMENT.read_text(encoding="utf-8")
    assert soak["passed"]
    assert f"{soak['answers_compared']:,} answers were" in told
    assert f"all {soak['episodes_finished']:,} finished episodes" in told
    assert f"rises by {grown.removeprefix('+')} MiB" in told


def test_what_is_between_the_marks_is_replaced_and_nothing_else(report):
    kept = DOCUMENT.read_text(encoding="utf-8")
    made = document(report)
    other = put(kept, "other figures")
    assert other == kept.replace(made, "other figures")
    assert put(other, made) == kept
    with pytest.raises(ValueError, match="no place"):
        put("A text without marks.", made)


def cell(report, part, server):
    return next(one for one in report[part] if one["server"] == server and one["sessions"] == 64)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda report: cell(report, "cells", OURS)["ratios"]["steps_per_s"].update(median=0.777), "| 0.78 ("),
        (lambda report: cell(report, "cells", OURS)["ratios"]["resets_per_s"].update(median=0.0666), "| 0.067 |"),
        (lambda report: cell(report, "mixed", OURS)["ratios"]["p99_ms"].update(high=77.7), "–77.70)"),
        (lambda report: cell(report, "mixed", BASE)["steps_per_s"].update(median=4321.0), "4,321 steps/s"),
        (
            lambda report: report["memory"][OURS].update(per_session=10 * report["memory"][BASE]["per_session"]),
            "10.00 |",
        ),
        (lambda report: report["settings"].update(clients=2), "from 2 client processes,"),
        (lambda report: report["memory"][OURS].update(errors=3), "at 1, 16, 64, 256 sessions: 3."),
        (lambda report: report["drift"].update(drift=3.0 * 1024 * 1024), "moved by +3.0 MiB"),
        (lambda report: report["aims"][0].update(met=True, measured=0.955), "at most 1.0 | 0.955 | yes |"),
    ],
)
def test_each_figure_is_the_reports(report, change, told):
    report["settings"].update(clients=1)
    changed = copy.deepcopy(report)
    change(changed)
    assert told not in document(report)
    assert told in document(changed)


def test_a_report_without_several_workers(report):
    assert "workers served" not in document({**report, "workers": []})


def test_it_is_printed_and_the_document_left_alone_unless_asked_for(tmp_path, monkeypatch, capsys, report):
    doc = tmp_path / "docs" / "deploying.md"
    doc.parent.mkdir()
    doc.write_text(f"before {program.BEGIN} old {program.END} after", encoding="utf-8")
    monkeypatch.setattr(program, "ROOT", tmp_path)
    monkeypatch.setattr(program, "DOCUMENT", doc)
    program.main([])
    assert capsys.readouterr().out == document(report) + "\n"
    assert " old " in doc.read_text(encoding="utf-8")
    front = tmp_path / "README.md"
    front.write_text(doc.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(program, "README", front)
    program.main(["--write"])
    assert document(report) in doc.read_text(encoding="utf-8")
    assert program.headline(report) in front.read_text(encoding="utf-8")
