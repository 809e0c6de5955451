import pytest

from tests.makers import make_office, make_petition, make_signature


@pytest.fixture
def petition(keys):
    """With three signatures that no batch and no head has."""
    petition = make_petition()
    make_office(petition)
    for _ in range(3):
        make_signature(petition)
    return petition
