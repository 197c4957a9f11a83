"""The closed word lists by which reasons are read. None of the words is worth anything alone.

The first half says what a number is about and how it relates to the next: units, the nouns beside it, comparisons. The
second half says what an Actor can have done with a clause, and who is right: verbs, and nouns for the Actor.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _beginnings(text: str) -> re.Pattern[str]:
    """Any of these beginnings of words; with a point behind it a whole word, and "_" for a space."""
    by_letter: dict[str, list[str]] = {}  # so that a word is tried on those alone that begin as it does
    for part in text.split():
        rest = re.escape(part[1:].rstrip(".").replace("_", " ")) + (r"\b" if part.endswith(".") else "")
        by_letter.setdefault(re.escape(part[0]), []).append(rest)
    parts = [f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})")


def _all(words: str, meaning: str) -> dict[str, str]:
    return dict.fromkeys(words.split(), meaning)


AGE = "age"
DAYS = "days"
INDEX = "index"
RATE = "rate"
"""Percent and percentage points."""
DIFFERENCE = "difference"
"""Of a number without a unit after "by" or before "over": it may be a value, or how far a value is past one."""
COUNT = "count"
"""Of a fact that has no unit: it is stated without any topic."""
HAEMOGLOBIN = "haemoglobin"
CREATININE = "creatinine"
LDH = "ldh"
ECOG = "ecog"
BMI = "bmi"
CYCLES = "cycles"
DOSE = "dose"
PRESSURE = "pressure"

UNITS: Mapping[str, str] = {
    **_all("year years yr yrs y yo", AGE),
    **_all("day days d", DAYS),
    **_all("% percent percentage pct pp point points ppt", RATE),
    **_all("g", HAEMOGLOBIN),
    **_all("mg", CREATININE),
    **_all("u iu", LDH),
    **_all("kg", BMI),
    **_all("cycle cycles", CYCLES),
    **_all("mmhg", PRESSURE),
}
PER_VOLUME = (HAEMOGLOBIN, CREATININE, LDH, BMI)
"""Topics whose unit goes on: g/dL. Milligrams per m2 are of a dose."""
BEFORE_UNITS = _words("calendar full elapsed whole completed consecutive per")
WEEKS = _words("week weeks")
NOUNS: Mapping[str, str] = {
    **_all("age aged ages", AGE),
    **_all("delay window windows day days", DAYS),
    **_all("index comorbidity charlson cci", INDEX),
    **_all("haemoglobin hemoglobin hb hgb", HAEMOGLOBIN),
    **_all("creatinine", CREATININE),
    **_all("ldh", LDH),
    **_all("ecog", ECOG),
    **_all("bmi", BMI),
    **_all("cycle cycles", CYCLES),
    **_all("dose", DOSE),
    **_all("mortality gap", RATE),
}
NOUN_TO_NUMBER = _words(
    "of is was are at the a an to equals equal just about reads being score value level status performance ps count "
    "stands stood comes came recorded listed noted entered measured given put as limit "
    "limits maximum minimum max min upper lower bound threshold cutoff exceeds exceeding exceed above over below "
    "under than greater more less higher longer older younger : = ( > < >= <= - only , / years year"
)
"""What may stand between a noun and the number that it is about."""

SECTIONS = _words("section sections sec sect clause clauses article paragraph para rule")
AMENDMENTS = _words("amendment amendments amd amdt")
LISTS = _words(", and or & / - to through nor §") | SECTIONS
"""What stands between the members of a list of references."""
ROMAN: Mapping[str, int] = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
EVENTS: Mapping[str, str] = {
    **_all("consent consented", "consent_date"),
    **_all("enrolment enrollment enrolled enrolling", "enrolment_date"),
    **_all("treatment treated therapy dosing dose dosed", "treatment_start"),
    **_all("contact contacted", "last_contact"),
    **_all("death died dead deceased dies", "death_date"),
}
PEOPLE = _words("deaths death died patients events deceased dead")

BLANK = _words("blank missing empty absent null none unrecorded unknown unstated undocumented")
RECORDED = _words("recorded documented stated given entered available provided known filled there")
AGE_FIELD = _words(
    "field value entry form box is was has been at enrolment enrollment left in the record of for this patient : = ("
)
PAST = _words(
    "over above past beyond below under too more less high higher low lower late short older younger longer later "
    "earlier"
)
"""After a number: "7 over the limit" may be a 7, or a limit exceeded by 7."""
NOT_THE_AGE = _words(
    "limit limits check checks range criterion window rule bound bounds violation violations error problem issue "
    "deviation concern finding"
)
"""After "age": then it is not the patient's own."""

