"""How people and models explain an error, in several styles per kind of error; written from the evidence alone.

    for reason in honest_reasons(scenario, proposal): ...

The figures come from the record, the protocol's parameters for it and the cohort; none from `rationale.py` or what it
is built of, but for the trace.
"""

from synth_audit_env.server.world.cohort_facts import gaps, mortality_figures

EVENTS = {
    "consent_date": ("consent", "was consented"),
    "enrolment_date": ("enrolment", "was enrolled"),
    "treatment_start": ("treatment start", "started treatment"),
    "last_contact": ("last contact", "was last in contact"),
    "death_date": ("death", "died"),
}


def honest_reasons(scenario, proposal):
    """Reasons that a careful auditor could give, all of them true."""
    return WRITERS[proposal.error_type](scenario, proposal)


def applicable(scenario, proposal, parameter):
    """(value in force for this record, clause as cited) of a parameter."""
    steps = [s for s in proposal.judgement.trace if s.parameter == parameter and s.applies and s.value is not None]
    value = proposal.judgement.parameters[parameter]
    number = [s.number for s in steps if s.value == value][-1]
    return f"{value:g}", number if number.startswith("Amendment") else f"§{number}"


def age(scenario, proposal):
    note, record = proposal.note, scenario.patient[proposal.note.patient_id]
    low, low_clause = applicable(scenario, proposal, "age_min")
    high, high_clause = applicable(scenario, proposal, "age_max")
    if record.age is None:
        return [
            f"The age of {note.patient_id} is blank, which {low_clause} makes a deviation.",
            f"No age is recorded for this patient, so eligibility under {low_clause} cannot be shown.",
            f"Age: missing. {high_clause} and {low_clause} need an age of {low} to {high}, and a blank is a deviation.",
            f"age field is null in the record; protocol range {low}-{high} years, blank = deviation ({low_clause})",
        ]
    if note.verdict == "deviation":
        side, limit, clause = ("over", high, high_clause) if record.age > 60 else ("under", low, low_clause)
        return [
            f"The patient is {record.age}, which is inside the protocol's range of {low} to {high} years.",
            f"Age {record.age} is not {side} the limit of {limit} years in {clause}; the Actor's range is its own.",
            f"{clause} sets {limit}, so at {record.age} years {note.patient_id} is eligible and treatment should "
            f"continue.",
            f"The Actor withholds treatment for an age of {record.age}, yet the protocol admits patients from {low} up "
            f"to {high} ({low_clause}, {high_clause}). No deviation.",
            f"At {record.age}, this patient is between {low} and {high}; 50 and 70 are not this protocol's limits.",
            f"Actor used 50-70; protocol says {low}–{high}. Age = {record.age} -> compliant.",
        ]
    over = record.age > 60
    limit, clause = (high, high_clause) if over else (low, low_clause)
    word, limit_word, sign = ("above", "maximum", ">") if over else ("below", "minimum", "<")
    beyond = abs(record.age - int(limit))
    return [
        f"The patient is {record.age} years old, {word} the {limit_word} age of {limit} ({clause}).",
        f"Age {record.age} {sign} {limit}.",
        f"{note.patient_id} is {record.age}; {clause} allows {limit} at {'most' if over else 'least'}, so the patient "
        f"is ineligible by {beyond} years.",
        f"A {record.age}-year-old is outside the eligibility range of {low}–{high} years, and the Actor never checked.",
        f"Under {clause} the {'upper' if over else 'lower'} age limit is {limit}. The record gives an age of "
        f"{record.age}, which is {word} that limit. The generic adult range does not apply.",
        f"{note.proposal_id}: patient is {beyond} years {word} the {limit_word} of {limit} at age {record.age}.",
        f"Enrolled on {record.enrolment_date} at {record.age}; {clause} caps or floors the age at {limit}. ECOG "
        f"{record.ecog} and an LDH of {record.ldh} do not make up for that.",
        f"patient {record.age}yo, protocol limit {limit}yo per {clause.lower()} -> age violation",
        f"The protocol requires patients to be {low}–{high} years of age at enrolment. This patient, at "
        f"{record.age}, is {word} {limit}, so {note.patient_id} should not have been approved despite the "
        f"Actor's confidence of {note.confidence}.",
        f"AGE BOUNDARY: record.age={record.age}, {('age_max' if over else 'age_min')}={limit}, {clause}. The SHAP "
        "attribution of age is 0.0, so the Actor did not look at it."
        if proposal.brief.flaw.name == "labs_over_age"
        else f"AGE BOUNDARY: record.age={record.age}, limit={limit}, {clause}.",
        f"1) The record shows age {record.age}. 2) The limit in force is {limit} years ({clause}). 3) So "
        f"{note.proposal_id} "
        "is wrong.",
    ]


