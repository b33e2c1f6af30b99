"""Templates can name a few values and ask for them; everything else is refused when they are saved."""

import pytest
from django.contrib.auth.models import User

from notifications import texts
from notifications.models import MailTemplate
from repairs import orders
from repairs.errors import Refusal
from repairs.models import RepairOrder


def body_fault(body: str, key: str = "") -> str:
    with pytest.raises(Refusal) as refusal:
        texts.check("A subject", body, key=key)
    assert list(refusal.value.fields) == ["body"]
    return refusal.value.fields["body"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("{{ settings.SECRET_KEY }}", "“settings.SECRET_KEY” is not a value"),
        ("{{ number.__class__ }}", "can't be read as a template"),
        ("{{ number.upper }}", "“number.upper” is not a value"),
        ("{{ request }}", "“request” is not a value"),
        ("{{ nmber }}", "“nmber” is not a value that a mail can hold. There are: number, "),
        ("{{ True }}", "“True” is not a value"),
        ("{{ 5 }}", "Please put “5” in quotes"),
        ("{{ }}", "can't be read as a template"),
        ("{{ number", "“{{” stands alone"),
        ("number }}", "“}}” stands alone"),
        ("{% if number %}", "can't be read as a template: Unclosed tag"),
        ("{% endif %}", "can't be read as a template"),
        ("{% load static %}", "“{% load %}” can't be used here"),
        ("{% include 'a.html' %}", "“{% include %}” can't be used"),
        ("{% extends 'a.html' %}", "“{% extends %}” can't be used"),
        ("{% debug %}", "“{% debug %}” can't be used"),
        ("{% csrf_token %}", "“{% csrf_token %}” can't be used"),
        ("{% url 'order' 1 %}", "“{% url %}” can't be used"),
        ("{% now 'Y' %}", "“{% now %}” can't be used"),
        ("{% for a in number %}{% endfor %}", "“{% for %}” can't be used"),
        ("{% autoescape off %}{% endautoescape %}", "“{% autoescape %}” can't be used"),
        ("{% verbatim %}{{ x }}{% endverbatim %}", "“{% verbatim %}” can't be used"),
        ("{% %}", "“{%  %}” can't be used"),
        ("{{ number|safe }}", "Invalid filter: 'safe'"),
        ("{{ number|center:'999999999' }}", "Invalid filter: 'center'"),
        ("{{ number|default:secret }}", "“secret” is not a value"),
        ("{% if secret %}x{% endif %}", "“secret” is not a value"),
        ("{% if number %}{{ secret }}{% endif %}", "“secret” is not a value"),
        ("{% if number %}{% elif a.b %}x{% endif %}", "“a.b” is not a value"),
        ("{% if number and serial == secret %}x{% endif %}", "“secret” is not a value"),
        ("{% if number|default:secret %}x{% endif %}", "“secret” is not a value"),
        ("{% if days_overdue > '5' %}x{% endif %}", "“>” can't be used in a condition"),
        ("{% if number is serial %}x{% endif %}", "“is” can't be used in a condition"),
        ("{% if days_overdue == 5 %}x{% endif %}", "Please put “5” in quotes"),
        ("{% if number %}" * 60 + "{% endif %}" * 60, "more than 100 tags"),
        ("{% if " + "not " * 200 + "number %}x{% endif %}", "longer than 400 characters"),
        ("a" * 20_001, "longer than 20,000 characters"),
        ("  \n", "Please write something."),
        ("{{ count }}", "“count” is not a value"),
    ],
)
def test_what_is_not_possible_is_an_error_when_saving(body: str, fault: str) -> None:
    assert fault in body_fault(body)


def test_both_parts_are_told_at_once() -> None:
    with pytest.raises(Refusal) as refusal:
        texts.check("{{ a }}", "{{ b }}")
    assert "“a”" in refusal.value.fields["subject"]
    assert "“b”" in refusal.value.fields["body"]
    assert refusal.value.sentence.startswith("Subject: “a” is not")


def test_a_mail_about_several_orders_has_values_of_its_own() -> None:
    texts.check("{{ count }} orders", "{{ numbers }} {% if many %}many{% endif %}", key="COMBINED")
    assert "“part” is not a value" in body_fault("{{ part }}", key="COMBINED")


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        ("{{ number }} {{ ro }}", "{number} {ro}"),
        ("{{ number|lower }}", "g{ro}"),
        ("{% if serial %}{{ serial }}{% else %}none{% endif %}", "none"),
        ("{% if days_overdue %}late{% elif status == 'WAITING QUOTE' %}in time{% endif %}", "in time"),
        ("{% if not tracking and 'QUOTE' in status %}yes{% endif %}", "yes"),
        ("{{ serial|default:'unknown' }} {{ serial|default:part }}", "unknown 3605812-17"),
        ("{{ status|truncatechars:5 }}", "WAIT…"),
        ("{# for us #}day{{ days_in_status|pluralize }}", "days"),
        ("{{ person }} of {{ company }}", "amy of Genthrust XVII, LLC"),
    ],
)
def test_what_is_possible(order: RepairOrder, amy: User, body: str, reads: str) -> None:
    texts.check("A subject", body)
    template = MailTemplate(key="SHIPPED", subject="A subject", body=body)
    expected = reads.format(number=order.label, ro=order.number)
    assert texts.write(template, order, person=amy).body == expected


def test_the_deepest_conditions_that_can_be_saved_can_be_written(order: RepairOrder) -> None:
    body = "{% if " + "not " * 90 + "number %}{% endif %}" + "{% if number %}" * 49 + "x" + "{% endif %}" * 49
    texts.check("A subject", body)
    assert texts.write(MailTemplate(key="SHIPPED", subject="s", body=body), order, person=None).body == "x"


def test_what_an_order_holds_is_never_read_as_a_template(order: RepairOrder) -> None:
    evil = "{{ settings.SECRET_KEY }}{% load static %}{{ number }}"
    orders.edit(order, by=None, changes={"part_number": evil, "description": evil})
    template = MailTemplate(key="SHIPPED", subject="{{ part }}", body="{{ description }}|{{ part|lower }}")
    text = texts.write(template, order, person=None)
    assert text.subject == evil
    assert text.body == f"{evil}|{evil.lower()}"