Relation = Callable[[Any, Any], bool]
NUMBER_RELATIONS: Mapping[tuple[str, ...], Relation] = {
    ("exceeded", "by"): operator.lt,
    ("in", "excess", "of"): operator.gt,
    **{(word, "than"): operator.gt for word in ("greater", "more", "higher", "larger", "longer", "older", "bigger")},
    **{(word, "than"): operator.lt for word in ("less", "fewer", "lower", "smaller", "shorter", "younger")},
    **{(word,): operator.gt for word in ("exceeds", "exceed", "exceeded", "exceeding", "above", "over", "past")},
    **{(word,): operator.gt for word in ("beyond", "surpasses", "surpassing", "overshoots", ">")},
    **{(word,): operator.lt for word in ("below", "under", "beneath", "<")},
    **{(word,): operator.le for word in ("within", "inside", "between", "outside", "<=", "=<")},
    (">=",): operator.ge,
}
DATE_RELATIONS: Mapping[tuple[str, ...], Relation] = {
    ("earlier", "than"): operator.lt,
    ("later", "than"): operator.gt,
    ("prior", "to"): operator.lt,
    ("ahead", "of"): operator.lt,
    **{(word,): operator.lt for word in ("before", "precedes", "preceding", "predates", "predating", "precede", "<")},
    **{(word,): operator.gt for word in ("after", "follows", "following", "postdates", ">")},
}
LINKS = _words(
    "is are was were being be been which that this it , ( ) : - = and but yet though or clearly well far still also "
    "therefore thus already just only so hence by days day years year old yr yrs yo of age delay delays index "
    "comorbidity charlson haemoglobin hemoglobin hb g mg dl / grade ecog performance status creatinine dose m2 "
    "score value points percentage percent % cmh from to after "
    "since enrolment enrollment treatment start starts started began begins dosing death died consent last contact on "
    "the a an patient patient's his her their lies comes came falls fell recorded dated occurred occurs happened took "
    "place date entered given"
)
"""What may stand between a value and the phrase that compares it."""
LIMITS = _words(
    "the a an its their his her protocol protocol's maximum max minimum min upper lower limit limits bound boundary "
    "age window threshold cutoff cut off of allowed permitted in force base extended extension extension's stage index "
    "value score day days year years set waiver waiver's override override's rule rule's required haemoglobin "
    "hemoglobin g mg dl / grade ecog performance status creatinine starting m2 "
    "( ) , : = - that which is was for this patient patient's applicable actual true real own amended "
    "equity mortality gap comorbidity on death died treatment start started starts began begin enrolment enrollment "
    "consent last contact dosing date recorded dated even and first dose allowable § both only eligibility range "
    "interval ["
)
"""What may stand between that phrase and the value that it compares with."""
NEGATIONS = _words("not")
NORMATIVE = NEGATIONS | _words("should must may can cannot only until had needs ought , whether no and if would")
"""Between two dates: how they compare is not said."""
AUXILIARIES = _words("does do did is was are were")

ATTRIBUTIONS = _words("shap shapley attribution attributions")
"""Words for what request_shap gives."""
APPROXIMATE = _words("about roughly around approximately nearly almost some ~ ca circa")
"""Before a number: it is not meant to be exact."""
SETS = _words("reads gives allows says sets is being stays remains caps tolerates permits requires needs asks : =")
"""Between a clause and a number: the clause says that number."""
SETTING = SETS | _words(
    "at for age count dose delay of least most up to a an the maximum minimum only now still bound ( days"
)
"""What may stand there beside it."""
LIMIT_NOUNS = _words("maximum max minimum min limit ceiling cap floor threshold cutoff bound limits")
BOUNDING = (("at", "most"), ("at", "least"), ("less", "than"), ("fewer", "than"), ("more", "than"))
"""Two words before a number: it is a limit."""
SIDES = (("above",), ("below",), ("over",), ("under",))
BOUNDS = LIMIT_NOUNS | _words("most least below above than under over only fewer more < <= >")
IS = _words('of is was at : = to now still the "')
ALLOWED = LIMIT_NOUNS | _words("allowed permitted tolerated permissible")
"""After a number: it is a limit."""
EARLIER_AT = re.compile(r"(?:earlier enrol\w+(?: \w+){0,4}|enrol\w+ count) (?:is|are|was|were|:|=)$")
"""Before a number: it is how many enrolled at the site before the patient."""
EARLIER_ONES = re.compile(
    r"(?:other |earlier )?(?:patients?|people|enrol\w+|others?)(?: (?!and )[a-z'-]+){0,8}? (?:before|earlier|ahead"
    r"|already)\b|(?:earlier|before|already|came before|earlier enrol\w+)\b"
)
"""After a number: the same."""
PERSONS = _words("patient man woman he she lady person gentleman participant")
AGE_ENDS = _words(". , ; : ) ( and at but when so or while which years old")
"""After an age that has no unit."""
LATER = _words(
    "amended unamended lowered raised reduced cut instead own was superseded old not no later only after begins "
    "begin began starts started from came comes until before yet once had would if since never"
)
"""In a sentence with one of these an amendment may be named that is not in force."""
ELSEWHERE = _words("now amended unamended lowered raised reduced superseded old until before once would if without")
"""In a sentence with one of these a limit may be given that does not count for this record."""
DATED = _words(
    "on of the date dated is was at in : ( = for recorded occurred given signed came began started start took place as "
    "falls fell stands"
)
"""What may stand between an event and its date."""
DENIALS = _words("never nobody not without if whether claims claimed no nowhere")
"""Before two dates: how they compare is not said to be so."""
ENROLMENT = _words("enrolment enrollment enrolling")
STARTED = _words("treatment treated start started starts began begin dosed dosing dose therapy delay")
"""Before "N days after enrolment": it is the delay."""
LINKING = _words(": , is are does do which that - ( )")
"""Between a reference and "not in the protocol"."""
OUTERMOST = _words("youngest oldest admissible eligible amendment")
"""Before an age: it is no patient's."""

