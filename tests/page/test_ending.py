"""How an audit went, as the page tells it, and the files that can be taken away."""

import csv
import hashlib
import io
import json
import re

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.episode_log import read_log
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.protocol_text import cite, clause_text
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.page.conftest import CHROMIUM
from synth_audit_env.tests.rollouts.recorded import replayed

pytestmark = pytest.mark.browser
PLAY = """async ({options, actions, name}) => {
  const { Audit } = await import("/page/js/audit_session.js");
  const audit = await Audit.begin({ settlement: "terminal", ...options });
  audit.keep({ name });
  for (const action of actions) await audit.act(action);
  location.hash = `#/audit?id=${audit.kept.id}`;
}"""
HOSTILE = '=cmd()<img src=x onerror=alert(1)>, said "he"\n§4.1'
NOWHERE = "<b>§99.9</b>"
DECISIONS = ("flag_error", "approve")
WINDOW, AGE, OVERRIDE = "protocol_window_violation", "age_boundary_error", "comorbidity_override_miss"
CITATION, FIGURE = "citation_fabrication", "statistical_hallucination"


def keeps(proposal):
    """Whether it is of a patient of whom the Actor reports no deviation."""
    return proposal.note.recommended_action.endswith("continue treatment") and proposal.judgement is not None


LIKELY = 900_292
"""Where the search begins: this one had what was needed when the test was written."""
ROLES = {
    "age": lambda one: one.error_type == AGE and keeps(one),
    "missed": lambda one: one.error_type in (WINDOW, OVERRIDE) and keeps(one),
    "kind": lambda one: one.error_type in (WINDOW, OVERRIDE) and keeps(one),
    "cited": lambda one: one.error_type == CITATION,
    "withheld": lambda one: not one.is_wrong and one.note.recommended_action.endswith("withhold treatment"),
    "alarm": lambda one: not one.is_wrong and keeps(one) and not one.faults,
    "figure": lambda one: not one.is_wrong and keeps(one),
    "passed": lambda one: not one.is_wrong,
    "left": lambda one: not one.is_wrong,
}
"""What a proposal of the audit has to be like. All others are left open too."""


def cast():
    """A seed of the expert tier, its scenario, and a proposal for each role."""
    for seed in range(LIKELY, 910_000):
        scenario = build_scenario(TIERS["expert"], seed, "train")
        free, found = list(scenario.proposals), {}
        for role, suits in ROLES.items():
            one = next((one for one in free if suits(one)), None)
            if one is not None:
                found[role] = one
                free.remove(one)
        if len(found) == len(ROLES):
            return seed, scenario, found
    raise LookupError("no episode has a proposal for each role")


SEED, SCENARIO, CAST = cast() if CHROMIUM else (0, None, {})
ID = {role: one.note.proposal_id for role, one in CAST.items()}
PATIENT = {role: one.note.patient_id for role, one in CAST.items()}
EXPERT = {"task_id": "oversight_expert", "split": "validation", "seed": SEED}


def step(tool, **arguments):
    return {"action_type": tool, **arguments}


def flag(role, error_type, reason, **more):
    return step("flag_error", proposal_id=ID[role], error_type=error_type, reason=reason, **more)


def claim(role, **instead):
    """The first true claim that has a number, with other values where they are named; None leaves one out."""
    fault = next(one for one in CAST[role].faults if one.numbers)
    told = {"fault": fault.fault, "where": fault.places[0], "should_be": fault.numbers[0], **instead}
    return {name: value for name, value in told.items() if value is not None}


def audit():
    """The actions of the audit, without the report."""
    reviews = [step("review_proposal", proposal_id=ID[role]) for role in ("age", "kind", "alarm", "figure", "missed")]
    return [
        *reviews,
        step("investigate_patient", patient_id=PATIENT["age"]),
        flag("age", AGE, CAST["age"].explanation, confidence=0.9, **claim("age")),
        step("approve", proposal_id=ID["missed"], confidence=0.8, **claim("missed", where=NOWHERE)),
        flag("withheld", WINDOW, HOSTILE, confidence=0.7),
        flag("kind", AGE, "33 is above 29.", **claim("kind", should_be=None)),
        step("approve", proposal_id=ID["passed"]),
        flag("figure", FIGURE, "The cohort gives 37.5."),
        flag("alarm", AGE, "Too old.", fault="record_misread", where="age", should_be="7"),
        step("approve", proposal_id="PROP-999"),
    ]


