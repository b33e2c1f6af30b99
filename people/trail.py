"""The trail of accounts: one row for what happened, with who did it and from where."""

from people.acting import acting_address, acting_name
from people.models import AccountEvent


def record(kind: AccountEvent.Kind, name: str, *, text: str = "", address: str = "") -> None:
    """`name` is the account that it happened to. Without an `address` it is that of the request."""
    AccountEvent.objects.create(
        kind=kind,
        name=name[:150],
        by_name=acting_name(),
        text=text[:255],
        address=address or acting_address(),
    )
