"""What is in a database, to be compared."""

from django.db import connection

from petitions.backups.tables import LEFT_OUT


def everything():
    """All rows of all tables that a backup holds, as PostgreSQL writes them."""
    tables = set(connection.introspection.table_names()) - LEFT_OUT
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')  # noqa: S608 - our own
            found[table] = [row for (row,) in cursor.fetchall()]
    return found
