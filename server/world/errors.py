"""The error of a caller: an invalid action or option.

    raise EpisodeError("No episode is running: call reset first.")

Every other exception is a bug: the server logs it and tells the client nothing about it.
"""


class EpisodeError(ValueError):
    """A refusal whose text is one clear sentence, safe to show to a client."""
