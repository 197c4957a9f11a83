"""Results are what the files say; what is missing, broken or outside costs a sentence and nothing else."""

import json
from pathlib import Path

import pytest

from synth_audit_env.server.web.results import MAX_BYTES, RefusedError, picture_bytes, read_results

OUTPUTS = Path(__file__).parents[3] / "outputs"
PNG = b"\x89PNG\r\n\x1a\nrest"
FIGURES = {
    "no-op": {"easy": {"score": [0.1, 0.05, 0.2], "steps": [1.0, 1.0, 1.0], "recall age_boundary_error": None}},
    "heuristic": {
        "easy": {"score": [0.9, 0.8, 1.0], "steps": [9.5, 9, 10], "recall age_boundary_error": [0.7, 0.6, 0.8]}
    },
}
EVALUATION = {
    "made": {"command": "python evaluation.py", "date": "2026-11-25"},
    "split": "test",
    "baseline": "no-op",
    "seeds": {"easy": [1, 2]},
    "figures": FIGURES,
    "differences": {"heuristic": {"easy": {"score": [0.8, 0.7, 0.9], "steps": None}}},
}
MEASURED = {"what": "AUC", "tier": "easy", "value": 0.53, "low": 0.5, "high": 0.55, "seeds": "train 0-9", "note": ""}
CERTIFICATE = {
    "command": "certify",
    "version": "0.1.0",
    "interval": "95 %",
    "claims": {
        "shortcuts": {
            "claim": "No shortcut",
            "passed": False,
            "measurements": [
                MEASURED | {"passed": False, "bar": {"relation": "at most", "limit": 0.52}},
                MEASURED | {"passed": True, "bar": {"relation": "at most", "limit": 0.6}},
                MEASURED | {"passed": True, "bar": None},
            ],
        }
    },
}


