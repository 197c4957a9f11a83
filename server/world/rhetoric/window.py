"""What the Actor says when it measures the treatment window with a yardstick of its own."""

from __future__ import annotations

from collections.abc import Mapping

ARGUMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "guidance_window": {
        "attending": (
            "Current regulatory guidance gives us {guidance_days} days from enrollment to first dose, and we made "
            "that. I'd take it over {base_clause} any day, since the guidance was written with real clinics in mind.",
            "The window I practice by is the {guidance_days} days in the regulators' guidance. The first dose went in "
            "inside it, and nobody on the ward would call that a delay.",
        ),
        "trialist": (
            "Regulatory guidance prevails where a protocol is narrower without stating cause. Its limit is "
            "{guidance_days} days, the start respects that limit, and on this reading {base_clause} is already "
            "satisfied.",
            "The standard of timeliness is the guidance figure of {guidance_days} days. Since the interval from "
            "enrolment to first dose does not exceed it, treatment began on time and no secondary test is called for.",
        ),
        "safety_officer": (
            "No harm signal attaches to starts within {guidance_days} days, which is why the guidance permits them. "
            "Breaking off treatment on the strength of {base_clause} would expose the patient to a certain loss "
            "instead.",
            "I use the {guidance_days}-day limit from current guidance because it is the one tied to outcomes. The "
            "start fits inside it, so timing contributes nothing to the risk assessment.",
        ),
        "frontier_model": (
            "On timing, regulatory guidance now allows {guidance_days} days between enrollment and treatment. The "
            "start falls within that allowance, and since guidance reflects the more recent consensus, {base_clause} "
            "is no obstacle.",
            "The next question is whether treatment began promptly. Measured against the {guidance_days}-day benchmark "
            "that regulators recommend, it did, and I would read {base_clause} consistently with that benchmark.",
        ),
        "consultant": (
            "The agency asks that treatment begin within {guidance_days} days, a span we have observed here. I cannot "
            "imagine that {base_clause} was intended to hold a clinic to something stricter.",
            "May I remind you that the guideline window is {guidance_days} days? By that yardstick our start was "
            "timely, and I should think it curious to apply any other.",
        ),
        "coordinator": (
            "We schedule to the {guidance_days} days in the regulator's guidance, it's printed on the wall of the "
            "chemo unit. First dose made that slot, so {base_clause} isn't something I'd chase.",
            "Start date is good. The allowance is {guidance_days} days under the guidance everyone has moved to, and "
            "pharmacy had the kit out before that ran down.",
        ),
        "statistician": (
            "Relative to the {guidance_days}-day limit in agency guidance this interval is on the permitted side, as "
            "nearly all intervals are. I attach no weight to {base_clause} beyond what that comparison says.",
            "If lateness is defined at {guidance_days} days, as agency guidance defines it, the event did not occur. A "
            "definition shared across trials keeps rates comparable, which {base_clause} alone would not.",
        ),
        "second_reader": (
            "Yes, {base_clause} exists. But a protocol is read under the guidance it was written to, that guidance "
            "gives {guidance_days} days, and the start used no more than it was given.",
            "The expected complaint is timing. It would need a start later than {guidance_days} days, the limit "
            "regulators actually set, and the record does not offer one.",
        ),
    },
    "site_latency": {
        "attending": (
            "{site} loses {latency_days} days to kit release before any of us can give a dose, and I don't count that "
            "against the patient. Take it off, and the time we actually had was within the window.",
            "I've sat on the phone with pharmacy at {site}; their {latency_days}-day turnaround is built in. The clock "
            "of {base_clause} ought to start once drug is in the building, and read that way we were on time.",
        ),
        "trialist": (
            "The interval relevant to {base_clause} is the one under the investigator's control. Subtracting "
            "{latency_days} days of activation latency at {site} yields it, and it lies within what the schedule "
            "allows.",
            "Of the elapsed time, {latency_days} days are attributable to set-up at {site} and not to the patient. Net "
            "of them the scheduling requirement is fulfilled, and {base_clause} is honoured in substance.",
        ),
        "safety_officer": (
            "The {latency_days} days that {site} needs for drug release carry no clinical risk, so I leave them off "
            "the exposure clock. What is left fits the window, and a hold would trade benefit for a formality.",
            "Waiting on a shipment is not waiting on care. With {latency_days} days allowed for logistics at {site}, "
            "the time to first dose serves the purpose of {base_clause}, at no safety cost that I can identify.",
        ),
        "frontier_model": (
            "One adjustment comes before any comparison. {site} has an activation latency of {latency_days} days, "
            "which is outside the patient's control; once it is deducted, the start is within the permitted time.",
            "The raw interval needs context. Excluding the {latency_days} days that administrative processing takes at "
            "{site} gives the effective interval, which is what {base_clause} is meant to limit, and it fits.",
        ),
        "consultant": (
            "Import licence and pharmacy checks cost us {latency_days} days at {site}, as you know, and it would be "
            "unjust to charge those to the patient. Without them we kept to time.",
            "I would ask you to allow {site} the usual {latency_days} days for release of stock. {base_clause} is "
            "concerned with the clinician's promptness, and in that respect I think us beyond reproach.",
        ),
        "coordinator": (
            "Kits take {latency_days} days to land at {site}, always have, and we log it as site latency. Knock that "
            "off the count and the start's inside what the schedule gives us.",
            "Clock starts when the drug's in our fridge. That's {latency_days} days after the paperwork at {site}, so "
            "going by {base_clause} with those taken out, we hit the slot.",
        ),
        "statistician": (
            "Delay at {site} is the sum of a fixed {latency_days}-day logistic term and a random part. Only the random "
            "part is informative about conduct, and that part is unremarkable against {base_clause}.",
            "Removing the known offset of {latency_days} days at {site} is the least a fair comparison needs. After "
            "adjustment the start is typical of the punctual majority, and the window holds.",
        ),
        "second_reader": (
            "It will be objected that {base_clause} counts from enrollment. Formally so, yet {latency_days} of those "
            "days belong to {site} and its couriers. Charge them to whoever was slow, and the rule is kept.",
            "Is deducting {latency_days} days a dodge? Not at {site}, where release takes that long for everyone. "
            "Strip out what no investigator could shorten, and the schedule is respected.",
        ),
    },
    "extension_to_other_stages": {
        "attending": (
            "The extra time in {extension_clause} is there because sick people need a workup before they can be dosed. "
            "That's every bit as true in {stage} disease, so I gave the start the longer window and it fits.",
            "I don't read {extension_clause} as a staging quiz. {stage} lung cancer needs imaging, tissue and a talk "
            "with the family, the longer window was made for that, and the start is within it.",
        ),
        "trialist": (
            "The ground of {extension_clause} is the burden of work-up, and that ground is present in {stage} disease. "
            "Where the ground of a rule is present the rule applies; the longer limit governs and is respected.",
            "{extension_clause} enlarges the window for disease that wants fuller preparation. {stage} disease meets "
            "that description, so the enlarged limit is the one to apply, and the start does not exceed it.",
        ),
        "safety_officer": (
            "Rushing {stage} disease into dosing to save days is how preventable toxicity happens. The longer window "
            "of {extension_clause} buys proper preparation, and the start stayed inside it.",
            "I would rather {stage} patients start prepared than start early. {extension_clause} recognizes that "
            "trade, its limit is not exceeded, and I see nothing on the risk side to set against it.",
        ),
        "frontier_model": (
            "The window depends on how {extension_clause} is construed. Its rationale, allowing time for staging and "
            "stabilization, carries over to {stage} disease, and within the longer limit the start is acceptable.",
            "Considering the schedule, {extension_clause} provides additional time for more demanding presentations. "
            "{stage} disease is reasonably included among them, so the extended limit applies and has been observed.",
        ),
        "consultant": (
            "I have always understood {extension_clause} as a kindness to the patient who needs more investigation, "
            "and {stage} disease needs it as much as any. On the fuller allowance our start was in good time.",
            "It would be a narrow reading that denied {stage} disease the latitude of {extension_clause}. I have "
            "applied that latitude here, and find the date of first treatment well chosen.",
        ),
        "coordinator": (
            "For {stage} we book off {extension_clause}, because the scans and the biopsy never come back sooner. The "
            "start landed inside the long slot, so that's how it's logged.",
            "Nobody gets {stage} worked up in the short slot. We use the {extension_clause} allowance, the monitor has "
            "seen us do it, and treatment was under way before it closed.",
        ),
        "statistician": (
            "Work-up time varies far more within a stage than between stages, so there is little sense in being "
            "sparing with {extension_clause}. Applied to {stage} disease, as the variance suggests, the limit is kept.",
            "Times to start in {stage} disease overlap heavily with those that {extension_clause} had in view. "
            "Exchangeable cases deserve one limit, and against that limit the start is unexceptional.",
        ),
        "second_reader": (
            "You may ask why {extension_clause} in {stage} disease. For its reasons: work-up takes what it takes. A "
            "limit granted for those reasons should follow them, and the start is inside it.",
            "The literal reader stops at the wording of {extension_clause}. The drafters were thinking of complex "
            "work-ups, {stage} disease brings one, and under the extended limit no question of lateness arises.",
        ),
    },
    "window_amendment": {
        "attending": (
            "We've been scheduling to {cited} since it came into force on {in_force}: the {what} is {limit} days now. "
            "I went by that when I looked at the first dose, and it holds up.",
            "The {what} I'm holding this to is {limit} days, from {cited}, in force {in_force}. It was a sensible "
            "change, it covers what happened here, and I have no scheduling complaint.",
        ),
        "trialist": (
            "By {cited}, in force from {in_force}, the {what} reads {limit} days. The start is to be measured against "
            "the text as amended, and so measured it meets the scheduling requirement.",
            "A limit is whatever its latest amendment says. For the {what} that is {limit} days ({cited}, {in_force}); "
            "the interval recorded is compatible with it, and nothing else is required.",
        ),
        "safety_officer": (
            "{cited} set the {what} at {limit} days with effect from {in_force}, after the risk of later starts had "
            "been looked at. I accept that judgment and find no timing hazard in this file.",
            "With the {what} standing at {limit} days under {cited} ({in_force}), the timing is within accepted risk. "
            "Pulling a patient over a limit that has been relaxed would be harm without purpose.",
        ),
        "frontier_model": (
            "The scheduling text should be read together with its amendments. {cited}, in force {in_force}, gives "
            "{limit} days for the {what}, and on that reading the start date is acceptable.",
            "One detail matters for timing: the {what} was revised to {limit} days by {cited}, effective {in_force}. "
            "Applying the revised value, I find that the schedule was followed.",
        ),
        "consultant": (
            "I draw your attention to {cited}, which from {in_force} made the {what} {limit} days. We arranged "
            "treatment in reliance upon it, and I believe the arrangement was a proper one.",
            "The {what}, as your office amended it in {cited} ({in_force}), runs to {limit} days. I see no sense in "
            "debating the earlier wording, and by the later one we are in good standing.",
        ),
        "coordinator": (
            "{cited} is taped inside the binder: {what}, {limit} days, live since {in_force}. We booked off that and "
            "the visit slotted in without any bother.",
            "Before anyone queries the timing, the {what} went to {limit} days with {cited} on {in_force}. Everybody "
            "at site was retrained on it, so the booking's fine.",
        ),
        "statistician": (
            "Whether a start is late depends on the cut-point, and since {in_force} the cut-point of the {what} has "
            "been {limit} days ({cited}). Against that, lateness here is improbable.",
            "Most disputes over timing vanish once the current limit is used: {limit} days for the {what}, by {cited}, "
            "dated {in_force}. I expect no more of a dispute in this case.",
        ),
        "second_reader": (
            "If the objection is timing, it was met by {cited}. Since {in_force} the {what} has been {limit} days, and "
            "a start is to be tested on the protocol as amended, not on the one in our memory.",
            "Stopping at the unamended schedule is reading half of it. The other half is {cited}, in force {in_force}, "
            "with {limit} days for the {what}, and the start squares with the whole.",
        ),
    },
}
