"""table.md: the tables of a run, what their figures mean, and the command that made them.

path.write_text(page(run))
"""

from __future__ import annotations

from .blind import in_words
from .intervals import RESAMPLES
from .metrics import BINS, FEWER_FALSE_ALARMS
from .results import Run
from .table import as_markdown, tables

NOTES = f"""Synthetic data, not for clinical use. In brackets are 95 % intervals: the percentile bootstrap over
episodes, {RESAMPLES} draws; what has none did not vary, or not in the digits shown. A tier counts as much as any
other. Differences are paired by seed.

- *Score* is F1.5, or where nothing was wrong the share that was approved. *Skill* is 0 for flagging everything and 1
  for a perfect audit. *Looks* are calls of the evidence tools that were answered.
- *AUROC*: of all pairs of a wrong and a right proposal of a tier, the share in which the agent's probability that it is
  wrong is greater for the wrong one; a tie counts half, so that 0.5 is chance. The probability is the confidence of a
  flag, and 1 less that of an approval. A decision without one counts as certain, and an undecided proposal, which is
  let through, as one that is certainly right.
- The *catch rate* is the largest share of wrong proposals that a threshold on these probabilities catches with at most
  so many false alarms, which at {FEWER_FALSE_ALARMS:.0%} and under 100 right proposals is none. Equal probabilities
  stand or fall together: who is equally sure of all flags catches nothing where more of the right ones are among them.
- *g-mean²* is the share of the wrong proposals that was flagged times that of the right ones that was approved: 0 for
  whoever decides all alike.
- The *calibration error* is the expected one, in {BINS} bins. Chance alone makes it larger, and a draw adds chance of
  its own, so that its interval lies too high and may not hold the figure itself.
- *Type right*: of the flags, those on a wrong proposal with its error type. Of these, *fault named*: whose reason names
  what the Actor did wrong; *evidence stated*: states the rule or value that decides; *reasons right*: does what the
  reward pays for, with nothing false. *Reports right*: the episodes whose report names every error that was flagged,
  with its type, and no other.
- *At 4, 8, 16, 32*: cut off before the next look, with the rest undecided. No agent is told of the cut. *Safety* is the
  share of the wrong proposals flagged by then, *usefulness* that of the right ones approved.
- *Recall* of an error type: its proposals that were flagged, as whatever. *Precision*: the flags naming it that are
  right.
- Of language models: *unreadable* answers hold no call that could be carried out; *repeats* are look-ups of what was
  shown before; *given up* is the share of episodes in which a model's answers could not be used or had: they end with
  what was decided until then, and a report that says so. *Seconds* are those for which its answers were waited for.
"""
SEEN = "text-only has learnt from the first episodes of this split.\n\n"
PUBLISHED = """
An earlier public project of this name published, for 5 seeds of each of these tiers:

| agent | easy | medium | hard | overall |
|---|--:|--:|--:|--:|
| base model | 0.087 | 0.018 | 0.015 | 0.040 |
| trained model | 0.287 | 0.129 | 0.044 | 0.153 |

No figure of one table can be held against a figure of the other: they share the numbers of the seeds and the names of
the tiers, no more. The published score of an episode is 0.70 times F1.5, plus 0.20 times the share of approvals that
were right, plus 0.10 times the number of different actions over three times the number of errors (at most 1), kept
within 0.01 and 0.99. Its errors are those of the whole cohort (6 in easy, 13 in medium, 14 to 17 in hard), not those of
the proposals. So it is above 0 without a flag: 0.033 for the base model on seed 512 of easy, for 6 actions. Here the
score is F1.5 alone, over the proposals, against labels that follow from each protocol, and flagging everything unread
already earns what the row flag-all says.
"""


def _settings(run: Run) -> str:
    """A line for each agent that asked a model; nothing where none did."""
    told = {
        agent: ", ".join(f"{name} {'not given' if value is None else value}" for name, value in settings.items())
        for agent, settings in run.settings.items()
    }
    return "".join(f"\n{agent} asked its model with {settings}.\n" for agent, settings in told.items())


def page(run: Run) -> str:
    """The text of table.md."""
    made, (count, *_) = run.made, [len(seeds) for seeds in run.seeds.values()]
    return "".join(
        (
            f"# Evaluation on the {run.split} split\n\n",
            f"{len(run.agents)} agents on the same {count} seeds of each tier ({', '.join(run.tiers)}).\n\n",
            SEEN if run.split == "train" and "text-only" in run.agents else "",
            *map(as_markdown, tables(run)),
            *(f"{said}\n\n" for said in in_words(run)),
            NOTES,
            _settings(run),
            PUBLISHED if run.split == "reference" else "",
            f"\n{made.words}:\n\n    {made.command}\n",
        )
    )
