"""Draws what a trial fixes before its first patient: drugs, arms, dates, sites. All names are invented.

frame = draw_frame(Stream("frame", 42))
frame.drug, frame.sites[0].name, frame.data_cutoff
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from .seeding import Stream

DRUGS = (
    "dorvelutinib",
    "zamprelitinib",
    "quelvisertib",
    "orbutavaciclib",
    "melfandalisib",
    "trevonarasib",
    "ulcavertinib",
    "pirvandolimab",
)
"""An invented name before the WHO's stem for inhibitors of kinases, CDK, PI3K and KRAS, or for antibodies."""
COMPARATORS = ("carboplatin-paclitaxel", "carboplatin-gemcitabine", "cisplatin-gemcitabine", "carboplatin-docetaxel")
"""Doublets for non-small cell lung cancer of any histology, so without pemetrexed."""
SITES = (
    ("Lakemoor Oncology Institute", "United States"),
    ("Ridgefall Memorial Hospital", "United States"),
    ("Tallgrass Regional Cancer Center", "United States"),
    ("Ashvale Royal Infirmary", "United Kingdom"),
    ("Saint Aldous Cancer Centre", "United Kingdom"),
    ("Klinikum Auental", "Germany"),
    ("Hopital Saint-Avenel", "France"),
    ("Ospedale San Gervino", "Italy"),
    ("Hospital Vall Serrana", "Spain"),
    ("Szpital Nadrzecze", "Poland"),
    ("Ziekenhuis Polderzicht", "Netherlands"),
    ("Kitamori Medical Center", "Japan"),
    ("Hanseong River Hospital", "South Korea"),
    ("Instituto Serra Alva", "Brazil"),
    ("Mount Tamborel Hospital", "Australia"),
    ("Suryapura Cancer Institute", "India"),
    ("Harrow Creek Medical Center", "United States"),
    ("Bluestem University Hospital", "United States"),
    ("Pinecrest Thoracic Clinic", "United States"),
    ("Wexcombe General Hospital", "United Kingdom"),
    ("Glen Orrin Infirmary", "United Kingdom"),
    ("Klinikum Eschenried", "Germany"),
    ("Lungenklinik Hohenbruck", "Germany"),
    ("Hopital du Val Marin", "France"),
    ("Clinique Sainte-Aurore", "France"),
    ("Istituto Monte Sereno", "Italy"),
    ("Hospital Puerto Claro", "Spain"),
    ("Szpital Lipowa Gora", "Poland"),
    ("Ziekenhuis Oudewater", "Netherlands"),
    ("Sjukhuset Norrdalen", "Sweden"),
    ("Fjordheim Sykehus", "Norway"),
    ("Universitaetsspital Aarenfels", "Switzerland"),
    ("Shirasawa General Hospital", "Japan"),
    ("Namsan Hill Cancer Center", "South Korea"),
    ("Hospital Campo Belo", "Brazil"),
    ("Hospital Sierra Blanca", "Mexico"),
    ("Mapleford Regional Hospital", "Canada"),
    ("Kauri Bay Hospital", "New Zealand"),
    ("Vindhya Medical College", "India"),
    ("Table Ridge Oncology Unit", "South Africa"),
)
DELAY_SHIFTS = (-2, -1, 0, 0, 1, 2)
"""Days by which one site starts treatment sooner or later than another; each as likely."""
PLANNED_STARTS = (7, 34)
"""Days after enrolment. The window of a protocol is drawn around it: a delay alone does not tell whether it is late."""
PLANNED_LEADS = (1, 7)
"""Days of consent before enrolment, around which a protocol's limit is drawn."""
PLANNED_DOSES = (10, 22)
"""mg/m2 by which a patient is to start, in steps of 5, around which a protocol's limit is drawn."""
FOLLOW_UP_DAYS = 365
"""From the last enrolment to the data cut-off."""


@dataclass(frozen=True, slots=True)
class Site:
    """A trial site."""

    name: str
    country: str
    delay_shift_days: int
    """Added to the delay from enrolment to treatment of every patient of the site."""


@dataclass(frozen=True)
class TrialFrame:
    """Drugs, arms, sites and dates of one trial."""

    drug: str
    """Given in the first arm."""
    comparator: str
    """Given in the second arm."""
    arms: tuple[str, str]
    first_enrolment: date
    enrolment_days: int
    """Length of the enrolment period."""
    sites: tuple[Site, ...]
    planned_start: int = 14
    """Days after enrolment on which treatment is planned to start."""
    planned_lead: int = 1
    """Days before enrolment by which consent is asked for."""
    planned_dose: int = 75
    """mg/m2 of the drug with which treatment is planned to start."""

    @cached_property
    def data_cutoff(self) -> date:
        """The day after which nothing is known of any patient."""
        return self.first_enrolment + timedelta(days=self.enrolment_days + FOLLOW_UP_DAYS)


def draw_frame(stream: Stream, sites: tuple[int, int] = (4, 6)) -> TrialFrame:
    """Draw a trial with so many sites, both ends included, that began to enrol between January 2021 and June 2022."""
    drawn = stream.sample(SITES, stream.integer(*sites))
    return TrialFrame(
        drug=stream.choice(DRUGS),
        comparator=stream.choice(COMPARATORS),
        arms=("experimental", "control"),
        first_enrolment=date(2021, 1, 1) + timedelta(days=stream.integer(0, 545)),
        enrolment_days=stream.integer(500, 700),
        sites=tuple(Site(name, country, stream.choice(DELAY_SHIFTS)) for name, country in drawn),
        planned_start=stream.integer(*PLANNED_STARTS),
        planned_lead=stream.integer(*PLANNED_LEADS),
        planned_dose=5 * stream.integer(*PLANNED_DOSES),
    )
