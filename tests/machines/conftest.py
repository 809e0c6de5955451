import pytest
from django.contrib.auth.models import User

from petitions.exports.columns import RULES
from petitions.exports.orders import Order, order
from petitions.exports.selection import Selection
from petitions.models.export import Format, Use
from tests.processes import Processes


@pytest.fixture
def processes(transactional_db, keys, mailbox, tmp_path):
    """Start real processes; all are ended with the test."""
    started = Processes(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def want(transactional_db, keys):
    """Order an export of all signatures."""

    def wanted():
        olga = User.objects.create_superuser("olga")
        columns = tuple(RULES[Use.DELIVER].columns)
        return order(Order(Use.DELIVER, Format.CSV, columns, Selection(), "For Geneva"), by=olga)

    return wanted
