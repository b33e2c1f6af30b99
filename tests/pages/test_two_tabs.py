"""Two people open one form. Who saves second writes what they changed, and nothing over what they never saw."""

from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client

from notifications.models import MailTemplate
from people.roles import Role
from repairs.models import Activity, Shop, StatusRule
from tests.pages.conftest import person
from tests.support.browser_forms import Fields, form_with

RULES = "/admin/repairs/statusrule/"
WORDS = "/admin/notifications/mailtemplate/"


class Case(NamedTuple):
    """A form of a row: what Ann and Bob type into one field, and what Bob types into `other`, if it has another."""

    model: type[Model]
    address: str
    field: str
    ann: str
    bob: str
    other: Fields


PHONE = ("phone", "305 555 0100", "305 555 0999", {"contact": "Bo"})
BODY = ("body", "Dear {{ contact }}\r\nHello", "Hi {{ contact }}\r\nHello", {"subject": "About {{ number }}"})
CASES = {
    "shop": Case(Shop, "/shops/{pk}/", *PHONE),
    "shop in the back office": Case(Shop, "/admin/repairs/shop/{pk}/change/", *PHONE),
    "words": Case(MailTemplate, WORDS + "{pk}/change/", *BODY),
    "days": Case(StatusRule, RULES + "{pk}/change/", "days_to_follow_up", "77", "88", {}),
}
each_form = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
Tabs = tuple[Client, Client]


@pytest.fixture
def tabs(shop: Shop, office: User) -> Tabs:
    """Ann and Bob, each with a browser."""
    ann, bob = Client(), Client()
    ann.force_login(person("ann", Role.OFFICE))
    bob.force_login(person("bob", Role.OFFICE))
    return ann, bob


def opened(browser: Client, address: str, field: str) -> Fields:
    return form_with(browser.get(address).content.decode(), field)


def now(row: Model, field: str) -> str:
    row.refresh_from_db()
    return "\r\n".join(str(getattr(row, field)).splitlines())


def last_act() -> tuple[str, list[str]]:
    act = Activity.objects.latest("pk")
    return act.by_name, [change.field for change in act.changes.all()]


@each_form
def test_what_was_changed_in_a_form_is_written_and_no_more(tabs: Tabs, case: Case) -> None:
    ann, bob = tabs
    row = case.model._default_manager.all()[0]
    address = case.address.format(pk=row.pk)
    shown = opened(bob, address, case.field)
    assert ann.post(address, shown | {case.field: case.ann}).status_code == 302
    assert bob.post(address, shown | case.other).status_code == 302
    assert now(row, case.field) == case.ann
    assert {name: now(row, name) for name in case.other} == case.other
    assert last_act() == (("bob", list(case.other)) if case.other else ("ann", [case.field]))


@each_form
def test_where_both_changed_a_field_the_second_is_told_and_saves_it_knowingly(tabs: Tabs, case: Case) -> None:
    ann, bob = tabs
    row = case.model._default_manager.all()[0]
    address = case.address.format(pk=row.pk)
    shown = opened(bob, address, case.field)
    ann.post(address, shown | {case.field: case.ann} | case.other)
    answer = bob.post(address, shown | {case.field: case.bob}).content.decode()
    assert "ann made it “" in answer
    assert "Yours stays here until you save again." in answer
    assert (now(row, case.field), last_act()[0]) == (case.ann, "ann")
    again = form_with(answer, case.field)
    assert again[case.field] == case.bob, "what was typed is kept"
    assert bob.post(address, again).status_code == 302
    assert (now(row, case.field), last_act()) == (case.bob, ("bob", [case.field]))
    assert {name: now(row, name) for name in case.other} == case.other, "Bob's form followed in the others"


@each_form
def test_a_form_that_does_not_say_what_it_showed_is_shown_again(tabs: Tabs, case: Case) -> None:
    _, bob = tabs
    row = case.model._default_manager.all()[0]
    address = case.address.format(pk=row.pk)
    shown, before = opened(bob, address, case.field), now(row, case.field)
    bare = {name: text for name, text in shown.items() if not name.startswith("initial-")}
    answer = bob.post(address, bare | {case.field: case.bob}).content.decode()
    assert "The form was incomplete. Please look at it and save again." in answer
    assert now(row, case.field) == before
    assert bob.post(address, form_with(answer, case.field)).status_code == 302
    assert now(row, case.field) == case.bob
    assert "bob made it" in bob.post(address, shown | {f"initial-{case.field}": "x"}).content.decode()


def test_of_a_list_only_the_rows_that_were_changed_in_it_are_written(tabs: Tabs) -> None:
    ann, bob = tabs
    shown = opened(bob, RULES, "form-0-id") | {"_save": "Save"}
    first, second = (StatusRule.objects.get(pk=shown[f"form-{n}-id"]) for n in (0, 1))
    one, two = "form-0-days_to_follow_up", "form-1-days_to_follow_up"
    ann.post(RULES, shown | {one: "77"})
    assert bob.post(RULES, shown | {two: "88"}).status_code == 302
    assert (now(first, "days_to_follow_up"), now(second, "days_to_follow_up")) == ("77", "88")
    answer = bob.post(RULES, shown | {one: "55", two: "88"}).content.decode()
    assert answer.count("meanwhile.") == answer.count("ann made it “77” meanwhile.") == 1
    assert now(first, "days_to_follow_up") == "77"
    assert bob.post(RULES, form_with(answer, one) | {"_save": "Save"}).status_code == 302
    assert (now(first, "days_to_follow_up"), now(second, "days_to_follow_up")) == ("55", "88")


def test_of_the_list_of_words_too(tabs: Tabs) -> None:
    ann, bob = tabs
    shown = opened(bob, WORDS, "form-0-id") | {"_save": "Save"}
    rows = [MailTemplate.objects.get(pk=shown[f"form-{n}-id"]) for n in (0, 1)]
    for browser, name in ((ann, "form-0-enabled"), (bob, "form-1-enabled")):
        off: dict[str, Any] = {field: text for field, text in shown.items() if field != name}
        assert browser.post(WORDS, off).status_code == 302
    assert [now(row, "enabled") for row in rows] == ["False", "False"]
