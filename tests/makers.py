"""Rows that are valid, with no more in them than a test names."""

import uuid
from datetime import timedelta

import polib
from django.utils import timezone

from local.catalogues import header
from petitions.models import (
    Answer,
    NewsLetter,
    NewsSubscriber,
    NewsText,
    Office,
    Petition,
    PetitionText,
    Returned,
    Signature,
    Tally,
    Visibility,
)
from petitions.models.clock import this_hour
from petitions.models.sealed import Details, ReturnedMail, seal_news_address
from petitions.signatures.addresses import look_alike_index, signature_index
from petitions.signatures.request import Wish


def make_petition(
    number=1, *, state=Petition.State.OPEN, goal=100, days_open=0, approved=True, enough=None
):
    """Its letters are approved, unless a test says otherwise."""
    petition = Petition.objects.create(
        number=number,
        slug=f"ask-{number}",
        state=state,
        goal=goal,
        opened_at=timezone.now() - timedelta(days=days_open),
        letters_approved_at=timezone.now() if approved else None,
        batch_signatures=enough,
    )
    PetitionText.objects.create(
        petition=petition,
        language="en",
        title=f"Title of ask {number}",
        short_title=f"Ask {number}",
        summary="What it is about.",
        demand=f"We ask for thing {number}.",
        body="Why it matters.",
        letter_subject=f"About thing {number}",
        letter_salutation="Dear {office},",
        letter="Please do the thing.\n\nYours faithfully,",
    )
    return petition


def make_office(
    *petitions,
    name="Minister",
    country="LT",
    email="minister@office.example",
    language="en",
    time_zone="",
):
    """It is open at any hour, unless a test says otherwise."""
    office = Office.objects.create(
        name=name,
        organisation="Ministry",
        country=country,
        email=email,
        language=language,
        time_zone=time_zone,
    )
    office.petitions.set(petitions)
    return office


def make_wish(*petitions, **changes):
    wish = {
        "petition_ids": [petition.pk for petition in petitions],
        "address": "ann@mail.example",
        "name": "Ann Lee",
        "country": "LT",
        "postcode": "",
        "comment": "",
        "visibility": Visibility.OFFICIALS,
        "news": False,
        "language": "en",
    }
    return Wish(**{**wish, **changes})


def make_signature(
    petition,
    *,
    address=None,
    name="Ann Lee",
    country="LT",
    visibility=Visibility.OFFICIALS,
    postcode="",
    comment="",
):
    """A confirmed one, counted; needs the `keys` fixture."""
    reference = uuid.uuid4()
    address = address or f"{reference}@mail.example"
    details = Details(name=name, postcode=postcode, comment=comment)
    signature = Signature.objects.create(
        id=reference,
        petition=petition,
        index=signature_index(petition.pk, address),
        look_alike=look_alike_index(petition.pk, address),
        sig_box=None
        if visibility == Visibility.WITHHELD
        else details.seal(petition_id=petition.pk, signature_id=reference),
        country=country,
        visibility=visibility,
        language="en",
        consent_version="2026-11-23",
        confirmed_hour=this_hour(),
    )
    Tally.objects.change(petition_ids=[petition.pk], country=country, by=1)
    return signature


def make_returned(
    delivery=None, *, kind=Returned.Kind.ANSWER, subject="Re: About thing 1", text="We act."
):
    """Needs the `keys` fixture."""
    reference = uuid.uuid4()
    mail = ReturnedMail(sender="minister@office.example", subject=subject, text=text)
    return Returned.objects.create(
        id=reference,
        kind=kind,
        delivery=delivery,
        received_hour=this_hour(),
        box=mail.seal(returned_id=reference),
        fingerprint=reference.bytes * 2,
    )


def make_answer(delivery, *, body="We *act*.", public=True, language="en"):
    return Answer.objects.create(
        delivery=delivery,
        answered_on=timezone.now().date(),
        body=body,
        public=public,
        language=language,
    )


def make_subscriber(address="ann@mail.example", *, language="en", country="", signed=()):
    """Who asked for news; needs the `keys` fixture."""
    reference = uuid.uuid4()
    return NewsSubscriber.objects.create(
        id=reference,
        index=reference.bytes * 2,
        mail_box=seal_news_address(address, subscriber_id=reference),
        language=language,
        country=country,
        petition_ids=[petition.pk for petition in signed],
        consent_version="2026-11-23",
        confirmed_hour=this_hour(),
    )


def make_news(texts, *, signed=(), **changes):
    """A draft of news in own words: subject and body by language."""
    letter = NewsLetter.objects.create(**changes)
    letter.petitions.set(signed)
    for language, (subject, body) in texts.items():
        NewsText.objects.create(letter=letter, language=language, subject=subject, body=body)
    return letter


def make_catalogue(*entries, language="uk"):
    """Of translations, each by the names of its parts."""
    catalogue = polib.POFile()
    catalogue.metadata = header(language)
    catalogue.extend(polib.POEntry(**entry) for entry in entries)
    return catalogue
