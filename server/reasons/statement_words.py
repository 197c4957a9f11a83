"""The closed word lists by which statements are read: what an Actor can have done with a clause, and who is right.

They are lists of verbs and of nouns for the Actor. None of them is worth anything alone.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BREAKS = _words(
    ". ; : ! ? ( ) but while although though because since so whereas yet which where when who whose that however hence "
    "therefore thus unless if as than"
)
"""What ends the part of a sentence that a verb reaches."""
IGNORING = _words(
    "ignored ignores ignoring ignore overlooked overlooks overlooking overlook missed skipped skips "
    "skipping neglected neglects disregarded disregards disregarding forgot omitted omits bypassed unread unchecked "
    "unconsulted untested unmentioned"
)
READING = _words(
    "read reads reading consulted consult checked check considered consider looked look mentioned mention tested test "
    "reached examined examine noticed notice opened weighed"
)
"""Verbs that, denied, say that a clause was left out."""
MISREADING = _words("misread misreads misreading misquoted misquotes misapplied misapplies misinterpreted misstated")
INVENTING = _words("invented invents inventing fabricated fabricates fabricating")
REFERENCES = _words("amendment amendments clause section provision reference citation rule exception override waiver")
"""What can be invented, without a number."""
APPLYING = _words("applied applies apply applying used invoked granted enforced followed")
APPLIES_TO = _words("only to where when if for from unless until once at above below in since")
"""After "applies": it is said to whom, not whether it does."""
WHERE = APPLIES_TO
DENIALS = _words(
    "not never no without failed fails neglected cannot didn't doesn't isn't wasn't don't nobody nowhere nor neither"
)
OWED = _words("should must ought needs have")
SUPPOSED = _words("had would could might if says said claims claimed argues argued")
"""A part of a sentence with one of these says what somebody holds, or what would be."""

ACTOR = r"(?:actor|note|reviewer|approval|determination|decision|verdict|conclusion|proposal|author|assessor|reading|it|them)"
_NOT = r"(?:\bnot|n't|\bnever|\bcannot|\bhardly|\bno longer)"
AGREEING = re.compile(
    rf"(?<!dis)\b(?:agree|concur|concurring|agreeing|endorse)\b(?: with)?(?= (?:the |this |their |its |that )?{ACTOR}\b|[ .,;!]|$)"
    rf"|\b(?:nothing|anything) (?:is |was |that is )?wrong\b|\bno (?:error|fault|mistake)\b(?! type)"
    rf"|\b{ACTOR} (?:is|was|are|were|stands|seems|looks)(?: \w+)? (?:right|correct|justified|sound|fine)\b(?! that| about| to| in| on)"
    r"|\b(?:rightly|correctly|properly) (?:approved|cleared|continued|passed|withheld|accepted|held)\b"
    r"|\b(?:should|can|may) be approved\b|\brightly (?:finds?|found|concludes?|says?)\b|\bwithout effect\b"
    r"|\b(?:hold|approval|clearance) (?:is|was) (?:\w+ )?(?:right|correct|justified|sound)\b"
)
"""What says that the Actor is right; where a denial stands before it, it is not said."""
DENIED = re.compile(rf"{_NOT}(?: \w+){{0,4}} $")
LATE = re.compile(
    r"\b(?:too late|too old|too young|(?:was|is|came|started) (?:\w+ )?late|overdue|ineligible|non-?compliant|"
    r"(?:is|was|remains) a deviation|(?:outside|past|beyond|exceeds|exceeded|missed) (?:the|its|his|her) (?:window|limit|deadline))\b"
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
    r"(?:(?:is|was|are|has|had|clearly|plainly|simply|itself) )*(?:wrong|mistaken|incorrect|in error|invalid|erred|errs|"
    r"violat|breaks?|broke|breach|contradict|approv|continu|should|must|(?:did|does) not (?:follow|comply)|"
    r"(?:made|makes|got) (?:an?|it|this))"
)
"""That the Actor is wrong, and nothing of what it did."""
ACTOR_NAMED = re.compile(
    r"\b(?:actor|note|reviewer|author|assessor|determination|rationale|desk|writer|argument|letter|proposal)\b"
)
"""Who else did what is said."""
DEEDS = re.compile(
    r"\b(?:ignor|overlook|miss(?:ed|es|ing)\b|skip|neglect|disregard|omit|dropp|forg|bypass|brush|wav(?:ed|es|ing)|excus|"
    r"dismiss|explain|applied|applying|misappl|us(?:ed|es|ing)\b|reli|rely|lean|cit(?:e|ing)|quot|invo[kc]|invent|"
    r"fabricat|made up|make-believe|carried|deduct|subtract|net(?:s|ted|ting)?\b|t(?:ook|akes?|aken|aking)\b|treat(?:s|ed|ing) (?:it|this|the|that|them|any|§)|"
    r"judg|held|measur|anchor|trust|assum|accept|rais|soften|loosen|borrow|loan|swap|substitut|import|stretch|extend(?:s|ed|ing)|"
    r"constru|interpret|reads?\b|reading|unread|misread|reserv|kept (?!to)|saves?\b|saved|prefer|replac|exchang|displac|crowd|overr(?:ul|ode)|"
    r"stop|went|goes|based|rest(?:s|ed|ing)\b|h(?:ung|angs?)\b|appeal|claim|assert|says?\b|said|argu|conclu|clear|pool|declin|refus|"
    r"never|nobody|nowhere|without|instead|rather than|in place of|in lieu|fail|untested|unchecked|"
    r"not (?:\w+ )?(?:been |be )?(?:read|appl|check|test|compar|consult|consider|look|use|see|weigh|ask|go |reach|enforc|notic|take|comput|calcul|open)|"
    r"(?:didn't|doesn't|did not|does not|wasn't|isn't)|according to|evidently|apparently|built|betting|attribut|hold(?:s|ing)? (?:him|her|them)\b|"
    r"denied|denies|denying|withh|narrower|stricter|tighter|shorter|too (?:strict|narrow|high)|disappear|blind|left (?:out|aside|un)|sets?\b|writ|needn't|le(?:nt|nd)|knock|shav|\bput\b|puts\b|examin|verif|undertak|grant|weigh|refus|appli(?:es|ed) to|skipped|unmention|mention|accord|serv|stood)"
)
"""What can say that the Actor did something."""
INSTEAD = re.compile(
    r"\b(?:instead|in place of|rather than|replac|substitut|exchang|displac|own (?:limits?|window|range|rule)|prefer|"
    r"overrul|overrode|outside|external|different|borrow|import|(?:not|isn't) (?:the |our |this |in the )?(?:protocol|rule|trial))"
)
"""What can say that something stands in the protocol's place."""
STRICTER = re.compile(r"\b(?:narrow|strict|tight|short|harsh|conservativ|rigid)")
LAXER = re.compile(r"\b(?:wid|loos|lax|generous|long|relax|lenient|broad)")
BENT = re.compile(
    r"\b(?:threshold|bar\b|cut-?off|high|rais|sever|grave|heavy|serious|substantial|constru|interpret|reading|reads|read as|"
    r"reserv|soften|bend|bent|strict|stretch|condition|reach|meant?|confin|restrict|nowhere|criterion)"
)
"""What can say that a condition was read as something else."""
ABSENT = re.compile(
    r"\b(?:not (?:in|part|listed|among|contained|exist|found|there|a provision|a part)|does(?: not|n't) (?:exist|contain|have|list|include|carry|appear)|"
    r"isn't (?:in|part|listed|among)|no(?:n-?existent| such| amendment| section| clause| §| provision)|nowhere|unlisted|absent|missing|lacks?|"
    r"made up|invent|fabricat|fictitious|phantom|only (?:amendment|lists?|has)|unfounded|there is no|there's no|imagin|cannot find|"
    r"could not find|couldn't find|unknown|never (?:existed|issued|adopted)|of no section|ends (?:with|at)|(?:cannot|can't|not|not to) be (?:found|traced)|isn't there|comprises|only contains|unprinted|given as|not real|no such)"
)
"""What can say that a reference is not there."""
UNSURE = _words("might maybe perhaps possibly whichever")
"""In a sentence with one of these nothing is said firmly."""
ACTS = IGNORING | READING | MISREADING | INVENTING | APPLYING
