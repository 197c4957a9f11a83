"""The results in a real browser: every section, a table that is filtered, sorted and saved, and nothing that runs."""

import re
from pathlib import Path

import pytest

from synth_audit_env.tests.browser.steps import choose, opened, show_tab
from synth_audit_env.tests.web_server import HOSTILE

pytestmark = pytest.mark.browser
_STEPS = """[...document.querySelectorAll('td[data-head="step"]')].map((one) => one.innerText)"""


def options(page, field):
    """What a field offers."""
    listed = opened(page, field)
    names = [one.get_attribute("aria-label") for one in listed.all()]
    listed.first.press("Escape")
    page.get_by_label(field, exact=True).blur()
    listed.first.wait_for(state="detached")
    return names


def test_every_section_and_table_can_be_chosen(open_page):
    """The page that is opened is watched: a toast of Gradio's fails the test."""
    page = open_page()
    show_tab(page, "Results")
    page.get_by_text(re.compile(r"\d+ of \d+ rows")).wait_for()
    sections = options(page, "Results of")
    assert sections == ["eval/reference", "certificate", "train/run"]
    for section in [*sections, *reversed(sections)]:
        choose(page, "Results of", section)
        page.locator(f'.wb-wide-table[aria-label^="{section}: "]').wait_for()
        for title in options(page, "Table"):
            choose(page, "Table", title)
            page.locator(f'.wb-wide-table[aria-label="{section}: {title}"]').wait_for()


def test_the_results_are_filtered_and_saved(open_page):
    page = open_page()
    show_tab(page, "Results")
    page.get_by_text(re.compile(r"\d+ of \d+ rows")).wait_for()
    page.get_by_label("Only rows with").fill("heuristic easy")
    page.get_by_text(re.compile(r"\b[1-9] of \d+ rows")).wait_for()
    with page.expect_download() as download:
        page.locator("a.wb-save", has_text="CSV").last.click()
    rows = Path(download.value.path()).read_text().splitlines()[1:]
    assert rows
    assert all("heuristic" in row and "easy" in row for row in rows)


def test_a_table_sorts_as_numbers_and_shows_markup_as_text(open_page):
    page = open_page()
    show_tab(page, "Results")
    page.get_by_text(re.compile(r"\d+ of \d+ rows")).wait_for()
    page.get_by_label("Results of").click()
    page.get_by_role("option", name="train/run").click()
    page.get_by_text("3 of 3 rows").wait_for()
    page.get_by_text(HOSTILE).first.wait_for()
    assert page.locator("table img, table script, table b").count() == 0
    cells = page.locator('.wb-table:visible td[data-head="step"]')
    assert cells.all_inner_texts() == ["2", "10", "9"]
    page.get_by_label("Sorted by").click()
    page.get_by_role("option", name="step").click()
    page.wait_for_function(f"({_STEPS}).join() == '2,9,10'")
    page.get_by_label("Largest first").check()
    page.wait_for_function(f"({_STEPS}).join() == '10,9,2'")
