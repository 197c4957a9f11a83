"""What is told of a run on the way, and which audits the money will do for."""

import io
import logging
from types import SimpleNamespace

import pytest
from rich.console import Console

from synth_audit_env.chat.completion import Usage
from synth_audit_env.comparison import pace as pace_module
from synth_audit_env.comparison.jobs import Job
from synth_audit_env.comparison.pace import Pace, SpentError, with_progress
from synth_audit_env.tests.comparison.made_up import episode

MODEL = "react:m"


def jobs(agent=MODEL, tier="easy", count=4):
    return [Job(agent, tier, seed) for seed in range(count)]


def over(job, cost=0.0):
    return episode(agent=job.agent, tier=job.tier, seed=job.seed, usage=Usage(100, 10, cost))


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(pace_module, "time", SimpleNamespace(monotonic=lambda: now.s))
    return now


def test_time_and_money_are_expected_by_what_audits_of_models_took(clock):
    blind, easy, hard = jobs("flag-all"), jobs(), jobs(tier="hard")
    pace = Pace([*blind, *easy, *hard])
    assert pace.words() == "0 of 12 audits"
    for job in blind:
        pace.add(over(job))
    assert pace.words() == "4 of 12 audits", "of what takes no time nothing follows"
    clock.s = 100.0
    pace.add(over(easy[0], 0.5))
    # Easy has 4 to 6 proposals and hard 8 to 17: 4 * 10 + 4 * 25 are 14 times the first audit.
    assert pace.words() == "5 of 12 audits, about 0:21:40 left, US$ 0.50 of about 7.00"
    for job in (*easy[1:], *hard):
        pace.add(over(job, 0.5))
    assert pace.words() == "12 of 12 audits, about 0:00:00 left, US$ 4.00 of about 4.00"


def test_a_resumed_run_knows_what_it_cost_and_not_how_long_it_took(clock):
    todo = jobs()
    pace = Pace(todo, [over(todo[0], 0.5), over(todo[1], 0.7)])
    assert pace.words() == "2 of 4 audits, US$ 1.20 of about 2.40"
    clock.s = 60.0
    pace.add(over(todo[2], 0.6))
    assert pace.words() == "3 of 4 audits, about 0:01:00 left, US$ 1.80 of about 2.40"
    pace.add(over(todo[3], None))
    assert pace.words() == "4 of 4 audits, about 0:00:00 left", "one cost is not known"


def test_without_models_there_is_no_money_and_each_audit_takes_time(clock):
    todo = jobs("heuristic")
    pace = Pace(todo)
    clock.s = 2.0
    pace.add(over(todo[0]))
    assert pace.words() == "1 of 4 audits, about 0:00:06 left"


def begun(pace, todo):
    """Those that may begin at once."""
    started = []
    while len(started) < len(todo) and pace.may_begin(todo[len(started)]):
        started.append(todo[len(started)])
    return started


def test_the_first_audit_of_a_kind_shows_what_one_costs():
    todo = jobs(count=10)
    pace = Pace(todo, max_cost=5.0)
    assert begun(pace, todo) == todo[:1]
    pace.add(over(todo[0], 1.0))
    assert begun(pace, todo[1:]) == todo[1:5], "four more at a dollar each"
    pace.add(over(todo[1], 0.5))
    assert not pace.may_begin(todo[5]), "the dearest so far counts"
    for job in todo[2:5]:
        pace.add(over(job, 0.5))
    assert begun(pace, todo[5:]) == todo[5:7]
    harder = jobs(tier="hard")
    assert begun(pace, harder) == [], "two dollars are promised, and 3 are spent"
    pace.add(over(todo[5], 0.5))
    assert begun(pace, harder) == harder[:1], "what is not known may begin while something is left"


def test_money_is_no_matter_to_whoever_asks_no_model_or_names_no_limit():
    blind = jobs("flag-all")
    assert begun(Pace(blind, max_cost=0.01), blind) == blind
    todo = jobs()
    assert begun(Pace(todo), todo) == todo


def test_what_was_spent_before_counts():
    todo = jobs(count=10)
    pace = Pace(todo, [over(job, 1.0) for job in todo[:4]], max_cost=5.0)
    assert begun(pace, todo[4:]) == todo[4:5]
    assert begun(Pace(todo, [over(job, 1.0) for job in todo[:5]], max_cost=5.0), todo[5:]) == []


def test_a_cost_that_is_not_told_ends_it():
    todo = jobs()
    pace = Pace(todo, max_cost=5.0)
    assert pace.may_begin(todo[0])
    with pytest.raises(SpentError, match="does not say how many tokens an answer takes, so --max-cost cannot be held"):
        pace.add(over(todo[0], None))
    Pace(todo).add(over(todo[0], None))


def test_an_audit_that_failed_is_not_under_way_any_more():
    todo = jobs()
    pace = Pace(todo, max_cost=5.0)
    assert pace.may_begin(todo[0])
    assert not pace.may_begin(todo[1]), "the first shows what one costs"
    pace.failed(todo[0])
    assert pace.may_begin(todo[1])


def shown(clock, **terminal):
    """What the console gets of four audits that take 20 seconds each."""
    todo, console = jobs(), Console(file=io.StringIO(), **terminal)

    def playing():
        for job in todo:
            clock.s += 20.0
            yield job.seed, over(job, 0.25)

    pace = Pace(todo)
    assert [seed for seed, _ in with_progress(playing(), pace, console)] == [0, 1, 2, 3]
    assert pace.done == 4
    return console.file.getvalue()


def test_a_log_gets_a_line_now_and_then(clock, caplog):
    caplog.set_level(logging.INFO, "synth_audit_env.comparison")
    assert shown(clock) == ""
    assert caplog.messages == [
        "2 of 4 audits, about 0:00:40 left, US$ 0.50 of about 1.00",
        "4 of 4 audits, about 0:00:00 left, US$ 1.00 of about 1.00",
    ]


def test_a_terminal_gets_a_bar_that_fits_it(clock, caplog):
    caplog.set_level(logging.INFO, "synth_audit_env.comparison")
    printed = shown(clock, force_terminal=True, width=80, color_system=None)
    assert caplog.messages == []
    last = printed.replace("\x1b[2K", "\n").split("\n")
    assert any(line.startswith("4 of 4 audits, about 0:00:00 left, US$ 1.00 of about 1.00 ") for line in last)
    assert "…" not in printed
