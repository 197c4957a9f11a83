"""What a press does: nothing is lost, sent or saved that the person does not mean."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from synth_audit_env.models import MAX_REASON, MAX_REPORT
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web.audit_fields import EVERY_FIELD, Fields
from synth_audit_env.server.web.links import link
from synth_audit_env.server.web.visitors import Visitors

audit_tab = pytest.importorskip("synth_audit_env.server.web.audit_tab")

PARTS = (
    "split_before key query tab named task split seed begin surprise note board status after proposal record cohort "
    "protocol trail files chosen patient shap_field feature error_type reason sure report"
).split()
FORM = ("oversight_easy", "validation", "900000")
PERSON = SimpleNamespace(session_hash="a", request=SimpleNamespace(scope={}))
FIELDS = Fields("PROP-001", "P0003", EVERY_FIELD, "sex", "age_boundary_error", "too old", 0.35, "")


@pytest.fixture
def tab():
    """Its handlers, with names in place of components."""
    made = object.__new__(audit_tab._AuditTab)
    made._visitors = Visitors(Sessions(SynthAuditEnvironment, limit=1, idle_timeout_s=None))
    for name in PARTS:
        setattr(made, name, name)
    made.buttons = {name: name for name in ("review_proposal", "approve", "flag_error")}
    return made


def start(tab, said=audit_tab.START, seed="900000"):
    return tab._begin(*FORM[:2], seed, said, None, PERSON)


def arrive(tab, query, page="a", name="a name of a tab"):
    return tab._arrive(name, SimpleNamespace(session_hash=page, query_params=query))


def audit(tab):
    return tab._visitors.desk("a")


async def test_an_audit_under_way_is_dropped_only_by_a_second_press(tab):
    await start(tab)
    await tab._act("review_proposal", FIELDS, PERSON)
    for press in (start(tab, seed="900001"), tab._surprise(*FORM[:2], audit_tab.SURPRISE, PERSON)):
        shown = await press
        assert (audit(tab).seed, len(audit(tab).trail)) == (900_000, 1)
        assert f"drops the one of {audit(tab).pages.code}: 1 action" in shown["note"]
    assert (shown["begin"].value, shown["surprise"].value) == (audit_tab.START_ANYWAY, audit_tab.SURPRISE_ANYWAY)
    shown = await start(tab, shown["begin"].value, "900001")
    assert (audit(tab).seed, audit(tab).trail) == (900_001, [])
    assert (shown["begin"].value, shown["surprise"].value) == (audit_tab.START, audit_tab.SURPRISE)
    await tab._act("review_proposal", FIELDS, PERSON)
    await tab._surprise(*FORM[:2], audit_tab.SURPRISE_ANYWAY, PERSON)
    assert audit(tab).trail == []


async def test_the_link_of_an_adaptive_audit_leads_a_new_session_to_the_same_one(tab):
    learnt = {"level": "hard", "error_types": ["comorbidity_override_miss", "temporal_inconsistency"]}
    first = await tab._visitors.start("b", "", "oversight_adaptive", None, 900_000, **learnt)
    query = link(first.place)
    tab._visitors.left("b")
    tab._visitors._sessions = Sessions(SynthAuditEnvironment, limit=1, idle_timeout_s=None)
    form = await arrive(tab, query)
    shown = await tab._begin(form["task"], form["split"], form["seed"], audit_tab.START, form["named"], PERSON)
    assert shown["query"] == query
    assert audit(tab).made_of == first.made_of
    assert audit(tab).opening.protocol_excerpt == first.opening.protocol_excerpt
    assert audit(tab).opening.actor_proposals == first.opening.actor_proposals


async def test_what_a_link_says_is_dropped_with_another_task_or_seed_in_the_form(tab):
    form = await arrive(tab, "task=oversight_adaptive&seed=900000&level=hard")
    asked = (form["split"], "900001", audit_tab.START, form["named"], PERSON)
    await tab._begin("oversight_adaptive", *asked)
    audit(tab).act({"action_type": "submit_audit_report", "report": ""})
    assert (audit(tab).seed, audit(tab).made_of["level"]) == (900_001, "easy")
    await tab._begin("oversight_easy", form["split"], "900000", audit_tab.START_ANYWAY, *asked[3:])
    assert (audit(tab).task_id, audit(tab).made_of) == ("oversight_easy", {})


async def test_a_link_that_cannot_be_meant_is_a_sentence(tab):
    shown = await arrive(tab, "task=oversight_adaptive&seed=900000&level=easy&error_types=<b>")
    assert "Level &#x27;easy&#x27; has no error type" in shown["note"]
    assert "<b>" not in shown["note"]
    assert "named" not in shown


async def test_going_on_takes_the_question_back(tab):
    await start(tab)
    await tab._act("review_proposal", FIELDS, PERSON)
    await start(tab)
    shown = await tab._act("approve", FIELDS, PERSON)
    assert shown["begin"].value == audit_tab.START


async def test_after_a_reload_in_the_middle_of_an_audit_another_can_be_started(tab):
    """A page that is opened has both buttons disabled until it has arrived."""
    await arrive(tab, "")
    await start(tab)
    tab._visitors.left("a")
    shown = await arrive(tab, "", page="b")
    assert "your audit is here as you left it" in shown["note"]
    # What a field of an update does not name stays as it was.
    assert [shown[name].constructor_args.get("interactive") for name in ("begin", "surprise")] == [True, True]


async def test_where_nothing_is_lost_nothing_is_asked(tab):
    await start(tab)
    await start(tab, seed="900001")
    assert audit(tab).seed == 900_001
    tab._visitors.act("a", {"action_type": "submit_audit_report", "report": "None."})
    await tab._make(PERSON)
    await start(tab)
    assert audit(tab).seed == 900_000


async def test_an_outcome_is_dropped_only_by_a_second_press_until_its_files_were_made(tab):
    await start(tab)
    await tab._make(PERSON)
    shown = await tab._act("submit_audit_report", replace(FIELDS, report="None."), PERSON)
    assert "data-under-way" in shown["status"]
    for press in (start(tab, seed="900001"), tab._surprise(*FORM[:2], audit_tab.SURPRISE, PERSON)):
        shown = await press
        assert (audit(tab).seed, audit(tab).over) == (900_000, True)
        assert f"the outcome of {audit(tab).pages.code}" in shown["note"]
    assert shown["begin"].value == audit_tab.START_ANYWAY
    shown = await tab._make(PERSON)
    assert (shown["begin"].value, shown["surprise"].value) == (audit_tab.START, audit_tab.SURPRISE)
    assert "data-under-way" not in shown["status"]
    await start(tab, seed="900001")
    assert (audit(tab).seed, audit(tab).saved) == (900_001, False)


async def test_flags_with_long_reasons_each_have_their_kind_of_error_in_the_report(tab):
    await tab._begin("oversight_hard", "validation", "900123", audit_tab.START, None, PERSON)
    proposals, report = [one.proposal_id for one in audit(tab).opening.actor_proposals], ""
    assert len(proposals) * MAX_REASON > MAX_REPORT
    for proposal in proposals:
        flag = replace(FIELDS, proposal_id=proposal, reason="x" * MAX_REASON, report=report)
        shown = await tab._act("flag_error", flag, PERSON)
        report = shown["report"]
        assert report.split("\n")[-1].startswith(f"{proposal}: age_boundary_error")
    assert f"{proposals[-1]}: flagged." in shown["note"]
    assert "without its reason" in shown["note"]
    assert len(report.split("\n")) == len(proposals)


async def test_a_draft_is_of_one_proposal_and_is_there_when_it_is_looked_at_again(tab):
    await start(tab)
    shown = await tab._choose(replace(FIELDS, proposal_id="PROP-002"), PERSON)
    assert [shown[part] for part in ("error_type", "reason", "sure")] == [None, "", audit_tab.SURE]
    assert shown["flag_error"].value.startswith("Flag PROP-002 as wrong")
    assert shown["approve"].value.startswith("Approve PROP-002")
    shown = await tab._choose(replace(FIELDS, error_type=None, reason="not yet", confidence=0.5), PERSON)
    assert [shown[part] for part in ("error_type", "reason", "sure")] == ["age_boundary_error", "too old", 0.35]
    shown = await tab._choose(replace(FIELDS, proposal_id="PROP-002"), PERSON)
    assert [shown[part] for part in ("error_type", "reason", "sure")] == [None, "not yet", 0.5]
    await start(tab)
    assert audit(tab).drafts == {}


async def test_files_are_gone_as_soon_as_they_are_old(tab):
    await start(tab)
    made = await tab._make(PERSON)
    assert "download=" in made["files"]
    shown = await tab._act("review_proposal", FIELDS, PERSON)
    assert shown["files"] == ""


async def test_the_second_click_of_a_double_click_is_no_second_press(tab, monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    await start(tab)
    await tab._act("review_proposal", FIELDS, PERSON)
    monkeypatch.setattr(audit_tab.asyncio, "sleep", sleep)
    await start(tab)
    assert waited == [audit_tab.DOUBLE_CLICK_S]


async def test_who_chooses_or_looks_is_there(tab):
    """A broken connection does not end the audit of somebody who reads, nor is their desk dropped."""
    tab._visitors = Visitors(Sessions(SynthAuditEnvironment, limit=1, idle_timeout_s=None), grace_s=1.0)
    await start(tab)
    for look in (tab._choose, tab._look):
        tab._visitors.left("a")
        assert (await look(FIELDS, PERSON))["key"] == "a"
        await asyncio.sleep(1.1)
        assert tab._visitors.ended("a") is None


async def test_a_page_that_is_opened_anew_in_its_tab_has_the_audit(tab):
    await arrive(tab, "")
    await start(tab)
    await tab._act("review_proposal", FIELDS, PERSON)
    address = link(audit(tab).place)
    for page, query in (("b", address), ("c", "")):
        shown = await arrive(tab, query, page)
        assert "here as you left it" in shown["note"]
        assert (shown["chosen"].value, shown["query"], shown["key"]) == ("PROP-001", address, page)
        assert "PROP-001" in shown["trail"]
        assert shown["board"].visible
        assert len(tab._visitors.desk(page).trail) == 1
    told = (
        await tab._act("review_proposal", FIELDS, PERSON) if audit(tab) else await tab._told(lambda: tab._make(PERSON))
    )
    assert "goes on in another tab" in told["note"]


async def test_an_outcome_is_there_again_too(tab):
    await arrive(tab, "")
    await start(tab)
    await tab._act("submit_audit_report", replace(FIELDS, report="Nothing."), PERSON)
    shown = await arrive(tab, "", "b")
    assert shown["after"]
    assert tab._visitors.desk("b").over


@pytest.mark.parametrize(("query", "name"), [("?task=oversight_easy&seed=900001", "a name of a tab"), ("", "another")])
async def test_a_page_of_another_audit_or_another_tab_has_none(tab, query, name):
    await arrive(tab, "")
    await start(tab)
    shown = await arrive(tab, query, "b", name)
    assert "board" not in shown
    assert tab._visitors.desk("b") is None
    assert audit(tab).seed == 900_000, "it is where it was"
