"""Words of the truth are found wherever they stand, and what anybody may say is none of them."""

import json

import pytest

from synth_audit_env.server.audit.briefing import briefing
from synth_audit_env.server.world.explanation import deed
from synth_audit_env.server.world.protocol import ERROR_TYPES
from synth_audit_env.validation.channel.truth_words import words_in
from synth_audit_env.validation.episodes import scenario


@pytest.fixture(scope="module")
def trial():
    return scenario("easy", "validation", 1)


def test_words_of_the_truth(trial):
    proposal = trial.proposals[0]
    sentence = json.dumps(proposal.explanation.split(". ")[0], ensure_ascii=False)[1:-1]
    for told in (
        '{"is_wrong":true}',
        '{"explanation":""}',
        '{"reward_breakdown":{}}',
        '{"outcome":{"score":1.0}}',
        '"correct_flag"',
        f"It is that it {deed(trial.trial, proposal.brief, proposal.judgement)}!",
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
    told = json.dumps(briefing(trial.tier)).encode()
    assert words_in(told, "", trial) == [], "what a tier has is no secret"
    assert words_in(told + b" age_boundary_error", "", trial) == ["age_boundary_error"]
    assert words_in(b'{"outcome":null,"result":{"outcome":"alive"}}', "", trial) == []
    adaptive = b'"error_types":["age_boundary_error"]'
    assert words_in(adaptive, "", trial) == [], "what an adaptive episode is made of"
    assert words_in(adaptive + b',"error_type":"age_boundary_error"', "", trial) == ["age_boundary_error"]
    assert words_in(json.dumps(trial.proposals[0].note.reasoning, ensure_ascii=False).encode(), "", trial) == []
