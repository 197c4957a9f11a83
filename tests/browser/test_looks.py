"""How the page looks, in a real browser: wide and narrow, light and dark; nothing sticks out and everybody can read it.

With SCREENSHOTS, a folder, there is a picture of every tab for a person to look at.
"""

import os
from importlib.resources import files
from pathlib import Path

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.tests.browser.steps import (
    LOOKS,
    SHAPES,
    begin,
    choose,
    file_report,
    press,
    show_tab,
    steps_left,
    upload,
)
from synth_audit_env.tests.server.web.desks import played

pytestmark = pytest.mark.browser
CUT = """() => [...document.querySelectorAll("td, th, p, li, dd, dt, pre, code, h2, h3, h4")].flatMap((one) => {
    // What scrolls to the side by intention, and what only a screen reader is told.
    if (!one.checkVisibility() || one.closest(".wb-wide-table, .wb-plot, .wb-hidden, .sr-only")) return [];
    const text = document.createRange();
    text.selectNodeContents(one);
    const {left, right, width} = text.getBoundingClientRect();
    let edge = one.parentElement;
    while (edge.parentElement && getComputedStyle(edge).overflowX === "visible") edge = edge.parentElement;
    const room = edge.getBoundingClientRect();
    const inside = !width || (left >= room.left - 1 && right <= room.right + 1);
    const told = `${left} to ${right} in ${room.left} to ${room.right}`;
    return inside ? [] : [`${one.tagName} ${one.innerText.slice(0, 60)}: ${told}`];
})"""
"""Texts that reach beyond what clips them."""


@pytest.fixture
def at(open_page, request):
    """The page in a shape and a scheme, and what looks at it."""
    shape, scheme = request.param

    def opened(query=""):
        page = open_page(query, viewport=SHAPES[shape], color_scheme=scheme)
        return page, lambda name: look(page, f"{name}-{shape}-{scheme}")

    return opened


everywhere = pytest.mark.parametrize(
    "at", [(shape, scheme) for shape in SHAPES for scheme in ("light", "dark")], ids="-".join, indirect=True
)


@everywhere
def test_an_audit_can_be_seen_from_its_start_to_its_outcome(at):
    page, looked = at("?task=oversight_hard&seed=900123")
    looked("start")
    begin(page)
    for number, name in enumerate(LOOKS):
        press(page, name)
        steps_left(page, 119 - number)
    press(page, "Audit trail")
    page.get_by_text("What each kind means").click()
    page.get_by_text("the age limits, as amended;").wait_for()
    looked("audit")
    press(page, "Flag PROP-001 as wrong")
    page.get_by_text("Choose what kind of error it is first.").wait_for()
    looked("refused")
    file_report(page, "No errors.")
    press(page, "Save what you have")
    press(page, "Make the files")
    page.locator("a.wb-save", has_text="Episode").wait_for()
    looked("outcome")


def unknown(action):
    """What names no proposal of the episode is refused."""
    return action.model_copy(update={"proposal_id": "PROP-999"}) if action.action_type == "flag_error" else action


@everywhere
def test_a_replay_can_be_seen_alone_and_beside_another(at, tmp_path):
    refused = played("oversight_medium", 900_123, HeuristicAuditor(), unknown)
    log = tmp_path / "two.jsonl"
    log.write_text("".join(desk.record().line() for desk in (refused, played("oversight_medium", 900_123))))
    page, looked = at()
    upload(page, log)
    press(page, "All steps")
    press(page, "Next mistake")
    page.locator(".wb-frame pre.wb-wrong").wait_for()
    looked("replay")
    page.get_by_label("Beside it").click()
    page.get_by_role("option").nth(1).click()
    page.locator(".wb-frame h3", has_text="Right: ").wait_for()
    press(page, "Outcome")
    looked("beside")


@everywhere
def test_the_results_can_be_seen(at):
    page, looked = at()
    show_tab(page, "Results")
    page.locator('.wb-wide-table[aria-label^="eval/reference: "]').first.wait_for()
    looked("results")
    choose(page, "Results of", "certificate")
    page.locator('.wb-wide-table[aria-label="certificate: Claims"]').wait_for()
    looked("certificate")


@everywhere
def test_the_playground_can_be_seen(at):
    page, looked = at()
    show_tab(page, "Playground")
    page.wait_for_timeout(500)
    looked("playground")


def look(page, name):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        f"{name} is wider than its window"
    )
    page.evaluate("window.scrollTo(0, 0)")  # in a picture of the whole page, what sticks to the window is where this is
    page.wait_for_timeout(500)  # what opens or has changed its tab fades in
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    assert page.evaluate(CUT) == [], f"{name} is cut"
    rules = files("axe_playwright_python")
    page.evaluate((rules / "axe.min.js").read_text(encoding="utf-8") + ";0")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    grave = [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")]
    assert grave == [], name
