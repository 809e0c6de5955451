"""What a subscriber reads when an office has answered."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import BadHeaderError
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from petitions.delivery.claims import LeaseLost
from petitions.mime import Mail, sender_domain
from petitions.models import Answer, NewsDelivery, NewsSubscriber, WithdrawalLink
from petitions.models.sealed import Openings, open_news_address
from petitions.news.queue import message_id
from petitions.news.quote import first_lines
from petitions.signatures.tokens import news_link, token_hash
from petitions.vault import CannotOpen, vault


class NoSuchMail(Exception):
    """This subscriber can't be written to: the box is damaged, or holds no address."""


@dataclass(frozen=True)
class Words:
    """A mail before it has a recipient."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Envelope:
    sender: str
    recipient: str
    mail: bytes


def words_about(answer: Answer, *, language: str, letters_url: str, stop_url: str) -> Words:
    with override(language):
        petition = answer.delivery.batch.petition
        context = {
            "answer": answer,
            "office": answer.delivery.office.named,
            "title": petition.text.title,
            "quote": first_lines(answer.body),
            "letters_url": letters_url,
            "stop_url": stop_url,
        }
        # Without `strip` Django would take the text for HTML wherever a page shows it.
        return Words(
            subject=render_to_string("mail/news_answer.subject.txt").strip(),
            text=render_to_string("mail/news_answer.txt", context).strip() + "\n",
            html=render_to_string("mail/news_answer.html", context),
        )


class NewsDesk:
    """Composes mails; an answer is looked up once in a run."""

    def __init__(self) -> None:
        self._openings = Openings()
        self._answers: dict[int, Answer] = {}

    def compose(self, delivery: NewsDelivery) -> Envelope:
        """The mail of one delivery, as SMTP carries it.

        Raises:
            NoSuchMail: it can't be written.
            LeaseLost: the subscriber is gone.
            TooManyDamagedBoxes, KeysUnavailable: none can be written.
        """
        address = self._address(delivery.subscriber)
        stop_token = give_stop_link(delivery.subscriber)
        answer = self._answer(delivery.item.answer_id)
        mail = compose_mail(
            answer,
            language=delivery.subscriber.language,
            address=address,
            stop_token=stop_token,
            mail_id=message_id(delivery),
        )
        try:
            written = mail.message().as_bytes(linesep="\r\n")
        except BadHeaderError:
            # Without its words, which have the address in them.
            raise NoSuchMail from None
        return Envelope(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], address, written)

    def _address(self, subscriber: NewsSubscriber) -> str:
        try:
            address = open_news_address(bytes(subscriber.mail_box), subscriber_id=subscriber.pk)
        except CannotOpen as error:
            self._openings.add(opens=False)
            raise NoSuchMail from error
        self._openings.add(opens=True)
        return address

    def _answer(self, pk: int) -> Answer:
        if pk not in self._answers:
            answers = Answer.objects.select_related("delivery__batch__petition", "delivery__office")
            self._answers[pk] = answers.prefetch_related(
                "delivery__batch__petition__texts", "delivery__office__names"
            ).get(pk=pk)
        return self._answers[pk]


def compose_mail(
    answer: Answer, *, language: str, address: str, stop_token: str, mail_id: str
) -> Mail:
    sender = settings.DEFAULT_FROM_EMAIL
    with override(language):
        slug = answer.delivery.batch.petition.slug
        letters_url = settings.SITE_URL + reverse("letters", args=[slug])
        stop_url = settings.SITE_URL + reverse("stop-news", args=[stop_token])
    words = words_about(answer, language=language, letters_url=letters_url, stop_url=stop_url)
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
