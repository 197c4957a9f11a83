"""How the page looks in every view and state: wide, narrow and on a phone, light and dark; everybody can read it.

With SCREENSHOTS, a folder, there is a picture of each for a person to look at.
"""

import re
from functools import partial

import pytest

from synth_audit_env.tests.page.steps import EASY, HARD, end, prepared, press, steps_left, truth_of, turn_to

pytestmark = pytest.mark.browser
LOOK_UPS = ("Read the note", "Open the record", "Count the days", "What moved", "Compare in")


@pytest.fixture
def at(open_page, sight):
    """Open a page as it is shown: the page, and what looks at it."""

    def opened(path=""):
        page = open_page(path, **sight.options)
        return page, partial(sight.look, page)

    opened.is_phone = sight.shape == "phone"
    return opened


def test_an_audit_from_its_start_to_its_outcome(at):
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
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    looked("audit-keys")
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    turn_to(page, page.locator(".queue b").last.inner_text())
    press(page, "Approve")
    page.get_by_text("You approved it.").wait_for()
    page.get_by_text("Save", exact=True).click()
    looked("audit-save")
    page.get_by_text("Save", exact=True).click()
    press(page, "File the report")
    page.get_by_role("dialog").wait_for()
    looked("audit-report")
    press(page, "End the audit")
    page.locator(".queue").wait_for(state="detached")
    page.wait_for_load_state("networkidle")
    looked("outcome")
    below(page, looked, "outcome")


def panes(page, at, looked, name):
    """On a phone a picture of each pane."""
    if not at.is_phone:
        looked(name)
        return
    for tab in page.get_by_role("group", name="Panes").get_by_role("button").all():
        tab.click()
        page.wait_for_timeout(500)
        looked(f"{name}-{tab.inner_text().lower()}")


def below(page, looked, name):
    """A picture of each further screen of a view that scrolls; the last one shows its end."""
    screens = page.evaluate("Math.ceil(document.documentElement.scrollHeight / innerHeight)")
    for screen in range(1, min(screens, 6)):
        page.evaluate(f"scrollTo(0, {screen} * innerHeight)")
        looked(f"{name}-{screen + 1}")


def test_a_perfect_audit_and_one_that_nobody_touched(at):
    page, looked = at(EASY)
    prepared(page)
    for name, error_type in truth_of("oversight_easy", 900_122).items():
        turn_to(page, name)
        if error_type:
            page.get_by_label("Why: ", exact=False).fill("The Actor took no notice of the age limits.")
            page.get_by_label("What is wrong").select_option(error_type)
        press(page, "Flag as wrong" if error_type else "Approve")
        page.get_by_text(re.compile("^You (flagged|approved) it")).wait_for()
    end(page)
    looked("outcome-perfect")
    page, looked = at(EASY.replace("900122", "900123"))
    end(prepared(page))
    looked("outcome-untouched")


def test_an_audit_that_cannot_be_opened(at):
    page, looked = at("#/audit?task=oversight_easy&split=validation&seed=7")
    page.get_by_role("alert").wait_for()
    looked("audit-trouble")
