"""What a person does at the page, for the tests: press, wait for the answer, go on by the keyboard."""

import re

EASY = "?task=oversight_easy&seed=900123"
LOOKS = ("Read the reasoning", "Open the record", "Count the days", "What moved the Actor", "Compare in the cohort")
PATIENCE_MS = 600_000
"""The machine may be busy: nothing here is a measurement."""
SHAPES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 844}}


def press(page, name):
    """Click a button and wait for its answer: each changes the steps left, or says something."""
    page.get_by_role("button", name=name).first.click()


def begin(page):
    press(page, "Start the audit")
    page.get_by_text("Steps left").wait_for()


def steps_left(page, number):
    page.get_by_text(re.compile(rf"Steps left {number} of")).wait_for()


def file_report(page, text=None):
    if text is not None:
        page.get_by_label("What you found").fill(text)
    press(page, "File the report")
    page.get_by_role("heading", name="How it went").wait_for()


def tab_to(page, name):
    """Press Tab until what has the focus is called so."""
    for _ in range(150):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(() => { const at = document.activeElement; return (at.labels && at.labels[0] || at).innerText || "
            "at.getAttribute('aria-label') || ''; })()"
        )
        if found.strip().startswith(name):
            return
    raise AssertionError(f"Tab never came to {name!r}")


def show_tab(page, name):
    page.get_by_role("tab", name=name).click()


def opened(page, field):
    """The choices of a field, once they are there: those of another may still fade away."""
    page.get_by_label(field, exact=True).click()
    name = page.get_by_label(field, exact=True).get_attribute("aria-controls")
    listed = page.locator(f"#{name} [role=option]")
    listed.first.wait_for()
    return listed


def choose(page, field, option):
    """Open a field of choices and take one."""
    listed = opened(page, field)
    listed.get_by_text(option).click()
    listed.first.wait_for(state="detached")


def upload(page, log):
    """Open an episode log in the replay tab."""
    show_tab(page, "Replay")
    with page.expect_file_chooser() as chooser:
        press(page, "Upload an episode log")
    chooser.value.set_files(log)
    page.get_by_role("heading", name="step 1", exact=False).first.wait_for()
