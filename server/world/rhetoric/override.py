"""What the Actor says when it stops a step short in the cascade of scheduling clauses."""

from __future__ import annotations

from collections.abc import Mapping

ARGUMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "override_ignored": {
        "attending": (
            "Stage IV gets the longer window, plain and simple. {extension_clause} is the line I go to after "
            "{base_clause}, the first dose made it, and I've no scheduling concern to write down.",
            "In metastatic disease {extension_clause} is the window that counts, and I don't need to read past it; "
            "{base_clause} is for the others. First dose was in time, and I've charted it so.",
        ),
        "trialist": (
            "{base_clause} states the rule and {extension_clause} the exception for Stage IV. The exception is "
            "engaged, it sets the longer limit, and the start respects it; the scheduling analysis ends there.",
            "Does {extension_clause} displace {base_clause}? In Stage IV it does. Is the resulting limit kept? It is. "
            "Those are the only questions that scheduling poses, and both are answered.",
        ),
        "safety_officer": (
            "{extension_clause} widens {base_clause} because Stage IV patients do worse when they are hurried. The "
            "start stayed within that room, so timing weighs nothing against continued treatment.",
            "In Stage IV I hold timing to {extension_clause} rather than {base_clause}. The longer limit was "
            "respected, and the danger of interrupting systemic therapy far outweighs any scheduling scruple.",
        ),
        "frontier_model": (
            "For timing, {base_clause} gives the default and {extension_clause} lengthens it in Stage IV disease. The "
            "start falls within the lengthened window, so the scheduling requirement is satisfied.",
            "Two provisions bear on the schedule. {base_clause} sets the general window; {extension_clause} replaces "
            "it in Stage IV with a longer one, and that longer window was met.",
        ),
        "consultant": (
            "Stage IV disease carries an entitlement to {extension_clause}, and {base_clause} no longer enters into "
            "it. I have compared our start with the more generous allowance and am quite content.",
            "May I say that {extension_clause} was made for just such Stage IV patients? Its allowance was not "
            "overrun, and I should regret to see {base_clause} pressed upon them instead.",
        ),
        "coordinator": (
            "Stage IV, so we're on {extension_clause} and not {base_clause}. Counted it off on the calendar and the "
            "first dose is inside the long slot, which is all that's asked of us.",
            "Scheduling's easy here: {extension_clause} for the Stage IVs, {base_clause} for everyone else. Dose went "
            "in before the long slot shut, so the visit log is clean.",
        ),
        "statistician": (
            "In Stage IV the reference limit is that of {extension_clause}, and starts within it are the norm. Nothing "
            "here makes me expect an outlier, so I leave {base_clause} to the earlier stages.",
            "Stage determines which limit applies, {extension_clause} in this instance and {base_clause} elsewhere. "
            "Conditional on the applicable limit, lateness is improbable, and the dates do not show it.",
        ),
        "second_reader": (
            "The quibble would be with {base_clause}. But Stage IV is the case {extension_clause} was written for, it "
            "supplies a longer limit in so many words, and the start keeps to it.",
            "Is there anything beyond {extension_clause} to consider in Stage IV? I think not: it takes the place of "
            "{base_clause}, its limit was kept, and the schedule has no more to say.",
        ),
    },
    "override_softened": {
        "attending": (
            "{override_clause} is for the patient whose other illnesses are the main event. I looked at the whole "
            "picture with that in mind, and I'm leaving the longer window of {extension_clause} in place.",
            "I take {override_clause} to mean grave comorbidity, the kind that frightens an anesthesiologist. Short of "
            "that {extension_clause} stays where it is, and the first dose was inside it.",
        ),
        "trialist": (
            "{override_clause} must be construed so as not to swallow {extension_clause}; its threshold is accordingly "
            "one of severe comorbidity. On that construction the extension operates, and the start is within it.",
            "The threshold in {override_clause} marks serious multimorbidity rather than the mere presence of disease. "
            "Read at that level it does not disturb {extension_clause}, whose limit the start observes.",
        ),
        "safety_officer": (
            "{override_clause} protects people for whom waiting is dangerous in itself. I reserve it for heavy "
            "comorbidity, and with {extension_clause} left standing the timing is within tolerable risk.",
            "Invoking {override_clause} too readily would strip {extension_clause} from the patients who gain most by "
            "it. I set the bar high, as its authors must have meant, and at that bar the start is acceptable.",
        ),
        "frontier_model": (
            "{override_clause} withdraws {extension_clause} when comorbidity is substantial. Its threshold is best "
            "understood as targeting severe burden, and on that understanding the extension applies and the start is "
            "timely.",
            "The interplay of {extension_clause} and {override_clause} needs care. The latter is aimed at comorbidity "
            "that dominates prognosis; I do not find it engaged, so the extended window remains in effect.",
        ),
        "consultant": (
            "I have considered {override_clause}. It is there, I take it, for the gravely infirm, and I should not "
            "wish to see it spent on lesser trouble; {extension_clause} therefore continues to serve us.",
            "One must read {override_clause} with some clinical sense, as addressed to comorbidity of a truly "
            "disabling order. So read, it leaves {extension_clause} undisturbed and our start within bounds.",
        ),
        "coordinator": (
            "We only pull {override_clause} out for the really poorly ones, and I didn't see cause to here. So it's "
            "the {extension_clause} allowance that applies, and the start date's fine on that.",
            "Checked whether {override_clause} kicks in. The way we were told to use it, it's for very heavy "
            "comorbidity, so I left {extension_clause} switched on and the booking fits.",
        ),
        "statistician": (
            "Index scores are measured with noise, so {override_clause} should fire only well clear of its threshold. "
            "Short of such a margin {extension_clause} keeps its force, and I have scored the start on it.",
            "A cut-off on a coarse index misclassifies its neighborhood, and a sensible reading of {override_clause} "
            "puts the cut where prognosis truly changes. On that footing {extension_clause} governs the start.",
        ),
        "second_reader": (
            "Why not {override_clause}? Because a provision that takes {extension_clause} away from the sick should "
            "bite only at the severe end, and I am not persuaded that we are there.",
            "The strongest objection is {override_clause}. I gave it full weight and still read its threshold as one "
            "of grave illness; so read, it lets {extension_clause} stand, and with it the schedule.",
        ),
    },
    "waiver_stretched": {
        "attending": (
            "{override_clause} would give me pause, but {waiver_clause} sets it aside, and that's the end of it for "
            "the window. I've used the waiver before and never had it questioned.",
            "With {waiver_clause} on the books, {override_clause} doesn't get to shorten anybody's window. The longer "
            "schedule is what we worked to, and the first dose was inside it.",
        ),
        "trialist": (
            "{waiver_clause} disapplies {override_clause}. With the override disapplied, what it would have revoked "
            "remains, and the start is measured against the longer limit and found within it.",
            "The cascade ends at {waiver_clause}: it silences {override_clause}, and a silenced override can revoke "
            "nothing. The extended limit accordingly stands, and the start observes it.",
        ),
        "safety_officer": (
            "The authors put {waiver_clause} above {override_clause} so that patients would not lose treatment over "
            "timing alone. I give effect to that, and see no offsetting hazard in this file.",
            "Between {override_clause} and {waiver_clause}, the waiver is the later word and the kinder one. It "
            "restores the longer window, and stopping carries more risk than anything in the timing.",
        ),
        "frontier_model": (
            "{override_clause} is the provision that could shorten the window, but {waiver_clause} neutralizes it. The "
            "extended window is therefore restored, and the treatment start complies with it.",
            "Following the chain to its end, {waiver_clause} lifts {override_clause}, which leaves the extension in "
            "operation. Because the last step of the chain controls, the timing requirement is met.",
        ),
        "consultant": (
            "I need not trouble you over {override_clause}, since {waiver_clause} relieves us of it. The fuller "
            "allowance is restored thereby, and our start was made within its term.",
            "As I read your protocol, {waiver_clause} was added precisely so that {override_clause} should not defeat "
            "sensible scheduling. I have taken the benefit of it, and the dates then give no difficulty.",
        ),
        "coordinator": (
            "There's a waiver, {waiver_clause}, so {override_clause} is off the table. Long slot's back on and the "
            "first dose is in it, which is how we've put it in the log.",
            "Anyone quoting {override_clause} has missed the line after it. {waiver_clause} switches it off, we "
            "schedule on the long slot, and this start made the cut.",
        ),
        "statistician": (
            "{waiver_clause} takes {override_clause} out of play, so the event of interest is lateness against the "
            "extended limit. That event is infrequent to begin with, and it did not happen here.",
            "Once {waiver_clause} is allowed for, {override_clause} contributes nothing to the likelihood of a late "
            "start. Only the longer limit is left, and the case looks like most others under it.",
        ),
        "second_reader": (
            "The knowing objection cites {override_clause}. The complete answer cites {waiver_clause}, which removes "
            "it and gives the time back; I can find nothing to put on the other side.",
            "I can hear the case built on {override_clause}. It stops at {waiver_clause}, a waiver being there to be "
            "used, and with the override gone the start is in time.",
        ),
    },
}
