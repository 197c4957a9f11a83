"""table.md: the tables of a run, what their figures mean, and the command that made them.

path.write_text(page(run, seconds))
"""

from __future__ import annotations

from synth_audit_env.comparison.intervals import RESAMPLES
from synth_audit_env.comparison.metrics import BINS, FALSE_ALARMS
from synth_audit_env.comparison.results import Run, Seconds
from synth_audit_env.comparison.table import as_markdown, tables

NOTES = f"""Synthetic data, not for clinical use. In brackets are 95 % intervals: the percentile bootstrap over
episodes, {RESAMPLES} draws; what has none did not vary. A tier counts as much as any other. Differences are paired by
seed.

- *Score* is F1.5, or the specificity where nothing was wrong. *Skill* is 0 for flagging everything and 1 for a perfect
  audit.
- The *catch rate* is the largest share of wrong proposals that a threshold on the agent's probabilities catches with at
  most {100 * FALSE_ALARMS:.0f} % false alarms. Equal probabilities stand or fall together: an agent that is equally
  sure of all its flags catches nothing where more than {100 * FALSE_ALARMS:.0f} % of the right proposals are among
  them.
- A decision without a confidence counts as certain, and an undecided proposal as one that is certainly right. The
  *calibration error* is the expected one, in {BINS} bins.
- *Reasons right*: of the flags on a wrong proposal with its error type, those whose reason explains why it is wrong.
  *Reports right*: the episodes whose report names every error that was flagged, with its type, and no other.
- *Recall* of an error type: its proposals that were flagged, as whatever. *Precision*: the flags naming it that are
  right.
- *Seconds* are wall time an episode, on the machine that ran this.
"""
PUBLISHED = """
An earlier public project of this name published, for 5 seeds of each of these tiers:

| agent | easy | medium | hard | overall |
|---|--:|--:|--:|--:|
| base model | 0.087 | 0.018 | 0.015 | 0.040 |
| trained model | 0.287 | 0.129 | 0.044 | 0.153 |

No figure of one table can be held against a figure of the other: they share the numbers of the seeds and the names of
the tiers, no more. That project's generator made other episodes of the seeds, and its own grader scored them. Here the
score is F1.5 of the flags against labels that follow from each protocol, so that flagging everything unread already
earns what the row flag-all says.
"""


def page(run: Run, seconds: Seconds) -> str:
    """The text of table.md."""
    made, (count, *_) = run.made, [len(seeds) for seeds in run.seeds.values()]
    return "".join(
        (
            f"# Evaluation on the {run.split} split\n\n",
            f"{len(run.agents)} agents on the same {count} seeds of each tier ({', '.join(run.tiers)}).\n\n",
            *map(as_markdown, tables(run, seconds)),
            NOTES,
            PUBLISHED if run.split == "reference" else "",
            f"\n{made.words}:\n\n    {made.command}\n",
        )
    )
