"""Finds cases for one proposal: a sound, a lucky and a wrong one whose notes show the same, then takes one of them.

    case = Cases(stream, trial, patients, places, 0.6).draw("protocol_window_violation", "wrong")
    case.brief.argument, case.brief.bug, patients[case.place]

What a note shows (the question, the verdict, how it is written, which clauses it goes through, how far values are from
limits) is kept only where three cases can be found for it: an Actor who makes no mistake (*sound*), one whose bug makes
no difference to the patient (*lucky*), and one whose bug does (*wrong*). Which of the three the proposal is does not
depend on any of that. So nothing in a note tells.

The values on which a case turns are set near the limits that count for it, on either side, in the record of a patient
of the cohort; which other patients there are is left to nature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import zip_longest
from typing import Literal, NamedTuple

from ...error_types import CITATION, OVERRIDE
from .actor_agent import Brief
from .argument import MET, NOT_QUOTED, Argument, Manner, argue
from .cascades import OVERRIDING, Aim, Cascades
from .operators import OPERATORS, Bug, bugs
from .planting import misread_by, realise, set_quantity
from .protocol import COMPLIANT, DEVIATION, Condition, Judgement, Protocol, quantity_of
from .quantities import LIMITS, PARAMETERS, QUESTIONS, SITE_CAP, THRESHOLDS, LimitCheck, can_have
from .record import EARLIER_AT_SITE, Facts, PatientRecord, discrepancy, enrolled_earlier
from .seeding import Stream
from .subjects import Like, Subjects, looks_like
from .surroundings import near_threshold, surround
from .trial import Trial

_OTHER = {COMPLIANT: DEVIATION, DEVIATION: COMPLIANT}
Kind = Literal["sound", "lucky", "wrong"]
SHARES: Mapping[Kind, float] = {"sound": 0.4, "lucky": 0.3, "wrong": 0.3}
AT_A_THRESHOLD = 0.7
"""How often the value that a condition asks about is drawn near its threshold, and not left as it is."""
QUESTIONS_OF: Mapping[str, tuple[str, ...]] = {
    OVERRIDE: ("window",),
    CITATION: tuple(QUESTIONS),
    **{
        kind: tuple(asked for asked, names in QUESTIONS.items() if LIMITS[names[0]].error_type == kind)
        for kind in dict.fromkeys(check.error_type for check in LIMITS.values())
    },
}
"""Error type to the questions that it can be the answer to."""
NEVER_REACHED = 0.04
"""How often an override is missed that the Actor never applied, which is the classic miss."""
AT_OVERRIDE = 0.9
"""How often an override is missed at its own clause, where it can be, and not at what acts on it."""
MOST_DRAWS = 80
"""Draws of what a note shows before a protocol is taken to have no case of an error type."""
AMENDMENTS_FIRST, ENROLMENT_FIRST = 0.95, 0.2
"""How often a bug about an amendment is tried first, where some count by another day than that of enrolment, and where
all count by that."""
SEEN_IN_PROTOCOL = frozenset({"misquoted_limit", "invented", "boundary"})
"""Operators that a note shows to whoever holds it against the protocol, without a record."""
SEEN_LAST = 0.9
"""How often they are tried last: else a reader of note and protocol alone would name a third of all faults."""
UNSEEN_SELDOM = 0.4
"""How often no case is made of a threshold that the note does not give, since it has no lucky cases."""
DRAWS_EACH = 5
"""Draws that are made for one question and one operator. So an operator that has few cases gets some."""
WRONG_TRIES, SOUND_TRIES, LUCKY_TRIES = 20, 8, 24
"""Tries of bugs and patients before something else is drawn."""
PLAIN = frozenset({"misquoted_value", "wrong_anchor", "unconditional"})
"""Operators whose wrong cases the record and the note tell, without the protocol."""
PLAIN_LAST = 0.5
"""How often they are tried last for a wrong case."""
BESIDE_THE_LIMIT = 0.05
"""How often a value may be misread beside a limit that is quoted: the record alone shows then who is wrong."""
IN_ORDER, TRIES_BY_EASE = 0.95, (6, 5, 3, 1)
"""How often lucky cases try the operators in the order of their ease, and how often each of their bugs is tried."""
SELDOM_LAST = 0.6
"""How often wrong cases try those last that seldom make no difference where several days count or cascades are deep;
elsewhere, half as often, those about a condition that was turned round."""
BESIDE_BOUNDARY = ("dropped", "unconditional", "inverted", "misquoted_threshold", "misquoted_value")
"""Mistakes that an Actor makes together with one about a value at a limit."""
AGAIN = 3
"""How often a bug is tried, each time on a patient of its own."""
OF_ITS_ANNEX = 0.7
"""How often a case of a site is looked for first on a limit that its annex sets."""
DEEP = 3
"""Hops of a cascade beyond which cases are to go deep."""
SAME_PATIENT = 0.75
"""How often a case is tried on the patient of the wrong one, whose stage and dates fit."""


class Case(NamedTuple):
    """A determination with the truth about it."""

    brief: Brief
    place: int
    """Place of the patient in the cohort."""
    judgement: Judgement
    """The protocol's own, on the question."""


