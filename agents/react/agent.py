"""The ReAct agent as an auditor: observation in, action out, with a model asked whenever it has nothing to do.

    auditor = ReactAuditor(Endpoint(url, "qwen3:4b", None), "native", Budget())
    action = auditor.act(observation)    # from the reset observation on, one action for each observation
    auditor.usage                        # of this episode so far

What it is told and how its answers are read is `conversation.py`; where the model runs, it does not know.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ...chat.completion import ChatModel, Usage
from ...models import SynthAuditAction, SynthAuditObservation
from .context import Budget
from .conversation import Conversation, Tally
from .json_actions import JsonActions
from .native_calls import NativeCalls
from .turns import CallFormat, ModelTurn

TOOL_FORMATS: Mapping[str, Sequence[Callable[[], CallFormat]]] = {
    "auto": (NativeCalls, JsonActions),
    "native": (NativeCalls,),
    "json": (JsonActions,),
}
"""By name: how a model is to call tools, and how it is to after all where it does not."""


class ReactAuditor:
    """The policy. It is reset by the observation that carries a protocol."""

    def __init__(
        self, model: ChatModel, tool_format: str, budget: Budget, of_model: Mapping[str, Any] | None = None
    ) -> None:
        """Make one that calls tools in one of TOOL_FORMATS.

        Its model's settings are those that its answers depend on, such as a temperature, by name.
        """
        self.name = model.name
        self.settings: Mapping[str, Any] = {"tool_format": tool_format, **asdict(budget), **(of_model or {})}
        """What its answers depend on beside the model's name, as logs keep it. There is no key in it."""
        self._model = model
        self._forms = TOOL_FORMATS[tool_format]
        self._budget = budget
        self._talk: Conversation | None = None

    @property
    def usage(self) -> Usage:
        """What the episode's completions have taken so far."""
        return self._talk.usage if self._talk else Usage()

    @property
    def tally(self) -> Tally:
        """How the episode's answers so far could be read."""
        return self._talk.tally if self._talk else Tally()

    @property
    def written(self) -> Sequence[ModelTurn]:
        """The episode's answers so far, as a transcript keeps them."""
        return self._talk.written if self._talk else ()

    @property
    def gave_up(self) -> str | None:
        """Why the episode was ended for the model, in a sentence; None where it was not."""
        return self._talk.gave_up if self._talk else None

    def talk(self, opening: SynthAuditObservation) -> Conversation:
        """An episode's conversation, for whoever has its model complete it: see `rollouts/together.py`."""
        form, *otherwise = (make() for make in self._forms)
        return Conversation(opening, form, self._budget, *otherwise)

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action after the reset observation, or after what the last action brought.

        Raises:
            RuntimeError: The episode was not followed from its reset observation.
            ContextError: Not even the opening fits the model's context.
            EndpointError: The model's endpoint does not complete it.
        """
        if observation.protocol_excerpt is not None:
            self._talk = self.talk(observation)
        elif self._talk is None:
            raise RuntimeError("The auditor needs the reset observation first: it carries the protocol.")
        else:
            self._talk.observe(observation)
        while (action := self._talk.next_action()) is None:
            chat, asked_at = self._talk.messages(), time.monotonic()
            completion = self._model.complete(chat, self._talk.tools, self._budget.max_tokens)
            self._talk.receive(completion.after(time.monotonic() - asked_at))
        return action
