"""results.json: what goes in comes out, a line a metric, and what is no such file is refused in a sentence."""

import pytest

from synth_audit_env.chat.completion import Usage
from synth_audit_env.comparison import RequestError
from synth_audit_env.comparison.results import NAME, OVERALL, read, rebuilt
from synth_audit_env.tests.comparison.made_up import AGE, decision, episode, kept, run_of

RUN = run_of(
    episode(
        decision(1.0, AGE, AGE),
        decision(0.0, AGE),
        decision(1.0, None, AGE),
        agent=agent,
        tier=tier,
        seed=seed,
        score=seed / 3,
        return_=1.25,
        tool_calls=seed,
        usage=Usage(cost=(0.25, None, 0.0)[seed]),
    )
    for agent in ("flag-all", "oracle")
    for tier in ("easy", "hard")
    for seed in (0, 1, 2)
)


def test_the_file_is_read_back(tmp_path):
    told = kept(RUN, tmp_path)
    assert (told.folder, told.made, told.split, told.settings) == (tmp_path, RUN.made, "test", {})
    for agent, tier in (("flag-all", "easy"), ("oracle", OVERALL)):
        read_back, written = told.figures[agent][tier], RUN.figures[agent][tier]
        assert read_back["score"].low == pytest.approx(written["score"].low, abs=1e-6)
        assert read_back["cost"] is written["cost"] is None
    assert told.seeds == {"easy": [0, 1, 2], "hard": [0, 1, 2]}
    assert told.by_seed["oracle"]["hard"] == {
        "score": [0.0, 0.333333, 0.666667],
        "skill": [0.0] * 3,
        "return": [1.25] * 3,
        "steps": [10] * 3,
        "tool_calls": [0, 1, 2],
        "tokens": [0, None, 0],
        "cost": [0.25, None, 0],
        "gave_up": [0] * 3,
        "recall": [[1, 2]] * 3,
        "false_positive_rate": [[1, 1]] * 3,
        "fault_f1": [[0.25, 1]] * 3,
    }


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"made": {}, "seeds": {}}'])
def test_what_is_no_file_of_results(tmp_path, text):
    (tmp_path / NAME).write_text(text)
    with pytest.raises(RequestError, match="is no file of results"):
        read(tmp_path)


def test_audits_that_were_ended_are_counted_and_who_never_answered_is_told_with_the_reason():
    # How many of four audits were ended, and how many of these before the model had answered.
    ended = {"flag-all": (0, 0), "react:m": (4, 0), "react:n": (4, 4), "react:o": (3, 2)}
    run = run_of(
        episode(agent=agent, seed=seed, gave_up=seed < of, unasked="It is too long." if seed < unasked else None)
        for agent, (of, unasked) in ended.items()
        for seed in range(4)
    )
    assert run.audits_ended == {"react:m": (4, 4), "react:o": (1, 2)}
    assert run.missing == {"react:n": (4, 4), "react:o": (2, 4)}
    assert run.never_asked == {"react:n": "It is too long.", "react:o": "It is too long."}


def test_a_missing_audit_is_in_no_figure_and_a_difference_is_of_what_both_have(tmp_path):
    scores = {"flag-all": (0.2, 0.4, 0.9), "react:m": (0.0, 0.6, 0.8)}
    run = run_of(
        episode(agent=agent, seed=seed, score=score, unasked="No." if (agent, seed) == ("react:m", 0) else None)
        for agent, of_seeds in scores.items()
        for seed, score in enumerate(of_seeds)
    )
    again = kept(run, tmp_path)
    assert again.by_seed["react:m"]["hard"]["score"] == [None, 0.6, 0.8]
    assert again.missing == {"react:m": (1, 3)}
    for one in (run, again, rebuilt(again, again.by_seed, "flag-all")):
        assert one.figures["react:m"]["hard"]["score"].value == pytest.approx(0.7)
        assert one.figures["flag-all"]["hard"]["score"].value == pytest.approx(0.5)
        assert one.differences["react:m"]["hard"]["score"].value == pytest.approx(0.7 - 0.65)
