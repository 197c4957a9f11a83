"""Writes observations as openenv's JSON: the one of a reset, and that of each step after it.

    writer = AnswerWriter(opening)
    writer.write(environment.act(action))       # what /ws sends

Half of an answer is the list of proposals, which only a decision or a first review changes, and what a tool found is
written once for all sessions of its episode. So an answer is joined of parts that are there already. It is to the byte
what the pydantic model of the observation would write, which takes ten times as long to make and to write. Nothing here
knows sockets.
"""

from __future__ import annotations

from pydantic_core import to_json

from ..models import SynthAuditObservation
from .audit.episode import Answer

_SERIALIZER = SynthAuditObservation.__pydantic_serializer__
"""Called without `model_dump_json`, whose handling of its many options takes a microsecond a message."""
_BEFORE = b'{"type":"observation","data":{"observation":'
_OUTSIDE = {"done", "reward"}
"""What openenv puts beside the observation."""
_PENDING = b'pending"}'
"""How a proposal ends that is not decided on."""
_NOT_TOLD = b'"recommended_action":null'


def written(observation: SynthAuditObservation) -> bytes:
    """openenv's message with any observation, written by pydantic."""
    metadata = b',"metadata":' + to_json(observation.metadata) if observation.metadata else b""
    fields = _SERIALIZER.to_json(observation, exclude=_OUTSIDE)
    return b"".join((_BEFORE, fields, _paid(observation.reward, observation.done), metadata, b"}}"))


def logged(message: bytes) -> bytes:
    """The observation of a message that an `AnswerWriter` has written, as `model_dump_json` writes it."""
    fields, _, paid = message[len(_BEFORE) : -2].rpartition(b',"reward":')
    reward, _, done = paid.partition(b',"done":')
    return b"".join((b'{"done":', done, b',"reward":', reward, b",", fields[1:]))


class AnswerWriter:
    """Writes the answers of one episode, in the order in which they are given."""

    def __init__(self, opening: SynthAuditObservation) -> None:
        """Begin with the observation of the reset."""
        known = to_json({"metadata": {}, "task_id": opening.task_id, "difficulty": opening.difficulty})
        self._head = _BEFORE + known[:-1] + b',"actor_proposals":['
        self._proposals = {
            proposal.proposal_id: to_json(proposal).removesuffix(_PENDING) for proposal in opening.actor_proposals
        }
        self._statuses = dict.fromkeys(self._proposals, _PENDING)
        self._start = self._written_start()

    def write(self, answer: Answer) -> bytes:
        """openenv's message with the answer to a step."""
        if answer.decision is not None:
            proposal_id, status = answer.decision
            self._statuses[proposal_id] = f'{status}"}}'.encode()
            self._start = self._written_start()
        if answer.reviewed is not None:
            proposal_id, recommended = answer.reviewed
            shown = b'"recommended_action":' + to_json(recommended)
            self._proposals[proposal_id] = self._proposals[proposal_id].replace(_NOT_TOLD, shown)
            self._start = self._written_start()
        phase = b',"phase":"finished"' if answer.over else b',"phase":"auditing"'
        return b"".join(
            (
                self._start,
                to_json(answer.text),
                *(b',"result":', b"null" if answer.result is None else answer.result.json),
                *(b',"error":', b"null" if answer.error is None else to_json(answer.error)),
                *(phase, b',"steps_taken":%d,"steps_remaining":%d' % (answer.steps_taken, answer.steps_remaining)),
                *(b',"protocol_excerpt":null}', _paid(answer.reward, answer.over), b"}}"),
            )
        )

    def _written_start(self) -> bytes:
        """All that is before the feedback."""
        proposals = [proposal + self._statuses[proposal_id] for proposal_id, proposal in self._proposals.items()]
        return self._head + b",".join(proposals) + b'],"feedback":'


def _paid(reward: float | None, done: bool) -> bytes:
    return b',"reward":%b,"done":%b' % (to_json(reward), b"true" if done else b"false")
