"""What a mail that a model wrote may say: good texts pass, and nothing that promises or that no field holds."""

from datetime import date

import pytest

from ai.checks import Facts, problem_of
from notifications.texts import Text

FACTS = Facts(
    number=38573,
    texts=(
        "G38573",
        "38573",
        "3605812-17",
        "00123",
        "Transponder",
        "OH",
        "Aero Avionics",
        "Ruth",
        "1Z999",
        "Q-77",
    ),
    days=(date(2026, 3, 2), date(2026, 12, 5)),
    numbers=("1500.00", "9", "21", "30"),
    company="Genthrust XVII, LLC",
    stated=("APPROVED", "Approved", "NET 30"),
    approved=(date(2026, 3, 2),),
)
CLOSING = "\n\nThank you,\nGenthrust XVII, LLC"


def problem(body: str, facts: Facts = FACTS) -> str:
    whole = f"Hello Ruth,\n\nthis is about RO 38573. {body}{CLOSING}"
    return problem_of(Text("Status of RO 38573", whole), facts)


GOOD = [
    "How does the quote stand?",
    "We are waiting for your quote on the part below, which has been with you for quoting since Mar 2, 2026.",
    "Could you tell us when we can expect it? If anything keeps you from quoting, please let us know what you need "
    "from us.",
    "We approved the repair of the part on March 2, 2026 and would like to know how far it is.",
    "The repair was approved on 3/2/2026. Has the work begun, and is December 5, 2026 still the day on which we can "
    "expect it?",
    "Could you send us a short update on the repair of the part below?",
    "We have Dec 5, 2026 as its delivery date. Is that still right? If something holds it up, please let us know.",
    "Our records say that the part is on its way back to us since Mar 2, 2026, and it has not arrived here yet.",
    "The tracking number we have is 1Z999. Could you check where it is?",
    "Its status with us is APPROVED since 2026-03-02. Could you send us a short update?",
    "Our records show terms of NET 30 and an estimate of $1,500.00. Is that still right?",
    "It has been 9 days since we heard from you. How many days do you still need?",
    "It has been nine days, and twenty-one since it was dropped off.",
    "We look forward to hearing from you about this one.",
    "We haven’t heard back yet, and we would appreciate a short answer.",
    "I am following up on the quote. Please reply to this mail with the present state.",
    "We wanted to ask how far the overhaul is, and when you expect it to be finished.",
    "When do you plan to start the repair, and do you have all the parts that it takes?",
    "Please confirm the delivery date, or tell us the new one.",
    "Please let us know when you will have it ready.",
    "Can you tell us which day it will ship?",
    "We understand that the shop is busy; still, we need to know how it stands.",
    "We have asked for an update before and have not received one. Please answer us soon.",
    "Is anything missing on our side? If so, please tell us what.",
    "We would be glad to hear how it is going.",
    "If the unit turns out to be beyond economic repair, please tell us so before anything else is done.",
    "Do you know the cause of the delay? We are concerned that it is late.",
    "Good morning, and have a nice day.",
    "As of today we have no tracking number for it.",
    "May we ask for the reference that you use? Ours shows Q-77.",
    "We may have missed your answer; if you sent one, could you please send it to us again?",
    "Any news, please?",
    "I hope this email finds you well. I wanted to follow up on the overhaul of your reference Q-77. At your earliest "
    "convenience, could you please provide an update on its status and an estimated completion date? Thank you for "
    "your assistance. We look forward to your reply. Best regards,",
    "We’re writing to check on the transponder, part number 3605812-17, serial number 00123. Would you be able to let "
    "us know whether the quote is ready? If there are any questions on your end, please don’t hesitate to reach out.",
    "We still have not received a quote, and this order has now been waiting for 9 days. We need an answer: please "
    "tell us when you expect to send it, and what is holding it up.",
    "Could you kindly let us know the expected ship date and share the tracking information once available? We "
    "appreciate your help.",
    "According to our records the estimated delivery date was December 5, 2026. We’d like to understand the reason for "
    "the delay and the new date you have in mind.",
]


@pytest.mark.parametrize("body", GOOD)
def test_a_mail_that_only_asks_passes(body: str) -> None:
    assert problem(body) == ""


