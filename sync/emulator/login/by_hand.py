"""What people and the tenant's admin do to sign-ins elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.emulator.login.tokens import BARRED

if TYPE_CHECKING:
    from sync.emulator.state import Emulator

ACTS = ("revoke", *BARRED, "withdraw_consent", "ask_again")


def act(emulator: Emulator, name: str, told: dict[str, Any]) -> dict[str, Any]:
    """`revoke`: an admin ends the person's sessions. `disable`, `delete`, `unassign`: an admin disables or deletes
    their account, or takes the app from them. `withdraw_consent`: nobody agrees to the app any more. `ask_again`: a
    new rule wants the person at the screen. KeyError without `address`.
    """
    address = str(told["address"])
    if name == "revoke":
        emulator.tokens.revoke(address)
    elif name in BARRED:
        emulator.tokens.barred[address] = name
    elif name == "withdraw_consent":
        emulator.options.asks_consent = True
        emulator.tokens.consents.pop(address, None)
    else:
        emulator.tokens.needs_interaction.add(address)
    return {"address": address}
