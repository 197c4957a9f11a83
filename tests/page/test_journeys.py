"""Whole audits in a real browser: by mouse, by keys alone, on a phone, and through all that may come in between."""

import re
import time

import pytest

from synth_audit_env.tests.page.conftest import CUT_OFF
from synth_audit_env.tests.page.steps import (
    EASY,
    HARD,
    SHAPES,
    end,
    kept_actions,
    kept_audits,
    played_again,
    prepared,
    press,
    settle,
    steps_left,
    truth_of,
    turn_to,
    until,
)

pytestmark = pytest.mark.browser


def test_an_audit_by_mouse_is_the_same_in_python(open_page):
    page = prepared(open_page(EASY))
    truth = truth_of("oversight_easy", 900_122)
    wrong = next(name for name, error_type in truth.items() if error_type)
    turn_to(page, wrong)
    for number, name in enumerate(("Read the note", "Open the record", "Count the days", "What moved", "Compare in")):
        press(page, name)
        steps_left(page, 49 - number)
    note, reason = page.get_by_role("region", name="Note"), page.get_by_label("Why: ", exact=False)
    cited = note.locator("button.cite").first
    cited.click()
    lit = page.get_by_role("region", name="Protocol").locator("li.lit")
    assert lit.inner_text().startswith(cited.inner_text())
    lit.get_by_role("button").click()
    page.get_by_role("region", name="Record").get_by_role("button", name=re.compile(r"\d+ years")).click()
    assert re.search(rf"{re.escape(cited.inner_text())} age \d+ years", reason.input_value())
    for name, error_type in truth.items():
        settle(page, name, error_type, "It is younger than the minimum age that the protocol sets.")
    end(page)
    [kept] = kept_audits(page)
    again = played_again(kept)
    assert kept["over"]
    assert again.result.outcome.score == 1.0
    assert "1.000" in page.locator("main").inner_text()


def test_what_was_begun_is_there_after_a_reload_back_and_by_its_link(open_page):
    page = prepared(open_page(HARD))
    turn_to(page, "PROP-003")
    press(page, "Read the note")
    steps_left(page, 119)
    press(page, "Approve")
    steps_left(page, 118)
    turn_to(page, "PROP-002")
    press(page, "Open the record")
    steps_left(page, 117)
    page.get_by_label("Why: ", exact=False).fill("half a reason")

    def as_it_was(page):
        steps_left(page, 117)
        page.get_by_role("region", name="Decision").get_by_role("heading", name="PROP-002").wait_for()
        assert page.get_by_label("Why: ", exact=False).input_value() == "half a reason"
        assert page.get_by_role("region", name="Record").get_by_text("years").is_visible()
        turn_to(page, "PROP-003")
        page.get_by_text("You approved it.").wait_for()
        assert page.get_by_role("region", name="Note").locator("p.prose").is_visible()
        turn_to(page, "PROP-002")

    page.reload()
    as_it_was(page)
    as_it_was(open_page(page.url.partition("/#")[2].join(("#", "")), beside=page))
    assert len(kept_audits(page)) == 1


def test_an_audit_by_keys_alone_with_a_claim(open_page):
    page = prepared(open_page(EASY))
    keys, truth = page.keyboard, truth_of("oversight_easy", 900_122)
    keys.press("?")
    assert all(re.search(rf"(?m)^{key}$", page.get_by_role("dialog").inner_text()) for key in "jkrotscafw")
    keys.press("Escape")
    until(page, "!document.querySelector('#help').open")
    # What is left out of a flag or a claim is asked for, and nothing is sent.
    press(page, "Flag as wrong")
    until(page, "document.activeElement.id === 'error-type' && document.activeElement.validationMessage")
    keys.press("Escape")
    keys.press("w")
    keys.type("limit")
    press(page, "Approve")
    until(page, "document.activeElement.name === 'where' && document.activeElement.validationMessage")
    assert kept_actions(page) == []
    keys.type("§4.1")
    keys.press("Tab")
    keys.type("31")
    keys.press("Escape")
    for name, error_type in truth.items():
        page.get_by_role("region", name="Decision").get_by_role("heading", name=name).wait_for()
        keys.press("r")
        page.get_by_role("region", name="Note").locator("p.prose").wait_for()
        if error_type is None:
            keys.press("a")
            keys.press("Enter")
            page.get_by_text("You approved it.").wait_for()
        else:
            keys.press("f")
            keys.type(error_type.replace("_", " "))
            keys.press("Tab")
            keys.type("0.9")
            keys.press("Tab")
            keys.type("just a reason with j, k, r, o, t, s, c, a and f")
            keys.press("Control+Enter")
            page.get_by_text("You flagged it").wait_for()
        keys.press("j")
    keys.press("e")
    page.get_by_role("dialog").get_by_label("A line for each error").wait_for()
    while page.evaluate("document.activeElement.innerText") != "End the audit":
        keys.press("Tab")
    keys.press("Enter")
    page.locator(".queue").wait_for(state="detached")
    [kept] = kept_audits(page)
    assert played_again(kept).result.outcome.score == 1.0
    actions = [action["action"] for action in kept["actions"]]
    claim = {"fault": "limit_misread", "where": "§4.1", "should_be": "31"}
    first = next(action for action in actions if action["action_type"] != "review_proposal")
    assert claim.items() <= first.items()
    flags = [action for action in actions if action["action_type"] == "flag_error"]
    assert all(flag["confidence"] == 0.9 and flag["reason"].startswith("just a reason") for flag in flags)


