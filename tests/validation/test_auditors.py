"""The claims on auditors miss where a tool or a knob does nothing. That they hold is for `certify --quick` to say."""

from synth_audit_env.server.world.tasks import LEVELS
from synth_audit_env.validation import auditors, frontier
from synth_audit_env.validation.episodes import Episodes


def test_a_tool_that_nobody_needs_does_not_pass_as_one_that_decides():
    on, without = Episodes("medium", "test", 10), auditors.WITHOUT["cohort_analysis"]
    row = on.mean("lost", auditors.EVIDENCE_ONLY, "score", auditors.DECIDES, less=without)
    assert (row.figure.value, row.passed()) == (0.0, False)


def test_a_knob_that_turns_nothing_is_found():
    limits, low, high = frontier.KNOBS["annexes 0 to 15"]
    tier = LEVELS[frontier.TURNED]
    assert frontier._turned("annexes", limits, [(tier, low), (tier, high)], 3).figure.high > 0
    assert not frontier._turned("none", limits, [(tier, high), (tier, low)], 6).passed(doubt=0)