@pytest.fixture
def outputs(tmp_path):
    """A folder with one of everything."""
    files = {
        "eval/test/results.json": json.dumps(EVALUATION),
        "eval/test/table.md": "# Evaluation",
        "certificate.json": json.dumps(CERTIFICATE),
        "train/tiny/seed-0/training_log.json": json.dumps([{"loss": 0.5, "step": 1}, {"step": 2, "reward": 0.25}]),
        "train/tiny/seed-0/checkpoint-30/training_log.json": "[]",
        "train/tiny/evaluation/results.json": json.dumps(EVALUATION),
    }
    for name, text in files.items():
        (tmp_path / "outputs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "outputs" / name).write_text(text)
    for name in ("eval/test/score.png", "train/tiny/reward.png", "train/tiny/odd.png"):
        (tmp_path / "outputs" / name).write_bytes(PNG)
    return tmp_path / "outputs"


def by_title(root):
    return {section.title: section for section in read_results(root)}


def test_sections_are_the_folders_that_hold_something(outputs):
    sections = read_results(outputs)
    titles = ["eval/test", "certificate", "train/tiny", "train/tiny/evaluation", "train/tiny/seed-0"]
    assert [section.title for section in sections] == titles
    assert not [section.problems for section in sections if section.problems]


def test_an_evaluation_is_tables_with_an_interval_in_three_columns(outputs):
    figures, errors, differences = by_title(outputs)["eval/test"].tables
    assert figures.columns == ("agent", "tier", "score", "score low", "score high", "steps")
    assert figures.rows == (("no-op", "easy", 0.1, 0.05, 0.2, 1.0), ("heuristic", "easy", 0.9, 0.8, 1.0, 9.5))
    assert "Split test" in figures.note
    assert "2 of easy" in figures.note
    assert errors.rows == (("heuristic", "easy", "age_boundary_error", 0.7, 0.6, 0.8, None, None, None),)
    assert differences.title == "Less no-op"
    assert differences.rows == (("heuristic", "easy", "score", 0.8, 0.7, 0.9),)


def test_pictures_have_words_and_the_page_is_kept(outputs):
    sections = by_title(outputs)
    (score,) = sections["eval/test"].pictures
    assert score.path == "eval/test/score.png"
    assert score.alt == "eval/test: score of each agent by tier, with 95 % intervals"
    assert picture_bytes(outputs, score.path) == PNG
    assert [picture.alt for picture in sections["train/tiny"].pictures] == [
        "train/tiny: odd",
        "train/tiny: reward over the steps of training",
    ]
    assert sections["eval/test"].page == "# Evaluation"


def test_a_training_log_is_a_row_a_step(outputs):
    (log,) = by_title(outputs)["train/tiny/seed-0"].tables
    assert log.columns == ("step", "reward", "loss")
    assert log.rows == ((1, None, 0.5), (2, 0.25, None))


def test_the_certificate_counts_the_bars_that_are_met(outputs):
    claims, measured = by_title(outputs)["certificate"].tables
    assert claims.rows == (("No shortcut", False, 1, 2),)
    assert [row[6:8] for row in measured.rows] == [("at most 0.52", False), ("at most 0.6", True), (None, None)]


def test_an_empty_folder_says_what_makes_results(tmp_path):
    evaluations, certificate, trained = read_results(tmp_path / "nowhere")
    assert "evaluation.py" in evaluations.problems[0]
    assert certificate.problems == ("certificate.json is not there.",)
    assert "train_grpo.py" in trained.problems[0]


BROKEN = ["", "{", "[]", "{}", '{"figures": {"a": {"easy": {"score": [1]}}}}', "[" * 100_000, "\x00", "null"]


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_file_is_a_sentence_in_its_place_and_the_others_show(outputs, content):
    (outputs / "eval/test/results.json").write_text(content)
    (outputs / "certificate.json").write_text(content)
    sections = by_title(outputs)
    (problem,) = sections["eval/test"].problems
    assert problem.startswith("eval/test/results.json cannot be read: ")
    assert sections["certificate"].problems[0].startswith("certificate.json cannot be read: ")
    assert sections["eval/test"].pictures
    assert sections["eval/test"].page
    assert sections["train/tiny/evaluation"].tables


def test_a_broken_log_and_picture_are_sentences(outputs):
    (outputs / "train/tiny/seed-0/training_log.json").write_text('[{"loss": [1]}]')
    (outputs / "train/tiny/reward.png").write_bytes(b"<svg onload=alert(1)>")
    sections = by_title(outputs)
    assert "training_log.json cannot be read" in sections["train/tiny/seed-0"].problems[0]
    assert sections["train/tiny"].problems == ("train/tiny/reward.png is no PNG.",)
    assert [picture.path for picture in sections["train/tiny"].pictures] == ["train/tiny/odd.png"]


def test_an_evaluation_without_figures_is_told(outputs):
    (outputs / "eval/test/results.json").unlink()
    assert by_title(outputs)["eval/test"].problems == ("eval/test has no results.json, so there are no tables.",)


def test_a_file_that_is_too_large_is_not_read(outputs):
    with (outputs / "certificate.json").open("r+b") as file:
        file.truncate(MAX_BYTES + 1)
    assert by_title(outputs)["certificate"].problems == ("certificate.json is larger than 32 MiB.",)


@pytest.mark.parametrize(
    "path", ["../secret.png", "eval/../../secret.png", "{outside}/secret.png", "eval/test/link.png"]
)
def test_nothing_outside_of_the_folder_is_read(outputs, path):
    secret = outputs.parent / "secret.png"
    secret.write_bytes(PNG)
    (outputs / "eval/test/link.png").symlink_to(secret)
    with pytest.raises(RefusedError, match="outside of the folder"):
        picture_bytes(outputs, path.format(outside=outputs.parent))


def test_links_out_of_the_folder_are_sentences(outputs):
    away = outputs.parent / "away"
    away.mkdir()
    (away / "results.json").write_text(json.dumps(EVALUATION))
    (outputs / "certificate.json").unlink()
    (outputs / "certificate.json").symlink_to(away / "results.json")
    (outputs / "eval/away").symlink_to(away)
    sections = by_title(outputs)
    assert sections["certificate"].problems == ("certificate.json is outside of the folder.",)
    assert "eval/away" not in sections


@pytest.mark.parametrize("path", ["eval/test", "eval/test/none.png", "eval/test/\x00.png", "x" * 5000])
def test_what_is_no_file_is_refused(outputs, path):
    with pytest.raises(RefusedError):
        picture_bytes(outputs, path)


def test_of_what_this_repository_holds():
    sections = read_results(OUTPUTS)
    # Not of training: a run may be under way, its files half written.
    assert not [problem for section in sections if "train" not in section.title for problem in section.problems]
    tables = [table for section in sections for table in section.tables]
    assert {section.title for section in sections} >= {"eval/test", "eval/reference", "certificate"}
    for table in tables:
        assert table.rows
        assert all(len(row) == len(table.columns) for row in table.rows)
