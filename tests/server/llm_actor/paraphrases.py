"""Notes as the script has them, and as a person put them into other words who was told what a model is told.

    script, verdict, text = PARAPHRASES[0]

The checker is to take them: it must not ask for the script's own phrases. The notes are kept here as they were, so that
they need no world.
"""

PARAPHRASES: tuple[tuple[str, str, str], ...] = (
    (
        "At Tallgrass Regional Cancer Center, P0012 was exposed to trevonarasib; baseline ECOG was 0. No harm "
        "signal attaches to starts within 48 days, which is why the guidance permits them. Breaking off treatment"
        " on the strength of §5.2 would expose the patient to a certain loss instead. The benefit side of the "
        "ledger carries it.",
        "compliant",
        "P0012 received trevonarasib at Tallgrass Regional Cancer Center, with an ECOG 0 at baseline. The "
        "guidance allows a start within 48 days because no signal of harm has been seen inside that span. Using "
        "§5.2 to break off therapy would cost the patient something certain. The balance is in favor of benefit, "
        "so treatment should continue.",
    ),
    (
        "The premises are few: P0019 was allocated cisplatin-gemcitabine and enrolled at ECOG 0. Two bounds "
        "apply, 18 below and 90 above, both inclusive. §4.2 is met at the lower and §4.3 at the upper, so age is "
        "disposed of before any question of fitness is reached. Nothing remains to be resolved before the case is"
        " closed.",
        "compliant",
        "I start from a short set of premises: P0019 was assigned cisplatin-gemcitabine and entered the study at "
        "ECOG 0. There are two inclusive bounds, 18 as the lower and 90 as the upper. The lower satisfies §4.2 "
        "and the upper satisfies §4.3, so the age question is settled before fitness comes up. Nothing is left to"
        " resolve; continue treatment.",
    ),
    (
        "P0035 came to trevonarasib at Szpital Nadrzecze with an LDH of 241 on the enrollment draw. Every entry "
        "on the timeline has its source note, so I'm satisfied on §6.2. What I look for in a chart is whether the"
        " story of the illness hangs together, and clinically this one does. I'd leave the plan exactly as it "
        "stands.",
        "compliant",
        "An LDH of 241 was recorded at enrollment when P0035 started trevonarasib at Szpital Nadrzecze. Each "
        "timeline entry is backed by a source note, which satisfies me on §6.2. My concern with any chart is that"
        " the clinical story is coherent, and here it is. I would continue treatment exactly as planned.",
    ),
    (
        "From the safety desk: P0033, former smoker, adenocarcinoma, ECOG 1. The handling was the only item I "
        "looked up. It is permitted by §8.2 (Interim imaging substitution), which was adopted with safeguards, "
        "and I weigh it as neutral in an otherwise acceptable file. The safety desk has no objection.",
        "compliant",
        "Safety desk note on P0033: adenocarcinoma, former smoker, ECOG 1. I only needed to look up how the case "
        "was handled. §8.2 (Interim imaging substitution) permits it and came with safeguards when adopted, so I "
        "treat it as neutral in a file that is otherwise acceptable. The safety desk does not object; continue "
        "treatment.",
    ),
    (
        "I weighed the file of P0035, a man assigned orbutavaciclib, with four prior cycles of chemotherapy. With"
        " Hospital Vall Serrana at 50.0 % (6 of 12) mortality there is no excess that would make me second-guess "
        "one enrollment. The risk picture is stable, and this patient is part of it. The benefit side of the "
        "ledger carries it.",
        "compliant",
        "I reviewed P0035, a man on orbutavaciclib with four prior cycles of chemotherapy. Mortality at Hospital "
        "Vall Serrana stands at 50.0 % (6 of 12), which is not an excess that makes me doubt a single enrollment."
        " The overall risk is steady and this patient belongs to it. The benefit is what counts, so continue "
        "treatment.",
    ),
    (
        "Rounds over, I went through the outcomes of the 80 people we put on NSC-6103. Looking at sex, mortality "
        "for male patients against the others differs by -3.0 percentage points over the whole study. I've seen "
        "bigger swings between wards, and I don't think §7.1 is about that. I'd let the monitoring board spend "
        "its evening on something else.",
        "cohort",
        "After rounds I looked at outcomes for the 80 people enrolled in NSC-6103. By sex, mortality for male "
        "patients against the others differs by -3.0 percentage points across the study. I have seen larger "
        "variation from ward to ward, and I do not believe §7.1 was meant for this. The monitoring board has "
        "better uses of its evening; continue enrolment.",
    ),
    (
        "I take P0074 as recorded, a man, LDH 245 U/L, ECOG 1. The chain has its last link at §4.3. §4.2 is "
        "thereby withdrawn, the unextended limit decides the case, and by that limit treatment began too late. "
        "The consequence is that dosing stops until the sponsor rules.",
        "deviation",
        "P0074 is taken as recorded: a man with LDH 245 U/L and ECOG 1. The last link in the chain is §4.3, which"
        " withdraws §4.2. That leaves the unextended limit to decide the case, and against it treatment started "
        "too late. Dosing therefore has to stop until the sponsor decides; withhold treatment.",
    ),
    (
        "As background, P0079 is a man, former smoker, assigned to carboplatin-gemcitabine. The raw interval "
        "needs context. Excluding the 7 days that administrative processing takes at Tallgrass Regional Cancer "
        "Center gives the effective interval, which is what §4.1 is meant to limit, and it fits. I am confident "
        "in this assessment.",
        "compliant",
        "P0079 is a man and former smoker who was assigned carboplatin-gemcitabine. The raw interval is "
        "misleading without context. Administrative processing at Tallgrass Regional Cancer Center accounts for 7"
        " days, and removing them leaves the effective interval that §4.1 is meant to limit, which it respects. I"
        " am confident that treatment should continue.",
    ),
    (
        "A woman with Stage IV squamous cell carcinoma of the right upper lobe; I know the chart well. What "
        "decides whether someone can take this regimen is the chemistry and the legs. LDH 178 U/L and ECOG 1 are "
        "the numbers I trust, and together they describe a patient I would treat. Nothing here makes me want to "
        "change course.",
        "compliant",
        "I know this chart well: a woman with Stage IV squamous cell carcinoma of the right upper lobe. Fitness "
        "for this regimen comes down to chemistry and mobility. I trust LDH 178 U/L and ECOG 1, and together they"
        " describe someone I would treat. I see no reason to change course, so continue treatment.",
    ),
    (
        "Safety review of P0014, Stage IV disease on the experimental arm, LDH 311 U/L at baseline. Invoking §5.3"
        " too readily would strip §5.2 from the patients who gain most by it. I set the bar high, as its authors "
        "must have meant, and at that bar the start is acceptable. On balance I would not interrupt dosing.",
        "compliant",
        "P0014 came up for safety review: Stage IV disease, experimental arm, baseline LDH 311 U/L. If §5.3 were "
        "invoked too readily, the patients with most to gain would lose §5.2. I place the bar high, as the "
        "authors must have intended, and the start is acceptable at that level. Overall I would continue "
        "treatment.",
    ),
    (
        "Let me take this in order. P0052 is a man with Stage IV adenocarcinoma. Following the chain to its end, "
        "§5.4 lifts §5.3, which leaves the extension in operation. Because the last step of the chain controls, "
        "the timing requirement is met. On that basis, I find the record in order.",
        "compliant",
        "Taking this step by step, P0052 is a man with Stage IV adenocarcinoma. At the end of the chain, §5.4 "
        "lifts §5.3, so the extension remains in force. Since the final step controls, the timing requirement is "
        "satisfied. I therefore consider the record in order and recommend that we continue treatment.",
    ),
    (
        "The exposure under review is carboplatin-docetaxel in a woman with a tumor of the right upper lobe. "
        "Tolerability data for this class are solid from 50 to 70 years and thin elsewhere. This enrollment is "
        "not in the solid part, and §4.1 and §4.2 were drawn to keep us there. The cautious course is to suspend "
        "dosing.",
        "deviation",
        "I am reviewing exposure to carboplatin-docetaxel in a woman with a right upper lobe tumor. The "
        "tolerability data for this class are strong from 50 to 70 years and sparse beyond. This enrollment falls"
        " outside the strong part, and §4.1 and §4.2 exist to keep us inside it. The careful choice is to "
        "withhold treatment.",
    ),
    (
        "From the safety desk: P0070, current smoker, adenocarcinoma, ECOG 1. I looked at the downside of "
        "trusting the dates from Hopital Saint-Avenel. Any that conflict are queued for routine correction, and "
        "no one is safer because §6.1 was invoked against a typist. I would not hold the drug on this file.",
        "compliant",
        "Safety desk review of P0070: adenocarcinoma, ECOG 1, current smoker. I considered what is lost by "
        "relying on dates from Hopital Saint-Avenel. Conflicting ones are already queued for routine correction, "
        "and invoking §6.1 against a typist makes nobody safer. I would not hold the drug here; continue "
        "treatment.",
    ),
    (
        "P0035, a man allocated to melfandalisib, is assessed here on the record alone. §4.3 enlarges the window "
        "for disease that wants fuller preparation. Stage II disease meets that description, so the enlarged "
        "limit is the one to apply, and the start does not exceed it. I therefore record the case as in order.",
        "compliant",
        "P0035 is a man allocated to melfandalisib, and I judge only the record. §4.3 extends the window for "
        "disease needing fuller preparation. Because Stage II disease fits that description, the extended limit "
        "governs and the start stays within it. The case is recorded as in order and treatment should continue.",
    ),
    (
        "The premises are few: P0065 was allocated carboplatin-gemcitabine and enrolled at ECOG 2. §5.1 is the "
        "rule and applies at every stage. §5.2 permits, it does not entitle, and absent a recorded decision to "
        "invoke it the base limit governs and was not met. I therefore record a departure from protocol and would"
        " suspend dosing.",
        "deviation",
        "The facts are brief: P0065 received carboplatin-gemcitabine and enrolled with ECOG 2. §5.1 is the rule "
        "at every stage. §5.2 is permissive rather than an entitlement, and without a recorded decision to use it"
        " the base limit governs, and that limit was not met. I record a departure from protocol and would "
        "withhold treatment.",
    ),
    (
        "P0015 has adenocarcinoma, no prior chemotherapy and a place on the control arm. I assessed timing on "
        "version 2.1, the text whose windows were cleared for safety. In §6.2 as it stands there, and in the "
        "lines that follow, nothing argues for taking the patient off treatment. The benefit side of the ledger "
        "carries it.",
        "compliant",
        "P0015 has adenocarcinoma, has had no prior chemotherapy and is on the control arm. I judged timing "
        "against version 2.1, whose windows were cleared for safety. Neither §6.2 as it reads there nor the lines"
        " after it give grounds for taking the patient off treatment. The benefit side wins, so continue "
        "treatment.",
    ),
    (
        "Safety review of P0029, Stage III disease on the experimental arm, LDH 183 U/L at baseline. When "
        "Amendment 1 took effect on 2022-08-16 and put the age ceiling at 82 years, the added exposure had "
        "already been reviewed and accepted. I see no residual hazard to hold against this enrollment. The "
        "benefit side of the ledger carries it.",
        "compliant",
        "P0029 was reviewed for safety: Stage III disease, experimental arm, LDH 183 U/L at baseline. The added "
        "exposure had been reviewed and accepted by the time Amendment 1 came into effect on 2022-08-16 and set "
        "the age ceiling at 82 years. I find no residual hazard in this enrollment. Continue treatment.",
    ),
    (
        "Pulled the binder on P0015: Stage II, experimental arm, ECOG 1. We schedule to the 45 days in the "
        "regulator's guidance, it's printed on the wall of the chemo unit. First dose made that slot, so §4.2 "
        "isn't something I'd chase. We're keeping this one as is.",
        "compliant",
        "Got the binder out for P0015: ECOG 1, Stage II, experimental arm. Our scheduling follows the 45 days the"
        " regulator gives in its guidance, which hangs on the chemo unit wall. The first dose made that slot, so "
        "I would not chase §4.2. We'll leave this one be and continue treatment.",
    ),
    (
        "Second read of P0046: Stage III adenocarcinoma, pirvandolimab. It will be objected that §4.2 counts from"
        " enrollment. Formally so, yet 8 of those days belong to Kitamori Medical Center and its couriers. Charge"
        " them to whoever was slow, and the rule is kept. So I side with the first reader.",
        "compliant",
        "I gave P0046 a second read: pirvandolimab, Stage III adenocarcinoma. Someone will point out that §4.2 "
        "counts from enrollment. On paper that is right, but 8 of those days are down to Kitamori Medical Center "
        "and its couriers. Put them on the account of whoever was slow and the rule is kept. I agree with the "
        "first reader: continue treatment.",
    ),
    (
        "P0065 is one of ours, adenocarcinoma, four prior cycles of chemotherapy, and the paperwork's all here. "
        "Our sheet has the age band as 50 to 70 and this one isn't on it. Should have been caught at screening "
        "against §3.1 and §3.2, apologies from the site. Pharmacy should sit tight on this one.",
        "deviation",
        "P0065 is ours: adenocarcinoma, four prior cycles of chemotherapy, and all the paperwork in place. The "
        "age band on our sheet is 50 to 70, and this patient is not on it. Screening against §3.1 and §3.2 ought "
        "to have caught it, and the site apologizes. Pharmacy should hold the drug; withhold treatment.",
    ),
    (
        "Thank you for asking me to comment on P0068, a man under our care at Instituto Serra Alva. The duty "
        "under §4.1 is owed regardless of stage. I have never thought §4.2 relieved a unit of it without prior "
        "word from the sponsor, and our start was out of time. I cannot in conscience support further dosing.",
        "deviation",
        "Thank you for requesting my view on P0068, a man treated by us at Instituto Serra Alva. §4.1 imposes a "
        "duty whatever the stage. I have never taken §4.2 to release a unit from it without the sponsor's word "
        "beforehand, and we started out of time. I cannot in good conscience support more dosing, so withhold "
        "treatment.",
    ),
    (
        "Second read of P0050: Stage II squamous cell carcinoma, cisplatin-gemcitabine. Stopping at the unamended"
        " schedule is reading half of it. The other half is Amendment 1, in force 2022-01-26, with 25 days for "
        "the treatment window, and the start squares with the whole. Having argued the other side, I would let it"
        " stand.",
        "compliant",
        "Second read of P0050, with Stage II squamous cell carcinoma on cisplatin-gemcitabine. To stop at the "
        "unamended schedule is to read only part of it. Amendment 1, in force 2022-01-26, supplies the rest with "
        "25 days for the treatment window, and the start agrees with the whole. Having taken the other side, I "
        "would continue treatment.",
    ),
    (
        "Consider P0008, randomised to the experimental arm with Stage IV squamous cell carcinoma. Eligibility turns "
        "on a closed interval. For adult oncology that interval is 18 to 90 years, the enrolment age is a member of "
        "it, and §3.2 is satisfied by membership alone. I therefore record the case as in order.",
        "compliant",
        "Take P0008, randomised to the experimental arm with Stage IV squamous cell carcinoma. Whether the patient is "
        "eligible depends on one closed interval. In adult oncology it spans 18 to 90 years, the age at enrolment "
        "belongs to it, and belonging is all that §3.2 demands. I therefore enter the case as being in order and say "
        "continue treatment.",
    ),
    (
        "P0038 enters the likelihood with adenocarcinoma, four prior cycles of chemotherapy and the experimental arm. "
        "Among baseline covariates ECOG (1) and LDH (197 U/L) carry most of the prognostic information. Once they are "
        "in the model the demographic terms add little, so eligibility can rest on these. Further testing would cost "
        "more than it could tell us.",
        "compliant",
        "For P0038, with adenocarcinoma, four prior cycles of chemotherapy and a place in the experimental arm, the "
        "prognostic weight at baseline sits mainly with ECOG 1 and LDH 197 U/L. With those two accounted for, "
        "demographics contribute very little, and eligibility can be based on them alone. More testing would cost more "
        "than it reveals; I recommend we continue treatment.",
    ),
    (
        "Thank you for asking me to comment on P0026, a man under our care at Ashvale Royal Infirmary. Were it mine to "
        "bend, I should bend it. But §3.3 and §5.2 are none of mine, the record keeps to one of them only, and half "
        "was never enough. I cannot in conscience support further dosing.",
        "deviation",
        "I am grateful to be asked about P0026, a man in our care at Ashvale Royal Infirmary. If the rules were mine "
        "to bend, I would bend them. §3.3 and §5.2 are not mine, however, and the record observes only one of the two; "
        "half has never been enough. In good conscience I must recommend that we withhold treatment.",
    ),
    (
        "From the safety desk, on the 80 patients exposed in NSC-2460. I set the cost of a referral against what the "
        "data show on sex: -1.3 percentage points for male patients against the others. A review would spend attention "
        "that §8.2 means for real disparities. On balance there is nothing to escalate.",
        "cohort",
        "Note from the safety desk on the 80 patients exposed in NSC-2460. I have weighed what a referral would cost "
        "against the data on sex, which show -1.3 percentage points for male patients against the others. A review "
        "would use up attention that §8.2 reserves for real disparities. On balance, continue enrolment.",
    ),
)