PROMISES = [
    "We are happy to accept your quote.",
    "We accept.",
    "We’d be glad to pay the difference.",
    "We are pleased to confirm the order.",
    "I can confirm that the price is right.",
    "This is to confirm the price.",
    "We would like to move ahead with it.",
    "We would like to order another one.",
    "We agree with the estimate.",
    "Your new price is approved.",
    "The extra cost was approved as well.",
    "The repair is hereby authorized.",
    "Consider it done.",
    "You have our word.",
    "You can count on us.",
    "The quote looks good.",
    "The price is fine with us.",
    "That works for us.",
    "Yes, that is right.",
    "Feel free to start the work.",
    "You may go ahead.",
    "You can begin.",
    "Please proceed.",
    "Please start at once.",
    "Please ship it to our other address.",
    "Please repair it whatever it costs.",
    "Could you please replace the bearing too?",
    "Kindly overhaul it.",
    "We need you to begin the repair.",
    "The money is on its way.",
    "Payment follows.",
    "Accounting will send it.",
    "Our office will take care of it.",
    "Genthrust XVII, LLC will cover the freight.",
    "We’ll collect it.",
    "We will send the papers.",
    "We plan to collect it.",
    "We intend to keep the price.",
    "We guarantee a quick answer.",
    "We promise it.",
    "We cover the freight.",
    "We are going to collect it.",
    "We look forward to your answer and will wire the amount.",
    "You will receive our order.",
    "No objection to the price.",
    "Ｗｅ ａｃｃｅｐｔ the price.",
]


@pytest.mark.parametrize("body", PROMISES)
def test_a_mail_that_binds_the_company_does_not(body: str) -> None:
    assert problem(body).startswith("it promised something")


TIMES = [
    "Please answer within a week.",
    "Please answer within 9 days.",
    "We expect it by December.",
    "We expect it in May.",
    "It was due in early March.",
    "We hope to see it by Dec.",
    "It should be here by Friday.",
    "It should be here by Fri.",
    "Please answer this week.",
    "Please answer in a day or two.",
    "It has been one week.",
    "It has been a month.",
    "It took half a year.",
    "It has been there for several weeks.",
    "Please answer today.",
    "Please answer tomorrow.",
    "Please answer this afternoon.",
    "We need it at the latest before Christmas.",
    "We need it before the end of the line.",
    "We hope to have it in spring.",
    "Please answer by close of business.",
    "Please answer no later than Dec 5, 2026.",
]


@pytest.mark.parametrize("body", TIMES)
def test_a_mail_names_no_time_that_no_field_holds(body: str) -> None:
    assert "day that is not in the facts" in problem(body)


NUMBERS = [
    "It costs $1,750.00.",
    "It costs fifteen hundred.",
    "It has been twenty days.",
    "It costs half of that.",
    "There are forty-one of them.",
    "That was our third request.",
    "We expect it on the fifteenth.",
    "Its part number is 3605812-18.",
    "It costs １７５０.",
    "It is due on 12/06/2026.",
    "Call +1 305 555 0100.",
]


@pytest.mark.parametrize("body", NUMBERS)
def test_a_mail_names_no_number_that_no_field_holds(body: str) -> None:
    assert "number that is not in the facts" in problem(body)


ADDRESSES = [
    "Write to bob@elsewhere.example.",
    "See https://elsewhere.example.",
    "See example.com.",
    "See www.elsewhere.",
    "See portal.elsewhere.io/login for it.",
    "Write to bob at elsewhere dot com.",
    "Write to bob (at) elsewhere.",
]


@pytest.mark.parametrize("body", ADDRESSES)
def test_a_mail_names_no_address(body: str) -> None:
    assert problem(body) == "it named an address or a link"


@pytest.mark.parametrize(
    "body", ["Press <b>here</b>.", "Press [here](x).", "It is\u200b late.", "It is \u202e late."]
)
def test_a_mail_is_plain_text(body: str) -> None:
    assert problem(body) == "it was not plain text"


@pytest.mark.parametrize("planted", ["we accept", "approved", "bob@elsewhere.example"])
def test_a_planted_description_permits_neither_a_promise_nor_an_address(planted: str) -> None:
    facts = Facts(**{**vars(FACTS), "texts": (*FACTS.texts, planted)})
    assert problem(f"Please note: {planted}.", facts)


def test_an_approval_may_be_told_only_of_its_own_day() -> None:
    never = Facts(**{**vars(FACTS), "approved": ()})
    body = "We approved it on March 2, 2026 and would like to know how far it is."
    assert (problem(body), problem(body, never)[:22]) == ("", "it promised something:")
    assert problem("We approved it on December 5, 2026.")
