"""Who comes in by a sign-in with Microsoft, with which role, and who does not."""

import json
import logging
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from allauth.socialaccount.signals import pre_social_login
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from people import sealing
from people.listening import MOST_FAILURES
from people.models import AccountEvent, Invitation, MicrosoftSignIn
from people.roles import Role, give, role_of
from people.sessions import BEGAN
from repairs import orders, shops
from sync.graph.errors import NotNow
from sync.signed_in import AccountToken
from tests.sign_in.conftest import Tenant, at_microsoft, configure, everything_kept, sign_in

OLGA, TINA, GUEST, STRANGER = (
    *("olga@genthrust.example", "tina@genthrust.example"),
    *("guest@partner.example", "visitor@elsewhere.example"),
)

# What Microsoft sends to the door, and what the pages do.
SENT = (
    "code",
    "state",
    "error",
    "error_description",
    "error_codes",
    "next",
    "process",
    "scope",
    "prompt",
    "session_state",
)
ODD = (
    "",
    "x" * 6000,
    "\x00",
    "é💥\u202e",
    "login",
    "access_denied",
    "//elsewhere.example/",
    "[]",
    "-1",
    "9" * 5000,
)


def invite(email: str, role: Role) -> Invitation:
    return Invitation.objects.create(email=email, role=role.value)


def words(answer: Any) -> str:
    return str(answer.content.decode())


