"""The keys that seal tokens, the last admin, and the first one."""

import io
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.contrib.auth.models import Group, User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from genthrust.doctor import Verdict
from genthrust.env import Environment
from genthrust.sign_in_settings import trouble
from people import doctor, microsoft, sealing
from people.microsoft import Grant
from people.models import Invitation, MicrosoftSignIn
from people.roles import Role, give, role_of
from sync.emulator.options import Options


def person(name: str, role: Role | None = None) -> User:
    made = User.objects.create_user(name, email=f"{name}@genthrust.example")
    give(made, role)
    return made


def command(*words: str) -> str:
    said = io.StringIO()
    call_command(*words, stdout=said)
    return said.getvalue()


def test_keys_are_changed_without_a_new_sign_in(db: None, settings: LazySettings) -> None:
    old, new, lost = (Fernet.generate_key().decode() for _ in range(3))
    grant = Grant(access="access", refresh="refresh", until=timezone.now(), scopes="User.Read")
    settings.TOKEN_KEYS = [old]
    row = microsoft.keep(person("olga"), grant, address="olga@genthrust.example")
    settings.TOKEN_KEYS = [new]
    with pytest.raises(CommandError, match="No key in TOKEN_KEYS opens 1 more"):
        command("reseal_tokens")
    settings.TOKEN_KEYS = [lost]
    microsoft.keep(person("tom"), grant, address="tom@genthrust.example")
    settings.TOKEN_KEYS = [new, old]
    assert sealing.unseal(row.sealed_refresh) == "refresh", "the one key too few destroyed nothing"
    said = io.StringIO()
    with pytest.raises(CommandError, match="opens 1 more; they stay as they are"):
        call_command("reseal_tokens", stdout=said)
    assert "anew: 1." in said.getvalue()
    settings.TOKEN_KEYS = [new]
    row.refresh_from_db()
    assert (sealing.unseal(row.sealed_access), sealing.unseal(row.sealed_refresh)) == ("access", "refresh")
    toms = MicrosoftSignIn.objects.get(person__username="tom")
    assert (bool(toms.sealed_refresh), toms.lost_at) == (True, None)
    assert "because no key opens them: 1." in command("reseal_tokens", "--drop-unreadable")
    toms.refresh_from_db()
    assert (toms.sealed_refresh, toms.lost_because) == ("", microsoft.UNREADABLE)
    settings.TOKEN_KEYS = [old]
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(row.sealed_refresh)


def test_the_doctor_tells_of_keys_and_of_sign_ins_that_ended(db: None, settings: LazySettings) -> None:
    told = {finding.verdict: finding.told for finding in doctor.sign_in()}
    assert list(told) == ["note"]
    assert "first_admin" in told[Verdict.NOTE]
    person("boss", Role.ADMIN)
    assert list(doctor.sign_in()) == []
    settings.MICROSOFT_SIGN_IN = True
    grant = Grant(access="access", refresh="refresh", until=timezone.now(), scopes="User.Read")
    for name in ("ann", "bea"):
        microsoft.keep(person(name), grant, address=f"{name}@genthrust.example")
    assert [finding.verdict for finding in doctor.sign_in()] == [Verdict.OK]
    microsoft.lose(MicrosoftSignIn.objects.get(person__username="ann"), "invalid_grant")
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    told = {finding.verdict: finding.told for finding in doctor.sign_in()}
    assert "opens the tokens of bea. What is theirs waits." in told[Verdict.MEND]
    assert "wants ann to sign in again" in told[Verdict.NOTE]


