"""What the kinds of error mean, as the page explains them beside the field that asks for one.

    kinds_pane()

The same for every audit: nothing here knows which kinds there are in it.
"""

from __future__ import annotations

from ..world.protocol import ERROR_KINDS
from .markup import facts, words


def kinds_pane() -> str:
    """All of them, folded."""
    told = facts((words(name), kind.rule) for name, kind in ERROR_KINDS.items())
    return (
        "<details><summary>What each kind means</summary><p>A kind names the rule that the determination gets wrong, "
        f"in either direction: a compliant patient who is kept from treatment is wrong too.</p>{told}</details>"
    )
