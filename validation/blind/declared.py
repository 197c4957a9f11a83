"""What each degenerate policy may come to at most, as declared: score, skill and return, by tier.

    DECLARED["flags all"]["hard"]     # (0.589, 0.0, -0.906)

Literal figures, which no change of a rule or of the reward table moves: a table that pays a degenerate policy more
fails the certificate until somebody declares here that it may. They are what the rules give, rounded up.
"""

from __future__ import annotations

from collections.abc import Mapping

Declared = tuple[float, float, float]
"""Score, skill, return."""


def _by_tier(easy: Declared, medium: Declared, hard: Declared) -> Mapping[str, Declared]:
    """The expert tier has as many proposals as the hard one, and blind play sees nothing else of it."""
    return {"easy": easy, "medium": medium, "hard": hard, "expert": hard}


DECLARED: Mapping[str, Mapping[str, Declared]] = {
    "decides nothing": _by_tier((0.0, -0.688, -0.272), (0.0, -0.752, -0.42), (0.0, -0.826, -0.711)),
    "approves all": _by_tier((0.256, -0.434, -0.176), (0.131, -0.629, -0.376), (0.048, -0.788, -0.7)),
    "flags all": _by_tier((0.568, 0.0, -0.325), (0.581, 0.0, -0.515), (0.589, 0.0, -0.906)),
    "farms, flags all": _by_tier((0.568, 0.0, -0.131), (0.581, 0.0, -0.268), (0.589, 0.0, -0.604)),
    "flags half": _by_tier((0.506, -0.11, -0.149), (0.476, -0.194, -0.364), (0.453, -0.275, -0.73)),
    "farms, flags half": _by_tier((0.506, -0.11, -0.018), (0.476, -0.194, -0.195), (0.453, -0.275, -0.507)),
    "flags one": _by_tier((0.404, -0.253, -0.179), (0.278, -0.469, -0.361), (0.165, -0.672, -0.696)),
    "flags all but one": _by_tier((0.546, -0.004, -0.113), (0.557, -0.027, -0.309), (0.571, -0.015, -0.707)),
    "flags each with 1/2": _by_tier((0.487, -0.123, -0.157), (0.457, -0.217, -0.357), (0.439, -0.292, -0.726)),
    "flags each with 7/20": _by_tier((0.443, -0.194, -0.163), (0.394, -0.314, -0.36), (0.365, -0.415, -0.711)),
    "flags any number": _by_tier((0.568, 0.0, -0.113), (0.581, 0.0, -0.347), (0.589, 0.0, -0.7)),
    "approve until wrong, then flag": _by_tier(
        (0.494, -0.342, -0.198), (0.486, -0.284, -0.417), (0.516, -0.171, -0.809)
    ),
    "approve until a loss": _by_tier((0.256, -0.434, -0.176), (0.131, -0.629, -0.376), (0.048, -0.788, -0.7)),
    "flag until right, then approve": _by_tier(
        (0.516, -0.064, -0.173), (0.447, -0.228, -0.347), (0.336, -0.447, -0.692)
    ),
    "farm, flag until right, then approve": _by_tier(
        (0.516, -0.064, -0.109), (0.447, -0.228, -0.284), (0.336, -0.447, -0.631)
    ),
    "farm, one bet": _by_tier((0.254, -0.428, -0.152), (0.202, -0.559, -0.308), (0.142, -0.699, -0.629)),
    "farm while ahead": _by_tier((0.263, -0.413, -0.14), (0.23, -0.511, -0.269), (0.187, -0.633, -0.557)),
    "farm one, then the best gamble": _by_tier((0.519, -0.006, 0.07), (0.51, -0.061, -0.065), (0.441, -0.21, -0.379)),
    "best gamble": _by_tier((0.509, -0.006, 0.069), (0.51, -0.061, -0.065), (0.441, -0.21, -0.379)),
    "flag until a loss": _by_tier((0.253, -0.434, -0.29), (0.213, -0.543, -0.434), (0.161, -0.677, -0.73)),
    "win stay, lose shift": _by_tier((0.476, -0.237, -0.189), (0.404, -0.37, -0.394), (0.352, -0.491, -0.734)),
}
"""By what a policy does."""
BEST_BLIND: Mapping[str, float] = {"easy": -0.086, "medium": -0.254, "hard": -0.604, "expert": -0.604}
"""What the best play without evidence may return: it loses in every tier."""
