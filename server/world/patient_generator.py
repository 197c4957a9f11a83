"""Draws the cohort of a trial: records whose values hang together as those of real patients do.

    frame = draw_frame(Stream("frame", 42))
    cohort = list(draw_patients(("cohort", 42), 80, frame))

A latent frailty and the stage run through a patient: they raise the comorbid conditions, ECOG and LDH, lower
the haemoglobin, delay the treatment and shorten survival. The marginals are anchored to published data:

- NCCTG lung cancer trial (n = 228; Loprinzi et al., J Clin Oncol 1994;12:601-7; R's `survival::lung`):
  age 62.5 ± 9.1 with its quantiles, ECOG 0/1/2/3 = 28/50/22/0.4 %, 60.5 % men.
- JCO trials: 4 to 5 % of enrolled patients ineligible. Here: age outside 40 to 78, ECOG above 2, haemoglobin
  below 9.0 g/dL or creatinine above 1.8 mg/dL, together 4 to 7 %.
- CDISC pilot: 10 % of visits more than 7 days off schedule. Here: 10 % start more than 7 days later than planned.
- Starting doses, where there are any: the planned one, or 75 or 80 % of it, as docetaxel's label reduces 100 to 75 and
  75 to 60 mg/m2. How often, for whom, and the 5 % by which a dose is off are assumptions and not from data.
- Charlson index: Quan et al. 2011, see `comorbidity.py`.

Draws are additions, products and comparisons of uniforms: `log` and `exp` differ between C libraries. Nothing
here knows a protocol; what makes a record decisive is set by `cases.py`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from .comorbidity import charlson_index, draw_conditions
from .quantities import THRESHOLDS, can_have
from .record import STAGE_NUMBERS, PatientRecord, move_course
from .seeding import Stream
from .trial_frame import TrialFrame

# Decks: how many cards of each kind, out of 100 or 20. A draw takes one card.
STAGE_DECK = ("I",) * 10 + ("II",) * 15 + ("III",) * 33 + ("IV",) * 42
SMOKING_DECK = ("never",) * 15 + ("former",) * 50 + ("current",) * 35
HISTOLOGY_DECKS = {
    smoking: ("adenocarcinoma",) * adeno
    + ("squamous cell carcinoma",) * squamous
    + ("large cell carcinoma",) * large
    + ("non-small cell lung carcinoma, not otherwise specified",) * unspecified
    for smoking, adeno, squamous, large, unspecified in (
        ("never", 17, 1, 1, 1),
        ("former", 11, 6, 2, 1),
        ("current", 8, 9, 2, 1),
    )
}
PRIMARY_SITE_DECK = (
    *("right upper lobe",) * 6,
    *("left upper lobe",) * 5,
    *("right lower lobe",) * 4,
    *("left lower lobe",) * 3,
    "right middle lobe",
    "main bronchus",
)
PRIOR_CYCLES_DECKS = {
    "I": (0,) * 19 + (2,),
    "II": (0,) * 17 + (2, 3, 4),
    "III": (0,) * 13 + (2, 2, 3, 4, 4, 4, 6),
    "IV": (0,) * 11 + (1, 2, 2, 3, 4, 4, 4, 6, 6),
}
ETHNICITY_DECKS = {
    "United States": ("White",) * 12 + ("Black",) * 3 + ("Hispanic",) * 3 + ("Asian",) * 2,
    "Brazil": ("White",) * 9 + ("Black",) * 4 + ("Hispanic",) * 6 + ("Asian",),
    "Japan": ("Asian",) * 20,
    "South Korea": ("Asian",) * 20,
    "India": ("Asian",) * 20,
}
ETHNICITY_ELSEWHERE = ("White",) * 15 + ("Black",) * 2 + ("Asian",) * 2 + ("Hispanic",)
AGE_QUANTILES = (
    *(38.0, 45.4, 50.0, 53.0, 55.0, 56.0, 58.0, 59.0, 60.0, 62.0),
    *(63.0, 64.0, 66.0, 67.0, 68.0, 69.0, 70.6, 72.0, 74.0, 75.0, 83.0),
)
"""Every twentieth of the NCCTG ages; the ends, 39 and 82 there, one year further out."""
ECOG_CUTS = (-0.38, 0.98, 2.88)
"""Above what latent illness, on average, a patient has performance status 1, 2 and 3."""
MONTHLY_HAZARD = {"I": 0.006, "II": 0.012, "III": 0.022, "IV": 0.041}
ARM_EFFECT = 0.15
"""By how much the hazard of one arm is lower, and of the other higher. A coin for each cohort says which."""
DROPOUT = 0.08
DATE_ERROR = 0.015
MISSING_AGE = 0.005


def draw_patients(stream_path: tuple[str | int, ...], count: int, trial: TrialFrame) -> Iterator[PatientRecord]:
    """Draw the patients P0001, P0002, … of a trial. Each is drawn alike, so the number tells nothing.

    Args:
        stream_path: Name of the random stream; equal names give equal cohorts.
        count: How many patients.
        trial: Drugs, arms, sites and dates.
    """
    stream = Stream(*stream_path)
    favoured = stream.choice(trial.arms)
    for number in range(1, count + 1):
        yield _draw_patient(stream, f"P{number:04d}", trial, favoured)


def _draw_patient(stream: Stream, patient_id: str, trial: TrialFrame, favoured: str) -> PatientRecord:
    chance, choice, normal = stream.chance, stream.choice, stream.normal
    site = choice(trial.sites)
    arm = choice(trial.arms)
    stage = choice(STAGE_DECK)
    smoking = choice(SMOKING_DECK)
    male = chance(0.605)
    age = _draw_age(stream)
    years_over_mean = age - 62.5
    frailty = normal(0.0, 1.0)
    spread = frailty + 1.15
    burden = (0.55 + 0.205 * spread * spread) * (1.0 + 0.015 * years_over_mean)
    conditions = draw_conditions(stream, burden, smoking != "never")
    index = charlson_index(conditions)
    illness = 0.4 * frailty + 0.35 * (STAGE_NUMBERS[stage] - 3.0) + 0.12 * index
    performance = illness + 0.025 * years_over_mean + normal(0.0, 0.75)
    ecog = bisect_left(ECOG_CUTS, performance)
    skew = normal(0.0, 1.0)
    haemoglobin = 12.1 + (0.7 if male else 0.0) - 0.7 * illness + normal(0.0, 1.3)
    creatinine = 0.74 + (0.16 if male else 0.0) + 0.004 * years_over_mean + normal(0.0, 0.15)
    if "renal disease" in conditions:
        creatinine += 0.25 + 0.65 * stream.uniform()
    diabetic = "uncomplicated diabetes" in conditions or "diabetes with chronic complications" in conditions
    bmi = 25.4 + (2.6 if diabetic else 0.0) - 0.8 * illness + normal(0.0, 3.7)
    systolic = max(92, round(128.0 + 0.25 * years_over_mean + normal(0.0, 13.0)))
    diastolic = round(0.42 * systolic + 24.0 + 14.0 * stream.uniform() - 7.0)
    hazard = MONTHLY_HAZARD[stage] * (1.0 - ARM_EFFECT if arm == favoured else 1.0 + ARM_EFFECT)
    hazard *= max(0.3, 1.0 + 0.35 * frailty + 0.1 * index)
    consent, enrolment, start, last_contact, death, outcome = _draw_course(
        stream, trial, hazard, _draw_delay(stream, stage, index, trial.planned_start) + site.delay_shift_days
    )
    return PatientRecord(
        patient_id=patient_id,
        age=None if chance(MISSING_AGE) else age,
        sex="male" if male else "female",
        ethnicity=choice(ETHNICITY_DECKS.get(site.country, ETHNICITY_ELSEWHERE)),
        site=site.name,
        country=site.country,
        arm=arm,
        drug=trial.drug if arm == trial.arms[0] else trial.comparator,
        stage=stage,
        primary_site=choice(PRIMARY_SITE_DECK),
        histology=choice(HISTOLOGY_DECKS[smoking]),
        ecog=ecog,
        comorbid_conditions=conditions,
        comorbidity_index=index,
        ldh=round(max(95.0, 182.0 + 26.0 * illness + 14.0 * skew + 24.0 * skew * skew)),
        haemoglobin=round(haemoglobin, 1),
        creatinine=round(max(0.4, creatinine), 2),
        bmi=round(max(15.5, bmi), 1),
        blood_pressure=f"{systolic}/{diastolic}",
        smoking=smoking,
        prior_chemo_cycles=choice(PRIOR_CYCLES_DECKS[stage]),
        consent_date=date.fromordinal(consent),
        enrolment_date=date.fromordinal(enrolment),
        treatment_start=date.fromordinal(start),
        last_contact=date.fromordinal(last_contact),
        death_date=None if death is None else date.fromordinal(death),
        outcome=outcome,
        discrepancies={},
    )


def with_doses(stream: Stream, planned: int, patients: Iterable[PatientRecord]) -> Iterator[PatientRecord]:
    """The patients with their starting doses: the planned one, give or take, and more often less for the ill."""
    for patient in patients:
        ill = 0.05 + 0.15 * (patient.ecog > 1) + 0.25 * (patient.creatinine > 1.3) + 0.03 * patient.comorbidity_index
        percent = stream.choice((75, 80)) if stream.chance(ill) else 100
        yield patient._replace(starting_dose=round(planned * percent * (100 + stream.integer(-5, 5)) / 10_000))


def with_discrepancies(
    stream: Stream, fields: Sequence[str], patients: Iterable[PatientRecord]
) -> Iterator[PatientRecord]:
    """The patients with what two laboratories differ by in these fields: how much more the other one reports.

    Every patient of a trial has both reports, so that having them tells nothing.
    """
    for patient in patients:
        drawn = {}
        for name in fields:
            most, unit = THRESHOLDS[name].near
            more = round(stream.integer(-most, most) * unit, 2)
            # No record has the other value where the values end, or it would be known for the one that does not count.
            drawn[name] = more if can_have(name, getattr(patient, name) + more) else -more
        yield patient._replace(discrepancies=drawn)


def untied(patients: Sequence[PatientRecord]) -> list[PatientRecord]:
    """The patients, no two of whom enrolled at one site on one day: later ones are moved to the next free day.

    So exactly as many as a rank says enrolled up to its last day, whoever is moved on either side of it.
    """
    taken: set[tuple[str, date]] = set()
    found = []
    for patient in patients:
        free = patient
        while (free.site, free.enrolment_date) in taken:
            free = move_course(free, timedelta(days=1))
        taken.add((free.site, free.enrolment_date))
        found.append(free)
    return found


def _draw_age(stream: Stream) -> int:
    """Completed years: a point on the line through the published quantiles."""
    position = stream.uniform() * (len(AGE_QUANTILES) - 1)
    step = int(position)
    low = AGE_QUANTILES[step]
    return round(low + (position - step) * (AGE_QUANTILES[step + 1] - low))


def _draw_delay(stream: Stream, stage: str, index: int, planned: int) -> int:
    """Days from enrolment to treatment before the site's own shift. The ill start late more often."""
    late = 0.06 + (0.045 if stage == "IV" else 0.0) + 0.018 * index
    if not stream.chance(late):
        return max(3, planned - 10, min(planned + 7, round(stream.normal(planned, 2.2))))
    delay = planned + 8
    while stream.chance(0.85):
        delay += 1
    return delay


