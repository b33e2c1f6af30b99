"""Views of the list: saved under a name, shared or not, and one that opens first."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from people.roles import Role
from repairs import saved_views
from repairs.errors import Refusal
from repairs.models import DefaultView, RepairOrder, SavedView
from tests.pages.conftest import person

pytestmark = pytest.mark.both_databases
ADDRESS = "sheet=Active&status=APPROVED&sort=-cost"


@pytest.fixture
def vera(db: None) -> User:
    return person("vera", Role.VIEWER)


@pytest.fixture
def browser(vera: User) -> Client:
    """Another person's browser."""
    other = Client()
    other.force_login(vera)
    return other


def save(site: Client, name: str = "Dear ones", **fields: Any) -> Any:
    return site.post("/views/", {"name": name, "list": f"{ADDRESS}&page=3&apply=1", **fields})


def test_a_list_is_saved_and_opened_again(site: Client, clerk: User, order: RepairOrder) -> None:
    answer = save(site)
    assert answer.headers["Location"] == f"/?{ADDRESS}"
    view = SavedView.objects.get()
    assert (view.owner, view.name, view.address, view.shared) == (clerk, "Dear ones", ADDRESS, False)
    assert (
        f'href="/?{ADDRESS.replace("&", "&amp;")}" aria-current="page">Dear ones'
        in site.get(f"/?{ADDRESS}").content.decode()
    )


def test_only_shared_views_are_seen_by_others(site: Client, browser: Client) -> None:
    save(site, "Mine")
    save(site, "Ours", shared="on")
    for page in ("/?sheet=All", "/views/"):
        text = browser.get(page).content.decode()
        assert ("Mine" in text, "Ours" in text, "hared by tom" in text) == (False, True, True)


def test_a_name_is_used_once_unless_it_is_replaced(site: Client, browser: Client) -> None:
    save(site)
    again = save(site, list="sheet=Paid")
    text = again.content.decode()
    assert (again.status_code, "already" in text, 'value="sheet=Paid"' in text) == (422, True, True)
    assert SavedView.objects.get().address == ADDRESS
    save(site, list="sheet=Paid", replace="1", shared="on")
    view = SavedView.objects.get()
    assert (view.address, view.shared) == ("sheet=Paid", True)
    assert save(browser).status_code == 302  # another's names are their own


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "  "}, "A view needs a name."),
        ({"name": "x" * 61}, "61 characters; at most 60 characters fit here"),
        ({"list": "status=GONE"}, "“GONE” is not a status"),
        ({"list": "q=" + "x" * 4000}, "too many filters"),
    ],
)
def test_what_can_not_be_saved_is_told_and_kept(site: Client, fields: dict[str, str], told: str) -> None:
    answer = site.post("/views/", {"name": "A name", "list": ADDRESS, **fields})
    text = answer.content.decode()
    assert (answer.status_code, told in text) == (422, True)
    assert f'name="name" value="{fields.get("name", "A name")}"' in text
    assert not SavedView.objects.exists()


def test_the_orders_open_with_the_default(site: Client, browser: Client) -> None:
    save(site, shared="on")
    view = SavedView.objects.get()
    for one in (site, browser):
        one.post(f"/views/{view.pk}/", {"act": "default"})
        assert one.get("/").headers["Location"] == f"/?{ADDRESS}"
        assert one.get("/?sheet=Active").status_code == 200
    save(site, "Another")
    site.post(f"/views/{SavedView.objects.get(name='Another').pk}/", {"act": "default"})
    assert DefaultView.objects.count() == 2  # one for each
    site.post(f"/views/{view.pk}/", {"act": "usual"})
    assert site.get("/").status_code == 200


def test_a_view_that_is_shared_no_more_opens_for_its_owner_alone(site: Client, browser: Client) -> None:
    save(site, shared="on")
    view = SavedView.objects.get()
    for one in (site, browser):
        one.post(f"/views/{view.pk}/", {"act": "default"})
    site.post(f"/views/{view.pk}/", {"act": "keep"})
    assert (site.get("/").status_code, browser.get("/").status_code) == (302, 200)
    assert browser.post(f"/views/{view.pk}/", {"act": "default"}).status_code == 404


@pytest.mark.parametrize("act", ["share", "keep", "delete", "burn"])
def test_anothers_view_stays_as_it_is(site: Client, browser: Client, act: str) -> None:
    save(site, shared="on")
    view = SavedView.objects.get()
    assert browser.post(f"/views/{view.pk}/", {"act": act}).status_code == 422
    view.refresh_from_db()
    assert view.shared


def test_a_deleted_view_is_gone_and_opens_nothing(site: Client) -> None:
    save(site)
    view = SavedView.objects.get()
    site.post(f"/views/{view.pk}/", {"act": "default"})
    site.post(f"/views/{view.pk}/", {"act": "delete"})
    assert not SavedView.objects.exists()
    assert site.get("/").status_code == 200


def test_a_default_is_a_view_that_its_person_sees(clerk: User, vera: User) -> None:
    view = saved_views.save(by=clerk, name="Mine", address=ADDRESS, shared=False)
    with pytest.raises(Refusal):
        saved_views.make_default(view, by=vera)
    assert saved_views.default_of(vera.pk) is None