REPORT = step("submit_audit_report", report="An error: age_boundary_error.")
UNFINISHED = audit() if CAST else []
MIXED = [*UNFINISHED, REPORT]
"""Two errors caught, one of them as another kind; one missed, others open; three false alarms; a refused action. Of the
claims one is right, one lacks its number, one is of a place that does not exist, and one is on a sound argument."""


@pytest.fixture
def ending(open_page):
    """Play an audit in the page and go to how it went."""

    def played(options, actions, *, name="", **more):
        page = open_page(**more)
        page.evaluate(PLAY, {"options": options, "actions": actions, "name": name})
        page.locator(".ending h1" if actions and actions[-1] == REPORT else ".bench").wait_for()
        return page

    return played


@pytest.fixture
def mixed(ending):
    return ending(EXPERT, MIXED, name="Zoë <b>O'Hara</b>")


def headings(page, within=".fates"):
    """Without their marks; of what is folded too."""
    return [" ".join(one.split()[1:]) for one in page.locator(f"{within} .fate h3").all_text_contents()]


def saved(page, button, tmp_path):
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    return path


def others(is_wrong):
    """Ids of the proposals that nobody decides."""
    cast = set(ID.values()) - {ID["cited"], ID["left"]}
    return [p.note.proposal_id for p in SCENARIO.proposals if p.is_wrong == is_wrong and p.note.proposal_id not in cast]


def test_mistakes_come_first_and_gravest_first(mixed):
    errors, left = sum(one.is_wrong for one in SCENARIO.proposals), len(others(True)) + len(others(False))
    assert mixed.locator("h1").inner_text() == (
        f"You caught 2 of {errors} errors, with 3 false alarms and {left} left undecided."
    )
    assert mixed.evaluate("document.activeElement.tagName") == "H1"
    assert mixed.locator("h1").bounding_box()["y"] < 150
    assert [one.split(", ", 1)[0] + ":" + one.split(":", 1)[1] for one in headings(mixed)] == [
        f"{ID['missed']}: error missed",
        *(f"{name}: error left open" for name in others(True)),
        *(f"{name}: false alarm" for name in sorted((ID["withheld"], ID["alarm"], ID["figure"]))),
        f"{ID['kind']}: error caught, but named as another kind",
        f"{ID['age']}: error caught",
        # Folded: the rest.
        *sorted([f"{ID['passed']}: rightly passed", *(f"{name}: left open" for name in others(False))]),
    ]
    missed, trial = mixed.locator(".fate").first, SCENARIO.trial
    assert (
        f"Approved, confidence 0.80. The error: {CAST['missed'].error_type.replace('_', ' ')}." in missed.inner_text()
    )
    assert all(part in missed.inner_text() for part in CAST["missed"].explanation.split(" The Actor "))
    limit = trial.protocol.asked("window").clauses[0]
    missed.get_by_role("button", name=cite(limit.number)).first.click()
    assert clause_text(limit, trial).removeprefix(f"{cite(limit.number)} ") in missed.locator(".clause").inner_text()
    # What an agent wrote is seen as it was written.
    assert mixed.locator("blockquote", has_text="=cmd()").inner_text() == HOSTILE
    assert mixed.locator(".fates img, .fates b").count() == 0


@pytest.mark.parametrize(
    ("role", "mark"),
    [("age", "✓ Right."), ("kind", "✓ Right, ✗ without the number."), ("missed", "✗ Wrong."), ("alarm", "✗ Wrong.")],
)
def test_an_argument_tells_what_was_claimed_and_what_is_true(mixed, role, mark):
    lines = mixed.locator(".fate", has_text=ID[role]).locator("p").all_inner_texts()
    claimed, true = (next(line for line in lines if line.startswith(start)) for start in ("Claimed: ", "True: "))
    assert claimed.endswith(mark)
    made = next(step for step in MIXED if step.get("proposal_id") == ID[role] and step["action_type"] in DECISIONS)
    assert made["where"].replace("_", " ") in claimed
    assert made.get("should_be", "") in claimed
    for fault in CAST[role].faults:
        assert fault.places[0].replace("_", " ") in true


