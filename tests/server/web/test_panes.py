"""What the page shows is what the desk knows, with every text of the episode and the person escaped."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web import markup, panes
from synth_audit_env.server.web.after_panes import after_pane, files_pane
from synth_audit_env.server.web.aftermath import aftermath
from synth_audit_env.server.web.desk import Desk
from synth_audit_env.server.web.protocol_pane import protocol_pane
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.tests.server.web.desks import desk_at, played, ticking
from synth_audit_env.validation.channel.asks import twin

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">\' §3.1 =1+1'
TAGS = frozenset(
    "a article b blockquote caption code dd div dl dt details h2 h3 h4 li p section span summary table tbody td th "
    "thead tr ul pre".split()
)


class Seen(HTMLParser):
    """The tags, attributes and text of a piece of HTML, and whether every tag is closed in its order."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = set(), [], "", []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def harmless(html):
    """Nothing in it runs, and nothing is loaded."""
    seen = Seen(html)
    assert seen.tags <= TAGS, seen.tags - TAGS
    for name, value in seen.attributes:
        assert not name.startswith("on")
        if name in ("href", "src"):
            assert value.startswith(("#", "?", "data:text/csv;", "data:application/jsonl;"))
    return seen


def hostile(action):
    """The same audit in the words of somebody who means harm."""
    changed = {name: HOSTILE for name in ("reason", "report") if getattr(action, name) is not None}
    return action.model_copy(update=changed)


@pytest.fixture(scope="module", params=["oversight_easy", "oversight_expert"])
def finished(request):
    return played(request.param, 900_003, change=hostile)


def all_panes(desk):
    for one in desk.opening.actor_proposals:
        yield panes.proposal_pane(desk, one.proposal_id)
        yield panes.patient_pane(desk, one.patient_id)
    for feature in panes_features(desk):
        yield panes.cohort_pane(desk, feature)
    yield from (panes.status_pane(desk), protocol_pane(desk.pages), panes.trail_pane(desk))


def panes_features(desk):
    return [*desk.known.cohorts, "not asked"]


def test_nothing_of_a_hostile_text_is_markup_anywhere(finished):
    for html in (*all_panes(finished), after_pane(finished), files_pane(finished)):
        harmless(html)
    flagged = next(iter(one for one in finished.decided.values() if one.action_type == "flag_error"))
    assert HOSTILE in Seen(panes.proposal_pane(finished, flagged.proposal_id)).text
    assert HOSTILE in Seen(after_pane(finished)).text


@given(st.text(max_size=80))
@example(HOSTILE)
def test_any_text_comes_out_as_it_went_in(text):
    text = text.replace("\0", "").replace("\r", "")
    for html in (
        markup.links_in(text),
        markup.notice(text),
        markup.cite(text),
        markup.facts([(text, text)]),
        markup.table([text], [[text]], label=text),
    ):
        assert text in harmless(html).text


@given(st.text(max_size=60))
def test_an_anchor_is_made_of_plain_letters_whatever_is_cited(cited):
    assert re.fullmatch(r"wb-at-[a-z0-9.-]*", markup.anchor(cited))


def test_a_citation_of_what_is_not_there_looks_like_any_other():
    assert markup.cite("§3.2").replace("3.2", "X") == markup.cite("§9.9").replace("9.9", "X")


def test_a_pane_shows_only_what_was_looked_up():
    desk = desk_at()
    about = desk.opening.actor_proposals[0]
    assert "has not been read" in panes.proposal_pane(desk, about.proposal_id)
    assert "has not been opened" in panes.patient_pane(desk, about.patient_id)
    assert panes.cohort_pane(desk, "sex") == ""
    assert "Nothing has been done" in panes.trail_pane(desk)
    desk.act({"action_type": "temporal_audit", "patient_id": about.patient_id})
    before = panes.patient_pane(desk, about.patient_id)
    assert desk.known.timelines[about.patient_id].events[0].date in before
    for action in ("investigate_patient", "request_shap"):
        desk.act({"action_type": action, "patient_id": about.patient_id})
    desk.act({"action_type": "review_proposal", "proposal_id": about.proposal_id})
    desk.act({"action_type": "cohort_analysis", "feature": "sex"})
    after = panes.patient_pane(desk, about.patient_id)
    assert "What moved the Actor" in after
    assert "Days between the dates" in after
    assert desk.known.reviews[about.proposal_id].reasoning in Seen(panes.proposal_pane(desk, about.proposal_id)).text
    assert "Mortality by sex" in panes.cohort_pane(desk, "sex")
    assert "Days between" not in panes.patient_pane(desk, "P0002")


