"""Recorded episodes in a real browser: logs, an episode step by step, two side by side, and files that mean harm."""

import copy
import json
import re

import pytest

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.tests.rollouts.recorded import recorded

pytestmark = pytest.mark.browser

KEPT = "#/replay?log=episodes-20260131T120000.000000Z-4711.jsonl"
"""The log of the server: two audits as of a model, then the heuristic's and flag-all's of one seed."""
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def lines():
    """Four episodes: three agents on one seed, and one of them on another task."""
    agents = (HeuristicAuditor(), baseline("flag-all"), baseline("approve-all"))
    same, other = (
        {"task_id": f"oversight_{tier}", "seed": seed} for tier, seed in (("medium", 900_123), ("easy", 900_124))
    )
    return [*(recorded(same, agent).line() for agent in agents), recorded(other, baseline("flag-all")).line()]


@pytest.fixture
def opened(open_page, tmp_path):
    """Open the page and choose a file with these bytes or lines."""

    def choose(content, name="several.jsonl", **options):
        page = open_page("#/replay", **options)
        log = tmp_path / name
        log.write_bytes(content if isinstance(content, bytes) else "".join(content).encode())
        page.locator("input[type=file]").set_input_files(log)
        return page

    return choose


@pytest.fixture
def replayed(opened, lines):
    """Choose the four episodes, and go to that of an agent."""

    def go(agent="heuristic", **options):
        page = opened(lines, **options)
        page.get_by_role("link", name=agent).first.click()
        step(page, 1)
        return page

    return go


def step(page, number, of=None):
    page.get_by_role("heading", name=re.compile(f"Step {number} of {of or ''}")).first.wait_for()


def test_a_log_of_several_agents_is_filtered_by_agent_task_and_score(opened, lines):
    page = opened(lines)
    page.get_by_text("4 of 4 episodes").wait_for()
    page.get_by_label("Agent").select_option("flag-all")
    page.get_by_text("2 of 4 episodes").wait_for()
    page.get_by_label("Task").select_option("oversight_easy")
    page.get_by_text("1 of 4 episodes").wait_for()
    page.get_by_label("Agent").select_option("")
    page.get_by_label("Task").select_option("")
    page.get_by_label("Score from").fill("0.99")
    page.get_by_text("1 of 4 episodes").wait_for()
    assert page.locator(".replay-list tbody a").all_inner_texts() == ["heuristic"]


def test_keys_go_through_the_steps_and_from_mistake_to_mistake(replayed, lines):
    page, episode = replayed("flag-all"), json.loads(lines[1])
    page.keyboard.press("ArrowRight")
    step(page, 2, len(episode["actions"]))
    page.keyboard.press("k")
    step(page, 1)
    truths = {proposal["proposal_id"]: proposal for proposal in episode["outcome"]["proposals"]}
    wrong = [
        number
        for number, action in enumerate(episode["actions"], start=1)
        if action["action_type"] == "flag_error" and truths[action["proposal_id"]]["error_type"] != action["error_type"]
    ]
    for number in [number for number in wrong if number > 1] + wrong[:1]:
        page.keyboard.press("m")
        step(page, number)
    page.keyboard.press("End")
    page.get_by_role("heading", name="Outcome").wait_for()
    assert f"step={len(episode['actions']) + 1}" in page.url
    marks = page.locator(".replay-step h3").evaluate_all("all => all.map(title => Boolean(title.className))")
    assert marks == sorted(marks, reverse=True)
    assert sum(marks) == len(wrong)


def test_a_step_shows_what_was_seen_done_brought_and_paid(replayed, lines):
    page, episode = replayed(), json.loads(lines[0])
    place = next(at for at, one in enumerate(episode["actions"]) if one["action_type"] == "flag_error")
    page.locator(".replay-steps button").nth(place).click()
    step(page, place + 1)
    shown = page.locator(".replay-step")
    page.get_by_text("What the agent saw before").click()
    for text in (
        episode["actions"][place]["reason"],
        *(episode["observations"][at]["feedback"] for at in (place, place + 1)),
    ):
        assert text in shown.inner_text()
    paid = sum(one["reward"] for one in episode["observations"][1 : place + 2])
    assert f"return so far {paid:+.3f}".replace("-", "−") in shown.inner_text()
    shown.locator("button.cite").first.click()
    page.locator(".replay-known .lit").wait_for()


