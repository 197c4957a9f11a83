"""table.md: the tables of a run, what their figures mean, and the command that made them.

path.write_text(page(run, seconds))
"""

from __future__ import annotations

from synth_audit_env.comparison.intervals import RESAMPLES
from synth_audit_env.comparison.metrics import BINS, FALSE_ALARMS
from synth_audit_env.comparison.results import Run, Seconds
from synth_audit_env.comparison.table import as_markdown, tables

FEW_SEEDS = """With few seeds the intervals are too narrow: in simulations with 5 seeds a tier, 81 to 83 % of
those of a mean score held it, not 95 %, and fewer where most seeds score the same."""
"""Simulated by drawing 5 of the 200 scores of an agent on hard, and asking how often the interval holds their mean."""
NOTES = f"""Synthetic data, not for clinical use. In brackets are 95 % intervals: the percentile bootstrap over
episodes, {RESAMPLES} draws; what has none did not vary, or not in the digits shown. A tier counts as much as any
other. Differences are paired by seed.

{FEW_SEEDS}

- *Score* is F1.5, or the share approved where nothing was wrong. *Skill* is 0 for flagging everything and 1 for a
  perfect audit.
- The *catch rate* is the largest share of wrong proposals that a threshold on the agent's probabilities catches with at
  most {100 * FALSE_ALARMS:.0f} % false alarms. Equal probabilities stand or fall together: an agent that is equally
  sure of all its flags catches nothing where more than {100 * FALSE_ALARMS:.0f} % of the right proposals are among
  them.
- A decision without a confidence counts as certain, and an undecided proposal as one that is certainly right. The
  *calibration error* is the expected one, in {BINS} bins. Chance alone makes it larger, and a draw adds chance of its
  own, so that its interval lies too high and may not hold the figure itself.
- *Reasons right*: of the flags on a wrong proposal with its error type, those whose reason explains why it is wrong.
  *Reports right*: the episodes whose report names every error that was flagged, with its type, and no other.
- *Recall* of an error type: its proposals that were flagged, as whatever. *Precision*: the flags naming it that are
  right.
- *Audits ended for the model* is the share of episodes in which its answers could not be used or had: they end with
  what was decided until then, and a report that says so.
- *Seconds* are wall time an episode, on the machine that ran this.
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


def page(run: Run, seconds: Seconds) -> str:
    """The text of table.md."""
    made, (count, *_) = run.made, [len(seeds) for seeds in run.seeds.values()]
    return "".join(
        (
            f"# Evaluation on the {run.split} split\n\n",
            f"{len(run.agents)} agents on the same {count} seeds of each tier ({', '.join(run.tiers)}).\n\n",
            SEEN if run.split == "train" and "text-only" in run.agents else "",
            *map(as_markdown, tables(run, seconds)),
            NOTES,
            _settings(run),
            PUBLISHED if run.split == "reference" else "",
            f"\n{made.words}:\n\n    {made.command}\n",
        )
    )
