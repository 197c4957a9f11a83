"""What the results tab filters, and what it makes of a folder."""

import csv
import io
import json
import re
from base64 import b64decode

import pytest

from synth_audit_env.server.web.result_tables import Table
from synth_audit_env.tests.server.web.test_panes import Seen, harmless

results_tab = pytest.importorskip("synth_audit_env.server.web.results_tab")

UNTOUCHED = (None, "", None, False)
"""Fields in which nobody has written."""
TABLE = Table("T", ("agent", "tier", "score", "passed"), (("heuristic", "hard", 0.5, True), ("no-op", "easy", 1, None)))


@pytest.mark.parametrize(("wanted", "rows"), [("", 2), ("HARD heur", 1), ("easy 1", 1), ("hard easy", 0), ("none", 0)])
def test_a_row_stays_where_it_has_every_word(wanted, rows):
    assert len(results_tab.filtered(TABLE, wanted).rows) == rows


def test_rows_are_in_the_order_of_a_column_and_blanks_are_last():
    rows = (("b", 10, None), ("A", 9, 0.5), ("c", None, -1.0))
    table = Table("T", ("name", "count", "score"), rows)

    def names(column, largest_first):
        return "".join(row[0] for row in results_tab.ordered(table, column, largest_first).rows)

    assert [names("count", down) for down in (False, True)] == ["Abc", "bAc"]
    assert [names("name", down) for down in (False, True)] == ["Abc", "cbA"]
    assert [names("score", down) for down in (False, True)] == ["cAb", "Acb"]
    assert names(results_tab.AS_WRITTEN, True) == names(None, False) == "bAc"


@pytest.fixture
def tab(tmp_path):
    made = object.__new__(results_tab._ResultsTab)
    made._outputs = tmp_path
    for name in ("section", "table", "order", "note", "rows", "file", "pictures"):
        setattr(made, name, name)
    return made


def test_a_choice_that_another_has_overtaken_is_taken_for_none(tab, tmp_path):
    for name in ("one", "two"):
        (tmp_path / "train" / name).mkdir(parents=True)
    (tmp_path / "train" / "one" / "training_log.json").write_text('[{"step": 1}]')
    (tmp_path / "train" / "two" / "sft_log.json").write_text('[{"step": 2}]')
    for do in (tab._read, tab._choose, tab._arrange):
        shown = do("train/two", "Training, step by step", "", "no such column", False)
        assert "Imitation, step by step. 1 of 1 rows" in Seen(shown["note"]).text
    assert tab._read("gone", None, "", None, False)["section"].value == "eval"


def test_what_a_note_calls_code_is_shown_as_such(tab):
    shown = tab._read(None, *UNTOUCHED)
    assert "<code>python evaluation.py</code>" in shown["note"]
    assert "`" not in shown["note"]


def test_the_csv_has_the_rows_that_are_shown_and_no_formula(tab, tmp_path):
    folder = tmp_path / "train" / "one"
    folder.mkdir(parents=True)
    (folder / "training_log.json").write_text('[{"step": 1, "note": "=1+1"}, {"step": 2, "note": "<b>"}]')
    shown = tab._read("train/one", *UNTOUCHED)
    assert [value for _, value in shown["order"].choices] == ["as written", "step", "note"]
    assert "1=1+12<b>" in harmless(shown["rows"]).text.replace(" ", "")
    title = shown["table"].value
    shown = tab._arrange("train/one", title, "1", None, False)
    saved = b64decode(re.search('base64,([^"]*)', shown["file"])[1]).decode()
    assert list(csv.reader(io.StringIO(saved))) == [["step", "note"], ["1", "'=1+1"]]
    assert "1 of 2 rows" in Seen(shown["note"]).text


@pytest.mark.parametrize("has_table", [True, False])
def test_the_page_of_a_run_is_saved_and_not_rendered(tab, tmp_path, has_table):
    folder = tmp_path / "train" / "one"
    folder.mkdir(parents=True)
    page = "# Evaluation\n![](https://elsewhere.example/x.png)<script>"
    (folder / "table.md").write_text(page)
    if has_table:
        (folder / "training_log.json").write_text('[{"step": 1}]')
    shown = tab._read("train/one", *UNTOUCHED)
    link = re.search('download="train-one-table.md" href="data:text/markdown;base64,([^"]*)"', shown["file"])
    assert b64decode(link[1]).decode() == page
    assert "elsewhere" not in "".join(str(shown[part]) for part in ("note", "rows", "file", "pictures"))


def test_a_folder_without_anything_says_what_makes_it(tab):
    shown = tab._read(None, *UNTOUCHED)
    assert "python evaluation.py" in Seen(shown["note"]).text
    assert shown["pictures"] == ""


def test_a_section_that_is_gone_is_replaced_by_what_is_there(tab):
    assert "no evaluation" in tab._choose("eval/gone", "T", "", None, False)["note"]


LOGS = {
    "training_log.json": [{"step": step, "loss": loss} for step, loss in ((1, 0.5), (2, 0.75), (3, 0.25), (40, 0.5))],
    "sft_log.json": [{"step": step, "reward": 0.0} for step in (1, 2)],
}


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "train" / "one"
    folder.mkdir(parents=True)
    for name, rows in LOGS.items():
        (folder / name).write_text(json.dumps(rows))


def steps(shown):
    """Of the rows that are shown, which are those of the CSV."""
    cells = re.findall('data-head="step"[^>]*>([^<]*)<', shown["rows"])
    saved = b64decode(re.search('base64,([^"]*)', shown["file"])[1]).decode()
    assert [row["step"] for row in csv.DictReader(io.StringIO(saved))] == cells
    return cells


def test_what_the_fields_say_holds_when_it_is_all_read_again_and_for_the_csv(tab, logs):
    of_training = ("train/one", "Training, step by step")
    for shown in (tab._read(*of_training, "0.5", "step", True), tab._choose(*of_training, "0.5", "step", True)):
        assert steps(shown) == ["40", "1"]
        assert shown["order"].value == "step"
    again = tab._read("train/one", "Imitation, step by step", "", None, False)
    assert again["table"].value == "Imitation, step by step"


def test_another_table_keeps_filter_and_order_where_it_has_the_column(tab, logs):
    imitation = ("train/one", "Imitation, step by step")
    assert steps(tab._choose(*imitation, "2", "step", True)) == ["2"]
    assert steps(tab._choose(*imitation, "", "step", True)) == ["2", "1"]
    without = tab._choose(*imitation, "", "loss", True)
    assert without["order"].value == results_tab.AS_WRITTEN
    assert steps(without) == ["1", "2"]


@pytest.mark.parametrize(
    ("cell", "told"),
    [(1.0, "1.000"), (0.44, "0.440"), (0.0666667, "0.067"), (-0.25, "−0.250"), (0.0, "0.000"), (1e-5, "1.00e−05")],
)
def test_figures_have_three_decimals_and_what_is_smaller_is_not_nothing(cell, told):
    assert results_tab._cell(cell) == told
    assert results_tab._cell(7) == "7"


def test_a_plot_can_be_scrolled_by_keys(tab, tmp_path):
    folder = tmp_path / "train" / "one"
    folder.mkdir(parents=True)
    (folder / "reward.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    shown = tab._read("train/one", *UNTOUCHED)["pictures"]
    assert re.search('<div class="wb-plot" role="region" aria-label="[^"]+" tabindex="0"><img ', shown)
