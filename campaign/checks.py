"""What must hold before a role starts."""

import sys

from django.conf import settings

from petitions.vault import VaultError, vault


def refuse_to_start_with_wrong_keys() -> None:
    """Exit with one line when a key is missing or wrong, or must not be within reach."""
    try:
        vault().check(settings.ROLE.secrets)
    except VaultError as error:
        sys.exit(f"The {settings.ROLE} role does not start. {error}")
