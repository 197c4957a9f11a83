"""The page in a real browser: an audit by clicks and by keys, a replay, eight people at once, and how it looks."""

import itertools
import json
import os
import re
from importlib.resources import files
from pathlib import Path

import pytest

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.server.web.aftermath import aftermath
from synth_audit_env.server.web.audit_trail import lines_of, verify
from synth_audit_env.server.web.printed_report import printed_report
from synth_audit_env.tests.server.web.desks import desk_at, played
from synth_audit_env.tests.web_server import HOSTILE

pytestmark = pytest.mark.browser
EASY = "?task=oversight_easy&seed=900123"
_STEPS = """[...document.querySelectorAll('td[data-head="step"]')].map((one) => one.innerText)"""
LOOKS = ("Read the reasoning", "Open the record", "Count the days", "What moved the Actor", "Compare in the cohort")


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
    assert page.locator("svg[role=img]:visible").count() == 3
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
    for name in ("approve-all", "flag-all", "heuristic", "oracle"):
        assert name in shown


def test_the_keyboard_alone_gets_an_audit_done(open_page):
    page = open_page(EASY)
    tab_to(page, "Start the audit")
    page.keyboard.press("Enter")
    page.get_by_text("Steps left").wait_for()
    tab_to(page, "PROP-002")
    page.keyboard.press("Space")
    page.get_by_role("heading", name="PROP-002").wait_for()
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


def test_a_citation_leads_to_its_section_and_a_missing_one_says_so_only_then(open_page):
    for seed in itertools.count(900_000):
        desk = desk_at("oversight_expert", seed)
        for one in desk.opening.actor_proposals:
            seen = desk.act({"action_type": "review_proposal", "proposal_id": one.proposal_id}).result
            missing = [cited for cited in seen.citations if desk.pages.section(cited) is None]
            there = [cited for cited in seen.citations if desk.pages.section(cited) is not None]
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
    page.get_by_text("There is no patient '<b>P9999</b>'").first.wait_for()
    steps_left(page, 49)


def test_the_files_can_be_saved_and_the_trail_holds(open_page, tmp_path):
    page = open_page(EASY)
    begin(page)
    press(page, "Read the reasoning")
    steps_left(page, 49)
    file_report(page, "No errors.")
    press(page, "Save what you have")
    press(page, "Make the files")
    saved = {}
    for name in ("Deviation log", "Audit trail", "Audit report", "Episode"):
        link = page.locator("a.wb-save", has_text=name)
        with page.expect_download() as download:
            link.click()
        saved[name] = Path(download.value.path()).read_bytes()
    assert verify(lines_of(saved["Audit trail"])).holds
    assert saved["Deviation log"].startswith(b"STUDYID,DOMAIN,USUBJID")
    assert b"not for clinical use" in saved["Audit report"]
    assert json.loads(saved["Episode"])["seed"] == 900_123


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
    page.get_by_role("tab", name="Replay").click()
    with page.expect_file_chooser() as chooser:
        press(page, "Upload an episode log")
    chooser.value.set_files(log)
    page.get_by_text("three.jsonl: 3 episodes").wait_for()
    page.get_by_text("line 4: this is no episode").wait_for()
    page.get_by_role("heading", name="step 1", exact=False).wait_for()
    press(page, "Next step")
    page.get_by_role("heading", name="step 2", exact=False).wait_for()
    page.get_by_label("Beside it").click()
    assert page.get_by_role("option").count() == 2, "none, and the other of the same task and seed"
    page.get_by_role("option").nth(1).click()
    page.locator(".wb-two h3").first.wait_for()
    press(page, "Next mistake")
    page.get_by_text("false alarm").first.wait_for()
    assert page.locator("script:has-text('alert(1)'), img[src=x]").count() == 0


