"""Whether a mail may bind the company: accepts, approves, pays, or lets somebody go on.

A follow-up only asks. So what “we” do, and what a shop is asked to do, must be among the harmless acts that are
listed here, and the words of a commitment may not occur at all. A harmless text too many is refused: that costs a
template's words in its place, which is nothing beside a promise that nobody made.
"""

import re

# Words of a commitment, in whatever form.
_NEVER = re.compile(
    r"\b(?:accept|approv|authori[sz]|agree|guarant|promis|commit|undertak|reimburs|refund|remit|prepa[iy]"
    r"|pay(?:s|ing|ments?|able|er|ee)?\b|paid|deposit|transfer|settle|assur|pledg|consent|permi(?:t|ssion)|hereby|granted|funds\b|money\b|cheque"
    r"|purchase order|go(?:es|ing)?[- ]ahead|green light|thumbs up|(?:rely|count|depend) on|rest easy"
    r"|consider (?:it|this|that|your|the)|you have our|our (?:word|okay?|ok)\b)\w*",
    re.I,
)
_FINE = re.compile(
    r"\b(?:(?:fine|okay|ok|good|acceptable) (?:with|by|for|to) (?:us|me)|(?:works?|suits?)(?: for)? (?:us|me)"
    r"|no (?:objections?|problems?) (?:to|with|from)|yes|(?:quote|price|cost|amount|estimate|offer|terms)\w* "
    r"(?:is|are|looks?|seems?|sounds?) (?:\w+ )?(?:fine|ok|okay|good|right|great|reasonable|in order)"
    r"|this (?:mail |email |message )?(?:is to )?confirm\w*|confirmed(?![^.!?]*\?))\b",
    re.I,
)
# Somebody of ours who will do something.
_WILL = re.compile(
    r"\b(?:we|i|us|genthrust|llc|company|office|team|colleagues?|accounting|accounts|and|or|but|then)"
    r"(?:[’']ll| (?:\w+ )?(?:will|shall|[’']ll))\b|\byou (?:will|shall) (?:be|receive|get)\b",
    re.I,
)
_GO_ON = r"(?:proceed|start|begin|commence|continue|resume|carry on|move forward|go on|keep going)"
_LEAVE = re.compile(
    rf"\b(?:you (?:may|can|could|should|are (?:free|clear|cleared|welcome|good))|feel free|(?:you|shop) to|let[’']s"
    rf"|okay|ok|clear|cleared) (?:\w+ ){{0,2}}{_GO_ON}\b"
    r"|(?<!how to )(?<!want to )(?<!plan to )(?<!able to )\bproceed\b",
    re.I,
)
_QUIETLY = (
    r"(?:are|am|were|was|be|been|have|had|do|did|can|could|would|may|might|should|not|never|still|also|just|only|now"
    r"|currently|again|kindly|already|really|very|much|yet|therefore|simply|all|both|at present|to date|so far"
    r"|cannot|(?:do|did|have|had|can|could|would|are|were)n[’']?t|can[’']t|more than|most)"
)
_TO_KNOW = (
    r"(?:know|hear|learn|receive|see|get|understand|ask|check|follow|find|be (?:told|kept|informed|updated|sure)"
    r"|expect|plan|record|enquire|inquire|talk|speak|make sure|have (?:an?|the|your|some|it|news|any)|remind)"
)
_WE = re.compile(r"\b(?:[Ww]e|WE|I)\b(?!\.)")
_HARMLESS = re.compile(
    rf"(?:[’'](?:ve|re|m|d))?(?:\s+{_QUIETLY})*\s+"
    r"(?:(?:look|wait|await|hear|ask|follow|check|writ|enquir|inquir|contact|reach|wonder|miss|tr[yi]|call)\w*"
    r"|heard|wrote|know|learn\w*|see|saw|understand|understood|think|believe|assume|no(?:te|tice)d?|lack|appreciate"
    r"|thank|received?|get|got|found|find|sent|dropped|shipped|brought|gave|handed|delivered|spoke|talked|reminded"
    r"|without|unsure|not|sorry|concerned|curious|grateful|(?:have|had|hold|show|list)?\s*(?:no|nothing|as|its?|an?|the"
    r"|your|any|neither|this|that)|(?:have|had|hold|show|list)\s+(?:is|are|from|for|on|in)"
    rf"|(?:need|hope|wish|want(?:ed)?|like|love|expect(?:ed|ing)?|happy|glad|pleased|keen|interested)"
    rf"(?! to (?!{_TO_KNOW}\b)))\b",
    re.I,
)
_ASKED = re.compile(r"\b(?:please|kindly|(?:could|can|would|will) you)\b", re.I)
_MAY_BE_ASKED = re.compile(
    r"(?:\s+(?:also|please|kindly|just|again|then|perhaps|possibly|do|be (?:so kind(?: as)?|able) to))*\s*"
    r"(?:[.,!?;:)]|$|(?:let|tell|confirm|advise|give|check|share|provide|update|reply|answer|respond|note|see|find"
    r"|contact|look|write|include|say|name|inform|state|forward|get back|help|drop|take|indicate|clarify|explain"
    r"|report|quote|estimate|expect|look|think|remind|point|attach|add|describe|keep (?:us|me)"
    r"|have (?:a|it|the|this|them)|make sure|mention|call|(?:do not|don[’']t) hesitate"
    r"|send(?! (?:it|them|the (?:unit|part|order))\b(?! (?:to us )?again)))\b)",
    re.I,
)


def promise_in(text: str) -> str:
    """The words by which a text may bind the company; "" where there are none."""
    for pattern in (_NEVER, _FINE, _WILL, _LEAVE):
        if found := pattern.search(text):
            return found.group()
    return _other_than(_HARMLESS, _WE, text) or _other_than(_MAY_BE_ASKED, _ASKED, text)


def _other_than(allowed: re.Pattern[str], begun: re.Pattern[str], text: str) -> str:
    """What is begun so and does not go on as it may, with the words that follow."""
    for found in begun.finditer(text):
        if not allowed.match(text, found.end()):
            return " ".join(text[found.start() : found.end() + 40].split()[:4])
    return ""
