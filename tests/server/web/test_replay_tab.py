"""The shelf of open logs: what can be chosen, what goes beside it, and where the mistakes are."""

from dataclasses import replace

import pytest

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.server.web import replay_panes
from synth_audit_env.server.web.episode_files import read_upload
from synth_audit_env.server.web.replays import Pair, ReplayError
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


def test_what_was_uploaded_is_deleted_once_it_is_read(tmp_path):
    tab = object.__new__(replay_tab._ReplayTab)
    for name in ("shelf", "note", "first", "second", "head", "step", "steps", "outcome", "frame", "board", "upload"):
        setattr(tab, name, name)
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


@pytest.mark.parametrize("name", ["saw", "brought", "error", "verdict"])
def test_what_a_log_says_the_server_answered_is_text_as_well(shelf, name):
    shelf.show("0:0", None)
    frame = replace(shelf.pairs[0].left, **{name: HOSTILE})
    assert HOSTILE in harmless(replay_panes.step_pane(Pair(frame, None), shelf.left, None)).text
