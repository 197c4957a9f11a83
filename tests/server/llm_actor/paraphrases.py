"""Notes as the script has them, and as a person put them into other words who was told what a model is told.

    script, action, text = PARAPHRASES[0]

The checker is to take them: it must not ask for the script's own phrases. The notes are kept here as they were, so that
they need no world.
"""

PARAPHRASES: tuple[tuple[str, str, str], ...] = (
    (
        "Chart review for P0005, a former smoker with a primary in the left upper lobe. The figure I'm using for the "
        "age at enrolment is 50 years, taken straight from the chart, and §4.1 (minimum age) is the rule I'm reading "
        "it against. That's within what the protocol asks.",
        "continue treatment",
        "I went through the chart of P0005, whose tumor sits in the left upper lobe and who is a former smoker. It "
        "puts the age at enrolment at 50 years, which I held against §4.1 (minimum age). The patient meets that "
        "requirement, and treatment can continue.",
    ),
    (
        "Man with adenocarcinoma. By the chart the age at enrolment comes to 82 years, where §3.3 asks for at most 80 "
        "years. I looked at §3.4 (BMI maximum age exception) and it doesn't apply, since BMI is 22.1, not above 27. "
        "It falls outside the limit. Hold treatment.",
        "withhold treatment",
        "This man has adenocarcinoma. According to the record the age at enrolment is 82 years, and what §3.3 permits "
        "is at most 80 years. §3.4 (BMI maximum age exception) is of no use to him because BMI is 22.1, not above 27. "
        "That puts him past the limit, so I would withhold treatment.",
    ),
    (
        "Tumor in the left upper lobe, current smoker, on orbutavaciclib by assignment. I have 9 days for the consent "
        "lead time, which I took to Amendment 1. Since creatinine is 0.97, above 0.75, the limit comes "
        "from §7.3 and not from §7.2 (consent interval). I'm going by §7.3 as Amendment 1 has it, given an enrollment "
        "on or after 2023-04-25. We're inside the limit on this patient.",
        "continue treatment",
        "The patient is a current smoker with a left upper lobe tumor, assigned orbutavaciclib. For the consent lead "
        "time the file gives 9 days, to be read under Amendment 1. Because creatinine is 0.97, above "
        "0.75, §7.3 takes over from §7.2 (consent interval). The text of §7.3 that I used is that of Amendment 1, as "
        "this patient was enrolled on or after 2023-04-25. The requirement is kept; continue treatment.",
    ),
    (
        "The case concerns P0073, a man enrolled at Tallgrass Regional Cancer Center. Because the disease is Stage IV, "
        "I applied §4.3 (Stage IV exception) in preference to §4.2 (treatment window). §4.3 (Stage IV exception) is "
        "closed to participants such as this by §4.4 (comorbidity override), because the comorbidity index is above "
        "its threshold. The criterion is at most 25 days (§4.2), and the observed value for the treatment "
        "delay is 37 days. On these data the participant fails §4.2 (treatment window). Treatment should be "
        "withheld.",
        "withhold treatment",
        "P0073 is a man whom Tallgrass Regional Cancer Center enrolled. Since the disease is Stage IV, I went first to "
        "§4.3 (Stage IV exception) and left §4.2 (treatment window) aside. But §4.3 (Stage IV exception) is taken away "
        "by §4.4 (comorbidity override), as the comorbidity index is above its threshold. So it is at most 25 days "
        "that counts (§4.2), while the treatment delay was 37 days. The start fails §4.2 "
        "(treatment window), and my advice is to withhold treatment.",
    ),
    (
        "For the treatment delay it has to be at most 25 days, per §4.2. No exception under "
        "§4.3 (Stage IV exception): the disease is not Stage IV. This enrollment predates Amendment 6, and I'm using "
        "the original §4.2 (treatment window). Read that way, nothing on the chart is outside §4.2. Continue treatment "
        "as planned.",
        "continue treatment",
        "The treatment delay must come to at most 25 days by §4.2. §4.3 (Stage IV exception) "
        "offers no exception here, because the disease is not Stage IV. The patient was enrolled before Amendment 6, "
        "so I read §4.2 (treatment window) in its first form. On that reading the chart keeps to §4.2, and treatment "
        "goes on; continue treatment.",
    ),
    (
        "Since the disease is Stage IV, the limit comes from §5.3 and not from §5.2 (treatment window). I can't use "
        "§5.3 after reading §5.4 (comorbidity override), since the comorbidity index is above its threshold. §5.5 "
        "doesn't bring the exception back, because haemoglobin is not at least its threshold. This patient enrolled "
        "under Amendment 8, effective 2022-04-05, which changes §5.2 (treatment window). Went to Amendment 8 with the "
        "treatment delay from the chart. Putting the chart and the protocol together, this "
        "patient comes out on the right side of Amendment 8. Treatment can go on, and I'm signing the note to that "
        "effect.",
        "continue treatment",
        "As the disease is Stage IV, §5.3 would set the limit in place of §5.2 (treatment window). §5.3 is cancelled "
        "for this patient by §5.4 (comorbidity override), because the comorbidity index is above its threshold. The "
        "exception is not revived by §5.5, as haemoglobin is not at least its threshold. Enrollment came under "
        "Amendment 8, effective 2022-04-05, and with it the new text of §5.2 (treatment window). I set the treatment "
        "delay beside Amendment 8, and the patient meets what Amendment 8 asks. I would "
        "continue treatment.",
    ),
    (
        "If anything is open to dispute it is the lag after death, recorded as 23 days, given that "
        "§6.7 (BMI registry exception) reads at most 23 days. §6.7 is the right provision, since BMI is below its "
        "threshold. The objection fails and the requirement is met.",
        "accept the entry",
        "One could only argue about the lag after death. It is down as 23 days, and §6.7 (BMI "
        "registry exception) asks for at most 23 days. That §6.7 is the clause to use follows from this: BMI is below "
        "its threshold. There is nothing to object to, and I would accept the entry.",
    ),
    (
        "Per the trial record, P0068 is a man in the control arm with a diagnosis of adenocarcinoma. If selection had "
        "failed, outcomes would show it. For Hospital Vall Serrana deaths amount to 31.8 % (7 of 22), which betrays no "
        "such failure, and the present case may be read in that light. I record no deviation.",
        "continue treatment",
        "P0068 is recorded as a man with adenocarcinoma who was allocated to the control arm. Had patients been badly "
        "selected, the outcomes would tell. At Hospital Vall Serrana 31.8 % (7 of 22) were lost, a figure that points "
        "to nothing of the kind, and I read this case accordingly. I find no deviation; continue treatment.",
    ),
    (
        "I'll start with the record: P0028 is a man with adenocarcinoma. One point deserves explicit support. The "
        "handling of this case relies on §9.2 (Central laboratory re-test); since that provision is applicable here, "
        "the assessment is complete and the record can be accepted. No change in treatment is indicated.",
        "continue treatment",
        "According to the record P0028 is a man and has adenocarcinoma. A single point needs support of its own. What "
        "was done in this case rests on §9.2 (Central laboratory re-test). That provision applies here, which "
        "completes the assessment, and I accept the record. I see no reason to change course: continue treatment.",
    ),
    (
        "Let me take the cohort as a whole: NSC-3055 has 80 patients with known outcomes. The question is whether "
        "outcomes differ by ethnicity. Overall they differ by +5.1 percentage points for White patients against the "
        "others, which I do not regard as evidence of disparate treatment under §7.1. I see no basis for a referral.",
        "continue enrolment",
        "Taken together, the 80 patients of NSC-3055 all have a known outcome. I asked whether ethnicity makes a "
        "difference to it. For White patients against the others there is one of +5.1 percentage points overall. I do "
        "not regard that as a sign of unequal treatment under §7.1, so there is no need to refer it; continue "
        "enrolment.",
    ),
)
