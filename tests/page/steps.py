"""What a person does at an audit, for the tests; and the audit that is kept in the browser, played again in Python."""

import json
import re

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.patience import wait_until

EASY = "#/audit?task=oversight_easy&split=validation&seed=900122"
HARD = "#/audit?task=oversight_hard&split=validation&seed=900122"
SHAPES = {
    "desktop": {"width": 1366, "height": 768},
    "wide": {"width": 1920, "height": 1080},
    "phone": {"width": 390, "height": 844},
}


def prepared(page):
    """Wait until an audit can be worked at."""
    page.locator(".queue button").first.wait_for()
    return page


def until(page, expression, arg=None):
    """Wait until an expression is true on the page.

    Playwright's own way evaluates a text in the page each time but the first, which the page's policy forbids.
    """
    wait_until(lambda: page.evaluate(expression, arg), f"This was never true: {expression}")


def truth_of(task, seed, split="validation"):
    """Proposal id to the error type of a wrong one, or to None."""
    environment = SynthAuditEnvironment()
    environment.reset(task_id=task, seed=seed, split=split)
    ended = environment.step(SynthAuditAction(action_type="submit_audit_report", report="Nothing was looked at."))
    return {one.proposal_id: one.error_type if one.is_wrong else None for one in ended.result.outcome.proposals}


def kept_audits(page):
    """What the browser keeps of audits, newest first."""
    texts = page.evaluate(
        "Object.keys(localStorage).filter((key) => key.startsWith('synth-audit:')).map("
        "(key) => localStorage.getItem(key))"
    )
    return sorted((json.loads(text) for text in texts), key=lambda one: one["begun"], reverse=True)


def kept_actions(page):
    [kept] = kept_audits(page)
    return [one["action"] for one in kept["actions"]]


def played_again(kept):
    """The last observation of a kept audit, as this package makes it."""
    environment = SynthAuditEnvironment()
    observation = environment.reset(**{**kept["recipe"], "settlement": "terminal"})
    for one in kept["actions"]:
        observation = environment.step(SynthAuditAction.model_validate(one["action"]))
        assert observation.feedback == one["feedback"]
    return observation


def turn_to(page, proposal_id):
    page.locator(".queue").get_by_role("button", name=proposal_id).click()
    page.get_by_role("region", name="Decision").get_by_role("heading", name=proposal_id).wait_for()


def press(page, name):
    page.get_by_role("button", name=re.compile(f"^{name}")).click()


def steps_left(page, number):
    """Wait until the page says so."""
    page.locator(".status").get_by_text(f"{number} steps left").wait_for()


def settle(page, proposal_id, error_type, reason):
    """Approve by mouse what is right, and flag what is wrong."""
    turn_to(page, proposal_id)
    if error_type is None:
        press(page, "Approve")
        page.get_by_text("You approved it.").wait_for()
    else:
        page.get_by_label("What is wrong").select_option(error_type)
        page.get_by_label("Why: ", exact=False).fill(reason)
        press(page, "Flag as wrong")
        page.get_by_text("You flagged it").wait_for()


def end(page):
    press(page, "File the report")
    press(page, "End the audit")
    page.locator(".queue").wait_for(state="detached")
