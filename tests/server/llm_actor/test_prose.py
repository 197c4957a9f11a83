"""A scenario told in other words is the same scenario but for those words."""

from dataclasses import replace

from synth_audit_env.server.llm_actor.prose import EpisodeProse, WordedNote, digest_of, reworded
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

SCENARIO = build_scenario(TIERS["easy"], 3, "train")


def prose_of(texts):
    ids = [proposal.note.proposal_id for proposal in SCENARIO.proposals]
    notes = tuple(WordedNote(proposal_id=one, text=text) for one, text in zip(ids, texts, strict=True))
    return EpisodeProse(
        digest="", model="m", version="1", tier="easy", seed=3, voices="train", error_types=None, notes=notes
    )


def test_only_the_words_change():
    texts = [None if number == 1 else f"Note {number}." for number in range(len(SCENARIO.proposals))]
    told = reworded(SCENARIO, prose_of(texts))
    assert told.model == "m"
    assert told.rewritten == tuple(p.note.proposal_id for i, p in enumerate(SCENARIO.proposals) if i != 1)
    for before, after, text in zip(SCENARIO.proposals, told.scenario.proposals, texts, strict=True):
        assert after.note.reasoning == (before.note.reasoning if text is None else text)
        assert replace(after, note=before.note) == before
        assert replace(after.note, reasoning="") == replace(before.note, reasoning="")
    assert replace(told.scenario, proposals=()) == replace(SCENARIO, proposals=())


def test_what_was_worked_out_of_the_script_is_not_carried_over():
    SCENARIO.memo["review_proposal", "PROP-001"] = "of the script"
    assert reworded(SCENARIO, prose_of([None] * len(SCENARIO.proposals))).scenario.memo == {}


def test_the_digest_is_of_all_that_can_be_seen():
    digest = digest_of(SCENARIO)
    assert digest == digest_of(build_scenario(TIERS["easy"], 3, "train"))
    others = [build_scenario(TIERS["easy"], 4, "train"), build_scenario(TIERS["easy"], 3, "test")]
    patient = replace(SCENARIO.patients[5], ldh=SCENARIO.patients[5].ldh + 1)
    others.append(replace(SCENARIO, patients=(*SCENARIO.patients[:5], patient, *SCENARIO.patients[6:])))
    assert digest not in {digest_of(other) for other in others}
