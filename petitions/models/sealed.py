"""What lies in the boxes, and the row that each box is bound to.

`SignRequest.mail_box` holds a `Mailing`, its `sig_boxes` and `Signature.sig_box` hold `Details`,
`NewsSubscriber.mail_box` and `NewsTrial.box` hold an address, `Returned.box` a `ReturnedMail`, `OfficeAction.box` the
`OfficeWords`, `OfficePage.box` its link's token, `FileSet.key_box` and `Export.key_box`
the key of their files, `Import.box` a sheet's lines.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from petitions.details import NOT_OURS, Details, pack, signature_context, unpack
from petitions.vault import CannotOpen, Purpose, VaultError, vault

__all__ = [
    "FILE_KEY_BYTES",
    "Details",
    "Mailing",
    "OfficeWords",
    "Openings",
    "ReturnedMail",
    "TooManyDamagedBoxes",
    "open_export_key",
    "open_file_key",
    "open_import",
    "open_news_address",
    "open_page_token",
    "open_trial_address",
    "seal_export_key",
    "seal_file_key",
    "seal_import",
    "seal_news_address",
    "seal_page_token",
    "seal_trial_address",
    "signature_context",
    "tolerate",
]

# One box in a thousand may be damaged; more, and it is the key that is wrong, not the row.
TOLERATED_DAMAGE = 0.001
FILE_KEY_BYTES = 32


class TooManyDamagedBoxes(VaultError):
    """So many boxes do not open that work stops until somebody has looked at the keys."""


def tolerate(*, damaged: int, opened: int) -> None:
    """Let a damaged box pass, if it is the only one or one of very many.

    Raises:
        TooManyDamagedBoxes: it is not.
    """
    if damaged > 1 and damaged > TOLERATED_DAMAGE * (damaged + opened):
        raise TooManyDamagedBoxes(f"{damaged} of {damaged + opened} boxes do not open.")


@dataclass
class Openings:
    """How many boxes a worker has opened in one run, and how many did not open."""

    opened: int = 0
    damaged: int = 0

    def add(self, *, opens: bool) -> None:
        """Count one more.

        Raises:
            TooManyDamagedBoxes: it does not open, nor do too many before it.
        """
        if opens:
            self.opened += 1
        else:
            self.damaged += 1
            tolerate(damaged=self.damaged, opened=self.opened)


@dataclass(frozen=True)
class Mailing:
    """What the mailer needs to send one confirmation mail."""

    address: str
    confirm_token: str
    withdraw_token: str

    def seal(self, *, request_id: uuid.UUID) -> bytes:
        context = _request_context(request_id)
        return vault().seal(Purpose.MAIL, pack(vars(self)), context=context)

    @classmethod
    def open(cls, box: bytes, *, request_id: uuid.UUID) -> Mailing:
        """Raises `CannotOpen` where this is not that request's box."""
        context = _request_context(request_id)
        return unpack(cls, vault().open(Purpose.MAIL, bytes(box), context=context))


@dataclass(frozen=True)
class ReturnedMail:
    """What came back to a letter, as organizers read it."""

    sender: str
    subject: str
    text: str
    attachments: str = ""

    def seal(self, *, returned_id: uuid.UUID) -> bytes:
        context = _returned_context(returned_id)
        return vault().seal(Purpose.SIGNATURE, pack(vars(self)), context=context)

    @classmethod
    def open(cls, box: bytes, *, returned_id: uuid.UUID) -> ReturnedMail:
        """Raises `CannotOpen` where this is not that mail's box."""
        context = _returned_context(returned_id)
        return unpack(cls, vault().open(Purpose.SIGNATURE, bytes(box), context=context))


@dataclass(frozen=True)
class OfficeWords:
    """What an office wrote on its page, for organizers alone."""

    name: str = ""
    email: str = ""
    note: str = ""

    def seal(self, *, action_id: uuid.UUID) -> bytes:
        context = _office_action_context(action_id)
        return vault().seal(Purpose.SIGNATURE, pack(vars(self)), context=context)

    @classmethod
    def open(cls, box: bytes, *, action_id: uuid.UUID) -> OfficeWords:
        """Raises `CannotOpen` where this is not that action's box."""
        context = _office_action_context(action_id)
        return unpack(cls, vault().open(Purpose.SIGNATURE, bytes(box), context=context))


