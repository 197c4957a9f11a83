"""A trail that was touched anywhere is found out, and the first line that does not fit is named."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web import audit_trail
from synth_audit_env.server.web.audit_trail import (
    NOTHING,
    closing_hash,
    hash_of,
    lines_of,
    main,
    trail_file,
    trail_lines,
    verify,
)
from synth_audit_env.server.web.desk import Desk, DeskError
from synth_audit_env.tests.server.web.desks import desk_at, played

DESK = played()
LINES = tuple(trail_lines(DESK))
ACTIONS = len(DESK.trail)
PLACES = st.integers(0, len(LINES) - 1)


def test_a_trail_tells_the_episode_and_every_action():
    header, *actions, end = map(json.loads, LINES)
    named = {"task": "oversight_easy", "split": "validation", "seed": 900_000, "episode_id": DESK.episode_id}
    assert named.items() <= header.items()
    assert header["version"]
    assert header["previous"] == NOTHING
    assert [one["number"] for one in actions] == list(range(1, ACTIONS + 1))
    for line, entry in zip(actions, DESK.trail, strict=True):
        assert line["action"]["action_type"] == entry.action.action_type
        assert (line["feedback"], line["reward"], line["error"]) == (entry.feedback, entry.reward, entry.error)
        assert (line["offset_s"], line["cost"]) == (entry.offset_s, entry.cost)
    assert end["count"] == ACTIONS
    for before, line in zip(LINES, map(json.loads, LINES[1:]), strict=False):
        assert line["previous"] == hash_of(before)


def test_a_whole_trail_holds():
    verdict = verify(lines_of(trail_file(DESK)))
    assert verdict.holds
    assert verdict.line is None
    assert f"{ACTIONS} actions; closing hash {closing_hash(DESK)}" in verdict.sentence
    assert closing_hash(DESK) == hash_of(LINES[-1])


def test_a_trail_of_an_unfinished_audit_holds_and_says_so():
    desk = desk_at()
    desk.act({"action_type": "cohort_analysis", "feature": "arm"})
    verdict = verify(trail_lines(desk))
    assert verdict.holds
    assert "1 action, not to the end of the audit" in verdict.sentence
    assert verify(trail_lines(desk_at())).holds


def test_texts_of_any_script_are_on_one_line():
    desk = desk_at()
    flag = {"action_type": "flag_error", "proposal_id": "PROP-001", "error_type": "age_boundary_error"}
    desk.act({**flag, "reason": "年齢\n\u2028\r\x00é"})
    assert verify(lines_of(trail_file(desk))).holds
    assert json.loads(lines_of(trail_file(desk))[1])["action"]["reason"] == "年齢\n\u2028\r\x00é"


def test_without_an_audit_there_is_no_trail():
    with pytest.raises(DeskError):
        trail_file(Desk(SynthAuditEnvironment()))


def named(lines, line, *words):
    verdict = verify(lines)
    assert not verdict.holds
    assert verdict.line == line
    assert all(word in verdict.sentence for word in (f"ine {line}", *words)), verdict.sentence


@given(PLACES, st.data())
def test_a_changed_byte_is_found_where_it_is(place, data):
    line = LINES[place]
    at = data.draw(st.integers(0, len(line) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte not in (line[at], 10)))
    changed = line[:at] + bytes([byte]) + line[at + 1 :]
    verdict = verify([*LINES[:place], changed, *LINES[place + 1 :]])
    assert not verdict.holds
    # After the last line there is none to tell whether it was changed, or the one before.
    assert verdict.line in ((place, place + 1) if place == len(LINES) - 1 else (place + 1,))
    assert f"ine {place + 1} " in verdict.sentence


@pytest.mark.parametrize("place", range(len(LINES)))
def test_a_changed_hash_is_found(place):
    fields = json.loads(LINES[place])
    changed = LINES[place].replace(fields["previous"].encode(), b"a" * 64)
    verdict = verify([*LINES[:place], changed, *LINES[place + 1 :]])
    assert not verdict.holds
    assert f"ine {place + 1} was changed" in verdict.sentence


@pytest.mark.parametrize("place", range(len(LINES)))
def test_a_changed_action_is_named(place):
    fields = json.loads(LINES[place])
    fields["feedback"] = "It was never so."
    changed = json.dumps(fields, separators=(",", ":")).encode()
    named([*LINES[:place], changed, *LINES[place + 1 :]], place + 1, "changed")


@pytest.mark.parametrize("place", range(1, len(LINES) - 1))
def test_a_removed_action_is_named(place):
    named([*LINES[:place], *LINES[place + 1 :]], place + 1, "one was removed")


@pytest.mark.parametrize("place", range(1, len(LINES) - 1))
def test_an_action_that_comes_twice_is_named(place):
    named([*LINES[: place + 1], *LINES[place:]], place + 2, "one was put in")


@pytest.mark.parametrize("place", range(1, len(LINES)))
def test_a_well_made_action_that_was_put_in_is_found(place):
    fields = {"kind": "action", "number": place, "action": {}, "previous": hash_of(LINES[place - 1])}
    named([*LINES[:place], json.dumps(fields).encode(), *LINES[place:]], place + 2, "one was put in")


@pytest.mark.parametrize("kept", range(1, len(LINES)))
def test_an_end_that_was_cut_off_is_missed(kept):
    named(LINES[:kept], kept, "cut off")


@pytest.mark.parametrize("place", range(1, len(LINES) - 2))
def test_two_actions_that_changed_places_are_named(place):
    swapped = [*LINES[:place], LINES[place + 1], LINES[place], *LINES[place + 2 :]]
    named(swapped, place + 1, "moved")


def test_an_end_made_anew_over_a_shorter_trail_needs_the_whole_chain():
    end = json.dumps({"kind": "end", "count": 2, "previous": hash_of(LINES[2])}, separators=(",", ":")).encode()
    # A trail that is made anew from a place to its end holds: that is what the closing hash is kept elsewhere for.
    assert verify([*LINES[:3], end]).holds
    assert hash_of(end) != closing_hash(DESK)


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        ([], 1, "empty"),
        ([b""], 1, "no line of an audit trail"),
        (LINES[1:], 1, "not the header"),
        ([LINES[0], *LINES], 2, "second header"),
        ([*LINES, LINES[-1]], len(LINES) + 1, "after the end"),
        ([*LINES, b""], len(LINES) + 1, "no line of an audit trail"),
        ([b'{"kind":"header","previous":"' + b"0" * 64 + b'"}'], 1, "not the header"),
        ([LINES[0], b"[]"], 2, "no line of an audit trail"),
        ([LINES[0], b"[" * 100_000], 2, "no line of an audit trail"),
        ([LINES[0].replace(NOTHING.encode(), b"1" * 64), *LINES[1:]], 1, "changed"),
        ([*LINES[:-1], LINES[-1].replace(b'"count"', b' "count"')], len(LINES), "changed"),
        ([*LINES[:-1], LINES[-1].replace(b"}", b',"more":1}')], len(LINES), "changed"),
    ],
)
def test_what_is_no_trail_is_told(lines, line, words):
    verdict = verify(lines)
    assert (verdict.holds, verdict.line) == (False, line)
    assert words in verdict.sentence


@given(st.lists(st.sampled_from(LINES) | st.binary(max_size=30), max_size=len(LINES) + 2))
def test_nothing_but_the_trail_itself_holds(lines):
    assert verify(lines).holds == (tuple(lines) == LINES)


def test_line_breaks_of_another_system_are_a_change():
    assert not verify(lines_of(trail_file(DESK).replace(b"\n", b"\r\n"))).holds


def test_the_command_says_one_sentence(tmp_path, capsys):
    path = tmp_path / "trail.jsonl"
    path.write_bytes(trail_file(DESK))
    assert main([str(path)]) == 0
    assert "The trail is whole" in capsys.readouterr().out
    path.write_bytes(trail_file(DESK).replace(b"PROP-002", b"PROP-003", 1))
    assert main([str(path)]) == 1
    said = capsys.readouterr().out
    assert "was changed" in said
    assert said.count("\n") == 1
    assert main([str(tmp_path / "none")]) == 1
    assert "cannot be read" in capsys.readouterr().out
    assert main([]) == 1
    assert "usage" in capsys.readouterr().out


def test_the_command_runs_as_a_program(tmp_path):
    path = tmp_path / "trail.jsonl"
    path.write_bytes(trail_file(DESK)[:-40])
    command = [sys.executable, "-m", audit_trail.__name__, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"Line {len(LINES)}" in run.stdout
    assert run.stderr == ""
