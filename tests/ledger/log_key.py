from contextlib import contextmanager

from petitions.vault import Secret


@contextmanager
def key_away(keys):
    """Meanwhile the log's private key is not here."""
    key = keys.directory / Secret.LEDGER / "ledger.json"
    key.rename(key.with_suffix(".away"))
    yield
    key.with_suffix(".away").rename(key)
