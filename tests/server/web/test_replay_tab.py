"""The shelf of open logs: what can be chosen, what goes beside it, and where the mistakes are."""

import re
from dataclasses import replace

import pytest

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.server.web import replay_panes
from synth_audit_env.server.web.aftermath import WRONG_KIND
from synth_audit_env.server.web.episode_files import read_upload
from synth_audit_env.server.web.markup import signed
from synth_audit_env.server.web.protocol_pages import read_pages
from synth_audit_env.server.web.replays import Pair, ReplayError, replay_of
from synth_audit_env.server.world.protocol import EQUITY
from synth_audit_env.tests.server.web.desks import played
from synth_audit_env.tests.server.web.test_panes import HOSTILE, Seen, harmless, hostile

replay_tab = pytest.importorskip("synth_audit_env.server.web.replay_tab")


@pytest.fixture(scope="module")
def shelf():
    """Three episodes of one seed, one of another, and a log more with one of the first seed."""
    desks = [
        played(auditor=HeuristicAuditor(), change=hostile),
        played(auditor=baseline("approve-all")),
        played(auditor=baseline("flag-all")),
        played(seed=900_001),
    ]
    made = replay_tab.Shelf()
    made.put(read_upload("".join(desk.record().line() for desk in desks).encode(), "four.jsonl"))
    made.put(read_upload(desks[1].record().line().encode(), "one.jsonl"))
    return made


def test_every_episode_of_every_log_can_be_chosen(shelf):
    names = [name for _, name in shelf.episodes()]
    assert names == ["0:0", "0:1", "0:2", "0:3", "1:0"]
    assert shelf.episodes()[3][0].startswith("person · easy 900001 · ")
    assert shelf.replay("0:3").record.seed == 900_001


def test_beside_an_episode_stand_the_others_of_its_seed(shelf):
    assert [name for _, name in shelf.beside("0:0")] == ["0:1", "0:2", "1:0"]
    assert shelf.beside("0:3") == []


def test_two_of_different_seeds_are_refused_and_what_is_open_stays(shelf):
    shelf.show("0:0", None)
    with pytest.raises(ReplayError, match="different episodes"):
        shelf.show("0:0", "0:3")
    assert shelf.right is None
    assert shelf.left.record.seed == 900_000


def test_jumps_lead_from_mistake_to_mistake_and_no_further(shelf):
    shelf.show("0:1", replay_tab.NONE)
    wrong = list(shelf.left.mistakes())
    assert wrong, "approve-all misses something"
    there, place = [], -1
    while (place := shelf.mistake(place, 1)) is not None:
        there.append(place)
    back, place = [], len(shelf.pairs)
    while (place := shelf.mistake(place, -1)) is not None:
        back.append(place)
    assert there == wrong == back[::-1]


def test_side_by_side_a_jump_finds_the_mistakes_of_either(shelf):
    shelf.show("0:1", "0:2")
    sides = {"left": 0, "right": 0}
    place = -1
    while (place := shelf.mistake(place, 1)) is not None:
        for side in sides:
            frame = getattr(shelf.pairs[place], side)
            sides[side] += frame is not None and frame.is_mistake
    assert all(sides.values())


def test_only_so_many_logs_are_open(shelf):
    full = replay_tab.Shelf()
    for _ in range(replay_tab.MOST_OPEN + 2):
        full.put(shelf.logs[1])
    assert len(full.logs) == replay_tab.MOST_OPEN


def test_nothing_of_a_hostile_log_is_markup(shelf):
    shelf.show("0:0", "0:2")
    shown = [replay_panes.step_pane(pair, shelf.left, shelf.right) for pair in shelf.pairs]
    shown += [replay_panes.heading(shelf.left), replay_panes.steps_table(shelf.pairs, shelf.left, shelf.right)]
    for html in shown:
        harmless(html)
    assert any(HOSTILE in Seen(html).text for html in shown)