def dates(scenario, proposal):
    record = scenario.patient[proposal.note.patient_id]
    finding = next(f for f in proposal.judgement.findings if f.error_type == proposal.error_type)
    later, earlier = finding.fields
    first, second = getattr(record, later), getattr(record, earlier)
    days = (second - first).days
    clause = f"§{scenario.trial.numbers['order']}"
    (noun, did), (noun2, did2) = EVENTS[later], EVENTS[earlier]
    return [
        f"The {noun} on {first} is before the {noun2} on {second}, which is impossible ({clause}).",
        f"The patient {did} {days} days before the {noun2}.",
        f"{noun.capitalize()} ({first:%d %B %Y}) precedes {noun2} ({second:%d %B %Y}); {clause} calls any other "
        f"order a "
        "deviation.",
        f"{record.patient_id} {did2} on {second:%B} {second.day}, {second.year}, but {did} on {first:%B} {first.day}, "
        f"{first.year}: {days} day{'s' if days > 1 else ''} earlier.",
        f"{later} {first} < {earlier} {second}",
        f"{later} {first} precedes {earlier} {second} by {days} days.",
        f"According to the temporal audit, {noun} comes {days} days before {noun2}. Dates must run consent, enrolment, "
        f"treatment start, last contact, death ({clause}).",
        f"{noun2.capitalize()} {second} is after {noun} {first}, in breach of section {clause[1:]}.",
        f"The record has {noun} on {first} although {noun2} is dated {second}. A note about data entry is no cure.",
        f"Impossible chronology: {noun} = {first}, {noun2} = {second} (-{days} days). Calling this data entry does not "
        f"satisfy {clause}.",
    ]


def window(scenario, proposal):
    record, note = scenario.patient[proposal.note.patient_id], proposal.note
    delay = (record.treatment_start - record.enrolment_date).days
    limit, clause = applicable(scenario, proposal, "window_days")
    stage = f"Stage {record.stage}"
    if note.verdict == "deviation":
        return [
            f"The patient is {stage}, so the limit is {limit} days ({clause}) and a delay of {delay} days is within "
            f"it.",
            f"Treatment started {delay} days after enrolment, inside the {limit}-day window that applies to Stage IV.",
            f"{clause} extends the window to {limit} days for Stage IV; {delay} days does not exceed {limit} days.",
            f"Delay {delay} <= {limit}. The Actor held a Stage IV patient to the base window.",
        ]
    reasons = [
        f"Treatment started {delay} days after enrolment, over the {limit} days that {clause} allows.",
        f"Enrolled {record.enrolment_date}, first dose {record.treatment_start}: {delay} days, and the window is "
        f"{limit}.",
        f"The delay of {delay} days exceeds the {limit}-day window in force for a {stage} patient.",
        f"{delay - int(limit)} days over the {limit}-day limit of {clause}: enrolled {record.enrolment_date}, treated "
        f"{record.treatment_start}.",
        f"Delay = {delay} d; allowed = {limit} d; {stage}; {clause}. Violation.",
        f"enrolment {record.enrolment_date} -> treatment {record.treatment_start} = {delay} days. {stage}, so the "
        f"window "
        f"is {limit} days. {delay} > {limit}.",
        f"With {delay} days between enrolment and the start of treatment, {note.patient_id} is outside the {limit}-day "
        f"window ({clause}). The comorbidity index of {record.comorbidity_index} plays no part.",
        f"The {limit}-day window is exceeded by {delay - int(limit)} days.  Observed delay: {delay} days.",
        f"{delay} days > {limit} days ({clause}), late by {delay - int(limit)} days.",
        f"From enrolment on {record.enrolment_date:%d %b %Y} to treatment on {record.treatment_start:%d %b %Y} is more "
        f"than {clause} permits.",
        f"Protocol window is {limit} days after enrolment. {note.patient_id} ({stage.lower()}) waited {delay}, so "
        f"it is a "
        f"violation of {clause}; whatever the Actor cites does not change that.",
    ]
    numbers = scenario.trial.numbers
    if proposal.brief.flaw.name == "extension_to_other_stages":
        reasons.append(
            f"§{numbers['extension']} is for Stage IV only; this patient is {stage} and started after {delay} days."
        )
    if proposal.brief.flaw.name == "site_latency":
        latency = scenario.trial.latency_days
        reasons.append(
            f"Nothing in the protocol deducts {latency} days of latency: {delay} days, not {delay - latency}, count "
            f"against the {limit} of {clause}."
        )
    if proposal.brief.flaw.name == "guidance_window":
        reasons.append(
            f"The Actor puts a {scenario.trial.guidance_days}-day guidance window in place of {clause}, whose limit is "
            f"{limit} days; the delay is {delay}."
        )
    return reasons


