"""The trail of accounts: sign-ins, and every change of what a person may do."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from people.listening import MOST_FAILURES
from people.models import AccountEvent, Invitation
from people.roles import Role, give
from tests.access.conftest import SignedIn

PASSWORD = "a long password"
Kind = AccountEvent.Kind


@pytest.fixture(autouse=True)
def _no_guesses_before() -> None:
    """Allauth counts in the cache of the process."""
    cache.clear()


@pytest.fixture
def tina(db: None) -> User:
    made = User.objects.create_user("tina", password=PASSWORD)
    give(made, Role.TECHNICIAN)
    AccountEvent.objects.all().delete()
    return made


def sign_in(client: Client, password: str, name: str = "tina", remember: str = "", **more: Any) -> Any:
    typed = {"login": name, "password": password, **({"remember": remember} if remember else {})}
    return client.post("/accounts/login/", typed, **more)


def trail() -> list[tuple[str, str, str, str]]:
    rows = AccountEvent.objects.order_by("id")
    return [(row.kind, row.name, row.text, row.by_name) for row in rows]


def test_signing_in_and_out_and_failing(client: Client, tina: User) -> None:
    sign_in(client, "wrong", REMOTE_ADDR="192.0.2.7")
    sign_in(client, PASSWORD, REMOTE_ADDR="192.0.2.8")
    client.post("/accounts/logout/")
    kinds = [(row.kind, row.name) for row in AccountEvent.objects.order_by("id")]
    assert kinds == [(Kind.FAILED, "tina"), (Kind.SIGNED_IN, "tina"), (Kind.SIGNED_OUT, "tina")]
    User.objects.filter(pk=tina.pk).update(is_active=False)
    sign_in(client, PASSWORD)
    assert AccountEvent.objects.filter(kind=Kind.FAILED, name="tina").count() == 2
    addresses = list(AccountEvent.objects.order_by("id").values_list("address", flat=True))
    assert addresses[:2] == ["192.0.2.7", "192.0.2.8"]


def test_an_admin_links_a_microsoft_account(client: Client, tina: User) -> None:
    client.force_login(User.objects.create_superuser("root"))
    AccountEvent.objects.all().delete()
    form = {"user": tina.pk, "provider": "microsoft", "uid": "id-of-olga", "extra_data": '["odd"]'}
    url = "/admin/socialaccount/socialaccount"
    assert client.post(f"{url}/add/", form).status_code == 302
    pk = SocialAccount.objects.get().pk
    assert client.post(f"{url}/{pk}/change/", form).status_code == 302  # which changes nothing
    assert client.post(f"{url}/{pk}/change/", {**form, "uid": "id-of-tina"}).status_code == 302
    assert client.post(f"{url}/{pk}/delete/", {"post": "yes"}).status_code == 302
    assert trail() == [
        (Kind.LINKED, "tina", "(id-of-olga)", "root"),
        (Kind.UNLINKED, "tina", "(id-of-olga)", "root"),
        (Kind.LINKED, "tina", "(id-of-tina)", "root"),
        (Kind.UNLINKED, "tina", "(id-of-tina)", "root"),
    ]


def test_no_password_is_written_down(client: Client, tina: User) -> None:
    sign_in(client, "guess-7f3a")
    tina.set_password("another long one")
    tina.save()
    assert (Kind.CHANGED, "tina", "password changed", "") in trail()
    told = " ".join(str(row.__dict__) for row in AccountEvent.objects.all())
    assert "guess-7f3a" not in told
    assert tina.password not in told


def test_a_name_that_is_guessed_at_has_to_wait(client: Client, tina: User) -> None:
    for _ in range(MOST_FAILURES):
        AccountEvent.objects.create(kind=Kind.FAILED, name="tina")  # as other processes saw them
    answer = sign_in(client, PASSWORD)
    assert "Too many failed login attempts" in answer.content.decode()
    assert client.get("/").status_code == 302
    AccountEvent.objects.filter(kind=Kind.FAILED).first().delete()  # type: ignore[union-attr]  # there are ten
    assert sign_in(client, PASSWORD).status_code == 302


def test_failures_before_a_success_do_not_count(client: Client, tina: User) -> None:
    for _ in range(MOST_FAILURES - 1):
        AccountEvent.objects.create(kind=Kind.FAILED, name="tina")
    AccountEvent.objects.create(kind=Kind.SIGNED_IN, name="tina")
    sign_in(client, "wrong")
    assert sign_in(client, PASSWORD).status_code == 302


def test_roles_given_and_taken(tina: User) -> None:
    give(tina, Role.OFFICE)
    assert trail() == [
        (Kind.ROLE_TAKEN, "tina", "Technician", ""),
        (Kind.ROLE_GIVEN, "tina", "Office", ""),
    ]


def test_from_the_side_of_the_group_and_by_clearing(tina: User) -> None:
    admins = Group.objects.get_or_create(name="Admin")[0]
    admins.user_set.add(tina)
    tina.groups.clear()
    told = {entry[:3] for entry in trail()}
    assert (Kind.ROLE_GIVEN, "tina", "Admin") in told
    assert {(Kind.ROLE_TAKEN, "tina", "Admin"), (Kind.ROLE_TAKEN, "tina", "Technician")} <= told


def test_an_account_that_changes_and_goes(tina: User) -> None:
    tina.is_superuser = True
    tina.save()
    tina.save()
    tina.delete()
    assert [(kind, text) for kind, _, text, _ in trail()] == [
        (Kind.CHANGED, "superuser: False → True"),
        (Kind.DELETED, ""),
    ]


def test_admin_tells_who_did_it_and_changes_no_trail(signed_in: SignedIn, tina: User) -> None:
    boss = signed_in("Admin")
    viewer = Group.objects.get_or_create(name="Viewer")[0]
    page = boss.get(f"/admin/auth/user/{tina.pk}/change/")
    form = page.context["adminform"].form
    typed = {name: form[name].value() for name in ("username", "first_name", "last_name", "email")}
    joined = {"date_joined_0": "2026-01-02", "date_joined_1": "03:04:05"}
    answer = boss.post(
        f"/admin/auth/user/{tina.pk}/change/", {**typed, **joined, "is_active": "on", "groups": [viewer.pk]}
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert (Kind.ROLE_GIVEN, "tina", "Viewer", "admin") in trail()
    entry = AccountEvent.objects.first()
    assert entry
    assert boss.get("/admin/people/accountevent/").status_code == 200
    assert boss.post(f"/admin/people/accountevent/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert boss.post(f"/admin/people/accountevent/{entry.pk}/change/", {"name": "x"}).status_code == 403
    assert signed_in("Office").get("/admin/people/accountevent/").status_code == 404


def test_invitations_made_changed_and_withdrawn(signed_in: SignedIn) -> None:
    boss = signed_in("Admin")
    AccountEvent.objects.all().delete()
    url = "/admin/people/invitation/"
    assert boss.post(f"{url}add/", {"email": "Una@Example.com", "role": 1}).status_code == 302
    one = Invitation.objects.get()
    assert boss.post(f"{url}{one.pk}/change/", {"email": one.email, "role": 4}).status_code == 302
    assert boss.post(f"{url}{one.pk}/change/", {"email": one.email, "role": 4}).status_code == 302
    boss.post(f"{url}{one.pk}/change/", {"email": "vera@example.com", "role": 4})
    one.refresh_from_db()
    assert one.email == "una@example.com", "whether it was used is true of that address alone"
    assert boss.post(f"{url}{one.pk}/delete/", {"post": "yes"}).status_code == 302
    assert trail() == [
        (Kind.INVITED, "una@example.com", "Viewer", "admin"),
        (Kind.REINVITED, "una@example.com", "una@example.com as Viewer → una@example.com as Admin", "admin"),
        (Kind.UNINVITED, "una@example.com", "Admin", "admin"),
    ]


def test_who_was_signed_in_for_the_time_that_is_set_is_asked_again(client: Client, tina: User) -> None:
    lasts = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    sign_in(client, PASSWORD, remember="on")
    with time_machine.travel(timezone.now() + lasts - timedelta(minutes=1)):
        assert client.get("/").status_code == 200
    with time_machine.travel(timezone.now() + lasts + timedelta(minutes=1)):
        assert client.get("/")["Location"].startswith("/accounts/login/")
