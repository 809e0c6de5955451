"""PostgreSQL's clock, which a test puts forward and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection


class Clock:
    def jump(self, **by: float) -> None:
        run("UPDATE jumping.clock SET ahead = ahead + %s", timedelta(**by))

    def stand_still(self) -> None:
        """From now on it goes by jumps alone, however slow this machine is."""
        run("UPDATE jumping.clock SET stands_at = pg_catalog.clock_timestamp()")

    def now(self) -> datetime:
        with connection.cursor() as cursor:
            return cursor.execute("SELECT clock_timestamp()").fetchone()[0]


@contextmanager
def jumping_clock() -> Iterator[Clock]:
    """In this connection the name of PostgreSQL's function leads to one that stands before it."""
    run("CREATE SCHEMA jumping")
    try:
        run(
            "CREATE TABLE jumping.clock AS SELECT interval '0' AS ahead, null::timestamptz AS stands_at"
        )
        run(
            "CREATE FUNCTION jumping.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS"
            " 'SELECT coalesce(stands_at, pg_catalog.clock_timestamp()) + ahead FROM jumping.clock'"
        )
        run("SET search_path = jumping, pg_catalog, public")
        yield Clock()
    finally:
        run("RESET search_path")
        run("DROP SCHEMA jumping CASCADE")


def run(statement: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
