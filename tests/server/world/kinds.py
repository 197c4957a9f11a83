"""The three kinds of note, and whether as many notes are of a kind as chance has it."""

from collections import Counter
from math import sqrt

from synth_audit_env.server.world.cases import SHARES


def kind_of(proposal):
    """Soundly argued and right, right by luck, or wrong."""
    if proposal.is_wrong:
        return "wrong"
    return "sound" if proposal.brief.bug is None else "lucky"


def within_chance(count, total, share, z=4.0):
    """Whether a count fits a binomial with that share, at z standard errors, with the correction for continuity.

    Without its half a count, a table of hundreds of small groups is refused by chance: 14 of 19 are
    4.1 standard errors from a share of 0.3.
    """
    return abs(count - share * total) <= z * sqrt(total * share * (1 - share)) + 0.5


def shares_are_kept(proposals, z=4.0):
    """Whether proposals are of the three kinds in the shares in which these are drawn."""
    counts = Counter(map(kind_of, proposals))
    return all(within_chance(counts[kind], counts.total(), share, z) for kind, share in SHARES.items())
