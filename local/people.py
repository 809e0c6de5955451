"""Invents supporters: many countries, scripts and spellings, and not one real address."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from faker import Faker

# Faker's locale and the country of whoever has such a name. Neighbours and exiles are meant:
# a name says nothing about where somebody lives.
ORIGINS = (
    ("en_GB", "GB"),
    ("en_US", "US"),
    ("en_CA", "CA"),
    ("en_IE", "IE"),
    ("en_NG", "NG"),
    ("de_DE", "DE"),
    ("de_AT", "AT"),
    ("de_CH", "CH"),
    ("fr_FR", "FR"),
    ("fr_CA", "CA"),
    ("nl_NL", "NL"),
    ("nl_BE", "BE"),
    ("es_ES", "ES"),
    ("es_MX", "MX"),
    ("pt_BR", "BR"),
    ("pt_PT", "PT"),
    ("it_IT", "IT"),
    ("pl_PL", "PL"),
    ("cs_CZ", "CZ"),
    ("sk_SK", "SK"),
    ("hu_HU", "HU"),
    ("ro_RO", "RO"),
    ("lt_LT", "LT"),
    ("lv_LV", "LV"),
    ("et_EE", "EE"),
    ("fi_FI", "FI"),
    ("sv_SE", "SE"),
    ("no_NO", "NO"),
    ("is_IS", "IS"),
    ("ru_RU", "RU"),
    ("ru_RU", "BY"),
    ("ru_RU", "KZ"),
    ("ru_RU", "DE"),
    ("uk_UA", "UA"),
    ("bg_BG", "BG"),
    ("sr_BA", "BA"),
    ("el_GR", "GR"),
    ("ka_GE", "GE"),
    ("hy_AM", "AM"),
    ("az_AZ", "AZ"),
    ("tr_TR", "TR"),
    ("ar_SA", "JO"),
    ("ar_EG", "EG"),
    ("fa_IR", "IR"),
    ("he_IL", "IL"),
    ("hi_IN", "IN"),
    ("bn_BD", "BD"),
    ("ta_IN", "IN"),
    ("th_TH", "TH"),
    ("vi_VN", "VN"),
    ("am_ET", "ET"),
    ("ja_JP", "JP"),
    ("ko_KR", "KR"),
    ("zh_CN", "SG"),
    ("zh_TW", "TW"),
)

# RFC 2606 keeps .example free for ever: no mail can reach anybody.
DOMAINS = (
    "mail.example",
    "post.example",
    "inbox.example",
    "Mail.Example",
    "uni-vilnius.example",
    "bücher.example",
    "żółw.example",
    "почта.example",
    "пошта.example",
    "παράδειγμα.example",
    "მაგალითი.example",
    "օրինակ.example",
    "مثال.example",
    "דוגמה.example",
    "例え.example",
    "보기.example",
)
TAGS = ("asks", "petition", "2026", "sign.me")

# They fit any campaign.
COMMENTS = (
    "My sister asked me to read this. Please do not look away.",
    "I teach history. My pupils ask me what we did; I want to have an answer.",
    "“Quotes”, ampersands & <brackets>, a line\nbreak, and an emoji 🕊️: all of it belongs here.",
    "Пожалуйста, ответьте нам: мы ждём.",
    "Мы чакаем адказу. Не маўчыце.",
    "Це стосується моєї родини. Дякую, що читаєте.",
    "Ich habe lange gewartet. Jetzt sind Sie dran.",
    "Personne ne devrait attendre une réponse aussi longtemps.",
    "Nie wolno tego odkładać.",
    "نثق بأنكم ستستمعون إلينا.",
    "ჩვენ გვახსოვს, რას ნიშნავს სიჩუმე.",
    "声を上げた人たちを忘れません。",
)


@dataclass(frozen=True)
class Person:
    """A supporter, and what they mean to type and tick."""

    name: str
    email: str
    country: str
    postcode: str
    comment: str
    visibility: str
    news: bool
    # Of the other asks on the form, this share is ticked too.
    also: float


def invent_people(count: int, *, seed: int) -> Iterator[Person]:
    """The same people for the same seed; no two of them share an address."""
    dice = random.Random(seed)  # noqa: S311 - invents, hides nothing
    for number in range(count):
        yield invent(dice, f"{seed % 100_000}x{number}")


def invent(dice: random.Random, unique: str) -> Person:
    locale, country = dice.choice(ORIGINS)
    names = speaker_of(locale)
    names.seed_instance(dice.getrandbits(32))
    return Person(
        name=names.name(),
        email=invent_email(dice, names.user_name(), unique),
        country=country,
        postcode=names.postcode() if one_of(dice, 2) else "",
        comment=dice.choice(COMMENTS) if one_of(dice, 4) else "",
        visibility=dice.choices(("officials", "public", "withheld"), (55, 35, 10))[0],
        news=one_of(dice, 5),
        also=dice.choices((0.0, 0.4, 1.0), (60, 25, 15))[0],
    )


@cache
def speaker_of(locale: str) -> Faker:
    return Faker(locale)


def invent_email(dice: random.Random, user: str, unique: str) -> str:
    local = f"{user}.{unique}" if user.isascii() else f"supporter.{unique}"
    if one_of(dice, 5):
        local = local.title()
    if one_of(dice, 5):
        local += f"+{dice.choice(TAGS)}"
    return f"{local}@{dice.choice(DOMAINS)}"


def one_of(dice: random.Random, how_many: int) -> bool:
    """True for one person of so many."""
    return dice.randrange(how_many) == 0