def test_a_step_shows_what_was_seen_done_and_paid(shelf):
    shelf.show("0:1", None)
    place = shelf.mistake(-1, 1)
    frame = shelf.pairs[place].left
    text = Seen(replay_panes.step_pane(shelf.pairs[place], shelf.left, None)).text
    for part in (frame.saw, frame.did, frame.brought, frame.verdict, f"step {frame.number}"):
        assert part in text
    table = Seen(replay_panes.steps_table(shelf.pairs, shelf.left, None)).text
    assert f"✗ {frame.verdict}" in table


def misnamed(action):
    return action.model_copy(update={"error_type": EQUITY}) if action.error_type else action


def test_the_heading_counts_as_the_score_does():
    """An error that was flagged as another kind is caught for the score, and so is no wrong decision here."""
    replay = replay_of(played("oversight_hard", 900_002, change=misnamed).record())
    text = Seen(replay_panes.heading(replay)).text
    named = sum(row.verdict == WRONG_KIND for row in replay.after.rows)
    assert (replay.after.score, named > 1) == (1.0, True)
    for told in ("missed or left open0", "False alarms0", f"named as another kind{named}"):
        assert told in text


def test_where_all_is_paid_at_the_end_a_step_says_so():
    replay = replay_of(played().record())
    first, last = (Seen(replay_panes.step_pane(Pair(replay.frames[at], None), replay, None)).text for at in (0, -1))
    assert "Paidnothing yet: all at the last step" in first
    assert f"Paid{signed(replay.frames[-1].paid)}" in last
    assert "Paidall at the last step" in Seen(replay_panes.heading(replay)).text
    options = {**replay.record.options, "settlement": "immediate"}
    paid = replace(replay, record=replace(replay.record, options=options))
    assert "Paid+0.000" in Seen(replay_panes.step_pane(Pair(paid.frames[0], None), paid, None)).text


PARTS = "shelf note first second head step steps outcome frame board upload protocol".split()


@pytest.fixture
def tab():
    """Its handlers, with names in place of components."""
    made = object.__new__(replay_tab._ReplayTab)
    for name in PARTS:
        setattr(made, name, name)
    return made


def places_and_links(html):
    told = Seen(html).attributes
    return [value for name, value in told if name == "id"], {value[1:] for name, value in told if name == "href"}


def test_the_protocol_that_the_agent_had_is_there_and_citations_lead_into_that_of_their_own_episode(shelf, tab):
    shown = tab._show(shelf, "0:0", "0:2")
    places, _ = places_and_links(shown["protocol"])
    assert len(set(places)) == len(places)
    text = Seen(shown["protocol"]).text
    for line in filter(None, shelf.left.record.opening.protocol_excerpt.split("\n")):
        assert text.count(line) == 2, "once for each side"
    number = read_pages(shelf.left.record.opening.protocol_excerpt).chapters[0].sections[0].number
    citing = replace(shelf.left.frames[0], brought=f"See §{number}.")
    _, links = places_and_links(replay_panes.step_pane(Pair(citing, citing), shelf.left, shelf.right))
    assert links == {f"wb-replay-0-at-{number}", f"wb-replay-1-at-{number}"}
    assert links <= set(places)
    _, links = places_and_links(shown["outcome"])
    assert links
    assert all(link.startswith(("wb-replay-0-at-", "wb-replay-1-at-")) for link in links)


def test_an_hour_is_counted_from_the_last_look(shelf, tab):
    """Gradio keeps a state for so long after a handler has given it back."""
    looks = [
        tab._chosen(shelf, "0:0"),
        tab._beside(shelf, "0:0", "0:2"),
        tab._beside(shelf, "0:0", "0:3"),
        tab._at(shelf, 2),
        tab._move(lambda shelf, place: place + 1)(shelf, 1),
        tab._move(lambda shelf, place: None)(shelf, 1),
    ]
    assert all(shown["shelf"] is shelf for shown in looks)