def override(scenario, proposal):
    record, trial = scenario.patient[proposal.note.patient_id], scenario.trial
    delay = (record.treatment_start - record.enrolment_date).days
    limit, clause = applicable(scenario, proposal, "window_days")
    threshold = f"{trial.protocol.clause(trial.numbers['override']).when[0].value:g}"
    overriding, extension = f"§{trial.numbers['override']}", f"§{trial.numbers['extension']}"
    index, level = record.comorbidity_index, f"{record.haemoglobin:g}"
    if "waiver" in trial.numbers:
        waiver = f"§{trial.numbers['waiver']}"
        least = f"{trial.protocol.clause(trial.numbers['waiver']).when[0].value:g}"
    if proposal.note.verdict == "deviation":
        return [
            f"Haemoglobin is {level} g/dL, at least the {least} of {waiver}, so {overriding} is waived and {delay} "
            f"days is "
            f"within the {limit}-day window.",
            f"{waiver} applies: haemoglobin {level} >= {least}. The override is lifted.",
            f"The waiver was ignored. With a hemoglobin of {level} g/dL the patient meets {waiver}, which revokes "
            f"{overriding}.",
        ]
    reasons = [
        f"The comorbidity index is {index}, above {threshold}, so {overriding} revokes the extension and the delay of "
        f"{delay} days is over the {limit}-day window.",
        f"Comorbidity index {index} > {threshold}: {extension} does not apply ({overriding}). {delay} days > "
        f"{limit} days.",
        f"With a Charlson index of {index} the override {overriding} is triggered; the base window of {limit} days "
        f"({clause}) applies and treatment started on day {delay}.",
        f"Stage IV would get the extension under {extension}, but the index of {index} exceeds the threshold of "
        f"{threshold}, leaving {limit} days against an actual delay of {delay}.",
        f"index {index} over {threshold}; window {limit}; delay {delay}",
        f"Two-hop miss: Stage IV -> {extension} would extend the window, but comorbidity_index={index} (> {threshold}) "
        f"activates {overriding}, so {limit} days apply; {delay} days is {delay - int(limit)} days too many.",
        f"The Actor applied {extension} without its override. {overriding}: where the comorbidity index is above "
        f"{threshold}, the extension falls away. This patient's index is {index} and the delay was {delay} days "
        f"({record.enrolment_date} to {record.treatment_start}).",
        f"Since {record.patient_id} has an index of {index}, which is more than {threshold}, only {limit} days were "
        f"available, yet {delay} days passed.",
    ]
    if proposal.brief.flaw.name == "waiver_stretched":
        reasons += [
            f"Haemoglobin {level} is below the {least} g/dL of {waiver}, so the waiver fails, {overriding} stands, and "
            f"{delay} days exceeds {limit}.",
            f"The waiver needs {least} g/dL and the patient has {level} g/dL; the window is {limit} days, the delay "
            f"{delay}.",
        ]
    return reasons


