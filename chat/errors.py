"""Why a model behind an endpoint has no completion. Programs catch these before they import what asks it."""


class EndpointError(RuntimeError):
    """A completion cannot be had. The sentence says why; no key is in it."""


class ChatRefusedError(EndpointError):
    """The endpoint has no answer to this chat, which is not to say that it has none to others."""


class ToolsRefusedError(ChatRefusedError):
    """The endpoint takes no tools, or not for this model."""
