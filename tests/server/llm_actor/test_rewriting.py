"""Ask, check, ask again, keep the script: what comes of each note, and what stays of the scenario."""

from dataclasses import dataclass, replace

import pytest

from synth_audit_env.chat.errors import EndpointError
from synth_audit_env.server.llm_actor.prose import EpisodeProse, reworded
from synth_audit_env.server.llm_actor.rewriting import RETRIES, word_notes
from synth_audit_env.server.llm_actor.slots import cut_out
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.server.llm_actor.rule_writers import BAD_WRITERS, RuleWriter, hedge, paraphrase

SCENARIO = build_scenario(TIERS["medium"], 1, "train")
COUNT = len(SCENARIO.proposals)


def test_a_scenario_in_other_words_is_the_same_but_for_the_words() -> None:
    notes = word_notes(RuleWriter(lambda task: f"<think>Hm, §4.2?</think>\n{paraphrase(task)}"), SCENARIO)
    assert [note.proposal_id for note in notes] == [proposal.note.proposal_id for proposal in SCENARIO.proposals]
    notes = (*notes[:1], notes[1].model_copy(update={"text": None}), *notes[2:])
    SCENARIO.memo["review_proposal", "PROP-001"] = "of the script"
    retold = reworded(SCENARIO, EpisodeProse(digest="", model="m", version="1", notes=notes))
    assert (retold.model, retold.scenario.memo) == ("m", {})
    assert retold.rewritten == tuple(note.proposal_id for note in notes if note.text)
    for before, after, worded in zip(SCENARIO.proposals, retold.scenario.proposals, notes, strict=True):
        cut = cut_out(before.note)
        own = f"{cut.text} So I have it on file."
        assert after.note.reasoning == (cut.filled(own) if worded.text else before.note.reasoning)
        assert replace(after, note=before.note) == before
        assert replace(after.note, reasoning="") == replace(before.note, reasoning="")
    assert replace(retold.scenario, proposals=()) == replace(SCENARIO, proposals=())


def test_a_refused_try_is_told_why_and_may_be_mended() -> None:
    writer = RuleWriter(lambda task: paraphrase(task) if task.tries == 2 else hedge(task))
    assert all(note.text for note in word_notes(writer, SCENARIO))
    assert len(writer.asked) == 3 * COUNT
    last = max(writer.asked, key=len)
    assert [message["role"] for message in last] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "I would not rely on it" in last[2]["content"]
    assert "leave out 'not'" in last[3]["content"]


@pytest.mark.parametrize(("rule", "word"), BAD_WRITERS.items())
def test_after_the_last_try_the_script_stays_and_the_record_says_why(rule, word) -> None:
    writer = RuleWriter(rule)
    notes = word_notes(writer, SCENARIO)
    assert len(writer.asked) == (1 + RETRIES) * COUNT
    assert [note.text for note in notes] == [None] * COUNT
    assert all(word in " ".join(note.refused) for note in notes)


def test_what_is_cut_off_is_refused() -> None:
    notes = word_notes(RuleWriter(paraphrase, finish_reason="length"), SCENARIO)
    assert {note.refused for note in notes} == {("It was cut off before its end.",)}


@dataclass
class Failing(RuleWriter):
    """Its endpoint fails after so many completions."""

    good: int = 3

    def complete(self, messages, tools=(), max_tokens=None):
        if len(self.asked) >= self.good:
            raise EndpointError("The endpoint is gone.")
        return super().complete(messages, tools, max_tokens)


@pytest.mark.parametrize("good", [0, 3])
def test_an_endpoint_that_fails_is_no_refusal(good: int) -> None:
    with pytest.raises(EndpointError, match="is gone"):
        word_notes(Failing(paraphrase, good=good), SCENARIO)
