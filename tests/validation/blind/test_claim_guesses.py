"""Guesses come from what note and protocol show, and the true claims that can be guessed are among them."""

from dataclasses import replace

import pytest

from synth_audit_env.server.audit.claims import claim_verdict
from synth_audit_env.validation.blind.claim_guesses import _Read, guesses
from synth_audit_env.validation.episodes import scenarios

TIERS = ("easy", "hard", "expert", "frontier-3")


def asked(tier, count=12):
    return [(world, proposal) for world in scenarios(tier, "train", count) for proposal in world.proposals]


def said(world, proposal, *, with_protocol):
    return [(one.claim, one.features) for one in guesses(world, proposal, with_protocol=with_protocol)]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("with_protocol", [False, True])
def test_no_guess_depends_on_the_truth(tier, with_protocol):
    for world, proposal in asked(tier, 5):
        untold = {"error_type": None, "judgement": None, "flaw": "", "explanation": "", "faults": ()}
        blind = replace(proposal, is_wrong=not proposal.is_wrong, brief=replace(proposal.brief, bug=None), **untold)
        told = said(world, proposal, with_protocol=with_protocol)
        assert told == said(world, blind, with_protocol=with_protocol)
        assert told


def test_what_a_note_does_not_quote_is_in_no_guess():
    unquoted = 0
    for world, proposal in asked("hard", 30):
        argument = proposal.brief.argument
        quotes = argument.manner
        other = replace(
            argument,
            said=argument.said + 5 * (not quotes.quotes_value),
            limit=argument.limit + 5 * (not quotes.quotes_limit),
            steps=tuple(
                step
                if step.said is not None or step.condition is None or step.condition.field == "stage"
                else step._replace(condition=replace(step.condition, value=step.condition.value + 5))
                for step in argument.steps
            ),
        )
        unquoted += other != argument
        changed = replace(proposal, brief=replace(proposal.brief, argument=other))
        for with_protocol in (False, True):
            assert said(world, proposal, with_protocol=with_protocol) == said(
                world, changed, with_protocol=with_protocol
            )
    assert unquoted > 100


def test_without_the_protocol_no_guess_is_from_it():
    for world, proposal in asked("hard", 10):
        protocol = proposal.trial.protocol
        clauses = tuple(replace(one, value=one.value and one.value + 3) for one in protocol.clauses)
        other = replace(proposal, trial=replace(proposal.trial, protocol=replace(protocol, clauses=clauses)))
        assert said(world, proposal, with_protocol=False) == said(world, other, with_protocol=False)
        assert said(world, proposal, with_protocol=True) != said(world, other, with_protocol=True)


def test_the_limit_that_a_reader_works_out_is_the_one_that_holds():
    """Where the Actor has read all as it is."""
    sound = 0
    for tier in ("hard", "frontier-3"):
        for world, proposal in asked(tier):
            argument = proposal.brief.argument
            if argument is not None and proposal.brief.bug is None:
                read = _Read(world, proposal, argument, with_protocol=True)
                assert read.limit_if(read.met) == argument.limit, proposal.note
                sound += 1
    assert sound > 80


@pytest.mark.parametrize("tier", TIERS)
def test_what_can_be_seen_without_a_record_is_guessed(tier):
    """A guesser that lacked the true claim would be a man of straw."""
    reached = {True: 0, False: 0}
    for world, proposal in asked(tier, 25):
        if not proposal.faults:
            continue
        holds = any(
            claim_verdict(proposal.faults, one.claim).holds for one in guesses(world, proposal, with_protocol=True)
        )
        reached[holds] += 1
        bug = proposal.brief.bug
        if proposal.brief.cited or (bug and bug.operator in ("misquoted_limit", "invented")):
            assert holds, proposal.note
    assert reached[True] > 0.5 * sum(reached.values())
