"""What the Actor says when it withholds treatment on a reading stricter than the protocol."""

from __future__ import annotations

from collections.abc import Mapping

ARGUMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "strict_age": {
        "attending": (
            "{age_min_clause} and {age_max_clause} tell me this drug belongs between {low} and {high}, and the "
            "enrollment age isn't one I can put in that range. I don't want to be the one explaining a toxicity.",
            "I hold this regimen to ages {low} through {high}. Outside that we have no dose experience worth the name, "
            "and I'd be improvising at the bedside if I let this enrollment stand.",
        ),
        "trialist": (
            "The admissible interval is {low} to {high} years. The enrolment age is not a member of it, "
            "{age_min_clause} and {age_max_clause} admit no discretion, and the eligibility criterion is not met.",
            "Eligibility requires both bounds at once, {low} years and {high} years. This enrolment does not satisfy "
            "the pair, and under {age_max_clause} an unsatisfied bound is conclusive.",
        ),
        "safety_officer": (
            "Tolerability data for this class are solid from {low} to {high} years and thin elsewhere. This enrollment "
            "is not in the solid part, and {age_min_clause} and {age_max_clause} were drawn to keep us there.",
            "The age band I can defend is {low} to {high}. This patient is not in it, the excess risk would be ours to "
            "answer for, and no expected benefit makes up for leaving {age_max_clause} aside.",
        ),
        "frontier_model": (
            "The age criterion is decisive here. The evidence base supports enrollment from {low} to {high} years, "
            "this enrollment falls outside that range, and {age_min_clause} with {age_max_clause} leaves no room for "
            "discretion.",
            "Checking age against the limits of {low} and {high} years, I cannot confirm that the criterion is "
            "satisfied. Since eligibility must be shown rather than assumed, {age_max_clause} weighs against "
            "continuing.",
        ),
        "consultant": (
            "This enrolment was made, I have to say, outside the ages of {low} to {high} to which {age_min_clause} and "
            "{age_max_clause} confine us. However well a patient may present, I am not at liberty to overlook it.",
            "The drug is one I would give between {low} and {high} years and not otherwise, and so I read "
            "{age_max_clause}. This patient ought not, strictly, to have been entered.",
        ),
        "coordinator": (
            "Our sheet has the age band as {low} to {high} and this one isn't on it. Should have been caught at "
            "screening against {age_min_clause} and {age_max_clause}, apologies from the site.",
            "Age line's a fail, the band we screen to is {low}-{high}. Nobody likes finding that after the first dose, "
            "but {age_max_clause} is the page an inspector opens before any other.",
        ),
        "statistician": (
            "Beyond {low} to {high} years the trial's model extrapolates, and this enrollment lies beyond. "
            "{age_min_clause} and {age_max_clause} mark where the sample was meant to end, whatever one's prior on "
            "fitness.",
            "The sampling frame runs from {low} to {high} years. A record from outside the frame cannot be rescued by "
            "its other covariates, and that is how I apply {age_max_clause} to this one.",
        ),
        "second_reader": (
            "Fitness will be pleaded in mitigation. It does not help: {age_min_clause} and {age_max_clause} speak of "
            "age alone, the range is {low} to {high}, and this enrollment is not inside it.",
            "Might one be lenient on age? If {low} to {high} may be stretched for one it may be stretched for all, and "
            "{age_max_clause} would then mean nothing. The enrollment does not pass.",
        ),
    },
    "extension_denied": {
        "attending": (
            "{base_clause} is the window we owe every patient, whatever the stage. {extension_clause} was for cases "
            "arranged ahead of time with the sponsor, I see no such arrangement in the chart, and the start came too "
            "late.",
            "I can't bring myself to lean on {extension_clause}. A tumor doesn't wait because a form says it may; "
            "{base_clause} is the standard I keep, and the first dose didn't make it.",
        ),
        "trialist": (
            "{base_clause} is the rule and applies at every stage. {extension_clause} permits, it does not entitle, "
            "and absent a recorded decision to invoke it the base limit governs and was not met.",
            "An exception must be claimed by whoever relies on it. No claim to {extension_clause} is documented, so "
            "the limit remains that of {base_clause}, which the start does not satisfy.",
        ),
        "safety_officer": (
            "Late starts cost patients, and {base_clause} is where the study drew that line. I would not let "
            "{extension_clause} blur it without a documented risk assessment, which this file does not hold.",
            "The hazard of delay grows with tumor burden, so {extension_clause} gives least comfort where it seems to "
            "give most. I apply {base_clause}, and the start is beyond what it allows.",
        ),
        "frontier_model": (
            "The controlling provision is {base_clause}. {extension_clause} describes a discretionary allowance, and "
            "without evidence that it was requested, the start must be assessed against the base window, which it does "
            "not meet.",
            "I considered whether {extension_clause} could help. Read conservatively it is available only on "
            "application, so {base_clause} continues to bind, and on its terms the treatment start is out of window.",
        ),
        "consultant": (
            "I should have liked to shelter behind {extension_clause}, but it confers a favour that nobody here "
            "sought. That leaves {base_clause}, and I am bound to say that we did not keep it.",
            "The duty under {base_clause} is owed regardless of stage. I have never thought {extension_clause} "
            "relieved a unit of it without prior word from the sponsor, and our start was out of time.",
        ),
        "coordinator": (
            "No request for {extension_clause} in the file, so we're stuck with {base_clause}. The first dose missed "
            "that slot, and I'd rather report it than have it found.",
            "We can't just help ourselves to {extension_clause}, somebody has to ask for it and there's no record "
            "anybody did. Booked against {base_clause}, the visit's out.",
        ),
        "statistician": (
            "Unless an extension is shown to apply, the default hypothesis is the base window. No evidence moves me "
            "from {base_clause} to {extension_clause}, and under the default the start is late.",
            "Generous limits dilute the very contrast a trial is after, so I treat {extension_clause} as the rare case "
            "and {base_clause} as the rule. Held to the rule, the timing does not pass.",
        ),
        "second_reader": (
            "{extension_clause} will be offered as the defense. It would need an approval that I could not locate, and "
            "without one {base_clause} is all there is, with a start that falls beyond it.",
            "Is it harsh to insist on {base_clause}? Perhaps, but {extension_clause} read generously would leave no "
            "window at all, and this start was not within the one we have.",
        ),
    },
    "waiver_ignored": {
        "attending": (
            "{override_clause} takes {extension_clause} off the table, and I agree with why: frail people shouldn't be "
            "kept waiting for a first dose. What's left is the short window, and we missed it.",
            "I followed the schedule down to {override_clause}, which cancels {extension_clause}. That puts us back on "
            "the base window, and on my service a missed window means I stop and call.",
        ),
        "trialist": (
            "{extension_clause} lengthens the window; {override_clause} revokes {extension_clause}. The revocation "
            "takes effect, the base limit revives, and the start does not fall within it.",
            "The chain has its last link at {override_clause}. {extension_clause} is thereby withdrawn, the unextended "
            "limit decides the case, and by that limit treatment began too late.",
        ),
        "safety_officer": (
            "{override_clause} is a safety provision, and I give safety provisions full effect. {extension_clause} "
            "falls away before it, the start is then late, and no convenience in {waiver_clause} should dull that.",
            "Delay and comorbidity compound each other, which is why {override_clause} removes {extension_clause}. On "
            "the short window the start was late, and carrying on would accept a risk the protocol refuses.",
        ),
        "frontier_model": (
            "The scheduling rule has an exception, {extension_clause}, and an override, {override_clause}, that "
            "cancels it. With the exception gone the base window governs, and the start is not within it.",
            "Resolving the hierarchy, {override_clause} prevails over {extension_clause}. No further step is required "
            "once the override is reached, so the shorter window applies, and it was not met.",
        ),
        "consultant": (
            "I cannot get past {override_clause}. It deprives us of {extension_clause} altogether, and upon the "
            "shorter term that remains I must concede that the start was late.",
            "It is {override_clause} that troubles me, for it was written to spare the infirm a long wait. "
            "{extension_clause} avails nothing against it, and we began outside the time that was left.",
        ),
        "coordinator": (
            "{override_clause} knocks out {extension_clause}, so this one should've been booked on the short slot. It "
            "wasn't, and that's not something I can fix from here.",
            "Read it through again to be sure: {extension_clause} gives the time, {override_clause} takes it back. On "
            "the short slot we're over, so it needs reporting.",
        ),
        "statistician": (
            "{override_clause} defines a subgroup for which {extension_clause} does not exist. For that subgroup the "
            "only limit is the base one, and the start belongs to the late tail of it.",
            "Under {override_clause} the longer limit of {extension_clause} has probability zero of applying, so I "
            "score timing on the base limit alone. On that score the start counts as late.",
        ),
        "second_reader": (
            "The reply will be {extension_clause}. But {override_clause} was put there to defeat that reply, it does "
            "so without qualification, and what remains is a start beyond the base limit.",
            "Could something rescue {extension_clause} once {override_clause} has struck it out? I do not see "
            "{waiver_clause} doing that work, and on the unextended schedule the start fails.",
        ),
    },
}
