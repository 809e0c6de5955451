"""The mails with news that subscribers get."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import BadHeaderError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import override

from petitions.delivery.claims import LeaseLost
from petitions.mime import Mail, sender_domain
from petitions.models import (
    Answer,
    NewsDelivery,
    NewsItem,
    NewsLetter,
    NewsSubscriber,
    NewsText,
    WithdrawalLink,
)
from petitions.models.sealed import Openings, open_news_address
from petitions.news.queue import message_id
from petitions.news.words import Words, words_about, words_of
from petitions.signatures.tokens import news_link, token_hash
from petitions.vault import CannotOpen, vault


class NoSuchMail(Exception):
    """This subscriber can't be written to: the box is damaged, or holds no address."""


@dataclass(frozen=True)
class Envelope:
    sender: str
    recipient: str
    mail: bytes


class NewsDesk:
    """Composes mails; an item is looked up once in a run."""

    def __init__(self) -> None:
        self._openings = Openings()
        self._items: dict[int, NewsItem] = {}

    def address(self, delivery: NewsDelivery) -> str:
        """Where it goes.

        Raises:
            NoSuchMail: the box does not open.
            TooManyDamagedBoxes, KeysUnavailable: none can be written.
        """
        subscriber = delivery.subscriber
        try:
            address = open_news_address(bytes(subscriber.mail_box), subscriber_id=subscriber.pk)
        except CannotOpen as error:
            self._openings.add(opens=False)
            raise NoSuchMail from error
        self._openings.add(opens=True)
        return address

    def compose(self, delivery: NewsDelivery, address: str) -> Envelope:
        """The mail of one delivery, as SMTP carries it.

        Raises:
            NoSuchMail: it can't be written.
            LeaseLost: the subscriber is gone.
        """
        mail = self._mail(
            self._item(delivery.item_id),
            language=delivery.subscriber.language,
            address=address,
            stop_token=give_stop_link(delivery.subscriber),
            mail_id=message_id(delivery),
        )
        return envelope(mail, address)

    def _mail(
        self, item: NewsItem, *, language: str, address: str, stop_token: str, mail_id: str
    ) -> Mail:
        if item.letter is None:
            assert item.answer is not None  # noqa: S101 - the database holds one of the two
            return compose_mail(
                item.answer,
                language=language,
                address=address,
                stop_token=stop_token,
                mail_id=mail_id,
            )
        text = item.letter.text_for(language)
        if text is None:
            raise NoSuchMail
        return compose_letter(
            item.letter, text, address=address, stop_token=stop_token, mail_id=mail_id
        )

    def _item(self, pk: int) -> NewsItem:
        if pk not in self._items:
            items = NewsItem.objects.select_related(
                "answer__delivery__batch__petition", "answer__delivery__office", "letter__about"
            )
            self._items[pk] = items.prefetch_related(
                "answer__delivery__batch__petition__texts",
                "answer__delivery__office__names",
                "letter__texts",
                "letter__about__texts",
            ).get(pk=pk)
        return self._items[pk]


def envelope(mail: Mail, address: str) -> Envelope:
    """
    Raises:
        NoSuchMail: this is no address that a mail can have.
    """
    try:
        written = mail.message().as_bytes(linesep="\r\n")
    except BadHeaderError:
        # Without its words, which have the address in them.
        raise NoSuchMail from None
    return Envelope(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], address, written)


def compose_mail(
    answer: Answer, *, language: str, address: str, stop_token: str, mail_id: str
) -> Mail:
    with override(language):
        slug = answer.delivery.batch.petition.slug
        letters_url = settings.SITE_URL + reverse("letters", args=[slug])
        stop_url = _stop_url(stop_token)
    words = words_about(answer, language=language, letters_url=letters_url, stop_url=stop_url)
    return _mail_of(words, address=address, stop_url=stop_url, mail_id=mail_id)


def compose_letter(
    letter: NewsLetter,
    text: NewsText,
    *,
    address: str,
    stop_token: str,
    mail_id: str,
    subject_before: str = "",
) -> Mail:
    """`subject_before` marks a test."""
    with override(text.language):
        about = letter.about
        petition_url = settings.SITE_URL + about.get_absolute_url() if about else ""
        stop_url = _stop_url(stop_token)
    words = words_of(letter, text, petition_url=petition_url, stop_url=stop_url)
    mail = _mail_of(words, address=address, stop_url=stop_url, mail_id=mail_id)
    mail.subject = subject_before + words.subject
    return mail


def _stop_url(stop_token: str) -> str:
    return f"{settings.SITE_URL}{reverse('stop-news', args=[stop_token])}"


def _mail_of(words: Words, *, address: str, stop_url: str, mail_id: str) -> Mail:
    sender = settings.DEFAULT_FROM_EMAIL
    mail = Mail(
        subject=words.subject,
        body=words.text,
        from_email=sender,
        to=[address],
        headers={
            "Message-ID": mail_id,
            "List-Id": f"<news.{sender_domain(sender)}>",
            "Auto-Submitted": "auto-generated",
            # A mail program's own button: RFC 8058.
            "List-Unsubscribe": f"<{stop_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    mail.attach_alternative(words.html, "text/html")
    return mail


def give_stop_link(subscriber: NewsSubscriber) -> str:
    """The token that ends this subscriber's news, the same in each mail; the hash is kept.

    It grows from the pepper, which only the mailer has, so a stolen database ends nobody's news.

    Raises:
        LeaseLost: the subscriber is gone.
    """
    mark = vault().blind_index("news stop", str(subscriber.pk))
    token = base64.urlsafe_b64encode(mark).decode().rstrip("=")
    with transaction.atomic():
        # Who is leaving just now is waited for, and takes this link along.
        known = NewsSubscriber.objects.filter(pk=subscriber.pk)
        if not known.select_for_update(no_key=True).only("pk").first():
            raise LeaseLost
        WithdrawalLink.objects.bulk_create(
            [WithdrawalLink(link_hash=news_link(token_hash(token)), subscriber=subscriber)],
            ignore_conflicts=True,
        )
    return token
