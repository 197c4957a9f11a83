"""An audit in a real browser: by clicks, by keys, by eight people at once, to the end and its files."""

import itertools
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from synth_audit_env.server.web.aftermath import aftermath
from synth_audit_env.server.web.markup import anchor
from synth_audit_env.server.web.protocol_pane import protocol_pane
from synth_audit_env.tests.browser.steps import (
    EASY,
    LOOKS,
    PATIENCE_MS,
    SHAPES,
    begin,
    choose,
    file_report,
    press,
    steps_left,
    tab_to,
)
from synth_audit_env.tests.server.web.desks import desk_at
from synth_audit_env.tests.web_server import HOSTILE

pytestmark = pytest.mark.browser


def test_an_easy_episode_is_audited_to_the_end_by_clicks_and_the_figures_are_right(open_page):
    page = open_page(EASY)
    begin(page)
    assert page.url.endswith("?task=oversight_easy&split=validation&seed=900123")
    desk = desk_at("oversight_easy", 900_123)
    proposals = [one.proposal_id for one in desk.opening.actor_proposals]
    left = desk.steps_left
    for name in LOOKS:
        press(page, name)
        left -= 1
        steps_left(page, left)
    for told in ("Days between the dates", "What moved the Actor", "Gap in mortality"):
        page.get_by_role("heading", name=told).wait_for()
    for number, proposal in enumerate(proposals):
        page.get_by_role("radio", name=proposal).check()
        page.get_by_role("heading", name=proposal).wait_for()
        if number == 0:
            page.get_by_label("Kind of error").click()
            page.get_by_role("option", name="age boundary error").click()
            page.get_by_label("Why it is wrong").fill(HOSTILE)
            press(page, f"Flag {proposal} as wrong")
            action = {"action_type": "flag_error", "error_type": "age_boundary_error", "reason": HOSTILE}
        else:
            press(page, f"Approve {proposal}")
            action = {"action_type": "approve"}
        desk.act({**action, "proposal_id": proposal, "confidence": 0.8})
        left -= 1
        steps_left(page, left)
    file_report(page)
    desk.act({"action_type": "submit_audit_report", "report": f"PROP-001: age_boundary_error, {HOSTILE}"})
    after = aftermath(desk.outcome, desk.decided)
    shown = page.locator("#wb-after").inner_text()
    for figure in (after.score, after.skill, after.brier):
        assert f"{figure:.3f}".replace("-", "−") in shown
    assert HOSTILE in shown, "the reason shows as it was written"
    assert page.locator("#wb-after img, #wb-after script, #wb-after article b:has-text('too old')").count() == 0


def test_the_keyboard_alone_gets_an_audit_done(open_page):
    page = open_page(EASY)
    tab_to(page, "Start the audit")
    page.keyboard.press("Enter")
    page.get_by_text("Steps left").wait_for()
    tab_to(page, "PROP-002")
    page.keyboard.press("Space")
    page.get_by_role("heading", name="PROP-002").wait_for()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    page.keyboard.press("ArrowUp")
    page.get_by_role("heading", name="PROP-001").wait_for()
    page.keyboard.press("ArrowDown")
    page.get_by_role("heading", name="PROP-002").wait_for()
    assert page.get_by_role("radio", name="PROP-002").is_checked()
    tab_to(page, "Approve PROP-002")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px", "the focus can be seen"
    page.keyboard.press("Space")
    page.get_by_text("You have approved").wait_for()
    tab_to(page, "What you found")
    page.keyboard.type("No errors.")
    tab_to(page, "File the report")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="How it went").wait_for()
    page.wait_for_function("document.activeElement.id === 'wb-after'")


def test_the_keyboard_alone_looks_up_a_patient_and_flags(open_page):
    page = open_page(EASY)
    begin(page)
    tab_to(page, "Patient")
    page.keyboard.press("Control+A")
    page.keyboard.type("P0003")
    tab_to(page, "Open the record")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="P0003").wait_for()
    page.get_by_text("Haemoglobin", exact=False).first.wait_for()
    tab_to(page, "Your confidence")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    tab_to(page, "Kind of error")
    kind = page.get_by_label("Kind of error", exact=True)
    listed = f"#{kind.get_attribute('aria-controls')} [role=option]"
    # The choices unfold a moment after the field has the focus, and an arrow pressed before that moves nothing.
    page.locator(listed).first.wait_for()
    page.keyboard.press("ArrowDown")
    page.locator(f"{listed}.active").wait_for()
    page.keyboard.press("Enter")
    # Gradio lets go of what was chosen if the field loses the focus before it is there to be seen.
    expect(kind).to_have_value("age boundary error", timeout=30_000)
    tab_to(page, "Why it is wrong")
    page.keyboard.type("too old")
    tab_to(page, "Flag PROP-001 as wrong")
    page.keyboard.press("Enter")
    page.get_by_text("You have flagged as").wait_for()
    assert "confidence 0.65" in page.locator(".wb-decided").inner_text()


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_said_is_in_view_however_far_one_has_scrolled(open_page, shape):
    page = open_page(EASY, viewport=SHAPES[shape])
    begin(page)
    button = page.get_by_role("button", name="Flag PROP-001 as wrong")
    button.evaluate("(one) => one.scrollIntoView({block: 'end'})")
    assert page.evaluate("window.scrollY") > 300
    button.click()
    said = page.get_by_text("Choose what kind of error it is first.")
    said.wait_for()
    place = said.bounding_box()
    assert place["y"] >= 0
    assert place["y"] + place["height"] <= SHAPES[shape]["height"]
    middle = "(one) => document.elementFromPoint(one.getBoundingClientRect().x + 4, one.getBoundingClientRect().y + 4)"
    assert said.evaluate(f"(one) => ({middle})(one) === one"), "nothing lies over it"


