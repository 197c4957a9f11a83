"""How the page looks in every view and state: wide, narrow and on a phone, light and dark; everybody can read it.

With SCREENSHOTS, a folder, there is a picture of each for a person to look at.
"""

from functools import partial
from pathlib import Path

import pytest

from synth_audit_env.tests.page.steps import HARD, prepared, press, steps_left

pytestmark = pytest.mark.browser
PAGE = Path(__file__).parents[2] / "server" / "page"
LOOK_UPS = ("Read the note", "Open the record", "Count the days", "What moved", "Compare in")


def test_all_files_of_the_page_are_small():
    """It is loaded whole at the first visit."""
    assert sum(path.stat().st_size for path in PAGE.rglob("*") if path.is_file()) < 400_000


@pytest.fixture
def at(open_page, sight):
    """Open a page as it is shown: the page, and what looks at it."""

    def opened(path=""):
        page = open_page(path, **sight.options)
        return page, partial(sight.look, page)

    opened.is_phone = sight.shape == "phone"
    return opened


def test_an_audit_from_its_start_to_its_report(at):
    page, looked = at(HARD)
    prepared(page)
    looked("audit-begun")
    for number, name in enumerate(LOOK_UPS):
        press(page, name)
        steps_left(page, 119 - number)
    page.get_by_role("region", name="Note").locator("button.cite").first.click()
    page.locator("#pane-protocol li.lit").wait_for()
    panes(page, at, looked, "audit-read")
    page.get_by_label("Why: ", exact=False).fill("The Actor left out the override of §5.3. " * 12)
    press(page, "Flag as wrong")
    page.locator("#error-type:invalid:focus").wait_for()
    looked("audit-refused")
    page.get_by_label("What is wrong").select_option("comorbidity_override_miss")
    press(page, "Flag as wrong")
    page.get_by_text("You flagged it").wait_for()
    looked("audit-flagged")
    press(page, "File the report")
    page.get_by_role("dialog").wait_for()
    looked("audit-report")


def panes(page, at, looked, name):
    """On a phone a picture of each pane."""
    if not at.is_phone:
        looked(name)
        return
    for tab in page.get_by_role("group", name="Panes").get_by_role("button").all():
        tab.click()
        page.wait_for_timeout(500)
        looked(f"{name}-{tab.inner_text().lower()}")
