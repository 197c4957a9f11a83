"""What the Actor says when it takes the dates of a record on trust."""

from __future__ import annotations

from collections.abc import Mapping

ARGUMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "dates_not_compared": {
        "attending": (
            "The dates are all where they belong in the chart, each one signed and legible, and the course they "
            "describe is one I recognize. I took {order_clause} as met and spent my time on the tumor.",
            "Every entry on the timeline has its source note, so I'm satisfied on {order_clause}. What I look for in a "
            "chart is whether the story of the illness hangs together, and clinically this one does.",
        ),
        "trialist": (
            "Each date required of the record has been entered in valid calendar form. {order_clause} asks for a "
            "documented course, and a course in which no step lacks its entry is a documented one.",
            "The integrity criterion concerns the recorded milestones. They have been supplied, they belong to the "
            "study period, and none is malformed; {order_clause} therefore gives no ground for exclusion.",
        ),
        "safety_officer": (
            "Follow-up is documented from consent onward, with no stretch in which a safety event could have gone "
            "unseen. Exposure being traceable throughout, I consider the purpose of {order_clause} served.",
            "For safety purposes what counts is that the milestones exist and can be traced to source, and they can. "
            "Picking at {order_clause} any further would cost the team time and protect nobody.",
        ),
        "frontier_model": (
            "The date fields were reviewed individually: consent, enrollment, treatment start and follow-up are each "
            "present and each plausible. A record documented this fully raises no concern under {order_clause}.",
            "Next, data integrity. The key dates are populated, properly formatted and consistent with the study's "
            "enrollment calendar, which I take to be what {order_clause} is designed to ensure.",
        ),
        "consultant": (
            "The chronology in the notes is complete, and our secretaries are careful people; I have accepted the "
            "dates as they were typed. {order_clause} seems to me amply honoured.",
            "I find the course of events fully set down, from the consent form to the latest letter, in a state any "
            "inspector would be pleased to see. As regards {order_clause} I have nothing to add.",
        ),
        "coordinator": (
            "All the date boxes that need filling are filled, and there are no queries open in the system. If the EDC "
            "lets it through then {order_clause} is happy, and so am I.",
            "Ran down the visit log and the dates are all there with initials next to them. That's what the monitor "
            "ticks under {order_clause}, and it's what we've got.",
        ),
        "statistician": (
            "Timestamps in this cohort are overwhelmingly reliable, and each of these lies well inside the range seen "
            "elsewhere. With margins like that there is little to gain from testing {order_clause} further.",
            "Each date, taken by itself, is unexceptional; none sits in the tail of its distribution. A record whose "
            "margins all look ordinary is seldom one that offends {order_clause}.",
        ),
        "second_reader": (
            "Could the timeline hide something? I asked, and found every date sourced, initialed and plausible in "
            "itself. Suspicion without a missing entry is no basis for a finding on {order_clause}.",
            "A critic might want the chronology rebuilt from scratch. It has no missing milestone and no illegible "
            "one, and {order_clause} does not ask a reader to reconstruct what is already written down.",
        ),
    },
    "data_entry_excuse": {
        "attending": (
            "I've worked with the staff at {site}, and when dates in their charts disagree it's a keying slip at the "
            "end of a long shift. {order_clause} was never meant for that, and it doesn't shake my view.",
            "Where date fields from {site} don't line up, I go by the clinical story and let data management fix the "
            "form. {order_clause} is about how patients are treated, and there I have no complaint.",
        ),
        "trialist": (
            "Dates at {site} are transcribed from paper, and a transcription discrepancy is a property of the form, "
            "not of the patient. {order_clause} governs conduct, and conduct is not impugned by a form.",
            "An inconsistency among date fields from {site} would admit two readings, misconduct or clerical noise. "
            "The second is by far the commoner, and a clerical matter does not engage {order_clause}.",
        ),
        "safety_officer": (
            "{site} reconciles date fields at close-out, so a mismatch speaks to the database, not to exposure. To "
            "stop therapy over a field due for cleaning is a harm {order_clause} never asked for.",
            "I looked at the downside of trusting the dates from {site}. Any that conflict are queued for routine "
            "correction, and no one is safer because {order_clause} was invoked against a typist.",
        ),
        "frontier_model": (
            "{site} enters dates manually, and manual entry introduces transpositions. Any inconsistency is best "
            "attributed to data capture and resolved by query, not treated as a finding under {order_clause}.",
            "A discrepancy between date fields at {site} has a simple explanation in double entry, and simple "
            "explanations should be preferred. {order_clause} is not implicated by clerical variation.",
        ),
        "consultant": (
            "Dates from {site} pass through several hands before they reach your database, and I should not hang "
            "anything on a discrepancy among them. It is one for the data manager, not for {order_clause}.",
            "Should you find dates at odds, pray blame the keyboard; {site} has a locum clerk and a form designed by "
            "committee. The care given is not in question, nor in my opinion is {order_clause}.",
        ),
        "coordinator": (
            "If a date ever looks off, that's our data entry here at {site}, it's a known thing and it gets cleaned "
            "before lock. Nobody's raising {order_clause} over a typo.",
            "Most of our date queries at {site} turn out to be day and month swapped. Same story whenever fields "
            "disagree, so it goes to data management and I'd leave {order_clause} out of it.",
        ),
        "statistician": (
            "If dates from {site} conflict, keying noise dominates the posterior, because typos are common and true "
            "reversals vanishingly rare. The likelier explanation should not trigger {order_clause}.",
            "Field-level noise in dates is part of the measurement process at {site}. I would model it, correct it at "
            "lock, and decline to treat it as evidence about {order_clause}.",
        ),
        "second_reader": (
            "An objector will go to the date fields. Let them; {site} keys those by hand, forms get corrected at lock, "
            "and a disagreement that correction removes is no finding under {order_clause}.",
            "Would {order_clause} bite if dates at {site} did not agree? Only if the disagreement were real, and with "
            "hand-entered fields the sensible presumption is that the clerk slipped.",
        ),
    },
}
