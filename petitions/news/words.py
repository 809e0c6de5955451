"""What mails with news say, before they have a recipient: in the language of who reads them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from petitions.markdown import to_html
from petitions.models import Answer, NewsLetter, NewsText
from petitions.news.quote import first_lines


@dataclass(frozen=True)
class Words:
    subject: str
    text: str
    html: str


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


def words_of(letter: NewsLetter, text: NewsText, *, petition_url: str, stop_url: str) -> Words:
    """The organizers' own, in the text's language."""
    with override(text.language):
        context = {
            "text": text,
            "accent": settings.CAMPAIGN.get("colours", {}).get("accent", "#00636d"),
            "body": to_html(text.body),
            "title": letter.about.text.title if letter.about else "",
            "petition_url": petition_url,
            "stop_url": stop_url,
        }
        return Words(
            subject=text.subject,
            text=render_to_string("mail/news_letter.txt", context).strip() + "\n",
            html=render_to_string("mail/news_letter.html", context),
        )
