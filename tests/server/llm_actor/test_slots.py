"""All that a note states is cut out and put back to the letter; what stands between is held to its rules."""

import re

import pytest

from synth_audit_env.server.llm_actor.slots import cut_out, faults
from synth_audit_env.server.world.actor_agent import Note
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import ALL_TIERS

TIERS = ("easy", "medium", "hard", "expert", "frontier-4", "frontier-10")


def note(reasoning: str) -> Note:
    return Note("PROP-001", "P0001", "Carcinoma, lung", "compliant", "continue treatment", 0.9, reasoning, ())


@pytest.mark.parametrize("tier", TIERS)
def test_every_scripted_note_is_cut_and_filled_to_the_letter(tier: str) -> None:
    for seed in range(5):
        for voices in ("train", "test"):
            for proposal in build_scenario(ALL_TIERS[tier], seed, voices).proposals:
                cut = cut_out(proposal.note)
                assert cut.filled(cut.text) == proposal.note.reasoning
                # Nothing that a tool could be asked about is left between the slots.
                between = re.sub(r"\[\d+\]", "", cut.text)
                assert not re.search(r"\d|§|Amendment", between)
                assert cut.verdict, "the verdict is the script's"
                assert faults(cut, cut.text) == ("It is the note itself, word for word.",)
                assert faults(cut, f"{cut.text} So I have it.") == ()


CUT = cut_out(
    note(
        "Chart check for P0023. By the record LDH is 188, not above 240, so §5.2 (LDH exception) is not what counts; "
        "the treatment delay comes to 39 days, and §5.1 asks for at most 45 days. This is compliant. Continue."
    )
)


def test_slots_hold_what_a_note_states() -> None:
    assert CUT.pieces == (
        "P0023",
        "LDH is 188, not above 240",
        "§5.2 (LDH exception)",
        "treatment delay",
        "39 days",
        "§5.1",
        "at most 45 days",
    )


GOOD = "On [1] I read that [2], which means that [3] is not the one. Then the [4]: [5], where [6] gives [7]. All fine."


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (GOOD, None),
        (GOOD.replace("[3] is not", "[3] isn't"), None),
        (GOOD.replace("is not the one", "is the one"), "you do not"),
        (GOOD.replace("where [6]", "where by no means [6]"), "leave out 'no'"),
        (GOOD.replace("[4]", "[5]", 1), "in the order of the note"),
        (GOOD.replace("[7]", "it"), r"they should be \[1\] to \[7\]"),
        (GOOD.replace("[7]", "[7] or 46 days"), "before|at the end has a figure"),
        (GOOD.replace("All fine", "* fine"), "a figure or a sign"),
        (GOOD + " Well, so be it." * 120, "characters"),
    ],
)
def test_what_is_between_the_slots(answer: str, fault: str | None) -> None:
    found = faults(CUT, answer)
    assert (found == ()) if fault is None else re.search(fault, " ".join(found))
