"""What the results tab makes of a folder."""

import json
import re
from base64 import b64decode

import pytest

from synth_audit_env.server.web.results import read_results
from synth_audit_env.tests.server.web.test_panes import Seen, harmless

results_tab = pytest.importorskip("synth_audit_env.server.web.results_tab")


@pytest.fixture
def run(tmp_path):
    """The folder of a training run."""
    folder = tmp_path / "train" / "one"
    folder.mkdir(parents=True)
    return folder


def shown(outputs, title):
    (section,) = (one for one in read_results(outputs) if one.title == title)
    return results_tab.section_pane(outputs, section)


def test_every_table_is_shown_and_no_markup_of_its_texts(tmp_path, run):
    (run / "training_log.json").write_text('[{"step": 1, "note": "=1+1"}, {"step": 2, "note": "<b>"}]')
    (run / "sft_log.json").write_text('[{"step": 7}]')
    seen = harmless(shown(tmp_path, "train/one"))
    assert "1=1+12<b>" in seen.text.replace(" ", "")
    assert "Training, step by step" in seen.text
    assert "Imitation, step by step" in seen.text
    assert "2 rows." in seen.text


def test_a_long_table_says_how_much_of_it_is_shown(tmp_path, run, monkeypatch):
    monkeypatch.setattr(results_tab, "MOST_ROWS", 2)
    (run / "training_log.json").write_text(json.dumps([{"step": step} for step in range(3)]))
    html = shown(tmp_path, "train/one")
    assert "3 rows, of which the first 2 are shown" in html
    assert html.count('data-head="step"') == 2


@pytest.mark.parametrize("has_table", [True, False])
def test_the_page_of_a_run_is_saved_and_not_rendered(tmp_path, run, has_table):
    page = "# Evaluation\n![](https://elsewhere.example/x.png)<script>"
    (run / "table.md").write_text(page)
    if has_table:
        (run / "training_log.json").write_text('[{"step": 1}]')
    html = shown(tmp_path, "train/one")
    link = re.search('download="train-one-table.md" href="data:text/markdown;base64,([^"]*)"', html)
    assert b64decode(link[1]).decode() == page
    assert "elsewhere" not in html


def test_a_folder_without_anything_says_what_makes_it_and_what_is_code_is_shown_as_such(tmp_path):
    html = shown(tmp_path, "eval")
    assert "<code>python evaluation.py</code>" in html
    assert "`" not in Seen(html).text
    assert "<figure>" not in html


@pytest.mark.parametrize(
    ("cell", "told"),
    [(1.0, "1.000"), (0.44, "0.440"), (0.0666667, "0.067"), (-0.25, "−0.250"), (0.0, "0.000"), (1e-5, "1.00e−05")],
)
def test_figures_have_three_decimals_and_what_is_smaller_is_not_nothing(cell, told):
    assert results_tab._cell(cell) == told
    assert results_tab._cell(7) == "7"


def test_a_plot_can_be_scrolled_by_keys(tmp_path, run):
    (run / "reward.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    html = shown(tmp_path, "train/one")
    assert re.search('<div class="wb-plot" role="region" aria-label="[^"]+" tabindex="0"><img ', html)
