"""Every page of the back office opens for the office, in as many statements for many rows."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from genthrust import access
from genthrust.gate import allows
from people.roles import Role
from repairs import orders, shops
from repairs.models import RepairOrder, Shop, StatusChange
from sync.models import Workbook
from tests.pages.busy import three_of_each
from tests.pages.conftest import MakeOrder, person
from tests.pages.of_admin import MODELS, OWN, address, pages_of


@pytest.fixture
def admin(client: Client, office: User) -> Client:
    client.force_login(office)
    return client


def is_ours(answer: Any, entry: str) -> bool:
    """Whether a page has a name of ours, and stands under one entry of the navigation."""
    (title,) = re.findall(r"<title>\s*(.+?)\s*</title>", answer.content.decode(), re.DOTALL)
    groups = answer.context["sidebar_navigation"]
    here = [item["link"] for group in groups for item in group["items"] if item["active"]]
    foreign = re.search(r"^Select |administration|Django", title)
    return title.endswith(" · Admin · GenThrust") and not foreign and here == [entry]


@pytest.mark.parametrize("role", [Role.OFFICE, pytest.param(Role.ADMIN, marks=pytest.mark.chaos)])
def test_every_list_and_every_form_open_to_whom_the_table_says(
    client: Client, may_write: Path, role: Role
) -> None:
    rita = person("rita", role)
    client.force_login(rita)
    three_of_each(rita, may_write)
    for model in MODELS:
        shown = allows(access.MODELS[model._meta.label_lower].read, rita)
        for page in [*pages_of(model), f"{address(model, 'changelist')}?q=38573"]:
            answer = client.get(page)
            assert answer.status_code == (200 if shown else 404), page
            assert not shown or is_ours(answer, address(model, "changelist")), page
        assert client.get(address(model, "add")).status_code in ((200, 403) if shown else (404,)), model
        assert model._default_manager.count() >= 3 or model is Workbook, model
        unnamed = (
            f"{address(model, 'change', model._default_manager.values_list('pk', flat=True)[0])}?_to_field="
        )
        assert client.get(unnamed).status_code == (200 if shown else 404), "no field is no error"
    for page in OWN:
        answer = client.get(page, headers={"HX-Request": "true"})
        assert answer.status_code == 200, page
        assert is_ours(answer, page), page


def test_the_first_page_opens_for_the_office_only(client: Client, office: User, technician: User) -> None:
    client.force_login(technician)
    assert client.get("/admin/", follow=True).status_code == 404
    client.force_login(office)
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("name", ["repairorder", "activity", "shop", "statuschange"])
def test_a_list_takes_as_many_statements_for_many_rows(
    admin: Client, make_order: MakeOrder, office: User, name: str
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as done:
            assert admin.get(f"/admin/repairs/{name}/").status_code == 200
        return len(done)

    def another(number: int) -> None:
        new = shops.create(by=office, name=f"Shop {number}")
        orders.edit(make_order(shop=new), by=office, changes={"notes": "seen", "terms": "COD"})

    another(1)
    statements()
    few = statements()
    for number in range(2, 12):
        another(number)
    assert statements() == few
    assert few <= 12


@pytest.mark.parametrize(
    "typed",
    [
        "set=nothing",
        "set=overdue",
        "sheet__exact=Nowhere",
        "status__exact=x",
        "shop__id__exact=x",
        "next_update_from=tomorrow",
        "next_update_from=2026-01-01&next_update_to=1",
        "estimated_cost_from=much",
        "q=%00",
        "o=99.-3",
        "p=999",
    ],
)
def test_an_odd_filter_breaks_nothing(admin: Client, order: RepairOrder, typed: str) -> None:
    assert admin.get(f"/admin/repairs/repairorder/?{typed}", follow=True).status_code == 200


def test_ranges_and_a_shop_that_is_found_by_typing_filter_a_list(
    admin: Client, make_order: MakeOrder, shop: Shop
) -> None:
    other = shops.create(by=None, name="Coastal Avionics")
    cheap = make_order(next_update="2026-03-01", estimated_cost=100)
    dear = make_order(next_update="2026-04-01", estimated_cost=900, shop=other)

    def found(**typed: str) -> set[RepairOrder]:
        return set(admin.get("/admin/repairs/repairorder/", typed).context["cl"].result_list)

    assert found(next_update_from="2026-03-02", next_update_to="2026-04-01") == {dear}
    assert found(next_update_to="2026-03-31") == {cheap}
    assert found(estimated_cost_from="100", estimated_cost_to="899.99") == {cheap}
    assert found(estimated_cost_from="900") == {dear}
    asked = {"app_label": "repairs", "model_name": "repairorder", "field_name": "shop", "term": "coast"}
    (hit,) = admin.get("/admin/autocomplete/", asked).json()["results"]
    assert hit["text"] == "Coastal Avionics"
    assert found(shop__id__exact=hit["id"]) == {dear}


@pytest.mark.parametrize("named", ["active", "overdue", "waiting-quote", "high-value", "due-this-week"])
def test_a_set_is_what_the_dashboard_counts(admin: Client, make_order: MakeOrder, named: str) -> None:
    make_order(next_update="2020-01-01", final_cost=20_000)
    late = make_order(next_update="2020-01-01")
    orders.change_status(late, by=None, to="WAITING QUOTE", next_update=None)
    make_order(estimated_cost=10_000)
    here = admin.get(f"/admin/repairs/repairorder/?set={named}").context["cl"].result_count
    there = admin.get(f"/?show={named}").context["page"].paginator.count
    assert here == there > 0


def test_the_search_is_the_dashboards(admin: Client, order: RepairOrder, make_order: MakeOrder) -> None:
    make_order(part_number="other")
    for typed in ("066500130101", "066-50013", order.label, "palmetto transponder"):
        found = admin.get("/admin/repairs/repairorder/", {"q": typed}).context["cl"].result_list
        assert order in found, typed


def test_only_the_back_office_may_make_functions_and_set_styles(admin: Client) -> None:
    here, there = (admin.get(page).headers["Content-Security-Policy"] for page in ("/admin/", "/"))
    assert "'unsafe-eval'" in here
    assert "script-src 'self' 'unsafe-eval'" in here.replace(";", "")
    assert "unsafe" not in there


@pytest.mark.parametrize(
    ("chosen", "told"), [("dark", 'class="dark"'), ("light", 'class="light"'), ("system", "theme()")]
)
def test_it_looks_as_the_person_chose_in_the_tracker(admin: Client, chosen: str, told: str) -> None:
    admin.cookies["theme"] = chosen
    assert told in admin.get("/admin/").content.decode()


def test_what_can_be_no_key_is_left_out_of_a_new_row(client: Client, office: User) -> None:
    client.force_login(office)
    answer = client.get("/admin/repairs/orderlink/add/?order=:&other=9999999999999999999999&kind=REPLACES")
    assert answer.status_code == 200


READ = (
    "/", "/orders/{number}/", "/orders/{number}/mail/", "/admin/repairs/repairorder/",
    "/admin/repairs/repairorder/{pk}/change/", "/admin/repairs/statuschange/", "/admin/repairs/statusrule/",
    "/admin/repairs/activity/", "/admin/repairs/fieldchange/", "/admin/notifications/followup/",
    "/admin/notifications/mailtemplate/",
)  # fmt: skip


def test_the_history_is_filtered_by_the_statuses_there_are_and_by_anything_else(
    admin: Client, order: RepairOrder
) -> None:
    for status in ("PAID", "ask Bob"):
        StatusChange.objects.create(order=order, to_status=status, by_name=f"to {status}.")
    with CaptureQueriesContext(connection) as done:
        page = admin.get("/admin/repairs/statuschange/").content.decode()
    assert [asked["sql"] for asked in done if "DISTINCT" in asked["sql"]] == []
    assert ("to PAID." in page, "to ask Bob." in page, "Anything else" in page) == (True, True, True)
    for wanted, shown in {"PAID": (True, False), "other": (False, True)}.items():
        page = admin.get(f"/admin/repairs/statuschange/?to={wanted}").content.decode()
        assert ("to PAID." in page, "to ask Bob." in page) == shown, wanted


def test_a_status_has_one_spelling_wherever_a_person_reads_it(admin: Client, make_order: MakeOrder) -> None:
    order = make_order()
    for status in ("WAITING QUOTE", "IN WORK", "TO SEND", "WAITING QUOTE"):
        orders.change_status(order, by=None, to=status)
    for page in READ:
        answer = admin.get(page.format(pk=order.pk, number=order.number))
        whole = re.sub(r"(?s)<(script|style|textarea)\b.*?</\1>", "", answer.content.decode())
        assert (answer.status_code, "Waiting quote" in strip_tags(whole)) == (200, True), page
        assert re.findall("WAITING QUOTE|IN WORK|TO SEND", strip_tags(whole)) == [], page
