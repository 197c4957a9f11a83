"""The command measures what it is asked for, says what failed and where, and writes only the whole certificate."""

import json
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name

import pytest

from synth_audit_env.validation import certify
from synth_audit_env.validation.certificate import Interval, Measurement, at_most
from synth_audit_env.validation.episodes import FULL, QUICK, fingerprint

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = ("certificate.json", "certificate.md")


def good(scale):
    yield Measurement("AUC, words", "hard", Interval(0.51, 0.49, 0.53), at_most(0.55), "test 0-9")


def doubtful(scale):
    yield Measurement("loss", "hard", Interval(0.56, 0.50, 0.62), at_most(0.55), "test 0-9")


def bad(scale):
    yield Measurement("loss", "easy", Interval(0.7, 0.64, 0.76), at_most(0.55), "test 3, 7", "Something leaks.")


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Runs the command with these measures for the claim `tools`, writing to a folder of the test."""

    def run(measure, *arguments):
        claims = {"shortcuts": ("No shortcut", (good,)), "tools": ("Tools", (measure,))}
        monkeypatch.setattr(certify, "CLAIMS", claims)
        monkeypatch.setattr(certify, "OUTPUTS", tmp_path / "outputs")
        return certify.main(arguments), sorted(path.name for path in tmp_path.glob("outputs/*"))

    return run


@pytest.mark.parametrize("arguments", [[], ["--quick"], ["--claim", "tools"]])
def test_a_bar_that_is_missed_fails_the_command_which_says_where(command, capsys, arguments):
    status, written = command(bad, *arguments)
    assert status == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "Missed: tools, loss, easy: 0.7, on test 3, 7. Something leaks."
    assert written == ([] if arguments else list(WRITTEN)), "a failed certificate is worth reading, too"


def test_more_intervals_beyond_their_bars_than_chance_explains_fail_the_quick_command(command, capsys):
    """None of them is missed: stretched, each reaches its bar."""

    def beyond(count):
        def measure(scale):
            for number in range(200):
                low = 0.56 if number < count else 0.5
                yield Measurement(f"loss {number}", "hard", Interval(0.6, low, 0.64), at_most(0.55), "test 0-9")

        return measure

    assert command(beyond(10), "--quick")[0] == 0
    assert command(beyond(12), "--quick")[0] == 1
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "12 intervals of 95 % lie beyond their bars, more than chance explains."
    assert told[-2] == "201 of 201 bars are met; 0 more figures inform."


def test_a_whole_certificate_is_written_with_its_fingerprint(command, capsys, tmp_path):
    def scaled(scale):
        assert scale is FULL
        yield from good(scale)

    assert command(scaled) == (0, list(WRITTEN))
    assert capsys.readouterr().out.splitlines()[-1] == "2 of 2 bars are met; 0 more figures inform."
    told = json.loads((tmp_path / "outputs" / "certificate.json").read_text())
    assert told["fingerprint"] == fingerprint()
    assert list(told["claims"]) == ["shortcuts", "tools"]


def test_one_claim_alone_is_measured_at_the_scale_asked_for(command, capsys):
    """With few episodes there is doubt: the same figure misses its bar in full."""

    def scaled(scale):
        assert scale is QUICK
        yield from doubtful(scale)

    assert command(scaled, "--quick", "--claim", "tools") == (0, [])
    assert "No shortcut" not in capsys.readouterr().out
    assert command(doubtful)[0] == 1


def test_the_certificate_that_is_kept_holds_and_is_of_these_episodes():
    told = json.loads((ROOT / "outputs" / "certificate.json").read_text(encoding="utf-8"))
    assert told["fingerprint"] == fingerprint(), "measured before a change: run the command that it names again"
    assert list(told["claims"]) == list(certify.CLAIMS)
    assert all(claim["passed"] and claim["measurements"] for claim in told["claims"].values())


def test_without_the_extra_the_command_says_what_it_needs():
    hidden = "import sys; sys.modules['scipy'] = sys.modules['sklearn'] = None; import runpy; "
    run = "runpy.run_module('synth_audit_env.validation.certify', run_name='__main__')"
    ran = subprocess.run([sys.executable, "-c", hidden + run], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr == (
        "certify: The certificate needs the extra `eval`, which is not installed: "
        "uv run --extra eval ..., or pip install -e '.[eval]'.\n"
    )


def test_every_measure_is_there():
    named = [name for _, measures in certify.CLAIMS.values() for name in measures]
    assert all(callable(resolve_name(f"synth_audit_env.validation.{name}")) for name in named)
    assert len(named) == 12
