"""A log is opened where it is one; whatever else somebody sends is refused in a sentence that names the line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.server.web import episode_files
from synth_audit_env.server.web.episode_files import log_names, read_from, read_upload
from synth_audit_env.server.web.replays import ReplayError, replay_of
from synth_audit_env.tests.server.web.desks import played

DESK = played()
LINE = DESK.record().line()
OTHER = played("oversight_medium", 900_001).record().line()


def changed(**fields):
    return json.dumps({**json.loads(LINE), **fields})


def test_an_upload_is_opened():
    log = read_upload((LINE + OTHER).encode(), "mine.jsonl")
    assert [(one.line, one.task, one.seed, one.agent) for one in log.headings] == [
        (1, "oversight_easy", 900_000, "person"),
        (2, "oversight_medium", 900_001, "person"),
    ]
    assert log.headings[0].return_ == DESK.outcome.return_
    assert log.headings[0].steps == len(DESK.trail)
    assert log.refused == ()
    assert log.replay(0) == replay_of(DESK.record())
    for index in (-1, 2):
        with pytest.raises(ReplayError, match="mine.jsonl has episodes 1 to 2"):
            log.replay(index)


def test_what_a_server_writes_beside_is_passed_over():
    line = DESK.record().line({"session": "a", "finished": "2026-01-31"})
    assert read_upload(line.encode(), "x").replay(0) == replay_of(DESK.record())


def test_half_a_line_at_the_end_does_not_spoil_the_others():
    log = read_upload((LINE + "\r\n\n" + OTHER + LINE[:500]).encode(), "torn.jsonl")
    assert [one.line for one in log.headings] == [1, 4]
    assert len(log.refused) == 1
    assert log.refused[0].startswith("torn.jsonl, line 5: this is no episode")
    assert log.replay(1).record.task == "oversight_medium"


def test_only_the_first_of_many_bad_lines_are_told_one_by_one():
    log = read_upload(("{}\n" * 8 + LINE).encode(), "x")
    assert len(log.refused) == episode_files.MOST_REFUSED + 1
    assert log.refused[-1] == "3 more lines are no episodes."


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "has no line"),
        ("\n\n", "has no line"),
        ("not json", r"line 1: this is no episode \(it is not JSON\)\."),
        ("[]", "it is no JSON object"),
        ("null", "it is no JSON object"),
        ("{}", "it has no 'task'"),
        ("[" * 200_000, "no episode"),
        ('{"task": ' + "9" * 5000 + "}", r"no episode \(it has a number of 5000 digits\)"),
        (changed(seed="1"), "its seed is not what it should be"),
        (changed(seed=True), "its seed is not"),
        (changed(agent="x" * 300), "more than 200 characters"),
        (changed(options=[]), "its options is not"),
        (changed(actions=[]), "it has 0 steps"),
        (changed(actions=[{"action_type": "approve"}] * 121), "it has 121 steps"),
        (changed(actions=[{"action_type": "approve"}]), "no episode"),
        (changed(actions=[{"action_type": 1}]), r"no episode \(action_type: Input should be a valid string\)"),
        (changed(observations=[]), "no episode"),
        (changed(observations=7), "no episode"),
        (changed(usage={"a": 1}), "no episode"),
        (changed(usage=7), "no episode"),
        (LINE.replace('"reward":0.0', '"reward":NaN', 1), "NaN is no number"),
        (LINE.replace('"reward":0.0', '"reward":1e999', 1), "1e999 is too large"),
        (b"\xff\xfe", r"no episode \(it is not UTF-8 text\)"),
        ("{}".encode("utf-16-be"), r"no episode \(it is not JSON\)"),
    ],
)
def test_what_is_no_episode_is_told_by_its_line(line, said):
    with pytest.raises(ReplayError, match=said) as refusal:
        read_upload(line if isinstance(line, bytes) else line.encode(), "sent.jsonl")
    text = str(refusal.value)
    assert text.startswith("sent.jsonl")
    assert len(text) < 600
    assert "\n" not in text


def test_an_episode_that_breaks_off_is_refused():
    fields = json.loads(LINE)
    fields["actions"].pop()
    fields["observations"].pop()
    with pytest.raises(ReplayError, match="its last step does not end it"):
        read_upload(json.dumps(fields).encode(), "x")


def test_sizes_are_limited(monkeypatch):
    monkeypatch.setattr(episode_files, "LARGEST_UPLOAD", len(LINE.encode()))
    read_upload(LINE.encode(), "x")
    with pytest.raises(ReplayError, match=r"x has .* bytes; .* is the limit"):
        read_upload(LINE.encode() + b" ", "x")
    monkeypatch.setattr(episode_files, "LONGEST_LINE", 1000)
    with pytest.raises(ReplayError, match="x, line 1: this has .* bytes, and 1,000 is the limit of a line"):
        read_upload(LINE.encode(), "x")
    monkeypatch.setattr(episode_files, "MOST_LINES", 3)
    with pytest.raises(ReplayError, match="x has 4 lines; 3 is the limit"):
        read_upload(b"{}\n" * 4, "x")


def test_a_long_name_is_cut_and_kept_on_a_line():
    with pytest.raises(ReplayError) as refusal:
        read_upload(b"{}", "a\n" + "b" * 5000)
    assert len(str(refusal.value)) < 400
    assert "\n" not in str(refusal.value)


@given(st.binary(max_size=200) | st.text('{}[]":,0e9ntrf \n', max_size=200).map(str.encode))
def test_any_bytes_are_refused_and_nothing_worse(data):
    with pytest.raises(ReplayError):
        read_upload(data, "x")


@given(st.integers(0, len(LINE) - 2), st.integers(0, len(LINE) - 2), st.sampled_from(["", "0", "null", "[]", '"', "}"]))
def test_a_line_that_was_tampered_with_is_read_or_refused(start, end, put):
    try:
        log = read_upload((LINE[: min(start, end)] + put + LINE[max(start, end) :]).encode(), "x")
    except ReplayError:
        return
    assert log.replay(0).after.waterfall[-1:] is not None


def test_logs_of_a_folder_are_the_files_right_in_it(tmp_path):
    assert log_names(tmp_path / "none") == ()
    folder = tmp_path / "logs"
    (folder / "inner").mkdir(parents=True)
    (folder / "dir.jsonl").mkdir()
    for name in ("a.jsonl", "b.jsonl", "inner/c.jsonl", "d.txt", "../secret.jsonl"):
        (folder / name).write_text(LINE, encoding="utf-8")
    (folder / "link.jsonl").symlink_to(tmp_path / "secret.jsonl")
    assert log_names(folder) == ("b.jsonl", "a.jsonl")
    assert read_from(folder, "a.jsonl").headings[0].seed == 900_000
    outside = str(tmp_path / "secret.jsonl")
    for name in (
        "../secret.jsonl",
        "link.jsonl",
        "inner/c.jsonl",
        "./a.jsonl",
        "d.txt",
        "",
        ".",
        outside,
        "a.jsonl\x00",
    ):
        with pytest.raises(ReplayError, match="There is no log"):
            read_from(folder, name)


def test_a_file_of_a_folder_is_limited_too(tmp_path, monkeypatch):
    (tmp_path / "a.jsonl").write_text(LINE, encoding="utf-8")
    monkeypatch.setattr(episode_files, "LARGEST_LOG", 1000)
    with pytest.raises(ReplayError, match="a.jsonl has more than 1,000 bytes"):
        read_from(tmp_path, "a.jsonl")


def test_the_newest_logs_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(episode_files, "MOST_NAMES", 2)
    for day in (1, 2, 3):
        (tmp_path / f"episodes-2026010{day}.jsonl").touch()
    assert log_names(tmp_path) == ("episodes-20260103.jsonl", "episodes-20260102.jsonl")