def test_a_citation_in_a_replay_opens_the_protocol_of_its_own_episode(open_page, tmp_path):
    log = tmp_path / "one.jsonl"
    log.write_text(played("oversight_medium", 900_123).record().line())
    page = open_page()
    page.get_by_role("tab", name="Replay").click()
    with page.expect_file_chooser() as chooser:
        press(page, "Upload an episode log")
    chooser.value.set_files(log)
    page.get_by_role("heading", name="step 1", exact=False).wait_for()
    protocol = page.locator("details", has_text="Protocol, as person had it")
    assert protocol.get_attribute("open") is None
    press(page, "Outcome")
    page.locator("article a.wb-cite:visible").first.click()
    page.wait_for_function("document.activeElement.id.startsWith('wb-replay-0-at-')")
    assert page.evaluate("document.activeElement.checkVisibility()")


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


def test_another_split_is_taken_though_a_seed_was_there(open_page):
    page = open_page(EASY)
    begin(page)
    assert page.get_by_label("Seed").input_value() == "900123"
    page.get_by_label("Split").click()
    page.get_by_role("option", name="train").click()
    page.wait_for_function("document.querySelector('[placeholder^=\"Leave empty\"]').value == ''")
    press(page, "Start the audit")
    page.get_by_text("train seed").wait_for()


def test_the_printed_report_is_a_few_pages(browser):
    desk = played("oversight_hard", 900_002)
    page = browser.new_page()
    page.set_content(printed_report(desk))
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    assert printed.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    # A page holds some fifty lines of text or five findings; a blank one for each would be forty.
    assert 3 <= pages <= 15


def test_the_servers_own_log_has_what_was_just_played(open_page):
    page = open_page(EASY)
    begin(page)
    file_report(page, "No errors.")
    page.get_by_role("tab", name="Replay").click()
    page.get_by_label("A log of this server").click()
    page.get_by_role("option").first.click()
    press(page, "Open it")
    page.get_by_role("heading", name="oversight_easy, validation seed 900123").first.wait_for()


def test_the_results_are_filtered_and_saved(open_page):
    page = open_page()
    page.get_by_role("tab", name="Results").click()
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
    page.get_by_role("tab", name="Results").click()
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


SHAPES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 844}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_tab_can_be_seen_and_nothing_sticks_out(open_page, shape, scheme, tmp_path):
    """Nor has axe a serious finding. With SCREENSHOTS there are pictures for a person to look at."""
    page = open_page("?task=oversight_hard&seed=900123", viewport=SHAPES[shape], color_scheme=scheme)
    look(page, f"start-{shape}-{scheme}")
    begin(page)
    for number, name in enumerate(LOOKS):
        press(page, name)
        steps_left(page, 119 - number)
    press(page, "Audit trail")
    look(page, f"audit-{shape}-{scheme}")
    file_report(page, "No errors.")
    press(page, "Save what you have")
    press(page, "Make the files")
    page.locator("a.wb-save", has_text="Episode").wait_for()
    look(page, f"outcome-{shape}-{scheme}")
    log = tmp_path / "one.jsonl"
    log.write_text(played("oversight_medium", 900_123, baseline("flag-all")).record().line())
    page.get_by_role("tab", name="Replay").click()
    with page.expect_file_chooser() as chooser:
        press(page, "Upload an episode log")
    chooser.value.set_files(log)
    page.get_by_role("heading", name="step 1", exact=False).wait_for()
    press(page, "All steps")
    look(page, f"replay-{shape}-{scheme}")
    page.get_by_role("tab", name="Results").click()
    page.get_by_text(re.compile(r"\d+ of \d+ rows")).wait_for()
    look(page, f"results-{shape}-{scheme}")


def look(page, name):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        f"{name} is wider than its window"
    )
    page.wait_for_timeout(500)  # what opens or has changed its tab fades in
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    rules = files("axe_playwright_python")
    page.evaluate((rules / "axe.min.js").read_text(encoding="utf-8") + ";0")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    grave = [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")]
    assert grave == [], name