def _draw_course(
    stream: Stream, trial: TrialFrame, hazard: float, delay: int
) -> tuple[int, int, int, int, int | None, str]:
    """Day ordinals of consent, enrolment, start, last contact and death, and the outcome."""
    integer = stream.integer
    first = trial.first_enrolment.toordinal()
    enrolment = first + integer(0, trial.enrolment_days)
    consent = enrolment - integer(trial.planned_lead, trial.planned_lead + 18)
    start = enrolment + delay
    end = trial.data_cutoff.toordinal()
    outcome = "alive"
    if stream.chance(DROPOUT):
        outcome = "withdrawn" if stream.chance(0.5) else "lost to follow-up"
        end = integer(start, end)
    death = _draw_death(stream, start, end, hazard)
    if death is not None:
        outcome = "deceased"
        last_contact = max(start, death - integer(0, 28))
    elif outcome == "alive":
        last_contact = max(start, end - integer(0, 42))
    else:
        last_contact = end
    if stream.chance(DATE_ERROR):
        return *_misdate(stream, consent, enrolment, start, last_contact, death), outcome
    return consent, enrolment, start, last_contact, death, outcome


def _draw_death(stream: Stream, start: int, end: int, hazard: float) -> int | None:
    """The day of death, month by month of treatment; None when it would come after the end of follow-up."""
    uniform = stream.uniform
    for month in range(start, end + 1, 30):
        if uniform() < hazard:
            day = month + int(uniform() * 30)
            return day if day <= end else None
    return None


def _misdate(
    stream: Stream, consent: int, enrolment: int, start: int, last_contact: int, death: int | None
) -> tuple[int, int, int, int, int | None]:
    """Enter one date of the record wrongly, so that the order is impossible."""
    kind = stream.integer(0, 3)
    if kind == 0:
        consent = enrolment + stream.integer(1, 14)
    elif kind == 1:
        start = enrolment - stream.integer(1, 10)
    elif death is None:
        last_contact = start - stream.integer(1, 20)
    else:
        death = start - stream.integer(1, 20)
        last_contact = min(last_contact, death)
    return consent, enrolment, start, last_contact, death