BREAKS = _words(
    ". ; : ! ? ( ) but while although though because since so whereas yet which where when who whose that however "
    "hence therefore thus unless if as than"
)
"""What ends the part of a sentence that a verb reaches."""
IGNORING = _words(
    "ignored ignores ignoring ignore overlooked overlooks overlooking overlook missed skipped skips skipping "
    "neglected neglects disregarded disregards disregarding forgot omitted omits bypassed unread unchecked "
    "unconsulted untested unmentioned forgets forgetting forgotten dropped drops dropping omit omitting unapplied"
)
IGNORED: Mapping[str, str] = {
    **_all("left leaves leaving leave", "out"),
    **_all("says said", "nothing"),
    **_all("makes made", "no"),
    **_all("passed passes passing", "over"),
    **_all("lost loses", "sight"),
}
"""Verbs that say the same with this word behind them: "left out", "says nothing of", "makes no mention of"."""
READING = _words(
    "read reads reading consulted consult checked check considered consider looked look mentioned mention tested "
    "test reached examined examine noticed notice opened weighed"
)
"""Verbs that, denied, say that a clause was left out."""
ARTICLES = _words("the a an its no any this that")
"""Before a word that can be a verb: it is none."""
ONWARDS = _words("past beyond further on")
DROPPING = _words("dropped drops dropping")
"""Of those: whoever drops a clause may have read it."""
BEFORE_GERUNDS = _words("and by of for in through when from")
"""Before a verb: what stands before these is not its object."""
VERB_NOUNS = _words("look test check notice mention reading")
"""Verbs that can be nouns: they are verbs right behind one of these."""
BEFORE_VERBS = _words("without not never to did does cannot")
PAST_DENIALS = _words("did never failed")
"""Before "apply": it is the Actor who did not, and no clause that does not."""
DUE = _words("window deadline limit days date")
"""Before "missed": it is no clause that was."""
PASSIVE = _words("was were is been be being got")
"""Before a verb: what it is said of stands before it."""
WITHOUT = _words("without not instead rather")
"""Behind a verb: what follows is not its object."""
MISREADING = _words("misread misreads misreading misquoted misquotes misapplied misapplies misinterpreted misstated")
INVENTING = _words("invented invents inventing fabricated fabricates fabricating")
REFERENCES = _words("amendment amendments clause section provision reference citation rule exception override waiver")
"""What can be invented, without a number."""
APPLYING = _words(
    "applied applies apply applying used uses using invoked invokes granted enforced followed follows relied relies "
    "leans leaned leant leaning rests rested cites cited"
)
WHOM = _words("this the that him her them p")
"""Behind "does not apply to": it is said of the record."""
APPLIES_TO = _words("only to where when if for from unless until once at above below in since")
"""After "applies": it is said to whom, not whether it does."""
VERB_DENIALS = _words("not never no without failed fails neglected cannot nobody nowhere nor neither")
OWED = _words("should must ought needs")
ACTORS = _words("actor reviewer you they note author assessor")
"""Before "applies": it is said of the Actor, and not of a clause."""
SUPPOSED = _words("had would could might if says said claims claimed argues argued")
"""A part of a sentence with one of these says what somebody holds, or what would be."""

