"""The measurement of degenerate policies: it holds here, and fails when a leak or a loose rule is planted."""

from collections import Counter
from dataclasses import replace
from itertools import permutations, product

import pytest

from synth_audit_env.server.audit import episode as referee
from synth_audit_env.server.audit import reward_model
from synth_audit_env.server.world.scenario import WRONG_SHARE
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation import episodes
from synth_audit_env.validation.blind import degenerate, degenerate_policies, gambles
from synth_audit_env.validation.blind.cheats import approve, cheat, flag, report
from synth_audit_env.validation.blind.degenerate_policies import BEHAVIOURS, DEGENERATE, DOES
from synth_audit_env.validation.blind.malformed import MESSAGES, play_garbled
from synth_audit_env.validation.certificate import Interval
from synth_audit_env.validation.episodes import Episodes, play_episode

FEW = 20


def measured(name, tier="hard", count=FEW):
    """The rows of a policy, played now and not remembered."""
    outcomes = [play_episode(DEGENERATE[name], tier, "test", index).outcome for index in range(count)]
    rows = degenerate.held_to_behaviour([name], Episodes(tier, "test", count), outcomes)
    return {row.what.split()[1].strip(","): row for row in rows}


# The bounds follow from the rules.


@pytest.mark.parametrize("count", [4, 9, 17])
def test_labels_are_counted_as_they_are_drawn(count):
    chances = gambles.label_counts(count)
    assert sum(chances) == pytest.approx(1.0)
    assert len(chances) == count  # never all
    assert chances[0] == pytest.approx((1 - WRONG_SHARE) ** count)


def test_the_bound_of_a_return_is_what_an_episode_pays():
    """Random decisions with the right error types, against the same counts by the rules."""

    def script(scenario):
        stream = Stream("coin", scenario.seed)
        for proposal in scenario.proposals:
            proposal_id = proposal.note.proposal_id
            toss = stream.integer(0, 2)
            if toss:
                yield (
                    approve(proposal_id)
                    if toss == 1
                    else flag(proposal_id, proposal.error_type or "age_boundary_error")
                )
        yield report("")

    endings = set()
    for tier, index in product(("easy", "hard"), range(FEW)):
        played = play_episode(cheat("coin", script), tier, "test", index)
        counts = [(p.is_wrong, p.decision) for p in played.outcome.proposals]
        cells = product(("flagged", "approved", "pending"), (True, False))
        ending = gambles.Ending(*(counts.count((wrong, decision)) for decision, wrong in cells), looked=False)
        all_decided = not ending.left_wrong + ending.left_right
        reportable = played.outcome.skill > 0 and all_decided and (ending.caught or not ending.accused)
        unearned = 0.1 if reportable else 0.0  # nothing was reported
        assert played.outcome.return_ == pytest.approx(gambles.plain_return(ending) - unearned)
        assert (played.outcome.score, played.outcome.skill) == (gambles.score(ending), gambles.skill(ending))
        endings.add(ending)
    assert len(endings) > 20


def farmed(caught, accused):
    """How likely the evidence of how many right flags is paid, where every proposal is farmed and flagged."""
    ended = gambles._endings(caught + accused, lambda count, told: "farm and flag")
    of = {ending.vested: chance for ending, chance in ended if (ending.caught, ending.accused) == (caught, accused)}
    return {vested: chance / sum(of.values()) for vested, chance in of.items()}


