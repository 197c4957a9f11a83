"""What is to be said of audits that were ended for their model: a score alone would not tell that nobody audited.

for agent, (ended, of) in audits_ended(run).items(): print(f"{ended} of {of} audits of {agent}")
for agent, why in never_asked(run).items(): print(f"{agent} answered nothing: {why}")
"""

from __future__ import annotations

from synth_audit_env.comparison.results import Episode, Run


def audits_ended(run: Run) -> dict[str, tuple[int, int]]:
    """For each agent with audits that were ended for it, how many they are, and of how many."""
    played = {agent: _played(run, agent) for agent in run.agents}
    ended = {agent: sum(one.gave_up for one in episodes) for agent, episodes in played.items()}
    return {agent: (count, len(played[agent])) for agent, count in ended.items() if count}


def never_asked(run: Run) -> dict[str, str]:
    """For each agent whose every audit was ended before its model had answered anything, why the first one was."""
    reasons = {agent: [one.unasked for one in _played(run, agent)] for agent in run.agents}
    return {agent: of_agent[0] for agent, of_agent in reasons.items() if of_agent[0] and None not in of_agent}


def _played(run: Run, agent: str) -> list[Episode]:
    return [one for of_tier in run.episodes[agent].values() for one in of_tier]
