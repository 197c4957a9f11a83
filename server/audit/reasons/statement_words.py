"""The closed word lists by which statements are read: what an Actor can have done with a clause, and who is right.

They are lists of verbs and of nouns for the Actor. None of them is worth anything alone.
"""

from __future__ import annotations

import re


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


BREAKS = _words(
    ". ; : ! ? ( ) but while although though because since so whereas yet which where when who whose that however "
    "hence therefore thus unless if as than"
)
"""What ends the part of a sentence that a verb reaches."""
IGNORING = _words(
    "ignored ignores ignoring ignore overlooked overlooks overlooking overlook missed skipped skips skipping "
    "neglected neglects disregarded disregards disregarding forgot omitted omits bypassed unread unchecked "
    "unconsulted untested unmentioned"
)
READING = _words(
    "read reads reading consulted consult checked check considered consider looked look mentioned mention tested "
    "test reached examined examine noticed notice opened weighed"
)
"""Verbs that, denied, say that a clause was left out."""
ARTICLES = _words("the a an its no any this that")
"""Before a word that can be a verb: it is none."""
ONWARDS = _words("past beyond further on")
NOUNS = _words("look test check notice mention reading")
"""Verbs that can be nouns: they are verbs right behind one of these."""
BEFORE_VERBS = _words("without not never to didn't doesn't don't did does cannot")
PAST = _words("did didn't never failed")
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
APPLYING = _words("applied applies apply applying used invoked granted enforced followed")
APPLIES_TO = _words("only to where when if for from unless until once at above below in since")
"""After "applies": it is said to whom, not whether it does."""
DENIALS = _words(
    "not never no without failed fails neglected cannot didn't doesn't isn't wasn't don't nobody nowhere nor neither"
)
OWED = _words("should must ought needs")
SUPPOSED = _words("had would could might if says said claims claimed argues argued")
"""A part of a sentence with one of these says what somebody holds, or what would be."""

ACTOR = (
    r"(?:actor|note|reviewer|approval|determination|decision|verdict|conclusion|proposal|author|assessor|reading|"
    r"it|them)"
)
_NOT = r"(?:\bnot|n't|\bnever|\bcannot|\bhardly|\bno)"
AGREEING = re.compile(
    rf"\b(?:(?:agree|concur|concurring|agreeing|side|endorse) with (?:the |this |their |its |that )?{ACTOR}\b"
    r"|(?:i|we) (?:(?!not|cannot|never|can't|don't|would|could)[\w']+ ){0,2}"
    r"(?:agree|concur)\b(?! that| it| to| all| the)"
    r"|(?:nothing|anything) (?:is |was |that is )?wrong\b"
    r"(?! with (?:the |this |his |her |that )?(?:patient|record|dates|age|start))"
    r"|no (?:error|fault|mistake)\b(?! type)"
    rf"|{ACTOR} (?:is|was|are|were|stands|seems|looks)(?: \w+)? (?:right|correct|justified|sound|fine)\b"
    r"(?! that| about| to| in| on)"
    r"|(?:rightly|correctly|properly) (?:approved|cleared|continued|passed|withheld|accepted|held)\b"
    r"|(?:should|can|may) be approved\b|rightly (?:finds?|found|concludes?|says?|so)\b|without effect\b"
    r"|(?:support|uphold|back)s? (?:the|this|its) (?:approval|determination|decision|verdict|hold|clearance)\b"
    r"|(?:hold|approval|clearance) (?:is|was) (?:\w+ )?(?:right|correct|justified|sound)\b)"
)
"""What says that the Actor is right; where a denial stands before it, it is not said."""
DENIED = re.compile(rf"{_NOT}(?: \w+){{0,4}} $")
LATE = re.compile(
    r"\b(?:too late|too old|too young|(?:was|is|came|started) (?:\w+ )?late|overdue|ineligible|non-?compliant|"
    r"(?:is|was|remains) a deviation|"
    r"(?:outside|past|beyond|exceeds|exceeded|missed) (?:the|its|his|her) (?:window|limit|deadline))\b"
)
"""What says that a record deviates."""
KEPT = re.compile(
    r"\b(?:record|patient|start|treatment|enrolment|he|she|p\d+) (?:is|was|remains|came|started|began)"
    r"(?: \w+){0,2} (?:compliant|eligible|in time|on time|timely)\b|\b(?:is|was|came) (?:in|on) time\b"
)
"""What says that it is compliant."""
HEDGES = re.compile(
    rf"{_NOT}|\b(?:actor|note|reviewer|determination|withheld|hold|says?|said|claims?|claimed|argues?|calls?|called|held|"
    r"treat(?:s|ed)|deem(?:s|ed)|judg(?:ed|es)|consider(?:s|ed)|if|would|had|only|wrongly|no|even|could|might|otherwise|"
    r"under|whether|as)\b"
)
"""In a sentence with one of these, what it says of the record may be somebody else's word, or conditional."""

