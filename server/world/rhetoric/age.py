"""What the Actor says when its misreading is one of age."""

from __future__ import annotations

from collections.abc import Mapping

ARGUMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "generic_age_limits": {
        "attending": (
            "I read {age_min_clause} and {age_max_clause} the way every adult oncology service I've worked on reads "
            "them, {low} to {high}, and on that footing the enrollment was sound. Nobody was ever dosed by birth "
            "certificate.",
            "Adult solid-tumor studies take people from {low} through {high}, and that is the range I hold eligibility "
            "to. Between those marks it's fitness that I treat, and fitness is what the enrollment exam was for.",
        ),
        "trialist": (
            "Eligibility turns on a closed interval. For adult oncology that interval is {low} to {high} years, the "
            "enrolment age is a member of it, and {age_max_clause} is satisfied by membership alone.",
            "Two bounds apply, {low} below and {high} above, both inclusive. {age_min_clause} is met at the lower and "
            "{age_max_clause} at the upper, so age is disposed of before any question of fitness is reached.",
        ),
        "safety_officer": (
            "The accepted adult range of {low} to {high} exists to keep out patients whose toxicity we cannot predict. "
            "Inside it, the hazard of losing disease control outweighs any worry over tolerability.",
            "I set the age question against the usual oncology limits, {low} to {high} years, and it adds nothing to "
            "the risk column. {age_max_clause} asks for no finer cut than that.",
        ),
        "frontier_model": (
            "The age criterion comes first. Standard adult oncology eligibility spans {low} to {high} years, the "
            "enrollment age sits inside that span, and both {age_min_clause} and {age_max_clause} can be treated as "
            "satisfied.",
            "There are two limits to check. The lower, {low}, is cleared; the upper, {high}, is not exceeded; and "
            "since these are the bounds in general use for adult trials, age needs no closer look.",
        ),
        "consultant": (
            "Your age criterion I take to be the customary one of adult practice, {low} to {high} years, which "
            "{age_min_clause} and {age_max_clause} merely restate. By that measure the enrolment was perfectly "
            "regular.",
            "No cancer centre I know would turn an adult away between {low} and {high}, and I cannot suppose that "
            "{age_max_clause} was drafted to do so. On the matter of age I have no reservation.",
        ),
        "coordinator": (
            "Age screen is the same {low}-to-{high} check we run on every adult protocol here, and it came up green. "
            "I'd not go hunting in {age_min_clause} for something stricter than what everybody uses.",
            "Our screening sheet has {low} as the floor and {high} as the ceiling, same as the other oncology studies "
            "on the unit. It passed on both lines, so {age_max_clause} is covered.",
        ),
        "statistician": (
            "Cancer trials in adults overwhelmingly enroll from {low} to {high}, so the prior that an age inside that "
            "band is ineligible is close to nil. Nothing in {age_min_clause} or {age_max_clause} overturns it.",
            "Take the reference class first: adult cancer studies, admissible ages {low} to {high}. This enrollment "
            "falls within the support of that class, and cases within the support rarely fail on age.",
        ),
        "second_reader": (
            "The obvious challenge is age. It fails, because eligibility for adults with cancer runs {low} to {high} "
            "and {age_max_clause} has to be taken with that in mind; to want a tighter range is to write a new rule.",
            "One could ask whether {age_min_clause} and {age_max_clause} were tested at all. They were, against {low} "
            "and {high}, the conventional bounds for adults, and neither gave way.",
        ),
    },
    "labs_over_age": {
        "attending": (
            "What decides whether someone can take this regimen is the chemistry and the legs. LDH {ldh} U/L and ECOG "
            "{ecog} are the numbers I trust, and together they describe a patient I would treat.",
            "I put my weight on physiology. With ECOG {ecog} and an LDH of {ldh} on the enrollment draw I have what I "
            "need to call eligibility sound; the rest of the demographics page is paperwork.",
        ),
        "trialist": (
            "Eligibility is a question of reserve, and reserve is measured by performance status and tumour burden. "
            "ECOG {ecog} answers the first and LDH {ldh} U/L the second; the criterion is thereby met.",
            "The protocol admits patients who are fit for therapy. Fitness is established by two measurements, ECOG "
            "{ecog} and LDH {ldh}, each of them acceptable, and from fitness eligibility follows directly.",
        ),
        "safety_officer": (
            "The hazards I watch for announce themselves in the laboratory. LDH {ldh} U/L and ECOG {ecog} make a "
            "tolerable starting point, and withholding therapy from such a baseline would do the greater harm.",
            "Toxicity tracks reserve, and reserve is what ECOG {ecog} with LDH {ldh} U/L reports. On those readings "
            "the expected gain from treatment exceeds its risk, which is the test that matters for eligibility.",
        ),
        "frontier_model": (
            "Functional status and tumor activity are the strongest predictors of tolerance, so I start there: ECOG "
            "{ecog}, LDH {ldh} U/L. Neither argues against participation, and no further baseline item changes that.",
            "First, performance: ECOG {ecog}. Second, disease activity: LDH {ldh} U/L. Both are compatible with the "
            "regimen, and because they summarize physiological reserve, they suffice to establish eligibility.",
        ),
        "consultant": (
            "I judge fitness by the patient rather than by the form, and an LDH of {ldh} with a performance status of "
            "{ecog} tells me what I wish to know. Eligibility may safely be taken as given.",
            "The investigations speak plainly: LDH {ldh} U/L, ECOG {ecog}. A physician with those in hand need ask "
            "little else of the enrolment page, and I have not thought it necessary to do so.",
        ),
        "coordinator": (
            "Labs came back usable, LDH {ldh}, and the nurse scored ECOG {ecog}. Those are the boxes that ever trip us "
            "up at eligibility, and both are filled in and fine.",
            "What gets people bounced here is bad bloods or bad function. LDH {ldh}, ECOG {ecog}: neither one bounced, "
            "so I've ticked eligibility and wouldn't reopen the demographics for it.",
        ),
        "statistician": (
            "Among baseline covariates ECOG ({ecog}) and LDH ({ldh} U/L) carry most of the prognostic information. "
            "Once they are in the model the demographic terms add little, so eligibility can rest on these.",
            "Given ECOG {ecog} and LDH {ldh}, the likelihood that we are looking at an unfit patient is low, and the "
            "remaining screening fields are too weakly informative to shift it.",
        ),
        "second_reader": (
            "It may be said that screening is more than blood work. Granted, but LDH {ldh} U/L and ECOG {ecog} are "
            "what screening is for, and when they hold the other entries are corroboration, no more.",
            "A skeptic would want every eligibility line retested. I would answer with LDH {ldh} and ECOG {ecog}: had "
            "there been an eligibility problem, it would have shown itself there.",
        ),
    },
    "age_amendment": {
        "attending": (
            "I'm reading the age rule as it stands under {cited}, in force since {in_force}, with the upper limit at "
            "{limit} years. Enrollment fits that, and I'm glad somebody wrote it for the patients we actually see.",
            "{cited} moved the upper age limit to {limit} years as of {in_force}. I had it in mind when I went over "
            "eligibility, and with that version of the rule there's nothing left to argue about on age.",
        ),
        "trialist": (
            "The operative text is {cited}, effective {in_force}, which fixes the upper age limit at {limit} years. An "
            "amendment displaces what it amends, and by the text now operative the enrolment age is admissible.",
            "Given {cited} (in force {in_force}), the maximum enrolment age reads {limit} years. The recorded age does "
            "not surpass it, and the eligibility criterion consequently holds.",
        ),
        "safety_officer": (
            "When {cited} took effect on {in_force} and put the age ceiling at {limit} years, the added exposure had "
            "already been reviewed and accepted. I see no residual hazard to hold against this enrollment.",
            "The age ceiling I apply is the amended one: {limit} years, {cited}, {in_force}. Someone weighed "
            "tolerability before signing that change, and refusing its benefit now would protect no one.",
        ),
        "frontier_model": (
            "Amendments take precedence over the base text, so the relevant provision is {cited}, in force {in_force}, "
            "which sets the maximum age at {limit} years. Applied here, it leaves the age criterion satisfied.",
            "It is worth checking which limit is current. {cited} raised the upper age bound to {limit} years with "
            "effect from {in_force}, and under that bound the enrollment raises no eligibility concern.",
        ),
        "consultant": (
            "You will have {cited} to hand, which since {in_force} has allowed us to recruit up to {limit} years. I "
            "relied upon it in accepting this patient, as I believe any colleague would have done.",
            "As I understand the amended protocol, {limit} years is the age to which we may enrol; {cited}, "
            "{in_force}, settled that. Eligibility by age accordingly does not detain me.",
        ),
        "coordinator": (
            "We work off {cited} for age now. It went live {in_force}, the top end is {limit}, and our screening sheet "
            "was updated to match, so the age line checks out.",
            "Somebody will ask about the age cap, so for the file: {limit} years, per {cited}, dated {in_force}. The "
            "monitor's copy says the same, and this enrolment fits it.",
        ),
        "statistician": (
            "An age limit is a threshold, and thresholds get revised; {cited} revised this one to {limit} years on "
            "{in_force}. Relative to the revised cut-point I give ineligibility almost no probability.",
            "Under {cited} ({limit} years, in force {in_force}) exclusions on age are rare events in a cohort like "
            "ours. I find no feature of this enrollment that would make it one of them.",
        ),
        "second_reader": (
            "Someone may hold this up against the original age limit. That test is outdated: {cited}, in force "
            "{in_force}, has it at {limit} years, and enrollment answers to the amended rule.",
            "Does age disqualify? Only if one forgets {cited}, which on {in_force} put the top of the range at {limit} "
            "years. I have not forgotten it, and with it the objection loses its footing.",
        ),
    },
}