def test_two_of_one_seed_stand_side_by_side_with_their_decisions_in_one_row(replayed, lines):
    page = replayed()
    beside = page.get_by_label("Beside it")
    assert beside.locator("option").count() == 3, "none, and the two other agents of that seed"
    beside.select_option("2")
    page.get_by_role("heading", name="flag-all: nothing that goes with it").wait_for()
    rows = page.locator(".replay-steps button").all_inner_texts()
    decided = [row for row in rows if re.search("(flag|approve) PROP", row)]
    assert len(decided) == len(json.loads(lines[0])["outcome"]["proposals"])
    for row in decided:
        assert len(set(re.findall(r"PROP-\d+", row))) == 1
        assert len(re.findall(r"PROP-\d+", row)) == 2
    page.keyboard.press("End")
    page.get_by_role("heading", name="flag-all: Outcome").wait_for()
    page.get_by_role("heading", name="heuristic: Outcome").wait_for()
    page.go_back()
    page.locator(".two").wait_for(state="detached")
    step(page, 1)


def test_a_link_leads_to_a_step_of_a_kept_log(open_page):
    page = open_page(f"{KEPT}&episode=3&step=4&beside=4")
    page.get_by_role("heading", name="heuristic: Step 4").wait_for()
    page.locator(".two").wait_for()
    page.get_by_role("link", name="All episodes").click()
    page.get_by_text("4 of 4 episodes").wait_for()


def test_a_hostile_log_is_told_line_by_line_and_the_rest_of_it_opens(opened, lines):
    bad, strange = json.loads(lines[0]), json.loads(lines[0])
    bad["seed"] = "7"
    listed = copy.deepcopy(json.loads(lines[0]))
    listed["observations"][2]["feedback"] = ["no text"]
    strange |= {"agent": HOSTILE, "gave_up": HOSTILE}
    for action in strange["actions"]:
        action["proposal_id"] = "__proto__" if action["action_type"] == "review_proposal" else action.get("proposal_id")
        action["reason"] = action["where"] = HOSTILE
        action["fault"] = "__proto__"
    for seen in strange["observations"]:
        seen["feedback"] = HOSTILE + seen["feedback"]
    polluting = json.dumps(strange)[:-1] + ',"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
    broken = [
        *("x" * 10_000_000, '{"task": "half', "[" * 100_000, json.dumps(bad), json.dumps(listed)),
        *('{"seed": NaN}', "null", lines[0].replace('"score":', '"score":1e999,"was":')),
    ]
    content = "\n".join([lines[1].strip(), *broken, "", polluting]).encode() + b"\n\xff\xfe\x00\n"
    page = opened(content)
    page.get_by_text("2 of 2 episodes").wait_for()
    told = page.locator("[role=status].problem p").all_inner_texts()
    assert told[1].startswith("Line 2: This is no episode: it has 10000000 bytes")
    assert told[2] == "Line 3: This is no episode: it is not JSON, or nested too deeply."
    assert told[4] == "Line 5: This is no episode: its seed is not a number."
    assert told[5] == "Line 6: This is no episode: its observations[2].feedback is not a string."
    assert told[6] == "Further lines that are no episodes: 4."
    page.locator(".replay-list a", has_text="script").click()
    step(page, 1)
    assert HOSTILE in page.locator("main").inner_text()
    page.keyboard.press("End")
    page.get_by_role("heading", name="Outcome").wait_for()
    assert page.locator("script:has-text('alert(1)'), img[src=x]").count() == 0
    assert page.evaluate("({}).polluted") is None


def test_it_can_be_looked_at(opened, lines, sight):
    page = opened([*lines, "half"], **sight.options)
    page.get_by_text("4 of 4 episodes").wait_for()
    sight.look(page, "replay-list")
    page.get_by_role("link", name="flag-all").first.click()
    step(page, 1)
    page.keyboard.press("m")
    sight.look(page, "replay-step")
    page.get_by_label("Beside it").select_option("1")
    page.locator(".two").wait_for()
    sight.look(page, "replay-two")
    page.keyboard.press("End")
    sight.look(page, "replay-outcome")
    if sight.shape != "phone":
        fits = "document.documentElement.scrollHeight <= innerHeight"
        assert page.evaluate(fits), "list and content scroll by themselves"