@pytest.fixture
def elsewhere(open_page, own_server):
    """A server of its own, and a page of it whose first note is read."""
    server = own_server()
    page = prepared(open_page(EASY, url=server.url, allowed=CUT_OFF))
    press(page, "Read the note")
    steps_left(page, 49)
    return server, page


def test_a_server_that_is_killed_and_started_again_costs_nothing(elsewhere):
    server, page = elsewhere
    press(page, "Approve")
    steps_left(page, 48)
    server.kill()
    server.start()
    turn_to(page, "PROP-002")
    press(page, "Open the record")
    steps_left(page, 47)
    server.kill()
    press(page, "Read the note")
    page.get_by_role("status").filter(has_text="connection was lost").wait_for()
    server.start()
    steps_left(page, 46)
    turn_to(page, "PROP-001")
    page.get_by_text("You approved it.").wait_for()
    assert [one["action_type"] for one in kept_actions(page)] == [
        "review_proposal",
        "approve",
        "investigate_patient",
        "review_proposal",
    ]
    played_again(kept_audits(page)[0])


OTHER = """
from synth_audit_env.server import app, synth_audit_environment as made
read = made.read_options
made.read_options = lambda seed, *rest: read(seed + 1, *rest)
app.main()
"""
"""A server that makes another episode of the same seed, as another version of the package may."""


def test_an_audit_that_the_server_does_not_know_any_more_says_what_was_lost(elsewhere):
    server, page = elsewhere
    page.get_by_label("What is wrong").select_option("age_boundary_error")
    page.get_by_label("Why: ", exact=False).fill("a reason of my own")
    press(page, "Flag as wrong")
    steps_left(page, 48)
    turn_to(page, "PROP-002")
    page.get_by_label("Why: ", exact=False).fill("half a reason")
    server.kill()
    server.program = OTHER
    server.start()
    press(page, "Read the note")
    alert = page.get_by_role("alert").filter(has_text="does not make this episode any more")
    alert.wait_for()
    page.reload()
    alert.wait_for()
    told = page.locator("main").inner_text()
    assert "a reason of my own" in told
    assert "half a reason" in told
    assert len(kept_actions(page)) == 2


def test_a_phone_has_note_record_protocol_and_decision_by_tab_and_by_swipe(open_page):
    page = prepared(open_page(EASY, viewport=SHAPES["phone"], has_touch=True, is_mobile=True))
    tabs = page.get_by_role("group", name="Panes")
    names = tabs.get_by_role("button").all_inner_texts()
    assert names == ["Note", "Record", "Protocol", "Decide"]
    for name in (*names[1:], *names[-2::-1]):
        tabs.get_by_role("button", name=name).tap()
        in_sight(page, name)
    for name in names[1:]:
        swipe(page, -1)
        in_sight(page, name)
    for name in names[-2::-1]:
        swipe(page, 1)
        in_sight(page, name)
    page.get_by_role("button", name="Read the note").tap()
    steps_left(page, 49)
    tabs.get_by_role("button", name="Decide").tap()
    in_sight(page, "Decide")
    page.get_by_role("button", name="Approve").tap()
    page.get_by_text("You approved it.").wait_for()


def in_sight(page, name):
    """Wait until this pane alone is, and its tab says so."""
    pane = page.locator(f"#pane-{name.lower()}")
    until(page, "(pane) => Math.abs(pane.getBoundingClientRect().left) < 2", pane.element_handle())
    pressed = page.get_by_role("group", name="Panes").get_by_role("button", pressed=True)
    assert pressed.all_inner_texts() == [name]


def swipe(page, direction):
    """A finger over the middle of the screen, to the left (-1) or to the right (1), which rests before it is lifted.

    Each touch says its time. A busy machine may pass on several of them at once, and without their times the browser
    takes the finger to be so fast that it passes over two panes.
    """
    session = page.context.new_cdp_session(page)
    start, begun = 195 - direction * 140, time.time()

    def touch(kind, at, *points):
        touched = {"type": kind, "touchPoints": points, "timestamp": begun + at / 60}
        session.send("Input.dispatchTouchEvent", touched)

    touch("touchStart", 0, {"x": start, "y": 500})
    for at in range(1, 25):
        touch("touchMove", at, {"x": start + direction * min(at, 14) * 20, "y": 500})
    touch("touchEnd", 25)
    session.detach()