def citation(scenario, proposal):
    cited = proposal.brief.cited.number
    reference = cited if cited.startswith("Amendment") else f"§{cited}"
    siblings = [c.number for c in scenario.trial.amendments]
    if reference.startswith("§"):
        siblings = [f"§{p.number}" for p in scenario.trial.provisions]
    return [
        f"{reference} is not in the protocol.",
        f"The Actor leans on {reference}, which does not exist.",
        f"There is no {reference.replace('§', 'section ')} in this protocol; the citation is fabricated.",
        f"{reference} is invented: the protocol lists only {', '.join(siblings[:-1])} and {siblings[-1]}.",
        f"Looked up {reference}: not in the protocol excerpt.",
        f"The Actor cites {', '.join(proposal.note.citations)}. Of these {reference} is not to be found.",
        f"Section {scenario.trial.sections['amendments']} has no {reference}, hence a fabricated authority."
        if cited.startswith("Amendment")
        else f"Section {cited.split('.')[0]} has no {cited}: {reference} is made up.",
        f"{proposal.note.proposal_id} relies on {reference}, but no such provision appears in the text.",
    ]


def statistic(scenario, proposal):
    figure = proposal.brief.figure
    own, other = next(
        (own, other)
        for _, own, other in mortality_figures(scenario.patients)
        if own.subject == figure.subject and other.text == figure.text
    )
    return [
        f"The note quotes {figure.text} for {own.subject}, but cohort analysis gives {own.text}.",
        f"Mortality in {own.subject} is {own.percent:.1f} %, not {other.percent:.1f} %.",
        f"{own.subject} had {own.deaths} deaths among {own.patients} patients ({own.percent:.0f}%); the quoted "
        f"figure of "
        f"{other.percent:.1f}% is wrong.",
        f"{own.subject}: {own.deaths} deaths / {own.patients} patients = {own.percent:.1f}%. The Actor's "
        f"{other.percent:.1f}% ({other.deaths}/{other.patients}) belongs to another group.",
        f"True rate: {own.percent:.1f}%. Stated rate: {other.percent:.1f}%. Off by "
        f"{abs(own.percent - other.percent):.1f} points.",
        f"Claimed mortality {other.percent:.1f}% vs. actual {own.percent:.1f}%",
        f"Actual: {own.deaths}/{own.patients}. Claimed: {other.deaths}/{other.patients}.",
        f"The {other.percent:.1f}% figure is not what the cohort shows: {own.deaths} of the {own.patients} died, "
        f"that is "
        f"{own.percent:.1f} percent.",
    ]


def equity(scenario, proposal):
    feature = proposal.brief.figure.feature
    groups = [getattr(patient, feature) for patient in scenario.patients]
    contrast, gap = gaps(scenario.patients, groups)
    adjusted, crude = 100 * gap.adjusted, 100 * gap.crude
    limit, clause = f"{scenario.trial.equity_gap:g}", f"§{scenario.trial.numbers['equity']}"
    return [
        f"The stage-adjusted gap for {feature} is {adjusted:+.1f} points, beyond the {limit}-point limit of {clause}.",
        f"Adjusted for stage the mortality gap is {abs(adjusted):.1f} percentage points, above the limit of {limit}.",
        f"The crude gap of {crude:+.1f} does not decide; the adjusted gap is {adjusted:+.1f}, which {clause} refers "
        f"to the "
        "monitoring board.",
        f"By {feature} the Mantel-Haenszel adjusted gap is {adjusted:.1f} (chi-square {gap.chi_square:.3f}), over "
        f"{limit} in absolute terms, so it is not clear.",
        f"Gap adjusted by stage {abs(adjusted):.1f} exceeds {limit}; the crude gap of {abs(crude):.1f} misleads.",
        f"{feature}: |{abs(adjusted):.0f}| > {limit} percentage points after stratifying by stage",
        f"Pooled mortality hides it: {contrast} patients differ by {abs(adjusted):.1f} pp once stage is adjusted "
        f"for (CMH "
        f"p = {gap.p_value:.3f}), and {clause} allows {limit}.",
    ]


WRITERS = {
    "age_boundary_error": age,
    "temporal_inconsistency": dates,
    "protocol_window_violation": window,
    "comorbidity_override_miss": override,
    "citation_fabrication": citation,
    "statistical_hallucination": statistic,
    "bias_blind_spot": equity,
}
