"""A process that would endanger people does not start: one line says why, and what to set."""

import sys
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.checks import ERROR, run_checks

from campaign.checks.apps import START
from campaign.checks.keys import refuse_to_start_with_wrong_keys
from campaign.roles import Role


def refuse_to_start() -> None:
    """What each web server, worker and beat asks first."""
    _refuse_all_on_a_server()
    _refuse_pages_without_files()
    _refuse_what_is_wrong()
    refuse_to_start_with_wrong_keys()


def refuse_to_take_from(queues: Iterable[str]) -> None:
    """Exit with one line when a worker shall take ticks that its role can't do, or nobody sends."""
    foreign = sorted(set(queues) - settings.ROLE.queues)
    if foreign:
        own = ", ".join(sorted(settings.ROLE.queues)) or "none"
        _refuse(f"It may not take from {', '.join(foreign)}; its queues are: {own}.")


def _refuse_all_on_a_server() -> None:
    """Commands may be `all` there: who makes the keys has them all."""
    if settings.IS_SERVER and settings.ROLE is Role.ALL:
        _refuse(
            "It is for laptops: what serves the public would hold every key. Give each process of"
            " this server a CAMPAIGN_ROLE of its own."
        )


def _refuse_pages_without_files() -> None:
    """Each page would be answered 500, as none knows the names of its files."""
    has_pages = settings.ROLE.serves_public_pages or settings.ROLE.serves_admin
    manifest = Path(settings.STATIC_ROOT) / ManifestFilesMixin.manifest_name
    if settings.IS_SERVER and has_pages and not manifest.is_file():
        _refuse(
            f"STATIC_ROOT has no {manifest.name}: type 'manage.py collectstatic' as role all, or name"
            " the folder where it was done."
        )


def _refuse_what_is_wrong() -> None:
    found = run_checks(tags=[START])
    for message in found:
        if message.is_serious(ERROR):
            _refuse(f"{message.msg} {message.hint or ''}".strip())
    for message in found:
        if not message.is_silenced():
            print(f"{message.id}: {message.msg}", file=sys.stderr)  # noqa: T201 - before there is a log


def _refuse(why: str) -> None:
    sys.exit(f"The {settings.ROLE} role does not start. {why}")