def test_settings_that_let_nobody_or_anybody_in_stop_the_start() -> None:
    right: dict[str, Any] = {
        "tenant": Options().tenant, "client_id": "c", "secret": "s", "login_url": "https://login.example",
        "keys": ["k"], "domains_missing": False,
    }  # fmt: skip
    assert trouble(**right) == ""
    for name, value, told in (
        ("tenant", "", "AZURE_TENANT_ID"),
        ("tenant", "common", "nobody else's people"),
        ("tenant", "genthrust.example", "nobody else's people"),
        ("secret", "", "SIGN_IN_CLIENT_SECRET"),
        ("keys", [], "TOKEN_KEYS"),
        ("login_url", "http://login.example", "https"),
        ("domains_missing", True, "SIGN_UP_DOMAINS"),
    ):
        assert told in trouble(**{**right, name: value})
    assert trouble(**{**right, "login_url": "http://127.0.0.1:9"}) == ""
    with pytest.raises(ImproperlyConfigured, match="TOKEN_KEYS") as refused:
        Environment({"TOKEN_KEYS": "short-secret"}).fernet_keys("TOKEN_KEYS")
    assert "short-secret" not in str(refused.value)


def test_the_last_admin_stays(client: Client, db: None) -> None:
    boss, other = person("boss", Role.ADMIN), person("other", Role.ADMIN)
    viewer = Group.objects.get(name="Viewer")
    client.force_login(boss)

    def saved(who: User, **changes: Any) -> Any:
        url = f"/admin/auth/user/{who.pk}/change/"
        form = client.get(url).context["adminform"].form
        typed = {name: form[name].value() for name in ("username", "first_name", "last_name", "email")}
        joined = {"date_joined_0": "2026-01-02", "date_joined_1": "03:04:05", "is_active": "on"}
        admins = [Group.objects.get(name="Admin").pk]
        sent = {**typed, **joined, "groups": admins, **changes}
        return client.post(url, {name: value for name, value in sent.items() if value is not None})

    assert saved(other, groups=[viewer.pk]).status_code == 302
    told = "boss is the last admin"
    for changes in ({"groups": [viewer.pk]}, {"is_active": None}):
        assert told in saved(boss, **changes).content.decode()
    assert role_of(User.objects.get(pk=boss.pk)) == Role.ADMIN
    assert saved(boss, first_name="Bo").status_code == 302
    for url, typed in (
        (f"/admin/auth/user/{boss.pk}/delete/", {"post": "yes"}),
        ("/admin/auth/user/", {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"}),
    ):
        assert told in client.get(url).content.decode() or told in client.post(url, typed).content.decode()
        client.post(url, typed)
        assert User.objects.filter(pk=boss.pk).exists()
    client.post(f"/admin/auth/group/{viewer.pk}/delete/", {"post": "yes"})
    assert Group.objects.filter(name="Viewer").exists()
    client.post(f"/admin/auth/user/{other.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=other.pk).exists()


def test_the_first_admin(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="no email address"):
        command("first_admin", "boss")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(CommandError, match="too short"):
        command("first_admin", "boss@genthrust.example")
    assert not User.objects.exists()
    monkeypatch.setattr("sys.stdin", io.StringIO("a long password\n"))
    command("first_admin", "Boss@genthrust.example")
    boss = User.objects.get()
    assert (boss.email, role_of(boss), boss.check_password("a long password")) == (
        "boss@genthrust.example",
        Role.ADMIN,
        True,
    )
    tom = person("tom", Role.VIEWER)
    with pytest.raises(CommandError, match="an admin already"):
        command("first_admin", tom.email)
    assert "tom is an admin" in command("first_admin", tom.email, "--one-more")
    assert role_of(User.objects.get(pk=tom.pk)) == Role.ADMIN
    settings.MICROSOFT_SIGN_IN = True
    assert "is invited" in command("first_admin", "new@genthrust.example", "--one-more")
    Invitation.objects.update(used_at=timezone.now(), role=Role.VIEWER)  # by somebody whose account is gone
    command("first_admin", "new@genthrust.example", "--one-more")
    invited = Invitation.objects.get()
    assert (invited.role, invited.used_at) == (Role.ADMIN, None)
    Invitation.objects.update(role=Role.VIEWER, used_at=timezone.now(), email="new@genthrúst.example")
    with pytest.raises(CommandError, match="There is an invitation of “new@genthrúst"):
        command("first_admin", "new@genthrust.example", "--one-more")
    invited.refresh_from_db()
    assert (invited.role, invited.used_at is None) == (Role.VIEWER, False), "somebody else's stays as it is"