def test_the_truth_is_in_no_pane_before_the_end():
    desk = played("oversight_medium", 900_004)
    rows = aftermath(desk.outcome, desk.decided).rows
    truths = [told for row in rows for told in (row.explanation, row.flaw)]
    begun = desk_at("oversight_medium", 900_004)
    for entry in desk.trail[:-1]:
        begun.act(entry.action)
        shown = Seen("".join(all_panes(begun))).text
        assert not any(truth in shown for truth in truths)
        assert after_pane(begun) == ""
    shown = Seen(after_pane(desk)).text
    for row in rows:
        assert row.explanation in shown
        assert row.flaw in shown


def turned(*world):
    """The same trial with every label turned over."""
    return twin(build_scenario(*world))


@pytest.mark.parametrize("task_id", ["oversight_easy", "oversight_medium", "oversight_hard", "oversight_expert"])
def test_with_every_label_turned_over_nothing_that_is_shown_or_saved_before_the_end_changes(task_id):
    for seed in range(900_000, 900_003):
        told = played(task_id, seed)
        twins = [Desk(SynthAuditEnvironment(build=build), ticking()) for build in (build_scenario, turned)]
        for desk in twins:
            desk.start(task_id, None, seed)
        for entry in told.trail[:-1]:
            for desk in twins:
                desk.act(entry.action)
            one, other = ([*all_panes(desk), files_pane(desk)] for desk in twins)
            assert one == other
        # And afterwards all is told, so that the two are not the same for want of a label.
        for desk in twins:
            desk.act(told.trail[-1].action)
        one, other = (after_pane(desk) for desk in twins)
        assert one != other


def test_the_status_tells_steps_spent_and_decided_and_names_the_audit():
    desk = desk_at("oversight_easy", 900_000)
    proposal = desk.opening.actor_proposals[0].proposal_id
    desk.act({"action_type": "approve", "proposal_id": proposal, "confidence": 0.7})
    shown = Seen(panes.status_pane(desk))
    assert "Steps left 49 of 50" in shown.text
    assert "Spent −0.003" in shown.text
    assert f"Decided 1 of {len(desk.opening.actor_proposals)}" in shown.text
    assert ("href", "?task=oversight_easy&split=validation&seed=900000") in shown.attributes
    # In a tab of its own: in this one it would leave the audit.
    assert {("target", "_blank"), ("rel", "noopener")} <= set(shown.attributes)
    assert "You have approved, confidence 0.70" in Seen(panes.proposal_pane(desk, proposal)).text


def test_the_browser_asks_before_it_leaves_what_is_not_saved():
    desk = desk_at()
    asks = ["data-under-way" in panes.status_pane(desk)]
    for action in (
        {"action_type": "review_proposal", "proposal_id": "PROP-001"},
        {"action_type": "submit_audit_report", "report": "None."},
    ):
        desk.act(action)
        asks.append("data-under-way" in panes.status_pane(desk))
    desk.saved = True
    asks.append("data-under-way" in panes.status_pane(desk))
    assert asks == [False, True, True, False]


def test_the_trail_has_every_action_with_its_time_and_why_it_was_refused():
    desk = desk_at()
    desk.act(SynthAuditAction(action_type="investigate_patient", patient_id="P9999"))
    desk.act({"action_type": "investigate_patient", "patient_id": "P0001"})
    shown = Seen(panes.trail_pane(desk)).text
    assert "There is no patient 'P9999'" in shown
    assert "investigate_patient(P0001)" in shown
    assert "0:01" in shown
    assert "−0.053" in shown


def test_the_outcome_has_all_figures_and_proposals():
    desk = played("oversight_medium", 900_004)
    shown = Seen(after_pane(desk))
    for row in desk.outcome.proposals:
        assert f"{row.proposal_id}: " in shown.text
    for name in ("Brier score", "Skill", "F1.5"):
        assert name in shown.text
    assert "Decisions against the truth" in shown.text
    for event in desk.outcome.reward_breakdown:
        assert markup.words(event) in shown.text


def test_nothing_is_marked_as_done_that_was_left():
    desk = desk_at("oversight_medium", 900_004)
    desk.act({"action_type": "submit_audit_report", "report": "None."})
    html = after_pane(desk)
    verdicts = {row.verdict for row in aftermath(desk.outcome, desk.decided).rows}
    assert verdicts == {"error left open", "left open"}
    cards = html.partition("Proposal by proposal")[2]
    assert set(re.findall('<article class="([^"]*)"', cards)) == {"wb-mistake", "wb-open"}
    assert "✓" not in cards


def test_the_files_are_in_their_links_and_those_of_the_end_only_at_the_end():
    begun, over = desk_at(), played()
    assert files_pane(begun).count("download=") == 1
    html = files_pane(over)
    assert re.findall('download="([^"]*)"', html) == [
        f"oversight_easy-900000-{end}" for end in ("dv.csv", "episode.jsonl")
    ]
