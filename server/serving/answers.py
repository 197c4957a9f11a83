"""Writes observations as openenv's JSON: the one of a reset, and that of each step after it.

    writer = AnswerWriter(opening)
    written = writer.write(environment.act(action))
    written.message        # what /ws sends
    written.observation    # the same as a line of the episode log has it

Half of an answer is the list of proposals, which only a decision or a first review changes, and what a tool found is
written once for all sessions of its episode. So an answer is joined of parts that are there already. It is to the byte
what the pydantic model of the observation would write, which takes ten times as long to make and to write. Nothing here
knows sockets.
"""

from __future__ import annotations

from typing import NamedTuple

from pydantic_core import to_json

from ...models import SynthAuditObservation
from ..audit.episode import Answer

_SERIALIZER = SynthAuditObservation.__pydantic_serializer__
"""Called without `model_dump_json`, whose handling of its many options takes a microsecond a message."""
_OUTSIDE = {"done", "reward"}
"""What openenv puts beside the observation."""
_PENDING = b'pending"}'
"""How a proposal ends that is not decided on."""
_NOT_TOLD = b'"recommended_action":null'


class Written(NamedTuple):
    """An answer as JSON, in parts: who keeps many keeps the first part, which is the longest, once."""

    start: bytes
    """The object of the observation, without reward and done, as far as most answers of an episode have it alike."""
    rest: bytes
    reward: bytes
    done: bytes
    metadata: bytes = b""

    @property
    def message(self) -> bytes:
        """openenv's message."""
        told = (b'{"type":"observation","data":{"observation":', self.start, self.rest, b',"reward":', self.reward)
        return b"".join((*told, b',"done":', self.done, self.metadata, b"}}"))

    @property
    def observation(self) -> bytes:
        """What `SynthAuditObservation.model_dump_json` writes."""
        return b"".join((b'{"done":', self.done, b',"reward":', self.reward, b",", self.start[1:], self.rest))


def written(observation: SynthAuditObservation) -> Written:
    """Any observation, written by pydantic."""
    metadata = b',"metadata":' + to_json(observation.metadata) if observation.metadata else b""
    fields = _SERIALIZER.to_json(observation, exclude=_OUTSIDE)
    return Written(fields, b"", to_json(observation.reward), _truth(observation.done), metadata)


class AnswerWriter:
    """Writes the answers of one episode, in the order in which they are given."""

    def __init__(self, opening: SynthAuditObservation) -> None:
        """Begin with the observation of the reset."""
        known = to_json({"metadata": {}, "task_id": opening.task_id, "difficulty": opening.difficulty})
        self._head = known[:-1] + b',"actor_proposals":['
        self._proposals = {one.proposal_id: to_json(one).removesuffix(_PENDING) for one in opening.actor_proposals}
        self._statuses = dict.fromkeys(self._proposals, _PENDING)
        self._start = self._written_start()

    def write(self, answer: Answer) -> Written:
        """Write the answer to a step."""
        if answer.decision is not None:
            proposal_id, status = answer.decision
            self._statuses[proposal_id] = f'{status}"}}'.encode()
            self._start = self._written_start()
        if answer.reviewed is not None:
            proposal_id, recommended = answer.reviewed
            told = b'"recommended_action":' + to_json(recommended)
            self._proposals[proposal_id] = self._proposals[proposal_id].replace(_NOT_TOLD, told)
            self._start = self._written_start()
        phase = b',"phase":"finished"' if answer.over else b',"phase":"auditing"'
        rest = (
            to_json(answer.text),
            *(b',"result":', b"null" if answer.result is None else answer.result.json),
            *(b',"error":', b"null" if answer.error is None else to_json(answer.error)),
            *(phase, b',"steps_taken":%d,"steps_remaining":%d' % (answer.steps_taken, answer.steps_remaining)),
            b',"protocol_excerpt":null}',
        )
        return Written(self._start, b"".join(rest), to_json(answer.reward), _truth(answer.over))

    def _written_start(self) -> bytes:
        """All that stands before the feedback."""
        proposals = [one + self._statuses[proposal_id] for proposal_id, one in self._proposals.items()]
        return self._head + b",".join(proposals) + b'],"feedback":'


def _truth(value: bool) -> bytes:
    return b"true" if value else b"false"
