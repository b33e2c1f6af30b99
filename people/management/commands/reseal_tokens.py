"""`manage.py reseal_tokens`: after a new key was put first in TOKEN_KEYS, before the old one is taken out."""

from typing import Any

from genthrust.commands import DatabaseCommand
from people import microsoft


class Command(DatabaseCommand):
    help = "Seals the tokens of all sign-ins with Microsoft anew, under the first key of TOKEN_KEYS."

    def handle(self, **_: Any) -> None:
        done, lost = microsoft.reseal_all()
        self.stdout.write(
            f"Sealed anew: {done}. That no key opens, and whose people have to reconnect: {lost}."
        )
