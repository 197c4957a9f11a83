"""The printed report tells the audit, loads nothing, runs nothing, and shows any text as text."""

from html.parser import HTMLParser

import pytest

from synth_audit_env.server.web import printed_report as module
from synth_audit_env.server.web.aftermath import aftermath
from synth_audit_env.server.web.audit_trail import closing_hash
from synth_audit_env.server.web.desk import DeskError
from synth_audit_env.server.web.printed_report import WARNING, printed_report
from synth_audit_env.server.web.rivals import rivals
from synth_audit_env.tests.server.web.desks import desk_at, played

VOID = {"meta"}
HOSTILE = """</p><script>alert(1)</script><img src=x onerror=alert(1)>'"&lt;"""


class Reader(HTMLParser):
    """Tags, attributes and text; fails where tags do not close in order."""

    def __init__(self, document):
        super().__init__()
        self.tags, self.attributes, self.open, self.text = set(), [], [], ""
        self.feed(document)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def hostile(action):
    update = {"reason": HOSTILE} if action.action_type == "flag_error" else {}
    if action.action_type == "submit_audit_report":
        update = {"report": HOSTILE}
    return action.model_copy(update=update)


def test_it_tells_the_whole_audit():
    desk = played("oversight_hard", 900_002)
    text = Reader(printed_report(desk)).text
    after = aftermath(desk.outcome, desk.decided)
    assert text.count(WARNING) == 2
    for part in ("Audit of oversight_hard, validation seed 900002", desk.episode_id, closing_hash(desk), desk.report):
        assert part in text
    for row in after.rows:
        assert f"{row.proposal_id} on" in text
        assert f"{row.explanation} {row.flaw}" in text
        assert (row.reason or "") in text
    for payment in after.waterfall:
        assert f"{payment.event.replace('_', ' ')}{payment.amount:+.3f}{payment.running:+.3f}" in text
    for rival in rivals("oversight_hard", "validation", 900_002):
        assert f"{rival.name}{rival.knows}{rival.score:.3f}{rival.skill:.3f}{rival.return_:.3f}{rival.steps}" in text
    assert f"{len(desk.trail)} actions." in text
    assert "Time taken1:03" in text


def test_it_loads_and_runs_nothing():
    reader = Reader(printed_report(played()))
    allowed = (
        "html head meta title style body header main footer h1 h2 h3 p b table caption thead tbody tr th td article"
    )
    assert reader.tags <= set(allowed.split())
    names = {name for name, _ in reader.attributes}
    assert names <= {"lang", "charset", "name", "content", "http-equiv", "scope", "class"}
    assert "url(" not in reader.text
    assert "@import" not in reader.text
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in reader.attributes


def test_hostile_text_is_shown_as_text():
    desk = played("oversight_hard", 900_002, change=hostile)
    flagged = sum(one.action_type == "flag_error" for one in desk.decided.values())
    assert flagged
    document = printed_report(desk)
    reader = Reader(document)
    assert not {"script", "img"} & reader.tags
    assert reader.text.count(HOSTILE) == flagged + 1
    assert "<script" not in document


def test_texts_of_the_episode_are_escaped_too():
    desk = desk_at()
    first = desk.opening.actor_proposals[0]
    desk.opening.actor_proposals[0] = first.model_copy(update={"diagnosis": HOSTILE})
    desk.act({"action_type": "<b>bold</b>", "proposal_id": "<i>"})
    desk.act({"action_type": "submit_audit_report", "report": ""})
    reader = Reader(printed_report(desk))
    assert HOSTILE in reader.text
    assert "i" not in reader.tags
    assert "b" in reader.tags
    assert "<b>bold</b>" in reader.text
    assert "None was filed." in reader.text


def test_what_is_undefined_is_said_to_be():
    desk = desk_at()
    desk.act({"action_type": "submit_audit_report", "report": "Nothing."})
    assert desk.outcome.precision is None
    assert "Precisionnot defined" in Reader(printed_report(desk)).text


def test_the_rivals_of_an_adaptive_audit_play_what_it_was_made_of(monkeypatch):
    desk, asked = played("oversight_adaptive"), []
    monkeypatch.setattr(module, "rivals", lambda *place: asked.append(place) or rivals(*place))
    assert "oracle" in Reader(printed_report(desk)).text
    made = desk.made_of
    assert asked == [("oversight_adaptive", "validation", 900_000, made["level"], tuple(made["error_types"]))]


def test_an_audit_that_is_not_over_cannot():
    with pytest.raises(DeskError, match="not over"):
        printed_report(desk_at())
