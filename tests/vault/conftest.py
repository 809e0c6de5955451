from pathlib import Path

import pytest

from petitions.vault import vault


@pytest.fixture
def folder(tmp_path, settings) -> Path:
    """Where a vault will be; nothing is there yet."""
    settings.VAULT_DIR = tmp_path / "vault"
    vault.cache_clear()
    yield settings.VAULT_DIR
    vault.cache_clear()
