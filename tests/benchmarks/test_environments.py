"""Ours are timed as the others are, and the report becomes a table of ratios."""

import json

from synth_audit_env.benchmarks import environments
from synth_audit_env.benchmarks.document import environments_table


def test_our_tiers_are_timed_without_the_other_packages(tmp_path, capsys):
    environments.main(["--episodes", "2", "--only", "ours, easy", "ours, hard", "--out", str(tmp_path)])
    report = json.loads((tmp_path / "environments.json").read_text())
    rows = report["environments"]
    assert [row["environment"] for row in rows] == ["ours, easy", "ours, hard"]
    assert (rows[1]["step_ratio"], rows[1]["reset_ratio"]) == (1, 1)
    assert all(row["reset_us"] > row["step_us"] > 0 for row in rows)
    assert environments_table(report) in capsys.readouterr().out
    assert str(tmp_path) not in json.dumps(report)
