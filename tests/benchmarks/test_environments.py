"""Ours are timed as the others are, and the report becomes a table of ratios."""

import json

from synth_audit_env.benchmarks import environments


def test_our_tiers_are_timed_without_the_other_packages(tmp_path, capsys):
    environments.main(["--episodes", "2", "--only", "ours, easy", "ours, hard", "--out", str(tmp_path)])
    rows = json.loads((tmp_path / "environments.json").read_text())["environments"]
    assert (rows[1]["step_ratio"], rows[1]["reset_ratio"]) == (1, 1)
    assert all(row["reset_us"] > row["step_us"] > 0 for row in rows)
    assert capsys.readouterr().out.count("| ours, ") == 2
