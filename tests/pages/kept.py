"""What became of an act on many orders, kept in a session as the program keeps it."""

from django.test import Client

from repairs.views.bulk_kept import SESSION
from tests.pages.busy import Busy

TOKEN = "kept"


def keep_results(client: Client, busy: Busy) -> None:
    outcomes = [
        {"number": busy.order.number, "kind": kind, "told": "Told.", "act": None}
        for kind in ("changed", "refused", "same")
    ]
    session = client.session
    session[SESSION] = {TOKEN: {"outcomes": outcomes, "done": "changed to Paid", "back": "/"}}
    session.save()