@pytest.mark.parametrize(("caught", "accused"), [(0, 2), (2, 2), (3, 2), (2, 4), (3, 5)])
def test_evidence_is_paid_as_often_as_the_ledger_pays_it_over_all_orders(caught, accused):
    flags = [{"correct_flag": 300, "temporal_evidence": 100}] * caught + [{"false_positive": -250}] * accused
    paid = Counter()
    orders = set(permutations(range(caught + accused))) if caught + accused < 7 else permutations(range(8))
    for order in orders:
        vesting = reward_model.Vesting()
        paid[sum(vesting.book("flagged", flags[place], {}).get("temporal_evidence", 0) for place in order) // 100] += 1
    assert farmed(caught, accused) == pytest.approx({n: count / paid.total() for n, count in paid.items()})


def test_flagging_all_is_where_skill_is_nothing_and_approving_all_scores_the_clean_share():
    for tier in TIERS.values():
        assert gambles.flagging(tier, lambda count: {count: 1.0}, gambles.skill) == gambles.Moments(0.0, 0.0)
        low, high = tier.proposals
        clean = sum(0.7**count for count in range(low, high + 1)) / (high - low + 1)
        assert gambles.flagging(tier, lambda count: {0: 1.0}, gambles.score).mean == pytest.approx(clean)
        assert gambles.playing(tier, lambda count, told: "stop", gambles.score) == gambles.Moments(0.0, 0.0)


# The measurement.


def test_every_policy_has_ceilings():
    assert set(DOES) == set(DEGENERATE)
    for name in DEGENERATE:
        score, skill, _ = BEHAVIOURS[DOES[name]].ceiling("easy")
        assert score < 0.8
        assert skill <= 0.02
        assert BEHAVIOURS[DOES[name]].because
    for name in ("flag-all", "farm, then flag half"):
        assert BEHAVIOURS[DOES[name]].ceiling("hard")[2] < 0.0


def best_blind(monkeypatch, *tiers):
    monkeypatch.setattr(degenerate, "TIERS", {name: TIERS[name] for name in tiers})
    return {row.tier: row for row in degenerate.best_blind_play() if row.what == "return, best blind play"}


@pytest.mark.parametrize(
    "tier", [pytest.param(tier, marks=pytest.mark.slow) for tier in ("hard", "expert")] + ["easy", "medium"]
)
def test_the_best_blind_play_loses_in_every_tier(monkeypatch, tier):
    row = best_blind(monkeypatch, tier)[tier]
    assert row.bar.limit - 0.001 < row.figure.value <= row.bar.limit < 0.0
    assert row.passed()


def test_silence_that_is_worth_more_than_approving_everything_is_found(monkeypatch):
    monkeypatch.setattr(episodes, "results", episodes.results.__wrapped__)
    tiers = Episodes.of_tiers("test", FEW)
    assert all(degenerate.silence(on).passed() for on in tiers)
    monkeypatch.setattr(reward_model, "left_undecided", lambda proposals: {})
    assert not any(degenerate.silence(on).passed() for on in tiers)


@pytest.fixture
def false_alarms_cost(monkeypatch):
    """Another amount for a false alarm, with nothing remembered of what came of the other."""

    def forget():
        gambles._best.cache_clear()
        gambles._endings.cache_clear()
        degenerate_policies._by_the_rules.cache_clear()

    def change(amount):
        monkeypatch.setitem(reward_model.REWARDS, reward_model.FALSE_POSITIVE, amount)
        forget()

    yield change
    monkeypatch.undo()
    forget()


@pytest.mark.parametrize("amount", [-10, -120])
def test_a_table_that_makes_flags_cheap_is_found(monkeypatch, false_alarms_cost, amount):
    monkeypatch.setattr(degenerate, "TIERS", {name: TIERS[name] for name in ("easy", "medium")})
    assert degenerate.declared_ceilings().passed()
    false_alarms_cost(amount)
    assert degenerate.declared_ceilings().figure.value > 0.1
    assert not degenerate.declared_ceilings().passed()
    assert not measured("flag-all")["return"].passed()
    assert not any(row.passed() for row in best_blind(monkeypatch, "easy").values())


@pytest.mark.slow
def test_the_declared_ceilings_are_what_the_rules_give():
    for does, behaviour in BEHAVIOURS.items():
        for tier in TIERS:
            assert tuple(behaviour.declared[tier]) == behaviour.by_the_rules(tier), (does, tier)


def test_a_confidence_that_tells_the_label_is_found(monkeypatch):
    honest = episodes.scenario

    def leaky(*arguments):
        built = honest(*arguments)
        told = [replace(p, note=replace(p.note, confidence=0.78 if p.is_wrong else 0.97)) for p in built.proposals]
        return replace(built, proposals=tuple(told))

    monkeypatch.setattr(episodes, "scenario", leaky)
    rows = measured("flag-low-confidence")
    assert not rows["skill"].passed(doubt=1)
    assert not rows["score"].passed(doubt=1)


def test_approvals_that_are_paid_at_once_are_found(monkeypatch):
    monkeypatch.setattr(reward_model.Vesting, "book", lambda self, decision, earned, claim: dict(earned))
    assert not measured("approve-all")["return"].passed(doubt=1)


def test_a_stuffed_report_that_pays_is_found_with_its_seeds(monkeypatch):
    rows = list(degenerate.stuffed_reports(1))
    assert {row.figure for row in rows} == {Interval.exact(0.0)}
    assert {row.seeds for row in rows} == {"test 0-0"}
    monkeypatch.setattr(referee, "report_quality", lambda *_: 0.1)
    for row in degenerate.stuffed_reports(1):
        assert not row.passed(), row
        assert "hard 0" in row.seeds


def test_malformed_messages_move_nothing(server):
    nothing = play_episode(DEGENERATE["no-op"], "easy", "test", 1).outcome
    assert play_garbled(server.url, "easy", 1) == (0, nothing)
    assert len(MESSAGES) > 40


def test_a_message_that_does_something_is_counted(server):
    valid = '{"type": "step", "data": {"action_type": "approve", "proposal_id": "PROP-001"}}'
    moved, _ = play_garbled(server.url, "easy", 1, ["{", valid])
    assert moved == 1


def test_holding_the_adaptive_task_down_loses(monkeypatch):
    monkeypatch.setattr(degenerate, "SESSION", 6)
    score, gain = degenerate.sandbagging(1)
    assert gain.passed()
    assert gain.figure.value < -0.5
    assert score.bar is None
    # Who need not throw anything to stay gains as much as the honest, and scores better.
    monkeypatch.setattr(degenerate, "RAISE_ABOVE", 1.1)
    unthrown, level = degenerate.sandbagging(1)
    assert level.figure.value == 0.0
    assert unthrown.figure.value > score.figure.value
