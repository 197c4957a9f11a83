"""The scan of a server's bytes finds what is planted, and nothing in a server as it is."""

import json

import pytest

from synth_audit_env.server.protocol import ERROR_TYPES
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.validation.channel import byte_scan
from synth_audit_env.validation.channel.byte_scan import Scan, comparable, scan_episode, words_in
from synth_audit_env.validation.channel.listening import twin
from synth_audit_env.validation.episodes import QUICK, scenario


@pytest.fixture(scope="module")
def trial():
    return scenario("easy", "validation", 1)


class Turned(SynthAuditEnvironment):
    """Every label is turned over."""

    def reset(self, *arguments, **options):
        opening = super().reset(*arguments, **options)
        self._episode.scenario = twin(self._episode.scenario)
        return opening


class Telling(Turned):
    """Turned over, and it says so by a space in the review of a wrong proposal."""

    def step(self, action, *arguments, **options):
        seen = super().step(action, *arguments, **options)
        proposal = self._episode.scenario.proposal.get(action.proposal_id)
        told = action.action_type == "review_proposal" and proposal is not None and proposal.is_wrong
        return seen.model_copy(update={"feedback": seen.feedback + " " * told})


def scanned(trial, settlement, one, other):
    scan = Scan()
    scan_episode(scan, trial, settlement, (one.url, other.url))
    return scan


def test_a_server_as_it_is_sends_no_truth_and_nothing_that_follows_from_it(server, serve, trial):
    turned = serve(environment=Turned)
    for settlement in ("immediate", "terminal"):
        scan = scanned(trial, settlement, server, turned)
        assert (scan.words, scan.changes) == ([], [])
        assert scan.ends_told == [True, True], "over /ws and over HTTP"
        assert scan.messages > 100
        assert scan.bytes > 100_000


def test_a_space_that_depends_on_the_label_is_a_change(server, serve, trial):
    scan = scanned(trial, "terminal", server, serve(environment=Telling))
    kinds = {change.rpartition(", ")[2] for change in scan.changes}
    assert "review" in kinds
    assert kinds <= {"review", "review with a feature", "metadata"}, "all of them ask for a review"
    assert scan.words == []


def test_the_documents_of_a_server_can_be_read(server):
    read = {path: byte_scan._document(server.url, path) for path in byte_scan.DOCUMENTS}
    assert b"SynthAuditState" in read["/schema"]
    assert {answer.split()[1] for answer in read.values()} == {b"200", b"404", b"405"}
    assert read == {path: byte_scan._document(server.url, path) for path in byte_scan.DOCUMENTS}


def test_words_of_the_truth(trial):
    proposal = trial.proposals[0]
    sentence = json.dumps(proposal.explanation.split(". ")[0], ensure_ascii=False)[1:-1]
    for told in (
        '{"is_wrong":true}',
        '{"explanation":""}',
        '{"reward_breakdown":{}}',
        '{"outcome":{"score":1.0}}',
        '"correct_flag"',
        f"The Actor {proposal.brief.flaw.summary}.",
        f"{sentence}.",
        f"PROP-001 ({proposal.brief.flaw.name})",
        "PROP-001: age_boundary_error",
        "That was correct.",
    ):
        assert words_in(told.encode(), "", trial), told


def test_what_is_no_word_of_the_truth(trial):
    asked = '{"action_type":"flag_error","error_type":"age_boundary_error"}'
    assert words_in(b"PROP-001 flagged as age_boundary_error", asked, trial) == []
    assert words_in(f"They are {', '.join(ERROR_TYPES)}.".encode(), "", trial) == []
    assert words_in(b'{"outcome":null,"result":{"outcome":"alive"}}', "", trial) == []
    assert words_in(json.dumps(trial.proposals[0].note.reasoning, ensure_ascii=False).encode(), "", trial) == []


def test_only_the_reward_of_a_decision_in_immediate_settlement_is_left_out(trial):
    *_, report = asks = byte_scan.asks_of(trial)
    decision = next(ask for ask in asks if ask.action == "approve")
    one, other = (f'\x81{{"error":null}},"reward":{reward}'.encode() for reward in ("0.147", "-0.203"))
    assert comparable(one, decision, "immediate") == comparable(other, decision, "immediate")
    assert comparable(one, decision, "terminal") != comparable(other, decision, "terminal")
    assert comparable(one, report, "immediate") != comparable(other, report, "immediate")


def test_an_episode_that_is_scanned_does_not_end_before_its_report(trial):
    asks = byte_scan.asks_of(trial)
    assert sum(bool(ask.action) or ask.kind.startswith("mcp") for ask in asks) == trial.tier.steps
    assert [ask.kind for ask in asks if ask.action == "submit_audit_report" and ask.kind != "no arguments"] == [
        "report"
    ]


@pytest.mark.slow
def test_the_quick_certificate_passes():
    assert [m for m in byte_scan.measure(QUICK) if not m.passed(doubt=QUICK.doubt)] == []
