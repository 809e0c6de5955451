"""Keys of the vault, for DKIM, for webhooks and figures: present, right, and no others within reach."""

import sys

from django.conf import settings

from petitions.dkim import BadDkimKeys, signers
from petitions.vault import VaultError, vault

SHORTEST_PASSWORD = 20
SHORTEST_TOKEN = 20


class BadWebhooks(Exception):
    """Anybody could post what becomes of letters, or nobody."""


class BadMetrics(Exception):
    """The figures for Prometheus could be read by guessing."""


def refuse_to_start_with_wrong_keys() -> None:
    """Exit with one line when a key is missing or wrong, or must not be within reach."""
    try:
        vault().check(settings.ROLE.secrets)
        _check_dkim()
        _check_webhooks()
        _check_metrics()
    except (VaultError, BadDkimKeys, BadWebhooks, BadMetrics) as error:
        sys.exit(f"The {settings.ROLE} role does not start. {error}")


def _check_dkim() -> None:
    if "DKIM_DIR" in settings.ENVIRONMENT.foreign:
        raise BadDkimKeys("It sends no mail and must not have a DKIM_DIR.")
    if settings.DKIM_DIR:
        signers(settings.DKIM_DIR)


def _check_webhooks() -> None:
    if not settings.ROLE.hears_webhooks or not settings.RETURNS_WEBHOOKS:
        return
    from petitions.web.webhooks import addresses_of, signs  # noqa: PLC0415 - they load much

    sender = settings.RETURNS_WEBHOOKS
    if not addresses_of(sender):
        raise BadWebhooks(f"RETURNS_WEBHOOKS: django-anymail knows no “{sender}”.")
    user, _, password = settings.RETURNS_WEBHOOK_SECRET.partition(":")
    if not user or len(password) < SHORTEST_PASSWORD:
        raise BadWebhooks(
            "RETURNS_WEBHOOK_SECRET must be user:password, the password of"
            f" {SHORTEST_PASSWORD} characters or more."
        )
    if signs(sender) and not settings.RETURNS_WEBHOOK_KEY:
        raise BadWebhooks(f"RETURNS_WEBHOOK_KEY is not set: {sender} signs with it.")


def _check_metrics() -> None:
    if 0 < len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        raise BadMetrics(f"METRICS_TOKEN must have {SHORTEST_TOKEN} characters or more.")
