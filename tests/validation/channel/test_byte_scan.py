"""The scan of a server's bytes finds what is planted, and nothing in a server as it is."""

import json

import pytest

from synth_audit_env.rollouts.own_server import own_server
from synth_audit_env.server import application
from synth_audit_env.server.audit.briefing import briefing
from synth_audit_env.server.serving.settings import Settings
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.protocol import ERROR_TYPES
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import ADAPTIVE, TIERS, split_of
from synth_audit_env.validation.channel.answers import Answer, comparable
from synth_audit_env.validation.channel.asks import Ask, twin
from synth_audit_env.validation.channel.byte_scan import (
    FLIPPED,
    Scan,
    changed_documents,
    differing_counts,
    scan_episode,
    trials_of,
    words_in,
)
from synth_audit_env.validation.channel.server_requests import (
    PLAYS,
    Trial,
    adaptive,
    asks_of,
    documents,
    over_mcp_socket,
    over_websocket,
    requests_of,
    routes_of,
)
from synth_audit_env.validation.episodes import scenario


@pytest.fixture(scope="module")
def trial():
    return Trial.of(scenario("easy", "validation", 1))


class Flipped(SynthAuditEnvironment):
    """Every label is flipped."""

    def __init__(self):
        super().__init__(build=lambda *arguments: twin(build_scenario(*arguments)))


class Telling(Flipped):
    """Flipped, and the review of a wrong proposal differs by what `tell` does to it."""

    def act(self, action):
        answer = super().act(action)
        proposal = self._episode.scenario.proposal.get(action.proposal_id)
        told = action.action_type == "review_proposal" and proposal is not None and proposal.is_wrong
        return self.tell(answer) if told else answer

    def tell(self, answer):
        return answer._replace(text=f"{answer.text} ")


class Counted(Telling):
    """Flipped, and it refuses to let wrong proposals be read, which its numbers tell."""

    def tell(self, answer):
        return answer._replace(error="no")


class Blurting(SynthAuditEnvironment):
    """Names what is hidden in each answer, and in its description."""

    def act(self, action):
        answer = super().act(action)
        return answer._replace(text=f"{answer.text} is_wrong")

    def get_metadata(self):
        return super().get_metadata().model_copy(update={"description": "PROP-001 is the one."})


def scanned(play, trial, settlement, one, other):
    scan = Scan()
    scan_episode(scan, play, trial, settlement, (one.url, other.url))
    return scan


@pytest.mark.parametrize("settlement", ["immediate", "terminal"])
@pytest.mark.parametrize("play", PLAYS)
def test_a_server_as_it_is_sends_no_truth_and_nothing_that_follows_from_it(server, serve, trial, play, settlement):
    scan = scanned(play, trial, settlement, server, serve(environment=Flipped))
    assert (scan.words, scan.changes) == ([], [])
    assert (scan.ends_told, scan.ends_changed) == ([True], [True])
    assert scan.messages > 30
    assert scan.bytes > 20_000


def test_a_space_that_depends_on_the_label_is_a_change(server, serve, trial):
    scan = scanned(over_websocket, trial, "terminal", server, serve(environment=Telling))
    kinds = {change.rpartition(", ")[2] for change in scan.changes}
    assert "review" in kinds
    assert kinds <= {"review", "review with a feature", "metadata"}, "all of them ask for a review"
    assert scan.words == []


def test_a_hidden_word_is_found_where_it_is_sent_and_labels_that_are_not_flipped_are_noticed(serve, trial):
    blurting = serve(environment=Blurting)
    scan = scanned(over_mcp_socket, trial, "terminal", blurting, blurting)
    assert {word.rpartition(": ")[2] for word in scan.words} == {"is_wrong"}
    assert (scan.changes, scan.ends_changed) == ([], [False])


def test_a_document_that_tells_labels_is_named(server, serve, trial):
    every = requests_of(routes_of(application.build_app(Settings())))
    requests = [one for one in every if one.route in ("/metadata", "/health", "/state", "/reset")]
    first = documents(server.url, requests)
    assert changed_documents(first, (server.url, server.url), trial) == []
    (changed,) = changed_documents(first, (server.url, serve(environment=Blurting).url), trial)
    assert changed == "GET /metadata"


