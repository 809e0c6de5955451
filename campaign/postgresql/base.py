"""Django's PostgreSQL backend, but for connections that wait in the pool while the server restarts."""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """One that the server has not closed: else each of the pool's would fail one request after
        a restart. Looking costs a thousandth of the question that psycopg's own check asks.
        """
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        while self.pool and _was_closed(connection):
            # So that the pool makes another one instead.
            connection.close()
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return connection


def _was_closed(connection: psycopg.Connection[Any]) -> bool:
    """By the server: it says nothing unasked but that it goes."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
