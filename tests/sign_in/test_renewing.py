"""Tokens are renewed in time, by one worker at a time, and end with a calm word when Microsoft wants the person."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client, override_settings
from django.utils import timezone

from genthrust.doctor import Verdict
from people import doctor as people_doctor
from people import sealing
from people.models import AccountEvent, MicrosoftSignIn
from people.roles import Role, give
from sync import doctor
from sync.graph.errors import NeedsPerson, NotNow, OutcomeUnknown
from sync.graph.renewing import SignInEnded
from sync.signed_in import AccountToken, PersonToken, connection_of
from tests.sign_in.conftest import Tenant, at_microsoft, everything_kept, sign_in
from tests.support.server_processes import free_port

OLGA = "olga@genthrust.example"


@pytest.fixture
def olga(tenant: Tenant, settings: LazySettings, visitor: Client) -> User:
    """Somebody who has just signed in."""
    settings.SIGN_UP = "TENANT"
    sign_in(visitor, OLGA)
    tenant.forget()
    olga = User.objects.get(email=OLGA)
    give(olga, Role.ADMIN)
    return olga


def nearly_over() -> None:
    """As if the access token had four minutes left."""
    MicrosoftSignIn.objects.update(access_until=timezone.now() + dt.timedelta(minutes=4))


def row() -> MicrosoftSignIn:
    return MicrosoftSignIn.objects.get()


def test_a_token_is_renewed_before_its_end_and_the_newest_is_kept(
    olga: User, tenant: Tenant, visitor: Client
) -> None:
    tenant.options(old_refresh_tokens="refused")
    first = PersonToken(olga.pk).token()
    assert (PersonToken(olga.pk).token(), tenant.refreshes()) == (first, 0)
    seen = [first]
    for turn in (1, 2):
        nearly_over()
        seen.append(PersonToken(olga.pk).token())
        assert tenant.refreshes() == turn
    assert len(set(seen)) == 3
    assert row().refreshed_at is not None
    assert connection_of(olga).request("GET", "/me").body["mail"] == OLGA  # type: ignore[index]  # it has one
    given_out = tenant.tokens()
    assert len(given_out) == 7
    kept = everything_kept(visitor)
    assert [text for text in given_out if text in kept] == []


def test_a_demand_for_fresh_claims_is_met_once(olga: User, tenant: Tenant) -> None:
    tenant.fault({"kind": "claims_challenge"}, {"path_regex": "/me"})
    before = PersonToken(olga.pk).token()
    assert connection_of(olga).request("GET", "/me").status == 200
    assert tenant.refreshes() == 1
    assert PersonToken(olga.pk).token() != before


@pytest.mark.parametrize(
    ("act", "because"),
    [
        ("withdraw_consent", "invalid_grant AADSTS65001"),
        ("ask_again", "interaction_required AADSTS50076"),
    ],
)
def test_when_microsoft_wants_the_person_the_tokens_go_and_a_banner_comes(
    olga: User, tenant: Tenant, visitor: Client, act: str, because: str
) -> None:
    assert "Reconnect Microsoft" not in visitor.get("/").content.decode()
    tenant.act(act, OLGA)
    nearly_over()
    for _ in range(2):
        with pytest.raises(SignInEnded, match="Microsoft asks olga to sign in again"):
            connection_of(olga).request("GET", "/me/events")
    assert tenant.refreshes() == 1, "Microsoft is not asked again and again"
    assert (row().sealed_access, row().sealed_refresh, row().lost_because) == ("", "", because)
    assert not AccountEvent.objects.filter(kind="signed out").exists()
    for page in ("/", "/runs/", "/orders/99999/", "/admin/", "/admin/auth/user/add/"):
        shown = visitor.get(page).content.decode()
        assert "Reconnect Microsoft" in shown
        assert "/accounts/microsoft/login/?auth_params=login_hint%3Dolga%2540genthrust.example" in shown
    tenant.options(asks_consent=False)
    sign_in(visitor, OLGA, next="/runs/")
    assert row().lost_at is None
    assert "Reconnect Microsoft" not in visitor.get("/").content.decode()
    assert connection_of(olga).request("GET", "/me/events").status == 200


@pytest.mark.parametrize(
    ("act", "number", "told"),
    [
        ("revoke", 50173, "an admin or the person revoked the sessions"),
        ("disable", 50057, "is disabled"),
        ("delete", 500341, "is not there at Microsoft any more"),
        ("unassign", 50105, "Microsoft refuses the account"),
    ],
)
def test_whose_account_or_sessions_ended_at_microsoft_is_signed_out_here(
    olga: User, tenant: Tenant, visitor: Client, act: str, number: int, told: str
) -> None:
    phone, other = Client(), Client()
    sign_in(phone, OLGA)
    other.force_login(User.objects.create_superuser("boss"))
    tenant.act(act, OLGA)
    assert visitor.get("/").status_code == 200, "nobody has asked Microsoft yet"
    nearly_over()
    for _ in range(2):
        with pytest.raises(SignInEnded, match="Microsoft asks olga to sign in again"):
            connection_of(olga).request("GET", "/me/events")
    assert (row().sealed_refresh, row().lost_because) == ("", f"invalid_grant AADSTS{number}")
    pages = [browser.get("/").status_code for browser in (visitor, phone, other)]
    assert pages == [302, 302, 200]
    (entry,) = AccountEvent.objects.filter(kind="signed out")
    assert (entry.name, entry.by_name) == ("olga", "")
    assert entry.text.startswith("Everywhere: ")
    assert told in entry.text
    assert str(number) in entry.text
    if act != "revoke":
        assert f"AADSTS{number}" in at_microsoft(visitor, person=OLGA).text
    else:
        sign_in(visitor, OLGA)
        assert visitor.get("/").status_code == 200
        assert connection_of(olga).request("GET", "/me/events").status == 200


def test_what_is_not_the_persons_fault_loses_nothing(
    olga: User, tenant: Tenant, settings: LazySettings
) -> None:
    token = {"path_regex": "/oauth2/v2.0/token"}
    for fault in ({"kind": "status", "status": 503}, {"kind": "drop"}):
        nearly_over()
        tenant.fault(fault, token)
        with pytest.raises(OutcomeUnknown, match="could not be reached"):
            PersonToken(olga.pk).token()
    right, settings.SIGN_IN_CLIENT_SECRET = settings.SIGN_IN_CLIENT_SECRET, "run out"
    with pytest.raises(NeedsPerson, match="SIGN_IN_") as refused:
        PersonToken(olga.pk).token()
    assert not isinstance(refused.value, SignInEnded)
    settings.SIGN_IN_CLIENT_SECRET = right
    assert PersonToken(olga.pk).token()
    User.objects.filter(pk=olga.pk).update(is_active=False)
    with pytest.raises(SignInEnded):
        PersonToken(olga.pk).token()
    User.objects.filter(pk=olga.pk).update(is_active=True)


def test_a_process_with_other_keys_waits_and_destroys_nothing(
    olga: User, tenant: Tenant, settings: LazySettings, visitor: Client
) -> None:
    right, settings.TOKEN_KEYS = settings.TOKEN_KEYS, ["A" * 43 + "="]
    settings.GRAPH_ACT_AS = OLGA
    for token in (PersonToken(olga.pk), AccountToken(OLGA)):
        for ask in ({}, {"claims": "{}"}):
            with pytest.raises(NotNow, match="No key in TOKEN_KEYS opens the sign-in of olga@genthrust"):
                token.token(**ask)
    (told,) = (finding.told for finding in people_doctor.sign_in() if finding.verdict == Verdict.MEND)
    assert "opens the tokens of olga." in told
    assert "Reconnect Microsoft" not in visitor.get("/").content.decode()
    settings.TOKEN_KEYS = right
    tenant.forget()
    assert connection_of(olga).request("GET", "/me/events").status == 200
    nearly_over()
    assert AccountToken(OLGA).token()
    assert tenant.refreshes() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_renew_at_the_same_moment_and_one_asks(
    transactional_db: None, tenant: Tenant, settings: LazySettings
) -> None:
    settings.SIGN_UP = "TENANT"
    sign_in(Client(), OLGA)
    olga = User.objects.get(email=OLGA)
    tenant.options(old_refresh_tokens="refused")
    tenant.fault({"kind": "delay", "seconds": 0.5}, {"path_regex": "/oauth2/v2.0/token"}, times=None)
    nearly_over()
    tenant.forget()
    together = threading.Barrier(2)

    def worker() -> str:
        together.wait()
        try:
            return PersonToken(olga.pk).token()
        finally:
            database.close()

    with ThreadPoolExecutor(2) as workers:
        first, second = (workers.submit(worker) for _ in range(2))
        tokens = {first.result(), second.result()}
    assert len(tokens) == tenant.refreshes() == 1
    assert tokens == {sealing.unseal(row().sealed_access)}
    assert row().lost_at is None


def test_the_doctor_tries_the_secret_of_the_app_that_people_sign_in_to(
    tenant: Tenant, settings: LazySettings
) -> None:
    """It may be another app than the program's own, so no flush ever shows that its secret has run out."""
    settings.AZURE_CLIENT_ID, settings.AZURE_CLIENT_SECRET = "another-app", "another-secret"

    def found() -> tuple[Verdict, str]:
        (finding,) = doctor.sign_in_app()
        return finding.verdict, finding.told

    assert found()[0] == Verdict.OK
    for changed, number in (
        ({"SIGN_IN_CLIENT_SECRET": "has-run-out"}, "AADSTS7000215"),
        ({"SIGN_IN_CLIENT_ID": "no-such-app"}, "AADSTS700016"),
        ({"MICROSOFT_LOGIN_URL": f"http://127.0.0.1:{free_port()}"}, "could not be reached"),
    ):
        with override_settings(**changed):
            verdict, told = found()
        assert verdict == Verdict.MEND
        assert number in told
        assert "has-run-out" not in told
    settings.MICROSOFT_SIGN_IN = False
    assert list(doctor.sign_in_app()) == []
