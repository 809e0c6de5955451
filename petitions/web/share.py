"""Links that pass a petition on. They load nothing, and none says that the reader has signed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from petitions.models import Petition

# Labels of RFC 1123, section 2.1, and a last one that is no number, as it would be in an IP address.
LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST_NAME = re.compile(rf"({LABEL}\.)+(?![0-9]+\Z){LABEL}")
LONGEST_HOST_NAME = 253
NOT_A_SERVER = _(
    "Please type only the name of your server, as in social.example: no address with https://,"
    " no user name, no spaces."
)


@dataclass(frozen=True)
class Link:
    name: str
    url: str


@dataclass(frozen=True)
class Share:
    """What is passed on: the petition's address, and a message with it for apps without a link."""

    address: str
    words: str
    title: str

    @property
    def message(self) -> str:
        return f"{self.words}\n{self.address}"

    @property
    def links(self) -> list[Link]:
        return [
            Link("Telegram", _url("https://t.me/share/url", url=self.address, text=self.words)),
            Link("WhatsApp", _url("https://wa.me/", text=self.message)),
            Link("Bluesky", _url("https://bsky.app/intent/compose", text=self.message)),
            Link("X", _url("https://x.com/intent/post", text=self.words, url=self.address)),
            Link("Facebook", _url("https://www.facebook.com/sharer/sharer.php", u=self.address)),
        ]

    @property
    def email(self) -> str:
        """RFC 6068: lines in the body end with CR LF."""
        return _url("mailto:", subject=self.title, body=self.message.replace("\n", "\r\n"))

    def on_mastodon(self, server: str) -> str:
        """`server` is clean: see `clean_server`."""
        return _url(f"https://{server}/share", text=self.message)


def share(petition: Petition) -> Share:
    title = petition.text.title
    return Share(
        address=settings.SITE_URL + petition.get_absolute_url(),
        words=gettext("A petition to read: %(title)s") % {"title": title},
        title=title,
    )


def clean_server(typed: str) -> str:
    """The host name of somebody's Mastodon server.

    Raises:
        ValidationError: it is anything else; what follows a name could lead the link astray.
    """
    name = typed.strip(" ").lower()
    if len(name) > LONGEST_HOST_NAME or not HOST_NAME.fullmatch(name):
        raise ValidationError(NOT_A_SERVER)
    return name


def _url(address: str, **query: str) -> str:
    # A plus sign for a space is a form's habit: mail programs would show it.
    return f"{address}?{urlencode(query, quote_via=quote, safe='')}"
