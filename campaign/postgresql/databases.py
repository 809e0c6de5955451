"""Django's DATABASES: the primary, which each process has, and a replica, where there is one."""

from __future__ import annotations

from typing import Any

from environ import Env


def primary(url: str, *, behind_pooler: bool) -> dict[str, Any]:
    database = _read(url)
    database["ENGINE"] = "campaign.postgresql"
    # Reusing connections is worth ten times in sign requests a second (docs/performance.md). Who
    # waits for one asks again after the time-out, for five seconds in all: `base.py`.
    database["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": 8,
        "timeout": 0.5,
        "reconnect_timeout": 0.5,
    }
    # It lends a session for one transaction, which a cursor would outlive.
    database["DISABLE_SERVER_SIDE_CURSORS"] = behind_pooler
    return database


def replica(url: str) -> dict[str, Any]:
    """petitions/models/replica.py says when it is read."""
    database = _read(url)
    # An organizer's page must not wait for a machine that is gone.
    database["OPTIONS"]["connect_timeout"] = 2
    database["TEST"] = {"MIRROR": "default"}
    return database


def _read(url: str) -> dict[str, Any]:
    database: dict[str, Any] = Env.db_url_config(url)
    return {**database, "OPTIONS": database.get("OPTIONS", {})}
