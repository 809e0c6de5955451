"""What a mail domain says about an address: nothing but the domain is looked at."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from enum import Enum


class Law(Enum):
    """Whose law can make a provider hand over a mailbox."""

    RUSSIA = "Russia"
    BELARUS = "Belarus"


# Whole top-level domains, in the spelling of mails: their registries and most providers below them
# are in the country. xn--p1ai is .рф, xn--p1acf .рус, xn--80adxhks .москва, xn--d1acj3b .дети,
# xn--90ais .бел.
TOP_LEVEL = {
    **dict.fromkeys(
        ("ru", "su", "xn--p1ai", "xn--p1acf", "xn--80adxhks", "xn--d1acj3b", "moscow", "tatar"),
        Law.RUSSIA,
    ),
    **dict.fromkeys(("by", "xn--90ais"), Law.BELARUS),
}
# Providers in Russia under other top-level domains. Their names under .ru fall to the rule above:
# mail.ru with bk.ru, inbox.ru, list.ru and internet.ru; ya.ru and narod.ru; rambler.ru with
# lenta.ru and ro.ru.
PROVIDERS = {
    "vk.com": Law.RUSSIA,  # mail.ru's company
    "vk.company": Law.RUSSIA,
    "mail.ua": Law.RUSSIA,  # mail.ru's domain for Ukraine
    "rambler.ua": Law.RUSSIA,
}
# Yandex gives addresses under some twenty top-level domains: yandex.com, yandex.kz, yandex.com.tr …
YANDEX = re.compile(r"(^|\.)yandex\.((com|co)\.)?[a-z]+$")

# So many people have an address there that an hour brings many who really sign.
LARGE = frozenset(
    """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com icloud.com me.com mac.com
    yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es ymail.com aol.com proton.me
    protonmail.com pm.me tutanota.com tuta.com fastmail.com zoho.com hey.com gmx.de gmx.net gmx.at
    gmx.ch gmx.com web.de t-online.de freenet.de posteo.de mailbox.org hotmail.de hotmail.fr
    hotmail.co.uk outlook.de outlook.fr orange.fr wanadoo.fr free.fr laposte.net sfr.fr wp.pl o2.pl
    onet.pl op.pl interia.pl gazeta.pl ukr.net i.ua meta.ua seznam.cz email.cz centrum.cz azet.sk
    inbox.lv inbox.lt mail.ee libero.it btinternet.com comcast.net qq.com 163.com
    mail.ru bk.ru inbox.ru list.ru yandex.ru ya.ru rambler.ru tut.by
    """.split()  # noqa: SIM905 - a list of names, to be read as one
)


def domain_of(address: str) -> str:
    """In ASCII and small letters; `address` is clean."""
    return address.rpartition("@")[2].lower()


def law_over(domain: str) -> Law | None:
    """Russia or Belarus, where one of them can make the domain's provider hand over mails."""
    top = domain.rpartition(".")[2]
    if top in TOP_LEVEL:
        return TOP_LEVEL[top]
    if YANDEX.search(domain):
        return Law.RUSSIA
    return next((PROVIDERS[each] for each in _parents(domain) if each in PROVIDERS), None)


def is_disposable(domain: str) -> bool:
    # A long list, which a public web process that takes such addresses does without.
    from disposable_email_domains import blocklist  # noqa: PLC0415

    return _is_under(domain, blocklist)


def is_large(domain: str) -> bool:
    return domain in LARGE


def _is_under(domain: str, names: Collection[str]) -> bool:
    return any(each in names for each in _parents(domain))


def _parents(domain: str) -> Iterator[str]:
    """a.b.example, b.example, example."""
    while domain:
        yield domain
        _, _, domain = domain.partition(".")
