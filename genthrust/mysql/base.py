"""The database wrapper: a connection is opened only on a free slot, and counts what it has made permanent."""

from typing import Any
from weakref import finalize

from django.db.backends.mysql import base

from genthrust.mysql import slots


class DatabaseWrapper(base.DatabaseWrapper):
    """Waits for a slot (DATABASE_CONNECTIONS) before it opens a connection.

    `changes` counts commits, so that a request knows whether it may be repeated (genthrust.deadlocks).
    """

    changes = 0
    _slot: "finalize[[], Any] | None" = None

    def get_new_connection(self, conn_params: Any) -> Any:
        give_back = slots.of_this_process().take()
        try:
            connection = super().get_new_connection(conn_params)
        except BaseException:
            give_back()
            raise
        # A thread that ends without closing leaves its connection to the garbage collector.
        self._slot = finalize(connection, give_back)
        return connection

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # the stubs leave it out
        finally:
            if self._slot is not None:
                self._slot()

    def close_if_unusable_or_obsolete(self) -> None:
        """Called before and after each request and message. A connection is kept only while nobody waits for one."""
        if slots.of_this_process().waiting and not self.in_atomic_block:
            self.close()
        super().close_if_unusable_or_obsolete()

    def _commit(self) -> None:
        self.changes += 1
        super()._commit()  # type: ignore[misc]  # the stubs leave it out
