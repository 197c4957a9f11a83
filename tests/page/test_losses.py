"""What a browser or a network may take from an audit: the audit goes on, or the page says what is lost."""

import signal

import pytest

from synth_audit_env.tests.page.conftest import CUT_OFF
from synth_audit_env.tests.page.steps import (
    EASY,
    kept_actions,
    kept_audits,
    prepared,
    press,
    steps_left,
    turn_to,
    until,
)

pytestmark = pytest.mark.browser


def test_a_server_that_says_nothing_is_given_up_and_the_audit_goes_on(open_page, own_server):
    server = own_server()
    page = prepared(open_page(EASY, url=server.url, allowed=CUT_OFF))
    press(page, "Read the note")
    steps_left(page, 49)
    server.process.send_signal(signal.SIGSTOP)
    try:
        press(page, "Open the record")
        page.get_by_role("status").filter(has_text="connection was lost").wait_for()
    finally:
        server.process.send_signal(signal.SIGCONT)
    steps_left(page, 48)
    assert [kept["action_type"] for kept in kept_actions(page)] == ["review_proposal", "investigate_patient"]


@pytest.mark.parametrize(
    "forbids",
    [
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    ],
    ids=["forbidden", "full"],
)
def test_a_browser_that_keeps_nothing_is_told_and_can_be_worked_with(open_page, forbids):
    page = open_page()
    page.add_init_script(forbids)
    page.goto(page.url.partition("#")[0] + "?" + EASY)  # another document, or the script would not be there
    prepared(page)
    page.get_by_role("status").get_by_text("a reload would lose this audit").wait_for()
    press(page, "Read the note")
    steps_left(page, 49)
    page.get_by_label("Why: ", exact=False).fill("a reason")
    turn_to(page, "PROP-002")
    turn_to(page, "PROP-001")
    assert page.get_by_label("Why: ", exact=False).input_value() == "a reason"


def test_an_audit_in_two_tabs_is_one_audit(open_page):
    first = prepared(open_page(EASY))
    second = prepared(open_page(first.evaluate("location.hash"), beside=first))
    press(first, "Read the note")
    steps_left(second, 49)
    press(second, "Open the record")
    steps_left(first, 48)
    first.get_by_label("Why: ", exact=False).fill("a reason")
    until(second, "document.querySelector('#reason').value === 'a reason'")
    press(first, "Approve")
    second.get_by_text("You approved it.").wait_for()
    [kept] = kept_audits(first)
    assert [one["action"]["action_type"] for one in kept["actions"]] == [
        "review_proposal",
        "investigate_patient",
        "approve",
    ]