def test_a_draft_is_still_there_after_a_look_at_another_proposal(open_page):
    page = open_page(EASY)
    begin(page)
    choose(page, "Kind of error", "age boundary error")
    page.get_by_label("Why it is wrong").fill("too old, I think")
    page.get_by_role("radio", name="PROP-002").check()
    page.get_by_role("heading", name="PROP-002").wait_for()
    assert page.get_by_label("Why it is wrong").input_value() == ""
    page.get_by_role("radio", name="PROP-001").check()
    page.get_by_role("heading", name="PROP-001").wait_for()
    assert page.get_by_label("Why it is wrong").input_value() == "too old, I think"
    assert page.get_by_label("Kind of error").input_value() == "age boundary error"


def test_a_citation_leads_to_its_section_and_a_missing_one_says_so_only_then(open_page):
    for seed in itertools.count(900_000):
        desk = desk_at("oversight_expert", seed)
        for one in desk.opening.actor_proposals:
            seen = desk.act({"action_type": "review_proposal", "proposal_id": one.proposal_id}).result
            places = protocol_pane(desk.pages)
            missing = [cited for cited in seen.citations if f'id="{anchor(cited)}"' not in places]
            there = [cited for cited in seen.citations if cited not in missing]
            if missing and there:
                break
        else:
            continue
        break
    page = open_page(f"?task=oversight_expert&seed={seed}")
    begin(page)
    page.get_by_role("radio", name=one.proposal_id).check()
    page.get_by_role("heading", name=one.proposal_id).wait_for()
    press(page, "Read the reasoning")
    cites = page.locator("p", has_text="Cites").locator("a.wb-cite")
    cites.first.wait_for()
    assert page.locator("text=no such section").count() == 0
    cites.get_by_text(missing[0], exact=True).first.click()
    page.get_by_text(f"{missing[0]}: the protocol has no such section.").first.wait_for()
    cites.get_by_text(there[0], exact=True).first.click()
    page.wait_for_function("document.activeElement.classList.contains('wb-section')")
    assert there[0].removeprefix("§") in page.evaluate("document.activeElement.innerText")
    assert page.locator("text=no such section").count() == 0


def test_what_is_missing_or_refused_is_said_in_a_sentence(open_page):
    page = open_page("?task=oversight_easy&seed=twelve")
    page.get_by_text("seed must be a whole number").wait_for()
    page.get_by_label("Seed").fill("4.5")
    press(page, "Start the audit")
    page.get_by_text("The seed must be a whole number of at most 19 digits").wait_for()
    page.get_by_label("Seed").fill("")
    begin(page)
    press(page, "Flag PROP-001 as wrong")
    page.get_by_text("Choose what kind of error it is first.").wait_for()
    page.get_by_label("Patient").fill("<b>P9999</b>")
    press(page, "Open the record")
    page.get_by_text("'<b>P9999</b>' is no patient's id").first.wait_for()
    steps_left(page, 50)
    page.get_by_label("Patient").fill("p9999")
    press(page, "Open the record")
    page.get_by_text("There is no patient 'P9999'").first.wait_for()
    steps_left(page, 49)


def test_the_files_can_be_saved(open_page, tmp_path):
    page = open_page(EASY)
    begin(page)
    press(page, "Read the reasoning")
    steps_left(page, 49)
    file_report(page, "No errors.")
    press(page, "Save what you have")
    press(page, "Make the files")
    saved = {}
    for name in ("Deviation log", "Episode"):
        link = page.locator("a.wb-save", has_text=name)
        with page.expect_download() as download:
            link.click()
        saved[name] = Path(download.value.path()).read_bytes()
    assert saved["Deviation log"].startswith(b"STUDYID,DOMAIN,USUBJID")
    assert json.loads(saved["Episode"])["seed"] == 900_123