def seal_page_token(token: str, *, page_id: uuid.UUID) -> bytes:
    return vault().seal(Purpose.SIGNATURE, token.encode(), context=_page_context(page_id))


def open_page_token(box: bytes, *, page_id: uuid.UUID) -> str:
    """Raises `CannotOpen` where this is not that page's box."""
    token = vault().open(Purpose.SIGNATURE, bytes(box), context=_page_context(page_id))
    try:
        return token.decode("ascii")
    except UnicodeDecodeError as error:
        raise CannotOpen(NOT_OURS) from error


def seal_file_key(key: bytes, *, set_id: uuid.UUID) -> bytes:
    return vault().seal(Purpose.SIGNATURE, key, context=_file_key_context(set_id))


def open_file_key(box: bytes, *, set_id: uuid.UUID) -> bytes:
    """Raises `CannotOpen` where this is not the box of these files."""
    return _open_key(box, context=_file_key_context(set_id))


def seal_export_key(key: bytes, *, export_id: uuid.UUID) -> bytes:
    return vault().seal(Purpose.SIGNATURE, key, context=_export_key_context(export_id))


def open_export_key(box: bytes, *, export_id: uuid.UUID) -> bytes:
    """Raises `CannotOpen` where this is not the box of that export."""
    return _open_key(box, context=_export_key_context(export_id))


def _open_key(box: bytes, *, context: str) -> bytes:
    key = vault().open(Purpose.SIGNATURE, bytes(box), context=context)
    if len(key) != FILE_KEY_BYTES:
        raise CannotOpen(NOT_OURS)
    return key


def seal_news_address(address: str, *, subscriber_id: uuid.UUID) -> bytes:
    context = _subscriber_context(subscriber_id)
    return vault().seal(Purpose.MAIL, address.encode(), context=context)


def open_news_address(box: bytes, *, subscriber_id: uuid.UUID) -> str:
    """Raises `CannotOpen` where this is not that subscriber's box."""
    return _open_address(box, context=_subscriber_context(subscriber_id))


def seal_trial_address(address: str, *, trial_id: uuid.UUID) -> bytes:
    return vault().seal(Purpose.MAIL, address.encode(), context=_trial_context(trial_id))


def open_trial_address(box: bytes, *, trial_id: uuid.UUID) -> str:
    """Raises `CannotOpen` where this is not that trial's box."""
    return _open_address(box, context=_trial_context(trial_id))


def _open_address(box: bytes, *, context: str) -> str:
    address = vault().open(Purpose.MAIL, bytes(box), context=context)
    try:
        return address.decode()
    except UnicodeDecodeError as error:
        raise CannotOpen(NOT_OURS) from error


def seal_import(content: dict[str, Any], *, import_id: uuid.UUID) -> bytes:
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return vault().seal(Purpose.SIGNATURE, data, context=_import_context(import_id))


def open_import(box: bytes, *, import_id: uuid.UUID) -> dict[str, Any]:
    """Raises `CannotOpen` where this is not that import's box."""
    data = vault().open(Purpose.SIGNATURE, bytes(box), context=_import_context(import_id))
    try:
        return dict(json.loads(data))
    except (ValueError, TypeError, RecursionError) as error:
        raise CannotOpen(NOT_OURS) from error


def _request_context(request_id: uuid.UUID) -> str:
    return f"sign request {request_id}"


def _subscriber_context(subscriber_id: uuid.UUID) -> str:
    return f"news subscriber {subscriber_id}"


def _trial_context(trial_id: uuid.UUID) -> str:
    return f"news trial {trial_id}"


def _returned_context(returned_id: uuid.UUID) -> str:
    return f"returned mail {returned_id}"


def _office_action_context(action_id: uuid.UUID) -> str:
    return f"action of an office {action_id}"


def _page_context(page_id: uuid.UUID) -> str:
    return f"office page {page_id}"


def _file_key_context(set_id: uuid.UUID) -> str:
    return f"key of files {set_id}"


def _export_key_context(export_id: uuid.UUID) -> str:
    return f"key of export {export_id}"


def _import_context(import_id: uuid.UUID) -> str:
    return f"import {import_id}"
