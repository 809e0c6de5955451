import pytest

from tests.processes import Processes


@pytest.fixture
def processes(transactional_db, keys, mailbox, tmp_path):
    """Start real processes; all are ended with the test."""
    started = Processes(tmp_path)
    yield started
    started.stop()
