"""The text-only agent: a classifier of the words of a note, which looks nothing else up.

    auditor = TextOnlyAuditor(trained("hard"))
    action = auditor.act(observation)    # from the reset observation on, one action for each observation

It shows what it is worth to read the Actor's prose and judge by how it sounds. For each tier it learns from episodes of
the `train` split, whose labels the end of an episode tells anyone; the Actor of `test` speaks in other voices.
"""

import re
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from ..models import ReviewResult, SynthAuditAction, SynthAuditObservation
from ..server.audit.reward_model import Confusion
from ..server.world.actor_agent import Note
from ..server.world.scenario import build_scenario
from ..server.world.tasks import ALL_TIERS, rhetoric_of, task_of

LEARNT_FROM = 200
"""Episodes of each tier that the words are learnt from: the first of `train`."""
TUNED_ON = 100
"""The next ones, on which it is settled from which probability on a flag scores best."""
REASON = "The note reads like those that were wrong."
_RIGHT = "right"
_IDS = re.compile(r"P\d{4}\b")


class Opinion(NamedTuple):
    """What the words of a note say."""

    p_wrong: float
    """0 to 1, to three decimals: so that it is the same wherever sums are taken in another order."""
    error_type: str
    """The likeliest, if it is wrong."""


@dataclass(frozen=True)
class Classifier:
    """Words to opinions, for one tier."""

    model: Any
    """A pipeline of scikit-learn."""
    threshold: float
    """A note is flagged whose p_wrong is at least this."""

    def opinions(self, notes: Sequence[str]) -> list[Opinion]:
        """One for each text of a note."""
        rows, classes = self.model.predict_proba(notes), [str(name) for name in self.model.classes_]
        right = classes.index(_RIGHT)
        kinds = [name for name in classes if name != _RIGHT]
        return [
            Opinion(round(1.0 - float(row[right]), 3), kinds[int(np.argmax(np.delete(row, right)))]) for row in rows
        ]


def note_text(note: Note | ReviewResult) -> str:
    """All that a note says, without the number of the patient."""
    return _IDS.sub("P", f"{note.reasoning} Cites {', '.join(note.citations)}. {note.recommended_action}")


class TextOnlyAuditor:
    """Reviews each proposal and decides by the words. It is reset by the observation that carries a protocol."""

    name = "text-only"

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._audit: Generator[SynthAuditAction, SynthAuditObservation] | None = None

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action. Raises RuntimeError where the episode was not followed from its reset observation."""
        if observation.protocol_excerpt is not None:
            self._audit = _audit(observation, self._classifier)
            return next(self._audit)
        if self._audit is None:
            raise RuntimeError("The auditor needs the reset observation first: it lists the proposals.")
        return self._audit.send(observation)


def _audit(
    opening: SynthAuditObservation, classifier: Classifier
) -> Generator[SynthAuditAction, SynthAuditObservation]:
    flagged = []
    for proposal in opening.actor_proposals:
        id_ = proposal.proposal_id
        seen = yield SynthAuditAction(action_type="review_proposal", proposal_id=id_)
        assert isinstance(seen.result, ReviewResult), "a proposal of the list can be reviewed"
        ((p_wrong, kind),) = classifier.opinions([note_text(seen.result)])
        if p_wrong < classifier.threshold:
            yield SynthAuditAction(action_type="approve", proposal_id=id_, confidence=1.0 - p_wrong)
            continue
        flagged.append(f"{id_}: {kind}.")
        yield SynthAuditAction(
            action_type="flag_error", proposal_id=id_, error_type=kind, reason=REASON, confidence=p_wrong
        )
    yield SynthAuditAction(action_type="submit_audit_report", report=" ".join(flagged) or "Nothing reads wrong.")


@lru_cache(maxsize=len(ALL_TIERS))
def trained(tier: str) -> Classifier:
    """The classifier of a tier, the same each time that it is trained. It needs the extra `eval`."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from threadpoolctl import threadpool_limits

    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=5, sublinear_tf=True), LogisticRegression(tol=1e-3, max_iter=300)
    )
    notes, labels = zip(
        *(labelled for index in range(LEARNT_FROM) for labelled in labelled_notes(tier, index)), strict=True
    )
    with threadpool_limits(1):  # so that sums are taken in one order, and no thread waits for another
        model.fit(notes, labels)
    untuned = Classifier(model, threshold=0.0)
    tuning = []
    for index in range(LEARNT_FROM, LEARNT_FROM + TUNED_ON):
        notes, labels = zip(*labelled_notes(tier, index), strict=True)
        wrong = [label != _RIGHT for label in labels]
        tuning.append(
            [(opinion.p_wrong, is_wrong) for opinion, is_wrong in zip(untuned.opinions(notes), wrong, strict=True)]
        )
    # Of thresholds that score the same, the first: max keeps it.
    best = max((number / 100 for number in range(100)), key=lambda at: fmean(_score(episode, at) for episode in tuning))
    return Classifier(model, best)


def labelled_notes(tier: str, index: int) -> list[tuple[str, str]]:
    """The notes of a training episode, each with what the end of the episode says: an error type, or that it is right.

    They are read off the scenario: to play the episode would add nothing but time.
    """
    scenario = build_scenario(ALL_TIERS[tier], task_of("train", index).seed, rhetoric_of("train"))
    return [(note_text(proposal.note), proposal.error_type or _RIGHT) for proposal in scenario.proposals]


def _score(episode: Sequence[tuple[float, bool]], threshold: float) -> float:
    """What flagging from a probability on scores in an episode of (p_wrong, is_wrong)."""
    counts = Counter((is_wrong, p_wrong >= threshold) for p_wrong, is_wrong in episode)
    return Confusion(counts[True, True], counts[False, True], counts[True, False], counts[False, False]).score