def test_an_invited_person_comes_in_and_no_token_stands_anywhere(
    tenant: Tenant, visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    invitation = invite(OLGA, Role.OFFICE)
    with caplog.at_level(logging.DEBUG):
        answer = sign_in(visitor, OLGA, next="/runs/")
    assert (answer.status_code, answer["Location"]) == (302, "/runs/")
    assert visitor.get("/runs/").status_code == 200
    olga = User.objects.get()
    assert (olga.username, olga.email, role_of(olga)) == ("olga", OLGA, Role.OFFICE)
    assert not olga.has_usable_password()
    invitation.refresh_from_db()
    assert invitation.used_at is not None
    code, access, refresh = tenant.tokens()
    row = MicrosoftSignIn.objects.get(person=olga)
    assert (sealing.unseal(row.sealed_access), sealing.unseal(row.sealed_refresh)) == (access, refresh)
    assert "Calendars.ReadWrite" in row.scopes.split()
    kept = everything_kept(visitor)
    assert olga.email in kept
    assert row.sealed_refresh in kept
    assert [text for text in (code, access, refresh) if text in kept] == []
    said = [
        told.getMessage() for told in caplog.records if not told.name.startswith("httpcore")
    ]  # the browser's own
    assert any("/me" in told for told in said)
    assert [text for text in (code, access, refresh) if text in "".join(said)] == []
    assert AccountEvent.objects.filter(kind="signed in", name="olga").exists()
    assert AccountEvent.objects.get(kind="invitation used", name=OLGA).text == "Office"
    sign_in(Client(), OLGA)
    assert User.objects.count() == 1


def test_nothing_that_allauth_might_put_into_a_session_holds_a_token(tenant: Tenant, visitor: Client) -> None:
    stashed: list[str] = []

    def listen(sociallogin: Any, **_: Any) -> None:
        stashed.append(json.dumps(sociallogin.serialize(), default=str))

    invite(OLGA, Role.VIEWER)
    pre_social_login.connect(listen)
    try:
        sign_in(visitor, OLGA)
    finally:
        pre_social_login.disconnect(listen)
    (whole,) = stashed
    assert OLGA in whole
    assert [text for text in tenant.tokens() if text in whole] == []


def test_who_may_enter_for_the_first_time(tenant: Tenant, settings: LazySettings) -> None:
    def comes_in(person: str) -> Role | None:
        visitor = Client()
        answer = sign_in(visitor, person)
        came = User.objects.filter(email=person).first()
        assert answer.status_code == (302 if came else 403)
        assert visitor.get("/").status_code in ((200,) if came else (302,))
        role = role_of(came) if came else None
        User.objects.all().delete()
        return role

    assert comes_in(OLGA) is None
    assert not MicrosoftSignIn.objects.exists()
    assert AccountEvent.objects.filter(
        kind="sign-in refused", name=OLGA, text__contains="not invited"
    ).exists()
    settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "DOMAINS", ["genthrust.example"]
    assert (comes_in(OLGA), comes_in(GUEST)) == (Role.VIEWER, None)
    settings.SIGN_UP, settings.SIGN_UP_ROLE = "TENANT", "TECHNICIAN"
    assert comes_in(GUEST) is Role.TECHNICIAN
    invite(GUEST, Role.OFFICE)
    assert comes_in(GUEST) is Role.OFFICE


def test_an_invitation_lets_in_once(tenant: Tenant, visitor: Client) -> None:
    """Neither an account that was deleted, nor one that was there before the invitation, comes back by it."""
    invite(OLGA, Role.ADMIN)
    assert sign_in(visitor, OLGA).status_code == 302
    invite(TINA, Role.ADMIN)
    give(User.objects.create_user("tina.b", email=TINA), Role.OFFICE)
    assert sign_in(Client(), TINA).status_code == 302
    assert role_of(User.objects.get(email=TINA)) == Role.OFFICE
    used = AccountEvent.objects.get(kind="invitation used", name=TINA)
    assert used.text == "Office, as before; invited as Admin"
    for address in (OLGA, TINA):
        User.objects.get(email=address).delete()
        refused = sign_in(Client(), address)
        assert (refused.status_code, "was used already" in words(refused)) == (403, True)
    assert not User.objects.exists()
    assert AccountEvent.objects.filter(
        kind="sign-in refused", name=OLGA, text__contains="used already"
    ).exists()
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss"))
    url = "/admin/people/invitation/"
    told = boss.post(f"{url}add/", {"email": OLGA.upper(), "role": Role.OFFICE.value})
    assert "“Invite again” lets its person in once more" in words(told)
    again = {"action": "invite_again", "_selected_action": [one.pk for one in Invitation.objects.all()]}
    User.objects.create_user("tina.c", email=TINA)
    told = boss.post(f"{url}add/", {"email": TINA.title(), "role": Role.OFFICE.value})
    assert "has an account already, and needs no invitation" in words(told)
    done = words(boss.post(url, again, follow=True))
    assert "olga@genthrust.example is invited again as Admin." in done
    assert "tina@genthrust.example has an account, and needs no invitation." in done
    assert "is invited already, and has not come yet" in words(boss.post(url, again, follow=True))
    entry = AccountEvent.objects.filter(kind="invited").order_by("pk").last()
    assert entry
    assert (entry.name, entry.text, entry.by_name) == (OLGA, "Admin, again", "boss")
    assert sign_in(Client(), OLGA).status_code == 302
    assert role_of(User.objects.get(email=OLGA)) == Role.ADMIN


def test_an_account_of_that_address_is_taken_over_once(tenant: Tenant, visitor: Client) -> None:
    olga = User.objects.create_user("olga.b", email=OLGA.title(), password="a long password")
    give(olga, Role.ADMIN)
    assert sign_in(visitor, OLGA).status_code == 302
    assert User.objects.get() == olga
    linked = AccountEvent.objects.get(kind="Microsoft linked")
    assert (linked.name, linked.text.split()[0].lower()) == ("olga.b", OLGA)
    assert visitor.get("/admin/").status_code == 200
    User.objects.filter(pk=olga.pk).update(email=TINA)  # the address goes to somebody else
    answer = sign_in(Client(), TINA)
    assert answer.status_code == 403
    assert "belongs to another Microsoft account" in words(answer)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    for _ in range(2):
        assert sign_in(Client(), OLGA)["Location"] == "/accounts/inactive/"
    failed = AccountEvent.objects.filter(kind="sign-in refused", name="olga.b")
    assert list(failed.values_list("text", flat=True)) == ["The account is switched off."] * 2
    User.objects.create_user("tina.b", email=TINA, is_active=False)
    User.objects.filter(pk=olga.pk).update(email=OLGA)
    assert sign_in(Client(), TINA)["Location"] == "/accounts/inactive/"
    assert AccountEvent.objects.filter(kind="sign-in refused", name="tina.b").exists()


def test_an_address_that_only_looks_alike_is_somebody_else(
    tenant: Tenant, visitor: Client, settings: LazySettings
) -> None:
    imposter = "olga@genthrúst.example"  # for the database's collation the same as hers
    give(User.objects.create_user("olga.b", email=OLGA), Role.ADMIN)
    invite(TINA, Role.OFFICE)
    assert sign_in(visitor, imposter).status_code == 403
    Invitation.objects.update(email=OLGA)
    assert sign_in(visitor, imposter).status_code == 403
    settings.SIGN_UP = "TENANT"
    sign_in(visitor, imposter)
    assert role_of(User.objects.get(username="olga")) == Role.VIEWER
    settings.GRAPH_ACT_AS = OLGA
    with pytest.raises(NotNow, match="has to sign in"):
        AccountToken(OLGA).token()


def test_switching_an_account_off_drops_its_tokens(tenant: Tenant, visitor: Client) -> None:
    invite(OLGA, Role.VIEWER)
    sign_in(visitor, OLGA)
    olga = User.objects.get()
    olga.is_active = False
    olga.save()
    assert not MicrosoftSignIn.objects.exists()
    assert AccountEvent.objects.get(kind="signed out").text == "Everywhere: the account was switched off."
    olga.is_active = True
    olga.save()
    assert visitor.get("/").status_code == 302, "a session of before does not come back to life"
    sign_in(visitor, OLGA)
    User.objects.filter(pk=olga.pk).update(is_active=False)  # past the program
    olga.save()
    assert visitor.get("/").status_code == 302


def test_a_session_ends_so_long_after_the_sign_in_whatever_is_done_in_it(
    tenant: Tenant, visitor: Client, settings: LazySettings
) -> None:
    settings.SESSION_COOKIE_AGE = 12 * 3600
    started = timezone.now()
    invite(OLGA, Role.OFFICE)
    sign_in(visitor, OLGA)
    order = orders.create(by=None, shop=shops.create(by=None, name="Aero Avionics"), part_number="A-1")

    def at(hours: float) -> Any:
        return time_machine.travel(started + timedelta(hours=hours))

    with at(10):
        noted = {"order": f"{order.number}-{order.version}", "act": "note", "text": "seen", "list": ""}
        assert visitor.post("/orders/bulk/", noted).status_code in (200, 302)
        order.refresh_from_db()
        assert order.notes == "seen", "an act that writes into the session"
    with at(11.5):
        assert visitor.get("/").status_code == 200
        assert visitor.post("/accounts/microsoft/login/").status_code == 302, "and never comes back"
    with at(12.5):
        assert visitor.get("/").status_code == 302
        sign_in(visitor, OLGA)
    with at(24):
        assert visitor.get("/").status_code == 200
        sign_in(visitor, OLGA)
    with at(35.5):
        assert visitor.get("/").status_code == 200, "a new sign-in in the same browser counts anew"
        before_it_was_written_down = visitor.session
        del before_it_was_written_down[BEGAN]
        before_it_was_written_down.save()
        assert visitor.get("/").status_code == 200
    with at(47):
        assert visitor.get("/").status_code == 200
        settings.SESSION_COOKIE_AGE = 3600
        assert visitor.get("/").status_code == 302, "a setting that was lowered holds at once"


def test_another_tenant_is_no_way_in(tenant: Tenant, visitor: Client, settings: LazySettings) -> None:
    settings.SIGN_UP = "TENANT"
    page = at_microsoft(visitor, person=STRANGER)
    assert (page.status_code, "AADSTS50020" in page.text) == (400, True)
    tenant.options(id_token_tenant="99999999-0000-4000-8000-000000000000")
    answer = sign_in(visitor, OLGA)
    assert (answer.status_code, "another organization" in words(answer)) == (401, True)
    entry = AccountEvent.objects.get(kind="sign-in refused")
    assert (entry.name, entry.text, entry.address) == (
        OLGA,
        "The ID token is of another tenant.",
        "127.0.0.1",
    )
    tenant.begin()
    settings.AZURE_TENANT_ID = "99999999-0000-4000-8000-000000000000"
    configure(settings)
    assert "AADSTS90002" in at_microsoft(visitor, person=OLGA).text
    assert not User.objects.exists()


def test_a_refusal_is_no_guess_at_the_password_of_that_name(
    tenant: Tenant, client: Client, settings: LazySettings
) -> None:
    """The people of another tenant may have any address there, also one of ours."""
    User.objects.create_superuser(OLGA, password="a long password")
    tenant.options(id_token_tenant="99999999-0000-4000-8000-000000000000")
    for _ in range(MOST_FAILURES):
        assert sign_in(Client(), OLGA).status_code == 401
    settings.LOCAL_ACCOUNTS, settings.SOCIALACCOUNT_ONLY = True, False
    assert client.post("/accounts/login/", {"login": OLGA, "password": "a long password"}).status_code == 302
    trail = words(client.get("/admin/people/accountevent/", {"kind__exact": "sign-in refused"}))
    assert trail.count("The ID token is of another tenant.") == MOST_FAILURES


def test_a_round_without_proof_is_no_way_in(tenant: Tenant, visitor: Client, settings: LazySettings) -> None:
    """PKCE: the code alone is worth nothing, and the tracker always sends its challenge and the word behind it."""
    settings.SIGN_UP = "TENANT"
    back = at_microsoft(visitor, person=OLGA).headers["location"].partition("testserver")[2]
    session = visitor.session
    ((state, *_),) = (kept for kept in session["socialaccount_states"].values())
    assert len(state["pkce_code_verifier"]) >= 43
    state["pkce_code_verifier"] = "z" * 43
    session.save()
    assert "AADSTS501481" in words(visitor.get(back))
    settings.SOCIALACCOUNT_PROVIDERS["microsoft"]["APPS"][0]["settings"]["oauth_pkce_enabled"] = False
    assert "AADSTS9002325" in words(sign_in(Client(), OLGA))
    assert not User.objects.exists()
    configure(settings)
    assert sign_in(Client(), OLGA).status_code == 302


def test_who_sets_out_too_often_has_to_wait(tenant: Tenant, visitor: Client) -> None:
    answers = {visitor.post("/accounts/microsoft/login/").status_code for _ in range(30)}
    refused = visitor.post("/accounts/microsoft/login/")
    assert (answers, refused.status_code) == ({302}, 429)
    assert 'class="door"' in words(refused)
    assert visitor.post("/accounts/microsoft/login/", REMOTE_ADDR="192.0.2.7").status_code == 302


def test_what_goes_wrong_at_microsoft_is_told(
    tenant: Tenant, visitor: Client, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SIGN_UP = "TENANT"
    answer = sign_in(visitor, OLGA, answer="cancel")
    assert (answer.status_code, "was cancelled" in words(answer)) == (401, True)
    assert "no-store" in answer["Cache-Control"]
    back = at_microsoft(visitor, person=OLGA).headers["location"].partition("testserver")[2]
    assert "could not sign you in" in words(Client().get(back)), "the round of another browser"
    assert visitor.get(back).status_code == 302
    assert "could not sign you in" in words(Client().get(back)), "a second time"
    settings.SIGN_IN_CLIENT_SECRET = "a wrong one"
    configure(settings)
    answer = sign_in(Client(), OLGA)
    assert "AADSTS7000215" in words(answer)
    assert "a wrong one" not in words(answer) + caplog.text
    assert "AADSTS7000215" in caplog.text


def test_a_person_is_asked_to_agree_where_the_admin_did_not(
    tenant: Tenant, visitor: Client, settings: LazySettings
) -> None:
    settings.SIGN_UP = "TENANT"
    tenant.options(asks_consent=True)
    page = at_microsoft(visitor, person=OLGA)
    assert "Permissions requested" in page.text
    assert "Tasks.ReadWrite" in page.text
    assert sign_in(visitor, OLGA, answer="accept").status_code == 302
    assert sign_in(Client(), OLGA).status_code == 302


def test_local_accounts_only_where_they_are_switched_on(
    tenant: Tenant, client: Client, settings: LazySettings
) -> None:
    User.objects.create_superuser("boss", password="a long password")
    typed = {"login": "boss", "password": "a long password"}
    page = words(client.get("/accounts/login/?next=/runs/"))
    assert "Sign in with Microsoft" in page
    assert 'name="password"' not in page
    assert 'name="next" value="/runs/"' in page
    assert client.post("/accounts/login/", typed).status_code == 403
    assert not client.login(username="boss", password="a long password")
    client.force_login(User.objects.get())
    assert client.get("/accounts/password/change/").status_code == 404
    client.logout()
    settings.LOCAL_ACCOUNTS, settings.SOCIALACCOUNT_ONLY = True, False
    assert 'name="password"' in words(client.get("/accounts/login/"))
    assert client.post("/accounts/login/", typed).status_code == 302
    settings.MICROSOFT_SIGN_IN = False
    client.logout()
    assert "Microsoft" not in words(client.get("/accounts/login/"))
    assert client.post("/accounts/microsoft/login/").status_code == 404
    assert client.get("/accounts/microsoft/login/callback/?code=x&state=y").status_code == 404


@pytest.mark.hypothesis
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    path=st.sampled_from(["/accounts/microsoft/login/", "/accounts/microsoft/login/callback/"]),
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE"]),
    sent=st.dictionaries(st.sampled_from(SENT), st.sampled_from(ODD) | st.text(max_size=12), max_size=5),
)
def test_nothing_that_a_stranger_sends_breaks_the_doors(
    tenant: Tenant, path: str, method: str, sent: dict[str, str]
) -> None:
    visitor = Client(raise_request_exception=False)
    answer = visitor.generic(method, f"{path}?{urlencode(sent, errors='replace')}", content_type="text/plain")
    assert answer.status_code < 500
