"""results.json: what goes in comes out, a line a metric, and what is no such file is refused in a sentence."""

import pytest

from synth_audit_env.comparison import RequestError
from synth_audit_env.comparison.results import NAME, OVERALL, read
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
        **{"return": 1.25},
        tool_calls=seed,
        tokens=(0, None, 0)[seed],
        cost=(0.25, None, 0.0)[seed],
    )
    for agent in ("flag-all", "oracle")
    for tier in ("easy", "hard")
    for seed in (0, 1, 2)
)


def test_the_file_is_read_back(tmp_path):
    told = kept(RUN, tmp_path)
    assert told.folder == tmp_path
    for part in ("made", "split", "baseline", "settings", "figures", "differences"):
        assert getattr(told, part) == getattr(RUN, part)
    assert told.figures["oracle"][OVERALL]["cost"] is None
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
