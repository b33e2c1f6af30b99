"""The words of a new installation, and a mail as it is sent."""

from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User

from notifications import texts
from notifications.models import MailTemplate, Notification
from repairs import orders
from repairs.models import RepairOrder, Shop
from repairs.statuses import STATUSES

MAILS = ("WAITING QUOTE", "APPROVED", "IN WORK", "SHIPPED")
REMINDERS = ("TO SEND", "RECEIVED", "PAYMENT")


def test_a_new_installation_has_words_for_every_occasion(db: None) -> None:
    keys = list(MailTemplate.objects.values_list("key", flat=True))
    assert keys == [*STATUSES, "PAYMENT", "COMBINED"]
    on = set(MailTemplate.objects.filter(enabled=True).values_list("key", flat=True))
    assert on == {*MAILS, *REMINDERS, "COMBINED"}


def test_all_of_them_can_be_saved_as_they_are(db: None) -> None:
    for template in MailTemplate.objects.all():
        texts.check(template.subject, template.body, key=template.key)


@pytest.mark.parametrize("full", [True, False])
def test_every_mail_reads_well_with_many_and_with_few_facts(
    order: RepairOrder, amy: User, full: bool
) -> None:
    facts = {
        "serial_number": "00123",
        "description": "Transponder",
        "requested_work": "OH",
        "shop_reference": "W-9",
        "estimated_delivery": "2030-11-24",
        "tracking_number": "1Z999AA10123456784",
        "terms": "NET 30",
    }
    if full:
        orders.edit(order, by=amy, changes=facts)
    for template in MailTemplate.objects.exclude(key__in=["COMBINED", *REMINDERS]):
        text = texts.write(template, order, person=amy)
        assert text.subject == f"Status Update for RO #{order.number}"
        assert text.body.startswith("Hello Ruth,\n\n")
        assert text.body.endswith("\n\nThank you,\nGenthrust XVII, LLC")
        assert f"RO: {order.number}\nPart number: 3605812-17\n" in text.body
        assert ("Serial number: 00123\n" in text.body) is full
        assert not {"  ", "\n\n\n", " .", " ,", " ?"} & {
            part for part in ("  ", "\n\n\n", " .", " ,", " ?") if part in text.body
        }


def test_words_in_a_tracking_field_are_not_told_as_a_number(order: RepairOrder) -> None:
    template = MailTemplate.objects.get(key="SHIPPED")
    for typed, is_one in {
        "PICK UP": False, "WILL CALL 11/24/2025": False, "305 555 1234": False,
        "1Z 999AA1 0123456784": True, "XPO 12345678": True,
    }.items():  # fmt: skip
        order.tracking_number = typed
        body = texts.write(template, order, person=None).body
        assert (f"The tracking number we have is {typed}." in body) is is_one, typed
        assert ("Could you send us the carrier and the tracking number?" in body) is not is_one, typed


def test_a_shop_without_a_contact_is_greeted_all_the_same(order: RepairOrder, shop: Shop) -> None:
    Shop.objects.update(contact="")
    order.refresh_from_db()
    text = texts.write(MailTemplate.objects.get(key="SHIPPED"), order, person=None)
    assert text.body.startswith("Hello,\n\n")


@pytest.mark.parametrize(
    ("numbers", "subject"),
    [
        ([38573], "Status Update for RO #38573"),
        ([38573, 38574], "Status Update for RO #38573, #38574"),
        ([1, 2, 3], "Status Update for RO #1, #2, #3"),
        ([1, 2, 3, 4], "Multiple Orders (Aero Avionics)"),
    ],
)
def test_the_subject_of_a_mail_about_several_orders_goes_by_their_count(
    shop: Shop, numbers: list[int], subject: str
) -> None:
    template = MailTemplate.objects.get(key="COMBINED")
    assert texts.write_combined(template, shop, numbers, person=None).subject == subject


EVIL = "<script>alert(1)</script><img src=x onerror='a()'>&lt; \"q\""


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_nothing_that_was_typed_becomes_markup() -> None:
    row = {"number": 1, "part": EVIL, "serial": EVIL, "note": EVIL}
    rendered = texts.render(Notification(subject=EVIL, body=f"{EVIL}\n\n[orders]\n\n{EVIL}\nx", rows=[row]))
    found = Tags()
    found.feed(rendered.html)
    assert found.tags == {"div", "p", "br", "table", "thead", "tbody", "tr", "th", "td"}
    assert found.attributes == {"style"}
    assert found.text.count(EVIL) == 5
    assert rendered.subject == EVIL
    assert rendered.text == f"{EVIL}\n\nRO 1; Part {EVIL}; Serial {EVIL}; Note {EVIL}\n\n{EVIL}\nx"


def test_the_table_stands_where_the_text_says_or_at_the_end() -> None:
    rows = [{"number": 7, "part": "P", "serial": "", "note": ""}]
    for body in ("a\n\n[orders]\n\nb", "a\n\nb"):
        rendered = texts.render(Notification(subject="s", body=body, rows=rows))
        inside = "[orders]" in body
        assert rendered.text == ("a\n\nRO 7; Part P\n\nb" if inside else "a\n\nb\n\nRO 7; Part P")
        assert (rendered.html.index("<table") < rendered.html.index(">b</p>")) is inside
        assert "Note" not in rendered.html, "nobody wrote one"
        assert "[orders]" not in rendered.html


def test_a_mail_about_one_order_has_no_table_and_no_mark() -> None:
    rendered = texts.render(Notification(subject="s", body="a\n\n[orders]\n\nb"))
    assert rendered.text == "a\n\nb"
    assert "<table" not in rendered.html


@pytest.mark.parametrize(
    "typed",
    [
        "a\r\nBcc: x@evil.example",
        "a\nb",
        "a\x00b",
        "a\u2028b",
        "a\u0085b",
        " a \t b ",
        "a \u202efdp.b",
        "a \u200bb\ufeff",
    ],
)
def test_a_subject_is_one_line(typed: str) -> None:
    subject = texts.render(Notification(subject=typed, body="x")).subject
    assert len(subject.splitlines()) == 1
    assert subject.isprintable()
    assert subject.startswith("a ")


def test_a_very_long_subject_is_cut_where_a_mail_would_refuse_it(order: RepairOrder) -> None:
    template = MailTemplate(key="SHIPPED", subject="{{ description }}", body="x")
    orders.edit(order, by=None, changes={"description": "long " * 2000})
    assert 250 <= len(texts.write(template, order, person=None).subject) <= 255


def test_days_and_money_are_written_as_people_here_write_them(order: RepairOrder) -> None:
    orders.edit(order, by=None, changes={"estimated_delivery": "2025-11-04", "estimated_cost": "1500"})
    values = texts.values_of(order, person=None)
    assert (values["promised"], values["estimate"]) == ("Nov 4, 2025", "$1,500.00")
    assert (values["days_in_status"], values["days_overdue"], values["tracking"]) == ("0", "", "")
    assert set(values) == set(texts.VARIABLES)
    assert all(isinstance(value, str) for value in values.values())
