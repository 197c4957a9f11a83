"""The first sight: the guided case by keys and by mouse, and the ways into an audit."""

import json
import re
from pathlib import Path

import pytest

from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.page.steps import until

pytestmark = pytest.mark.browser

FILE = Path(__file__).parents[2] / "server" / "page" / "data" / "guided_case.json"
CASE = json.loads(FILE.read_text(encoding="utf-8"))
QUESTION = "Would you have caught an error here?"
STILL = {"reduced_motion": "reduce"}
"""A page that moves by nothing but what a test does."""


def said(page):
    return page.locator(".guided [role=status]").inner_text()


def wait_for_said(page, text):
    page.locator(".guided [role=status]").get_by_text(text, exact=True).wait_for()


def lit(page):
    return page.locator(".guided .lit").all_inner_texts()


@pytest.fixture
def open_case(open_page):
    """Open the page with its guided case there."""

    def opened(path="", **options):
        page = open_page(path, **options)
        page.locator(".guided blockquote").wait_for()
        return page

    return opened


def test_the_guided_case_by_keys_alone(open_case):
    page = open_case(**STILL)
    assert CASE["review"]["reasoning"] in lit(page)[0]
    page.keyboard.press("ArrowRight")
    wait_for_said(page, f"The record: treatment began on day {CASE['days']}.")
    assert [row.split("\t")[0] for row in lit(page)] == ["Disease", "Treatment start"]
    for role in ("window", "exception"):
        page.keyboard.press("ArrowRight")
        page.locator(".guided [role=status]").get_by_text(f"{CASE['clauses'][role]['limit']} days").wait_for()
        assert lit(page) == [f"{CASE['clauses'][role]['key']} {CASE['clauses'][role]['text']}"]
    page.keyboard.press("ArrowRight")
    wait_for_said(page, QUESTION)
    page.keyboard.press("ArrowRight")
    assert page.locator(".guided .answer").count() == 0, "the answer is told before it is asked for"
    page.keyboard.press("f")
    wait_for_said(page, "You would have caught it. The claim is wrong.")
    answer = page.locator(".guided .answer").inner_text()
    assert all(CASE["answer"][told] in answer for told in ("deed", "truth", "reason"))
    assert f"Fault: ignored {CASE['answer']['where']}, the record has {CASE['answer']['should_be']}." in answer
    page.get_by_role("button", name="Back").click()
    wait_for_said(page, QUESTION)
    page.get_by_role("button", name="I would have approved").click()
    wait_for_said(page, "You would have missed it. The claim is wrong.")
    page.get_by_role("button", name="Back").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("#/audit[?]task=oversight_easy"))


def test_each_tier_has_a_way_in_and_a_level_of_the_frontier_can_be_named(open_case):
    page = open_case(**STILL)
    for tier, row in zip(TIERS.values(), page.locator(".tiers li").all(), strict=True):
        assert row.get_by_role("link").get_attribute("href") == f"#/audit?task={tier.task_id}&split=validation"
        assert f"{tier.patients} patients" in row.inner_text()
    page.get_by_text("More: split, seed").click()
    page.get_by_label("Task").select_option("oversight_frontier")
    page.get_by_label("Level").select_option("10")
    page.get_by_label("Seed").fill("900123")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("heading", name=re.compile("frontier-10 audit")).wait_for()
    page.wait_for_url(re.compile("#/audit[?]task=oversight_frontier&split=validation&seed=900123&level=10&id="))


def test_a_kept_audit_goes_on_or_is_forgotten(open_page):
    page = open_page("#/audit?task=oversight_easy&split=validation&seed=900123", **STILL)
    until(page, "localStorage.length === 1")
    page.get_by_role("link", name="Start").click()
    kept = page.locator(".kept li")
    kept.get_by_text(re.compile(r"\d\d:\d\d, 0 decided")).wait_for()
    address = kept.get_by_role("link", name="easy, seed 900123").get_attribute("href")
    assert address == page.get_by_role("link", name="Continue your audit").get_attribute("href")
    page.get_by_role("button", name="Forget easy, seed 900123").click()
    kept.wait_for(state="detached")
    assert page.evaluate("localStorage.length") == 0
    assert page.get_by_role("heading", name="Continue your audit").count() == 0
