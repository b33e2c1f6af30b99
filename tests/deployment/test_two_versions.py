"""Web processes of the first version and of ours behind one address: who works with a page meets both."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import httpx
import pytest
from django.contrib.auth.models import User

from people.roles import Role, give
from repairs import orders, shops
from repairs.models import RepairOrder
from tests.deployment.running import started
from tests.deployment.test_slow_clients import HOST, cookies_of
from tests.operations.test_rolling_update import first_version
from tests.support.browser_forms import Fields, form_with

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
PAGES = ("/", "/feed/", "/shops/", "/inventory/", "/runs/", "/queue/", "/palette/", "/orders/new/", "/admin/",
         "/admin/repairs/repairorder/")  # fmt: skip


@pytest.fixture
def person() -> User:
    made = User.objects.create_user("olga", is_staff=True)
    give(made, Role.OFFICE)
    return made


@pytest.fixture
def both(person: User, deployment: dict[str, str], tmp_path: Path) -> Iterator[tuple[httpx.Client, ...]]:
    """The old and the new process, as the same browser meets them."""
    old = first_version(tmp_path / "old")
    env = {name: value for name, value in deployment.items() if name != "PYTHONPATH"}
    headers = {**cookies_of(person), "Host": HOST, "X-Forwarded-Proto": "https"}
    del headers["HX-Request"]
    with (
        started("web", env, tmp_path / "old", tree=old) as (_, old_port, _),
        started("web", env, tmp_path) as (_, new_port, _),
        httpx.Client(base_url=f"http://127.0.0.1:{old_port}", headers=headers, trust_env=False) as older,
        httpx.Client(base_url=f"http://127.0.0.1:{new_port}", headers=headers, trust_env=False) as newer,
    ):
        for one in (older, newer):
            one.timeout = 60
        yield older, newer


def test_a_page_of_the_one_is_answered_by_the_other(
    both: tuple[httpx.Client, httpx.Client], person: User
) -> None:
    shop = shops.create(by=person, name="Coral Bay Aero", email="")
    order = orders.create(by=person, shop=shop, part_number="1-2")
    place = f"/orders/{order.number}/"
    assert ["form_key" in one.get("/orders/new/").text for one in both] == [False, True], "one of them is old"
    for one, page in product(both, (*PAGES, place)):
        assert one.get(page).status_code == 200, page

    older, newer = both
    turns = ((older, newer, "WAITING QUOTE"), (newer, older, "APPROVED"))
    for opened_by, sent_to, status in turns:
        text = f"ON THE WAY TO {status}"
        fields = form_of(opened_by, place, "notes")
        answer = sent_to.post(f"{place}field/", data=fields | {"field": "notes", "value": text})
        assert answer.status_code == 302, answer.text
        step = form_of(opened_by, place, "notes") | {"status": status}
        assert sent_to.post(f"{place}status/", data=step).status_code == 302
        order.refresh_from_db()
        assert (order.notes, order.status) == (text, status)

        typed = {"shop": str(shop.pk), "part_number": text}
        answer = sent_to.post("/orders/new/", data=form_of(opened_by, "/orders/new/", "part_number") | typed)
        assert answer.status_code == 302, answer.text
        assert RepairOrder.objects.filter(part_number=text).count() == 1

    stale = form_of(older, place, "notes") | {"field": "notes", "value": "lost?"}
    orders.edit(order, by=None, changes={"notes": "somebody else's"})
    refused = newer.post(f"{place}field/", data=stale)
    assert (refused.status_code, "somebody else's" in refused.text) == (409, True)


def form_of(web: httpx.Client, page: str, field: str) -> Fields:
    return form_with(web.get(page).text, field)
