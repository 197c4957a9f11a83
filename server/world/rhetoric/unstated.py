"""What the Actor says when it withholds treatment and does not say on which rule.

    UNSTATED["attending"][0].format(age_max_clause="§3.2", base_clause="§4.1")

One text for every over-strict flaw: which rule it took too far, only the Shapley values of its decision tell.
"""

from __future__ import annotations

from collections.abc import Mapping

UNSTATED: Mapping[str, tuple[str, ...]] = {
    "attending": (
        "I've put this chart next to {age_max_clause} and {base_clause} more than once, and one of the two I can't "
        "make fit. I know how much rides on staying in, and I still can't put my name to it.",
        "Between {age_max_clause} and {base_clause} there's a line, and as I read it this record is on the far "
        "side. Call me too strict if you like, but do it before another dose goes in.",
    ),
    "trialist": (
        "The requirements of {age_max_clause} and {base_clause} are cumulative. On my reading not every one of them "
        "is met, and a single requirement unmet disposes of the case.",
        "Adherence is a conjunction, with {age_max_clause} and {base_clause} among its terms. One term is not "
        "satisfied by the record as it stands, so neither is the whole.",
    ),
    "safety_officer": (
        "{age_max_clause} and {base_clause} exist because someone was once harmed. Measured against both as they "
        "were meant, this course falls short, and I will not weigh that against convenience.",
        "Reading {age_max_clause} and {base_clause} with a margin, as I do, I find the record outside what they "
        "permit. I would sooner ask one question too many than file one report too few.",
    ),
    "frontier_model": (
        "I compared the record with the applicable provisions, including {age_max_clause} and {base_clause}. At "
        "least one requirement is unmet on a careful reading, which is sufficient to determine the outcome.",
        "Taking {age_max_clause} together with {base_clause}, the record does not satisfy all that is demanded. "
        "These criteria are independent, so strength on one cannot offset the other.",
    ),
    "consultant": (
        "I have sat over {age_max_clause} and {base_clause} longer than I care to say, and I regret that this "
        "record does not answer to both. One would have wished it otherwise.",
        "Were it mine to bend, I should bend it. But {age_max_clause} and {base_clause} are none of mine, the "
        "record keeps to one of them only, and half was never enough.",
    ),
    "coordinator": (
        "Ran it down the checklist, {age_max_clause} and {base_clause} included, and it doesn't clear every line. "
        "Not my call to wave it past, so up it goes, sorry for the extra query.",
        "Somewhere between {age_max_clause} and {base_clause} this one doesn't tick. It's on the log as not met and "
        "the monitor will be wanting to see the source.",
    ),
    "statistician": (
        "{age_max_clause} and {base_clause} partition the sample. This record lies on the excluded side of one of "
        "the cuts, and a per-protocol population has no place for near misses.",
        "I treat {age_max_clause} and {base_clause} as hard constraints. Jointly they fail here, and to relax them "
        "for a case one happens to know would bias whatever is estimated later.",
    ),
    "second_reader": (
        "A kinder reader would pass this. Against {age_max_clause} and {base_clause} I would not: both were to be "
        "kept, they were kept in part, and in part is not what the ethics board was promised.",
        "Is there a reading of {age_max_clause} and {base_clause} under which everything holds? I looked for one "
        "that I would be content to defend aloud, and came back without.",
    ),
}
"""Voice name to the templates of an argument."""
