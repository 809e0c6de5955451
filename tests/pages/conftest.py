"""Every page of a site full of life, in every language, for what looks at finished pages.

`make check` runs these tests in a step of their own; `make test` leaves them out.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import (
    Delivery,
    Head,
    Petition,
    PetitionUpdate,
    Signature,
    SignRequest,
    Tally,
    Visibility,
)
from tests.database import fill_with_the_campaign
from tests.makers import make_signature, make_wish

LANGUAGES = [code for code, _ in settings.LANGUAGES]
LOCATION = re.compile(r"<loc>[^<]*?//[^/<]+(/[^<]*)</loc>")


@dataclass(frozen=True)
class Answer:
    """A page as a browser gets it, and where it stands."""

    name: str
    path: str
    html: str
    headers: dict[str, str]
    status: int


@pytest.fixture
def campaign(db, keys, ask):
    """The five asks with signers of many countries, public names, letters and a won ask."""
    fill_with_the_campaign()
    petitions = list(Petition.objects.all())
    for number, petition in enumerate(petitions):
        Tally.objects.change(petition_ids=[petition.pk], country="UA", by=400 * number)
        Tally.objects.change(petition_ids=[petition.pk], country="LT", by=40)
        Tally.objects.change(petition_ids=[petition.pk], country="BY", by=2)
        named = make_signature(petition, visibility=Visibility.PUBLIC, country="UA")
        Signature.objects.filter(pk=named.pk).update(public_name="Оксана O'Neill")
        batch = close_batch(petition, now=timezone.now())
        batch.deliveries.filter(office__country="GB").update(
            state=Delivery.State.SENT, sent_at=timezone.now()
        )
    make_update(petitions[0], milestone=True)
    end(petitions[3], Petition.State.CLOSED)
    end(petitions[4], Petition.State.WON)
    return petitions


def make_update(petition: Petition, **values) -> PetitionUpdate:
    return PetitionUpdate.objects.create(
        petition=petition,
        language="en",
        happened_on="2026-11-01",
        title="Raised in the European Parliament",
        body="Two members *asked* the Commission.",
        **values,
    )


def end(petition: Petition, state: Petition.State) -> None:
    petition.texts.filter(language="en").update(outcome="The ministry **changed** the rule.")
    petition.state = state
    petition.save()


@pytest.fixture
def pages_in(campaign, ask):
    """All pages in one language, those behind a mailed link and those after a mistake too."""

    def all_pages(language: str) -> list[Answer]:
        client = Client(HTTP_HOST="127.0.0.1")
        sitemap = client.get("/sitemap.xml").content.decode()
        paths = [path for path in LOCATION.findall(sitemap) if path.startswith(f"/{language}/")]
        assert len(paths) == 16
        petition = f"/{language}/petitions/{campaign[0].slug}/"
        # What the last language's form has left would be mistaken for this one's.
        SignRequest.objects.all().delete()
        mailing = ask(make_wish(*campaign[:2], language=language), now=timezone.now())
        confirm = f"/{language}/confirm/{mailing.confirm_token}/"
        receipt = f"/{language}/receipt/{mailing.withdraw_token}/"
        campaign[1].make_preview(now=timezone.now())
        preview = f"/{language}/preview/{campaign[1].preview_token}/"
        stop = f"/{language}/news/{mailing.withdraw_token}/stop/"
        good = {
            "name": "Bo",
            "email": "bo@mail.example",
            "country": "LT",
            "visibility": "officials",
        }
        warned = good | {"email": "bo@provider.ru"}
        show = {"do": "show-receipt", "ask": campaign[0].slug}
        ledger = f"/{language}/ledger/"
        root = b64encode(Head.objects.filter(batches__isnull=False)[0].root).decode()
        return [
            *(answer(client.get(path), path, path) for path in paths),
            answer(client.post(petition, {"name": "12"}), "mistakes", petition),
            answer(client.post(petition, warned), "provider warning", petition),
            answer(client.post(petition, good), "check your mail", petition),
            answer(client.get(f"{petition}card/"), "card", f"{petition}card/"),
            answer(
                client.get(f"{petition}mastodon/?server=a b"), "mastodon", f"{petition}mastodon/"
            ),
            answer(client.get(ledger, {"root": root}), "root of a letter", ledger),
            answer(client.get(ledger, {"root": "x"}), "no root", ledger),
            answer(client.get(preview), "preview", preview),
            answer(client.get(confirm), "confirm", confirm),
            answer(client.post(confirm), "confirm, nothing ticked", confirm),
            answer(client.get(receipt), "receipt, waiting", receipt),
            answer(client.post(confirm, {"petitions": [campaign[0].pk]}), "thank you", confirm),
            answer(client.get(receipt), "receipt", receipt),
            answer(client.post(receipt, show), "receipt of the log", receipt),
            answer(client.post(receipt, {"do": "withdraw-all"}), "withdrawn", receipt),
            answer(client.get(receipt), "nothing stored", receipt),
            answer(client.get(stop), "stop news", stop),
            answer(client.post(stop, {"do": "end-news"}), "news stopped", stop),
            answer(client.get(f"/{language}/nothing/"), "not found", f"/{language}/nothing/"),
        ]

    return all_pages


def answer(response, name: str, path: str) -> Answer:
    return Answer(
        name, path, response.content.decode(), dict(response.items()), response.status_code
    )
