"""The program works as an account that a person signed in once, instead of as itself."""

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client

from people.models import MicrosoftSignIn
from sync.graph.connection import connection
from sync.graph.errors import NotNow
from sync.graph.mail import Letter, Mailbox
from sync.graph.workbook import WorkbookFile
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


def test_others_are_asked_for_no_more_than_their_own(
    tenant: Tenant, visitor: Client, settings: LazySettings
) -> None:
    settings.GRAPH_ACT_AS, settings.SIGN_UP = PROGRAM, "TENANT"
    sign_in(visitor, "olga@genthrust.example")
    assert "Files.ReadWrite.All" not in MicrosoftSignIn.objects.get().scopes
    settings.GRAPH_ACT_AS = ""
    sign_in(Client(), PROGRAM, begin=BEGIN)
    assert "Files" not in MicrosoftSignIn.objects.get(person=User.objects.get(email=PROGRAM)).scopes
