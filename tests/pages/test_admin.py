"""The admin writes through the verbs, and says what they refuse."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from repairs import orders, shops
from repairs.forms import INCOMPLETE, SAY_IF_RETURNED, shown_values
from repairs.models import Activity, RepairOrder, Shop, StatusChange, StatusRule
from sync.marks import the_workbook
from sync.models import Replica, Run
from tests.pages.conftest import MakeOrder
from tests.support.browser_forms import send

LISTS = (
    "repairs/repairorder",
    "repairs/shop",
    "repairs/statusrule",
    "repairs/activity",
    "repairs/fieldchange",
    "repairs/statuschange",
    "repairs/ordernote",
    "sync/replica",
    "sync/workbook",
    "sync/run",
)
READ_ONLY = tuple(name for name in LISTS if name.split("/")[1] not in ("repairorder", "shop", "statusrule"))


@pytest.fixture
def admin(client: Client, office: User) -> Client:
    client.force_login(office)
    return client


def form_of(answer: Any) -> dict[str, Any]:
    """What the browser would send back from an admin page, unchanged."""
    form = answer.context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    data |= {
        form[n].html_initial_name: form[n].initial for n, f in form.fields.items() if f.show_hidden_initial
    }
    sets = [s.formset.management_form for s in answer.context["inline_admin_formsets"]]
    for management in sets:
        data |= {management.add_prefix(name): management[name].value() for name in management.fields}
    return {name: "" if value is None else str(value) for name, value in data.items()}


def change(admin: Client, order: RepairOrder, **typed: str) -> Any:
    url = f"/admin/repairs/repairorder/{order.pk}/change/"
    return admin.post(url, form_of(admin.get(url)) | typed)


@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens(admin: Client, order: RepairOrder, name: str) -> None:
    orders.add_note(order, by=None, text="a note")
    assert admin.get(f"/admin/{name}/").status_code == 200
    assert admin.get(f"/admin/{name}/?q=1").status_code == 200


@pytest.mark.parametrize("name", READ_ONLY)
def test_records_are_only_looked_at(admin: Client, name: str) -> None:
    assert admin.get(f"/admin/{name}/add/").status_code == 403


def test_a_form_is_as_high_as_its_text_and_a_line_break_of_the_workbook_stays(
    admin: Client, order: RepairOrder
) -> None:
    RepairOrder.objects.filter(pk=order.pk).update(terms="NET 30\nCOD")
    page = admin.get(f"/admin/repairs/repairorder/{order.pk}/change/").content.decode()
    lines = dict(re.findall(r'<textarea name="(\w+)"[^>]*? rows="(\d+)"', page))
    assert {name for name, rows in lines.items() if rows == "1"} == set(lines) - {"notes"}
    assert {"terms", "tracking_number", "notes"} <= set(lines)
    assert page.count("None yet.") == 4  # the order has changes of status and activity
    change(admin, order, tracking_number="1Z")
    order.refresh_from_db()
    assert (order.terms, order.tracking_number) == ("NET 30\nCOD", "1Z")


def test_a_list_in_which_nothing_is_left_says_so_in_plain_words(admin: Client, order: RepairOrder) -> None:
    page = admin.get("/admin/repairs/repairorder/?q=nowhere").content.decode()
    assert "No repair order matches the search and the filters." in page
    assert re.findall(r'tracking-tight">\s*(\w[\w ]*?)\s*</', page)[:2] == ["Orders", "Repair orders"]


def test_the_admin_has_the_same_sign_in(client: Client, technician: User) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.request["PATH_INFO"] == "/accounts/login/"
    client.force_login(technician)
    assert client.get("/admin/", follow=True).status_code == 404


def test_an_edit_is_recorded_and_marked_for_excel(admin: Client, order: RepairOrder, office: User) -> None:
    assert change(admin, order, terms="NET 30", final_cost="12.50").status_code == 302
    order.refresh_from_db()
    assert (order.terms, str(order.final_cost), order.version) == ("NET 30", "12.50", 2)
    entry = Activity.objects.filter(order=order, verb=Activity.Verb.EDITED).get()
    assert entry.by == office
    assert {c.field for c in entry.changes.all()} == {"terms", "final_cost"}
    assert Replica.objects.get(order=order).wanted_version == 2


@pytest.mark.parametrize(("field", "held"), [("final_cost", "12.50"), ("estimated_delivery", "2026-03-01")])
def test_a_mark_that_nobody_sees_empties_no_amount_and_no_day(
    admin: Client, order: RepairOrder, field: str, held: str
) -> None:
    orders.edit(order, by=None, changes={field: held})
    answer = change(admin, order, **{field: "\u200b"})
    assert "It holds nothing but marks that nobody sees." in answer.content.decode()
    order.refresh_from_db()
    assert str(getattr(order, field)) == held


def test_no_next_update_is_a_dash_and_no_day_of_the_year_9999(admin: Client, order: RepairOrder) -> None:
    orders.edit(order, by=None, changes={"next_update": None})
    listed = admin.get("/admin/repairs/repairorder/").content.decode()
    assert (order.label in listed, "9999" in listed) == (True, False)


def test_saving_without_a_change_writes_nothing(admin: Client, order: RepairOrder) -> None:
    change(admin, order)
    order.refresh_from_db()
    assert order.version == 1


def test_a_status_goes_through_its_verb(admin: Client, order: RepairOrder) -> None:
    change(admin, order, status="BER", unit_returned="yes")
    order.refresh_from_db()
    assert (order.status, order.sheet) == ("BER", "Returns")
    assert StatusChange.objects.filter(order=order, to_status="BER", unit_returned=True).exists()


def test_a_form_that_lacks_something_says_what_to_do(admin: Client, order: RepairOrder) -> None:
    for typed, told in (
        ({"expected_version": ""}, INCOMPLETE),
        ({"status": "BER", "unit_returned": "perhaps"}, SAY_IF_RETURNED),
    ):
        assert told in change(admin, order, **typed).content.decode()
    order.refresh_from_db()
    assert order.version == 1


def test_an_unusual_step_is_asked_about_once(admin: Client, order: RepairOrder) -> None:
    asked = change(admin, order, status="PAID", terms="NET 45")
    form = asked.context["adminform"].form
    assert "not the usual next step" in form.errors["status"][0]
    assert (form["terms"].value(), form["sure"].field.widget.is_hidden) == ("NET 45", False)
    order.refresh_from_db()
    assert order.version == 1
    answer = admin.post(asked.request["PATH_INFO"], form_of(asked) | {"sure": "on"})
    assert answer.status_code == 302
    order.refresh_from_db()
    assert (order.status, order.terms) == ("PAID", "NET 45")


def test_the_last_change_of_an_order_is_taken_back(admin: Client, order: RepairOrder, office: User) -> None:
    page = f"/admin/repairs/repairorder/{order.pk}/undo/"
    assert "There is nothing to take back" in admin.get(page).content.decode()
    orders.change_status(order, by=None, to="WAITING QUOTE")
    act = admin.get(page).context["act"]
    orders.edit(order, by=None, changes={"terms": "COD"})
    late = admin.post(page, {"act": act.pk}, follow=True)
    assert "not the last change" in late.content.decode()
    last = admin.get(page).context["act"]
    assert "taken back" in admin.post(page, {"act": last.pk}, follow=True).content.decode()
    order.refresh_from_db()
    assert (order.status, order.terms) == ("WAITING QUOTE", "")
    assert order.activity.latest("pk").by == office
    assert "not the last change" in admin.post(page, {"act": "x"}, follow=True).content.decode()


def test_two_entries_of_a_shop_are_merged(admin: Client, order: RepairOrder, shop: Shop) -> None:
    other = shops.create(by=None, name="Palmetto Landing Gears")
    page = f"/admin/repairs/shop/{shop.pk}/merge/"
    assert "1" in admin.get(page).content.decode()
    assert "Please choose the other shop." in admin.post(page, {"into": ""}).content.decode()
    assert "Please choose the other shop." in admin.post(page, {"into": shop.pk}).content.decode()
    asked = admin.post(page, {"into": other.pk}).content.decode()
    assert "Palmetto Landing Gear</b> with 1 order, becomes part of <b>Palmetto Landing Gears</b>" in asked
    assert Shop.objects.filter(pk=shop.pk).exists()
    sent = dict(re.findall(r'<input type="hidden" name="(into|sure)" value="(\w+)"', asked))
    answer = admin.post(page, sent, follow=True).content.decode()
    assert "Palmetto Landing Gear is part of Palmetto Landing Gears now." in answer
    order.refresh_from_db()
    assert order.shop == other
    assert admin.get(page).status_code == 404


def test_a_sheet_goes_through_its_verb(admin: Client, order: RepairOrder) -> None:
    change(admin, order, sheet="Paid")
    assert Activity.objects.filter(order=order, verb=Activity.Verb.MOVED).exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"status": ""},
        {"part_number": ""},
        {"notes": "a\x0bb"},
        {"date_made": "1066-10-14"},
        {"final_cost": "-1"},
    ],
)
def test_what_a_verb_refuses_is_shown_in_the_form(
    admin: Client, order: RepairOrder, typed: dict[str, str]
) -> None:
    answer = change(admin, order, **typed)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    order.refresh_from_db()
    assert order.version == 1


@pytest.mark.parametrize("typed", ["1,234.5", "$1,234.50", "1E5", "12.345", "-1", ""])
def test_money_is_read_as_on_the_pages(admin: Client, make_order: MakeOrder, typed: str) -> None:
    by_admin, by_page = make_order(final_cost=7), make_order(final_cost=7)
    change(admin, by_admin, final_cost=typed)
    admin.post(f"/orders/{by_page.number}/", {**shown_values(by_page), "final_cost": typed})
    costs = {RepairOrder.objects.get(pk=order.pk).final_cost for order in (by_admin, by_page)}
    assert len(costs) == 1


@pytest.mark.parametrize("sent", ["2026-11-24", "9" * 5000, "²", "-1", ""])
def test_a_shop_that_can_be_none_is_refused_in_words(admin: Client, order: RepairOrder, sent: str) -> None:
    answer = change(admin, order, shop=sent)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"shop"}


def test_an_amount_with_commas_is_one(admin: Client, order: RepairOrder) -> None:
    assert change(admin, order, final_cost="1,234.5").status_code == 302
    order.refresh_from_db()
    assert order.final_cost == Decimal("1234.50")
    address = f"/admin/repairs/repairorder/{order.pk}/change/"
    assert 'value="1,234.50"' in admin.get(address).content.decode()


def test_a_date_is_read_as_on_the_pages(admin: Client, order: RepairOrder) -> None:
    assert change(admin, order, date_made="11/24/2025").status_code == 302
    order.refresh_from_db()
    assert order.date_made == date(2025, 11, 24)
    change(admin, order, date_made="Nov 24, 2025")
    order.refresh_from_db()
    assert order.version == 2


@pytest.mark.parametrize("version", ["", "0", "-1", "99", "x"])
def test_a_version_that_was_tampered_with_saves_nothing(
    admin: Client, order: RepairOrder, version: str
) -> None:
    answer = change(admin, order, notes="mine", expected_version=version)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    order.refresh_from_db()
    assert order.version == 1


def test_a_conflict_is_told_and_nothing_is_overwritten(admin: Client, order: RepairOrder) -> None:
    url = f"/admin/repairs/repairorder/{order.pk}/change/"
    opened = form_of(admin.get(url))
    orders.edit(order, by=None, changes={"notes": "theirs"})
    answer = admin.post(url, opened | {"notes": "mine"})
    assert "changed by somebody else" in answer.content.decode()
    order.refresh_from_db()
    assert order.notes == "theirs"


def test_creating(admin: Client, shop: Shop, office: User) -> None:
    url = "/admin/repairs/repairorder/add/"
    answer = admin.post(url, form_of(admin.get(url)) | {"shop": str(shop.pk), "part_number": "A-1"})
    assert answer.status_code == 302
    made = RepairOrder.objects.get()
    assert (made.status, made.part_number) == ("TO SEND", "A-1")
    assert Activity.objects.get(order=made).by == office


def test_nothing_is_deleted(admin: Client, order: RepairOrder, shop: Shop) -> None:
    assert admin.post(f"/admin/repairs/repairorder/{order.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.post(f"/admin/repairs/shop/{shop.pk}/delete/", {"post": "yes"}).status_code == 403
    picked = {"action": "delete_selected", "_selected_action": [order.pk], "post": "yes"}
    admin.post("/admin/repairs/repairorder/", picked)
    assert RepairOrder.objects.filter(pk=order.pk).exists()


def test_a_shop_is_edited_and_its_name_stays_its_own(admin: Client, shop: Shop) -> None:
    url = f"/admin/repairs/shop/{shop.pk}/change/"
    admin.post(url, form_of(admin.get(url)) | {"email": "quotes@shop.example"})
    shop.refresh_from_db()
    assert shop.email == "quotes@shop.example"
    add = "/admin/repairs/shop/add/"
    answer = admin.post(add, form_of(admin.get(add)) | {"name": " palmetto  LANDING gear"})
    assert "This name is taken." in answer.content.decode()
    admin.post(add, form_of(admin.get(add)) | {"name": "Nimbus Oxygen"})
    assert Shop.objects.get(name="Nimbus Oxygen").key


@pytest.mark.parametrize("where", ["add", "{pk}/change"])
@pytest.mark.parametrize(
    ("field", "typed"), [("email", "no address"), ("name", "NIMBUS  oxygen"), ("phone", "a\x0bb")]
)
def test_what_the_verb_of_a_shop_refuses_leaves_the_form_whole(
    admin: Client, shop: Shop, where: str, field: str, typed: str
) -> None:
    shops.create(by=None, name="Nimbus Oxygen")
    url = f"/admin/repairs/shop/{where.format(pk=shop.pk)}/"
    answer = admin.post(url, form_of(admin.get(url)) | {"name": "A", "city": "Miami", field: typed})
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert list(form.errors) == [field]
    assert (form["city"].value(), form[field].value()) == ("Miami", typed)
    assert not Shop.objects.filter(city="Miami").exists()


def test_the_office_edits_the_days_and_the_record_tells_who(admin: Client, office: User) -> None:
    rule = StatusRule.objects.get(status="APPROVED")
    page = f"/admin/repairs/statusrule/{rule.pk}/change/"
    for _ in range(2):  # the second time nothing changes
        send(admin, page, {"days_to_follow_up": "14"})
    rule.refresh_from_db()
    assert rule.days_to_follow_up == 14
    listed = StatusRule.objects.exclude(pk=rule.pk).first()
    assert listed is not None
    place = list(StatusRule.objects.all()).index(listed)
    send(admin, "/admin/repairs/statusrule/", {f"form-{place}-days_to_follow_up": "99", "_save": "Save"})
    acts = Activity.objects.filter(verb=Activity.Verb.RULE).order_by("pk")
    told = [(a.by, a.text, c.field, c.old, c.new) for a in acts for c in a.changes.all()]
    assert told == [
        (office, "Rule for “Approved”", "days_to_follow_up", "10", "14"),
        (office, f"Rule for “{listed}”", "days_to_follow_up", str(listed.days_to_follow_up), "99"),
    ]
    assert "Rule for “Approved”" in admin.get("/admin/repairs/activity/").content.decode()


@pytest.mark.parametrize("days", ["366", "99999", "9999999", "-1"])
def test_days_beyond_a_year_are_refused_with_a_sentence(admin: Client, db: None, days: str) -> None:
    rule, _ = StatusRule.objects.get_or_create(status="APPROVED", defaults={"position": 2})
    answer = send(admin, f"/admin/repairs/statusrule/{rule.pk}/change/", {"days_to_follow_up": days})
    assert answer.context["adminform"].form.errors["days_to_follow_up"]
    assert StatusRule.objects.get(pk=rule.pk).days_to_follow_up == rule.days_to_follow_up


def test_runs_are_tried_again_and_canceled(admin: Client, db: None) -> None:
    run = Run.objects.create(kind="check", workbook=the_workbook(), state="queued", due_at=timezone.now())
    for act, told in (("cancel_runs", "done"), ("cancel_runs", "ended already"), ("retry_runs", "done")):
        answer = admin.post("/admin/sync/run/", {"action": act, "_selected_action": [run.pk]}, follow=True)
        assert told in answer.content.decode()
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert Run.objects.filter(state=Run.State.QUEUED).count() == 1
