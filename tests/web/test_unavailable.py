"""The database or the keys are away: words, a way on, and nothing typed is lost."""

from http import HTTPStatus

import pytest

from petitions.models import SignRequest
from tests.makers import make_petition

SIGN = "/en/petitions/ask-1/"
FORM = {
    "name": "Ann <Lee>",
    "email": "ann@mail.example",
    "country": "LT",
    "visibility": "officials",
    "comment": "Keep me.",
}


@pytest.mark.django_db
def test_without_a_key_signing_answers_503_and_pages_stay_up(client, keys):
    make_petition()
    (keys.directory / "public" / "active.json").unlink()

    response = client.post(SIGN, FORM)

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response["Retry-After"] == "10"
    assert not SignRequest.objects.exists()
    page = response.content.decode()
    assert 'value="Ann &lt;Lee&gt;"' in page
    assert 'value="Keep me."' in page
    assert client.get(SIGN).status_code == HTTPStatus.OK
