"""Claim "shortcuts" on notes that a language model worded: its words tell a label no more than the script's do.

    for measurement in measure(Path("prose"), QUICK): ...

The episodes are those that the cache of an LLM Actor holds (`synth-audit cache build`), each model by itself. Half of
them train a probe, the other half test it. Which notes keep the scripted prose, since the checker refused every try, is
probed as well: the record says it, so it may not tell a label either. Where too many keep it, the words are not judged:
it would be the script that passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from statistics import mean

from ...server.llm_actor.actor import LlmActor
from ...server.llm_actor.prose import Rewording, digest_of, reworded
from ...server.llm_actor.prose_cache import ProseCache, ProseCacheError
from ...server.world.scenario import build_scenario
from ...server.world.tasks import TIERS
from ..certificate import Measurement, exact
from ..episodes import Scale
from ..estimates import auc_interval
from . import probes
from .probe_features import Case, Seen, labels
from .probes import NO_SHORTCUT, Samples, probed

TEXT = "No shortcut in a model's words: a label cannot be told from the notes in this cache"
FEWEST = 20
"""Wrong notes, and right ones, in each half, for a figure to mean something."""
LEAST_REWRITTEN = 0.5
"""Share of notes in the model's words, for a figure to be one of the model."""


def measure(folder: Path, scale: Scale) -> Iterator[Measurement]:
    """Probe the notes of a cache, tier by tier.

    Raises:
        ProseCacheError: A file of it is broken, or it holds no episode that this code builds.
    """
    told = list(told_episodes(ProseCache(folder)))
    if not told:
        raise ProseCacheError(f"{folder} holds no notes of episodes that this code builds.")
    for (model, tier), episodes in groupby(told, key=lambda one: (one.model, one.scenario.tier.name)):
        yield from _of_tier(model, tier, list(episodes))


def told_episodes(cache: ProseCache) -> Iterator[Rewording]:
    """The episodes of a cache, by model, tier and seed, but for those of a world that has changed since."""
    for prose in cache.episodes():
        tier = TIERS.get(prose.tier)
        if tier is not None and set(prose.error_types or ()) <= set(tier.error_types):
            scenario = build_scenario(tier, prose.seed, prose.voices, prose.error_types)
            if digest_of(scenario) == prose.digest:
                yield reworded(scenario, LlmActor(prose.model, cache, None).word(scenario, prose.error_types)[0])


def _of_tier(model: str, tier: str, told: Sequence[Rewording]) -> Iterator[Measurement]:
    episodes = [Seen(one.scenario, index) for index, one in enumerate(told)]
    cases = [Case(seen, at) for seen in episodes for at in range(len(seen.notes))]
    seeds = f"{len(told)} cached episodes of {model}"
    rewritten = [set(one.rewritten) for one in told]
    kept = [case.note.proposal_id not in rewritten[case.episode.index] for case in cases]
    if cases:
        yield from _of_kept_scripts(tier, kept, cases, seeds)
    odd, even = ([case for case in cases if case.episode.index % 2 == half] for half in (1, 0))
    fewest = min(labels(half).count(wrong) for half in (odd, even) for wrong in (True, False))
    if fewest < FEWEST:
        few = f"too few to probe: it takes {FEWEST} wrong and {FEWEST} right"
        yield exact("proposals of one label in a half", fewest, None, seeds, few, tier=tier)
    elif 1 - mean(kept) < LEAST_REWRITTEN:
        few = f"too few in the model's words to judge them: it takes a share of {LEAST_REWRITTEN:g}"
        yield exact("share of notes in the model's words", 1 - mean(kept), None, seeds, few, tier=tier)
    else:
        for probe in (*probes.TEXT, *probes.TOGETHER):
            yield probed(probe, Samples(tier, even, odd, seeds))


def _of_kept_scripts(tier: str, kept: Sequence[bool], cases: Sequence[Case], seeds: str) -> Iterator[Measurement]:
    """How many notes keep the scripted prose, and whether that tells a label, in whichever direction it would."""
    yield exact("share of notes that keep the scripted prose", mean(kept), None, seeds, tier=tier)
    truth, numbers = labels(cases), [case.episode.index for case in cases]
    if 0 < sum(kept) < len(kept) and 0 < sum(truth) < len(truth):
        figures = [auc_interval([float(one is side) for one in kept], truth, numbers) for side in (True, False)]
        most = max(figures, key=lambda figure: figure.value)
        yield Measurement("AUC, which notes keep the scripted prose", tier, most, NO_SHORTCUT, seeds)