def test_an_audit_under_way_is_not_lost_by_one_press_nor_by_leaving(open_page):
    page = open_page(EASY)
    begin(page)
    press(page, "Read the reasoning")
    steps_left(page, 49)
    press(page, "Surprise me")
    page.get_by_text("Press once more to drop it").wait_for()
    steps_left(page, 49)
    page.get_by_label("Seed").press("Enter")
    steps_left(page, 50)
    assert page.get_by_role("button", name="Start the audit").count() == 1
    press(page, "Read the reasoning")
    steps_left(page, 49)
    asked = []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    page.reload()
    assert asked == ["beforeunload"]
    page.get_by_text("your audit is here as you left it").wait_for()
    steps_left(page, 49)
    press(page, "Approve")
    page.get_by_text("PROP-001: approved.").wait_for()


def test_an_audit_goes_on_when_the_connection_was_lost(browser, url):
    """Gradio then loads the page anew, and nobody is asked whether they want to leave."""
    page = browser.new_page()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url + EASY)
    begin(page)
    press(page, "Read the reasoning")
    steps_left(page, 49)
    page.context.set_offline(True)
    press(page, "Open the record")
    page.get_by_text("Connection to the server was lost").first.wait_for()
    page.context.set_offline(False)
    page.get_by_text("your audit is here as you left it").wait_for()
    press(page, "Open the record")
    page.get_by_text(re.compile("Steps left 4[78] of")).wait_for()
    assert asked == []
    page.close()


def test_after_a_reload_in_the_middle_of_an_audit_another_can_be_started(open_page):
    page = open_page(EASY)
    begin(page)
    press(page, "Read the reasoning")
    steps_left(page, 49)
    page.reload()
    page.get_by_text("your audit is here as you left it").wait_for()
    steps_left(page, 49)
    for name in ("Surprise me", "Start the audit"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_enabled()
    press(page, "Start the audit")
    page.get_by_text("Press once more to drop it").wait_for()


def test_an_outcome_is_not_lost_by_its_link_nor_by_one_press_nor_by_leaving_until_it_is_saved(open_page):
    page = open_page(EASY)
    begin(page)
    file_report(page, "No errors.")
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Link to this audit").click()
    popup.value.close()
    press(page, "Surprise me")
    page.get_by_text("Press once more to drop it").wait_for()
    page.get_by_role("heading", name="How it went").wait_for()
    asked = []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    press(page, "Save what you have")
    press(page, "Make the files")
    page.locator("a.wb-save", has_text="Episode").wait_for()
    page.locator(".wb-bar:not([data-under-way])").wait_for()
    press(page, "Surprise me")
    steps_left(page, 50)
    file_report(page, "No errors.")
    page.goto("about:blank")
    assert asked == ["beforeunload"]


def test_another_split_is_taken_though_a_seed_was_there(open_page):
    page = open_page(EASY)
    begin(page)
    assert page.get_by_label("Seed").input_value() == "900123"
    page.get_by_label("Split").click()
    page.get_by_role("option", name="train").click()
    page.wait_for_function("document.querySelector('[placeholder^=\"Leave empty\"]').value == ''")
    press(page, "Start the audit")
    page.get_by_text("train seed").wait_for()


def test_by_keys_the_audit_starts_that_the_link_names_and_another_split_takes_another_seed(open_page):
    page = open_page(EASY)
    tab_to(page, "Start the audit")
    page.keyboard.press("Enter")
    page.get_by_text("validation seed 900123").wait_for()
    page.get_by_label("Split").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Seed")).to_have_value("")
    expect(page.get_by_label("Split")).to_have_value("test")
    tab_to(page, "Start the audit")
    page.keyboard.press("Enter")
    page.get_by_text("test seed").wait_for()
    expect(page.get_by_label("Seed")).not_to_have_value("")


def test_eight_people_at_once_see_only_their_own_audit(open_page):
    seeds = range(900_200, 900_208)
    pages = [open_page(f"?task=oversight_easy&seed={seed}") for seed in seeds]
    for page in pages:
        press(page, "Start the audit")
    for number, page in enumerate(pages):
        page.get_by_text("Steps left").wait_for()
        for patient in range(number + 1):
            page.get_by_label("Patient").fill(f"P{patient + 1:04d}")
            press(page, "Open the record")
            steps_left(page, 49 - patient)
    for number, (seed, page) in enumerate(zip(seeds, pages, strict=True)):
        assert page.get_by_text(f"validation seed {seed}").count() == 1
        steps_left(page, 49 - number)
        desk = desk_at("oversight_easy", seed)
        assert desk.pages.code in page.locator(".wb-bar").inner_text()
        press(page, "Audit trail")
        rows = page.locator(".wb-table tbody tr:visible")
        rows.first.wait_for()
        assert rows.count() == number + 1
