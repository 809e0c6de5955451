"""When two spellings of an email address are one person.

The address is checked and normalised by email-validator (RFC 5321, 5322, 6531; IDNA for the
domain). On top of it come the rules of docs/decisions/0004-one-address-one-person.md: capital
letters and what follows a plus sign do not count, nor do dots at Gmail. Look-alikes are never
merged, since two people may own them; they get an index of their own, so that organizers see them.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from email_validator import EmailNotValidError, validate_email

from petitions.signatures.domains import domain_of
from petitions.vault import vault

GMAIL = frozenset({"gmail.com", "googlemail.com"})
# What the table, which goes character by character, leaves out.
_HAND_PICKED = {"m": "rn", "0": "o", "|": "1", "ı": "i", "ȷ": "j"}


class AddressNotValid(ValueError):
    """This is no address that we can write to."""


def clean_address(typed: str) -> str:
    """The address to write to, from what somebody typed.

    Raises:
        AddressNotValid: it can't be an address, or has non-ASCII letters before the @, which
            many mail servers refuse.
    """
    try:
        valid = validate_email(
            typed.strip(), allow_smtputf8=False, check_deliverability=False, strict=True
        )
    except EmailNotValidError as error:
        raise AddressNotValid(str(error)) from error
    return valid.ascii_email or valid.normalized


def canonical_address(address: str) -> str:
    """The one spelling that all spellings of a person's address share."""
    local, _, domain = address.rpartition("@")
    local = unicodedata.normalize("NFC", local).casefold()
    domain = domain.casefold()
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def signature_index(petition_id: int, address: str) -> bytes:
    """The blind index by which a person signs a petition once (32 bytes)."""
    return vault().blind_index(f"petition {petition_id}", canonical_address(address))


def look_alike_index(petition_id: int, address: str) -> bytes:
    """The same for all addresses that look alike (32 bytes)."""
    return vault().blind_index(f"look-alike {petition_id}", drawn_alike(address))


def news_index(address: str) -> bytes:
    return vault().blind_index("news", canonical_address(address))


def mail_key(address: str) -> bytes:
    """The key under which mails to an address are counted (32 bytes)."""
    return vault().blind_index("mail", canonical_address(address))


def domain_key(address: str) -> bytes:
    """The key under which mails to an address's domain are counted (32 bytes)."""
    return vault().blind_index("mail domain", domain_of(address))


def drawn_alike(address: str) -> str:
    """What an address looks like: each character replaced by the plainest one drawn like it.

    In the spirit of UTS #39's skeleton, with its table of confusables.
    """
    local, _, domain = canonical_address(address).rpartition("@")
    shown = f"{local}@{_unicode_domain(domain)}"
    decomposed = unicodedata.normalize("NFKD", shown)
    return "".join(plainest(character) for character in decomposed)


def _unicode_domain(domain: str) -> str:
    """The domain as a person sees it: xn-- labels decoded."""
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


@cache
def plainest(character: str) -> str:
    """The plainest character that is drawn like this one."""
    return _HAND_PICKED.get(character) or min(_drawn_like(character), key=_plainness)


def _drawn_like(character: str) -> set[str]:
    # Ten megabytes, which a public web process does without.
    from confusable_homoglyphs import confusables  # noqa: PLC0415

    found = confusables.is_confusable(character, greedy=True) or []
    alike = {each["c"] for entry in found for each in entry["homoglyphs"]}
    return {each for each in alike if len(each) == 1} | {character}


def _plainness(character: str) -> tuple[bool, int]:
    return (not character.isascii(), ord(character))