def test_numbers_that_tell_a_label_show(serve, trial):
    assert differing_counts((serve().url, serve(environment=Flipped).url), trial) == []
    assert differing_counts((serve().url, serve(environment=Counted).url), trial) == ["GET /metrics, by label"]


def test_every_kind_of_episode_is_scanned():
    kinds = {(one.scenario.tier.name, split_of(one.scenario.seed)[0], one.options["task_id"]) for one in trials_of(2)}
    assert kinds == {
        *((tier, split, TIERS[tier].task_id) for tier in TIERS for split in ("validation", "test")),
        *((tier, "reference", TIERS[tier].task_id) for tier in ("easy", "medium", "hard")),
        *((tier, "validation", ADAPTIVE) for tier in TIERS),
    }


@pytest.mark.parametrize("play", PLAYS)
def test_an_adaptive_episode_is_the_one_that_was_meant(server, play):
    """Else its explanations would be sought in answers about other proposals."""
    trial = adaptive("validation", 0, "expert")
    kinds = {one.error_type for one in trial.scenario.proposals} - {None}
    assert kinds < set(TIERS["expert"].error_types)
    *_, end = play(server.url, trial, "terminal", asks_of(trial.scenario)[-1:])
    assert all(one.explanation[:40].encode() in end.sent for one in trial.scenario.proposals)


def test_the_server_of_flipped_labels_tells_the_other_truth(trial):
    with own_server(FLIPPED) as server:
        *_, end = over_websocket(server, trial, "terminal", asks_of(trial.scenario)[-1:])
    outcome = end.data["observation"]["result"]["outcome"]
    told = {one["proposal_id"]: one["is_wrong"] for one in outcome["proposals"]}
    assert told == {one.note.proposal_id: not one.is_wrong for one in trial.scenario.proposals}


def test_only_the_reward_of_a_decision_in_immediate_settlement_is_left_out(trial):
    *_, report = asks = asks_of(trial.scenario)
    decision = next(ask for ask in asks if ask.action == "approve")

    def same(ask, settlement):
        told = (f'\x81{{"error":null}},"reward":{reward}'.encode() for reward in ("0.147", "-0.203"))
        return len({comparable(Answer(ask, one), settlement) for one in told}) == 1

    assert same(decision, "immediate")
    assert not same(decision, "terminal")
    assert not same(report, "immediate")


def found(told, world, asked=""):
    return words_in(Answer(Ask("", "", asked), told.encode()), world)


def test_words_of_the_truth(trial):
    world = trial.scenario
    proposal = next(one for one in world.proposals if one.brief.bug is not None)
    sentence = json.dumps(proposal.explanation.split(". ")[0], ensure_ascii=False)[1:-1]
    for told in (
        '{"is_wrong":true}',
        '{"explanation":""}',
        '{"reward_breakdown":{}}',
        '{"outcome":{"score":1.0}}',
        '"correct_flag"',
        f"It is that it {proposal.flaw}!",
        f"{sentence}.",
        "PROP-001: age_boundary_error",
        "That was correct.",
    ):
        assert found(told, world), told


def test_what_is_no_word_of_the_truth(trial):
    world = trial.scenario
    asked = '{"action_type":"flag_error","error_type":"age_boundary_error"}'
    assert found("PROP-001 flagged as age_boundary_error", world, asked) == []
    assert found(f"They are {', '.join(ERROR_TYPES)}.", world) == []
    told = json.dumps(briefing(world.tier))
    assert found(told, world) == [], "what a tier has is no secret"
    assert found(told + " age_boundary_error", world) == ["age_boundary_error"]
    assert found('{"outcome":null,"result":{"outcome":"alive"}}', world) == []
    adaptive = '"error_types":["age_boundary_error"]'
    assert found(adaptive, world) == [], "what an adaptive episode is made of"
    assert found(adaptive + ',"error_type":"age_boundary_error"', world) == ["age_boundary_error"]
    assert found(json.dumps(world.proposals[0].note.reasoning, ensure_ascii=False), world) == []
