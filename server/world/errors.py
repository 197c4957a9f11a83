"""What may go wrong in an episode by the caller's doing.

    raise EpisodeError("No episode is running: call reset first.")

Every other exception is a fault of ours: the server logs it and tells the client nothing of it.
"""


class EpisodeError(ValueError):
    """A refusal whose text is one clear sentence, safe to show to a client."""
