"""Ask, check, ask again, keep the script: what comes of each note."""

from dataclasses import dataclass, field

import pytest

from synth_audit_env.chat.endpoint import EndpointError
from synth_audit_env.server.llm_actor.fidelity import faults
from synth_audit_env.server.llm_actor.rewriting import RETRIES, plain, word_notes
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.server.llm_actor import rule_writers
from synth_audit_env.tests.server.llm_actor.rule_writers import BAD_WRITERS, RuleWriter, paraphrase

SCENARIO = build_scenario(TIERS["medium"], 1, "train")
COUNT = len(SCENARIO.proposals)


def test_notes_come_back_in_order_in_other_words():
    notes = word_notes(RuleWriter(paraphrase), SCENARIO)
    assert [note.proposal_id for note in notes] == [proposal.note.proposal_id for proposal in SCENARIO.proposals]
    for note, proposal in zip(notes, SCENARIO.proposals, strict=True):
        assert note.text
        assert note.text != proposal.note.reasoning
        assert faults(proposal.note, note.text) == note.refused == ()


def test_a_refused_try_is_told_why_and_may_be_mended():
    writer = RuleWriter(lambda task: paraphrase(task) if task.tries == 2 else rule_writers.hedge(task))
    notes = word_notes(writer, SCENARIO)
    assert all(note.text for note in notes)
    assert len(writer.asked) == 3 * COUNT
    last = max(writer.asked, key=len)
    assert [message["role"] for message in last] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "might be wrong" in last[2]["content"]
    assert "'might be wrong' has no place in a note" in last[3]["content"]


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        *BAD_WRITERS.items(),
        (rule_writers.echo, "word for word"),
        (rule_writers.hand_back_the_items, "'Must stay'"),
        (lambda task: f"{task.stays}. {task.recommendation.capitalize()}.", "leaves out too much"),
        (lambda task: "", "characters"),
    ],
)
def test_after_the_last_try_the_script_stays_and_the_record_says_why(rule, word):
    writer = RuleWriter(rule)
    notes = word_notes(writer, SCENARIO)
    assert len(writer.asked) == (1 + RETRIES) * COUNT
    assert [note.text for note in notes] == [None] * COUNT
    assert all(any(word in fault for fault in note.refused) for note in notes)


def test_what_is_cut_off_is_refused():
    notes = word_notes(RuleWriter(paraphrase, finish_reason="length"), SCENARIO)
    assert {note.refused for note in notes} == {("It was cut off before its end.",)}


@dataclass
class Failing(RuleWriter):
    """Its endpoint fails after so many completions."""

    good: int = 3
    served: list[int] = field(default_factory=list)

    def complete(self, messages, tools=(), max_tokens=None):
        if len(self.asked) >= self.good:
            raise EndpointError("The endpoint is gone.")
        return super().complete(messages, tools, max_tokens)


@pytest.mark.parametrize("good", [0, 1, 3])
def test_an_endpoint_that_fails_is_no_refusal(good):
    with pytest.raises(EndpointError, match="is gone"):
        word_notes(Failing(paraphrase, good=good), SCENARIO)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("So it is.", "So it is."),
        ("  So\nit   is.\n", "So it is."),
        ("<think>Hmm, §4.2 or not?</think>\n\nSo it is.", "So it is."),
        ("Hmm.</think> So it is.", "So it is."),
        ('"So it is."', "So it is."),
        ("“So it’s.”", "So it's."),
        ("```\nSo it is.\n```", "So it is."),
        ("**So it is.**", "So it is."),
        ("a\u2011b \u22122.4", "a-b -2.4"),
        ('"A" and "B"', '"A" and "B"'),
        ("", ""),
    ],
)
def test_plain(answer, text):
    assert plain(answer) == text