def test_a_field_that_is_left_as_it_was_changes_nothing(shelf, tab):
    """Gradio tells of a choice, too, when a field of choices loses the focus."""
    tab._chosen(shelf, "0:3")
    assert "frame" in tab._chosen(shelf, "0:0")
    assert tab._beside(shelf, "0:0", replay_tab.NONE) == {"shelf": shelf}
    assert "frame" in tab._beside(shelf, "0:0", "0:2")
    for shown in (tab._chosen(shelf, "0:0"), tab._beside(shelf, "0:0", "0:2")):
        assert shown == {"shelf": shelf}
    assert shelf.right is not None


def test_a_log_that_was_opened_is_shown_though_its_name_is_that_of_one_before(tab):
    opened = None
    for seed in range(900_000, 900_002 + replay_tab.MOST_OPEN):
        log = read_upload(played(seed=seed).record().line().encode(), "one.jsonl")
        shown = tab._open(opened, lambda log=log: log)
        opened = shown["shelf"]
        assert opened.left.record.seed == seed
        assert "frame" in shown


def test_what_was_dropped_is_to_be_opened_again(tab):
    looks = [
        tab._chosen(None, "0:0"),
        tab._beside(None, "0:0", "0:1"),
        tab._at(None, 2),
        tab._move(lambda shelf, place: place)(None, 1),
    ]
    for shown in looks:
        assert "open the log again" in Seen(shown.pop("note")).text
        assert shown == {}


def test_what_was_uploaded_is_deleted_once_it_is_read(tab, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    file = tmp_path / "<b>.jsonl"
    file.write_bytes(played().record().line().encode())
    shown = tab._uploaded(None, str(file))
    assert not file.exists()
    assert shown["shelf"].left.record.seed == 900_000
    harmless(shown["note"])
    file.write_bytes(b"no episode\n")
    shown = tab._uploaded(shown["shelf"], str(file))
    assert not file.exists()
    assert "this is no episode" in Seen(shown["note"]).text
    assert shown["shelf"].left is not None
    assert "got lost" in tab._uploaded(None, str(file))["note"]


def test_a_choice_of_an_episode_that_is_closed_is_a_sentence(shelf, tab):
    for shown in (tab._chosen(shelf, "7:0"), tab._beside(shelf, "0:0", "7:0"), tab._beside(shelf, None, None)):
        assert shown.pop("shelf") is shelf
        assert "not open any more" in Seen(shown.pop("note")).text
        assert shown == {}


def refused(action):
    """A flag of the heuristic's that names a proposal which does not exist."""
    return action.model_copy(update={"proposal_id": "PROP-999"}) if action.action_type == "flag_error" else action


def test_a_refused_step_is_marked_and_a_jump_finds_it():
    other = replay_tab.Shelf()
    other.put(read_upload(played(change=refused).record().line().encode(), "refused.jsonl"))
    other.show("0:0", None)
    place = other.mistake(-1, 1)
    frame = other.pairs[place].left
    assert (frame.error is not None, frame.is_mistake) == (True, False)
    assert "✗ refused" in Seen(replay_panes.steps_table(other.pairs, other.left, None)).text
    shown = replay_panes.step_pane(other.pairs[place], other.left, None)
    assert '<pre class="wb-wrong">' in shown
    assert "Refused." in Seen(shown).text


def test_two_episodes_of_one_agent_are_told_apart_by_their_side(shelf):
    shelf.show("0:1", "1:0")
    table = replay_panes.steps_table(shelf.pairs, shelf.left, shelf.right)
    heads = re.findall(r'<th scope="col">([^<]*)', table)
    assert len(set(heads)) == len(heads)
    assert {"Left step", "Left: person did", "Right step", "Right: person did"} <= set(heads)
    shown = Seen(replay_panes.step_pane(shelf.pairs[0], shelf.left, shelf.right)).text
    assert "Left: person, step 1" in shown
    assert "Right: person, step 1" in shown


@pytest.mark.parametrize("name", ["saw", "brought", "error", "verdict"])
def test_what_a_log_says_the_server_answered_is_text_as_well(shelf, name):
    shelf.show("0:0", None)
    frame = replace(shelf.pairs[0].left, **{name: HOSTILE})
    assert HOSTILE in harmless(replay_panes.step_pane(Pair(frame, None), shelf.left, None)).text