VAGUE = re.compile(
    r"\b(?:actor|note|reviewer|author|determination|approval|verdict|decision|conclusion|proposal)(?:'s \w+)? "
    r"(?:(?:is|was|are|has|had|clearly|plainly|simply|itself) )*"
    r"(?:wrong|mistaken|incorrect|in error|invalid|erred|errs|"
    r"violat|breaks?|broke|breach|contradict|approv|continu|should|must|(?:did|does) not (?:follow|comply)|"
    r"(?:made|makes|got) (?:an?|it|this))"
)
"""That the Actor is wrong, and nothing of what it did."""
ACTOR_NAMED = re.compile(
    r"\b(?:actor|reviewer|author|assessor|determination|rationale|desk|writer|argument|letter|proposal)(?: \w|'s|’s)"
    r"|\b(?:the|this|that|its|their|a|actor's) (?:\w+ )?note\b"
)
"""Who else did what is said. A heading names nobody: "Note: ...", "Proposal: ...", "please note"."""
DEEDS = _beginnings(
    "followed. book. shrink escap conjur charged. ignor overlook missed. skip neglect disregard omit dropp forg "
    "bypass brush wav excus dismiss explain applied. applying. misappl misjudg mistak misus used. uses. using. "
    "rel lean cit quot invok invoc invent fabricat made_up carried deduct subtract net. netted. took. take. "
    "takes. taken. taking. treat_ treated_it treated_this treated_the treats_ treating_ judg held. measur anchor "
    "trust assum accept rais soften loosen borrow loan lent. lend swap substitut import stretch extends. "
    "extended. extending. constru interpret read. reads. reading. unread misread reserv save. saves. saved. "
    "prefer replac exchang displac crowd overrul overrode stop went. goes. based. rest. rests. rested. resting. "
    "hung. hang. hangs. appeal claim assert say. says. said. argu conclu clear pool declin refus never_look "
    "never_check never_read never_appl never_compar never_consult never_test never_ask never_open never_held "
    "never_us never_reach never_went never_enter never_mention never_weigh never_com never_got never_consider "
    "never_verif never_examin never_took never_saw never_set never_put nobody nowhere without. instead "
    "rather_than in_place_of in_lieu failed. fails. failing. untested unchecked unmention mention denied denies "
    "denying withh narrower stricter tighter shorter too_strict too_narrow too_high disappear blind left_out "
    "left_aside left_un set. sets. writ needn't knock shav put. puts. examin verif undertak grant got. gave. "
    "given. giv receiv weigh serv stood. accorded. accords. attribut evidently apparently built. betting hold_him "
    "hold_her hold_them holds_him holds_her holding_him didn't. doesn't. wasn't. isn't. did_not does_not "
    "not_read not_appl not_check not_test not_compar not_consult not_consider not_look not_use "
    "not_see not_weigh not_ask not_go not_reach not_enforc not_notic not_take not_comput not_calcul not_open "
    "not_been schedul"
)
"""What can say that somebody did something, where nobody is named: "Override overlooked"."""
INSTEAD = _beginnings(
    "instead in_place_of rather_than replac substitut exchang displac own_limit own_window own_range own_rule "
    "prefer overrul overrode outside external different borrow import not_protocol not_the_protocol not_our_rule "
    "not_in_the_protocol isn't_our isn't_the_protocol isn't_part not_part"
)
"""What can say that something stands in the protocol's place."""
STRICTER = _beginnings("lower higher shrink shrunk narrow strict tight short harsh conservativ rigid")
BENT = _beginnings(
    "threshold bar. cutoff cut-off cut_off high rais sever grave heavy serious substantial constru interpret "
    "reading reads. read_as reserv soften bend bent strict stretch condition reach mean meant confin restrict "
    "nowhere criterion"
)
"""What can say that a condition was read as something else."""
ABSENT = _beginnings(
    "no_part isn't_a consist just_one no_authority hallucinat nothing_else conjur not_in. not_part not_listed "
    "not_among not_contain not_exist not_found not_there not_real not_be_found not_be_traced not_to_be_found "
    "cannot_be_found can't_be_found can't_be_traced cannot_find can't_find not_find couldn't_find not_have "
    "not_list not_include not_carry not_appear doesn't_exist doesn't_contain doesn't_have doesn't_list "
    "doesn't_include doesn't_carry doesn't_appear isn't_in isn't_part isn't_listed isn't_among isn't_there non- "
    "exist nonexist no_such no_amendment no_section no_clause no_provision no_§ nowhere unlisted unprinted absent "
    "missing lack made_up invent fabricat fictitious phantom only_amendment only_contain only_list only_has "
    "unfounded there_is_no there's_no imagin unknown never_existed never_issued never_adopted of_no_section "
    "ends_with ends_at comprises given_as"
)
"""What can say that a reference is not there."""
WHY = _words("why how what where who which since")
"""What a question begins with that asks nothing of what is in it."""
ASKING = _words(
    "did does do is was were are has have had can could would should may might will isn't wasn't didn't doesn't "
    "any anyone"
)
"""What a question begins with that asks whether something is so."""
WHO = _words("actor note reviewer it that this they he she which determination")
"""Before "may have": what they did is left open."""
UNSURE = _words("might maybe perhaps possibly")
"""In a sentence with one of these nothing is said firmly."""
ACTS = IGNORING | READING | MISREADING | INVENTING | APPLYING
