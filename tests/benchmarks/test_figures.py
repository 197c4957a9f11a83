"""The arithmetic of a comparison, on numbers that are worked out by hand."""

from array import array

import pytest

from synth_audit_env.benchmarks.figures import MOST_DRIFT, Cell, Crowd, Spread, aims, drift, ratio
from synth_audit_env.benchmarks.load import Growth, Outcome
from synth_audit_env.benchmarks.players import Tally
from synth_audit_env.benchmarks.processes import MEBIBYTE


def outcome(
    steps_per_s: float, milliseconds: float = 1.0, errors: int = 0, step_us: float = 50.0, reset_ms: float = 10.0
) -> Outcome:
    """A round of 100 steps and 10 resets."""
    steps = Tally(100, errors, 4_000, 100 / steps_per_s, step_us / 1e4, array("d", [milliseconds / 1e3] * 100))
    return Outcome(resets=Tally(10, 0, 1_500, 2.0, reset_ms / 1e2, array("d", [0.2] * 10)), steps=steps)


def test_the_figures_of_a_round():
    steps = Tally(200, 0, 0, 4.0, 0.01, array("d", [number / 1e3 for number in range(1, 102)]))
    cell = Cell.of([Outcome(resets=Tally(10, 0, 0, 2.0, 0.1, array("d", [0.2])), steps=steps)])
    (told,) = cell.rounds
    assert told == pytest.approx(
        {
            "steps_per_s": 50.0,
            "resets_per_s": 5.0,
            "p50_ms": 51.0,
            "p95_ms": 96.0,
            "p99_ms": 100.0,
            "reset_p99_ms": 200.0,
            "processor_us_per_step": 50.0,
            "processor_us_per_reset": 10_000.0,
        }
    )


def test_a_cell_counts_all_rounds():
    cell = Cell.of([outcome(10.0, errors=1), outcome(20.0, errors=2), outcome(60.0)])
    assert cell.spread("steps_per_s") == Spread(pytest.approx(20.0), pytest.approx(10.0), pytest.approx(60.0))
    assert (cell.steps, cell.errors, cell.bytes_per_answer) == (300, 3, pytest.approx(50.0))


def test_ratios_are_made_round_by_round():
    # In the second round the machine had no time for anybody. The ratio of the medians would be 30 / 60.
    ours, base = Cell.of(rounds(30, 3, 90)), Cell.of(rounds(60, 4, 100))
    assert ratio(ours, base, "steps_per_s") == Spread(pytest.approx(0.75), pytest.approx(0.5), pytest.approx(0.9))


def rounds(*rates: float) -> list[Outcome]:
    return [outcome(rate) for rate in rates]


def test_processes_side_by_side():
    one, other = Outcome(resident=[(10, 2), (20, 3)]), Outcome(resident=[(7, 4), (15, 5)])
    one.steps = Tally(10, 1, 100, 2.0, 0.5, array("d", [0.1]))
    other.steps = Tally(20, 0, 200, 3.0, 0.4, array("d", [0.2]))
    one.add_abreast(other)
    # The messages of both, in the time of the slower one.
    assert one.steps == Tally(30, 1, 300, 3.0, 0.5, array("d", [0.1, 0.2]))
    # All of them look at one server, whose memory goes with the steps of all.
    assert one.resident == [(17, 2), (35, 3)]


def test_processes_side_by_side_have_looked_as_often():
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        Outcome(resident=[(1, 2)]).add_abreast(Outcome())


def test_what_was_not_measured_is_not_a_number():
    tally = Tally()
    assert all(figure != figure for figure in (tally.per_second, tally.processor_us, tally.quantile_ms(0.5)))


def test_drift_is_the_slope_and_not_the_last_look():
    # Half a byte a step, with one look in a bad moment.
    held = [(steps, 1_000 + steps // 2) for steps in range(0, 1_000, 100)]
    told = drift(held)
    assert told == {"steps": 900, "first": 1_000, "last": 1_450, "drift": pytest.approx(50_000)}
    held[5] = (500, 2_000)
    assert drift(held)["drift"] == pytest.approx(50_000, rel=0.3)


class TestAims:
    MEMORY = Growth(before=0, after=10 * (MEBIBYTE - 1), sessions=10, errors=0)
    BASE = Cell.of([outcome(100.0)])

    def met(self, *, memory=MEMORY, drifted=MOST_DRIFT, errors=0, **worse):
        cells = {
            "ours": outcome(90.1, step_us=49.9, reset_ms=4.9),
            "groups": outcome(150.1),
            "at_own_pace": outcome(40.1, 1.49),
        }
        ours, groups, own_pace = (Cell.of([worse.get(name, cell)]) for name, cell in cells.items())
        crowd = Crowd(ours, groups, self.BASE, own_pace, self.BASE)
        return [aim.met for aim in aims(crowd, memory, {"drift": drifted}, errors)]

    def test_all_are_met(self):
        assert self.met() == [True] * 9

    @pytest.mark.parametrize(
        ("place", "worse"),
        [
            (0, {"ours": outcome(90.1, step_us=50.1, reset_ms=4.9)}),
            (1, {"ours": outcome(89.9, step_us=49.9, reset_ms=4.9)}),
            (2, {"groups": outcome(149.9)}),
            (3, {"at_own_pace": outcome(40.1, 1.51)}),
            (4, {"at_own_pace": outcome(39.9, 1.49)}),
            (5, {"ours": outcome(90.1, step_us=49.9, reset_ms=5.1)}),
            (6, {"errors": 1}),
            (7, {"memory": Growth(0, 10 * MEBIBYTE, 10, 0)}),
            (8, {"drifted": MOST_DRIFT + 1}),
            (8, {"drifted": -MOST_DRIFT - 1}),
        ],
    )
    def test_each_can_be_missed(self, place, worse):
        assert self.met(**worse) == [number != place for number in range(9)]

    def test_speed_is_not_judged_at_another_number_of_sessions(self):
        told = aims(None, self.MEMORY, {"drift": 0.0}, 0)
        assert [aim.aim.split(" ")[0] for aim in told] == ["errors:", "MiB", "MiB"]
