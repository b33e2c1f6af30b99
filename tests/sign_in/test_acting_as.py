"""The program works as an account that a person signed in once, instead of as itself."""

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client

from people.models import MicrosoftSignIn
from repairs import clock
from sync import runs, work
from sync.graph.connection import connection
from sync.graph.errors import NotNow
from sync.graph.mail import Letter, Mailbox
from sync.graph.workbook import WorkbookFile
from sync.marks import the_workbook
from sync.models import Run
from tests.sign_in.conftest import Tenant, sign_in
from tests.sign_in.test_renewing import nearly_over

PROGRAM, SHARED = "tina@genthrust.example", "repairs@genthrust.example"
BEGIN = "/accounts/microsoft/login/?for=program"


def test_the_workbook_and_the_shared_mailbox_as_an_account(
    tenant: Tenant, visitor: Client, settings: LazySettings
) -> None:
    settings.GRAPH_ACT_AS, settings.SIGN_UP = PROGRAM, "TENANT"
    tenant.options(shared_mailboxes=SHARED)

    def size() -> int:
        file = WorkbookFile(connection(), drive_id=tenant.emulator.drive_id, item_id=tenant.emulator.item_id)
        return file.item().size

    with pytest.raises(NotNow, match="has to sign in with Microsoft, at /accounts/"):
        size()
    page = visitor.get(BEGIN).content.decode()
    assert f'action="{BEGIN}"' in page
    assert sign_in(visitor, PROGRAM, begin=BEGIN).status_code == 302
    assert "Files.ReadWrite.All" in MicrosoftSignIn.objects.get().scopes
    nearly_over()
    assert size() > 0
    assert "Mail.Send.Shared" in MicrosoftSignIn.objects.get().scopes, "a renewal asks for the same again"
    box = Mailbox(connection(), address=SHARED)
    letter = Letter(to=("shop@aero.example",), cc=(), subject="About G1", html="<p>Hello</p>", marker="m-1")
    box.send(box.draft(letter).id)
    (mail,) = tenant.outbox()
    assert (mail["from"], mail["to"]) == (SHARED, ["shop@aero.example"])
    tenant.act("revoke", PROGRAM)
    nearly_over()
    with pytest.raises(NotNow, match="until then this waits"):
        size()


def test_a_flush_waits_for_the_account_and_goes_on_when_it_is_back(
    tenant: Tenant, visitor: Client, settings: LazySettings
) -> None:
    settings.GRAPH_ACT_AS, settings.SIGN_UP = PROGRAM, "TENANT"
    settings.GRAPH_DRIVE_ID, settings.EXCEL_WORKBOOK_ID = tenant.emulator.drive_id, tenant.emulator.item_id
    run = runs.start(kind=Run.Kind.FLUSH, workbook=the_workbook(), started_by="a change")

    def attempt() -> Run:
        claim = runs.claim(run)
        assert claim
        runs.perform(claim, work.worker(run.kind))
        run.refresh_from_db()
        return run

    waiting = attempt()
    assert waiting.state == Run.State.QUEUED
    assert waiting.due_at > clock.now()
    assert "has to sign in with Microsoft" in waiting.error
    sign_in(Client(), "olga@genthrust.example")
    run.refresh_from_db()
    assert run.due_at > clock.now(), "somebody else's sign-in changes nothing"
    sign_in(visitor, PROGRAM, begin=BEGIN)
    run.refresh_from_db()
    assert run.due_at <= clock.now()
    assert "sign in" not in attempt().error


def test_others_are_asked_for_no_more_than_their_own(
    tenant: Tenant, visitor: Client, settings: LazySettings
) -> None:
    settings.GRAPH_ACT_AS, settings.SIGN_UP = PROGRAM, "TENANT"
    sign_in(visitor, "olga@genthrust.example")
    assert "Files.ReadWrite.All" not in MicrosoftSignIn.objects.get().scopes
    tricky = "?scope=Files.ReadWrite.All&auth_params=scope%3DFiles.ReadWrite.All%26login_hint%3Dolga%26prompt%3Dnone"
    sign_in(visitor, "olga@genthrust.example", begin=f"/accounts/microsoft/login/{tricky}")
    assert "Files.ReadWrite.All" not in MicrosoftSignIn.objects.get().scopes
    begun = visitor.post(f"/accounts/microsoft/login/{tricky}")["Location"]
    assert ("login_hint=olga" in begun, "prompt=none" in begun) == (True, False)
    settings.GRAPH_ACT_AS = ""
    sign_in(Client(), PROGRAM, begin=BEGIN)
    assert "Files" not in MicrosoftSignIn.objects.get(person=User.objects.get(email=PROGRAM)).scopes
