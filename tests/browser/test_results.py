"""The results in a real browser: every section with all of its tables, and nothing that runs."""

import pytest

from synth_audit_env.tests.browser.steps import choose, opened, show_tab
from synth_audit_env.tests.web_server import HOSTILE

pytestmark = pytest.mark.browser
TABLES = {"eval/reference": "By agent and tier", "certificate": "Claims", "train/run": "Training, step by step"}


def test_every_section_can_be_chosen_and_shows_its_tables(open_page):
    """The page that is opened is watched: a toast of Gradio's fails the test."""
    page = open_page()
    show_tab(page, "Results")
    page.locator('.wb-wide-table[aria-label^="eval/reference: "]').first.wait_for()
    listed = opened(page, "Results of")
    assert [one.get_attribute("aria-label") for one in listed.all()] == list(TABLES)
    listed.first.press("Escape")
    page.get_by_label("Results of", exact=True).blur()
    listed.first.wait_for(state="detached")
    for section in [*TABLES, *reversed(TABLES)]:
        choose(page, "Results of", section)
        page.locator(f'.wb-wide-table[aria-label="{section}: {TABLES[section]}"]').wait_for()
    choose(page, "Results of", "certificate")
    page.get_by_text("Measurements", exact=True).click()
    page.locator('.wb-wide-table[aria-label="certificate: Measurements"]').wait_for()


def test_a_table_shows_markup_as_text(open_page):
    page = open_page()
    show_tab(page, "Results")
    choose(page, "Results of", "train/run")
    page.get_by_text("3 rows.").wait_for()
    page.get_by_text(HOSTILE).first.wait_for()
    assert page.locator("table img, table script, table b").count() == 0
    assert page.locator('.wb-table:visible td[data-head="step"]').all_inner_texts() == ["2", "10", "9"]