ACTOR = (
    r"(?:actor|note|reviewer|approval|determination|decision|verdict|conclusion|proposal|author|assessor|reading|"
    r"it|them)"
)
_NOT = r"(?:\bnot|\bnever|\bcannot|\bhardly|\bno)"
AGREEING = re.compile(
    rf"\b(?:(?:agree|concur|concurring|agreeing|side|endorse) with (?:the |this |their |its |that )?{ACTOR}\b"
    r"|(?:i|we) (?:(?!not|cannot|never|do not|would|could)[\w']+ ){0,2}(?:agree|concur)\b(?! that| it| to| all| the)"
    r"|(?:nothing|anything) (?:is |was |that is )?wrong\b(?! with (?:an? |the |this |his |her |that |its )(?!actor|note"
    r"|determination|approval|verdict|reading|conclusion))|no (?:error|fault|mistake)\b(?! type)"
    rf"|{ACTOR} (?:is|was|are|were|stands|seems|looks)(?: \w+)? (?:right|correct|justified|sound|fine)\b"
    r"(?! that| about| to| in| on)|(?:rightly|correctly|properly) (?:approved|cleared|continued|passed|withheld"
    r"|accepted|held)\b|(?:should|can|may) be approved\b|rightly (?:finds?|found|concludes?|says?|so)\b"
    r"|without effect\b|(?:i|we) (?:support|uphold|back) (?:the|this|its) (?:approval|determination|decision|verdict"
    r"|hold|clearance)\b|(?:hold|approval|clearance) (?:is|was) (?!not )(?:\w+ )?(?:right|correct|justified|sound)\b)"
)
"""What says that the Actor is right; where a denial stands before it, it is not said."""
DENIED = re.compile(rf"{_NOT}(?: \w+){{0,4}} $")
CONCEDED = re.compile(r"\b(?:although|though|while|whereas|as)(?: §?\w+(?:\.\d+)?){0,4} $")
"""Before what would say that the Actor is right: it is right in that, and wrong in what follows."""
_OBJECT = r"(?: (?:the|its|his|her|their|this|that|what))?(?: [\w.-]+)?(?: (?:limit|window|deadline|bound|range|{}))\b"
ABOVE = re.compile(
    r"\b(?:too (?:old|late)|overdue|(?:above|over|past|beyond|exceed(?:s|ed|ing)?|(?:older|later|longer) than|missed)"
    + _OBJECT.format("maximum|ceiling|cap")
    + ")"
)
"""What says that a value is above the limit of the rule."""
BELOW = re.compile(
    r"\b(?:too young|(?:below|under|short of|(?:younger|less|shorter) than)" + _OBJECT.format("minimum|floor") + ")"
)
"""What says that it is below."""
LATE = re.compile(
    r"\b(?:ineligible(?! for)|non-?compliant|(?:is|was|remains|makes it|makes this) (?:\w+ )?(?:deviation|breach"
    r"|violation)"
    r"|outside" + _OBJECT.format("limits") + r"|(?:breaks|breached|breaches|violates|violated|fails) (?:the |its )?"
    r"(?:rule|limit|requirement|window|protocol|§))"
)
"""What says that a record deviates."""
KEPT = re.compile(
    r"\b(?:record|patient|start|treatment|enrolment|age|delay|contact|he|she|it|p\d+) (?:is|was|remains|came|started"
    r"|began)(?: \w+){0,2} (?:compliant|eligible|in time|on time|timely)\b|\b(?:is|was|came) (?:in|on) time\b"
    r"|\b(?:within|inside)" + _OBJECT.format("limits") + r"|\b(?:keeps to|kept to|meets|satisfies|complies with) "
    r"(?:the |its |this )?(?:\w+ )?(?:rule|limit|requirement|window|protocol|§)"
)
"""What says that it is compliant."""
_END = r"(?:limit|rule|bound|boundary|maximum|minimum|requirement|which|it|endpoint) (?:is|was)(?! not)(?: \w+)?"
_AT_IT = r"(?:itself|equality|exactly \S+) (?:is|was)"
_TAKEN = (
    r"(?:took|tak\w+|treat\w*|read\w*|judged|held|call\w*|counted|flagged|mis\w+|regard\w*|considered|deemed|saw"
    r"|interpret\w*) (?:\S*[^ .;] ){0,16}?(?:as|for|to be)(?: an?)?(?: \w+){0,2}"
)
INCLUSIVE = re.compile(
    rf"\b(?:{_END} inclusive|{_AT_IT}(?: \w+)? (?<!not )(?:allowed|permitted|fine|ok|included|compliant|acceptable)"
    rf"|{_TAKEN} (?:exclusive|strict|breach|violation|deviation|excluding)|too strict|stricter)\b"
)
"""What says that a limit is inclusive, or that the Actor took it for exclusive."""
EXCLUSIVE = re.compile(
    rf"\b(?:{_END} (?:exclusive|strict)|{_AT_IT} (?:not (?:allowed|permitted|enough)|(?:an? )?(?:excluded|breach))"
    rf"|{_TAKEN} (?:inclusive|complian\w+|keep\w+|acceptable|allowed|including|permitted|within)|too (?:lax|lenient))\b"
)
"""What says the reverse."""
ASKS = re.compile(
    r"\b(?:asks(?: for)?|wants|requires|demands|allows|reads|sets|specifies|says|(?:must|has to|needs to|should) be"
    r"|(?:limit|cap|rule|maximum|minimum|requirement)(?: of \S+)?(?: \([^)]*\))? (?:is|of))"
    r" (?P<end>at most|at least|less than|fewer than|more than) (?:grade )?(?P<limit>\d+(?:\.\d+)?)(?!\.?\d)"
)
"""A limit with whether it is inclusive."""
PIECES = re.compile(r"[.;!?]+(?: |$)|,? (?:since|because|so|but|while|although|though|whereas) ")
"""What parts a text into pieces that each say something."""
HEDGES = re.compile(
    rf"{_NOT}|\b(?:actor|note|reviewer|determination|withheld|hold|says?|said|claims?|claimed|argues?|calls?|called"
    rf"|held|"
    r"treat(?:s|ed)|deem(?:s|ed)|judg(?:ed|es)|consider(?:s|ed)|if|would|had|only|wrongly|no|even|could|might|otherwise"
    r"|under|whether|as)\b"
)
"""In a sentence with one of these, what it says of the record may be somebody else's word, or conditional."""

VAGUE = re.compile(
    r"\b(?:actor|note|reviewer|author|determination|approval|verdict|decision|conclusion|proposal"
    r"|hold)(?:'s (?!\d)\w+)? (?:(?:is|was|are|has|had|clearly|plainly|simply|itself) )*(?:wrong|mistaken|incorrect"
    r"|in error|an? (?:mistake|error)|invalid|erred|errs|violat|breaks?|broke|breach|contradict|approv|continu|should"
    r"|must|(?:did|does) not (?:follow|comply)|(?:made|makes|got) (?:an?|it|this))"
)
"""That the Actor is wrong, and nothing of what it did."""
OF_ALL = re.compile(r"\bnot (?:follow|obey|observe|respect|keep to|comply with|adhere to) the (?:protocol|rules?)\b")
"""What somebody neglects who neglects no clause: the protocol."""
ACTOR_NAMED = re.compile(
    r"\b(?:actor(?!:)|reviewer(?!:)|you|your|you're|you've)\b"
    r"|\b(?:author|assessor|determination|rationale|desk|writer|argument|letter|proposal|proposer)(?: \w|'s)"
    r"|\b(?:the|this|that|its|their|a|actor's) (?:\w+ )?note\b|\bnote:? (?=\(|\d|has|had|says)"
)
"""Who else did what is said. A heading names nobody: "Note: ...", "Proposal: ...", "please note"."""
DEEDS = _beginnings(
    "ignor overlook miss applied. used. uses. using. rel cit quot took. take. takes. taken. read. reads. say. says. "
    "said. never_ without. went. goes. held. count measur treat_ treated_ treats_ accept judg clear refus based. "
    "rest argu put. has. had."
)
"""What can say that somebody did something, where nobody is named: "Override overlooked"."""
ABSENT = re.compile(
    r"\b(?:absent|absence|missing|nowhere|non-?exist\w*|inexist\w*|unlisted|unprinted|unfounded|unknown|invent\w*"
    r"|fabricat\w*|fictitious|fiction\w*|fake\w*|bogus|spurious|phantom|ghost|imagin\w*|hallucinat\w*|conjur\w*"
    r"|made[ -]up|makes? (?:it )?up|out of thin air|pure invention|dangling|lacks?|lacking|dream\w*|cooked|fantas\w*"
    r"|nothing (?:else|like|by|called|under|in|of|there|with)|figment|concoct\w*|(?:stops?|fall\w*) short|goes up to"
    r"|just one|(?:only|just) (?:amendments?|contains?|lists?|has|goes|runs)|consists?|comprises"
    r"|ends? (?:with|at)|stops? (?:with|at)|given as|neither (?:is|are|exists?)|(?:is|are) none|of no section"
    r"|no|never|cannot|(?:do|does|could) not|fail(?:s|ed)|unable to"
    r"|(?:not|without)(?: \w+){0,4}? (?:in|on|there|real|found|find|list\w*|among|part|one of|issued|adopted|known"
    r"|printed|writ\w*|included|carried|section|clause|provision|amendment|heading|number|form))\b"
)
"""What can say that a reference is not there."""
WHY = _words("why how what where who which since")
"""What a question begins with that asks nothing of what is in it."""
ASKING = _words("did does do is was were are has have had can could would should may might will any anyone")
"""What a question begins with that asks whether something is so."""
WHO = _words("actor note reviewer it that this they he she which determination")
"""Before "may have": what they did is left open."""
SUBJECTS = WHO | ACTORS | _words("i we")
UNSURE = _words("might maybe perhaps possibly")
"""In a sentence with one of these nothing is said firmly."""
ACTS = IGNORING | IGNORED.keys() | READING | MISREADING | INVENTING | APPLYING

