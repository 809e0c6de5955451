"""No request fails for a database that is back.

The pool alone hands out connections that the server closed long ago, each of which then fails once;
and while the server is away it tries to connect at ever longer intervals, so that it finds out a
minute late that a minute's absence is over (docs/decisions/0037-connections-after-a-restart.md).
"""

from __future__ import annotations

import select
import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg_pool import PoolTimeout

# As long as a request waits for a connection. The pool's own patience is a part of it: with each
# new question it tries to connect anew.
PATIENCE_SECONDS = 5


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection[Any]:
        """Raises `PoolTimeout` where the database does not answer in time."""
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                connection: Connection[Any] = super().get_new_connection(conn_params)
            except PoolTimeout:
                if time.monotonic() > ends_at:
                    raise
                continue
            if not (self.pool and has_spoken(connection)):
                return connection
            self._begin_anew(connection)

    def _begin_anew(self, connection: Connection[Any]) -> None:
        """What befell one befell all that lie in the pool."""
        connection.close()
        self.pool.putconn(connection)
        self.pool.drain()


def has_spoken(connection: Connection[Any]) -> bool:
    """Whether the server has said something unasked: it does so before it hangs up."""
    ear = select.poll()
    ear.register(connection.fileno(), select.POLLIN)
    return bool(ear.poll(0))
