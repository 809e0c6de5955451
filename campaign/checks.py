"""What must hold before a role starts."""

import sys

from django.conf import settings

from petitions.dkim import BadDkimKeys, signers
from petitions.vault import VaultError, vault


def refuse_to_start_with_wrong_keys() -> None:
    """Exit with one line when a key is missing or wrong, or must not be within reach."""
    try:
        vault().check(settings.ROLE.secrets)
        _check_dkim()
    except (VaultError, BadDkimKeys) as error:
        sys.exit(f"The {settings.ROLE} role does not start. {error}")


def _check_dkim() -> None:
    if not settings.DKIM_DIR:
        return
    if not settings.ROLE.sends_mail:
        raise BadDkimKeys("It sends no mail and must not have a DKIM_DIR.")
    signers(settings.DKIM_DIR)
