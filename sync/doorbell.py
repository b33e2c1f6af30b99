"""Waking the workers of this app."""

from genthrust.broker import ring as _ring

SWEEP_ACTOR = "sync_sweep"


def ring() -> None:
    """Asks a worker to look for due work now. Best effort; call it after the commit."""
    _ring(SWEEP_ACTOR)
