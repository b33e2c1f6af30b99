"""What became of an act on many orders, kept as the program keeps it."""

from django.contrib.auth import SESSION_KEY
from django.test import Client

from repairs import clock
from repairs.models import BulkAct
from tests.pages.busy import Busy

TOKEN = "kept"


def keep_results(client: Client, busy: Busy) -> None:
    outcomes = [
        {"number": busy.order.number, "kind": kind, "told": "Told.", "act": None}
        for kind in ("changed", "refused", "same")
    ]
    owner = int(client.session[SESSION_KEY])
    BulkAct.objects.create(
        token=TOKEN,
        owner_id=owner,
        seen=[],
        outcomes=outcomes,
        done="changed to Paid",
        back="/",
        begun_at=clock.now(),
        ended_at=clock.now(),
        told=True,
    )
