"""Folders of keys, each with those parts that a role may hold."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from petitions.vault import vault


def keys_of(*parts: str) -> Path:
    """A copy of the public keys, and of these."""
    folder = Path(tempfile.mkdtemp())
    for part in ("public", *parts):
        shutil.copytree(vault().directory / part, folder / part)
    return folder


def as_web() -> dict[str, str]:
    """The variables of a public web server."""
    return {"CAMPAIGN_ROLE": "web", "VAULT_DIR": str(keys_of()), "MAILBOX_DIR": ""}
