"""What a client is told of an exception: never its text, unless that was written for it."""

import json
import math

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from synth_audit_env.server.serving.limits import LONGEST_NAME, LONGEST_SENTENCE
from synth_audit_env.server.serving.refusals import OUR_FAULT, refusal, without_inputs
from synth_audit_env.server.world.errors import EpisodeError

SENT = "what the client has sent"


class Judged(BaseModel):
    """Refuses with a ValueError, which pydantic puts into its findings as an object that JSON has no form for."""

    model_config = ConfigDict(extra="forbid")

    word: str = ""
    number: float = Field(default=0.0, le=1.0, allow_inf_nan=False)

    @field_validator("word")
    @classmethod
    def _never(cls, word: str) -> str:
        if word:
            raise ValueError("no word will do")
        return word


def problem(**fields: object) -> ValidationError:
    with pytest.raises(ValidationError) as raised:
        Judged.model_validate(fields)
    return raised.value


@pytest.mark.parametrize(
    "fields", [{"word": SENT}, {"number": math.nan}, {"number": SENT}, {"word": SENT, "number": math.inf}]
)
def test_findings_are_json_and_hold_nothing_of_what_was_sent(fields):
    raised = problem(**fields)
    for findings in (refusal(raised).details["errors"], without_inputs(raised.errors())):
        told = json.dumps(findings, allow_nan=False)
        assert SENT not in told
        assert len(findings) == len(fields)
        assert all(found.keys() == {"type", "loc", "msg"} for found in findings)


def test_names_that_the_client_chose_are_cut():
    (found,) = without_inputs(problem(**{"x" * 1_000: 1}).errors())
    assert found["loc"] == ["x" * LONGEST_NAME]


def test_what_is_meant_for_the_client_is_told_and_cut():
    assert refusal(EpisodeError("Call reset first.")).sentence == "Call reset first."
    assert len(refusal(EpisodeError("x" * 5_000)).sentence) < LONGEST_SENTENCE + 5


@pytest.mark.parametrize("raised", [ValueError(SENT), KeyError(SENT), OSError(2, SENT, SENT)])
def test_what_is_not_goes_to_the_log_alone(raised, caplog):
    refused = refusal(raised)
    assert (refused.sentence, refused.details, refused.code) == (OUR_FAULT, {}, "500")
    assert SENT in caplog.text


@pytest.mark.parametrize(
    ("path", "sent", "kind"),
    [
        ("/reset", {"seed": True}, str),
        ("/reset", {"episode_id": 5}, list),
        ("/step", {"action": {"action_type": "approve", "proposal_id": "PROP-001"}}, str),
        ("/step", {"action": {"action_type": "approve", "proposal_id": 5}}, list),
        ("/synth_audit_env/task", {"split": "test", "index": "first"}, list),
    ],
)
def test_a_refusal_over_http_is_a_sentence_or_a_list_of_findings(server, path, sent, kind):
    answer = server.http.post(path, json=sent)
    assert (answer.status_code, type(answer.json()["detail"])) == (422, kind)
