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
        "Chart check for P0023, who does not meet §5.2 (LDH exception; LDH is 188 U/L, not above 240), so we use §5.1 "
        "(treatment window). Treatment started 39 days after enrolment, and §5.1 allows at most 45 days, so this is "
        "within the protocol. Continue."
    )
)


def test_slots_hold_what_a_note_states() -> None:
    assert CUT.pieces == (
        "P0023",
        "§5.2 (LDH exception; LDH is 188 U/L, not above 240)",
        "§5.1 (treatment window)",
    )
    assert CUT.verdict.startswith("Treatment started 39 days")


GOOD = "On [1] I read that it is not [2], which leaves [3]. All fine."


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (GOOD, None),
        (GOOD.replace("it is not", "it isn't"), None),
        (GOOD.replace("is not", "is"), "you do not"),
        (GOOD.replace("which leaves", "which never leaves"), "leave out 'never'"),
        (GOOD.replace("[3]", "[2]", 1), "in the order of the note"),
        (GOOD.replace("[3]", "it"), r"they should be \[1\] to \[3\]"),
        (GOOD.replace("[3]", "[3] or 46 days"), "before|at the end has a figure"),
        (GOOD.replace("All fine", "* fine"), "a figure or a sign"),
        (GOOD + " Well, so be it." * 120, "characters"),
    ],
)
def test_what_is_between_the_slots(answer: str, fault: str | None) -> None:
    found = faults(CUT, answer)
    assert (found == ()) if fault is None else re.search(fault, " ".join(found))
