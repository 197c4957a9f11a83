"""A line for each tier that is asked for; what cannot be measured is refused in a sentence."""

import re

import pytest

from synth_audit_env.benchmarks import resets


def test_each_tier_has_its_mean_with_an_interval_and_its_slowest(capsys):
    resets.main(["easy", "frontier-2", "--seeds", "2", "--repeats", "1"])
    head, *lines = capsys.readouterr().out.splitlines()
    assert "2 test seeds" in head
    assert [line.split()[0] for line in lines] == ["easy", "frontier-2"]
    for line in lines:
        mean, low, high, slowest = map(float, re.findall(r"\d+\.\d", line))
        assert 0 < low <= mean <= high <= slowest


@pytest.mark.parametrize(
    ("argv", "sentence"), [(["hardest"], "There is no tier 'hardest'"), (["--seeds", "0"], "have to be at least 1")]
)
def test_what_cannot_be_measured_is_refused(argv, sentence, capsys):
    with pytest.raises(SystemExit):
        resets.main(argv)
    assert sentence in capsys.readouterr().err