NOT_SO = re.compile(rf"(?:{_NOT})(?: \w+)? $")
"""Before a deed: it is denied."""
_BEFORE = r"(?:before|until|prior to|ahead of)"
_CONDITION = r"condition|criterion|requirement"
SIGNS: Mapping[str, re.Pattern[str]] = {
    "premature": re.compile(
        rf"\b(?:{_BEFORE} (?:it|this|that|the amendment|amendment \d+|its|the)(?: \w+)? "
        r"(?:was|is|came|took|takes|had|comes|became|in|date|day|entry|start)|(?:not|never|had not"
        r"|hadn't) (?:\w+ ){0,2}(?:in force|into force|in effect|into effect|taken effect|effective|begun|apply yet)"
        r"|not yet|yet to (?:take|come|begin)|ahead of its|(?:us|appl|invok|rel|lean)\w* (?:\S+ ){0,4}too (?:early"
        r"|soon)|prematur\w*|backdat\w*|antedat\w*|retroactiv\w*|retrospectiv\w*"
        r"|came (?:only )?(?:later|after(?! amendment| that| it))"
        r"|only (?:came|took|applies from|in force)|enrolled (?:\w+ ){0,4}(?:before|earlier|too early|prior))\b"
    ),
    "superseded": re.compile(
        r"\b(?:(?:read|was|stood|were|had) (?:before|until|prior to) amendment \d+|as it (?:read|was|stood) (?:before"
        r"|until|prior)|pre-amendment|unamended|as if (?:never|not) amended|(?:outdated|superseded|obsolete|out of date"
        r"|stale) (?:\S+ )?(?:limit|text|version|wording|figure|value|rule)|(?:judg|went|go|goes|us|rel|h[eo]ld|appl"
        r"|work|kept|keeps|took|takes|stuck|stay|cit|quot|read)\w*(?: \S+){0,7}? (?:supersed\w*|outdated|out of date"
        r"|obsolete|stale|(?:old|older|original|earlier|former|previous) (?:\S+ )?(?:limit|text|version|wording|figure"
        r"|value|rule|number)))\b"
    ),
    "inverted": re.compile(
        r"\b(?:wrong way|revers(?:e|ed|es|ing)|on its head|invert\w*|backwards?|upside down|other way|turned round"
        r"|turned around|flipp?(?:ed|s|ing)|mix\w* up the (?:direction|condition)|wrong direction|opposite"
        r"|back to front|swapped (?:above|below|at))\b"
    ),
    "unconditional": re.compile(
        rf"\b(?:without (?:\w+ ){{0,2}}(?:{_CONDITION})|unconditional\w*|regardless of|(?:not"
        rf"|never) check(?:ed)? whether"
        rf"|irrespective|no matter|(?:{_CONDITION}) (?:\S+ ){{0,4}}?(?:ignored|skipped|dropped|overlooked|"
        r"disregarded|forgotten|untested|unchecked|waived|left out|passed over|never (?:checked|tested|read|asked"
        r"|applied)|not (?:checked|tested|read|asked|looked at))|(?:ignor|skip|drop|overlook|disregard|forg[oe]t|waiv"
        r"|bypass|neglect|omit|left out|leav|never (?:check|test)|not (?:check|test))\w*(?: out)? (?:the |its |their "
        r"|that |a |any |(?:\S+ ){0,6}?'s )?"
        rf"(?:\w+ )?(?:{_CONDITION})"
        r"|(?:to|for) (?:everybody|everyone|(?:all|every|any) patients?|anybody|all comers)(?! enrolled| who)"
        r"|as if (?:it|\S+) (?:was|were|had|has) (?:no condition|unconditional|no condition))\b"
    ),
    "misdefined": re.compile(r"\b(?:wrong|other) (?:\S+ )?definition|misdefin\w*"),
    "boundary": re.compile(
        r"\b(?:(?:exactly|just|right|sits|lies|is|was|being) (?:at|on) the (?:limit|boundary|bound|line|edge)|(?:value"
        r"|age|patient|start|delay|day) (?:\S+ ){0,3}?at the (?:limit|boundary|bound)|equal(?:s|ling"
        r"|ity)?(?: to)? (?:the|its|\d)|inclusive\w*|strict(?:ly)? (?:less|greater|more|below|above|inequality|limit"
        r"|bound)|as (?:a )?strict(?:ly)?|reach\w* (?:the )?limit(?: \S+){0,4} (?:as|for) (?:breach|past|over)|(?:limit"
        r"|boundary) itself|(?:exclud|reject|refus)\w* the (?:boundary|limit)|exactly the limit|(?:limit|value"
        r"|boundary) (?:value )?itself (?:is|was)|as exclusive)\b"
    ),
    "wrong_anchor": re.compile(
        r"\b(?:(?:count|measur|reckon|calculat|comput|start|ran|run|took|tim|date|clock|anchor|began"
        r"|begin)\w*(?: \S+){0,7}? (?:from|at|since|on|with|by) (?:the )?(?:(?:day|date|time"
        r"|signing) of )?(?:informed )?consent(?:ed)?(?! (?:\w+ )?(?:to|until) (?:\w+ )?enrol)"
        r"|from consent,? (?:and )?(?:not|instead|rather)|consent (?:date |day )?(?:instead|rather|in place)"
        r"|consent (?:\S+ )?(?:as|for) (?:the |its )?(?:start\w*|beginning|anchor|origin|reference|day zero|day 0)"
        r"|wrong (?:anchor|(?:starting|start|reference) (?:date|point|day)))\b"
    ),
}
"""What says that the Actor did what an operator does, beside using a clause or not."""
MISQUOTING = re.compile(
    r"\b(?:mis(?:quot|read|stat|report|transcrib|record|cop)\w*|t(?:ook|akes|aken) (?:\S+ ){0,12}?for (?=\d)|(?:took"
    r"|takes|taken|had|has|put|puts|read|reads|quot\w+|giv\w+|gave|cit\w+|stat(?:ed?|es|ing)|cop\w+"
    r"|record\w+) (?:(?!and |so |but )\S+ ){0,9}?(?:wrong(?:ly)?(?! way| direction| side| date| day)|incorrectly)"
    r"|(?:wrong|incorrect|erroneous)(?:ly)? (?:read|quot\w+|stat\w+|copied|(?:\w+ )?(?:limit|threshold|value|age"
    r"|figure|number))|g[eo]ts? (?:\S+ ){0,6}wrong|reading of (?:the )?\S+ is (?:false|wrong|incorrect))\b"
)
"""What says that the Actor has a number wrong. MISQUOTED says which."""
WRONG_LABORATORY = re.compile(
    r"\bwrong (?:\w+ )?lab(?:orator(?:y|ies))?(?:'s)?\b"
    r"|\bsource of \w+ (?:is|was) (?:mistaken|wrong|incorrect|confused)\b"
    r"|\blab(?:oratory)? that does not (?:count|prevail|govern|decide)\b"
)
_OF_RECORD = (
    r"(?:what|it is|is|was|(?:the |that )?(?:one )?(?:record|recorded|documented|true|actual|real|chart|file|protocol)"
    r"|in the|written|stated)"
)
_TAKEN_OFF = (
    r"(?:t(?:ook|akes?|aken)|us(?:ed|es)|work\w*|read|reads|puts?|quot\w+|cop\w+|judg\w+|count\w*|assum\w+|stated"
    r"|entered|given|states|set)"
)
OFF: Mapping[int, re.Pattern[str]] = {
    -1: re.compile(
        rf"\b(?:{_TAKEN_OFF} (?:\S+ ){{0,8}}?too (?:low|small|few|short|young)|under(?:stat|estimat|count)\w+"
        rf"|(?:lower|smaller|fewer|less|shorter|younger) (?:[\w-]+ )?than {_OF_RECORD})\b"
    ),
    1: re.compile(
        rf"\b(?:{_TAKEN_OFF} (?:\S+ ){{0,8}}?too (?:high|large|many|long|old)|over(?:stat|estimat|count)\w+"
        rf"|(?:higher|larger|more|greater|longer|older) (?:[\w-]+ )?than {_OF_RECORD})\b"
    ),
}
"""What says that a number of the Actor's is below that of the record, or above it."""
WANTS = _words("wants needs requires asks demands for allows permits tolerates")
"""Before a bound: the number behind it is that of a clause."""
RULING = _words("acceptable allowed permitted required needed tolerated")
"""Behind a number: it is a limit, and not what a value is compared with."""
STATUS = re.compile(
    r"\b(?:not|never|no|cannot|out|aside|inapplicable|void|off|falls? away|drops? out|cancel\w*|lift\w*|restor\w*"
    r"|reviv\w*|triggered|appl(?:y|ies)|governs?|stands?|stays?|remains?|holds?)\b"
)
"""What says whether a clause counts."""
MISQUOTED: Mapping[str, re.Pattern[str]] = {
    "limit": re.compile(r"\b(?:limits?|maximum|minimum|bound|ceiling|floor|cap)\b(?! age| follow)"),
    "threshold": re.compile(r"\b(?:threshold|cut ?- ?off|cutoff|bar)\b"),
    "": re.compile(r"\b(?:direction|inequality|comparison|condition|definition)\b"),
    "value": re.compile(
        r"\b(?:record(?:ed)?|chart|value|age(?! limit| max| min| exc)|time from|dates?|index|ldh|bmi|ecog"
        r"|performance status|ha?emoglobin|hb|creatinine|cycles|dose|delay|lead|gap|contact|interval)\b"
        r"(?! (?:[\w-]+ ){0,3}?(?:exception|exclusion|override|waiver|limit|rule|maximum|minimum|age|threshold))"
    ),
}
POOLED = _beginnings(
    "pooled pooling simpson crude unadjusted overall aggregat whole_cohort stratif raw unstratified without_adjust "
    "by_stage without_stage as_a_whole"
)
"""What can say that stage was left out of account."""
RAW = _beginnings("pooled pooling simpson unadjusted overall aggregat raw unstratified")
"""What says so of a gap in words that neither the cohort tool nor a protocol has for it."""
QUOTED = _beginnings(
    "quot claim stated states said says note report cited cites given gave alleged instead_of rather_than "
    "not_support unsupported not_borne believ taken_to"
)
"""Beside a figure: it is somebody's."""
INSTEAD_OF = (("instead", "of"), ("rather", "than"), ("in", "place"))
AGAINST = _words("vs versus against")
"""Behind a number that is held against a limit."""
RULED = _words("deviation violation breach acceptable compliant fine allowed")
"""Behind "is", "is a": what stands before is a value."""
SOURCES: Mapping[str, str] = {
    **_all("record chart source file", "record"),
    **_all("actor note reviewer assessor author determination", "actor"),
}
SAYING = _words(
    "read says said has had shows showed gives gave quotes quoted puts put reads takes took used uses states stated "
    "records claims claimed lists writes wrote cites cited misread misreads misquoted misquotes mistook works worked "
    "rests rested"
)
TOWARDS = _words(
    "is was of at to the a an : = comes came only just exactly here has had shows gives with now reads ( - enrolment "
    "age got received given recorded , for this patient years stands being allowed counts that"
)
"""What may stand between what a number is of and the number."""
OPEN = re.compile(r"\b(?:where|when|if|whether|that|requires?|says|actor|reviewer|you|only)\b")
"""Before "is present": it is not said that it is so."""
PARTS = _words(
    "condition conditions criterion criteria requirement threshold date boundary bar cutoff wording effective"
)
"""A part of a clause. What is done to it is not done to the clause."""
NEGLECT = _beginnings(
    "never no not. nothing nowhere without ignor overlook miss skip neglect disregard forg omit drop unread left_out "
    "fail lack should_have as_if as_though regardless unaware blind aside"
)
"""In a sentence on the Actor and a clause that it left out: it says so."""
ACTING = re.compile(
    rf"{ACTOR_NAMED.pattern}|\b(?:the (?:note|determination|reasoning|argument)|account was|taken into|consider\w*|"
    r"mention\w*|check\w*|ignor\w*|overlook\w*|miss(?:ed|es|ing)|skip\w*|neglect\w*|disregard\w*|forg[eo]t\w*)\b"
)
"""In such a sentence: it is the Actor who did not."""
SOMEBODY = re.compile(
    rf"{ACTOR_NAMED.pattern}|^ (?:it|they|he|she|whoever|somebody|someone) (?!is |was |are |were |has |had |applies "
    r"|means |follows |exceeds |falls |fails |breaks |violates |sets |gives |allows )|\b(?:whoever|somebody|someone"
    r"|nobody|no one|they|colleague|model|agent|analyst|monitor|drafter|submission|recommendation|assessment|analysis"
    r"|reasoning|reasoner|memo)\b|\b(?:overlook\w*|ignor\w*|skip\w*|neglect\w*|disregard\w*|omi(?:t|ss)\w*|forg[eo]t\w*"
    r"|oversight|bypass\w*|unaware|blind to|lost sight|failure to|fail(?:ed|s|ing) to|as if|as though|should have"
    r"|ought to have|expected)\b"
)
"""Somebody did something, or failed to."""
AS_OPPOSED = re.compile(
    r" (?:actual\w*|really|real|no|nowhere|in fact|in truth|truly|true|not|but|instead|rather|should|correct\w*|versus"
    r"|vs|against|whereas|while|where|when|yet|though|although|however|became|becomes|turned|into|for|misread|wrong\w*"
    r"|used|using|claimed|assum\w*|(?:record|chart|file)(?:'s)? (?:says|has|shows|gives|reads|is)) "
)
"""Between two numbers: the one is said to be so, and the other to have been taken for it."""
MISTAKEN = re.compile(
    r"\b(?:wrong\w*|mis(?!s)\w+|incorrect\w*|erroneous\w*|error|mistak\w*|mix\w*|confus\w*|swap\w*|instead of"
    r"|in place of|based on|rather than|taken (?:as|for|to)|takes|taking|took|assum\w*|suppos\w*|believ\w*|thought"
    r"|actually|really|in fact|in truth|became|becomes?|become|turned|discrepan\w*|mismatch\w*|differs|different"
    r"|reproduc\w*|out[ -]of[ -]date|outdated|obsolete|stale|slip|unwarrant\w*|unjustif\w*|correct (?:\w+ ){0,5}(?:is"
    r"|was)|derived|comes? from|problem|should be|not (?=\d)|not (?:what|the (?:number|figure|value|limit|one))|quot\w*"
    r"|typo|(?<!been )used|using|not as|given as)\b|\bactor:"
)
"""One of two numbers is somebody's, and wrong."""
_BY_STAGE = (
    r"(?:adjust\w*|control\w* for|confound\w*|stage(?=-)|stratif\w*|(?:within|by|per|each|across|between) stages?"
    r"|case[ -]mix|stage[ -]mix)"
)
_OMITTED = (
    r"(?:not|never|no|without|fail\w*|ignor\w*|overlook\w*|skip\w*|neglect\w*|omit\w*|should|ought|only|merely|hid\w*"
    r"|mask\w*|conceal\w*|disappear\w*|instead|rather|forg[eo]t\w*|miss(?:ed|es|ing)|left (?:out|aside))"
)
UNADJUSTED = re.compile(
    r"\b(?:is|was) (?:only |just |merely |simply )?(?:the |a )?(?:crude|raw|pooled|unadjusted)\b|"
    r"\b(?:on|by|from|upon) (?:an? |the |its )?(?:crude|raw|pooled|overall|unadjusted|unstratified)\b|\bpooling\b|"
    rf"\b{_OMITTED} (?:[^ ;!?]+ ){{0,9}}?\(?{_BY_STAGE}|\b{_BY_STAGE}(?: [\w-]+){{0,4}}? {_OMITTED}\b"
    rf"|\b{_BY_STAGE}.*\bshould (?:not )?have\b|\b{_OMITTED} (?:\w+ ){{0,2}}stage\b"
    r"|\bstage (?:(?:was|is|has been|had been) )?(?:\w+ )?(?:left out|ignored|omitted|overlooked|forgotten|dropped)\b"
    r"|\b(?:wrong|mistaken|why|only|basis|instead)\b[^.;:]*\b(?:crude|raw|pooled|unadjusted)\b"
    r"|\bwrong (?:measure|metric|basis|gap)\b|\bnote ?: crude\b"
    r"|\b(?:made|based|rests?|rested|relie[sd]|judged|cleared|decided) (?:on|by|upon) [^.;:]*\b(?:crude|raw|pooled)\b"
    r"|\b(?:crude|raw|pooled|unadjusted)\b[^.;:]*(?:\b(?:wrong|mistaken|only|instead|former|inappropriate)\b|= ?/ ?=|≠)"
)
"""What says that mortality was not compared by stage."""
_CONSENT = r"consent(?:ed)?\b(?!(?: \w+){0,3} (?:\d{4}|interval|lead|rule|limit))"
_COUNTING = (
    r"(?:count|measur|clock|r[ua]n|start|anchor|reckon|calculat|comput|instead|rather|not|should|us(?:ed|ing)|wrong"
    r"|day zero|day 0|baseline|origin|zero|from|since|elapsed|timed)"
)
ISSUED, APPROVED = _words("issued issue"), _words("approved approval approves")
"""What a day of an amendment that sites approve is said to be of."""
_ISSUE = r"(?:issued|issue date|(?:date|day) of (?:its )?issue|(?:its|from|from the) issue|the issue of)"
DENYING = re.compile(
    r"\b(?:not|never|no|nothing|nobody|nowhere|none|without|cannot|neither|nor|absent|missing|un\w+ed)\b"
)
PRAISING = re.compile(
    r"\b(?:nobody|no one|no (?:complaint|fault|objection|quarrel|doubt)|respected|honou?red)\b"
    r"|^(?!.*\b(?:not|never|n't|cannot|without|should|fail\w*|in)\b)"
    r".*\b(?:well|fine|correct(?:ly)?|careful(?:ly)?|right(?:ly)?|proper(?:ly)?|good)\b"
)
"""A sentence that finds nothing amiss."""
HINTS: Mapping[str, re.Pattern[str]] = {
    "superseded": _beginnings(
        "original. old older outdat out_of_date out-of-date obsolete stale previous former earlier unamended pre-amend "
        "supersed version revis rewrit rewrote amended replac chang still. updat"
    ),
    "premature": _beginnings(
        "early earlier yet too_soon ahead predat preced prior_to prematur backdat antedat retro anticipat jump future "
        "wait onward not_effective not_in_force not_in_effect not_live not_been_in before later"
    ),
    "misdefined": _beginnings(
        "defin means mean. meaning preced prevail govern overrides. overridden. overriding. overrode."
    ),
    "unconditional": _beginnings(
        "condition criteri requirement prerequisite precondition qualif disqualif unqualif eligib ineligib entitle "
        "meet met. unmet satisf fulfil only_if only_for only_when unless regardless irrespective everyone everybody "
        "anyone anybody all_patients trigger open_to reserved meant_for applies_only restrict unearned undeserved "
        "out_of_reach irrelevant outside scope inapplicable cover demand free_pass blanket across_the_board whether "
        "without_"
    ),
    "inverted": _beginnings(
        "revers invert inversion backward flip switch opposite upside wrong_way other_way wrong_direction direction "
        "swap mirror mix confus belong polarity "
        "turned contrary back_to_front on_its_head the_sign inequality the_very the_wrong_side wrong_side"
    ),
    "boundary": _beginnings(
        "exact equal inclusi exclusiv itself. on_the_line borderline off-by-one off_by_one touch right_at just_at "
        "precisely tie. dead_on includ hit. hits hitting reach endpoint coincid stricter not_exceeded "
        "on_the_boundary edge. border at_the_limit on_the_limit on_the_m at_the_m strictly permissible exclude"
    ),
    "wrong_anchor": re.compile(rf"\b{_CONSENT}.*\b{_COUNTING}|\b{_COUNTING}.*\b{_CONSENT}"),
    "unapproved": re.compile(rf"\b{_ISSUE}\b.*\bapprov\w*|\bapprov\w*.*\b{_ISSUE}\b"),
    "wrong_date": re.compile(r"\bconsent\w*.*\benrol\w*|\benrol\w*.*\bconsent\w*"),
}
"""What a text can say, beside a deed and the clause, of what an operator does. Elsewhere it says nothing, and it is
never false."""
