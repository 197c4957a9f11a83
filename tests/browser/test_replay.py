"""A recorded episode in a real browser: alone, beside another of its seed, and out of the server's own log."""

import pytest

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.tests.browser.steps import EASY, begin, file_report, opened, press, show_tab, tab_to, upload
from synth_audit_env.tests.server.web.desks import played
from synth_audit_env.tests.web_server import HOSTILE

pytestmark = pytest.mark.browser


def test_a_log_is_replayed_alone_and_beside_another_of_its_seed(open_page, tmp_path):
    flagged = played("oversight_medium", 900_123, baseline("flag-all"))
    hostile = played(
        "oversight_medium",
        900_123,
        HeuristicAuditor(),
        lambda action: action.model_copy(update={"reason": HOSTILE}) if action.reason else action,
    )
    other = played("oversight_easy", 900_123)
    log = tmp_path / "three.jsonl"
    log.write_text("".join(desk.record().line() for desk in (hostile, flagged, other)) + "half a li")
    page = open_page()
    upload(page, log)
    page.get_by_text("three.jsonl: 3 episodes").wait_for()
    page.get_by_text("line 4: this is no episode").wait_for()
    press(page, "Next step")
    page.get_by_role("heading", name="step 2", exact=False).wait_for()
    page.get_by_label("Beside it").click()
    assert page.get_by_role("option").count() == 2, "none, and the other of the same task and seed"
    page.get_by_role("option").nth(1).click()
    page.locator(".wb-two h3").first.wait_for()
    press(page, "Next mistake")
    page.get_by_text("false alarm").first.wait_for()
    assert page.locator("script:has-text('alert(1)'), img[src=x]").count() == 0


def test_by_keys_one_gets_past_the_two_episodes_that_are_shown(open_page, tmp_path):
    log = tmp_path / "two.jsonl"
    log.write_text("".join(played(auditor=baseline(name)).record().line() for name in ("approve-all", "flag-all")))
    page = open_page()
    upload(page, log)
    opened(page, "Beside it, of the same seed").nth(1).click()
    page.get_by_role("heading", name="Right: person, step 1").wait_for()
    press(page, "Next step")
    page.get_by_role("heading", name="Right: person, step 2").wait_for()
    page.get_by_label("Episode", exact=True).focus()
    tab_to(page, "Next step")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Right: person, step 3").wait_for()


def test_a_citation_in_a_replay_opens_the_protocol_of_its_own_episode(open_page, tmp_path):
    log = tmp_path / "one.jsonl"
    log.write_text(played("oversight_medium", 900_123).record().line())
    page = open_page()
    upload(page, log)
    protocol = page.locator("details", has_text="Protocol, as person had it")
    assert protocol.get_attribute("open") is None
    press(page, "Outcome")
    page.locator("article a.wb-cite:visible").first.click()
    page.wait_for_function("document.activeElement.id.startsWith('wb-replay-0-at-')")
    assert page.evaluate("document.activeElement.checkVisibility()")


def test_the_servers_own_log_has_what_was_just_played(open_page):
    page = open_page(EASY)
    begin(page)
    file_report(page, "No errors.")
    show_tab(page, "Replay")
    page.get_by_label("A log of this server").click()
    page.get_by_role("option").first.click()
    press(page, "Open it")
    # Those of other tests may be before it.
    opened(page, "Episode").get_by_text("easy 900123").last.click()
    page.get_by_role("heading", name="oversight_easy, validation seed 900123").first.wait_for()
