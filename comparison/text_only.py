"""The text-only agent: a classifier of the words of a note, which looks nothing else up.

    auditor = TextOnlyAuditor(trained("hard"))
    action = auditor.act(observation)    # from the reset observation on, one action for each observation

It shows what it is worth to read the Actor's prose and judge by how it sounds. For each tier it learns from episodes of
the `train` split, whose labels the end of an episode tells anyone; the Actor of `test` speaks in other voices.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean

import numpy as np

try:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline, make_pipeline
    from threadpoolctl import threadpool_limits
except ImportError as missing:
    raise ImportError(
        "The text-only agent is made with the extra `eval`: pip install -e '.[eval]', or uv sync --extra eval"
    ) from missing

from ..models import OutcomeResult, ReviewResult, SynthAuditAction, SynthAuditObservation
from ..server.audit.reward_model import Confusion
from ..server.synth_audit_environment import SynthAuditEnvironment
from ..server.world.actor_agent import Note
from ..server.world.tasks import TIERS

LEARNT_FROM = 200
"""Episodes of each tier that the words are learnt from: the first of `train`."""
TUNED_ON = 100
"""The next ones, on which it is settled from which probability on a flag scores best."""
REASON = "The note reads like those that were wrong."
_RIGHT = "right"
_IDS = re.compile(r"P\d{4}\b")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the words of a note say."""

    p_wrong: float
    """0 to 1, to three decimals: so that it is the same wherever sums are taken in another order."""
    error_type: str
    """The likeliest, if it is wrong."""


@dataclass(frozen=True)
class Classifier:
    """Words to opinions, for one tier."""

    model: Pipeline
    threshold: float
    """A note is flagged whose p_wrong is at least this."""

    def opinions(self, reviews: Sequence[ReviewResult]) -> list[Opinion]:
        """One for each note."""
        rows = self.model.predict_proba([note_text(review) for review in reviews])
        classes = [str(name) for name in self.model.classes_]
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
            raise RuntimeError("There is no audit under way: it starts with the reset observation.")
        return self._audit.send(observation)


def _audit(
    opening: SynthAuditObservation, classifier: Classifier
) -> Generator[SynthAuditAction, SynthAuditObservation]:
    flagged = []
    for proposal in opening.actor_proposals:
        id_ = proposal.proposal_id
        seen = yield SynthAuditAction(action_type="review_proposal", proposal_id=id_)
        assert isinstance(seen.result, ReviewResult), "a proposal of the list can be reviewed"
        (opinion,) = classifier.opinions([seen.result])
        if opinion.p_wrong < classifier.threshold:
            yield SynthAuditAction(action_type="approve", proposal_id=id_, confidence=1.0 - opinion.p_wrong)
            continue
        flagged.append(f"{id_}: {opinion.error_type}.")
        yield SynthAuditAction(
            action_type="flag_error",
            proposal_id=id_,
            error_type=opinion.error_type,
            reason=REASON,
            confidence=opinion.p_wrong,
        )
    yield SynthAuditAction(action_type="submit_audit_report", report=" ".join(flagged) or "Nothing reads wrong.")


@lru_cache(maxsize=len(TIERS))
def trained(tier: str) -> Classifier:
    """The classifier of a tier, the same whoever trains it."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=5, sublinear_tf=True), LogisticRegression(tol=1e-3, max_iter=300)
    )
    learnt = [labelled_notes(tier, index) for index in range(LEARNT_FROM)]
    notes = [note_text(review) for episode in learnt for review, _ in episode]
    with threadpool_limits(1):  # so that sums are taken in one order, and nobody waits for a thread
        model.fit(notes, [label for episode in learnt for _, label in episode])
    untuned = Classifier(model, threshold=0.0)
    tuning = []
    for index in range(LEARNT_FROM, LEARNT_FROM + TUNED_ON):
        episode = labelled_notes(tier, index)
        opinions = untuned.opinions([review for review, _ in episode])
        tuning.append(
            [(opinion.p_wrong, label != _RIGHT) for opinion, (_, label) in zip(opinions, episode, strict=True)]
        )
    # Of thresholds that score the same, the first: max keeps it.
    best = max((number / 100 for number in range(100)), key=lambda at: fmean(_score(episode, at) for episode in tuning))
    return Classifier(model, best)


def labelled_notes(tier: str, index: int) -> list[tuple[ReviewResult, str]]:
    """The notes of a training episode, each with what the end of the episode says: an error type, or that it is right.

    It is played in-process, where the wire would add nothing but time.
    """
    environment = SynthAuditEnvironment()
    opening = environment.reset(task_id=TIERS[tier].task_id, split="train", index=index)
    reviews = []
    for proposal in opening.actor_proposals:
        looked = SynthAuditAction(action_type="review_proposal", proposal_id=proposal.proposal_id)
        reviews.append(environment.step(looked).result)
    end = environment.step(SynthAuditAction(action_type="submit_audit_report", report="Read for training.")).result
    assert isinstance(end, OutcomeResult), "the report ends the episode"
    labels = [proposal.error_type or _RIGHT for proposal in end.outcome.proposals]
    return [(review, label) for review, label in zip(reviews, labels, strict=True) if isinstance(review, ReviewResult)]


def _score(episode: Sequence[tuple[float, bool]], threshold: float) -> float:
    """What flagging from a probability on scores in an episode of (p_wrong, is_wrong)."""
    counts = Counter((is_wrong, p_wrong >= threshold) for p_wrong, is_wrong in episode)
    return Confusion(counts[True, True], counts[False, True], counts[True, False], counts[False, False]).score
