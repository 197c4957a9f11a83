"""The parts of evaluation.py: agents side by side on the same episodes, their figures, tables and plots."""

from importlib.util import find_spec

NEEDS_EVAL = "the extra `eval`, which is not installed: uv run --extra eval ..., or pip install -e '.[eval]'"
"""The end of a sentence on pictures or the certificate."""


class RequestError(ValueError):
    """A request cannot be carried out, or a folder does not hold what it should. The message is one sentence."""


def has_eval() -> bool:
    """True if the extra `eval` is installed. Nothing of it is imported: that takes seconds."""
    return all(map(find_spec, ("sklearn", "scipy", "matplotlib")))
