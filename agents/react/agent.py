"""The ReAct agent as an auditor: observation in, action out, with a model asked whenever it has nothing to do.

    auditor = ReactAuditor(Endpoint(url, "qwen3:4b", None), "native", max_tokens=4_096)
    action = auditor.act(observation)    # from the reset observation on, one action for each observation
    auditor.conversation.usage           # of this episode so far

The conversation is `conversation.py`.
"""

import time
from collections.abc import Mapping
from typing import Any

from ...chat.completion import ChatModel
from ...models import SynthAuditAction, SynthAuditObservation
from .conversation import Conversation, ToolFormat


class ReactAuditor:
    """The policy. It is reset by the observation that carries a protocol."""

    def __init__(
        self, model: ChatModel, tool_format: ToolFormat, max_tokens: int, of_model: Mapping[str, Any] | None = None
    ) -> None:
        """Make one whose answers have at most so many tokens.

        Its model's settings are those that its answers depend on, such as a temperature, by name.
        """
        self.name = model.name
        self.settings: Mapping[str, Any] = {"tool_format": tool_format, "max_tokens": max_tokens, **(of_model or {})}
        """The settings that its answers depend on, as logs keep them. There is no key in them."""
        self._model = model
        self._tool_format = tool_format
        self._max_tokens = max_tokens
        self.conversation: Conversation  # from the first reset observation on
        """The episode's: what its completions took, how they could be read, what was written."""

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action after the reset observation, or after what the last action brought.

        Raises:
            EndpointError: The model's endpoint does not complete it.
        """
        if observation.protocol_excerpt is not None:
            self.conversation = Conversation(observation, self._tool_format)
        else:
            self.conversation.observe(observation)
        talk = self.conversation
        while (action := talk.next_action()) is None:
            asked_at = time.monotonic()
            completion = self._model.complete(talk.messages(), talk.tools, self._max_tokens)
            talk.receive(completion.after(time.monotonic() - asked_at))
        return action
