"""One audit as a person reads it: the truth beside the decisions, and what the model wrote, on any log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synth_audit_env import evaluation, inference
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.comparison.jobs import TRANSCRIPTS
from synth_audit_env.rollouts.model_transcript import as_text, write
from synth_audit_env.rollouts.show import LONG, WIDTH, main
from synth_audit_env.tests.comparison.real_run import record
from synth_audit_env.tests.rollouts.weak_model import (
    AGENT,
    CAUGHT,
    FALSE_ALARM,
    KEY,
    PATIENT,
    REPORT,
    SAID,
    SEED,
    audited,
)


@pytest.fixture
def folder(tmp_path):
    """An evaluation: a program's audit, then a model's of the same episode and of another."""
    weak, _ = audited()
    assert weak.transcript.startswith(f"{TRANSCRIPTS}/")
    write(tmp_path / weak.transcript, as_text(weak))
    lines = [record("heuristic", HeuristicAuditor(), "easy", SEED).line(), weak.line(), replace(weak, seed=42).line()]
    (tmp_path / "episodes.jsonl").write_text("".join(lines), encoding="utf-8")
    return tmp_path


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def _words(text: str) -> str:
    """Without the breaks of lines."""
    return " ".join(text.split())


def test_what_was_true_stands_beside_what_was_decided(folder, capsys):
    printed = _printed(capsys, str(folder), "--episode", AGENT, f"easy-{SEED}")
    outcome = audited()[0].outcome
    lines = [line for line in printed.splitlines() if line.startswith("PROP-")]
    assert [line.split()[0] for line in lines] == [one.proposal_id for one in outcome.proposals]
    for line, said in zip(
        lines,
        (
            ("Right.", "Flagged as age_boundary_error: a false"),
            ("Right.", "Approved: correct."),
            ("Wrong, age_boundary_error.", "Flagged as age_boundary_error: caught."),
            *[("Pending: not counted as right.",)] * (len(lines) - 3),
        ),
        strict=True,
    ):
        assert all(one in line for one in said), line
    assert f"age_boundary_error. {outcome.proposals[2].explanation[:7]}" in _words(printed), "why it is wrong"
    assert FALSE_ALARM[:20] in printed[: printed.index("ANSWER 1")], "and why it was flagged"
    assert f"score {outcome.score:.3f}, skill {outcome.skill:.3f}, return {outcome.return_:.2f}" in printed


def test_what_the_model_wrote_stands_before_what_came_of_it(folder, capsys):
    printed = _printed(capsys, str(folder), "--episode", "2")
    assert "\x1b" not in printed, "neither ours nor the model's"
    assert "[31mRed." in printed
    assert max(map(len, printed.splitlines())) <= WIDTH
    printed = _words(printed)
    order = [
        "ANSWER 1 2,000 tokens in, 40 out",
        "thought Let me read its note first. ([key])",
        "wrote First things first.",
        "step 1 review_proposal(PROP-001), reward -0.003",
        f"result PROP-001 on {PATIENT}: compliant",
        f"step 2 investigate_patient({PATIENT})",
        "ANSWER 2",
        "ended by stop",
        f"wrote {SAID} Your key is [key].",
        "unreadable You called no tool.",
        "ANSWER 3",
        "not done approve: The arguments of this call are no JSON",
        "step 4 flag_error(PROP-001,age_boundary_error): a false alarm, reward -0.253",
        f"reason {FALSE_ALARM}",
        "step 5 approve(PROP-002): correct",
        "ended by length",
        "step 7 flag_error(PROP-003,age_boundary_error): caught",
        f"reason {CAUGHT} [key]",
        "result Refused: There is no proposal 'PROP-999'",
        "step 9 submit_audit_report()",
        f"report {REPORT}",
    ]
    at = -1
    for one in order:
        at = printed.find(one, at + 1)
        assert at >= 0, one
    assert KEY not in printed


def test_an_audit_without_a_transcript_is_shown_by_its_steps(folder, capsys):
    printed = _printed(capsys, str(folder), "--episode", "heuristic")
    assert "STEPS" in printed
    assert "without a transcript" in printed
    assert "caught" in printed
    assert "a false alarm" not in printed
    (folder / str(audited()[0].transcript)).unlink()
    assert "without a transcript" in _printed(capsys, str(folder), "--episode", "2")


def test_why_an_audit_was_ended_is_said_and_a_long_text_is_cut(tmp_path, capsys):
    """The report of an audit that was ended is not the model's."""
    weak, _ = audited()
    first = weak.written[0]
    long = replace(first, completion=replace(first.completion, text="x" * (LONG + 1_234)))
    written = (long, *weak.written[1:-1])
    ended = replace(weak, gave_up="It could not be asked on.", written=written, transcript="one.jsonl")
    write(tmp_path / "one.jsonl", as_text(ended))
    (tmp_path / "log.jsonl").write_text(ended.line(), encoding="utf-8")
    printed = _printed(capsys, str(tmp_path / "log.jsonl"))
    assert "\nIt could not be asked on.\n" in printed.replace(" \n", "\n")
    assert "STEPS not asked for by the model step 9 submit_audit_report()" in _words(printed)
    assert "… (1,234 more characters)" in _words(printed)


@pytest.mark.parametrize(("named", "found"), [([], [1, 2, 3]), ([f"easy-{SEED}"], [1, 2]), ([AGENT], [2, 3])])
def test_where_several_are_meant_they_are_listed(named, found, folder, capsys):
    assert main([str(folder), *(["--episode", *named] if named else [])]) == 0
    printed = capsys.readouterr()
    heading, *rows = printed.out.splitlines()
    assert heading.split() == ["number", "agent", "episode", "score"]
    assert [int(row.split()[0]) for row in rows] == found
    assert f"has {len(found)} such episodes: name one of them by --episode." in printed.err


@pytest.mark.parametrize(
    "content", [None, "", "{}\n", "no JSON\n", '{"agent": 1, "task": "a", "seed": 2, "outcome": {}}\n']
)
def test_what_cannot_be_shown_is_said_in_a_sentence(content, tmp_path, capsys):
    log = tmp_path / "log.jsonl"
    if content is not None:
        log.write_text(content, encoding="utf-8")
    assert main([str(log), "--episode", "easy-1"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{log} ")
    assert "Traceback" not in said


def test_both_programs_show(folder, capsys):
    printed = []
    for program, arguments in ((inference, ["--show"]), (evaluation, ["show"])):
        assert program.main([*arguments, str(folder), "--episode", "2"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert "ANSWER 6" in printed[0]
