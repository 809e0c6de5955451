"""What a signer typed, as it lies in a box.

No Django model is needed to read it: whoever opens boxes by the hundred thousand
(exports/opener.py) loads no more than the vault and this.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TypeVar

from petitions.vault import CannotOpen, Purpose, vault

NOT_OURS = "A box opens, but what is in it was not sealed by us."

Content = TypeVar("Content")

_in_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Details:
    """What a signer wants the offices to read."""

    name: str
    postcode: str = ""
    comment: str = ""

    def seal(self, *, petition_id: int, signature_id: uuid.UUID) -> bytes:
        context = signature_context(petition_id, signature_id)
        return vault().seal(Purpose.SIGNATURE, pack(vars(self)), context=context)

    @classmethod
    def open(cls, box: bytes, *, petition_id: int, signature_id: uuid.UUID) -> Details:
        """Raises `CannotOpen` where this is not that signature's box."""
        context = signature_context(petition_id, signature_id)
        return unpack(cls, vault().open(Purpose.SIGNATURE, bytes(box), context=context))


def signature_context(petition_id: int, signature_id: uuid.UUID | str) -> str:
    return f"petition {petition_id}, signature {signature_id}"


def unpack(kind: type[Content], data: bytes) -> Content:
    """Whoever can write to the database can seal what is no details at all, since sealing proves
    no origin: not JSON, other fields, numbers for words, half a character, brackets without end.
    """
    try:
        # Given bytes it would look for their encoding first.
        content = kind(**json.loads(data.decode()))
        "".join(vars(content).values()).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise CannotOpen(NOT_OURS) from error
    return content


def pack(fields: dict[str, str]) -> bytes:
    return _in_json(fields).encode()