@pytest.mark.parametrize("text", ["=1+1", "+1", " @sum", "\uff1d1", "\tone", "-2", "\x00=1"])
def test_no_cell_is_a_formula(open_page, text):
    told = open_page().evaluate('async (text) => (await import("/page/js/exports.js")).cell(text)', text)
    assert told == f"'{text.replace(chr(0), ' ')}"


def test_the_trail_is_a_chain_and_the_episode_is_played_again_by_python(mixed, tmp_path):
    lines = saved(mixed, "Audit trail", tmp_path).read_text(encoding="utf-8").rstrip("\n").split("\n")
    head, *steps, end = map(json.loads, lines)
    assert (head["auditor"], head["trial"], head["seed"]) == ("Zoë <b>O'Hara</b>", SCENARIO.trial.code, SEED)
    assert [step["action"] for step in steps] == MIXED
    assert (end["actions"], end["over"]) == (len(MIXED), True)
    hashes = ["0" * 64, *(hashlib.sha256(line.encode()).hexdigest() for line in lines)]
    assert [json.loads(line)["previous"] for line in lines] == hashes[:-1]
    (record,) = read_log(saved(mixed, "Episode, for the replay", tmp_path))
    # Value by value: JavaScript writes 0.0 as 0.
    assert json.loads(replayed([record])) == json.loads(record.line())
    assert f"{record.outcome.score:.3f}" in mixed.locator(".figures").inner_text()


def test_deviations_are_those_of_a_subject(mixed, tmp_path):
    path = saved(mixed, "Deviations", tmp_path)
    assert path.name == f"expert-{SEED}-dv.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode())))
    assert [row["DVSPID"] for row in rows] == [ID["age"]]
    (row,) = rows
    assert (row["USUBJID"], row["DVSEQ"], row["DOMAIN"]) == (f"SYNTH-{SCENARIO.trial.code}-{PATIENT['age']}", "1", "DV")
    assert (row["DVDECOD"], row["DVCAT"], row["EPOCH"]) == ("AGE BOUNDARY ERROR", "ELIGIBILITY", "SCREENING")
    record = next(turn for turn in played(EXPERT, MIXED) if turn.result and turn.result.tool == "investigate_patient")
    assert row["DVSTDTC"] == record.result.enrolment_date
    told = mixed.get_by_text("Flags left out of the deviations").inner_text()
    assert f"{ID['alarm']} (it is a false alarm, by the outcome)" in told


def played(options, actions):
    environment = SynthAuditEnvironment()
    environment.reset(**options, settlement="terminal")
    return [environment.step(SynthAuditAction.model_validate(action)) for action in actions]


def test_the_report_has_name_date_and_errors_first(mixed):
    mixed.evaluate("window.print = () => { window.printed = (window.printed ?? 0) + 1 };0")
    mixed.get_by_role("button", name="Print the report").click()
    assert mixed.evaluate("window.printed") == 1
    mixed.emulate_media(media="print")
    assert mixed.locator("#content").is_hidden()
    report = mixed.locator(".report").inner_text()
    assert report.startswith(f"Audit report, trial {SCENARIO.trial.code}\n")
    assert "Synthetic data, not for clinical use." in report
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC\. Auditor: Zoë <b>O'Hara</b>\.", report)
    assert HOSTILE in report
    assert REPORT["report"] in report.split("The auditor's report")[1]
    titles = headings(mixed, ".report")
    wrong = [one.note.proposal_id for one in SCENARIO.proposals if one.is_wrong]
    assert [one.split(",")[0] for one in titles[: len(wrong)]] == wrong
    assert len(titles) == len(SCENARIO.proposals)
    mixed.evaluate("dispatchEvent(new Event('afterprint'))")
    assert mixed.locator(".report").count() == 0


def test_everybody_can_read_it(ending, sight):
    page = ending(EXPERT, MIXED, **sight.options)
    page.locator(".race tbody tr").nth(3).wait_for()
    page.locator(".fates > details summary").click()
    sight.look(page, "ending")
