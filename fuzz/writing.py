"""Which tables were written to, and whether they may have been."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

# What strangers may cause to be written, and why.
MAY_BE_WRITTEN = {
    "petitions_signrequest": "a valid form leaves one",
    "petitions_stepfigure": "looks and forms are counted by the hour",
    "petitions_turnedaway": "and forms that get no mail",
}
# What the links of mails and letters may change, for who has them.
BY_LINKS = {
    "petitions_signature": "confirming, withdrawing, another visibility",
    "petitions_withdrawallink": "the same",
    "petitions_withdrawal": "withdrawing",
    "petitions_tombstone": "withdrawing",
    "petitions_erasure": "withdrawing",
    "petitions_leaf": "withdrawing takes the receipt's secret away",
    "petitions_log": "withdrawing is a leaf of the public log",
    "petitions_logentry": "likewise",
    "petitions_tally": "confirming and withdrawing are counted",
    "petitions_offer": "asks to sign with one tap after confirming",
    "petitions_newssubscriber": "news may be asked for, and ended",
    "petitions_datacopy": "a copy of one's data",
    "petitions_officepage": "an office's buttons",
    "petitions_officeaction": "likewise",
    "petitions_office": "an office may stop its letters",
    "petitions_delivery": "which stops those that wait",
    "petitions_lettercopy": "and have its files made",
}
# Without an account, at the organizers' door.
AT_THE_DOOR = {
    "django_session": "a passkey's challenge waits there",
    "axes_accessattempt": "wrong passwords are counted by name",
    "axes_accessfailurelog": "likewise",
}
COUNTED = "relname, n_tup_ins + n_tup_upd + n_tup_del"


def writes_in_this_transaction() -> dict[str, int]:
    return _writes("pg_stat_xact_user_tables")


def writes_so_far() -> dict[str, int]:
    """Of the whole database: by this session, and by those that have ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
    return _writes("pg_stat_user_tables")


def more(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What came to which table in between."""
    grown = {table: count - before.get(table, 0) for table, count in after.items()}
    return {table: count for table, count in grown.items() if count}


def _writes(view: str) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COUNTED} FROM {view} WHERE schemaname = 'public'")  # noqa: S608 - our own words
        return dict(cursor.fetchall())


def unexpected(written: Mapping[str, int]) -> list[str]:
    """Tables that strangers with some links may not have written to."""
    allowed = MAY_BE_WRITTEN | BY_LINKS | AT_THE_DOOR
    return [
        f"FAILED wrote to {table} {count} times"
        for table, count in written.items()
        if table not in allowed
    ]