class _Shown(NamedTuple):
    """The draws that come before the bug and the patients."""

    question: str
    verdict: str
    manner: Manner
    misreads_value: bool
    """The value that the limit is about may be misread."""
    error_type: str
    """Error type of a wrong case."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A case in numbers."""

    place: int
    """Place of the patient in the cohort."""
    bug: Bug | None
    argument: Argument
    row: Mapping[str, float]
    """The facts of the record, not as the Actor reads them."""


class Cases:
    """The cases of one episode under one protocol: each has a patient of its own."""

    def __init__(
        self,
        stream: Stream,
        trial: Trial,
        patients: list[PatientRecord],
        places: Sequence[int],
        on_amended: float,
    ) -> None:
        """Begin.

        Args:
            stream: Source of every choice.
            trial: The trial as its protocol holds for these patients (`Trial.at`).
            patients: The cohort. The records of the patients that are chosen are changed in it.
            places: Of the patients that can be chosen.
            on_amended: How often a case is looked for on a question whose amendments count by other days, and for a
                reach for which a clause counts that has amendments.
        """
        self._stream, self._on_amended = stream, on_amended
        self.trial = trial
        self._patients = patients
        clauses = (*trial.protocol.clauses, *trial.phantoms)
        annex = f"{trial.sections.get(trial.site or '')}."
        of_annex = {clause.parameter for clause in clauses if clause.number.startswith(annex)}
        self.of_annex = {question for question, names in QUESTIONS.items() if not of_annex.isdisjoint(names)}
        """The questions on which the annex of the site sets a limit, if it has one."""
        self._cascades = Cascades(trial)
        self._verdicts = (COMPLIANT,) if trial.tier == "easy" else (COMPLIANT, DEVIATION)
        self._quotable = {c.number for c in clauses if c.when and c.when[0].field in THRESHOLDS}
        self.subjects = Subjects(stream, trial, patients, places, self._cascades)
        # Each is worked out once.
        self._bugs_of = cache(partial(_bugs_of, stream, trial))
        self._reach = cache(self._cascades.reaches)
        self._conditions = cache(partial(_conditions, trial.protocol))

    def amended(self, error_type: str) -> bool:
        """True if an amendment bears on a question that this error type can be the answer to."""
        protocols = [self.trial.protocol.asked(question) for question in QUESTIONS_OF[error_type]]
        return any(clause.in_force for protocol in protocols for clause in protocol.clauses)

    def draw(self, error_type: str, kind: Kind, most: int = MOST_DRAWS) -> Case | None:
        """Draw a case of a question that this error type can be the answer to, and give it a patient.

        What the note shows is found without a look at the kind, which only picks one of the three. None where the
        protocol has no such case, or none was found in that many draws.
        """
        choice = self._stream.choice
        questions = [each for each in QUESTIONS_OF[error_type] if self.subjects.pool(each, error_type == OVERRIDE)]
        if error_type == CITATION:
            questions = [question for question in questions if "invented" in self._bugs_of(question)]
        own = [question for question in questions if question in self.of_annex]
        for _ in range(most // DRAWS_EACH if questions else 0):
            able = own if own and self._stream.chance(OF_ITS_ANNEX) else questions
            dated = [question for question in able if self.subjects.days(question)]
            question = choice(dated if dated and self._stream.chance(self._on_amended) else able)
            operator = self._operator(question, error_type)
            for _ in range(DRAWS_EACH if operator else 0):
                found = self._three(question, operator, error_type)
                if found is not None:
                    return self._realised(found[kind], error_type)
        return None

    def _operator(self, question: str, error_type: str) -> str:
        """Draw the operator for a question; often on an amendment, where some count by another day. "" for none."""
        by_operator, about = self._bugs_of(question), self._cascades.target_of
        operators = self._stream.shuffled(list(by_operator))
        if self._stream.chance(AMENDMENTS_FIRST if self.subjects.days(question) else ENROLMENT_FIRST):
            operators.sort(key=lambda operator: not all(bug.clause in about for bug in by_operator[operator]))
        is_deep = self.subjects.days(question) or max(self._cascades.deepest.values()) > DEEP
        seldom, last = (0, SELDOM_LAST) if is_deep else (1, SELDOM_LAST / 2)
        if self._stream.chance(last):
            operators.sort(key=lambda operator: OPERATORS[operator].ease == seldom)
        if self._stream.chance(PLAIN_LAST):
            operators.sort(key=PLAIN.__contains__)
        if self._stream.chance(SEEN_LAST):
            operators.sort(key=SEEN_IN_PROTOCOL.__contains__)
        if error_type == OVERRIDE and self._stream.chance(NEVER_REACHED):
            operators.sort(key=lambda operator: operator != "dropped")
        for operator in operators:
            ways = [(bug, way) for bug in by_operator[operator] for way in self._verdicts]
            if any(self._reach(bug, error_type, way) for bug, way in ways):
                return operator
        return ""

    def _in_turns(self, operators: Iterable[str]) -> list[str]:
        """Operators in the order in which they are tried."""
        order = self._stream.shuffled(list(operators))
        return sorted(order, key=SEEN_IN_PROTOCOL.__contains__) if self._stream.chance(SEEN_LAST) else order

    def _three(self, question: str, operator: str, error_type: str) -> dict[Kind, _Found] | None:
        """One case of each kind that all show the same; None where they were not found."""
        manner = self._manner()
        if OPERATORS[operator].of_threshold and not manner.quotes_conditions and self._stream.chance(UNSEEN_SELDOM):
            return None
        is_free = not manner.quotes_limit or len(self._verdicts) == 1
        misreads_value = is_free or self._stream.chance(BESIDE_THE_LIMIT)
        shown = _Shown(question, self._stream.choice(self._verdicts), manner, misreads_value, error_type)
        wrong = self._wrong(shown, operator)
        if wrong is None:
            return None
        found: dict[Kind, _Found] = {"wrong": wrong}
        protocol = self.trial.protocol.asked(question)
        like = looks_like(protocol, wrong.place, wrong.row, wrong.argument, wrong.bug)
        no_bugs: Sequence[Bug | None] = [None] * SOUND_TRIES
        tries: dict[Kind, Sequence[Bug | None]] = {
            "sound": no_bugs,
            "lucky": self._as_visible(shown, wrong)[:LUCKY_TRIES],
        }
        for kind, bugs_to_try in tries.items():
            for bug in bugs_to_try:
                tried = self._planted(self._subject(question, bug, like), shown, bug, like)
                if tried is not None and (bug is None or self._shows(tried)):
                    found[kind] = tried
                    break
            else:
                return None
        return _with_the_same_reports(found)

    def _subject(self, question: str, bug: Bug | None, like: Like) -> int:
        """A patient for a case that is to look like this one, and to be right."""
        if bug is None:
            return self.subjects.another_like(question, like)
        if bug.clause not in self.trial.listed:
            # Another invented one is right by luck where the same amendments count.
            is_same = bug.clause == like.argument.clause
            return self.subjects.across(question, like, bug) if is_same else self.subjects.another_like(question, like)
        if self._is_misplaced(bug):
            return self.subjects.concerned(question, like, bug)
        condition = self.trial.protocol.conditions.get(bug.clause)
        if condition is not None and condition.field in NOT_QUOTED:
            said = any(step.number == bug.clause and step.part == MET for step in like.argument.steps)
            differs = (place for place, row in self.subjects.rows.items() if condition.holds(row) != said)
            return self.subjects.another(question, like, frozenset(differs).__contains__, of_any_stage=True)
        is_same = self._stream.chance(SAME_PATIENT)
        return like.place if is_same else self.subjects.another(question, like, like.place.__ne__)

    def _as_visible(self, shown: _Shown, wrong: _Found) -> list[Bug]:
        """The bugs of lucky cases that are to look like a wrong one.

        A mistake that the protocol alone shows is as often a lucky one as a wrong one, whichever it is.
        """
        assert wrong.bug is not None
        argument, bug = wrong.argument, wrong.bug
        quantity = LIMITS[argument.parameter].quantity
        by_operator = self._bugs_of(argument.question)
        usual = [operator for operator in by_operator if not OPERATORS[operator].against_protocol]
        is_plain = OPERATORS[bug.operator].against_protocol and self._can_be_seen(bug, argument)
        found = []
        of_threshold = {other for other in by_operator if OPERATORS[other].of_threshold}
        alike = of_threshold if bug.operator in of_threshold else {bug.operator}
        for operator in self._stream.shuffled(sorted(alike)) if is_plain else self._in_turns(usual):
            about = [b for b in by_operator[operator] if self._cascades.parameter_of[b.clause] == argument.parameter]
            about = [b for b in about if shown.misreads_value or b.field != quantity]
            if any(OPERATORS[other.operator].of_source for other in (bug, *about)):
                about = [other for other in about if other.field != bug.field]  # or there would be two pairs of reports
            if operator == "boundary":
                about = [bug.beside(other) for bug in about for other in self._beside_boundary(by_operator, argument)]
            seen = self._stream.shuffled([other for other in about if self._can_be_seen(other, argument)])
            found.append(seen * TRIES_BY_EASE[OPERATORS[operator].ease])
        # An operator after the other. Those that seldom fit come first, and those that nearly always fit come last.
        in_order = not is_plain and self._stream.chance(IN_ORDER)
        turns = [bug for turn in zip_longest(*found) for bug in turn if bug is not None]
        turns = sorted(turns, key=lambda bug: OPERATORS[bug.operator].ease) if in_order else turns
        return turns * LUCKY_TRIES if is_plain else turns

    def _beside_boundary(self, by_operator: Mapping[str, list[Bug]], argument: Argument) -> list[Bug]:
        """Mistakes that a lucky case has beside a misjudged boundary, which alone decides every case that it is in.

        The value is at the limit that the Actor reads, and past the one that counts, or the reverse.
        """
        check = self.trial.protocol.check(argument.parameter)
        if argument.manner.quotes_limit or (argument.verdict == COMPLIANT) != check.exclusive:
            return []
        others = [other for operator in BESIDE_BOUNDARY for other in by_operator.get(operator, ())]
        return [other for other in others if self._cascades.parameter_of[other.clause] == argument.parameter]

    def _can_be_seen(self, bug: Bug, argument: Argument) -> bool:
        """True if a note like this one can say something else than it should for a bug that makes no difference."""
        bug = bug.second or bug
        operator, steps = OPERATORS[bug.operator], {step.number: step for step in argument.steps}
        step, quantity = steps.get(bug.clause), LIMITS[argument.parameter].quantity
        if operator.of_threshold or (operator.of_source and bug.field != quantity):
            return step is not None and step.said is not None
        if self._cascades.requoted(bug):
            return bug.clause == argument.clause and argument.manner.quotes_limit
        if bug.field == quantity or operator.against_protocol:
            return True
        reaches = self._reach(bug, "", _OTHER[argument.verdict])
        if not reaches:
            return False  # it speaks for the verdict, so the case would be a wrong one
        if self._is_misplaced(bug):
            value, before = self._cascades.changed(bug)
            read = value if operator.too_early else before
            told = {step.number for step in argument.steps}
            return (bug.clause in told) == operator.too_early and (read is None or self._is_near(argument, read))
        if operator.against_condition or operator.leaves_out:
            own = self._cascades.hops[bug.clause]
            if step is not None and step.part == MET:  # the Actor takes it for met
                return not operator.leaves_out and step.said is None and min(reaches) < own
            below = self.trial.protocol.clause(bug.clause).acts_on
            is_reached = not below or (below in steps and steps[below].part == MET)
            is_left_out = step is None or (bug.operator == "inverted" and step.said is None)
            return is_reached and is_left_out and bug.operator != "unconditional" and max(reaches) >= own
        return bug.operator != "boundary"

    def _shows(self, found: _Found) -> bool:
        """True if the bug makes the note say something else than it should: or it would be as good as none.

        What it says of an amendment that came later is beside the point, and often without a date.
        """
        argument = found.argument
        protocol = self.trial.protocol.asked(argument.question)
        true = argue(self.trial, argument.question, protocol, found.row, argument.parameter, argument.manner)
        read, due = (
            replace(version, steps=tuple(step for step in version.steps if step.part != "earlier"))
            for version in (argument, true)
        )
        return read.told != due.told

    def _wrong(self, shown: _Shown, operator: str) -> _Found | None:
        """A case in which a bug of that operator matters."""
        cascades, choice = self._cascades, self._stream.choice
        those = self._stream.shuffled(self._bugs_of(shown.question)[operator])
        if shown.error_type == OVERRIDE and self._stream.chance(AT_OVERRIDE):
            own = [bug for bug in those if cascades.hop_of(bug) == OVERRIDING]
            those = [bug for bug in own if self._reach(bug, OVERRIDE, shown.verdict)] or those
        for bug in those[:WRONG_TRIES]:
            if not self._can_look_sound(bug, shown):
                continue
            reaches = self._reach(bug, shown.error_type, shown.verdict)
            on_amended = cascades.on_amended(bug, reaches)
            if on_amended and self._stream.chance(self._on_amended):
                reaches = on_amended
            for _ in range(AGAIN if reaches else 0):
                reach = choice(reaches)
                if cascades.deepest[cascades.parameter_of[bug.clause]] > DEEP:
                    reach = max(reach, choice(reaches))
                aim = cascades.aim(bug, reach)
                place = self.subjects.whom_it_matters_for(shown.question, aim)
                tried = None if place is None else self._planted(place, shown, bug, aim)
                if tried is not None:
                    return tried
        return None

    def _can_look_sound(self, bug: Bug, shown: _Shown) -> bool:
        """True if a note that shows this could as well be of an Actor without a mistake."""
        operator, manner = OPERATORS[bug.operator], shown.manner
        if bug.field == LIMITS[self._cascades.parameter_of[bug.clause]].quantity and not shown.misreads_value:
            return False
        if bug.operator == "boundary":
            return not manner.quotes_limit  # which would show that the value is at it
        if self._cascades.requoted(bug) and not manner.quotes_limit:
            return False  # the value alone would not keep to the limit that the protocol has
        quoted = manner.quotes_conditions and bug.clause in self._quotable
        return not (quoted and operator.against_condition) and not (manner.thorough and operator.leaves_out)

    def _manner(self) -> Manner:
        chance = self._stream.chance
        return Manner(quotes_limit=chance(0.9), quotes_conditions=chance(0.5), thorough=chance(0.4))

    def _planted(
        self, place: int, shown: _Shown, bug: Bug | None, model: Like | Aim, looking: bool = True
    ) -> _Found | None:
        """Put values near the limits of a reading into a patient's record; None where that gives no such case.

        With an aim the case is to be wrong, and where it is to look like another it is to be right. A place in the
        order of enrolment is not planted: where the case needs another one it is `looking` for the patient who has it.
        """
        like, question, parameter = model if isinstance(model, Like) else None, shown.question, model.parameter
        protocol = self.trial.protocol.asked(question)
        reading = protocol if bug is None else bug.reading
        read = dict(self.subjects.rows[place])
        if not self._enrols(read, question, bug, model) or not self._set_conditions(read, question, bug, model):
            return None
        true = dict(read)
        quantity = LIMITS[parameter].quantity
        if bug is not None and bug.field in THRESHOLDS and bug.field != quantity:
            of_record = round(true[bug.field] - misread_by(bug, bug.field, read), 2)
            if not set_quantity(true, bug.field, of_record):
                return None
        limit = reading.limit(parameter, read)
        if like is None:
            value = self._value(shown, bug, limit, protocol.limit(parameter, true), read, parameter)
        else:
            at_limit = bug is not None and bug.second is not None
            value = limit if at_limit else _as_far(limit, like.argument, protocol.check(parameter))
        if value is None:
            return None
        if quantity == EARLIER_AT_SITE and (earlier := value - misread_by(bug, quantity, read)) != read[quantity]:
            there = self.subjects.enrolled_as(shown.question, earlier) if looking else None
            return None if there is None else self._planted(there, shown, bug, model, looking=False)
        if not set_quantity(read, quantity, value):
            return None
        if not set_quantity(true, quantity, round(value - misread_by(bug, quantity, read), 2)):
            return None
        if true["death_date"] < true["treatment_start"]:
            return None
        is_right = _keeps_to(protocol, true) == (shown.verdict == COMPLIANT)
        if is_right == (like is None):
            return None
        check = protocol.check(parameter)
        if like is None and shown.error_type not in (CITATION, protocol.error_type(check, true, reading, read)):
            return None
        argument = argue(self.trial, question, reading, read, parameter, shown.manner)
        if (argument.verdict, argument.parameter) != (shown.verdict, parameter):
            return None
        if like is not None and (argument.shape != like.shape or not self._is_near(argument, like.argument.limit)):
            return None
        record = self._patients[place]
        if not all(can_have(name, true[name] + true[discrepancy(name)]) for name in record.discrepancies):
            return None
        if quantity == EARLIER_AT_SITE and enrolled_earlier(record, self._patients) != true[quantity]:
            return None  # others have been moved since
        return _Found(place, bug, argument, true)

    def _enrols(self, row: dict[str, float], question: str, bug: Bug | None, model: Like | Aim) -> bool:
        """Draw the day of enrolment; False where the case cannot be what it is to be."""
        if isinstance(model, Aim):
            return self.subjects.enrol(row, question, bug, lambda drawn: self.subjects.can_matter(model.bug, drawn))
        if bug is None:
            return self.subjects.enrol(row, question, None, model.fits)
        if self._is_misplaced(bug):
            return self.subjects.enrol(row, question, bug, partial(self.subjects.can_matter, bug))
        since = None if bug.clause in self.trial.listed else self.subjects.since[bug.clause]
        of = None if since is None else bug
        return self.subjects.enrol(row, question, of, lambda drawn: since is None or since.holds(drawn))

    def _is_misplaced(self, bug: Bug) -> bool:
        """True if a bug shows only for a patient on one side of an amendment."""
        return bug.operator in ("premature", "superseded", "unapproved")

    def _is_near(self, argument: Argument, limit: float) -> bool:
        """True if a limit is about that of an argument: else their numbers would tell which is too lax."""
        return round(abs(argument.limit - limit), 2) <= PARAMETERS[argument.parameter].sizes.roughly

    def _set_conditions(self, row: dict[str, float], question: str, bug: Bug | None, model: Like | Aim) -> bool:
        """Draw the values that conditions ask about, so that those are met that are aimed at, or said to be met."""
        reading = self.trial.protocol if bug is None else bug.reading
        like = model if isinstance(model, Like) else None
        steps = {step.number: step for step in like.argument.steps} if like is not None else {}
        of_limit = self._cascades.parameter_of
        for number, true in self._conditions(question, model.parameter):
            read, own = reading.conditions.get(number), bug is not None and bug.clause == number
            if isinstance(model, Aim):
                wanted = model.wants(self._cascades.hops[number]) if of_limit[number] == model.parameter else None
            elif like is not None:
                step = steps.get(number)
                if step is not None and step.said is not None:
                    assert step.condition is not None
                    apart = step.said - step.condition.value
                    if read is None or not set_quantity(row, true.field, round(read.value + apart, 2)):
                        return False
                    continue
                if like.of_source == number and set_quantity(row, true.field, like.read[true.field]):
                    continue
                said = step is not None and step.part == MET
                below = self.trial.protocol.clause(number).acts_on
                is_reached = not below or (below in steps and steps[below].part == MET)
                # What the Actor changes is met where the note says that it is not, or the note would not show it.
                wanted = said if read == true and is_reached else not said if own and read != true else None
                wanted = wanted if of_limit[number] == model.parameter else None
            turned = self._cascades.turned(bug) if bug is not None and own else None
            if bug is not None and turned is not None and turned[1].op == true.op:
                self._between(row, *turned, misread_by(bug, true.field, row))
            else:
                self._near_threshold(row, true, wanted)
        return True

    def _between(self, row: dict[str, float], true: Condition, read: Condition, by: float) -> None:
        """Draw a value that meets one of two conditions on a field; the Actor takes it for so much more than it is."""
        _, unit = THRESHOLDS[true.field].near
        low, high = sorted((true.value + by, read.value))
        for _ in range(4):
            value = round(low + self._stream.integer(0, round((high - low) / unit)) * unit, 2)
            record = {true.field: round(value - by, 2)}
            if set_quantity(row, true.field, value) and true.holds(record) != read.holds(row):
                return

    def _near_threshold(self, row: dict[str, float], condition: Condition, wanted: bool | None) -> None:
        """Draw a value near the threshold of a condition, mostly, on the side that is wanted, or on either."""
        if wanted not in (None, condition.holds(row)) or self._stream.chance(AT_A_THRESHOLD):
            near_threshold(self._stream, row, condition, wanted)

    def _value(
        self, shown: _Shown, bug: Bug | None, limit: float, counts: float, read: Facts, parameter: str
    ) -> float | None:
        """The value that the question of a wrong case is about, as the Actor reads it.

        It is drawn between the limit that the Actor sees and the one that counts; None where there is nothing between.
        """
        unit = PARAMETERS[parameter].sizes.step
        check = self.trial.protocol.check(parameter)
        if bug is not None and bug.operator == "boundary":
            return limit
        counts = round(counts + misread_by(bug, check.quantity, read), 2)
        # As the Actor reads it, the value keeps to one of the two limits and not to the other.
        wider = limit > counts if check.upper else limit < counts
        if limit == counts or wider != (shown.verdict == COMPLIANT):
            return None
        low, high = sorted((limit, counts))
        apart = round((high - low) / unit)
        first = check.upper != check.exclusive  # of the two ends, one keeps to both limits or to neither
        if check.quantity == EARLIER_AT_SITE:
            own = read[check.quantity] + misread_by(bug, check.quantity, read)
            if low + first <= own < high + first:
                return own
        return round(low + self._stream.integer(first, apart - 1 + first) * unit, 2)

    def _realised(self, found: _Found, error_type: str) -> Case:
        patient, row, question = self._patients[found.place], dict(found.row), found.argument.question
        protocol = self.trial.protocol.asked(question)
        surround(self._stream, self.trial, row, question, found.bug, is_broken=not _keeps_to(protocol, row))
        record = realise(self._stream, patient, row)
        self._patients[found.place] = record
        self.subjects.take(found.place)
        if found.argument.parameter == SITE_CAP:
            self.subjects.keep(record)
        judgement, bug = protocol.judge(record), found.bug
        if bug is not None and OPERATORS[bug.operator].of_limit:
            bug = replace(bug, clause=found.argument.clause)
        reading = protocol if bug is None else bug.reading
        return Case(Brief(error_type, found.argument.verdict, reading, bug, found.argument), found.place, judgement)


def _bugs_of(stream: Stream, trial: Trial, question: str) -> dict[str, list[Bug]]:
    """The bugs of a question by their operator."""
    by_operator: dict[str, list[Bug]] = {}
    for bug in bugs(stream, trial, question):
        by_operator.setdefault(bug.operator, []).append(bug)
    return by_operator


def _conditions(protocol: Protocol, question: str, parameter: str) -> list[tuple[str, Condition]]:
    """The conditions of a question on values that can be set, by the number of their clause.

    Those of the question's other limit come first, since both may ask about one field.
    """
    clauses = sorted(protocol.asked(question).clauses, key=lambda clause: clause.parameter == parameter)
    pairs = [(clause.number, condition) for clause in clauses for condition in clause.when]
    return [(number, condition) for number, condition in pairs if condition.field in THRESHOLDS]


def _with_the_same_reports(found: dict[Kind, _Found]) -> dict[Kind, _Found]:
    """The cases with two reports alike, where one Actor took the value of the laboratory that does not count.

    The others have taken the one that counts. So two reports on either side of a limit do not tell who is wrong.
    """
    for kind, case in list(found.items()):
        if case.bug is not None and OPERATORS[case.bug.operator].of_source:
            key = discrepancy(case.bug.field)
            for other in [name for name in found if name != kind]:
                found[other] = replace(found[other], row={**found[other].row, key: -case.row[key]})
    return found


def _as_far(limit: float, like: Argument, check: LimitCheck) -> float:
    """The value that is as far from a limit as that of another case from its own."""
    apart = like.said - like.limit
    if not apart and (like.verdict == COMPLIANT) == check.exclusive:  # at the limit, and only a mistake says so
        unit = PARAMETERS[like.parameter].sizes.step
        apart = unit if check.upper != check.exclusive else -unit
    return round(limit + apart, 2)


def _keeps_to(protocol: Protocol, row: Facts) -> bool:
    """True if a record is compliant, without a trace."""
    for check in protocol.limits:
        if not check.keeps(quantity_of(check.quantity, row), protocol.limit(check.parameter, row)):
            return False
    return True
