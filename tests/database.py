"""The database between tests: emptied quickly, filled once for many, or filled again from memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, transaction

from petitions.content import load_campaign

if TYPE_CHECKING:
    from django.db.models import Model

# What migrating makes, and no test changes for good.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def empty_tables(_test: object = None) -> None:
    """Stands in for Django's way of it, which empties each of a hundred tables, also where nothing is,
    and makes all permissions anew.
    """
    tables = sorted(set(connection.introspection.table_names()) - KEPT)
    quote = connection.ops.quote_name
    probes = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {quote(table)})"  # noqa: S608 - our own tables
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(probes)
        full = [table for (table,) in cursor.fetchall()]
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), full, allow_cascade=True))


def no_process_is_connected() -> bool:
    """None of the site's processes, which processes.py names so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'site')"
        )
        (none,) = cursor.fetchone()
    return bool(none)


@contextmanager
def kept_for_a_module(blocker) -> Iterator[None]:
    """What is stored within is there for all tests of a module; what each changes is its own.

    `blocker` is pytest-django's. The tests must not be transactional: theirs is a part of this one.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@transaction.atomic
def fill_with_the_campaign() -> None:
    """As `load_campaign` does it, but read and checked only once in a run."""
    for model, rows in _campaign_rows():
        model.objects.bulk_create(rows)


@cache
def _campaign_rows() -> list[tuple[type[Model], list[Model]]]:
    with transaction.atomic():
        load_campaign(settings.CONTENT_DIR)
        filled = [
            (model, list(model._default_manager.order_by("pk")))
            for model in apps.get_app_config("petitions").get_models(include_auto_created=True)
        ]
        transaction.set_rollback(True)
    return [(model, rows) for model, rows in filled if rows]
