"""Why a model behind an endpoint has no completion. Programs catch these before they import what asks it."""


class EndpointError(RuntimeError):
    """A completion cannot be had. The sentence says why; no key is in it."""

    may_pass = False
    """Whether the answer may be better when it is asked for again."""


class ChatRefusedError(EndpointError):
    """The endpoint refuses this chat, which is not to say that it refuses others."""


class ToolsRefusedError(ChatRefusedError):
    """The endpoint takes no tools, or not for this model."""


class MalformedCallError(ChatRefusedError):
    """A chat was answered by a tool call that the model's own server cannot read. Asked for JSON it may do better."""
